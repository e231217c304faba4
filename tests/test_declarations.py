"""Every number says its unit, meaning and range; every number that somebody chose says its source and grade."""

from typing import Annotated, NamedTuple

import numpy as np
import pytest

from villagesim.catalogue import called, columns, settable
from villagesim.declare import GRADES, Quantity, declared, incomplete
from villagesim.levers import LEVERS
from villagesim.mechanisms import Parameters, choice, influence, logistics
from villagesim.scenario_sections import SETTINGS
from villagesim.settings import MIX, WORDS, CountySettings
from villagesim.tables import TABLES, copy, empty

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


class PlausibleOutside(NamedTuple):
    speed: Annotated[float, Quantity("km/hour", "how fast", 0.0, 5.0, "a citation", "A", plausible=(2.0, 6.0))] = 3.0


class DefaultImplausible(NamedTuple):
    speed: Annotated[float, Quantity("km/hour", "how fast", 0.0, 5.0, "a citation", "A", plausible=(4.0, 5.0))] = 3.0


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
        (PlausibleOutside, "plausible range"),
        (DefaultImplausible, "default"),
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


@pytest.mark.parametrize("table", TABLES)
def test_what_a_column_may_hold_fits_its_type(table):
    for column in declared(TABLES[table]):
        if np.issubdtype(column.type, np.integer):
            held = np.iinfo(column.type)
            assert held.min <= column.quantity.low <= column.quantity.high <= held.max, column.name


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


def test_words_stand_for_every_code_of_a_setting_or_parameter_and_for_nothing_else():
    fields = [field for kind in (*SETTINGS.values(), *MECHANISMS.values()) for field in declared(kind)]
    coded = [field for field in fields if field.quantity.unit == "code"]
    assert sorted(field.name for field in coded) == sorted(WORDS)
    assert {field.name for field in fields if field.name in WORDS and field.quantity.unit != "code"} == set()
    for field in coded:
        assert (field.quantity.low, field.quantity.high) == (0, len(WORDS[field.name][1]) - 1)
        assert field.type is int


@pytest.mark.parametrize(("name", "code", "word"), [
    ("learning", influence.BAYES, "bayes"), ("learning", influence.AVERAGING, "averaging"),
    ("entry", choice.CERTAINTY_EQUIVALENT, "certainty_equivalent"), ("entry", choice.LOGIT, "logit"),
    ("pricing", logistics.COST_SHARE, "cost_share"), ("pricing", logistics.UNIFORM_TARIFF, "uniform_tariff"),
])
def test_a_form_s_word_stands_for_the_code_that_its_rule_asks_for(name, code, word):
    assert WORDS[name][1][code] == word


@pytest.mark.parametrize(("key", "words"), [
    ("parameters.influence.learning", "bayes, averaging"), ("parameters.choice.entry", "certainty_equivalent, logit"),
    ("parameters.logistics.pricing", "cost_share, uniform_tariff"), ("county.targeting", "open, women_elders"),
])
def test_the_catalogue_shows_the_words_of_a_form_and_not_its_codes(key, words):
    entry = next(entry for entry in settable() if entry.key == key)
    assert words in entry.meaning
    assert entry.default == words.split(", ")[0]


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


@pytest.mark.parametrize("rows", [1, 63, 64, 1000])
def test_columns_of_a_table_lie_apart_in_one_block_and_a_copy_shares_nothing(rows):
    one = empty(dict.fromkeys(TABLES, rows))
    other = copy(one)
    for table, copied in zip(one, other, strict=True):
        for column, twin, field in zip(table, copied, declared(type(table)), strict=True):
            assert column.dtype == twin.dtype == field.type
            assert column.flags.c_contiguous
            assert column.flags.aligned
            assert column.tolist() == twin.tolist() == [field.quantity.initial] * rows
        begins = [column.ctypes.data for column in table]
        assert all(column.ctypes.data + column.nbytes < after for column, after in zip(table, begins[1:], strict=False))
        table[0][:] = 1
        assert copied[0].tolist() == [declared(type(table))[0].quantity.initial] * rows
