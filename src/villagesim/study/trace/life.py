"""One household's life as the model lived it: what it saw, drew and did, and where it parts under another policy."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from villagesim import engine
from villagesim.declare import Quantity
from villagesim.scenario import Scenario, load
from villagesim.study.trace import story
from villagesim.study.trace.witness import HOUSEHOLDS, QUANTITIES, Moment, Watched, Witness
from villagesim.world import build

COLUMNS = ("month", "phase", "rule", "kind", "name", "value", "unit", "meaning")


class TraceError(ValueError):
    """What is wrong with a request for a trace, in one line."""


class Difference(NamedTuple):
    """One value under the two policies (None: not there)."""

    name: str
    here: Any
    there: Any
    unit: str
    meaning: str


class Parting(NamedTuple):
    """Where a life first parts from itself: the first written column that differs, and what was seen differently."""

    month: int
    phase: str
    rule: str
    column: str
    here: Any
    there: Any
    unit: str
    meaning: str
    saw: tuple[Difference, ...]


@dataclass(frozen=True)
class Trace:
    """The life of one household. `life`: all its columns at the end of each month, indexed by month (months count from
    the end of spin-up; the first row is the county as built). `moments`: every phase that writes one of its columns.
    """

    scenario: Scenario
    household: int
    seed: int
    moments: tuple[Moment, ...] = field(repr=False)
    life: pd.DataFrame = field(repr=False)
    other: "Trace | None" = None

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Tidy: month, phase (step of the month), rule, kind (saw, drew, did), name, value, unit, meaning."""
        known: dict[tuple[Watched, str], Quantity] = {}
        rows = []
        for moment in self.moments:
            watched = moment.watched
            for kind, values in (("saw", moment.saw), ("drew", moment.drew), ("did", moment.did)):
                for name, value in values.items():
                    if (watched, name) not in known:
                        known[watched, name] = watched.quantity(name)
                    about = known[watched, name]
                    rows.append((moment.month, watched.step, watched.rule, kind, name, float(value), about.unit,
                                 about.meaning))
        return pd.DataFrame(rows, columns=list(COLUMNS))

    @cached_property
    def months(self) -> dict[int, dict[str, Moment]]:
        """The moments of each month, by the name of their rule."""
        found: dict[int, dict[str, Moment]] = {}
        for moment in self.moments:
            found.setdefault(moment.month, {})[moment.watched.rule] = moment
        return found

    @cached_property
    def parting(self) -> Parting | None:
        """Where the life first parts from that under the other policy; None without one, or if it never does."""
        return self.first_difference()

    def first_difference(self, columns: Collection[str] | None = None) -> Parting | None:
        """The parting in these columns only, such as what a household itself would notice (None: in all columns)."""
        wanted = self.life.columns if columns is None else columns
        return None if self.other is None else _parting(self, self.other, frozenset(wanted))

    def partings(self) -> pd.DataFrame:
        """Every column that parts: column, month (the first at whose end it differs), here, there, unit, meaning."""
        here, there = _common(self, self.other)
        rows = []
        for name in here.columns:
            apart = np.flatnonzero((here[name] != there[name]).to_numpy())
            if apart.size:
                month = int(here.index[apart[0]])
                rows.append((name, month, here[name][month], there[name][month], *_about(name)))
        table = pd.DataFrame(rows, columns=["column", "month", "here", "there", "unit", "meaning"])
        return table.sort_values("month", kind="stable", ignore_index=True)

    def side_by_side(self, columns: Sequence[str], months: Sequence[int]) -> pd.DataFrame:
        """Columns at the end of some months: month, column, here, there, unit, meaning."""
        here, there = _common(self, self.other)
        rows = [(month, name, here[name][month], there[name][month], *_about(name))
                for name in columns for month in months if month in here.index]
        return pd.DataFrame(rows, columns=["month", "column", "here", "there", "unit", "meaning"])

    def story(self, months: tuple[int, int] | None = None, everything: bool = False) -> str:
        """The life in plain sentences, months without events folded; `everything` tells each month in full."""
        return story.tell(self, months, everything)


def trace(scenario: Scenario | str | Path, household: int, seed: int | None = None,
          against: Scenario | str | Path | None = None) -> Trace:
    """The life of a household (its row number) under a scenario, and under another one with the same luck.

    Raises ScenarioError for a file that can't be used, TraceError for a household that is not there or for two
    scenarios whose months do not match.
    """
    chosen = scenario if isinstance(scenario, Scenario) else load(Path(scenario))
    seed = chosen.run.seed if seed is None else seed
    if against is None:
        return _record(chosen, household, seed, None)
    rival = against if isinstance(against, Scenario) else load(Path(against))
    if chosen.run.spin_up != rival.run.spin_up:
        raise TraceError(f"{chosen.name} has {chosen.run.spin_up:g} months of spin-up and {rival.name} "
                         f"{rival.run.spin_up:g}: their months do not match")
    return _record(chosen, household, seed, _record(rival, household, seed, None))


def _record(scenario: Scenario, household: int, seed: int, other: Trace | None) -> Trace:
    world = build(scenario, seed)
    last = world.households.size.size - 1
    if not 0 <= household <= last:
        raise TraceError(f"household is {household}; {scenario.name} has households 0 to {last}")
    witness = Witness(scenario.parameters, world, household, seed)
    engine.run(scenario, seed, observe=witness.note, world=world, watch=witness)
    life = pd.DataFrame(witness.lives, columns=list(world.households._fields), dtype=object)
    life.index = pd.RangeIndex(-int(scenario.run.spin_up) - 1, int(scenario.run.months), name="month")
    return Trace(scenario, household, seed, tuple(witness.moments), life.infer_objects(), other)


def _about(column: str) -> tuple[str, str]:
    """Unit and meaning of a household's column."""
    about = QUANTITIES[f"{HOUSEHOLDS}.{column}"]
    return about.unit, about.meaning


def _common(here: Trace, there: Trace | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two lives over the months that both have."""
    if there is None:
        raise TraceError("there is no other policy in this trace: give `against`")
    shared = here.life.index.intersection(there.life.index)
    return here.life.loc[shared], there.life.loc[shared]


def _parting(here: Trace, there: Trace, wanted: frozenset[str]) -> Parting | None:
    lives = _common(here, there)
    built, first = (life.iloc[0] for life in lives), int(lives[0].index[0])
    for column, left, right in zip(lives[0].columns, *built, strict=True):
        if column in wanted and left != right:
            return Parting(first, "start", "build", column, left, right, *_about(column), ())
    # Both lists run through the same phases of the same months, as far as the shorter one goes.
    for mine, other in zip(here.moments, there.moments, strict=False):
        for column, value in mine.did.items():
            if column in wanted and value != other.did[column]:
                return Parting(mine.month, mine.watched.step, mine.watched.rule, column, value, other.did[column],
                               *_about(column), _seen(mine, other))
    return None


def _seen(here: Moment, there: Moment) -> tuple[Difference, ...]:
    """What was seen differently at one phase, voices that only one of the two heard among it."""
    found = []
    for name in dict.fromkeys([*here.saw, *there.saw]):
        left, right = here.saw.get(name), there.saw.get(name)
        if left != right:
            about = here.watched.quantity(name)
            found.append(Difference(name, left, right, about.unit, about.meaning))
    return tuple(found)
