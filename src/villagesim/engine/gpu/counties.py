"""Counties on the device, a block each, and a month of them as one launch a phase.

Every column is one array, all counties one after the other. What the host's worlds hold is sent, months are lived on
the device, and what they hold there is fetched.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numba import cuda

from villagesim.engine import exchange
from villagesim.engine.exchange import NOT_IN_QUEUE
from villagesim.engine.gpu import places
from villagesim.engine.gpu.exchanges import exchange_kernel
from villagesim.engine.gpu.machine import THREADS, exact
from villagesim.engine.gpu.rows import row_kernel
from villagesim.engine.phases import Argument, Exchange, Phase, RowPhase, arguments, columns_of, fills, reads
from villagesim.engine.schedule import SCHEDULE
from villagesim.mechanisms import Parameters
from villagesim.tables import TABLES, World

DRAWN = ("uniform", "bell")
# What rationing works in, besides columns: how many of each class wait in each group, the class at the margin and the
# places left to it, how many draw, who they are and what they draw. By the kind of its rows.
ROOM = {"counts": ("class", np.int64), "margin": ("group", np.int64), "left": ("group", np.int64),
        "drawing": ("one", np.int64), "rival": ("row", np.int64), "draw": ("row", np.float64)}
KINDS = ("class", "group", "one", "row")


class Counties:
    """Counties under one set of parameters, each with its own seed.

    worlds: as built; their columns are read by `send` and written by `fetch`. phases: what a month consists of.
    launches: of each phase its kernel, the columns that it is given, and parameters or constants.
    """

    def __init__(self, worlds: Sequence[World], parameters: Parameters, seeds: Sequence[int],
                 phases: Sequence[Phase] = SCHEDULE) -> None:
        self.worlds = worlds
        self._rows = {table: number for number, table in enumerate((*TABLES, *KINDS))}
        ends = np.cumsum([_sizes(world) for world in worlds], axis=0).T
        self._ends = np.concatenate([np.zeros((len(ends), 1), np.int64), ends], axis=1)
        self.begins, self.seeds = cuda.to_device(self._ends), cuda.to_device(np.array(seeds, np.int64))
        self._filled = sorted(frozenset().union(*map(fills, phases)))
        used = sorted(frozenset(self._filled).union(*map(reads, phases)))
        self._columns = {address: self._empty(table, columns_of(table)[name])
                         for address in used for table, name in [address.split(".")]}
        self._room = {name: self._empty(kind, dtype) for name, (kind, dtype) in ROOM.items()}
        self.launches = [
            self._exchange(phase) if isinstance(phase, Exchange) else self._row_phase(phase, parameters)
            for phase in phases
        ]

    def send(self, addresses: Iterable[str] | None = None) -> None:
        """Columns ("table.column"; all where none is named) from the worlds to the device."""
        for address in self._columns.keys() if addresses is None else self._columns.keys() & set(addresses):
            self._columns[address].copy_to_device(np.concatenate([_column(world, address) for world in self.worlds]))

    def step(self, month: int) -> None:
        """One month of every county, on the device; counted from the start of spin-up."""
        with exact():
            for kernel, columns, given in self.launches:
                kernel[len(self.worlds), THREADS](columns, self.begins, given, self.seeds, month)

    def fetch(self) -> None:
        """The columns that months fill, from the device into the worlds."""
        for address in self._filled:
            ends = self._ends[self._rows[address.split(".")[0]]]
            values = self._columns[address].copy_to_host()
            for world, begin, end in zip(self.worlds, ends[:-1], ends[1:], strict=True):
                _column(world, address)[:] = values[begin:end]

    def _empty(self, table: str, dtype: type) -> Any:
        return cuda.device_array(int(self._ends[self._rows[table], -1]), dtype)

    def _exchange(self, phase: Exchange) -> tuple[Any, tuple, tuple]:
        columns = [(self._columns[address], address.split(".")[0]) for address in phase.columns]
        if phase.function is exchange.ration:
            columns += [(self._room[name], kind) for name, (kind, _) in ROOM.items()]
        tables = tuple(self._rows[table] for _, table in columns)
        purpose = () if phase.purpose is None else (int(phase.purpose),)
        # A kernel takes no empty tuple.
        return (exchange_kernel(phase.function, tables), tuple(column for column, _ in columns),
                (*phase.constants, *purpose) or (0,))

    def _row_phase(self, phase: RowPhase, parameters: Parameters) -> tuple[Any, tuple, tuple]:
        bound = arguments(phase)
        used = sorted(reads(phase) | fills(phase))
        mechanisms = sorted({one.mechanism for one in bound if one.mechanism})
        blocks = {one.purpose // 4 * 4 for one in bound if one.kind in DRAWN}
        if len(blocks) > 1:
            raise ValueError(f"{phase.name} draws from more than one block of four")
        values = tuple(self._value(one, phase.table, used, mechanisms) for one in bound)
        writes = tuple(used.index(f"{phase.table}.{name}") for name in phase.writes)
        kernel = row_kernel(phase.rule, values, writes, self._rows[phase.table], *(blocks or {-1}))
        groups = tuple(_typed(getattr(parameters, mechanism)) for mechanism in mechanisms)
        return kernel, tuple(self._columns[address] for address in used), groups or (0,)

    def _value(self, one: Argument, home: str, used: Sequence[str], mechanisms: Sequence[str]) -> places.Value:
        if one.kind == "parameters":
            return places.parameters(mechanisms.index(one.mechanism))
        if one.kind in DRAWN:
            return places.bell() if one.kind == "bell" else places.uniform(one.purpose)
        column, table = used.index(one.address), self._rows[one.table]
        whole = np.dtype(self._columns[one.address].dtype).kind in "iu"
        if one.kind == "via":
            return places.via(column, table, used.index(f"{home}.{one.key}"), self._rows[home], whole)
        if one.kind == "row":
            return places.fixed(column, table, one.row, whole)
        return places.own(column, table, whole)


def _sizes(world: World) -> list[int]:
    """Rows of every table of a county, then of the room that rationing needs, in the order of KINDS."""
    groups = max(len(world.villages.rank), len(world.townships.villages))
    return [*(len(table[0]) for table in world), groups * NOT_IN_QUEUE, groups, 1, len(world.households.village)]


def _column(world: World, address: str) -> np.ndarray:
    table, name = address.split(".")
    return getattr(getattr(world, table), name)


def _typed(group: Any) -> Any:
    """Parameters, numbers as float and codes as int: one kernel for all values."""
    return type(group)(*(int(value) if isinstance(value, int) else float(value) for value in group))
