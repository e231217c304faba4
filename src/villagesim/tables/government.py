"""The programme: its levers, and the county that runs it."""

from typing import Annotated, NamedTuple

from villagesim.declare import Count, Fen, Flag, Grid, Quantity, Real, Small
from villagesim.tables.quantities import count, fen, share, yes


class Levers(NamedTuple):
    """The programme's levers and the shocks, one row each, in the order of `levers.LEVERS`."""

    planned: Annotated[Real, Quantity("lever's unit", "intensity that the scenario asks for this month", 0, 1e6)]
    reach: Annotated[Real, share("share of villages reached, in rank order", 1.0)]
    within: Annotated[Real, share("share of a reached village's households whom it may be given to, in rank order", 1.0)]
    scale: Annotated[Real, Quantity("base", "what one unit of intensity is counted by", 0, 1e9)]
    per_post: Annotated[Flag, yes("priced by the post")]
    asked: Annotated[Flag, yes("costs what villages ask for their works, or townships for their camps")]
    price: Annotated[Real, Quantity("yuan/base/month", "price of one unit a month (works: to build one)", 0, 1e9)]
    upkeep: Annotated[Real, Quantity("yuan/village/month", "maintenance of one village's works", 0, 1e6)]
    priority: Annotated[Count, count("place", "place in the order in which money is granted (0 first)", 1000)]
    need: Annotated[Fen, fen("what is asked of it this month")]
    need_later: Annotated[Fen, fen("what will be asked of it in the months that the fund must last after this one")]
    cost: Annotated[Fen, fen("what it would cost in full this month")]
    later: Annotated[Fen, fen("what it would cost in full in the months that the fund must last after this one")]
    granted: Annotated[Fen, fen("money granted this month")]
    delivered: Annotated[Real, Quantity("lever's unit", "intensity that this month's money buys", 0, 1e6)]
    shared: Annotated[Flag, yes("several departments pay for it, each on its own unless they coordinate")]
    itemised: Annotated[Flag, yes("spends what was paid to people, not what was granted")]
    booked: Annotated[Fen, fen("paid to people on its account this month")]
    spent: Annotated[Fen, fen("money spent this month")]
    outside_spent: Annotated[Fen, fen("of that, spent outside the county")]


class County(NamedTuple):
    """One row: the county's government, and what it sees of the outside world this month."""

    month: Annotated[Count, count("month", "months since the start of spin-up")]
    season: Annotated[Small, count("month", "calendar month (0 = January)", 11)]
    city_wage: Annotated[Real, Quantity("yuan/month", "city wage of a migrant", 0, 1e5)]
    inbound: Annotated[Real, Quantity("parcel/household/month", "parcels a connected household buys", 0, 100)]
    retail: Annotated[Real, Quantity("yuan/yuan", "online retail price over the reference price", 0, 10)]
    fee_level: Annotated[Real, Quantity("1", "platform commission and promotion cost over those of month 0", 0, 10, initial=1.0)]
    phone_gain: Annotated[Real, Quantity("1/month", "chance that a household without a smartphone gets one", 0, 1)]
    coverage_gain: Annotated[Real, Quantity("share/month", "missing coverage that national networks complete", 0, 1)]
    point_gain: Annotated[Real, Quantity("share/month", "missing service points that national programmes open", 0, 1)]
    media_margin: Annotated[Real, Quantity("yuan/yuan", "online margin that media suggest", -3, 3)]
    budget: Annotated[Fen, fen("yearly money when it comes whole")]
    due: Annotated[Flag, yes("the yearly money is due this month")]
    households: Annotated[Count, count("household", "households in the county")]
    villages: Annotated[Count, count("village", "villages in the county")]
    hub: Annotated[Real, share("share of the county's parcels that a county hub pools and sorts")]
    contractors: Annotated[Flag, yes("posts are held by contractors, not social workers")]
    targeting: Annotated[Small, count("code", "who comes first: 0 open, 1 women and elders, 2 returnees, 3 need, 4 network", 4)]
    mix_casework: Annotated[Real, share("share of service hours for casework")]
    mix_group: Annotated[Real, share("share of service hours for groups")]
    mix_organising: Annotated[Real, share("share of service hours for community organising")]
    mix_linking: Annotated[Real, share("share of service hours for resource linking")]
    mix_follow_up: Annotated[Real, share("share of service hours for follow-up")]
    fund: Annotated[Fen, fen("programme money on hand")]
    money_months: Annotated[Small, count("month", "months that the fund must last, this one among them", 12)]
    held_back: Annotated[Fen, fen("award money that waits for this year's rating")]
    grant: Annotated[Fen, fen("money that arrived this month")]
    returned: Annotated[Fen, fen("award money not earned and money that lapses, sent back this month")]
    coordination: Annotated[Real, share("how far departments plan together")]
    champions: Annotated[Count, count("household", "champions supported this month")]
    credit_claims: Annotated[Fen, fen("start-up credit claimed this month")]
    relief_claims: Annotated[Fen, fen("tax relief claimed this month")]
    sellers: Annotated[Count, count("household", "households selling online")]
    sellers_before: Annotated[Count, count("household", "households selling online at the last rating")]
    online_value: Annotated[Fen, fen("goods sold online this month, at the reference price")]
    supply: Annotated[Fen, fen("supply a year, at the reference price")]
    crowding: Annotated[Real, Quantity("1", "online goods of the county against its demand", 0, 100)]
    demand: Annotated[Real, Quantity("1", "outside demand for the county's goods", 0, 20, initial=1.0)]
    links: Annotated[Grid, Quantity("2^-20 firm", "outside firms linked to the county's villages", 0, 2**50)]
    media_shock: Annotated[Real, Quantity("1", "standardised luck of this month's media news", -4, 4)]
    common_shock: Annotated[Real, Quantity("1", "standardised luck that all sellers share this month", -4, 4)]
    posts_open: Annotated[Count, count("post", "posts funded")]
    staff: Annotated[Count, count("person", "social workers in post")]
    staff_social: Annotated[Grid, Quantity("2^-20", "sum of their social-work competence", 0, 2**50)]
    staff_online: Annotated[Grid, Quantity("2^-20", "sum of their e-commerce competence", 0, 2**50)]
    spent: Annotated[Fen, fen("programme money spent this month")]
