"""Channel choice worked by hand: the share wanted, who enters, who waits, who adjusts, who stops."""

import pytest
from hypothesis import given, strategies as st

from test_policy_rules import TRIALS, assert_in_declared_range, situations
from villagesim.mechanisms.choice import (
    CERTAINTY_EQUIVALENT,
    LIVE,
    LOGIT,
    NOTHING,
    OFFLINE,
    PROBLEM,
    RESULTS,
    SHOP,
    UNSOLD,
    ChoiceParameters,
    access_cost,
    chooses_channel,
    realised_gain,
    stops_over,
    wanted_share,
)

P = ChoiceParameters()._replace(
    attention=0.1, prompted=3.0, start_cost=1000.0, live_cost=500.0, scarcity=2.0, horizon=2.5, hour_value=10.0,
    fixed_hours=5.0, variable_hours=0.01, spare_hours=30.0, noise_variance=0.15, living=10_000.0, waiting=0.5,
    reluctance=300.0, reluctance_spread=900.0, skill_price=0.2, agent_fee=0.2, debt_hold=0.6, live_chance=0.4,
    live_skill=0.3, adjust=0.25, quit_gain=100.0, quit_rate=0.2, stuck_rate=0.16, helped=0.75, dormant=12.0,
    trial=6.0, restart=0.4, cushion=2.0, alone=1.6, uncovered=0.3, live_later=0.1, live_back=0.05, record=4.0,
    cooling=9.0, skill_solves=0.8,
)


@pytest.mark.parametrize(("phone", "skill", "coverage", "cost"), [
    # an agent keeps 0.2; skill 0.25 does 1.6 x 0.25 = 0.4 of it alone
    (1, 0.25, 1.0, 0.12),
    # without coverage three tenths of that: 0.2 x (1 - 0.12); half covered 0.2 x (1 - 0.4 x 0.65)
    (1, 0.25, 0.0, 0.176),
    (1, 0.25, 0.5, 0.148),
    # skill of 0.625 does it all
    (1, 0.625, 1.0, 0.0),
    (1, 0.9, 1.0, 0.0),
    # no phone, no skill: the agent keeps its fee, and nobody is shut out
    (0, 0.9, 1.0, 0.2),
    (1, 0.0, 1.0, 0.2),
])
def test_access_is_a_cost_and_not_a_gate(phone, skill, coverage, cost):
    assert access_cost(phone, skill, coverage, P) == pytest.approx(cost, abs=1e-15)


@pytest.mark.parametrize(("changes", "cost"), [
    # skill 0.25 half covered: 2 x 0.25 x 0.65 done alone; 1.6 x 0.25 x (0.5 + 0.5 x 0.5)
    ({"alone": 2.0}, 0.135),
    ({"uncovered": 0.5}, 0.14),
])
def test_what_skill_and_coverage_do_for_access_is_declared(changes, cost):
    assert access_cost(1, 0.25, 0.5, P._replace(**changes)) == pytest.approx(cost, abs=1e-15)


# Edge 0.5 + 0.2 x 0.5 for skill - 0.2 shipping - 0.1 access = 0.3; less 0.01 x 10 for hours: 0.2 a yuan sold.
# Variance 1/4 + 0.15 = 0.4, aversion 2, consumption 4 x 10,000: risk 0.00002 per yuan; best 0.2 / 0.00002 = 10,000.
WEIGHING = {
    "size": 4, "adults": 3, "away": 1, "output": 20_000.0, "risk_aversion": 2.0, "belief_mean": 0.5,
    "belief_precision": 4.0, "skill_operation": 0.25, "skill_business": 0.75, "debt": 0,
    "shipping": 0.2, "access": 0.1, "demand": 2000.0, "p": P,
}


@pytest.mark.parametrize(("changes", "share", "gain"), [
    # 10,000 of 20,000 yuan: 10,000 x 0.2 - 0.00001 x 10,000^2 - 12 x 5 hours x 10 = 2,000 - 1,000 - 600
    ({}, 0.5, 400.0),
    # twice the household bears twice the risk: all 20,000: 4,000 - 0.000005 x 20,000^2 - 600
    ({"size": 8}, 1.0, 1400.0),
    # a surer belief, variance 0.1 + 0.15 = 0.25: best 16,000: 3,200 - 1,600 - 600
    ({"belief_precision": 10.0}, 0.8, 1000.0),
    # 6,000 by labour: 10 hours x 12 less 60 make 60 hours at 0.01: 1,200 - 360 - 600
    ({"adults": 2, "p": P._replace(spare_hours=10.0)}, 0.3, 240.0),
    # 6,000 by demand
    ({"demand": 500.0}, 0.3, 240.0),
    # 8,000 by output: 1,600 - 640 - 600
    ({"output": 8000.0}, 1.0, 360.0),
    # 8,000 by debt, which holds 0.6 back
    ({"debt": 1}, 0.4, 360.0),
    # no aversion: all of it, 4,000 - 600
    ({"risk_aversion": 0.0}, 1.0, 3400.0),
    # 0.1 dearer to send: 0.1 a yuan, best 5,000: 500 - 250 - 600
    ({"shipping": 0.3}, 0.25, -350.0),
    ({"access": 0.2}, 0.25, -350.0),
    ({"belief_mean": 0.4}, 0.25, -350.0),
    # no skill: the same 0.1
    ({"skill_operation": 0.0, "skill_business": 0.0}, 0.25, -350.0),
    # a loss on every yuan, nobody at home, nothing to sell: nothing, and the hours that a shop takes
    ({"belief_mean": 0.0}, 0.0, -600.0),
    ({"away": 3}, 0.0, -600.0),
    ({"away": 4}, 0.0, -600.0),
    ({"output": 0.0}, 0.0, -600.0),
])
def test_the_share_wanted_balances_gain_and_risk_within_labour_demand_and_debt(changes, share, gain):
    found = wanted_share(**(WEIGHING | changes))
    assert found == (pytest.approx(share, rel=1e-12, abs=1e-15), pytest.approx(gain, rel=1e-10))


# Offline, thinking about it, with 10,000 yuan. To enter, the gain must beat 300 of distaste, 0.5 x 10,000 x 1/4 = 1,250
# of waiting, and 1,000 yuan of start-up cost over 2.5 years: 1,950 yuan a year.
OUTSIDE = {
    "mode": OFFLINE, "share": 0.0, "savings": 1_000_000, "reluctance": 0.0, "skill_operation": 0.0,
    "belief_precision": 4.0, "output": 20_000.0, "wanted": 0.5, "gain": 5000.0, "months_online": 0, "months_unsold": 0,
    "realised": 0.0, "rest": 0, "gear": 0, "ever_online": 0, "first_online": -1, "seat_basic": 0, "visited": 0,
    "group_months": 0, "rank": 0.2, "village_rank": 0.4,
    "county_month": 17, "lever_startup_credit": 0.0, "reach_startup_credit": 1.0, "within_startup_credit": 1.0,
    "u_consider": 0.01, "u_live": 0.3, "u_quit": 0.9, "u_help": 0.9,
    "p": P,
}
NAMES = ("mode", "sells", "share", "entered", "quit", "quit_over", "start_cost", "months_online", "rest", "gear",
         "ever_online", "first_online", "feasible", "credit_income")


def choice(start, **changes):
    return dict(zip(NAMES, chooses_channel(**(start | changes)), strict=True))


@pytest.mark.parametrize(("changes", "needed"), [
    ({}, 1950.0),
    # with less than twice the cost at hand a start-up yuan counts double: 300 + 1,250 + 800
    ({"savings": 199_999}, 2350.0),
    ({"savings": 200_000}, 1950.0),
    # with three times the cost asked for, 2,999.99 yuan are too few
    ({"savings": 299_999, "p": P._replace(cushion=3.0)}, 2350.0),
    ({"savings": 300_000, "p": P._replace(cushion=3.0)}, 1950.0),
    # one who has sold before pays four tenths, 400 yuan: 300 + 1,250 + 160; 799.99 yuan at hand are too few
    ({"ever_online": 1}, 1710.0),
    ({"ever_online": 1, "savings": 79_999}, 1870.0),
    # credit carries half: 300 + 1,250 + 200; and 1,000 yuan at hand are enough
    ({"lever_startup_credit": 0.5}, 1750.0),
    # credit goes to villages below its reach, and there to households below their own share
    ({"lever_startup_credit": 0.5, "reach_startup_credit": 0.41, "within_startup_credit": 0.21}, 1750.0),
    ({"lever_startup_credit": 0.5, "reach_startup_credit": 0.4}, 1950.0),
    ({"lever_startup_credit": 0.5, "within_startup_credit": 0.2}, 1950.0),
    ({"lever_startup_credit": 0.5, "savings": 100_000}, 1750.0),
    ({"lever_startup_credit": 0.5, "savings": 99_999}, 1950.0),
    # live-streaming takes 500 more: 300 + 1,250 + 600
    ({"skill_operation": 0.3}, 2150.0),
    # but not with the gear at hand; who sold before and takes it up pays 400 + 500: 300 + 1,250 + 360
    ({"skill_operation": 0.3, "gear": 1}, 1950.0),
    ({"skill_operation": 0.3, "ever_online": 1}, 1910.0),
    # distaste: 300 + 900; 300 - 900 is none, and no taste for it
    ({"reluctance": 1.0}, 2850.0),
    ({"reluctance": -1.0}, 1650.0),
    # twice as sure: waiting is worth half, 625; less at stake, 0.5 x 5,000 x 1/4
    ({"belief_precision": 8.0}, 1325.0),
    ({"wanted": 0.25}, 1325.0),
    ({"output": 10_000.0}, 1325.0),
])
def test_a_household_enters_when_the_gain_beats_start_up_cost_distaste_and_waiting(changes, needed):
    assert choice(OUTSIDE, **changes, gain=needed + 0.001)["entered"] == 1
    assert choice(OUTSIDE, **changes, gain=needed - 0.001)["entered"] == 0


def test_one_who_stopped_does_not_think_of_it_again_for_months():
    waits = choice(OUTSIDE, rest=2, ever_online=1)
    assert (waits["entered"], waits["rest"]) == (0, 1)
    waits = choice(OUTSIDE, rest=1, ever_online=1, p=P._replace(entry=LOGIT))
    assert (waits["entered"], waits["rest"]) == (0, 0)
    assert choice(OUTSIDE, rest=0, ever_online=1, u_consider=0.9)["rest"] == 0
    assert choice(OUTSIDE, rest=0, ever_online=1)["entered"] == 1


def test_a_household_that_would_neither_gain_nor_lose_stays_out():
    assert choice(OUTSIDE, gain=1950.0)["entered"] == 0


@pytest.mark.parametrize(("changes", "chance"), [
    ({}, 0.1),
    # a lesson, a visit, a group this month: three times
    ({"seat_basic": 1}, 0.3),
    ({"visited": 1}, 0.3),
    ({"group_months": 1}, 0.3),
    ({"seat_basic": 1, "visited": 1, "group_months": 2}, 0.3),
])
def test_a_lesson_visit_or_group_makes_a_household_think_of_selling(changes, chance):
    assert choice(OUTSIDE, **changes, u_consider=chance - 1e-9)["entered"] == 1
    assert choice(OUTSIDE, **changes, u_consider=chance + 1e-9)["entered"] == 0


@pytest.mark.parametrize(("skill", "luck", "before", "mode", "fen", "gear"), [
    (0.3, 0.39, 0, LIVE, 150_000, 1),
    (0.3, 0.39, 1, LIVE, 100_000, 1),
    (0.3, 0.41, 0, SHOP, 100_000, 0),
    (0.3, 0.41, 1, SHOP, 100_000, 1),
    (0.29, 0.39, 0, SHOP, 100_000, 0),
])
def test_some_who_learned_it_start_by_live_stream_and_pay_for_the_gear(skill, luck, before, mode, fen, gear):
    entered = choice(OUTSIDE, skill_operation=skill, u_live=luck, gear=before)
    assert (entered["mode"], entered["start_cost"], entered["gear"]) == (mode, fen, gear)


def test_who_enters_starts_with_the_share_it_wants_and_claims_what_credit_carries():
    # 1,000 yuan, a quarter of them claimed back
    assert choice(OUTSIDE, lever_startup_credit=0.25) == {
        "mode": SHOP, "sells": 1, "share": 0.5, "entered": 1, "quit": 0, "quit_over": NOTHING, "start_cost": 100_000,
        "months_online": 0, "rest": 0, "gear": 0, "ever_online": 1, "first_online": 17, "feasible": 1,
        "credit_income": 25_000,
    }


@pytest.mark.parametrize(("before", "after"), [(-1, 17), (0, 0), (5, 5)])
def test_the_first_entry_is_remembered(before, after):
    assert choice(OUTSIDE, first_online=before)["first_online"] == after


@pytest.mark.parametrize(("gain", "feasible"), [(301.0, 1), (300.0, 0)])
def test_a_trader_may_lose_those_who_would_gain_online_though_they_wait(gain, feasible):
    assert choice(OUTSIDE, gain=gain, ever_online=1, first_online=3) == {
        "mode": OFFLINE, "sells": 0, "share": 0.0, "entered": 0, "quit": 0, "quit_over": NOTHING, "start_cost": 0,
        "months_online": 0, "rest": 0, "gear": 0, "ever_online": 1, "first_online": 3, "feasible": feasible,
        "credit_income": 0,
    }


# The other form of entry: 1,950 yuan a year are asked for, and a scale of 500 yuan lies between sure and even.
LOGIT_P = P._replace(entry=LOGIT, entry_scale=500.0)


@pytest.mark.parametrize(("changes", "chance"), [
    # worth nothing: half of those one in ten who think of it enter
    ({"gain": 1950.0}, 0.05),
    # a scale above and below: 0.1 / (1 + e^-1), 0.1 / (1 + e)
    ({"gain": 2450.0}, 0.0731058579),
    ({"gain": 1450.0}, 0.0268941421),
    # two scales; and a scale twice as wide: again one
    ({"gain": 2950.0}, 0.0880797078),
    ({"gain": 2950.0, "p": LOGIT_P._replace(entry_scale=1000.0)}, 0.0731058579),
    # a visit makes three times as many think of it
    ({"gain": 2450.0, "visited": 1}, 0.2193175736),
    # all think of it: no more than all can
    ({"gain": 2450.0, "visited": 1, "p": LOGIT_P._replace(attention=0.9)}, 0.7310585786),
])
def test_by_logit_the_chance_to_enter_is_logistic_in_its_worth(changes, chance):
    case = OUTSIDE | {"p": LOGIT_P} | changes
    assert choice(case, u_consider=chance - 1e-9)["entered"] == 1
    assert choice(case, u_consider=chance + 1e-9)["entered"] == 0


def test_by_logit_nobody_enters_to_sell_nothing():
    assert choice(OUTSIDE, p=LOGIT_P, wanted=0.0, gain=5000.0, u_consider=1e-12)["entered"] == 0


def test_who_enters_by_logit_enters_as_anyone_does_and_stops_as_anyone_does():
    assert choice(OUTSIDE, p=LOGIT_P) == choice(OUTSIDE)
    for changes in ({}, {"u_help": 0.159}, {"months_unsold": 12}):
        assert choice(INSIDE, p=LOGIT_P, **changes) == choice(INSIDE, **changes)


# What a spell has brought: 400 yuan of goods at 0.5 over the trader, less 10 for each of 5 + 4 hours: 110 a month.
SPELL = {
    "mode": SHOP, "realised": 0.0, "months_online": 0, "margin": 0.5, "online_value": 400.0, "selling_hours": 4.0,
    "p": P,
}


@pytest.mark.parametrize(("changes", "gain"), [
    # the first month sets the record, as if for a year, and the spell before it is forgotten
    ({}, 1320.0),
    ({"realised": -900.0}, 1320.0),
    # the second makes half of it, the fourth a quarter, and so does every later one
    ({"months_online": 1, "realised": 120.0}, 720.0),
    ({"months_online": 3, "realised": 120.0}, 420.0),
    ({"months_online": 30, "realised": 120.0}, 420.0),
    # nothing sold: five hours for nothing, 600 yuan a year
    ({"margin": 0.0, "online_value": 0.0, "selling_hours": 0.0}, -600.0),
    # sold below the trader's price
    ({"margin": -0.25}, -2280.0),
    ({"mode": LIVE}, 1320.0),
    ({"mode": OFFLINE, "realised": 120.0}, 0.0),
])
def test_a_seller_reckons_what_it_gained_over_the_trader_and_for_how_many_hours(changes, gain):
    assert realised_gain(**(SPELL | changes)) == pytest.approx(gain, rel=1e-12)


# Seven months online, gaining 100 yuan a year, selling a fifth and wanting three fifths.
INSIDE = OUTSIDE | {
    "mode": SHOP, "share": 0.2, "wanted": 0.6, "months_online": 7, "ever_online": 1, "first_online": 9,
    "realised": 100.0,
}


@pytest.mark.parametrize("mode", [SHOP, LIVE])
def test_a_seller_moves_towards_the_share_it_wants(mode):
    # a quarter of the way from 0.2 to 0.6
    after = choice(INSIDE, mode=mode)
    assert after.pop("share") == pytest.approx(0.3, rel=1e-14)
    assert after == {
        "mode": mode, "sells": 1, "entered": 0, "quit": 0, "quit_over": NOTHING, "start_cost": 0, "months_online": 8,
        "rest": 0, "gear": 0, "ever_online": 1, "first_online": 9, "feasible": 1,
        "credit_income": 0,
    }


# A seller with skill enough turns to live-streaming one month in ten, if 500 yuan of gear over 2.5 years, 200 a year,
# are less than it gains.
SKILLED = INSIDE | {"skill_operation": 0.3, "u_live": 0.099, "gain": 200.001}


@pytest.mark.parametrize(("changes", "mode", "fen", "gear"), [
    ({}, LIVE, 50_000, 1),
    ({"skill_operation": 0.29}, SHOP, 0, 0),
    ({"u_live": 0.101}, SHOP, 0, 0),
    ({"gain": 199.999}, SHOP, 0, 0),
    # with less than twice the cost at hand it counts double, 400 a year
    ({"savings": 99_999}, SHOP, 0, 0),
    ({"savings": 99_999, "gain": 400.001}, LIVE, 50_000, 1),
    ({"savings": 100_000}, LIVE, 50_000, 1),
    # credit carries half: 100 a year are felt, and all is paid
    ({"lever_startup_credit": 0.5, "gain": 100.001}, LIVE, 50_000, 1),
    # gear at hand costs nothing
    ({"gear": 1, "gain": 0.001}, LIVE, 0, 1),
    # a live-streamer goes back to a shop alone one month in twenty, and keeps the gear
    ({"mode": LIVE, "gear": 1, "u_live": 0.049}, SHOP, 0, 1),
    ({"mode": LIVE, "gear": 1, "u_live": 0.051}, LIVE, 0, 1),
])
def test_a_shop_that_earns_the_gear_may_turn_to_live_streaming(changes, mode, fen, gear):
    after = choice(SKILLED, **changes)
    assert after["credit_income"] == int(fen * changes.get("lever_startup_credit", 0.0))
    assert (after["mode"], after["start_cost"], after["gear"], after["sells"]) == (mode, fen, gear, 1)


@pytest.mark.parametrize(("changes", "over"), [
    ({}, NOTHING),
    # a gain that does not pay, judged after six months, one chance in five
    ({"realised": 99.9, "months_online": 6, "u_quit": 0.199}, RESULTS),
    ({"realised": 99.9, "months_online": 5, "u_quit": 0.199}, NOTHING),
    ({"realised": 100.0, "months_online": 6, "u_quit": 0.199}, NOTHING),
    ({"realised": 99.9, "months_online": 6, "u_quit": 0.201}, NOTHING),
    # a problem nobody helps with: 0.16 without skill, 0.16 x (1 - 0.8 x 0.5), and a quarter where somebody comes
    ({"u_help": 0.159}, PROBLEM),
    ({"u_help": 0.161}, NOTHING),
    ({"u_help": 0.095, "skill_operation": 0.5}, PROBLEM),
    ({"u_help": 0.097, "skill_operation": 0.5}, NOTHING),
    ({"u_help": 0.119, "skill_operation": 0.5, "p": P._replace(skill_solves=0.5)}, PROBLEM),
    ({"u_help": 0.121, "skill_operation": 0.5, "p": P._replace(skill_solves=0.5)}, NOTHING),
    ({"u_help": 0.039, "visited": 1}, PROBLEM),
    ({"u_help": 0.041, "visited": 1}, NOTHING),
    ({"u_help": 0.039, "group_months": 1}, PROBLEM),
    ({"u_help": 0.041, "group_months": 1}, NOTHING),
    # nothing sold for a year
    ({"months_unsold": 12}, UNSOLD),
    ({"months_unsold": 11}, NOTHING),
    # the first that holds is named
    ({"realised": 99.9, "u_quit": 0.199, "u_help": 0.159, "months_unsold": 12}, RESULTS),
    ({"u_help": 0.159, "months_unsold": 12}, PROBLEM),
])
def test_sellers_stop_over_bad_results_over_problems_or_when_nothing_sells(changes, over):
    after, quits = choice(INSIDE, **changes), int(over != NOTHING)
    assert (after["quit_over"], after["quit"], after["sells"]) == (over, quits, 1 - quits)
    assert (after["mode"], after["rest"]) == ((OFFLINE, 9) if quits else (SHOP, 0))
    names = stops_over.__code__.co_varnames[: stops_over.__code__.co_argcount]
    assert stops_over(**{name: (INSIDE | changes)[name] for name in names}) == over


@pytest.mark.parametrize(("gain", "feasible"), [(301.0, 1), (300.0, 0)])
def test_who_stops_keeps_its_history_and_starts_its_count_again(gain, feasible):
    assert choice(INSIDE, months_unsold=12, gain=gain, gear=1) == {
        "mode": OFFLINE, "sells": 0, "share": 0.0, "entered": 0, "quit": 1, "quit_over": UNSOLD, "start_cost": 0,
        "months_online": 0, "rest": 9, "gear": 1, "ever_online": 1, "first_online": 9, "feasible": feasible,
        "credit_income": 0,
    }


# A household has a member; a belief is never vaguer than `influence.believes` leaves it.
MEMBERS = {"size": st.integers(1, 20)}
BELIEF = {"belief_precision": st.floats(0.1, 1e6)}


@TRIALS
@given(situations(access_cost), st.floats(0.0, 1.0))
def test_more_skill_or_coverage_never_makes_access_dearer(case, more):
    found = access_cost(**case)
    assert_in_declared_range(access_cost, found)
    assert found <= case["p"].agent_fee
    for name in ("skill_basic", "village_coverage"):
        assert access_cost(**(case | {name: max(more, case[name])})) <= found
    assert access_cost(**(case | {"phone": 1})) <= found


@TRIALS
@given(situations(wanted_share, **MEMBERS, **BELIEF), st.floats(0.0, 1.0))
def test_a_better_believed_margin_never_lowers_the_share_wanted_or_its_gain(case, more):
    share, gain = wanted_share(**case)
    assert_in_declared_range(wanted_share, (share, gain))
    better = wanted_share(**(case | {"belief_mean": case["belief_mean"] + more}))
    assert better[0] >= share - 1e-12
    assert better[1] >= gain - 1e-9 * (1 + abs(gain))


@TRIALS
@given(situations(wanted_share, **MEMBERS, **BELIEF))
def test_debt_absence_and_dear_shipping_never_raise_the_share_wanted(case):
    free = wanted_share(**(case | {"debt": 0, "away": 0, "shipping": 0.0}))[0]
    assert wanted_share(**(case | {"debt": 1, "away": 0, "shipping": 0.0}))[0] <= free
    assert wanted_share(**(case | {"debt": 0, "shipping": 0.0}))[0] <= free
    assert wanted_share(**(case | {"debt": 0, "away": 0}))[0] <= free


@TRIALS
@given(situations(wanted_share, **MEMBERS, **BELIEF))
def test_a_household_sells_online_no_more_than_it_has_and_buyers_want(case):
    share, _ = wanted_share(**case)
    assert share * case["output"] <= 12.0 * case["demand"] + 1e-6
    at_home = max(0, case["adults"] - case["away"])
    hours = share * case["output"] * case["p"].variable_hours
    assert hours <= 12.0 * case["p"].spare_hours * at_home + 1e-6


@TRIALS
@given(situations(chooses_channel, **BELIEF))
def test_a_household_has_one_channel_and_pays_only_to_enter(case):
    found = chooses_channel(**(case | {"ever_online": max(case["ever_online"], int(case["mode"] > 0))}))
    assert_in_declared_range(chooses_channel, found)
    after = dict(zip(NAMES, found, strict=True))
    assert after["sells"] == (after["mode"] > OFFLINE)
    assert after["entered"] <= (case["mode"] == OFFLINE)
    assert after["quit"] <= (case["mode"] > OFFLINE)
    assert after["ever_online"] >= after["sells"]
    assert after["start_cost"] == 0 or after["entered"] or (case["mode"], after["mode"]) == (SHOP, LIVE)
    assert after["gear"] >= max(case["gear"], after["mode"] == LIVE and case["mode"] != LIVE)
    assert after["quit"] == (after["quit_over"] != NOTHING)
    assert after["share"] == 0.0 or after["sells"]


@TRIALS
@given(situations(chooses_channel, **BELIEF, mode=st.just(OFFLINE)), st.floats(0.0, 1.0), st.floats(0.0, 1e6))
def test_credit_savings_and_gain_never_keep_a_household_out(case, credit, more):
    entered = chooses_channel(**case)[3]
    assert chooses_channel(**(case | {"lever_startup_credit": max(credit, case["lever_startup_credit"])}))[3] >= entered
    assert chooses_channel(**(case | {"gain": case["gain"] + more}))[3] >= entered
    assert chooses_channel(**(case | {"savings": case["savings"] + int(more)}))[3] >= entered


@TRIALS
@given(situations(chooses_channel, **BELIEF, mode=st.just(OFFLINE), wanted=st.floats(0.001, 1.0),
                  u_consider=st.floats(1e-9, 1.0)))
def test_as_its_scale_goes_to_nothing_logit_is_the_certainty_equivalent(case):
    exact = case["p"]._replace(entry=CERTAINTY_EQUIVALENT)
    sharp = case["p"]._replace(entry=LOGIT, entry_scale=1e-9)
    assert chooses_channel(**(case | {"p": sharp})) == chooses_channel(**(case | {"p": exact}))


@TRIALS
@given(situations(chooses_channel, **BELIEF, mode=st.sampled_from([SHOP, LIVE])), st.floats(0.0, 6000.0))
def test_a_visit_skill_or_a_better_gain_never_makes_a_seller_stop(case, better):
    quits = chooses_channel(**case)[4]
    assert chooses_channel(**(case | {"visited": 1}))[4] <= quits
    assert chooses_channel(**(case | {"skill_operation": 1.0}))[4] <= quits
    assert chooses_channel(**(case | {"realised": case["realised"] + better}))[4] <= quits


@TRIALS
@given(situations(realised_gain), st.floats(0.0, 6.0))
def test_a_better_margin_never_lowers_what_a_seller_reckons(case, more):
    found = realised_gain(**case)
    assert_in_declared_range(realised_gain, found)
    assert realised_gain(**(case | {"margin": case["margin"] + more})) >= found - 1e-9 * (1 + abs(found))
