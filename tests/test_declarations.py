"""Every number says its unit, meaning and range; every number that somebody chose says its source and grade."""

from typing import Annotated, NamedTuple

import pytest

from villagesim.catalogue import called, columns, settable
from villagesim.declare import GRADES, Quantity, declared, incomplete
from villagesim.levers import LEVERS
from villagesim.mechanisms import Parameters
from villagesim.scenario_sections import SETTINGS
from villagesim.settings import MIX, WORDS, CountySettings
from villagesim.tables import TABLES

MECHANISMS = dict(zip(Parameters._fields, map(type, Parameters()), strict=True))
PRICED = ("county", "village", "household", "seat", "post", "nothing")


class Complete(NamedTuple):
    speed: Annotated[float, Quantity("km/hour", "how fast", 0.0, 9.0, "a citation", "A")] = 3.0


class Bare(NamedTuple):
    speed: float = 3.0


class NoUnit(NamedTuple):
    speed: Annotated[float, Quantity(" ", "how fast", 0.0, 9.0, "a citation", "A")] = 3.0


class NoMeaning(NamedTuple):
    speed: Annotated[float, Quantity("km/hour", "", 0.0, 9.0, "a citation", "A")] = 3.0


class NoRange(NamedTuple):
    speed: Annotated[float, Quantity("km/hour", "how fast", 0.0, float("inf"), "a citation", "A")] = 3.0


class RangeUpsideDown(NamedTuple):
    speed: Annotated[float, Quantity("km/hour", "how fast", 9.0, 0.0, "a citation", "A")] = 3.0


class DefaultOutside(NamedTuple):
    speed: Annotated[float, Quantity("km/hour", "how fast", 0.0, 2.0, "a citation", "A")] = 3.0


class NoDefault(NamedTuple):
    distance: Annotated[float, Quantity("km", "how far", 0.0, 9.0, "a citation", "A")]
    speed: Annotated[float, Quantity("km/hour", "how fast", 0.0, 9.0, "a citation", "A")] = 3.0


class NoSource(NamedTuple):
    speed: Annotated[float, Quantity("km/hour", "how fast", 0.0, 9.0, "", "A")] = 3.0


class NoGrade(NamedTuple):
    speed: Annotated[float, Quantity("km/hour", "how fast", 0.0, 9.0, "a citation")] = 3.0


class StrangeGrade(NamedTuple):
    speed: Annotated[float, Quantity("km/hour", "how fast", 0.0, 9.0, "a citation", "D")] = 3.0


class Columns(NamedTuple):
    speed: Annotated[float, Quantity("km/hour", "how fast", 1.0, 9.0)]


class ColumnWithoutUnit(NamedTuple):
    speed: Annotated[float, Quantity("", "how fast", 1.0, 9.0)]


@pytest.mark.parametrize("container", [Complete, Columns])
def test_a_complete_declaration_is_accepted(container):
    assert incomplete(container) == []


@pytest.mark.parametrize(
    ("container", "missing"),
    [
        (Bare, "declares no Quantity"),
        (NoUnit, "unit"),
        (NoMeaning, "meaning"),
        (NoRange, "range"),
        (RangeUpsideDown, "range"),
        (DefaultOutside, "default"),
        (NoDefault, "default"),
        (NoSource, "source"),
        (NoGrade, "grade"),
        (StrangeGrade, "grade"),
        (ColumnWithoutUnit, "unit"),
    ],
)
def test_a_parameter_without_unit_meaning_range_source_or_grade_is_refused(container, missing):
    lines = incomplete(container)
    assert any(missing in line and f"{container.__name__}." in line for line in lines)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_every_parameter_of_a_mechanism_is_declared_in_full(mechanism):
    assert incomplete(MECHANISMS[mechanism]) == []
    assert all(type(field.default) is field.type for field in declared(MECHANISMS[mechanism]))


@pytest.mark.parametrize("section", SETTINGS)
def test_every_setting_is_declared_in_full(section):
    assert incomplete(SETTINGS[section]) == []
    assert all(type(field.default) is field.type for field in declared(SETTINGS[section]))


@pytest.mark.parametrize("table", TABLES)
def test_every_column_has_unit_meaning_and_range(table):
    assert incomplete(TABLES[table]) == []


@pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.name)
def test_every_lever_says_what_it_is_what_it_costs_and_where_that_comes_from(lever):
    assert lever.per in PRICED
    priced = [(lever.intensity, 0.0), (lever.price, lever.price_default)]
    priced += [(lever.upkeep, lever.upkeep_default)] if lever.upkeep else []
    for quantity, usual in priced:
        assert quantity.unit.strip()
        assert quantity.meaning.strip()
        assert quantity.source.strip()
        assert quantity.grade in GRADES
        assert quantity.low <= usual <= quantity.high


def test_words_stand_for_every_code_of_a_setting():
    fields = {field.name: field for field in declared(CountySettings)}
    for name, (_, words) in WORDS.items():
        assert (fields[name].quantity.low, fields[name].quantity.high) == (0, len(words) - 1)
    assert {name for name, field in fields.items() if field.quantity.unit == "code"} == set(WORDS)


def test_the_usual_service_mix_adds_up_to_one():
    assert sum(getattr(CountySettings(), name) for name in MIX) == pytest.approx(1.0, abs=1e-9)


def test_the_catalogue_holds_every_declared_number_once():
    entries = [*settable(), *columns()]
    keys = {entry.key for entry in entries}
    assert len(entries) == len({(entry.kind, entry.key) for entry in entries})
    for mechanism, kind in MECHANISMS.items():
        assert {f"parameters.{mechanism}.{field.name}" for field in declared(kind)} <= keys
    assert {entry.kind for entry in called("camp")} == {"lever"}
    assert [entry.key for entry in called("households.savings")] == ["households.savings"]
