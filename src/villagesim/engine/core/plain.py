"""The core without a compiler: the same phases in Python, so that they can be run, covered and debugged."""

from collections.abc import Callable
from typing import Any

from villagesim.draws import bell_of, block, lane
from villagesim.engine.phases import Argument, Exchange, Phase, RowPhase, arguments
from villagesim.mechanisms import Parameters
from villagesim.tables import World

Step = Callable[[int], None]


def step_of(phase: Phase, world: World, parameters: Parameters, seed: int) -> Step:
    """step(month) that carries out one phase on the county in `world`."""
    return _exchange(phase, world, seed) if isinstance(phase, Exchange) else _rows(phase, world, parameters, seed)


def _rows(phase: RowPhase, world: World, parameters: Parameters, seed: int) -> Step:
    sources = [_source(argument, phase.table, world, parameters, seed) for argument in arguments(phase)]
    columns = [getattr(getattr(world, phase.table), name) for name in phase.writes]

    def step(month: int) -> None:
        for row in range(len(columns[0])):
            values = phase.rule(*(source(row, month) for source in sources))
            for column, value in zip(columns, values if type(values) is tuple else (values,), strict=True):
                column[row] = value

    return step


def _source(
    argument: Argument, table: str, world: World, parameters: Parameters, seed: int
) -> Callable[[int, int], Any]:
    """value(row, month) of a rule's argument."""
    if argument.kind == "parameters":
        group = getattr(parameters, argument.mechanism)
        return lambda row, month: group
    if argument.kind == "uniform":
        return lambda row, month: lane(block(seed, month, row, argument.purpose), argument.purpose)
    if argument.kind == "bell":
        return lambda row, month: bell_of(block(seed, month, row, argument.purpose))
    column = getattr(getattr(world, argument.table), argument.column)
    if argument.kind == "via":
        key = getattr(getattr(world, table), argument.key)
        return lambda row, month: column[key[row]].item()
    if argument.kind == "row":
        return lambda row, month: column[argument.row].item()
    return lambda row, month: column[row].item()


def _exchange(phase: Exchange, world: World, seed: int) -> Step:
    columns = [getattr(getattr(world, table), name) for table, name in (c.split(".") for c in phase.columns)]
    if phase.purpose is None:
        return lambda month: phase.function(*columns, *phase.constants)
    return lambda month: phase.function(*columns, *phase.constants, seed, month, int(phase.purpose))
