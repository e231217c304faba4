"""Every number of the model matters: moved across its declared range, it moves what somebody would look at.

A small county, run at each number's lowest and highest allowed value under the same luck, in one shipped scenario after
another until an outcome differs visibly. A number that moves nothing anywhere is either dead or undeclared.
"""

from functools import cache
from itertools import product

import numpy as np
import pytest

from conftest import SCENARIOS
from villagesim.engine import run
from villagesim.mechanisms import Parameters
from villagesim.mechanisms.accounts import FLOWS
from villagesim.mechanisms.choice import LOGIT
from villagesim.mechanisms.influence import AVERAGING
from villagesim.mechanisms.logistics import UNIFORM_TARIFF
from villagesim.outcomes import OUTCOMES, looks_back
from villagesim.recorder import Recorder
from villagesim.scenario import assigned, changed, load
from villagesim.scenario_sections import fields_of
from villagesim.settings import OutsideSettings, WorldSettings
from villagesim.study.measure import TABLES, Measure, value

# The outcome differs by at least so much of its level.
VISIBLE = 0.02
# Numbers of a form, a rule or a shock that no shipped scenario uses are moved where it is in use.
UNDER = {
    "parameters.influence.self_weight": {"parameters.influence.learning": AVERAGING},
    "parameters.influence.flat_trust": {"parameters.influence.acquaintance": 0.5},
    "parameters.choice.entry_scale": {"parameters.choice.entry": LOGIT},
    "parameters.logistics.tariff": {"parameters.logistics.pricing": UNIFORM_TARIFF},
    "parameters.logistics.hub_saves": {"world.hub": 1.0},
    "parameters.logistics.hub_gain": {"world.hub": 1.0, "parameters.logistics.carry": 20.0, "outside.inbound": 20.0},
    "parameters.logistics.haul_closed": {"shocks.road_closure.intensity": 1.0, "shocks.road_closure.start": 12},
    "parameters.logistics.connected_point": {"world.service_point": 1.0, "world.courier": 0.0},
    "parameters.training.popular_most": {"county.targeting": 4},
}
COUNTY = {"world.villages": 10, "world.townships": 2, "world.households": 120, "run.spin_up": 24, "run.months": 60}
# Over the last three years: what happens now and then must have time to happen.
MEASURES = [Measure(outcome.name, ("all",), (24, 60)) for outcome in OUTCOMES if not looks_back(outcome.name)]
# In this order: the widest programme first, so that most numbers need one scenario.
ORDER = ("integrated", "baseline", "village_mountain", "workforce_only", "policy_only", "training_only",
         "logistics_only", "contractors", "urban_template", "fund_cut", "cash", "village_plain")
# Few people hold a post in a small county: who they are is luck, so more than one county is looked at.
SEEDS = (3, 4, 5)
KINDS = {f"parameters.{name}": kind for name, kind in Parameters.__annotations__.items()} | {
    "outside": OutsideSettings, "world": WorldSettings}
NUMBERS = {f"{section}.{key}": field for section, kind in KINDS.items() for key, field in fields_of(kind).items()
           if section != "world" or field.type is float}


@cache
def scenario(name):
    found = changed(load(SCENARIOS / f"{name}.toml"), COUNTY)
    # What a shipped scenario does in its sixth year, it does here in its second.
    sooner = {f"shocks.{shock}.start": 24 for shock in found.levers if shock == "fund_cut"}
    return changed(found, sooner)


def measured(chosen, seed):
    recorder = Recorder(FLOWS, 24)
    run(chosen, seed, observe=recorder)
    tables = recorder.frames(TABLES)
    return np.array([value(tables, measure) for measure in MEASURES])


def apart(low, high):
    """How far each outcome lies apart, as a share of its level; what only one of them has counts as apart."""
    level = np.maximum(np.abs(low), np.abs(high))
    gap = np.divide(np.abs(high - low), level, out=np.zeros_like(level), where=level > 0)
    return np.where(np.isnan(low) != np.isnan(high), 1.0, np.nan_to_num(gap))


@pytest.mark.slow
@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_of_the_model_moves_an_outcome_of_a_shipped_scenario(name):
    quantity = NUMBERS[name].quantity
    most = 0.0
    for seed, place in product(SEEDS, ORDER):
        base = assigned(scenario(place), UNDER.get(name, {}))
        low, high = (measured(assigned(base, {name: end}), seed) for end in (quantity.low, quantity.high))
        most = max(most, float(apart(low, high).max()))
        if most >= VISIBLE:
            return
    pytest.fail(f"{name} moves no outcome by {VISIBLE:.0%} of its level; the most is {most:.2%}")
