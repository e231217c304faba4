"""One value of a scenario file: from what was written ("18 person", "3 %", a word) to a number of the declared type."""

import math
import re
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from villagesim.declare import Quantity
from villagesim.scenario_text import Place, nearest, shortened, shown

# A number, then its unit: no thousands separators, no arithmetic.
WRITTEN = re.compile(r"\s*([+-]?[0-9]+)((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*([^\s,.*+-].*?)?\s*")
PER_HUNDRED = 100.0
# Units of what is no amount: they stand in the declarations, and say nothing behind a number.
UNITLESS = ("1", "code", "yes/no")
SHORTEST_PLURAL = 4
LONGEST_NUMBER = 200


def allowed(quantity: Quantity) -> str:
    """The declared range and unit in words, such as "0 to 20 seat/village/month"; "0 to 5" where there is no unit."""
    return _from_to(quantity.low, quantity.high, quantity.unit)


def plausible(quantity: Quantity) -> str:
    """The range that studies vary over where they say none, in words."""
    return _from_to(*quantity.ends, quantity.unit)


def _from_to(low: float, high: float, unit: str) -> str:
    unit = "" if unit in UNITLESS else f" {unit}"
    return f"{_plain(low)}{unit}" if low == high else f"{_plain(low)} to {_plain(high)}{unit}"


def _plain(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def same_unit(one: str, other: str) -> bool:
    """Whether two units are spelt alike, but for spaces, capitals and a plural s."""
    return _spelling(one) == _spelling(other)


def _spelling(unit: str) -> list[list[str]]:
    return [[_singular(word) for word in part.split()] for part in unit.lower().split("/")]


def _singular(word: str) -> str:
    return word[:-1] if len(word) >= SHORTEST_PLURAL and word.endswith("s") and not word.endswith("ss") else word


def _in_percent(unit: str, quantity: Quantity) -> bool:
    """Whether a share is written in per cent: "%" for share, "%/year" for share/year."""
    head, *rest = (part.strip() for part in unit.split("/"))
    return head == "%" and same_unit("/".join(["share", *rest]), quantity.unit)


def _from_text(place: Place, text: str, quantity: Quantity) -> int | float:
    """The number in a text such as "18 person", whose unit must be the declared one."""
    match = WRITTEN.fullmatch(text) if len(text) <= LONGEST_NUMBER else None
    if not match:
        raise place.problem(f"is {shown(text)}, not a number", allowed(quantity))
    whole, rest, unit = match.groups()
    if not unit:
        with_unit = "" if quantity.unit in UNITLESS else f', or "18 {quantity.unit}"'
        raise place.problem(f"is {shown(text)}, a number in quotes without a unit", f"18{with_unit}")
    value = float(whole + rest) if rest else int(whole)
    if _in_percent(unit, quantity):
        return value / PER_HUNDRED
    if quantity.unit in UNITLESS:
        raise place.problem(f"is in {shortened(unit)}, but it has no unit", allowed(quantity))
    if not same_unit(unit, quantity.unit):
        raise place.problem(f"is in {shortened(unit)}, but the unit is {quantity.unit}", allowed(quantity))
    return value


def number(place: Place, value: Any, kind: type, quantity: Quantity) -> Any:
    """The value as the declared type, checked for unit and range. Raises ScenarioError.

    The type is coerced because an integer among floats would have numba compile every kernel a second time.
    """
    if isinstance(value, bool) and quantity.unit == "yes/no":
        value = int(value)
    if isinstance(value, str):
        value = _from_text(place, value, quantity)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise place.problem(f"is {shown(value)}, not a number", allowed(quantity))
    if not isinstance(value, Integral):
        if not math.isfinite(value):
            raise place.problem(f"is {value}, not a finite number", allowed(quantity))
        if issubclass(kind, Integral):
            raise place.problem(f"is {shown(value)}, not a whole number", allowed(quantity))
    if not quantity.low <= value <= quantity.high:
        raise place.problem(f"is {shown(value)}, out of range", allowed(quantity))
    return kind(value)


def code(place: Place, value: Any, words: Sequence[str]) -> int:
    """The code that a word stands for. Raises ScenarioError."""
    if value in words:
        return words.index(value)
    near = nearest(value, words) if isinstance(value, str) else None
    raise place.problem(f"is {shown(value)}", ", ".join(f'"{word}"' for word in words), near and f'"{near}"')
