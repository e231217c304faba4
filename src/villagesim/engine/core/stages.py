"""The order in which the core may run the schedule: phases of households together, a piece of the county at a time.

What a household's rules read and write in a month fits a processor's cache for some hundred households, not for a
county. So as many phases of households as depend on nothing between them make one stage, and a stage is carried out
piece by piece. What depends on what is what the schedule declares: no phase overtakes one that writes what it reads or
writes, or reads what it writes; so the numbers are those of the schedule's own order, to the bit.
"""

from collections.abc import Sequence

from villagesim.engine.phases import Phase, RowPhase, fills, reads

TOGETHER = "households"


def waits_for(phases: Sequence[Phase]) -> list[set[int]]:
    """For each phase, the earlier ones (by place in the list) that must be over before it begins."""
    read, filled = [reads(phase) for phase in phases], [fills(phase) for phase in phases]
    return [{
        before for before in range(place)
        if filled[before] & (read[place] | filled[place]) or read[before] & filled[place]
    } for place in range(len(phases))]


def stages(phases: Sequence[Phase]) -> list[list[Phase]]:
    """The phases cut into stages: several phases of households, or one other phase."""
    waits, left, done, found = waits_for(phases), list(range(len(phases))), set(), []

    def take(together: bool) -> list[int]:
        """The phases left of this kind that wait for nothing but what is done, or is taken with them."""
        taken: list[int] = []
        for place in left:
            if _together(phases[place]) == together and waits[place] <= done.union(taken):
                taken.append(place)
        left[:] = [place for place in left if place not in taken]
        done.update(taken)
        return taken

    while left:
        found += [[phases[place]] for place in take(False)]
        shared = take(True)
        found += [[phases[place] for place in shared]] if shared else []
    return found


def _together(phase: Phase) -> bool:
    return isinstance(phase, RowPhase) and phase.table == TOGETHER
