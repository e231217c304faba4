"""Training worked by hand: seats on three rungs, who comes first, what is learned and forgotten, trust in a person."""

import pytest
from hypothesis import given, strategies as st

from test_policy_rules import TRIALS, assert_in_declared_range, situations
from villagesim.mechanisms.training import (
    NEED,
    NETWORK,
    NOT_APPLYING,
    OPEN,
    RETURNEES,
    WOMEN_ELDERS,
    TrainingParameters,
    applies,
    camps_held,
    learns,
    priority,
    relationship,
    seats_offered,
    teamwork_month,
    whole_units,
)

P = TrainingParameters()._replace(
    camp_size=18.0, camp_least=15.0, camps_ahead=2.0, camp_asks=0.35, group_size=5.0, group_length=3.0, group_asks=0.25,
    group_wish=2.0, group_alone=0.6, group_hours=8.0, group_operation=0.3, lesson_part=0.25, lesson_hours=2.0,
    visit_hours=1.5, lecturer=0.4, teach_place=0.5, enough=0.75, visit_wish=0.3, popular_most=30.0, age_from=45.0,
    age_most=0.7, schooling_usual=8.0, speed_least=0.2, speed_most=1.6, trust_lesson=0.5,
    teach_social=0.3, teach_online=0.2, uptake=0.1, uptake_trust=2.0, gain_basic=0.4, gain_operation=0.5,
    gain_business=0.2, by_doing=0.01, age_handicap=0.02, schooling_help=0.05, patience=0.25, decay=0.06,
    phone_keeps=0.75, by_ties=0.04, trust_gain=0.2, trust_fade=0.01, trust_lost=0.7,
    champion_months=6.0, salon_teamwork=0.1, salon_variety=0.05, organising=0.01, teamwork_fade=0.02,
)
# A village in the third tenth of the ranks, with two sellers, nobody posted and no programme.
VILLAGE = {
    "rank": 0.3, "served": 0, "sellers": 2, "hours_casework": 0.0, "hours_group": 0.0,
    "hours_follow_up": 0.0, "competence_social": 0.0, "competence_online": 0.0, "productivity": 1.0, "county_month": 0,
    "lever_basic_course": 0.0, "reach_basic_course": 1.0,
    "lever_practice_group": 0.0, "reach_practice_group": 1.0, "lever_follow_up": 0.0, "reach_follow_up": 1.0,
    "lever_champions": 0.0, "reach_champions": 1.0, "lever_salon": 0.0, "reach_salon": 1.0, "p": P,
}
OFFERED = ("basic", "group", "visits", "champions", "salons", "teaching", "guidance")


def offered(**changes):
    return dict(zip(OFFERED, seats_offered(**(VILLAGE | changes)), strict=True))


@pytest.mark.parametrize(("amount", "units"), [
    (2.0, [2, 2, 2, 2]),
    # a quarter a month: one every fourth month
    (0.25, [0, 0, 0, 1, 0, 0, 0, 1]),
    (1.5, [1, 2, 1, 2]),
    (0.0, [0, 0, 0]),
])
def test_a_fraction_of_a_seat_is_carried_over_until_it_is_whole(amount, units):
    assert [whole_units(amount, month) for month in range(len(units))] == units


@pytest.mark.parametrize(("lever", "amount", "name", "units"), [
    ("basic_course", 4.0, "basic", 4),
    ("practice_group", 1.0, "group", 5),
    ("follow_up", 3.0, "visits", 3),
    ("champions", 2.0, "champions", 2),
    # one and a half champions are one; two, less the rounding of floats, are two
    ("champions", 1.5, "champions", 1),
    ("champions", 1.9999999, "champions", 2),
    ("salon", 0.5, "salons", 0.5),
])
def test_a_programme_offers_what_it_pays_for_where_it_reaches(lever, amount, name, units):
    nothing = offered()
    assert nothing == {"basic": 0, "group": 0, "visits": 0, "champions": 0, "salons": 0.0, "teaching": 0.4,
                       "guidance": 0.6}
    reached = offered(**{f"lever_{lever}": amount, f"reach_{lever}": 0.31})
    assert {key: value for key, value in reached.items() if value != nothing[key]} == {name: units}
    assert offered(**{f"lever_{lever}": amount, f"reach_{lever}": 0.3}) == nothing


@pytest.mark.parametrize(("bought", "applicants", "seats"), [
    # camps of 15 to 18
    (14.0, 99, 0),
    (15.0, 99, 15),
    (17.9, 99, 17),
    (18.0, 99, 18),
    (99.0, 14, 0),
    (99.0, 15, 15),
    (99.0, 18, 18),
    # a second camp needs 15 of its own
    (99.0, 32, 18),
    (99.0, 33, 33),
    (99.0, 36, 36),
    (32.0, 99, 18),
    (33.0, 99, 33),
    # seventeen and eighteen, less the rounding of floats
    (17.9999999, 99, 18),
    (0.0, 99, 0),
])
def test_camps_are_held_for_15_to_18_applicants_and_other_seats_are_kept(bought, applicants, seats):
    found = camps_held(bought, 0, 5, applicants, 2.0, P)
    assert found == (seats, pytest.approx(bought - seats, abs=1e-6))
    assert found[1] >= 0.0


def test_seats_are_added_month_by_month_in_all_villages_that_camps_reach():
    # 2.5 + 3 villages x 0.5 seats; nothing is added while the township does not buy
    assert camps_held(2.5, 1, 3, 99, 0.5, P) == (0, 4.0)
    assert camps_held(2.5, 0, 3, 99, 0.5, P) == (0, 2.5)
    # 12 + 5 x 2 = 22 seats are a camp of 18, and 4 for the next
    assert camps_held(12.0, 1, 5, 40, 2.0, P) == (18, 4.0)


@pytest.mark.parametrize(("sellers", "places"), [(0, 0), (1, 5), (2, 10), (9, 10)])
def test_practice_groups_need_a_real_seller_each(sellers, places):
    assert offered(lever_practice_group=2.0, sellers=sellers)["group"] == places


def test_a_workers_hours_add_lessons_and_visits():
    # a quarter of 8 group hours at 2 hours a place; 3 + 4.5 hours of casework and follow-up at 1.5 hours a visit
    with_worker = offered(served=1, hours_group=8.0, hours_casework=3.0, hours_follow_up=4.5, lever_basic_course=1.0,
                          lever_follow_up=2.0)
    assert (with_worker["basic"], with_worker["visits"]) == (1 + 1, 2 + 5)


@pytest.mark.parametrize(("changes", "teaching"), [
    # a lecturer alone, where half of every hour is productive: 0.4 x 0.75
    ({}, 0.4),
    ({"productivity": 0.5}, 0.3),
    # a worker adds 0.3 x 0.5 + 0.2 x 0.25
    ({"served": 1, "competence_social": 0.5, "competence_online": 0.25}, 0.6),
    ({"served": 1, "competence_social": 0.5, "competence_online": 0.25, "productivity": 0.5}, 0.45),
    # what a worker knew is gone where none serves
    ({"served": 0, "competence_social": 0.5, "competence_online": 0.25}, 0.4),
    # 0.9 + 0.3 + 0.2
    ({"served": 1, "competence_social": 1.0, "competence_online": 1.0, "p": P._replace(lecturer=0.9)}, 1.0),
])
def test_a_worker_makes_a_lecturers_teaching_better(changes, teaching):
    assert offered(**changes)["teaching"] == pytest.approx(teaching, rel=1e-14)


@pytest.mark.parametrize(("group", "hours", "guidance"), [
    # a group a month keeps three going, at 8 hours each: 24; three quarters of the group hours go there
    (1.0, 0.0, 0.6),
    (1.0, 16.0, 0.8),
    (1.0, 32.0, 1.0),
    (1.0, 96.0, 1.0),
    (2.0, 32.0, 0.8),
    # no more begin: those who are still at it have all the hours, or none
    (0.0, 1.0, 1.0),
    (0.0, 0.0, 0.6),
])
def test_a_workers_hours_guide_practice_groups(group, hours, guidance):
    assert offered(lever_practice_group=group, hours_group=hours)["guidance"] == pytest.approx(guidance, rel=1e-14)


@pytest.mark.parametrize(("targeting", "woman", "elder", "returnee", "poor", "popularity", "place"), [
    (OPEN, 1, 1, 1, 1, 9, 1),
    (WOMEN_ELDERS, 1, 0, 0, 0, 9, 0),
    (WOMEN_ELDERS, 0, 1, 0, 0, 9, 0),
    (WOMEN_ELDERS, 0, 0, 1, 1, 9, 1),
    (RETURNEES, 0, 0, 1, 0, 9, 0),
    (RETURNEES, 1, 1, 0, 1, 9, 1),
    (NEED, 0, 0, 0, 1, 9, 0),
    (NEED, 1, 1, 1, 0, 9, 1),
    # well-liked households first: 30 - 9, and nobody before those whom 30 trust
    (NETWORK, 1, 1, 1, 1, 9, 21),
    (NETWORK, 0, 0, 0, 0, 0, 30),
    (NETWORK, 0, 0, 0, 0, 45, 0),
])
def test_the_targeting_rule_says_who_comes_first(targeting, woman, elder, returnee, poor, popularity, place):
    assert priority(targeting, woman, elder, returnee, poor, popularity, P) == place


# An untaught household that trusts the worker by half: 0.1 x (1 + 2 x 0.5) = 0.2 want a seat. It is among the poor.
UNTAUGHT = {
    "woman_led": 0, "elder_led": 0, "returnee": 0, "poor": 1, "popularity": 4, "mode": 0, "months_online": 0,
    "margin_smooth": 0.0, "skill_basic": 0.0, "skill_operation": 0.0, "trained": 0, "group_months": 0,
    "trust_worker": 0.5, "waits_camp": 0, "seat_camp": 0, "rank": 0.6, "village_rank": 0.3, "county_targeting": OPEN,
    "planned_camp": 2.0, "reach_camp": 1.0, "within_basic_course": 1.0, "within_camp": 1.0,
    "within_practice_group": 1.0, "within_follow_up": 1.0, "within_champions": 1.0, "u_apply_basic": 0.9,
    "u_apply_camp": 0.9, "u_apply_group": 0.9, "u_apply_visit": 0.9, "p": P,
}
NO = NOT_APPLYING


@pytest.mark.parametrize(("changes", "classes"), [
    ({}, (NO, NO, NO, NO, NO)),
    ({"u_apply_basic": 0.2, "u_apply_camp": 0.2, "u_apply_group": 0.4, "u_apply_visit": 0.3, "skill_basic": 0.5,
      "skill_operation": 0.5}, (NO, NO, NO, NO, NO)),
    # trust doubles the wish, and without trust it is 0.1
    ({"u_apply_basic": 0.199}, (1, NO, NO, NO, NO)),
    ({"u_apply_basic": 0.201}, (NO, NO, NO, NO, NO)),
    ({"u_apply_basic": 0.101, "trust_worker": 0.0}, (NO, NO, NO, NO, NO)),
    ({"u_apply_basic": 0.299, "trust_worker": 1.0}, (1, NO, NO, NO, NO)),
    # the first rung is learned at 0.75
    ({"u_apply_basic": 0.1, "skill_basic": 0.74}, (1, NO, NO, NO, NO)),
    ({"u_apply_basic": 0.1, "skill_basic": 0.75}, (NO, NO, NO, NO, NO)),
    # a camp asks for some of the first rung
    ({"u_apply_camp": 0.199, "skill_basic": 0.35}, (NO, 1, NO, NO, NO)),
    ({"u_apply_camp": 0.201, "skill_basic": 0.35}, (NO, NO, NO, NO, NO)),
    ({"u_apply_camp": 0.1, "skill_basic": 0.34}, (NO, NO, NO, NO, NO)),
    ({"u_apply_camp": 0.1, "skill_basic": 0.35, "skill_operation": 0.74, "group_months": 1}, (NO, 1, NO, NO, NO)),
    ({"u_apply_camp": 0.1, "skill_basic": 0.35, "skill_operation": 0.75}, (NO, NO, NO, NO, NO)),
    ({"u_apply_camp": 0.1, "skill_basic": 0.35, "planned_camp": 0.5}, (NO, 1, NO, NO, NO)),
    # nobody puts a name down where no camp is planned or camps do not reach
    ({"u_apply_camp": 0.1, "skill_basic": 0.35, "planned_camp": 0.0}, (NO, NO, NO, NO, NO)),
    ({"u_apply_camp": 0.1, "skill_basic": 0.35, "reach_camp": 0.3}, (NO, NO, NO, NO, NO)),
    ({"u_apply_camp": 0.1, "skill_basic": 0.35, "reach_camp": 0.31}, (NO, 1, NO, NO, NO)),
    # who is on the list stays on it, whatever is planned now,
    ({"waits_camp": 1, "skill_basic": 0.35, "planned_camp": 0.0}, (NO, 1, NO, NO, NO)),
    # until it had a seat last month, or has no use for a camp
    ({"waits_camp": 1, "seat_camp": 1, "skill_basic": 0.35}, (NO, NO, NO, NO, NO)),
    ({"waits_camp": 1, "skill_basic": 0.34}, (NO, NO, NO, NO, NO)),
    ({"waits_camp": 1, "skill_basic": 0.5, "skill_operation": 0.75, "group_months": 1}, (NO, NO, NO, NO, NO)),
    # who had a seat may want another
    ({"waits_camp": 1, "seat_camp": 1, "u_apply_camp": 0.1, "skill_basic": 0.35}, (NO, 1, NO, NO, NO)),
    # a group asks for some of the second, and twice as many want to join
    ({"u_apply_group": 0.399, "skill_operation": 0.25}, (NO, NO, 1, NO, NO)),
    ({"u_apply_group": 0.401, "skill_operation": 0.25}, (NO, NO, NO, NO, NO)),
    ({"u_apply_group": 0.1, "skill_operation": 0.24}, (NO, NO, NO, NO, NO)),
    ({"u_apply_group": 0.1, "skill_operation": 0.25, "group_months": 1}, (NO, NO, NO, NO, NO)),
    # visits: sellers first, then whoever was trained, then three in ten of the others
    ({"u_apply_visit": 0.29}, (NO, NO, NO, 2, NO)),
    ({"trained": 1, "u_apply_visit": 0.29}, (NO, NO, NO, 1, NO)),
    ({"trained": 1, "mode": 1}, (NO, NO, NO, 0, NO)),
    # a champion has sold for six months, at a margin above the trader's
    ({"mode": 1, "months_online": 6, "margin_smooth": 0.01}, (NO, NO, NO, 0, 1)),
    ({"mode": 2, "months_online": 7, "margin_smooth": 0.01}, (NO, NO, NO, 0, 1)),
    ({"mode": 1, "months_online": 5, "margin_smooth": 0.01}, (NO, NO, NO, 0, NO)),
    ({"mode": 1, "months_online": 6, "margin_smooth": 0.0}, (NO, NO, NO, 0, NO)),
    ({"mode": 0, "months_online": 6, "margin_smooth": 0.01}, (NO, NO, NO, NO, NO)),
    # what goes to some of a village's households, the others do not apply for: this one's rank is 0.6
    ({"u_apply_basic": 0.199, "within_basic_course": 0.61}, (1, NO, NO, NO, NO)),
    ({"u_apply_basic": 0.199, "within_basic_course": 0.6}, (NO, NO, NO, NO, NO)),
    ({"u_apply_camp": 0.1, "skill_basic": 0.35, "within_camp": 0.61}, (NO, 1, NO, NO, NO)),
    ({"u_apply_camp": 0.1, "skill_basic": 0.35, "within_camp": 0.6}, (NO, NO, NO, NO, NO)),
    ({"u_apply_group": 0.1, "skill_operation": 0.25, "within_practice_group": 0.61}, (NO, NO, 1, NO, NO)),
    ({"u_apply_group": 0.1, "skill_operation": 0.25, "within_practice_group": 0.6}, (NO, NO, NO, NO, NO)),
    ({"u_apply_visit": 0.29, "within_follow_up": 0.61}, (NO, NO, NO, 2, NO)),
    ({"u_apply_visit": 0.29, "within_follow_up": 0.6}, (NO, NO, NO, NO, NO)),
    ({"mode": 1, "months_online": 6, "margin_smooth": 0.01, "within_champions": 0.6}, (NO, NO, NO, 0, NO)),
    # the poor come first under the rule of need, in every queue but that for visits
    ({"county_targeting": NEED, "u_apply_basic": 0.1, "u_apply_camp": 0.1, "u_apply_group": 0.1, "skill_basic": 0.4,
      "skill_operation": 0.3, "mode": 1, "months_online": 6, "margin_smooth": 0.1}, (0, 0, 0, 0, 0)),
])
def test_each_rung_asks_for_some_of_the_one_below(changes, classes):
    basic, camp, *others = classes
    assert applies(**(UNTAUGHT | changes)) == (basic, camp != NO, camp, *others)


# A household head of 45 with 8 years of schooling learns at speed 1; teaching of quality 0.5; nothing happens.
HEAD = {
    "age": 45.0, "schooling": 8.0, "phone": 0, "mode": 0, "skill_basic": 0.5, "skill_operation": 0.5,
    "skill_business": 0.4, "seat_basic": 0, "seat_camp": 0, "seat_group": 0, "visited": 0, "trained": 0,
    "group_months": 0, "taught_trust": 0, "tie_trust": 100, "village_teaching": 0.5, "village_guidance": 0.8,
    "village_competence_social": 0.0, "p": P,
}


def skills_after(**changes):
    return learns(**(HEAD | changes))[:3]


@pytest.mark.parametrize(("changes", "skills"), [
    # 0.94 of each is kept
    ({}, (0.47, 0.47, 0.376)),
    # a phone prevents three quarters of the first rung's loss: 0.5 x (1 - 0.06 x 0.25)
    ({"phone": 1}, (0.4925, 0.47, 0.376)),
    # a visit keeps all
    ({"visited": 1}, (0.5, 0.5, 0.4)),
])
def test_what_is_neither_used_nor_followed_up_fades(changes, skills):
    assert skills_after(**changes) == pytest.approx(skills, rel=1e-14)


@pytest.mark.parametrize(("changes", "basic"), [
    # a course at quality 0.5 teaches 0.4 x 0.5 of what is missing: 0.5 + 0.5 x 0.2
    ({}, 0.6),
    # at 65: 1 - 0.02 x 20 = 0.6 of the speed; a worker with full social competence takes a quarter of that off: 0.7
    ({"age": 65.0}, 0.56),
    ({"age": 65.0, "village_competence_social": 1.0}, 0.57),
    # the handicap is 0.7 at most: 95 learn at 0.3; without schooling 0.3 - 0.4, but 0.2 at least
    ({"age": 95.0}, 0.53),
    ({"age": 95.0, "schooling": 0.0}, 0.52),
    # no bonus for youth; 4 years more of schooling: 1.2
    ({"age": 20.0}, 0.6),
    ({"schooling": 12.0}, 0.62),
    # 1.6 at most: 0.5 + 0.5 x 0.4 x 0.8
    ({"schooling": 19.0, "p": P._replace(schooling_help=0.12)}, 0.66),
    # quality is 1 at most: 0.5 + 0.5 x 0.4
    ({"schooling": 12.0, "village_teaching": 0.9}, 0.7),
])
def test_age_slows_and_schooling_helps_a_basic_course(changes, basic):
    after = learns(**(HEAD | {"seat_basic": 1, "visited": 1} | changes))
    assert after == (pytest.approx(basic, rel=1e-14), 0.5, 0.4, 0, 1)


@pytest.mark.parametrize(("taught", "ties", "schooling", "basic"), [
    # half of all tie trust knows how: 0.5 + 0.5 x 0.04 x 0.5
    (50, 100, 8.0, 0.51),
    # all of it: 0.04 of what is missing; at speed 1.2: 0.048
    (100, 100, 8.0, 0.52),
    (100, 100, 12.0, 0.524),
    (0, 0, 8.0, 0.5),
])
def test_ties_pass_on_the_first_rung_only(taught, ties, schooling, basic):
    after = skills_after(visited=1, taught_trust=taught, tie_trust=ties, schooling=schooling)
    assert after == pytest.approx((basic, 0.5, 0.4), rel=1e-14)


@pytest.mark.parametrize("mode", [1, 2])
def test_selling_teaches_the_second_rung_and_keeps_the_others(mode):
    # 0.01 of what is missing
    assert skills_after(mode=mode) == pytest.approx((0.5, 0.505, 0.4), rel=1e-14)


def test_a_camp_teaches_the_second_rung():
    # 0.5 x 0.5 of what is missing
    assert skills_after(seat_camp=1, visited=1) == pytest.approx((0.5, 0.625, 0.4), rel=1e-14)


def test_a_practice_group_teaches_the_third_rung_and_a_little_of_the_second():
    # 0.2 x 0.5 x guidance 0.8 = 0.08 of the third, 0.3 x 0.08 = 0.024 of the second; nothing fades meanwhile
    assert skills_after(group_months=2) == pytest.approx((0.5, 0.512, 0.448), rel=1e-14)


def test_a_practice_group_lasts_three_months():
    months, taught = [], []
    left = 0
    for month in range(5):
        after = learns(**(HEAD | {"seat_group": int(month == 0), "group_months": left}))
        left = after[3]
        months.append(left)
        taught.append(after[2] > HEAD["skill_business"])
    assert months == [2, 1, 0, 0, 0]
    assert taught == [True, True, True, False, False]


@pytest.mark.parametrize(("seat", "trained"), [("seat_basic", 1), ("seat_camp", 1), ("seat_group", 1), ("trained", 1),
                                               ("visited", 0)])
def test_a_seat_counts_as_training_for_ever_and_a_visit_does_not(seat, trained):
    assert learns(**(HEAD | {seat: 1}))[4] == trained


@pytest.mark.parametrize(("visited", "seat", "served", "contractor", "lost", "trust"), [
    # from 0.5: a hundredth fades
    (0, 0, 1, 0, 0, 0.495),
    # a visit at competence 0.5 earns 0.2 x 0.5 of what is missing: 0.495 + 0.505 x 0.1; a lesson half of that
    (1, 0, 1, 0, 0, 0.5455),
    (0, 1, 1, 0, 0, 0.52025),
    (1, 1, 1, 0, 0, 0.5455),
    # a person who leaves takes 0.7 of it along; who comes next can begin to earn: 0.1485 + 0.8515 x 0.1
    (0, 0, 0, 0, 1, 0.1485),
    (1, 0, 1, 0, 1, 0.23365),
    # a contractor's staff and a hired lecturer's visits earn none
    (1, 1, 1, 1, 0, 0.495),
    (1, 1, 0, 0, 0, 0.495),
])
def test_trust_is_earned_by_contact_and_leaves_with_the_person(visited, seat, served, contractor, lost, trust):
    assert relationship(0.5, visited, seat, served, contractor, lost, 0.5, P) == pytest.approx(trust, rel=1e-14)


@pytest.mark.parametrize(("meetings", "hours", "teamwork", "variety"), [
    # 0.98 of both are kept
    (0.0, 0.0, 0.49, 0.392),
    # two salons: 0.2 and 0.1 of what is missing; with 10 hours of organising 0.3
    (2.0, 0.0, 0.592, 0.4528),
    (2.0, 10.0, 0.643, 0.4528),
    (0.0, 10.0, 0.541, 0.392),
    (50.0, 0.0, 1.0, 1.0),
])
def test_salons_build_teamwork_and_variety_and_organising_builds_teamwork(meetings, hours, teamwork, variety):
    assert teamwork_month(0.5, 0.4, meetings, hours, P) == pytest.approx((teamwork, variety), rel=1e-14)


# A worker's hours of a month; more would need more than the posts that a county may have.
HOURS = st.floats(0.0, 1000.0)


@TRIALS
@given(st.floats(0.0, 60.0), st.integers(0, 1000), st.integers(1, 60))
def test_over_any_months_the_seats_offered_are_those_paid_for_to_within_one(amount, start, months):
    total = sum(whole_units(amount, month) for month in range(start, start + months))
    assert abs(total - amount * months) < 1.0 + 1e-6


@TRIALS
@given(situations(seats_offered, hours_casework=HOURS, hours_group=HOURS, hours_follow_up=HOURS,
                  county_month=st.integers(0, 1800)))
def test_what_a_village_is_offered_is_whole_and_never_negative(case):
    found = seats_offered(**case)
    assert_in_declared_range(seats_offered, found)
    assert found[1] <= case["sellers"] * int(case["p"].group_size)


@TRIALS
@given(situations(camps_held, villages=st.integers(0, 500), applicants=st.integers(0, 10_000),
                  camp_seats=st.floats(0.0, 1e5)))
def test_no_seat_is_held_that_was_not_bought_or_that_nobody_wants_and_none_is_lost(case):
    found = camps_held(**case)
    assert_in_declared_range(camps_held, found)
    seats, left = found
    bought = case["camp_seats"] + (case["lever_camp"] * case["villages"] if case["buys"] else 0.0)
    assert seats <= case["applicants"]
    assert seats + left == pytest.approx(bought, rel=1e-12, abs=1e-5)
    size = int(case["p"].camp_size)
    assert seats % size == 0 or seats % size >= case["p"].camp_least


@TRIALS
@given(situations(applies), st.floats(0.0, 1.0))
def test_more_trust_in_the_worker_never_keeps_a_household_from_a_seat(case, trust):
    found = applies(**case)
    assert_in_declared_range(applies, found)
    closer = applies(**(case | {"trust_worker": max(trust, case["trust_worker"])}))
    assert all(after <= before for after, before in zip(closer[2:], found[2:], strict=True))
    assert closer[0] <= found[0]
    assert closer[1] >= found[1]


@TRIALS
@given(situations(learns), st.sampled_from(["seat_basic", "seat_camp", "seat_group", "visited", "phone"]))
def test_no_seat_visit_or_phone_ever_costs_skill(case, help_):
    without, given_ = learns(**(case | {help_: 0})), learns(**(case | {help_: 1}))
    for found in (without, given_):
        assert_in_declared_range(learns, found)
    # a beginner's group of three months may be shorter than what is left of another, but both teach this month
    assert all(after >= before - 1e-15 for after, before in zip(given_[:3], without[:3], strict=True))


@TRIALS
@given(situations(relationship))
def test_a_visit_or_a_lesson_never_lowers_trust(case):
    without = relationship(**(case | {"visited": 0, "seat_basic": 0}))
    lesson = relationship(**(case | {"visited": 0, "seat_basic": 1}))
    visit = relationship(**(case | {"visited": 1}))
    for trust in (without, lesson, visit):
        assert_in_declared_range(relationship, trust)
    assert without <= lesson + 1e-15
    assert lesson <= visit + 1e-15


@TRIALS
@given(situations(teamwork_month), st.floats(0.0, 100.0))
def test_one_more_salon_never_harms_teamwork(case, more):
    found = teamwork_month(**case)
    assert_in_declared_range(teamwork_month, found)
    after = teamwork_month(**(case | {"meetings": case["meetings"] + more}))
    assert all(later >= now - 1e-15 for later, now in zip(after, found, strict=True))
