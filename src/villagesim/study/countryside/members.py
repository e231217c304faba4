"""How uncertain a country's outcomes are by what is not known of the model: some counties under each parameter set.

The same counties with the same seeds, under the usual values and under each member of the calibrated ensemble, each at
the price that its pilot finds. What counties of one member differ by from themselves under the usual values is that
member's change, and luck; what a change differs by between counties of a kind is luck at most.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from villagesim.country import Country
from villagesim.scenario import Scenario, assigned
from villagesim.study.countryside import national, tables
from villagesim.study.countryside.national import Countryside, Progress, State
from villagesim.study.countryside.totals import RATIOS
from villagesim.study.uncertainty import ends, values_of

OUTCOMES = tables.SHOWN
PRICE = "price_factor"
BOOK = {
    "outcome": ("code", "outcome of all these counties together, in the last year"),
    "unit": ("code", "unit of the row"),
    "members": ("1", "parameter sets of the calibrated ensemble"),
    "usual": ("unit of the row", "value under the usual values, in the same counties"),
    "luck_sd": ("unit of the row", "standard error, over counties of a kind, of what a set changes: luck at most"),
    "parameter_sd": ("unit of the row", "standard deviation between sets beyond that, at least; 0: not told from it"),
    "ensemble_mean": ("unit of the row", "mean over the sets"),
    "ensemble_low": ("unit of the row", "lower end of 95 % of the sets, as `uncertainty.ends`"),
    "ensemble_high": ("unit of the row", "upper end of the same"),
}


@dataclass(frozen=True)
class Varied:
    """table: a row an outcome, columns as BOOK. counties: that were carried under each of `members` sets."""

    table: pd.DataFrame
    counties: int
    members: int


def varied(scenario: Scenario, country: Country, kinds_folder: Path, counties: int, members: int, folder: str | Path,
           workers: int | None = None, executor: Executor | None = None, progress: Progress | None = None) -> Varied:
    """So many counties of the country under the usual values and under each member; kept in the folder as counties are.

    Raises as `national.run`, and ValueError, one line, where no ensemble is shipped.
    """
    share = min(1.0, counties / country.settings.counties)
    sets = [{}, *values_of(scenario, members)]
    tell = progress or (lambda state: None)
    found: list[Countryside] = []
    for place, values in enumerate(sets):
        stage = f"parameter set {place} of {members}" if place else "usual values, the same counties"
        found.append(national.run(
            assigned(scenario, values) if values else scenario, country, kinds_folder, share, folder, workers, executor,
            lambda state, stage=stage: tell(State(stage, state.done, state.before, state.total)), 1))
    return Varied(table_of(found), len(found[0].counties), members)


def table_of(found: Sequence[Countryside]) -> pd.DataFrame:
    """BOOK of countries of the same counties: the first under the usual values, the others under a member each."""
    made = [tables.tables(one) for one in found]
    wholes = pd.DataFrame([one["country"].iloc[-1] for one in made])[[*OUTCOMES, PRICE]].reset_index(drop=True)
    rows = []
    for name in OUTCOMES:
        by_county = np.array([one["counties"][name] for one in made], np.float64)
        rows.append((name, RATIOS[name].unit, *_spread(wholes[name], _luck(by_county, made[0]["counties"]["kind"]))))
    # A county has no price of its own: its luck is that of all of them together, which can't be told.
    rows.append((PRICE, tables.BOOK[PRICE][0], *_spread(wholes[PRICE], np.nan)))
    return pd.DataFrame(rows, columns=list(BOOK))


def _luck(by_county: np.ndarray, kind: pd.Series) -> float:
    """Variance of a mean over counties of what a set changes, but for what it changes in a kind.

    by_county: (sets + 1, counties), the usual values first.
    """
    changes = pd.DataFrame((by_county[1:] - by_county[0]).T)
    within = changes - changes.groupby(kind.to_numpy()).transform("mean")
    freedom = len(changes) - kind.nunique()
    return float(np.square(within).sum().mean()) / freedom / len(changes) if freedom > 0 else float("nan")


def _spread(values: pd.Series, luck: float) -> tuple[float, ...]:
    """The columns of BOOK after the unit, of an outcome under the usual values and then under each member."""
    usual, others = float(values.iloc[0]), values.iloc[1:]
    beyond = float(np.sqrt(max(float(others.var(ddof=1)) - (0.0 if np.isnan(luck) else luck), 0.0)))
    return (len(others), usual, float(np.sqrt(luck)), beyond, float(others.mean()),
            *ends(others))
