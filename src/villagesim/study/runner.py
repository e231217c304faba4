"""Many runs of scenarios under the same seeds: handed to an executor, kept one by one, never run twice."""

import dataclasses
import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import NamedTuple

from villagesim import results
from villagesim.draws import replicate_seed
from villagesim.results import TABLES, Run
from villagesim.scenario import Scenario, ScenarioError, with_seed
from villagesim.study import pool

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
    workers=1 runs in this process, as the engine gpu always does, since processes would share one device; otherwise in
    a spawn process pool, or in the executor given. progress(done, total).
    Raises Interrupted, RunsFailedError, and before anything runs results.PlaceError and ValueError.
    """
    _check(scenarios, replicates, engine)
    folder = None if folder is None else results.make_place(folder)
    tasks = [
        Task(scenario, seed, engine, folder and folder / _folder_of(scenario, seed, engine))
        for scenario in scenarios
        for seed in (replicate_seed(scenario.run.seed, r) for r in range(replicates))
    ]
    missing = [task for task in tasks if not is_kept(task)]
    tell = _telling(progress, len(tasks) - len(missing), len(tasks))
    workers = 1 if engine == "gpu" else min(workers or pool.available(), max(len(missing), 1))
    found: dict[int, Run] = {}
    try:
        if executor is None and workers == 1:
            found = _carry_here(missing, tell)
        elif missing:
            pool.refuse_unguarded()
            prepare(scenarios, engine)
            found = _carry_by(missing, executor, workers, tell)
    except KeyboardInterrupt:
        kept = sum(is_kept(task) for task in tasks)
        where = f"{kept} of {len(tasks)} runs are kept in {folder}; run the same command again" if folder else \
            "nothing was kept"
        raise Interrupted(f"interrupted: {where}") from None
    runs = [found.get(id(task)) or _kept(task, tables) for task in tasks]
    return {scenario.name: runs[i * replicates:(i + 1) * replicates] for i, scenario in enumerate(scenarios)}


def alike(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """The scenarios as they are compared month by month, under the seed of the first.

    Raises ScenarioError where one has other months, spin-up or first month than the first.
    """
    first = scenarios[0]
    for other in scenarios[1:]:
        for key in ("months", "spin_up", "start_month"):
            here, there = (getattr(one.run, key) for one in (first, other))
            if here != there:
                raise ScenarioError(f"{other.path or other.name}: run.{key} is {there:g} month, and {here:g} in "
                                    f"{first.path or first.name}; allowed: the same in all that are compared")
    return [with_seed(scenario, first.run.seed) if scenario.run.seed != first.run.seed else scenario
            for scenario in scenarios]


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
    """Whether the task's run is in its folder, and can be read.

    A folder appears, by renaming, only when it is whole; what was damaged later counts as not kept.
    """
    return task.folder is not None and results.holds_run(task.folder)


def _kept(task: Task, tables: Sequence[str]) -> Run:
    """The run in the task's folder; one whose damage shows only now is done again."""
    try:
        return results.read(task.folder, tables)
    except results.UnreadableError:
        _remove(task.folder)
        carry(task)
        return results.read(task.folder, tables)


def _remove(path: Path) -> None:
    """Remove what stands in a run's place."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def carry(task: Task, progress: Callable[[int], None] | None = None) -> Run | None:
    """Do one run; keep it in the task's folder, or return it where there is none."""
    run = results.record(task.scenario, task.seed, task.engine, progress)
    if task.folder is None:
        return run
    _put(run, task.folder)
    return None


def keep(run: Run, engine: str, folder: Path) -> Path:
    """Keep a run in the folder of all runs, under its content hash; return where."""
    place = folder / folder_name(results.run_name(run.manifest["identity"]), engine)
    _put(run, place)
    return place


def _put(run: Run, place: Path) -> None:
    """Write a run into its place, whole or not at all."""
    part = place.with_name(f"{place.name}.{os.getpid()}.part")
    try:
        run.write(part)
        if place.exists() and not results.holds_run(place):
            _remove(place)
        part.replace(place)
    except OSError:
        # Another process may have kept the same run meanwhile: the same bytes.
        if not results.holds_run(place):
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _check(scenarios: Sequence[Scenario], replicates: int, engine: str) -> None:
    from villagesim.engine import check

    names = [scenario.name for scenario in scenarios]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two scenarios are called {twice}; a study tells them apart by name")
    if not scenarios or replicates < 1:
        raise ValueError("a study needs at least one scenario and one replicate")
    check(engine)


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
    """Do the runs through an executor, or a pool of processes; those without a folder by the id of their task."""
    found: dict[int, Run] = {}
    failures: list[tuple[Task, BaseException]] = []
    done = 0

    def finish(task: Task, run: Run | None) -> None:
        nonlocal done
        done += 1
        found[id(task)] = run
        tell(done)

    def fail(task: Task, error: BaseException) -> None:
        nonlocal done
        done += 1
        failures.append((task, error))
        tell(done)

    pool.each(carry, tasks, finish, fail, workers, executor)
    _raise_failures(failures, len(tasks))
    return found


def _raise_failures(failures: Sequence[tuple[Task, BaseException]], total: int) -> None:
    if failures:
        task, error = failures[0]
        raise RunsFailedError(
            f"{len(failures)} of {total} runs failed, the others are kept; first: {task.scenario.name} with seed "
            f"{task.seed}: {type(error).__name__}: {error}"
        ) from error
