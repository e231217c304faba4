"""Accounts: every fen that moves is booked; what holders have changes by booked flows and nothing else.

The paper's outcomes in money: income by source, public spending by lever
"""

from typing import Annotated, NamedTuple

from villagesim.arithmetic import FEN, whole_fen
from villagesim.declare import Quantity, rule

_SWEPT = "assumption: varied over its range in experiments/"


class AccountsParameters(NamedTuple):
    """What households spend."""

    spending: Annotated[float, Quantity("share", "part of last year's income that a household spends",
        0.75, 1.0, "Qinghai yearbook 7-13, 2019: rural spending 98.6 % of income; saving rate 0 to 0.25", "B")] = 0.95
    wealth_spending: Annotated[float, Quantity("share/month", "part of its savings that a household spends", 0.0, 0.05, _SWEPT, "C")] = 0.006
    subsistence: Annotated[float, Quantity("yuan/month/person", "spending below which a household does not go",
        100.0, 800.0, "assumption: somewhat over a third of rural spending in Qinghai 2019 (11,343 yuan a year); varied over its range in experiments/", "C")] = 350.0


class Flow(NamedTuple):
    """One booked flow: every month's amount is the sum of `table.column` [fen]."""

    name: str
    payer: str
    payee: str
    table: str
    column: str
    meaning: str


FLOWS: tuple[Flow, ...] = (
    Flow("grant", "outside", "county", "county", "grant", "yearly programme money"),
    Flow("returned", "county", "outside", "county", "returned", "award money not earned, and money that lapses unspent"),
    Flow("programme", "county", "outside", "levers", "outside_spent", "courses, works, fees and services bought"),
    Flow("base_pay", "county", "outside", "workers", "base_pay", "pay of posts"),
    Flow("extra_pay", "county", "outside", "workers", "extra_pay", "pay above the usual scale"),
    Flow("supplement", "county", "outside", "workers", "supplement", "grade supplements"),
    Flow("post_overhead", "county", "outside", "workers", "overhead", "insurance, travel and office cost of posts"),
    Flow("champion_allowance", "county", "households", "households", "champion_income", "allowances of champions"),
    Flow("cash_transfer", "county", "households", "households", "cash_income", "cash to households"),
    Flow("startup_credit", "county", "households", "households", "credit_income", "start-up cost carried for sellers"),
    Flow("tax_relief", "county", "households", "households", "relief_income", "platform taxes and fees given back"),
    Flow("online_sales", "outside", "households", "households", "online_income", "online buyers, refunds taken off"),
    Flow("platform", "households", "outside", "households", "platform_cost", "commission, traffic, agents and packaging"),
    Flow("tax", "households", "outside", "households", "tax_cost", "platform taxes and fees"),
    Flow("parcel_fee", "households", "couriers", "households", "parcel_cost", "parcel fees on village routes"),
    Flow("haulage", "households", "outside", "households", "haul_cost", "parcels carried to the road or the township"),
    Flow("packing", "households", "villages", "households", "packing_cost", "packing and customer-service help"),
    Flow("start_up", "households", "outside", "households", "start_cost", "start-up cost of sellers, later gear too"),
    Flow("trader_sales", "traders", "households", "households", "trader_income", "goods sold to traders"),
    Flow("market_sales", "outside", "households", "households", "market_income", "goods hauled to the township market"),
    Flow("trader_credit", "traders", "households", "households", "borrowed", "inputs on a trader's credit"),
    Flow("trader_repayment", "households", "traders", "households", "repaid", "debt paid back to traders"),
    Flow("farm_inputs", "households", "outside", "households", "farm_cost", "seed, feed, fertiliser"),
    Flow("local_wages", "villages", "households", "households", "wage_income", "local e-commerce jobs"),
    Flow("off_farm", "outside", "households", "households", "off_farm", "other wages, transfers and property income"),
    Flow("remittance", "outside", "households", "households", "remittance", "sent home by members away"),
    Flow("tourism", "outside", "households", "households", "tourism_income", "visitors: tourism and craft"),
    Flow("living", "households", "outside", "households", "consumption", "spending on living"),
    Flow("resale", "outside", "traders", "traders", "resale", "goods resold at the wholesale market"),
    Flow("trading_cost", "traders", "outside", "traders", "running_cost", "traders' transport, losses and living"),
    Flow("delivery", "outside", "couriers", "couriers", "commission", "parcel firms, for deliveries"),
    Flow("route_cost", "couriers", "outside", "couriers", "running_cost", "vehicles, fuel and line-haul"),
    Flow("handling", "couriers", "villages", "villages", "handling_pay", "piece pay to keepers and squads"),
    Flow("firm_orders", "outside", "villages", "villages", "firm_orders", "wage money of linked firms"),
)

# What each kind of holder has: money changes hands between these and the outside, where workers spend their pay.
HOLDINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "households": (("households", "savings"),),
    "traders": (("traders", "savings"),),
    "couriers": (("couriers", "savings"),),
    "villages": (("villages", "pool"),),
    "county": (("county", "fund"), ("county", "held_back")),
}


@rule
def programme_payments(champion, credit_income, relief_income, rank, village_rank, county_champions, county_credit_claims,
                       county_relief_claims, granted_champions, granted_cash, reach_cash, within_cash, scale_cash,
                       granted_startup_credit, granted_tax_relief):
    """Champion's allowance, cash transfer, start-up credit and tax relief [fen], whole fen within what was granted.

    Allowances and cash are equal shares of those they reach; claims of credit and relief are paid in full, or all alike in part.
    """
    allowance = granted_champions // max(1, county_champions) if champion else 0
    credit = credit_income * min(granted_startup_credit, county_credit_claims) // max(1, county_credit_claims) if credit_income else 0
    relief = relief_income * min(granted_tax_relief, county_relief_claims) // max(1, county_relief_claims) if relief_income else 0
    cash = granted_cash // max(1, int(scale_cash)) if village_rank < reach_cash and rank < within_cash else 0
    return allowance, cash, credit, relief


@rule
def household_accounts(size, off_farm, online_income, platform_cost, tax_cost, parcel_cost, haul_cost, packing_cost,
                       start_cost, trader_income, market_income, borrowed, repaid, farm_cost, wage_income, remittance,
                       tourism_income, champion_income, cash_income, credit_income, relief_income, savings, income_so_far, income_year, county_season, p):
    """Net income this month, spending, savings, income so far this year, income of the last full year [fen]."""
    income = (
        off_farm + online_income - platform_cost - tax_cost - parcel_cost - haul_cost - packing_cost - start_cost
        + trader_income + market_income - farm_cost + wage_income + remittance + tourism_income + champion_income + cash_income
        + credit_income + relief_income
    )
    usual = p.spending * (1.0 / 12.0) * income_year + p.wealth_spending * max(0, savings)
    spent = max(whole_fen(p.subsistence * size), whole_fen(usual * (1.0 / FEN)))
    so_far = income_so_far + income
    closes = county_season == 11
    return income, spent, savings + income + borrowed - repaid - spent, (0 if closes else so_far), (so_far if closes else income_year)


@rule
def post_cost(base_pay, overhead):
    """What the post itself cost this month [fen]."""
    return base_pay + overhead


@rule
def courier_accounts(fees, commission, running_cost, handling, savings):
    """Money that a route's firm holds [fen]."""
    return savings + fees + commission - running_cost - handling


@rule
def trader_accounts(paid, lent, collected, resale, running_cost, savings):
    """Money that a trader holds [fen]."""
    return savings + resale + collected - paid - lent - running_cost


@rule
def lever_accounts(granted, booked, itemised):
    """Spent on the lever, and of that, spent outside the county [fen]; an itemised lever spends what was paid out."""
    return (booked if itemised else granted), (0 if itemised else granted)


@rule
def county_accounts(fund, spent):
    """Programme money on hand [fen]."""
    return fund - spent
