"""Which published targets pin which numbers: each number at both ends of its range, by runs that are kept in a store.

First one seed of each village setting is run at both ends. A kind of evidence in which not one value differs between
the ends does not depend on the number (luck does not), and is not run again for it.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from villagesim import __version__, evidence
from villagesim.catalogue import Entry
from villagesim.draws import replicate_seed
from villagesim.results import write_tables
from villagesim.scenario import Scenario, ScenarioError, changed, digest
from villagesim.scenario_sections import declared_at
from villagesim.scenario_text import Place
from villagesim.sources import model, series, sources
from villagesim.study import pool, runner
from villagesim.study.calibration import movements
from villagesim.study.calibration.evidence_tasks import Task, carry, evidence_key, giving, hashed
from villagesim.study.calibration.pinning import Asked, aims, numbers
from villagesim.study.fieldwork import years
from villagesim.study.fieldwork.kinds import Base
from villagesim.study.store import Row, Store
from villagesim.study.sweep import State

LOW, HIGH = ENDS = ("low", "high")
BOOK = {
    "parameter": ("code", "number of the model, by its key in a scenario file"),
    "unit": ("code", "its unit"),
    "low": ("parameter's unit", "lower end of its plausible range"),
    "usual": ("parameter's unit", "value where nothing else is said"),
    "high": ("parameter's unit", "upper end of its plausible range"),
    "target": ("code", "published target that may be fitted"),
    "target_unit": ("code", "its unit"),
    "width": ("target's unit", "width of its published interval, of logarithms where those are its scale"),
    "at_low": ("target's unit", "mean value (geometric on a log scale), the number at its lower end, all others usual"),
    "at_usual": ("target's unit", "mean value with all numbers usual"),
    "at_high": ("target's unit", "mean value with the number at its upper end, all others usual"),
    "moved": ("width", "from the lower end to the upper, over pairs of runs of one seed, settings alike"),
    "luck": ("width", "movement that luck alone stays within, but in as many of a hundred as the file's level says"),
    "seeds": ("run", "pairs of runs that have the target; one a setting where both ends are the same to the bit"),
    "pins": ("1", "moved by as much as the file asks, or more, and by more than luck"),
    "listed": ("1", "the pins that are shipped have the target for the number"),
}


class Measured(NamedTuple):
    """table: a row a number and target, columns as BOOK. about: what it rests on. refused: numbers whose ends no
    scenario can have, and why. failed: numbers with runs that failed, and the last line of the first traceback.
    without: targets that no simulated evidence gives. whole: all targets were asked."""

    table: pd.DataFrame
    about: dict[str, Any]
    refused: dict[str, str]
    failed: dict[str, str]
    without: tuple[str, ...]
    whole: bool = True

    def write(self, folder: str | Path) -> Path:
        """Write the table as CSV and Parquet; return the folder."""
        return write_tables(folder, {"pins": self.table}, self.about, BOOK)

    def ship(self, file: Path) -> Path:
        """Put these numbers, but those whose runs failed, into that file, in the place of what it says of them.

        Where some targets were asked, what the file says of the others stays, and of a number that they were not asked
        of, over this range and under this model, nothing is said yet. The series are today's where all targets that
        follow them were asked. What is no number any more leaves the file.
        """
        known = {entry.key for entry in numbers()}
        kept = {one.parameter: one for one in (evidence.read_pins(file) if file.is_file() else ())
                if one.parameter in known}
        for name, rows in self.table.groupby("parameter"):
            pins, first, old = rows[rows["pins"]], rows.iloc[0], kept.get(name)
            found = evidence.Pinned(name, float(first["low"]), float(first["high"]), {}, model(), series())
            if old and not set(years.TARGETS) <= set(rows["target"]):
                found = found._replace(series=old.series)
            same = old and old._replace(moved={}, series=found.series) == found
            if name in self.failed or not (self.whole or same):
                continue
            moved = dict(zip(pins["target"], pins["moved"], strict=True))
            if not self.whole:
                moved |= {target: by for target, by in old.moved.items() if target not in set(rows["target"])}
            order = [one.id for one in aims()]
            kept[name] = found._replace(moved={target: moved[target] for target in order if target in moved})
        evidence.write_pins(kept.values(), file)
        return file


def measure(asked: Asked, entries: Sequence[Entry], out: str | Path = "results", workers: int | None = None,
            progress: Callable[[State], None] | None = None, retry: bool = False,
            wanted: Sequence[evidence.Target] = ()) -> Measured:
    """Run what is missing for these numbers, write pins.csv and .parquet into out/NAME, return the same.

    retry: what has failed is tried again. wanted: the targets that are asked; usually all. Raises
    StoreError, runner.Interrupted, pool.PoolError.
    """
    folder = Path(out) / asked.name
    with Store(folder, tuple(one.id for one in aims())) as store:
        if retry:
            store.forget_failures()
        scan = _Scan(asked, store, workers, progress, frozenset(one.id for one in wanted or aims()))
        try:
            found = scan.measured(entries)
        except KeyboardInterrupt:
            raise runner.Interrupted(f"interrupted: {scan.done} of {scan.total} runs are kept in {folder}; the same "
                                     "command goes on") from None
    found.write(folder)
    return found


def compared(table: pd.DataFrame) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Pairs of number and target that are shipped and the table does not confirm; and those that are not."""
    pairs = list(zip(table["parameter"], table["target"], strict=True))
    rows = list(zip(pairs, table["pins"], table["listed"], strict=True))
    return ([pair for pair, pins, listed in rows if listed and not pins],
            [pair for pair, pins, listed in rows if pins and not listed])


class _Scan:
    """One scan over a store."""

    def __init__(self, asked: Asked, store: Store, workers: int | None,
                 progress: Callable[[State], None] | None, wanted: frozenset[str]) -> None:
        self.asked, self.store, self.workers, self.progress = asked, store, workers or pool.available(), progress
        self.wanted = wanted
        self.targets = aims()
        self.total = self.done = self.failed = self.begun = 0
        self.key = hashed([[digest(one) for base in asked.bases for one in base], [one.id for one in self.targets],
                           __version__, sources(), evidence_key()])

    def measured(self, entries: Sequence[Entry]) -> Measured:
        runner.prepare([self.asked.bases[0].programme])
        kinds, without = self._kinds()
        ends, refused = {}, {}
        for entry in entries:
            try:
                ends[entry.key] = {end: [_at(base, entry, value) for base in self.asked.bases]
                                   for end, value in zip(ENDS, entry.ends, strict=True)}
            except ScenarioError as error:
                refused[entry.key] = str(error)
        seeds, first = range(self.asked.seeds), range(1)
        usual = self._tasks(kinds, list(self.asked.bases), seeds)
        looks = {(key, end): self._tasks(kinds, bases, first) for key, two in ends.items()
                 for end, bases in two.items()}
        self._run([*usual.values(), *(task for some in looks.values() for task in some.values())])
        live = {key: [kind for kind in kinds if self._differs(looks[key, LOW], looks[key, HIGH], kind)] for key in ends}
        tasks = {(key, end): looks[key, end] | self._tasks(live[key], ends[key][end], seeds) for key, end in looks}
        self._run([task for some in tasks.values() for task in some.values()])
        failed = self._failures({"the usual values": [usual]} | {key: [tasks[key, end] for end in ENDS]
                                                                 for key in ends})
        rows = [row for entry in entries if entry.key in ends
                for row in self._rows(entry, kinds, usual, *(tasks[entry.key, end] for end in ENDS))]
        about = {"name": self.asked.name, "title": self.asked.title, "version": __version__, "sources": sources(),
                 "moves": self.asked.moves, "level": self.asked.level, "seeds": [self.asked.seed],
                 "scenarios": {f"{one.name} {place}": digest(one) for place, base in enumerate(self.asked.bases)
                               for one in base}}
        whole = self.wanted >= {one.id for one in self.targets}
        return Measured(pd.DataFrame(rows, columns=list(BOOK)), about, refused, failed, without, whole)

    def _kinds(self) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
        """Which targets each kind of evidence gives, and what none gives: found once, and kept."""
        file = self.store.folder / f"{self.key}-kinds.json"
        if not file.is_file():
            kinds, left, _ = giving(self.asked.bases[0], [one.id for one in self.targets])
            self.store.write_text(file.name, json.dumps([kinds, sorted(left)]))
        kinds, left = json.loads(file.read_text(encoding="utf-8"))
        asked = {kind: tuple(name for name in names if name in self.wanted) for kind, names in kinds.items()}
        return ({kind: names for kind, names in asked.items() if names},
                tuple(name for name in left if name in self.wanted))

    def _tasks(self, kinds: Iterable[str], bases: Sequence[Base], seeds: Iterable[int]) -> dict[tuple, Task]:
        """A task a kind, setting and seed, by these three. All numbers and both ends meet the same seeds."""
        names, found = tuple(one.id for one in self.targets), {}
        marks = [[digest(one) for one in base] for base in bases]
        for kind in kinds:
            for setting, base in enumerate(bases):
                for turn in seeds:
                    seed = replicate_seed(self.asked.seed, turn * len(bases) + setting)
                    run = hashed([self.key, kind, marks[setting], seed])
                    found[kind, setting, turn] = Task(run, (kind,), base, seed, names)
        return found

    def _run(self, tasks: Sequence[Task]) -> None:
        """Run what the store has not. Two ends that are one county by content are one run."""
        wanted, known = {task.run: task for task in tasks}, self.store.states()
        todo = [task for run, task in wanted.items() if run not in known]
        self.total, self.done = len(wanted), len(wanted) - len(todo)
        self.begun = self.done
        self._tell()
        self.store.begin(task.run for task in todo)
        pool.each(carry, todo, self._take, self._lose, self.workers)
        self.known = self.store.values()

    def _take(self, _: Task, row: Row) -> None:
        self.store.commit([row])
        self.done += 1
        self.failed += row.values is None
        self._tell()

    def _lose(self, task: Task, error: BaseException) -> None:
        self._take(task, Row(task.run, None, 0.0, f"{type(error).__name__}: {error}"))

    def _tell(self) -> None:
        if self.progress is not None:
            self.progress(State(self.total, self.done, self.failed, self.begun, 0.0))

    def _values(self, tasks: Iterable[Task], target: str) -> np.ndarray:
        return self.known[target].reindex([task.run for task in tasks]).to_numpy(np.float64)

    def _differs(self, low: Mapping[tuple, Task], high: Mapping[tuple, Task], kind: str) -> bool:
        """Whether a value of that kind of evidence is not the same to the bit at both ends, or a run failed."""
        one, two = (self.known.reindex([task.run for place, task in tasks.items() if place[0] == kind])
                    for tasks in (low, high))
        broken = any(run not in self.known.index for run in (*one.index, *two.index))
        return broken or not np.array_equal(one.to_numpy(np.float64), two.to_numpy(np.float64), equal_nan=True)

    def _failures(self, tasks: Mapping[str, Sequence[Mapping[tuple, Task]]]) -> dict[str, str]:
        ledger = self.store.runs().set_index("run")
        errors = ledger.loc[ledger["error"].notna(), "error"]
        found = {}
        for key, ends in tasks.items():
            broken = [task.run for some in ends for task in some.values() if task.run in errors.index]
            if broken:
                found[key] = f"{len(broken)} runs: {errors[broken[0]].strip().splitlines()[-1]}"
        return found

    def _rows(self, entry: Entry, kinds: Mapping[str, Sequence[str]], usual: Mapping[tuple, Task],
              low: Mapping[tuple, Task], high: Mapping[tuple, Task]) -> list[tuple]:
        asked = entry.key, *entry.ends
        listed = {target for pin in evidence.pins() if (pin.parameter, pin.low, pin.high) == asked
                  for target in pin.moved}
        known, rows = {one.id: one for one in self.targets}, []
        for kind, names in kinds.items():
            places = [place for place in low if place[0] == kind]
            settings = [setting for _, setting, _ in places]
            for name in names:
                one = known[name]
                wide = movements.width(one)
                ends = [movements.scaled(one, self._values([tasks[place] for place in places], name))
                        for tasks in (low, high)]
                found = movements.movement(*ends, settings, wide, self.asked.level)
                # One seed of each setting, the same at both ends: nothing is left that luck could have made.
                if len(places) == len(set(settings)) and not np.nan_to_num(ends[1] - ends[0]).any():
                    found = found._replace(luck=0.0)
                told = movements.scaled(one, self._values([task for place, task in usual.items() if place[0] == kind],
                                                          name))
                at_usual = float(np.mean(told[np.isfinite(told)])) if np.isfinite(told).any() else float("nan")
                means = (movements.unscaled(one, mean) for mean in (found.at_low, at_usual, found.at_high))
                low_end, high_end = entry.ends
                rows.append((entry.key, entry.unit, low_end, entry.default, high_end, name, one.unit, wide, *means,
                             found.moved, found.luck, found.seeds, found.pins(self.asked.moves), name in listed))
        return rows


def _at(base: Base, entry: Entry, value: float) -> Base:
    """The counties with one number set, checked as a file is; a lever's price only where the lever is."""
    kind, _, _ = declared_at(Place("pins", entry.key), entry.key)
    lever = entry.key.split(".")[1] if entry.kind == "lever" else None

    def set_in(one: Scenario) -> Scenario:
        return one if lever is not None and lever not in one.levers else changed(one, {entry.key: kind(value)})

    return Base(*(set_in(one) for one in base))
