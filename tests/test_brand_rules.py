"""Norm, brand, visitors and the county's market: worked by hand, and over all ranges."""

import pytest
from hypothesis import given, strategies as st

from test_policy_rules import TRIALS
from test_sales_rules import anywhere, misfits
from villagesim.mechanisms.brand import BrandParameters, brand_month, market_month, visitors_spend

GRID = 2**20
P = BrandParameters()._replace(
    norm_gain=0.01, norm_team=0.1, norm_fade=0.1, brand_gain=0.01, brand_alone=0.2, brand_sales=0.5, brand_known=0.3,
    brand_fade=0.1, damage=0.5,
    tourism=200.0, tourism_age=0.5, featuring=0.5, advertising=1.0, link_demand=0.2, saturation=4.0,
)


def village(**changes):
    usual = {
        "brand": 0.5, "norm": 0.5, "heritage": 0.4, "teamwork": 0.0, "hours_organising": 0.0,
        "competence_online": 0.0, "sellers": 0, "cheaters": 0, "households": 100, "p": P,
    }
    return brand_month(**usual | changes)


def test_a_neglected_brand_and_norm_fade():
    # 0.5 x 0.9 each; visitors come for brand x heritage: 0.45 x 0.4
    assert village() == pytest.approx((0.45, 0.45, 0.18))


@pytest.mark.parametrize(("changes", "norm"), [
    ({"hours_organising": 10.0}, 0.505),  # 0.45 + 0.55 x 0.01 x 10
    ({"teamwork": 1.0}, 0.505),  # 0.45 + 0.55 x 0.1
    ({"hours_organising": 10.0, "teamwork": 0.5}, 0.5325),  # 0.45 + 0.55 x (0.1 + 0.05)
    ({"hours_organising": 1000.0}, 1.0),  # never more than full
])
def test_organising_and_teamwork_build_a_quality_norm(changes, norm):
    assert village(**changes)[1] == pytest.approx(norm)


@pytest.mark.parametrize(("changes", "brand"), [
    ({"hours_organising": 10.0}, 0.461),  # 0.45 + 0.55 x 0.01 x 10 x 0.2: good will alone builds a fifth
    ({"hours_organising": 10.0, "competence_online": 1.0}, 0.505),  # 0.45 + 0.55 x 0.1
    ({"sellers": 10}, 0.4775),  # a tenth of households sell honestly: 0.45 + 0.55 x 0.5 x 0.1
    ({"sellers": 50}, 0.5325),  # as much as three tenths would: 0.45 + 0.55 x 0.15
    ({"hours_organising": 9000.0, "competence_online": 1.0}, 1.0),
])
def test_competent_organising_and_honest_sales_build_a_brand(changes, brand):
    assert village(**changes)[0] == pytest.approx(brand)


@pytest.mark.parametrize(("declared", "changes", "brand"), [
    ({"brand_known": 0.2}, {"sellers": 50}, 0.505),  # 0.45 + 0.55 x 0.5 x 0.2
    ({"brand_alone": 0.5}, {"hours_organising": 10.0}, 0.4775),  # 0.45 + 0.55 x 0.1 x 0.5
    # 0.45 + 0.55 x 0.1 x (0.5 + 0.5 x 0.5)
    ({"brand_alone": 0.5}, {"hours_organising": 10.0, "competence_online": 0.5}, 0.49125),
])
def test_good_will_and_a_known_name_count_as_declared(declared, changes, brand):
    assert village(p=P._replace(**declared), **changes)[0] == pytest.approx(brand)


@pytest.mark.parametrize(("sellers", "cheaters", "brand"), [
    (10, 10, 0.225),  # all cheat: 0.45 x (1 - 0.5)
    (10, 5, 0.3540625),  # half do: 0.45 x 0.75 = 0.3375, and five honest ones build 0.6625 x 0.025
])
def test_cheaters_spend_the_brand_of_all(sellers, cheaters, brand):
    assert village(sellers=sellers, cheaters=cheaters)[0] == pytest.approx(brand)


def test_a_brand_brings_no_visitors_to_a_village_without_endowment():
    assert village(heritage=0.0)[2] == 0.0


def folk(situation):
    """The situation with no more sellers than households and no more cheaters than sellers."""
    sellers = min(situation["sellers"], situation["households"])
    return situation | {"sellers": sellers, "cheaters": min(situation["cheaters"], sellers)}


@TRIALS
@given(anywhere(brand_month).map(folk))
def test_brand_norm_and_appeal_are_shares(situation):
    assert misfits(brand_month, brand_month(**situation)) == []


@TRIALS
@given(anywhere(brand_month).map(folk), st.floats(0.0, 1.0))
def test_more_cheaters_never_help_the_brand_and_more_heritage_never_keeps_visitors_away(situation, more):
    brand, _, visitors = brand_month(**situation)
    cheaters = situation["cheaters"] + int(more * (situation["sellers"] - situation["cheaters"]))
    assert brand_month(**situation | {"cheaters": cheaters})[0] <= brand
    assert brand_month(**situation | {"heritage": max(more, situation["heritage"])})[2] >= visitors


@pytest.mark.parametrize(("elder", "income"), [(0, 3600), (1, 1800)])
def test_visitors_spend_less_at_an_elder_s_house(elder, income):
    # 200 yuan x 0.18; half of it
    assert visitors_spend(elder, 0.18, P) == income


@TRIALS
@given(anywhere(visitors_spend))
def test_visitors_spend_whole_fen(situation):
    assert misfits(visitors_spend, visitors_spend(**situation)) == []


def market(**changes):
    usual = {
        "online_value": 1000, "supply": 120000, "villages": 10, "links": 0, "lever_demand_partnership": 0.0,
        "lever_advertising": 0.0, "p": P,
    }
    return market_month(**usual | changes)


@pytest.mark.parametrize(("changes", "crowding"), [
    ({}, 0.4),  # a tenth of the supply is offered online: 4 x 12 x 1,000 / 120,000
    ({"online_value": 10000}, 4.0),
    ({"online_value": 0}, 0.0),
    ({"supply": 0}, 0.0),
])
def test_the_market_crowds_as_the_county_s_supply_comes_online(changes, crowding):
    assert market(**changes)[0] == pytest.approx(crowding)


@pytest.mark.parametrize(("changes", "demand"), [
    ({}, 1.0),
    ({"lever_demand_partnership": 1.0}, 1.5),
    ({"lever_demand_partnership": 0.5}, 1.25),
    ({"lever_advertising": 1.0}, 2.0),
    ({"links": 5 * GRID}, 1.1),  # half a firm a village: 0.2 x 0.5
    ({"links": GRID, "villages": 1}, 1.2),  # a firm in the only village
    ({"lever_demand_partnership": 1.0, "lever_advertising": 1.0, "links": 10 * GRID}, 2.7),
    ({"links": 2000 * GRID}, 20.0),  # 1 + 0.2 x 200 is more than any market takes
])
def test_partners_advertising_and_linked_firms_bring_buyers(changes, demand):
    assert market(**changes)[1] == pytest.approx(demand)


@TRIALS
@given(anywhere(market_month))
def test_outside_demand_fits_its_column(situation):
    crowding, demand = market_month(**situation)
    assert misfits(market_month, (crowding, demand), but=("crowding",)) == []
    assert crowding >= 0.0
