"""Training: seats on three rungs, visits, champions and salons; skills grow, fade, and pass along ties; trust in a person.

Claims A1 A3 B4 B5 B7 B8 C2
"""

from typing import Annotated, NamedTuple

from villagesim.arithmetic import clip, share_of
from villagesim.declare import Quantity, rule

NOT_APPLYING = 255
OPEN, WOMEN_ELDERS, RETURNEES, NEED, NETWORK = 0, 1, 2, 3, 4
_SWEPT = "assumption: varied over its range in experiments/"
_PAPER = "seed paper 5.2"


class TrainingParameters(NamedTuple):
    """Sizes of courses, who comes, what a seat teaches, what is forgotten."""

    camp_size: Annotated[float, Quantity("seat", "seats of one camp", 15.0, 20.0, _PAPER + ": 15 to 20", "B")] = 18.0
    group_size: Annotated[float, Quantity("learner", "learners in a practice group", 3.0, 8.0, _PAPER + ": 1 + 1 + 5", "B")] = 5.0
    group_length: Annotated[float, Quantity("month", "months that a practice group lasts", 1.0, 6.0, _PAPER + ": three months", "B")] = 3.0
    group_hours: Annotated[float, Quantity("hour", "worker hours a month that a practice group can use", 2.0, 20.0, _SWEPT, "C")] = 8.0
    lesson_hours: Annotated[float, Quantity("hour/seat", "worker hours behind one place in a village lesson", 0.5, 6.0, _SWEPT, "C")] = 2.0
    visit_hours: Annotated[float, Quantity("hour/visit", "worker hours of one visit", 0.5, 5.0, _SWEPT, "C")] = 1.5
    lecturer: Annotated[float, Quantity("share", "quality of a hired lecturer's teaching in a village", 0.1, 0.9, _SWEPT, "C")] = 0.45
    teach_social: Annotated[float, Quantity("share", "teaching quality that a worker's social-work competence adds", 0.0, 0.8, _SWEPT, "C")] = 0.35
    teach_online: Annotated[float, Quantity("share", "teaching quality that a worker's e-commerce competence adds", 0.0, 0.8, _SWEPT, "C")] = 0.35
    uptake: Annotated[float, Quantity("1/month", "chance that an untaught household wants a seat offered in its village", 0.005, 0.5, _SWEPT, "C")] = 0.06
    uptake_trust: Annotated[float, Quantity("1", "how far full trust in the worker multiplies that chance", 0.0, 6.0, _SWEPT, "C")] = 2.5
    gain_basic: Annotated[float, Quantity("share", "first rung gained in one course, of what is missing, at full quality", 0.1, 0.9,
        "knowledge 0.249 to 0.566 in one intensive session (Cai, de Janvry, Sadoulet 2015, table 5): an insurance", "B")] = 0.42
    gain_operation: Annotated[float, Quantity("share", "second rung gained in one camp, of what is missing, at full quality", 0.1, 0.9, _SWEPT, "C")] = 0.45
    gain_business: Annotated[float, Quantity("share/month", "third rung gained a month in a practice group, of what is missing", 0.02, 0.4, _SWEPT, "C")] = 0.16
    by_doing: Annotated[float, Quantity("share/month", "second rung gained by selling, of what is missing", 0.0, 0.06, _SWEPT, "C")] = 0.012
    age_handicap: Annotated[float, Quantity("1/year", "fall of learning speed per year of age over 45", 0.0, 0.04, _SWEPT, "C")] = 0.016
    schooling_help: Annotated[float, Quantity("1/year", "rise of learning speed per year of schooling over 8", 0.0, 0.12, _SWEPT, "C")] = 0.04
    patience: Annotated[float, Quantity("share", "part of the age handicap that full social-work competence removes (dialect, pictures)",
        0.0, 1.0, _SWEPT, "C")] = 0.6
    decay: Annotated[float, Quantity("share/month", "skill lost without use, visit or group", 0.0, 0.06, _SWEPT, "C")] = 0.015
    phone_keeps: Annotated[float, Quantity("share", "part of that loss of the first rung which daily use of a phone prevents", 0.0, 1.0, _SWEPT, "C")] = 0.95
    by_ties: Annotated[float, Quantity("share/month", "first rung gained from trained ties when all ties are trained", 0.0, 0.2,
        "friends' trained share to knowledge: 0.290 (Cai et al. 2015): an insurance", "B")] = 0.03
    trust_gain: Annotated[float, Quantity("share", "trust gained by one visit at full competence, of what is missing", 0.02, 0.6, _SWEPT, "C")] = 0.2
    trust_fade: Annotated[float, Quantity("share/month", "trust that fades without contact", 0.0, 0.05, _SWEPT, "C")] = 0.01
    trust_lost: Annotated[float, Quantity("share", "trust that goes with a worker who leaves", 0.0, 1.0, _SWEPT, "C")] = 0.7
    champion_months: Annotated[float, Quantity("month", "selling before one can be a champion", 1.0, 24.0, _SWEPT, "C")] = 6.0
    salon_teamwork: Annotated[float, Quantity("share/meeting", "teamwork gained per salon, of what is missing", 0.0, 0.4, _SWEPT, "C")] = 0.08
    salon_variety: Annotated[float, Quantity("share/meeting", "variety gained per salon, of what is missing", 0.0, 0.4, _SWEPT, "C")] = 0.06
    organising: Annotated[float, Quantity("share/hour", "teamwork gained per hour of community organising, of what is missing", 0.0, 0.05, _SWEPT, "C")] = 0.006
    teamwork_fade: Annotated[float, Quantity("share/month", "teamwork and variety that fade", 0.0, 0.1, _SWEPT, "C")] = 0.02


@rule
def whole_units(amount, month):
    """Whole units offered this month [1] when `amount` a month is offered on average: the fraction is carried over."""
    return int(amount * (month + 1)) - int(amount * month)


@rule
def seats_offered(rank, served, sellers, hours_casework, hours_group, hours_follow_up, competence_social,
                  competence_online, productivity, county_month, lever_basic_course, reach_basic_course, lever_camp, reach_camp,
                  lever_practice_group, reach_practice_group, lever_follow_up, reach_follow_up, lever_champions,
                  reach_champions, lever_salon, reach_salon, p):
    """Basic seats, camp seats, group places, visits, champions [whole numbers]; salons; teaching quality; guidance [share].

    Hired lecturers teach what the programme pays for where nobody is posted; a worker's hours add lessons and visits.
    Practice groups need a real seller in the village; a worker's hours make them better, without them a lecturer leads.
    """
    basic = lever_basic_course if rank < reach_basic_course else 0.0
    camp = lever_camp if rank < reach_camp else 0.0
    group = lever_practice_group if rank < reach_practice_group else 0.0
    paid = lever_follow_up if rank < reach_follow_up else 0.0
    shown = lever_champions if rank < reach_champions else 0.0
    salons = lever_salon if rank < reach_salon else 0.0
    groups = min(whole_units(group, county_month), sellers)
    lessons = 0.5 * hours_group / p.lesson_hours
    visits = (hours_casework + hours_follow_up) / p.visit_hours
    known = p.teach_social * competence_social + p.teach_online * competence_online
    teaching = clip((p.lecturer + (known if served else 0.0)) * (0.5 + 0.5 * productivity), 0.0, 1.0)
    needed = p.group_hours * p.group_length * max(group, 0.01)
    guidance = 0.6 + 0.4 * clip(0.5 * hours_group / needed, 0.0, 1.0)
    return (
        whole_units(basic + lessons, county_month),
        whole_units(camp / int(p.camp_size), county_month) * int(p.camp_size),
        groups * int(p.group_size),
        whole_units(paid + visits, county_month),
        int(shown + 0.000001),
        salons,
        teaching,
        guidance,
    )


@rule
def priority(targeting, woman_led, elder_led, returnee, poor, popularity):
    """Place in the queue for a seat [class, 0 first] under the scenario's targeting rule."""
    first = 1
    if targeting == WOMEN_ELDERS and (woman_led == 1 or elder_led == 1):
        first = 0
    if targeting == RETURNEES and returnee == 1:
        first = 0
    if targeting == NEED and poor == 1:
        first = 0
    if targeting == NETWORK:
        first = max(0, 30 - popularity)
    return first


@rule
def applies(woman_led, elder_led, returnee, poor, popularity, mode, months_online, margin_smooth, skill_basic,
            skill_operation, trained, group_months, trust_worker, county_targeting, u_apply_basic, u_apply_camp,
            u_apply_group, u_apply_visit, p):
    """Classes for a basic course, a camp, a practice group, a visit and champion [class; 255: does not apply].

    Trust in the worker raises the wish to learn; each rung asks for some of the one below.
    """
    place = priority(county_targeting, woman_led, elder_led, returnee, poor, popularity)
    wish = clip(p.uptake * (1.0 + p.uptake_trust * trust_worker), 0.0, 1.0)
    basic = place if (skill_basic < 0.75 and u_apply_basic < wish) else NOT_APPLYING
    camp = place if (skill_basic >= 0.35 and skill_operation < 0.75 and u_apply_camp < wish) else NOT_APPLYING
    group = place if (skill_operation >= 0.25 and group_months == 0 and u_apply_group < 2.0 * wish) else NOT_APPLYING
    visit = NOT_APPLYING
    if u_apply_visit < 0.3:
        visit = 2
    if trained == 1:
        visit = 1
    if mode > 0:
        visit = 0
    proven = mode > 0 and months_online >= p.champion_months and margin_smooth > 0.0
    champion = place if proven else NOT_APPLYING
    return basic, camp, group, visit, champion


@rule
def learns(age, schooling, phone, mode, skill_basic, skill_operation, skill_business, seat_basic, seat_camp, seat_group, visited,
           trained, group_months, taught_trust, tie_trust, village_teaching, village_guidance, village_competence_social, p):
    """Skill on the three rungs [share], months left in a practice group, and ever trained [yes/no].

    Ties taught last month pass on the first rung only. What is neither used nor followed up fades.
    """
    slow = clip(p.age_handicap * (age - 45.0) * (1.0 - p.patience * village_competence_social), 0.0, 0.7)
    able = clip(1.0 - slow + p.schooling_help * (schooling - 8.0), 0.2, 1.6)
    quality = clip(able * village_teaching, 0.0, 1.0)
    months = int(p.group_length) if seat_group else group_months
    used = mode > 0 or visited == 1 or months > 0
    keep = 1.0 if used else 1.0 - p.decay
    from_ties = clip(p.by_ties * share_of(taught_trust, tie_trust) * able, 0.0, 1.0)
    from_course = p.gain_basic * quality if seat_basic else 0.0
    from_camp = p.gain_operation * quality if seat_camp else 0.0
    from_doing = p.by_doing * able if mode > 0 else 0.0
    from_group = p.gain_business * quality * village_guidance if months > 0 else 0.0
    basic = skill_basic * (1.0 - (1.0 - keep) * (1.0 - p.phone_keeps * phone))
    operation = skill_operation * keep
    business = skill_business * keep
    basic = basic + (1.0 - basic) * clip(from_course + from_ties, 0.0, 1.0)
    operation = operation + (1.0 - operation) * clip(from_camp + from_doing + 0.3 * from_group, 0.0, 1.0)
    business = business + (1.0 - business) * clip(from_group, 0.0, 1.0)
    ever = trained == 1 or seat_basic == 1 or seat_camp == 1 or seat_group == 1
    return basic, operation, business, max(0, months - 1), ever


@rule
def relationship(trust_worker, visited, seat_basic, village_served, village_by_contractor, village_lost_worker,
                 village_competence_social, p):
    """Trust in the worker who serves the village [share]: earned by visits and lessons, lost with the person."""
    trust = trust_worker * (1.0 - p.trust_fade)
    if village_lost_worker:
        trust = trust * (1.0 - p.trust_lost)
    met = 1.0 if visited else (0.5 if seat_basic else 0.0)
    worker = village_served == 1 and village_by_contractor == 0
    earned = p.trust_gain * village_competence_social * met if worker else 0.0
    return trust + (1.0 - trust) * clip(earned, 0.0, 1.0)


@rule
def teamwork_month(teamwork, variety, meetings, hours_organising, p):
    """Teamwork and variety among a village's sellers [share] after this month's salons and organising."""
    together = clip(p.salon_teamwork * meetings + p.organising * hours_organising, 0.0, 1.0)
    apart = clip(p.salon_variety * meetings, 0.0, 1.0)
    team = teamwork * (1.0 - p.teamwork_fade)
    differ = variety * (1.0 - p.teamwork_fade)
    return team + (1.0 - team) * together, differ + (1.0 - differ) * apart
