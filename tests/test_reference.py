"""The Mesa engine as Mesa users meet it: agents, AgentSets, attributes that are Python numbers."""

import numpy as np
import pytest
from mesa.agent import AgentSet

from fingerprints import of_world
from villagesim.draws import Purpose, block, uniform
from villagesim.engine import run
from villagesim.engine.phases import RowPhase, arguments
from villagesim.engine.reference import CountyModel, Courier, FarmerHousehold, Middleman, SocialWorker
from villagesim.engine.reference.rows import BoundPhase, Luck
from villagesim.engine.schedule import SCHEDULE
from villagesim.mechanisms import Parameters
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


def phase_of(name):
    """The one phase of the schedule of this name."""
    (found,) = [phase for phase in SCHEDULE if phase.name == name]
    return found


def bound(model, name):
    """That phase in the model's county, in month 3."""
    model.luck.draw(3)
    return BoundPhase(phase_of(name), model.world, model.views, model.parameters, model.luck)


def test_a_rule_is_given_python_numbers_and_parameters_and_nothing_else(model):
    model.luck.draw(0)
    for phase in SCHEDULE:
        if isinstance(phase, RowPhase):
            seen = BoundPhase(phase, model.world, model.views, model.parameters, model.luck).seen()
            kinds = {type(value) for value in next(seen)}
            assert kinds <= {int, float, *map(type, model.parameters)}, phase.name


def test_every_row_of_every_table_draws_what_it_draws_alone(model):
    """In every purpose that a row phase draws for, and in a month and under a seed that need more than 32 bits."""
    seed, month = 0x1234_5678_9ABC_DEF0, 2**40 + 3
    luck = Luck(seed, SCHEDULE, model.world)
    luck.draw(month)
    asked = {(phase.table, argument.purpose) for phase in SCHEDULE if isinstance(phase, RowPhase)
             for argument in arguments(phase) if argument.kind in ("uniform", "bell")}
    assert {table for table, _ in asked} >= {"county", "households", "workers", "traders", "couriers"}
    for table, purpose in asked:
        rows = range(len(model.by_row[table]))
        together = zip(*(word.tolist() for word in luck.words(table, purpose)), strict=True)
        assert list(together) == [block(seed, month, row, purpose) for row in rows]


def test_an_agent_acts_on_what_it_sees_and_draws_and_writes_its_own_row_alone(model):
    phase = bound(model, "households.gets_phone")
    *_, agent = model.farmers
    model.world.households.phone[:] = 0
    model.world.county.phone_gain[0] = 1.0
    *_, seen = phase.seen()
    assert uniform(4, 3, agent.row, int(Purpose.PHONE)) in seen
    agent.act(phase, seen)
    assert agent.phone == 1
    assert model.world.households.phone.sum() == 1


def test_no_agent_sees_what_another_did_in_the_same_phase(model):
    phase = bound(model, "households.relationship")
    everyone, before = model.by_row["households"], model.world.households.trust_worker.copy()
    place = [argument.column for argument in arguments(phase_of("households.relationship"))].index("trust_worker")
    seen = phase.seen()
    first = next(seen)
    model.world.households.trust_worker[:] = 0.5
    everyone[0].act(phase, first)
    assert [first[place], *(one[place] for one in seen)] == list(before)


def test_a_rule_is_given_its_arguments_in_their_order(model):
    """Own column, the village's column by the household's key, the county's, the draw, the parameters."""
    model.world.villages.norm[:] = np.linspace(0.0, 1.0, len(model.world.villages.norm))
    households, villages = model.world.households, model.world.villages
    seen = list(bound(model, "households.ships_poor_quality").seen())
    assert seen == [
        (households.mode[i], households.honest[i], villages.norm[households.village[i]],
         uniform(4, 3, i, int(Purpose.CHEAT))) for i in range(len(seen))]
    harvest = phase_of("households.harvest_month")
    names = [argument.column or argument.mechanism for argument in arguments(harvest)]
    for row in bound(model, "households.harvest_month").seen():
        assert row[names.index("season")] == model.world.county.season[0]
        assert row[-1] is model.parameters[Parameters._fields.index("sales")]


def test_who_shuffles_or_empties_an_agentset_changes_nobodys_month(small_county):
    scenario = changed(small_county("integrated"), {"run.spin_up": 0, "run.months": 2})
    plain, handled = CountyModel.of(scenario, 4), CountyModel.of(scenario, 4)
    handled.farmers.shuffle(inplace=True)
    handled.couriers.select(lambda courier: courier.row > 0, inplace=True)
    handled.run_model()
    plain.run_model()
    assert of_world(handled.world) == of_world(plain.world)
    assert [farmer.row for farmer in handled.farmers] != [farmer.row for farmer in plain.farmers]


def test_agents_keep_no_state_of_their_own(model):
    """Nothing but Mesa's own, the row, and the way to the county's tables: after a month as before it."""
    before = {kind: set(vars(agents[0])) for kind, agents in model.by_row.items()}
    model.step_month(0)
    for kind, agents in model.by_row.items():
        assert {name for agent in agents for name in vars(agent)} == before[kind] >= {"row", "views"}
        assert not set(model.views[kind]) & before[kind]


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
