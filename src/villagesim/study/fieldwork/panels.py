"""Panels of simulated counties, some under a programme from a year of their own: data for difference-in-differences."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from villagesim import engine
from villagesim.draws import replicate_seed
from villagesim.outcomes import FEN_PER_YUAN
from villagesim.scenario import Scenario, changed
from villagesim.tables import World

YEAR = 12


def county_years(scenario: Scenario, seed: int) -> np.ndarray:
    """Net income of the county's households [yuan/household/year], float64 (years,), after spin-up."""
    months: list[float] = []

    def observe(month: int, world: World) -> None:
        if month >= 0:
            months.append(world.households.income.sum() / len(world.households.income) / FEN_PER_YUAN)

    engine.run(scenario, seed, observe=observe)
    return np.array(months).reshape(-1, YEAR).sum(axis=1)


def delayed(scenario: Scenario, months: int) -> Scenario:
    """The programme begun so many months later: every lever's start and end moved."""
    moved = {}
    for name, setting in scenario.levers.items():
        moved[f"levers.{name}.start"] = setting.start + months
        if setting.end is not None:
            moved[f"levers.{name}.end"] = setting.end + months
    return changed(scenario, moved)


def staggered(base: Scenario, programme: Scenario, counties: int, starts: Sequence[int], years: int,
              seed: int) -> pd.DataFrame:
    """Counties of the same kind over years: half never under the programme, the others from one of `starts` [year].

    A row a county and year, as `differences` takes it: units and clusters are counties, times years, the outcome the
    log of mean household income.
    """
    rows = []
    for county in range(counties):
        start = starts[county // 2 % len(starts)] if county % 2 else None
        scenario = base if start is None else delayed(programme, YEAR * start)
        income = county_years(changed(scenario, {"run.months": YEAR * years}), replicate_seed(seed, county))
        rows += [(county, county, year, np.nan if start is None else start, float(start is not None and year >= start),
                  float(np.log(income[year]))) for year in range(years)]
    return pd.DataFrame(rows, columns=["unit", "cluster", "time", "start", "treated", "outcome"])
