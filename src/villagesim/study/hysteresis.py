"""Hysteresis: one county from low and from high adoption under the same scenario, and whether the two meet again.

All starts live the same months with the same luck. In the months before, the low start has no programme, and a high
start has another scenario's levers (the push) for so many months up to month 0, where they end. From month 0 on all
live under the scenario. What differs then is what the push left: sellers, skills, trust, brand, works that wear.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from villagesim.levers import BY_NAME
from villagesim.outcomes import OUTCOME
from villagesim.results import Run, interval, write_tables, year_mean
from villagesim.scenario import Scenario, ScenarioError, changed
from villagesim.settings import WORDS
from villagesim.study import runner, uncertainty
from villagesim.study.budgets import budget
from villagesim.study.calibration import ensembles
from villagesim.study.compare import about, monthly
from villagesim.study.gains import LEAST
from villagesim.study.paired import ratio

LOW = "low"
# Months after the push at which the gap is told.
TOLD = (12, 60, 120)
# What is followed: outcome, and whether as the mean of twelve months, which takes out the season.
FOLLOWED = {
    "adoption": False, "online_share": True, "income_mean": True, "jobs_rate": True, "skill_operation": False,
    "trust_online": False, "brand": False, "service_point": False, "route_serving": False,
}
# Chance of calling two starts the same that lie the smallest gap that matters apart.
ALPHA = 0.05
RULES = ("targeting", "selection", "carrier")
NEEDED = ("group", "county")
BOOK = {
    "start": ("code", "how the county came to month 0: low, or months of the push before it"),
    "outcome": ("code", "what is measured"),
    "unit": ("code", "unit of the outcome"),
    "month": ("month", "months since the push ended (below 0: before)"),
    "replicates": ("run", "pairs of runs"),
    "low_mean": ("unit of the row", "mean from the low start"),
    "mean": ("unit of the row", "mean from this start"),
    "mean_low": ("unit of the row", "lower end of the mean's 95 % t interval"),
    "mean_high": ("unit of the row", "upper end of the mean's 95 % t interval"),
    "gap": ("unit of the row", "mean paired difference from the low start"),
    "low": ("unit of the row", "lower end of the gap's 95 % t interval"),
    "high": ("unit of the row", "upper end of the gap's 95 % t interval"),
    "least": ("unit of the row", "smallest gap that matters"),
    "p_same": ("1", "p of the two one-sided t tests that the gap is smaller than that, either way"),
    "left": ("share", "share left of the gap in the push's last month"),
    "left_low": ("share", "lower end of its 95 % interval (Fieller)"),
    "left_high": ("share", "upper end of its 95 % interval (Fieller)"),
    **uncertainty.COLUMNS,
}


@dataclass(frozen=True)
class Hysteresis:
    """series: each start's mean and gap by month. gaps: the gap when the push ends and after the months told.
    uncertainty: what luck and what uncertain parameters make of these gaps; empty, and not written, where no runs were
    made under the ensemble."""

    series: pd.DataFrame
    gaps: pd.DataFrame
    uncertainty: pd.DataFrame
    about: dict[str, Any]

    def write(self, folder: str | Path) -> Path:
        """Write each table as CSV and Parquet into the folder; return it."""
        told = {"uncertainty": self.uncertainty} if len(self.uncertainty) else {}
        return write_tables(folder, {"series": self.series, "gaps": self.gaps} | told, self.about, BOOK)


def start_name(months: int) -> str:
    """A start by the length of its push.

    >>> start_name(0), start_name(60)
    ('low', '60-month push')
    """
    return f"{months}-month push" if months else LOW


def starts(scenario: Scenario, push: Scenario, lengths: Sequence[int], after: int = max(TOLD)) -> list[Scenario]:
    """The low start and a high one for each length of the push [month], as scenarios over max(lengths) + after months.

    The push gives its levers, but those that begin after its length; county rules that only matter with levers are the
    scenario's, or, where it has no lever, the push's. A lever of both goes on from the push, so both must set it alike.
    Raises ScenarioError.
    """
    before = max(lengths)
    ruled = scenario if _levers(scenario) else push
    rules = {f"county.{key}": _word(ruled, key) for key in RULES}
    bare = changed(scenario, rules | {"county.priority": list(ruled.priority), "run.months": before + after})
    later = {name: _shifted(setting, before) for name, setting in bare.levers.items()}
    made = []
    for length in sorted({0, *lengths}):
        pushed = {name: _pushed(push, name, before - length, before, later) for name in _levers(push)
                  if push.levers[name].start < length}
        named = dataclasses.replace(bare, levers=later | pushed, name=start_name(length),
                                    title=f"{scenario.title}: {start_name(length)}")
        paid = budget.funded(named).county.budget
        made.append(changed(named, {"county.budget": max(paid, scenario.county.budget)}))
    return made


def _levers(scenario: Scenario) -> list[str]:
    return [name for name in scenario.levers if BY_NAME[name].pathway != "shock"]


def _word(scenario: Scenario, key: str) -> str:
    field = next(field for field, (word, _) in WORDS.items() if word == key)
    return WORDS[field][1][getattr(scenario.county, field)]


def _shifted(setting: Any, months: int) -> Any:
    """A lever's setting so many months later."""
    return setting._replace(start=setting.start + months, end=None if setting.end is None else setting.end + months)


def _pushed(push: Scenario, name: str, first: int, last: int, later: Mapping[str, Any]) -> Any:
    """A lever of the push from `first` on, until `last`, or on as the scenario has it."""
    setting = _shifted(push.levers[name], first)
    if name not in later:
        return setting._replace(end=last if setting.end is None else min(setting.end, last))
    own = later[name]
    if (own.intensity, own.reach) != (setting.intensity, setting.reach) or push.levers[name].end is not None:
        raise ScenarioError(f"{push.path}: levers.{name} is in the scenario too, with other numbers; allowed: the same "
                            "intensity and reach, and no end")
    return setting._replace(end=own.end)


def run(scenario: Scenario, push: Scenario, lengths: Sequence[int] = (12, 60), after: int = max(TOLD),
        replicates: int = 20, folder: str | Path | None = None, workers: int | None = None,
        progress: runner.Progress | None = None, members: int = 0) -> Hysteresis:
    """Run all starts under the same seeds, unless the folder keeps them, and compare each with the low one.

    Arguments as of `starts` and `runner.replicate`. members: runs of each start under the shipped ensemble besides, the
    same member and seed in all (`uncertainty`); the budgets stay as under the usual values. Raises ScenarioError,
    Interrupted, RunsFailedError, and ValueError where no ensemble is shipped.
    """
    designed = starts(scenario, push, lengths, after)
    runs = runner.replicate(designed, replicates, "core", workers, folder, progress, NEEDED)
    # Starts keep the path of the scenario, and so what its file sets; the levers are the push's too.
    own = [key for key in (ensembles.set_in(push.path) if push.path else ()) if key.startswith("levers.")]
    varied = uncertainty.varied(designed, members, workers, folder, progress, own) if members else None
    return of_runs(runs, after, {"scenario": scenario.name, "push": push.name}, varied)


def of_runs(runs: dict[str, list[Run]], after: int, said: dict[str, str],
            members: dict[str, list[Run]] | None = None) -> Hysteresis:
    """The tables from runs by start, the low one first; `said` joins what they stand on.

    members: the same starts' runs under the shipped ensemble, if there are any.
    """
    series, gaps = [], []
    for outcome, smooth in FOLLOWED.items():
        months, by_start = _by_start(runs, outcome, smooth, after)
        for name, values in by_start.items():
            apart = values - by_start[LOW]
            series.append(_series(name, outcome, months, values, apart))
            if name != LOW:
                gaps.append(_gaps(name, outcome, months, by_start[LOW], values))
    return Hysteresis(pd.concat(series, ignore_index=True), pd.concat(gaps, ignore_index=True),
                      _uncertainty(runs, members, after) if members else pd.DataFrame(),
                      about(runs) | {"after": after} | said)


def _by_start(runs: Mapping[str, list[Run]], outcome: str, smooth: bool,
              after: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Months (m,), counted from the end of the push, and an outcome by start (n, m)."""
    by_start = {}
    for name, kept in runs.items():
        months, values = monthly(kept, outcome)
        by_start[name] = year_mean(values) if smooth else values
    return months - (int(months.max()) + 1 - after), by_start


def _uncertainty(runs: Mapping[str, list[Run]], members: Mapping[str, list[Run]], after: int) -> pd.DataFrame:
    """A row a start, outcome and month told: the mean gap, and what luck and parameters make of one."""
    rows = []
    for outcome, smooth in FOLLOWED.items():
        months, usual = _by_start(runs, outcome, smooth, after)
        _, varied = _by_start(members, outcome, smooth, after)
        for name in (name for name in usual if name != LOW):
            for told in _told(months):
                here = months == told - 1
                one, two = ((some[name] - some[LOW])[:, here][:, 0] for some in (usual, varied))
                rows.append((name, outcome, OUTCOME[outcome].unit, told, len(one), one.mean(), len(two),
                             *uncertainty.spread(one, two)))
    return pd.DataFrame(rows, columns=["start", "outcome", "unit", "month", "replicates", "gap", *uncertainty.COLUMNS])


def _told(months: np.ndarray) -> list[int]:
    """The months after the push at which gaps are told, those that the runs reach; 0 is the push's last month."""
    return [0, *(month for month in TOLD if month <= months.max() + 1)]


def _series(name: str, outcome: str, months: np.ndarray, values: np.ndarray, apart: np.ndarray) -> pd.DataFrame:
    (mean, *ends), (gap, low, high) = interval(values), interval(apart)
    least = LEAST.get(outcome, float("nan"))
    return pd.DataFrame({"start": name, "outcome": outcome, "unit": OUTCOME[outcome].unit, "month": months,
                         "mean": mean, "mean_low": ends[0], "mean_high": ends[1], "gap": gap, "low": low,
                         "high": high, "least": least, "p_same": same(apart, least)})


def _gaps(name: str, outcome: str, months: np.ndarray, low: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    """The gap in the push's last month (told as month 0) and at the end of so many months after it."""
    first = values[:, months == -1][:, 0] - low[:, months == -1][:, 0]
    rows = []
    for told in _told(months):
        here = months == told - 1
        apart = values[:, here][:, 0] - low[:, here][:, 0]
        rows.append((name, outcome, OUTCOME[outcome].unit, told, len(values), low[:, here].mean(),
                     values[:, here].mean(), *interval(apart), *ratio(apart, first)))
    return pd.DataFrame(rows, columns=["start", "outcome", "unit", "month", "replicates", "low_mean", "mean", "gap",
                                       "low", "high", "left", "left_low", "left_high"])


def same(apart: np.ndarray, least: float) -> np.ndarray:
    """P that gaps (n, months) are within -least to least, (months,): the larger of two one-sided t tests.

    Schuirmann (1987). 1 for fewer than two replicates; a gap without luck is within or not. NaN where no gap is
    declared to matter.
    """
    from scipy.special import stdtr

    n = len(apart)
    if n < 2 or np.isnan(least):
        return np.full(apart.shape[1:], np.nan if np.isnan(least) else 1.0)
    mean, error = apart.mean(axis=0), apart.std(axis=0, ddof=1) / np.sqrt(n)
    inside = least - np.abs(mean)
    t = np.divide(inside, error, out=np.where(inside > 0, np.inf, -np.inf), where=error > 0)
    return stdtr(n - 1, -t)


def meets(series: pd.DataFrame, start: str, outcome: str = "adoption") -> int | None:
    """The first month after the push from which on the gap is told to be smaller than the smallest that matters.

    In every month from there to the end both one-sided tests must pass at ALPHA. None where they don't: then the two
    are apart, or too few runs tell. series: as in `Hysteresis`.
    """
    rows = series[(series["start"] == start) & (series["outcome"] == outcome)].sort_values("month")
    rows = rows[rows["month"] >= 0]
    open_ = ~(rows["p_same"] < ALPHA)
    if not open_.any():
        return 0
    month = int(rows.loc[open_, "month"].iloc[-1]) + 1
    return month if month <= rows["month"].max() else None


def verdict(series: pd.DataFrame, start: str, outcome: str = "adoption") -> str:
    """In words: from when on the two starts are no longer told apart, or what is left between them at the end."""
    rows = series[(series["start"] == start) & (series["outcome"] == outcome)].sort_values("month")
    last, least = rows.iloc[-1], float(rows["least"].iloc[-1])
    met = meets(series, start, outcome)
    limit = f"{100 * least:g} points"
    if met is not None:
        return f"no longer told apart from the low start {met} months after it: the gap stays within {limit}"
    apart = last["low"] > 0 or last["high"] < 0
    ends = "one pair of runs" if np.isnan(last["low"]) else f"{100 * last['low']:.1f} to {100 * last['high']:.1f}"
    return (f"{100 * last['gap']:.1f} points ({ends}) above the low start {int(last['month']) + 1} months after it: "
            + ("the two stay apart" if apart else f"neither told apart nor told to be within {limit}"))
