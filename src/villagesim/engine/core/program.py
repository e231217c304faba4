"""A month as one call of compiled code: a list of steps with the addresses of what they work on."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from villagesim.compiled import compiled
from villagesim.draws import Purpose
from villagesim.engine.core.exchanges import exchange_step
from villagesim.engine.core.rows import row_step, words_step
from villagesim.engine.core.slots import FIXED, NEAR, OWN, PARAMETERS, VIA, WORDS, Place, call
from villagesim.engine.core.stages import TOGETHER
from villagesim.engine.phases import Argument, Exchange, Phase, RowPhase, arguments
from villagesim.mechanisms import Parameters
from villagesim.tables import World

# Rows of a piece: their columns and words fit a processor's second cache.
PIECE = 512
# Keys of households, constant within a run: a county's households are sorted by village. A trader's are too few for a
# run: vector code would end before it pays.
KEYS = ("village", "township")
BELL = "4"
DRAWN = ("uniform", "bell")


class Program(NamedTuple):
    """What `execute` carries out. stages: (place of the first of its cuts, pieces, address of bounds, first step, step
    after the last); steps: (address of code, address of slots); kept: what lies at these addresses."""

    stages: np.ndarray
    steps: np.ndarray
    cuts: np.ndarray
    kept: tuple[Any, ...]


@compiled
def execute(stages, steps, cuts, seed, month):
    """One month: every stage, piece by piece, every step of it on a piece before the next piece."""
    for stage in range(stages.shape[0]):
        at, pieces, bounds = stages[stage, 0], stages[stage, 1], stages[stage, 2]
        for piece in range(at, at + pieces):
            for step in range(stages[stage, 3], stages[stage, 4]):
                call(steps[step, 0], cuts[piece], cuts[piece + 1], bounds, seed, month, steps[step, 1])


def program(stages: Sequence[Sequence[Phase]], world: World, parameters: Parameters) -> Program:
    """The stages bound to a county. Compiles what is not on disk."""
    return _Builder(world, parameters).build(stages)


class _Builder:
    def __init__(self, world: World, parameters: Parameters) -> None:
        self.world = world
        self.kept: list[Any] = [world]
        self.values = {name: self._keep(_values(getattr(parameters, name))) for name in parameters._fields}
        self.parameters = parameters
        self.cuts: list[int] = [0, 0]
        self.pieces: dict[str, tuple[int, int, int]] = {}
        self.words: dict[int, np.ndarray] = {}
        self.steps: list[tuple[int, int]] = []

    def build(self, stages: Sequence[Sequence[Phase]]) -> Program:
        found = []
        for phases in stages:
            first, pieces = len(self.steps), (0, 1, 0)
            drawn: set[int] = set()
            for phase in phases:
                if isinstance(phase, Exchange):
                    self.steps.append(self._exchange(phase))
                    continue
                pieces = self._pieces(phase.table)
                for block in sorted(_blocks(phase) - drawn):
                    self.steps.append(self._draws(block))
                drawn |= _blocks(phase)
                self.steps.append(self._rows(phase))
            found.append((*pieces, first, len(self.steps)))
        return Program(np.array(found, np.int64).reshape(-1, 5), np.array(self.steps, np.int64).reshape(-1, 2),
                       np.array(self.cuts, np.int64), tuple(self.kept))

    def _keep(self, values: np.ndarray) -> np.ndarray:
        self.kept.append(values)
        return values

    def _slots(self, addresses: Sequence[int]) -> int:
        return self._keep(np.array(addresses, np.int64)).ctypes.data

    def _column(self, table: str, name: str) -> np.ndarray:
        column = getattr(getattr(self.world, table), name)
        if not column.flags.c_contiguous:
            raise ValueError(f"{table}.{name} is not contiguous; the core works on whole columns")
        return column

    def _pieces(self, table: str) -> tuple[int, int, int]:
        """Where the table's cuts begin, how many pieces they make, and the address of its bounds."""
        if table not in self.pieces:
            bounds = _bounds(getattr(self.world, table), KEYS if table == TOGETHER else ())
            cuts = _cuts(bounds)
            self.pieces[table] = len(self.cuts), len(cuts) - 1, self._keep(bounds).ctypes.data
            self.cuts.extend(cuts)
        return self.pieces[table]

    def _draws(self, block: int) -> tuple[int, int]:
        if block not in self.words:
            self.words[block] = self._keep(np.zeros((4, PIECE), np.uint32))
        step = words_step()
        return step.address, self._slots([*_rows_of(self.words[block]), 4 * block])

    def _exchange(self, phase: Exchange) -> tuple[int, int]:
        columns = [self._column(*address.split(".")) for address in phase.columns]
        dtypes = tuple(column.dtype.str[1:] for column in columns)
        step = exchange_step(phase.function, dtypes, len(phase.constants), phase.purpose is not None)
        slots = [number for column in columns for number in (column.ctypes.data, len(column))]
        slots += [*phase.constants, *(() if phase.purpose is None else (int(phase.purpose),))]
        return step.address, self._slots(slots)

    def _rows(self, phase: RowPhase) -> tuple[int, int]:
        addresses: list[int] = []

        def slot(address: int) -> int:
            if address not in addresses:
                addresses.append(address)
            return addresses.index(address)

        templates: list[Any] = []
        places = tuple(self._place(argument, phase, slot, templates) for argument in arguments(phase))
        columns = [self._column(phase.table, name) for name in phase.writes]
        results = tuple(Place(OWN, slot(column.ctypes.data), column.dtype.str[1:]) for column in columns)
        for block in _blocks(phase):
            addresses += _rows_of(self.words[block])[len(set(addresses) & set(_rows_of(self.words[block]))):]
        step = row_step(phase.rule, phase.name, places, results, tuple(templates))
        return step.address, self._slots(addresses)

    def _place(self, argument: Argument, phase: RowPhase, slot: Any, templates: list[Any]) -> Place:
        if argument.kind in DRAWN:
            first, *rest = (slot(address) for address in _rows_of(self.words[argument.purpose // 4]))
            assert rest == [first + 1, first + 2, first + 3]
            return Place(WORDS, first, "u4", BELL if argument.kind == "bell" else str(argument.purpose % 4))
        if argument.kind == "parameters":
            group = getattr(self.parameters, argument.mechanism)
            templates.append(type(group)())
            codes = ",".join(f"{place}={value}" for place, value in enumerate(group) if isinstance(value, int))
            return Place(PARAMETERS, slot(self.values[argument.mechanism].ctypes.data), "f8", str(len(templates) - 1),
                         codes)
        column = self._column(argument.table, argument.column)
        dtype = column.dtype.str[1:]
        if argument.kind == "row":
            return Place(FIXED, slot(column.ctypes.data + argument.row * column.itemsize), dtype)
        if argument.kind == "via":
            near = phase.table == TOGETHER and argument.key in KEYS
            key = slot(self._column(phase.table, argument.key).ctypes.data)
            return Place(NEAR if near else VIA, slot(column.ctypes.data), dtype, str(key))
        return Place(OWN, slot(column.ctypes.data), dtype)


def _values(group: Any) -> np.ndarray:
    """Parameters as eight bytes each: float64, or int64 where they are codes."""
    return np.array([np.array(value, np.int64 if isinstance(value, int) else np.float64).view(np.int64)
                     for value in group], np.int64)


def _rows_of(words: np.ndarray) -> list[int]:
    return [row.ctypes.data for row in words]


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
