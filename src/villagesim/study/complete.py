"""A study's table as arrays for the analyses; an incomplete design is refused, or what was done about it is said."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from villagesim.scenario_text import nearest
from villagesim.study.design import Study, unit_rows

REFUSE, MEAN, DROP = "refuse", "mean", "drop"


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
    Raises IncompleteError; KeyError, one line, for an outcome or scenario that the study does not have.
    """
    scenario = scenario or study.scenarios[0].name
    if outcome not in study.columns:
        near = nearest(outcome, study.columns)
        raise KeyError(f"{study.name} does not measure {outcome}; it measures {', '.join(study.columns)}"
                       + (f"; did you mean {near}?" if near else ""))
    rows = table[table["scenario"] == scenario]
    if rows.empty:
        raise KeyError(f"{study.name} has no scenario {scenario}; it has "
                       f"{', '.join(one.name for one in study.scenarios)}")
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
    raise IncompleteError(f"{said}; `villagesim study failures {study.name}` says why, `villagesim sweep` runs what is "
                          "missing" + (f"; gaps = {gaps!r} cannot fill them" if gaps != REFUSE else ""))


def _count(rows: pd.DataFrame, missing: np.ndarray) -> str:
    """How many values are missing, and of what kind."""
    states = rows["state"].to_numpy().reshape(missing.shape)[missing]
    kinds = {"failed": "failed", "missing": "not run", "finished": "not a number"}
    parts = [f"{int((states == state).sum())} {words}" for state, words in kinds.items() if (states == state).any()]
    return f"{int(missing.sum())} ({', '.join(parts)})"
