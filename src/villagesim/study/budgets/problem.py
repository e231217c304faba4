"""What a search for a front is asked: what may be chosen, within which limits, and what is wanted of it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from villagesim.outcomes import OUTCOME

# The smallest search: parents are drawn in pairs, from tournaments of two.
LEAST_POPULATION = 4


class Choice(NamedTuple):
    """What the search may set: a dotted scenario key, its range, and the step it moves in (0: any number)."""

    name: str
    low: float
    high: float
    step: float = 0.0


class Objective(NamedTuple):
    """What is wanted: a name, its unit, and whether the most or the least of it."""

    name: str
    unit: str
    most: bool = True


OBJECTIVES = (
    Objective("adoption", OUTCOME["adoption"].unit),
    Objective("income_poor", OUTCOME["income_mean"].unit),
    Objective("public_cost", OUTCOME["public_cost"].unit, most=False),
)
# Unit points (m, k) in [0, 1] to outcomes (m, replicates, objectives), replicate r of every point sharing its luck.
Evaluate = Callable[[np.ndarray], np.ndarray]
# Values of the choices (m, k), in their units, to planned cost and workers (m, 2), without a simulation.
Planned = Callable[[np.ndarray], np.ndarray]
Progress = Callable[[int, int], None]


class Problem(NamedTuple):
    """Which mixes are allowed, and what is wanted of them.

    budget: the most planned cost [yuan/household/year]. workers: the most posts [post/1000 household].
    """

    choices: tuple[Choice, ...]
    planned: Planned
    budget: float
    workers: float
    objectives: tuple[Objective, ...] = OBJECTIVES


def check(problem: Problem, population: int, generations: int) -> None:
    """Raises ValueError, one line, for a problem that cannot be searched."""
    for choice in problem.choices:
        if not (np.isfinite(choice.high - choice.low) and 0 <= choice.step <= choice.high - choice.low > 0):
            raise ValueError(f"{choice.name} runs from {choice.low:g} to {choice.high:g} by {choice.step:g}; allowed: "
                             "a range, and a step within it")
    names = [choice.name for choice in problem.choices]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"the choices are {', '.join(names) or 'none'}; allowed: at least one, each once")
    if not (0 <= problem.budget < np.inf and 0 <= problem.workers < np.inf):
        raise ValueError(f"the limits are {problem.budget:g} yuan/household/year and {problem.workers:g} posts; "
                         "allowed: at least 0")
    if population < LEAST_POPULATION or generations < 1:
        raise ValueError(f"{generations} generations of {population} mixes; allowed: at least 1 of {LEAST_POPULATION}")


def values_of(choices: Sequence[Choice], unit: np.ndarray) -> np.ndarray:
    """Values of the choices (m, k), in their units, at unit points (m, k) in [0, 1]; those with a step lie on it.

    >>> values_of([Choice("levers.posts.intensity", 0, 4, 0.5), Choice("levers.camp.intensity", 2, 4)],
    ...           np.array([[0.3, 0.3]]))
    array([[1. , 2.6]])
    """
    low, high, step = np.array([choice[1:] for choice in choices], dtype=np.float64).T
    stepped = low + np.rint(snapped(choices, unit) * (high - low) / np.where(step, step, 1.0)) * step
    return np.where(step, stepped, low + unit * (high - low))


def snapped(choices: Sequence[Choice], unit: np.ndarray) -> np.ndarray:
    """Unit points (m, k) moved to the nearest step within the range."""
    low, high, step = np.array([choice[1:] for choice in choices], dtype=np.float64).T
    size = np.where(step, step / (high - low), 1.0)
    # The last step of a range that is no whole number of them lies within it; a sum of tenths is a whole number.
    most = np.floor(1.0 / size + 1e-9)
    return np.where(step, np.minimum(np.rint(unit / size), most) * size, unit)


def losses(problem: Problem, values: np.ndarray) -> np.ndarray:
    """Outcomes (..., objectives) turned so that less is better, and back again."""
    return values * np.where([objective.most for objective in problem.objectives], -1.0, 1.0)


def planned_at(problem: Problem, points: np.ndarray) -> np.ndarray:
    """Planned cost and workers (m, 2) at unit points (m, k)."""
    return np.asarray(problem.planned(values_of(problem.choices, points)), dtype=np.float64)


def is_within(problem: Problem, planned: np.ndarray) -> np.ndarray:
    """Whether planned costs and workers (m, 2) keep both limits: shape (m,)."""
    return (excess(problem, planned) <= 0).all(axis=1)


def excess(problem: Problem, planned: np.ndarray) -> np.ndarray:
    """How far plans (m, 2) lie beyond each limit, as a share of it (of 1 where it is 0): allowed is 0 and below."""
    limits = np.array([problem.budget, problem.workers])
    return (planned - limits) / np.where(limits > 0, limits, 1.0)
