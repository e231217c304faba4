"""The words of the schedule: a row phase applies one rule to every row of a table, an exchange crosses rows.

A rule's argument names say what it reads. For a rule applied to households:
    share                 the row's own column
    village_coverage      column `coverage` of the row that key `village` names (likewise trader_, worker_, ...)
    county_season         column `season` of the county's one row
    lever_camp            intensity of lever `camp` that the month's money buys; also planned_, price_, reach_, within_,
                          scale_, granted_
    u_consider, z_route   the row's own draw for Purpose.CONSIDER: uniform, or nearly normal
    p, p_choice           the parameters of the rule's own mechanism, of another
so a rule is bound once, from its own signature, and every engine binds it alike.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from villagesim.declare import declared
from villagesim.draws import Purpose
from villagesim.levers import ROW
from villagesim.tables import SINGULAR, TABLES

LEVER_COLUMNS = {
    "lever": "delivered", "planned": "planned", "price": "price", "reach": "reach", "within": "within",
    "scale": "scale", "granted": "granted",
}


@dataclass(frozen=True)
class RowPhase:
    """Apply `rule` to every row of `table`; results go to `writes`, in order. `last`: what it reads of last month."""

    table: str
    rule: Callable
    writes: tuple[str, ...]
    why: str
    last: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.table}.{self.rule.__name__}"


@dataclass(frozen=True)
class Exchange:
    """Call `function` with the named columns ("table.column"), then `constants`; it fills the first `fills` of them.

    `purpose` makes it draw: seed, month and the purpose are passed behind the columns.
    """

    function: Callable
    columns: tuple[str, ...]
    why: str
    fills: int = 1
    constants: tuple[int, ...] = ()
    purpose: Purpose | None = None
    last: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.function.__name__} -> {self.columns[0]}"


Phase = RowPhase | Exchange


@dataclass(frozen=True)
class Argument:
    """Where one argument of a rule comes from. kind: own, via, row, uniform, bell, parameters."""

    kind: str
    table: str = ""
    column: str = ""
    key: str = ""
    row: int = 0
    purpose: int = 0
    mechanism: str = ""

    @property
    def address(self) -> str:
        """ "table.column" for what is read from a table, "" for draws and parameters."""
        return f"{self.table}.{self.column}" if self.table else ""


@cache
def columns_of(table: str) -> dict[str, type]:
    """Name and type of every column of a table."""
    return {column.name: column.type for column in declared(TABLES[table])}


@cache
def arguments(phase: RowPhase) -> tuple[Argument, ...]:
    """Where each argument of the phase's rule comes from, in order. Raises LookupError for an unknown name."""
    mechanism = phase.rule.__module__.rsplit(".", 1)[-1]
    return tuple(_resolve(phase.table, name, mechanism) for name in inspect.signature(phase.rule).parameters)


def _resolve(table: str, name: str, mechanism: str) -> Argument:
    own = columns_of(table)
    if name == "p":
        return Argument("parameters", mechanism=mechanism)
    if name in own:
        return Argument("own", table, name)
    prefix, _, rest = name.partition("_")
    if prefix == "p":
        return Argument("parameters", mechanism=rest)
    if prefix in ("u", "z") and rest.upper() in Purpose.__members__:
        return Argument("uniform" if prefix == "u" else "bell", purpose=Purpose[rest.upper()])
    if prefix == "county" and rest in columns_of("county"):
        return Argument("row", "county", rest)
    if prefix in own and prefix in SINGULAR and rest in columns_of(SINGULAR[prefix]):
        return Argument("via", SINGULAR[prefix], rest, key=prefix)
    if prefix in LEVER_COLUMNS and rest in ROW:
        return Argument("row", "levers", LEVER_COLUMNS[prefix], row=ROW[rest])
    raise LookupError(f"a rule for {table} asks for {name!r}, which is no column, lever, draw or parameter")


def reads(phase: Phase) -> frozenset[str]:
    """Addresses of the columns that the phase reads, the keys it goes by among them."""
    if isinstance(phase, Exchange):
        return frozenset(phase.columns[phase.fills:])
    bound = arguments(phase)
    keys = {f"{phase.table}.{argument.key}" for argument in bound if argument.key}
    return frozenset({argument.address for argument in bound if argument.address} | keys)


def fills(phase: Phase) -> frozenset[str]:
    """Addresses of the columns that the phase writes."""
    if isinstance(phase, Exchange):
        return frozenset(phase.columns[: phase.fills])
    return frozenset(f"{phase.table}.{column}" for column in phase.writes)
