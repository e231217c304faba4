"""Mixes of levers that no other mix beats, under a yearly budget and a limit on posts, judged on fresh seeds.

The search compares means over replicates that share their luck. What looks best among many was also lucky, so its
front is run again on fresh seeds, and only what no other member then beats is confirmed. Fresh seeds take the lucky out
of a front; what the lucky crowded out they cannot bring back: against that the search needs more replicates.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from villagesim.results import interval, write_tables
from villagesim.scenario import Scenario, ScenarioError, changed
from villagesim.study import uncertainty
from villagesim.study.budgets import budget, pareto
from villagesim.study.budgets.problem import (
    OBJECTIVES,
    Choice,
    Evaluate,
    Objective,
    Planned,
    Problem,
    Progress,
    is_within,
    losses,
    planned_at,
    snapped,
    values_of,
)

__all__ = ["CONFIRMED", "OBJECTIVES", "Choice", "Front", "Objective", "Problem", "beside", "front", "late_gain",
           "mix_of", "planning", "snapped", "under_members", "values_of"]

CONFIRMED, DOMINATED, INFEASIBLE = "confirmed", "dominated on fresh seeds", "infeasible"
LIMITS = ("planned_cost", "workers")
BOOK = {
    "mix": ("1", "number of the mix: confirmed ones first, then by planned cost"),
    "scenario": ("code", "a mix that the search did not find, held against the front"),
    "planned_cost": ("yuan/household/year", "planned cost at the declared prices, mean of the programme's years"),
    "workers": ("post/1000 household", "posts of the plan"),
    "status": ("code", f"{CONFIRMED}: dominated by no mix; {DOMINATED}: not confirmed; {INFEASIBLE}: beyond a limit"),
    "dominated_by": ("1", "number of a mix that is at least as good in all and better in one on fresh seeds; 0: none"),
    "generation": ("1", "generation of the search"),
    "evaluated": ("1", "mixes simulated so far"),
    "members": ("1", "mixes on the front of this generation"),
    "held": ("share", "runs under calibrated parameter sets, one a set, in which no other confirmed mix beats it"),
    "outcome": ("code", "what is wanted of a mix"),
    "unit": ("code", "unit of the row"),
    "sets": ("1", "calibrated parameter sets that the mix was run under, once each"),
    "hypervolume": ("1", "share that the front dominates of the box of outcomes seen, enlarged by a tenth"),
}
OF_OBJECTIVE = {
    "": "mean over fresh replicates",
    "_low": "lower end of the mean's 95 % t interval, not corrected for choosing the mix",
    "_high": "upper end of the mean's 95 % t interval, not corrected for choosing the mix",
    "_search": "mean over the search's replicates",
    "_optimism": "how much better its mean was on the search's seeds; what all mixes share is those seeds' luck",
}


@dataclasses.dataclass(frozen=True)
class Front:
    """mixes: a row a member of the front. convergence: a row a generation. problem: what was asked.

    uncertainty: a row a confirmed mix and outcome, as `under_members` makes it; None where nothing was run under
    calibrated parameters.
    """

    mixes: pd.DataFrame
    convergence: pd.DataFrame
    problem: Problem
    uncertainty: pd.DataFrame | None = None

    def write(self, folder: str | Path, about: Mapping[str, Any], others: pd.DataFrame | None = None) -> Path:
        """Write all that is there, and `beside`'s table as others, as CSV and Parquet; return the folder."""
        asked = {"choices": [choice._asdict() for choice in self.problem.choices], "budget": self.problem.budget,
                 "workers": self.problem.workers, "late_gain": late_gain(self.convergence)}
        tables = {"front": self.mixes, "convergence": self.convergence, "others": others,
                  "uncertainty": self.uncertainty}
        for name in [name for name, table in tables.items() if table is None]:
            # What an earlier search of the same name left says nothing of this one.
            for ending in ("csv", "parquet"):
                Path(folder, f"{name}.{ending}").unlink(missing_ok=True)
        return write_tables(folder, {name: table for name, table in tables.items() if table is not None},
                            {**about, "optimise": asked}, _book(self.problem))


def front(problem: Problem, evaluate: Evaluate, evaluate_fresh: Evaluate, population: int = 40, generations: int = 30,
          seed: int = 1, progress: Progress | None = None) -> Front:
    """The front that the search finds, each member confirmed or not.

    evaluate: asked once a generation, for all its mixes within the limits; those beyond are never simulated.
    evaluate_fresh: asked once, for the members of the last generation's front; its seeds are none of `evaluate`'s.
    progress(done, all): generations. Where no mix within the limits was found the table has one row, the mix nearest to
    them, which is not simulated. Raises ValueError for a problem that cannot be searched, and for outcomes that are
    missing or not finite.
    """
    found = pareto.search(problem, evaluate, population, generations, seed, progress)
    if not len(found.outcomes):
        return Front(_nearest(problem, found.points), found.convergence, problem)
    fresh = pareto.outcomes(problem, evaluate_fresh, found.points)
    return Front(_judged(problem, found, fresh), found.convergence, problem)


def mix_of(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    """The scenario with these values of dotted lever keys, and a county budget that pays its dearest year.

    Raises ScenarioError for a key of no lever, a value outside its range, or a plan dearer than a county may be given.
    """
    for name in values:
        if not name.startswith("levers."):
            raise ScenarioError(f"{scenario.name}: {name} is no part of a mix; allowed: levers.LEVER.KEY")
    return budget.funded(_with(scenario, values))


def planning(scenario: Scenario, names: Sequence[str]) -> Planned:
    """planned(values): cost [yuan/household/year] and posts [post/1000 household] of mixes of the scenario's levers.

    Values (m, k) belong to the dotted keys `names`. Prices and households are those of the county of the seed.
    """
    people = budget.households(scenario)

    def planned(values: np.ndarray) -> np.ndarray:
        mixes = [_with(scenario, dict(zip(names, row, strict=True))) for row in values]
        posts = [mix.levers["posts"].intensity if "posts" in mix.levers else 0.0 for mix in mixes]
        costs = [sum(budget.planned_cost(mix).values()) / people for mix in mixes]
        return np.column_stack([costs, posts])

    return planned


def beside(found: Front, planned: Mapping[str, Sequence[float]], values: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Named mixes held against the front's confirmed ones: a row each, with the front's columns but for the choices.

    planned: cost and workers by name. values: outcomes (replicates, objectives) by name, on the front's fresh seeds.
    """
    problem, names = found.problem, list(values)
    limits = np.array([planned[name] for name in names], dtype=np.float64)
    outcomes = np.stack([values[name] for name in names])
    members = found.mixes[found.mixes["status"] == CONFIRMED]
    theirs = losses(problem, members[[one.name for one in problem.objectives]].to_numpy(np.float64))
    beaten = pareto.dominates(theirs, losses(problem, outcomes.mean(axis=1)))
    by = _first(beaten, members["mix"].to_numpy())
    status = np.where(~is_within(problem, limits), INFEASIBLE, np.where(by > 0, DOMINATED, CONFIRMED))
    return pd.DataFrame({"scenario": names} | _intervals(problem, outcomes) | dict(zip(LIMITS, limits.T, strict=True))
                        | {"status": status, "dominated_by": by})


def under_members(found: Front, fresh: np.ndarray, members: np.ndarray) -> Front:
    """The front with how sure its confirmed mixes are, by luck and by parameters, and in what share of sets they hold.

    fresh: outcomes of these mixes, in their order, on the fresh seeds (mixes, replicates, objectives). members: of one
    run under each calibrated parameter set, whose seed all mixes share (mixes, members, objectives).
    """
    problem, confirmed = found.problem, found.mixes["status"] == CONFIRMED
    of_set = [losses(problem, one) for one in members.swapaxes(0, 1)]
    beaten = np.array([pareto.dominates(one, one).any(axis=0) for one in of_set])
    held = np.full(len(found.mixes), np.nan)
    held[confirmed] = 1.0 - beaten.mean(axis=0)
    rows = [(number, objective.name, objective.unit, members.shape[1],
             *uncertainty.spread(fresh[place, :, at], members[place, :, at]))
            for place, number in enumerate(found.mixes.loc[confirmed, "mix"])
            for at, objective in enumerate(problem.objectives)]
    table = pd.DataFrame(rows, columns=["mix", "outcome", "unit", "sets", *uncertainty.SPREAD])
    return dataclasses.replace(found, mixes=found.mixes.assign(held=held), uncertainty=table)


def late_gain(convergence: pd.DataFrame) -> float:
    """Share of the last hypervolume that the last quarter of the generations added; NaN where nothing was found.

    >>> round(late_gain(pd.DataFrame({"hypervolume": [0.2, 0.5, 0.75, 0.8]})), 4)
    0.0625
    """
    volumes = convergence["hypervolume"].to_numpy()
    late = max(1, len(volumes) // 4)
    before = volumes[-late - 1] if len(volumes) > late else 0.0
    return float(1.0 - before / volumes[-1]) if volumes[-1] > 0 else float("nan")


def _with(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    return changed(scenario, {name: float(value) for name, value in values.items()})


def _judged(problem: Problem, found: pareto.Found, fresh: np.ndarray) -> pd.DataFrame:
    """The table of a front's members; fresh: (n, replicates, objectives)."""
    planned, means = planned_at(problem, found.points), fresh.mean(axis=1)
    better = losses(problem, means) - losses(problem, found.outcomes)
    beaten = pareto.dominates(*[losses(problem, means)] * 2)
    order = np.lexsort((*found.points.T, planned[:, 0], beaten.any(axis=0)))
    numbers = np.argsort(order) + 1
    columns = _choices(problem, found.points) | _intervals(problem, fresh)
    for place, objective in enumerate(problem.objectives):
        columns[f"{objective.name}_search"] = found.outcomes[:, place]
        columns[f"{objective.name}_optimism"] = better[:, place]
    columns |= dict(zip(LIMITS, planned.T, strict=True))
    columns |= {"status": np.where(beaten.any(axis=0), DOMINATED, CONFIRMED),
                "dominated_by": _first(beaten[order], numbers[order])}
    return pd.DataFrame({"mix": numbers} | columns).iloc[order].reset_index(drop=True)


def _nearest(problem: Problem, points: np.ndarray) -> pd.DataFrame:
    """The same table for the one point (1, k) nearest to the limits, where none keeps them."""
    columns = {"mix": [1]} | _choices(problem, points)
    columns |= {f"{objective.name}{end}": [np.nan] for objective in problem.objectives for end in OF_OBJECTIVE}
    columns |= dict(zip(LIMITS, planned_at(problem, points).T, strict=True))
    return pd.DataFrame(columns | {"status": [INFEASIBLE], "dominated_by": [0]})


def _choices(problem: Problem, points: np.ndarray) -> dict[str, np.ndarray]:
    return {choice.name: column
            for choice, column in zip(problem.choices, values_of(problem.choices, points).T, strict=True)}


def _intervals(problem: Problem, outcomes: np.ndarray) -> dict[str, np.ndarray]:
    """Mean, low and high of each objective from outcomes (n, replicates, objectives)."""
    found = {}
    for place, objective in enumerate(problem.objectives):
        ends = interval(outcomes[:, :, place].T)
        found |= {f"{objective.name}{end}": column for end, column in zip(OF_OBJECTIVE, ends, strict=False)}
    return found


def _first(beaten: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """The number of the first row that beats each column of (n, m); 0 where none does."""
    if not len(numbers):
        return np.zeros(beaten.shape[1], dtype=np.int64)
    return np.where(beaten.any(axis=0), numbers[beaten.argmax(axis=0)], 0)


def _book(problem: Problem) -> dict[str, tuple[str, str]]:
    """Unit and meaning of every column."""
    choices = {choice.name: ("unit of the key", "as chosen") for choice in problem.choices}
    wanted = {f"{objective.name}{end}": (objective.unit, says)
              for objective in problem.objectives for end, says in OF_OBJECTIVE.items()}
    return BOOK | uncertainty.SPREAD | choices | wanted
