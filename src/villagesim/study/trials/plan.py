"""A trial made many times at each size: its effect, how often it is found, and the smallest effect that would be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from villagesim import __version__
from villagesim.draws import replicate_seed
from villagesim.results import write_tables
from villagesim.scenario import digest
from villagesim.sources import sources
from villagesim.study import pool, runner
from villagesim.study.fieldwork import differences, estimates, propensity
from villagesim.study.fieldwork.estimates import Estimate
from villagesim.study.trials.design import (
    GAP,
    INTENTION,
    MATCHING,
    OF_PANELS,
    OUTCOMES,
    STAGGERED,
    WITHIN,
    Trial,
)
from villagesim.study.trials.sample import compared, followed, survey

# Two-sided test at 5 %, found in four trials of five.
LEVEL = 0.05
DETECTED = 1.959963984540054 + 0.8416212335729143
NONE = Estimate(float("nan"), float("nan"), 0)

OF_TABLES: dict[str, Callable[[pd.DataFrame], Estimate]] = {
    INTENTION: estimates.intention_to_treat,
    WITHIN: estimates.ols_village_effects,
    MATCHING: propensity.matching,
    GAP: estimates.naive_gap,
}

# The same for the answers before the start. Intention to treat has these among its controls, and is asked without them;
# matching makes its matches by them, and has no placebo.
PLACEBOS = {INTENTION: estimates.ols, WITHIN: estimates.ols_village_effects, GAP: estimates.naive_gap}

Progress = Callable[[int, int], None]
SIZES = {
    "villages": ("village", "villages of the trial"),
    "trials": ("1", "simulated trials of that size"),
    "effect": ("outcome's unit", "mean estimate over the trials"),
    "low": ("outcome's unit", "lower end of the 95 % interval of that mean"),
    "high": ("outcome's unit", "upper end of the 95 % interval of that mean"),
    "se": ("outcome's unit", "mean standard error that one trial reports"),
    "spread": ("outcome's unit", "standard deviation of the estimates over the trials"),
    "power": ("share", "trials whose 95 % interval leaves out 0"),
    "mde": ("outcome's unit", "effect that four trials of five would find at 5 %"),
    "told": ("1", "trials whose data gave an estimate; the means are over these, the power over all"),
    "placebo": ("outcome's unit", "mean of the same where no effect is due: before the start, or a fake earlier one"),
    "placebo_found": ("share", "trials whose placebo's 95 % interval leaves out 0, of those that have one"),
}
# Difference-in-differences alone.
CHECKED = {
    "pre_trend_found": ("share", "trials whose leads before the start differ from 0 together, at 5 % (F test)"),
    "two_way": ("outcome's unit", "mean estimate by two-way fixed effects; staggered starts bias it"),
}
ROWS = {
    "villages": SIZES["villages"],
    "seed": ("1", "seed of the simulated trial"),
    "estimate": ("outcome's unit", "its estimate"),
    "se": ("outcome's unit", "standard error that it reports"),
    "significant": ("1", "its 95 % interval leaves out 0"),
    "placebo_estimate": ("outcome's unit", "its placebo"),
    "placebo_significant": ("1", "the placebo's 95 % interval leaves out 0"),
    "pre_trend": ("p-value", "chance of leads so far from 0 where nothing comes before the start"),
    "two_way_estimate": ("outcome's unit", "its estimate by two-way fixed effects"),
    "rows": ("1", "rows that the estimate rests on"),
}


class Found(NamedTuple):
    """What the analysts of one trial report; two_way and pre_trend are NaN but for difference-in-differences."""

    estimate: Estimate
    placebo: Estimate
    two_way: Estimate = NONE
    pre_trend: float = float("nan")


class Power(NamedTuple):
    """table: a row a size, columns of SIZES and CHECKED. estimates: a row a trial. about: what they rest on."""

    table: pd.DataFrame
    estimates: pd.DataFrame
    about: dict[str, Any]

    def write(self, folder: str | Path) -> Path:
        """Write both tables as CSV and Parquet, and the first as power.json; return the folder."""
        folder = write_tables(folder, {"power": self.table, "estimates": self.estimates}, self.about,
                              SIZES | CHECKED | ROWS)
        (folder / "power.json").write_text(self.as_json() + "\n", encoding="utf-8")
        return folder

    def as_json(self) -> str:
        """What the trial is, and a row a size, as JSON text; what is no number is null."""
        rows = self.table.astype(object).where(self.table.notna(), None).to_dict("records")
        return json.dumps(self.about | {"sizes": rows}, indent=1, ensure_ascii=False)


class _Task(NamedTuple):
    trial: Trial
    villages: int
    seed: int


def simulate(trial: Trial, villages: int, seed: int) -> Found:
    """One trial's estimate with its checks. The placebo of what is no panel: the same of what was before the start."""
    asked = trial.asked
    told = survey(trial, villages, seed)
    if asked.estimator in OF_PANELS:
        found = differences.differences(followed(asked, told))
        one = found.imputed if asked.estimator == STAGGERED else found.two_way
        return Found(one, found.placebo, found.two_way, found.pre_trend)
    data = compared(asked, told)
    placebo = PLACEBOS.get(asked.estimator, lambda _: NONE)(data.assign(outcome=data["before"]))
    return Found(OF_TABLES[asked.estimator](data), placebo)


def power(trial: Trial, workers: int | None = None, progress: Progress | None = None) -> Power:
    """All sizes, `trials` times each. Raises what the runs raise."""
    asked = trial.asked
    tasks = [_Task(trial, villages, replicate_seed(asked.seed, number))
             for villages in asked.villages for number in range(asked.trials)]
    runner.prepare([trial.arms[0]])
    found = pool.gather(_carry, tasks, workers, progress)
    rows = pd.DataFrame([_row(task, one) for task, one in zip(tasks, found, strict=True)], columns=list(ROWS))
    panel = asked.estimator in OF_PANELS
    about = {"trial": trial.name, "title": asked.title, "outcome": asked.outcome, "unit": OUTCOMES[asked.outcome],
             "estimator": asked.estimator, "assign": asked.assign, "share": asked.share, "starts": list(asked.starts),
             "compliance": asked.compliance._asdict(),
             "waves": list(asked.survey.waves), "a_village": asked.survey.households, "noise": asked.survey.noise,
             "scenarios": {f"{trial.name} {turn}" if turn else trial.name: digest(arm)
                           for turn, arm in enumerate(trial.arms)},
             "version": __version__, "sources": sources(),
             "seeds": [replicate_seed(asked.seed, number) for number in range(asked.trials)]}
    return Power(_table(rows)[[*SIZES, *(CHECKED if panel else ())]], rows, about)


def _row(task: _Task, found: Found) -> tuple:
    one, placebo = found.estimate, found.placebo
    return (task.villages, task.seed, one.value, one.se, one.significant, placebo.value, placebo.significant,
            found.pre_trend, found.two_way.value, one.n)


def _carry(task: _Task) -> Found:
    return simulate(task.trial, task.villages, task.seed)


def _table(rows: pd.DataFrame) -> pd.DataFrame:
    found = []
    for villages, part in rows.groupby("villages"):
        told = part[part["estimate"].notna()]
        one = [Estimate(*row) for row in told[["estimate", "se", "rows"]].to_numpy()]
        whole = estimates.combined(one) if one else NONE
        trend, placebo = part["pre_trend"].dropna(), part[part["placebo_estimate"].notna()]
        found.append((villages, len(part), whole.value, whole.low, whole.high, part["se"].mean(),
                      part["estimate"].std(ddof=1), part["significant"].mean(), DETECTED * part["se"].mean(),
                      len(told), placebo["placebo_estimate"].mean(), placebo["placebo_significant"].mean(),
                      (trend < LEVEL).mean() if len(trend) else np.nan, part["two_way_estimate"].mean()))
    return pd.DataFrame(found, columns=[*SIZES, *CHECKED])
