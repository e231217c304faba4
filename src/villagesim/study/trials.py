"""A field experiment in a simulated county, analysed as a real one: effect, power, smallest effect it would find.

A trial is a TOML file: a scenario, what the treated villages get (`arm`), the share of villages treated, the survey,
and the estimator. Villages are drawn at random; the control villages live on beside them, in the same market.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from villagesim import __version__, levers
from villagesim.draws import replicate_seed
from villagesim.results import write_tables
from villagesim.scenario import Scenario, ScenarioError, changed, digest, load
from villagesim.scenario_text import Place, flat, naming, read
from villagesim.sources import sources
from villagesim.study import estimates, pool, runner, surveys
from villagesim.study.estimates import ESTIMATORS, Estimate

# What can be assigned to a village: levers that are counted by village, seat or household.
BY_VILLAGE = tuple(lever.name for lever in levers.LEVERS if lever.reaches)
OUTCOMES = {"log_income": "log points", "sells": "share", "away": "person", "online_income": "yuan/year"}
OF_TRIALS = ("intention_to_treat", "ols_village_effects")
# Two-sided test at 5 %, found in four trials of five.
DETECTED = 1.959963984540054 + 0.8416212335729143

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
    "imbalance": ("share", "trials whose arms differ before the start, at 5 % (a placebo)"),
}
ROWS = {
    "villages": SIZES["villages"],
    "seed": ("1", "seed of the simulated trial"),
    "estimate": ("outcome's unit", "its estimate"),
    "se": ("outcome's unit", "standard error that it reports"),
    "significant": ("1", "its 95 % interval leaves out 0"),
    "imbalanced": ("1", "its arms differ before the start, at 5 %"),
    "households": ("household", "households asked twice"),
}


class Survey(BaseModel):
    """When households are asked, how many of a village, and how far their answers on income are off."""

    model_config = ConfigDict(extra="forbid")
    month: int = Field(default=12, ge=1, le=240)
    households: int = Field(default=20, ge=2, le=1000)
    noise: float = Field(default=0.2, ge=0, le=2)


class Asked(BaseModel):
    """A trial's file."""

    model_config = ConfigDict(extra="forbid")
    title: str
    question: str = ""
    scenario: str
    set: dict[str, Any] = {}
    arm: dict[str, Any]
    share: float = Field(default=0.5, gt=0, lt=1)
    survey: Survey = Survey()
    outcome: str = "log_income"
    estimator: str = "intention_to_treat"
    villages: list[int] = Field(default=[20, 40, 80], min_length=1)
    trials: int = Field(default=20, ge=2, le=10000)
    seed: int = Field(default=1, ge=0)


@dataclass(frozen=True)
class Trial:
    """A trial that was read and checked. arm: the scenario under which the treated villages get what they get."""

    name: str
    asked: Asked
    arm: Scenario


class Power(NamedTuple):
    """table: a row a size, columns as SIZES says. estimates: a row a simulated trial. about: what they stand on."""

    table: pd.DataFrame
    estimates: pd.DataFrame
    about: dict[str, Any]

    def write(self, folder: str | Path) -> Path:
        """Write both tables as CSV and Parquet; return the folder."""
        return write_tables(folder, {"power": self.table, "estimates": self.estimates}, self.about, SIZES | ROWS)


class _Task(NamedTuple):
    trial: Trial
    villages: int
    seed: int


def read_trial(path: str | Path) -> Trial:
    """The trial in a TOML file. Raises ScenarioError, one line: file, key, what is allowed."""
    path = Path(path)
    try:
        asked = Asked.model_validate(read(path))
    except ValidationError as error:
        first = error.errors()[0]
        raise ScenarioError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    for key, value, known in (("estimator", asked.estimator, OF_TRIALS), ("outcome", asked.outcome, tuple(OUTCOMES))):
        if value not in known:
            raise Place(str(path), key).problem(f'is "{value}"', ", ".join(known))
    given = flat(asked.arm)
    for key in given:
        section, _, name = key.partition(".")
        if section == "levers" and name.split(".")[0] not in BY_VILLAGE:
            raise Place(str(path), f"arm.{key}").problem("reaches the whole county, not some villages",
                                                         "levers." + ", levers.".join(BY_VILLAGE))
    with naming(Place(str(path), "scenario")):
        loaded = load(path.parent / asked.scenario)
    base = changed(loaded, flat(asked.set))
    treated = {key.rsplit(".", 1)[0] for key in given if key.startswith("levers.")}
    arm = changed(base, {"county.selection": "random", **given, **{f"{lever}.reach": asked.share
                                                                       for lever in treated}})
    return Trial(path.stem, asked, changed(arm, {"run.months": asked.survey.month}))


def data_of(trial: Trial, villages: int, seed: int) -> pd.DataFrame:
    """One simulated trial as its analysts get it: a row a household that was asked twice."""
    asked = trial.asked
    scenario = changed(trial.arm, {"world.villages": villages, "world.townships": max(1, villages // 10)})
    waves = (-1, asked.survey.month - 1)
    whole = surveys.households(scenario, seed, waves)
    kept = surveys.sampled(whole, asked.survey.households, asked.survey.noise,
                           np.random.default_rng([surveys.STREAM, seed]))
    kept["log_income"] = np.log(kept["income"].clip(lower=1.0))
    before, after = (kept[kept["wave"] == wave].set_index("household") for wave in waves)
    return after.assign(outcome=after[asked.outcome].astype(float), before=before[asked.outcome].astype(float),
                        route_before=before["route"], treated=(after["rank"] < asked.share).astype(float)).reset_index()


def simulate(trial: Trial, villages: int, seed: int) -> tuple[Estimate, Estimate]:
    """One trial's estimate, and that of the placebo: the outcome before anything began."""
    data = data_of(trial, villages, seed)
    estimate = ESTIMATORS[trial.asked.estimator]
    balance = estimates.difference_of_means(data.assign(outcome=data["before"], sells=data["treated"]))
    return estimate(data), balance


def power(trial: Trial, workers: int | None = None, progress: Progress | None = None) -> Power:
    """All sizes, `trials` times each. Raises what the runs raise."""
    asked = trial.asked
    tasks = [_Task(trial, villages, replicate_seed(asked.seed, number))
             for villages in asked.villages for number in range(asked.trials)]
    runner.prepare([trial.arm])
    found = pool.gather(_carry, tasks, workers, progress)
    rows = pd.DataFrame([_row(task, *pair) for task, pair in zip(tasks, found, strict=True)], columns=list(ROWS))
    about = {"trial": trial.name, "title": asked.title, "outcome": asked.outcome, "unit": OUTCOMES[asked.outcome],
             "estimator": asked.estimator, "scenarios": {trial.name: digest(trial.arm)}, "version": __version__,
             "sources": sources(),
             "month": asked.survey.month, "share": asked.share, "a_village": asked.survey.households,
             "noise": asked.survey.noise,
             "seeds": [replicate_seed(asked.seed, number) for number in range(asked.trials)]}
    return Power(_table(rows), rows, about)


def _row(task: _Task, one: Estimate, placebo: Estimate) -> tuple:
    return task.villages, task.seed, one.value, one.se, one.significant, placebo.significant, one.n


def _carry(task: _Task) -> tuple[Estimate, Estimate]:
    return simulate(task.trial, task.villages, task.seed)


def _table(rows: pd.DataFrame) -> pd.DataFrame:
    found = []
    for villages, part in rows.groupby("villages"):
        whole = estimates.combined([Estimate(*one) for one in part[["estimate", "se", "households"]].to_numpy()])
        found.append((villages, len(part), whole.value, whole.low, whole.high, part["se"].mean(),
                      part["estimate"].std(ddof=1), part["significant"].mean(), DETECTED * part["se"].mean(),
                      part["imbalanced"].mean()))
    return pd.DataFrame(found, columns=list(SIZES))
