"""Villages and their townships, what stands in them, and the routes that serve them."""

from typing import Annotated, NamedTuple

from villagesim.declare import Count, Fen, Flag, Grid, Key, Quantity, Real, Small
from villagesim.tables.quantities import MONEY, count, fen, row, share, yes


class Townships(NamedTuple):
    """Townships: each holds the camps of its villages."""

    villages: Annotated[Count, count("village", "villages that camps reach")]
    camp_seats: Annotated[Real, Quantity("seat", "camp seats bought and not yet used", 0, 1e6)]
    buys: Annotated[Flag, yes("buys camp seats this month")]
    need: Annotated[Fen, fen("what it asks for camp seats this month")]
    need_later: Annotated[Fen, fen("what it would ask in the months that the fund must last after this one")]
    applicants: Annotated[Count, count("household", "households on its list for a camp")]
    seats_camp: Annotated[Count, count("seat", "seats of the camps held this month")]


class Villages(NamedTuple):
    """Natural villages: place, works that stand there, the service they get, what they ship and the jobs that brings."""

    township: Annotated[Key, row("township it belongs to")]
    courier: Annotated[Key, row("courier whose route it is on")]
    households: Annotated[Count, count("household", "households")]
    distance_town: Annotated[Real, Quantity("km", "road to the township seat", 0, 80)]
    distance_county: Annotated[Real, Quantity("km", "road to the county seat", 0, 300)]
    terrain: Annotated[Real, share("ruggedness: 0 plain, 0.5 hill, 1 high mountain")]
    heritage: Annotated[Real, share("endowment for tourism and craft")]
    perishable: Annotated[Real, share("share of its goods' value lost in a month of storage")]
    harvest: Annotated[Small, count("month", "calendar month in which its harvest peaks (0 = January)", 11)]
    rank: Annotated[Real, share("place in the order in which a programme reaches villages (0 first)")]
    service_point: Annotated[Real, share("condition of its service point")]
    squad: Annotated[Real, share("condition of its delivery squad")]
    cold_chain: Annotated[Real, share("condition of its cold store")]
    sorting: Annotated[Real, share("condition of the sorting gear on its route")]
    coverage: Annotated[Real, share("network coverage")]
    worker: Annotated[Key, row("post that serves it (when served)")]
    served: Annotated[Flag, yes("a filled post serves it")]
    by_contractor: Annotated[Flag, yes("served by a contractor's staff")]
    lost_worker: Annotated[Flag, yes("its worker left this month")]
    productivity: Annotated[Real, share("share of a service hour that is productive here", 1.0)]
    assigned: Annotated[Flag, yes("a funded post is meant to serve it")]
    caseload: Annotated[Count, count("household", "households of the village that a filled post serves")]
    hours_casework: Annotated[Real, Quantity("hour", "productive casework hours received this month", 0, 1e4)]
    hours_group: Annotated[Real, Quantity("hour", "productive hours received for lessons and groups", 0, 1e4)]
    hours_organising: Annotated[Real, Quantity("hour", "productive hours received for community organising", 0, 1e4)]
    hours_linking: Annotated[Real, Quantity("hour", "productive hours received for resource linking", 0, 1e4)]
    hours_follow_up: Annotated[Real, Quantity("hour", "productive hours received for follow-up", 0, 1e4)]
    guidance: Annotated[Real, share("quality that worker hours give to practice groups")]
    teaching: Annotated[Real, share("quality of the teaching offered here")]
    competence_social: Annotated[Real, share("social-work competence at work here")]
    competence_online: Annotated[Real, share("e-commerce competence at work here")]
    seats_basic: Annotated[Count, count("seat", "basic seats offered this month")]
    seats_group: Annotated[Count, count("seat", "practice-group places offered this month")]
    visits: Annotated[Count, count("visit", "casework and follow-up visits offered this month")]
    champions: Annotated[Count, count("person", "champions that can be supported this month")]
    meetings: Annotated[Real, Quantity("meeting", "salons held this month", 0, 100)]
    teamwork: Annotated[Real, share("pooled shipping and shared work among its sellers")]
    variety: Annotated[Real, share("how far its sellers differ from one another")]
    links: Annotated[Real, Quantity("firm", "outside firms linked to the village", 0, 1000)]
    link_steps: Annotated[Grid, Quantity("2^-20 firm", "the same on the grid", 0, 2**40)]
    point_steps: Annotated[Grid, Quantity("2^-20", "condition of its service point, on the grid", 0, 2**21)]
    squad_steps: Annotated[Grid, Quantity("2^-20", "condition of its squad, on the grid", 0, 2**21)]
    gear_steps: Annotated[Grid, Quantity("2^-20", "condition of its sorting gear, on the grid", 0, 2**21)]
    parcel_price: Annotated[Real, Quantity("yuan/parcel", "fee to the village's courier", 0, 200)]
    haul_price: Annotated[Real, Quantity("yuan/parcel", "fee and haulage paid outside the village", 0, 500)]
    fill: Annotated[Real, share("share of its orders that the courier could carry last month", 1.0)]
    transit: Annotated[Real, Quantity("day", "days from a seller's door to the buyer's", 0, 60)]
    wanted_in: Annotated[Count, count("parcel", "parcels it would buy with a route to the door")]
    traders: Annotated[Count, count("trader", "traders who buy here")]
    sellers: Annotated[Count, count("household", "households selling online")]
    cheaters: Annotated[Count, count("household", "sellers that shipped poor quality this month")]
    champion_tells: Annotated[Count, count("household", "champions with a result to show")]
    champion_told: Annotated[Grid, Quantity("2^-20 yuan/yuan", "sum of the results that champions show", -(2**50), 2**50)]
    parcels_out: Annotated[Count, count("parcel", "parcels sent this month")]
    parcels_in: Annotated[Count, count("parcel", "parcels received this month")]
    parcels_lost: Annotated[Count, count("parcel", "orders that could not be sent this month")]
    brand: Annotated[Real, share("village brand")]
    norm: Annotated[Real, share("quality norm among its sellers")]
    visitors: Annotated[Real, Quantity("1", "visitor appeal: brand x heritage", 0, 1)]
    pool: Annotated[Fen, fen("money held for local wages")]
    firm_orders: Annotated[Fen, fen("wage money brought by linked firms this month")]
    handling_pay: Annotated[Fen, fen("piece pay from the courier to keepers and squads this month")]
    packing_pay: Annotated[Fen, fen("packing help paid by sellers this month")]
    parcel_fees: Annotated[Fen, fen("parcel fees paid to the courier by its households this month")]
    job_wage: Annotated[Fen, fen("wage of one local job this month")]
    jobs: Annotated[Count, count("job", "local e-commerce jobs this month")]
    jobs_filled: Annotated[Count, count("job", "local e-commerce jobs filled this month")]


class Works(NamedTuple):
    """Village infrastructure, one row a village and kind: what stands, what it needs, how it wears."""

    village: Annotated[Key, row("village")]
    lever: Annotated[Key, row("lever that builds and maintains it")]
    condition: Annotated[Real, share("condition: 0 absent, 1 as new")]
    ordinary: Annotated[Real, share("condition that ordinary budgets keep up")]
    private: Annotated[Flag, yes("private firms may share in it")]
    national: Annotated[Flag, yes("national networks build and keep it too, as the years go by")]
    express: Annotated[Flag, yes("national programmes for village parcels open and keep it too, as the years go by")]
    built: Annotated[Real, share("what would be built this month")]
    need: Annotated[Fen, fen("what the programme would spend on it this month")]
    need_later: Annotated[Fen, fen("what it would spend on it in the months that the fund must last after this one")]


class Couriers(NamedTuple):
    """Village delivery routes: each serves the villages along one road."""

    length: Annotated[Real, Quantity("km", "round trip", 1, 400)]
    terrain: Annotated[Real, share("mean ruggedness of the route")]
    villages: Annotated[Count, count("village", "villages on the route")]
    serving: Annotated[Flag, yes("the route runs")]
    visits: Annotated[Real, Quantity("visit/week", "rounds a week", 0, 14, initial=2.0)]
    fee: Annotated[Real, Quantity("yuan/parcel", "posted fee for an outbound parcel", 0, 100, initial=8.0)]
    backlog: Annotated[Count, count("parcel", "parcels waiting")]
    fill: Annotated[Real, share("share of waiting parcels carried this month", 1.0)]
    parcels_out: Annotated[Count, count("parcel", "parcels handed in this month")]
    parcels_in: Annotated[Count, count("parcel", "parcels to deliver this month")]
    wanted_in: Annotated[Count, count("parcel", "parcels its villages would buy with a route to the door")]
    unshipped: Annotated[Count, count("parcel", "orders that it could not take this month")]
    latent: Annotated[Real, Quantity("yuan/month", "revenue the route would earn, mean of twelve months", 0, 1e9)]
    latent_cost: Annotated[Real, Quantity("yuan/month", "cost the route would have, mean of twelve months", 0, 1e9)]
    opened: Annotated[Flag, yes("the route opened this month")]
    closed: Annotated[Flag, yes("the route closed this month")]
    point: Annotated[Grid, Quantity("2^-20 village", "sum of its villages' service points", 0, 2**40)]
    squad: Annotated[Grid, Quantity("2^-20 village", "sum of its villages' squads", 0, 2**40)]
    sorting: Annotated[Grid, Quantity("2^-20 village", "sum of its villages' sorting gear", 0, 2**40)]
    fees: Annotated[Fen, fen("parcel fees received this month")]
    commission: Annotated[Fen, fen("received from parcel firms for deliveries this month")]
    running_cost: Annotated[Fen, fen("vehicles, fuel and line-haul this month")]
    handling: Annotated[Fen, fen("piece pay to keepers and squads this month")]
    savings: Annotated[Fen, fen("money held", -MONEY)]
