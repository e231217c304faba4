"""Seasons, demand, quality, what goes to the trader: worked by hand, and over all ranges."""

from inspect import signature

import pytest
from hypothesis import given, strategies as st

from test_policy_rules import COLUMNS, PHASES, TRIALS, parameters_within, situations
from villagesim.declare import Real
from villagesim.engine.phases import arguments
from villagesim.mechanisms.choice import ChoiceParameters
from villagesim.mechanisms.sales import (
    SalesParameters,
    basket,
    harvest_month,
    offline_sales,
    online_orders,
    online_quote,
    own_record,
    price_luck,
    season_weight,
    ships_poor_quality,
    supply_at_stake,
    transit_time,
)

FRESH, DRY, CRAFT = 0, 1, 2
OFFLINE, SHOP, LIVE = 0, 1, 2
# Beyond any real household, village or county, but so that the sum of a few still fits a column.
MOST = {"fen": 10**10, "parcel": 10**5, "2^-20 village": 20 * 2**20, "2^-20 firm": 2**35}


def anywhere(rule):
    """As `situations`, with money and counts that can be met."""
    met = {}
    for name, source in zip(signature(rule).parameters, arguments(PHASES[rule]), strict=True):
        column = COLUMNS[source.table][source.column] if source.table else None
        if column and column.type is not Real:
            quantity, most = column.quantity, MOST.get(column.quantity.unit, 10**6)
            met[name] = st.integers(max(int(quantity.low), -most), min(int(quantity.high), most))
    return situations(rule, **met)


def misfits(rule, results, but=()):
    """Results that do not fit the columns they are written to: out of range, NaN, or not whole where that is due."""
    phase, wrong = PHASES[rule], []
    for name, value in zip(phase.writes, results if type(results) is tuple else (results,), strict=True):
        column = COLUMNS[phase.table][name]
        whole = column.type is Real or isinstance(value, int)
        if name not in but and not (whole and column.quantity.low <= value <= column.quantity.high):
            wrong.append((name, value))
    return wrong


P = SalesParameters()._replace(
    peak_fresh=0.4, peak_dry=0.2, basket_fresh=40.0, basket_dry=50.0, basket_craft=100.0,
    demand=200.0, demand_supply=0.0, demand_skill=4.0, demand_live=2.0, demand_brand=1.0, ramp=3.0, luck_spread=0.5,
    crowding=10.0,
    price_skill=0.1, price_brand=0.2, price_cheat=0.1, price_common=0.1, price_own=0.2, price_luck=0.1, fresh_bonus=0.5,
    commission=0.05, traffic=0.1, packaging=2.0, packaging_fresh=4.0, tax=0.02,
    returns=0.05, returns_fresh=0.025, transit_line=1.5, transit_road=50.0, market_days=1.75, returns_live=0.05,
    live_hours=2.0, returns_skill=0.5, returns_delay=0.2,
    help_from=10.0, help_pay=2.0, help_shared=0.3, spoilage=0.5, cold_saves=0.5, hold=0.8,
    input_share=0.3, low_savings=1.0, credit_share=0.5, credit_most=6.0, repay_share=0.4,
    record_weight=0.25,
)
HOURS = ChoiceParameters()._replace(spare_hours=20.0, variable_hours=0.01)


# Luck, baskets, seasons


def test_all_sellers_share_one_price_luck():
    assert price_luck(-1.25) == -1.25


@pytest.mark.parametrize(("product", "worth"), [(FRESH, 40.0), (DRY, 50.0), (CRAFT, 100.0)])
def test_a_parcel_holds_a_basket_of_its_product(product, worth):
    assert basket(product, P) == worth


@pytest.mark.parametrize(("product", "season", "share"), [
    (FRESH, 8, 0.4),  # the peak
    (FRESH, 7, 0.2),  # a month before: half of 0.4
    (FRESH, 9, 0.2),  # a month after
    (FRESH, 6, 0.2 / 9),  # what is left, 1 - 0.4 - 2 x 0.2 = 0.2, over nine months
    (FRESH, 2, 0.2 / 9),  # six months off
    (DRY, 8, 0.2),
    (DRY, 9, 0.1),
    (DRY, 0, 0.6 / 9),  # 1 - 0.2 - 2 x 0.1 = 0.6
    (CRAFT, 8, 1 / 12),
    (CRAFT, 2, 1 / 12),
])
def test_a_harvest_peaks_in_its_month_and_craft_ripens_evenly(product, season, share):
    assert season_weight(product, 8, season, P) == pytest.approx(share)


@pytest.mark.parametrize(("harvest", "season"), [(0, 11), (11, 0)])
def test_december_is_next_to_january(harvest, season):
    assert season_weight(FRESH, harvest, season, P) == pytest.approx(0.2)


@TRIALS
@given(st.integers(0, 2), st.integers(0, 11), parameters_within(SalesParameters))
def test_the_twelve_months_of_a_harvest_add_up_to_the_year(product, harvest, p):
    months = [season_weight(product, harvest, season, p) for season in range(12)]
    assert min(months) >= 0.0
    assert sum(months) == pytest.approx(1.0)


# What a seller meets: cost of shipping and demand


def quote(**changes):
    usual = {
        "product": DRY, "mode": OFFLINE, "output": 20_000.0, "skill_operation": 0.0, "skill_business": 0.0, "luck": 0.0,
        "months_online": 0, "village_sellers": 0, "village_households": 100, "village_variety": 0.0,
        "village_brand": 0.0, "village_parcel_price": 5.0, "village_haul_price": 1.0, "county_crowding": 0.0,
        "county_demand": 1.0, "p": P,
    }
    return online_quote(**usual | changes)


@pytest.mark.parametrize(("changes", "cost"), [
    ({}, 0.16),  # (5 + 1 + 2) / 50
    ({"village_haul_price": 6.0}, 0.26),  # (5 + 6 + 2) / 50
    ({"product": FRESH}, 0.3),  # (5 + 1 + 2 + 4) / 40: ice and foam
    ({"product": CRAFT}, 0.08),  # (5 + 1 + 2) / 100
])
def test_a_yuan_of_goods_bears_its_part_of_the_parcel(changes, cost):
    assert quote(**changes)[0] == pytest.approx(cost)


@pytest.mark.parametrize(("changes", "demand"), [
    ({}, 200.0),
    ({"skill_operation": 1.0, "skill_business": 0.5}, 800.0),  # 200 x (1 + 4 x (1 + 0.5) / 2)
    ({"village_brand": 0.5}, 300.0),  # 200 x (1 + 1 x 0.5)
    ({"skill_operation": 1.0, "village_brand": 1.0}, 800.0),  # 200 x (1 + 2 + 1): skill and brand add up
    ({"mode": LIVE, "months_online": 2}, 200.0),  # 200 x 2 x 3/6
    ({"luck": 2.0}, 543.6563656918),  # 200 x e^(0.5 x 2)
    ({"county_demand": 1.5}, 300.0),
])
def test_skill_brand_live_streaming_luck_and_the_market_multiply_demand(changes, demand):
    assert quote(**changes)[1] == pytest.approx(demand)


@pytest.mark.parametrize(("output", "demand"), [
    (0.0, 100.0),  # half of it goes with supply: 200 x 0.5
    (20_000.0, 200.0),  # the usual: 200 x (0.5 + 0.5 x 2 x 1/2)
    (60_000.0, 250.0),  # 200 x (0.5 + 0.5 x 2 x 3/4)
])
def test_buyers_favour_who_can_keep_shipping(output, demand):
    p = P._replace(demand_supply=0.5, supply_usual=20_000.0)
    assert quote(output=output, p=p)[1] == pytest.approx(demand)
    assert quote(output=output)[1] == 200.0


@pytest.mark.parametrize(("months", "demand"), [(0, 50.0), (2, 100.0), (8, 150.0)])
def test_a_new_shop_finds_its_public_slowly(months, demand):
    # 200 x (months + 1) / (months + 1 + 3): 1/4, 3/6, 9/12
    assert quote(mode=SHOP, months_online=months)[1] == pytest.approx(demand)


@pytest.mark.parametrize(("changes", "demand"), [
    ({"village_sellers": 10}, 100.0),  # one household in ten sells: 200 / (1 + 10 x 0.1)
    ({"village_sellers": 1, "village_households": 1}, 200 / 11),  # all do: 200 / (1 + 10)
    ({"village_sellers": 10, "village_variety": 0.5}, 400 / 3),  # half alike: 200 / (1 + 0.5)
    ({"village_sellers": 10, "village_variety": 1.0}, 200.0),  # none alike
    ({"county_crowding": 1.0}, 100.0),  # 200 / (1 + 0 + 1)
    ({"village_sellers": 10, "county_crowding": 2.0}, 50.0),  # 200 / (1 + 1 + 2)
])
def test_look_alike_neighbours_and_a_crowded_market_hide_a_shop(changes, demand):
    assert quote(**changes)[1] == pytest.approx(demand)


@TRIALS
@given(anywhere(online_quote))
def test_a_quote_of_shipping_is_a_possible_one(situation):
    cost, demand = online_quote(**situation)
    assert misfits(online_quote, (cost, demand), but=("demand",)) == []
    assert 0.0 <= demand < float("inf")


@TRIALS
@given(anywhere(online_quote), st.integers(0, 1000), st.floats(0.0, 1.0))
def test_more_sellers_never_raise_a_seller_s_demand_and_more_skill_never_lowers_it(situation, more, skill):
    demand = online_quote(**situation)[1]
    crowded = situation | {"village_sellers": situation["village_sellers"] + more}
    skilled = situation | {"skill_business": max(skill, situation["skill_business"])}
    assert online_quote(**crowded)[1] <= demand <= online_quote(**skilled)[1]


# The harvest


def harvest(**changes):
    usual = {
        "product": DRY, "output": 12000.0, "stock": 100.0, "savings": 10**7, "debt": 0, "village_harvest": 8,
        "county_season": 8, "trader_active": 1, "p": P,
    }
    return harvest_month(**usual | changes)


@pytest.mark.parametrize(("season", "stock"), [(8, 2500.0), (9, 1300.0), (2, 900.0)])
def test_what_ripens_joins_the_stock(season, stock):
    # 100 + 12,000 x 0.2; 100 + 12,000 x 0.1; 100 + 12,000 x 0.6/9
    assert harvest(county_season=season)[0] == pytest.approx(stock)


@pytest.mark.parametrize("season", range(12))
def test_inputs_are_paid_by_twelfths_whatever_the_season(season):
    # 12,000 x 0.3 / 12 = 300 yuan
    assert harvest(county_season=season)[1] == 30000


@pytest.mark.parametrize(("changes", "lent"), [
    ({"savings": 29999}, 15000),  # short of one month's 300 yuan: half of it on credit
    ({"savings": 30000}, 0),  # not short
    ({"savings": -5}, 15000),
    ({"savings": 0, "trader_active": 0}, 0),  # nobody lends
    ({"savings": 0, "debt": 179999}, 15000),  # owes less than six months of inputs
    ({"savings": 0, "debt": 180000}, 0),  # 6 x 30,000: no more credit
    ({"savings": 0, "debt": 60000, "p": P._replace(credit_most=2.0)}, 0),
    ({"savings": 59999, "p": P._replace(low_savings=2.0, credit_share=0.25)}, 7500),
])
def test_only_the_short_borrow_and_only_from_a_trader_who_still_lends(changes, lent):
    assert harvest(**changes)[2] == lent


@TRIALS
@given(anywhere(harvest_month))
def test_nobody_borrows_more_than_the_inputs_cost(situation):
    stock, cost, lent = harvest_month(**situation)
    assert misfits(harvest_month, (stock, cost, lent), but=("stock",)) == []
    assert stock >= situation["stock"]
    assert lent <= cost


# Quality


@pytest.mark.parametrize(("mode", "honest", "norm", "luck", "cheats"), [
    (SHOP, 0, 0.3, 0.4, True),
    (LIVE, 0, 0.3, 0.4, True),
    (SHOP, 0, 0.5, 0.4, False),  # the norm holds it back
    (SHOP, 1, 0.0, 0.9, False),  # keeps its word
    (OFFLINE, 0, 0.0, 0.9, False),  # ships nothing
])
def test_only_an_opportunist_seller_cheats_and_a_norm_holds_it_back(mode, honest, norm, luck, cheats):
    assert ships_poor_quality(mode, honest, norm, luck) == cheats


# On the way


@pytest.mark.parametrize(("serving", "visits", "distance", "days"), [
    (1, 2.0, 0.0, 3.25),  # a round every 3.5 days: half of that, and 1.5 from the county seat on
    (1, 7.0, 0.0, 2.0),
    (1, 2.0, 100.0, 5.25),  # two more at 50 km a day
    (0, 7.0, 0.0, 3.5),  # no route: a fair every fourth day
    (1, 1.0, 0.0, 3.5),  # the fair comes before the next round
])
def test_a_parcel_waits_for_the_next_round_and_travels_by_road_and_line(serving, visits, distance, days):
    assert transit_time(distance, serving, visits, P) == pytest.approx(days)


@TRIALS
@given(anywhere(transit_time), st.floats(0.0, 300.0))
def test_a_farther_village_never_ships_faster(situation, distance):
    days = transit_time(**situation)
    assert misfits(transit_time, days) == []
    assert transit_time(**situation | {"distance_county": max(distance, situation["distance_county"])}) >= days


# What a trader could lose; a seller's own record


@pytest.mark.parametrize(("feasible", "contested"), [(0, 0), (1, 1234568)])
def test_supply_is_contested_where_selling_online_is_feasible(feasible, contested):
    # 12,345.675 yuan, half a fen upwards
    assert supply_at_stake(12345.675, feasible) == (1234568, contested)


@pytest.mark.parametrize(("mode", "sold", "quit", "margin", "smooth", "unsold", "record"), [
    (SHOP, 1, 0, 0.4, 0.0, 3, (0.4, 0)),  # the first sale sets the record
    (SHOP, 1, 0, 0.4, 0.2, 3, (0.25, 0)),  # 0.2 + (0.4 - 0.2) / 4
    (LIVE, 1, 0, -0.2, 0.2, 0, (0.1, 0)),  # 0.2 - 0.4 / 4
    (SHOP, 0, 0, 0.0, 0.2, 3, (0.2, 4)),  # no sale: the record stands, one month more
    (OFFLINE, 0, 1, 0.0, -0.1, 2, (-0.1, 0)),  # quits this month: keeps it to tell
    (OFFLINE, 0, 0, 0.0, -0.1, 2, (0.0, 0)),  # forgotten after that
])
def test_a_seller_judges_by_its_own_record(mode, sold, quit, margin, smooth, unsold, record):
    result = own_record(mode, sold, quit, margin, smooth, unsold, P)
    assert result == (pytest.approx(record[0]), record[1])


def test_a_record_moves_by_its_declared_weight():
    # 0.2 + 0.5 x (0.4 - 0.2)
    assert own_record(SHOP, 1, 0, 0.4, 0.2, 0, P._replace(record_weight=0.5))[0] == pytest.approx(0.3)


@TRIALS
@given(anywhere(own_record), anywhere(supply_at_stake), anywhere(ships_poor_quality))
def test_records_and_supply_fit_their_columns(record, supply, quality):
    assert misfits(own_record, own_record(**record)) == []
    assert misfits(supply_at_stake, supply_at_stake(**supply)) == []
    assert misfits(ships_poor_quality, ships_poor_quality(**quality)) == []


# The rest: to the trader, to the township, or kept


def offline(**changes):
    usual = {
        "mode": OFFLINE, "share": 0.0, "stock": 1000.0, "online_value": 0.0, "debt": 0, "village_perishable": 0.5,
        "village_cold_chain": 0.0, "trader_active": 1, "trader_markdown": 0.2, "p": P,
    }
    shocks = {name: 0.0 for name in signature(offline_sales).parameters if name not in usual}
    return offline_sales(**usual | shocks | changes)


def test_an_offline_household_sells_all_it_has_to_the_trader():
    # 1,000 x (1 - 0.2) = 800 yuan
    assert offline() == (1000.0, 100000, 0.0, 0.0, 80000, 0, 0)


def test_a_price_crash_cuts_what_the_trader_pays():
    # 1,000 x 0.75 x 0.8
    assert offline(lever_price_crash=0.25)[4] == 60000


@pytest.mark.parametrize(("debt", "repaid"), [(0, 0), (10000, 10000), (50000, 32000)])
def test_two_fifths_of_what_the_trader_pays_go_into_the_debt(debt, repaid):
    # 80,000 x 0.4 = 32,000 at most
    assert offline(debt=debt)[6] == repaid


@pytest.mark.parametrize(("changes", "goods", "lost", "kept"), [
    # 800 left, 500 meant for online; 0.8 x 0.5 of them wait = 200, of which 0.5 x 0.5 rot
    ({}, 600.0, 50.0, 150.0),
    ({"village_cold_chain": 1.0}, 600.0, 25.0, 175.0),  # a cold store saves half of that
    ({"village_perishable": 0.0}, 400.0, 0.0, 400.0),  # 0.8 x 500 wait, nothing rots
    ({"village_perishable": 1.0}, 800.0, 0.0, 0.0),  # sold off before it rots
    # 0.9 x 1,000 were meant but 600 are left: 0.8 x 600 wait
    ({"village_perishable": 0.0, "share": 0.9, "online_value": 400.0}, 120.0, 0.0, 480.0),
    ({"mode": OFFLINE}, 800.0, 0.0, 0.0),  # one who has just stopped keeps nothing back
])
def test_durable_goods_meant_for_online_buyers_wait_and_the_rest_is_sold(changes, goods, lost, kept):
    result = offline(**{"mode": SHOP, "share": 0.5, "online_value": 200.0} | changes)
    assert result == (
        pytest.approx(goods), round(100 * goods), pytest.approx(lost), pytest.approx(kept), round(80 * goods), 0, 0,
    )


@pytest.mark.parametrize(("changes", "income"), [
    ({"trader_markdown": 0.4}, 60000),  # what hauling to the township leaves of 1,000
    ({"trader_markdown": 1.0}, 0),  # hauling costs what the goods are worth
    ({"trader_markdown": 0.4, "lever_price_crash": 0.5}, 30000),
])
def test_without_a_trader_goods_are_hauled_to_the_township_and_no_debt_is_paid(changes, income):
    assert offline(trader_active=0, debt=5000, **changes) == (1000.0, 100000, 0.0, 0.0, 0, income, 0)


@TRIALS
@given(anywhere(offline_sales))
def test_what_is_sold_offline_fits_its_columns(situation):
    results = offline_sales(**situation)
    assert misfits(offline_sales, results, but=("offline_value", "spoiled")) == []
    assert min(results) >= 0
    assert results[6] <= min(situation["debt"], results[4])


@TRIALS
@given(anywhere(harvest_month), anywhere(online_orders), anywhere(offline_sales))
def test_what_ripens_is_sold_online_or_offline_or_spoils_or_is_kept(farm, shop, rest):
    ripe = farm["output"] * season_weight(farm["product"], farm["village_harvest"], farm["county_season"], farm["p"])
    stock = harvest_month(**farm)[0]
    orders, _ = online_orders(**shop | {"stock": stock, "p": farm["p"], "product": farm["product"]})
    sold = orders * basket(farm["product"], farm["p"])
    rested, _, spoiled, kept, *_ = offline_sales(**rest | {
        "stock": stock, "online_value": sold, "share": shop["share"], "mode": shop["mode"],
    })
    assert sold + rested + spoiled + kept == pytest.approx(farm["stock"] + ripe)


@TRIALS
@given(anywhere(offline_sales))
def test_a_village_without_a_trader_hauls_what_the_trader_would_have_bought(situation):
    bought = offline_sales(**situation | {"trader_active": 1})
    hauled = offline_sales(**situation | {"trader_active": 0})
    assert (hauled[4], hauled[5], hauled[6], bought[5]) == (0, bought[4], 0, 0)
    assert hauled[:4] == bought[:4]
