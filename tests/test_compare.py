"""Paired comparison: closed forms of intervals and ratios, and a programme compared with itself."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from villagesim.outcomes import EVERY_GROUP, GROUPS
from villagesim.results import read_codebook
from villagesim.scenario import changed, load
from villagesim.study.compare import TABLES, _costs, compare
from villagesim.study.paired import paired, ratio

SCENARIOS = Path(__file__).parents[1] / "scenarios"
SMALL = {"world.villages": 4, "world.townships": 2, "world.households": 30, "run.months": 14, "run.spin_up": 13}


def test_a_paired_difference_has_the_t_interval_of_its_differences():
    found = paired(np.array([10.0, 20.0, 30.0, 40.0]), np.array([11.0, 22.0, 33.0, 44.0]))
    assert found.difference == 2.5
    assert (found.low, found.high) == pytest.approx((2.5 - 2.054260, 2.5 + 2.054260), abs=1e-6)


def test_shared_luck_saves_all_variance_where_a_programme_adds_a_constant():
    luck = np.array([3.0, 1.0, 4.0, 1.5])
    assert paired(luck, luck + 7).saved == pytest.approx(1.0)


def test_variance_saved_is_twice_the_covariance_over_the_sum_of_variances():
    draws = np.random.default_rng(5).normal(size=(2, 200))
    one, two = draws[0], 0.6 * draws[0] + 0.8 * draws[1]
    expected = 2 * np.cov(one, two)[0, 1] / (np.var(one, ddof=1) + np.var(two, ddof=1))
    assert paired(one, two).saved == pytest.approx(expected)


def test_nothing_is_said_to_be_saved_where_nothing_varies():
    assert np.isnan(paired(np.array([2.0, 2.0]), np.array([3.0, 3.0])).saved)
    assert np.isnan(paired(np.array([2.0]), np.array([3.0])).saved)


def test_a_ratio_over_a_constant_has_the_t_interval_of_its_numerator():
    value, low, high = ratio(np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, 5.0))
    assert (value, low, high) == pytest.approx((0.5, (2.5 - 2.054260) / 5, (2.5 + 2.054260) / 5), abs=1e-6)


def test_a_ratio_follows_fiellers_closed_form():
    luck = np.random.default_rng(8)
    part, over = luck.normal(10, 2, 12), luck.normal(5, 0.5, 12)
    value, low, high = ratio(part, over)
    (vxx, vxy), (_, vyy) = np.cov(part, over) / 12
    t = 2.2009851600829
    g = t * t * vyy / over.mean() ** 2
    centre = value - g * vxy / vyy
    reach = t / over.mean() * np.sqrt(vxx - 2 * value * vxy + value**2 * vyy - g * (vxx - vxy**2 / vyy))
    assert (low, high) == pytest.approx(((centre - reach) / (1 - g), (centre + reach) / (1 - g)), rel=1e-9)


def test_a_cost_per_seller_means_nothing_where_no_seller_was_gained():
    assert all(np.isnan(ratio(np.array([5.0, 6.0, 7.0]), np.array([-1.0, 1.0, 0.2]))))
    assert all(np.isnan(ratio(np.array([5.0, 6.0]), np.zeros(2))))


def test_a_programme_does_not_differ_from_itself():
    one = changed(load(SCENARIOS / "integrated.toml"), SMALL)
    found = compare([one, dataclasses.replace(one, name="twin")], 3, workers=1)
    for table in (found.outcomes, found.groups, found.series):
        assert not table["difference"].dropna().any()
    assert not found.plane[["cost", "gain"]].any(axis=None)
    assert not found.gains[["difference", "p10", "p90", "gaining", "losing"]].any(axis=None)
    assert found.acceptability["probability"].eq(0.5).all()
    assert found.acceptability["best_in"].eq(0.5).all()


@pytest.fixture(scope="module")
def comparison():
    return compare([changed(load(SCENARIOS / name), SMALL) for name in ("baseline.toml", "cash.toml")], 3, workers=1)


def test_cash_costs_what_it_gives(comparison):
    costs = comparison.costs[comparison.costs["scenario"] == "cash"].set_index("outcome")
    income = comparison.outcomes.set_index("outcome").loc["income_cash"]
    assert costs.loc["public_cost", "value"] > 0
    assert income["difference"] == pytest.approx(income["mean"])
    base = comparison.costs[comparison.costs["scenario"] == "baseline"]
    assert base["value"].tolist() == [0.0]


def test_the_plane_and_the_villages_agree_with_the_other_tables(comparison):
    costs = comparison.costs[comparison.costs["scenario"] == "cash"].set_index("outcome")["value"]
    plane = comparison.plane.groupby("effect")[["cost", "gain"]].mean()
    assert plane["cost"].to_numpy() == pytest.approx(costs["extra_public_cost"])
    assert plane.loc["income", "gain"] == pytest.approx(costs["income_gained"])
    groups = comparison.gains[comparison.gains["by"] == "group"].rename(columns={"type": "group"})
    both = comparison.groups.merge(groups, on=["group", "outcome"])
    assert len(both) == len(comparison.groups[comparison.groups["group"].isin(GROUPS)])
    assert set(comparison.groups["group"]) == set(EVERY_GROUP)
    for column in ("difference", "low", "high"):
        assert np.allclose(both[f"{column}_x"], both[f"{column}_y"], atol=1e-9)


class Lived:
    """As a run: months 0 and 1 of a county of twelve households."""

    def __init__(self, spent, orders, paid):
        months = pd.DataFrame({"month": [0, 1], "group": "all"})
        self.group = months.assign(income=0, households=12, sellers=1, orders=orders, shipping_paid=paid)
        self.county = months.assign(spent=spent)


def test_a_parcel_more_and_a_yuan_saved_on_parcels_cost_what_the_programme_costs():
    """Two county-months of 12 households are 2 household-years. 600 yuan more a run; 10 parcels at 9 yuan become 40 at
    6: 30 more, 15 a household-year, 20 yuan each; 3 yuan less each, 120 yuan on 40 parcels, so 5 yuan for a yuan.
    """
    one, two = Lived([0, 0], [4, 6], [3000, 6000]), Lived([30000, 30000], [10, 30], [6000, 18000])
    costs = _costs("base", [one, one], "more", [two, two]).set_index("outcome")["value"]
    assert costs["extra_public_cost"] == 300
    assert costs["parcels_gained"] == 15
    assert costs["cost_of_parcel"] == 20
    assert costs["saved_on_parcel"] == 3
    assert costs["cost_of_saving"] == 5


def test_a_comparison_is_written_with_its_codebook(comparison, tmp_path):
    comparison.write(tmp_path)
    for name in TABLES:
        book = read_codebook(tmp_path / f"{name}.parquet")
        assert all(entry["unit"] and entry["meaning"] for entry in book.values())
        assert (tmp_path / f"{name}.csv").stat().st_size > 0
