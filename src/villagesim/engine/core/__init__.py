"""The compiled engine: every phase of the schedule as one short kernel, called in the schedule's order."""

from collections.abc import Callable, Sequence
from functools import cache
from threading import Lock

from villagesim.compiled import compiled
from villagesim.draws import Purpose
from villagesim.engine.core.rows import BELL, NO_DRAW, row_kernel
from villagesim.engine.phases import Argument, Exchange, Phase, RowPhase, arguments
from villagesim.engine.schedule import SCHEDULE
from villagesim.mechanisms import Parameters
from villagesim.tables import World

Step = Callable[[int], None]
Watch = Callable[[Phase, int, bool], None]
# numba compiles under a lock of its own, but two first calls of one kernel must not write its cache file at once.
_FIRST_CALL = Lock()


def bind(world: World, parameters: Parameters, seed: int, watch: Watch | None = None,
         phases: Sequence[Phase] = SCHEDULE) -> Callable[[int], None]:
    """step(month): one month of the county in `world`, whose columns it changes in place; of it, only these phases.

    watch(phase, month, done) is called before (done is False) and after every phase; it must not change the world.
    """
    steps = [_bind(phase, world, parameters, seed) for phase in phases]
    if watch is not None:
        steps = [_watched(phase, step, watch) for phase, step in zip(phases, steps, strict=True)]

    def step(month: int) -> None:
        for phase in steps:
            phase(month)

    def first(month: int) -> None:
        with _FIRST_CALL:
            step(month)
        run[0] = step

    run = [first]
    return lambda month: run[0](month)


def _bind(phase: RowPhase | Exchange, world: World, parameters: Parameters, seed: int) -> Step:
    if isinstance(phase, RowPhase):
        return _bind_rows(phase, world, parameters, seed)
    return _bind_exchange(phase, world, seed)


def _watched(phase: Phase, step: Step, watch: Watch) -> Step:
    def watched(month: int) -> None:
        watch(phase, month, False)
        step(month)
        watch(phase, month, True)

    return watched


def _bind_rows(phase: RowPhase, world: World, parameters: Parameters, seed: int) -> Step:
    bound = arguments(phase)
    sources = tuple(_source(argument, phase.table, world, parameters) for argument in bound if not _draws(argument))
    table = getattr(world, phase.table)
    columns = tuple(getattr(table, name) for name in phase.writes)
    rows, kernel = len(columns[0]), _row_kernel(phase)
    return lambda month: kernel(rows, sources, columns, seed, month)


def _draws(argument: Argument) -> bool:
    return argument.kind in ("uniform", "bell")


def _source(argument: Argument, table: str, world: World, parameters: Parameters):
    """What the kernel gets for an argument: a column, (key, column), (column, row number), or parameters."""
    if argument.kind == "parameters":
        return getattr(parameters, argument.mechanism)
    column = getattr(getattr(world, argument.table), argument.column)
    if argument.kind == "via":
        return getattr(getattr(world, table), argument.key), column
    return (column, argument.row) if argument.kind == "row" else column


@cache
def _row_kernel(phase: RowPhase) -> Callable:
    bound = arguments(phase)
    drawn = [argument for argument in bound if _draws(argument)]
    if len({argument.purpose // 4 for argument in drawn}) > 1:
        raise ValueError(f"{phase.name} draws from more than one block: {[Purpose(a.purpose).name for a in drawn]}")
    picks = {"uniform": lambda argument: argument.purpose % 4, "bell": lambda argument: BELL}
    lanes = tuple(int(picks[argument.kind](argument)) if _draws(argument) else NO_DRAW for argument in bound)
    return row_kernel(phase.rule, lanes, int(drawn[0].purpose) if drawn else 0)


@cache
def _exchange_kernel(function: Callable) -> Callable:
    return compiled(function)


def _bind_exchange(phase: Exchange, world: World, seed: int) -> Step:
    columns = tuple(getattr(getattr(world, table), name) for table, name in (c.split(".") for c in phase.columns))
    kernel, fixed = _exchange_kernel(phase.function), (*columns, *phase.constants)
    if phase.purpose is None:
        return lambda month: kernel(*fixed)
    purpose = int(phase.purpose)
    return lambda month: kernel(*fixed, seed, month, purpose)
