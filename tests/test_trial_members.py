"""A trial under calibrated parameter sets: members keep what the files say, and their effects and power are found."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from test_trials import TRIAL, written
from villagesim import cli, evidence
from villagesim.draws import replicate_seed
from villagesim.results import read_about, read_codebook
from villagesim.sources import model, series
from villagesim.study import trials
from villagesim.study.fieldwork.estimates import NORMAL_95, Estimate
from villagesim.study.trials import members
from villagesim.study.trials.plan import Found


@pytest.fixture
def shipped(monkeypatch):
    rows = tuple({"parameters.choice.attention": value, "world.belief": 0.4, "parameters.sales.demand": 300.0}
                 for value in (0.01, 0.05, 0.2))
    monkeypatch.setattr(evidence, "ensemble", lambda: evidence.Ensemble(rows, {"model": model(), "series": series()}))


def test_a_member_sets_every_arm_but_what_the_trial_says_itself(shipped, tmp_path):
    text = TRIAL.replace('set = {', 'set = {"world.belief" = 0.7, "parameters.sales.demand" = 222, ')
    trial = trials.read_trial(written(tmp_path, text, starts=[0, 4], villages=[12]))
    found = members.under(trial, 4)
    assert [{arm.parameters.choice.attention for arm in one.arms} for one in found] == [{0.01}, {0.05}, {0.2}, {0.01}]
    for one in found:
        assert [arm.world.belief for arm in one.arms] == [0.7, 0.7]
        assert [arm.parameters.sales.demand for arm in one.arms] == [222.0, 222.0]
        assert [arm.levers for arm in one.arms] == [arm.levers for arm in trial.arms]


def rows_of(rng, effects, luck, each, error):
    """Trials of one size whose members have these effects: normal about them, reporting that error."""
    found = []
    for member, effect in enumerate(effects):
        for value in rng.normal(effect, luck, each):
            found.append((40, member, 1, value, error, abs(value) > NORMAL_95 * error))
    return pd.DataFrame(found, columns=["villages", *members.ROWS])


def test_luck_is_what_trials_of_a_member_differ_by_and_parameters_what_members_do_beyond_it():
    """Members' means 1 and 7, variances 2 each: between 18, of which 2 / 2 is luck."""
    luck, parameters = members.apart([np.array([0.0, 2.0]), np.array([6.0, 8.0])])
    assert (luck**2, parameters**2) == pytest.approx((2, 17))
    assert members.apart([np.array([0.0, 2.0]), np.array([0.5, 1.5])])[1] == 0.0
    assert np.isnan(members.apart([np.array([1.0]), np.array([2.0])])[0])


def test_the_interval_of_effect_and_power_is_that_of_the_members_and_not_wider_by_luck():
    """Effects normal with mean 3 and sd 1, luck and errors 1: 95 % of effects 1.04 to 4.96, of powers by hand from the
    normal: at 1.04 an estimate passes 1.96 with chance 0.179, at 4.96 with 0.9987."""
    rng = np.random.default_rng(8)
    found = [members.table_of(rows_of(rng, rng.normal(3, 1, 40), 1.0, 4, 1.0)).iloc[0] for _ in range(60)]
    mean = pd.DataFrame(found).mean()
    assert mean[["luck_sd", "parameter_sd"]].tolist() == pytest.approx([1, 1], abs=0.06)
    assert mean[["effect_low", "effect_high"]].tolist() == pytest.approx([1.04, 4.96], abs=0.15)
    assert mean["power_low"] == pytest.approx(0.179, abs=0.04)
    assert mean["power_high"] == pytest.approx(0.9987, abs=0.005)
    assert mean[["mde_low", "mde_high"]].tolist() == pytest.approx([trials.DETECTED] * 2)
    # The chance that an estimate of sd 1.414 about 3 passes 1.96: (3 - 1.96) / 1.414 = 0.735, 0.769.
    assert mean["found"] == pytest.approx(0.769, abs=0.03)


def test_where_members_do_not_differ_the_interval_of_power_is_narrow():
    rng = np.random.default_rng(9)
    found = members.table_of(rows_of(rng, [2.0] * 200, 1.0, 4, 1.0)).iloc[0]
    assert found["parameter_sd"] < 0.25
    # Chance of passing 1.96 about 2.0 with sd 1: 0.516.
    assert found["power_low"] == pytest.approx(0.516, abs=0.2)
    assert found["power_high"] == pytest.approx(0.516, abs=0.2)
    assert found["ensemble_high"] - found["ensemble_low"] == pytest.approx(2 * 1.96, abs=0.5)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_trials_that_tell_nothing_give_no_number_and_count_as_not_found():
    rows = rows_of(np.random.default_rng(1), [1.0, 2.0], 1.0, 2, 1.0).assign(estimate=np.nan, se=np.nan,
                                                                             significant=False)
    one = members.table_of(rows).iloc[0]
    assert (one["found"], one["trials"]) == (0.0, 4)
    assert one[["luck_sd", "effect_low", "power_high", "mde_low"]].isna().all()


def test_members_share_the_usual_trials_seeds_out_among_them(shipped, tmp_path, monkeypatch):
    trial = trials.read_trial(written(tmp_path, trials=20, villages=[10, 12]))
    monkeypatch.setattr(members.runner, "prepare", lambda scenarios: None)
    monkeypatch.setattr(members.pool, "gather", lambda of, tasks, workers, progress: [of(one) for one in tasks])
    monkeypatch.setattr(members, "simulate", lambda one, villages, seed: Found(
        Estimate(one.arms[0].parameters.choice.attention * villages, 0.1, 9), Estimate(0.0, 1.0, 9)))
    found = members.varied(trial, 10)
    rows = found.estimates
    assert rows.groupby(["villages", "member"]).size().tolist() == [4] * 20
    assert set(rows["seed"]) == {replicate_seed(1, number) for number in range(20)}
    assert rows.loc[rows["villages"] == 12, "estimate"].tolist()[:12:4] == pytest.approx([0.12, 0.6, 2.4])
    assert found.table["luck_sd"].tolist() == pytest.approx([0, 0])
    # Members' effects are 0.1, 0.5, 2.0 of a hundredth of ten villages in turn.
    means = np.array([0.1, 0.5, 2.0] * 3 + [0.1])
    assert found.table["effect_high"].iloc[0] == pytest.approx(means.mean() + 1.96 * means.std(ddof=1), rel=0.02)


def test_the_command_says_what_parameters_make_of_effect_and_power_and_what_it_costs(shipped, tmp_path):
    file = written(tmp_path, trials=5)
    words = ["trial", str(file), "--workers", "1", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 0, done.output
    assert ("trials: 5, and 6 more, 2 of each size under each of 3 calibrated parameter sets (--no-ensemble: none)"
            in done.stderr)
    assert "What luck and what uncertain parameters make of one trial" in done.stdout
    folder = tmp_path / "out/trial_courses"
    table = pd.read_csv(folder / "uncertainty.csv")
    assert list(table) == list(members.SIZES)
    told = json.loads((folder / "power.json").read_text(encoding="utf-8"))["ensemble"]
    assert (told["members"], told["a_member"]) == (3, 2)
    assert told["sizes"][0]["ensemble_mean"] == pytest.approx(table["ensemble_mean"].iloc[0])
    assert read_about(folder / "power.parquet")["ensemble"]["members"] == 3
    assert read_codebook(folder / "uncertainty.parquet")["power_low"]["unit"] == "share"
    usual = pd.read_csv(folder / "power.csv")
    again = CliRunner().invoke(cli.app, [*words, "--no-ensemble"])
    assert again.exit_code == 0, again.output
    assert "trials: 5; parameters at their usual values only" in again.stderr
    assert "ensemble" not in json.loads((folder / "power.json").read_text(encoding="utf-8"))
    pd.testing.assert_frame_equal(pd.read_csv(folder / "power.csv"), usual)


@pytest.mark.parametrize("words", [["--ensemble", "6"], ["--ensemble", "3"], ["--ensemble", "6", "--no-ensemble"]])
def test_members_that_tell_nothing_are_refused_before_anything_runs(shipped, tmp_path, monkeypatch, words):
    """The trial is made twice at each size: luck can't be told from so few."""
    monkeypatch.setattr(trials.plan.pool, "gather", lambda *_: pytest.fail("ran"))
    done = CliRunner().invoke(cli.app, ["trial", str(written(tmp_path)), *words, "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert done.stderr.startswith("--ensemble")
    assert len(done.stderr.splitlines()) == 1
