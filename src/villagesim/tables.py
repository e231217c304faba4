"""What a county is made of: one NamedTuple of columns a kind. Every column declares its unit, meaning and range.

Columns that no phase of `engine/schedule.py` writes are fixed at month 0 by `world/`; all others are state.
Keys are row numbers of the table they name: `village` of a household is a row of `Villages`.
"""

from typing import Annotated, NamedTuple

import numpy as np

from villagesim.declare import Count, Fen, Flag, Grid, Key, Quantity, Real, Small, allocate

MANY = 2**31
MONEY = 10**14


def _share(meaning: str, initial: float = 0.0) -> Quantity:
    return Quantity("share", meaning, 0.0, 1.0, initial=initial)


def _yes(meaning: str) -> Quantity:
    return Quantity("yes/no", meaning, 0, 1)


def _fen(meaning: str, low: float = 0) -> Quantity:
    return Quantity("fen", meaning, low, MONEY)


def _count(unit: str, meaning: str, high: float = MANY) -> Quantity:
    return Quantity(unit, meaning, 0, high)


def _row(meaning: str) -> Quantity:
    return Quantity("row", meaning, 0, MANY)


class Households(NamedTuple):
    """Farm households: who they are, what they know and believe, how they sell, and this month's flows of money."""

    village: Annotated[Key, _row("village it lives in")]
    trader: Annotated[Key, _row("trader in whose catchment it lives")]
    size: Annotated[Small, _count("person", "members, those away included", 20)]
    adults: Annotated[Small, _count("person", "members of working age", 12)]
    age: Annotated[Real, Quantity("year", "age of the head (does not advance)", 16, 95)]
    schooling: Annotated[Real, Quantity("year", "schooling of the head", 0, 19)]
    woman_led: Annotated[Flag, _yes("led by a left-behind woman")]
    elder_led: Annotated[Flag, _yes("led by a person of 60 or older")]
    returnee: Annotated[Flag, _yes("a member came back from city work")]
    remote: Annotated[Flag, _yes("its village is in the farther half of the county's villages")]
    poor: Annotated[Flag, _yes("among the poorest fifth of the county at month 0")]
    product: Annotated[Small, _count("code", "main product: 0 fresh, 1 dry, 2 craft", 2)]
    output: Annotated[Real, Quantity("yuan/year", "marketable output at the reference price", 0, 1e6)]
    off_farm: Annotated[Fen, _fen("income a month from local wages, transfers and property")]
    risk_aversion: Annotated[Real, Quantity("1", "relative risk aversion", 0, 10)]
    reluctance: Annotated[Real, Quantity("1", "standardised distaste for selling online", -4, 4)]
    luck: Annotated[Real, Quantity("1", "standardised persistent luck as a seller", -4, 4)]
    honest: Annotated[Flag, _yes("keeps its word on quality without a norm")]
    popularity: Annotated[Key, _count("person", "households that trust this one's word (ties towards it)")]
    phone: Annotated[Flag, _yes("has a smartphone")]
    mode: Annotated[Small, _count("code", "channel: 0 offline, 1 shop, 2 live-stream", 2)]
    sells: Annotated[Flag, _yes("is an active seller: has a channel online")]
    share: Annotated[Real, _share("share of output meant for online sale")]
    shipping: Annotated[Real, Quantity("yuan/yuan", "cost of sending a yuan of its goods, packaging included", 0, 100)]
    access: Annotated[Real, Quantity("yuan/yuan", "share of sales that an agent would keep for lack of phone, skill, coverage", 0, 1)]
    demand: Annotated[Real, Quantity("yuan/month", "goods it could sell online a month, at the reference price", 0, 1e7)]
    wanted: Annotated[Real, _share("online share it would want")]
    gain: Annotated[Real, Quantity("yuan/year", "certainty-equivalent gain of that share over the trader", -1e7, 1e7)]
    feasible: Annotated[Flag, _yes("sells online or would gain by it: its supply is contested")]
    skill_basic: Annotated[Real, _share("first rung: phone, accounts, listing")]
    skill_operation: Annotated[Real, _share("second rung: pictures, text, customer care, data")]
    skill_business: Annotated[Real, _share("third rung: brand, product, market")]
    belief_mean: Annotated[Real, Quantity("yuan/yuan", "believed online margin over the trader", -3, 3)]
    belief_precision: Annotated[Real, Quantity("1", "precision (1/variance) of that belief", 0, 1e6, initial=4.0)]
    trust_online: Annotated[Real, _share("trust in e-commerce", 0.4)]
    trust_worker: Annotated[Real, _share("trust in the worker who serves the village")]
    savings: Annotated[Fen, _fen("money held", -MONEY)]
    debt: Annotated[Fen, _fen("owed to the trader")]
    stock: Annotated[Real, Quantity("yuan", "goods on hand, at the reference price", 0, 1e7)]
    ever_online: Annotated[Flag, _yes("has ever sold online")]
    months_online: Annotated[Count, _count("month", "months in the present spell of selling online")]
    months_unsold: Annotated[Count, _count("month", "months of the present spell since anything was sold")]
    first_online: Annotated[Count, Quantity("month", "month of first entry (-1: never)", -1, MANY, initial=-1)]
    entered: Annotated[Flag, _yes("went online this month")]
    quit: Annotated[Flag, _yes("stopped selling online this month")]
    group_months: Annotated[Small, _count("month", "months left in a practice group", 12)]
    champion: Annotated[Flag, _yes("supported as a local champion this month")]
    class_basic: Annotated[Small, _count("class", "priority for a basic course (255: does not apply)", 255)]
    class_camp: Annotated[Small, _count("class", "priority for a camp (255: does not apply)", 255)]
    class_group: Annotated[Small, _count("class", "priority for a practice group (255: does not apply)", 255)]
    class_visit: Annotated[Small, _count("class", "priority for a visit (255: does not ask)", 255)]
    class_champion: Annotated[Small, _count("class", "priority as a champion (255: can't be one)", 255)]
    class_job: Annotated[Small, _count("class", "priority for a job (255: does not seek one)", 255)]
    seat_basic: Annotated[Flag, _yes("sat in a basic course this month")]
    seat_camp: Annotated[Flag, _yes("sat in a camp this month")]
    seat_group: Annotated[Flag, _yes("began a practice group this month")]
    visited: Annotated[Flag, _yes("visited by a worker or lecturer this month")]
    trained: Annotated[Flag, _yes("has ever had a seat of any kind")]
    tells: Annotated[Flag, _yes("has a result of its own to tell this month")]
    told: Annotated[Grid, Quantity("2^-20 yuan/yuan", "margin that it tells", -(2**24), 2**24)]
    teaches: Annotated[Flag, _yes("knows enough to show others")]
    heard: Annotated[Grid, Quantity("2^-20 yuan/yuan x k", "trust-weighted sum of margins heard", -(2**50), 2**50)]
    heard_trust: Annotated[Count, _count("k", "sum of tie trust (k/255) of those heard")]
    heard_flat: Annotated[Grid, Quantity("2^-20 yuan/yuan", "sum of margins heard, all ties alike", -(2**50), 2**50)]
    voices: Annotated[Count, _count("household", "households heard")]
    taught_trust: Annotated[Count, _count("k", "sum of tie trust (k/255) of those who showed it")]
    tie_trust: Annotated[Count, _count("k", "sum of tie trust (k/255) over all it listens to")]
    online_value: Annotated[Real, Quantity("yuan", "goods sold online this month, at the reference price", 0, 1e6)]
    orders: Annotated[Count, _count("parcel", "parcels sent this month")]
    unshipped: Annotated[Count, _count("parcel", "orders that could not be sent this month")]
    online_fen: Annotated[Fen, _fen("goods sold online this month, at the reference price")]
    trader_fen: Annotated[Fen, _fen("goods sold to the trader this month, at the reference price")]
    supply: Annotated[Fen, _fen("marketable output a year, at the reference price")]
    contested: Annotated[Fen, _fen("of that, what could feasibly go online")]
    trader_value: Annotated[Real, Quantity("yuan", "goods sold to the trader this month, at the reference price", 0, 1e6)]
    spoiled: Annotated[Real, Quantity("yuan", "goods lost this month, at the reference price", 0, 1e6)]
    margin: Annotated[Real, Quantity("yuan/yuan", "margin realised online over the trader, last sale", -6, 6)]
    margin_smooth: Annotated[Real, Quantity("yuan/yuan", "smoothed realised margin of the present spell", -6, 6)]
    sold: Annotated[Flag, _yes("sold online this month")]
    cheats: Annotated[Flag, _yes("shipped poor quality this month")]
    selling_hours: Annotated[Real, Quantity("hour", "own hours spent selling online this month", 0, 2000)]
    job: Annotated[Flag, _yes("a member holds a local e-commerce job")]
    away: Annotated[Small, _count("person", "members away for city work", 12)]
    departed: Annotated[Flag, _yes("a member left this month")]
    came_back: Annotated[Flag, _yes("a member came back this month")]
    start_cost: Annotated[Fen, _fen("start-up cost paid this month")]
    online_income: Annotated[Fen, _fen("received from online buyers, refunds taken off")]
    platform_cost: Annotated[Fen, _fen("commission, traffic and packaging paid")]
    parcel_cost: Annotated[Fen, _fen("parcel fees paid to the village's courier")]
    haul_cost: Annotated[Fen, _fen("parcel and haulage cost paid outside the village")]
    packing_cost: Annotated[Fen, _fen("packing and customer-service help paid in the village")]
    tax_cost: Annotated[Fen, _fen("platform taxes and fees paid")]
    trader_income: Annotated[Fen, _fen("received from the trader")]
    market_income: Annotated[Fen, _fen("received at the township market, where no trader buys")]
    borrowed: Annotated[Fen, _fen("inputs taken on the trader's credit this month")]
    repaid: Annotated[Fen, _fen("debt to the trader paid back this month")]
    farm_cost: Annotated[Fen, _fen("inputs bought this month")]
    wage_income: Annotated[Fen, _fen("received from a local e-commerce job")]
    remittance: Annotated[Fen, _fen("received from members away")]
    tourism_income: Annotated[Fen, _fen("received from visitors: tourism and craft")]
    champion_income: Annotated[Fen, _fen("allowance received as a champion")]
    cash_income: Annotated[Fen, _fen("cash transfer received")]
    consumption: Annotated[Fen, _fen("spent on living")]
    income: Annotated[Fen, _fen("net income this month, all sources", -MONEY)]
    income_so_far: Annotated[Fen, _fen("net income of this calendar year so far", -MONEY)]
    income_year: Annotated[Fen, _fen("net income of the last full calendar year", -MONEY)]


class Ties(NamedTuple):
    """Who listens to whom, as rows sorted by speaker: the speaker's results reach the listener with this trust."""

    speaker: Annotated[Key, _row("household that speaks")]
    listener: Annotated[Key, _row("household that listens")]
    trust: Annotated[Small, Quantity("k", "trust in the speaker, k/255", 0, 255)]


class Villages(NamedTuple):
    """Natural villages: place, works that stand there, the service they get, what they ship and the jobs that brings."""

    township: Annotated[Key, _row("township number")]
    courier: Annotated[Key, _row("courier whose route it is on")]
    households: Annotated[Count, _count("household", "households")]
    distance_town: Annotated[Real, Quantity("km", "road to the township seat", 0, 80)]
    distance_county: Annotated[Real, Quantity("km", "road to the county seat", 0, 300)]
    terrain: Annotated[Real, _share("ruggedness: 0 plain, 0.5 hill, 1 high mountain")]
    heritage: Annotated[Real, _share("endowment for tourism and craft")]
    perishable: Annotated[Real, _share("share of its goods' value lost in a month of storage")]
    harvest: Annotated[Small, _count("month", "calendar month in which its harvest peaks (0 = January)", 11)]
    rank: Annotated[Real, _share("place in the order in which a programme reaches villages (0 first)")]
    service_point: Annotated[Real, _share("condition of its service point")]
    squad: Annotated[Real, _share("condition of its delivery squad")]
    cold_chain: Annotated[Real, _share("condition of its cold store")]
    sorting: Annotated[Real, _share("condition of the sorting gear on its route")]
    coverage: Annotated[Real, _share("network coverage")]
    worker: Annotated[Key, _row("post that serves it (when served)")]
    served: Annotated[Flag, _yes("a filled post serves it")]
    by_contractor: Annotated[Flag, _yes("served by a contractor's staff")]
    lost_worker: Annotated[Flag, _yes("its worker left this month")]
    productivity: Annotated[Real, _share("share of a service hour that is productive here", 1.0)]
    assigned: Annotated[Flag, _yes("a funded post is meant to serve it")]
    caseload: Annotated[Count, _count("household", "households of the village that a filled post serves")]
    hours_casework: Annotated[Real, Quantity("hour", "productive casework hours received this month", 0, 1e4)]
    hours_group: Annotated[Real, Quantity("hour", "productive hours received for lessons and groups", 0, 1e4)]
    hours_organising: Annotated[Real, Quantity("hour", "productive hours received for community organising", 0, 1e4)]
    hours_linking: Annotated[Real, Quantity("hour", "productive hours received for resource linking", 0, 1e4)]
    hours_follow_up: Annotated[Real, Quantity("hour", "productive hours received for follow-up", 0, 1e4)]
    guidance: Annotated[Real, _share("quality that worker hours give to practice groups")]
    teaching: Annotated[Real, _share("quality of the teaching offered here")]
    competence_social: Annotated[Real, _share("social-work competence at work here")]
    competence_online: Annotated[Real, _share("e-commerce competence at work here")]
    seats_basic: Annotated[Count, _count("seat", "basic seats offered this month")]
    seats_camp: Annotated[Count, _count("seat", "camp seats offered this month")]
    seats_group: Annotated[Count, _count("seat", "practice-group places offered this month")]
    visits: Annotated[Count, _count("visit", "casework and follow-up visits offered this month")]
    champions: Annotated[Count, _count("person", "champions that can be supported this month")]
    meetings: Annotated[Real, Quantity("meeting", "salons held this month", 0, 100)]
    teamwork: Annotated[Real, _share("pooled shipping and shared work among its sellers")]
    variety: Annotated[Real, _share("how far its sellers differ from one another")]
    links: Annotated[Real, Quantity("firm", "outside firms linked to the village", 0, 1000)]
    link_steps: Annotated[Grid, Quantity("2^-20 firm", "the same on the grid", 0, 2**40)]
    point_steps: Annotated[Grid, Quantity("2^-20", "condition of its service point, on the grid", 0, 2**21)]
    squad_steps: Annotated[Grid, Quantity("2^-20", "condition of its squad, on the grid", 0, 2**21)]
    gear_steps: Annotated[Grid, Quantity("2^-20", "condition of its sorting gear, on the grid", 0, 2**21)]
    parcel_price: Annotated[Real, Quantity("yuan/parcel", "fee to the village's courier", 0, 200)]
    haul_price: Annotated[Real, Quantity("yuan/parcel", "fee and haulage paid outside the village", 0, 500)]
    fill: Annotated[Real, _share("share of its orders that the courier could carry last month", 1.0)]
    wanted_in: Annotated[Count, _count("parcel", "parcels it would buy with a route to the door")]
    sellers: Annotated[Count, _count("household", "households selling online")]
    cheaters: Annotated[Count, _count("household", "sellers that shipped poor quality this month")]
    champion_tells: Annotated[Count, _count("household", "champions with a result to show")]
    champion_told: Annotated[Grid, Quantity("2^-20 yuan/yuan", "sum of the results that champions show", -(2**50), 2**50)]
    parcels_out: Annotated[Count, _count("parcel", "parcels sent this month")]
    parcels_in: Annotated[Count, _count("parcel", "parcels received this month")]
    parcels_lost: Annotated[Count, _count("parcel", "orders that could not be sent this month")]
    brand: Annotated[Real, _share("village brand")]
    norm: Annotated[Real, _share("quality norm among its sellers")]
    visitors: Annotated[Real, Quantity("1", "visitor appeal: brand x heritage", 0, 1)]
    pool: Annotated[Fen, _fen("money held for local wages")]
    firm_orders: Annotated[Fen, _fen("wage money brought by linked firms this month")]
    handling_pay: Annotated[Fen, _fen("piece pay from the courier to keepers and squads this month")]
    packing_pay: Annotated[Fen, _fen("packing help paid by sellers this month")]
    parcel_fees: Annotated[Fen, _fen("parcel fees paid to the courier by its households this month")]
    job_wage: Annotated[Fen, _fen("wage of one local job this month")]
    jobs: Annotated[Count, _count("job", "local e-commerce jobs this month")]
    jobs_filled: Annotated[Count, _count("job", "local e-commerce jobs filled this month")]
    wage_bill: Annotated[Fen, _fen("wages paid from the pool this month")]


class Works(NamedTuple):
    """Village infrastructure, one row a village and kind: what stands, what it needs, how it wears."""

    village: Annotated[Key, _row("village")]
    lever: Annotated[Key, _row("lever that builds and maintains it")]
    condition: Annotated[Real, _share("condition: 0 absent, 1 as new")]
    ordinary: Annotated[Real, _share("condition that ordinary budgets keep up")]
    private: Annotated[Flag, _yes("private firms may share in it")]
    built: Annotated[Real, _share("what would be built this month")]
    need: Annotated[Fen, _fen("what the programme would spend on it this month")]


class Workers(NamedTuple):
    """Posts, and the person in each: a person is (post, generation)."""

    ordinal: Annotated[Count, _count("post", "order in which posts are opened")]
    open: Annotated[Flag, _yes("the post is funded")]
    filled: Annotated[Flag, _yes("somebody holds the post")]
    part: Annotated[Real, _share("part of full time that the post is funded for")]
    contractor: Annotated[Flag, _yes("held by a contractor's staff")]
    generation: Annotated[Count, _count("person", "people who have held the post")]
    origin: Annotated[Small, _count("code", "0 outsider, 1 returnee, 2 village official, 3 graduate", 3)]
    tenure: Annotated[Count, _count("month", "months the present holder has served")]
    social: Annotated[Real, _share("social-work competence")]
    online: Annotated[Real, _share("e-commerce competence")]
    grade: Annotated[Real, Quantity("grade", "grade on the ladder", 0, 5)]
    left: Annotated[Flag, _yes("the holder left this month")]
    hired: Annotated[Flag, _yes("somebody was hired this month")]
    hours: Annotated[Real, Quantity("hour", "hours left for villages after paperwork", 0, 400)]
    villages: Annotated[Count, _count("village", "villages served")]
    caseload: Annotated[Count, _count("household", "households in the villages served")]
    base_pay: Annotated[Fen, _fen("pay this month")]
    extra_pay: Annotated[Fen, _fen("pay above the usual scale this month")]
    supplement: Annotated[Fen, _fen("grade supplement this month")]
    overhead: Annotated[Fen, _fen("insurance, travel and office cost of the post this month")]
    post_cost: Annotated[Fen, _fen("base pay and overhead: what the post itself cost this month")]
    consumption: Annotated[Fen, _fen("spent this month")]
    savings: Annotated[Fen, _fen("money held by the post's holders", -MONEY)]


class Traders(NamedTuple):
    """Middlemen: each buys in a catchment of villages."""

    distance: Annotated[Real, Quantity("km", "mean road from its villages to the township", 0, 80)]
    active: Annotated[Flag, Quantity("yes/no", "buys this month", 0, 1, initial=1)]
    left: Annotated[Flag, _yes("left this month")]
    returned: Annotated[Flag, _yes("came back this month")]
    months_gone: Annotated[Count, _count("month", "months since it left")]
    markdown: Annotated[Real, _share("farm-gate price below the reference price", 0.25)]
    volume: Annotated[Fen, _fen("goods bought this month, at the reference price")]
    volume_year: Annotated[Real, Quantity("yuan/month", "mean goods bought a month, last twelve, at the reference price", 0, 1e10)]
    potential: Annotated[Fen, _fen("supply of its catchment a year, at the reference price")]
    contested: Annotated[Fen, _fen("of that, supply of households for which online selling is feasible")]
    paid: Annotated[Fen, _fen("paid to farmers this month")]
    lent: Annotated[Fen, _fen("inputs lent to farmers this month")]
    collected: Annotated[Fen, _fen("debt collected this month")]
    resale: Annotated[Fen, _fen("received at the wholesale market this month")]
    running_cost: Annotated[Fen, _fen("transport, losses and the trader's own living this month")]
    savings: Annotated[Fen, _fen("money held", -MONEY)]


class Couriers(NamedTuple):
    """Village delivery routes: each serves the villages along one road."""

    length: Annotated[Real, Quantity("km", "round trip", 1, 400)]
    terrain: Annotated[Real, _share("mean ruggedness of the route")]
    villages: Annotated[Count, _count("village", "villages on the route")]
    serving: Annotated[Flag, _yes("the route runs")]
    visits: Annotated[Real, Quantity("visit/week", "rounds a week", 0, 14, initial=2.0)]
    fee: Annotated[Real, Quantity("yuan/parcel", "posted fee for an outbound parcel", 0, 100, initial=8.0)]
    backlog: Annotated[Count, _count("parcel", "parcels waiting")]
    fill: Annotated[Real, _share("share of waiting parcels carried this month", 1.0)]
    parcels_out: Annotated[Count, _count("parcel", "parcels handed in this month")]
    parcels_in: Annotated[Count, _count("parcel", "parcels to deliver this month")]
    wanted_in: Annotated[Count, _count("parcel", "parcels its villages would buy with a route to the door")]
    unshipped: Annotated[Count, _count("parcel", "orders that it could not take this month")]
    latent: Annotated[Real, Quantity("yuan/month", "revenue the route would earn, mean of twelve months", 0, 1e9)]
    latent_cost: Annotated[Real, Quantity("yuan/month", "cost the route would have, mean of twelve months", 0, 1e9)]
    opened: Annotated[Flag, _yes("the route opened this month")]
    closed: Annotated[Flag, _yes("the route closed this month")]
    point: Annotated[Grid, Quantity("2^-20 village", "sum of its villages' service points", 0, 2**40)]
    squad: Annotated[Grid, Quantity("2^-20 village", "sum of its villages' squads", 0, 2**40)]
    sorting: Annotated[Grid, Quantity("2^-20 village", "sum of its villages' sorting gear", 0, 2**40)]
    fees: Annotated[Fen, _fen("parcel fees received this month")]
    commission: Annotated[Fen, _fen("received from parcel firms for deliveries this month")]
    running_cost: Annotated[Fen, _fen("vehicles, fuel and line-haul this month")]
    handling: Annotated[Fen, _fen("piece pay to keepers and squads this month")]
    savings: Annotated[Fen, _fen("money held", -MONEY)]


class Levers(NamedTuple):
    """The programme's levers and the shocks, one row each, in the order of `levers.LEVERS`."""

    planned: Annotated[Real, Quantity("lever's unit", "intensity that the scenario asks for this month", 0, 1e6)]
    reach: Annotated[Real, _share("share of villages reached, in rank order", 1.0)]
    scale: Annotated[Real, Quantity("base", "what one unit of intensity is counted by", 0, 1e9)]
    per_post: Annotated[Flag, _yes("priced by the post")]
    capital: Annotated[Flag, _yes("builds works in villages")]
    price: Annotated[Real, Quantity("yuan/base/month", "price of one unit a month (capital: to build one)", 0, 1e9)]
    upkeep: Annotated[Real, Quantity("yuan/village/month", "maintenance of one village's works", 0, 1e6)]
    priority: Annotated[Count, _count("place", "place in the order in which money is granted (0 first)", 1000)]
    need: Annotated[Fen, _fen("what its works ask for this month")]
    cost: Annotated[Fen, _fen("what it would cost in full this month")]
    granted: Annotated[Fen, _fen("money granted this month")]
    delivered: Annotated[Real, Quantity("lever's unit", "intensity that this month's money buys", 0, 1e6)]
    shared: Annotated[Flag, _yes("several departments pay for it, each on its own unless they coordinate")]
    itemised: Annotated[Flag, _yes("spends what was paid to people, not what was granted")]
    booked: Annotated[Fen, _fen("paid to people on its account this month")]
    spent: Annotated[Fen, _fen("money spent this month")]
    outside_spent: Annotated[Fen, _fen("of that, spent outside the county")]


class County(NamedTuple):
    """One row: the county's government, and what it sees of the outside world this month."""

    month: Annotated[Count, _count("month", "months since the start of spin-up")]
    season: Annotated[Small, _count("month", "calendar month (0 = January)", 11)]
    city_wage: Annotated[Real, Quantity("yuan/month", "city wage of a migrant", 0, 1e5)]
    inbound: Annotated[Real, Quantity("parcel/household/month", "parcels a connected household buys", 0, 100)]
    retail: Annotated[Real, Quantity("yuan/yuan", "online retail price over the reference price", 0, 10)]
    media_margin: Annotated[Real, Quantity("yuan/yuan", "online margin that media suggest", -3, 3)]
    budget: Annotated[Fen, _fen("yearly money when it comes whole")]
    due: Annotated[Flag, _yes("the yearly money is due this month")]
    households: Annotated[Count, _count("household", "households in the county")]
    villages: Annotated[Count, _count("village", "villages in the county")]
    contractors: Annotated[Flag, _yes("posts are held by contractors, not social workers")]
    targeting: Annotated[Small, _count("code", "who comes first: 0 open, 1 women and elders, 2 returnees, 3 need, 4 network", 4)]
    mix_casework: Annotated[Real, _share("share of service hours for casework")]
    mix_group: Annotated[Real, _share("share of service hours for groups")]
    mix_organising: Annotated[Real, _share("share of service hours for community organising")]
    mix_linking: Annotated[Real, _share("share of service hours for resource linking")]
    mix_follow_up: Annotated[Real, _share("share of service hours for follow-up")]
    fund: Annotated[Fen, _fen("programme money on hand")]
    held_back: Annotated[Fen, _fen("award money that waits for this year's rating")]
    grant: Annotated[Fen, _fen("money that arrived this month")]
    returned: Annotated[Fen, _fen("award money not earned and money that lapses, sent back this month")]
    coordination: Annotated[Real, _share("how far departments plan together")]
    champions: Annotated[Count, _count("household", "champions supported this month")]
    sellers: Annotated[Count, _count("household", "households selling online")]
    sellers_before: Annotated[Count, _count("household", "households selling online at the last rating")]
    online_value: Annotated[Fen, _fen("goods sold online this month, at the reference price")]
    supply: Annotated[Fen, _fen("supply a year, at the reference price")]
    crowding: Annotated[Real, Quantity("1", "online goods of the county against its demand", 0, 100)]
    demand: Annotated[Real, Quantity("1", "outside demand for the county's goods", 0, 20, initial=1.0)]
    links: Annotated[Grid, Quantity("2^-20 firm", "outside firms linked to the county's villages", 0, 2**50)]
    media_shock: Annotated[Real, Quantity("1", "standardised luck of this month's media news", -4, 4)]
    common_shock: Annotated[Real, Quantity("1", "standardised luck that all sellers share this month", -4, 4)]
    posts_open: Annotated[Count, _count("post", "posts funded")]
    spent: Annotated[Fen, _fen("programme money spent this month")]


class World(NamedTuple):
    """All tables of one county."""

    households: Households
    ties: Ties
    villages: Villages
    works: Works
    workers: Workers
    traders: Traders
    couriers: Couriers
    levers: Levers
    county: County


TABLES: dict[str, type] = dict(World.__annotations__)
SINGULAR = {
    "household": "households",
    "village": "villages",
    "worker": "workers",
    "trader": "traders",
    "courier": "couriers",
    "lever": "levers",
    "county": "county",
}


def copy(world: World) -> World:
    """The same world in arrays of its own."""
    return World(*(type(table)(*(np.array(column) for column in table)) for table in world))


def empty(rows: dict[str, int]) -> World:
    """A world of the declared initial values, with `rows[name]` rows in each table."""
    return World(*(allocate(kind, rows[name]) for name, kind in TABLES.items()))
