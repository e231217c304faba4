"""A calibration file, read and checked before anything is run.

The file names the county today and under the programme, the village settings they are dealt to in turn, what varies
over which range, the targets, and how much is run. Where it names an innovation, what varies are the circumstances of
that innovation's own experiment or history, laid over today's county, and the targets are what these give.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from villagesim import __version__
from villagesim.scenario import Scenario, ScenarioError, changed, digest, load
from villagesim.scenario_sections import declared_at
from villagesim.scenario_text import Place, flat, listed, naming, nearest, read, shown
from villagesim.sources import sources
from villagesim.study import factors
from villagesim.study.calibration import aims
from villagesim.study.calibration.calibrate import Asked
from villagesim.study.calibration.evidence_tasks import evidence_key, hashed
from villagesim.study.calibration.matching import CLOUD, Rules
from villagesim.study.fieldwork import innovations
from villagesim.study.fieldwork.innovations import Innovation
from villagesim.study.fieldwork.kinds import Base

# How much is run: key, least value, usual value.
SIZES = {"waves": (1, 3), "points": (8, 100), "replicates": (2, 3), "may_miss": (0, 0), "final": (20, 400),
         "members": (3, 21), "seed": (1, 1)}
# The most of each: what a machine can hold. Points of a wave and final runs are chosen among those that stand for what
# is left, and members among the final runs.
MOST = {"waves": 100, "points": CLOUD, "replicates": 1000, "may_miss": 1000, "final": CLOUD, "members": CLOUD,
        "seed": 2**63 - 1}
NUMBERS = {"cutoff": 3.0, "discrepancy": 0.1}
# Sections of what is no property of the county or the model, and can't be fitted.
SCENARIOS_SAY = ("levers", "shocks")
TEXTS = ("title", "question", "today", "programme", "innovation")
KEYS = (*TEXTS, "settings", *SIZES, *NUMBERS, "ensemble", "quick", "vary", "targets")


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
    if section in SCENARIOS_SAY:
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
