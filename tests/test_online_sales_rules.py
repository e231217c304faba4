"""A month online: parcels by luck, what they cost and bring, the margin: worked by hand, and over all ranges."""

from inspect import signature

import pytest
from hypothesis import given, strategies as st

from test_policy_rules import TRIALS
from test_sales_rules import CRAFT, DRY, FRESH, HOURS, LIVE, OFFLINE, SHOP, P, anywhere, misfits
from villagesim.mechanisms.sales import basket, online_orders, online_sales

NAMES = (
    "goods", "income", "platform", "tax", "parcel", "haul", "packing", "margin", "sold",
    "goods_fen", "hours", "waived",
)


def online(**changes):
    usual = {
        "product": DRY, "mode": SHOP, "share": 0.5, "stock": 1000.0, "demand": 400.0, "adults": 2, "away": 0,
        "access": 0.0, "cheats": 0, "skill_operation": 0.0, "skill_business": 0.0, "luck": 0.0, "village_brand": 0.0,
        "village_cold_chain": 0.0, "village_transit": 4.0, "village_fill": 1.0,
        "village_parcel_price": 5.0, "village_haul_price": 1.0, "village_teamwork": 0.0, "trader_markdown": 0.2,
        "county_retail": 1.5, "county_fee_level": 1.0, "county_common_shock": 0.0, "z_sale_shock": 0.0, "p": P,
        "p_choice": HOURS, "rank": 0.2, "village_rank": 0.4, "reach_tax_relief": 1.0, "within_tax_relief": 1.0,
        "u_order": 0.01,
    }
    wanted, sold = signature(online_orders).parameters, signature(online_sales).parameters
    met = {name: 0.0 for name in sold if name != "orders"} | usual | changes
    orders, unshipped = online_orders(**{name: met[name] for name in wanted})
    month = online_sales(**{name: met[name] for name in sold if name != "orders"}, orders=orders)
    return {"orders": orders, "unshipped": unshipped, **dict(zip(NAMES, month, strict=True))}


def test_a_month_of_a_small_shop_adds_up():
    month = online()
    # at most min(0.5 x 1000 of stock, 400 of demand, 2 x 20 h / 0.01 h/yuan) = 400 yuan: 8 parcels of 50
    assert (month["orders"], month["unshipped"], month["goods"], month["goods_fen"]) == (8, 0, 400.0, 40000)
    # 400 x 1.5 = 600, less 5 % returned = 570 yuan; platform 570 x (0.05 + 0.1) + 8 x 2 of packaging = 101.5
    assert (month["income"], month["platform"]) == (57000, 10150)
    # tax 570 x 0.02 = 11.4; fees 8 x 5; haulage 8 x 1; nobody is hired for 8 parcels
    assert (month["tax"], month["parcel"], month["haul"], month["packing"]) == (1140, 4000, 800, 0)
    # (570 - 101.5 - 11.4 - 40 - 8) / 400 - (1 - 0.2) = 1.02275 - 0.8
    assert month["margin"] == pytest.approx(0.22275)
    assert month["sold"]
    assert month["hours"] == pytest.approx(4.0)
    assert online(mode=LIVE)["hours"] == pytest.approx(8.0)


@pytest.mark.parametrize(("changes", "orders"), [
    ({"stock": 300.0}, 3),  # 0.5 x 300 = 150
    ({"share": 0.1}, 2),  # 0.1 x 1000 = 100
    ({"demand": 449.0}, 8),  # 8.98 and luck of 0.01: no part of a parcel is sent
    ({"demand": 449.0, "u_order": 0.03}, 9),
    ({"demand": 20.0, "u_order": 0.59}, 0),  # 0.4 of a parcel: two months in five bring one
    ({"demand": 20.0, "u_order": 0.61}, 1),
    ({"stock": 99.0, "share": 1.0, "u_order": 0.99}, 1),  # 1.98, but no second parcel can be filled
    ({"adults": 1, "p_choice": HOURS._replace(variable_hours=0.1)}, 4),  # 20 h / 0.1 = 200
    ({"adults": 1, "mode": LIVE, "p_choice": HOURS._replace(variable_hours=0.1)}, 2),  # on air twice the hours: 100
    ({"adults": 3, "away": 2, "p_choice": HOURS._replace(variable_hours=0.1)}, 4),  # one is at home
    ({"adults": 2, "away": 3}, 0),  # nobody is at home
    ({"product": FRESH}, 10),  # 400 / 40
    ({"product": CRAFT}, 4),  # 400 / 100
])
def test_orders_are_bounded_by_stock_demand_and_the_hours_of_those_at_home(changes, orders):
    assert online(**changes)["orders"] == orders


@pytest.mark.parametrize("changes", [{"mode": OFFLINE}, {"demand": 49.0}])
def test_who_sends_no_parcel_earns_nothing_and_pays_nothing(changes):
    assert not any(online(**changes).values())


@pytest.mark.parametrize(("fill", "sent", "income"), [
    (0.5, 4, 25500),  # 8 x 0.5; back 0.05 + 0.2 x 0.5 = 0.15 of 300
    (0.7, 6, 40050),  # 5.6, rounded up by luck; back 0.05 + 0.2 x 0.3 = 0.11 of 450
    (0.0, 0, 0),
])
def test_what_the_courier_cannot_carry_is_not_sold_and_lateness_is_refunded(fill, sent, income):
    month = online(village_fill=fill, u_order=0.5)
    assert (month["orders"], month["unshipped"], month["income"]) == (sent, 8 - sent, income)


@pytest.mark.parametrize(("changes", "income"), [
    ({"mode": LIVE}, 54000),  # back 0.05 + 0.05
    ({"skill_operation": 1.0}, 58500),  # back 0.05 x (1 - 0.5) = 0.025
    ({"product": FRESH}, 76500),  # 400 x 1.5 x 1.5 = 900; four days: back 0.05 + 4 x 0.025
    ({"product": FRESH, "village_transit": 8.0}, 67500),  # twice as long on the way: back 0.05 + 0.2
    ({"product": DRY, "village_transit": 8.0}, 57000),
    ({"product": FRESH, "village_cold_chain": 1.0}, 81000),  # back 0.05 + 0.1 x (1 - 0.5) = 0.1
    ({"product": DRY, "village_cold_chain": 1.0}, 57000),
    ({"p": P._replace(returns=0.9, returns_delay=1.0), "village_fill": 0.5}, 0),  # never more than all comes back
])
def test_live_streams_and_fresh_goods_come_back_more_and_skill_and_cold_less(changes, income):
    assert online(**changes)["income"] == income


@pytest.mark.parametrize(("changes", "income"), [
    ({"skill_business": 1.0}, 62700),  # x 1.1
    ({"village_brand": 0.5}, 62700),  # x (1 + 0.2 x 0.5)
    ({"cheats": 1}, 62700),
    ({"county_common_shock": -1.0}, 51300),  # x 0.9
    ({"z_sale_shock": 1.0}, 68400),  # x 1.2
    ({"luck": 1.0}, 62700),
    ({"skill_business": 1.0, "luck": 1.0, "z_sale_shock": 1.0}, 79800),  # x 1.4: they add up
    ({"county_retail": 2.0}, 76000),  # 400 x 2 x 0.95
    ({"lever_price_crash": 0.5}, 28500),
])
def test_brand_skill_luck_and_cheating_move_the_price(changes, income):
    # 400 x 1.5 x 0.95 = 570 yuan at the plain price
    assert online(**changes)["income"] == income


def test_a_ruined_price_is_zero_and_never_negative():
    month = online(z_sale_shock=-3.0, p=P._replace(price_own=0.6))  # 1 - 1.8 < 0
    assert month["income"] == month["tax"] == 0
    # 16 of packaging, 40 of fees and 8 of haulage are still due: -64 / 400 - 0.8
    assert month["margin"] == pytest.approx(-0.96)


@pytest.mark.parametrize(("changes", "platform"), [
    ({"lever_fee_rise": 0.1}, 15850),  # 570 x 0.25 + 16
    ({"county_fee_level": 1.2}, 11860),  # 570 x 0.15 x 1.2 + 16
    ({"access": 0.2}, 21550),  # 570 x 0.35 + 16: kin or an agent keeps a fifth
    ({"product": FRESH}, 17475),  # 765 x 0.15 + 10 x (2 + 4)
])
def test_platform_agent_and_packaging_are_paid_on_what_is_kept(changes, platform):
    assert online(**changes)["platform"] == platform


@pytest.mark.parametrize(("relief", "waived"), [(0.0, 0), (0.5, 570), (1.0, 1140)])
def test_tax_relief_waives_its_share_of_the_tax_which_counts_for_the_margin(relief, waived):
    sold, plain = online(lever_tax_relief=relief), online()
    assert (sold["tax"], sold["waived"]) == (1140, waived)
    # 400 yuan of goods
    assert sold["margin"] == pytest.approx(plain["margin"] + waived / 100 / 400)


@pytest.mark.parametrize(("changes", "packing"), [
    ({"demand": 500.0}, 0),  # ten parcels it packs itself
    ({"demand": 800.0}, 1200),  # 16 parcels: 6 x 2 yuan
    ({"demand": 800.0, "village_teamwork": 1.0}, 840),  # shared work: 12 x 0.7
    ({"demand": 800.0, "village_teamwork": 0.5, "p": P._replace(help_shared=0.5)}, 900),  # 12 x 0.75
])
def test_help_is_paid_for_what_a_household_cannot_pack_itself(changes, packing):
    assert online(stock=2000.0, **changes)["packing"] == packing


@pytest.mark.parametrize(("changes", "margin"), [
    ({"trader_markdown": 0.4}, 0.42275),  # 1.02275 - 0.6
    # 285 kept - 58.75 - 5.7 - 40 - 8 = 172.55; / 400 = 0.431375; the trader pays half too: - 0.5 x 0.8
    ({"lever_price_crash": 0.5}, 0.031375),
    ({"county_retail": 10.0}, 6.0),  # (3800 x 0.83 - 64) / 400 - 0.8 = 6.925 is beyond what is recorded
    ({"village_parcel_price": 300.0}, -5.67725),  # 1.02275 - 8 x 295 / 400 - 0.8
    ({"village_parcel_price": 400.0}, -6.0),  # 1.02275 - 7.9 - 0.8 is beyond what is recorded
])
def test_the_margin_compares_with_what_the_trader_would_have_paid(changes, margin):
    assert online(**changes)["margin"] == pytest.approx(margin)


@TRIALS
@given(anywhere(online_sales))
def test_a_month_online_fits_its_columns(situation):
    results = online_sales(**situation)
    assert misfits(online_sales, results, but=("online_value", "selling_hours")) == []
    assert results[0] == situation["orders"] * basket(situation["product"], situation["p"])


@TRIALS
@given(anywhere(online_orders))
def test_orders_fit_the_stock_and_luck_moves_them_by_less_than_a_parcel(situation):
    orders, unshipped = online_orders(**situation)
    assert misfits(online_orders, (orders, unshipped)) == []
    worth = basket(situation["product"], situation["p"])
    assert (orders + unshipped) * worth <= situation["stock"] * (1.0 + 1e-12)
    most = min(situation["demand"], situation["share"] * situation["stock"])
    assert orders == 0 or (orders + unshipped - 1) * worth < most


def test_in_the_long_run_a_small_shop_sells_what_it_has_demand_for():
    # 0.3 of a parcel a month: 60 in two hundred, of which a courier with room for half takes half
    months = [online(demand=15.0, village_fill=fill, u_order=(month + 0.5) / 200)["orders"]
              for fill in (1.0, 0.5) for month in range(200)]
    assert (sum(months[:200]), sum(months[200:])) == (60, 30)


@pytest.mark.parametrize(("changes", "waived"), [
    ({"reach_tax_relief": 0.41}, True), ({"reach_tax_relief": 0.4}, False),
    ({"within_tax_relief": 0.21}, True), ({"within_tax_relief": 0.2}, False),
])
def test_tax_relief_goes_to_those_whom_it_reaches(changes, waived):
    # this one's rank is 0.2, its village's 0.4
    assert (online(lever_tax_relief=0.5, **changes)["waived"] > 0) == waived


@TRIALS
@given(anywhere(online_sales), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_fee_rise_never_helps_and_tax_relief_never_hurts_a_seller(situation, fee, relief):
    margin = online_sales(**situation)[7]
    dearer = situation | {"lever_fee_rise": max(fee, situation["lever_fee_rise"])}
    relieved = situation | {"lever_tax_relief": max(relief, situation["lever_tax_relief"])}
    assert online_sales(**dearer)[7] <= margin <= online_sales(**relieved)[7]
