"""What a user's household table and ties may hold, cell by cell, and what stands in for what is missing."""

import re
import unicodedata
from typing import NamedTuple

import numpy as np

from villagesim import tables
from villagesim.declare import Declared, Fen, Quantity, Real, declared
from villagesim.scenario_text import shortened
from villagesim.scenario_values import allowed

# What a household table may say: the column, and what stands in for it where it is missing (world/population.py).
KNOWN = {
    "size": "drawn about world.size",
    "adults": "drawn: about world.adult_share of the members",
    "age": "drawn about world.age",
    "schooling": "drawn about world.schooling, less for the old",
    "woman_led": "drawn with chance world.woman_led where a member is away",
    "elder_led": "not drawn: yes where the head is 60 or older",
    "returnee": "drawn with chance world.returnee",
    "product": "the village's main product with chance world.product_match, else drawn by world.fresh, dry, craft",
    "output": "drawn about world.output, less in rugged villages",
    "off_farm": "drawn about world.off_farm, more for many members and years of schooling",
    "savings": "drawn about world.savings",
    "debt": "drawn: a share world.debt of households owes about world.debt_size",
    "phone": "drawn with chance world.phone, by age, income and the village's coverage",
    "away": "drawn about world.away; one adult stays",
    "skill_basic": "drawn up to world.skill, by phone, age, schooling and city work",
    "trust_online": "drawn about world.trust_online",
    "belief_mean": "drawn about world.belief",
    "belief_precision": "drawn about world.belief_precision",
    "risk_aversion": "drawn about world.risk_aversion",
    "honest": "drawn with chance world.honest",
}
NEEDED = {"household": "any text, each household once", "village": "any text, the same for all of one village"}
TIES = ("listener", "speaker", "trust")
NAMES = {"listener": "id of the household that named the other and listens to it", "speaker": "id of the other"}
REFUSED = "refused: every row needs one"
TRUST_DRAWN = "drawn about world.trust_neighbour inside the village, about world.trust_far beyond"
# A number in plain digits: Python would also read 4_0, and digits of other scripts.
PLAIN = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|nan|inf)", re.IGNORECASE)
WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
PRODUCTS = {"fresh": 0.0, "dry": 1.0, "craft": 2.0}
YUAN = 100.0
TRUST = Declared("trust", Real, Quantity("share", "trust in the speaker's word", 0.0, 1.0))


class Column(NamedTuple):
    """A column that a user's table may have: what it holds, and what happens where a cell or the column is missing."""

    table: str
    name: str
    unit: str
    allowed: str
    meaning: str
    missing: str


def documented() -> list[Column]:
    """Every column that means something here: of the household table, then of the ties."""
    needed = [Column("households", name, "", says, f"the {name}'s own name or number", REFUSED)
              for name, says in NEEDED.items()]
    declared_as = fields()
    known = [_column("households", declared_as[name], missing) for name, missing in KNOWN.items()]
    sides = [Column("ties", name, "", "a household of the household table", says, REFUSED)
             for name, says in NAMES.items()]
    return [*needed, *known, *sides, _column("ties", TRUST, TRUST_DRAWN)]


def _column(table: str, field: Declared, missing: str) -> Column:
    quantity = field.quantity
    bounds = allowed(Quantity("", "", quantity.low, quantity.high)).strip()
    return Column(table, field.name, quantity.unit, bounds + _or_words(field), quantity.meaning, missing)


def fields() -> dict[str, Declared]:
    """What a cell of each known column may hold: the declared columns, money in yuan, at least one member."""
    found = {field.name: field for field in declared(tables.Households) if field.name in KNOWN}
    for name, field in found.items():
        quantity = field.quantity
        low, high = (1, quantity.high) if name == "size" else (quantity.low, quantity.high)
        unit = quantity.unit
        if field.type is Fen:
            low, high, unit = low / YUAN, high / YUAN, "yuan"
        found[name] = Declared(name, field.type, Quantity(unit, quantity.meaning, low, high))
    return found


def _words(field: Declared) -> dict[str, float]:
    """The words that a cell may hold instead of a number."""
    return PRODUCTS if field.name == "product" else WORDS if field.quantity.unit == "yes/no" else {}


def _or_words(field: Declared) -> str:
    words = _words(field)
    return f", or {', '.join(words)}" if words else ""


def number(text: str, field: Declared) -> tuple[float, str]:
    """A cell's value (NaN when empty or bad), and what is wrong with it ("" when nothing is)."""
    quantity = field.quantity
    if text == "":
        return np.nan, ""
    words = _words(field)
    said = f"{field.name} is {shortened(text)}"
    if text.lower() in words:
        return words[text.lower()], ""
    if not PLAIN.fullmatch(text):
        return np.nan, (f"{field.name} is {shortened(text)!r}, not a number in plain digits; allowed: "
                        f"{allowed(quantity)}{_or_words(field)}")
    value = float(text)
    if not quantity.low <= value <= quantity.high:
        return np.nan, f"{said}; allowed: {allowed(quantity)}"
    if field.type is not Real and field.type is not Fen and value != int(value):
        return np.nan, f"{said}; allowed: whole numbers, {allowed(quantity)}"
    return value, ""


def nameless(column: str, text: str) -> str:
    """What is wrong with a cell that names a household or a village ("" when nothing is)."""
    if not text:
        return f"{column} is empty; every row needs one"
    if any(unicodedata.category(character) == "Cc" for character in text):
        return f"{column} is {shortened(text)!r}, which holds a control character; allowed: text on one line"
    return ""
