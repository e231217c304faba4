"""Many runs of scenarios under the same seeds: handed to an executor, kept one by one, never run twice."""

import dataclasses
import multiprocessing
import os
import shutil
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from villagesim import results
from villagesim.draws import replicate_seed
from villagesim.results import TABLES, Run
from villagesim.scenario import Scenario

# What the executor holds beyond the runs being carried: little, so that Ctrl-C has little to wait for.
QUEUED = 1
REBUILDS = 3

Progress = Callable[[float, int], None]


class Task(NamedTuple):
    """One run to do, and the folder that will hold it (None: hand the run back)."""

    scenario: Scenario
    seed: int
    engine: str
    folder: Path | None


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, after what was running has been kept. Its text says what is kept and how to go on."""


class RunsFailedError(RuntimeError):
    """Some runs raised; the others are kept. Its text names the first."""


def replicate(scenarios: Sequence[Scenario], replicates: int, engine: str = "core", workers: int | None = None,
              folder: str | Path | None = None, progress: Progress | None = None,
              tables: Sequence[str] = TABLES, executor: Executor | None = None) -> dict[str, list[Run]]:
    """The runs of each scenario by its name, in the order of replicates; run r of all scenarios shares its luck.

    With a folder each finished run is kept there under its content hash and not run again; `tables` are read back.
    workers=1 runs in this process; otherwise in a spawn process pool, or in the executor given. progress(done, total).
    Raises Interrupted, RunsFailedError.
    """
    _check(scenarios, replicates, engine)
    folder = None if folder is None else Path(folder)
    tasks = [
        Task(scenario, seed, engine, folder and folder / _folder_of(scenario, seed, engine))
        for scenario in scenarios
        for seed in (replicate_seed(scenario.run.seed, r) for r in range(replicates))
    ]
    missing = [task for task in tasks if not is_kept(task)]
    tell = _telling(progress, len(tasks) - len(missing), len(tasks))
    workers = min(workers or available(), max(len(missing), 1))
    found: dict[int, Run] = {}
    try:
        if executor is None and workers == 1:
            found = _carry_here(missing, tell)
        elif missing:
            prepare(scenarios, engine)
            found = _carry_by(missing, executor, workers, tell)
    except KeyboardInterrupt:
        kept = sum(is_kept(task) for task in tasks)
        where = f"{kept} of {len(tasks)} runs are kept in {folder}; run the same command again" if folder else \
            "nothing was kept"
        raise Interrupted(f"interrupted: {where}") from None
    runs = [found.get(id(task)) or results.read(task.folder, tables) for task in tasks]
    return {scenario.name: runs[i * replicates:(i + 1) * replicates] for i, scenario in enumerate(scenarios)}


def prepare(scenarios: Sequence[Scenario], engine: str = "core") -> None:
    """Compile what the runs need, by one month of the first scenario: two processes must not compile at once."""
    if engine == "core":
        first = scenarios[0]
        from villagesim import engine as engines

        engines.run(dataclasses.replace(first, run=first.run._replace(months=1, spin_up=0)), first.run.seed, engine)


def is_compiled() -> bool:
    """Whether compiled code of this version is on disk."""
    from villagesim.compiled import folder

    return next(folder().rglob("*.nbi"), None) is not None


def is_kept(task: Task) -> bool:
    """Whether the task's run is in its folder: a folder appears, by renaming, only when it is whole."""
    return task.folder is not None and (task.folder / "manifest.json").is_file()


def available() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def carry(task: Task, progress: Callable[[int], None] | None = None) -> Run | None:
    """Do one run; keep it in the task's folder, or return it where there is none."""
    run = results.record(task.scenario, task.seed, task.engine, progress)
    if task.folder is None:
        return run
    part = task.folder.with_name(f"{task.folder.name}.{os.getpid()}.part")
    try:
        run.write(part)
        part.replace(task.folder)
    except OSError:
        # Another process may have kept the same run meanwhile: the same bytes.
        if not is_kept(task):
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return None


def _check(scenarios: Sequence[Scenario], replicates: int, engine: str) -> None:
    names = [scenario.name for scenario in scenarios]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two scenarios are called {twice}; a study tells them apart by name")
    if not scenarios or replicates < 1:
        raise ValueError("a study needs at least one scenario and one replicate")
    if engine not in ("core", "reference"):
        raise ValueError(f"engine {engine} is not known; allowed: core, reference")


def _folder_of(scenario: Scenario, seed: int, engine: str) -> str:
    return folder_name(results.run_name(results.identity(scenario, seed)), engine)


def folder_name(run: str, engine: str) -> str:
    """The folder of a run by its content hash. Engines agree to the bit; a reference run is still kept apart."""
    return run if engine == "core" else f"{run}-{engine}"


def _telling(progress: Progress | None, before: int, total: int) -> Callable[[float], None]:
    """progress(done, total), counting from what was kept before."""
    def tell(done: float) -> None:
        if progress is not None:
            progress(before + done, total)
    tell(0)
    return tell


def _carry_here(tasks: Sequence[Task], tell: Callable[[float], None]) -> dict[int, Run]:
    """Do the runs in this process; those without a folder by the id of their task."""
    found, failures = {}, []
    for done, task in enumerate(tasks):
        length = task.scenario.run.spin_up + task.scenario.run.months

        def month_done(month: int, done: int = done, task: Task = task, length: int = length) -> None:
            tell(done + (month + 1 + task.scenario.run.spin_up) / length)

        try:
            found[id(task)] = carry(task, month_done)
        except Exception as error:
            failures.append((task, error))
        tell(done + 1)
    _raise_failures(failures, len(tasks))
    return found


def _carry_by(tasks: Sequence[Task], executor: Executor | None, workers: int,
              tell: Callable[[float], None]) -> dict[int, Run]:
    """Do the runs through an executor; a process pool that a dying worker broke is built anew, a few times."""
    if executor is not None:
        return _drain(deque(tasks), executor, workers, tell, [])
    found: dict[int, Run] = {}
    waiting = deque(tasks)
    lost: list[Task] = []
    for _ in range(REBUILDS):
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            before = len(tasks) - len(waiting)
            found |= _drain(waiting, pool, workers, lambda done, before=before: tell(before + done), lost)
        if not lost:
            return found
        waiting.extend(lost)
        lost.clear()
    raise RunsFailedError(f"worker processes died {REBUILDS} times with {len(waiting)} runs left; the others are kept")


def _drain(waiting: deque[Task], executor: Executor, workers: int, tell: Callable[[float], None],
           lost: list[Task]) -> dict[int, Run]:
    """Hand out runs, few at a time, until none waits. Tasks of a broken executor are put into `lost`."""
    found: dict[int, Run] = {}
    running: dict[Future, Task] = {}
    failures: list[tuple[Task, BaseException]] = []
    total, broken = len(waiting), False
    try:
        while running or (waiting and not broken):
            while waiting and not broken and len(running) < workers + QUEUED:
                task = waiting.popleft()
                try:
                    with _as_worker():
                        running[executor.submit(carry, task)] = task
                except BrokenExecutor:
                    waiting.appendleft(task)
                    broken = True
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                task = running.pop(future)
                try:
                    found[id(task)] = future.result()
                except BrokenExecutor:
                    lost.append(task)
                    broken = True
                except Exception as error:
                    failures.append((task, error))
                tell(total - len(waiting) - len(running) - len(lost))
    except KeyboardInterrupt:
        for future in running:
            future.cancel()
        wait([future for future in running if not future.cancelled()])
        raise
    lost.extend(waiting if broken else ())
    if broken:
        waiting.clear()
    _raise_failures(failures, total)
    return found


@contextmanager
def _as_worker() -> Iterator[None]:
    """Start processes that compute on one thread each and leave Ctrl-C to this one.

    Both are inherited: numba reads its variable when it is imported, before any initialiser could set it.
    """
    before = os.environ.get("NUMBA_NUM_THREADS")
    main = threading.current_thread() is threading.main_thread()
    os.environ["NUMBA_NUM_THREADS"] = "1"
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN) if main else None
    try:
        yield
    finally:
        if main:
            signal.signal(signal.SIGINT, handler)
        if before is None:
            del os.environ["NUMBA_NUM_THREADS"]
        else:
            os.environ["NUMBA_NUM_THREADS"] = before


def _raise_failures(failures: Sequence[tuple[Task, BaseException]], total: int) -> None:
    if failures:
        task, error = failures[0]
        raise RunsFailedError(
            f"{len(failures)} of {total} runs failed, the others are kept; first: {task.scenario.name} with seed "
            f"{task.seed}: {type(error).__name__}: {error}"
        ) from error
