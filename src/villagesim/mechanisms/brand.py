"""Brand and culture: quality builds a village brand, opportunists spend it, brand and heritage bring visitors; the market.

Claims A4 A5 A6
"""

from typing import Annotated, NamedTuple

from villagesim.arithmetic import GRID, clip, share_of, whole_fen
from villagesim.declare import Quantity, rule

# As much outside demand as is recorded.
MOST_DEMAND = 20.0
_SWEPT = "assumption: varied over its range in experiments/"


class BrandParameters(NamedTuple):
    """What builds and spends a brand, and what it brings besides price."""

    norm_gain: Annotated[float, Quantity("share/hour", "quality norm gained per hour of organising, of what is missing", 0.0, 0.05, _SWEPT, "C")] = 0.008
    norm_team: Annotated[float, Quantity("share/month", "quality norm gained from full teamwork, of what is missing", 0.0, 0.2, _SWEPT, "C")] = 0.03
    norm_fade: Annotated[float, Quantity("share/month", "norm that fades", 0.0, 0.1, _SWEPT, "C")] = 0.02
    brand_gain: Annotated[float, Quantity("share/hour", "brand gained per hour of organising at full e-commerce competence, of what is missing",
        0.0, 0.05, _SWEPT, "C")] = 0.008
    brand_alone: Annotated[float, Quantity("share", "part of that gain without any e-commerce competence", 0.0, 1.0, _SWEPT, "C")] = 0.2
    brand_sales: Annotated[float, Quantity("1/month", "brand gained per share of households that sell honestly, of what is missing", 0.0, 1.0, _SWEPT, "C")] = 0.08
    brand_known: Annotated[float, Quantity("share", "share of households from which on more honest sellers add nothing", 0.05, 1.0, _SWEPT, "C")] = 0.3
    brand_fade: Annotated[float, Quantity("share/month", "brand that fades", 0.0, 0.1, _SWEPT, "C")] = 0.012
    damage: Annotated[float, Quantity("share/month", "brand lost when all sellers ship poor quality", 0.0, 1.0, _SWEPT, "C")] = 0.35
    tourism: Annotated[float, Quantity("yuan/household/month", "visitors' spending at full brand and full endowment", 0.0, 2000.0, _SWEPT, "C")] = 250.0
    tourism_age: Annotated[float, Quantity("share", "part of that income which an elder-led household earns", 0.0, 1.5, _SWEPT, "C")] = 0.7
    featuring: Annotated[float, Quantity("1", "outside demand added by a full demand partnership", 0.0, 3.0, _SWEPT, "C")] = 0.6
    advertising: Annotated[float, Quantity("1", "outside demand added by full city advertising", 0.0, 3.0, _SWEPT, "C")] = 0.8
    link_demand: Annotated[float, Quantity("1/firm/village", "outside demand added per linked firm a village", 0.0, 1.0, _SWEPT, "C")] = 0.15
    saturation: Annotated[float, Quantity("1", "loss of visibility when all the county's supply is offered online", 0.0, 20.0, _SWEPT, "C")] = 8.0


@rule
def brand_month(brand, norm, heritage, teamwork, hours_organising, competence_online, sellers, cheaters, households, p):
    """Brand, quality norm and visitor appeal of a village [share each]. Everybody in it rides on the brand."""
    held = norm * (1.0 - p.norm_fade)
    held = held + (1.0 - held) * clip(p.norm_gain * hours_organising + p.norm_team * teamwork, 0.0, 1.0)
    poor = share_of(cheaters, sellers)
    honest = (sellers - cheaters) / max(1, households)
    skilled = p.brand_alone + (1.0 - p.brand_alone) * competence_online
    built = p.brand_gain * hours_organising * skilled + p.brand_sales * min(honest, p.brand_known)
    kept = brand * (1.0 - p.brand_fade) * (1.0 - clip(p.damage * poor, 0.0, 1.0))
    now = kept + (1.0 - kept) * clip(built, 0.0, 1.0)
    return now, held, now * heritage


@rule
def visitors_spend(elder_led, village_visitors, p):
    """Income from tourism and craft [fen]."""
    return whole_fen(p.tourism * village_visitors * (p.tourism_age if elder_led else 1.0))


@rule
def market_month(online_value, supply, villages, links, lever_demand_partnership, lever_advertising, p):
    """Crowding and outside demand that the county's sellers meet next month [1 each]."""
    offered = share_of(online_value * 12.0, supply)
    firms = links / (1.0 * GRID) / max(1, villages)
    demand = 1.0 + p.featuring * lever_demand_partnership + p.advertising * lever_advertising + p.link_demand * firms
    return p.saturation * offered, clip(demand, 0.0, MOST_DEMAND)
