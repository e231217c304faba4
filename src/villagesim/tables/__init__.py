"""What a county is made of: one NamedTuple of columns a kind. Every column declares its unit, meaning and range.

Columns that no phase of `engine/schedule.py` writes are fixed at month 0 by `world/`; all others are state.
Keys are row numbers of the table they name: `village` of a household is a row of `Villages`.
"""

from typing import NamedTuple

from villagesim.declare import allocate, blank
from villagesim.tables.government import County, Levers
from villagesim.tables.households import Households, Ties
from villagesim.tables.people import Traders, Workers
from villagesim.tables.places import Couriers, Townships, Villages, Works

__all__ = [
    "SINGULAR", "TABLES", "County", "Couriers", "Households", "Levers", "Ties", "Townships", "Traders", "Villages",
    "Workers", "Works", "World", "copy", "empty",
]


class World(NamedTuple):
    """All tables of one county."""

    households: Households
    ties: Ties
    townships: Townships
    villages: Villages
    works: Works
    workers: Workers
    traders: Traders
    couriers: Couriers
    levers: Levers
    county: County


TABLES: dict[str, type] = dict(World.__annotations__)
SINGULAR = {
    "household": "households",
    "township": "townships",
    "village": "villages",
    "worker": "workers",
    "trader": "traders",
    "courier": "couriers",
    "lever": "levers",
    "county": "county",
}


def copy(world: World) -> World:
    """The same world in arrays of its own."""
    copied = World(*(blank(type(table), len(table[0])) for table in world))
    for table, new in zip(world, copied, strict=True):
        for column, values in zip(table, new, strict=True):
            values[:] = column
    return copied


def empty(rows: dict[str, int]) -> World:
    """A world of the declared initial values, with `rows[name]` rows in each table."""
    return World(*(allocate(kind, rows[name]) for name, kind in TABLES.items()))
