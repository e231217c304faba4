"""A trial under members of the shipped ensemble: what uncertain parameters make of its effect, its power and its size.

Each member has a few trials of each size, fewer than the usual values have: their spread within members is luck, and
what members' means differ by beyond it is the parameters'. Effects are then taken to be normal with that deviation, for
percentiles of ten members reach too little far; power at an effect follows from it, luck, and the errors reported.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from villagesim.draws import replicate_seed
from villagesim.results import LEVEL, write_tables
from villagesim.scenario import assigned
from villagesim.scenario_text import flat
from villagesim.study import pool, runner, uncertainty
from villagesim.study.fieldwork.estimates import NORMAL_95
from villagesim.study.trials.design import Trial
from villagesim.study.trials.plan import DETECTED, Found, simulate

# Members where nothing is said, and a member's share of the trials that the usual values have: together twice as many.
USUAL, SHARE, FEWEST = 10, 5, 2
SIZES = {
    "villages": ("village", "villages of the trial"),
    "members": ("1", "parameter sets of the calibrated ensemble"),
    "trials": ("1", "simulated trials of that size under them"),
    "luck_sd": ("outcome's unit", "standard deviation by luck alone, of one trial's estimate under one member"),
    "parameter_sd": ("outcome's unit", "standard deviation by parameters alone; 0: not told from luck"),
    "ensemble_mean": ("outcome's unit", "mean estimate over the trials under the calibrated ensemble"),
    "ensemble_low": ("outcome's unit", "lower end of 95 % of these trials one by one (`uncertainty.ends`)"),
    "ensemble_high": ("outcome's unit", "upper end of the same"),
    "effect_low": ("outcome's unit", "lower end of 95 % of the effects that parameters make, luck taken off"),
    "effect_high": ("outcome's unit", "upper end of the same"),
    "found": ("share", "trials under the ensemble whose 95 % interval leaves out 0: power on average over parameters"),
    "power_low": ("share", "lower end of 95 % of the power that parameters make, at the effects that they make"),
    "power_high": ("share", "upper end of the same"),
    "mde_low": ("outcome's unit", "lower end of 95 % of members' smallest effect that four of five would find"),
    "mde_high": ("outcome's unit", "upper end of the same"),
}
ROWS = {
    "member": ("1", "member of the ensemble"),
    "seed": ("1", "seed of the simulated trial"),
    "estimate": ("outcome's unit", "its estimate"),
    "se": ("outcome's unit", "standard error that it reports"),
    "significant": ("1", "its 95 % interval leaves out 0"),
}
# A standard normal, at the middles of so many parts of equal chance.
EVENLY = np.array([NormalDist().inv_cdf((place + 0.5) / 400) for place in range(400)])
Progress = Callable[[int, int], None]


class Varied(NamedTuple):
    """table: a row a size, columns of SIZES. estimates: a row a trial under a member. about: what they rest on."""

    table: pd.DataFrame
    estimates: pd.DataFrame
    about: dict[str, Any]

    def write(self, folder: str | Path) -> Path:
        """Write both as uncertainty and members, CSV and Parquet; return the folder."""
        return write_tables(folder, {"uncertainty": self.table, "members": self.estimates}, self.about, SIZES | ROWS)

    def rows(self) -> list[dict[str, Any]]:
        """A row a size, as JSON holds it; what is no number is None."""
        return self.table.astype(object).where(self.table.notna(), None).to_dict("records")


class _Task(NamedTuple):
    trial: Trial
    villages: int
    member: int
    seed: int


def a_member(trials: int) -> int:
    """Trials of each size under one member, of so many under the usual values.

    >>> a_member(20), a_member(6)
    (4, 2)
    """
    return max(FEWEST, trials // SHARE)


def under(trial: Trial, count: int) -> list[Trial]:
    """The trial under `count` members in turn; what its scenario's file, `set` or `arm` say keeps its value.

    Raises ValueError, one line, where no ensemble is shipped.
    """
    said = {**flat(dict(trial.asked.set or {})), **flat(dict(trial.asked.arm))}
    return [replace(trial, arms=tuple(assigned(arm, values) if values else arm for arm in trial.arms))
            for values in uncertainty.values_of(trial.arms[0], count, said)]


def varied(trial: Trial, members: int, workers: int | None = None, progress: Progress | None = None) -> Varied:
    """All sizes under `members` of the shipped ensemble. Raises what the runs raise, and ValueError as `under`.

    Members share the seeds of the usual trials out among them, so that their means differ by luck of their own.
    """
    asked, each = trial.asked, a_member(trial.asked.trials)
    tasks = [_Task(one, villages, member, replicate_seed(asked.seed, (member * each + number) % asked.trials))
             for villages in asked.villages for member, one in enumerate(under(trial, members))
             for number in range(each)]
    runner.prepare([trial.arms[0]])
    found = pool.gather(_carry, tasks, workers, progress)
    rows = pd.DataFrame([(task.villages, task.member, task.seed, one.estimate.value, one.estimate.se,
                          one.estimate.significant) for task, one in zip(tasks, found, strict=True)],
                        columns=["villages", *ROWS])
    return Varied(table_of(rows), rows, {"trial": trial.name, "title": asked.title, "members": members,
                                         "a_member": each})


def table_of(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a size, columns of SIZES, from rows of trials: villages and ROWS."""
    found = []
    for villages, part in rows.groupby("villages"):
        told = part[part["estimate"].notna()]
        by = told.groupby("member")
        luck, parameters = apart([one.to_numpy() for _, one in by["estimate"]])
        errors = by["se"].mean().to_numpy()
        effects = told["estimate"].mean() + parameters * EVENLY
        powers = chance_found(effects, errors.mean() if len(errors) else np.nan, luck)
        effect, power = (np.quantile(some, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) for some in (effects, powers))
        one, mde = uncertainty.ends(told["estimate"]), uncertainty.ends(DETECTED * errors)
        found.append((villages, part["member"].nunique(), len(part), luck, parameters, told["estimate"].mean(), *one,
                      *effect, part["significant"].mean(), *power, *mde))
    return pd.DataFrame(found, columns=list(SIZES))


def apart(groups: list[np.ndarray]) -> tuple[float, float]:
    """Standard deviations by luck, pooled within members, and by parameters, of estimates (n,) a member.

    NaN where no member has two estimates, or fewer than two members have any.

    >>> luck, parameters = apart([np.array([0.0, 2.0]), np.array([6.0, 8.0])])
    >>> round(luck, 3), round(parameters, 3)
    (1.414, 4.123)
    """
    means = np.array([one.mean() for one in groups])
    free = sum(len(one) - 1 for one in groups)
    if len(groups) < 2 or not free:
        return float("nan"), float("nan")
    luck = sum(float(np.square(one - one.mean()).sum()) for one in groups) / free
    whole = float(means.var(ddof=1))
    parameters = max(whole - luck * float(np.mean([1 / len(one) for one in groups])), 0.0)
    return float(np.sqrt(luck)), float(np.sqrt(parameters))


def chance_found(effect: np.ndarray, error: float, spread: float) -> np.ndarray:
    """Chance that an estimate about `effect` (n,), normal with this spread, is over NORMAL_95 errors off 0: (n,)."""
    from scipy.special import ndtr

    if not spread > 0:
        return np.where(np.isnan(effect), np.nan, np.abs(effect) > NORMAL_95 * error)
    return ndtr((effect - NORMAL_95 * error) / spread) + ndtr((-effect - NORMAL_95 * error) / spread)


def _carry(task: _Task) -> Found:
    return simulate(task.trial, task.villages, task.seed)
