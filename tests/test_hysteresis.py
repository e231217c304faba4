"""Hysteresis: starts that differ in their past alone, gaps, and when two starts meet."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from conftest import SCENARIOS, small
from villagesim import cli
from villagesim.results import read_about, read_codebook
from villagesim.scenario import ScenarioError, changed, plan
from villagesim.study import hysteresis

SMALL = {"world.villages": 3, "world.townships": 1, "world.households": 20, "run.spin_up": 2}


def tiny(name, changes=None):
    return changed(small(name), SMALL | (changes or {}))


@pytest.fixture(scope="module")
def found():
    return hysteresis.run(tiny("baseline"), tiny("integrated"), (6, 14), after=13, replicates=3, workers=1)


def test_starts_have_the_push_before_month_0_and_the_scenario_after():
    low, short, long = hysteresis.starts(tiny("baseline"), tiny("integrated"), (12, 40), after=24)
    assert [one.name for one in (low, short, long)] == ["low", "12-month push", "40-month push"]
    assert not plan(low).any()
    for start, length in ((short, 12), (long, 40)):
        on = plan(start)[2:].any(axis=1)
        assert on.tolist() == [40 - length <= month < 40 for month in range(64)]
    # The push's cold stores come after three years.
    assert "cold_chain" in long.levers
    assert "cold_chain" not in short.levers


def test_a_lever_of_both_goes_on_and_one_of_the_scenario_begins_at_month_0():
    scenario = tiny("workforce_only", {"levers.cash.intensity": 5})
    low, high = hysteresis.starts(scenario, tiny("integrated"), (30,), after=24)
    assert low.levers["posts"].start == 30
    assert high.levers["posts"]._replace(ramp=0) == low.levers["posts"]._replace(start=0, ramp=0)
    assert high.levers["cash"] == low.levers["cash"]
    assert high.levers["camp"].end == 30
    with pytest.raises(ScenarioError, match=r"levers\.posts is in the scenario too"):
        hysteresis.starts(changed(scenario, {"levers.posts.intensity": 1}), tiny("integrated"), (30,))


def test_before_the_push_begins_the_starts_are_one_county(found):
    rows = found.series[(found.series["start"] == "6-month push") & (found.series["month"] < -6)]
    assert len(rows) > 0
    assert not rows["gap"].dropna().any()


def test_the_gap_is_the_paired_difference_and_all_of_it_is_left_when_the_push_ends(found):
    gaps = found.gaps[found.gaps["outcome"] == "service_point"].set_index(["start", "month"])
    series = found.series[found.series["outcome"] == "service_point"].set_index(["start", "month"])
    assert sorted({month for _, month in gaps.index}) == [0, 12]
    for start, month in gaps.index:
        assert gaps.loc[(start, month), "gap"] == pytest.approx(series.loc[(start, month - 1), "gap"])
    ended = gaps.loc[("14-month push", 0)]
    assert ended["gap"] > 0
    assert ended["left"] == 1
    assert gaps.loc[("14-month push", 12), "left"] < 1
    assert gaps["mean"].to_numpy() == pytest.approx((gaps["low_mean"] + gaps["gap"]).to_numpy())


def gap_of(gaps, half=0.1):
    gaps = np.asarray(gaps, float)
    return pd.DataFrame({"start": "one", "outcome": "adoption", "month": np.arange(-1, len(gaps) - 1), "gap": gaps,
                         "low": gaps - half, "high": gaps + half})


@pytest.mark.parametrize(
    ("gaps", "month"),
    [
        ([1, 0.8, 0.5, 0.3, 0.2], None),
        ([1, 0.8, 0.5, 0.05, 0.0], 2),
        ([1, 0.8, 0.05, 0.5, 0.0], 3),
        ([1, 0.0, 0.0, 0.0, 0.0], 0),
        ([1, 0.8, 0.5, 0.0, -0.4], None),
    ],
)
def test_two_starts_have_met_when_their_gap_stays_closed(gaps, month):
    assert hysteresis.meets(gap_of(gaps), "one") == month


def test_a_gap_that_is_certain_but_tiny_is_closed():
    assert hysteresis.meets(gap_of([1, 0.5, 0.04, 0.03], half=0.001), "one") == 1


def test_the_command_writes_tables_and_a_figure(tmp_path):
    for name in ("baseline", "integrated"):
        lines = [f'extends = "{SCENARIOS / name}.toml"', "world.villages = 2", "world.townships = 1",
                 "world.households = 20", "run.spin_up = 1"]
        (tmp_path / f"{name}.toml").write_text("\n".join(lines), encoding="utf-8")
    words = ["hysteresis", tmp_path / "baseline.toml", "--months", 8, "--replicates", 2, "--workers", 1, "--out",
             tmp_path / "out"]
    done = CliRunner().invoke(cli.app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    assert "adoption after the 8-month push" in done.output
    folder = tmp_path / "out/hysteresis-baseline"
    assert {path.name for path in folder.iterdir()} == {
        "series.csv", "series.parquet", "gaps.csv", "gaps.parquet", "hysteresis.png", "hysteresis.svg"}
    assert read_about(folder / "gaps.parquet")["push"] == "integrated"
    assert all(entry["unit"] and entry["meaning"] for entry in read_codebook(folder / "series.parquet").values())
