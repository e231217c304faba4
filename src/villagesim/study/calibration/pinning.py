"""Which numbers a scan for pins measures, and how: its TOML file, and the numbers and targets that may be in it.

The file names the county today and under the programme, the village settings, seeds of each, and when a target counts
as pinned by a number.
"""

import fnmatch
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from villagesim import evidence
from villagesim.catalogue import Entry, settable
from villagesim.scenario_text import Place, nearest, read, shown
from villagesim.study.calibration.calibrating import based, settings_files
from villagesim.study.fieldwork.kinds import Base

# How much is run, and what counts: key, kind, usual value, least, most.
NUMBERS = {"seeds": (int, 3, 2, 1000), "seed": (int, 1, 0, 2**53), "moves": (float, 1 / 3, 0.0, 100.0),
           "level": (float, 0.01, 1e-6, 0.5)}
NEEDED = ("title", "today", "programme", "settings")
KEYS = (*NEEDED, "question", *NUMBERS)
# What is set by the programme, by the county or by the study is a decision, and what is so by design has one value.
DECIDED, BY_DESIGN = ("county", "run", "shocks"), ("by design", "by definition")


class Asked(NamedTuple):
    """A scan that was read and checked. bases: the counties, one a village setting. seeds: runs of each, at an end."""

    name: str
    title: str
    bases: tuple[Base, ...]
    seeds: int
    seed: int
    moves: float
    level: float


def read_pinning(path: str | Path) -> Asked:
    """The scan in a TOML file. Raises ScenarioError, one line."""
    path = Path(path)
    values, file = read(path), str(path)
    for key in values:
        if key not in KEYS:
            raise Place(file, key).problem("is not known", ", ".join(KEYS), nearest(key, KEYS))
    for key in NEEDED:
        if key not in values:
            raise Place(file, key).problem("is missing", f"a scan says {', '.join(NEEDED)}")
    for key in ("title", "question", "today", "programme"):
        if not isinstance(values.get(key, ""), str):
            raise Place(file, key).problem(f"is {shown(values[key])}", "a text")
    places = settings_files(file, values["settings"])
    said = {key: _number(Place(file, key), values.get(key, usual), kind, least, most)
            for key, (kind, usual, least, most) in NUMBERS.items()}
    return Asked(path.stem, values["title"], tuple(based(path, values, place) for place in places), **said)


def numbers() -> tuple[Entry, ...]:
    """The numbers that a target could pin: all that a scenario can set, but words, decisions and what is by design."""
    return tuple(entry for entry in settable() if not isinstance(entry.default, str)
                 and entry.key.split(".")[0] not in DECIDED and not entry.source.startswith(BY_DESIGN)
                 and not (entry.kind == "lever" and entry.key.endswith(".intensity")) and entry.ends[0] < entry.ends[1])


def chosen(patterns: Sequence[str] = (), sample: int | None = None, seed: int = 1) -> tuple[Entry, ...]:
    """The numbers whose keys match one of the patterns (all where there is none), or so many of them drawn by lot.

    Raises ScenarioError, one line, for a pattern that no key matches.
    """
    known = numbers()
    for one in patterns:
        if not any(fnmatch.fnmatchcase(entry.key, one) for entry in known):
            raise Place("pins", "--only").problem(
                f"is {shown(one)}, which no number matches",
                "a key of `villagesim parameters` that is no decision and not fixed by design, or a pattern such as "
                "parameters.choice.*", nearest(one, [entry.key for entry in known]))
    found = [entry for entry in known
             if not patterns or any(fnmatch.fnmatchcase(entry.key, one) for one in patterns)]
    if sample is not None and sample < len(found):
        places = sorted(np.random.default_rng(seed).permutation(len(found))[:sample])
        found = [found[place] for place in places]
    return tuple(found)


def aims(patterns: Sequence[str] = ()) -> tuple[evidence.Target, ...]:
    """The targets that may pin a number: those that may be fitted, and none that is kept aside; with patterns, those
    whose name matches one. Raises ScenarioError, one line, for a pattern that none matches."""
    known = tuple(one for one in evidence.targets() if one.role == evidence.CALIBRATE)
    for one in patterns:
        if not any(fnmatch.fnmatchcase(target.id, one) for target in known):
            names = [target.id for target in known]
            raise Place("pins", "--target").problem(
                f"is {shown(one)}, which no target that may be fitted matches",
                "a name of `villagesim targets --role calibrate`, or a pattern such as T6.*", nearest(one, names))
    return tuple(target for target in known
                 if not patterns or any(fnmatch.fnmatchcase(target.id, one) for one in patterns))


def _number(place: Place, value: Any, kind: type, least: float, most: float) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, kind)) or not least <= value <= most:
        raise place.problem(f"is {shown(value)}", f"a{' whole' if kind is int else ''} number from {least:g} to "
                            f"{most:g}")
    return kind(value)
