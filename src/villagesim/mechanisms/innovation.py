"""An innovation that needs no parcels (an insurance, a seed): what it brings to those who took it up, and when they see it.

It stands where the sale stands in the month: what an adopter finds is what the influence of the next month tells. Its
price needs no rule: it is the cost of a yuan of goods that the choice takes off, as shipping is when goods are sold.   Claims B6 D3
"""

from typing import Annotated, NamedTuple

from villagesim.arithmetic import clip
from villagesim.declare import Quantity, rule

MONTHS = 12.0
# Bounds of the column `margin`; usual values stay far inside.
WIDEST = 6.0
_FILE = "assumption: said by the file of each innovation"


class InnovationParameters(NamedTuple):
    """What an innovation costs and brings."""

    price: Annotated[float, Quantity("yuan/unit", "price at which it is offered", 0.0, 1000.0, _FILE, "C")] = 1.0
    worth: Annotated[float, Quantity("yuan/unit", "goods at stake in a unit: what belief, benefit and price are a share of",
        0.01, 10000.0, _FILE, "C")] = 10.0
    benefit: Annotated[float, Quantity("yuan/yuan", "what it brings a yuan of goods, price not taken off, mean", -2.0, 3.0, _FILE, "C")] = 0.4
    common: Annotated[float, Quantity("yuan/yuan", "spread of that from season to season, shared by all", 0.0, 2.0, _FILE, "C")] = 0.2
    own: Annotated[float, Quantity("yuan/yuan", "spread of that between households within a season", 0.0, 2.0, _FILE, "C")] = 0.3
    lasting: Annotated[float, Quantity("yuan/yuan", "spread of that between households, the same in every season", 0.0, 2.0, _FILE, "C")] = 0.1
    cycle: Annotated[float, Quantity("month", "months from one result to the next: a season", 1.0, 60.0, _FILE, "C")] = 12.0


@rule
def season_luck(z_common_shock):
    """Standardised luck of this month's results that all adopters share [1]."""
    return z_common_shock


@rule
def innovation_result(mode, share, output, months_online, margin, luck, shipping, county_common_shock, z_sale_shock, p):
    """Goods under the innovation this month [yuan], margin of the last result, price taken off [yuan/yuan], and whether a
    result came this month [yes/no].

    A result comes once a season, to each adopter counted from its own first month; between two it keeps the last.
    """
    if mode == 0:
        return 0.0, 0.0, 0
    came = months_online > 0 and months_online % int(p.cycle) == 0
    found = clip(p.benefit + p.common * county_common_shock + p.own * z_sale_shock + p.lasting * luck - shipping,
                 -WIDEST, WIDEST)
    return share * output / MONTHS, (found if came else margin), came
