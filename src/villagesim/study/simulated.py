"""A calibration file, and the model as its simulator: runs kept in the store, so that the same command goes on.

The file names the county today and under the programme, the village settings they are dealt to in turn, what varies
over which range, the targets, and how much is run. Where it names an innovation, what varies are the circumstances of
that innovation's own experiment or history, laid over today's county, and the targets are what these give.
"""

import hashlib
import importlib
import json
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from villagesim import __version__, evidence
from villagesim.draws import replicate_seed
from villagesim.scenario import Scenario, ScenarioError, assigned, changed, digest, load
from villagesim.scenario_sections import declared_at
from villagesim.scenario_text import Place, flat, listed, naming, nearest, read, shown
from villagesim.sources import model, sources
from villagesim.study import aims, diffusion, factors, innovations, pool, runner, validation
from villagesim.study.calibration import Asked, Calibration, calibrate
from villagesim.study.innovations import Innovation
from villagesim.study.matching import CLOUD, Rules
from villagesim.study.store import Row, Store
from villagesim.study.sweep import State
from villagesim.study.validation import Base

# How much is run: key, least value, usual value.
SIZES = {"waves": (1, 3), "points": (8, 100), "replicates": (2, 3), "may_miss": (0, 0), "final": (20, 400),
         "members": (3, 21), "seed": (1, 1)}
# The most of each: what a machine can hold. Points of a wave and final runs are chosen among those that stand for what
# is left, and members among the final runs.
MOST = {"waves": 100, "points": CLOUD, "replicates": 1000, "may_miss": 1000, "final": CLOUD, "members": CLOUD,
        "seed": 2**63 - 1}
NUMBERS = {"cutoff": 3.0, "discrepancy": 0.1}
# Sections of what is no property of the county or the model, and can't be fitted.
DECIDED = ("levers", "shocks")
TEXTS = ("title", "question", "today", "programme", "innovation")
KEYS = (*TEXTS, "settings", *SIZES, *NUMBERS, "ensemble", "quick", "vary", "targets")
# What evidence is made with, beside the sources of the model and the innovations that ship: an edit makes other runs.
MADE_WITH = ("validation", "estimates", "differences", "panels", "surveys", "trials.design", "trials.sample",
             "chains", "diffusion", "followups", "innovations", "losses", "ties", "years")


class Simulated(NamedTuple):
    """A calibration that was read and checked, and the counties it is made from, one a village setting.

    innovation: the one whose circumstances vary; None where numbers of the model do. ensemble: what it leaves may
    become the ensemble that ships, and not only be told.
    """

    asked: Asked
    bases: tuple[Base, ...]
    replicates: int
    key: str
    innovation: Innovation | None = None
    ensemble: bool = True


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


def read_calibration(path: str | Path, quick: bool = False) -> Simulated:
    """The calibration in a TOML file; quick: with the sizes of its table `quick`. Raises ScenarioError, one line."""
    path = Path(path)
    values, file = read(path), str(path)
    for key in values:
        if key not in KEYS:
            raise Place(file, key).problem("is not known", ", ".join(KEYS), nearest(key, KEYS))
    for key in ("title", "today", "settings", "vary", "targets"):
        if key not in values:
            raise Place(file, key).problem("is missing", "a calibration says title, today, settings, vary, targets, "
                                           "and programme or innovation")
    if ("programme" in values) == ("innovation" in values):
        wrong = "and innovation are both said" if "programme" in values else "is missing"
        raise Place(file, "programme").problem(wrong, "programme, where numbers of the model vary; innovation, where "
                                               "circumstances of that innovation do")
    _check_forms(file, values)
    said = {**values, **(values.get("quick", {}) if quick else {})}
    size = {key: _size(Place(file, key), said.get(key, usual), least, MOST[key])
            for key, (least, usual) in SIZES.items()}
    number = {key: _number(Place(file, key), said.get(key, usual)) for key, usual in NUMBERS.items()}
    bases = tuple(based(path, values, place) for place in values["settings"])
    innovation = _innovation(path, values, bases[0].today)
    declared = innovations.declared if innovation else declared_at
    varied = tuple(factors.read(Place(file, f"vary.{name}"), name, how, declared)
                   for name, how in values["vary"].items())
    for factor in varied:
        _check_number(Place(file, f"vary.{factor.name}"), factor)
    goals = aims.read_aims(file, values["targets"], number["discrepancy"])
    _check_sizes(file, size, len(goals))
    for factor in varied:
        if len({usual_of(one, factor.name, innovation) for base in bases for one in base}) > 1:
            raise Place(file, f"vary.{factor.name}").problem("is not the same in all scenarios and settings",
                                                             "what none of them sets for itself")
        _check_ends(Place(file, f"vary.{factor.name}"), factor, bases[0].today, innovation)
    rules = Rules(size["waves"], size["points"], number["cutoff"], size["may_miss"], size["seed"])
    usual = tuple(usual_of(bases[0].today, factor.name, innovation) for factor in varied)
    asked = Asked(path.stem, values["title"], varied, usual, goals, rules, size["final"], size["members"])
    key = hashed([asked.name, [list(one) for one in goals], [repr(one) for one in varied], list(rules), size,
                 [digest(one) for base in bases for one in base], repr(innovation), __version__, sources(),
                  evidence_key()])
    return Simulated(asked, bases, size["replicates"], key, innovation, values.get("ensemble", innovation is None))


class Runs:
    """The model as a simulator over a store: `simulate` and `choose` as `calibration.calibrate` takes them."""

    def __init__(self, read: Simulated, store: Store, workers: int | None = None,
                 progress: Callable[[State], None] | None = None) -> None:
        self.read, self.store, self.workers, self.progress = read, store, workers, progress
        self.wanted = tuple(aim.name for aim in read.asked.aims)
        self.kinds = kinds_of(read.bases[0], self.wanted, read.innovation)
        rules = read.asked.rules
        self.total = (rules.waves * rules.points + read.asked.final) * read.replicates
        self.done, self.failed, self.begun, self.spent = 0, 0, 0, 0.0

    def choose(self, stage: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        """A stage's points, float64 (n, k): those kept by an earlier command, else made and kept."""
        file = self.store.folder / f"{self.read.key}-{stage}.json"
        if not file.is_file():
            self.store.write_text(file.name, json.dumps(make().tolist()))
        return np.array(json.loads(file.read_text(encoding="utf-8")))

    def simulate(self, stage: str, unit: np.ndarray) -> np.ndarray:
        """Targets at points (n, k): float64 (n, replicates, targets), NaN where a run failed. Raises Interrupted."""
        columns = [factor.at(unit[:, place]) for place, factor in enumerate(self.read.asked.factors)]
        tasks = [self._task(stage, number, replicate, {factor.name: factor.typed(column[number]) for factor, column in
                                                       zip(self.read.asked.factors, columns, strict=True)})
                 for number in range(len(unit)) for replicate in range(self.read.replicates)]
        known = self.store.states()
        todo = [task for task in tasks if task.run not in known]
        self.begun += len(tasks) - len(todo)
        self.done += len(tasks) - len(todo)
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

    def _task(self, stage: str, number: int, replicate: int, values: Mapping[str, int | float]) -> Task:
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
    for kind in validation.EVIDENCE if innovation is None else diffusion.EVIDENCE:
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
        return validation.EVIDENCE[kind](base, seed)
    return diffusion.EVIDENCE[kind](innovation, base.today, seed)


def based(path: Path, values: Mapping[str, Any], place: str) -> Base:
    """Today's county and the same under the programme (where none is said, today's again), in one of the settings.

    Raises ScenarioError.
    """
    with naming(Place(str(path), "settings")):
        setting = {key: value for key, value in flat(read(path.parent / place)).items() if key != "title"}
    found = []
    for key in ("today", "programme" if "programme" in values else "today"):
        with naming(Place(str(path), key)):
            found.append(load(path.parent / values[key]))
    return Base(*(changed(one, setting) for one in found))


def _check_forms(file: str, values: Mapping[str, Any]) -> None:
    """Texts are texts, tables are tables, `quick` says sizes alone. Raises ScenarioError, one line."""
    for key in TEXTS:
        if key in values and not isinstance(values[key], str):
            raise Place(file, key).problem(f"is {shown(values[key])}", "a text")
    for key in ("quick", "vary", "targets"):
        if key in values and not isinstance(values[key], Mapping):
            raise Place(file, key).problem(f"is {shown(values[key])}", "a table")
    said = values.get("ensemble", False)
    if not isinstance(said, bool) or (said and "innovation" in values):
        raise Place(file, "ensemble").problem(f"is {shown(said)}", "true or false; false with an innovation, whose "
                                              "circumstances no other run has")
    if not values["vary"]:
        raise Place(file, "vary").problem("is empty", "one parameter or more")
    settings_files(file, values["settings"])
    for key in values.get("quick", {}):
        if key not in SIZES:
            raise Place(file, f"quick.{key}").problem("is not known", ", ".join(SIZES), nearest(key, SIZES))


def settings_files(file: str, said: Any) -> list[str]:
    """The village settings that a study's file names. Raises ScenarioError, one line."""
    place, says = Place(file, "settings"), "a list of settings' files, one or more"
    if not isinstance(said, list):
        raise place.problem(f"is {shown(said)}, which is no list", says)
    if not said:
        raise place.problem("is an empty list", says)
    for one in said:
        if not isinstance(one, str):
            raise place.problem(f"is {listed(said)}, where {shown(one)} is no file's name", says)
    return said


def _check_sizes(file: str, size: Mapping[str, int], goals: int) -> None:
    """Sizes that no run could serve together are refused before any is made. Raises ScenarioError, one line."""
    if size["may_miss"] >= goals:
        raise Place(file, "may_miss").problem(f"is {size['may_miss']}", f"fewer than the targets, which are {goals}")
    if size["members"] > size["final"]:
        raise Place(file, "members").problem(f"is {size['members']}",
                                              f"at most the final runs, which are {size['final']}")


def _check_ends(place: Place, factor: factors.Factor, today: Scenario, innovation: Innovation | None) -> None:
    """Raises ScenarioError where no county has one end of the range, others usual: a share of what adds up to 1."""
    for value in map(factor.typed, (factor.low, factor.high)):
        try:
            if innovation is None:
                changed(today, {factor.name: value})
            else:
                innovation.varied({factor.name: value}).over(today)
        except ScenarioError as error:
            raise place.problem(f"can't be {value:g}, an end of its range: {error}") from None


def _check_number(place: Place, factor: factors.Factor) -> None:
    """Raises ScenarioError for what has no values in between, and for what the programme decides."""
    section = factor.name.split(".")[0]
    if section in DECIDED:
        raise place.problem("is decided by the scenarios, today's and the programme's",
                            "numbers of the model, the county and the world outside")
    if factor.words is not None:
        raise place.problem("is a choice of words", "numbers alone, which have values in between")


def _innovation(path: Path, values: Mapping[str, Any], today: Scenario) -> Innovation | None:
    """The innovation that the file names, by its file or as one that ships; None for none.

    Raises ScenarioError, also where what it lays over today's county is wrong.
    """
    said = values.get("innovation")
    if said is None or said in innovations.SHIPPED:
        return innovations.shipped(said) if said else None
    place, file = Place(str(path), "innovation"), path.parent / said
    with naming(place):
        found = innovations.read_innovation(file)
    try:
        found.over(today)
    except ScenarioError as error:
        raise place.problem(f"names a file that fails: {file}, laid over {error}") from None
    return found


def usual_of(scenario: Scenario, dotted: str, innovation: Innovation | None) -> float:
    """A number by its dotted key, as the scenario has it, or the innovation laid over it."""
    return factors.value_at(scenario, dotted) if innovation is None else innovation.value_at(scenario, dotted)


def _size(place: Place, value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise place.problem(f"is {shown(value)}", f"a whole number from {least} to {most}")
    return value


def _number(place: Place, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < factors.LARGEST:
        raise place.problem(f"is {shown(value)}", "a finite number above 0")
    return float(value)


def evidence_key() -> str:
    """A hash of what evidence is made with: an edit makes other runs."""
    names = {f"villagesim.study.{name}" for name in MADE_WITH}
    names |= {make.__module__ for make in validation.EVIDENCE.values()}
    made = [Path(importlib.import_module(name).__file__) for name in sorted(names)]
    made += [files(evidence) / f"{name}.toml" for name in innovations.SHIPPED]
    return hashed([one.read_text(encoding="utf-8") for one in made])


def hashed(parts: Any) -> str:
    """20 hex digits that name these parts."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:20]


def folder_of(read: Simulated, out: str | Path, quick: bool = False) -> Path:
    """Where a calibration is kept: out/NAME, or out/NAME-quick."""
    return Path(out) / (read.asked.name + ("-quick" if quick else ""))


def carry_out(read: Simulated, out: str | Path = "results", workers: int | None = None,
              progress: Callable[[State], None] | None = None, quick: bool = False) -> tuple[Path, Calibration]:
    """Carry out what is missing, write the tables into out/NAME (out/NAME-quick); return the folder and what was found.

    Raises StoreError, runner.Interrupted, NothingLeftError, TooFewError, NoEvidenceError.
    """
    runner.prepare([read.bases[0].programme])
    folder = folder_of(read, out, quick)
    with Store(folder, tuple(aim.name for aim in read.asked.aims)) as store:
        runs = Runs(read, store, workers, progress)
        about = {"scenarios": {f"{one.name} {place}": digest(one) for place, base in enumerate(read.bases)
                               for one in base}, "seeds": [read.asked.rules.seed], "version": __version__,
                 "sources": sources(), "model": model(), "replicates": read.replicates, "quick": quick}
        try:
            found = calibrate(read.asked, runs.simulate, runs.choose, about)
        except KeyboardInterrupt as stop:
            if isinstance(stop, runner.Interrupted):
                raise
            raise runs.interrupted("between two stages") from None
        found.write(folder)
        store.write_text("ensemble.json", json.dumps(found.about, indent=1) + "\n")
    return folder, found
