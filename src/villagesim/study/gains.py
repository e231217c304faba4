"""Who gains and who loses: paired differences by group of households and by type of village, and how they spread.

A village is compared with itself: the same seed makes the same village under every programme. What it gains is what
happened to it under that luck, not what it could expect: some losers had bad luck that the programme brought about.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from villagesim.outcomes import GROUPS, MEASURE, OUTCOME
from villagesim.results import Run, final, interval, last_months
from villagesim.settings import WorldSettings
from villagesim.world.geography import main_products

# The smallest difference that counts as a gain or a loss, as in paper/claims.toml: one household in a hundred, a tenth
# of a per cent of a household's income, one job in a village of four hundred households.
LEAST = {"adoption": 0.01, "income_mean": 50.0, "jobs_rate": 0.25}
TYPES = {
    "village": ("all",),
    "distance": ("near", "remote"),
    "terrain": ("plain", "hill", "mountain"),
    "product": ("fresh", "dry", "craft"),
}
RUGGED = (MEASURE.hill, MEASURE.mountain)
# What makes two villages one place; `rank` is the programme's.
PLACE = ["township", "households", "distance_town", "distance_county", "terrain", "heritage", "perishable"]
GROUP = "group"
COLUMNS = {
    "by": ("code", "what tells units apart: group, village (all), distance to the county seat, terrain, main product"),
    "type": ("code", "a group, or a type of village: remote is the farther half, terrain goes by thirds of ruggedness"),
    "counties": ("run", "pairs of runs whose county has such households or villages"),
    "units": ("row", "what is told apart: groups, one a county, or villages of all counties"),
    "p10": ("unit of the row", "difference that a tenth of the units stay below"),
    "median": ("unit of the row", "difference of the middle unit"),
    "p90": ("unit of the row", "difference that a tenth of the units exceed"),
    "least": ("unit of the row", "smallest difference that counts as a gain or a loss"),
    "gaining": ("share", "units that gain at least that much"),
    "gaining_low": ("share", "lower end of the 95 % interval"),
    "gaining_high": ("share", "upper end of the 95 % interval"),
    "losing": ("share", "units that lose at least that much"),
    "losing_low": ("share", "lower end of the 95 % interval"),
    "losing_high": ("share", "upper end of the 95 % interval"),
}


class Gains(NamedTuple):
    """Of some units: counties and units counted; the mean difference with its interval; how differences spread; shares.

    Means and shares are of the units of all counties together; intervals are t intervals with counties as clusters (the
    linearised ratio of two county totals, Cochran 1977, chapter 6), those of shares cut at 0 and 1.
    """

    counties: int
    units: int
    difference: float
    low: float
    high: float
    p10: float
    median: float
    p90: float
    gaining: float
    gaining_low: float
    gaining_high: float
    losing: float
    losing_low: float
    losing_high: float


def who(apart: np.ndarray, weight: np.ndarray, county: np.ndarray, least: float) -> Gains:
    """Who gains and loses among units with the paired differences `apart`.

    apart, weight: float64 (n,); county: whole numbers (n,), the replicate of each unit. The mean difference is
    weighted, shares and percentiles count units alike. A unit gains with `least` or more and loses with
    -least or less. Raises ValueError for a least that is not positive, and where there are no units.
    """
    apart, weight = np.asarray(apart, np.float64), np.asarray(weight, np.float64)
    if not least > 0 or not apart.size:
        raise ValueError(f"least is {least} for {apart.size} units; allowed: above 0, and at least one unit")
    _, index = np.unique(county, return_inverse=True)
    units = np.bincount(index)
    mean = _over_counties(np.bincount(index, apart * weight), np.bincount(index, weight))
    shares = [_over_counties(np.bincount(index, found), units) for found in (apart >= least, apart <= -least)]
    return Gains(len(units), apart.size, *mean, *map(float, np.quantile(apart, [0.1, 0.5, 0.9])),
                 *(float(value) for share in shares for value in np.clip(share, 0.0, 1.0)))


def _over_counties(part: np.ndarray, over: np.ndarray) -> tuple[float, float, float]:
    """Total of `part` / total of `over`, (n,) by county, with its linearised t interval."""
    share = part.sum() / over.sum()
    return interval(share + (part - share * over) / over.mean())


def gains(runs: Mapping[str, Sequence[Run]]) -> pd.DataFrame:
    """Each scenario but the first against the first: a row a group or type of village and outcome of LEAST.

    Outcomes are of the last twelve months. Villages are compared where both runs have the same ones; a scenario that
    moves the county itself has rows for groups only. Needs the tables group, village and places.
    """
    base, *others = runs
    found = {name: [_units(run) for run in runs[name]] for name in runs}
    frames = []
    for name in others:
        apart = []
        for number, (before, after) in enumerate(zip(runs[base], runs[name], strict=True)):
            one, two = found[base][number], found[name][number]
            kept = one.index if same_villages(before, after) else one.index[one["by"] == GROUP]
            apart.append(one.loc[kept, ["by", "type", "weight"]].assign(
                county=number, **{outcome: two.loc[kept, outcome] - one.loc[kept, outcome] for outcome in LEAST}))
        frames.append(_rows(name, base, pd.concat(apart, ignore_index=True)))
    return pd.concat(frames, ignore_index=True)


def same_villages(one: Run, other: Run) -> bool:
    """Whether both runs hold the same villages, whatever the programme and its order."""
    return one.places[PLACE].equals(other.places[PLACE])


def village_types(run: Run) -> pd.DataFrame:
    """The types of a run's villages, a row a village: columns distance, terrain and product, as in TYPES.

    The farther half of villages is remote, as for the group of that name. The main product is that of the county's
    settings; what a survey says of households' own products does not change it.
    """
    identity, places = run.manifest["identity"], run.places
    count = len(places)
    far = np.zeros(count, np.int64)
    far[np.argsort(places["distance_county"].to_numpy(), kind="stable")[count - count // 2:]] = 1
    product = main_products(WorldSettings(**identity["resolved"]["world"]), identity["seed"], count)
    codes = {"distance": far, "terrain": np.digitize(places["terrain"], RUGGED), "product": product}
    return pd.DataFrame({by: np.array(TYPES[by])[code] for by, code in codes.items()}, index=places["village"])


def _units(run: Run) -> pd.DataFrame:
    """A row a unit: by, type, weight and the outcomes of LEAST. Each group once, each village under each typology."""
    groups = pd.DataFrame([final(run, group, tuple(LEAST)) for group in GROUPS])
    groups = groups.assign(by=GROUP, type=GROUPS, weight=1.0)
    villages = of_villages(run).assign(weight=run.places.set_index("village")["households"].astype(np.float64))
    types = village_types(run).assign(village="all")
    return pd.concat([groups, *(villages.assign(by=by, type=types[by]) for by in TYPES)], ignore_index=True)


def of_villages(run: Run) -> pd.DataFrame:
    """Outcomes of LEAST over the last twelve months, ratios of the months' totals: a row a village, its index."""
    chosen = [OUTCOME[name] for name in LEAST]
    needed = sorted({column for outcome in chosen for column in (outcome.part, outcome.over)})
    totals = last_months(run.village).groupby("village")[needed].sum()
    over = totals.where(totals > 0)
    return pd.DataFrame({
        outcome.name: outcome.scale * totals[outcome.part] / over[outcome.over] for outcome in chosen
    })


def _rows(name: str, base: str, apart: pd.DataFrame) -> pd.DataFrame:
    """The table's rows of one scenario, from the differences of its units in all counties."""
    rows = []
    for by, types in {GROUP: GROUPS, **TYPES}.items():
        for kind in types:
            for outcome, least in LEAST.items():
                chosen = apart[(apart["by"] == by) & (apart["type"] == kind)].dropna(subset=[outcome])
                if len(chosen):
                    found = who(chosen[outcome], chosen["weight"], chosen["county"], least)
                    rows.append((name, base, by, kind, outcome, OUTCOME[outcome].unit, least, *found))
    return pd.DataFrame(rows, columns=["scenario", "base", "by", "type", "outcome", "unit", "least", *Gains._fields])
