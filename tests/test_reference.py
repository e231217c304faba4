"""The Mesa engine as Mesa users meet it: agents, AgentSets, attributes that are Python numbers."""

import numpy as np
import pytest
from mesa.agent import AgentSet

from villagesim.engine.reference import CountyModel, Courier, FarmerHousehold, Middleman, SocialWorker
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


def test_stepping_the_model_moves_the_tables(model):
    before = model.world.households.belief_mean.copy()
    model.step_month(0)
    assert not np.array_equal(before, model.world.households.belief_mean)
