"""Boxes: ranges of a few assumptions inside which a mix of levers fails, found by PRIM (Friedman and Fisher 1999).

Scenario discovery after Bryant and Lempert (2010): a box is judged by its coverage (share of all failing futures that
lie inside), its density (share of the futures inside that fail) and how few assumptions it limits.
"""

import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from villagesim.study.robust.cases import checked, folds, numeric, wilson

# PRIM counts a future as failing at or above this value of 0 or 1, and keeps its whole path of boxes if it's near 0.
_ANY = 1e-9
JOIN = " | "
COLUMNS = ["box", "factor", "low", "high", "lowest", "highest", "names", "quasi_p", "coverage", "density",
           "density_low", "density_high", "mass", "n", "base"]
PATH = ["box", "step", "coverage", "density", "mass", "n", "limits", "chosen"]


class Search(NamedTuple):
    """How boxes are sought: the rule is in `boxes`.

    coverage: least share of the failing futures not yet in a box that a new one holds. most: boxes at most. peel: share
    of a box's futures cut off in one step. mass: least share of all futures in a box. level: a limit whose quasi-p
    value is above it is dropped.
    """

    coverage: float = 0.5
    most: int = 3
    peel: float = 0.05
    mass: float = 0.05
    level: float = 0.05


def boxes(futures: pd.DataFrame, fails: Any, search: Search = Search()) -> tuple[pd.DataFrame, pd.DataFrame]:  # noqa: B008
    """Boxes of failing futures, a row a box and limited factor; and PRIM's path to each, a row a step.

    futures: a row a future, a column an assumption, numbers or names; fails: bool (n,). PRIM peels and pastes; of the
    boxes on its path the one is chosen that is densest among those that hold at least `search.coverage` of the failing
    futures not yet in a box; of equals the one with the fewest limits, then the one that holds more. Limits that
    a one-sided binomial test can't tell from luck (quasi-p value above `search.level`) are dropped, the weakest
    first. The next box is sought among the futures outside; the search ends where a box fails no more often than all
    futures do (column base). No box at all gives tables without rows. coverage, mass and n count the futures that are
    in this box and in no earlier one; density is among these.

    low and high are limits in the factor's unit, lowest and highest the range sampled; where they are equal that side
    is free. Of a factor of names, names holds those inside, joined by " | ". density_low and density_high: 95 %
    Wilson interval, for chance in sampling only: the box was chosen for its density, so see `held_out`. Nothing is
    drawn: the same input gives the same boxes. PRIM cuts off ends only, so where a mix fails at both ends of a factor
    it may pass the factor over; a tree does not. Raises CasesError; ValueError for a search that can't be.
    """
    futures, fails = checked(futures, fails)
    if not (0 < search.coverage <= 1 and 0 < search.peel < 0.5 and 0 < search.mass < 1 and search.most >= 1):
        raise ValueError(f"coverage must be in (0, 1], peel in (0, 0.5), mass in (0, 1), most at least 1; got {search}")
    coded, names = _coded(futures)
    algorithm = _prim(coded, fails, search)
    found, paths, free = [], [], np.arange(len(fails))
    while len(found) < search.most and fails[free].any():
        box = algorithm.find_box()
        box.select(_choose(box.peeling_trajectory, search.coverage))
        _drop_weak(box, coded, fails, free, search.level)
        rows = _rows(len(found) + 1, box, futures, fails, free, coded, names)
        if rows.empty or rows["density"].iloc[0] <= fails.mean():
            break
        found.append(rows)
        paths.append(_path(box, len(found)))
        free = np.setdiff1d(free, box.yi)
    return (pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=COLUMNS),
            pd.concat(paths, ignore_index=True) if paths else pd.DataFrame(columns=PATH))


def inside(futures: pd.DataFrame, box: pd.DataFrame) -> np.ndarray:
    """Which futures keep all of a box's limits, bool (n,), from its rows of the table that `boxes` returns.

    Those in an earlier box are among them, while the table counts each future once.
    """
    held = np.ones(len(futures), bool)
    for row in box.itertuples():
        column = futures[row.factor]
        held &= column.astype(str).isin(row.names.split(JOIN)) if row.names else column.between(row.low, row.high)
    return np.asarray(held)


def held_out(futures: pd.DataFrame, fails: Any, search: Search = Search(), seed: int = 1) -> dict[str, float]:  # noqa: B008
    """How often futures fail in the first box when it was sought without them: n, density, low, high, coverage, base.

    The search runs on four fifths of the futures and is judged on the rest, five times (seed: how they're dealt out).
    low and high: 95 % Wilson interval of the density; NaN where no box was found. Where low is not above base,
    the boxes are not told from luck. Raises CasesError.
    """
    futures, fails = checked(futures, fails)
    held = np.zeros(len(fails), bool)
    for learnt, rest in folds(fails, seed):
        found, _ = boxes(futures.iloc[learnt], fails[learnt], search._replace(most=1))
        if len(found):
            held[rest] = inside(futures.iloc[rest], found)
    n, count = int(held.sum()), int(fails[held].sum())
    density = count / n if n else float("nan")
    low, high = wilson(density, n)
    return {"n": n, "density": density, "low": float(low), "high": float(high), "coverage": count / int(fails.sum()),
            "base": float(fails.mean())}


def _coded(futures: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Futures as PRIM takes them, columns x0, x1 ...; and the names of each column of names, by x.

    PRIM drops a column called scenario and passes over numbers that are not float64 or int64, without a word; and it
    walks through sets of names, whose order changes from one process to the next, so names are numbered here.
    """
    coded, names = {}, {}
    for place, name in enumerate(futures.columns):
        if numeric(futures[name]):
            coded[f"x{place}"] = futures[name]
        else:
            numbers, known = pd.factorize(futures[name], sort=True)
            coded[f"x{place}"], names[f"x{place}"] = pd.Categorical(numbers), list(known)
    return pd.DataFrame(coded), names


def _prim(coded: pd.DataFrame, fails: np.ndarray, search: Search) -> Any:
    """EMA Workbench's PRIM. Its import warns of plotting and cluster packages that are not needed here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "ipyparallel not installed", UserWarning)
        warnings.filterwarnings("ignore", "altair based interactive inspection", ImportWarning)
        from ema_workbench.analysis.prim import Prim
    return Prim(coded, fails.astype(np.int64), threshold=_ANY, peel_alpha=search.peel, paste_alpha=search.peel,
                mass_min=search.mass)


def _choose(path: pd.DataFrame, coverage: float) -> int:
    """The step on a path that the rule of `boxes` takes."""
    held = path["k"] / path["k"].iloc[0]
    able = path.assign(held=held)[held >= coverage]
    return int(able.sort_values(["density", "res_dim", "held"], ascending=[False, True, False], kind="stable").index[0])


def _path(box: Any, number: int) -> pd.DataFrame:
    """PRIM's path, with what dropping weak limits added at its end; the last box selected is the chosen one."""
    path = box.peeling_trajectory
    steps = np.arange(len(path))
    return pd.DataFrame({"box": number, "step": steps, "coverage": path["coverage"], "density": path["density"],
                         "mass": path["mass"], "n": path["n"].astype(int), "limits": path["res_dim"].astype(int),
                         "chosen": steps == box._cur_box})


def _limited(box: Any) -> list[str]:
    """The columns that a box limits."""
    whole, now = box.prim.box_init, box.box_lim
    return [x for x in whole.columns if list(whole[x]) != list(now[x])]


def _held(x: str, limits: pd.DataFrame, coded: pd.DataFrame) -> np.ndarray:
    """Which futures keep one column's limits, bool (n,)."""
    low, high = limits[x]
    return np.asarray(coded[x].isin(low) if isinstance(low, set) else coded[x].between(low, high))


def _quasi_p(box: Any, coded: pd.DataFrame, fails: np.ndarray, free: np.ndarray) -> dict[str, float]:
    """Quasi-p value of each limited column: Bryant and Lempert (2010).

    The chance of at least so many failing futures in the box, if there they failed as often as in the box without
    that column's limits: one-sided binomial. `free` are the futures in no earlier box.
    """
    from scipy.stats import binomtest

    limited = _limited(box)
    kept = {x: _held(x, box.box_lim, coded)[free] for x in limited}
    here = np.logical_and.reduce(list(kept.values())) if kept else np.ones(len(free), bool)
    found = {}
    for x in limited:
        without = np.logical_and.reduce([kept[other] for other in limited if other != x] or [np.ones(len(free), bool)])
        share = float(fails[free][without].mean())
        found[x] = float(binomtest(int(fails[free][here].sum()), int(here.sum()), share, "greater").pvalue)
    return found


def _drop_weak(box: Any, coded: pd.DataFrame, fails: np.ndarray, free: np.ndarray, level: float) -> None:
    """Free the columns whose limits are not told from luck, the weakest first."""
    while weak := {x: p for x, p in _quasi_p(box, coded, fails, free).items() if p > level}:
        box.drop_restriction(max(weak, key=weak.__getitem__))


def _rows(number: int, box: Any, futures: pd.DataFrame, fails: np.ndarray, free: np.ndarray, coded: pd.DataFrame,
          names: dict[str, list[str]]) -> pd.DataFrame:
    """A box's rows, the limit that luck explains least first."""
    n, failing = len(box.yi), int(fails[box.yi].sum())
    low, high = wilson(failing / n, n)
    rows = []
    quasi_p = _quasi_p(box, coded, fails, free)
    for x in sorted(quasi_p, key=quasi_p.__getitem__):
        factor, limits = futures.columns[int(x[1:])], box.box_lim[x]
        if x in names:
            ends: tuple[Any, ...] = (*[np.nan] * 4, JOIN.join(names[x][code] for code in sorted(limits[0])))
        else:
            ends = (*map(float, limits), float(coded[x].min()), float(coded[x].max()), "")
        rows.append((number, factor, *ends, quasi_p[x], failing / fails.sum(), failing / n, float(low), float(high),
                     n / len(fails), n, fails.mean()))
    return pd.DataFrame(rows, columns=COLUMNS)
