"""Hysteresis: starts that differ in their past alone, gaps, and when two starts meet."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from conftest import SCENARIOS, small
from villagesim import cli, evidence
from villagesim.results import read_about, read_codebook
from villagesim.scenario import ScenarioError, changed, load, plan
from villagesim.sources import model, series
from villagesim.study import hysteresis, runner

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


def test_two_one_sided_tests_are_worked_by_hand():
    """Gaps 0.001, 0.003, 0.002 and 0.002, mean 0.002, standard error 0.000408: t = (0.01 - 0.002) / 0.000408 = 19.6 on
    3 degrees, p = 0.000145. Gaps of -0.02 and 0.02 lie on both sides, t = 0.01 / 0.02 on 1 degree, p = 0.3524; of 0.02
    and 0.0200001 outside, p near 1; without luck inside 0, outside 1, one pair 1.
    """
    apart = np.array([[0.001], [0.003], [0.002], [0.002]])
    assert hysteresis.same(apart, 0.01) == pytest.approx(0.000145, abs=2e-6)
    assert hysteresis.same(-apart, 0.01) == pytest.approx(hysteresis.same(apart, 0.01))
    assert hysteresis.same(np.array([[-0.02], [0.02]]), 0.01) == pytest.approx(0.352416, abs=1e-6)
    assert hysteresis.same(np.array([[0.02], [0.0200001]]), 0.01) == pytest.approx(1, abs=1e-4)
    assert hysteresis.same(np.array([[0.0, 0.03, 0.01]] * 2), 0.01).tolist() == [0, 1, 1]
    assert hysteresis.same(np.array([[0.0]]), 0.01).tolist() == [1]
    assert np.isnan(hysteresis.same(apart, float("nan")))


def test_two_starts_that_are_the_same_within_the_limit_are_rarely_called_so_at_the_limit():
    """2,000 samples of 10 whose true gap is the limit: called the same in 5 %; three standard errors are 0.015."""
    luck = np.random.default_rng(4).normal(0.01, 0.004, (10, 2000))
    assert (hysteresis.same(luck, 0.01) < hysteresis.ALPHA).mean() == pytest.approx(0.05, abs=0.015)


def gap_of(gaps, p_same, half=0.1):
    gaps = np.asarray(gaps, float)
    return pd.DataFrame({"start": "one", "outcome": "adoption", "month": np.arange(-1, len(gaps) - 1), "gap": gaps,
                         "low": gaps - half, "high": gaps + half, "least": 0.01, "p_same": p_same})


@pytest.mark.parametrize(
    ("p_same", "month"),
    [
        ([1, 0.9, 0.6, 0.3, 0.2], None),
        ([1, 0.9, 0.6, 0.04, 0.0], 2),
        ([1, 0.9, 0.04, 0.6, 0.0], 3),
        ([1, 0.0, 0.0, 0.0, 0.0], 0),
        ([1, 0.0, 0.0, 0.0, 0.06], None),
    ],
)
def test_two_starts_have_met_when_they_stay_told_to_be_the_same(p_same, month):
    assert hysteresis.meets(gap_of([0.0] * 5, p_same), "one") == month


def test_an_interval_that_holds_0_is_no_meeting():
    """6.5 points apart with few pairs of runs: the interval holds 0, and yet nothing says that the two are the same."""
    wide, certain = gap_of([0.2, 0.065], [1, 1], half=0.08), gap_of([0.2, 0.065], [1, 1], half=0.01)
    assert hysteresis.verdict(wide, "one") == ("6.5 points (-1.5 to 14.5) above the low start 1 months after it: "
                                               "neither told apart nor told to be within 1 points")
    assert hysteresis.verdict(certain, "one").endswith("the two stay apart")
    assert hysteresis.verdict(gap_of([0.2, 0.001], [1, 0.01]), "one").startswith("no longer told apart from the low")


def test_the_command_writes_tables_and_a_figure(tmp_path):
    for name in ("baseline", "integrated"):
        lines = [f'extends = "{SCENARIOS / name}.toml"', "world.villages = 2", "world.townships = 1",
                 "world.households = 20", "run.spin_up = 1"]
        (tmp_path / f"{name}.toml").write_text("\n".join(lines), encoding="utf-8")
    words = ["hysteresis", tmp_path / "baseline.toml", "--months", 8, "--replicates", 2, "--workers", 1, "--out",
             tmp_path / "out"]
    done = CliRunner().invoke(cli.app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    assert "adoption after the 8-month push: " in done.output
    folder = tmp_path / "out/hysteresis-baseline"
    assert {path.name for path in folder.iterdir()} == {
        "series.csv", "series.parquet", "gaps.csv", "gaps.parquet", "hysteresis.png", "hysteresis.svg"}
    assert read_about(folder / "gaps.parquet")["push"] == "integrated"
    assert all(entry["unit"] and entry["meaning"] for entry in read_codebook(folder / "series.parquet").values())


def test_the_usual_push_that_is_missing_is_named_with_what_asked_for_it(tmp_path):
    (tmp_path / "baseline.toml").write_text(f'extends = "{SCENARIOS / "baseline.toml"}"', encoding="utf-8")
    done = CliRunner().invoke(cli.app, ["hysteresis", str(tmp_path / "baseline.toml"), "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert done.stderr.startswith("hysteresis: --push names a file that fails: ")
    assert "integrated.toml: does not exist" in done.stderr.replace("\n", "")


@pytest.fixture
def shipped(monkeypatch):
    rows = tuple({"parameters.choice.attention": value, "parameters.sales.demand": 300.0,
                  "levers.camp.unit_cost": 600.0} for value in (0.01, 0.2, 0.05))
    monkeypatch.setattr(evidence, "ensemble", lambda: evidence.Ensemble(rows, {"model": model(), "series": series()}))


def test_gaps_under_the_ensemble_pair_the_same_member_and_seed_and_start_at_the_same_months(shipped, found):
    varied = hysteresis.run(tiny("baseline"), tiny("integrated"), (6, 14), after=13, replicates=3, workers=1, members=3)
    pd.testing.assert_frame_equal(varied.gaps, found.gaps)
    assert found.uncertainty.empty
    rows = varied.uncertainty.set_index(["start", "outcome", "month"]).sort_index()
    gaps = varied.gaps.set_index(["start", "outcome", "month"]).sort_index()
    assert set(rows.index) == set(gaps.index)
    for place in rows.index:
        assert rows.loc[place, "gap"] == pytest.approx(gaps.loc[place, "gap"], nan_ok=True)
    assert (rows["members"] == 3).all()
    adoption = rows.loc[("14-month push", "adoption")]
    assert (adoption["ensemble_low"] < adoption["ensemble_high"]).all()


def test_what_luck_and_what_parameters_make_of_a_gap_is_worked_by_hand(monkeypatch):
    """Gaps at the push's end 1, 2, 3 under the usual values, 0, 2, 4 under members: variances 1 and 4, 3 parameters'.
    Levels of the low start differ by 10 and more from seed to seed, which pairs take out."""
    def series(runs, outcome):
        return np.arange(-2, 13), np.array(runs, float)[:, None] * np.ones(15)

    monkeypatch.setattr(hysteresis, "monthly", series)
    monkeypatch.setattr(hysteresis, "about", lambda runs: {})
    told = hysteresis.of_runs({"low": [10, 30, 20], "push": [11, 32, 23]}, 13, {},
                              {"low": [70, 50, 90], "push": [70, 52, 94]}).uncertainty
    assert set(told["month"]) == {0, 12}
    row = told[(told["outcome"] == "adoption") & (told["month"] == 12)].iloc[0]
    assert row[["gap", "luck_sd", "ensemble_mean"]].tolist() == [2, 1, 2]
    assert row["parameter_sd"] == pytest.approx(np.sqrt(3))
    assert row[["ensemble_low", "ensemble_high"]].tolist() == [0.0, 4.0]


def test_members_keep_what_the_files_of_the_scenario_and_of_the_push_set(shipped, monkeypatch, tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(f'extends = "{SCENARIOS / "baseline.toml"}"\nparameters.sales.demand = 222\n', encoding="utf-8")
    push = tmp_path / "push.toml"
    push.write_text(f'extends = "{SCENARIOS / "integrated.toml"}"\nlevers.camp.unit_cost = 770\n', encoding="utf-8")
    seen = {}

    def replicate(scenarios, *rest):
        seen.update({one.name: one for one in scenarios})
        return {one.name: [one] for one in scenarios}

    monkeypatch.setattr(runner, "replicate", replicate)
    monkeypatch.setattr(hysteresis, "of_runs", lambda *said: None)
    hysteresis.run(load(file), load(push), (12,), replicates=5, members=2)
    member = seen["12-month push member 1"]
    assert member.parameters.sales.demand == 222
    assert member.parameters.choice.attention == 0.2
    assert member.levers["camp"].unit_cost == 770


def test_the_command_says_what_parameters_make_of_the_gap(shipped, tmp_path):
    for name in ("baseline", "integrated"):
        lines = [f'extends = "{SCENARIOS / name}.toml"', "world.villages = 2", "world.townships = 1",
                 "world.households = 20", "run.spin_up = 1"]
        (tmp_path / f"{name}.toml").write_text("\n".join(lines), encoding="utf-8")
    words = ["hysteresis", tmp_path / "baseline.toml", "--months", 8, "--replicates", 5, "--workers", 1, "--out",
             tmp_path / "out"]
    done = CliRunner().invoke(cli.app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    assert "runs: 10, and 6 more under 3 calibrated parameter sets (--no-ensemble: none)" in done.stderr
    assert "What luck and what uncertain parameters make of one gap of the 8-month push" in done.stdout
    table = pd.read_csv(tmp_path / "out/hysteresis-baseline/uncertainty.csv")
    assert set(table["month"]) == {0, 12, 60, 120}
    book = read_codebook(tmp_path / "out/hysteresis-baseline/uncertainty.parquet")
    assert book["parameter_sd"]["meaning"].startswith("standard deviation by parameters alone")
