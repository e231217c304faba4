"""Equal money in fact: what runs leave unspent of one sum is handed out as cash, until all programmes spend alike.

A plan is spent in full only where every post is held and every champion found. What is left would lapse, and a
programme that can't spend its money would be compared with one that can. So each is run, the money that it left is
added to its cash, and it is run again, under the seeds of the study itself.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from villagesim.levers import BY_NAME
from villagesim.outcomes import FEN_PER_YUAN, FLOW_MONTHS
from villagesim.results import Run
from villagesim.scenario import Scenario
from villagesim.study import runner
from villagesim.study.budgets import budget

# Spending this near to the common sum is equal [share]; rounds of runs that it may take.
TOLERANCE, ROUNDS = 0.01, 4
CUT = "fund_cut"


def public_cost(runs: Sequence[Run]) -> float:
    """Programme money spent from the start on, mean over replicates [yuan/household/year]."""
    return float(np.mean([cost_of(run) for run in runs]))


def cost_of(run: Run) -> float:
    """Programme money that a run spent from the programme's start on [yuan/household/year]."""
    people = run.group[(run.group["group"] == "all") & (run.group["month"] >= 0)]
    money = run.county.loc[run.county["month"] >= 0, "spent"].sum()
    return float(money) / FEN_PER_YUAN * FLOW_MONTHS / float(people["households"].sum())


def is_levelled(scenario: Scenario) -> bool:
    """Whether one sum is asked of it: it has a priced lever, and no shock takes its money away."""
    return CUT not in scenario.levers and any(BY_NAME[name].per != "nothing" for name in scenario.levers)


def level(scenarios: Sequence[Scenario], target: float, replicates: int, engine: str = "core",
          workers: int | None = None, folder: str | Path | None = None,
          progress: runner.Progress | None = None) -> dict[str, Scenario]:
    """The scenarios by name, those of `is_levelled` with the cash that makes each spend `target` [yuan/household/year].

    Where one without any cash spends more than the target (the counties of the replicates are not the seed's), that
    is the target of all. Equal within TOLERANCE, as a mean over the replicates. Raises Interrupted, RunsFailedError.
    """
    found = {scenario.name: scenario for scenario in scenarios}
    open_ = [scenario for scenario in scenarios if is_levelled(scenario)]
    paid: dict[str, float] = {}
    for _ in range(ROUNDS):
        if not open_:
            break
        runs = runner.replicate(open_, replicates, engine, workers, folder, progress, ("group", "county"))
        paid |= {name: public_cost(kept) for name, kept in runs.items()}
        bare = [paid[name] for name in paid if budget.CASH not in found[name].levers]
        target = max(target, *bare) if bare else target
        short = {name: target - paid[name] for name in paid if abs(target - paid[name]) > TOLERANCE * target}
        found |= {name: budget.with_monthly_cash(found[name], gap / budget.MONTHS) for name, gap in short.items()}
        open_ = [found[name] for name in short]
    return found
