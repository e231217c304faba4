"""What a parcel costs, what a village receives, a route's month and its yearly review: by hand, and over all ranges."""

from inspect import signature

import pytest
from hypothesis import given, strategies as st

from conftest import small
from test_policy_rules import TRIALS
from test_sales_rules import anywhere, misfits
from villagesim.engine import run
from villagesim.mechanisms.logistics import (
    UNIFORM_TARIFF,
    LogisticsParameters,
    handling_paid,
    parcel_price,
    parcels_received,
    piece_pay,
    route_month,
    works_on_grid,
)
from villagesim.scenario import changed

GRID = 2**20
P = LogisticsParameters()._replace(
    route_cost=2.0, route_terrain=1.0, pooling=0.25, commission=0.5, line_haul=3.0, fee_low=4.0, fee_high=14.0,
    fee_share=2.0, fee_adjust=0.5, carry=100.0, sorting_gain=1.0, pooled_gain=0.5, visits_low=1.0, visits_high=7.0,
    visits_adjust=0.5, break_even=0.1, review_spread=0.1, memory=0.1, keeper_pay=0.4, squad_pay=0.6, squad_saves=0.25,
    point_saves=0.2, haul=2.0, haul_distance=0.1, walk_in=8.0, pooled_shipping=0.25, connected=0.4, carry_plain=0.0,
    haul_plain=0.5, haul_closed=3.0, squad_hauls=0.5, connected_point=0.3, bought_uncovered=0.3, headroom=1.15,
    hub_saves=1.0, hub_gain=0.25,
)


# What a sender pays


def price(**changes):
    usual = {
        "distance_town": 10.0, "terrain": 0.5, "rank": 0.5, "service_point": 0.0, "squad": 0.0, "teamwork": 0.0,
        "courier_serving": 1, "courier_fee": 6.0, "courier_fill": 0.9, "p": P,
    }
    shocks = {name: 0.0 for name in signature(parcel_price).parameters if name not in usual}
    closed = {name: changes.pop("closed", 0.0) for name in shocks}
    return pytest.approx(parcel_price(**usual | closed | changes))


@pytest.mark.parametrize(("changes", "fee", "haul"), [
    ({}, 6.0, 2.0),  # the courier's fee, and carrying the parcel to the road
    ({"service_point": 1.0}, 6.0, 0.0),  # handed in at the point
    ({"service_point": 0.5}, 6.0, 1.0),
    ({"squad": 1.0}, 6.0, 1.0),  # a squad carries for half
    ({"service_point": 0.5, "squad": 0.5}, 6.0, 0.75),  # 2 x 0.5 x 0.75
    ({"teamwork": 1.0}, 4.5, 2.0),  # 6 x (1 - 0.25)
])
def test_on_a_route_the_courier_is_paid_and_a_point_ends_the_hauling(changes, fee, haul):
    assert (fee, haul, 0.9) == price(**changes)


@pytest.mark.parametrize(("changes", "haul"), [
    ({}, 11.0),  # 8 in the township + 2 + 0.1 x 10 x (0.5 + 0.5)
    ({"terrain": 1.0}, 11.5),  # 8 + 2 + 0.1 x 10 x 1.5
    ({"distance_town": 40.0}, 14.0),  # 8 + 2 + 0.1 x 40
    ({"squad": 1.0}, 9.5),  # 8 + 3 / 2
    ({"teamwork": 1.0}, 9.0),  # 8 x 0.75 + 3
    ({"closed": 0.0, "rank": 0.99}, 11.0),  # no road is closed, not even the last village's
    ({"closed": 0.5, "rank": 0.5}, 17.0),  # 8 + 3 x 3: the later half of the villages is cut off
    ({"closed": 0.5, "rank": 0.49}, 11.0),
    ({"closed": 1.0, "rank": 0.3, "squad": 1.0}, 12.5),  # 8 + 9 / 2
    ({"closed": 1.0, "p": P._replace(haul_closed=2.0)}, 14.0),  # 8 + 2 x 3
    ({"squad": 1.0, "p": P._replace(squad_hauls=0.75)}, 8.75),  # 8 + 3 / 4
    # on a plain four fifths of a hilly road: 8 + 2 + 0.1 x 10 x 0.8; on high mountains 8 + 2 + 1 x (0.8 + 0.4)
    ({"terrain": 0.0, "p": P._replace(haul_plain=0.8)}, 10.8),
    ({"terrain": 1.0, "p": P._replace(haul_plain=0.8)}, 11.2),
])
def test_without_a_route_a_parcel_is_hauled_to_the_township(changes, haul):
    assert (0.0, haul, 1.0) == price(courier_serving=0, **changes)


@TRIALS
@given(anywhere(parcel_price), st.floats(0.0, 1.0))
def test_prices_fit_their_columns_and_points_squads_and_pooling_never_make_a_parcel_dearer(situation, more):
    before = parcel_price(**situation)
    assert misfits(parcel_price, before) == []
    for help_ in ("service_point", "squad", "teamwork"):
        after = parcel_price(**situation | {help_: max(more, situation[help_])})
        assert after[0] <= before[0]
        assert after[1] <= before[1]


# What a village receives


def received(**changes):
    usual = {
        "households": 100, "coverage": 1.0, "service_point": 0.0, "courier_serving": 1, "county_inbound": 2.0,
        "county_month": 0, "p": P,
    }
    return parcels_received(**usual | changes)


@pytest.mark.parametrize(("changes", "parcels"), [
    ({}, (200, 200)),  # 100 x 2
    ({"coverage": 0.0}, (60, 60)),  # 200 x 0.3: without a network little is ordered
    ({"courier_serving": 0}, (80, 200)),  # 0.4 of it is sent for; all of it is wanted
    ({"courier_serving": 0, "service_point": 0.5}, (110, 200)),  # 0.4 + 0.3 x 0.5
    ({"courier_serving": 0, "service_point": 1.0, "p": P._replace(connected=0.9)}, (200, 200)),  # never more than all
    ({"courier_serving": 0, "service_point": 0.5, "p": P._replace(connected_point=0.5)}, (130, 200)),  # 0.4 + 0.25
    ({"coverage": 0.5, "p": P._replace(bought_uncovered=0.4)}, (140, 140)),  # 200 x (0.4 + 0.3)
])
def test_a_village_without_a_route_wants_as_much_and_gets_less(changes, parcels):
    assert received(**changes) == parcels


def test_fractions_of_a_parcel_are_not_lost_from_month_to_month():
    # 10 households x 0.25 = 2.5 a month: whole parts of 2.5, 5, 7.5, 10
    months = [received(households=10, county_inbound=0.25, county_month=month)[0] for month in range(4)]
    assert months == [2, 3, 2, 3]


@TRIALS
@given(anywhere(parcels_received))
def test_nobody_receives_more_than_was_wanted(situation):
    situation["households"] = min(situation["households"], 10**5)
    results = parcels_received(**situation)
    assert misfits(parcels_received, results) == []
    assert results[0] <= results[1]


# What stands along a route, and piece pay


@pytest.mark.parametrize(("point", "squad", "pay"), [
    (0.0, 0.0, 0.0),
    (0.5, 0.0, 0.2),  # the keeper, by the point's condition
    (0.0, 1.0, 0.6),
    (1.0, 1.0, 0.6),  # where a squad carries, no keeper is paid
    (1.0, 0.5, 0.5),  # 0.6 x 0.5 + 0.4 x 0.5
])
def test_a_parcel_is_paid_to_the_squad_or_else_to_the_keeper(point, squad, pay):
    assert piece_pay(point, squad, P) == pytest.approx(pay)


@pytest.mark.parametrize(("serving", "pay"), [(1, 5000), (0, 0)])
def test_keepers_and_squads_are_paid_by_the_piece_where_the_route_runs(serving, pay):
    # 100 parcels x 0.5 yuan
    assert handling_paid(30, 70, 1.0, 0.5, serving, P) == pay


def test_works_are_added_up_in_steps_of_two_to_the_minus_twenty():
    assert works_on_grid(0.0, 0.5, 1.0) == (0, 524288, 1048576)


@TRIALS
@given(anywhere(handling_paid), anywhere(works_on_grid))
def test_piece_pay_and_works_fit_their_columns(parcels, works):
    assert misfits(handling_paid, handling_paid(**parcels)) == []
    assert misfits(works_on_grid, works_on_grid(**works)) == []


# A route's month

NAMES = (
    "serving", "opened", "closed", "visits", "fee", "backlog", "fill", "latent", "latent_cost", "commission", "spent",
)


def route(**changes):
    usual = {
        "length": 20.0, "terrain": 0.0, "villages": 2, "serving": 1, "visits": 2.0, "fee": 8.0, "backlog": 0,
        "parcels_out": 133, "parcels_in": 300, "wanted_in": 300, "unshipped": 0, "latent": 1000.0,
        "latent_cost": 1000.0, "point": 0, "squad": 0, "sorting": 0, "county_season": 5, "county_hub": 0.0,
        "lever_platform": 0.0, "z_route": 0.0, "p": P,
    }
    return dict(zip(NAMES, route_month(**usual | changes), strict=True))


def quiet(**changes):
    """A route that goes out once a week for nothing: 4.33 rounds of 20 km x 2 yuan = 173.2 yuan."""
    return route(**{"visits": 1.0, "parcels_out": 0, "parcels_in": 0, "wanted_in": 0} | changes)


def test_a_month_of_a_small_route_adds_up():
    month = route()
    assert (month["serving"], month["opened"], month["closed"]) == (True, False, False)
    # 433 parcels need 433 / (4.33 x 100) = 1 round a week, 1.15 with some room: 2 + 0.5 x (1.15 - 2)
    assert month["visits"] == pytest.approx(1.575)
    assert (month["fill"], month["backlog"]) == (1.0, 0)
    # it runs for 1.575 x 4.33 x 40 = 272.79 yuan, and hands on 133 x 3 yuan of the fees; 300 deliveries at 0.5 yuan
    assert (month["commission"], month["spent"]) == (15000, 67179)
    # asks 3 + 2 x 272.79 / 433 = 4.26 yuan a parcel: 8 + 0.5 x (4.26 - 8)
    assert month["fee"] == pytest.approx(6.13)
    # would earn 300 x 0.5 + 133 x (8 - 3) = 815: 1000 + 0.1 x (815 - 1000)
    assert month["latent"] == pytest.approx(981.5)
    # 1000 + 0.1 x (272.79 - 1000)
    assert month["latent_cost"] == pytest.approx(927.279)


@pytest.mark.parametrize(("changes", "spent"), [
    ({}, 17320),
    ({"terrain": 0.5}, 25980),  # x 1.5
    ({"lever_platform": 1.0}, 12990),  # x (1 - 0.25)
    ({"lever_platform": 0.4}, 15588),  # x (1 - 0.1)
    ({"squad": 2 * GRID}, 12990),  # squads in both villages: x (1 - 0.25)
    ({"squad": GRID}, 15155),  # in one of two: x (1 - 0.125)
    ({"point": 2 * GRID}, 13856),  # x (1 - 0.2)
    ({"point": GRID, "villages": 1}, 13856),  # the only village
    # 173.2 x 2 x 0.75 x 0.75 x 0.8
    ({"terrain": 1.0, "lever_platform": 1.0, "squad": 2 * GRID, "point": 2 * GRID}, 15588),
])
def test_mountains_make_a_round_dearer_and_platform_squads_and_points_cheaper(changes, spent):
    assert quiet(**changes)["spent"] == spent


@pytest.mark.parametrize(("changes", "fill", "backlog"), [
    ({}, 0.433, 866),  # 2 x 4.33 x 100 = 866 of 2000 carried; what waits is what a month can carry
    ({"sorting": 2 * GRID}, 0.866, 268),  # twice the throughput: 1732
    ({"sorting": GRID}, 0.6495, 701),  # gear in one of two villages: 1299
    ({"lever_platform": 1.0}, 0.6495, 701),  # x 1.5
    ({"visits": 5.0}, 1.0, 0),  # 2165
    ({"backlog": 2000}, 0.2165, 866),  # what waits from last month is carried too: 866 of 4000
    ({"county_hub": 1.0}, 0.541, 918),  # x 1.25: int(1082.5)
    ({"county_hub": 0.5, "sorting": 2 * GRID}, 0.974, 52),  # x 2 x 1.125: int(1948.5)
    # twice as much on a plain, half as much again between plain and hills, no more from hills on
    ({"p": P._replace(carry_plain=1.0)}, 0.866, 268),
    ({"terrain": 0.25, "p": P._replace(carry_plain=1.0)}, 0.6495, 701),
    ({"terrain": 0.5, "p": P._replace(carry_plain=1.0)}, 0.433, 866),
    ({"terrain": 1.0, "p": P._replace(carry_plain=1.0)}, 0.433, 866),
])
def test_sorting_gear_and_a_platform_clear_the_backlog(changes, fill, backlog):
    month = route(**{"parcels_out": 500, "parcels_in": 1500} | changes)
    assert (month["fill"], month["backlog"]) == (pytest.approx(fill), backlog)


def test_a_county_hub_takes_from_the_line_haul_of_every_parcel():
    # 173.2 yuan of rounds and 100 parcels at 3 - 1, or at 3 - 0.5 where the hub takes half of them
    assert [quiet(parcels_out=100, county_hub=hub)["spent"] for hub in (0.0, 0.5, 1.0)] == [47320, 42320, 37320]
    # a month would earn 100 x (8 - 2), not 100 x (8 - 3): 1000 + 0.1 x (600 - 1000)
    assert [quiet(parcels_out=100, county_hub=hub)["latent"] for hub in (0.0, 1.0)] == pytest.approx([950.0, 960.0])
    # asks 2 + 2 x 173.2 / 100 = 5.464, not 6.464: 8 + 0.5 x (5.464 - 8)
    assert [quiet(parcels_out=100, county_hub=hub)["fee"] for hub in (0.0, 1.0)] == pytest.approx([7.232, 6.732])
    # never less than nothing
    dear = P._replace(hub_saves=9.0)
    assert quiet(parcels_out=100, county_hub=1.0, p=dear)["spent"] == 17320


def test_a_route_with_nothing_to_carry_turns_nobody_away():
    assert quiet()["fill"] == 1.0


def test_deliveries_are_paid_for_when_they_are_made():
    # one round a week carries 433 of 600
    assert quiet(parcels_in=600)["commission"] == 21650


@pytest.mark.parametrize(("changes", "visits"), [
    ({"parcels_out": 0, "wanted_in": 0}, 1.5),  # 2 + 0.5 x (1 - 2)
    ({"wanted_in": 9867}, 4.5),  # 10000 parcels need 23 rounds: 2 + 0.5 x (7 - 2)
    ({"backlog": 433}, 2.15),  # two rounds, 2.3 with some room: 2 + 0.5 x 0.3
    ({"backlog": 433, "p": P._replace(headroom=1.5)}, 2.5),  # 3 with much room
])
def test_rounds_follow_the_load_slowly_and_within_bounds(changes, visits):
    assert route(**changes)["visits"] == pytest.approx(visits)


@pytest.mark.parametrize(("changes", "fee"), [
    ({}, 6.0),  # asks 3 + 0 yuan, posts no less than 4: 8 + 0.5 x (4 - 8)
    ({"parcels_out": 1}, 11.0),  # asks 3 + 2 x 173.2 yuan, posts no more than 14: 8 + 0.5 x 6
    ({"wanted_in": 173}, 6.5011561),  # asks 3 + 2 x 173.2 / 173 = 5.0023121
])
def test_the_posted_fee_follows_the_cost_of_a_parcel_within_bounds(changes, fee):
    assert quiet(**changes)["fee"] == pytest.approx(fee)


@pytest.mark.parametrize("changes", [
    {}, {"parcels_out": 1}, {"wanted_in": 173}, {"fee": 14.0}, {"terrain": 1.0, "length": 60.0}, {"serving": 0},
])
def test_under_a_uniform_tariff_every_route_posts_the_same_fee_at_once_whatever_it_costs(changes):
    tariff = P._replace(pricing=UNIFORM_TARIFF, tariff=5.5)
    month, usual = quiet(**changes, p=tariff), quiet(**changes)
    assert month.pop("fee") == 5.5
    assert usual.pop("fee") != 5.5
    assert month == usual


@pytest.mark.parametrize(("tariff", "runs"), [(5.0, True), (4.0, False)])
def test_under_a_uniform_tariff_a_route_that_it_does_not_pay_for_is_closed(tariff, runs):
    # 100 parcels a month bring 100 x (5 - 3) = 200 yuan, or 100; a round a week costs 173.20, of which 0.9 are 155.88.
    p = P._replace(pricing=UNIFORM_TARIFF, tariff=tariff, carry=1000.0, memory=1.0)
    december = quiet(parcels_out=100, county_season=11, p=p)
    assert quiet(parcels_out=100, county_season=0, fee=december["fee"], p=p)["serving"] == runs


@pytest.mark.parametrize(("changes", "latent", "cost"), [
    ({}, 900.0, 917.32),  # nothing earned; 1000 + 0.1 x (173.2 - 1000)
    ({"unshipped": 100}, 950.0, 917.32),  # orders it could not take would have brought 100 x (8 - 3)
    ({"unshipped": 100, "fee": 2.0}, 900.0, 917.32),  # a fee below the line-haul earns nothing, and loses nothing
    ({"wanted_in": 100, "parcels_in": 40}, 905.0, 917.32),  # 100 wanted deliveries at 0.5 yuan
    # both villages have a point, one a squad: 300 x 0.5 yuan for pieces; a round costs 40 x 0.8 x 0.875 = 28
    ({"wanted_in": 300, "point": 2 * GRID, "squad": GRID}, 915.0, 927.124),  # 900 + 0.1 x (150 + 4.33 x 28)
    # parcels out bring 50 x (8 - 3) and are paid by the piece too: 900 + 0.1 x (350 x 0.5 + 4.33 x 28)
    ({"wanted_in": 300, "parcels_out": 50, "point": 2 * GRID, "squad": GRID}, 940.0, 929.624),
])
def test_the_yearly_record_counts_orders_that_could_have_been_taken(changes, latent, cost):
    month = quiet(**changes)
    assert (month["latent"], month["latent_cost"]) == (pytest.approx(latent), pytest.approx(cost))


# The review. A quiet month leaves a record of 0.9 x 1000 = 900 yuan earned and 0.9 x cost + 17.32 spent.


@pytest.mark.parametrize(("changes", "runs"), [
    ({"latent_cost": 1050.0}, True),  # 900 earned against 962.32: a loss, but above 0.9 x 962.32 = 866.09
    ({"latent_cost": 1100.0}, False),  # 900 is below 0.9 x 1007.32 = 906.59
    ({"latent_cost": 1050.0, "z_route": -1.0}, False),  # the firm guesses 810
    ({"latent_cost": 1100.0, "z_route": 1.0}, True),  # the firm guesses 990
])
def test_a_route_is_closed_in_january_when_a_year_earned_far_less_than_it_cost(changes, runs):
    month = quiet(county_season=0, **changes)
    assert (month["serving"], month["opened"], month["closed"]) == (runs, False, not runs)


@pytest.mark.parametrize(("changes", "runs"), [
    ({"latent_cost": 900.0}, False),  # 900 would cover 827.32, but not 1.1 x 827.32 = 910.05
    ({"latent_cost": 850.0}, True),  # 900 is above 1.1 x 782.32 = 860.55
    ({"latent_cost": 900.0, "z_route": 1.0}, True),  # the firm guesses 990
    ({"latent_cost": 850.0, "z_route": -1.0}, False),  # the firm guesses 810
])
def test_a_route_is_opened_in_january_when_a_year_would_have_earned_well_above_its_cost(changes, runs):
    month = quiet(county_season=0, serving=0, **changes)
    assert (month["serving"], month["opened"], month["closed"]) == (runs, runs, False)


@pytest.mark.parametrize("season", range(1, 12))
def test_a_route_is_not_closed_or_opened_between_reviews(season):
    ruined, promising = {"latent_cost": 10000.0}, {"latent": 10000.0}
    assert quiet(county_season=season, **ruined)["serving"]
    assert not quiet(county_season=season, serving=0, **promising)["serving"]


def test_a_route_is_not_closed_by_one_bad_month():
    # 0.9 x 1000 earned in the year against 0.9 x 900 + 17.32, although this month earns nothing
    assert quiet(county_season=0, latent_cost=900.0)["serving"]


def test_a_route_that_does_not_run_carries_pays_and_earns_nothing_but_keeps_its_record():
    month = route(serving=0, backlog=50)
    assert (month["fill"], month["backlog"], month["commission"], month["spent"]) == (1.0, 0, 0, 0)
    assert month["latent"] == pytest.approx(981.5)


@TRIALS
@given(anywhere(route_month))
def test_a_route_s_month_fits_its_columns(situation):
    assert misfits(route_month, route_month(**situation)) == []


@TRIALS
@given(anywhere(route_month), st.floats(0.0, 1.0))
def test_a_route_never_both_opens_and_closes_and_a_platform_never_slows_it(situation, platform):
    runs, opens, closes, _, _, backlog, fill, *_ = route_month(**situation)
    assert not (opens and closes)
    assert runs == ((situation["serving"] and not closes) or opens)
    pooled = route_month(**situation | {"lever_platform": max(platform, situation["lever_platform"])})
    assert pooled[6] >= fill
    waiting = situation["backlog"] + situation["parcels_out"] + situation["parcels_in"]
    assert 0 <= backlog <= waiting


def test_a_county_hub_makes_it_cheaper_to_send_from_its_villages():
    fees = []
    for hub in (0.0, 1.0):
        world = run(changed(small("baseline"), {"world.hub": hub}), 1, "reference")
        fees.append(world.couriers.fee[world.couriers.serving == 1].mean())
    assert fees[1] < fees[0]
