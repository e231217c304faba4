"""Logistics: what a parcel costs, what a route carries, and whether a courier serves a village.

Claims B9 B10 B11 C3
"""

from typing import Annotated, NamedTuple

from villagesim.arithmetic import GRID, clip, on_grid, share_of, whole_fen
from villagesim.declare import Quantity, rule

# The forms of pricing, in the order of their codes.
COST_SHARE, UNIFORM_TARIFF = 0, 1
_SWEPT = "assumption: varied over its range in experiments/"
# Weeks in a month; ruggedness of a hilly road, by the scale of the column `terrain` (0 plain, 1 high mountain).
WEEKS = 4.33
HILL = 0.5


class LogisticsParameters(NamedTuple):
    """Routes, fees, throughput, and what points, platform, squads and gear change."""

    route_cost: Annotated[float, Quantity("yuan/km", "one vehicle-kilometre on a flat village route", 0.5, 4.0, _SWEPT, "C")] = 1.5
    route_terrain: Annotated[float, Quantity("1", "how far high mountains multiply that cost", 0.0, 3.0, _SWEPT, "C")] = 1.0
    pooling: Annotated[float, Quantity("share", "route cost saved by a full unified platform",
        0.15, 0.35, "20 % (Fengdu 2025), 25 % inbound and 32 % outbound (Xishui, Guizhou): county press", "B")] = 0.25
    commission: Annotated[float, Quantity("yuan/parcel", "paid to the route for one delivered parcel",
        0.7, 1.5, "transport 0.4 to 1.0 (bus firm, Taojiang, Hunan 2022: 0.5 to 0.9) and handling 0.3 to 0.5 (Shenlongwan 2021) a parcel", "B")] = 1.1
    line_haul: Annotated[float, Quantity("yuan/parcel", "parcel firm's part of an outbound fee",
        1.0, 8.0, "assumption: economy parcel 2.5 to 5 yuan at county rates; varied over its range in experiments/", "C",
        plausible=(2.5, 5.0))] = 3.5
    fee_low: Annotated[float, Quantity("yuan/parcel", "lowest outbound fee",
        2.5, 5.0, "assumption: county rate 2.5 to 5 yuan; varied over its range in experiments/", "C")] = 4.0
    fee_high: Annotated[float, Quantity("yuan/parcel", "highest outbound fee",
        8.0, 15.0, "assumption: walk-in rate 8 to 15 yuan; varied over its range in experiments/", "C")] = 14.0
    fee_share: Annotated[float, Quantity("share", "route cost that outbound senders are asked to bear per parcel carried", 0.0, 10.0, _SWEPT, "C")] = 4.0
    fee_adjust: Annotated[float, Quantity("share/month", "part of the gap to the wanted fee closed a month", 0.05, 1.0, _SWEPT, "C")] = 0.2
    carry: Annotated[float, Quantity("parcel/visit", "parcels one round can carry and sort by hand",
        20.0, 700.0, "some 390 parcels a line and day on 12,700 pooled lines (first half of 2024; State Council Information Office 2025-01-13): 100 to 700, by hand and unpooled fewer", "B")] = 100.0
    carry_plain: Annotated[float, Quantity("1", "how much more a round carries on a plain, where a bus or lorry can go, than in hills",
        0.0, 6.1, "714 parcels a route and day on a plain (Yucheng, Shandong 2023; China Daily) against 100 on the smallest pooled lines (2024)", "B")] = 2.5
    sorting_gain: Annotated[float, Quantity("1", "throughput gained with sorting gear on all of a route", 0.0, 3.0, _SWEPT, "C")] = 0.8
    pooled_gain: Annotated[float, Quantity("1", "throughput gained under a full unified platform", 0.0, 2.0, _SWEPT, "C")] = 0.3
    visits_low: Annotated[float, Quantity("visit/week", "fewest rounds of a route that runs", 0.5, 3.0, _SWEPT, "C")] = 1.0
    visits_high: Annotated[float, Quantity("visit/week", "most rounds", 3.0, 14.0, _SWEPT, "C")] = 7.0
    visits_adjust: Annotated[float, Quantity("share/month", "part of the gap to the needed rounds closed a month", 0.05, 1.0, _SWEPT, "C")] = 0.2
    break_even: Annotated[float, Quantity("share", "margin above and below break-even before a route opens or closes", 0.0, 0.5, _SWEPT, "C")] = 0.10
    review_spread: Annotated[float, Quantity("share", "spread of a firm's own estimate at the yearly review", 0.0, 0.5, _SWEPT, "C")] = 0.10
    memory: Annotated[float, Quantity("share/month", "weight of this month in the twelve-month record", 0.04, 0.2, "by definition: 1/12", "A")] = 0.0833
    keeper_pay: Annotated[float, Quantity("yuan/parcel", "paid to the keeper of a point for one parcel",
        0.3, 0.5, "about 0.36 yuan a parcel (Shenlongwan 2021: over 1,000 yuan a month)", "B")] = 0.36
    squad_pay: Annotated[float, Quantity("yuan/parcel", "paid to a villagers' squad for one parcel", 0.1, 2.0,
        "assumption: a point keeper earns about 0.36 yuan a parcel (Shenlongwan 2021), a squad carries it to the door; varied over its range in experiments/", "C")] = 0.5
    squad_saves: Annotated[float, Quantity("share", "route cost saved where squads carry the last mile", 0.0, 0.6, _SWEPT, "C")] = 0.25
    point_saves: Annotated[float, Quantity("share", "route cost saved by dropping parcels at points", 0.0, 0.6, _SWEPT, "C")] = 0.20
    haul: Annotated[float, Quantity("yuan/parcel", "hauling one parcel of a batch to a place that takes it, no point or route",
        0.5, 8.0, "fetching in town: 6 yuan fare (Xishui, Guizhou), 3 to 8 yuan and 0.5 to 1.5 h a trip, several parcels a trip", "B")] = 2.5
    haul_distance: Annotated[float, Quantity("yuan/parcel/km", "more for each km of hilly road", 0.0, 0.5, _SWEPT, "C")] = 0.15
    haul_plain: Annotated[float, Quantity("share", "haulage a km on a plain, of that on a hilly road", 0.0, 1.0, _SWEPT, "C")] = 0.5
    haul_closed: Annotated[float, Quantity("1", "how far a closed road multiplies haulage", 1.0, 10.0, _SWEPT, "C")] = 3.0
    squad_hauls: Annotated[float, Quantity("share", "part of haulage that a squad saves", 0.0, 1.0, _SWEPT, "C")] = 0.5
    walk_in: Annotated[float, Quantity("yuan/parcel", "fee in the township for one who hauls",
        8.0, 15.0, "assumption: walk-in rate 8 to 15 yuan; varied over its range in experiments/", "C")] = 9.0
    pooled_shipping: Annotated[float, Quantity("share", "fee saved where sellers ship together (full teamwork)",
        0.15, 0.35, "off the list price: large senders 35 %, medium 30 %, small 10 % (Guangdong 2025), so that a small one who ships with others saves 22 to 28 %; pooling saves 15 to 35 %", "B")] = 0.25
    connected: Annotated[float, Quantity("share", "inbound parcels that a household without route or point still sends for", 0.0, 1.0, _SWEPT, "C")] = 0.4
    connected_point: Annotated[float, Quantity("share", "more of them where there is a point", 0.0, 1.0, _SWEPT, "C")] = 0.3
    bought_uncovered: Annotated[float, Quantity("share", "parcels bought where there is no network coverage, of those with it", 0.0, 1.0, _SWEPT, "C")] = 0.3
    headroom: Annotated[float, Quantity("1", "rounds that a route plans for, of those that its load needs", 1.0, 2.0, _SWEPT, "C")] = 1.15
    hub_saves: Annotated[float, Quantity("yuan/parcel", "line-haul saved where a county hub pools the parcels of all routes", 0.0, 2.0,
        "1 yuan an order less after county and village hubs (Ganquan, Shaanxi 2024; CCTV)", "B")] = 1.0
    hub_gain: Annotated[float, Quantity("1", "throughput of every route gained by sorting in a county hub", 0.0, 2.0, _SWEPT, "C")] = 0.3
    pricing: Annotated[int, Quantity("code", "structure: how the posted fee comes about", 0, 1,
        "structural choice: full cost (Hall and Hitch 1939) or one tariff for all routes (Valletti, Hoernig and Barros 2002)", "C")] = COST_SHARE
    tariff: Annotated[float, Quantity("yuan/parcel", "outbound fee of every route under a uniform tariff", 3.0, 15.0,
        "assumption: near the mean fee by cost share without a programme; varied over its range in experiments/", "C")] = 5.0


@rule
def parcel_price(distance_town, terrain, rank, service_point, squad, teamwork, courier_serving, courier_fee, courier_fill, lever_road_closure, p):
    """Fee to the village's courier, fee plus haulage paid outside [yuan/parcel each], share of orders carried [share].

    With a route the parcel goes from the point, or is carried to the road; without one it is hauled to the township.
    Pooled shipping lowers the fee. A squad hauls for less.
    """
    saved = 1.0 - p.pooled_shipping * teamwork
    closed = p.haul_closed if rank >= 1.0 - lever_road_closure else 1.0
    slope = p.haul_plain + (1.0 - p.haul_plain) * terrain / HILL
    road = (p.haul + p.haul_distance * distance_town * slope) * closed
    carried = 1.0 - p.squad_hauls * squad
    if courier_serving:
        return courier_fee * saved, p.haul * (1.0 - service_point) * carried, courier_fill
    return 0.0, p.walk_in * saved + road * carried, 1.0


@rule
def parcels_received(households, coverage, service_point, courier_serving, county_inbound, county_month, p):
    """Parcels that the village buys this month [parcel]; latent orders come even where nobody delivers."""
    served = 1.0 if courier_serving else p.connected + p.connected_point * service_point
    bought = households * county_inbound * (p.bought_uncovered + (1.0 - p.bought_uncovered) * coverage)
    first = int(bought * (county_month + 1)) - int(bought * county_month)
    return int(first * min(1.0, served)), first


@rule
def piece_pay(point, squad, p):
    """Paid in the village for one parcel [yuan/parcel]: to the squad where it carries, else to the point's keeper."""
    return p.squad_pay * squad + p.keeper_pay * point * (1.0 - squad)


@rule
def handling_paid(parcels_out, parcels_in, service_point, squad, courier_serving, p):
    """Piece pay from the courier to the point's keeper and the squad [fen]."""
    return whole_fen((parcels_out + parcels_in) * piece_pay(service_point, squad, p)) if courier_serving else 0


@rule
def works_on_grid(service_point, squad, sorting):
    """Condition of point, squad and sorting gear [2^-20 each], so that a route can add them up exactly."""
    return on_grid(service_point), on_grid(squad), on_grid(sorting)


@rule
def route_month(length, terrain, villages, serving, visits, fee, backlog, parcels_out, parcels_in, wanted_in, unshipped,
                latent, latent_cost, point, squad, sorting, county_season, county_hub, lever_platform, z_route, p):
    """A route's month: serving, opened, closed, visits, fee, backlog, fill, latent revenue and cost, two flows [fen].

    Couriers live on parcels in and out. The route is reviewed once a year on its twelve-month latent record, with a
    margin between closing and opening, so that a seasonal trough closes nothing. A county hub, where one stands, pools
    and sorts the parcels of all routes: line-haul costs less, a round carries more. Two forms of the posted fee, by
    `pricing`. cost_share: full cost (Hall and Hitch 1939): the fee moves by part of the gap to line-haul and a share of the
    route's cost a parcel, within bounds. uniform_tariff: universal service (Valletti, Hoernig and Barros 2002): every
    route posts the same tariff at once, whatever it costs, and only whether it runs answers to cost.
    """
    places = max(1, villages) * (1.0 * GRID)
    share_point = point / places
    share_squad = squad / places
    share_gear = sorting / places
    pooled = clip(lever_platform, 0.0, 1.0)
    round_cost = length * p.route_cost * (1.0 + p.route_terrain * terrain) * (1.0 - p.pooling * pooled) * (
        1.0 - p.squad_saves * share_squad
    ) * (1.0 - p.point_saves * share_point)
    roomy = 1.0 + p.carry_plain * max(0.0, 1.0 - terrain / HILL)
    sorted_faster = (1.0 + p.sorting_gain * share_gear) * (1.0 + p.pooled_gain * pooled) * (1.0 + p.hub_gain * county_hub)
    per_round = p.carry * roomy * sorted_faster
    line_haul = max(0.0, p.line_haul - p.hub_saves * county_hub)

    waiting = backlog + parcels_out + parcels_in
    capacity = int(visits * WEEKS * per_round)
    carried = min(waiting, capacity) if serving else 0
    fill = share_of(carried, waiting) if (serving and waiting > 0) else 1.0
    left = min(waiting - carried, capacity) if serving else 0
    needed = (backlog + parcels_out + wanted_in) / (WEEKS * per_round)
    rounds = visits + p.visits_adjust * (clip(needed * p.headroom, p.visits_low, p.visits_high) - visits)

    piece = piece_pay(share_point, share_squad, p)
    run_cost = rounds * WEEKS * round_cost
    would_cost = run_cost + (wanted_in + parcels_out) * piece
    would_earn = wanted_in * p.commission + (parcels_out + unshipped) * max(0.0, fee - line_haul)
    earned = latent + p.memory * (would_earn - latent)
    cost = latent_cost + p.memory * (would_cost - latent_cost)
    wanted_fee = line_haul + p.fee_share * share_of(run_cost, 1.0 * (wanted_in + parcels_out))
    posted = fee + p.fee_adjust * (clip(wanted_fee, p.fee_low, p.fee_high) - fee)
    asked = p.tariff if p.pricing == UNIFORM_TARIFF else posted

    guess = earned * (1.0 + p.review_spread * z_route)
    review = county_season == 0
    closes = review and serving == 1 and guess < cost * (1.0 - p.break_even)
    opens = review and serving == 0 and guess > cost * (1.0 + p.break_even)
    runs = (serving == 1 and not closes) or opens
    if serving:
        commission = whole_fen(min(parcels_in, carried) * p.commission)
        spent = whole_fen(run_cost + parcels_out * line_haul)
    else:
        commission = 0
        spent = 0
    return runs, opens, closes, rounds, asked, left, fill, earned, cost, commission, spent
