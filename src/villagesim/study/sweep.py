"""A study carried out: what is missing is run in batches, kept in the study's folder, and put into one table."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from villagesim import __version__
from villagesim.draws import replicate_seed
from villagesim.results import write_table
from villagesim.scenario import Scenario, digest
from villagesim.scenario_text import one_line
from villagesim.sources import sources
from villagesim.study import batch, complete, design, forks, pool, runner
from villagesim.study.batch import Batch, Task
from villagesim.study.design import Study
from villagesim.study.measure import Measure
from villagesim.study.store import Row, Store

# A batch is as many runs as fill about so many seconds: few enough to lose, many enough to hand out cheaply.
BATCH_SECONDS = 2.0
MOST_IN_BATCH = 200
PASTS = "checkpoints"

BOOK = {
    "point": ("1", "point of the design"),
    "scenario": ("code", "scenario"),
    "world": ("1", "seed of the county, where counties are sampled apart from luck"),
    "replicate": ("1", "replicate: the same number shares its luck at all points"),
    "seed": ("1", "seed of the run"),
    "run": ("code", "content hash of the run"),
    "state": ("code", "finished, failed, or missing"),
}

Progress = Callable[["State"], None]


class ProbeFailedError(RuntimeError):
    """The run that a forecast does to see how long one takes has failed. One line."""


class State(NamedTuple):
    """How far a sweep is: runs in all, done (failed ones among them), failed, done before it began, seconds a run."""

    total: int
    done: int
    failed: int
    before: int
    seconds: float


class Handing(NamedTuple):
    """What every run of a study is handed out with: what to measure of it, under which names, and its seconds."""

    measures: tuple[Measure, ...]
    columns: tuple[str, ...]
    timeout: float


class Planned(NamedTuple):
    """One row of the study's table: the point, the replicate, its seed, and the run that fills it."""

    point: design.Point
    replicate: int
    seed: int
    run: str


@dataclass(frozen=True)
class Plan:
    """Everything that a study wants: its unit design (rows, names), rows of its table, and each distinct run's task."""

    study: Study
    rows: np.ndarray
    planned: list[Planned]
    tasks: dict[str, Task]


class Forecast(NamedTuple):
    """What is left to do: runs, those already finished, seconds a run, seconds in all, bytes on disk."""

    missing: int
    finished: int
    seconds: float
    total_seconds: float
    bytes: int


def plan(study: Study) -> Plan:
    """The study's points and runs. Runs that are the same by content, whichever point asks for them, are one run."""
    rows = design.unit_rows(study)
    planned: list[Planned] = []
    scenarios: dict[str, Scenario] = {}
    wanted: dict[str, tuple[str, int]] = {}
    for point in design.points(study, rows):
        scenario = design.scenario_at(study, point)
        # The hash names the county and programme; their luck is the seed that goes with each run.
        key = digest(replace(scenario, run=scenario.run._replace(seed=0)))
        scenarios.setdefault(key, scenario)
        for replicate in design.replicates_at(study, rows, point.row):
            seed = replicate_seed(study.seed, replicate)
            run = run_name(key, seed, study.columns)
            wanted[run] = (key, seed)
            planned.append(Planned(point, replicate, seed, run))
    found = forks.months(scenarios) if _may_fork(study) else {}
    tasks = {run: Task(run, scenarios[key], seed, found.get(key, ())) for run, (key, seed) in wanted.items()}
    return Plan(study, rows, planned, tasks)


def run_name(scenario_digest: str, seed: int, columns: Sequence[str]) -> str:
    """The content hash that names a run of a study: scenario, seed, model, and what is measured."""
    parts = json.dumps([scenario_digest, seed, __version__, sources(), list(columns)])
    return hashlib.sha256(parts.encode()).hexdigest()[:20]


def sweep(study: Study, out: str | Path = "results", workers: int | None = None, executor: Executor | None = None,
          progress: Progress | None = None, retry: bool = False) -> pd.DataFrame:
    """Carry out what is missing of a study in out/NAME and return its table (see `table`).

    executor: any that keeps to concurrent.futures (Dask, MPI); else a pool of `workers` processes. retry: try failed
    runs again. Raises StoreError, pool.PoolError, runner.Interrupted.
    """
    pool.refuse_unguarded()
    made = plan(study)
    folder = Path(out) / study.name
    with Store(folder, study.columns) as store:
        store.write_text("study.toml", study.text)
        if retry:
            store.forget_failures()
        carry(made.tasks, Handing(study.measures, study.columns, study.timeout), store, workers, executor, progress)
        found = table(made, store)
        _write(found, store, study)
    found.attrs[complete.FOLDER] = str(folder)
    return found


def forecast(study: Study, out: str | Path = "results", workers: int | None = None) -> Forecast:
    """What a sweep would still have to do, by doing one of its runs here without keeping it.

    Raises StoreError, ProbeFailedError.
    """
    made = plan(study)
    folder = Path(out) / study.name
    states: dict[str, str] = {}
    if folder.is_dir():
        with Store(folder, study.columns) as store:
            states = store.states()
    missing = [task for run, task in made.tasks.items() if run not in states]
    seconds = 0.0
    if missing:
        seconds = _probe(study, missing[0])
    lanes = min(workers or pool.available(), max(1, len(missing)))
    size = len(missing) * (len(study.columns) + 4) * 8 * 3
    return Forecast(len(missing), len(made.tasks) - len(missing), seconds, seconds * len(missing) / lanes, size)


def _probe(study: Study, task: Task) -> float:
    """Seconds that a run takes, its code compiled."""
    try:
        runner.prepare([task.scenario])
        started = time.perf_counter()
        batch.run(task, study.measures, None, study.timeout)
    except Exception as error:
        said = one_line(f"{type(error).__name__}: {error}")
        raise ProbeFailedError(f"{study.name}: the run that was tried, of {task.scenario.name} with seed {task.seed}, "
                               f"failed: {said}") from error
    return time.perf_counter() - started


def table(made: Plan, store: Store) -> pd.DataFrame:
    """The study's table: a row a point and replicate, in the order of the design, whatever the order of the runs.

    Columns: point, scenario, each factor's value (words as words), replicate, seed, run, state, each outcome.
    """
    study = made.study
    runs = [one.run for one in made.planned]
    measured, states = store.values(runs), store.states()
    columns: dict[str, list] = {
        "point": [one.point.index for one in made.planned],
        "scenario": [study.scenarios[one.point.scenario].name for one in made.planned],
    }
    for factor in study.factors:
        columns[factor.name] = [factor.said(one.point.values[factor.name]) for one in made.planned]
    if study.sampler == design.CROSSED:
        columns["world"] = [one.point.values[design.WORLD_SEED] for one in made.planned]
    columns |= {"replicate": [one.replicate for one in made.planned], "seed": [one.seed for one in made.planned],
                "run": runs, "state": [states.get(run, "missing") for run in runs]}
    found = pd.DataFrame(columns)
    return found.assign(**{name: measured[name].to_numpy(np.float64) for name in study.columns})


def carry(tasks: Mapping[str, Task], handing: Handing, store: Store, workers: int | None = None,
          executor: Executor | None = None, progress: Progress | None = None) -> None:
    """Run those of the tasks that the store does not know, keep what becomes of them, and tell of it.

    What a dying process lost together is tried again run by run. Raises StoreError, runner.Interrupted.
    """
    states = store.states()
    todo = [task for run, task in tasks.items() if run not in states]
    if not todo:
        return
    runner.prepare([todo[0].scenario])
    lanes = workers or pool.available()
    kept = _Keeping(len(tasks), len(tasks) - len(todo), store, progress)
    try:
        pool.each(batch.carry, _batches(todo, handing, kept, lanes), kept.take, kept.lose, lanes, executor)
        singles = [_batch([task], handing, store) for task in kept.again]
        pool.each(batch.carry, singles, kept.take, kept.lose, lanes, executor)
    except KeyboardInterrupt:
        known = store.states()
        raise runner.Interrupted(f"interrupted: {sum(run in known for run in tasks)} of {len(tasks)} runs are kept in "
                                 f"{store.folder}; the same command goes on") from None


class _Keeping:
    """What comes back from the processes: kept in the store, counted, told."""

    def __init__(self, total: int, before: int, store: Store, progress: Progress | None) -> None:
        self.total, self.before, self.store, self.progress = total, before, store, progress
        self.done, self.failed, self.spent, self.latest = 0, 0, 0.0, 0.0
        self.again: list[Task] = []
        self._tell()

    def take(self, _: Batch, rows: list[Row]) -> None:
        self.store.commit(rows)
        self.done += len(rows)
        self.failed += sum(row.values is None for row in rows)
        seconds = sum(row.seconds for row in rows)
        self.spent += seconds
        # The latest runs say best how long the next take: the first of a process also load its compiled code.
        self.latest = seconds / len(rows)
        self._tell()

    def lose(self, handed: Batch, error: BaseException) -> None:
        if len(handed.tasks) > 1:
            self.again.extend(handed.tasks)
        else:
            self.take(handed, [Row(handed.tasks[0].run, None, 0.0, f"{type(error).__name__}: {error}")])

    def fitting(self) -> int:
        """How many runs fill a batch's time, as far as is known by now."""
        return min(MOST_IN_BATCH, max(1, int(BATCH_SECONDS / self.latest))) if self.latest > 0 else 1

    def _tell(self) -> None:
        if self.progress is not None:
            self.progress(State(self.total, self.before + self.done, self.failed, self.before,
                                self.spent / max(self.done, 1)))


def _batches(todo: Sequence[Task], handing: Handing, kept: _Keeping, lanes: int) -> Iterator[Batch]:
    """What is to do, in batches, made as they are asked for; runs of one past lie together."""
    ordered = sorted(todo, key=lambda task: task.seed) if any(task.forks for task in todo) else list(todo)
    first = 0
    while first < len(ordered):
        # Towards the end smaller ones, so that no process is left waiting for another.
        share = -(-(len(ordered) - first) // (2 * lanes))
        size = min(kept.fitting(), share)
        yield _batch(ordered[first:first + size], handing, kept.store)
        first += size


def _batch(tasks: Sequence[Task], handing: Handing, store: Store) -> Batch:
    store.begin(task.run for task in tasks)
    return Batch(tuple(tasks), handing.measures, handing.columns, (store.folder / PASTS).absolute(), handing.timeout)


def _may_fork(study: Study) -> bool:
    """Whether points of the study can share a past: they differ in more than county, parameters and outside world."""
    return len(study.scenarios) > 1 or any(
        factor.name.split(".")[0] in ("levers", "shocks", "county") for factor in study.factors)


def _write(found: pd.DataFrame, store: Store, study: Study) -> None:
    """The table as Parquet, units in its metadata, and as CSV; the same bytes however the study was run."""
    about = {"study": study.name, "title": study.title, "version": __version__, "sources": sources(),
             "text": hashlib.sha256(study.text.encode()).hexdigest()}
    book = {name: dict(zip(("unit", "meaning"), said, strict=True)) for name, said in BOOK.items()}
    book |= {factor.name: {"unit": factor.unit, "meaning": "factor of the study"} for factor in study.factors}
    book |= {name: {"unit": one.declared.unit, "meaning": one.declared.meaning}
             for name, one in zip(study.columns, study.measures, strict=True)}
    part = store.folder / "table.parquet.part"
    write_table(found, part, about, book)
    part.replace(store.folder / "table.parquet")
    store.write_text("table.csv", found.to_csv(index=False, lineterminator="\n"))
