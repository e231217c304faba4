"""A study as its TOML file says it: scenarios, what varies and how that is sampled, replicates, what is measured."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from villagesim.draws import replicate_seed
from villagesim.outcomes import HEADLINES
from villagesim.scenario import Scenario, assigned, changed, load
from villagesim.scenario_text import Place, ScenarioError, flat, naming, nearest, read, shown
from villagesim.study import factors, measure
from villagesim.study.factors import Factor
from villagesim.study.measure import Measure
from villagesim.study.robust import wants

# What the file may say: key, type, what is allowed.
KEYS = {
    "title": (str, "text in quotes"),
    "question": (str, "text in quotes"),
    "scenarios": (list, "a list of scenario files"),
    "where": (str, "a scenario file whose setting is laid over each"),
    "months": (int, "a whole number from 1 to 1200"),
    "set": (dict, "a table of dotted scenario keys, such as \"world.villages\" = 40"),
    "vary": (dict, "a table of dotted scenario keys, such as \"parameters.sales.demand\" = {}"),
    "grades": (list, "grades of evidence, such as [\"C\"]: all numbers of that grade vary over their plausible ranges"),
    "sampler": (str, "the name of a sampler"),
    "n": (int, "a whole number above 0"),
    "second_order": (bool, "true or false"),
    "levels": (int, "an even number of levels"),
    "steps": (int, "a whole number of steps"),
    "worlds": (int, "a whole number of counties"),
    "replicates": (int, "a whole number from 1 to 100000"),
    "seed": (int, "a whole number above 0"),
    "seed_is_a_factor": (bool, "true or false"),
    "outcomes": (list, "a list of outcomes, or of tables such as {outcome = \"adoption\", groups = [\"remote\"]}"),
    "timeout": (int, "seconds"),
    "wants": (list, wants.ALLOWED),
    "optimise": (dict, "a table of budget, workers, population, generations, fresh"),
}
REQUIRED = ("title", "scenarios", "outcomes")
LEAST = {"n": 1, "levels": 2, "steps": 1, "worlds": 2, "replicates": 1, "seed": 1, "timeout": 1, "months": 1}
MOST = {"n": 2**20, "levels": 1000, "steps": 1000, "worlds": 10_000, "replicates": 100_000, "seed": 2**63 - 1,
        "timeout": 10**7, "months": 1200}
# Numbers of a whole design, points times factors: what a machine's memory holds.
MOST_NUMBERS = 100_000_000
GRID, CROSSED, NONE = "grid", "crossed", "none"
WORLD_SEED = "run.world_seed"
# Parts of the longest dotted keys, such as parameters.sales.demand.
DEEP = 3


@dataclass(frozen=True)
class Study:
    """A study as read: all is checked, nothing is run. `seed` is that of the luck and of the sampler."""

    name: str
    title: str
    question: str
    scenarios: tuple[Scenario, ...]
    factors: tuple[Factor, ...]
    sampler: str
    n: int
    second_order: bool
    levels: int
    steps: int
    worlds: int
    replicates: int
    seed: int
    seed_is_a_factor: bool
    measures: tuple[Measure, ...]
    timeout: float
    wants: tuple[dict[str, Any], ...]
    optimise: dict[str, Any]
    path: Path
    text: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of what is measured."""
        return tuple(measure.label(one, int(self.scenarios[0].run.months)) for one in self.measures)

    @property
    def names(self) -> tuple[str, ...]:
        """The factors, the seed last where it is one."""
        return (*(factor.name for factor in self.factors), *((factors.SEED,) if self.seed_is_a_factor else ()))


class Point(NamedTuple):
    """One point of a design: its scenario (of the study's list), its row of the unit design, and its values."""

    index: int
    scenario: int
    row: int
    values: dict[str, int | float]


def read_study(path: str | Path) -> Study:
    """The study in a TOML file. Raises ScenarioError, one line, for whatever is wrong with it or its scenarios."""
    path = Path(path)
    values, file = read(path), str(path)
    for key, value in values.items():
        if key not in KEYS:
            raise Place(file, key).problem("is not known", ", ".join(KEYS), nearest(key, KEYS))
        _check_value(Place(file, key), key, value)
    for key in REQUIRED:
        if key not in values:
            raise Place(file, key).problem("is missing", KEYS[key][1])
    scenarios = _scenarios(path, values)
    said: dict[str, Any] = {key: {} for key in factors.graded(Place(file, "grades"), values.get("grades", ()))}
    varied = tuple(factors.read(Place(file, f"vary.{name}"), name, how)
                   for name, how in (said | dict(_varied(values.get("vary", {})))).items())
    last = int(scenarios[0].run.months)
    outcomes = values["outcomes"] or list(HEADLINES)
    study = Study(
        name=path.stem, title=values["title"], question=values.get("question", ""), scenarios=scenarios,
        factors=varied, sampler=values.get("sampler", GRID if varied else NONE), n=values.get("n", 64),
        second_order=values.get("second_order", False), levels=values.get("levels", 4), steps=values.get("steps", 3),
        worlds=values.get("worlds", 4), replicates=values.get("replicates", 1), seed=values.get("seed", 1),
        seed_is_a_factor=values.get("seed_is_a_factor", False),
        measures=tuple(measure.read(Place(file, "outcomes"), one, last) for one in outcomes),
        timeout=float(values.get("timeout", 3600)), wants=tuple(values.get("wants", ())),
        optimise=values.get("optimise", {}), path=path, text=path.read_text(encoding="utf-8"),
    )
    _check_study(file, study)
    return study


def unit_rows(study: Study) -> np.ndarray:
    """The design on the unit cube: float64 (rows, names), a column a factor, the seed's last where it is a factor."""
    if study.sampler == NONE:
        return np.zeros((1, 0))
    if study.sampler == GRID:
        return np.array(list(itertools.product(*(_levels(factor, study.steps) for factor in study.factors))))
    if study.sampler == CROSSED:
        return _crossed(study)
    from villagesim.study.samplers import unit_design

    return unit_design(study.sampler, len(study.names), study.n, study.seed, study.second_order, study.levels)


def points_asked(study: Study) -> int:
    """The rows of `unit_rows`, without making them."""
    from villagesim.study.samplers import points_of

    if study.sampler in (NONE, GRID):
        return math.prod(len(one.values) if one.kind == "list" else study.steps for one in study.factors)
    if study.sampler == CROSSED:
        return math.prod(crossed_shape(study))
    return points_of(study.sampler, len(study.names), study.n, study.second_order)


def points(study: Study, rows: np.ndarray) -> Iterator[Point]:
    """Every scenario at every row, scenario by scenario."""
    values = np.array([factor.at(rows[:, column]) for column, factor in enumerate(study.factors)])
    worlds = world_of(study, len(rows))
    for scenario, _ in enumerate(study.scenarios):
        for row in range(len(rows)):
            found = {factor.name: factor.typed(values[column, row]) for column, factor in enumerate(study.factors)}
            if worlds is not None:
                found[WORLD_SEED] = replicate_seed(study.seed, int(worlds[row]))
            yield Point(scenario * len(rows) + row, scenario, row, found)


def scenario_at(study: Study, point: Point) -> Scenario:
    """The scenario of a point."""
    return assigned(study.scenarios[point.scenario], point.values)


def replicates_at(study: Study, rows: np.ndarray, row: int) -> Sequence[int]:
    """Which replicates a row is run under: all, or the one that the seed's column says."""
    if not study.seed_is_a_factor:
        return range(study.replicates)
    return (int(factors.seed_factor(study.replicates).at(rows[row:row + 1, -1])[0]),)


def crossed_shape(study: Study) -> tuple[int, int, int]:
    """Counties, samples of the uncertain numbers, and structures, of a crossed design, in the order of its rows."""
    structures = 1
    for factor in study.factors:
        structures *= len(factor.values) if factor.structure else 1
    return study.worlds, study.n, structures


def world_of(study: Study, rows: int) -> np.ndarray | None:
    """The county's number of each row of a crossed design, int64 (rows,); None where counties follow the replicates."""
    if study.sampler != CROSSED:
        return None
    return np.repeat(np.arange(study.worlds), rows // study.worlds)


def _crossed(study: Study) -> np.ndarray:
    """Every county with every sample of the uncertain numbers and every structure."""
    from villagesim.study.samplers import unit_design

    places = [place for place, factor in enumerate(study.factors) if not factor.structure]
    sample = unit_design("latin", max(len(places), 1), study.n, study.seed, False, study.levels)
    forms = list(itertools.product(*(_levels(factor, study.steps) for factor in study.factors if factor.structure)))
    rows = np.empty((study.n * len(forms), len(study.factors)))
    others = [place for place in range(len(study.factors)) if place not in places]
    rows[:, places] = np.repeat(sample[:, :len(places)], len(forms), axis=0)
    rows[:, others] = np.tile(np.array(forms).reshape(len(forms), len(others)), (study.n, 1))
    return np.tile(rows, (study.worlds, 1))


def _levels(factor: Factor, steps: int) -> np.ndarray:
    """The unit values of a grid: the middle of each listed value's part, or steps from end to end."""
    if factor.kind == "list":
        return (np.arange(len(factor.values)) + 0.5) / len(factor.values)
    return np.linspace(0.0, 1.0, steps) if steps > 1 else np.array([0.5])


def _check_value(place: Place, key: str, value: Any) -> None:
    kind, said = KEYS[key]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise place.problem(f"is {shown(value)}", said)
    if key in LEAST and not LEAST[key] <= value <= MOST[key]:
        raise place.problem(f"is {shown(value)}", f"{LEAST[key]} to {MOST[key]}")


def _scenarios(path: Path, values: dict[str, Any]) -> tuple[Scenario, ...]:
    """The scenarios that the study names, with what it sets."""
    place, names = Place(str(path), "scenarios"), values["scenarios"]
    if not names or not all(isinstance(name, str) for name in names):
        raise place.problem(f"is {shown(names)}", KEYS["scenarios"][1])
    with naming(Place(str(path), "where")):
        changes = flat(read(path.parent / values["where"])) if "where" in values else {}
    changes = {key: value for key, value in changes.items() if key != "title"} | flat(values.get("set", {}))
    if "months" in values:
        changes["run.months"] = values["months"]
    with naming(place):
        loaded = [load(path.parent / name) for name in names]
    found = tuple(changed(one, changes) for one in loaded)
    twice = [scenario.name for scenario in found if sum(other.name == scenario.name for other in found) > 1]
    if twice:
        raise place.problem(f"names {twice[0]} twice", "scenario files of different names")
    return found


def _varied(values: dict[str, Any], at: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Settings by dotted key, however deep the file's tables are: what lies below a whole key is its value."""
    for key, value in values.items():
        parts = (*at, *key.split("."))
        whole = len(parts) >= (DEEP if parts[0] in ("parameters", "levers", "shocks") else DEEP - 1)
        if isinstance(value, dict) and not whole:
            yield from _varied(value, parts)
        else:
            yield ".".join(parts), value


def _check_study(file: str, study: Study) -> None:
    """Raises ScenarioError for a design that cannot be made, and for values that no scenario allows."""
    from villagesim.study.samplers import SAMPLERS

    known = (GRID, CROSSED, *SAMPLERS)
    if study.sampler not in (*known, NONE) or (study.factors and study.sampler == NONE):
        raise Place(file, "sampler").problem(f"is {shown(study.sampler)}", ", ".join(known),
                                             nearest(study.sampler, known))
    if study.sampler != NONE and not study.factors:
        raise Place(file, "vary").problem("is missing or empty", KEYS["vary"][1])
    if study.seed_is_a_factor:
        fit = [name for name, one in SAMPLERS.items() if set(one.methods) & set(factors.SEED_METHODS)]
        if study.sampler not in fit:
            raise Place(file, "seed_is_a_factor").problem(f"does not go with sampler {study.sampler}", ", ".join(fit))
        if study.replicates < 2:
            raise Place(file, "replicates").problem(f"is {study.replicates}, and seed_is_a_factor picks one of them",
                                                    f"2 to {MOST['replicates']}")
    lengths = {int(scenario.run.months) for scenario in study.scenarios}
    if len(lengths) > 1:
        raise Place(file, "months").problem("is missing, and the scenarios run for different months", KEYS["months"][1])
    if len(set(study.columns)) < len(study.columns):
        raise Place(file, "outcomes").problem("names an outcome twice", "each once")
    wants.read(Place(file, "wants"), study.wants, study.columns)
    asked_for = points_asked(study) * max(len(study.names), 1)
    if asked_for > MOST_NUMBERS:
        raise Place(file, "n").problem(f"makes a design of {shown(asked_for)} numbers, points times factors",
                                       f"a design of at most {MOST_NUMBERS}: a smaller n, fewer steps or factors")
    try:
        rows = unit_rows(study)
    except ValueError as error:
        raise Place(file, "n").problem(f"makes no design: {error}") from None
    if study.factors:
        _check_ends(file, study, len(rows))


def _check_ends(file: str, study: Study, rows: int) -> None:
    """Whether a scenario may hold each factor's lowest and highest value, one factor at a time."""
    for scenario, factor in itertools.product(study.scenarios, study.factors):
        for value in (factor.low, factor.high):
            try:
                changed(scenario, {factor.name: factor.said(value)})
            except ScenarioError as error:
                raise Place(file, f"vary.{factor.name}").problem(f"does not go with {scenario.name}: {error}") from None
    if rows < 1:
        raise Place(file, "n").problem("makes an empty design")
