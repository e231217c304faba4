"""The books of whole runs: what anybody has changes by booked flows and nothing else, to the fen, every month."""

from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest

from conftest import SCENARIOS, small
from test_policy_rules import COLUMNS
from villagesim.engine import run
from villagesim.mechanisms.accounts import FLOWS, HOLDINGS
from villagesim.scenario import changed
from villagesim.tables import TABLES, World
from villagesim.world import build

SHIPPED = sorted(path.stem for path in SCENARIOS.glob("*.toml"))
SHOCKS = {
    "a fund cut short": {"shocks.fund_cut": {"intensity": 0.5, "start": 12}},
    "a price crash": {"shocks.price_crash": {"intensity": 0.6, "start": 3, "end": 18}},
    "dear platforms": {"shocks.fee_rise": {"intensity": 0.5, "start": 6}},
    "closed roads": {"shocks.road_closure": {"intensity": 0.7, "start": 2, "end": 20}},
    "an exodus": {"shocks.exodus": {"intensity": 0.5, "start": 6, "end": 9}},
    "little money": {"county.budget": 40.0},
    "much money, held back": {"county.budget": 3000.0, "levers.award.intensity": 0.6},
    "a county of sellers": {"parameters.choice.attention": 0.3, "parameters.sales.demand": 1500.0},
    "traders who cannot live": {
        "parameters.traders.fixed_cost": 15000.0, "parameters.traders.estimate_range": 0.5,
        "parameters.traders.patience": 1.0,
    },
    "poor and in debt": {"world.savings": 0.0, "world.debt": 0.9, "world.off_farm": 0.0},
}
MONTHS = tuple((name, None) for name in SHIPPED) + tuple(("integrated", shock) for shock in SHOCKS)
counties = pytest.mark.parametrize(("name", "shock"), MONTHS, ids=lambda one: one or "as shipped")

# The other party's side of a flow, and totals on the way: they must be the flow again.
MIRRORS = {
    "traders.paid": ("households.trader_income",),
    "traders.lent": ("households.borrowed",),
    "traders.collected": ("households.repaid",),
    "villages.parcel_fees": ("households.parcel_cost",),
    "couriers.fees": ("households.parcel_cost",),
    "villages.packing_pay": ("households.packing_cost",),
    "couriers.handling": ("villages.handling_pay",),
    "workers.post_cost": ("workers.base_pay", "workers.overhead"),
    "levers.booked": (
        "workers.base_pay", "workers.overhead", "workers.extra_pay", "workers.supplement",
        "households.champion_income", "households.cash_income", "households.credit_income", "households.relief_income",
    ),
    "levers.spent": ("levers.booked", "levers.outside_spent"),
    "county.spent": ("levers.spent",),
}
# Counted in fen, but nobody hands it to anybody.
NOT_PAID = {
    "what is owed": ("households.debt",),
    "goods at the reference price": (
        "households.online_fen", "households.offline_fen", "households.supply", "households.contested",
        "traders.volume", "traders.potential", "traders.contested", "county.online_value", "county.supply",
    ),
    "plans and prices": (
        "works.need", "works.need_later", "townships.need", "townships.need_later", "levers.need",
        "levers.need_later", "levers.cost", "levers.later", "levers.granted", "county.budget", "villages.job_wage",
        "county.credit_claims", "county.relief_claims",
    ),
    "sums of flows over kinds or months": (
        "households.income", "households.income_so_far", "households.income_year",
    ),
}


class Month(NamedTuple):
    """A county's money at the end of a month: every column in fen, and what the checks need besides."""

    fen: dict[str, np.ndarray]
    due: bool
    champions: int


def fen_of(world: World) -> dict[str, np.ndarray]:
    return {
        f"{table}.{name}": getattr(getattr(world, table), name).copy()
        for table in TABLES for name, column in COLUMNS[table].items() if column.quantity.unit == "fen"
    }


@cache
def books(name: str, shock: str | None) -> list[Month]:
    """The county before its first month, and after every month, spin-up included."""
    scenario = small(name)
    if shock:
        scenario = changed(scenario, SHOCKS[shock])
    world = build(scenario, 11)
    months = [Month(fen_of(world), False, 0)]

    def observe(month: int, county: World) -> None:
        months.append(Month(fen_of(county), bool(county.county.due[0]), int(county.county.champions[0])))

    run(scenario, 11, "core", observe, world)
    return months


def pairs(name: str, shock: str | None):
    """Each month with the one before it."""
    months = books(name, shock)
    assert len(months) == 1 + 12 + 24
    return pairwise(months)


def amount(month: Month, *addresses: str) -> int:
    return sum(int(month.fen[address].sum()) for address in addresses)


def held(month: Month, holder: str) -> int:
    return amount(month, *(f"{table}.{column}" for table, column in HOLDINGS[holder]))


def paid(month: Month, side: str, holder: str) -> int:
    return sum(amount(month, f"{flow.table}.{flow.column}") for flow in FLOWS if getattr(flow, side) == holder)


def test_every_amount_of_money_is_a_flow_a_holding_a_mirror_or_no_payment_at_all():
    flows = [f"{flow.table}.{flow.column}" for flow in FLOWS]
    holdings = [f"{table}.{column}" for columns in HOLDINGS.values() for table, column in columns]
    listed = [*flows, *holdings, *MIRRORS, *(address for addresses in NOT_PAID.values() for address in addresses)]
    in_fen = {f"{t}.{c}" for t in TABLES for c, column in COLUMNS[t].items() if column.quantity.unit == "fen"}
    assert sorted(listed) == sorted(in_fen)


def test_every_flow_has_two_parties_who_can_hold_money():
    assert {party for flow in FLOWS for party in (flow.payer, flow.payee)} == {*HOLDINGS, "outside"}
    assert all(flow.payer != flow.payee for flow in FLOWS)
    assert len({flow.name for flow in FLOWS}) == len(FLOWS)


@counties
def test_what_each_party_holds_changes_by_booked_flows_to_the_fen(name, shock):
    for before, now in pairs(name, shock):
        change = {holder: held(now, holder) - held(before, holder) for holder in HOLDINGS}
        assert change == {holder: paid(now, "payee", holder) - paid(now, "payer", holder) for holder in HOLDINGS}


@counties
def test_money_enters_and_leaves_the_county_only_across_its_border(name, shock):
    for before, now in pairs(name, shock):
        inside = sum(held(now, holder) - held(before, holder) for holder in HOLDINGS)
        assert inside == paid(now, "payer", "outside") - paid(now, "payee", "outside")


@counties
def test_no_flow_runs_backwards(name, shock):
    for _, now in pairs(name, shock):
        assert all(now.fen[f"{flow.table}.{flow.column}"].min() >= 0 for flow in FLOWS)


@counties
def test_what_one_party_books_as_paid_the_other_books_as_received(name, shock):
    for _, now in pairs(name, shock):
        for mirror, flows in MIRRORS.items():
            assert amount(now, mirror) == amount(now, *flows), mirror


@counties
def test_each_lever_spends_within_its_grant_and_all_grants_within_the_fund(name, shock):
    for _, now in pairs(name, shock):
        cost, granted, spent = (now.fen[f"levers.{column}"] for column in ("cost", "granted", "spent"))
        assert (spent <= granted).all()
        assert (granted <= cost).all()
        fund_before_spending = amount(now, "county.fund", "county.spent")
        assert granted.sum() <= fund_before_spending
        # a wish is cut only for want of money for the months that the fund must last
        later = now.fen["levers.later"]
        assert granted.sum() == cost.sum() or (cost + later).sum() > fund_before_spending


@counties
def test_the_fund_the_award_and_the_wage_pools_are_never_overdrawn(name, shock):
    for _, now in pairs(name, shock):
        for account in ("county.fund", "county.held_back", "villages.pool"):
            assert now.fen[account].min() >= 0


@counties
def test_programme_money_comes_and_goes_back_only_once_a_year(name, shock):
    for before, now in pairs(name, shock):
        if not now.due:
            assert amount(now, "county.grant", "county.returned") == 0
            assert amount(now, "county.held_back") == amount(before, "county.held_back")
        assert amount(now, "county.grant") <= amount(now, "county.budget")
        assert amount(now, "county.returned") <= held(before, "county")


@counties
def test_debt_moves_by_what_is_borrowed_and_repaid_and_by_interest_within_its_bounds(name, shock):
    rate = small(name).parameters.traders.interest
    for before, now in pairs(name, shock):
        owed, borrowed, repaid = (now.fen[f"households.{column}"] for column in ("debt", "borrowed", "repaid"))
        left = before.fen["households.debt"] + borrowed - repaid
        assert (repaid <= before.fen["households.debt"]).all()
        assert (repaid <= now.fen["households.trader_income"]).all()
        assert (borrowed <= now.fen["households.farm_cost"]).all()
        assert (owed >= left).all()
        assert (owed <= left * (1.0 + rate)).all()


@counties
def test_a_champion_s_allowance_is_paid_to_champions_alone(name, shock):
    for _, now in pairs(name, shock):
        assert np.count_nonzero(now.fen["households.champion_income"]) in (0, now.champions)


def test_the_runs_above_move_every_kind_of_money():
    """Else the books would balance on empty pages."""
    moved = {flow.name: 0 for flow in FLOWS}
    for name, shock in MONTHS:
        for month in books(name, shock):
            for flow in FLOWS:
                moved[flow.name] += amount(month, f"{flow.table}.{flow.column}")
    assert [name for name, total in moved.items() if total == 0] == []


@pytest.mark.parametrize("cash", [20.0, 35.5])
def test_cash_for_households_reaches_each_of_them_alike(cash):
    scenario = changed(small("baseline"), {
        "county.budget": 5000.0, "levers.cash": {"intensity": cash}, "levers.continuity": {"intensity": 1.0},
        "county.priority": ["cash", "continuity"],
    })
    world = run(scenario, 3)
    assert set(world.households.cash_income.tolist()) == {round(100 * cash)}
