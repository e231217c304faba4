"""A month as one call of compiled code: a list of steps with the addresses of what they work on.

What does not depend on the county is laid out once a process: many short runs would else spend a third of their time
on it. A county then only says where its columns lie.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from villagesim.compiled import compiled
from villagesim.draws import Purpose
from villagesim.engine.core.exchanges import exchange_step, sum_step
from villagesim.engine.core.rows import row_step, words_step
from villagesim.engine.core.slots import FIXED, NEAR, OWN, PARAMETERS, VIA, WORDS, Place, call
from villagesim.engine.core.stages import TOGETHER, gathers
from villagesim.engine.exchange import total_by
from villagesim.engine.phases import Argument, Exchange, Phase, RowPhase, arguments, columns_of
from villagesim.mechanisms import Parameters
from villagesim.tables import World

# Rows of a piece: their columns and words fit a processor's second cache.
PIECE = 1024
# Keys of households, constant within a run: a county's households are sorted by village. A trader's are too few for a
# run: vector code would end before it pays.
KEYS = ("village", "township")
BELL = "4"
WORD = 4
DRAWN = ("uniform", "bell")


class Program(NamedTuple):
    """What `execute` carries out. stages: (place of the first of its cuts, pieces, address of bounds, first step, step
    after the last); steps: (address of code, address of slots); kept: what lies at these addresses."""

    stages: np.ndarray
    steps: np.ndarray
    cuts: np.ndarray
    kept: tuple[Any, ...]


class Source(NamedTuple):
    """What the content of a slot is counted from. kind: column, length (of a column), words (of a block of draws),
    values (of a mechanism's parameters), number (from zero)."""

    kind: str
    name: str = ""
    column: str = ""


class Layout(NamedTuple):
    """A program but for the county. stages: (table whose pieces it goes by, or "", first step, step after the last);
    code, begins: address of each step's code and the place of its first slot; sources, base, offset: a slot holds what
    sources[base] is plus offset; steps: what lies at the addresses of code."""

    stages: tuple[tuple[str, int, int], ...]
    code: np.ndarray
    begins: np.ndarray
    sources: tuple[Source, ...]
    base: np.ndarray
    offset: np.ndarray
    steps: tuple[Any, ...]


NUMBER = Source("number")
# A slot: what its content is counted from, and what is added to it.
Slot = tuple[Source, int]


@compiled
def execute(stages, steps, cuts, seed, month):
    """One month: every stage, piece by piece, every step of it on a piece before the next piece."""
    for stage in range(stages.shape[0]):
        at, pieces, bounds = stages[stage, 0], stages[stage, 1], stages[stage, 2]
        for piece in range(at, at + pieces):
            for step in range(stages[stage, 3], stages[stage, 4]):
                call(steps[step, 0], cuts[piece], cuts[piece + 1], bounds, seed, month, steps[step, 1])


def program(stages: tuple[tuple[Phase, ...], ...], world: World, parameters: Parameters) -> Program:
    """The stages bound to a county. Compiles what is not on disk.

    Raises ValueError for a column that is no contiguous array of its declared type.
    """
    found = layout(stages, tuple((name, type(group), _codes(group)) for name, group in parameters._asdict().items()))
    kept: list[Any] = [world, found]
    addresses = np.array([_address(source, world, parameters, kept) for source in found.sources], np.int64)
    slots = addresses[found.base] + found.offset
    pieces, cuts = {"": (0, 1, 0)}, [0, 0]
    for table in dict.fromkeys(table for table, _, _ in found.stages if table):
        bounds = _bounds(getattr(world, table), KEYS if table == TOGETHER else ())
        more = _cuts(bounds)
        pieces[table] = len(cuts), len(more) - 1, bounds.ctypes.data
        cuts.extend(more)
        kept.append(bounds)
    rows = [(*pieces[table], first, last) for table, first, last in found.stages]
    steps = np.stack([found.code, slots.ctypes.data + slots.itemsize * found.begins], axis=1)
    return Program(np.array(rows, np.int64).reshape(-1, 5), steps, np.array(cuts, np.int64), (*kept, slots))


def _address(source: Source, world: World, parameters: Parameters, kept: list[Any]) -> int:
    """What a source is in this county; what lies at an address made here goes to `kept`."""
    if source.kind == "number":
        return 0
    if source.kind in ("words", "values"):
        made = (np.zeros((4, PIECE), np.uint32) if source.kind == "words"
                else _values(getattr(parameters, source.name)))
        kept.append(made)
        return made.ctypes.data
    column = getattr(getattr(world, source.name), source.column)
    if source.kind == "length":
        return len(column)
    if not column.flags.c_contiguous or column.dtype != columns_of(source.name)[source.column]:
        raise ValueError(f"{source.name}.{source.column} is not contiguous or not of its declared type; "
                         "the core works on whole columns")
    return column.__array_interface__["data"][0]


@cache
def layout(stages: tuple[tuple[Phase, ...], ...], groups: tuple[tuple[str, type, str], ...]) -> Layout:
    """The stages laid out for counties whose parameters are of these kinds and choose the forms of these codes, each by
    mechanism."""
    found, steps = [], []
    for phases in stages:
        first, table = len(steps), ""
        drawn: set[int] = set()
        for phase in phases:
            if isinstance(phase, Exchange):
                table = TOGETHER if gathers(phase) else table
                steps.append(_exchange(phase))
                continue
            table = phase.table
            for block in sorted(_blocks(phase) - drawn):
                steps.append((words_step(), [*_words(block), (NUMBER, 4 * block)]))
            drawn |= _blocks(phase)
            steps.append(_rows(phase, {name: (kind, codes) for name, kind, codes in groups}))
        found.append((table, first, len(steps)))
    slots = [slot for _, some in steps for slot in some]
    sources = tuple(dict.fromkeys(source for source, _ in slots))
    place = {source: number for number, source in enumerate(sources)}
    begins = np.cumsum([0, *(len(some) for _, some in steps)])[:-1]
    return Layout(
        tuple(found), np.array([step.address for step, _ in steps], np.int64), begins.astype(np.int64), sources,
        np.array([place[source] for source, _ in slots], np.int64),
        np.array([offset for _, offset in slots], np.int64), tuple(step for step, _ in steps))


def _words(block: int) -> list[Slot]:
    """The slots of the four words of every row of a piece."""
    return [(Source("words", str(block)), WORD * PIECE * number) for number in range(4)]


def _dtype(table: str, column: str) -> np.dtype:
    return np.dtype(columns_of(table)[column])


def _exchange(phase: Exchange) -> tuple[Any, list[Slot]]:
    """The step of an exchange, and its slots."""
    columns = [address.split(".") for address in phase.columns]
    dtypes = tuple(_dtype(*column).str[1:] for column in columns)
    if gathers(phase):
        near = phase.function is total_by and columns[-1][1] in KEYS
        step = sum_step(phase.function, dtypes, len(phase.constants), near)
    else:
        step = exchange_step(phase.function, dtypes, len(phase.constants), phase.purpose is not None)
    slots = [(Source(kind, *column), 0) for column in columns for kind in ("column", "length")]
    numbers = (*phase.constants, *(() if phase.purpose is None else (int(phase.purpose),)))
    return step, slots + [(NUMBER, number) for number in numbers]


def _rows(phase: RowPhase, groups: dict[str, tuple[type, str]]) -> tuple[Any, list[Slot]]:
    """The step of a row phase, and its slots."""
    slots: list[Slot] = []

    def slot(*wanted: Slot) -> int:
        """The place of the first of these slots, which follow each other."""
        if wanted[0] not in slots:
            slots.extend(wanted)
        return slots.index(wanted[0])

    templates: list[Any] = []
    places = tuple(_place(argument, phase, slot, templates, groups) for argument in arguments(phase))
    results = tuple(Place(OWN, slot((Source("column", phase.table, name), 0)), _dtype(phase.table, name).str[1:])
                    for name in phase.writes)
    return row_step(phase.rule, phase.name, places, results, tuple(templates)), slots


def _place(argument: Argument, phase: RowPhase, slot: Any, templates: list[Any],
           groups: dict[str, tuple[type, str]]) -> Place:
    """Where an argument of the phase's rule is found; parameters add their default to `templates`."""
    if argument.kind in DRAWN:
        first = slot(*_words(argument.purpose // 4))
        return Place(WORDS, first, "u4", BELL if argument.kind == "bell" else str(argument.purpose % 4))
    if argument.kind == "parameters":
        kind, codes = groups[argument.mechanism]
        templates.append(kind())
        values = slot((Source("values", argument.mechanism), 0))
        return Place(PARAMETERS, values, "f8", str(len(templates) - 1), codes)
    kind = _dtype(argument.table, argument.column)
    column = slot((Source("column", argument.table, argument.column), argument.row * kind.itemsize))
    if argument.kind == "row":
        return Place(FIXED, column, kind.str[1:])
    if argument.kind == "via":
        near = phase.table == TOGETHER and argument.key in KEYS
        key = slot((Source("column", phase.table, argument.key), 0))
        return Place(NEAR if near else VIA, column, kind.str[1:], str(key))
    return Place(OWN, column, kind.str[1:])


def _codes(group: Any) -> str:
    """The parameters that choose a form, as `Place` has them."""
    return ",".join(f"{place}={value}" for place, value in enumerate(group) if isinstance(value, int))


def _values(group: Any) -> np.ndarray:
    """Parameters as eight bytes each: float64, or int64 where they are codes."""
    return np.array([np.array(value, np.int64 if isinstance(value, int) else np.float64).view(np.int64)
                     for value in group], np.int64)


def _blocks(phase: RowPhase) -> set[int]:
    """The blocks of four draws that the phase's rule takes from. Raises ValueError for more than one."""
    drawn = [argument.purpose for argument in arguments(phase) if argument.kind in DRAWN]
    blocks = {purpose // 4 for purpose in drawn}
    if len(blocks) > 1:
        raise ValueError(f"{phase.name} draws from more than one block: {[Purpose(one).name for one in drawn]}")
    return blocks


def _bounds(table: Any, keys: Sequence[str]) -> np.ndarray:
    """First rows of the runs of a table within which no key changes, none longer than a piece; and its length."""
    rows = len(table[0])
    begins = np.arange(rows) % PIECE == 0
    for name in keys:
        key = getattr(table, name)
        begins[1:] |= key[1:] != key[:-1]
    return np.append(np.flatnonzero(begins), rows)


def _cuts(bounds: np.ndarray) -> list[int]:
    """Places in `bounds` at which pieces begin: as many whole runs as fit; and the last place."""
    cuts = [0]
    for place in range(1, len(bounds)):
        if bounds[place] - bounds[cuts[-1]] > PIECE:
            cuts.append(place - 1)
    return [*cuts, len(bounds) - 1] if bounds[-1] > 0 else [0]
