"""The table of verdicts as it is committed: CSV with reasons, and a page for readers."""

from pathlib import Path
from typing import Any

import pandas as pd

from villagesim.study.claims import members as claim_members
from villagesim.study.claims.verdicts import COLUMNS, SUPPORTED, VERDICTS

__all__ = ["DIGITS", "MORE", "NUMBERS", "VERDICTS", "as_text", "members", "page", "read_table",
           "rewrite", "write"]

NUMBERS = ("effect", "low", "high", "p", "p_holm", "smallest", *claim_members.SPREAD)
DIGITS = 4
PAGE = """# The claims of the paper, and what the model says to each

Each row is one comparison of programmes that meet the same county and the same luck, declared beforehand in
`paper/claims.toml`; `villagesim claims --run` computes it anew. The interval is a 95 % t interval over
{replicates} replicates; p values are corrected over the rows (Holm). **Supported**: significant, in the paper's
direction, at least the smallest effect of interest. **Opposite**: the same the other way. **Too small to matter**: the
whole interval within the smallest effect. **Not supported**: none of these. A verdict is about the model with its
usual numbers, not about China. *Members* says how sure it is of these numbers: under how many parameter sets of the
calibrated ensemble the effect, of a single run each, is in the paper's direction and at least the smallest that
matters. `claims.csv` has the effects' spread by luck and by parameters apart.

{verdicts}

| id | the paper says | mechanism | outcome | effect | 95 % interval | smallest | p (Holm) | verdict | members |
|---|---|---|---|---|---|---|---|---|---|
{rows}

## Why not, and what a supported claim leaves open

{reasons}

"""
MORE = "## What else each comparison showed\n"


def as_text(table: pd.DataFrame, before: pd.DataFrame | None = None) -> pd.DataFrame:
    """The table as it is written, with the reasons of an earlier one where the verdict is still the same."""
    text = table.assign(**{name: [f"{value:.{DIGITS}g}" for value in table[name]] for name in NUMBERS if name in table})
    text = text.astype(str)
    known = {} if before is None else {(row.id, row.verdict): row.reason for row in before.itertuples()}
    text["reason"] = [known.get((row.id, row.verdict), "") for row in text.itertuples()]
    return text


def read_table(path: str | Path) -> pd.DataFrame:
    """A committed table, all cells as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def write(table: pd.DataFrame, details: pd.DataFrame, folder: str | Path) -> list[Path]:
    """Write claims.csv and claims.md into the folder; return them."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "claims.csv", folder / "claims.md"]
    columns = [name for name in (*COLUMNS, *claim_members.COLUMNS, "reason") if name in table]
    table[columns].to_csv(files[0], index=False, lineterminator="\n")
    more = "\n".join(_more(str(name), rows) for name, rows in details.groupby("id", sort=False))
    files[1].write_text(f"{page(table)}{MORE}\n{more}\n", encoding="utf-8")
    return files


def rewrite(folder: str | Path) -> None:
    """Write the page's first part anew from the table beside it, after a reason was edited; the details stay."""
    folder = Path(folder)
    file = folder / "claims.md"
    kept = file.read_text(encoding="utf-8").partition(MORE)[2]
    file.write_text(f"{page(read_table(folder / 'claims.csv'))}{MORE}{kept}", encoding="utf-8")


def page(table: pd.DataFrame) -> str:
    """The table and the reasons as a page of Markdown, but for the details."""
    counts = table["verdict"].value_counts()
    return PAGE.format(
        replicates=table["replicates"].iloc[0],
        verdicts="; ".join(f"{name}: {counts.get(name, 0)}" for name in VERDICTS) + ".",
        rows="\n".join(
            f"| {row.id} | {row.claim} | `{row.mechanism}` | {row.outcome}{_whose(row.groups)} | {row.effect} "
            f"{row.unit} | {row.low} to {row.high} | {row.smallest} | {row.p_holm} | {row.verdict} | {members(row)} |"
            for row in table.itertuples()),
        reasons="\n".join(f"- **{row.id}** ({row.verdict}): {row.reason}" for row in table.itertuples()
                          if row.verdict != SUPPORTED or row.reason),
    )


def members(row: Any) -> str:
    """Under how many members of the ensemble a row of the table holds, in words."""
    return f"{row.held} of {row.members}" if hasattr(row, "held") else "not run"


def _whose(groups: str) -> str:
    return "" if groups == "all" else f" ({groups.replace(' ', ', ')})"


def _more(name: str, rows: pd.DataFrame) -> str:
    """What else a claim's runs showed, a line a finding."""
    lines = [
        f"  - {row.what}: {row.outcome}{_whose(row.groups)}, months {row.months}: {row.value:.{DIGITS}g} "
        f"({row.low:.{DIGITS}g} to {row.high:.{DIGITS}g}) {row.unit}" for row in rows.itertuples()
    ]
    return "\n".join((f"- **{name}**", *lines))
