"""The order in which the core may run the schedule: phases of households together, a piece of the county at a time.

What a household's rules read and write in a month fits a processor's cache for some hundred households, not for a
county. So as many phases of households as depend on nothing between them make one stage, and a stage is carried out
piece by piece; a sum over households is one of their phases, to which each piece adds its rows. What depends on what is
what the schedule declares: no phase overtakes one that writes what it reads or writes, or reads what it writes, and
within a stage phases depend on each other by columns of households alone; so the numbers are those of the schedule's
own order, to the bit.
"""

from collections.abc import Callable, Sequence

import numpy as np

from villagesim.engine.exchange import PARTS
from villagesim.engine.phases import Exchange, Phase, RowPhase, columns_of, fills, reads

TOGETHER = "households"


def waits_for(phases: Sequence[Phase]) -> list[set[int]]:
    """For each phase, the earlier ones (by place in the list) that must be over before it begins."""
    between = _between(phases)
    return [{before for before in range(place) if between(before, place)} for place in range(len(phases))]


def stages(phases: Sequence[Phase]) -> list[list[Phase]]:
    """The phases cut into stages: several phases of households, or one other phase."""
    waits, left, done, found = waits_for(phases), list(range(len(phases))), set(), []
    together, between = [_together(phase) for phase in phases], _between(phases)
    # Of what a phase waits for, what must be over for all households before it begins with the first.
    apart = [{before for before in some
              if not (together[before] and together[place] and all(map(_own, between(before, place))))}
             for place, some in enumerate(waits)]

    def take(these: bool) -> list[int]:
        """The phases left of this kind that wait for nothing but what is done, or may be taken with them."""
        taken: list[int] = []
        for place in left:
            if (together[place] == these and waits[place] <= done.union(taken)
                    and not (these and apart[place].intersection(taken))):
                taken.append(place)
        left[:] = [place for place in left if place not in taken]
        done.update(taken)
        return taken

    while left:
        found += [[place] for place in take(False)]
        shared = take(True)
        found += [shared] if shared else []
    return [[phases[place] for place in stage] for stage in _in_company(found, phases, waits, apart)]


def gathers(phase: Phase) -> bool:
    """Whether the phase is a sum over households, which each piece may add to."""
    return isinstance(phase, Exchange) and phase.function in PARTS and all(map(_own, phase.columns[phase.fills:]))


def _own(address: str) -> bool:
    return address.startswith(f"{TOGETHER}.")


def _together(phase: Phase) -> bool:
    return gathers(phase) or (isinstance(phase, RowPhase) and phase.table == TOGETHER)


def _between(phases: Sequence[Phase]) -> Callable[[int, int], frozenset[str]]:
    """between(one, other): the columns by which it matters which of two phases comes first."""
    read, filled = [reads(phase) for phase in phases], [fills(phase) for phase in phases]
    return lambda one, other: filled[one] & (read[other] | filled[other]) | read[one] & filled[other]


def _in_company(found: list[list[int]], phases: Sequence[Phase], waits: Sequence[set[int]],
                apart: Sequence[set[int]]) -> list[list[int]]:
    """The stages, with each phase of households put off to where the others touch most of its columns.

    As early as it may run, a phase brings columns into the cache that a later stage needs again. It is put off no
    further than what waits for it allows; inside a stage the schedule's order holds.
    """
    where = {place: number for number, stage in enumerate(found) for place in stage}
    shared = [number for number, stage in enumerate(found) if _together(phases[stage[0]])]

    def company(place: int, number: int) -> tuple[int, int]:
        """Bytes of the phase's columns that the others of a stage touch too, and how many phases they are."""
        others = [phases[other] for other, at in where.items() if at == number and other != place]
        return _in_common(phases[place], others), len(others)

    for place in sorted(where, reverse=True):
        if _together(phases[place]):
            latest = min((where[after] - (place in apart[after]) for after in where if place in waits[after]),
                         default=len(found))
            open_to = [number for number in shared if where[place] <= number <= latest]
            where[place] = max(open_to, key=lambda number: company(place, number))
    placed = [sorted(place for place, at in where.items() if at == number) for number in range(len(found))]
    return [stage for stage in placed if stage]


def _in_common(phase: Phase, others: Sequence[Phase]) -> int:
    """Bytes a household of the phase's columns that the others read or write too."""
    touched = frozenset().union(*(reads(other) | fills(other) for other in others))
    own = [address.split(".") for address in (reads(phase) | fills(phase)) & touched]
    return sum(np.dtype(columns_of(table)[column]).itemsize for table, column in own if table == TOGETHER)
