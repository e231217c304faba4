"""Which months scenarios fork at: where several share a past and then part, the past is lived through once."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from villagesim.engine.checkpoint import key_of, past
from villagesim.scenario import Scenario, plan

# A later fork is worth a file only where it saves so many months.
LEAST_SAVED = 6
ANY_SEED = 0

Forks = tuple[int, ...]


def months(scenarios: Mapping[str, Scenario]) -> dict[str, Forks]:
    """By name, the months (counted from the start of spin-up) at which a scenario's past is also another's.

    That is the end of spin-up for all that share county, parameters and outside world; and, among those that differ
    only in what levers do later, the month where their plans part.
    """
    planned = {name: plan(scenario) for name, scenario in scenarios.items()}
    alike: dict[str, list[str]] = {}
    for name, scenario in scenarios.items():
        if scenario.run.spin_up > 0:
            key = key_of(past(scenario, ANY_SEED, int(scenario.run.spin_up), planned[name]))
            alike.setdefault(key, []).append(name)
    found: dict[str, set[int]] = {name: set() for name in scenarios}
    for names in alike.values():
        if len(names) > 1:
            for name in names:
                found[name].add(int(scenarios[name].run.spin_up))
            _later(names, scenarios, planned, found)
    return {name: tuple(sorted(kept)) for name, kept in found.items()}


def _later(names: Sequence[str], scenarios: Mapping[str, Scenario], planned: Mapping[str, np.ndarray],
           found: dict[str, set[int]]) -> None:
    """Add the months at which neighbours in the order of their plans part."""
    ordered = sorted(names, key=lambda name: planned[name].tobytes())
    for one, two in pairwise(ordered):
        month = _parts(planned[one], planned[two])
        start = int(scenarios[one].run.spin_up)
        if month - start < LEAST_SAVED:
            continue
        keys = {key_of(past(scenarios[name], ANY_SEED, month, planned[name])) for name in (one, two)}
        if len(keys) == 1:
            found[one].add(month)
            found[two].add(month)


def _parts(one: np.ndarray, two: np.ndarray) -> int:
    """The first month in which two plans (months, levers) differ; the length of the shorter where they don't."""
    shared = min(len(one), len(two))
    differ = (one[:shared] != two[:shared]).any(axis=1)
    return int(np.argmax(differ)) if differ.any() else shared
