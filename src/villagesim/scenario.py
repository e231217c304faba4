"""A TOML file into a frozen, checked Scenario: everything that determines a run, under one content hash."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from villagesim.declare import declared
from villagesim.levers import BY_NAME, LEVERS, ROW, LeverSetting
from villagesim.mechanisms import Parameters
from villagesim.scenario_sections import (
    SECTIONS,
    SETTINGS,
    SURVEY,
    check_mix,
    check_products,
    check_starts,
    fields_of,
    lever_written,
    levers_of,
    parameters_of,
    priority_of,
    settings_of,
    survey_of,
    unknown,
)
from villagesim.scenario_series import check_years, follows
from villagesim.scenario_text import Document, Place, ScenarioError, gather, shown
from villagesim.settings import WORDS, CountySettings, OutsideSettings, RunSettings, WorldSettings
from villagesim.tables import County

__all__ = [
    "Scenario", "ScenarioError", "assigned", "changed", "digest", "load", "outside", "plan", "resolved", "with_seed",
]

YEAR = 12
OFF = LeverSetting(0.0)


@dataclass(frozen=True)
class Scenario:
    """One county's circumstances and programme. `levers` holds what is switched on, shocks among them."""

    name: str
    title: str
    path: Path | None
    run: RunSettings
    world: WorldSettings
    county: CountySettings
    outside: OutsideSettings
    parameters: Parameters
    levers: dict[str, LeverSetting]
    priority: tuple[str, ...]
    survey: tuple[Path, Path] | None
    survey_columns: dict[str, str]
    survey_keep_good: bool


def load(path: str | Path) -> Scenario:
    """The scenario in a TOML file, after `extends`. Raises ScenarioError, one line, for whatever is wrong with it."""
    path = Path(path)
    return _built(gather(path, check_starts), path.stem, path)


def with_seed(scenario: Scenario, seed: int) -> Scenario:
    """The same scenario under another seed."""
    return changed(scenario, {"run.seed": seed})


def changed(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with some dotted keys set, such as {"levers.camp.intensity": 3}, checked as a file is.

    Raises ScenarioError.
    """
    values = _written(scenario)
    for dotted, value in changes.items():
        *tables, last = dotted.split(".")
        if dotted.partition(".")[0] == "extends":
            raise Place(scenario.name, dotted).problem("can only be written in a scenario file")
        inner = values
        for key in tables:
            inner = inner.setdefault(key, {})
            if not isinstance(inner, dict):
                raise Place(scenario.name, dotted).problem(f"does not exist: {key} is no table")
        inner[last] = value
    return _built(Document(scenario.name, values), scenario.name, scenario.path)


def assigned(scenario: Scenario, values: Mapping[str, int | float]) -> Scenario:
    """As `changed`, a hundred times quicker: for dotted keys of numbers and codes that are known to be right.

    A code is the number that stands for its word.
    """
    sections: dict[str, dict[str, Any]] = {}
    for dotted, value in values.items():
        table, _, last = dotted.rpartition(".")
        sections.setdefault(table, {})[last] = value
    parts: dict[str, Any] = {}
    levers, parameters = dict(scenario.levers), {}
    for table, given in sections.items():
        section, _, name = table.partition(".")
        if section == "parameters":
            parameters[name] = _with(getattr(scenario.parameters, name), given)
        elif section in ("levers", "shocks"):
            levers[name] = levers.get(name, OFF)._replace(**given)
        else:
            parts[section] = _with(getattr(scenario, section), given)
    on = {lever.name: levers[lever.name] for lever in LEVERS if levers.get(lever.name, OFF).intensity != 0.0}
    return replace(scenario, **parts, levers=on, parameters=scenario.parameters._replace(**parameters))


def _with(settings: Any, given: Mapping[str, int | float]) -> Any:
    """The container with some values set, each as its declared type, by the keys of a scenario file."""
    fields = fields_of(type(settings))
    return settings._replace(**{fields[key].name: fields[key].type(value) for key, value in given.items()})


def resolved(scenario: Scenario) -> dict[str, Any]:
    """Everything that determines a run, as plain values: prices filled in, a survey by the hash of its files."""
    values = _written(scenario)
    del values["title"]
    for name, setting in values["levers"].items():
        setting.setdefault("unit_cost", BY_NAME[name].price_default)
        if BY_NAME[name].upkeep is not None:
            setting.setdefault("maintenance", BY_NAME[name].upkeep_default)
    for key, file in zip(SURVEY, scenario.survey or (), strict=False):
        values["world"][key] = hashlib.sha256(file.read_bytes()).hexdigest()
    return values


def digest(scenario: Scenario) -> str:
    """The content hash of a scenario: sha256 of its resolved values as canonical JSON."""
    text = json.dumps(resolved(scenario), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def plan(scenario: Scenario) -> np.ndarray:
    """Planned intensity of each lever and month [lever's unit]: float64, shape (spin_up + months, len(LEVERS)).

    0 in spin-up; from `start` on a straight ramp that reaches the full intensity in its last month; 0 from `end` on.
    """
    planned = np.zeros((scenario.run.spin_up + scenario.run.months, len(LEVERS)))
    month = np.arange(scenario.run.months)
    for name, setting in scenario.levers.items():
        grown = np.minimum((month - setting.start + 1) / max(1, setting.ramp), 1.0)
        end = scenario.run.months if setting.end is None else setting.end
        on = (month >= setting.start) & (month < end)
        planned[scenario.run.spin_up :, ROW[name]] = np.where(on, setting.intensity * grown, 0.0)
    return planned


def outside(scenario: Scenario) -> dict[str, np.ndarray]:
    """The outside world's monthly series, each float64 of shape (spin_up + months,), in the units of OutsideSettings.

    Constant through spin-up and the first year; then what grows steps up once a year, within its column's range.
    Phones, networks and points spread from the end of spin-up on. In a run with a `start_year`, what is published is
    as published.
    """
    around, run = scenario.outside, scenario.run
    series = {
        "city_wage": _grown(around.city_wage, around.city_wage_growth, run),
        "inbound": _grown(around.inbound, around.inbound_growth, run),
        "retail": _grown(around.retail, around.retail_growth, run),
        "fee_level": _grown(1.0, around.fee_growth, run),
        "phone_gain": _spreading(around.phone_growth, run),
        "coverage_gain": _spreading(around.coverage_growth, run),
        "point_gain": _spreading(around.point_growth, run),
        "media_margin": _grown(around.media_margin, 0.0, run),
    }
    if run.start_year > 0:
        series |= follows(around, run)
    allowed = {column.name: column.quantity for column in declared(County)}
    return {name: np.clip(values, allowed[name].low, allowed[name].high) for name, values in series.items()}


def _grown(first: float, growth: float, run: RunSettings) -> np.ndarray:
    # Repeated multiplication: a power may differ in its last bit from one machine to another.
    series = np.full(run.spin_up + run.months, first)
    for month in range(run.spin_up + YEAR, series.size, YEAR):
        series[month:] = series[month - 1] * (1.0 + growth)
    return series


def _spreading(yearly: float, run: RunSettings) -> np.ndarray:
    return np.where(np.arange(run.spin_up + run.months) < run.spin_up, 0.0, yearly / YEAR)


def _built(document: Document, name: str, path: Path | None) -> Scenario:
    for key in document.values:
        if key not in SECTIONS:
            raise unknown(document.place(key), key, SECTIONS)
    title = document.values.get("title", name)
    if not isinstance(title, str):
        raise document.place("title").problem(f"is {shown(title)}, not text", "text in quotes")
    county = settings_of(document, ("county",), CountySettings, ("priority",))
    check_mix(document, county)
    world = settings_of(document, ("world",), WorldSettings, SURVEY)
    check_products(document, world)
    survey, columns, keep_good = survey_of(document)
    run = settings_of(document, ("run",), RunSettings)
    check_years(document, run)
    return Scenario(
        name,
        title,
        path,
        run=run,
        world=world,
        county=county,
        outside=settings_of(document, ("outside",), OutsideSettings),
        parameters=parameters_of(document),
        levers=levers_of(document, "levers") | levers_of(document, "shocks"),
        priority=priority_of(document),
        survey=survey,
        survey_columns=columns,
        survey_keep_good=keep_good,
    )


def _written(scenario: Scenario) -> dict[str, Any]:
    """The scenario as the tables of a scenario file: `_built` of it is the scenario again."""
    values: dict[str, Any] = {"title": scenario.title}
    for section, kind in SETTINGS.items():
        values[section] = _table(getattr(scenario, section), kind)
    values["county"]["priority"] = list(scenario.priority)
    if scenario.survey:
        values["world"] |= {key: str(file.absolute()) for key, file in zip(SURVEY, scenario.survey, strict=False)}
        values["world"] |= {SURVEY[2]: dict(scenario.survey_columns), SURVEY[3]: scenario.survey_keep_good}
    values["parameters"] = {
        mechanism: _table(group, type(group))
        for mechanism, group in zip(Parameters._fields, scenario.parameters, strict=True)
    }
    values["levers"], values["shocks"] = {}, {}
    for name, setting in scenario.levers.items():
        values["shocks" if BY_NAME[name].pathway == "shock" else "levers"][name] = lever_written(name, setting)
    return values


def _table(settings: Any, kind: type) -> dict[str, Any]:
    """A container's values by the keys of a scenario file, codes as words."""
    values = {}
    for key, field in fields_of(kind).items():
        value = getattr(settings, field.name)
        values[key] = WORDS[field.name][1][value] if field.name in WORDS else value
    return values
