"""What each party earns, spends and holds after a month: worked by hand, and over all ranges."""

import pytest
from hypothesis import given

from test_policy_rules import TRIALS
from test_sales_rules import anywhere, misfits
from villagesim.mechanisms.accounts import (
    AccountsParameters,
    county_accounts,
    courier_accounts,
    household_accounts,
    lever_accounts,
    post_cost,
    programme_payments,
    trader_accounts,
)

P = AccountsParameters()._replace(spending=0.9, wealth_spending=0.01, subsistence=300.0)
EARNED = (
    "off_farm", "online_income", "trader_income", "market_income", "wage_income", "remittance", "tourism_income",
    "champion_income", "cash_income", "credit_income", "relief_income",
)
PAID = (
    "platform_cost", "tax_cost", "parcel_cost", "haul_cost", "packing_cost", "start_cost", "farm_cost",
)


# Nobody to pay: 3 champions and 40 households in a county that was granted 10,000 and 9,999 fen for them.
GRANTED = {
    "champion": 0, "credit_income": 0, "relief_income": 0, "rank": 0.2, "village_rank": 0.4, "county_champions": 3,
    "reach_cash": 1.0, "within_cash": 1.0, "scale_cash": 40.0, "county_credit_claims": 0,
    "county_relief_claims": 0, "granted_champions": 10000, "granted_cash": 9999,
    "granted_startup_credit": 0, "granted_tax_relief": 0,
}


def paid(**changes):
    return programme_payments(**GRANTED | changes)


@pytest.mark.parametrize(("champion", "allowance"), [(1, 3333), (0, 0)])
def test_allowances_and_cash_are_dealt_in_equal_whole_fen(champion, allowance):
    # 10,000 fen among 3 champions; 9,999 fen among 40 households
    assert paid(champion=champion) == (allowance, 249, 0, 0)


def test_who_is_alone_gets_all_of_it():
    assert paid(champion=1, county_champions=1, scale_cash=1.0) == (10000, 9999, 0, 0)


@pytest.mark.parametrize(("changes", "cash"), [
    ({"reach_cash": 0.41}, 999), ({"reach_cash": 0.4}, 0), ({"within_cash": 0.21}, 999), ({"within_cash": 0.2}, 0),
])
def test_cash_goes_in_equal_shares_to_those_whom_it_reaches(changes, cash):
    # 9,999 fen among the 10 households reached; this one's rank is 0.2, its village's 0.4
    assert paid(scale_cash=10.0, **changes)[1] == cash


def test_money_for_champions_waits_where_there_are_none():
    assert paid(county_champions=0, granted_cash=0) == (0, 0, 0, 0)


@pytest.mark.parametrize(("granted", "credit"), [
    (90000, 30000),  # more than the 80,000 fen that all claim: paid in full
    (80000, 30000),
    (60000, 22500),  # three quarters of what is claimed
    (0, 0),
    (7, 2),  # 30,000 of 80,000 of 7 fen is 2.625
])
def test_claims_are_paid_in_full_or_all_alike_in_part(granted, credit):
    assert paid(credit_income=30000, county_credit_claims=80000, granted_startup_credit=granted)[2] == credit
    assert paid(relief_income=30000, county_relief_claims=80000, granted_tax_relief=granted)[3] == credit


@TRIALS
@given(anywhere(programme_payments))
def test_nobody_is_paid_beyond_what_was_granted(situation):
    situation["scale_cash"] = max(1.0, situation["scale_cash"])
    situation["county_champions"] = max(1, situation["county_champions"])
    # What all claim includes what this household claims.
    for claim in ("credit", "relief"):
        situation[f"county_{claim}_claims"] += situation[f"{claim}_income"]
    allowance, cash, credit, relief = results = programme_payments(**situation)
    assert misfits(programme_payments, results) == []
    assert allowance * situation["county_champions"] <= situation["granted_champions"]
    assert cash * int(situation["scale_cash"]) <= situation["granted_cash"]
    assert credit <= min(situation["granted_startup_credit"], situation["credit_income"])
    assert relief <= min(situation["granted_tax_relief"], situation["relief_income"])


def household(**changes):
    usual = dict.fromkeys((*EARNED, *PAID, "borrowed", "repaid"), 0) | {
        "size": 4, "savings": 0, "income_so_far": 0, "income_year": 0, "county_season": 5, "p": P,
    }
    return household_accounts(**usual | changes)


@pytest.mark.parametrize("source", EARNED)
def test_every_source_of_income_is_income(source):
    assert household(**{source: 12345})[0] == 12345


@pytest.mark.parametrize("cost", PAID)
def test_every_cost_of_farming_and_selling_is_taken_off_income(cost):
    assert household(**{cost: 12345})[0] == -12345


def test_credit_is_money_but_no_income():
    # 4 x 300 yuan are spent; 500 borrowed, 200 repaid
    assert household(borrowed=50000, repaid=20000)[:3] == (0, 120000, -90000)


@pytest.mark.parametrize(("changes", "spent"), [
    ({}, 120000),  # subsistence of four: 1,200 yuan
    ({"size": 2}, 60000),
    ({"income_year": 2_400_000}, 180000),  # 0.9 x 24,000 / 12 = 1,800 yuan
    ({"income_year": 2_400_000, "savings": 1_000_000}, 190000),  # and 0.01 x 10,000
    ({"income_year": 2_400_000, "savings": -1_000_000}, 180000),  # debts are not wealth
    ({"income_year": -2_400_000}, 120000),  # a bad year: not below subsistence
    ({"income_year": 1_600_001}, 120000),  # 0.9 x 16,000.01 / 12 = 1,200.00075 yuan
])
def test_a_household_spends_by_last_year_s_income_and_its_savings_but_never_below_subsistence(changes, spent):
    assert household(**changes)[1] == spent


def test_savings_take_what_is_left():
    # 10,000 + 3,000 - 500 yuan earned; spends the larger of 1,200 and 0.01 x 10,000
    assert household(savings=1_000_000, off_farm=300000, parcel_cost=50000)[2] == 1_130_000


@pytest.mark.parametrize(("season", "so_far", "year"), [
    (0, 110000, 900000),
    (10, 110000, 900000),
    (11, 0, 110000),  # December closes the year
])
def test_december_closes_the_year_s_books(season, so_far, year):
    books = household(off_farm=10000, income_so_far=100000, income_year=900000, county_season=season)
    assert books[3:] == (so_far, year)


def test_a_post_costs_its_base_pay_and_its_overhead():
    assert post_cost(400000, 100000) == 500000


def test_a_route_s_firm_keeps_fees_and_commission_less_running_cost_and_piece_pay():
    assert courier_accounts(70000, 30000, 60000, 8000, 1000) == 33000


def test_a_trader_s_purse_takes_resale_and_repayments_less_goods_loans_and_costs():
    # 1,000 + 10,000 + 300 - 7,000 - 500 - 2,000
    assert trader_accounts(700000, 50000, 30000, 1000000, 200000, 100000) == 180000


@pytest.mark.parametrize(("itemised", "books"), [(1, (800, 0)), (0, (1000, 1000))])
def test_an_itemised_lever_spends_what_people_were_paid_and_others_spend_their_grant_outside(itemised, books):
    assert lever_accounts(1000, 800, itemised) == books


def test_the_fund_falls_by_what_was_spent():
    assert county_accounts(1000, 999) == 1


@TRIALS
@given(anywhere(household_accounts), anywhere(post_cost), anywhere(courier_accounts), anywhere(trader_accounts))
def test_everybody_s_books_fit_their_columns(house, post, courier, trader):
    assert misfits(household_accounts, household_accounts(**house)) == []
    assert misfits(post_cost, post_cost(**post)) == []
    assert misfits(courier_accounts, courier_accounts(**courier)) == []
    assert misfits(trader_accounts, trader_accounts(**trader)) == []


@TRIALS
@given(anywhere(lever_accounts), anywhere(county_accounts))
def test_the_county_s_books_fit_their_columns(lever, county):
    lever["booked"] = min(lever["booked"], lever["granted"])
    county["spent"] = min(county["spent"], county["fund"])
    spent, outside = lever_accounts(**lever)
    assert misfits(lever_accounts, (spent, outside)) == []
    assert outside <= spent <= lever["granted"]
    assert misfits(county_accounts, county_accounts(**county)) == []


@TRIALS
@given(anywhere(household_accounts))
def test_income_and_credit_are_spent_or_saved(house):
    income, spent, savings, so_far, year = household_accounts(**house)
    assert savings - house["savings"] == income + house["borrowed"] - house["repaid"] - spent
    if house["county_season"] == 11:
        assert (so_far, year) == (0, house["income_so_far"] + income)
    else:
        assert (so_far, year) == (house["income_so_far"] + income, house["income_year"])
