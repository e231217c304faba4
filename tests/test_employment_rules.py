"""Linked firms, local jobs and their wages, leaving and coming home: worked by hand, and over all ranges."""

import pytest
from hypothesis import given, strategies as st

from test_policy_rules import TRIALS
from test_sales_rules import anywhere, misfits
from villagesim.mechanisms.choice import ChoiceParameters
from villagesim.mechanisms.employment import (
    EmploymentParameters,
    jobs_offered,
    links_month,
    migrates,
    pays_wages,
    seeks_job,
    wage_paid,
)

GRID = 2**20
NOT_SEEKING = 255
P = EmploymentParameters()._replace(
    job_pay=1000.0, link_success=0.01, link_alone=0.3, link_end=0.1, link_pay=1000.0, seek=0.3, job_hours=25.0,
    leave_rate=0.02, return_rate=0.02,
    city_weight=0.5, gap_scale=1000.0, job_holds=1.0, remittance=0.1,
)


@pytest.mark.parametrize(("links", "hours", "competence", "now", "pay"), [
    (10.0, 0.0, 1.0, 9.0, 900000),  # a tenth goes away; 9 firms at 1,000 yuan
    (10.0, 100.0, 1.0, 10.0, 1000000),  # 9 + 0.01 x 100
    (10.0, 100.0, 0.0, 9.3, 930000),  # without competence three tenths of that
    (0.0, 100.0, 0.5, 0.65, 65000),  # 0.01 x 100 x (0.3 + 0.7 x 0.5)
])
def test_hours_of_linking_bring_firms_that_pay_wages_until_they_go(links, hours, competence, now, pay):
    firms, steps, orders = links_month(links, hours, competence, P)
    assert firms == pytest.approx(now)
    assert steps == round(now * GRID)
    assert orders == pay


def test_firms_come_by_good_will_alone_as_far_as_declared():
    # 0.01 x 100 x 0.5; with half of the competence 0.5 + 0.5 x 0.5
    assert links_month(0.0, 100.0, 0.0, P._replace(link_alone=0.5))[0] == pytest.approx(0.5)
    assert links_month(0.0, 100.0, 0.5, P._replace(link_alone=0.5))[0] == pytest.approx(0.75)


@pytest.mark.parametrize(("money", "jobs"), [
    ((50000, 60000, 70000, 130000), 3),  # 3,100 yuan at 1,000 a job
    ((0, 0, 0, 99999), 0),  # no part of a job
    ((100000, 0, 0, 0), 1),  # last month's money counts
    ((0, 0, 0, 0), 0),
])
def test_there_are_as_many_jobs_as_the_money_pays_for(money, jobs):
    assert jobs_offered(*money, P) == (sum(money), 100000, jobs)


def seeks(**changes):
    usual = {
        "woman_led": 0, "elder_led": 0, "returnee": 0, "adults": 2, "away": 1, "selling_hours": 15.0, "job": 0,
        "u_job": 0.2, "p": P, "p_choice": ChoiceParameters()._replace(spare_hours=40.0),
    }
    return seeks_job(**usual | changes)


@pytest.mark.parametrize(("changes", "place"), [
    ({"job": 1}, 0),  # keeps it
    ({"job": 1, "u_job": 0.9}, 0),
    ({"woman_led": 1}, 1),
    ({"elder_led": 1}, 1),
    ({"returnee": 1}, 1),
    ({}, 2),
    ({"u_job": 0.4}, NOT_SEEKING),  # above 0.3: does not look this month
    ({"woman_led": 1, "u_job": 0.4}, NOT_SEEKING),
    ({"away": 2}, NOT_SEEKING),  # nobody is at home
    ({"away": 2, "job": 1}, NOT_SEEKING),  # so the job is given up
    ({"selling_hours": 15.5}, NOT_SEEKING),  # of 40 hours selling leaves 24.5, a job takes 25
    ({"selling_hours": 15.5, "job": 1}, NOT_SEEKING),
    ({"selling_hours": 55.0, "away": 0}, 2),  # two at home: 80 - 55 = 25
    ({"selling_hours": 55.5, "away": 0}, NOT_SEEKING),
    ({"selling_hours": 0.0, "p": P._replace(job_hours=40.5)}, NOT_SEEKING),
])
def test_holders_keep_their_jobs_then_come_women_elders_and_returnees_with_time_to_spare(changes, place):
    assert seeks(**changes) == place


@pytest.mark.parametrize(("job", "wage"), [(1, 100000), (0, 0)])
def test_a_job_pays_its_wage(job, wage):
    assert wage_paid(job, 100000) == wage


def test_wages_come_out_of_the_pool():
    # 3,100 yuan less three wages of 1,000
    assert pays_wages(310000, 100000, 3) == 10000


@TRIALS
@given(anywhere(jobs_offered), st.floats(0.0, 1.0))
def test_the_pool_pays_all_jobs_that_it_offered_and_no_more(money, taken):
    pool, wage, jobs = results = jobs_offered(**money)
    assert misfits(jobs_offered, results) == []
    left = pays_wages(pool, wage, int(jobs * taken))
    assert misfits(pays_wages, left) == []
    assert pool - jobs * wage < wage


@TRIALS
@given(anywhere(links_month), anywhere(seeks_job), anywhere(wage_paid))
def test_links_priorities_and_wages_fit_their_columns(link, seek, wage):
    assert misfits(links_month, links_month(**link), but=("links",)) == []
    assert misfits(seeks_job, seeks_job(**seek)) == []
    assert misfits(wage_paid, wage_paid(**wage)) == []


# Leaving and coming home. A city wage of 4,000 yuan counts for 2,000.


def moves(**changes):
    usual = {
        "adults": 3, "away": 0, "income_year": 7_200_000, "job": 0, "mode": 0, "county_city_wage": 4000.0,
        "u_depart": 0.5, "u_return_home": 0.5, "p": P,
    }
    return migrates(**usual | changes)


@pytest.mark.parametrize(("changes", "chance"), [
    ({}, 0.01),  # 72,000 / 12 / 3 = 2,000 a home adult: no gap, 0.02 x 1/2
    ({"income_year": 3_600_000}, 0.0146211716),  # gap (2,000 - 1,000) / 1,000: 0.02 x 1 / (1 + e^-1)
    ({"job": 1}, 0.0053788284),  # a local job holds: 0.02 x 1 / (1 + e^1)
    ({"mode": 1}, 0.0053788284),  # so does a shop
    ({"mode": 2, "job": 1}, 0.0053788284),  # not twice
    ({"county_city_wage": 6000.0}, 0.0146211716),
    ({"away": 1, "income_year": 4_800_000}, 0.01),  # 48,000 / 12 / 2
])
def test_the_income_gap_drives_people_away_and_a_job_or_a_shop_holds_them(changes, chance):
    away = changes.get("away", 0)
    assert moves(u_depart=chance * 0.999, **changes)[:3] == (away + 1, True, False)
    assert moves(u_depart=chance * 1.001, **changes)[:3] == (away, False, False)


@pytest.mark.parametrize(("changes", "chance"), [
    ({"income_year": 4_800_000}, 0.01),  # 48,000 / 12 / 2 at home = 2,000: no gap
    ({"income_year": 2_400_000, "adults": 2}, 0.01),  # 24,000 / 12 / 1
    ({"income_year": 7_200_000}, 0.0146211716),  # a home adult earns 3,000
    ({"income_year": 4_800_000, "job": 1}, 0.0146211716),
    ({"income_year": 2_400_000}, 0.0053788284),  # a home adult earns 1,000
])
def test_good_local_income_or_a_job_brings_members_home(changes, chance):
    assert moves(away=1, u_return_home=chance * 0.999, **changes)[:3] == (0, False, True)
    assert moves(away=1, u_return_home=chance * 1.001, **changes)[:3] == (1, False, False)


def test_the_last_adult_at_home_does_not_leave():
    assert moves(adults=3, away=2, u_depart=1e-9)[:2] == (2, False)
    assert moves(adults=1, u_depart=1e-9)[:2] == (0, False)


def test_nobody_comes_home_to_a_household_with_nobody_away():
    assert moves(u_return_home=1e-9)[:3] == (0, False, False)


def test_one_member_moves_at_a_time():
    assert moves(away=1, u_depart=1e-9, u_return_home=1e-9)[:3] == (2, True, False)


@pytest.mark.parametrize(("away", "sent"), [(0, 0), (2, 80000)])
def test_members_away_send_a_tenth_of_their_wage_home(away, sent):
    assert moves(away=away)[3] == sent


def test_who_leaves_this_month_sends_nothing_yet():
    assert moves(u_depart=1e-9) == (1, True, False, 0)


@TRIALS
@given(anywhere(migrates))
def test_no_more_are_away_than_there_are_adults(situation):
    situation["away"] = min(situation["away"], situation["adults"])
    results = migrates(**situation)
    assert misfits(migrates, results) == []
    assert results[0] <= situation["adults"]


@TRIALS
@given(anywhere(migrates), st.floats(0.0, 1e5))
def test_a_better_city_wage_keeps_nobody_from_leaving(situation, wage):
    better = situation | {"county_city_wage": max(wage, situation["county_city_wage"])}
    assert migrates(**better)[1] >= migrates(**situation)[1]
