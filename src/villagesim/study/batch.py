"""Runs as they are handed to a process: some at a time, each forked from a past that is kept, each measured."""

import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from villagesim import engine
from villagesim.engine import checkpoint
from villagesim.mechanisms.accounts import FLOWS
from villagesim.recorder import Recorder
from villagesim.scenario import Scenario, ScenarioError
from villagesim.study.measure import TABLES, Measure, first_month, value
from villagesim.study.store import Row
from villagesim.tables import World


class Task(NamedTuple):
    """One run: its content hash, its scenario and seed, and the months at which its past is also another's."""

    run: str
    scenario: Scenario
    seed: int
    forks: tuple[int, ...] = ()


class Batch(NamedTuple):
    """Runs for one process. pasts: the folder of checkpoints. timeout: seconds a run may take."""

    tasks: tuple[Task, ...]
    measures: tuple[Measure, ...]
    columns: tuple[str, ...]
    pasts: Path | None
    timeout: float


def carry(batch: Batch) -> list[Row]:
    """Do the runs of a batch; one that fails is a row with its traceback, and costs no other."""
    return [_row(task, batch) for task in batch.tasks]


def _row(task: Task, batch: Batch) -> Row:
    started = time.perf_counter()
    try:
        values = run(task, batch.measures, batch.pasts, batch.timeout)
    except Exception:
        return Row(task.run, None, time.perf_counter() - started, traceback.format_exc())
    missing = [name for name, one in zip(batch.columns, values, strict=True) if one != one]
    error = f"NaN: {', '.join(missing)}" if missing else None
    return Row(task.run, values, time.perf_counter() - started, error)


def run(task: Task, measures: Sequence[Measure], pasts: Path | None, timeout: float) -> tuple[float, ...]:
    """What is measured of one run. Raises TimeoutError where it takes longer than `timeout` seconds."""
    scenario, spin_up = task.scenario, int(task.scenario.run.spin_up)
    first = first_month(measures)
    recorder = Recorder(FLOWS, first)
    # What is measured must still lie ahead of the fork.
    forks = tuple(month for month in task.forks if month <= spin_up + first) if pasts is not None else ()
    world, begun = _start(task, forks, pasts)
    ends = time.perf_counter() + timeout

    def observe(month: int, now: World) -> None:
        recorder(month, now)
        if month + spin_up + 1 in forks:
            _keep(task, month + spin_up + 1, now, pasts)
        if time.perf_counter() > ends:
            raise TimeoutError(f"stopped in month {month}: the run took longer than {timeout:g} seconds")

    engine.run(scenario, task.seed, observe=observe, world=world, first=begun)
    tables = recorder.frames(TABLES)
    return tuple(value(tables, measure) for measure in measures)


def _start(task: Task, forks: Sequence[int], pasts: Path | None) -> tuple[World | None, int]:
    """The county at the latest of the forks that is kept, and its month; or nothing, to begin at the beginning."""
    for month in reversed(forks):
        file = pasts / _name(task, month)
        # One that can't be read (a disk that was full, another's work in progress) is as good as none.
        with suppress(ScenarioError):
            return checkpoint.fork(task.scenario, checkpoint.read(file)), month
    return None, 0


def _keep(task: Task, month: int, world: World, pasts: Path) -> None:
    file = pasts / _name(task, month)
    if not file.is_file():
        # A past that can't be kept costs time, not the run.
        with suppress(OSError):
            checkpoint.write(checkpoint.take(world, task.scenario, task.seed, month), file)


def _name(task: Task, month: int) -> str:
    return f"{checkpoint.key_of(checkpoint.past(task.scenario, task.seed, month))}.npz"
