"""Counties as they are handed to a thread, or to a process elsewhere: a few at a time, each lived and dropped."""

import time
import traceback
from typing import NamedTuple

from villagesim.scenario import Scenario
from villagesim.study.countryside.life import lived
from villagesim.study.store import Row


class Task(NamedTuple):
    """One county to live through: its content hash, scenario and seed."""

    run: str
    scenario: Scenario
    seed: int


class Piece(NamedTuple):
    """Counties for one thread, and the price factor of each year."""

    tasks: tuple[Task, ...]
    path: tuple[float, ...]


def carry(piece: Piece) -> list[Row]:
    """The counties' values; one that fails is a row with its traceback, and costs no other."""
    return [_row(task, piece.path) for task in piece.tasks]


def _row(task: Task, path: tuple[float, ...]) -> Row:
    started = time.perf_counter()
    try:
        values = lived(task.scenario, task.seed, path)
    except Exception:
        return Row(task.run, None, time.perf_counter() - started, traceback.format_exc())
    return Row(task.run, values, time.perf_counter() - started, None)
