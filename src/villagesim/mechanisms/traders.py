"""Middlemen: the farm-gate margin against the supply they may lose, leaving when they can't live, coming back.

Claims B6 (the trader's low price and debt) and the pass-through to those who stay offline
"""

from typing import Annotated, NamedTuple

from villagesim.arithmetic import FEN, clip, share_of, whole_fen
from villagesim.declare import Quantity, rule

DECEMBER = 11
_SWEPT = "assumption: varied over its range in experiments/"


class TradersParameters(NamedTuple):
    """How a trader sets the margin, what it costs to trade, when it leaves and returns."""

    unit_cost: Annotated[float, Quantity("share", "transport and losses per yuan of goods at the reference price",
        0.02, 0.2, "assumption: part of a first buyer's margin of 10 to 25 % of a normal farm price (watermelon, Guangxi to Dongguan 2025; NetEase); varied over its range in experiments/", "C")] = 0.08
    rivalry: Annotated[float, Quantity("1/trader", "competition that each trader who buys in the village adds",
        0.2, 4.0, "assumption: a farm gate of some 0.7 of the reference price; form: Cournot buyers; varied over its range in experiments/", "C")] = 0.8
    online_rivalry: Annotated[float, Quantity("1", "competition added when all supply could go online",
        0.0, 20.0, "a platform lowered incumbents' profit (Uganda, 110 sub-counties; Bergquist and McIntosh): sign only; " + _SWEPT, "C")] = 6.0
    fixed_cost: Annotated[float, Quantity("yuan/month", "a trader's living, vehicle and store",
        2000.0, 30000.0, "assumption: a profit from about a wage upwards (vegetable chains 2011), besides vehicle and store; varied over its range in experiments/", "C")] = 12000.0
    distance_cost: Annotated[float, Quantity("yuan/month/km", "more for each km of road to its village: some fifteen rounds a month, both ways",
        0.0, 200.0, _SWEPT, "C")] = 50.0
    margin_cap: Annotated[float, Quantity("share", "margin over unit cost that farmers put up with",
        0.02, 0.26, "first buyer's margin, its cost included, 10 to 25 % of a normal farm price and 50 % in a glut (watermelon, Guangxi to Dongguan 2025; NetEase); 0.22 is 43 % with its cost, for it stands, by judgement, for collector and agent together", "C")] = 0.22
    adjust: Annotated[float, Quantity("share/month", "part of the gap to the wanted margin closed a month", 0.02, 1.0, _SWEPT, "C")] = 0.15
    estimate_range: Annotated[float, Quantity("share", "how far a trader's own estimate may lie off last year's volume", 0.0, 0.5, _SWEPT, "C")] = 0.15
    return_margin: Annotated[float, Quantity("share", "what a trader must expect to earn beyond its cost before it comes back", 0.0, 0.5, _SWEPT, "C")] = 0.1
    patience: Annotated[float, Quantity("month", "months away before a trader thinks of coming back", 1.0, 36.0, _SWEPT, "C")] = 9.0
    market_discount: Annotated[float, Quantity("share", "township market's price below the reference price", 0.0, 0.5, _SWEPT, "C")] = 0.30
    market_haul: Annotated[float, Quantity("share/km", "more of the price lost per km hauled", 0.0, 0.02, _SWEPT, "C")] = 0.006
    interest: Annotated[float, Quantity("1/month", "interest that debt to a trader gathers", 0.0, 0.05, _SWEPT, "C")] = 0.01


@rule
def trader_month(active, months_gone, markdown, volume, volume_so_far, volume_year, potential, contested, village_traders,
                 village_distance_town, county_month, county_season, lever_price_crash, u_trader, p):
    """Active, months gone, markdown [share], volume so far [yuan], mean [yuan/month], left, returned, two flows [fen].

    Margin: clip((1 - c) / (1 + e0 n + e1 A), F / Q, cap): n the traders who buy in the village, A the share of supply
    that could go online, Q the last full year's goods on offer: rivals cut it, lost volume raises its floor. The cap
    is what farmers put up with, and leaves them no less than the township market. Once a year a trader who expects not
    to earn its cost at the cap leaves, and one who is gone returns when what stays offline would feed it again. While it
    is gone, the markdown is what hauling to the township costs.
    """
    worth = volume / FEN * (1.0 - lever_price_crash)
    so_far = volume_so_far + worth
    closes = county_season == DECEMBER
    review = closes and county_month >= DECEMBER
    year = so_far / 12.0 if review else volume_year
    cost = p.fixed_cost + p.distance_cost * village_distance_town
    township = clip(p.market_discount + p.market_haul * village_distance_town, 0.0, 1.0)
    most = clip(township - p.unit_cost, 0.0, p.margin_cap)
    feasible = clip(share_of(contested, potential), 0.0, 1.0)
    rivals = p.rivalry * village_traders + p.online_rivalry * feasible
    margin = clip((1.0 - p.unit_cost) / (1.0 + rivals), min(cost / max(1.0, year), most), most)
    hopes = most * year * (1.0 + p.estimate_range * (2.0 * u_trader - 1.0))
    if closes:
        so_far = 0.0
    if active:
        goes = review and hopes < cost
        now = township if goes else markdown + p.adjust * (p.unit_cost + margin - markdown)
        return (not goes), 0, now, so_far, year, goes, 0, whole_fen(worth), whole_fen(worth * p.unit_cost + cost)
    back = review and months_gone >= p.patience and hopes > cost * (1.0 + p.return_margin)
    return back, months_gone + 1, (p.unit_cost + most if back else township), so_far, year, 0, back, 0, 0


@rule
def debt_month(debt, borrowed, repaid, p):
    """Debt to the trader after this month's borrowing, repayment and interest [fen]."""
    left = debt + borrowed - repaid
    return left + int(left * p.interest)
