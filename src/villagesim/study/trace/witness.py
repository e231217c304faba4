"""Stands beside one household while the core runs: what it saw, drew and did at every phase that writes its columns.

Each rule is evaluated once more, in Python, for the one row, and must give the bits that the engine stored: what is
told is what happened, not a second account.
"""

import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from villagesim.declare import Quantity, declared
from villagesim.draws import Purpose, bell, uniform
from villagesim.engine import exchange
from villagesim.engine.phases import Argument, Exchange, Phase, RowPhase, arguments
from villagesim.engine.schedule import MONTH
from villagesim.levers import LEVERS
from villagesim.mechanisms import Parameters
from villagesim.tables import TABLES, World

HOUSEHOLDS = "households"
QUANTITIES = {f"{table}.{item.name}": item.quantity for table, kind in TABLES.items() for item in declared(kind)}
OF = {"villages": "of its village", "townships": "of its township", "traders": "of its trader",
      "county": "of the county"}
QUEUE = {
    "applicants": Quantity("household", "households of the village that asked", 0, 2**31),
    "ahead": Quantity("household", "households before it in the queue", 0, 2**31),
}


class NotTheSameError(RuntimeError):
    """The rule in Python did not give what the engine stored: a fault of the program."""


class Watched:
    """A phase that writes columns of households: how to see it from one row, and how to ask its rule again."""

    def __init__(self, step: str, phase: Phase, parameters: Parameters) -> None:
        self.step, self.phase = step, phase
        self.columns = tuple(name.split(".")[1] for name in _written(phase))
        rows = isinstance(phase, RowPhase)
        self.rule = phase.rule.__name__ if rows else f"{phase.function.__name__} {self.columns[0]}"
        bound = arguments(phase) if rows else ()
        self.arguments: dict[str, Argument] = {}
        self.given: dict[str, Any] = {}
        for name, argument in zip(inspect.signature(phase.rule).parameters if rows else (), bound, strict=True):
            self.arguments[name] = argument
            if argument.kind == "parameters":
                self.given[name] = getattr(parameters, argument.mechanism)

    def evaluate(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The rule's results by column, for arguments by name."""
        results = self.phase.rule(*((self.given | values)[name] for name in self.arguments))
        return dict(zip(self.columns, results if len(self.columns) > 1 else (results,), strict=True))

    def quantity(self, name: str) -> Quantity:
        """Unit and meaning of what the phase sees, draws or does under this name."""
        argument = self.arguments.get(name)
        if argument is None and name.startswith(("told[", "trust[")):
            return QUANTITIES["households.told" if name.startswith("told") else "ties.trust"]
        if argument is None and name.startswith("village_"):
            column = name.removeprefix("village_")
            # Seats in a camp are the township's.
            return _of("villages" if f"villages.{column}" in QUANTITIES else "townships", column)
        if name.startswith("u_") and (argument is None or argument.kind == "uniform"):
            return Quantity("1", f"its draw for {name[2:]}, evenly spread between 0 and 1", 0, 1)
        if argument is not None and argument.kind == "bell":
            return Quantity("1", f"its draw for {name[2:]}, nearly normal with mean 0 and variance 1", -4, 4)
        if argument is None or argument.table == HOUSEHOLDS:
            return QUEUE.get(name) or QUANTITIES[f"{HOUSEHOLDS}.{name}"]
        if argument.table == "levers":
            lever, column = LEVERS[argument.row], QUANTITIES[argument.address]
            unit = lever.intensity.unit if column.unit == "lever's unit" else column.unit
            return Quantity(unit, f"{lever.name}: {column.meaning}", column.low, column.high)
        return _of(argument.table, argument.column)


class Moment(NamedTuple):
    """One phase of one month from the household's side; values by name, as Python numbers."""

    month: int
    watched: Watched
    saw: dict[str, Any]
    drew: dict[str, float]
    did: dict[str, Any]

    def would(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """What the household would have done, had some of what it saw or drew been otherwise."""
        return self.watched.evaluate(self.saw | self.drew | changes)


class Witness:
    """Called before and after every phase and at the end of every month, it only looks."""

    def __init__(self, parameters: Parameters, world: World, row: int, seed: int) -> None:
        self.row, self.seed = row, seed
        self.watched = {id(phase): Watched(step, phase, parameters) for step, phases in MONTH
                        for phase in phases if _written(phase)}
        self.ties = np.flatnonzero(world.ties.listener == row)
        self.moments: list[Moment] = []
        self.lives = [life(world, row)]
        self.before: tuple[dict[str, Any], dict[str, float], dict[str, Any]] = {}, {}, {}

    def note(self, month: int, world: World) -> None:
        """Keep the household's columns at the end of the month."""
        self.lives.append(life(world, self.row))

    def __call__(self, phase: Phase, month: int, world: World, done: bool) -> None:
        watched = self.watched.get(id(phase))
        if watched is None:
            return
        if not done:
            self.before = self._sees(watched, world) if isinstance(phase, RowPhase) else self._meets(phase, world)
            return
        saw, drew, due = self.before
        did = {}
        for name in watched.columns:
            stored = getattr(world.households, name)[self.row]
            did[name] = stored.item()
            if stored.dtype.type(due[name]).tobytes() != stored.tobytes():
                raise NotTheSameError(f"month {month}, {phase.name}, household {self.row}: {name} is {stored}, "
                                      f"but the rule gives {due[name]}")
        self.moments.append(Moment(month, watched, saw, drew, did))

    def _sees(self, watched: Watched, world: World) -> tuple[dict, dict, dict]:
        """What a rule of households sees and draws for this row, and what it must do."""
        month, saw, drew = int(world.county.month[0]), {}, {}
        for name, argument in watched.arguments.items():
            if argument.kind in ("uniform", "bell"):
                luck = uniform if argument.kind == "uniform" else bell
                drew[name] = luck(self.seed, month, self.row, argument.purpose)
            elif argument.kind != "parameters":
                at = {"own": self.row, "row": argument.row}.get(argument.kind)
                at = int(getattr(world.households, argument.key)[self.row]) if at is None else at
                saw[name] = getattr(getattr(world, argument.table), argument.column)[at].item()
        return saw, drew, watched.evaluate(saw | drew)

    def _meets(self, phase: Exchange, world: World) -> tuple[dict, dict, dict]:
        """What crosses rows, from this household's side: whom it hears, who shows it, its place in a queue."""
        names = [address.split(".")[1] for address in phase.columns]
        columns = [getattr(getattr(world, address.split(".")[0]), name)
                   for address, name in zip(phase.columns, names, strict=True)]
        if phase.function is exchange.ration:
            return self._queues(names, columns, phase.purpose, int(world.county.month[0]))
        says, speaker, trust = columns[phase.fills], world.ties.speaker, world.ties.trust
        heard = [(int(speaker[tie]), int(trust[tie])) for tie in self.ties if says[speaker[tie]]]
        if phase.function is exchange.push_trust:
            return {f"trust[{s}]": k for s, k in heard}, {}, {names[0]: sum(k for _, k in heard)}
        if phase.function is not exchange.push:
            raise NotImplementedError(f"{phase.name}: no account of this exchange from a household's side")
        told = columns[5]
        saw = {key: value for s, k in heard for key, value in ((f"told[{s}]", told[s].item()), (f"trust[{s}]", k))}
        due = (sum(k * told[s].item() for s, k in heard), sum(k for _, k in heard),
               sum(told[s].item() for s, _ in heard), len(heard))
        return saw, {}, dict(zip(names[:4], due, strict=True))

    def _queues(self, names: list[str], columns: list[np.ndarray], purpose: Purpose,
                month: int) -> tuple[dict, dict, dict]:
        _, places, priority, keys = columns
        mine, offered = int(priority[self.row]), int(places[keys[self.row]])
        saw = {f"village_{names[1]}": offered, names[2]: mine}
        if mine == exchange.NOT_IN_QUEUE:
            return saw, {}, {names[0]: 0}
        asked = (keys == keys[self.row]) & (priority != exchange.NOT_IN_QUEUE)
        draw = uniform(self.seed, month, self.row, purpose)
        equals = np.flatnonzero(asked & (priority == mine))
        luckier = sum((uniform(self.seed, month, int(i), purpose), i) < (draw, self.row) for i in equals)
        ahead = int((asked & (priority < mine)).sum()) + luckier
        return (saw | {"applicants": int(asked.sum()), "ahead": ahead}, {f"u_{purpose.name.lower()}": draw},
                {names[0]: int(ahead < offered)})


def life(world: World, row: int) -> list[Any]:
    """All columns of the household, as Python numbers."""
    return [column[row].item() for column in world.households]


def _written(phase: Phase) -> list[str]:
    """Addresses of the columns of households that a phase writes, in order."""
    if isinstance(phase, RowPhase):
        return [f"{HOUSEHOLDS}.{name}" for name in phase.writes] if phase.table == HOUSEHOLDS else []
    return [address for address in phase.columns[: phase.fills] if address.startswith(f"{HOUSEHOLDS}.")]


def _of(table: str, column: str) -> Quantity:
    """The quantity of a column of another table, and whose it is."""
    about = QUANTITIES[f"{table}.{column}"]
    return Quantity(about.unit, f"{about.meaning}, {OF[table]}", about.low, about.high)
