"""Channel choice: a household weighs selling online against the trader, waits while vague, enters, adjusts, quits.

Claims B4 B5 B6 B7
"""

from typing import Annotated, NamedTuple

from villagesim.arithmetic import clip, logistic, whole_fen
from villagesim.declare import Quantity, rule

OFFLINE, SHOP, LIVE = 0, 1, 2
# What a seller stops over, in the order of the codes of `quit_over`.
NOTHING, RESULTS, PROBLEM, UNSOLD = 0, 1, 2, 3
# The forms of entry, in the order of their codes.
CERTAINTY_EQUIVALENT, LOGIT = 0, 1
_SWEPT = "assumption: varied over its range in experiments/"


class ChoiceParameters(NamedTuple):
    """What a household counts when it chooses between channels."""

    attention: Annotated[float, Quantity("1/month", "chance that an offline household thinks about selling online", 0.005, 0.3, _SWEPT, "C")] = 0.13
    prompted: Annotated[float, Quantity("1", "how far a lesson, visit or group this month multiplies that chance", 1.0, 10.0, _SWEPT, "C")] = 5.3
    start_cost: Annotated[float, Quantity("yuan", "phone, gear, samples and first-months' time to start",
        300.0, 5000.0, "assumption: 500 to 5,000 yuan by judgement (a paid course alone cost 900, Guangming Daily 2021), less for an innovation that needs no shop; varied over its range in experiments/", "C",
        plausible=(500.0, 5000.0))] = 600.0
    live_cost: Annotated[float, Quantity("yuan", "more gear to live-stream", 0.0, 5000.0, _SWEPT, "C")] = 800.0
    restart: Annotated[float, Quantity("share", "part of the start-up cost that one who has sold before pays again: the phone is there", 0.0, 1.0, _SWEPT, "C")] = 0.3
    scarcity: Annotated[float, Quantity("1", "price of a start-up yuan to a household that must borrow it", 1.0, 4.0, _SWEPT, "C")] = 2.0
    cushion: Annotated[float, Quantity("1", "start-up costs in savings below which it must be borrowed", 0.0, 10.0, _SWEPT, "C")] = 2.0
    horizon: Annotated[float, Quantity("year", "years over which a start-up cost is written off",
        0.5, 6.0, "small shops: 60 % under 2 years old, over 90 % up to 3 (Taobao 2012, 75 sellers: a weak source), so that 0.25 to 0.45 close in a year", "C",
        plausible=(2.0, 4.0))] = 2.5
    hour_value: Annotated[float, Quantity("yuan/hour", "value of an hour of the household's labour", 2.0, 25.0,
        "assumption: below the 10 to 25 yuan of day wages (80 to 200 yuan a day, Weishi 2022; IOL), since paid work is not to be had every day; varied over its range in experiments/", "C")] = 7.0
    fixed_hours: Annotated[float, Quantity("hour/month", "hours that a shop takes whatever it sells",
        0.5, 60.0, "assumption: families that live off it are live some 3 hours almost daily (Pu'an, Guizhou 2018; China Daily), 40 to 100 hours a month by judgement, sideline sellers far less; varied over its range in experiments/", "C")] = 1.8
    variable_hours: Annotated[float, Quantity("hour/yuan", "hours per yuan of goods sold online",
        0.0009, 0.0067, "about 10 kg packed a person-hour (Lixian, Gansu 2020; Xinhua): 6 to 12 minutes an order of 30 to 110 yuan", "B")] = 0.0025
    spare_hours: Annotated[float, Quantity("hour/month/adult", "hours that an adult at home can spare", 15.0, 120.0,
        "assumption: families in e-commerce are live some 3 hours almost daily (Pu'an, Guizhou 2018; China Daily), 40 to 100 hours a month of one adult or of two by judgement, and a part-time job takes as many; varied over its range in experiments/", "C",
        plausible=(20.0, 100.0))] = 60.0
    noise_variance: Annotated[float, Quantity("1", "variance of a year's realised margin about the believed one", 0.01, 0.6, _SWEPT, "C")] = 0.10
    living: Annotated[float, Quantity("yuan/year/person", "consumption against which risk is weighed",
        4000.0, 25000.0, "Qinghai yearbook 7-13, 2019: rural spending 11,343 yuan a head", "B")] = 12000.0
    waiting: Annotated[float, Quantity("1", "value of waiting per unit of belief variance, of the value at stake", 0.0, 2.0, _SWEPT, "C")] = 0.035
    reluctance: Annotated[float, Quantity("yuan/year", "mean distaste for selling online, before the floor at zero", -2000.0, 8000.0, _SWEPT, "C")] = -770.0
    reluctance_spread: Annotated[float, Quantity("yuan/year", "spread of that distaste between households", 100.0, 5000.0, _SWEPT, "C")] = 2500.0
    skill_price: Annotated[float, Quantity("yuan/yuan", "margin a household expects of its own full second and third rung", 0.0, 0.6, _SWEPT, "C")] = 0.20
    agent_fee: Annotated[float, Quantity("yuan/yuan", "share of sales that kin or an agent keeps for one who can't do it alone", 0.02, 0.5, _SWEPT, "C")] = 0.31
    alone: Annotated[float, Quantity("1", "part of the selling that a household does alone, per first-rung skill, up to all of it",
        0.5, 4.0, _SWEPT, "C")] = 1.6
    uncovered: Annotated[float, Quantity("share", "part of that which is left without network coverage", 0.0, 1.0, _SWEPT, "C")] = 0.3
    debt_hold: Annotated[float, Quantity("share", "part of output that a debt to the trader holds back", 0.0, 1.0, _SWEPT, "C")] = 0.6
    live_chance: Annotated[float, Quantity("share", "starters with skill enough who choose live-streaming",
        0.0, 1.0, "33.1 % of rural shops stream live (Ministry of Commerce 2022): not all who start have skill enough", "B")] = 0.55
    live_later: Annotated[float, Quantity("1/month", "chance that a shop whose skill has come to be enough takes up live-streaming",
        0.0, 0.2, _SWEPT, "C")] = 0.02
    live_back: Annotated[float, Quantity("1/month", "chance that a live-streamer goes back to a shop alone", 0.0, 0.2, _SWEPT, "C")] = 0.02
    live_skill: Annotated[float, Quantity("share", "second-rung skill from which live-streaming is tried",
        0.0, 1.0, "assumption: simple live-stream talk is what most have after training (seed paper 4.2), from a phone, without a camp (Pu'an, Guizhou 2018); varied over its range in experiments/", "C")] = 0.2
    adjust: Annotated[float, Quantity("share/month", "part of the gap to the wanted online share closed a month", 0.05, 1.0, _SWEPT, "C")] = 0.2
    quit_gain: Annotated[float, Quantity("yuan/year", "realised gain over the trader, hours valued, below which a seller thinks of stopping",
        -1500.0, 1500.0, "assumption: calibrated (docs/calibration.md); exit 0.25 to 0.45 a year (shop age, Taobao 2012); varied over its range in experiments/", "C")] = 70.0
    quit_rate: Annotated[float, Quantity("1/month", "chance that a seller below that gain stops", 0.02, 0.9, _SWEPT, "C")] = 0.17
    record: Annotated[float, Quantity("month", "months over which a seller reckons its gain", 3.0, 36.0, "by design: a year, so that all seasons count", "C")] = 12.0
    cooling: Annotated[float, Quantity("month", "months in which one who stopped does not think of selling online again", 0.0, 60.0, _SWEPT, "C")] = 24.0
    stuck_rate: Annotated[float, Quantity("1/month", "chance that an unskilled seller stops over a problem nobody helps with",
        0.0, 0.05, "exit over all causes 0.25 to 0.45 a year (shop age, Taobao 2012, 75 sellers: a weak source)", "C")] = 0.015
    skill_solves: Annotated[float, Quantity("share", "part of such problems that full second-rung skill solves", 0.0, 1.0, _SWEPT, "C")] = 0.6
    helped: Annotated[float, Quantity("share", "part of such problems that a visit solves", 0.0, 1.0, _SWEPT, "C")] = 0.7
    dormant: Annotated[float, Quantity("month", "months without a sale after which a shop is given up",
        6.0, 36.0, "an account is not a seller: 12,800 accounts, 24 entrepreneurs (Rongjiang to 2024; Qiandongnan Daily); the months by judgement", "C")] = 15.0
    trial: Annotated[float, Quantity("month", "months before a seller judges its own results",
        3.0, 12.0, "ramp of 3 to 9 months (Zoucheng 2017); 12 where there is one harvest a year", "B")] = 6.0
    entry: Annotated[int, Quantity("code", "structure: how a household that thinks of it decides to enter", 0, 1,
        "structural choice: certainty equivalent (Pratt 1964) with waiting, or random utility (McFadden 1974)", "C")] = CERTAINTY_EQUIVALENT
    entry_scale: Annotated[float, Quantity("yuan/year", "scale of what a household sees in entering and the model does not, under logit",
        20.0, 2000.0, _SWEPT, "C")] = 200.0


@rule
def access_cost(phone, skill_basic, village_coverage, p):
    """Share of sales that goes to kin or an agent [yuan/yuan]: access is a cost, not a gate."""
    alone = phone * clip(skill_basic * p.alone, 0.0, 1.0) * (p.uncovered + (1.0 - p.uncovered) * village_coverage)
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
    reach = clip(hours, 0.0, 100000.0) * (1.0 / p.variable_hours)
    free = output * (1.0 - (p.debt_hold if debt > 0 else 0.0))
    sold = min(min(best, reach), min(free, 12.0 * demand))
    gain = sold * net - 0.5 * risk * sold * sold - 12.0 * p.fixed_hours * p.hour_value
    return clip(sold / max(1.0, output), 0.0, 1.0), gain


@rule
def realised_gain(mode, realised, months_online, margin, online_value, selling_hours, p):
    """Gain that selling online has brought over the trader, hours valued [yuan/year]: mean of the spell's last months.

    What `wanted_share` expects, as it came: goods times margin, less the hours sold in and those that a shop takes anyway.
    A new spell starts a new record, which after `record` months forgets as fast as it learns.
    """
    if mode == OFFLINE:
        return 0.0
    month = online_value * margin - p.hour_value * (p.fixed_hours + selling_hours)
    return realised + (12.0 * month - realised) / min(months_online + 1.0, p.record)


@rule
def stops_over(months_online, months_unsold, realised, skill_operation, visited, group_months, u_quit, u_help, p):
    """What a seller stops over [code: NOTHING, RESULTS, PROBLEM, UNSOLD]; where several hold, the first of them.

    RESULTS: after a trial, a gain that does not pay for the hours. PROBLEM: one that nobody helps with. UNSOLD: nothing
    sold for long.
    """
    poor = months_online >= p.trial and realised < p.quit_gain
    alone = 1.0 - (p.helped if (visited == 1 or group_months > 0) else 0.0)
    if poor and u_quit < p.quit_rate:
        return RESULTS
    if u_help < p.stuck_rate * (1.0 - p.skill_solves * skill_operation) * alone:
        return PROBLEM
    return UNSOLD if months_unsold >= p.dormant else NOTHING


@rule
def chooses_channel(mode, share, savings, reluctance, skill_operation, belief_precision, output, wanted, gain, realised,
                    months_online, months_unsold, rest, gear, ever_online, first_online, seat_basic, visited, group_months,
                    rank, village_rank, county_month, lever_startup_credit, reach_startup_credit, within_startup_credit,
                    u_consider, u_live, u_quit, u_help, p):
    """Mode, sells, share, entered, quit, quit over, start-up cost [fen], months online, rest, gear, ever, first, feasible,
    what credit carries of the start-up cost [fen].

    Weighs the gain against the start-up cost, written off over the horizon, distaste, and the worth of waiting while the
    belief is vague (Dixit and Pindyck 1994). Two forms, by `entry`. certainty_equivalent: whoever thinks of it enters
    when that worth is positive. logit: whoever thinks of it, and would sell anything, enters with probability
    logistic(worth / entry_scale), the random utility of McFadden 1974, which as the scale goes to 0 is the first form;
    the draw by which a household thinks of it decides. A shop that gains enough to pay for the gear may turn to
    live-streaming. What is sunk and what is feared do not count for a seller, so that it stops at less than it asked for
    when it entered; one who stopped rests before it thinks of it again, and then starts for less.
    """
    helped = village_rank < reach_startup_credit and rank < within_startup_credit
    owed = 1.0 - (clip(lever_startup_credit, 0.0, 1.0) if helped else 0.0)
    able = skill_operation >= p.live_skill
    live = able and u_live < p.live_chance
    kit = 0.0 if gear else p.live_cost
    price = p.start_cost * (p.restart if ever_online else 1.0) + (kit if live else 0.0)
    felt = price * owed * (p.scarcity if savings < whole_fen(p.cushion * price * owed) else 1.0)
    vague = p.waiting * wanted * output / belief_precision
    distaste = max(0.0, p.reluctance + p.reluctance_spread * reluctance)
    worth = gain - distaste - vague - felt * (1.0 / p.horizon)
    prompted = seat_basic == 1 or visited == 1 or group_months > 0
    thinks = min(1.0, p.attention * (p.prompted if prompted else 1.0))
    by_logit = p.entry == LOGIT
    chance = thinks * (logistic(worth * (1.0 / p.entry_scale)) if by_logit else 1.0)
    may = (wanted if by_logit else worth) > 0.0 and rest == 0
    if mode == OFFLINE:
        if u_consider < chance and may:
            first = county_month if first_online < 0 else first_online
            has = 1 if live else gear
            return (LIVE if live else SHOP), 1, wanted, 1, 0, NOTHING, whole_fen(price), 0, 0, has, 1, first, 1, whole_fen(price * (1.0 - owed))
        return OFFLINE, 0, 0.0, 0, 0, NOTHING, 0, 0, max(0, rest - 1), gear, ever_online, first_online, gain > distaste, 0
    over = stops_over(months_online, months_unsold, realised, skill_operation, visited, group_months, u_quit, u_help, p)
    if over != NOTHING:
        return OFFLINE, 0, 0.0, 0, 1, over, 0, 0, int(p.cooling), gear, ever_online, first_online, gain > distaste, 0
    strain = kit * owed * (p.scarcity if savings < whole_fen(p.cushion * kit * owed) else 1.0)
    turns = mode == SHOP and able and u_live < p.live_later and gain > strain * (1.0 / p.horizon)
    back = mode == LIVE and u_live < p.live_back
    after = LIVE if turns else (SHOP if back else mode)
    moved = share + p.adjust * (wanted - share)
    return (after, 1, moved, 0, 0, NOTHING, (whole_fen(kit) if turns else 0), months_online + 1, 0, (1 if turns else gear),
            ever_online, first_online, 1, (whole_fen(kit * (1.0 - owed)) if turns else 0))
