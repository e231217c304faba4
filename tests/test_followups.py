"""Evidence read off a county as it lives: persons in post, the goods that traders buy, calendar years, village ties."""

from types import SimpleNamespace

import numpy as np
import pytest

from conftest import SCENARIOS
from villagesim import engine
from villagesim.scenario import changed, load
from villagesim.study.fieldwork import chains, followups, ties, years

SMALL = {"world.villages": 8, "world.townships": 2, "world.households": 60, "run.spin_up": 13}


def staff(filled, generation, contractor=(0, 0, 0)):
    columns = {"filled": filled, "generation": generation, "contractor": contractor}
    return SimpleNamespace(workers=SimpleNamespace(**{name: np.array(values) for name, values in columns.items()}))


def test_who_is_gone_after_three_months_is_counted_by_person_and_not_by_post():
    asked = followups.FollowUp()
    asked(-1, staff([0, 0, 0], [0, 0, 0]))
    asked(0, staff([1, 1, 0], [1, 1, 0]))
    # the second leaves and is replaced at once; the third is hired within the window and belongs to the next
    asked(1, staff([1, 1, 0], [1, 2, 0]))
    asked(2, staff([1, 1, 1], [1, 2, 1]))
    asked(3, staff([1, 1, 1], [1, 2, 1]))
    assert (asked.followed, asked.lost, asked.share) == (2, 1, 0.5)
    # the window after it begins with those three; two posts stand empty at its end
    for month in (4, 5, 6):
        asked(month, staff([1, 0, 0], [1, 2, 1]))
    assert (asked.followed, asked.lost) == (5, 3)


def test_nobody_in_post_is_no_share_and_a_contractors_staff_is_not_followed():
    asked = followups.FollowUp()
    for month in range(7):
        asked(month, staff([1, 0, 0], [0, 0, 0], [1, 0, 0]))
    assert asked.followed == 0
    assert np.isnan(asked.share)


def test_the_followed_share_is_that_of_the_leavers_that_the_county_counts():
    county = changed(load(SCENARIOS / "integrated.toml"), SMALL | {"run.months": 121, "world.households": 400})
    asked, left, held = followups.FollowUp(1), [], []

    def observe(month, world):
        asked(month, world)
        if month > 0:
            left.append(int(world.workers.left.sum()))
        held.append(int(world.workers.filled.sum()))

    engine.run(county, 3, observe=observe)
    # month by month, whoever leaves was there the month before
    assert asked.lost == sum(left) > 0
    assert asked.followed == sum(held[13:-1])


def trade(**said):
    given = {"resale": [100_00], "running_cost": [30_00], "volume": [90_00], "active": [1]} | said
    own = {"trader_income": np.array([60_00]), "online_value": np.array([10.0]), "offline_value": np.array([90.0]),
           "farm_cost": np.array([40_00])}
    return SimpleNamespace(traders=SimpleNamespace(**{name: np.array(value) for name, value in given.items()}),
                           households=SimpleNamespace(**own))


def test_a_traders_profit_is_told_apart_from_that_of_the_farmers_it_buys_from():
    chain = chains.Chain()
    chain(-1, trade(resale=[10**9]))
    chain(0, trade())
    # 100 - 60 - 30; and 60 less inputs of 40 by the 0.9 of all goods that traders bought
    assert (chain.traders, chain.farmers) == pytest.approx((10.0, 24.0))
    assert chain.share == pytest.approx(10 / 34)
    wage = chains.Chain()
    wage(0, trade(running_cost=[40_00]))
    assert wage.share == 0.0
    assert np.isnan(chains.Chain().share)


def test_parcels_of_the_first_programme_years_are_those_of_2015_and_2016():
    county = changed(load(SCENARIOS / "baseline.toml"), SMALL | {"county.budget": 400,
                                                                 "levers.service_point.intensity": 1})
    found = years.large_programme(county, 2)
    assert found["V8"] == pytest.approx(found["V8.bought"] / found["V8.sent"])
    months = []
    engine.run(changed(years.as_of_first(county), {"run.start_year": 2015, "run.months": 24}), 2,
               observe=lambda month, world: months.append(world.villages.parcels_in.mean()) if month >= 0 else None)
    assert found["V8.bought"] == pytest.approx(np.mean(months))
    today = years.large_programme(changed(county, {"outside.inbound": 0.0}), 2)
    assert today["V8"] == 0.0


def test_a_county_of_2015_has_half_of_todays_phones_and_a_fifth_of_the_points_of_the_census():
    county = load(SCENARIOS / "baseline.toml")
    # 28.5 % of rural people online as 2015 began (5.1 % in mid-2007, 30.1 % in mid-2015), 57.6 % at the end of 2021
    then = years.as_of_first(county).world
    assert then.phone == pytest.approx(county.world.phone * 0.2854 / 0.576, rel=0.001)
    # none in mid-2014, 25.1 % at the end of 2016: a fifth of that way
    assert then.service_point == pytest.approx(county.world.service_point / 5)


def test_a_county_followed_from_2015_has_more_points_in_2022_than_it_began_with():
    found = years.series(changed(load(SCENARIOS / "baseline.toml"), SMALL), 2, 2)
    assert set(found) == {"T12.official", "T12.survey", "T13.growth", "T14.growth"} == set(years.TARGETS)
    assert 0.4 < found["T12.survey"] <= found["T12.official"] <= 1.0


def test_a_survey_of_working_points_has_the_luck_of_as_many_visits_as_its_source():
    assert years.found_working(np.ones(16), 1) == 1.0
    assert years.found_working(np.zeros(16), 1) == 0.0
    found = [years.found_working(np.full(128, 0.566), seed) for seed in range(300)]
    # 824 villages, each with a point that works or without: sqrt(0.566 x 0.434 / 824) = 1.73 points
    assert np.mean(found) == pytest.approx(0.566, abs=0.004)
    assert np.std(found) == pytest.approx(0.0173, rel=0.15)
    few = [years.found_working(np.repeat([1.0, 0.0], (72, 56)), seed) for seed in range(300)]
    assert np.mean(few) == pytest.approx(72 / 128, abs=0.004)


def test_ties_are_counted_inside_both_kinds_of_village_and_the_skew_follows_the_pull_of_the_well_liked():
    county = load(SCENARIOS / "baseline.toml")
    found = ties.values(county, 3)
    assert found["T5.hamlet"] < found["T5.village"] <= 1.0
    assert found["T5.hamlet"] == pytest.approx(county.world.inside_hamlet, abs=0.03)
    fitted = county.world._replace(popular_pull=1.1)
    usual, other = (ties.farmers(settings, 3) for settings in (county.world, fitted))
    assert usual["T5.skew"] < 0.71 < other["T5.skew"] < 0.82
    assert usual["T5.closed"] < 0.272 < other["T5.closed"] < 0.424
    assert 4.42 < usual["T5.farmers"] < 5.48
