"""How uncertain outcomes and their differences are by what is not known of the model, and how much by luck.

The replicates under the usual values tell luck. More runs, each under a member of the shipped ensemble and a
replicate's seed, differ by luck and by parameters: variances of independent sources add, so what they differ by beyond
the replicates is the parameters'. Scenarios that are compared meet the same member and the same seed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from villagesim import evidence
from villagesim.draws import replicate_seed
from villagesim.outcomes import OUTCOME
from villagesim.results import LEVEL, Run, final
from villagesim.scenario import Scenario, assigned
from villagesim.study import runner
from villagesim.study.calibration import ensembles

# Fewer replicates say too little of luck to be taken off, and fewer members too little of parameters.
LEAST = 5
MOST = 100_000
# The least number of draws of which some lie outside the ends of LEVEL.
FEWEST = 40
# What `final` reads of a run.
TABLES = ("group", "county")

SPREAD = {
    "luck_sd": ("unit of the row", "standard deviation by luck alone, of one run or one pair of runs"),
    "parameter_sd": ("unit of the row", "standard deviation by parameters alone; 0: not told from luck"),
    "ensemble_mean": ("unit of the row", "mean over the runs under the calibrated ensemble"),
    "ensemble_low": ("unit of the row", "lower end of 95 % of these runs one by one, luck and all (see `ends`)"),
    "ensemble_high": ("unit of the row", "upper end of the same"),
}
COLUMNS = {"members": ("run", "runs under parameter sets of the calibrated ensemble"), **SPREAD}


def wanted(asked: int | None, replicates: int, engine: str = "core") -> int:
    """How many members to run a scenario under: as asked; else as many as replicates, at most those shipped.

    0 where nothing is asked and luck can't be told: under LEAST replicates, or by the reference engine, which takes a
    minute a run. Raises ValueError, one line, where what is asked can't be had, or no ensemble is shipped.
    """
    if asked == 0:
        return 0
    can = engine == "core" and replicates >= LEAST
    if asked is None:
        return min(replicates, len(evidence.ensemble().rows)) if can else 0
    if not LEAST <= asked <= MOST:
        raise ValueError(f"--ensemble {asked}: is no number of runs that tells anything; allowed: {LEAST} to {MOST}")
    if not can:
        raise ValueError(f"--ensemble {asked}: luck is told from parameters from {LEAST} replicates on, by the core "
                         f"engine; these are {replicates} by {engine}")
    evidence.ensemble()
    return asked


def under(scenario: Scenario, count: int, said: Iterable[str] = ()) -> list[Scenario]:
    """The scenario under `count` members of the shipped ensemble in turn; a key that its file sets keeps its value.

    said: dotted keys that something else than the file has set, which keep theirs too. Raises ValueError, one line,
    where no ensemble is shipped.
    """
    return [_member(scenario, place, values) for place, values in enumerate(values_of(scenario, count, said))]


def values_of(scenario: Scenario, count: int, said: Iterable[str] = ()) -> list[dict[str, float]]:
    """What each of `count` members sets in the scenario, by dotted keys; said and errors as of `under`."""
    rows = evidence.ensemble().rows
    own = frozenset(said) | (ensembles.set_in(scenario.path) if scenario.path else frozenset())
    return [{key: value for key, value in rows[place % len(rows)].items() if key not in own} for place in range(count)]


def _member(scenario: Scenario, place: int, values: dict[str, float]) -> Scenario:
    """One member, under the seed of the replicate of that number."""
    one = assigned(scenario, values) if values else scenario
    return replace(one, name=f"{scenario.name} member {place}",
                   run=one.run._replace(seed=replicate_seed(scenario.run.seed, place)))


def varied(scenarios: Sequence[Scenario], count: int, workers: int | None = None, folder: str | Path | None = None,
           progress: runner.Progress | None = None, said: Iterable[str] = ()) -> dict[str, list[Run]]:
    """One run of each scenario under each of `count` members, by the scenario's name; kept in the folder, if any.

    said: as for `under`. Raises as `runner.replicate`, and ValueError where no ensemble is shipped.
    """
    members = {scenario.name: under(scenario, count, said) for scenario in scenarios}
    found = runner.replicate([one for some in members.values() for one in some], 1, "core", workers, folder, progress,
                             TABLES)
    return {name: [found[one.name][0] for one in some] for name, some in members.items()}


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
    """Headline outcomes: outcome; then, in its unit, SPREAD of the runs under usual values and under members."""
    usual, varied = (pd.DataFrame([final(run) for run in some]) for some in (runs, members))
    return pd.DataFrame([(name, *spread(usual[name], varied[name])) for name in usual.columns],
                        columns=["outcome", *SPREAD])


def differences(runs: Mapping[str, Sequence[Run]], members: Mapping[str, Sequence[Run]]) -> pd.DataFrame:
    """Paired differences of headline outcomes from the first scenario, a row a scenario and outcome.

    runs: replicates by scenario; members: runs under the ensemble by the same names, both in the order of their seeds.
    Columns: scenario, base, outcome, unit, replicates, difference (mean under the usual values), and COLUMNS.
    """
    base, *others = runs
    usual, varied = ({name: pd.DataFrame([final(run) for run in some]) for name, some in kept.items()}
                     for kept in (runs, members))
    rows = []
    for name in others:
        one, two = usual[name] - usual[base], varied[name] - varied[base]
        rows += [(name, base, outcome, OUTCOME[outcome].unit, len(one), one[outcome].mean(), len(two),
                  *spread(one[outcome], two[outcome])) for outcome in one.columns]
    return pd.DataFrame(rows, columns=["scenario", "base", "outcome", "unit", "replicates", "difference", *COLUMNS])


def spread(usual: ArrayLike, varied: ArrayLike) -> tuple[float, ...]:
    """SPREAD of runs, or of differences, under usual values (n,) and under members (m,); what is NaN is left out."""
    usual, varied = pd.Series(usual, dtype=float), pd.Series(varied, dtype=float)
    return *apart(usual.to_numpy(), varied.to_numpy()), float(varied.mean()), *ends(varied)


def ends(values: ArrayLike) -> tuple[float, float]:
    """The ends of 95 % of what such draws as these are of, as few as members are; NaN for none.

    Of n the i-th smallest stands for i / (n + 1), as in `posterior.quantiles`. Of fewer than FEWEST they are the
    outermost, and one draw more lies between them in (n - 1) / (n + 1) of cases: of 21 in 91 %.

    >>> ends([3.0, 1.0, 2.0])
    (1.0, 3.0)
    """
    known = np.asarray(values, float)
    known = known[~np.isnan(known)]
    if not known.size:
        return np.nan, np.nan
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="weibull").tolist()
    return low, high


def within(n: int) -> str:
    """How many of n draws lie between their `ends`, in words: fewer than 40 are too few to leave any out.

    >>> within(39), within(40)
    ('all', '95 %')
    """
    return f"{100 * LEVEL:.0f} %" if n >= FEWEST else "all"
