"""A mechanism in isolation against its closed form: fixed seeds, stated standard errors."""

import math

import pytest

from villagesim.draws import Purpose, uniform
from villagesim.mechanisms.choice import OFFLINE, ChoiceParameters, chooses_channel
from villagesim.mechanisms.employment import EmploymentParameters, migrates
from villagesim.mechanisms.influence import InfluenceParameters, believes
from villagesim.mechanisms.logistics import LogisticsParameters, route_month
from villagesim.mechanisms.traders import TradersParameters, trader_month
from villagesim.mechanisms.training import TrainingParameters, relationship
from villagesim.mechanisms.workforce import WorkforceParameters, leaves_post

SEED = 20
FIVE_ERRORS = 5.0


def test_entry_is_a_binomial_trial_a_month():
    """Households that would all gain enter at rate `attention`: successes of n trials, standard error sqrt(p q / n)."""
    p = ChoiceParameters()._replace(attention=0.05, reluctance=0.0, reluctance_spread=0.0)
    n = 4000
    entered = 0
    for who in range(n):
        decisions = (Purpose.CONSIDER, Purpose.LIVE, Purpose.QUIT, Purpose.HELP)
        luck = [uniform(SEED, 3, who, purpose) for purpose in decisions]
        result = chooses_channel(OFFLINE, 0.0, 10**7, 0.0, 0.0, 4.0, 10000.0, 0.5, 1e6, 0.0, 0, 0, 0, 0, 0, -1, 0, 0, 0,
                                 0.0, 0.0, 7, 0.0, 1.0, 1.0, *luck, p)
        entered += result[3]
    assert abs(entered / n - 0.05) < FIVE_ERRORS * math.sqrt(0.05 * 0.95 / n)


def test_workers_stay_for_a_geometric_time():
    """With a constant monthly hazard h the share still in post after 12 months is (1 - h)^12."""
    p = WorkforceParameters()._replace(
        leave_rate=0.24, leave_pay=0.0, leave_ladder=0.0, leave_local=0.0, leave_load=0.0, leave_supervision=0.0)
    n, hazard = 3000, 0.02
    stayed = 0
    for who in range(n):
        filled = 1
        for month in range(12):
            if filled:
                luck = uniform(SEED, month, who, Purpose.LEAVE_POST)
                filled = int(leaves_post(0, 1, 0, 0.0, 0, 1000, 0, 4000.0, 2.0, 5000.0, 0.0, 4000.0, 0.0, 500.0, 0.0,
                                         0.0, luck, p)[1])
        stayed += filled
    expected = (1.0 - hazard) ** 12
    assert abs(stayed / n - expected) < FIVE_ERRORS * math.sqrt(expected * (1 - expected) / n)


def test_a_belief_fed_by_media_alone_settles_where_fading_and_news_balance():
    """precision* = prior + w / (1 - fading), w the weight of a month's news; the mean goes to what media say."""
    p = InfluenceParameters()._replace(prior_precision=4.0, fading=0.9, media_precision=0.5, media_spread=0.0)
    mean, precision = -0.4, 4.0
    for _ in range(2000):
        mean, precision, _ = believes(mean, precision, 0.4, 0, 0, 0, 0, 0, 0, 0, 0, 0.3, 0.0, 1.0, 0.5, p)
    assert precision == pytest.approx(4.0 + 0.5 * 0.4 / 0.1, rel=1e-12)
    assert mean == pytest.approx(0.3, abs=1e-12)


def test_more_ties_can_not_end_all_doubt_where_results_share_a_shock():
    """Ten thousand voices weigh no more than 1 / common variance."""
    p = InfluenceParameters()._replace(common_variance=0.25, own_variance=0.5, fading=1.0, media_precision=0.0)
    _, precision, _ = believes(0.0, 4.0, 0.4, 0, 255 * 10000, 0, 10000, 0, 0, 0, 0, 0.3, 0.0, 1.0, 0.5, p)
    assert precision == pytest.approx(4.0 + 1.0 / (0.25 + 0.5 / 10000), rel=1e-9)
    assert precision < 4.0 + 1.0 / 0.25


def test_migration_between_home_and_city_settles_at_the_share_of_a_two_state_chain():
    """One mover with leaving rate a and return rate b is away a / (a + b) of the time."""
    p = EmploymentParameters()._replace(leave_rate=0.06, return_rate=0.04, gap_scale=1000.0, city_weight=0.5)
    income = 3 * 12 * 2000 * 100  # 2,000 yuan a month for each of three at home: equal to half of the city's 4,000
    away_months = 0
    for who in range(400):
        away = 0
        for month in range(90):
            leave, back = (uniform(SEED, month, who, purpose) for purpose in (Purpose.DEPART, Purpose.RETURN_HOME))
            # The year's income follows who is at home, so that the gap stays at zero; two adults: only one can leave.
            away = migrates(2, away, income * (2 - away) // 3, 0, 0, 4000.0, leave, back, p)[0]
            away_months += away if month >= 60 else 0
    # Logistic(0) = 1/2 halves both rates; months of one mover are correlated, so count 400 independent movers only.
    expected = 0.03 / (0.03 + 0.02)
    assert abs(away_months / (400 * 30) - expected) < FIVE_ERRORS * math.sqrt(expected * (1 - expected) / 400)


def test_trust_earned_by_monthly_visits_settles_between_gain_and_fading():
    """t* solves t = (1 - f) t + (1 - (1 - f) t) g: t* = g / (1 - (1 - f)(1 - g))."""
    p = TrainingParameters()._replace(trust_gain=0.2, trust_fade=0.05)
    trust = 0.0
    for _ in range(500):
        trust = relationship(trust, 1, 0, 1, 0, 0, 0.5, p)
    gain = 0.2 * 0.5
    assert trust == pytest.approx(gain / (1 - 0.95 * (1 - gain)), rel=1e-12)


def test_a_margin_without_online_rivals_settles_at_the_published_form():
    """m = c + (1 - c) / (1 + e0 n), n rivals, where floor and cap do not bind (MODEL: traders)."""
    p = TradersParameters()._replace(unit_cost=0.1, rivalry=1.25, online_rivalry=6.0, fixed_cost=1000.0, margin_cap=0.4)
    markdown, so_far, year = 0.4, 0.0, 100000.0
    for month in range(300):
        _, _, markdown, so_far, year, *_ = trader_month(
            1, 0, markdown, 10_000_000, so_far, year, 10**9, 0, 4, 8.0, month, month % 12, 0.0, 0.5, p)
    assert markdown == pytest.approx(0.1 + 0.9 / 6.0, rel=1e-9)


def test_a_seasonal_trough_does_not_close_a_route_that_lives_over_the_year():
    """Eleven lean months and one harvest: the twelve-month record carries the route through its review in January."""
    p = LogisticsParameters()._replace(line_haul=3.0)
    serving, visits, fee, backlog, latent, cost = 1, 2.0, 6.0, 0, 900.0, 500.0
    for month in range(36):
        out = 1500 if month % 12 == 9 else 10
        serving, _, closed, visits, fee, backlog, _, latent, cost, _, _ = route_month(
            20.0, 0.3, 2, serving, visits, fee, backlog, out, 300, 300, 0, latent, cost, 0, 0, 0, month % 12, 0.0, 0.0,
            0.0, p)
        assert not closed
    assert serving
