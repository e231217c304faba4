"""A county's past as a file: what it remembers at the start of a month, named by all that led there.

Two scenarios that agree up to a month have the same past, whatever their levers do later; the content hash of a past
says so. A checkpoint holds only what a month remembers of the one before. Everything else is either fixed, and built
anew from the scenario that goes on, or filled within the month before it is read.
"""

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from villagesim.engine.phases import fills, reads
from villagesim.engine.schedule import SCHEDULE
from villagesim.levers import LEVERS, ROW
from villagesim.scenario import Scenario, ScenarioError, plan, resolved
from villagesim.sources import sources
from villagesim.tables import World
from villagesim.world import build

# Settings of a run that say how long it goes on or under which seed, and nothing about a past.
NOT_PAST = ("months", "seed")


@dataclass(frozen=True)
class Checkpoint:
    """A county at the start of `month` (counted from the start of spin-up). columns: by "table.column".

    recorded: what a recorder kept of the months before, by name; empty where only the county goes on.
    """

    month: int
    seed: int
    past: dict[str, Any]
    columns: dict[str, np.ndarray]
    recorded: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return key_of(self.past)


@cache
def memory() -> tuple[str, ...]:
    """Columns that a month remembers of the one before: filled by some phase, and read before they are filled."""
    all_filled = frozenset().union(*(fills(phase) for phase in SCHEDULE))
    filled: set[str] = set()
    found: set[str] = set()
    for phase in SCHEDULE:
        found |= (reads(phase) & all_filled) - filled
        filled |= fills(phase)
    return tuple(sorted(found))


def past(scenario: Scenario, seed: int, month: int, planned: np.ndarray | None = None) -> dict[str, Any]:
    """All that determines a county at the start of `month` (counted from the start of spin-up), as plain values.

    While no lever has been on and no programme money has come, that is nothing of the programme. planned: the
    scenario's `plan`, where the caller has it already.
    """
    values = resolved(scenario)
    planned = plan(scenario) if planned is None else planned
    before = planned[:month]
    found: dict[str, Any] = {
        "sources": sources(), "month": int(month), "seed": int(seed),
        "run": {key: value for key, value in values["run"].items() if key not in NOT_PAST},
        "world": values["world"], "outside": values["outside"], "parameters": values["parameters"],
    }
    if month > scenario.run.spin_up:
        used = [lever.name for lever in LEVERS if before[:, ROW[lever.name]].any()]
        said = values["levers"] | values["shocks"]
        found["county"] = values["county"]
        # When a lever starts and how it grows is in the plan; the rest of what is said of it is not.
        found["levers"] = {name: {key: value for key, value in said[name].items()
                                  if key in ("reach", "within", "unit_cost", "maintenance")} for name in used}
        found["planned"] = hashlib.sha256(before.tobytes()).hexdigest()
    return found


def key_of(past: dict[str, Any]) -> str:
    """The content hash of a past: 20 hex digits."""
    text = json.dumps(past, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def take(world: World, scenario: Scenario, seed: int, month: int,
         recorded: Mapping[str, np.ndarray] | None = None) -> Checkpoint:
    """The county as it is now, at the start of `month`; its columns are copied."""
    columns = {name: np.array(_column(world, name)) for name in memory()}
    return Checkpoint(int(month), int(seed), past(scenario, seed, month), columns, dict(recorded or {}))


def fork(scenario: Scenario, checkpoint: Checkpoint) -> World:
    """The scenario's county as the checkpoint left it, ready for `engine.run(..., world=..., first=checkpoint.month)`.

    Raises ScenarioError, one line, where the scenario's past is another one.
    """
    months = int(scenario.run.spin_up) + int(scenario.run.months)
    if checkpoint.month > months:
        raise ScenarioError(f"{scenario.name}: ends after {months} months, spin-up included; the checkpoint was kept "
                            f"after {checkpoint.month}")
    difference = _difference(checkpoint.past, past(scenario, checkpoint.seed, checkpoint.month))
    if difference:
        raise ScenarioError(f"{scenario.name}: does not go on from this checkpoint: {difference}")
    world = build(scenario, checkpoint.seed)
    for name, values in checkpoint.columns.items():
        _column(world, name)[:] = values
    return world


def write(checkpoint: Checkpoint, path: str | Path) -> Path:
    """Write a checkpoint as .npz: whole or not at all. All arrays lie one behind the other in one of bytes."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = {"columns": checkpoint.columns, "recorded": checkpoint.recorded}
    about = json.dumps({
        "month": checkpoint.month, "seed": checkpoint.seed, "past": checkpoint.past,
        **{part: {name: [values.dtype.str, values.shape] for name, values in arrays.items()}
           for part, arrays in parts.items()},
    })
    content = np.frombuffer(b"".join(values.tobytes() for arrays in parts.values() for values in arrays.values()),
                            np.uint8)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            np.savez(file, about=np.array(about), content=content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def read(path: str | Path) -> Checkpoint:
    """A stored checkpoint. Raises ScenarioError, one line, where the file holds none."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            about, content = json.loads(str(stored["about"])), stored["content"].tobytes()
        found, begin = {"columns": {}, "recorded": {}}, 0
        for part, arrays in found.items():
            for name, (kind, shape) in about[part].items():
                arrays[name] = np.frombuffer(content, np.dtype(kind), math.prod(shape), begin).reshape(shape)
                begin += arrays[name].nbytes
        columns = {name: found["columns"][name] for name in memory()}
        return Checkpoint(about["month"], about["seed"], about["past"], columns, found["recorded"])
    except FileNotFoundError:
        raise ScenarioError(f"{path}: there is no such file") from None
    except (OSError, ValueError, KeyError, EOFError, TypeError, BadZipFile) as error:
        raise ScenarioError(f"{path}: is no checkpoint of this version ({type(error).__name__})") from None


def _column(world: World, address: str) -> np.ndarray:
    table, column = address.split(".")
    return getattr(getattr(world, table), column)


def _difference(stored: dict[str, Any], wanted: dict[str, Any], at: str = "") -> str:
    """The first thing in which two pasts differ, in words; "" where they agree."""
    for key in dict.fromkeys((*stored, *wanted)):
        one, two = stored.get(key), wanted.get(key)
        if one == two:
            continue
        if isinstance(one, dict) and isinstance(two, dict):
            return _difference(one, two, f"{at}{key}.")
        if key == "planned":
            return "the levers were planned otherwise before it"
        if key == "sources":
            return "it was kept by another version of villagesim"
        return f"{at}{key} was {one!r}, and is {two!r}"
    return ""
