"""What is lost of the fresh goods that sellers send: spoiled unsold, or spoiled on the way and refunded."""

import numpy as np

from villagesim import engine
from villagesim.mechanisms.sales import FRESH, lost_on_the_way
from villagesim.outcomes import FLOW_MONTHS
from villagesim.scenario import Scenario, changed
from villagesim.tables import World


def fresh_losses(scenario: Scenario, seed: int, cold_chain: bool) -> float:
    """Share of fresh goods, by value, that are lost between seller and buyer in the scenario's second year [share].

    cold_chain: whether every village has a cold store that works all the time, as where losses with a cold chain are
    counted, or none has. What spoils in the stock of those who send counts. NaN where no fresh goods are sent.
    """
    lost = sent = 0.0
    sales = scenario.parameters.sales
    way = np.vectorize(lambda transit, cold: min(1.0, lost_on_the_way(transit, cold, sales)), otypes=[float])

    def observe(month: int, world: World) -> None:
        nonlocal lost, sent
        world.villages.cold_chain[:] = float(cold_chain)
        if month < FLOW_MONTHS:
            return
        people, villages = world.households, world.villages
        share = way(villages.transit, villages.cold_chain)[people.village]
        fresh = (people.product == FRESH) & (people.sold > 0)
        lost += float((people.online_value * share + people.spoiled)[fresh].sum())
        sent += float((people.online_value + people.spoiled)[fresh].sum())

    engine.run(changed(scenario, {"run.months": 2 * FLOW_MONTHS, "world.cold_chain": float(cold_chain)}), seed,
               observe=observe)
    return lost / sent if sent > 0 else float("nan")
