"""A trader's margin, leaving, coming back, and the debt owed to it: worked by hand, and over all ranges."""

import pytest
from hypothesis import given, strategies as st

from test_policy_rules import TRIALS
from test_sales_rules import anywhere, misfits
from villagesim.mechanisms.traders import TradersParameters, debt_month, trader_month

JUNE, DECEMBER = 5, 11
P = TradersParameters()._replace(
    unit_cost=0.1, rivalry=0.8, online_rivalry=4.0, fixed_cost=9000.0, distance_cost=100.0, margin_cap=0.3, adjust=0.5,
    estimate_range=0.2, return_margin=0.25, patience=6.0, market_discount=0.3, market_haul=0.01, interest=0.01,
)
NAMES = ("active", "months_gone", "markdown", "so_far", "volume_year", "left", "returned", "resale", "spent")


def trader(**changes):
    usual = {
        "active": 1, "months_gone": 0, "markdown": 0.3, "volume": 10_000_000, "volume_so_far": 200000.0,
        "volume_year": 100000.0, "potential": 120_000_000, "contested": 0, "village_traders": 5,
        "village_distance_town": 10.0, "county_month": 30, "county_season": JUNE, "lever_price_crash": 0.0,
        "u_trader": 0.5, "p": P,
    }
    return dict(zip(NAMES, trader_month(**usual | changes), strict=True))


def test_a_month_of_a_trader_adds_up():
    # five rivals leave a margin of 0.9 / (1 + 4) = 0.18 over the cost of 0.1: from 0.3 halfway to 0.28
    # 100,000 yuan are resold; trading costs 0.1 of that, 9,000 yuan of living and 10 km x 100 yuan of road
    assert trader() == {
        "active": True, "months_gone": 0, "markdown": pytest.approx(0.29), "so_far": 300000.0, "volume_year": 100000.0,
        "left": False, "returned": 0, "resale": 10_000_000, "spent": 2_000_000,
    }


@pytest.mark.parametrize(("changes", "markdown"), [
    ({"contested": 30_000_000}, 0.275),  # a quarter could go online: 0.9 / (1 + 4 + 1) = 0.15, from 0.3 halfway to 0.25
    ({"contested": 120_000_000}, 0.25),  # all of it: 0.9 / 9 = 0.1, halfway to 0.2
    ({"village_traders": 10}, 0.25),  # twice the rivals: 0.9 / (1 + 8) = 0.1
    ({"village_traders": 4}, 0.3071428571),  # a rival fewer: 0.9 / 4.2 = 0.2142857, halfway to 0.3142857
])
def test_rivals_and_supply_that_could_go_online_cut_the_margin_of_all(changes, markdown):
    assert trader(**changes)["markdown"] == pytest.approx(markdown)


@pytest.mark.parametrize(("changes", "markdown"), [
    # 10,000 a month must come out of 50,000: 0.2 is above 0.9 / 5 = 0.18
    ({"volume_year": 50000.0}, 0.3),  # halfway from 0.3 to 0.3
    ({"volume_year": 50000.0, "contested": 120_000_000}, 0.3),  # whatever the rivalry
    ({"volume_year": 50000.0, "village_distance_town": 0.0}, 0.29),  # next to the township: 9,000 / 50,000 = 0.18
    ({"volume_year": 20000.0}, 0.35),  # 0.5 would be needed; farmers put up with 0.3
    ({"volume_year": 0.0}, 0.35),
    ({"village_traders": 1}, 0.35),  # alone: 0.9 / 1.8 = 0.5; farmers put up with 0.3
    # near the township a farmer hauls for 1 - 0.3, which leaves the trader 0.2 beyond its cost
    ({"village_traders": 1, "village_distance_town": 0.0}, 0.3),
    # where the market pays more than the trader's own cost allows nothing is left
    ({"village_traders": 1, "village_distance_town": 0.0, "p": P._replace(market_discount=0.05)}, 0.2),
])
def test_the_margin_covers_the_trader_s_cost_but_never_beyond_what_farmers_bear_or_the_township_pays(changes, markdown):
    assert trader(**changes)["markdown"] == pytest.approx(markdown)


@pytest.mark.parametrize(("season", "month", "so_far", "year"), [
    (JUNE, 30, 300000.0, 100000.0),
    (DECEMBER, 35, 0.0, 25000.0),  # 200,000 and 100,000 over twelve months
    (DECEMBER, 11, 0.0, 25000.0),  # the first twelve months are a full year
    (DECEMBER, 10, 0.0, 100000.0),  # eleven are not
])
def test_a_calendar_year_s_volume_is_the_record_of_the_next(season, month, so_far, year):
    result = trader(county_season=season, county_month=month)
    assert (result["so_far"], result["volume_year"]) == (so_far, pytest.approx(year))


def test_a_price_crash_shrinks_the_trader_s_takings_losses_and_record():
    month = trader(lever_price_crash=0.5)
    # 100,000 x 0.5; 50,000 x 0.1 + 10,000
    assert (month["resale"], month["spent"], month["so_far"]) == (5_000_000, 1_500_000, 250000.0)


# In December the year of 300,000 + 100,000 yuan is over: 33,333 a month bring 0.3 of that, 10,000 yuan, the cost.
REVIEW = {"county_season": DECEMBER, "volume_so_far": 300000.0}


@pytest.mark.parametrize(("changes", "leaves"), [
    ({"u_trader": 0.499}, True),  # expects a little less
    ({"u_trader": 0.501}, False),
    ({"volume_so_far": 400000.0, "u_trader": 0.001}, False),  # 41,667 x 0.3 x 0.8 = 10,000
    ({"volume_so_far": 399000.0, "u_trader": 0.001}, True),
    ({"volume_so_far": 233000.0, "u_trader": 0.999}, True),  # 27,750 x 0.3 x 1.2 = 9,990
    ({"volume_so_far": 234000.0, "u_trader": 0.999}, False),
    ({"village_distance_town": 12.0, "u_trader": 0.549}, True),  # 200 yuan more of road: 10,200 against 10,000 x 1.0196
    ({"village_distance_town": 12.0, "u_trader": 0.551}, False),
    # a km nearer the road costs less, 9,900, and farmers bear less, 0.29 x 33,333 = 9,667: x 1.02 is not enough
    ({"village_distance_town": 9.0, "u_trader": 0.55}, True),
    ({"village_distance_town": 9.0, "u_trader": 0.57}, False),
    ({"lever_price_crash": 0.1, "u_trader": 0.501}, True),  # 390,000 yuan: 9,750
    ({"county_season": JUNE, "volume_year": 1.0, "u_trader": 0.001}, False),  # thinks of it once a year
    ({"county_month": 10, "volume_year": 1.0, "u_trader": 0.001}, False),  # and not before it has seen one
])
def test_only_a_trader_who_expects_not_to_earn_its_cost_leaves_and_in_december(changes, leaves):
    month = trader(**REVIEW | changes)
    assert (month["left"], month["active"], month["returned"]) == (leaves, not leaves, 0)


def test_a_trader_who_leaves_lowers_the_price_of_those_who_stay_offline():
    # hauling takes 0.3 + 10 x 0.01 = 0.4 of the reference price
    stays, leaves = (trader(**REVIEW, u_trader=luck)["markdown"] for luck in (0.501, 0.499))
    # five rivals and last year's 33,333 yuan: 10,000 / 33,333 = 0.3 over the cost of 0.1, from 0.3 halfway to 0.4
    assert (stays, leaves) == (pytest.approx(0.35), pytest.approx(0.4))


@pytest.mark.parametrize(("km", "markdown"), [(10.0, 0.4), (0.0, 0.3), (80.0, 1.0)])
def test_while_no_trader_buys_those_offline_get_what_the_township_pays_less_hauling(km, markdown):
    # 0.3 + 0.01 a km, never more than all
    assert trader(active=0, village_distance_town=km)["markdown"] == pytest.approx(markdown)


# Gone for half a year; its round hauled 450,000 + 50,000 yuan to the township: 41,667 x 0.3 = 12,500 is 1.25 x 10,000.
GONE = {"active": 0, "months_gone": 6, "volume": 5_000_000, "volume_so_far": 450000.0, "county_season": DECEMBER}


def test_a_trader_comes_back_to_supply_that_stays_offline():
    # it starts at the most that farmers bear: 0.1 + 0.3
    assert trader(**GONE, u_trader=0.501) == {
        "active": True, "months_gone": 7, "markdown": pytest.approx(0.4), "so_far": 0.0,
        "volume_year": pytest.approx(500000 / 12), "left": 0, "returned": True, "resale": 0, "spent": 0,
    }


def test_a_trader_comes_back_at_no_worse_a_price_than_the_township_s():
    # next to the township 0.3, with ample supply
    assert trader(**GONE | {"village_distance_town": 0.0, "volume_so_far": 1e6})["markdown"] == pytest.approx(0.3)


@pytest.mark.parametrize("changes", [
    {"months_gone": 5},  # too soon
    {"u_trader": 0.499},  # too little
    {"volume": 4_900_000},
    {"county_season": JUNE, "volume_year": 1e6},
    {"county_month": 10, "volume_year": 1e6},
])
def test_a_trader_stays_away_while_it_would_not_earn_more_than_its_cost(changes):
    month = trader(**GONE | {"u_trader": 0.501} | changes)
    assert (month["active"], month["returned"], month["markdown"]) == (False, False, pytest.approx(0.4))
    assert (month["resale"], month["spent"]) == (0, 0)
    assert month["months_gone"] == changes.get("months_gone", 6) + 1


def test_a_trader_that_came_back_starts_counting_anew():
    assert trader(months_gone=7)["months_gone"] == 0


@TRIALS
@given(anywhere(trader_month))
def test_a_trader_s_month_fits_its_columns(situation):
    results = trader_month(**situation)
    assert misfits(trader_month, results, but=("volume_so_far",)) == []
    active, *_, left, returned, _, _ = results
    assert active == ((situation["active"] and not left) or returned)


@TRIALS
@given(anywhere(trader_month), st.integers(0, 10**10), st.integers(0, 10))
def test_rivals_and_a_contested_round_never_raise_the_margin(situation, more, rivals):
    situation["active"] = 1
    wider = situation | {
        "contested": situation["contested"] + more, "village_traders": situation["village_traders"] + rivals,
    }
    assert trader_month(**wider)[2] <= trader_month(**situation)[2]


@TRIALS
@given(anywhere(trader_month))
def test_no_trader_aims_at_a_price_below_what_the_township_pays(situation):
    p = situation["p"]._replace(adjust=1.0)
    markdown = trader_month(**situation | {"active": 1, "p": p})[2]
    township = p.market_discount + p.market_haul * situation["village_distance_town"]
    assert markdown <= max(township, p.unit_cost) + 1e-12


@pytest.mark.parametrize(("debt", "borrowed", "repaid", "owed"), [
    (10000, 5000, 3000, 12120),  # 12,000 and 1 %
    (50, 0, 0, 50),  # interest in whole fen, rounded down
    (3000, 0, 3000, 0),
])
def test_debt_grows_by_what_is_borrowed_and_by_interest_and_falls_by_what_is_repaid(debt, borrowed, repaid, owed):
    assert debt_month(debt, borrowed, repaid, P) == owed


@TRIALS
@given(anywhere(debt_month))
def test_debt_is_never_negative_while_nobody_repays_more_than_is_owed(situation):
    situation["repaid"] = min(situation["repaid"], situation["debt"])
    assert misfits(debt_month, debt_month(**situation)) == []
