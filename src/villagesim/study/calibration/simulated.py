"""The model as the simulator of a calibration: runs kept in the store, so that the same command goes on."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from villagesim import __version__
from villagesim.draws import replicate_seed
from villagesim.scenario import assigned, digest
from villagesim.sources import model, series, sources
from villagesim.study import pool, runner
from villagesim.study.calibration.calibrate import Calibration, calibrate
from villagesim.study.calibration.calibrating import Simulated
from villagesim.study.calibration.evidence_tasks import Task, carry, evidence_key, hashed, kinds_of
from villagesim.study.calibration.recovery import Recovered, recover
from villagesim.study.fieldwork.kinds import Base
from villagesim.study.store import Row, Store
from villagesim.study.sweep import State


class Runs:
    """The model as a simulator over a store: `simulate` and `choose` as `calibration.calibrate` takes them.

    truths: how many are to be calibrated after one another; 0 where what was published is.
    """

    def __init__(self, read: Simulated, store: Store, workers: int | None = None,
                 progress: Callable[[State], None] | None = None, truths: int = 0) -> None:
        self.read, self.store, self.workers, self.progress = read, store, workers, progress
        self.wanted = tuple(aim.name for aim in read.asked.aims)
        self.kinds = kinds_of(read.bases[0], self.wanted, read.innovation)
        rules = read.asked.rules
        apart = (rules.waves - 1) * rules.points + read.asked.final
        self.total = (rules.points + max(truths, 1) * apart + truths) * read.replicates
        self.done, self.failed, self.begun, self.spent = 0, 0, 0, 0.0
        self.asked: set[str] = set()

    def choose(self, stage: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        """A stage's points, float64 (n, k): those kept by an earlier command, else made and kept."""
        file = self.store.folder / f"{self.read.key}-{stage}.json"
        if not file.is_file():
            self.store.write_text(file.name, json.dumps(make().tolist()))
        return np.array(json.loads(file.read_text(encoding="utf-8")))

    def simulate(self, stage: str, unit: np.ndarray) -> np.ndarray:
        """Targets at points (n, k): float64 (n, replicates, targets), NaN where a run failed. Raises Interrupted."""
        columns = [factor.at(unit[:, place]) for place, factor in enumerate(self.read.asked.factors)]
        tasks = [self.task(stage, number, replicate, {factor.name: factor.typed(column[number]) for factor, column in
                                                       zip(self.read.asked.factors, columns, strict=True)})
                 for number in range(len(unit)) for replicate in range(self.read.replicates)]
        known = self.store.states()
        todo = [task for task in tasks if task.run not in known]
        # Truths share their first wave, which counts once.
        found = {task.run for task in tasks if task.run in known} - self.asked
        self.asked |= {task.run for task in tasks}
        self.begun += len(found)
        self.done += len(found)
        self._tell()
        self.store.begin(task.run for task in todo)
        try:
            pool.each(carry, todo, self._take, self._lose, self.workers or pool.available())
        except KeyboardInterrupt:
            raise self.interrupted(f"in {stage}") from None
        values = self.store.values([task.run for task in tasks])[list(self.wanted)].to_numpy(np.float64)
        return values.reshape(len(unit), self.read.replicates, len(self.wanted))

    def interrupted(self, where: str) -> runner.Interrupted:
        """What Ctrl-C is told."""
        return runner.Interrupted(f"interrupted {where}: {self.done} of {self.total} runs are kept in "
                                  f"{self.store.folder}; the same command goes on")

    def task(self, stage: str, number: int, replicate: int, values: Mapping[str, int | float]) -> Task:
        """One run of a stage's point, whose numbers have these values."""
        base, innovation = self.read.bases[replicate % len(self.read.bases)], self.read.innovation
        if innovation is None:
            base = Base(*(assigned(one, values) for one in base))
        else:
            innovation = innovation.varied(values)
        # Each point has luck of its own: what all shared would pass for the model's.
        place = int(hashlib.sha256(f"{stage} {number} {replicate}".encode()).hexdigest()[:8], 16)
        seed = replicate_seed(self.read.asked.rules.seed, place)
        named = [[digest(one) for one in base], repr(innovation), seed, self.kinds, self.wanted, __version__, sources(),
                 evidence_key()]
        return Task(hashed(named), self.kinds, base, seed, self.wanted, innovation)

    def _take(self, _: Task, row: Row) -> None:
        self.store.commit([row])
        self.done += 1
        self.failed += row.values is None
        self.spent += row.seconds
        self._tell()

    def _lose(self, task: Task, error: BaseException) -> None:
        self._take(task, Row(task.run, None, 0.0, f"{type(error).__name__}: {error}"))

    def _tell(self) -> None:
        if self.progress is not None:
            self.progress(State(self.total, self.done, self.failed, self.begun,
                                self.spent / max(self.done - self.begun, 1)))


def folder_of(read: Simulated, out: str | Path, quick: bool = False) -> Path:
    """Where a calibration is kept: out/NAME, or out/NAME-quick."""
    return Path(out) / (read.asked.name + ("-quick" if quick else ""))


def carry_out(read: Simulated, out: str | Path = "results", workers: int | None = None,
              progress: Callable[[State], None] | None = None, quick: bool = False) -> tuple[Path, Calibration]:
    """Carry out what is missing, write the tables into out/NAME (out/NAME-quick); return the folder and what was found.

    Raises StoreError, runner.Interrupted, NothingLeftError, TooFewError, NoEvidenceError.
    """
    with _runs(read, out, workers, progress, quick) as runs:
        found = calibrate(read.asked, runs.simulate, runs.choose, _about(read, quick))
        found.write(runs.store.folder)
        runs.store.write_text("ensemble.json", json.dumps(found.about, indent=1) + "\n")
        return runs.store.folder, found


def carry_out_known(read: Simulated, truths: int, out: str | Path = "results", workers: int | None = None,
                    progress: Callable[[State], None] | None = None, quick: bool = False) -> tuple[Path, Recovered]:
    """The same for data of so many truths, beside what was published: write recovery.csv and .parquet there.

    Raises StoreError, runner.Interrupted, NoEvidenceError.
    """
    with _runs(read, out, workers, progress, quick, truths) as runs:
        found = recover(read.asked, truths, runs.simulate, runs.choose, _about(read, quick))
        return found.write(runs.store.folder), found


@contextmanager
def _runs(read: Simulated, out: str | Path, workers: int | None, progress: Callable[[State], None] | None,
          quick: bool, truths: int = 0) -> Iterator[Runs]:
    """The simulator over the calibration's store, in which Ctrl-C is told as what is kept."""
    runner.prepare([read.bases[0].programme])
    with Store(folder_of(read, out, quick), tuple(aim.name for aim in read.asked.aims)) as store:
        runs = Runs(read, store, workers, progress, truths)
        try:
            yield runs
        except KeyboardInterrupt as stop:
            if isinstance(stop, runner.Interrupted):
                raise
            raise runs.interrupted("between two stages") from None


def _about(read: Simulated, quick: bool) -> dict[str, Any]:
    """What a calibration rests on beside its file."""
    digests = {f"{one.name} {place}": digest(one) for place, base in enumerate(read.bases) for one in base}
    return {"scenarios": digests, "seeds": [read.asked.rules.seed], "version": __version__, "sources": sources(),
            "model": model(), "series": series(), "replicates": read.replicates, "quick": quick}
