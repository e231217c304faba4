"""What a study measures of a run: an outcome, of whom, and when; one number a run."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from villagesim.outcomes import EVERY_GROUP, FLOW_MONTHS, LEVELS, OUTCOME, Outcome, looks_back
from villagesim.recorder import FIRST_MONTH
from villagesim.scenario_text import Place, nearest, shown

KEYS = ("outcome", "groups", "months")
# The tables of a run from which every outcome can be measured.
TABLES = ("group", "county")


class Measure(NamedTuple):
    """An outcome over some groups of households, in the months from the first up to, not with, the second."""

    outcome: str
    groups: tuple[str, ...]
    months: tuple[int, int]

    @property
    def declared(self) -> Outcome:
        return OUTCOME[self.outcome]


def read(place: Place, said: Any, last: int) -> Measure:
    """A measure as a file says it: an outcome's name, or a table of KEYS; all households in the last year of a run of
    `last` months unless it says otherwise. Raises ScenarioError, one line."""
    said = {"outcome": said} if isinstance(said, str) else said
    if not isinstance(said, Mapping):
        raise place.problem(f"is {shown(said)}", "an outcome, or a table of " + ", ".join(KEYS))
    for key in said:
        if key not in KEYS:
            raise place.problem(f"says {key}, which is not known", ", ".join(KEYS), nearest(key, KEYS))
    outcome, groups, when = said.get("outcome"), said.get("groups", ("all",)), said.get("months")
    if not isinstance(outcome, str) or outcome not in OUTCOME:
        near = nearest(outcome, OUTCOME) if isinstance(outcome, str) else None
        raise place.problem(f"measures {shown(outcome)}, which is no outcome", near=near)
    if not isinstance(groups, list | tuple) or not groups or not all(group in EVERY_GROUP for group in groups):
        raise place.problem(f"measures groups {_said(groups)}", f"a list of {', '.join(EVERY_GROUP)}")
    when = (max(0, last - FLOW_MONTHS), last) if when is None else when
    if not _window(when, last):
        raise place.problem(f"measures months {_said(when)}", f"[first, last + 1] within 0 to {last}")
    return Measure(outcome, tuple(groups), tuple(when))


def _window(when: Any, last: int) -> bool:
    """Whether these are the first month and the one after the last, of a run of `last` months."""
    # True and false are whole numbers to Python, and no months to anybody.
    return (isinstance(when, list | tuple) and len(when) == 2 and all(type(month) is int for month in when)
            and 0 <= when[0] < when[1] <= last)


def _said(value: Any) -> str:
    """A value, or what a list holds."""
    return f"[{', '.join(map(shown, value))}]" if isinstance(value, list | tuple) else shown(value)


def label(measure: Measure, last: int) -> str:
    """A measure as a column's name; what is usual goes without saying.

    >>> label(Measure("adoption", ("all",), (48, 60)), 60)
    'adoption'
    >>> label(Measure("adoption", ("remote", "poor"), (0, 24)), 60)
    'adoption of remote, poor in months 0-23'
    """
    whom = "" if measure.groups == ("all",) else f" of {', '.join(measure.groups)}"
    usual = (max(0, last - FLOW_MONTHS), last)
    when = "" if measure.months == usual else f" in months {months(measure)}"
    return f"{measure.outcome}{whom}{when}"


def months(measure: Measure) -> str:
    """The months in words, the last one included."""
    return f"{measure.months[0]}-{measure.months[1] - 1}"


def first_month(measures: Sequence[Measure]) -> int:
    """The first month that any of them looks at; the first of all where one looks back on a household's history."""
    return min(FIRST_MONTH if looks_back(measure.outcome) else measure.months[0] for measure in measures)


def value(tables: Mapping[str, pd.DataFrame], measure: Measure) -> float:
    """A measure of one run: mean of months; of a ratio, of the months' totals; of a distribution, the last month's.

    tables: the run's "group" and "county".
    """
    outcome = measure.declared
    by_group = outcome.kind in LEVELS["group"]
    frame = tables["group" if by_group else "county"]
    month = frame["month"].to_numpy()
    chosen = (month >= measure.months[0]) & (month < measure.months[1])
    if by_group:
        chosen &= np.isin(frame["group"].cat.codes.to_numpy(), [EVERY_GROUP.index(group) for group in measure.groups])

    def taken(name: str) -> np.ndarray:
        return frame[name].to_numpy()[chosen]

    if outcome.kind == "ratio":
        over = float(taken(outcome.over).sum())
        return outcome.scale * float(taken(outcome.part).sum()) / over if over > 0 else float("nan")
    found = taken(measure.outcome)
    if outcome.kind in ("mean", "place"):
        households = taken("households")
        # A group of nobody has no mean.
        return float((found[households > 0] * households[households > 0]).sum() / max(1, households.sum()))
    if outcome.kind == "spread":
        return float(found[-1])
    if by_group:
        return float(found.sum() / np.unique(month[chosen]).size)
    # A month without a post filled has no turnover, say: the mean is of the months that have a number.
    found = found[np.isfinite(found)]
    return float(found.mean()) if found.size else float("nan")
