"""The compiled engine: every phase of the schedule as one short kernel; a month is one call of compiled code."""

from collections.abc import Callable, Sequence
from functools import cache
from threading import Lock

from numba import config

from villagesim.engine.core.plain import step_of
from villagesim.engine.core.program import execute, program
from villagesim.engine.core.stages import stages
from villagesim.engine.phases import Phase
from villagesim.engine.schedule import SCHEDULE
from villagesim.mechanisms import Parameters
from villagesim.tables import World

Step = Callable[[int], None]
Watch = Callable[[Phase, int, bool], None]
# numba compiles under a lock of its own, but two first calls of one kernel must not write its cache file at once.
_COMPILING = Lock()


def bind(world: World, parameters: Parameters, seed: int, watch: Watch | None = None,
         phases: Sequence[Phase] = SCHEDULE) -> Step:
    """step(month): one month of the county in `world`, whose columns it changes in place; of it, only these phases.

    watch(phase, month, done) is called before (done is False) and after every phase; it must not change the world.
    """
    if watch is not None:
        return _watched(phases, [_bind(((phase,),), world, parameters, seed) for phase in phases], watch)
    return _bind(_order(tuple(phases)), world, parameters, seed)


@cache
def _order(phases: tuple[Phase, ...]) -> tuple[tuple[Phase, ...], ...]:
    return tuple((phase,) for phase in phases) if config.DISABLE_JIT else tuple(map(tuple, stages(phases)))


def _bind(order: tuple[tuple[Phase, ...], ...], world: World, parameters: Parameters, seed: int) -> Step:
    """step(month) that carries out these stages."""
    if config.DISABLE_JIT:
        steps = [step_of(phase, world, parameters, seed) for stage in order for phase in stage]

        def plain(month: int) -> None:
            for step in steps:
                step(month)

        return plain
    with _COMPILING:
        bound = program(order, world, parameters)
        execute(bound.stages[:0], bound.steps, bound.cuts, seed, 0)
    return lambda month: execute(bound.stages, bound.steps, bound.cuts, seed, month)


def _watched(phases: Sequence[Phase], steps: Sequence[Step], watch: Watch) -> Step:
    def watched(month: int) -> None:
        for phase, step in zip(phases, steps, strict=True):
            watch(phase, month, False)
            step(month)
            watch(phase, month, True)

    return watched
