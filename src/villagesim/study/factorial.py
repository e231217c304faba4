"""Synergy: what each of the four pathways adds, and what they add together, from the 2^4 factorial of their mixes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from villagesim.results import Run, final, write_tables
from villagesim.study import games, runner, uncertainty
from villagesim.study.budgets import budget
from villagesim.study.budgets.level import cost_of, level, public_cost
from villagesim.study.budgets.mixes import (
    BUDGETS,
    CARRIERS,
    EQUAL_MONEY,
    EVERYBODY,
    PATHWAYS,
    Cell,
    Mix,
    mix_name,
    money_shares,
    over_parts,
)
from villagesim.study.compare import NEEDED, about

# Keeps the resamples' luck apart from any other use of the study's seed.
STREAM = 0xB007
APART = "social_workers less contractors"
PAID = "public_cost"
PARTS = "parts"


class Measure(NamedTuple):
    """What is measured of a run: its name, the outcome behind it, the unit, a factor to it, or log-odds.

    Over the last twelve months; PAID over the whole programme.
    """

    name: str
    outcome: str
    unit: str
    factor: float = 1.0
    in_log_odds: bool = False


MEASURES = (
    Measure("adoption", "adoption", "percentage points", 100.0),
    Measure("adoption_log_odds", "adoption", "log-odds", in_log_odds=True),
    Measure("income", "income_mean", "yuan/household/year"),
    Measure("jobs", "jobs_rate", "job/100 household"),
    Measure(PAID, "public_cost", "yuan/household/year"),
)
# Kind of index: its weights, and what it says of one pathway and of several.
KINDS = {
    "shapley": (games.shapley_weights, "Shapley value; of several pathways, Grabisch and Roubens' interaction index"),
    "contrast": (games.contrast_weights, "main effect; of several, difference of differences, mean of all backgrounds"),
    "alone": (games.alone_weights, "gain alone; of several, difference of differences with no other pathway on"),
}
TOGETHER = {
    "total": (games.total_weights, "all four less none"),
    "synergy": (games.synergy_weights, "all four less none, less the four gains alone"),
}
SAYS = KINDS | TOGETHER | {
    PARTS: (None, ("all four less the four alone, each weighted by its share of the joint plan's money: together over "
                   "apart for the same sum")),
}
BOOK = {
    "budget": ("code", "equal levers: as the files say; equal money: one yearly sum, as sure in all, rest as cash"),
    "carrier": ("code", "who holds the posts; 'less': the paired difference"),
    "measure": ("code", "what is measured; public_cost over the whole programme, else over the last twelve months"),
    "unit": ("code", "unit of the row"),
    "kind": ("code", "; ".join(f"{kind}: {says}" for kind, (_, says) in SAYS.items())),
    "pathways": ("code", "pathways that the row is about"),
    "replicates": ("run", "replicates; each has the same luck in all mixes"),
    "estimate": ("unit of the row", "mean over replicates"),
    "low": ("unit of the row", "lower end of the 95 % percentile bootstrap interval over replicates"),
    "high": ("unit of the row", "upper end of the 95 % percentile bootstrap interval over replicates"),
    "planned": ("yuan/year", "planned cost of the mix's levers, in the county of the study's seed"),
    "cash": ("yuan/year", "planned cash: what the levers could not use, and what runs left unspent"),
    "asked": ("yuan/year", "what the mix is asked to cost: its plan, or the one sum"),
    "spent": ("yuan/year", "really spent, mean over replicates, for as many households"),
    "factor": ("1", "factor on the mix's quantities"),
    "at_most": ("code", "levers at their declared maximum"),
    "replicate": ("1", "replicate: the same number shares its luck in all mixes"),
    "seed": ("1", "seed of the run"),
    **{measure.name: (measure.unit, "over the last twelve months") for measure in MEASURES},
    PAID: ("yuan/household/year", "programme money really spent, over the whole programme"),
    **uncertainty.COLUMNS,
}


@dataclass(frozen=True)
class Factorial:
    """effects: every index with its interval. mixes: each cell's money and means. values: each run's measures."""

    effects: pd.DataFrame
    mixes: pd.DataFrame
    values: pd.DataFrame
    about: dict[str, Any]

    def write(self, folder: str | Path) -> Path:
        """Write each table as CSV and Parquet into the folder; return it."""
        return write_tables(folder, {"effects": self.effects, "mixes": self.mixes, "values": self.values}, self.about,
                            BOOK)


def run(designed: Mapping[Cell, Mix], replicates: int = 20, folder: str | Path | None = None,
        workers: int | None = None, progress: runner.Progress | None = None, members: int = 0) -> Factorial:
    """Run every cell of `mixes.cells` under the same seeds, unless the folder keeps it, and work out the indices.

    At equal money the mixes are brought to spend alike first (`level`), under the usual values of the parameters.
    members: runs of each cell under the shipped ensemble besides (`uncertainty`). Raises Interrupted, RunsFailedError.
    """
    designed = levelled(designed, replicates, folder, workers, progress)
    scenarios = {mix.scenario.name: mix.scenario for mix in designed.values()}
    runs = runner.replicate(list(scenarios.values()), replicates, "core", workers, folder, progress, NEEDED)
    varied = uncertainty.varied(list(scenarios.values()), members, workers, folder, progress) if members else {}
    return of_runs(designed, runs, varied)


def levelled(designed: Mapping[Cell, Mix], replicates: int, folder: str | Path | None = None,
             workers: int | None = None, progress: runner.Progress | None = None) -> dict[Cell, Mix]:
    """The cells, those at equal money with the cash that makes them spend alike."""
    same = {cell: mix for cell, mix in designed.items() if cell.budget == EQUAL_MONEY}
    first = next(iter(same.values()))
    target = first.asked / budget.households(first.scenario)
    scenarios = {mix.scenario.name: mix.scenario for mix in same.values()}
    found = level(list(scenarios.values()), target, replicates, "core", workers, folder, progress)
    cash = {name: budget.planned_cost(scenario).get(budget.CASH, 0.0) for name, scenario in found.items()}
    return dict(designed) | {
        cell: mix._replace(scenario=found[mix.scenario.name], cash=cash[mix.scenario.name])
        for cell, mix in same.items()}


def of_runs(designed: Mapping[Cell, Mix], runs: dict[str, list[Run]],
            varied: dict[str, list[Run]] | None = None) -> Factorial:
    """The factorial's tables from the runs of its cells, by the names of their scenarios.

    varied: the same cells' runs under the shipped ensemble, if there are any.
    """
    found, other = ({name: _measured(kept) for name, kept in some.items()} for some in (runs, varied or {}))
    first = next(iter(designed.values())).scenario
    # A household's in the replicates' counties, for the households of the seed's county.
    money = {name: public_cost(kept) * budget.households(first) for name, kept in runs.items()}
    seed = first.run.seed
    return Factorial(_effects(designed, found, other, seed), _mixes(designed, found, money),
                     _values(designed, runs, found), about(runs))


def _measured(runs: Sequence[Run]) -> np.ndarray:
    """The measures of replicates, shape (replicates, MEASURES)."""
    names = ["households", *dict.fromkeys(measure.outcome for measure in MEASURES)]
    ends = pd.DataFrame([final(run, names=names) for run in runs]).assign(**{PAID: [cost_of(run) for run in runs]})
    return np.column_stack([
        games.log_odds(ends[measure.outcome].to_numpy(), ends["households"].to_numpy()) if measure.in_log_odds
        else ends[measure.outcome].to_numpy() * measure.factor for measure in MEASURES
    ])


def indices() -> tuple[list[tuple[str, str]], np.ndarray]:
    """Every index as (kind, pathways), and its weights on the sixteen mixes, shape (indices, 16)."""
    k = len(PATHWAYS)
    rows = [((kind, mix_name(chosen)), weights(chosen, k)) for kind, (weights, _) in KINDS.items()
            for chosen in games.sets_of(k)]
    rows += [((kind, mix_name(EVERYBODY)), weights(k)) for kind, (weights, _) in TOGETHER.items()]
    names, weights = zip(*rows, strict=True)
    return list(names), np.array(weights)


def _effects(designed: Mapping[Cell, Mix], found: Mapping[str, np.ndarray], varied: Mapping[str, np.ndarray],
             seed: int) -> pd.DataFrame:
    """A row a budget, carrier, measure and index, and what runs under the ensemble make of it, where there are some.

    All rows share their resamples of the replicates.
    """
    names, _ = indices()
    frames = []
    for budgeted in BUDGETS:
        rows = names + ([(PARTS, mix_name(EVERYBODY))] if budgeted == EQUAL_MONEY else [])
        members = _told(designed, varied, budgeted) if varied else {}
        for carrier, values in _told(designed, found, budgeted).items():
            for place, measure in enumerate(MEASURES):
                rng = np.random.default_rng([STREAM, seed])
                mean, low, high = games.bootstrap(values[:, place], rng)
                frame = pd.DataFrame({
                    "budget": budgeted, "carrier": carrier, "measure": measure.name, "unit": measure.unit,
                    "kind": [kind for kind, _ in rows], "pathways": [pathways for _, pathways in rows],
                    "replicates": len(values), "estimate": mean, "low": low, "high": high,
                })
                if varied:
                    other = members[carrier]
                    frame[list(uncertainty.COLUMNS)] = [
                        (len(other), *uncertainty.spread(values[:, place, index], other[:, place, index]))
                        for index in range(len(rows))]
                frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _told(designed: Mapping[Cell, Mix], found: Mapping[str, np.ndarray], budgeted: str) -> dict[str, np.ndarray]:
    """Every index of each run, by carrier, and of the two carriers' difference: float64 (runs, MEASURES, indices).

    At equal money PARTS is the last of them.
    """
    carriers = list(dict.fromkeys(cell.carrier for cell in designed))
    worths = {carrier: np.stack([found[designed[Cell(budgeted, carrier, pathways)].scenario.name]
                                 for pathways in range(EVERYBODY + 1)], axis=-1) for carrier in carriers}
    weights = indices()[1]
    told = {}
    for carrier, values in worths.items():
        own = weights if budgeted != EQUAL_MONEY else np.vstack([weights, over_parts(money_shares(designed, carrier))])
        told[carrier] = values @ own.T
    if len(carriers) > 1:
        told[APART] = told[CARRIERS[0]] - told[CARRIERS[1]]
    return told


def _mixes(designed: Mapping[Cell, Mix], found: Mapping[str, np.ndarray], money: Mapping[str, float]) -> pd.DataFrame:
    """A row a cell: its money, planned and spent, and the means of the measures."""
    rows = [
        (*cell[:2], mix_name(cell.pathways), mix.planned, mix.cash, mix.asked, money[mix.scenario.name], mix.factor,
         ", ".join(mix.at_most), len(found[mix.scenario.name]), *found[mix.scenario.name].mean(axis=0))
        for cell, mix in designed.items()
    ]
    return pd.DataFrame(rows, columns=["budget", "carrier", "pathways", "planned", "cash", "asked", "spent", "factor",
                                       "at_most", "replicates", *(measure.name for measure in MEASURES)])


def _values(designed: Mapping[Cell, Mix], runs: Mapping[str, list[Run]],
            found: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """A row a cell and replicate: what the indices are worked out from."""
    frames = []
    for cell, mix in designed.items():
        name = mix.scenario.name
        frames.append(pd.DataFrame({
            "budget": cell.budget, "carrier": cell.carrier, "pathways": mix_name(cell.pathways),
            "replicate": np.arange(len(found[name])),
            "seed": [run.manifest["identity"]["seed"] for run in runs[name]],
        } | {measure.name: found[name][:, place] for place, measure in enumerate(MEASURES)}))
    return pd.concat(frames, ignore_index=True)
