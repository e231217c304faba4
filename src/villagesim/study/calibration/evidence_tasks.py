"""Kinds of simulated evidence as tasks of a pool: which kinds give which targets, carried out, and named in a store."""

import hashlib
import json
import time
import traceback
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from villagesim import evidence, study
from villagesim.study.calibration import aims
from villagesim.study.fieldwork import diffusion, innovations
from villagesim.study.fieldwork.innovations import Innovation
from villagesim.study.fieldwork.kinds import EVIDENCE, Base
from villagesim.study.store import Row

# What evidence is made with, beside the model and the innovations that ship: an edit makes other runs.
MADE_WITH = ("fieldwork", "trials")


class Task(NamedTuple):
    """Kinds of evidence made from a base under a seed. run: its name in the store. wanted: the store's columns.

    innovation: what the evidence is of; None for the county and the innovations that ship.
    """

    run: str
    kinds: tuple[str, ...]
    base: Base
    seed: int
    wanted: tuple[str, ...]
    innovation: Innovation | None = None


def kinds_of(base: Base, wanted: Sequence[str], innovation: Innovation | None = None) -> tuple[str, ...]:
    """The kinds of simulated evidence that give these targets, found by making each once until all are there.

    Raises NoEvidenceError, one line, for a target that none gives.
    """
    kinds, left, failed = giving(base, wanted, innovation)
    if left:
        because = "".join(f"; {kind} failed: {why}" for kind, why in failed.items())
        raise aims.NoEvidenceError(f"targets: no simulated evidence gives {', '.join(sorted(left))}; leave out what is "
                                   f"not there{because}")
    return tuple(kinds)


def giving(base: Base, wanted: Sequence[str], innovation: Innovation | None = None
           ) -> tuple[dict[str, tuple[str, ...]], frozenset[str], dict[str, str]]:
    """Which of these targets each kind of simulated evidence gives, those alone that give one; what none gives; and
    which kinds can't be made in these counties, with the last line of why."""
    left, kinds, failed = set(wanted), {}, {}
    for kind in EVIDENCE if innovation is None else diffusion.EVIDENCE:
        if not left:
            break
        try:
            given = tuple(name for name in _evidence(kind, base, 1, innovation) if name in left)
        except Exception as error:
            failed[kind] = traceback.format_exception_only(error)[-1].strip()
            continue
        if given:
            kinds[kind] = given
            left -= set(given)
    return kinds, frozenset(left), failed


def carry(task: Task) -> Row:
    """What is wanted of the task's evidence, NaN where it gives none; or the traceback of what failed."""
    started = time.perf_counter()
    try:
        found: dict[str, float] = {}
        for kind in task.kinds:
            found |= _evidence(kind, task.base, task.seed, task.innovation)
    except Exception:
        return Row(task.run, None, time.perf_counter() - started, traceback.format_exc())
    values = tuple(float(found.get(name, float("nan"))) for name in task.wanted)
    return Row(task.run, values, time.perf_counter() - started, None)


def _evidence(kind: str, base: Base, seed: int, innovation: Innovation | None) -> Mapping[str, float]:
    """One kind of evidence: of the county and what ships, or of that innovation in today's county."""
    if innovation is None:
        return EVIDENCE[kind](base, seed)
    return diffusion.EVIDENCE[kind](innovation, base.today, seed)


def evidence_key() -> str:
    """A hash of what evidence is made with: an edit makes other runs."""
    made = [file for name in MADE_WITH for file in sorted(Path(str(files(study) / name)).glob("*.py"))]
    made += [files(evidence) / f"{name}.toml" for name in innovations.SHIPPED]
    return hashed([one.read_text(encoding="utf-8") for one in made])


def hashed(parts: Any) -> str:
    """20 hex digits that name these parts."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:20]
