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
from villagesim.levers import LEVERS
from villagesim.mechanisms import Parameters
from villagesim.mechanisms.accounts import FLOWS
from villagesim.outcomes import OUTCOMES, looks_back
from villagesim.recorder import Recorder
from villagesim.scenario import assigned, changed, load
from villagesim.scenario_sections import fields_of, lever_fields
from villagesim.settings import MIX, CountySettings, OutsideSettings, WorldSettings
from villagesim.study.measure import TABLES, Measure, value

# The outcome differs by at least so much of its level.
VISIBLE = 0.02
COUNTY = {"world.villages": 10, "world.townships": 2, "world.households": 120, "run.spin_up": 24, "run.months": 60}
# Over the last three years: what happens now and then must have time to happen.
MEASURES = [Measure(outcome.name, ("all",), (24, 60)) for outcome in OUTCOMES if not looks_back(outcome.name)]
# In this order: the widest programme first, so that most numbers need one scenario.
ORDER = ("integrated", "baseline", "village_mountain", "workforce_only", "policy_only", "training_only",
         "logistics_only", "contractors", "urban_template", "fund_cut", "cash", "village_plain", "other_forms",
         "job_brokers", "hub_first")
# Few people hold a post in a small county: who they are is luck, so more than one county is looked at.
SEEDS = (3, 4, 5)
KINDS = {f"parameters.{name}": kind for name, kind in Parameters.__annotations__.items()} | {
    "outside": OutsideSettings, "world": WorldSettings}
NUMBERS = {f"{section}.{key}": field.quantity for section, kind in KINDS.items()
           for key, field in fields_of(kind).items() if section != "world" or field.type is float}
# What levers cost, where a scenario uses them, and how workers' hours and the county's money are set.
PRICES = {f"levers.{lever.name}.{key}": quantity for lever in LEVERS if lever.pathway != "shock"
          for key, (_, quantity) in lever_fields(lever).items()
          if key in ("unit_cost", "maintenance", "reach", "within") and quantity.low < quantity.high}
BUDGET = fields_of(CountySettings)["budget"].quantity


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


def furthest(name, quantity, places):
    """The largest visible difference that the number's ends make in these scenarios; stops at the first that shows."""
    most = 0.0
    for seed, place in product(SEEDS, places):
        low, high = (measured(assigned(scenario(place), {name: end}), seed) for end in (quantity.low, quantity.high))
        most = max(most, float(apart(low, high).max()))
        if most >= VISIBLE:
            break
    return most


@pytest.mark.slow
@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_of_the_model_moves_an_outcome_of_a_shipped_scenario(name):
    most = furthest(name, NUMBERS[name], ORDER)
    assert most >= VISIBLE, f"{name} moves no outcome by {VISIBLE:.0%} of its level; the most is {most:.2%}"


@pytest.mark.slow
@pytest.mark.parametrize("name", PRICES)
def test_every_price_and_reach_of_a_lever_moves_an_outcome_where_the_lever_is_used(name):
    places = [place for place in ORDER if name.split(".")[1] in scenario(place).levers]
    most = furthest(name, PRICES[name], places)
    assert most >= VISIBLE, f"{name} moves no outcome by {VISIBLE:.0%} of its level; the most is {most:.2%}"


@pytest.mark.slow
def test_the_budget_and_the_service_mix_move_an_outcome_of_a_shipped_scenario():
    assert furthest("county.budget", BUDGET, ORDER) >= VISIBLE
    for more in MIX:
        all_of_it = {f"county.{name}": float(name == more) for name in MIX}
        base = scenario("integrated")
        gap = apart(measured(base, SEEDS[0]), measured(assigned(base, all_of_it), SEEDS[0])).max()
        assert gap >= VISIBLE, f"{more} moves no outcome; the most is {gap:.2%}"
