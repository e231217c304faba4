"""Training: seats on three rungs, visits, champions and salons; skills grow, fade, and pass along ties; trust in a person.

Claims A1 A3 B4 B5 B7 B8 C2
"""

from typing import Annotated, NamedTuple

from villagesim.arithmetic import clip, share_of
from villagesim.declare import Quantity, rule

NOT_APPLYING = 255
# Classes in the queue for visits: who sells, who was trained, the others.
SELLING, TRAINED, OTHER = 0, 1, 2
NEARLY = 0.000001
OPEN, WOMEN_ELDERS, RETURNEES, NEED, NETWORK = 0, 1, 2, 3, 4
_SWEPT = "assumption: varied over its range in experiments/"
_PAPER = "seed paper 5.2"


class TrainingParameters(NamedTuple):
    """Sizes of courses, who comes, what a seat teaches, what is forgotten."""

    camp_size: Annotated[float, Quantity("seat", "seats of one camp, at most", 15.0, 20.0, _PAPER + ": 15 to 20", "B")] = 18.0
    camp_least: Annotated[float, Quantity("household", "applicants without whom no camp is held", 8.0, 15.0, _PAPER + ": 15 to 20", "B")] = 15.0
    camps_ahead: Annotated[float, Quantity("camp", "camps of seats that wait for applicants before a township buys no more", 1.0, 6.0, _SWEPT, "C")] = 2.0
    camp_asks: Annotated[float, Quantity("share", "first rung that a camp asks for", 0.1, 0.6, _SWEPT, "C")] = 0.35
    group_size: Annotated[float, Quantity("learner", "learners in a practice group", 3.0, 8.0, _PAPER + ": 1 + 1 + 5", "B")] = 5.0
    group_length: Annotated[float, Quantity("month", "months that a practice group lasts", 1.0, 6.0, _PAPER + ": three months", "B")] = 3.0
    group_asks: Annotated[float, Quantity("share", "second rung that a practice group asks for", 0.05, 0.5, _SWEPT, "C")] = 0.25
    group_wish: Annotated[float, Quantity("1", "how many times as many want a practice group as a course", 0.5, 4.0, _SWEPT, "C")] = 2.0
    group_alone: Annotated[float, Quantity("share", "quality of a practice group that no worker guides", 0.2, 1.0, _SWEPT, "C")] = 0.6
    group_hours: Annotated[float, Quantity("hour", "worker hours a month that a practice group can use", 2.0, 20.0, _SWEPT, "C")] = 8.0
    lesson_part: Annotated[float, Quantity("share", "part of a worker's group hours that goes to village lessons (the rest guides practice groups)",
        0.1, 0.9, _SWEPT, "C")] = 0.5
    lesson_hours: Annotated[float, Quantity("hour/seat", "worker hours behind one place in a village lesson", 0.5, 6.0, _SWEPT, "C")] = 2.0
    visit_hours: Annotated[float, Quantity("hour/visit", "worker hours of one visit", 0.5, 5.0, _SWEPT, "C")] = 1.5
    lecturer: Annotated[float, Quantity("share", "quality of a hired lecturer's teaching in a village", 0.1, 0.9, _SWEPT, "C")] = 0.45
    teach_place: Annotated[float, Quantity("share", "teaching quality lost where no hour is productive (roads, coverage, point)", 0.0, 1.0, _SWEPT, "C")] = 0.5
    teach_social: Annotated[float, Quantity("share", "teaching quality that a worker's social-work competence adds", 0.0, 0.8, _SWEPT, "C")] = 0.35
    teach_online: Annotated[float, Quantity("share", "teaching quality that a worker's e-commerce competence adds", 0.0, 0.8, _SWEPT, "C")] = 0.35
    uptake: Annotated[float, Quantity("1/month", "chance that an untaught household wants a seat offered in its village", 0.005, 0.5, _SWEPT, "C")] = 0.06
    uptake_trust: Annotated[float, Quantity("1", "how far full trust in the worker multiplies that chance", 0.0, 6.0, _SWEPT, "C")] = 2.5
    enough: Annotated[float, Quantity("share", "skill of a rung at which a household asks for no more courses or camps", 0.5, 0.95, _SWEPT, "C")] = 0.75
    visit_wish: Annotated[float, Quantity("1/month", "chance that a household neither trained nor selling asks for a visit", 0.05, 0.8, _SWEPT, "C")] = 0.3
    popular_most: Annotated[float, Quantity("household", "households that trust one, beyond which more give no earlier place (network targeting)",
        10.0, 100.0, _SWEPT, "C")] = 30.0
    gain_basic: Annotated[float, Quantity("share", "first rung gained in one course, of what is missing, at full quality", 0.1, 0.9,
        "calibrated to knowledge of 0.249 to 0.566 in one intensive session (Cai, de Janvry, Sadoulet 2015, table 5): an insurance", "B")] = 0.52
    gain_operation: Annotated[float, Quantity("share", "second rung gained in one camp, of what is missing, at full quality", 0.1, 0.9, _SWEPT, "C")] = 0.45
    gain_business: Annotated[float, Quantity("share/month", "third rung gained a month in a practice group, of what is missing", 0.02, 0.4, _SWEPT, "C")] = 0.16
    group_operation: Annotated[float, Quantity("share", "second rung gained in a practice group, as a part of the third", 0.0, 1.0, _SWEPT, "C")] = 0.3
    by_doing: Annotated[float, Quantity("share/month", "second rung gained by selling, of what is missing", 0.0, 0.06, _SWEPT, "C")] = 0.012
    age_handicap: Annotated[float, Quantity("1/year", "fall of learning speed per year of age over `age_from`", 0.0, 0.04, _SWEPT, "C")] = 0.016
    age_from: Annotated[float, Quantity("year", "age from which learning slows", 30.0, 60.0, _SWEPT, "C")] = 45.0
    age_most: Annotated[float, Quantity("1", "fall of learning speed by age, at most", 0.3, 0.9, _SWEPT, "C")] = 0.7
    schooling_help: Annotated[float, Quantity("1/year", "rise of learning speed per year of schooling over `schooling_usual`", 0.0, 0.12, _SWEPT, "C")] = 0.04
    schooling_usual: Annotated[float, Quantity("year", "schooling at which learning speed is 1", 6.0, 12.0, _SWEPT, "C")] = 8.0
    speed_least: Annotated[float, Quantity("1", "learning speed, at least", 0.05, 0.5, _SWEPT, "C")] = 0.2
    speed_most: Annotated[float, Quantity("1", "learning speed, at most", 1.0, 3.0, _SWEPT, "C")] = 1.6
    patience: Annotated[float, Quantity("share", "part of the age handicap that full social-work competence removes (dialect, pictures)",
        0.0, 1.0, _SWEPT, "C")] = 0.6
    decay: Annotated[float, Quantity("share/month", "skill lost without use, visit or group", 0.0, 0.06, _SWEPT, "C")] = 0.015
    phone_keeps: Annotated[float, Quantity("share", "part of that loss of the first rung which daily use of a phone prevents", 0.0, 1.0, _SWEPT, "C")] = 0.95
    by_ties: Annotated[float, Quantity("share/month", "first rung gained from trained ties when all ties are trained", 0.0, 0.2,
        "assumption: a month's talk of selling teaches less than some days' talk of one insurance, of which taught friends' share to "
        "knowledge, 0.290 (Cai, de Janvry, Sadoulet 2015), asks .14 to .20; varied over its range in experiments/", "C")] = 0.03
    trust_gain: Annotated[float, Quantity("share", "trust gained by one visit at full competence, of what is missing", 0.02, 0.6, _SWEPT, "C")] = 0.2
    trust_lesson: Annotated[float, Quantity("1", "trust gained in a lesson, as a part of what a visit gains", 0.0, 1.0, _SWEPT, "C")] = 0.5
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
                  competence_online, productivity, county_month, lever_basic_course, reach_basic_course,
                  lever_practice_group, reach_practice_group, lever_follow_up, reach_follow_up, lever_champions,
                  reach_champions, lever_salon, reach_salon, p):
    """Basic seats, group places, visits, champions [whole numbers]; salons; teaching quality; guidance [share].

    Hired lecturers teach what the programme pays for where nobody is posted; a worker's hours add lessons and visits.
    Practice groups need a real seller in the village; a worker's hours make them better, without them a lecturer leads.
    """
    basic = lever_basic_course if rank < reach_basic_course else 0.0
    group = lever_practice_group if rank < reach_practice_group else 0.0
    paid = lever_follow_up if rank < reach_follow_up else 0.0
    shown = lever_champions if rank < reach_champions else 0.0
    salons = lever_salon if rank < reach_salon else 0.0
    groups = min(whole_units(group, county_month), sellers)
    lessons = p.lesson_part * hours_group / p.lesson_hours
    visits = (hours_casework + hours_follow_up) / p.visit_hours
    known = p.teach_social * competence_social + p.teach_online * competence_online
    place = 1.0 - p.teach_place * (1.0 - productivity)
    teaching = clip((p.lecturer + (known if served else 0.0)) * place, 0.0, 1.0)
    guiding = (1.0 - p.lesson_part) * hours_group
    needed = p.group_hours * p.group_length * group
    guided = 1.0 if guiding > needed else share_of(guiding, needed)
    guidance = p.group_alone + (1.0 - p.group_alone) * guided
    return (
        whole_units(basic + lessons, county_month),
        groups * int(p.group_size),
        whole_units(paid + visits, county_month),
        int(shown + NEARLY),
        salons,
        teaching,
        guidance,
    )


@rule
def camps_held(camp_seats, buys, villages, applicants, lever_camp, p):
    """Seats of the camps that a township holds this month, and seats bought and not yet used [seat].

    Camps are full but for the last, which is held when enough households apply; other seats wait for applicants.
    """
    bought = camp_seats + (lever_camp * villages if buys else 0.0)
    size = int(p.camp_size)
    most = min(int(bought + NEARLY), applicants)
    full = most // size * size
    seats = full + (most - full if most - full >= p.camp_least else 0)
    return seats, max(0.0, bought - seats)


@rule
def priority(targeting, woman_led, elder_led, returnee, poor, popularity, p):
    """Place in the queue for a seat [class, 0 first] under the scenario's targeting rule."""
    first = 1
    if targeting == WOMEN_ELDERS and (woman_led == 1 or elder_led == 1):
        first = 0
    if targeting == RETURNEES and returnee == 1:
        first = 0
    if targeting == NEED and poor == 1:
        first = 0
    if targeting == NETWORK:
        first = max(0, int(p.popular_most) - popularity)
    return first


@rule
def applies(woman_led, elder_led, returnee, poor, popularity, mode, months_online, margin_smooth, skill_basic,
            skill_operation, trained, group_months, trust_worker, waits_camp, seat_camp, rank, village_rank, county_targeting,
            planned_camp, reach_camp, within_basic_course, within_camp, within_practice_group, within_follow_up,
            within_champions, u_apply_basic, u_apply_camp, u_apply_group, u_apply_visit, p):
    """Class for a basic course, place on the list for a camp [yes/no], classes for a camp, a practice group, a visit
    and champion [class; 255: does not apply].

    Trust in the worker raises the wish to learn; each rung asks for some of the one below. While camps are planned for
    its village a household may put itself on the township's list; there it stays until it has a seat, or is no longer
    one whom a camp would teach. What a scenario gives to some households only, the others do not apply for.
    """
    place = priority(county_targeting, woman_led, elder_led, returnee, poor, popularity, p)
    wish = clip(p.uptake * (1.0 + p.uptake_trust * trust_worker), 0.0, 1.0)
    basic = place if (skill_basic < p.enough and u_apply_basic < wish and rank < within_basic_course) else NOT_APPLYING
    asks = planned_camp > 0.0 and village_rank < reach_camp and rank < within_camp and u_apply_camp < wish
    waits = skill_basic >= p.camp_asks and skill_operation < p.enough and (asks or (waits_camp == 1 and seat_camp == 0))
    camp = place if waits else NOT_APPLYING
    joins = skill_operation >= p.group_asks and group_months == 0 and u_apply_group < p.group_wish * wish and rank < within_practice_group
    group = place if joins else NOT_APPLYING
    visit = NOT_APPLYING
    if u_apply_visit < p.visit_wish:
        visit = OTHER
    if trained == 1:
        visit = TRAINED
    if mode > 0:
        visit = SELLING
    if rank >= within_follow_up:
        visit = NOT_APPLYING
    proven = mode > 0 and months_online >= p.champion_months and margin_smooth > 0.0 and rank < within_champions
    champion = place if proven else NOT_APPLYING
    return basic, waits, camp, group, visit, champion


@rule
def learns(age, schooling, phone, mode, skill_basic, skill_operation, skill_business, seat_basic, seat_camp, seat_group, visited,
           trained, group_months, taught_trust, tie_trust, village_teaching, village_guidance, village_competence_social, p):
    """Skill on the three rungs [share], months left in a practice group, and ever trained [yes/no].

    Ties taught last month pass on the first rung only. What is neither used nor followed up fades.
    """
    slow = clip(p.age_handicap * (age - p.age_from) * (1.0 - p.patience * village_competence_social), 0.0, p.age_most)
    able = clip(1.0 - slow + p.schooling_help * (schooling - p.schooling_usual), p.speed_least, p.speed_most)
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
    operation = operation + (1.0 - operation) * clip(from_camp + from_doing + p.group_operation * from_group, 0.0, 1.0)
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
    met = 1.0 if visited else (p.trust_lesson if seat_basic else 0.0)
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
