"""A study's table as arrays for the analyses; an incomplete design is refused, or what was done about it is said."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from villagesim.scenario_text import nearest
from villagesim.study.design import Study, unit_rows

GAPS = REFUSE, MEAN, DROP = ("refuse", "mean", "drop")
# Where a table says which folder it was read from.
FOLDER = "folder"


class IncompleteError(ValueError):
    """Runs are missing, failed, or have no number for an outcome. One line, which says how many and what to do."""


class Filled(NamedTuple):
    """unit (points, factors), values (points, replicates) of one outcome; said: what was done about gaps, in words."""

    unit: np.ndarray
    values: np.ndarray
    said: tuple[str, ...] = ()


def values(study: Study, table: pd.DataFrame, outcome: str, scenario: str | None = None,
           gaps: str = REFUSE) -> Filled:
    """One outcome of one scenario of a study, in the order of its design.

    scenario: its name; the first by default. gaps: "refuse"; "mean", the mean of the point's other replicates stands
    for a value that is missing; "drop", points with a gap are left out, which only analyses of any given data can take.
    Raises IncompleteError; KeyError and ValueError as `check`.
    """
    check(study, outcome, scenario, gaps)
    scenario = scenario or study.scenarios[0].name
    rows = table[table["scenario"] == scenario]
    unit = unit_rows(study)
    found = rows[outcome].to_numpy(np.float64).reshape(len(unit), -1)
    missing = ~np.isfinite(found)
    if not missing.any():
        return Filled(unit, found)
    said = f"{outcome} of {scenario}: {_count(rows, missing)} of {found.size} values are missing"
    whole = ~missing.any(axis=1)
    if gaps == MEAN and (~missing).any(axis=1).all():
        means = np.nanmean(np.where(missing, np.nan, found), axis=1, keepdims=True)
        return Filled(unit, np.where(missing, means, found),
                      (f"{said}; the mean of the same point's other replicates stands for them",))
    if gaps == DROP and whole.any():
        left_out = f"{int((~whole).sum())} of {len(whole)} points are left out"
        return Filled(unit[whole], found[whole], (f"{said}; {left_out}",))
    folder = table.attrs.get(FOLDER, f"OUT/{study.name}")
    unfit = f"; gaps = {gaps!r} cannot fill them" if gaps != REFUSE else ""
    raise IncompleteError(f"{said}; `villagesim study failures {folder}` says why, `villagesim sweep {study.path} "
                          f"--retry` runs again what failed{unfit}")


def check(study: Study, outcome: str | None = None, scenario: str | None = None, gaps: str = REFUSE) -> None:
    """Whether the study can have an answer for these, before anything is run.

    Raises KeyError, one line, for an outcome or scenario that it does not have; ValueError for unknown gaps.
    """
    names = [one.name for one in study.scenarios]
    for asked, known, lacks, has in ((outcome, study.columns, "does not measure", "it measures"),
                                     (scenario, names, "has no scenario", "it has")):
        if asked is not None and asked not in known:
            near = nearest(asked, known)
            raise KeyError(f"{study.name} {lacks} {asked}; {has} {', '.join(known)}"
                           + (f"; did you mean {near}?" if near else ""))
    if gaps not in GAPS:
        near = nearest(gaps, GAPS)
        raise ValueError(f"gaps {gaps} is not known; allowed: {', '.join(GAPS)}"
                         + (f"; did you mean {near}?" if near else ""))


def _count(rows: pd.DataFrame, missing: np.ndarray) -> str:
    """How many values are missing, and of what kind."""
    states = rows["state"].to_numpy().reshape(missing.shape)[missing]
    kinds = {"failed": "failed", "missing": "not run", "finished": "not a number"}
    parts = [f"{int((states == state).sum())} {words}" for state, words in kinds.items() if (states == state).any()]
    return f"{int(missing.sum())} ({', '.join(parts)})"
