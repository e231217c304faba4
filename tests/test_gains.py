"""Who gains and who loses: a village that gains and one that loses, clusters, types of villages, moved counties."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from conftest import SMALL, small
from villagesim.figures import draw, style
from villagesim.results import Run, interval, record
from villagesim.scenario import changed
from villagesim.study.compare import TABLES, of_runs
from villagesim.study.gains import GROUP, LEAST, TYPES, gains, of_villages, same_villages, village_types, who
from villagesim.world import build

SHORT = {"run.months": 12}
PRODUCTS = TYPES["product"]


def test_one_village_gains_and_one_loses():
    found = who([0.05, -0.03], [100, 300], [0, 0], 0.01)
    assert (found.counties, found.units, found.gaining, found.losing) == (1, 2, 0.5, 0.5)
    assert found.difference == pytest.approx((0.05 * 100 - 0.03 * 300) / 400)
    assert (found.p10, found.median, found.p90) == pytest.approx((-0.022, 0.01, 0.042))
    assert np.isnan([found.low, found.high, found.gaining_low, found.losing_high]).all()


def test_a_difference_smaller_than_what_counts_is_neither_gain_nor_loss():
    found = who([0.01, 0.0099, -0.0099, -0.01, 0.0], np.ones(5), np.arange(5), 0.01)
    assert (found.gaining, found.losing) == (0.2, 0.2)


def test_shares_are_of_all_villages_with_counties_as_clusters():
    """Three counties with 1, 2 and 3 villages, of which 1, 1 and 0 gain: a third. The linearised values are
    p + (part - p over) / mean(over) with p = 1/3 and mean 2: 2/3, 1/2 and -1/6, whose interval is a t interval.
    """
    found = who([1, 1, 0, 0, 0, 0], np.ones(6), [5, 7, 7, 9, 9, 9], 0.5)
    _, low, high = interval(np.array([2 / 3, 1 / 2, -1 / 6]))
    assert found.gaining == pytest.approx(1 / 3)
    assert (found.gaining_low, found.gaining_high) == pytest.approx((max(low, 0), min(high, 1)))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert (found.counties, found.units) == (3, 6)


def test_the_interval_of_a_share_covers_the_truth_about_as_often_as_it_says():
    """Counties of 4 to 8 villages with luck of their own: 1,000 samples of 20; three standard errors are 0.021."""
    luck, hits = np.random.default_rng(6), 0
    for _ in range(1000):
        county = np.repeat(np.arange(20), luck.integers(4, 9, 20))
        chance = luck.beta(3, 3, 20)[county]
        found = who(luck.random(county.size) < chance, np.ones(county.size), county, 0.5)
        hits += bool(found.gaining_low <= 0.5 <= found.gaining_high)
    assert hits / 1000 == pytest.approx(0.95, abs=0.021)


@pytest.mark.parametrize(("apart", "least"), [([], 0.1), ([1.0], 0.0), ([1.0], -1.0), ([1.0], float("nan"))])
def test_no_units_or_no_size_that_counts_are_refused(apart, least):
    with pytest.raises(ValueError, match="allowed: above 0"):
        who(apart, np.ones(len(apart)), np.zeros(len(apart)), least)


@pytest.fixture(scope="module")
def runs():
    """Baseline and the integrated programme in the small county, two replicates."""
    return {name: [record(changed(small(name), SHORT), seed) for seed in (1, 2)] for name in ("baseline", "integrated")}


def test_village_types_are_those_of_the_county_in_month_0(runs):
    world = build(changed(small("baseline"), SHORT), 1)
    types = village_types(runs["baseline"][0])
    remote = pd.Series(world.households.remote).groupby(world.households.village).first()
    assert (types["distance"] == "remote").tolist() == remote.astype(bool).tolist()
    assert types["distance"].tolist().count("remote") == SMALL["world.villages"] // 2
    rugged = np.array(world.villages.terrain)
    assert ((types["terrain"] == "plain") == (rugged < 1 / 3)).all()
    assert ((types["terrain"] == "mountain") == (rugged >= 2 / 3)).all()
    own = pd.crosstab(world.households.village, world.households.product)
    assert [PRODUCTS[code] for code in own.idxmax(axis=1)] == types["product"].tolist()
    assert ((world.villages.perishable == 0) == (types["product"] == "craft")).all()


def test_of_five_villages_the_two_farthest_are_remote(runs):
    run = dataclasses.replace(runs["baseline"][0], places=runs["baseline"][0].places.head(5))
    far = run.places["distance_county"].rank() > 3
    assert (village_types(run)["distance"] == "remote").tolist() == far.tolist()


def test_a_villages_outcomes_are_ratios_of_its_years_totals(runs):
    run = runs["integrated"][0]
    found = of_villages(run)
    year = run.village[run.village["month"] >= 0]
    for village, rows in year.groupby("village"):
        assert len(rows) == 12
        assert found.loc[village, "adoption"] == pytest.approx(rows["sellers"].sum() / rows["households"].sum())
        assert found.loc[village, "income_mean"] == pytest.approx(
            12 / 100 * rows["income"].sum() / rows["households"].sum())
        assert found.loc[village, "jobs_rate"] == pytest.approx(100 * rows["jobs"].sum() / rows["households"].sum())


def moved(run: Run, more: dict[int, int]) -> Run:
    """The run with so many more sellers in each month of some villages."""
    village = run.village.copy()
    village["sellers"] += village["village"].map(more).fillna(0).astype(int)
    return dataclasses.replace(run, village=village)


def test_villages_are_compared_with_themselves(runs):
    """Village 2 gets four more sellers every month, village 4 two fewer; nothing else moves."""
    before = runs["baseline"]
    table = gains({"base": before, "other": [moved(run, {2: 4, 4: -2}) for run in before]})
    rows = table[table["outcome"] == "adoption"].set_index(["by", "type"])
    whole, homes = rows.loc[("village", "all")], [run.places["households"].to_numpy() for run in before]
    assert (whole["units"], whole["counties"]) == (2 * SMALL["world.villages"], 2)
    assert (whole["gaining"], whole["losing"]) == pytest.approx((1 / 6, 1 / 6))
    assert whole["difference"] == pytest.approx(2 * (4 - 2) / sum(map(sum, homes)))
    assert not rows.loc[GROUP, "difference"].any()
    assert not table.loc[table["outcome"] != "adoption", "difference"].any()
    types = pd.concat([village_types(run) for run in before])
    for by in ("distance", "terrain", "product"):
        for kind, villages in types.groupby(by):
            row = rows.loc[(by, kind)]
            assert row["units"] == len(villages)
            assert row["gaining"] * row["units"] == pytest.approx(list(villages.index).count(2))
            assert row["losing"] * row["units"] == pytest.approx(list(villages.index).count(4))


def test_every_type_has_its_villages_once(runs):
    table = gains(runs)
    one = table[table["outcome"] == "income_mean"]
    assert one[one["by"] != GROUP].groupby("by")["units"].sum().tolist() == [2 * SMALL["world.villages"]] * len(TYPES)
    assert (table["p10"] <= table["median"]).all()
    assert (table["median"] <= table["p90"]).all()
    assert (table["gaining"] + table["losing"] <= 1).all()
    assert table.groupby("outcome")["least"].first().to_dict() == LEAST


def test_a_scenario_that_moves_the_county_has_no_village_to_compare_and_its_figure_says_so(runs, tmp_path, monkeypatch):
    elsewhere = changed(small("integrated"), SHORT | {"world.terrain": 0.9})
    other = [record(elsewhere, seed) for seed in (1, 2)]
    assert same_villages(runs["baseline"][0], runs["integrated"][0])
    assert not same_villages(runs["baseline"][0], other[0])
    said = []
    monkeypatch.setattr(style, "source_line", lambda drawn, about, more: said.append(more))
    monkeypatch.setattr(style, "save", lambda drawn, path: [])
    alone, beside = {"baseline": runs["baseline"], "elsewhere": other}, runs | {"elsewhere": other}
    for compared in (alone, beside):
        found = of_runs(compared)
        moved_rows = found.gains[found.gains["scenario"] == "elsewhere"]
        assert set(moved_rows["by"]) == {GROUP}
        folder = found.write(tmp_path)
        assert {path.stem for path in folder.glob("*.csv")} == set(TABLES)
        assert draw("gains", folder) == []
    assert said[0] == "no two scenarios hold the same villages"
    assert said[1].startswith("Villages are compared with themselves")


def test_one_pair_of_runs_is_drawn_too(runs, tmp_path):
    folder = of_runs({name: found[:1] for name, found in runs.items()}).write(tmp_path)
    assert [file.name for name in ("gains", "plane") for file in draw(name, folder)] == [
        "gains.png", "gains.svg", "plane.png", "plane.svg"]
