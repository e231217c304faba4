"""A survey of simulated households, as a field team would make it: waves, a sample, and answers with noise."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from villagesim import engine
from villagesim.outcomes import FEN_PER_YUAN, FLOW_MONTHS
from villagesim.scenario import Scenario, changed
from villagesim.tables import World
from villagesim.world import programme

# Told apart from all other streams of numpy's generator that start from a study's seed.
STREAM = 7_401
# What a questionnaire asks for by name. Income and online income are of the last twelve months [yuan], and so is what
# is bought, as the village's point or route counts it: parcels that came for a household a month, the village's mean.
TRAITS = ("village", "rank", "age", "schooling", "size", "returnee", "woman_led", "elder_led", "output", "remote")
COLUMNS = (*TRAITS, "household", "wave", "sells", "away", "income", "online_income", "bought", "trained",
           "village_rank", "route", "feasible")


def households(scenario: Scenario, seed: int, waves: Sequence[int],
               later: Sequence[tuple[int, Scenario]] = ()) -> pd.DataFrame:
    """Every household at the end of each of the months `waves` (below 0: spin-up), as COLUMNS.

    later: scenarios under which the county goes on, each with its first month; they differ in their programme alone.
    feasible: sells online, or would gain by it more than it dislikes it.
    rank, village_rank: places of the household in its village, and of the village in the county, in the orders in which
    a programme reaches them. route: whether a parcel route serves its village.
    """
    money: dict[str, list[np.ndarray]] = {"income": [], "online_income": []}
    parcels: list[np.ndarray] = []
    found: list[pd.DataFrame] = []

    def observe(month: int, world: World) -> None:
        for name, kept in money.items():
            kept.append(getattr(world.households, name).copy())
            del kept[:-FLOW_MONTHS]
        parcels.append(world.villages.parcels_in / np.maximum(world.villages.households, 1))
        del parcels[:-FLOW_MONTHS]
        if month in waves:
            flows = {name: sum(kept) / FEN_PER_YUAN for name, kept in money.items()}
            bought = np.mean(parcels, axis=0)[world.households.village]
            found.append(_wave(month, world, flows | {"bought": bought}))

    # Nothing after the last wave is asked for.
    last = max(*waves, 0) + 1
    world, month = None, -int(scenario.run.spin_up)
    for now, end in zip((scenario, *(one for _, one in later)), (*(first for first, _ in later), last), strict=True):
        if world is not None:
            programme.start(world, now)
        world = engine.run(changed(now, {"run.months": end}), seed, observe=observe, world=world,
                           first=month + int(now.run.spin_up))
        month = end
    return pd.concat(found, ignore_index=True)


def sampled(table: pd.DataFrame, a_village: int, noise: float, rng: np.random.Generator) -> pd.DataFrame:
    """So many households of every village, the same in all waves; income answered with log-normal noise (sd of log)."""
    first = table[table["wave"] == table["wave"].min()]
    order = first.assign(draw=rng.random(len(first))).sort_values(["village", "draw"])
    chosen = order.groupby("village").head(a_village)["household"]
    kept = table[table["household"].isin(chosen)].copy()
    kept["income"] *= np.exp(noise * rng.standard_normal(len(kept)))
    return kept


def _wave(month: int, world: World, flows: dict[str, np.ndarray]) -> pd.DataFrame:
    people, villages = world.households, world.villages
    columns = {name: getattr(people, name).copy() for name in TRAITS}
    columns |= {"household": np.arange(len(people.village)), "wave": month, "sells": people.mode > 0,
                "away": people.away.copy(), "trained": people.trained.copy(),
                "village_rank": villages.rank[people.village], "feasible": people.feasible > 0,
                "route": world.couriers.serving[villages.courier[people.village]] > 0}
    return pd.DataFrame(columns | flows)
