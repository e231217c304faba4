"""All that has a unit, as one list (parameters, settings, levers with prices, columns), and what is said in words."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from villagesim.country import CountrySettings
from villagesim.declare import Declared, Quantity, declared
from villagesim.levers import LEVERS
from villagesim.mechanisms import Parameters
from villagesim.outcomes import OUTCOMES
from villagesim.scenario_sections import SETTINGS, fields_of
from villagesim.scenario_text import nearest
from villagesim.scenario_values import allowed, plausible
from villagesim.settings import WORDS
from villagesim.tables import TABLES

# What a scenario file says in words: key -> (usual value, what is allowed, meaning).
TEXTS = {
    "county.priority": (None, 'a list of levers such as ["posts", "camp"]', "who gets money first when it is short"),
    "world.survey_households": (None, "a CSV (UTF-8) or Parquet file, its path as seen from the scenario file",
        "a household table of your own: the county consists of its households, and only what it does not say is drawn"),
    "world.survey_ties": (None, "a CSV (UTF-8) or Parquet file, its path as seen from the scenario file",
        "an edge list of your own: who named whom, and so listens to whom, among the households of that table"),
    "world.survey_columns": (None, 'a table of texts such as node = "household"',
        "what your columns are called here: your name = our name; a column with our name needs no line"),
    "world.survey_keep_good": (False, "true or false",
        "whether bad rows are left out, each named with its reason; else they end the command"),
}


class Entry(NamedTuple):
    """One number, or words: its kind, its key in a scenario file (a column: table.column), and its declaration."""

    kind: str
    key: str
    default: Any
    unit: str
    low: float | None
    high: float | None
    source: str
    grade: str
    meaning: str
    words: str = ""
    plausible: tuple[float, float] | None = None

    @property
    def range(self) -> str:
        """The allowed range, without its unit, and what of it is plausible, where that is less; of words, what is
        allowed; of an outcome, nothing."""
        if self.kind == "outcome":
            return ""
        said = Quantity("", "", self.low, self.high, plausible=self.plausible)
        less = f" (plausible: {plausible(said).strip()})" if self.plausible else ""
        return self.words or allowed(said).strip() + less

    @property
    def ends(self) -> tuple[float, float]:
        """The range of a number that studies vary over where they say none."""
        return self.plausible or (self.low, self.high)


def _entry(kind: str, key: str, default: Any, quantity: Quantity) -> Entry:
    return Entry(
        kind,
        key,
        default,
        quantity.unit,
        quantity.low,
        quantity.high,
        quantity.source,
        quantity.grade,
        quantity.meaning,
        plausible=quantity.plausible,
    )


def _field(kind: str, key: str, field: Declared) -> Entry:
    """A parameter or setting; one that is written as a word says which words there are."""
    entry = _entry(kind, key, field.default, field.quantity)
    if field.name not in WORDS:
        return entry
    words = WORDS[field.name][1]
    return entry._replace(default=words[field.default], meaning=f"{entry.meaning}: {', '.join(words)}")


def settable() -> Iterator[Entry]:
    """All that a scenario file can set: parameters of mechanisms, settings, levers with their prices, shocks."""
    for mechanism, group in zip(Parameters._fields, Parameters(), strict=True):
        for key, field in fields_of(type(group)).items():
            yield _field("parameter", f"parameters.{mechanism}.{key}", field)
    for section, kind in SETTINGS.items():
        for key, field in fields_of(kind).items():
            yield _field("setting", f"{section}.{key}", field)
    for lever in LEVERS:
        shock = lever.pathway == "shock"
        kind, key = ("shock", f"shocks.{lever.name}") if shock else ("lever", f"levers.{lever.name}")
        yield _entry(kind, f"{key}.intensity", 0.0, lever.intensity)
        if not shock:
            yield _entry(kind, f"{key}.unit_cost", lever.price_default, lever.price)
        if lever.upkeep is not None:
            yield _entry(kind, f"{key}.maintenance", lever.upkeep_default, lever.upkeep)


def texts() -> Iterator[Entry]:
    """What a scenario file says in words: the order of priority, and a user's own survey."""
    for key, (usual, words, meaning) in TEXTS.items():
        yield Entry("words", key, usual, "", None, None, "", "", meaning, words)


def country() -> Iterator[Entry]:
    """All that a country file can set, for `villagesim countryside --country`."""
    for field in declared(CountrySettings):
        yield _field("country", f"country.{field.name}", field)


def columns() -> Iterator[Entry]:
    """All columns of a county's tables."""
    for name, kind in TABLES.items():
        for field in declared(kind):
            yield _entry("column", f"{name}.{field.name}", None, field.quantity)


def outcomes() -> Iterator[Entry]:
    """All that is measured."""
    for outcome in OUTCOMES:
        yield Entry("outcome", f"outcomes.{outcome.name}", None, outcome.unit, None, None, "", "", outcome.meaning)


def _everything() -> tuple[Entry, ...]:
    return (*settable(), *texts(), *country(), *columns(), *outcomes())


def called(name: str) -> list[Entry]:
    """What goes by this name: a whole key, its last part, or a lever with its prices."""
    return [entry for entry in _everything() if f".{name}." in f".{entry.key}."]


def near(name: str) -> list[str]:
    """Up to three known names that are like this one."""
    keys = [entry.key for entry in _everything()]
    known = sorted({*keys, *(part for key in keys for part in key.split(".")[1:])})
    found = []
    for _ in range(3):
        like = nearest(name, [other for other in known if other not in found])
        found += [like] if like else []
    return found
