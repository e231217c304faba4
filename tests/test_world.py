"""A county in month 0: what its settings move, what luck moves, and what must stay the same bits."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from villagesim import declare, levers, tables, world
from villagesim.engine import run
from villagesim.levers import LeverSetting
from villagesim.mechanisms import Parameters, sales
from villagesim.scenario import changed
from villagesim.settings import RunSettings, WorldSettings
from villagesim.study.fieldwork import estimates
from villagesim.world import geography, networks, programme

SOURCE = Path(__file__).parents[1] / "src"
USUAL = WorldSettings()
TINY = {"villages": 6, "households": 40, "townships": 2}
COUNTY = SimpleNamespace(
    budget=150.0, contractors=0, targeting=1, selection=0, mix_casework=0.3, mix_group=0.25, mix_organising=0.15,
    mix_linking=0.15, mix_follow_up=0.15,
)


def scenario(county=None, settings=None, levers=None, priority=()):
    return SimpleNamespace(
        world=USUAL._replace(**(settings or {})), county=SimpleNamespace(**(vars(COUNTY) | (county or {}))),
        run=RunSettings(), parameters=Parameters(), levers=levers or {}, priority=priority, survey=None,
        survey_columns={}, survey_keep_good=False,
    )


def built(seed=7, **settings):
    return world.build(scenario(settings=settings), seed)


def digest(county):
    bits = hashlib.sha256()
    for table in county:
        for column in table:
            bits.update(str(column.dtype).encode() + column.tobytes())
    return bits.hexdigest()


@pytest.fixture(scope="module")
def county():
    return built()


@pytest.mark.parametrize("settings", [
    {}, {"villages": 1, "households": 10}, {"villages": 3, "townships": 8}, {"villages": 45, "townships": 2},
    {"size": 8.0, "size_spread": 3.0}, {"age": 70.0, "age_spread": 20.0}, {"distance_county": 120, "distance_town": 30},
    {"belief": 1.0, "belief_spread": 1.0}, {"output": 1e5, "output_spread": 1.5}, {"hamlet": 12.0}, {"away": 2.0},
    {"terrain": 1.0, "terrain_spread": 0.4, "heritage": 0.6}, {"friends_most": 20, "inside_hamlet": 0.0},
    {"inside_village": 0.0, "inside_hamlet": 0.0}, {"off_farm": 0.0, "savings": 0.0, "debt_size": 0.0},
])
def test_every_column_of_every_county_lies_in_its_declared_range(settings):
    county = built(**settings)
    assert [line for table in county for line in declare.outside_range(table)] == []
    for kind, table in zip(tables.TABLES.values(), county, strict=True):
        for field in declare.declared(kind):
            assert getattr(table, field.name).dtype == np.dtype(field.type), field.name


def test_the_same_seed_gives_the_same_county_and_another_seed_another():
    assert digest(built(3, **TINY)) == digest(built(3, **TINY))
    assert digest(built(3, **TINY)) != digest(built(4, **TINY))


def test_a_county_has_the_same_bits_without_the_compiler():
    script = (
        "import test_world as t; from villagesim import world;"
        "print(t.digest(t.built(3, **t.TINY)), end='')"
    )
    environment = os.environ | {
        "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join([str(SOURCE), str(Path(__file__).parent)]),
    }
    plain = subprocess.run([sys.executable, "-W", "error::RuntimeWarning", "-c", script], env=environment,
                           capture_output=True, text=True, check=True)
    assert plain.stdout == digest(built(3, **TINY))


def test_a_seed_of_63_bits_builds_a_county():
    assert digest(built(2**63 - 1, **TINY)) != digest(built(2**62 - 1, **TINY))


def test_villages_added_at_the_end_change_nobody_elses_life():
    before, after = built(villages=16), built(villages=18)
    rows, places = len(before.households.village), len(before.villages.township)
    # Poor and remote are places among all of the county; ties may reach the next village of the township.
    for name in set(tables.Households._fields) - {"poor", "remote", "popularity", "tie_trust"}:
        assert np.array_equal(getattr(before.households, name), getattr(after.households, name)[:rows]), name
    for name in set(tables.Villages._fields) - {"rank"}:
        assert np.array_equal(getattr(before.villages, name), getattr(after.villages, name)[:places]), name
    inner = {(s, i, k) for s, i, k in zip(*(c.tolist() for c in after.ties), strict=True) if max(s, i) < rows}
    usual = set(zip(*(c.tolist() for c in before.ties), strict=True))
    assert len(inner ^ usual) < 0.002 * len(usual)


def test_more_households_in_every_village_leave_the_first_ones_as_they_were():
    small, large = built(household_spread=0.0, households=60), built(household_spread=0.0, households=61)
    old = np.arange(len(small.households.village))
    new = old + small.households.village
    for name in ("age", "size", "output", "savings", "luck", "phone", "debt", "away"):
        assert np.array_equal(getattr(small.households, name), getattr(large.households, name)[new]), name
    # Beliefs go by hamlet too, and the last of a village may be cut otherwise when the village grows.
    kept = _first_of_hamlet(households=60) == _first_of_hamlet(households=61)[new] - small.households.village
    assert kept.mean() > 0.7
    assert np.array_equal(small.households.belief_mean[kept], large.households.belief_mean[new][kept])


def _first_of_hamlet(**changes):
    """The row of the first household of each household's hamlet."""
    settings = WorldSettings()._replace(household_spread=0.0, **changes)
    hamlet = networks.hamlets(settings, 7, geography.household_counts(settings, 7))
    return np.searchsorted(hamlet, hamlet)


@pytest.mark.parametrize("shared", [0.0, 0.15, 0.6])
def test_neighbours_of_a_hamlet_share_their_part_of_what_is_believed(shared):
    people = built(villages=200, household_spread=0.0, belief_shared=shared).households
    settings = WorldSettings()._replace(villages=200, household_spread=0.0)
    hamlet = networks.hamlets(settings, 7, np.full(200, settings.households))
    assert people.belief_mean.std() == pytest.approx(settings.belief_spread, abs=0.01)
    assert estimates.intra_class_correlation(people.belief_mean, hamlet) == pytest.approx(shared, abs=0.03)


def test_households_match_the_surveyed_traits():
    people = built(villages=200).households
    assert people.age.mean() == pytest.approx(51.5, abs=0.5)
    assert people.age.std() == pytest.approx(12.0, abs=0.5)
    assert people.size.mean() == pytest.approx(4.9, abs=0.1)
    assert 0.12 < people.woman_led.mean() < 0.18
    assert people.returnee.mean() == pytest.approx(0.08, abs=0.01)
    assert people.honest.mean() == pytest.approx(0.85, abs=0.01)
    assert 0.60 < people.phone.mean() < 0.75
    assert people.away.mean() == pytest.approx(1.0, abs=0.1)
    assert np.median(people.savings) / 100 == pytest.approx(12000, rel=0.05)
    assert people.belief_mean.mean() == pytest.approx(0.39, abs=0.01)
    assert people.belief_mean.std() == pytest.approx(0.35, abs=0.01)


def test_two_thirds_of_usual_income_is_not_household_business(county):
    people = county.households
    off_farm = 12.0 * people.off_farm.sum()
    assert 0.60 < off_farm / people.income_year.sum() < 0.72


def test_a_left_behind_woman_leads_only_where_somebody_is_away(county):
    people = county.households
    assert (people.away[people.woman_led == 1] > 0).all()
    assert (people.away < np.maximum(people.adults, 1)).all()
    assert (people.adults <= people.size).all()


def test_the_poor_are_the_fifth_with_the_least_per_head(county):
    people = county.households
    # At the farm gate seven tenths of the reference price, and a quarter of that price goes for inputs.
    head = (0.45 * people.output + 0.12 * people.off_farm) / people.size
    assert people.poor.mean() == pytest.approx(0.2, abs=1 / len(head))
    assert head[people.poor == 1].max() <= head[people.poor == 0].min() + 0.01


def test_the_remote_live_in_the_farther_half_of_villages(county):
    far = county.villages.distance_county[county.households.village]
    assert far[county.households.remote == 1].min() >= far[county.households.remote == 0].max()


def test_only_phone_owners_start_with_skill_and_the_young_have_more(county):
    people = county.households
    assert people.skill_basic[people.phone == 0].max() == 0
    assert people.skill_basic.max() <= USUAL.skill
    young = people.age < 45
    assert people.skill_basic[young].mean() > 2 * people.skill_basic[~young].mean()


def test_the_elderly_own_fewer_phones_and_good_coverage_sells_phones(county):
    people = county.households
    assert people.phone[people.elder_led == 1].mean() < people.phone[people.elder_led == 0].mean() - 0.1
    assert built(coverage=0.9).households.phone.mean() > 0
    covered = built(villages=60, coverage_spread=0.5)
    local = covered.villages.coverage[covered.households.village]
    assert covered.households.phone[local > 0.9].mean() > covered.households.phone[local < 0.5].mean()


@pytest.mark.parametrize(("setting", "low", "high", "measure"), [
    ("output_terrain", 0.0, 2.0, lambda c: -np.corrcoef(
        c.villages.terrain[c.households.village], c.households.output)[0, 1]),
    ("terrain", 0.1, 0.9, lambda c: c.villages.terrain.mean()),
    ("terrain_spread", 0.02, 0.3, lambda c: c.villages.terrain.std()),
    ("distance_town", 3.0, 15.0, lambda c: c.villages.distance_town.mean()),
    ("distance_county", 10.0, 80.0, lambda c: c.villages.distance_county.mean()),
    ("heritage", 0.1, 0.5, lambda c: c.villages.heritage.mean()),
    ("coverage", 0.3, 0.8, lambda c: c.villages.coverage.mean()),
    ("coverage_terrain", 0.0, 1.0, lambda c: -np.corrcoef(c.villages.terrain, c.villages.coverage)[0, 1]),
    ("service_point", 0.1, 0.9, lambda c: (c.villages.service_point > 0).mean()),
    ("squad", 0.0, 0.5, lambda c: (c.villages.squad > 0).mean()),
    ("cold_chain", 0.0, 0.5, lambda c: (c.villages.cold_chain > 0).mean()),
    ("sorting", 0.0, 0.5, lambda c: (c.villages.sorting > 0).mean()),
    ("works_condition", 0.3, 0.9, lambda c: c.villages.service_point.max()),
    ("courier", 0.1, 0.9, lambda c: c.couriers.serving.mean()),
    ("fresh", 0.1, 0.9, lambda c: (c.households.product == sales.FRESH).mean()),
    ("craft", 0.1, 0.9, lambda c: (c.households.product == sales.CRAFT).mean()),
    ("household_spread", 0.0, 0.5, lambda c: c.villages.households.std()),
    ("away", 0.2, 1.5, lambda c: c.households.away.mean()),
    ("schooling_pay", 0.0, 0.12, lambda c: np.corrcoef(c.households.schooling, c.households.off_farm)[0, 1]),
    ("enterprise", 0.0, 0.6, lambda c: np.corrcoef(c.households.luck, c.households.off_farm)[0, 1]),
    ("phone_income", 0.0, 1.0, lambda c: np.corrcoef(
        c.households.off_farm / c.households.size, c.households.phone)[0, 1]),
    ("city_skill", 0.0, 0.9, lambda c: c.households.skill_basic[c.households.returnee == 1].mean()),
    ("city_ease", 0.0, 1.5, lambda c: -c.households.reluctance[c.households.returnee == 1].mean()),
    ("debt", 0.05, 0.25, lambda c: (c.households.debt > 0).mean()),
    ("trust_kin", 0.3, 0.9, lambda c: c.ties.trust.mean()),
    ("friends", 2.0, 4.5, lambda c: len(c.ties.trust) / len(c.households.village)),
    ("popular_pull", 0.0, 1.0, lambda c: networks.gini(c.households.popularity)),
])
def test_a_setting_moves_what_it_names(setting, low, high, measure):
    assert measure(built(villages=40, households=60, **{setting: low})) < measure(
        built(villages=40, households=60, **{setting: high}))


def test_every_setting_of_a_county_moves_something():
    usual = digest(built(villages=8, households=60))
    for field in declare.declared(WorldSettings):
        if field.name not in ("villages", "households"):
            usable = field.quantity.low if field.default != field.quantity.low else field.quantity.high
            usable = usable if field.name != "friends_most" else 3
            moved = 1.0 if field.name in ("cold_chain", "sorting") else usable
            assert digest(built(**{"villages": 8, "households": 60, field.name: moved})) != usual, field.name


def test_mountain_households_have_less_to_sell():
    hills, mountains = built(terrain=0.3), built(terrain=0.9)
    assert np.median(mountains.households.output) < 0.8 * np.median(hills.households.output)


def test_villages_are_dealt_to_townships_and_roads_of_one_township(county):
    villages, couriers = county.villages, county.couriers
    assert len(np.unique(villages.township)) == USUAL.townships
    assert couriers.villages.max() <= USUAL.route_villages
    assert couriers.villages.sum() == len(villages.township)
    routes = villages.courier
    assert all(len(np.unique(villages.township[routes == route])) == 1 for route in np.unique(routes))
    assert sorted(np.unique(routes)) == list(range(routes.max() + 1))


def test_a_village_is_cut_into_rounds_of_neighbours_of_several_sizes(county):
    villages, traders, trader = county.villages, county.traders, county.households.trader
    assert (traders.village[trader] == county.households.village).all()
    assert (np.diff(trader.astype(int)) >= 0).all()
    rounds = np.bincount(trader, minlength=len(traders.village))
    number = np.bincount(traders.village, minlength=len(villages.households))
    assert number.tolist() == [max(1, round(count / USUAL.trader_households)) for count in villages.households]
    mean = (villages.households / number)[traders.village]
    # Both ends of a round move by up to 0.3 of its usual size, and half a household.
    assert (abs(rounds - mean) <= USUAL.trader_spread * mean + 1).all()
    assert rounds.std() > 0.1 * USUAL.trader_households


def test_rounds_do_not_differ_where_nothing_is_left_to_chance():
    even = built(trader_spread=0.0, trader_households=25, household_spread=0.0, households=200)
    assert set(np.bincount(even.households.trader)) == {25}


def test_a_route_goes_to_its_farthest_village_and_back(county):
    for route, length in enumerate(county.couriers.length):
        farthest = county.villages.distance_town[county.villages.courier == route].max()
        assert length == max(1.0, 2 * farthest)


def test_villages_and_works_agree_on_what_stands(county):
    works, kinds = county.works, len(levers.WORKS)
    for row in range(len(works.village)):
        name = levers.WORKS[row % kinds]
        assert works.village[row] == row // kinds
        assert works.lever[row] == levers.ROW[name]
        assert works.condition[row] == works.ordinary[row] == getattr(county.villages, name)[row // kinds]
        assert works.private[row] == (name == "cold_chain")


def test_fresh_villages_lose_more_in_storage_than_others(county):
    main = geography.main_products(USUAL, 7, len(county.villages.township))
    fresh = county.villages.perishable[main == sales.FRESH]
    assert fresh.min() > county.villages.perishable[main != sales.FRESH].max()
    own = county.households.product == main[county.households.village]
    assert own.mean() > USUAL.product_match


def test_goods_without_any_kind_are_refused():
    with pytest.raises(ValueError, match="allowed: at least one above 0"):
        built(fresh=0.0, dry=0.0, craft=0.0)


@pytest.mark.parametrize(("code", "first"), [(1, "near"), (2, "far")])
def test_the_selection_rule_orders_the_villages(code, first):
    villages = world.build(scenario({"selection": code}), 7).villages
    early, late = villages.rank < 0.5, villages.rank >= 0.5
    nearer = villages.distance_county[early].mean() < villages.distance_county[late].mean()
    assert nearer == (first == "near")
    assert sorted(villages.rank) == pytest.approx(np.arange(20) / 20)


def test_a_reach_of_a_quarter_reaches_a_quarter_of_the_villages(county):
    assert (county.villages.rank < 0.25).sum() == 5


def test_an_unknown_selection_rule_is_refused():
    with pytest.raises(ValueError, match="allowed: 0 random, 1 ready, 2 remote"):
        world.build(scenario({"selection": 9}), 7)


def test_traders_start_with_the_whole_supply_of_the_county(county):
    assert county.traders.potential.sum() == county.county.supply[0]
    assert county.traders.volume_year.sum() * 1200 == pytest.approx(county.county.supply[0])
    assert abs(county.households.output.sum() * 100 - county.county.supply[0]) < len(county.households.output)


def test_the_county_holds_its_programme(county):
    row = county.county
    assert row.households[0] == len(county.households.village) == county.villages.households.sum()
    assert row.budget[0] == 15000 * row.households[0]
    assert (row.targeting[0], row.mix_group[0], row.demand[0]) == (1, 0.25, 1.0)


@pytest.mark.parametrize(("households", "townships", "posts"), [(4000, 4, 16), (4001, 4, 17), (250, 3, 3)])
def test_there_are_four_posts_per_thousand_households_and_one_a_township(households, townships, posts):
    assert programme.post_count(households, townships) == posts


def test_levers_carry_their_base_price_and_place_in_the_queue():
    chosen = {
        "posts": LeverSetting(2.0), "camp": LeverSetting(3.0, reach=0.5, unit_cost=900.0),
        "service_point": LeverSetting(1.0, reach=0.5, unit_cost=12000.0, maintenance=2400.0),
    }
    county = world.build(scenario(levers=chosen, priority=("camp", "posts")), 7)
    table, households = county.levers, len(county.households.village)
    row = levers.ROW
    assert table.scale[row["posts"]] == households / 1000
    assert table.price[row["posts"]] == pytest.approx(62000 / 12)
    assert table.scale[row["camp"]] == 10
    assert table.price[row["camp"]] == 900
    assert table.scale[row["cash"]] == households
    assert table.scale[row["fund_cut"]] == 0
    assert table.price[row["service_point"]] == 12000
    assert table.upkeep[row["service_point"]] == 200
    assert table.upkeep[row["camp"]] == 0
    assert [levers.LEVERS[i].name for i in np.flatnonzero(table.asked)] == ["camp", *levers.WORKS]
    assert table.priority[row["camp"]] == 0
    assert table.priority[row["posts"]] == 1
    assert table.priority[row["coordination"]] == 2
    assert sorted(table.priority) == list(range(len(levers.LEVERS)))
    assert not table.per_post[row["posts"]]
    assert table.per_post[row["mentors"]]


@pytest.mark.parametrize(("reach", "villages", "count"), [(0.33, 20, 7), (0.1, 3, 1), (1.0, 20, 20), (0.0, 20, 0)])
def test_a_lever_is_paid_for_in_every_village_that_it_reaches(reach, villages, count):
    from villagesim.world.programme import reached

    assert reached(reach, villages) == count


def test_households_are_put_in_an_order_of_their_village_that_is_drawn_once():
    people = built(3, **TINY).households
    for village in np.unique(people.village):
        ranks = people.rank[people.village == village]
        assert np.sort(ranks) == pytest.approx(np.arange(len(ranks)) / len(ranks))
        assert (np.diff(ranks) < 0).any()
    # a programme changes nobody's place
    cash = scenario(settings=TINY, levers={"cash": LeverSetting(5.0, within=0.5)})
    assert (world.build(cash, 3).households.rank == people.rank).all()


def test_what_goes_to_some_households_is_counted_and_paid_to_them_alone(small_county):
    paying = changed(small_county("baseline"), {
        "county.budget": 100, "levers.continuity.intensity": 1, "levers.cash.intensity": 5, "levers.cash.reach": 0.5,
        "levers.cash.within": 0.4, "run.spin_up": 0, "run.months": 1})
    county = run(paying, 3)
    people = county.households
    meant = (county.villages.rank[people.village] < 0.5) & (people.rank < 0.4)
    assert county.levers.scale[levers.ROW["cash"]] == meant.sum() > 0
    assert (people.cash_income > 0).tolist() == meant.tolist()
