"""Policy worked by hand: money that arrives, waits, lapses or goes back; levers that shrink; works that wear.

`situations` and `assert_in_declared_range` serve the other rule tests too: what a rule may be given, and what it may
write, both taken from the declarations.
"""

from inspect import signature

import pytest
from hypothesis import assume, given, settings, strategies as st

from villagesim.declare import Real, declared
from villagesim.engine.phases import RowPhase, arguments
from villagesim.engine.schedule import SCHEDULE
from villagesim.levers import LEVERS
from villagesim.mechanisms import Parameters
from villagesim.mechanisms.policy import (
    PolicyParameters,
    gets_phone,
    lever_cost,
    lever_delivered,
    networks_spread,
    seats_need,
    works_condition,
    works_need,
    yearly_grant,
)
from villagesim.mechanisms.training import TrainingParameters
from villagesim.tables import TABLES
from villagesim.tables.quantities import MANY

PHASES = {phase.rule: phase for phase in SCHEDULE if isinstance(phase, RowPhase)}
COLUMNS = {table: {column.name: column for column in declared(kind)} for table, kind in TABLES.items()}
TRIALS = settings(max_examples=100, deadline=None, derandomize=True)
LUCK = st.floats(0.0, 1.0, exclude_min=True, exclude_max=True)
BELL = st.floats(-3.4641, 3.4641)


def within(field):
    """Any value in a declared range, of the declared type."""
    low, high = field.quantity.low, field.quantity.high
    # a counter has room for one more
    high -= high == MANY
    return st.floats(low, high) if field.type in (float, Real) else st.integers(int(low), int(high))


def parameters_within(kind):
    """Any parameters of a mechanism within their declared ranges."""
    return st.builds(kind, **{field.name: within(field) for field in declared(kind)})


def lever_number(column, row):
    """Any intensity, reach or monthly price that a scenario may give the lever in this row."""
    lever = LEVERS[row]
    if column == "reach":
        return st.floats(0.0, 1.0)
    if column == "price":
        months = 12.0 if lever.price.unit.endswith("/year") else 1.0
        return st.floats(lever.price.low / months, lever.price.high / months)
    return st.floats(lever.intensity.low, lever.intensity.high)


def situations(rule, **narrower):
    """Arguments by name: all that the schedule may hand to the rule, but for what is narrowed."""
    arriving = {}
    for name, source in zip(signature(rule).parameters, arguments(PHASES[rule]), strict=True):
        if source.kind == "parameters":
            arriving[name] = parameters_within(type(getattr(Parameters(), source.mechanism)))
        elif source.kind in ("uniform", "bell"):
            arriving[name] = LUCK if source.kind == "uniform" else BELL
        elif source.table == "levers" and source.kind == "row":
            arriving[name] = lever_number(source.column, source.row)
        else:
            arriving[name] = within(COLUMNS[source.table][source.column])
    return st.fixed_dictionaries(arriving | narrower)


def assert_in_declared_range(rule, results):
    """What the rule returns fits the columns it is written to: their range (so no NaN), and whole numbers where due."""
    phase = PHASES[rule]
    for name, value in zip(phase.writes, results if type(results) is tuple else (results,), strict=True):
        column = COLUMNS[phase.table][name]
        assert column.quantity.low <= value <= column.quantity.high, (name, value)
        assert column.type is Real or isinstance(value, int), (name, value)


P = PolicyParameters()._replace(
    break_chance=0.1, cut_chance=0.2, cut_size=0.5, carry_over=0.3, duplication=0.3, rating_a=0.02, rating_b=0.01,
    pays_b=0.8, pays_c=0.6, build_rate=0.25, wear=0.04,
)
# A county of 1,000 households and a yearly 100,000 yuan.
YEAR = {
    "due": 1, "budget": 10_000_000, "fund": 0, "held_back": 0, "households": 1000, "sellers": 100,
    "sellers_before": 100, "lever_coordination": 0.0, "planned_continuity": 0.0, "planned_award": 0.0,
    "planned_fund_cut": 0.0, "money_months": 5, "u_grant": 0.9, "p": P,
}


def year(**changes):
    names = ("fund", "waits", "grant", "returned", "sellers_before", "coordination", "months")
    return dict(zip(names, yearly_grant(**(YEAR | changes)), strict=True))


@pytest.mark.parametrize(("continuity", "luck", "cut", "fen"), [
    # uncertain money: 0 below 0.1, half below 0.1 + 0.2, whole above
    (0.0, 0.09, 0.0, 0),
    (0.0, 0.11, 0.0, 5_000_000),
    (0.0, 0.29, 0.0, 5_000_000),
    (0.0, 0.31, 0.0, 10_000_000),
    (0.0, 0.1, 0.0, 5_000_000),
    (0.0, 0.1 + 0.2, 0.0, 10_000_000),
    # half as uncertain: 0 below 0.05, half below 0.15
    (0.5, 0.04, 0.0, 0),
    (0.5, 0.06, 0.0, 5_000_000),
    (0.5, 0.14, 0.0, 5_000_000),
    (0.5, 0.16, 0.0, 10_000_000),
    # a dedicated fund makes it certain
    (1.0, 0.0001, 0.0, 10_000_000),
    # a fund cut of a quarter: 100,000 x 0.75; on top of a cut year: 100,000 x 0.5 x 0.75
    (1.0, 0.9, 0.25, 7_500_000),
    (0.0, 0.2, 0.25, 3_750_000),
    (1.0, 0.9, 1.0, 0),
])
def test_the_yearly_money_comes_whole_cut_or_not_at_all(continuity, luck, cut, fen):
    after = year(planned_continuity=continuity, u_grant=luck, planned_fund_cut=cut)
    assert (after["grant"], after["fund"], after["waits"], after["returned"]) == (fen, fen, 0, 0)


@pytest.mark.parametrize(("sellers", "earned"), [
    # 10,000 yuan wait; a rise of 20 in 1,000 is the 0.02 of rating A, 10 in 1,000 the 0.01 of B, no fall is C
    (121, 1_000_000),
    (120, 1_000_000),
    (119, 800_000),
    (110, 800_000),
    (109, 600_000),
    (100, 600_000),
    (99, 0),
])
def test_money_that_is_not_earned_goes_back(sellers, earned):
    after = year(sellers=sellers, held_back=1_000_000)
    assert after["fund"] == 10_000_000 + earned
    assert after["returned"] == 1_000_000 - earned
    assert after["sellers_before"] == sellers


def test_an_award_is_paid_in_whole_fen():
    # rating B pays 0.8 x 333 fen = 266.4 fen
    after = year(sellers=110, held_back=333, budget=0)
    assert (after["fund"], after["returned"]) == (266, 67)


def test_a_share_of_the_new_money_waits_for_next_years_rating():
    # 0.3 x 100,000 yuan wait; last year's 5,000 go back after a fall in sellers
    after = year(planned_award=0.3, held_back=500_000, sellers=90)
    assert (after["fund"], after["waits"], after["returned"]) == (7_000_000, 3_000_000, 500_000)


@pytest.mark.parametrize(("fund", "luck", "left", "returned"), [
    # 0.3 of 100,000 yuan may be kept: of 40,000 unspent, 10,000 lapse
    (4_000_000, 0.9, 13_000_000, 1_000_000),
    # 6,000 unspent are all kept
    (600_000, 0.9, 10_600_000, 0),
    # the part kept is of the budget, not of what arrives
    (4_000_000, 0.01, 3_000_000, 1_000_000),
])
def test_money_left_unspent_lapses_but_for_a_carry_over(fund, luck, left, returned):
    after = year(fund=fund, u_grant=luck)
    assert (after["fund"], after["returned"]) == (left, returned)


def test_nothing_moves_in_a_month_when_no_money_is_due():
    after = year(due=0, fund=700, held_back=300, sellers=150, planned_award=0.3)
    assert after == {"fund": 700, "waits": 300, "grant": 0, "returned": 0, "sellers_before": 100, "coordination": 0.0,
                     "months": 4}


@pytest.mark.parametrize(("due", "before", "months"), [
    (1, 1, 12), (1, 0, 12), (0, 12, 11), (0, 2, 1),
    # before the first money comes there is no year to share it over
    (0, 1, 1), (0, 0, 1),
])
def test_the_money_must_last_until_the_next_comes(due, before, months):
    assert year(due=due, money_months=before)["months"] == months


@pytest.mark.parametrize(("due", "lever", "share"), [(0, 0.4, 0.4), (1, 0.4, 0.4), (1, 1.0, 1.0)])
def test_departments_coordinate_as_far_as_the_lever_goes(due, lever, share):
    assert year(due=due, lever_coordination=lever)["coordination"] == share


@pytest.mark.parametrize(("condition", "rank", "planned", "reach", "fen", "built"), [
    # in the last month of the money's year: a work at 10,000 yuan, upkeep 400 yuan a month.
    # Nothing stands: a quarter is built
    (0.0, 0.2, 1.0, 1.0, 250_000, 0.25),
    # half stands: 0.25 x 10,000 + 0.5 x 400
    (0.5, 0.2, 1.0, 1.0, 270_000, 0.25),
    # the last eighth: 0.125 x 10,000 + 0.875 x 400
    (0.875, 0.2, 1.0, 1.0, 160_000, 0.125),
    # all stands: upkeep alone
    (1.0, 0.2, 1.0, 1.0, 40_000, 0.0),
    # more stands than the programme plans for: upkeep of what it plans, 0.6 x 400
    (0.8, 0.2, 0.6, 1.0, 24_000, 0.0),
    # villages in rank order: the lower half is reached, the middle one not
    (0.0, 0.49, 1.0, 0.5, 250_000, 0.25),
    (0.7, 0.5, 1.0, 0.5, 0, 0.0),
    # the programme has ended
    (0.7, 0.2, 0.0, 1.0, 0, 0.0),
])
def test_works_ask_for_what_is_missing_and_the_upkeep_of_what_stands(condition, rank, planned, reach, fen, built):
    assert works_need(condition, rank, planned, reach, 10_000.0, 400.0, 1, P) == (fen, built, 0)


@pytest.mark.parametrize(("condition", "rank", "planned", "months", "later"), [
    # nothing stands, a quarter is built now: three quarters are left, 0.75 x 10,000 + 11 x 400
    (0.0, 0.2, 1.0, 12, 1_190_000),
    # in one month more another quarter can be built: 0.25 x 10,000 + 400
    (0.0, 0.2, 1.0, 2, 290_000),
    # half stands, half is planned: upkeep alone, 3 x 0.5 x 400
    (0.5, 0.2, 0.5, 4, 60_000),
    # more stands than is planned: the upkeep of what is planned
    (0.8, 0.2, 0.5, 4, 60_000),
    # out of reach, or planned no more
    (0.0, 0.5, 1.0, 12, 0),
    (0.7, 0.2, 0.0, 12, 0),
])
def test_works_ask_for_money_to_be_finished_and_kept_up_until_the_next_money_comes(
    condition, rank, planned, months, later,
):
    assert works_need(condition, rank, planned, 0.5, 10_000.0, 400.0, months, P)[2] == later


@pytest.mark.parametrize(("seats", "villages", "planned", "months", "found"), [
    # camps of 18, two of them ahead: 36 seats. 2 seats in each of 5 villages at 800 yuan
    (0.0, 5, 2.0, 1, (1, 800_000, 0)),
    (35.9, 5, 2.0, 12, (1, 800_000, 8_800_000)),
    # seats that wait for applicants are not bought again
    (36.0, 5, 2.0, 12, (0, 0, 0)),
    # no village is reached; no camp is planned
    (0.0, 0, 2.0, 12, (1, 0, 0)),
    (0.0, 5, 0.0, 12, (1, 0, 0)),
])
def test_a_township_buys_camp_seats_until_so_many_wait_for_applicants(seats, villages, planned, months, found):
    p = TrainingParameters()._replace(camp_size=18.0, camps_ahead=2.0)
    assert seats_need(seats, villages, planned, 800.0, months, p) == found


@pytest.mark.parametrize(("planned", "scale", "per_post", "price", "posts", "fen"), [
    # 2 seats in each of 10 villages at 150 yuan
    (2.0, 10.0, 0, 150.0, 3.0, 300_000),
    # a quarter more pay for 2 posts per 1,000 households of 800 households, 4,000 yuan each: 0.25 x 0.8 x 2 x 4,000
    (0.25, 0.8, 1, 4000.0, 2.0, 160_000),
    # the same without posts costs nothing
    (0.25, 0.8, 1, 4000.0, 0.0, 0),
    (0.0, 10.0, 0, 150.0, 3.0, 0),
])
def test_a_lever_costs_its_units_times_its_price(planned, scale, per_post, price, posts, fen):
    assert lever_cost(planned, scale, per_post, 0, price, 999, 888, posts, 1) == (fen, 0)
    # what it costs now it would cost in each of three months more
    assert lever_cost(planned, scale, per_post, 0, price, 999, 888, posts, 4) == (fen, 3 * fen)


def test_a_lever_of_works_or_camps_costs_what_places_ask():
    assert lever_cost(1.0, 10.0, 0, 1, 10_000.0, 123_456, 777, 2.0, 12) == (123_456, 777)


@pytest.mark.parametrize(("cost", "granted", "shared", "coordination", "delivered"), [
    # 4 seats planned
    (1000, 1000, 0, 0.0, 4.0),
    (1000, 250, 0, 0.0, 1.0),
    (1000, 0, 0, 0.0, 0.0),
    # departments that do not coordinate lose 0.3 of it: 4 x 0.7; half coordinated 4 x 0.85; in full nothing
    (1000, 1000, 1, 0.0, 2.8),
    (1000, 1000, 1, 0.5, 3.4),
    (1000, 1000, 1, 1.0, 4.0),
    # half the money, uncoordinated: 4 x 0.5 x 0.7
    (1000, 500, 1, 0.0, 1.4),
    # what costs nothing needs no money
    (0, 0, 0, 0.0, 4.0),
])
def test_money_buys_intensity_less_what_departments_duplicate(cost, granted, shared, coordination, delivered):
    assert lever_delivered(4.0, cost, granted, shared, coordination, P) == pytest.approx(delivered, rel=1e-15)


@pytest.mark.parametrize(("condition", "ordinary", "built", "private", "planned", "delivered", "matched", "after"), [
    # paid in full: 0.5 + 0.25
    (0.5, 0.0, 0.25, 0, 1.0, 1.0, 0.0, 0.75),
    # paid by half: 0.5 + 0.125 - 0.04 x 0.5 x 0.5
    (0.5, 0.0, 0.25, 0, 1.0, 0.5, 0.0, 0.615),
    # the money stops: 0.5 x 0.96
    (0.5, 0.0, 0.0, 0, 0.0, 0.0, 0.0, 0.48),
    # planned but not paid: nothing is built
    (0.5, 0.0, 0.25, 0, 1.0, 0.0, 0.0, 0.48),
    # ordinary budgets keep up 0.49
    (0.5, 0.49, 0.0, 0, 0.0, 0.0, 0.0, 0.49),
    # a private yuan for each public one doubles what is built, where private firms may share: 0.5 + 2 x 0.2
    (0.5, 0.0, 0.2, 1, 1.0, 1.0, 1.0, 0.9),
    (0.5, 0.0, 0.2, 0, 1.0, 1.0, 1.0, 0.7),
    # as new at most
    (0.9, 0.0, 0.25, 1, 1.0, 1.0, 2.0, 1.0),
])
def test_works_are_built_while_paid_and_wear_when_the_money_stops(
    condition, ordinary, built, private, planned, delivered, matched, after,
):
    got = works_condition(condition, ordinary, built, private, planned, delivered, matched, P)
    assert got == pytest.approx(after, rel=1e-15)


@TRIALS
@given(situations(yearly_grant))
def test_every_fen_of_the_yearly_money_is_on_hand_waits_or_went_back(case):
    results = yearly_grant(**case)
    assert_in_declared_range(yearly_grant, results)
    fund, waits, grant, returned, _, _, _ = results
    assert fund + waits + returned == case["fund"] + case["held_back"] + grant
    assert grant <= case["budget"]


@TRIALS
@given(situations(yearly_grant, due=st.just(1)), st.floats(0.0, 1.0))
def test_a_more_certain_fund_never_brings_less(case, continuity):
    assume(continuity > case["planned_continuity"])
    assert yearly_grant(**case)[2] <= yearly_grant(**(case | {"planned_continuity": continuity}))[2]


@TRIALS
@given(situations(works_need, county_money_months=st.integers(1, 12), lever_planned=st.floats(0.0, 1.0),
                  lever_price=st.floats(0.0, 300_000.0), lever_upkeep=st.floats(0.0, 3500.0)))
def test_works_never_build_past_what_is_planned(case):
    results = works_need(**case)
    assert_in_declared_range(works_need, results)
    if case["county_money_months"] == 1:
        assert results[2] == 0
    assert case["condition"] + results[1] <= max(case["condition"], case["lever_planned"]) + 1e-15


@TRIALS
@given(situations(seats_need, county_money_months=st.integers(1, 12), villages=st.integers(0, 500)))
def test_what_townships_ask_for_camps_is_whole_fen_and_never_negative(case):
    assert_in_declared_range(seats_need, seats_need(**case))


@st.composite
def priced_levers(draw):
    row = draw(st.integers(0, len(LEVERS) - 1))
    case = draw(situations(lever_cost, scale=st.floats(0.0, 1e6), price=lever_number("price", row),
                           planned=lever_number("planned", row), need=st.integers(0, 10**12),
                           county_money_months=st.integers(1, 12)))
    return case | {"asked": int(LEVERS[row].upkeep is not None)}


@TRIALS
@given(priced_levers())
def test_the_cost_of_a_lever_is_whole_fen_and_never_negative(case):
    assert_in_declared_range(lever_cost, lever_cost(**case))


@TRIALS
@given(situations(lever_delivered, cost=st.integers(0, 10**12)), st.floats(0.0, 1.0))
def test_money_never_buys_more_than_was_planned(case, part):
    case |= {"granted": int(case["cost"] * part)}
    delivered = lever_delivered(**case)
    assert_in_declared_range(lever_delivered, delivered)
    assert delivered <= case["planned"]
    assert delivered >= lever_delivered(**(case | {"granted": case["granted"] // 2}))


@TRIALS
@given(situations(works_condition, lever_planned=st.floats(0.0, 1.0), ordinary=st.just(0.0)), st.floats(0.0, 1.0))
def test_works_without_money_never_improve_and_more_money_never_harms_them(case, part):
    full = case | {"lever_delivered": case["lever_planned"]}
    some = case | {"lever_delivered": case["lever_planned"] * part}
    none = case | {"lever_delivered": 0.0}
    after = [works_condition(**state) for state in (none, some, full)]
    for condition in after:
        assert_in_declared_range(works_condition, condition)
    assert after[0] <= case["condition"]
    assert after[0] <= after[1] + 1e-15
    assert after[1] <= after[2] + 1e-15


def test_private_money_builds_faster_but_not_more_than_planned():
    p = PolicyParameters()._replace(wear=0.0)
    # standing 0.4, to build 0.2, doubled by private money: 0.8, but 0.6 is planned
    assert works_condition(0.4, 0.0, 0.2, 1, 0.6, 0.6, 1.0, p) == pytest.approx(0.6, abs=1e-15)
    assert works_condition(0.1, 0.0, 0.2, 1, 0.6, 0.6, 1.0, p) == pytest.approx(0.5, abs=1e-15)


def test_what_stands_above_a_shrunken_plan_wears_although_the_rest_is_kept_up():
    p = PolicyParameters()._replace(wear=0.1)
    # 0.8 stands, 0.5 is planned and paid: the 0.3 above it wears by a tenth
    assert works_condition(0.8, 0.0, 0.0, 0, 0.5, 0.5, 0.0, p) == pytest.approx(0.77, abs=1e-15)


# What spreads whatever the programme does


@pytest.mark.parametrize(("phone", "gain", "luck", "owns"), [
    (0, 0.01, 0.009, True),
    (0, 0.01, 0.011, False),
    (0, 0.0, 0.001, False),
    (1, 0.0, 0.9, True),  # nobody loses one
])
def test_phones_reach_some_of_those_without_one(phone, gain, luck, owns):
    assert gets_phone(phone, gain, luck) == owns


@pytest.mark.parametrize(("ordinary", "national", "express", "kept"), [
    (0.75, 1, 0, 0.76),  # 0.75 + 0.04 x 0.25
    (1.0, 1, 0, 1.0),
    (0.75, 0, 1, 0.775),  # 0.75 + 0.1 x 0.25: points come by another programme than networks
    (1.0, 0, 1, 1.0),
    (0.75, 0, 0, 0.75),  # nobody builds cold stores by the way
])
def test_national_programmes_close_part_of_the_gap_in_coverage_and_points(ordinary, national, express, kept):
    assert networks_spread(ordinary, national, express, 0.04, 0.1) == pytest.approx(kept)


@TRIALS
@given(situations(gets_phone), situations(networks_spread))
def test_phones_and_networks_fit_their_columns_and_never_shrink(person, network):
    assert gets_phone(**person) in (person["phone"], True)
    kept = networks_spread(**network)
    assert_in_declared_range(networks_spread, kept)
    assert kept >= network["ordinary"]
