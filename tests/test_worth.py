"""What programmes are worth: acceptability against closed forms and tables worked by hand, the mean's region, ties."""

from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from villagesim.results import Run
from villagesim.study import compare, gains, worth
from villagesim.study.worth import EFFECTS, acceptability, curves, plane, region

MANY = 40_000
FEW = 400


def beside_nothing(costs, gained):
    """Options with a base of no cost and no gain: two arrays (n, s + 1)."""
    return tuple(np.column_stack([np.zeros(len(values)), values]) for values in (costs, gained))


def best_by_hand(costs, gained, price):
    benefit = price * gained - costs
    return (benefit == benefit.max()).astype(float)


def normal(n=100):
    """Costs about 100 and gains about 2, correlated: a ratio of about 50."""
    luck = np.random.default_rng(11)
    first, second = luck.normal(size=(2, n))
    costs, gained = 100 + 10 * first, 2 + 0.5 * (0.6 * first + 0.8 * second)
    return costs, gained


def test_at_a_willingness_to_pay_of_the_ratio_of_means_a_programme_is_as_likely_right_as_wrong():
    """Normal means: P(net benefit > 0) = Phi(mean / standard error), which is 1/2 at the ICER. The error of 40,000
    resamples is 0.0025 a standard error; four of them.
    """
    costs, gained = normal()
    ratio = costs.mean() / gained.mean()
    prices = ratio * np.array([0.99, 1.0, 1.01])
    found = acceptability(*beside_nothing(costs, gained), prices, np.random.default_rng(3), MANY)
    for price, row in zip(prices, found.probability, strict=True):
        benefit = price * gained - costs
        expected = NormalDist().cdf(benefit.mean() / (benefit.std() / np.sqrt(len(costs))))
        assert row[1] == pytest.approx(expected, abs=0.01)
    assert found.probability[1, 1] == pytest.approx(0.5, abs=0.01)
    assert 0.05 < found.probability[0, 1] < 0.4 < 0.6 < found.probability[2, 1] < 0.95


def test_the_curve_of_two_counties_is_worked_by_hand():
    """Costs 10 in both counties, gains 1 and 3. Resampled mean gains: 1 (1 in 4), 2 (1 in 2), 3 (1 in 4). At a price
    above 10 / gain the programme is right: from 10/3 in a quarter, from 5 in three quarters, from 10 in all.
    """
    costs, gained = beside_nothing(np.array([10.0, 10.0]), np.array([1.0, 3.0]))
    prices = np.array([3.0, 4.0, 6.0, 11.0])
    found = acceptability(costs, gained, prices, np.random.default_rng(1), MANY)
    assert found.probability[:, 1] == pytest.approx([0, 0.25, 0.75, 1], abs=0.01)
    assert found.best_in[:, 1].tolist() == [0, 0.5, 0.5, 1]
    assert found.net_benefit[:, 1] == pytest.approx([-4, -2, 2, 12])
    assert not found.net_benefit[:, 0].any()


def test_of_three_certain_options_the_cheap_the_middle_and_the_dear_one_are_right_in_turn():
    """No luck: 0 for 0, 10 for 2, 30 for 3, and 25 for 2, which is dominated. Turns at 10/2 = 5 and (30-10)/1 = 20."""
    costs, gained = np.tile([0.0, 10, 30, 25], (5, 1)), np.tile([0.0, 2, 3, 2], (5, 1))
    prices = np.array([0.0, 4.9, 5.1, 19.9, 20.1, 1000])
    found = acceptability(costs, gained, prices, np.random.default_rng(1), FEW)
    assert found.probability.argmax(axis=1).tolist() == [0, 0, 1, 1, 2, 2]
    assert np.array_equal(found.probability, found.best_in)
    assert not found.probability[:, 3].any()


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 9), st.integers(1, 4), st.integers(0, 2**32 - 1), st.floats(0, 1e5))
def test_probabilities_over_options_sum_to_one_and_agree_with_each_countys_own_best(n, options, seed, price):
    luck = np.random.default_rng(seed)
    costs, gained = luck.normal(300, 50, (n, options)), luck.normal(0.03, 0.02, (n, options))
    found = acceptability(costs, gained, np.array([price]), luck, FEW)
    assert found.probability.sum() == pytest.approx(1)
    by_hand = np.mean([best_by_hand(*county, price) for county in zip(costs, gained, strict=True)], axis=0)
    assert found.best_in[0] == pytest.approx(by_hand)


def test_twins_share_what_they_win_and_a_third_option_takes_none_of_their_luck():
    costs, gained = normal(30)
    twins = acceptability(*(np.column_stack([values, values]) for values in (costs, gained)), np.array([0.0, 50.0]),
                          np.random.default_rng(2), FEW)
    assert np.all(twins.probability == 0.5)
    alone = acceptability(*beside_nothing(costs, gained), np.array([50.0]), np.random.default_rng(2), FEW)
    hopeless = (np.column_stack([*beside_nothing(costs, gained)[i].T, extra]) for i, extra in
                enumerate((costs + 1e6, gained)))
    assert np.array_equal(acceptability(*hopeless, np.array([50.0]), np.random.default_rng(2), FEW).probability[:, :2],
                          alone.probability)


def test_pairs_stay_together_so_shared_luck_does_not_blur_the_choice():
    """The dear option is worth exactly 1 more in every county, however far counties lie apart."""
    luck = np.random.default_rng(4).normal(0, 1000, 25)
    costs, gained = np.column_stack([luck, luck + 9]), np.column_stack([luck, luck + 10])
    found = acceptability(costs, gained, np.array([1.0]), np.random.default_rng(4), FEW)
    assert found.probability.tolist() == [[0.0, 1.0]]


def test_one_replicate_tells_no_probability():
    found = acceptability(*beside_nothing(np.array([1.0]), np.array([2.0])), np.array([1.0]), np.random.default_rng(1))
    assert np.isnan(found.probability).all()
    assert found.best_in.tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize(("costs", "gained", "prices", "says"), [
    (np.zeros((3, 2)), np.zeros((3, 1)), np.zeros(2), "allowed: "),
    (np.zeros(3), np.zeros(3), np.zeros(2), "allowed: "),
    (np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(2), "allowed: "),
    (np.zeros((2, 2)), np.array([[0, np.nan], [0, 1]]), np.zeros(2), "not finite"),
    (np.zeros((2, 2)), np.zeros((2, 2)), np.array([np.inf]), "not finite"),
])
def test_arrays_that_do_not_fit_are_refused(costs, gained, prices, says):
    with pytest.raises(ValueError, match=says):
        acceptability(costs, gained, prices, np.random.default_rng(1))


def test_the_region_of_a_mean_covers_the_truth_as_often_as_it_says():
    """2,000 samples of 8: three standard errors of a share of 0.95 are 0.0146."""
    luck, hits = np.random.default_rng(9), 0
    for _ in range(2000):
        first, second = luck.normal(size=(2, 8))
        costs, gained = 5 + 3 * first, 1 + first + second
        edge = region(costs, gained)
        centre = edge[:-1].mean(axis=0)
        inverse = np.linalg.inv(np.cov(gained, costs))
        reach = (edge[0] - centre) @ inverse @ (edge[0] - centre)
        apart = np.array([1.0, 5.0]) - centre
        hits += bool(apart @ inverse @ apart <= reach)
    assert hits / 2000 == pytest.approx(0.95, abs=0.0146)


def test_the_region_has_hotellings_reach_and_centre():
    """n = 5 pairs without correlation: reach^2 = 2 (n-1) / (n (n-2)) F(0.95; 2, 3) s^2, with F = 9.5521 from tables."""
    costs, gained = np.array([1.0, -1, 1, -1, 0]), np.array([2.0, 2, -2, -2, 0])
    edge = region(costs + 7, gained + 3)
    assert edge[:-1].mean(axis=0) == pytest.approx([3, 7])
    reach = np.sqrt(2 * 4 / (5 * 3) * 9.5521)
    assert (edge.max(axis=0) - [3, 7]) == pytest.approx(reach * np.array([2.0, 1.0]), rel=1e-3)
    assert region(costs[:2], gained[:2]) is None


def pairs_of(effect, costs, gained, scenario="mix"):
    return pd.DataFrame({"scenario": scenario, "base": "none", "effect": effect, "unit": "share",
                         "replicate": range(len(costs)), "seed": 1, "cost": costs, "gain": gained})


def test_the_table_of_curves_holds_the_base_and_marks_the_frontier():
    table = curves(pd.concat([pairs_of("adoption", [10.0] * 3, [2.0] * 3), pairs_of("adoption", [30.0] * 3, [3.0] * 3,
                                                                                    "more")]),
                   {"adoption": [1.0, 10.0, 30.0]})
    assert table["scenario"].tolist() == ["none", "mix", "more"] * 3
    assert table.loc[table["best"], "scenario"].tolist() == ["none", "mix", "more"]
    assert table["net_benefit"].tolist() == [0, -8, -27, 0, 10, 0, 0, 50, 60]
    assert table["probability"].tolist() == table["best"].astype(float).tolist()
    assert set(table["unit"]) == {"yuan/seller/year"}


def test_prices_run_from_nothing_to_the_declared_most_and_the_same_table_gives_the_same_curves():
    pairs = pd.concat([pairs_of(effect.name, [1.0, 2, 4], [0.1, 0.3, 0.2]) for effect in EFFECTS])
    table = curves(pairs)
    for effect in EFFECTS:
        prices = table.loc[table["effect"] == effect.name, "willingness"]
        assert (prices.min(), prices.max()) == (0, effect.most)
    pd.testing.assert_frame_equal(table, curves(pairs))


def test_a_county_without_the_poor_is_left_out_for_all_scenarios():
    pairs = pd.concat([pairs_of("income_poor", [1.0, 1, 1], [2.0, 2, 0.5]),
                       pairs_of("income_poor", [1.0, 1, 1], [3.0, 3, 0.5], "more").iloc[:2]])
    table = curves(pairs, {"income_poor": [1.0]})
    assert table["net_benefit"].tolist() == [0, 1, 2]


def test_no_column_has_two_meanings():
    books = [worth.COLUMNS, gains.COLUMNS]
    own = set(compare.COLUMNS) - set(worth.COLUMNS) - set(gains.COLUMNS)
    assert len(compare.COLUMNS) == len(own) + sum(map(len, books))
    assert not set(worth.COLUMNS) & set(gains.COLUMNS)


def told(seed, spent, sellers, income, poor_income):
    """A run of two months before and two after the programme's start; 10 households, of which 2 are poor."""
    months = [-2, -1, 0, 1]
    rows = [(month, group, size, sold, fen) for month in months for group, size, sold, fen in
            (("all", 10, sellers, income), ("poor", 2, 1, poor_income))]
    group = pd.DataFrame(rows, columns=["month", "group", "households", "sellers", "income"])
    group.loc[group["month"] < 0, ["sellers", "income"]] = 9
    county = pd.DataFrame({"month": months, "spent": [7 * spent, spent, spent, 2 * spent]})
    nothing = pd.DataFrame()
    return Run(nothing, group, county, nothing, nothing, nothing, nothing, {"identity": {"seed": seed}})


def test_the_plane_counts_household_years_from_the_programmes_start():
    """Ten households for two months are 20/12 household-years. Spent: 30 yuan more than the base's 0, 18 a
    household-year. Sellers: 3 instead of 1 of 10. Income: 500 fen more of 10 households a month, 6 yuan a year each; of
    the two poor 200 fen more a month, 12 yuan a year each.
    """
    table = plane({"none": [told(5, 0, 1, 1000, 300)], "mix": [told(5, 1000, 3, 1500, 500)]}).set_index("effect")
    assert table["cost"].tolist() == pytest.approx([18.0] * 3)
    assert table["gain"].to_dict() == pytest.approx({"adoption": 0.2, "income": 6.0, "income_poor": 12.0})
    assert (set(table["seed"]), set(table["base"]), set(table["scenario"])) == ({5}, {"none"}, {"mix"})
