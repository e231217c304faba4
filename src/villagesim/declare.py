"""The one notation for anything with a unit: quantities, parameters, columns, and the mark of a rule."""

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import numpy as np
from numba.extending import register_jitable

# A rule is plain Python to the Mesa agents and inlined into the compiled kernels, by numba or else by LLVM: without the
# inlining, loops over rows do not vectorise.
rule = register_jitable(inline="always", forceinline=True)

Real = np.float64
Flag = np.uint8
Small = np.uint8
Key = np.uint32
Count = np.int64
# A count of one household: kept in four bytes, since a county has many households.
Tally = np.int32
Fen = np.int64
Grid = np.int64

# Bytes that a processor moves at once: a column begins at such a multiple within its block.
LINE = 64

GRADES = {
    "A": "measured in China's villages, good enough to fit to, or fixed by design",
    "B": "read of single counties, computed from such numbers, or measured elsewhere or for another product",
    "C": "judgement",
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a number means: its unit, meaning, allowed range [low, high], source and evidence grade.

    plausible: the part of that range which evidence supports, where more is allowed than it does: studies vary over it.
    """

    unit: str
    meaning: str
    low: float
    high: float
    source: str = ""
    grade: str = ""
    initial: float = 0
    plausible: tuple[float, float] | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """The range that studies vary over where they say none: the plausible one."""
        return self.plausible or (self.low, self.high)


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared field: its name, the type of one value, its quantity, and its default (None for a column)."""

    name: str
    type: type
    quantity: Quantity
    default: Any = None


@cache
def declared(container: type) -> tuple[Declared, ...]:
    """Every annotated field of a NamedTuple of parameters or columns, in order.

    Raises TypeError where a field carries no Quantity.
    """
    found = []
    defaults = getattr(container, "_field_defaults", {})
    for name, hint in get_type_hints(container, include_extras=True).items():
        quantities = [extra for extra in get_args(hint)[1:] if isinstance(extra, Quantity)]
        if get_origin(hint) is not Annotated or len(quantities) != 1:
            raise TypeError(f"{container.__name__}.{name} declares no Quantity")
        found.append(Declared(name, get_args(hint)[0], quantities[0], defaults.get(name)))
    return tuple(found)


def incomplete(container: type) -> list[str]:
    """One line for each thing that a container of parameters or columns leaves out, or that contradicts itself.

    Every field needs a quantity, unit, meaning and range; a parameter also a default within the range, a source and
    a grade. A container without any default is a table of columns.
    """
    try:
        fields = list(declared(container))
    except TypeError as error:
        return [str(error)]
    parameters = any(field.default is not None for field in fields)
    lines = []
    for field in fields:
        quantity, usual = field.quantity, field.default
        low, high = quantity.ends
        wrong = {
            "unit": not quantity.unit.strip(),
            "meaning": not quantity.meaning.strip(),
            "range": not -np.inf < quantity.low <= quantity.high < np.inf,
            "plausible range": not quantity.low <= low <= high <= quantity.high,
            "default": parameters and (usual is None or not low <= usual <= high),
            "source": parameters and not quantity.source.strip(),
            "grade": parameters and quantity.grade not in GRADES,
        }
        lines += [f"{container.__name__}.{field.name} has no proper {what}" for what, bad in wrong.items() if bad]
    return lines


def blank(table: type, rows: int) -> Any:
    """A table of `rows` rows of no meaning yet: one contiguous array a column, shape (rows,), all in one block.

    A block of millions of bytes lies in a few large pages of memory; each column for itself, in many small ones.
    """
    columns = [(column.type, rows * np.dtype(column.type).itemsize) for column in declared(table)]
    begins = np.cumsum([0, *((size // LINE + 1) * LINE for _, size in columns)])
    block = np.empty(begins[-1], np.uint8)
    return table(*(block[begin:begin + size].view(kind)
                   for (kind, size), begin in zip(columns, begins[:-1].tolist(), strict=True)))


def allocate(table: type, rows: int) -> Any:
    """A table of `rows` rows as `blank` makes it, filled with the declared initial values."""
    made = blank(table, rows)
    for values, column in zip(made, declared(table), strict=True):
        values[:] = column.quantity.initial
    return made


def outside_range(table: Any) -> list[str]:
    """One line for each column of the table that holds a value outside its declared range (or a NaN)."""
    lines = []
    for column in declared(type(table)):
        values = getattr(table, column.name)
        low, high = column.quantity.low, column.quantity.high
        wrong = np.flatnonzero(~((values >= low) & (values <= high)))
        if wrong.size:
            lines.append(
                f"{type(table).__name__}.{column.name}[{wrong[0]}] = {values[wrong[0]]} "
                f"is outside {low:g} to {high:g} {column.quantity.unit}"
            )
    return lines


def codebook(container: type) -> list[dict[str, Any]]:
    """One row a declared field: name, type, unit, meaning, low, high, plausible, source, grade, default."""
    return [
        {
            "name": field.name,
            "type": field.type.__name__,
            "unit": field.quantity.unit,
            "meaning": field.quantity.meaning,
            "low": field.quantity.low,
            "high": field.quantity.high,
            "plausible": field.quantity.ends,
            "source": field.quantity.source,
            "grade": field.quantity.grade,
            "default": field.default,
        }
        for field in declared(container)
    ]
