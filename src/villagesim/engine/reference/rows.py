"""What agents see and draw: the arguments of a row phase for all rows of its table, gathered as the phase begins.

A column is read once a phase for all rows, and becomes Python numbers there: an agent's rule computes in nothing else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat

import numpy as np

from villagesim.draws import bell_of, block, lane
from villagesim.engine.phases import Argument, Phase, RowPhase, arguments
from villagesim.mechanisms import Parameters
from villagesim.tables import World

Views = Mapping[str, Mapping[str, memoryview]]
Words = tuple[np.ndarray, ...]


class Luck:
    """The draws of one month: for every table, the blocks of four words that its rules draw from, for all rows.

    `draws.block` takes whole columns of counters as it takes single ones: uint64 arrays hold every product that it
    masks, so that the words, and the uniforms and bells made of them, are those of one row at a time, bit for bit.
    """

    def __init__(self, seed: int, phases: Sequence[Phase], world: World) -> None:
        self.seed = seed
        blocks = sorted({
            (phase.table, argument.purpose >> 2) for phase in phases if isinstance(phase, RowPhase)
            for argument in arguments(phase) if argument.kind in ("uniform", "bell")
        })
        # Phases that draw nothing at all are a month as well.
        rows = np.array([len(getattr(world, table)[0]) for table, _ in blocks], np.int64)
        ends = np.cumsum(rows)
        self._who = np.concatenate([np.arange(number, dtype=np.uint64) for number in (*rows, 0)])
        self._purpose = np.repeat(np.array([number << 2 for _, number in blocks], np.uint64), rows)
        self._part = {key: slice(end - number, end) for key, number, end in zip(blocks, rows, ends, strict=True)}
        self._words: Words = ()

    def draw(self, month: int) -> None:
        """Draw every block of the month: one call, since a call costs as much as the words of some 400 rows."""
        self._words = block(self.seed, month, self._who, self._purpose)

    def words(self, table: str, purpose: int) -> Words:
        """The four words behind a purpose, each for every row of a table: uint64 (rows,)."""
        part = self._part[table, purpose >> 2]
        return tuple(word[part] for word in self._words)


class BoundPhase:
    """A row phase with its rule's arguments found in one county, and the columns that its agents write."""

    def __init__(self, phase: RowPhase, world: World, views: Views, parameters: Parameters, luck: Luck) -> None:
        self.rule = phase.rule
        self.table = phase.table
        self.columns = [views[phase.table][name] for name in phase.writes]
        self.single = len(phase.writes) == 1
        self._sources = [_source(argument, phase.table, world, parameters, luck) for argument in arguments(phase)]

    def seen(self) -> Iterator[tuple]:
        """What every row sees and draws, a tuple a row, in order of the rows.

        All of it is looked up now, so that no row sees what another does in the same phase; the tuples are made one
        after another, so that none is left for the garbage collector.
        """
        return zip(*[source() for source in self._sources], strict=True)


def _source(argument: Argument, table: str, world: World, parameters: Parameters, luck: Luck) -> Callable[[], Iterable]:
    """Where an argument comes from: a function that gives its value for every row of the table, as Python numbers."""
    rows = len(getattr(world, table)[0])
    if argument.kind == "parameters":
        given = getattr(parameters, argument.mechanism)
        return lambda: repeat(given, rows)
    if argument.kind == "uniform":
        return lambda: lane(luck.words(table, argument.purpose), argument.purpose).tolist()
    if argument.kind == "bell":
        return lambda: bell_of(luck.words(table, argument.purpose)).tolist()
    column = getattr(getattr(world, argument.table), argument.column)
    if argument.kind == "own":
        return column.tolist
    if argument.kind == "via":
        key = getattr(getattr(world, table), argument.key)
        return lambda: column[key].tolist()
    return lambda: repeat(column[argument.row].item(), rows)
