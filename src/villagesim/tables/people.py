"""Those who serve and those who buy: posts and traders."""

from typing import Annotated, NamedTuple

from villagesim.declare import Count, Fen, Flag, Grid, Key, Quantity, Real, Small
from villagesim.tables.quantities import MONEY, count, fen, row, share, yes


class Workers(NamedTuple):
    """Posts, and the person in each: a person is (post, generation)."""

    ordinal: Annotated[Count, count("post", "order in which posts are opened")]
    open: Annotated[Flag, yes("the post is funded")]
    filled: Annotated[Flag, yes("somebody holds the post")]
    part: Annotated[Real, share("part of full time that the post is funded for")]
    contractor: Annotated[Flag, yes("held by a contractor's staff")]
    generation: Annotated[Count, count("person", "people who have held the post")]
    origin: Annotated[Small, count("code", "0 outsider, 1 returnee, 2 village official, 3 graduate", 3)]
    tenure: Annotated[Count, count("month", "months the present holder has served")]
    social: Annotated[Real, share("social-work competence")]
    online: Annotated[Real, share("e-commerce competence")]
    serves: Annotated[Flag, yes("a social worker holds the post")]
    social_steps: Annotated[Grid, Quantity("2^-20", "its social-work competence, on the grid", 0, 2**20)]
    online_steps: Annotated[Grid, Quantity("2^-20", "its e-commerce competence, on the grid", 0, 2**20)]
    grade: Annotated[Real, Quantity("grade", "grade on the ladder", 0, 5)]
    left: Annotated[Flag, yes("the holder left this month")]
    hired: Annotated[Flag, yes("somebody was hired this month")]
    hours: Annotated[Real, Quantity("hour", "hours left for villages after paperwork", 0, 400)]
    caseload: Annotated[Count, count("household", "households in the villages served")]
    base_pay: Annotated[Fen, fen("pay this month")]
    extra_pay: Annotated[Fen, fen("pay above the usual scale this month")]
    supplement: Annotated[Fen, fen("grade supplement this month")]
    overhead: Annotated[Fen, fen("insurance, travel and office cost of the post this month")]
    post_cost: Annotated[Fen, fen("base pay and overhead: what the post itself cost this month")]


class Traders(NamedTuple):
    """Middlemen: each buys from some of a village's households, those of its round."""

    village: Annotated[Key, row("village in which it buys")]
    active: Annotated[Flag, Quantity("yes/no", "buys this month", 0, 1, initial=1)]
    left: Annotated[Flag, yes("left this month")]
    returned: Annotated[Flag, yes("came back this month")]
    months_gone: Annotated[Count, count("month", "months since it left")]
    markdown: Annotated[Real, share("farm-gate price below the reference price; while it is gone, the township market's, haulage taken off", 0.30)]
    volume: Annotated[Fen, fen("goods that its round sold offline this month, hauled to the township while it is gone, at the reference price")]
    volume_so_far: Annotated[Real, Quantity("yuan", "the same at this month's price, of this calendar year so far", 0, 1e11)]
    volume_year: Annotated[Real, Quantity("yuan/month", "mean of that a month, last full calendar year", 0, 1e10)]
    potential: Annotated[Fen, fen("supply of its round a year, at the reference price")]
    contested: Annotated[Fen, fen("of that, supply of households for which online selling is feasible")]
    paid: Annotated[Fen, fen("paid to farmers this month")]
    lent: Annotated[Fen, fen("inputs lent to farmers this month")]
    collected: Annotated[Fen, fen("debt collected this month")]
    resale: Annotated[Fen, fen("received at the wholesale market this month")]
    running_cost: Annotated[Fen, fen("transport, losses and the trader's own living this month")]
    savings: Annotated[Fen, fen("money held", -MONEY)]
