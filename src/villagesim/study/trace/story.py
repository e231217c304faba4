"""A household's life in plain sentences: what happened month by month, quiet months folded into one line."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from villagesim.study.trace.months import OFFLINE, Month, months_of
from villagesim.study.trace.parted import tell_parting
from villagesim.study.trace.weighing import limit, reasons
from villagesim.study.trace.words import (
    BY_SEAT,
    CALENDAR,
    CHANNEL,
    RUNGS,
    goods_edge,
    listed,
    often,
    percent,
    times,
    voices,
    yuan,
)

if TYPE_CHECKING:
    from villagesim.study.trace.life import Trace
    from villagesim.study.trace.witness import Moment

YEAR = 12
NOTABLE = 0.005
JUMP = 0.2


def tell(trace: "Trace", span: tuple[int, int] | None, everything: bool) -> str:
    """The story of the months first to last (None: from month 0 on); `everything` tells each month in full."""
    life = months_of(trace)
    first, last = span or (0, life[-1].number)
    chosen = [month for month in life if first <= month.number <= last]
    paragraphs, quiet = [_who(trace, life, chosen[0])], []
    for month in chosen:
        said = [line for event in EVENTS for line in event(month, everything)]
        if month.season == YEAR - 1 and month.number >= 0:
            said += _year(life, month)
        if not said:
            quiet.append(month)
            continue
        paragraphs += _folded(quiet)
        quiet = []
        paragraphs.append(f"{_when(month)}\n" + "\n".join(f"  {line}" for line in said))
    paragraphs += _folded(quiet)
    return "\n\n".join(paragraphs if trace.other is None else [*paragraphs, tell_parting(trace)])


def _who(trace: "Trace", life: list[Month], start: Month) -> str:
    row, opening = start.before, life[0].moments
    quote, harvest, skills = start.moments["online_quote"].saw, start.moments["harvest_month"].saw, opening["learns"]
    special = [text for column, text in (
        ("woman_led", "led by a left-behind woman"), ("elder_led", "led by a person of 60 or older"),
        ("returnee", "with a member back from city work"), ("poor", "among the county's poorest fifth"),
        ("remote", "in a remote village")) if row[column]]
    goods = ("fresh", "dry", "craft")[int(row["product"])]
    channel = f"sells {percent(row['share'])} of its output through {CHANNEL[row['mode']]}"
    if row["mode"] == OFFLINE:
        channel = "sells nothing online any more" if row["ever_online"] else "has never sold online"
    peak = "" if goods == "craft" else f", with the harvest around {CALENDAR[harvest['village_harvest']]}"
    return "\n".join((
        f"Household {trace.household} under \"{trace.scenario.title}\" (seed {trace.seed})",
        (f"  {row['size']} people, {row['adults']} of working age, {row['away']} away for city work"
        f"{': ' + listed(special) if special else ''}."),
        (f"  The head is {skills.saw['age']:.0f} and had {skills.saw['schooling']:.0f} years of school. It has "
        f"{'a' if row['phone'] else 'no'} smartphone."),
        (f"  It grows or makes {goods} goods worth {row['output']:,.0f} yuan a year{peak}. "
        f"Its village has {quote['village_households']} households."),
        (f"  Before month {start.number} it {channel}, holds {yuan(row['savings'])} and owes the trader "
        f"{yuan(row['debt'])}."),
        f"  Its {listed([f'{name} is {percent(row[rung])}' for rung, name in RUNGS.items()])}.",
    ))


def _when(month: Month) -> str:
    year = f"programme year {month.number // YEAR + 1}" if month.number >= 0 else "before the programme"
    return f"Month {month.number} ({CALENDAR[month.season]}, {year})"


def _lessons(month: Month, everything: bool) -> list[str]:
    said = []
    for column, course in BY_SEAT.items():
        queue = month.moments[f"ration {column}"]
        places, asked = queue.saw[f"village_seats_{column.removeprefix('seat_')}"], queue.saw.get("applicants")
        if month.now[column]:
            said.append(f"It got a place in {course}: {times(places, 'place')} for {times(asked, 'household')} "
                        f"that asked.")
        elif everything and asked and places:
            said.append(f"It asked for a place in {course} and got none: {queue.saw['ahead']} came before it for "
                        f"{times(places, 'place')}.")
    if everything or any(month.now[column] for column in BY_SEAT):
        moved = [f"{name} went from {percent(month.before[rung])} to {percent(month.now[rung])}"
                 for rung, name in RUNGS.items() if percent(month.before[rung]) != percent(month.now[rung])]
        said += [f"Its {listed(moved)}."] if moved else []
    if month.now["champion"] and (everything or month.is_first("champion")):
        said.append("The programme supports it this month as a local champion, who shows others its results.")
    return said


def _worker(month: Month, everything: bool) -> list[str]:
    said, before, now = [], month.before["trust_worker"], month.now["trust_worker"]
    if month.now["visited"] and (month.is_first("visit") or everything):
        said.append(f"{'For the first time a' if month.is_first('visit') else 'A'} worker or lecturer visited it.")
    if month.saw("relationship", "village_lost_worker") and before - now > NOTABLE:
        said.append(f"The worker who served the village left; its trust in the worker fell from {percent(before)} to "
                    f"{percent(now)}.")
    return said


def _heard(month: Month, everything: bool) -> list[str]:
    """Whom it heard, and what it came to believe: at turning points, else on request."""
    turning = month.now["entered"] or month.now["quit"] or (month.weighed and month.is_first("thought"))
    if not (everything or turning or month.is_first("voices")):
        return []
    said, news = [], month.saw("believes", "county_media_shock")
    if everything:
        said.append(f"The media speak of {goods_edge(month.saw('believes', 'county_media_margin'))} the trader; this "
                    f"month's news was {'better' if news > 0 else 'worse'} than that.")
    said += voices(month.moments["push heard"].saw)
    champions = month.saw("believes", "village_champion_tells")
    if champions:
        said.append(f"It saw the results of {times(champions, 'champion')} in its village.")
    belief = month.moments["believes"]
    said.append(
        f"It believed that a yuan of goods sold online brings {goods_edge(belief.did['belief_mean'])} the trader pays, "
        f"before shipping, give or take {100 * belief.did['belief_precision'] ** -0.5:.0f} fen"
        f"{'' if not everything else ' (a month ago ' + goods_edge(belief.saw['belief_mean'], False) + ')'}.")
    return said


def _choice(month: Month, everything: bool) -> list[str]:
    if month.now["quit"]:
        return [_why_stopped(month)]
    weighed = month.weighed
    if weighed is None:
        wish = "It meant {} of its output for online sale, and would like {}."
        return [wish.format(percent(month.now["share"]), percent(month.now["wanted"]))] if everything else []
    draw = f"its draw was {weighed.draw:.3f}, and it thinks when the draw is below {weighed.chance:.3f}"
    if not (everything or month.now["entered"] or (weighed.thinks and month.is_first("thought"))):
        return []
    choice = month.moments["chooses_channel"]
    prompted = any(choice.saw[name] for name in ("seat_basic", "visited", "group_months"))
    said = [(f"It {'thought' if weighed.thinks else 'did not think'} about selling online: {draw}"
            f"{'; a lesson or a visit prompted it' if prompted else ''}.")]
    said.append(f"Shipping would take {100 * month.now['shipping']:.0f} fen of a yuan of goods, and help with phone "
                f"and orders {100 * month.now['access']:.0f} fen. Buyers would take goods worth "
                f"{month.now['demand']:,.0f} yuan a month.")
    if weighed.gain <= 0.0:
        return [*said, "It saw nothing to gain and stayed out."]
    asked = [f"{value:,.0f} for {what}" for value, what in (
        (weighed.distaste, "its distaste for selling online"), (weighed.waiting, "waiting until it knows more"),
        (weighed.start_up, "the cost of starting, spread over years")) if value >= 0.5]
    said.append(f"It would sell {percent(month.now['wanted'])} of its output online, and put the gain at "
                f"{weighed.gain:,.0f} yuan a year. It asked for {weighed.asked:,.0f}"
                f"{': ' + listed(asked) if asked else ''}.")
    if not month.now["entered"]:
        return [*said, "It stayed out."]
    return [*said, (f"It entered: it now sells through {CHANNEL[month.now['mode']]}, and paid "
                   f"{yuan(month.now['start_cost'])} to start.")]


def _why_stopped(month: Month) -> str:
    choice = month.moments["chooses_channel"]
    why = []
    for reason in reasons(choice):
        if reason == "results":
            why.append(f"its sales had brought {choice.saw['realised']:,.0f} yuan a year over the trader, hours valued "
                       f"(its draw was {choice.drew['u_quit']:.3f}, and it stops below {limit(choice, 'u_quit'):.3f})")
        elif reason == "problem":
            why.append(f"a problem came up that it could not solve (its draw was {choice.drew['u_help']:.3f}, and "
                       f"it stops below {limit(choice, 'u_help'):.3f})")
        else:
            why.append(f"it had sold nothing for {choice.saw['months_unsold']} months")
    return f"It stopped selling online after {times(choice.saw['months_online'] + 1, 'month')}: {listed(why)}."


def _sales(month: Month, everything: bool) -> list[str]:
    said, now, sale = [], month.now, month.moments["offline_sales"]
    if now["orders"] and (everything or month.is_first("sale")):
        lost = f" {times(now['unshipped'], 'order')} could not be sent." if now["unshipped"] else ""
        said.append(f"It {'made its first sale' if month.is_first('sale') else 'sold'}: "
                    f"{times(now['orders'], 'parcel')}, goods worth {now['online_value']:,.0f} yuan. All costs taken "
                    f"off, a yuan of goods brought {goods_edge(now['margin'])} the trader would have paid.{lost}")
    fee, earlier = (_fee(moments["online_sales"]) for moments in (month.moments, month.last))
    if abs(fee - earlier) > JUMP * earlier:
        said.append(f"Sending a parcel from its village now costs {fee:.2f} yuan; before, {earlier:.2f}.")
    if sale.saw["trader_active"] != month.last["offline_sales"].saw["trader_active"]:
        said.append("The trader buys here again." if sale.saw["trader_active"] else
                    "The trader no longer buys here; its goods go to the township market.")
    if now["debt"] > 0 and month.before["debt"] == 0:
        said.append(f"It took inputs on the trader's credit: {yuan(now['debt'])} owed.")
    if now["debt"] == 0 and month.before["debt"] > 0:
        said.append("It has paid off the trader.")
    return said


def _fee(sale: "Moment") -> float:
    return sale.saw["village_parcel_price"] + sale.saw["village_haul_price"]


def _work(month: Month, everything: bool) -> list[str]:
    said, now = [], month.now
    if now["job"] and (everything or month.is_first("job")):
        said.append(f"A member has local e-commerce work, which paid {yuan(now['wage_income'])}.")
    for column, text in (("departed", "left for city work"), ("came_back", "came home from city work")):
        if now[column]:
            said.append(f"A member {text}; {now['away'] or 'none'} now away.")
    if everything:
        said.append(f"Net income {yuan(now['income'])}, spending {yuan(now['consumption'])}; it holds "
                    f"{yuan(now['savings'])}.")
    return said


EVENTS: tuple[Callable[[Month, bool], list[str]], ...] = (_lessons, _worker, _heard, _choice, _sales, _work)
SOURCES = {
    "the trader or the market": ("trader_income", "market_income"),
    "online sales": ("online_income",),
    "local e-commerce work": ("wage_income",),
    "members away": ("remittance",),
    "visitors": ("tourism_income",),
    "the programme": ("champion_income", "cash_income", "credit_income", "relief_income"),
    "other wages and transfers": ("off_farm",),
}
COSTS = ("platform_cost", "tax_cost", "parcel_cost", "haul_cost", "packing_cost", "start_cost")


def _year(life: list[Month], month: Month) -> list[str]:
    """The account of the calendar year that this month closes."""
    rows = [other.now for other in life if month.number - YEAR < other.number <= month.number]
    taken = {name: sum(row[column] for row in rows for column in columns) for name, columns in SOURCES.items()}
    costs, inputs = (sum(row[column] for row in rows for column in columns) for columns in (COSTS, ("farm_cost",)))
    owed = f" and owes the trader {yuan(month.now['debt'])}" if month.now["debt"] else ""
    parts = [f"{yuan(value)} from {name}" for name, value in taken.items() if value >= 100]
    less = [f"{yuan(value)} of {name}" for name, value in (("farm inputs", inputs), ("online costs", costs)) if value]
    return [(f"The year closed with a net income of {yuan(month.now['income_year'])}: {listed(parts)}; less "
            f"{listed(less)}. It holds {yuan(month.now['savings'])}{owed}.")]


def _folded(quiet: list[Month]) -> list[str]:
    """Months without events as one paragraph, with what went on meanwhile."""
    if not quiet:
        return []
    first, last = quiet[0], quiet[-1]
    counted = {column: sum(month.now[column] for month in quiet) for column in ("visited", "champion", "job", "orders")}
    did = [text for column, text in (
        ("visited", f"was visited {often(counted['visited'])}"),
        ("champion", f"was supported as a champion {often(counted['champion'])}"),
        ("job", f"had local e-commerce work in {times(counted['job'], 'month')}"),
        ("orders", (f"sold {times(counted['orders'], 'parcel')} with goods worth "
                   f"{sum(month.now['online_value'] for month in quiet):,.0f} yuan")),
    ) if counted[column]]
    said = [f"It {listed(did)}."] if did else []
    thought = [month for month in quiet if month.weighed and month.weighed.thinks]
    if thought:
        closest = max(thought, key=lambda month: month.weighed.gain - month.weighed.asked)
        gain = f"put the gain at {closest.weighed.gain:,.0f} yuan a year and asked for {closest.weighed.asked:,.0f}" \
            if closest.weighed.gain > 0.0 else "saw nothing to gain"
        said.append(f"It thought about selling online {often(len(thought))} and stayed out; it came closest in month "
                    f"{closest.number}, when it {gain}.")
    if last.now["mode"] != OFFLINE:
        said.append(f"At the end it meant {percent(last.now['share'])} of its output for online sale.")
    span = f"Month {first.number}" if first is last else f"Months {first.number} to {last.number}"
    return [f"{span}: {' '.join(said) if said else 'nothing new.'}"]
