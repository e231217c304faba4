"""Middlemen: the farm-gate margin against the supply they may lose, leaving when they can't live, coming back.

Claims B6 (the trader's low price and debt) and the pass-through to those who stay offline
"""

from typing import Annotated, NamedTuple

from villagesim.arithmetic import FEN, clip, share_of, whole_fen
from villagesim.declare import Quantity, rule

_SWEPT = "assumption: varied over its range in experiments/"


class TradersParameters(NamedTuple):
    """How a trader sets the margin, what it costs to trade, when it leaves and returns."""

    unit_cost: Annotated[float, Quantity("share", "transport and losses per yuan of goods at the reference price",
        0.02, 0.25, "first-buyer margin 10 to 25 % of a normal farm price", "A")] = 0.08
    rivalry: Annotated[float, Quantity("1", "competition among traders without any online option", 1.0, 12.0,
        "farm gate 24 to 30 % of retail; first-buyer margin 0.05 to 0.15 yuan/jin", "B")] = 4.0
    online_rivalry: Annotated[float, Quantity("1", "competition added when all supply could go online", 0.0, 20.0, _SWEPT, "C")] = 6.0
    fixed_cost: Annotated[float, Quantity("yuan/month", "a trader's living, vehicle and store", 2000.0, 30000.0,
        "profit from about a wage upwards (vegetable chains 2011)", "B")] = 9000.0
    margin_cap: Annotated[float, Quantity("share", "margin over unit cost that farmers put up with", 0.15, 0.6,
        "10 to 25 % of a normal farm price, 50 % in a glut", "A")] = 0.32
    adjust: Annotated[float, Quantity("share/month", "part of the gap to the wanted margin closed a month", 0.02, 1.0, _SWEPT, "C")] = 0.15
    memory: Annotated[float, Quantity("share/month", "weight of this month in the twelve-month volume", 0.04, 0.2, "by definition: 1/12", "A")] = 0.0833
    patience: Annotated[float, Quantity("month", "months away before a trader comes back", 1.0, 36.0, _SWEPT, "C")] = 9.0
    leave_rate: Annotated[float, Quantity("1/month", "chance that a trader who can't live leaves", 0.02, 1.0, _SWEPT, "C")] = 0.15
    interest: Annotated[float, Quantity("1/month", "interest that debt to a trader gathers", 0.0, 0.05, _SWEPT, "C")] = 0.01
    drawings: Annotated[float, Quantity("share/month", "part of money beyond a year's fixed cost that a trader spends", 0.0, 1.0, _SWEPT, "C")] = 0.1


@rule
def trader_month(active, months_gone, markdown, volume, volume_year, potential, contested, savings, lever_price_crash,
                 u_trader, p):
    """Active, months gone, markdown [share], mean volume [yuan/month], left, returned, resale, running cost [fen].

    Margin: clip((1 - c) / (1 + e0 + e1 A), F / Q12, cap), A = share of supply that could go online, Q12 the last
    year's volume: rivalry cuts it, lost volume raises its floor. Who can't live at the cap leaves; a trader returns
    when the supply that stays offline would feed one again.
    """
    goods = volume / FEN
    year = volume_year + p.memory * (goods - volume_year)
    feasible = clip(share_of(contested, potential), 0.0, 1.0)
    floor = p.fixed_cost / max(1.0, year)
    margin = clip((1.0 - p.unit_cost) / (1.0 + p.rivalry + p.online_rivalry * feasible), min(floor, p.margin_cap), p.margin_cap)
    wanted = p.unit_cost + margin
    price = 1.0 - lever_price_crash
    if active:
        goes = floor > p.margin_cap and u_trader < p.leave_rate
        resale = whole_fen(goods * price)
        drawn = p.drawings * max(0.0, savings / FEN - 12.0 * p.fixed_cost)
        spent = whole_fen(goods * price * p.unit_cost + p.fixed_cost + drawn)
        return (not goes), 0, markdown + p.adjust * (wanted - markdown), year, goes, 0, resale, spent
    offered = potential / FEN / 12.0 * (1.0 - feasible)
    back = months_gone >= p.patience and u_trader < p.leave_rate and p.fixed_cost < 0.9 * p.margin_cap * offered
    return back, months_gone + 1, (p.unit_cost + p.margin_cap if back else markdown), (offered if back else year), 0, back, 0, 0


@rule
def debt_month(debt, borrowed, repaid, p):
    """Debt to the trader after this month's borrowing, repayment and interest [fen]."""
    left = debt + borrowed - repaid
    return left + int(left * p.interest)
