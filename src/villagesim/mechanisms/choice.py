"""Channel choice: a household weighs selling online against the trader, waits while vague, enters, adjusts, quits.

Claims B4 B5 B6 B7
"""

from typing import Annotated, NamedTuple

from villagesim.arithmetic import clip, logistic, whole_fen
from villagesim.declare import Quantity, rule

OFFLINE, SHOP, LIVE = 0, 1, 2
# The forms of entry, in the order of their codes.
CERTAINTY_EQUIVALENT, LOGIT = 0, 1
_SWEPT = "assumption: varied over its range in experiments/"


class ChoiceParameters(NamedTuple):
    """What a household counts when it chooses between channels."""

    attention: Annotated[float, Quantity("1/month", "chance that an offline household thinks about selling online", 0.005, 0.3, _SWEPT, "C")] = 0.05
    prompted: Annotated[float, Quantity("1", "how far a lesson, visit or group this month multiplies that chance", 1.0, 10.0, _SWEPT, "C")] = 4.0
    start_cost: Annotated[float, Quantity("yuan", "phone, gear, samples and first-months' time to start",
        300.0, 6000.0, "own start 500 to 5,000 yuan (judgement); paid course 900 yuan (Guangming Daily 2021)", "C")] = 600.0
    live_cost: Annotated[float, Quantity("yuan", "more gear to live-stream", 0.0, 5000.0, _SWEPT, "C")] = 800.0
    scarcity: Annotated[float, Quantity("1", "price of a start-up yuan to a household that must borrow it", 1.0, 4.0, _SWEPT, "C")] = 2.0
    horizon: Annotated[float, Quantity("year", "years over which a start-up cost is written off", 0.5, 6.0,
        "small shops: 60 % under 2 years old (Taobao 2012, n = 75)", "B")] = 2.5
    hour_value: Annotated[float, Quantity("yuan/hour", "value of an hour of the household's labour", 2.0, 25.0, _SWEPT, "C")] = 7.0
    fixed_hours: Annotated[float, Quantity("hour/month", "hours that a shop takes whatever it sells", 0.5, 60.0,
        "active shops 40 to 100 hours; sideline sellers far less (judgement)", "C")] = 2.0
    variable_hours: Annotated[float, Quantity("hour/yuan", "hours per yuan of goods sold online", 0.0005, 0.02,
        "6 to 12 minutes an order of 30 to 120 yuan (Lixian, Gansu 2020; Xinhua)", "B")] = 0.0025
    spare_hours: Annotated[float, Quantity("hour/month/adult", "hours that an adult at home can spare", 5.0, 120.0, _SWEPT, "C")] = 30.0
    noise_variance: Annotated[float, Quantity("1", "variance of a year's realised margin about the believed one", 0.01, 0.6, _SWEPT, "C")] = 0.10
    living: Annotated[float, Quantity("yuan/year/person", "consumption against which risk is weighed",
        4000.0, 25000.0, "rural spending 98.6 % of income in Qinghai 2019 (11,343 yuan)", "A")] = 12000.0
    waiting: Annotated[float, Quantity("1", "value of waiting per unit of belief variance, of the value at stake", 0.0, 2.0, _SWEPT, "C")] = 0.25
    reluctance: Annotated[float, Quantity("yuan/year", "mean distaste for selling online, before the floor at zero", -2000.0, 8000.0, _SWEPT, "C")] = 300.0
    reluctance_spread: Annotated[float, Quantity("yuan/year", "spread of that distaste between households", 100.0, 5000.0, _SWEPT, "C")] = 2500.0
    skill_price: Annotated[float, Quantity("yuan/yuan", "margin a household expects of its own full second and third rung", 0.0, 0.6, _SWEPT, "C")] = 0.20
    agent_fee: Annotated[float, Quantity("yuan/yuan", "share of sales that kin or an agent keeps for one who can't do it alone", 0.02, 0.5, _SWEPT, "C")] = 0.18
    debt_hold: Annotated[float, Quantity("share", "part of output that a debt to the trader holds back", 0.0, 1.0, _SWEPT, "C")] = 0.6
    live_chance: Annotated[float, Quantity("share", "starters with camp-level skill who choose live-streaming",
        0.0, 1.0, "33.1 % of rural shops live-stream (2022)", "A")] = 0.55
    live_skill: Annotated[float, Quantity("share", "second-rung skill from which live-streaming is tried", 0.0, 1.0, _SWEPT, "C")] = 0.3
    adjust: Annotated[float, Quantity("share/month", "part of the gap to the wanted online share closed a month", 0.05, 1.0, _SWEPT, "C")] = 0.2
    quit_margin: Annotated[float, Quantity("yuan/yuan", "realised margin below which a seller thinks of stopping", -0.5, 0.3, _SWEPT, "C")] = -0.05
    quit_rate: Annotated[float, Quantity("1/month", "chance that a seller below that margin stops", 0.02, 0.9, _SWEPT, "C")] = 0.25
    stuck_rate: Annotated[float, Quantity("1/month", "chance that an unskilled seller stops over a problem nobody helps with",
        0.0, 0.2, "exit 0.25 to 0.45 a year (shop age, Taobao 2012, n = 75)", "B")] = 0.02
    helped: Annotated[float, Quantity("share", "part of such problems that a visit solves", 0.0, 1.0, _SWEPT, "C")] = 0.7
    dormant: Annotated[float, Quantity("month", "months without a sale after which a shop is given up", 6.0, 36.0,
        "an account is not a seller: 12,800 accounts, 24 entrepreneurs (Rongjiang to 2024)", "B")] = 15.0
    trial: Annotated[float, Quantity("month", "months before a seller judges its own results", 1.0, 18.0, "ramp of 3 to 9 months (Zoucheng 2017)", "B")] = 6.0
    entry: Annotated[int, Quantity("code", "structure: how a household that thinks of it decides to enter", 0, 1,
        "structural choice: certainty equivalent (Pratt 1964) with waiting, or random utility (McFadden 1974)", "C")] = CERTAINTY_EQUIVALENT
    entry_scale: Annotated[float, Quantity("yuan/year", "scale of what a household sees in entering and the model does not, under logit",
        20.0, 2000.0, _SWEPT, "C")] = 200.0


@rule
def access_cost(phone, skill_basic, village_coverage, p):
    """Share of sales that goes to kin or an agent [yuan/yuan]: access is a cost, not a gate."""
    alone = phone * clip(skill_basic * 1.6, 0.0, 1.0) * (0.3 + 0.7 * village_coverage)
    return p.agent_fee * (1.0 - alone)


@rule
def wanted_share(size, adults, away, output, risk_aversion, belief_mean, belief_precision, skill_operation, skill_business,
                 debt, shipping, access, demand, p):
    """Online share wanted [share], and its certainty-equivalent gain over the trader [yuan/year].

    Gain of selling s V online: s V e - hours - half the risk: maximised in s in closed form, then bounded by labour,
    demand and debt. Mean-variance with relative risk aversion over yearly consumption (Pratt 1964).
    """
    margin = belief_mean + p.skill_price * (skill_operation + skill_business) * 0.5 - shipping - access
    variance = 1.0 / belief_precision + p.noise_variance
    consumption = p.living * size
    risk = risk_aversion * variance / consumption
    net = margin - p.variable_hours * p.hour_value
    best = clip(net / max(0.000000001, risk), 0.0, output)
    hours = p.spare_hours * max(0, adults - away) * 12.0 - p.fixed_hours * 12.0
    reach = clip(hours, 0.0, 100000.0) / p.variable_hours
    free = output * (1.0 - (p.debt_hold if debt > 0 else 0.0))
    sold = min(min(best, reach), min(free, 12.0 * demand))
    gain = sold * net - 0.5 * risk * sold * sold - 12.0 * p.fixed_hours * p.hour_value
    return clip(sold / max(1.0, output), 0.0, 1.0), gain


@rule
def chooses_channel(mode, share, savings, reluctance, skill_operation, belief_precision, output, wanted, gain,
                    months_online, months_unsold, margin_smooth, ever_online, first_online, seat_basic, visited, group_months,
                    county_month, lever_startup_credit, u_consider, u_live, u_quit, u_help, p):
    """Mode, sells, share, entered, quit, start-up cost [fen], months online, ever online, month of first entry, feasible.

    Weighs the gain against the start-up cost, written off over the horizon, distaste, and the worth of waiting while the
    belief is vague (Dixit and Pindyck 1994). Two forms, by `entry`. certainty_equivalent: whoever thinks of it enters
    when that worth is positive. logit: whoever thinks of it, and would sell anything, enters with probability
    logistic(worth / entry_scale), the random utility of McFadden 1974, which as the scale goes to 0 is the first form;
    the draw by which a household thinks of it decides. Leaves over bad results after a trial, over a problem that nobody
    helps with, or when nothing sells.
    """
    credit = clip(lever_startup_credit, 0.0, 1.0)
    live = skill_operation >= p.live_skill and u_live < p.live_chance
    price = (p.start_cost + (p.live_cost if live else 0.0)) * (1.0 - credit)
    felt = price * (p.scarcity if savings < whole_fen(2.0 * price) else 1.0)
    vague = p.waiting * wanted * output * (1.0 / belief_precision)
    distaste = max(0.0, p.reluctance + p.reluctance_spread * reluctance)
    worth = gain - distaste - vague - felt / p.horizon
    prompted = seat_basic == 1 or visited == 1 or group_months > 0
    thinks = min(1.0, p.attention * (p.prompted if prompted else 1.0))
    by_logit = p.entry == LOGIT
    chance = thinks * (logistic(worth / p.entry_scale) if by_logit else 1.0)
    may = (wanted if by_logit else worth) > 0.0
    if mode == OFFLINE:
        if u_consider < chance and may:
            first = county_month if first_online < 0 else first_online
            return (LIVE if live else SHOP), 1, wanted, 1, 0, whole_fen(price), 0, 1, first, 1
        return OFFLINE, 0, 0.0, 0, 0, 0, 0, ever_online, first_online, gain > distaste
    disappointed = months_online >= p.trial and margin_smooth < p.quit_margin and u_quit < p.quit_rate
    alone = 1.0 - (p.helped if (visited == 1 or group_months > 0) else 0.0)
    stuck = u_help < p.stuck_rate * (1.0 - 0.8 * skill_operation) * alone
    if disappointed or stuck or months_unsold >= p.dormant:
        return OFFLINE, 0, 0.0, 0, 1, 0, 0, ever_online, first_online, gain > distaste
    return mode, 1, share + p.adjust * (wanted - share), 0, 0, 0, months_online + 1, ever_online, first_online, 1
