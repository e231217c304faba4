"""What is kept of a county: twelve months' totals a year, from which outcomes of any set of counties follow."""

from typing import NamedTuple

import numpy as np

from villagesim import distributions
from villagesim.outcomes import FEN_PER_YUAN, FLOW_MONTHS, OUTCOME
from villagesim.tables import World

# Outcomes of kinds sum, village and county, added up over the households, and over the months of a year.
TOTALS = (
    "households", "persons", "sellers", "sellers_before", "ever_online", "live", "entered", "quit", "jobs", "away",
    "income", "online_income", "wage_income", "orders", "parcels_in", "online_value", "sales_value",
    "spent", "posts_filled", "routes_serving", "traders_active",
)
# What is seen once, after the last month, of the last full year's income.
LAST = ("income_median", "gini", "poverty")
SUPPLY = "supply"
REFERENCE_YEAR = -1


class Ratio(NamedTuple):
    """An outcome as scale x total over total, of any set of counties. households: per so many of the second."""

    unit: str
    meaning: str
    part: str
    over: str
    scale: float


def _shared(name: str) -> Ratio:
    """A ratio as `outcomes` declares it."""
    one = OUTCOME[name]
    return Ratio(one.unit, one.meaning, one.part, one.over, one.scale)


RATIOS = {name: _shared(name) for name in (
    "adoption", "ever", "live_share", "quitting", "online_share", "jobs_rate", "away_share", "income_mean",
    "income_head", "income_online", "income_wage")} | {
    "parcels": Ratio("parcel/household/year", "parcels sent", "orders", "households", FLOW_MONTHS),
    "inbound": Ratio("parcel/household/year", "parcels bought", "parcels_in", "households", FLOW_MONTHS),
    "public_cost": Ratio("yuan/household/year", OUTCOME["public_cost"].meaning, "spent", "households",
                         FLOW_MONTHS / FEN_PER_YUAN),
    "posts_rate": Ratio("post/1000 household", "posts that somebody holds", "posts_filled", "households", 1000.0),
}


def columns(years: int) -> tuple[str, ...]:
    """Names of a county's values in order: each total and the supply by year, from the year before the programme."""
    names = (*TOTALS, SUPPLY)
    return tuple(f"{name}@{year}" for year in range(REFERENCE_YEAR, years) for name in names) + LAST


def month_totals(world: World) -> np.ndarray:
    """TOTALS and the county's supply online [fen at the reference price] in the month just lived, float64.

    Whole numbers but for sales that are counted in yuan, which are rounded to the fen: no order of adding shows.
    """
    found = [float(np.sum(OUTCOME[name].take(world))) for name in TOTALS]
    return np.array([round(value * FEN_PER_YUAN) / FEN_PER_YUAN for value in found]
                    + [float(world.county.online_value[0])])


def last_values(world: World) -> tuple[float, ...]:
    """LAST, of all households of the county."""
    persons = np.maximum(world.households.size, 1).astype(np.int64)
    income = world.households.income_year
    head = income / persons
    order = np.argsort(head, kind="stable")
    spread = distributions.spread(np.sort(income), income[order], persons[order], head[order])
    names = [outcome for outcome in OUTCOME.values() if outcome.kind == "spread"]
    values = dict(zip((outcome.name for outcome in names), spread, strict=True))
    return tuple(values[name] for name in LAST)
