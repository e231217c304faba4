"""How uncertain a scenario's outcomes are by what is not known of the model, and how much by the luck of one run.

The replicates under the usual values tell luck. As many runs again, each under a member of the shipped ensemble and a
replicate's seed, differ by luck and by parameters: variances of independent sources add, so what they differ by beyond
the replicates is the parameters'.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from villagesim import evidence
from villagesim.draws import replicate_seed
from villagesim.results import LEVEL, Run, final
from villagesim.scenario import Scenario, assigned
from villagesim.study import ensembles, runner

# Fewer replicates say too little of luck to be taken off.
LEAST = 5


def under(scenario: Scenario, count: int) -> list[Scenario]:
    """The scenario under `count` members of the shipped ensemble in turn; a key that its file sets keeps its value.

    Raises ValueError, one line, where no ensemble is shipped.
    """
    rows = evidence.ensemble().rows
    own = ensembles.set_in(scenario.path) if scenario.path else frozenset()
    return [_member(scenario, place, {key: value for key, value in rows[place % len(rows)].items() if key not in own})
            for place in range(count)]


def _member(scenario: Scenario, place: int, values: dict[str, float]) -> Scenario:
    """One member, under the seed of the replicate of that number."""
    one = assigned(scenario, values) if values else scenario
    return replace(one, name=f"{scenario.name} member {place}",
                   run=one.run._replace(seed=replicate_seed(scenario.run.seed, place)))


def varied(members: Sequence[Scenario], folder: Path, progress: runner.Progress | None = None) -> list[Run]:
    """One run of each member, kept in the folder. Raises as `runner.replicate`."""
    found = runner.replicate(members, 1, "core", None, folder, progress)
    return [found[one.name][0] for one in members]


def apart(replicates: np.ndarray, members: np.ndarray) -> tuple[float, float]:
    """Standard deviations of an outcome by luck and by parameters: of runs under usual values (n,) and members (m,).

    Luck is taken to be as large under a member as under the usual values; parameters have 0 where members do not differ
    by more, and so can't be told from luck. Runs without the outcome are left out; NaN where fewer than two have it.

    >>> apart(np.array([1.0, 2.0, 3.0]), np.array([0.0, 2.0, 4.0]))[0]
    1.0
    """
    replicates, members = (some[np.isfinite(some)] for some in (replicates, members))
    if min(len(replicates), len(members)) < 2:
        return float("nan"), float("nan")
    luck, whole = float(np.var(replicates, ddof=1)), float(np.var(members, ddof=1))
    return float(np.sqrt(luck)), float(np.sqrt(max(whole - luck, 0.0)))


def table(runs: Sequence[Run], members: Sequence[Run]) -> pd.DataFrame:
    """Headline outcomes: outcome; luck_sd and parameter_sd, in the outcome's unit; ensemble_low, ensemble_high.

    The last two hold 95 % of single runs under members' parameters, luck and all, as percentiles.
    """
    usual, varied = (pd.DataFrame([final(run) for run in some]) for some in (runs, members))
    ends = [100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2]
    rows = []
    for name in usual.columns:
        known = varied[name].dropna()
        spread = np.percentile(known, ends) if len(known) else (np.nan, np.nan)
        rows.append((name, *apart(usual[name].to_numpy(), varied[name].to_numpy()), *spread))
    return pd.DataFrame(rows, columns=["outcome", "luck_sd", "parameter_sd", "ensemble_low", "ensemble_high"])
