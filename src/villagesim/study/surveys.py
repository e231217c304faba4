"""A survey of simulated households, as a field team would make it: waves, a sample, and answers with noise."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from villagesim import engine
from villagesim.outcomes import FEN_PER_YUAN, FLOW_MONTHS
from villagesim.scenario import Scenario, changed
from villagesim.tables import World

# Told apart from all other streams of numpy's generator that start from a study's seed.
STREAM = 7_401
# What a questionnaire asks for by name; income and online income are of the last twelve months [yuan].
TRAITS = ("village", "age", "schooling", "size", "returnee", "woman_led", "elder_led", "output", "remote")
COLUMNS = (*TRAITS, "household", "wave", "sells", "away", "income", "online_income", "trained", "rank", "route")


def households(scenario: Scenario, seed: int, waves: Sequence[int]) -> pd.DataFrame:
    """Every household at the end of each of the months `waves` (below 0: spin-up), as COLUMNS.

    rank: its village's place in the order in which a programme reaches villages (a lever reaches those below it).
    route: whether a parcel route serves its village.
    """
    recent: dict[str, list[np.ndarray]] = {"income": [], "online_income": []}
    found: list[pd.DataFrame] = []

    def observe(month: int, world: World) -> None:
        for name, kept in recent.items():
            kept.append(getattr(world.households, name).copy())
            del kept[:-FLOW_MONTHS]
        if month in waves:
            found.append(_wave(month, world, {name: sum(kept) / FEN_PER_YUAN for name, kept in recent.items()}))

    # Nothing after the last wave is asked for.
    engine.run(changed(scenario, {"run.months": max(*waves, 0) + 1}), seed, observe=observe)
    return pd.concat(found, ignore_index=True)


def sampled(table: pd.DataFrame, a_village: int, noise: float, rng: np.random.Generator) -> pd.DataFrame:
    """So many households of every village, the same in all waves; income answered with log-normal noise (sd of log)."""
    first = table[table["wave"] == table["wave"].min()]
    order = first.assign(draw=rng.random(len(first))).sort_values(["village", "draw"])
    chosen = order.groupby("village").head(a_village)["household"]
    kept = table[table["household"].isin(chosen)].copy()
    kept["income"] *= np.exp(noise * rng.standard_normal(len(kept)))
    return kept


def _wave(month: int, world: World, money: dict[str, np.ndarray]) -> pd.DataFrame:
    people, villages = world.households, world.villages
    columns = {name: getattr(people, name).copy() for name in TRAITS}
    columns |= {"household": np.arange(len(people.village)), "wave": month, "sells": people.mode > 0,
                "away": people.away.copy(), "trained": people.trained.copy(), "rank": villages.rank[people.village],
                "route": world.couriers.serving[villages.courier[people.village]] > 0}
    return pd.DataFrame(columns | money)
