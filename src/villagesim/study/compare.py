"""Paired comparison: what differs between programmes that meet the same county and the same luck, and what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from villagesim import results
from villagesim.outcomes import EVERY_GROUP, FEN_PER_YUAN, FLOW_MONTHS, HEADLINES, OUTCOME
from villagesim.results import Run, final, interval, write_tables, year_mean
from villagesim.scenario import Scenario
from villagesim.study import gains, persistence, runner, uncertainty, worth
from villagesim.study.paired import paired, ratio

# What a comparison follows over time, and whether as the mean of twelve months, which takes out the season.
FOLLOWED = {"adoption": False, "income_mean": True, "jobs_rate": True, "away_share": True}
BY_GROUP = ("adoption", "income_mean", "jobs_rate")
NEEDED = ("group", "county", "spending")
BY_VILLAGE = ("village", "places")
TABLES = ("outcomes", "groups", "costs", "series", "plane", "acceptability", "gains")

COLUMNS = {
    "scenario": ("code", "scenario that is compared"),
    "base": ("code", "scenario that it is compared with, under the same seeds"),
    "replicates": ("run", "pairs of runs"),
    "outcome": ("code", "what is measured"),
    "unit": ("code", "unit of the outcome"),
    "group": ("code", "group of households, or households by main product or by their village's ruggedness"),
    "month": ("month", "months since the end of spin-up"),
    "base_mean": ("unit of the row", "mean of the base over replicates, last twelve months"),
    "mean": ("unit of the row", "mean over replicates, last twelve months"),
    "difference": ("unit of the row", "mean paired difference from the base"),
    "low": ("unit of the row", "lower end of the 95 % interval"),
    "high": ("unit of the row", "upper end of the 95 % interval"),
    "saved": ("share", "share of the variance of the difference saved by common random numbers"),
    "value": ("unit of the row", "the estimate"),
    **persistence.COLUMNS,
    **worth.COLUMNS,
    **gains.COLUMNS,
    **uncertainty.COLUMNS,
}


@dataclass(frozen=True)
class Comparison:
    """Tables of each scenario against the first one, from the same seeds.

    outcomes: a row a scenario and headline outcome. groups: the same by group, for who gains. costs: what the programme
    costs and what a yuan buys. series: the paired differences over time, as FOLLOWED says. plane, acceptability: cost
    against effect, and which scenario is best at what willingness to pay (`worth`). gains: who gains and who loses, by
    group and by type of village (`gains`). persistence: what is left of a gain when the money has stopped; empty, and
    not written, where no scenario's money is cut. uncertainty: what luck and what uncertain parameters make of a
    difference (`uncertainty.differences`); empty, and not written, where no runs were made under the ensemble.
    """

    outcomes: pd.DataFrame
    groups: pd.DataFrame
    costs: pd.DataFrame
    series: pd.DataFrame
    plane: pd.DataFrame
    acceptability: pd.DataFrame
    gains: pd.DataFrame
    persistence: pd.DataFrame
    uncertainty: pd.DataFrame
    about: dict[str, Any]

    def write(self, folder: str | Path) -> Path:
        """Write each table as CSV and Parquet into the folder; return it."""
        return write_tables(folder, {name: getattr(self, name) for name in self.written}, self.about, COLUMNS)

    @property
    def written(self) -> tuple[str, ...]:
        """The tables that there are."""
        return (*TABLES, *(name for name in ("persistence", "uncertainty") if len(getattr(self, name))))


def compare(scenarios: Sequence[Scenario], replicates: int = 20, engine: str = "core", workers: int | None = None,
            folder: str | Path | None = None, progress: runner.Progress | None = None, members: int = 0) -> Comparison:
    """Each scenario against the first, over the same replicates. With a folder, finished runs are kept there.

    members: runs of each scenario under the shipped ensemble besides, same member and seed in all (`uncertainty`).
    Raises ScenarioError where months differ (see `runner.alike`).
    """
    chosen = runner.alike(scenarios)
    runs = runner.replicate(chosen, replicates, engine, workers, folder, progress, NEEDED + BY_VILLAGE)
    return of_runs(runs, uncertainty.varied(chosen, members, workers, folder, progress) if members else None)


def of_runs(runs: dict[str, list[Run]], members: dict[str, list[Run]] | None = None) -> Comparison:
    """The comparison of stored runs by scenario name, replicate by replicate; the first name is the base.

    members: the same scenarios' runs under the shipped ensemble, if there are any.
    """
    names = list(runs)
    base, *others = names
    finals = {name: pd.DataFrame([final(run) for run in runs[name]]) for name in names}
    costs = pd.concat([_costs(base, runs[base], name, runs[name]) for name in names], ignore_index=True)
    pairs = worth.plane(runs)
    return Comparison(
        outcomes=pd.concat([_outcomes(base, finals[base], name, finals[name]) for name in others], ignore_index=True),
        groups=pd.concat([_by_group(base, runs[base], name, runs[name]) for name in others], ignore_index=True),
        costs=costs,
        series=pd.concat([_series(base, runs[base], name, runs[name]) for name in others], ignore_index=True),
        plane=pairs,
        acceptability=worth.curves(pairs),
        gains=gains.gains(runs),
        persistence=persistence.persistence(runs),
        uncertainty=uncertainty.differences(runs, members) if members else pd.DataFrame(),
        about=about(runs),
    )


def about(runs: dict[str, list[Run]]) -> dict[str, Any]:
    """What a table over many runs stands on: scenarios by digest, seeds, version, sources."""
    first = {name: found[0].manifest["identity"] for name, found in runs.items()}
    some = next(iter(runs))
    return {
        "scenarios": {name: identity["digest"] for name, identity in first.items()},
        "titles": {name: identity["title"] for name, identity in first.items()},
        "seeds": [run.manifest["identity"]["seed"] for run in runs[some]],
        "version": first[some]["version"],
        "sources": first[some]["sources"],
        "months": first[some]["resolved"]["run"]["months"],
    }


def _outcomes(base: str, before: pd.DataFrame, name: str, after: pd.DataFrame) -> pd.DataFrame:
    """A row a headline outcome: means, paired difference, interval, variance saved."""
    rows = []
    for outcome in (outcome for outcome in HEADLINES if outcome in before):
        found = paired(before[outcome], after[outcome])
        rows.append((name, base, len(before), outcome, OUTCOME[outcome].unit, before[outcome].mean(),
                     after[outcome].mean(), *found))
    return pd.DataFrame(rows, columns=["scenario", "base", "replicates", "outcome", "unit", "base_mean", "mean",
                                       "difference", "low", "high", "saved"])


def _by_group(base: str, before: Sequence[Run], name: str, after: Sequence[Run]) -> pd.DataFrame:
    """A row a group and outcome of BY_GROUP: who gains, by group and by what and where a household farms."""
    rows = []
    for group in EVERY_GROUP:
        one = pd.DataFrame([final(run, group, BY_GROUP) for run in before])
        two = pd.DataFrame([final(run, group, BY_GROUP) for run in after])
        for outcome in BY_GROUP:
            found = paired(one[outcome], two[outcome])
            rows.append((name, base, group, outcome, OUTCOME[outcome].unit, one[outcome].mean(), two[outcome].mean(),
                         *found[:3]))
    return pd.DataFrame(rows, columns=["scenario", "base", "group", "outcome", "unit", "base_mean", "mean",
                                       "difference", "low", "high"])


def _since_start(run: Run, table: str) -> pd.DataFrame:
    """A table's months from the end of spin-up on; of the group table, the rows of all households."""
    frame = getattr(run, table)
    frame = frame[frame["month"] >= 0]
    return frame[frame["group"] == "all"] if table == "group" else frame


def _of_run(run: Run) -> dict[str, float]:
    """A run from the programme's start: money, income and shipping [yuan], household-years, parcels; sellers last."""
    people, county = _since_start(run, "group"), _since_start(run, "county")
    return {
        "money": float(county["spent"].sum()) / FEN_PER_YUAN,
        "income": float(people["income"].sum()) / FEN_PER_YUAN,
        "years": float(people["households"].sum()) / FLOW_MONTHS,
        "sellers": float(results.last_months(people)["sellers"].mean()),
        "parcels": float(people["orders"].sum()),
        "shipping": float(people["shipping_paid"].sum()) / FEN_PER_YUAN,
    }


def _costs(base: str, before: Sequence[Run], name: str, after: Sequence[Run]) -> pd.DataFrame:
    """What a scenario costs over the whole run, and, against the base, what its money buys.

    cost_of_parcel: public money for one parcel more. saved_on_parcel: what a sender pays less for one, fee and haulage.
    cost_of_saving: public money for a yuan saved so on the scenario's own parcels.
    """
    one, two = pd.DataFrame(map(_of_run, before)), pd.DataFrame(map(_of_run, after))
    rows = [("public_cost", "yuan/household/year", interval(two["money"] / two["years"]))]
    if name != base:
        more = two - one
        rows += [
            ("extra_public_cost", "yuan/household/year", interval(more["money"] / two["years"])),
            ("income_gained", "yuan/household/year", interval(more["income"] / two["years"])),
            ("sellers_gained", "household", interval(more["sellers"])),
            ("cost_of_seller", "yuan/household", ratio(more["money"], more["sellers"])),
            ("income_of_yuan", "yuan/yuan", ratio(more["income"], more["money"])),
            ("parcels_gained", "parcel/household/year", interval(more["parcels"] / two["years"])),
            ("cost_of_parcel", "yuan/parcel", ratio(more["money"], more["parcels"])),
            ("saved_on_parcel", "yuan/parcel", interval(_a_parcel(one) - _a_parcel(two))),
            ("cost_of_saving", "yuan/yuan", ratio(more["money"], (_a_parcel(one) - _a_parcel(two)) * two["parcels"])),
        ]
    return pd.DataFrame([(name, base, outcome, unit, *found) for outcome, unit, found in rows],
                        columns=["scenario", "base", "outcome", "unit", "value", "low", "high"])


def _a_parcel(found: pd.DataFrame) -> pd.Series:
    """What senders paid for one parcel, fee and haulage, over the whole run [yuan/parcel]; NaN where none was sent."""
    return found["shipping"] / found["parcels"].where(found["parcels"] > 0)


def _series(base: str, before: Sequence[Run], name: str, after: Sequence[Run]) -> pd.DataFrame:
    """Paired differences of FOLLOWED over time."""
    frames = []
    for outcome, smooth in FOLLOWED.items():
        months, one = monthly(before, outcome)
        apart = monthly(after, outcome)[1] - one
        mean, low, high = interval(year_mean(apart) if smooth else apart)
        frames.append(pd.DataFrame({
            "scenario": name, "base": base, "outcome": outcome, "unit": OUTCOME[outcome].unit, "month": months,
            "difference": mean, "low": low, "high": high,
        }))
    return pd.concat(frames, ignore_index=True)


def monthly(runs: Sequence[Run], outcome: str) -> tuple[np.ndarray, np.ndarray]:
    """Months (m,) and an outcome over all households in each replicate and month (n, m)."""
    people = [run.group[run.group["group"] == "all"] for run in runs]
    return people[0]["month"].to_numpy(), np.array([frame[outcome].to_numpy(np.float64) for frame in people])
