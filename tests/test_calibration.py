"""Calibration: emulators know their error, waves keep the truth, known parameters are found again as claimed."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from small_calibration import SD, asked, made_up_calibration, noisy, posed, toy
from villagesim import cli, evidence
from villagesim.scenario import ScenarioError
from villagesim.study.calibration import (
    aims,
    calibrate as calibration,
    calibrating,
    emulator,
    ensembles,
    evidence_tasks,
    matching,
    posterior,
    simulated,
)
from villagesim.study.calibration.matching import Aim, NothingLeftError, Rules


def test_a_calibration_says_what_is_left_how_its_emulators_do_and_how_surely_it_would_find_the_truth_again(tmp_path):
    rng = np.random.default_rng(3)
    goals = posed(rng, np.array([0.4, 0.5, 0.6]))
    found = calibration.calibrate(asked(goals), noisy(rng))
    space = found.space["space"].tolist()
    assert 0 < space[1] <= space[0] < 0.3
    assert found.checks["inside"].between(0.8, 1.0).all()
    assert found.checks.loc[found.checks["stage"] == "wave-1", "r2"].min() > 0.7
    assert found.region["recovered"].between(0.8, 1.0).all()
    # The point that suits the data lies near the inner half of every interval; the usual one, the middle, does not.
    # Once it is the usual one, it stays.
    fitting = found.region["fitting"].to_numpy()
    off = [np.abs(toy(unit[None])[0] - [goal.value for goal in goals]) / SD for unit in (fitting / 2, np.full(3, 0.5))]
    assert off[0].max() < 1.5 < off[1].max()
    settled = calibration.calibrate(asked(goals)._replace(usual=tuple(fitting)), noisy(np.random.default_rng(3)))
    assert settled.region["fitting"].to_numpy() == pytest.approx(fitting, abs=0.15)
    assert len(found.ensemble) == 40
    assert found.ensemble["weight"].sum() == pytest.approx(1)
    assert found.about["out_of_reach"] == []
    folder = found.write(tmp_path / "toy")
    assert {path.stem for path in folder.glob("*.csv")} == {path.stem for path in folder.glob("*.parquet")} >= {
        "points", "runs", "checks", "targets", "region", "space", "cloud", "ensemble"}


def test_a_target_that_no_point_reaches_is_named_and_rules_out_nothing_else():
    rng = np.random.default_rng(4)
    goals = (*posed(rng, np.array([0.4, 0.5, 0.6]))[:2], Aim("t2", 50.0, 0.06, 0.0))
    found = calibration.calibrate(asked(goals), noisy(rng))
    assert found.about["out_of_reach"] == ["t2"]
    assert found.targets.set_index("target").loc["t2", "nearest"] < 2


def test_targets_that_contradict_each_other_end_in_one_line_that_names_them():
    def one(_, unit):
        return np.repeat(np.stack([unit[:, 0], unit[:, 0]], axis=1)[:, None], 2, axis=1)

    goals = (Aim("low", 0.1, 0.01, 0.0), Aim("high", 0.9, 0.01, 0.0))
    with pytest.raises(NothingLeftError, match="rules out everything") as caught:
        matching.match(goals, np.full(2, 0.5), Rules(1, 30), one)
    assert "\n" not in str(caught.value)
    # where one may be missed, either end is left
    cloud = matching.match(goals, np.full(2, 0.5), Rules(1, 30, may_miss=1), one).cloud[:, 0]
    assert ((np.abs(cloud - 0.1) < 0.06) | (np.abs(cloud - 0.9) < 0.06)).all()


def test_what_is_left_has_the_volume_and_the_even_spread_of_a_strip():
    def one(_, unit):
        return np.repeat(unit[:, None, :1], 2, axis=1)

    found = matching.match((Aim("strip", 0.5, 0.01, 0.0),), np.full(3, 0.5), Rules(1, 40), one)
    assert found.waves[0].left == pytest.approx(0.06, rel=0.35)
    assert found.cloud[:, 1].mean() == pytest.approx(0.5, abs=0.05)
    assert found.cloud[:, 1].std() == pytest.approx(np.sqrt(1 / 12), abs=0.04)


def test_what_only_a_corner_of_many_parameters_reaches_is_found_there():
    """The mean of nine even numbers is above 0.85 at one point in a hundred thousand: no spread of 1,024 has one."""
    stages = {}

    def mean(stage, unit):
        stages[stage] = unit
        return np.repeat(unit.mean(axis=1)[:, None, None], 2, axis=1)

    usual = np.full(9, 0.3)
    found = matching.match((Aim("corner", 0.9, 0.02, 0.0),), usual, Rules(2, 40), mean)
    assert all(wave.emulators[0] is not None for wave in found.waves)
    assert found.cloud.mean(axis=1).min() > 0.9 - 0.07
    assert found.waves[-1].left < 1e-4
    # What is known to work is among the first points, wherever that is.
    assert len(stages["wave-1"]) == 40
    assert stages["wave-1"][-1].tolist() == usual.tolist()


def test_what_nothing_is_known_of_is_left_as_wide_as_it_was():
    """Thirteen aims of seventeen numbers, five others that do nothing, levels until a millionth is left: few points are
    kept by the levels, and what they had of the five by luck has to be wandered off before it is told."""
    k, inert, rng = 22, slice(17, 22), np.random.default_rng(5)
    slopes = rng.normal(size=(13, 17)) / np.sqrt(17)

    def of(unit):
        return np.sort(np.abs((unit[:, :17] - 0.5) @ slopes.T) / 0.04, axis=1)[:, -2]

    def pinned(unit):
        low, high = np.quantile(unit[:, inert], [0.05, 0.95], axis=0)
        return 1.0 - (high - low) / 0.9

    cloud, values, share = matching._levelled(of, rng.random((matching.CLOUD, k)), 2.0, rng)
    assert share < 1e-5
    settled, _ = matching._wandered(of, cloud, values, 2.0, rng, matching.SETTLING)
    assert (of(settled) <= 2.0).all()
    assert np.abs(pinned(settled[:400])).max() < 0.1
    assert pinned(cloud[:400]).max() > 0.1


def test_noise_is_what_replicates_differ_by_beyond_what_each_adds_everywhere():
    rng = np.random.default_rng(5)
    values = rng.normal(0, 0.3, (400, 3, 1)) + np.array([0.0, 5.0, -5.0])[:, None]
    _, noise = emulator.of_replicates(values)
    assert noise.mean() == pytest.approx(0.09 / 3, rel=0.1)
    with pytest.raises(ValueError, match="two are needed"):
        emulator.of_replicates(values[:, :1])


def test_weights_are_the_density_of_the_errors_and_are_widened_only_where_too_few_count():
    # two runs at distances 0 and 2 ln 2: the second counts half.
    found = posterior.weigh(np.array([0.0, 2 * np.log(2.0), np.nan]), 1)
    assert found.weight.tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert found.widened == 1
    wide = posterior.weigh(np.arange(100.0) ** 2, 30)
    assert wide.widened > 1
    assert wide.effective == pytest.approx(30, rel=1e-6)
    assert wide.unwidened == pytest.approx(posterior.weigh(np.arange(100.0) ** 2, 1).effective)
    assert wide.unwidened < 5


def test_an_interval_holds_one_more_draw_as_often_as_it_says_however_few_and_uneven_the_runs():
    """Percentiles of twenty runs as they are hold another one in some 82 of 100 cases and not in 90."""
    rng = np.random.default_rng(6)
    held = {"even": [], "uneven": [], "as they are": []}

    def holds(kind, ends, another):
        held[kind].append(ends[0] <= another <= ends[1])

    for _ in range(4000):
        values, another = rng.normal(0, 1, 21), rng.normal()
        holds("even", posterior.quantiles(values, np.ones(21), [0.05, 0.95]), another)
        holds("as they are", np.quantile(values, [0.05, 0.95]), another)
        # draws of N(0, 2), weighed for N(0, 1): forty that are worth some twenty-six
        values = rng.normal(0, 2, 40)
        holds("uneven", posterior.quantiles(values, np.exp(-0.375 * values**2), [0.05, 0.95]), another)
    assert np.mean(held["even"]) == pytest.approx(0.9, abs=0.015)
    assert 0.89 <= np.mean(held["uneven"]) <= 0.93
    assert np.mean(held["as they are"]) < 0.85


def test_members_are_drawn_as_often_as_their_weight_says():
    weight = np.array([0.5, 0.25, 0.25, 0.0])
    assert np.bincount(posterior.drawn(weight, 8, 1), minlength=4).tolist() == [4, 2, 2, 0]


@pytest.mark.parametrize("name", [one.id for one in evidence.targets() if one.role == evidence.VALIDATE])
def test_what_is_kept_aside_can_not_be_aimed_at(name):
    with pytest.raises(ScenarioError, match="kept aside to validate and is never fitted"):
        aims.read_aims("calibrate.toml", {name: {}}, 0.1)
    with pytest.raises(aims.KeptAsideError):
        aims.aim_of(evidence.target(name), 0.1)


def test_an_aim_lies_in_the_middle_of_what_is_published():
    plain = aims.aim_of(evidence.target("T7"), 0.1)
    assert (plain.value, plain.published) == pytest.approx((0.075, 0.0125))
    log = aims.aim_of(evidence.target("T17"), 0.2)
    assert log.log
    assert np.exp(log.value) == pytest.approx(np.sqrt(25 * 106))
    assert log.discrepancy == 0.2


SHIPPED = Path(__file__).parents[1] / "experiments/calibrate.toml"


def test_the_shipped_calibration_aims_only_at_what_may_be_fitted_and_is_small_when_quick():
    whole, quick = (calibrating.read_calibration(SHIPPED, short) for short in (False, True))
    assert {evidence.target(aim.name).role for aim in whole.asked.aims} == {evidence.CALIBRATE}
    assert quick.asked.rules.points < whole.asked.rules.points
    assert quick.key != whole.key


@pytest.mark.parametrize(("was", "now", "says"), [
    ('"T7" = {}', '"V3" = {}', "targets.V3 is kept aside"), ('"T7" = {}', '"T99" = {}', "is no target"),
    ("waves = 4", "waves = 0", "waves is 0"), ("cutoff = 2", "cutof = 2", "cutof is not known"),
    ("replicates = 3", "replicates = 1", "a whole number from 2"), ("waves = 2", "wave = 2", "quick.wave is not known"),
    ('title = "', 'title = 3 # "', "title is 3"),
    ("settings = [", "settings = [] # [", "settings is an empty list; allowed: a list of settings' files"),
    ("settings = [", "settings = 3 # [", "settings is 3, which is no list; allowed: a list of settings' files"),
    ("settings = [", 'settings = ["a.toml", 3] # [', 'settings is ."a.toml", 3., where 3 is no file\'s name; allow'),
    ("baseline.toml", "nowhere.toml", "calibrate.toml: today names a file that fails: .*nowhere.toml: does not exist"),
    ("village_hill.toml", "hil.toml", "calibrate.toml: settings names a file that fails: .*hil.toml: does not exist"),
    ("final = 600", f"final = {10**30}", "final is 10+; allowed: a whole number from 20 to 1024"),
    ("points = 120", "points = 1025", "points is 1025; allowed: a whole number from 8 to 1024"),
    ("members = 21", "members = 601", "members is 601; allowed: at most the final runs, which are 600"),
    *(("cutoff = 2", f"cutoff = {said}", f"cutoff is {said[:40]}.*; allowed: a finite number above 0")
      for said in ("inf", "nan", "-1", f"1{'0' * 320}", "true")),
    ("discrepancy = 0.1", "discrepancy = inf", "discrepancy is inf; allowed: a finite number above 0"),
    ('"T7" = {}', '"T7" = {discrepancy = inf}', "targets.T7 says discrepancy inf; allowed: a share of .* and finite"),
    *(("[vary]", f'[vary]\n"{key}" = {{}}', f"vary.{key} is a choice of words; allowed: numbers alone")
      for key in ("county.carrier", "county.targeting", "parameters.choice.entry")),
    *(("[vary]", f'[vary]\n"{key}" = {{}}', f"vary.{key} is decided by the scenarios, .*; allowed: numbers of")
      for key in ("levers.camp.intensity", "shocks.exodus.intensity")),
    ("may_miss = 1", "may_miss = 11", "may_miss is 11; allowed: fewer than the targets, which are 11"),
    ("waves = 4", "waves = 4\nensemble = 1", "ensemble is 1; allowed: true or false"),
])
def test_a_calibration_that_is_written_wrongly_is_one_line(tmp_path, was, now, says):
    text = SHIPPED.read_text(encoding="utf-8").replace("../scenarios", str(SHIPPED.parents[1] / "scenarios"))
    file = tmp_path / "calibrate.toml"
    assert was in text
    file.write_text(text.replace(was, now, 1), encoding="utf-8")
    with pytest.raises(ScenarioError, match=says) as caught:
        calibrating.read_calibration(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("words", [["calibrate", str(SHIPPED), "--quick"], ["validate"],
                                   ["trial", str(SHIPPED.parent / "trial_access.toml")],
                                   ["sweep", str(SHIPPED.parent / "screening.toml")],
                                   ["optimise", str(SHIPPED.parent / "front.toml")]], ids=lambda words: words[0])
def test_a_place_that_cannot_be_written_is_a_wrong_input_in_every_study(monkeypatch, words):
    monkeypatch.setattr(simulated.runner, "prepare", lambda scenarios: pytest.fail("compiled"))
    monkeypatch.chdir(SHIPPED.parents[1])
    said = CliRunner().invoke(cli.app, [*words, "--out", "/proc/nowhere"])
    assert said.exit_code == 2, said.output
    assert re.fullmatch(r"/proc/nowhere/.*: results cannot be written here: .*", said.stderr.strip())


def test_a_target_that_no_evidence_gives_is_one_line_and_exit_status_2(tmp_path, monkeypatch):
    monkeypatch.setattr(evidence_tasks, "EVIDENCE", {"ordinary": lambda base, seed: {"T7": 0.1}})
    monkeypatch.setattr(simulated.runner, "prepare", lambda scenarios: None)
    said = CliRunner().invoke(cli.app, ["calibrate", str(SHIPPED), "--out", str(tmp_path)])
    assert said.exit_code == 2
    assert re.fullmatch(r".*calibrate\.toml: targets: no simulated evidence gives T10\.edge, T10\.gross, .*",
                        said.stderr.strip())


def test_too_few_runs_with_all_targets_are_refused_in_one_line():
    with pytest.raises(posterior.TooFewError, match="2 of 3 final runs have all targets, and 3 are needed"):
        posterior.weigh(np.array([0.0, 1.0, np.nan]), 3)


def test_a_shipped_ensemble_is_read_back_as_it_was_and_says_how_it_was_made(tmp_path):
    rng = np.random.default_rng(3)
    found = calibration.calibrate(asked(posed(rng, np.array([0.4, 0.5, 0.6]))), noisy(rng),
                                  about={"model": "abc", "seeds": [1], "scenarios": {"baseline 0": "def"}})
    ensembles.ship(found, tmp_path)
    back = evidence.ensemble(tmp_path)
    assert pd.DataFrame(back.rows).equals(found.ensemble[["a", "b", "c"]])
    assert back.about["model"] == "abc"
    assert set(back.about["aims"]) == {"t0", "t1", "t2"}
    assert {"scenarios", "seeds", "points", "final", "members", "region"} <= set(back.about)
    with pytest.raises(ValueError, match="holds no ensemble"):
        evidence.ensemble(tmp_path / "nowhere")


def test_a_calibration_that_is_interrupted_goes_on_and_ends_in_the_same_tables(tmp_path, monkeypatch):
    read, done, stop = made_up_calibration(tmp_path, monkeypatch)
    whole, _ = simulated.carry_out(read, tmp_path / "whole")
    assert len(done) == (2 * 12 + 200) * 2
    done.clear()
    for after in (7, 60):
        stop(after)
        with pytest.raises(simulated.runner.Interrupted, match=f"{after} of 448 runs are kept"):
            simulated.carry_out(read, tmp_path / "stopped")
    stop(None)
    again, found = simulated.carry_out(read, tmp_path / "stopped")
    assert len(done) == len(set(done)) == 448
    for name in ("points", "runs", "checks", "targets", "region", "space", "cloud", "ensemble"):
        assert (again / f"{name}.csv").read_bytes() == (whole / f"{name}.csv").read_bytes(), name
    # Log-normal errors about 0.0564 / 0.1 and 0.2025 / 0.5, within the range: 90 % intervals by adding up the density.
    assert found.region["pinned"].tolist() == pytest.approx([left_of(0.564, 0.331), left_of(0.405, 0.3666)], abs=0.05)


def left_of(centre, sd):
    """By how much a 90 % interval over 0 to 1 narrows where the logarithm is known with that error."""
    unit = np.linspace(1e-6, 1.0, 100_001)
    below = np.cumsum(np.exp(-0.5 * (np.log(unit / centre) / sd) ** 2))
    low, high = np.interp([0.05, 0.95], below / below[-1], unit)
    return 1 - (high - low) / 0.9
