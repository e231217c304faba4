"""Discover which assumptions make a mix of levers fail: boxes (PRIM) and a tree over sampled futures, both checked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from villagesim.results import write_tables
from villagesim.study.robust.boxes import Search, boxes, held_out
from villagesim.study.robust.tree import tree

FAILS = "fails"
BOOK = {
    "box": ("code", "number of the box, in the order found"),
    "factor": ("code", "assumption that the box limits"),
    "low": ("unit of the factor; of shares, share", "lower limit; of a check or leaf, lower end of the 95 % interval"),
    "high": ("unit of the factor; of shares, share", "upper limit; of a check or leaf, upper end of the 95 % interval"),
    "lowest": ("unit of the factor", "smallest value sampled; equal to low where there is no lower limit"),
    "highest": ("unit of the factor", "largest value sampled; equal to high where there is no upper limit"),
    "names": ("code", "of a factor of names, those inside the box"),
    "quasi_p": ("probability", "chance of as many failing futures inside without this limit: one-sided binomial"),
    "coverage": ("share", "share of all failing futures that lie inside"),
    "density": ("share", "share of the futures inside that fail"),
    "density_low": ("share", "lower end of the density's 95 % Wilson interval, as if not chosen for it"),
    "density_high": ("share", "upper end of the same interval"),
    "mass": ("share", "share of all futures that lie inside"),
    "n": ("1", "futures inside, or in the leaf"),
    "base": ("share", "share of all futures that fail; of the tree's check, accuracy of the more frequent answer"),
    "step": ("1", "step on PRIM's path from all futures to the densest box"),
    "limits": ("1", "factors that the step's box limits"),
    "chosen": ("code", "whether this is the box in the table of boxes"),
    "rule": ("code", "what is true of the leaf's futures"),
    "failing": ("share", "share of the leaf's futures that fail"),
    "check": ("code", "box: first box on held-out futures; tree: the tree on held-out futures"),
    "estimate": ("share", "box: density; tree: share of the base rate's squared error saved"),
    "accuracy": ("share", "of the tree: share of held-out futures told rightly"),
    "told": ("code", "whether the estimate is told from what knowing nothing would give"),
    FAILS: ("code", "whether the mix fails in this future"),
}


@dataclass(frozen=True)
class Discovery:
    """boxes and path as `boxes` says, leaves and text as `tree` says; checks: both on held-out futures.

    futures: what was sampled, with the column fails. about: what they stand on; with "mix" the figure names it.
    """

    boxes: pd.DataFrame
    path: pd.DataFrame
    leaves: pd.DataFrame
    checks: pd.DataFrame
    futures: pd.DataFrame
    text: str
    about: dict[str, Any]

    def write(self, folder: str | Path) -> Path:
        """Write each table as CSV and Parquet, and the tree as tree.txt, into the folder; return it."""
        tables = {name: getattr(self, name) for name in ("boxes", "path", "leaves", "checks")}
        sampled = dict.fromkeys(self.futures.columns, ("unit of the factor", "assumption, as sampled"))
        folder = write_tables(folder, tables, self.about, BOOK)
        write_tables(folder, {"futures": self.futures}, self.about, sampled | {FAILS: BOOK[FAILS]})
        (folder / "tree.txt").write_text(self.text + "\n", encoding="utf-8", newline="\n")
        return folder


def discover(futures: pd.DataFrame, fails: Any, about: dict[str, Any], search: Search = Search(), depth: int = 3,  # noqa: B008
             seed: int = 1) -> Discovery:
    """Boxes and a tree of the futures (a row each) in which a mix fails, bool (n,), and how far each is told from luck.

    Raises CasesError; ValueError for a factor named fails.
    """
    if FAILS in futures.columns:
        raise ValueError(f"a factor can't be named {FAILS}")
    found, path = boxes(futures, fails, search)
    held, grown = held_out(futures, fails, search, seed), tree(futures, fails, depth, seed)
    checks = pd.DataFrame([
        ("box", held["density"], held["low"], held["high"], held["base"], np.nan, held["low"] > held["base"]),
        ("tree", *(grown.check[key] for key in ("skill", "low", "high", "base", "accuracy", "informative"))),
    ], columns=["check", "estimate", "low", "high", "base", "accuracy", "told"])
    kept = futures.reset_index(drop=True).assign(**{FAILS: np.asarray(fails)})
    text = f"{grown.text}\n\n{grown.check['says']}"
    return Discovery(found, path, grown.leaves, checks, kept, text, about)
