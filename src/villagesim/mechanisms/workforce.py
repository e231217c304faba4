"""Workforce: posts are opened, filled and left; people in them gain competence; hours reach villages over bad roads.

Claims B3 B10 B13 C4
"""

from typing import Annotated, NamedTuple

from villagesim.arithmetic import FEN, GRID, clip, exp, on_grid, share_of
from villagesim.declare import Quantity, rule

OUTSIDER, RETURNEE, OFFICIAL, GRADUATE = 0, 1, 2, 3
TOP_GRADE = 5.0
THOUSAND = 1000.0
MONTHS = 12.0
ALMOST_ONE = 0.999999
# Bounds that keep odd scenarios sensible and never bind in a usual one: load in norms, appeal of a post, road in
# `road_far`, productive share of time.
LOAD_MOST, APPEAL_LEAST, ROAD_MOST, PRODUCTIVE_LEAST = 3.0, 0.3, 1.6, 0.05
_SWEPT = "assumption: varied over its range in experiments/"
_TURNOVER = "17.6 to 25 % a year in Shenzhen, Guangzhou, Dongguan and Shanghai, 2011-14 (China Philanthropy Times 2014-04-03)"


class WorkforceParameters(NamedTuple):
    """Leaving, hiring, competence, hours and pay of those who hold posts."""

    leave_rate: Annotated[float, Quantity("1/year", "leaving hazard of an outsider at usual pay without a ladder", 0.15, 0.3,
        _TURNOVER + "; 0.15 to 0.3 in rural stations by judgement", "B")] = 0.2
    leave_pay: Annotated[float, Quantity("1", "effect of the pay gap to the city wage on the log hazard", 0.0, 4.0, _SWEPT, "C")] = 1.5
    leave_ladder: Annotated[float, Quantity("1", "fall of the log hazard under a full career ladder", 0.0, 1.5, _SWEPT, "C")] = 0.5
    leave_local: Annotated[float, Quantity("1", "fall of the log hazard for returnees and village officials", 0.0, 1.5, _SWEPT, "C")] = 0.6
    leave_load: Annotated[float, Quantity("1", "rise of the log hazard per doubling of the caseload over the norm", 0.0, 1.5, _SWEPT, "C")] = 0.3
    leave_supervision: Annotated[float, Quantity("1", "fall of the log hazard under full outside supervision", 0.0, 1.0, _SWEPT, "C")] = 0.2
    leave_graduate: Annotated[float, Quantity("1", "rise of the log hazard for college graduates (other posts want them)", 0.0, 1.0, _SWEPT, "C")] = 0.2
    caseload_norm: Annotated[float, Quantity("household/post", "households a post can know", 100.0, 800.0, _SWEPT, "C")] = 400.0
    part_least: Annotated[float, Quantity("share", "part of full time below which no post is kept", 0.0, 0.2, _SWEPT, "C")] = 0.05
    hire_rate: Annotated[float, Quantity("1/month", "chance that a vacant post is filled", 0.03, 0.6, _SWEPT, "C")] = 0.20
    hire_ladder: Annotated[float, Quantity("1", "appeal that a full ladder adds to a vacant post", 0.0, 1.0, _SWEPT, "C")] = 0.3
    appeal_most: Annotated[float, Quantity("1", "appeal of a vacant post, at most", 1.0, 4.0, _SWEPT, "C")] = 2.0
    local_share: Annotated[float, Quantity("share", "hires from returnees and officials without local hiring", 0.0, 0.5, _SWEPT, "C")] = 0.15
    returnee_part: Annotated[float, Quantity("share", "returnees among local hires (the others are village officials)", 0.2, 0.9, _SWEPT, "C")] = 0.6
    graduate_share: Annotated[float, Quantity("share", "hires from college graduates", 0.0, 0.65,
        "63 % of workers in 56 cities hold a bachelor's degree (CSWLS 2019); villages fewer", "C")] = 0.25
    social_start: Annotated[float, Quantity("share", "social-work competence of a new outsider or graduate", 0.1, 0.9, _SWEPT, "C")] = 0.45
    social_local: Annotated[float, Quantity("share", "social-work competence of a new returnee or official (knows everyone)", 0.1, 0.9, _SWEPT, "C")] = 0.40
    online_start: Annotated[float, Quantity("share", "e-commerce competence of a new outsider or official",
        0.0, 0.5, "assumption: hybrid workers are few, 0.05 to 0.15 by judgement; varied over its range in experiments/", "C",
        plausible=(0.05, 0.15))] = 0.10
    online_graduate: Annotated[float, Quantity("share", "e-commerce competence of a new college graduate", 0.0, 0.6, _SWEPT, "C")] = 0.22
    online_returnee: Annotated[float, Quantity("share", "e-commerce competence of a new returnee", 0.0, 0.8, _SWEPT, "C")] = 0.30
    hired_spread: Annotated[float, Quantity("share", "half-range of a new hire's competence by chance", 0.0, 0.6, _SWEPT, "C")] = 0.3
    learn_social: Annotated[float, Quantity("share/month", "social-work competence gained on the job (of what is missing)", 0.0, 0.1, _SWEPT, "C")] = 0.015
    learn_online: Annotated[float, Quantity("share/month", "e-commerce competence gained on the job (of what is missing)", 0.0, 0.1, _SWEPT, "C")] = 0.008
    mentor_gain: Annotated[float, Quantity("1", "gain in learning speed with a mentor", 0.0, 3.0, _SWEPT, "C")] = 1.0
    course_gain: Annotated[float, Quantity("1", "gain in learning speed with college courses (e-commerce)", 0.0, 3.0, _SWEPT, "C")] = 1.0
    supervision_gain: Annotated[float, Quantity("1", "gain in learning speed under supervision (social work)", 0.0, 3.0, _SWEPT, "C")] = 0.7
    senior_gain: Annotated[float, Quantity("1", "gain in learning speed a unit of competence by which colleagues lead on average (seniors lead juniors)",
        0.0, 5.0, "seed paper 5.4 says that it helps, not how much; " + _SWEPT, "C")] = 2.0
    contractor_online: Annotated[float, Quantity("share", "e-commerce competence of a contractor's staff", 0.1, 0.9, _SWEPT, "C")] = 0.45
    grade_months: Annotated[float, Quantity("month", "service before the next grade", 6.0, 60.0, _SWEPT, "C")] = 24.0
    hours: Annotated[float, Quantity("hour/month", "working hours of a post", 120.0, 200.0, "Chinese labour law: 40-hour week", "A")] = 168.0
    paperwork: Annotated[float, Quantity("share", "hours spent on paperwork where departments coordinate",
        0.1, 0.6, "assumption: 0.3 to 0.6 of hours in rural stations by judgement, uncoordinated ones among them; varied over its range in experiments/", "C",
        plausible=(0.1, 0.4))] = 0.3
    paperwork_alone: Annotated[float, Quantity("share", "hours more on paperwork where each department asks on its own", 0.0, 0.4,
        "assumption: 0.3 to 0.6 of hours in rural stations by judgement, uncoordinated ones among them; varied over its range in experiments/", "C",
        plausible=(0.0, 0.3))] = 0.20
    paperwork_assessed: Annotated[float, Quantity("share", "hours more on paperwork under full assessment", 0.0, 0.3, _SWEPT, "C")] = 0.05
    slack: Annotated[float, Quantity("share", "service hours that lapse with time in post where nobody assesses", 0.0, 0.8, _SWEPT, "C")] = 0.35
    slack_months: Annotated[float, Quantity("month", "time in post after which half of that has lapsed", 3.0, 48.0, _SWEPT, "C")] = 12.0
    award_drive: Annotated[float, Quantity("share", "weight of an assessment that an award of all the money carries", 0.0, 1.0, _SWEPT, "C")] = 0.5
    bend: Annotated[float, Quantity("share", "casework and follow-up hours that full assessment moves to what is counted (groups)", 0.0, 0.9, _SWEPT, "C")] = 0.3
    road_loss: Annotated[float, Quantity("share", "productive time lost to travel at `road_far` of mountain road, or a closed one", 0.0, 0.9, _SWEPT, "C")] = 0.45
    road_far: Annotated[float, Quantity("km", "road at which that much is lost", 10.0, 40.0, _SWEPT, "C")] = 20.0
    road_plain: Annotated[float, Quantity("1", "a kilometre of plain, counted in kilometres of high mountain", 0.1, 1.0, _SWEPT, "C")] = 0.4
    hardware_loss: Annotated[float, Quantity("share", "productive time lost where there is neither coverage nor point", 0.0, 0.9, _SWEPT, "C")] = 0.35
    overhead: Annotated[float, Quantity("share", "part of a post's price that goes to insurance, travel and office", 0.05, 0.5, _SWEPT, "C")] = 0.22
    city_share: Annotated[float, Quantity("share", "part of the city wage that a worker compares with", 0.3, 2.0,
        "assumption: the wage here is a migrant worker's, and urban units, which posts are held against (Guizhou 2022), pay more: posts 0.5 to 0.8 of their mean by judgement; varied over its range in experiments/", "C",
        plausible=(1.2, 2.0))] = 1.2


@rule
def leaves_post(ordinal, filled, origin, grade, caseload, county_households, county_contractors, county_city_wage,
                lever_posts, price_posts, lever_pay, price_pay, lever_ladder, price_ladder, lever_supervision,
                lever_exodus, u_leave_post, p):
    """Is the post funded, held, by a contractor's staff; did its holder leave [yes/no each]; part of full time [share].

    The money for so many posts a thousand households is shared by as few posts as can carry it, all of one length: a
    small county has a part-time post where a large one has many, and stands for it. What pays for less than the least
    part of one opens none.
    The log hazard falls with pay against the city's, the ladder, local origin and supervision, and rises with load;
    graduates are wanted elsewhere.
    """
    posts = lever_posts * county_households / THOUSAND
    number = int(posts + ALMOST_ONE)
    funded = ordinal < number and posts >= p.part_least * number
    firm = county_contractors == 1
    pay = price_posts * (1.0 - p.overhead) + price_pay * lever_pay + price_ladder * lever_ladder * grade / TOP_GRADE
    gap = 1.0 - pay / max(1.0, county_city_wage * p.city_share)
    local = 1.0 if (origin == RETURNEE or origin == OFFICIAL) else 0.0
    wanted = 1.0 if origin == GRADUATE else 0.0
    load = clip(caseload / p.caseload_norm - 1.0, 0.0, LOAD_MOST)
    log_hazard = (
        p.leave_pay * gap - p.leave_ladder * lever_ladder - p.leave_local * local + p.leave_graduate * wanted
        + p.leave_load * load - p.leave_supervision * lever_supervision
    )
    hazard = clip(p.leave_rate / MONTHS * exp(log_hazard) + lever_exodus, 0.0, 1.0)
    goes = filled == 1 and not firm and (u_leave_post < hazard or not funded)
    stays = filled == 1 and not goes and funded
    return funded, (stays or (funded and firm)), (funded and firm), goes, (min(1.0, posts / number) if funded else 0.0)


@rule
def fills_post(open, filled, contractor, generation, origin, tenure, social, online, grade, county_city_wage,
               price_posts, lever_pay, price_pay, lever_ladder, lever_local_hiring, u_hire, u_origin, u_hired_skill, p):
    """Who holds the post after hiring: filled, generation, origin, tenure, social, online, grade, hired this month.

    Vacant posts draw from outsiders, graduates, returnees and village officials; local hiring moves the mix.
    """
    pay = price_posts * (1.0 - p.overhead) + price_pay * lever_pay
    appeal = pay / max(1.0, county_city_wage * p.city_share) + p.hire_ladder * lever_ladder
    appeal = clip(appeal, APPEAL_LEAST, p.appeal_most)
    hires = open == 1 and filled == 0 and u_hire < p.hire_rate * appeal
    local = p.local_share + (1.0 - p.local_share) * clip(lever_local_hiring, 0.0, 1.0)
    who = OUTSIDER
    if u_origin < local + (1.0 - local) * p.graduate_share:
        who = GRADUATE
    if u_origin < local:
        who = OFFICIAL
    if u_origin < p.returnee_part * local:
        who = RETURNEE
    know = p.social_local if (who == RETURNEE or who == OFFICIAL) else p.social_start
    sell = p.online_start
    if who == RETURNEE:
        sell = p.online_returnee
    if who == GRADUATE:
        sell = p.online_graduate
    spread = 1.0 + p.hired_spread * (2.0 * u_hired_skill - 1.0)
    if hires:
        return 1, generation + 1, who, 0, clip(know * spread, 0.0, 1.0), clip(sell * spread, 0.0, 1.0), 0.0, 1
    if contractor == 1:
        return filled, generation, origin, tenure, 0.0, p.contractor_online, 0.0, 0
    return filled, generation, origin, tenure, social, online, grade, 0


@rule
def gains_competence(filled, contractor, tenure, social, online, grade, serves, social_steps, online_steps,
                     county_staff, county_staff_social, county_staff_online, lever_ladder, lever_mentors,
                     lever_supervision, lever_college_course, p):
    """Tenure [month], social-work and e-commerce competence [share] and grade after a month in the post; whether a
    social worker serves in it [yes/no], and both competences on the grid.

    Seniors lead juniors: learning is the faster, the more the other social workers of the county know on average than
    this one, as of last month. What one senior can give is shared by all juniors, hence the mean.
    """
    serving = filled == 1
    person = serving and contractor == 0
    others = county_staff - serves
    lead_social = clip(share_of(county_staff_social - social_steps, others * GRID) - social, 0.0, 1.0)
    lead_online = clip(share_of(county_staff_online - online_steps, others * GRID) - online, 0.0, 1.0)
    faster = 1.0 + p.mentor_gain * lever_mentors
    faster_social = faster + p.senior_gain * lead_social + p.supervision_gain * lever_supervision
    faster_online = faster + p.senior_gain * lead_online + p.course_gain * lever_college_course
    more_social = social + (clip(p.learn_social * faster_social, 0.0, 1.0) * (1.0 - social) if person else 0.0)
    more_online = online + (clip(p.learn_online * faster_online, 0.0, 1.0) * (1.0 - online) if person else 0.0)
    rises = clip(lever_ladder / p.grade_months, 0.0, 1.0) if person else 0.0
    return (
        (tenure + 1 if serving else 0),
        more_social,
        more_online,
        clip(grade + rises, 0.0, TOP_GRADE),
        person,
        (on_grid(more_social) if person else 0),
        (on_grid(more_online) if person else 0),
    )


@rule
def pressure(lever_assessment, lever_award, p):
    """How far posts are assessed [share]: by the yearly assessment, and for the award that departments wait for."""
    return clip(lever_assessment + p.award_drive * lever_award, 0.0, 1.0)


@rule
def service_hours(filled, part, tenure, grade, county_coordination, price_posts, lever_pay, price_pay, lever_ladder, price_ladder,
                  lever_assessment, lever_award, p):
    """Hours left for villages [hour], and base pay, pay above scale, grade supplement, overhead [fen].

    Uncoordinated departments each want their own reports; where nobody assesses, service lapses with time in post.
    Money that waits for a rating makes departments assess their posts too.
    Pay is cut to whole fen, never rounded up, so that it stays within what was granted.
    """
    assessed = pressure(lever_assessment, lever_award, p)
    desk = p.paperwork + p.paperwork_alone * (1.0 - county_coordination) + p.paperwork_assessed * assessed
    lapse = p.slack * (1.0 - assessed) * tenure / (tenure + p.slack_months)
    hours = part * p.hours * clip(1.0 - desk, 0.0, 1.0) * (1.0 - lapse)
    if filled:
        return (
            hours,
            int(part * price_posts * (1.0 - p.overhead) * FEN),
            int(part * price_pay * lever_pay * FEN),
            int(part * price_ladder * lever_ladder * grade / TOP_GRADE * FEN),
            int(part * price_posts * p.overhead * FEN),
        )
    return 0.0, 0, 0, 0, 0


@rule
def assigned_post(rank, county_villages, county_posts_open, reach_posts):
    """The post that serves the village (a row), and whether one is meant to: villages in rank order, posts in turn."""
    place = int(rank * county_villages + 0.5)
    reached = county_posts_open > 0 and rank < reach_posts
    return (place % county_posts_open if reached else 0), reached


@rule
def visit_conditions(assigned, households, distance_town, terrain, coverage, service_point, rank, worker_filled,
                     worker_contractor, worker_left, worker_social, worker_online, lever_road_closure, p):
    """Served, by a contractor, worker left [yes/no], caseload [household], productivity, competences [share].

    Bad roads, no coverage and no point make every visit less productive.
    """
    served = assigned == 1 and worker_filled == 1
    closed = 1.0 if rank >= 1.0 - lever_road_closure else 0.0
    rough = p.road_plain + (1.0 - p.road_plain) * terrain
    road = clip(distance_town / p.road_far * rough + closed, 0.0, ROAD_MOST)
    hardware = 1.0 - 0.5 * (coverage + service_point)
    on_the_road = clip(1.0 - p.road_loss * road, PRODUCTIVE_LEAST, 1.0)
    productive = on_the_road * clip(1.0 - p.hardware_loss * hardware, PRODUCTIVE_LEAST, 1.0)
    return (
        served,
        (served and worker_contractor == 1),
        (assigned == 1 and worker_left == 1),
        (households if served else 0),
        productive,
        (worker_social if served else 0.0),
        (worker_online if served else 0.0),
    )


@rule
def hours_by_service(served, by_contractor, productivity, households, worker_hours, worker_caseload, county_mix_casework,
                     county_mix_group, county_mix_organising, county_mix_linking, county_mix_follow_up, lever_assessment,
                     lever_award, p):
    """Productive hours this month [hour]: casework, groups, organising, linking, follow-up.

    A contractor's staff teach and do nothing else. Assessment counts groups, so effort bends towards them.
    """
    hours = worker_hours * share_of(households, worker_caseload) * productivity if served else 0.0
    bent = p.bend * pressure(lever_assessment, lever_award, p)
    moved = bent * (county_mix_casework + county_mix_follow_up)
    kept = 1.0 - bent
    if by_contractor:
        return 0.0, hours, 0.0, 0.0, 0.0
    return (
        hours * county_mix_casework * kept,
        hours * (county_mix_group + moved),
        hours * county_mix_organising,
        hours * county_mix_linking,
        hours * county_mix_follow_up * kept,
    )
