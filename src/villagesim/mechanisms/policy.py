"""Policy: yearly money that comes or breaks off, levers that are granted in turn, works that stand and wear.

Claims B1 B2 B3 B12 C1
"""

from typing import Annotated, NamedTuple

from villagesim.arithmetic import FEN, clip, share_of, whole_fen
from villagesim.declare import Quantity, rule

YEAR = 12
_SWEPT = "assumption: varied over its range in experiments/"


class PolicyParameters(NamedTuple):
    """How certain the money is, what departments lose on their own, how ratings pay, how works are built and wear."""

    break_chance: Annotated[float, Quantity("1/year", "chance that an uncertain year's money does not come at all",
        0.0, 0.4, _SWEPT, "C")] = 0.10
    cut_chance: Annotated[float, Quantity("1/year", "chance that an uncertain year's money comes cut", 0.0, 0.5, _SWEPT, "C")] = 0.20
    cut_size: Annotated[float, Quantity("share", "part of the money lost when it is cut", 0.1, 0.9, _SWEPT, "C")] = 0.5
    carry_over: Annotated[float, Quantity("share", "part of a year's money that may be carried over unspent", 0.0, 1.0, _SWEPT, "C")] = 0.1
    duplication: Annotated[float, Quantity("share", "shared levers' money lost to duplication when departments do not coordinate",
        0.0, 0.6, _SWEPT, "C")] = 0.30
    rating_a: Annotated[float, Quantity("share/year", "yearly rise of the active share that earns rating A", 0.0, 0.1,
        "assumption, so that ordinary years earn B or C: Henan rule 2025/17 gives at most 45 % of counties an A; varied over its range in experiments/", "C")] = 0.015
    rating_b: Annotated[float, Quantity("share/year", "yearly rise of the active share that earns rating B", 0.0, 0.05, _SWEPT, "C")] = 0.005
    pays_b: Annotated[float, Quantity("share", "part of the award paid for rating B", 0.0, 1.0, "Henan rule 2025/17: A/B/C/D pay 100/80/60/0 %", "A", plausible=(0.8, 0.8))] = 0.8
    pays_c: Annotated[float, Quantity("share", "part of the award paid for rating C (no fall)", 0.0, 1.0, "Henan rule 2025/17: A/B/C/D pay 100/80/60/0 %", "A", plausible=(0.6, 0.6))] = 0.6
    build_rate: Annotated[float, Quantity("share/month", "part of a work that can be built in a month", 0.02, 1.0, _SWEPT, "C")] = 0.2
    wear: Annotated[float, Quantity("share/month", "condition lost without maintenance",
        0.005, 0.1, "assumption: an inspection found unmanned points and says no share; 0.2 to 0.5 idle two years after the money by judgement; varied over its range in experiments/", "C",
        plausible=(0.009, 0.029))] = 0.025


@rule
def yearly_grant(due, budget, fund, held_back, households, sellers, sellers_before, money_months, lever_coordination,
                 planned_continuity, planned_award, planned_fund_cut, u_grant, p):
    """Fund, award that waits, money arrived, money returned [fen]; sellers at the last rating; coordination [share];
    months that the fund must last, this one among them [month].

    What last year left unspent lapses but for a carry-over. Once a year the money comes whole, cut, or not at all
    (continuity makes it certain). Last year's award is paid by the rise in active sellers; what is not earned goes
    back. A share of the new money becomes this year's award.
    """
    doubt = 1.0 - clip(planned_continuity, 0.0, 1.0)
    arrives = 1.0
    if u_grant < (p.break_chance + p.cut_chance) * doubt:
        arrives = 1.0 - p.cut_size
    if u_grant < p.break_chance * doubt:
        arrives = 0.0
    rise = share_of(sellers - sellers_before, households)
    rating = 0.0
    if rise >= 0.0:
        rating = p.pays_c
    if rise >= p.rating_b:
        rating = p.pays_b
    if rise >= p.rating_a:
        rating = 1.0
    coordination = clip(lever_coordination, 0.0, 1.0)
    if due:
        kept = min(fund, whole_fen(p.carry_over * budget / FEN))
        grant = whole_fen(budget / FEN * arrives * (1.0 - planned_fund_cut))
        earned = whole_fen(held_back / FEN * rating)
        waits = whole_fen(grant / FEN * clip(planned_award, 0.0, 1.0))
        return (
            kept + grant - waits + earned, waits, grant, held_back - earned + fund - kept, sellers, coordination, YEAR,
        )
    return fund, held_back, 0, 0, sellers_before, coordination, max(1, money_months - 1)


@rule
def gets_phone(phone, county_phone_gain, u_phone):
    """Has a smartphone [yes/no]: as phones spread, some of those without get one each month, and keep it."""
    return phone == 1 or u_phone < county_phone_gain


@rule
def networks_spread(ordinary, national, express, county_coverage_gain, county_point_gain):
    """Condition that ordinary budgets, and national networks and parcel programmes as the years go by, keep up [share]."""
    gain = county_coverage_gain if national else (county_point_gain if express else 0.0)
    return ordinary + gain * (1.0 - ordinary)


@rule
def works_need(condition, village_rank, lever_planned, lever_reach, lever_price, lever_upkeep, county_money_months, p):
    """Money that a village's work asks for this month [fen], how much would be built [share], and money for the months
    that the fund must last after this one [fen]: to finish what is planned today, and to keep it up."""
    target = lever_planned if village_rank < lever_reach else 0.0
    later = county_money_months - 1
    built = clip(target - condition, 0.0, p.build_rate)
    upkeep = lever_upkeep * min(condition, target)
    unfinished = clip(target - condition - built, 0.0, p.build_rate * later)
    need_later = unfinished * lever_price + lever_upkeep * target * later
    return whole_fen(built * lever_price + upkeep), built, whole_fen(need_later)


@rule
def seats_need(camp_seats, villages, planned_camp, price_camp, county_money_months, p_training):
    """Does a township buy camp seats this month [yes/no], for how much, and for how much in the months after [fen].

    Seats are paid for month by month and kept until a camp can be held. A township whose seats for so many camps wait
    for households to apply buys no more of them.
    """
    buys = camp_seats < p_training.camp_size * p_training.camps_ahead
    need = whole_fen(planned_camp * villages * price_camp) if buys else 0
    return buys, need, need * (county_money_months - 1)


@rule
def lever_cost(planned, scale, per_post, asked, price, need, need_later, planned_posts, county_money_months):
    """What the lever would cost in full this month, and in the months that the fund must last after this one [fen].

    What villages and townships ask for they know themselves; the rest would cost each month what it costs today. A
    plan's growth is not foreseen: it is in the next month's reckoning.
    """
    units = planned * scale
    if per_post:
        units = units * planned_posts
    cost = need if asked else whole_fen(units * price)
    return cost, (need_later if asked else cost * (county_money_months - 1))


@rule
def lever_delivered(planned, cost, granted, shared, county_coordination, p):
    """Intensity that this month's money buys [the lever's unit]; shared levers lose what departments duplicate."""
    funded = share_of(granted, cost) if cost > 0 else 1.0
    lost = p.duplication * (1.0 - county_coordination) if shared else 0.0
    return planned * funded * (1.0 - lost)


@rule
def works_condition(condition, ordinary, built, private, lever_planned, lever_delivered, lever_matched_money, p):
    """Condition after this month's building, upkeep and wear [share].

    Ordinary budgets keep what stood at the start; what the programme built wears when its money stops. Private
    money that a public yuan draws in builds faster where private firms may own the work (cold chain).
    """
    funded = clip(share_of(lever_delivered, lever_planned), 0.0, 1.0)
    partner = 1.0 + (lever_matched_money if private else 0.0)
    grown = min(condition + built * funded * partner, max(condition, lever_planned))
    kept = min(condition, lever_planned) * funded
    return clip(grown - p.wear * (condition - kept), ordinary, 1.0)
