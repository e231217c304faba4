"""A trader's margin, leaving, coming back, and the debt owed to it: worked by hand, and over all ranges."""

from inspect import signature

import pytest
from hypothesis import given
from hypothesis import strategies as st

from test_policy_rules import TRIALS
from test_sales_rules import anywhere, misfits
from villagesim.mechanisms.traders import TradersParameters, debt_month, trader_month

P = TradersParameters()._replace(
    unit_cost=0.1, rivalry=4.0, online_rivalry=4.0, fixed_cost=10000.0, margin_cap=0.3, adjust=0.5, memory=0.1,
    patience=6.0, leave_rate=0.2, interest=0.01, drawings=0.1,
)
NAMES = ("active", "months_gone", "markdown", "volume_year", "left", "returned", "resale", "spent")


def trader(**changes):
    usual = {
        "active": 1, "months_gone": 0, "markdown": 0.3, "volume": 10_000_000, "volume_year": 100000.0,
        "potential": 120_000_000, "contested": 0, "savings": 0, "u_trader": 0.5, "p": P,
    }
    shocks = {name: 0.0 for name in signature(trader_month).parameters if name not in usual}
    crash = {name: changes.pop("crash", 0.0) for name in shocks}
    return dict(zip(NAMES, trader_month(**usual | crash | changes), strict=True))


def test_a_month_of_a_trader_adds_up():
    # rivalry leaves a margin of 0.9 / (1 + 4) = 0.18 over the cost of 0.1: from 0.3 halfway to 0.28
    # 100,000 yuan are resold; trading costs 0.1 of that and 10,000 yuan of living
    assert trader() == {
        "active": True, "months_gone": 0, "markdown": pytest.approx(0.29), "volume_year": pytest.approx(100000.0),
        "left": False, "returned": 0, "resale": 10_000_000, "spent": 2_000_000,
    }


@pytest.mark.parametrize(("contested", "markdown"), [
    (30_000_000, 0.275),  # a quarter could go online: 0.9 / (1 + 4 + 1) = 0.15, from 0.3 halfway to 0.25
    (120_000_000, 0.25),  # all of it: 0.9 / 9 = 0.1, halfway to 0.2
])
def test_supply_that_could_go_online_cuts_the_margin_of_all(contested, markdown):
    assert trader(contested=contested)["markdown"] == pytest.approx(markdown)


@pytest.mark.parametrize(("changes", "markdown"), [
    # 50,000 yuan a month must feed the trader: 10,000 / 50,000 = 0.2 is above 0.9 / 5 = 0.18
    ({"volume": 5_000_000, "volume_year": 50000.0}, 0.3),  # halfway from 0.3 to 0.3
    ({"volume": 5_000_000, "volume_year": 50000.0, "contested": 120_000_000}, 0.3),  # whatever the rivalry
    ({"volume": 2_000_000, "volume_year": 20000.0}, 0.35),  # 0.5 would be needed; farmers put up with 0.3
    ({"p": P._replace(rivalry=1.0)}, 0.35),  # 0.9 / 2 = 0.45; farmers put up with 0.3
])
def test_the_margin_covers_the_trader_s_living_but_never_beyond_what_farmers_bear(changes, markdown):
    assert trader(**changes)["markdown"] == pytest.approx(markdown)


def test_lost_volume_enters_the_yearly_record_by_a_tenth_a_month():
    assert trader(volume=0)["volume_year"] == pytest.approx(90000.0)


def test_a_price_crash_shrinks_the_trader_s_takings_and_losses():
    month = trader(crash=0.5)
    # 100,000 x 0.5; 50,000 x 0.1 + 10,000
    assert (month["resale"], month["spent"]) == (5_000_000, 1_500_000)


@pytest.mark.parametrize(("savings", "spent"), [
    (12_000_000, 2_000_000),  # a year's fixed cost: kept
    (17_000_000, 2_500_000),  # 0.1 x (170,000 - 120,000) more
    (-17_000_000, 2_000_000),
])
def test_a_rich_trader_spends_part_of_what_exceeds_a_year_s_cost(savings, spent):
    assert trader(savings=savings)["spent"] == spent


POOR = {"volume": 2_000_000, "volume_year": 20000.0}


@pytest.mark.parametrize(("changes", "leaves"), [
    ({"u_trader": 0.1, **POOR}, True),  # 10,000 / 20,000 = 0.5 is more than farmers bear
    ({"u_trader": 0.3, **POOR}, False),  # not this month
    ({"u_trader": 0.1}, False),  # 10,000 / 100,000 can be earned
])
def test_only_a_trader_who_cannot_live_leaves(changes, leaves):
    month = trader(**changes)
    assert (month["left"], month["active"], month["returned"]) == (leaves, not leaves, 0)


GONE = {"active": 0, "months_gone": 6, "volume": 0, "contested": 48_000_000, "u_trader": 0.1}


def test_a_trader_comes_back_to_supply_that_stays_offline():
    # 1.2 million yuan a year, 0.6 of it offline: 60,000 a month; 0.9 x 0.3 x 60,000 = 16,200 feeds a trader of 10,000
    # it starts at the most that farmers bear: 0.1 + 0.3
    assert trader(**GONE) == {
        "active": True, "months_gone": 7, "markdown": pytest.approx(0.4), "volume_year": pytest.approx(60000.0),
        "left": 0, "returned": True, "resale": 0, "spent": 0,
    }


@pytest.mark.parametrize("changes", [
    {"months_gone": 5},  # too soon
    {"u_trader": 0.3},  # not this month
    {"contested": 96_000_000},  # 20,000 a month offline: 0.27 x 20,000 = 5,400
    {"contested": 76_800_000},  # 36,000: 0.27 x 36,000 = 9,720 is not quite 10,000
])
def test_a_trader_stays_away_when_too_little_would_be_left_to_buy(changes):
    assert trader(**GONE | changes) == {
        "active": False, "months_gone": changes.get("months_gone", 6) + 1, "markdown": 0.3,
        "volume_year": pytest.approx(90000.0), "left": 0, "returned": False, "resale": 0, "spent": 0,
    }


def test_a_trader_that_came_back_starts_counting_anew():
    assert trader(months_gone=7)["months_gone"] == 0


@TRIALS
@given(anywhere(trader_month))
def test_a_trader_s_month_fits_its_columns(situation):
    results = trader_month(**situation)
    assert misfits(trader_month, results) == []
    active, *_, left, returned, _, _ = results
    assert active == ((situation["active"] and not left) or returned)


@TRIALS
@given(anywhere(trader_month), st.integers(0, 10**10))
def test_a_contested_catchment_never_raises_the_margin(situation, more):
    situation["active"] = 1
    wider = situation | {"contested": situation["contested"] + more}
    assert trader_month(**wider)[2] <= trader_month(**situation)[2]


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
