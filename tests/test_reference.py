"""The Mesa engine as Mesa users meet it: agents, AgentSets, attributes that are Python numbers."""

import numpy as np
import pytest
from mesa.agent import AgentSet

from fingerprints import of_world
from villagesim.engine import run
from villagesim.engine.reference import CountyModel, Courier, FarmerHousehold, Middleman, SocialWorker
from villagesim.scenario import changed
from villagesim.world import build


@pytest.fixture
def model(small_county):
    scenario = small_county("integrated")
    return CountyModel(build(scenario, 4), scenario.parameters, 4)


def test_farmers_workers_middlemen_and_couriers_are_mesa_agents(model):
    sets = (model.farmers, model.social_workers, model.middlemen, model.couriers)
    for agents, kind in zip(sets, (FarmerHousehold, SocialWorker, Middleman, Courier), strict=True):
        assert isinstance(agents, AgentSet)
        assert all(type(agent) is kind for agent in agents)
    assert len(model.farmers) == len(model.world.households.size)


def test_agents_are_views_of_rows_and_give_python_numbers(model):
    farmer = next(iter(model.farmers))
    assert type(farmer.output) is float
    assert type(farmer.size) is int
    model.world.households.savings[0] = 12345
    assert farmer.savings == 12345
    farmer.savings = 54321
    assert model.world.households.savings[0] == 54321


def test_an_agentset_selects_groups_and_aggregates(model):
    women = model.farmers.select(lambda farmer: farmer.woman_led == 1)
    assert len(women) == int(model.world.households.woman_led.sum())
    assert model.farmers.agg("output", sum) == pytest.approx(model.world.households.output.sum())
    assert len(model.farmers.groupby("village")) == len(model.world.villages.township)


def test_a_farmers_neighbours_are_those_it_listens_to(model):
    farmer = list(model.farmers)[5]
    ties = model.world.ties
    expected = ties.speaker[ties.listener == 5]
    assert [neighbour.row for neighbour in model.neighbours(farmer)] == list(expected)


def test_the_ties_are_looked_through_once_however_often_neighbours_are_asked_for(model):
    asked = [model.neighbours(farmer) for farmer in model.farmers for _ in range(2)]
    assert sum(map(len, asked)) == 2 * len(model.world.ties.speaker)
    assert model.neighbours(next(iter(model.farmers))) is not model.neighbours(next(iter(model.farmers)))
    model.views["ties"] = None
    assert model.neighbours(next(iter(model.farmers))) == asked[0]


def test_a_phase_by_phase_month_moves_the_tables(model):
    before = model.world.households.belief_mean.copy()
    model.step_month(0)
    assert not np.array_equal(before, model.world.households.belief_mean)


def test_a_step_is_the_month_that_a_run_lives_with_its_calendar_and_its_programme(small_county):
    scenario = changed(small_county("integrated"), {"run.spin_up": 2, "run.months": 2})
    lived = []
    run(scenario, 4, "reference", lambda month, world: lived.append(of_world(world)))
    model, stepped = CountyModel.of(scenario, 4), []
    while model.running:
        model.step()
        stepped.append(of_world(model.world))
    assert stepped == lived
    assert (model.steps, model.month) == (4, 3)
    assert model.world.county.month[0] == 3
    with pytest.raises(RuntimeError, match="has 4 months"):
        model.step()


def test_mesas_run_model_carries_a_county_to_its_last_month(small_county):
    scenario = changed(small_county("baseline"), {"run.spin_up": 0, "run.months": 2})
    model = CountyModel.of(scenario, 4)
    model.run_model()
    assert (model.steps, model.running) == (2, False)


def test_a_county_without_a_scenario_does_not_step_under_a_calendar_that_stands_still(model):
    with pytest.raises(RuntimeError, match=r"CountyModel\.of"):
        model.step()
