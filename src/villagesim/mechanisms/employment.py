"""Work and migration: parcels, turnover and linked firms pay for local jobs; the income gap moves people.

Claims A1 A2 C3
"""

from typing import Annotated, NamedTuple

from villagesim.arithmetic import FEN, logistic, on_grid, whole_fen
from villagesim.declare import Quantity, rule

NOT_SEEKING = 255
_SWEPT = "assumption: varied over its range in experiments/"


class EmploymentParameters(NamedTuple):
    """Local jobs, who takes them, and what makes people leave and return."""

    job_pay: Annotated[float, Quantity("yuan/month", "pay of one part-time local job",
        1500.0, 4000.0, "women's flexible workshop pay about 2,000 yuan (Heze 2017; Xinhua), sewing 3,000 to 6,000 (Wuhan 2019)", "B")] = 2000.0
    link_success: Annotated[float, Quantity("firm/hour", "firms linked per hour of resource linking at full competence", 0.0, 0.05, _SWEPT, "C")] = 0.006
    link_alone: Annotated[float, Quantity("share", "part of that rate without any e-commerce competence", 0.0, 1.0, _SWEPT, "C")] = 0.3
    link_end: Annotated[float, Quantity("1/month", "rate at which a linked firm goes away", 0.005, 0.2, _SWEPT, "C")] = 0.04
    link_pay: Annotated[float, Quantity("yuan/firm/month", "wage money that a linked firm spends in the village",
        200.0, 20000.0, "assumption: 3.5 jobs per million yuan of turnover (Xiaying) to 10 (AliResearch 2019-20), 3 to 5 of them direct, give the order of magnitude; varied over its range in experiments/", "C")] = 3000.0
    seek: Annotated[float, Quantity("1/month", "chance that a household with time to spare seeks a local job", 0.01, 1.0, _SWEPT, "C")] = 0.3
    job_hours: Annotated[float, Quantity("hour/month", "hours that a local job takes, of those that the adults at home can spare",
        80.0, 200.0, "computed: 2,000 yuan a month at day wages of 80 to 200 yuan (packing, Weishi 2022; IOL) are 10 to 25 days", "B")] = 100.0
    leave_rate: Annotated[float, Quantity("1/month", "highest rate at which an adult leaves for the city", 0.001, 0.1, _SWEPT, "C")] = 0.012
    return_rate: Annotated[float, Quantity("1/month", "highest rate at which a member away comes home", 0.001, 0.1, _SWEPT, "C")] = 0.014
    city_weight: Annotated[float, Quantity("share", "part of the city wage that counts, after rent and being away", 0.2, 1.0, _SWEPT, "C")] = 0.5
    gap_scale: Annotated[float, Quantity("yuan/month", "income gap that moves the odds of leaving by e", 200.0, 3000.0, _SWEPT, "C")] = 800.0
    job_holds: Annotated[float, Quantity("1", "fall of the log odds of leaving with a local job or a shop",
        0.0, 3.0, _SWEPT, "C")] = 0.6
    remittance: Annotated[float, Quantity("share", "part of the city wage sent home", 0.02, 0.5, _SWEPT, "C")] = 0.12


@rule
def links_month(links, hours_linking, competence_online, p):
    """Outside firms linked to the village [firm], on the grid, and the wage money they bring this month [fen]."""
    now = links * (1.0 - p.link_end) + p.link_success * hours_linking * (
        p.link_alone + (1.0 - p.link_alone) * competence_online
    )
    return now, on_grid(now), whole_fen(now * p.link_pay)


@rule
def jobs_offered(pool, packing_pay, handling_pay, firm_orders, p):
    """Money for local wages [fen], pay of one job [fen], and jobs that it pays for [job]."""
    money = pool + packing_pay + handling_pay + firm_orders
    pay = whole_fen(p.job_pay)
    return money, pay, max(0, money // pay)


@rule
def seeks_job(woman_led, elder_led, returnee, adults, away, selling_hours, job, u_job, p, p_choice):
    """Priority for a local job [class; 255: does not seek one]: holders stay, then women, elders and returnees.

    None is sought, or kept, beyond the hours that selling leaves to the adults at home.
    """
    left = p_choice.spare_hours * max(0, adults - away) - selling_hours
    if left < p.job_hours:
        return NOT_SEEKING
    if job:
        return 0
    if u_job > p.seek:
        return NOT_SEEKING
    return 1 if (woman_led == 1 or elder_led == 1 or returnee == 1) else 2


@rule
def wage_paid(job, village_job_wage):
    """Wage from a local job [fen]."""
    return village_job_wage if job else 0


@rule
def pays_wages(pool, job_wage, jobs_filled):
    """Money left for wages when those of this month are paid [fen]."""
    return pool - job_wage * jobs_filled


@rule
def migrates(adults, away, income_year, job, mode, county_city_wage, u_depart, u_return_home, p):
    """Members away, left, came back [person, yes/no, yes/no], and money they send home [fen].

    The odds follow the gap between the city wage that counts and a home adult's income; one member moves at a time.
    """
    home = max(1, adults - away)
    local = income_year / (12.0 * FEN * home)
    gap = (p.city_weight * county_city_wage - local) * (1.0 / p.gap_scale)
    tie = p.job_holds if (job == 1 or mode > 0) else 0.0
    pull = logistic(gap - tie)
    goes = adults - away > 1 and u_depart < p.leave_rate * pull
    comes = away > 0 and not goes and u_return_home < p.return_rate * (1.0 - pull)
    now = away + (1 if goes else 0) - (1 if comes else 0)
    return now, goes, comes, whole_fen(away * p.remittance * county_city_wage)
