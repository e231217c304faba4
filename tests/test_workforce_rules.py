"""Workforce worked by hand: posts funded, left and filled, competence, hours, pay, and what bad roads cost."""

import pytest
from hypothesis import given, strategies as st

from test_policy_rules import COLUMNS, TRIALS, assert_in_declared_range, situations, within
from villagesim.mechanisms.workforce import (
    GRADUATE,
    OFFICIAL,
    OUTSIDER,
    RETURNEE,
    WorkforceParameters,
    assigned_post,
    fills_post,
    gains_competence,
    hours_by_service,
    leaves_post,
    service_hours,
    visit_conditions,
)

# Effects on the log hazard are multiples of ln 2, so that each multiplies 0.24 / 12 = 0.02 a month by a power of two.
LN_2 = 0.6931471805599453
P = WorkforceParameters()._replace(
    leave_rate=0.24, leave_pay=4 * LN_2, leave_ladder=LN_2, leave_local=2 * LN_2, leave_load=0.5 * LN_2,
    leave_supervision=0.75 * LN_2, leave_graduate=LN_2, caseload_norm=400.0, hire_rate=0.16,
    hire_ladder=0.3, part_least=0.1, appeal_most=2.0, local_share=0.32, returnee_part=0.6,
    hired_spread=0.3, online_graduate=0.2, senior_gain=2.0, road_far=20.0, road_plain=0.4,
    graduate_share=0.25, social_start=0.5, social_local=0.4, online_start=0.1,
    online_returnee=0.35, learn_social=0.02, learn_online=0.01, mentor_gain=1.0, course_gain=2.0, supervision_gain=0.5,
    contractor_online=0.45, grade_months=20.0, hours=160.0, paperwork=0.25, paperwork_alone=0.3,
    paperwork_assessed=0.05, award_drive=0.5, slack=0.4, slack_months=12.0, bend=0.5, road_loss=0.4, hardware_loss=0.3,
    overhead=0.2, city_share=1.0,
)
# The first of two posts of a county of 1,000 households. Take-home pay 5,000 x 0.8 = 4,000 yuan, as in the city.
HELD = {
    "ordinal": 0, "filled": 1, "origin": OUTSIDER, "grade": 0.0, "caseload": 400,
    "county_households": 1000, "county_contractors": 0, "county_city_wage": 4000.0, "lever_posts": 2.0,
    "price_posts": 5000.0, "lever_pay": 0.0, "price_pay": 4000.0, "lever_ladder": 0.0, "price_ladder": 0.0,
    "lever_supervision": 0.0, "lever_exodus": 0.0, "u_leave_post": 0.5, "p": P,
}
VACANT = {
    "open": 1, "filled": 0, "contractor": 0, "generation": 3, "origin": OUTSIDER, "tenure": 7, "social": 0.9,
    "online": 0.8, "grade": 2.0, "county_city_wage": 4000.0, "price_posts": 5000.0, "lever_pay": 0.0,
    "price_pay": 4000.0, "lever_ladder": 0.0, "lever_local_hiring": 0.0, "u_hire": 0.1, "u_origin": 0.9,
    "u_hired_skill": 0.5, "p": P,
}


@pytest.mark.parametrize(("changes", "hazard"), [
    ({}, 0.02),
    # half the city's pay: a gap of 1/2 multiplies by 2^2
    ({"price_posts": 2500.0}, 0.08),
    # 2,000 of base pay and 0.5 x 4,000 above scale: no gap
    ({"price_posts": 2500.0, "lever_pay": 0.5}, 0.02),
    # twice the city's pay: a gap of -1, 2^-4
    ({"price_posts": 10_000.0}, 0.00125),
    # a ladder halves; with a supplement of 2,000 at grade 2.5 of 5, pay is 5,000, a gap of -1/4: half once more
    ({"lever_ladder": 1.0}, 0.01),
    ({"lever_ladder": 1.0, "price_ladder": 2000.0, "grade": 2.5}, 0.005),
    # returnees and officials are local, 2^-2; graduates are wanted elsewhere, 2^1
    ({"origin": RETURNEE}, 0.005),
    ({"origin": OFFICIAL}, 0.005),
    ({"origin": GRADUATE}, 0.04),
    # twice the norm: 2^0.5; half the norm changes nothing; four times the norm and more: 2^1.5
    ({"caseload": 800}, 0.0282842712),
    ({"caseload": 200}, 0.02),
    ({"caseload": 1600}, 0.0565685425),
    ({"caseload": 4000}, 0.0565685425),
    # 2^-0.75
    ({"lever_supervision": 1.0}, 0.0118920712),
    # an exodus adds a tenth
    ({"lever_exodus": 0.1}, 0.12),
])
def test_workers_leave_over_pay_and_load_and_stay_for_a_ladder_home_and_supervision(changes, hazard):
    below = leaves_post(**(HELD | changes | {"u_leave_post": hazard * (1 - 1e-6)}))
    above = leaves_post(**(HELD | changes | {"u_leave_post": hazard * (1 + 1e-6)}))
    assert below == (1, 0, 0, 1, 1.0)
    assert above == (1, 1, 0, 0, 1.0)


def test_the_pay_gap_is_to_the_part_of_the_city_wage_that_workers_compare_with():
    # 4,000 against 0.5 x 8,000 is no gap; against 8,000 it is 1/2, and the hazard 0.08 instead of 0.02
    half, whole = P._replace(city_share=0.5), P._replace(city_share=1.0)
    case = HELD | {"county_city_wage": 8000.0, "u_leave_post": 0.03}
    assert leaves_post(**(case | {"p": half}))[3] == 0
    assert leaves_post(**(case | {"p": whole}))[3] == 1


@pytest.mark.parametrize(("ordinal", "posts", "households", "funded", "part"), [
    # 2 per 1,000 households of 1,500 are 3 whole posts; 0.58 of 50,000 are 29, whatever floats say
    (2, 2.0, 1500, 1, 1.0),
    (3, 2.0, 1500, 0, 0.0),
    (28, 0.58, 50_000, 1, 1.0),
    (29, 0.58, 50_000, 0, 0.0),
    # money for 1.9 is shared by two posts of 0.95, for a quarter by one post of a quarter
    (0, 1.9, 1000, 1, 0.95),
    (1, 1.9, 1000, 1, 0.95),
    (2, 1.9, 1000, 0, 0.0),
    (0, 0.5, 500, 1, 0.25),
    (1, 0.5, 500, 0, 0.0),
    (0, 0.0, 1000, 0, 0.0),
    # a tenth of a post is one, less is none
    (0, 0.2, 500, 1, 0.1),
    (0, 0.19, 500, 0, 0.0),
])
def test_as_few_posts_as_can_carry_the_money_share_it_alike(ordinal, posts, households, funded, part):
    found = leaves_post(**(HELD | {"ordinal": ordinal, "lever_posts": posts, "county_households": households}))
    # the holder of a post that is no longer funded leaves
    assert found == (funded, funded, 0, 1 - funded, pytest.approx(part, rel=1e-14))


def test_a_vacant_post_stays_vacant_and_nobody_leaves_it():
    assert leaves_post(**(HELD | {"filled": 0, "u_leave_post": 0.0001})) == (1, 0, 0, 0, 1.0)


@pytest.mark.parametrize(("filled", "posts", "found"), [
    (0, 2.0, (1, 1, 1, 0, 1.0)),
    (1, 2.0, (1, 1, 1, 0, 1.0)),
    (1, 0.0, (0, 0, 0, 0, 0.0)),
])
def test_a_contractor_fills_every_funded_post_and_takes_no_leave(filled, posts, found):
    case = HELD | {"county_contractors": 1, "filled": filled, "lever_posts": posts}
    assert leaves_post(**(case | {"u_leave_post": 0.0001})) == found


@pytest.mark.parametrize(("changes", "chance"), [
    # pay as in the city: 0.16 a month
    ({}, 0.16),
    # 4,000 + 0.5 x 4,000 = 6,000 against 4,000: 1.5 x 0.16
    ({"lever_pay": 0.5}, 0.24),
    # a ladder adds 0.3 to the appeal
    ({"lever_ladder": 1.0}, 0.208),
    # the appeal is 0.3 at least and 2 at most
    ({"county_city_wage": 40_000.0}, 0.048),
    ({"county_city_wage": 1000.0}, 0.32),
    # 4,000 against half of 16,000: 0.5 x 0.16
    ({"county_city_wage": 16_000.0, "p": P._replace(city_share=0.5)}, 0.08),
])
def test_better_paid_posts_are_filled_sooner(changes, chance):
    before = fills_post(**(VACANT | changes | {"u_hire": chance + 1e-9}))
    after = fills_post(**(VACANT | changes | {"u_hire": chance - 1e-9}))
    assert before == (0, 3, OUTSIDER, 7, 0.9, 0.8, 2.0, 0)
    assert (after[0], after[1], after[3], after[6], after[7]) == (1, 4, 0, 0.0, 1)


@pytest.mark.parametrize("changes", [{"open": 0}, {"filled": 1}])
def test_nobody_is_hired_where_no_post_is_open_and_vacant(changes):
    filled = changes.get("filled", 0)
    assert fills_post(**(VACANT | changes | {"u_hire": 0.0001})) == (filled, 3, OUTSIDER, 7, 0.9, 0.8, 2.0, 0)


@pytest.mark.parametrize(("local_hiring", "luck", "origin"), [
    # 0.32 are local, six tenths of them returnees: 0.192; a quarter of the other 0.68 are graduates: up to 0.49
    (0.0, 0.191, RETURNEE),
    (0.0, 0.193, OFFICIAL),
    (0.0, 0.319, OFFICIAL),
    (0.0, 0.321, GRADUATE),
    (0.0, 0.489, GRADUATE),
    (0.0, 0.491, OUTSIDER),
    # posts half held open: 0.32 + 0.5 x 0.68 = 0.66 are local, 0.396 returnees; graduates a quarter of 0.34
    (0.5, 0.395, RETURNEE),
    (0.5, 0.397, OFFICIAL),
    (0.5, 0.659, OFFICIAL),
    (0.5, 0.661, GRADUATE),
    (0.5, 0.744, GRADUATE),
    (0.5, 0.746, OUTSIDER),
    # posts for locals alone
    (1.0, 0.599, RETURNEE),
    (1.0, 0.601, OFFICIAL),
    (1.0, 0.999, OFFICIAL),
])
def test_local_hiring_brings_returnees_and_village_officials(local_hiring, luck, origin):
    assert fills_post(**(VACANT | {"lever_local_hiring": local_hiring, "u_origin": luck}))[2] == origin


@pytest.mark.parametrize(("origin_luck", "skill_luck", "social", "online"), [
    # usual luck (0.7 + 0.6 x 0.5 = 1): outsider, graduate, official, returnee
    (0.9, 0.5, 0.5, 0.1),
    (0.4, 0.5, 0.5, 0.2),
    (0.25, 0.5, 0.4, 0.1),
    (0.05, 0.5, 0.4, 0.35),
    # a quarter up: 0.7 + 0.15 = 0.85; three quarters: 1.15
    (0.9, 0.25, 0.425, 0.085),
    (0.05, 0.75, 0.46, 0.4025),
])
def test_who_is_hired_decides_what_the_post_can_do(origin_luck, skill_luck, social, online):
    hired = fills_post(**(VACANT | {"u_origin": origin_luck, "u_hired_skill": skill_luck}))
    assert hired[4:6] == (pytest.approx(social, rel=1e-14), pytest.approx(online, rel=1e-14))


def test_nobody_knows_more_than_everything():
    # 0.9 x (0.7 + 0.6 x 0.9) = 1.116
    assert fills_post(**(VACANT | {"u_hired_skill": 0.9, "p": P._replace(social_start=0.9)}))[4] == 1.0


def test_a_contractors_staff_know_e_commerce_and_no_social_work():
    held = VACANT | {"filled": 1, "contractor": 1}
    assert fills_post(**held) == (1, 3, OUTSIDER, 7, 0.0, 0.45, 0.0, 0)


# A junior in the sixth month, alone in the county.
JUNIOR = {
    "filled": 1, "contractor": 0, "tenure": 5, "social": 0.5, "online": 0.2, "grade": 1.0, "serves": 1,
    "social_steps": 500_000, "online_steps": 200_000, "county_staff": 1, "county_staff_social": 500_000,
    "county_staff_online": 200_000, "lever_ladder": 0.0, "lever_mentors": 0.0, "lever_supervision": 0.0,
    "lever_college_course": 0.0, "p": P,
}
FULL = 2**20


@pytest.mark.parametrize(("levers", "social", "online", "grade"), [
    # levers: ladder, mentors, supervision, college course. On the job: 0.5 + 0.02 x 0.5, 0.2 + 0.01 x 0.8
    ((0.0, 0.0, 0.0, 0.0), 0.51, 0.208, 1.0),
    # a grade in 20 months on a full ladder, half as fast on half of one
    ((1.0, 0.0, 0.0, 0.0), 0.51, 0.208, 1.05),
    ((0.5, 0.0, 0.0, 0.0), 0.51, 0.208, 1.025),
    # mentors double both
    ((0.0, 1.0, 0.0, 0.0), 0.52, 0.216, 1.0),
    # supervision adds half to social work, courses twice to e-commerce
    ((0.0, 0.0, 1.0, 0.0), 0.515, 0.208, 1.0),
    ((0.0, 0.0, 0.0, 1.0), 0.51, 0.224, 1.0),
    # together: x 2.5 and x 4
    ((0.0, 1.0, 1.0, 1.0), 0.525, 0.232, 1.0),
])
def test_mentors_supervision_and_courses_speed_up_learning_on_the_job(levers, social, online, grade):
    names = ("lever_ladder", "lever_mentors", "lever_supervision", "lever_college_course")
    after = gains_competence(**(JUNIOR | dict(zip(names, levers, strict=True))))
    assert after[:4] == (6, *(pytest.approx(value, rel=1e-14) for value in (social, online, grade)))
    assert after[4:] == (1, round(social * FULL), round(online * FULL))


@pytest.mark.parametrize(("others", "serves", "levers", "social", "online"), [
    # two colleagues of 0.75 on average in social work lead by a quarter: 1 + 2 x 0.25 = 1.5 times as fast;
    # of 0.5 in e-commerce by 0.3: 1.6 times
    (((3 * FULL // 4, FULL // 2), (3 * FULL // 4, FULL // 2)), 1, {}, 0.515, 0.2128),
    # one knows all and one nothing: the mean of 0.5 leads in e-commerce alone
    (((FULL, FULL), (0, 0)), 1, {}, 0.51, 0.2128),
    # who knows less than the junior holds nobody back
    (((0, 0), (0, 0)), 1, {}, 0.51, 0.208),
    # last month the post was vacant: two colleagues all the same
    (((3 * FULL // 4, FULL // 2), (3 * FULL // 4, FULL // 2)), 0, {}, 0.515, 0.2128),
    # a mentor beside them: 2.5 and 2.6 times
    (((3 * FULL // 4, FULL // 2), (3 * FULL // 4, FULL // 2)), 1, {"lever_mentors": 1.0}, 0.525, 0.2208),
])
def test_seniors_lead_juniors(others, serves, levers, social, online):
    own = (500_000, 200_000) if serves else (0, 0)
    case = JUNIOR | levers | {
        "serves": serves, "social_steps": own[0], "online_steps": own[1], "county_staff": len(others) + serves,
        "county_staff_social": own[0] + sum(one for one, _ in others),
        "county_staff_online": own[1] + sum(one for _, one in others),
    }
    assert gains_competence(**case)[1:3] == (pytest.approx(social, rel=1e-14), pytest.approx(online, rel=1e-14))


def test_nobody_climbs_past_the_top_grade():
    assert gains_competence(**(JUNIOR | {"grade": 4.99, "lever_ladder": 1.0}))[3] == 5.0


def test_a_beginner_starts_the_climb_below_the_first_grade():
    # 0 + 1 / 20 on a full ladder, and 0 without one
    assert gains_competence(**(JUNIOR | {"grade": 0.0, "lever_ladder": 1.0}))[3] == pytest.approx(0.05, rel=1e-14)
    assert gains_competence(**(JUNIOR | {"grade": 0.0}))[3] == 0.0


@pytest.mark.parametrize(("filled", "contractor", "tenure"), [(0, 0, 0), (1, 1, 6)])
def test_neither_a_vacant_post_nor_a_contractor_grows(filled, contractor, tenure):
    levers = {"lever_ladder": 1.0, "lever_mentors": 1.0, "lever_supervision": 1.0, "lever_college_course": 1.0}
    led = {"county_staff": 3, "county_staff_social": 2 * FULL, "county_staff_online": 2 * FULL}
    found = gains_competence(**(JUNIOR | levers | led | {"filled": filled, "contractor": contractor}))
    assert found == (tenure, 0.5, 0.2, 1.0, 0, 0, 0)


@pytest.mark.parametrize(("tenure", "coordination", "assessment", "hours"), [
    # a quarter of 160 hours goes to paperwork
    (0, 1.0, 0.0, 120.0),
    # each department asks on its own: 0.55
    (0, 0.0, 0.0, 72.0),
    # half coordinated: 0.4
    (0, 0.5, 0.0, 96.0),
    # assessment: 0.3, at any time in post
    (0, 1.0, 1.0, 112.0),
    (36, 1.0, 1.0, 112.0),
    # nobody assesses: of 0.4, half has lapsed after 12 months, three quarters after 36: 120 x 0.8, 120 x 0.7
    (12, 1.0, 0.0, 96.0),
    (36, 1.0, 0.0, 84.0),
    # half an assessment: 160 x (1 - 0.275) x (1 - 0.4 x 0.5 x 0.5)
    (12, 1.0, 0.5, 104.4),
])
def test_paperwork_and_slack_eat_the_hours_for_villages(tenure, coordination, assessment, hours):
    found = service_hours(1, 1.0, tenure, 0.0, coordination, 5000.0, 0.0, 4000.0, 0.0, 500.0, assessment, 0.0, P)
    assert found[0] == pytest.approx(hours, rel=1e-14)


@pytest.mark.parametrize(("assessment", "award", "same"), [(0.0, 1.0, 0.5), (0.25, 0.5, 0.5), (0.9, 1.0, 1.0)])
def test_money_that_waits_for_a_rating_presses_like_half_an_assessment(assessment, award, same):
    hours = [service_hours(1, 1.0, 12, 0.0, 1.0, 5000.0, 0.0, 4000.0, 0.0, 500.0, *pressed, P)[0]
             for pressed in ((assessment, award), (same, 0.0))]
    assert hours[0] == hours[1] > 96.0


def test_a_desk_takes_all_hours_and_no_more():
    # 0.6 + 0.4 + 0.3 of the hours
    buried = P._replace(paperwork=0.6, paperwork_alone=0.4, paperwork_assessed=0.3)
    assert service_hours(1, 1.0, 0, 0.0, 0.0, 5000.0, 0.0, 4000.0, 0.0, 500.0, 1.0, 0.0, buried)[0] == 0.0


def test_a_post_pays_base_supplements_and_overhead():
    # 5,000 x 0.8; 0.25 x 4,000; 500 x 0.5 x 2 / 5; 5,000 x 0.2
    found = service_hours(1, 1.0, 0, 2.0, 1.0, 5000.0, 0.25, 4000.0, 0.5, 500.0, 0.0, 0.0, P)
    assert found[1:] == (400_000, 100_000, 10_000, 100_000)


def test_a_part_time_post_serves_and_costs_its_part():
    # a quarter of 120 hours, of 4,000, of 1,000, of 100 and of 1,000 yuan
    found = service_hours(1, 0.25, 0, 2.0, 1.0, 5000.0, 0.25, 4000.0, 0.5, 500.0, 0.0, 0.0, P)
    assert found == (30.0, 100_000, 25_000, 2_500, 25_000)


def test_pay_is_cut_to_whole_fen_never_rounded_up():
    # 100.04 yuan: 80.032 and 20.008; 0.25 x 0.07 = 0.0175; 0.5 x 0.19 x 2 / 5 = 0.038
    found = service_hours(1, 1.0, 0, 2.0, 1.0, 100.04, 0.25, 0.07, 0.5, 0.19, 0.0, 0.0, P)
    assert found[1:] == (8003, 1, 3, 2000)


def test_a_vacant_post_costs_nothing_and_serves_nobody():
    assert service_hours(0, 1.0, 12, 2.0, 1.0, 5000.0, 0.25, 4000.0, 0.5, 500.0, 0.0, 0.0, P) == (0.0, 0, 0, 0, 0)


@pytest.mark.parametrize(("rank", "posts", "reach", "found"), [
    # ten villages, three posts: places 0, 1, 2, 3, 7 go to posts 0, 1, 2, 0, 1
    (0.0, 3, 1.0, (0, 1)),
    (0.1, 3, 1.0, (1, 1)),
    (0.2, 3, 1.0, (2, 1)),
    (0.3, 3, 1.0, (0, 1)),
    (0.7, 3, 1.0, (1, 1)),
    # the lower half of the ranks is reached
    (0.4, 3, 0.5, (1, 1)),
    (0.5, 3, 0.5, (0, 0)),
    # one post serves all; nobody is posted
    (0.1, 1, 1.0, (0, 1)),
    (0.1, 0, 1.0, (0, 0)),
])
def test_villages_are_dealt_to_posts_in_rank_order(rank, posts, reach, found):
    assert assigned_post(rank, 10, posts, reach) == found


PLACE = {
    "assigned": 1, "households": 200, "distance_town": 20.0, "terrain": 1.0, "coverage": 1.0, "service_point": 1.0,
    "rank": 0.6, "worker_filled": 1, "worker_contractor": 0, "worker_left": 0, "worker_social": 0.5,
    "worker_online": 0.2, "lever_road_closure": 0.0, "p": P,
}


@pytest.mark.parametrize(("changes", "productive"), [
    # 20 km of mountain road: 1 - 0.4
    ({}, 0.6),
    # 10 km of plain: a road of 0.5 x 0.4 = 0.2
    ({"distance_town": 10.0, "terrain": 0.0}, 0.92),
    ({"distance_town": 0.0}, 1.0),
    # neither coverage nor point: x 0.7; one of them: x 0.85
    ({"distance_town": 0.0, "coverage": 0.0, "service_point": 0.0}, 0.7),
    ({"distance_town": 0.0, "coverage": 0.0}, 0.85),
    ({"distance_town": 0.0, "service_point": 0.0}, 0.85),
    # both losses: 0.92 x 0.7
    ({"distance_town": 10.0, "terrain": 0.0, "coverage": 0.0, "service_point": 0.0}, 0.644),
    # the road is closed to the last half of the villages, this one among them: 0.2 + 1 = 1.2
    ({"distance_town": 10.0, "terrain": 0.0, "lever_road_closure": 0.5}, 0.52),
    ({"distance_town": 10.0, "terrain": 0.0, "lever_road_closure": 0.3}, 0.92),
    # a road counts 1.6 at most
    ({"distance_town": 80.0}, 0.36),
    # at least a twentieth of each is left
    ({"distance_town": 80.0, "p": P._replace(road_loss=0.9)}, 0.05),
    ({"coverage": 0.0, "service_point": 0.0, "distance_town": 0.0, "p": P._replace(hardware_loss=1.0)}, 0.05),
])
def test_bad_roads_and_poor_hardware_make_every_hour_less_productive(changes, productive):
    assert visit_conditions(**(PLACE | changes))[4] == pytest.approx(productive, rel=1e-14)


@pytest.mark.parametrize(("changes", "served", "by_contractor", "left", "caseload", "social", "online"), [
    ({}, 1, 0, 0, 200, 0.5, 0.2),
    ({"worker_contractor": 1}, 1, 1, 0, 200, 0.5, 0.2),
    # left and not yet filled; left and filled in the same month
    ({"worker_left": 1, "worker_filled": 0}, 0, 0, 1, 0, 0.0, 0.0),
    ({"worker_left": 1}, 1, 0, 1, 200, 0.5, 0.2),
    # what happens in a post that is not meant for the village does not concern it
    ({"assigned": 0, "worker_left": 1, "worker_contractor": 1}, 0, 0, 0, 0, 0.0, 0.0),
    ({"worker_filled": 0, "worker_contractor": 1}, 0, 0, 0, 0, 0.0, 0.0),
])
def test_a_village_is_served_by_the_post_it_is_assigned_to(
    changes, served, by_contractor, left, caseload, social, online,
):
    found = visit_conditions(**(PLACE | changes))
    assert (*found[:4], *found[5:]) == (served, by_contractor, left, caseload, social, online)


MIX = {
    "county_mix_casework": 0.2, "county_mix_group": 0.3, "county_mix_organising": 0.1, "county_mix_linking": 0.15,
    "county_mix_follow_up": 0.25,
}
# 200 of 400 households of a worker with 100 hours, productive at 0.8: 40 hours.
SERVICE = MIX | {
    "served": 1, "by_contractor": 0, "productivity": 0.8, "households": 200, "worker_hours": 100.0,
    "worker_caseload": 400, "lever_assessment": 0.0, "lever_award": 0.0, "p": P,
}


@pytest.mark.parametrize(("changes", "hours"), [
    ({}, (8.0, 12.0, 4.0, 6.0, 10.0)),
    # assessment moves half of casework and follow-up to groups: 12 + 4 + 5
    ({"lever_assessment": 1.0}, (4.0, 21.0, 4.0, 6.0, 5.0)),
    # half an assessment moves a quarter: 12 + 2 + 2.5
    ({"lever_assessment": 0.5}, (6.0, 16.5, 4.0, 6.0, 7.5)),
    # half the money as an award weighs like a quarter of an assessment: 12 + 1 + 1.25
    ({"lever_award": 0.5}, (7.0, 14.25, 4.0, 6.0, 8.75)),
    # and adds to it, up to a whole one
    ({"lever_assessment": 0.9, "lever_award": 1.0}, (4.0, 21.0, 4.0, 6.0, 5.0)),
    # a contractor's staff teach and do nothing else
    ({"by_contractor": 1}, (0.0, 40.0, 0.0, 0.0, 0.0)),
    ({"served": 0}, (0.0, 0.0, 0.0, 0.0, 0.0)),
    ({"worker_caseload": 0}, (0.0, 0.0, 0.0, 0.0, 0.0)),
])
def test_hours_follow_the_service_mix_and_bend_to_what_is_counted(changes, hours):
    assert hours_by_service(**(SERVICE | changes)) == pytest.approx(hours, rel=1e-14)


@TRIALS
@given(situations(leaves_post), st.floats(0.0, 0.6), within(COLUMNS["workers"]["caseload"]))
def test_higher_pay_never_makes_a_worker_leave_nor_a_higher_caseload_stay(case, pay, caseload):
    found = leaves_post(**case)
    assert_in_declared_range(leaves_post, found)
    assert leaves_post(**(case | {"lever_pay": max(pay, case["lever_pay"])}))[3] <= found[3]
    assert leaves_post(**(case | {"caseload": max(caseload, case["caseload"])}))[3] >= found[3]


@TRIALS
@given(situations(leaves_post), st.sampled_from(["lever_ladder", "lever_supervision"]), st.floats(0.0, 1.0))
def test_a_better_ladder_or_more_supervision_never_makes_a_worker_leave(case, lever, more):
    assert leaves_post(**(case | {lever: max(more, case[lever])}))[3] <= leaves_post(**case)[3]


@TRIALS
@given(situations(leaves_post))
def test_a_post_is_either_kept_left_or_vacant(case):
    funded, held, firm, left, _ = leaves_post(**case)
    assert held + left <= 1
    assert firm <= held <= funded
    assert not (firm and left)


@TRIALS
@given(situations(fills_post), st.floats(0.0, 0.6))
def test_higher_pay_never_leaves_a_post_vacant_that_lower_pay_fills(case, pay):
    found = fills_post(**case)
    assert_in_declared_range(fills_post, found)
    assert fills_post(**(case | {"lever_pay": max(pay, case["lever_pay"])}))[7] >= found[7]


@TRIALS
@given(situations(gains_competence))
def test_competence_and_grade_in_a_post_never_fall(case):
    found = gains_competence(**case)
    assert_in_declared_range(gains_competence, found)
    assert found[1] >= case["social"]
    assert found[2] >= case["online"]
    assert found[3] >= case["grade"]


@TRIALS
@given(situations(service_hours), st.floats(0.0, 1.0))
def test_a_post_never_pays_more_than_its_price(case, coordination):
    found = service_hours(**case)
    assert_in_declared_range(service_hours, found)
    hours, base, extra, supplement, overhead = found
    # a millionth of a fen for the rounding of floats
    assert base + overhead <= case["part"] * case["price_posts"] * 100 + 1e-6
    assert extra <= case["part"] * case["price_pay"] * case["lever_pay"] * 100 + 1e-6
    assert supplement <= case["part"] * case["price_ladder"] * case["lever_ladder"] * 100 + 1e-6
    better = case | {"county_coordination": max(coordination, case["county_coordination"])}
    assert service_hours(**better)[0] >= hours


@TRIALS
@given(situations(assigned_post, county_posts_open=st.integers(0, 1000)))
def test_no_village_is_assigned_to_a_post_that_is_not_open(case):
    found = assigned_post(**case)
    assert_in_declared_range(assigned_post, found)
    assert found[0] < max(1, case["county_posts_open"])


@TRIALS
@given(situations(visit_conditions), st.sampled_from(["coverage", "service_point"]), st.floats(0.0, 1.0))
def test_better_hardware_and_shorter_roads_never_cost_hours(case, works, better):
    found = visit_conditions(**case)
    assert_in_declared_range(visit_conditions, found)
    assert visit_conditions(**(case | {works: max(better, case[works])}))[4] >= found[4]
    assert visit_conditions(**(case | {"distance_town": case["distance_town"] * better}))[4] >= found[4]


@TRIALS
@given(
    situations(hours_by_service), st.lists(st.floats(0.0, 1.0), min_size=6, max_size=6).filter(any), st.integers(1, 9),
)
def test_bending_effort_moves_hours_and_makes_none(case, weights, villages):
    # a mix adds up to 1 at most; a worker's caseload includes the village's own households
    case |= {name: weight / sum(weights) for name, weight in zip(MIX, weights, strict=False)}
    case |= {"worker_caseload": case["households"] * villages}
    found = hours_by_service(**case)
    assert_in_declared_range(hours_by_service, found)
    assert sum(found) <= case["worker_hours"] * (1 + 1e-12)
    unbent = hours_by_service(**(case | {"lever_assessment": 0.0}))
    assert sum(found) == pytest.approx(sum(unbent), rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(("closure", "closed"), [(0.0, 0), (0.05, 1), (0.5, 10), (1.0, 20)])
def test_a_road_closure_closes_as_many_villages_as_it_says(closure, closed):
    p = WorkforceParameters()._replace(road_loss=0.5, hardware_loss=0.0)
    productive = [visit_conditions(1, 200, 0.0, 0.0, 1.0, 1.0, place / 20, 1, 0, 0, 0.5, 0.5, closure, p)[4]
                  for place in range(20)]
    assert sum(value < 1.0 for value in productive) == closed
