"""Quantities that many columns share."""

from villagesim.declare import Quantity

# The most that a count or a key may be: what four bytes hold.
MANY = 2**31 - 1
MONEY = 10**14


def share(meaning: str, initial: float = 0.0) -> Quantity:
    """A column between 0 and 1."""
    return Quantity("share", meaning, 0.0, 1.0, initial=initial)


def yes(meaning: str) -> Quantity:
    """A truth value."""
    return Quantity("yes/no", meaning, 0, 1)


def fen(meaning: str, low: float = 0) -> Quantity:
    """A sum of money."""
    return Quantity("fen", meaning, low, MONEY)


def count(unit: str, meaning: str, high: float = MANY) -> Quantity:
    """A whole number of something."""
    return Quantity(unit, meaning, 0, high)


def row(meaning: str) -> Quantity:
    """A key: a row of another table."""
    return Quantity("row", meaning, 0, MANY)
