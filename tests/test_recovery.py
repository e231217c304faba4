"""Parameters that are known are found again as often as the intervals claim, by waves, final runs and weights."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from small_calibration import NOISE, SD, asked, made_up_calibration, noisy, posed, toy
from villagesim import cli
from villagesim.study.calibration import recovery, simulated
from villagesim.study.calibration.posterior import TooFewError

TRUTHS = 24


@pytest.fixture(scope="module")
def goals():
    """Three targets, one of them aimed at by its logarithm; their values are not used, their errors are."""
    one, *others = posed(np.random.default_rng(1), np.full(3, 0.5))
    return one._replace(log=True), *others


def runs(seed):
    """The toy's runs with their luck, of the first outcome its exponential, whose logarithm is aimed at."""
    found = noisy(np.random.default_rng(seed))

    def simulate(stage, unit):
        values = found(stage, unit)
        return np.concatenate([np.exp(values[..., :1]), values[..., 1:]], axis=-1)

    return simulate


def widths(aims):
    """How wide the 90 % intervals of the three parameters are by the density itself, added up over the cube."""
    unit = np.random.default_rng(0).random((200_000, 3))
    off = (toy(unit) - [aim.value for aim in aims]) / np.hypot(SD, NOISE / 2)  # means of four runs
    weight = np.exp(-np.square(off).sum(axis=1) / 2)
    found = []
    for column in unit.T:
        order = np.argsort(column)
        low, high = np.interp([0.05, 0.95], np.cumsum(weight[order]) / weight.sum(), column[order])
        found.append(high - low)
    return found


def test_known_parameters_are_found_again_with_the_stated_coverage(goals, monkeypatch):
    posed_aims, calibrate = [], recovery.calibrate

    def seen(asked, simulate, choose):
        posed_aims.append(asked.aims)
        return calibrate(asked, simulate, choose)

    monkeypatch.setattr(recovery, "calibrate", seen)
    found = recovery.recover(asked(goals), TRUTHS, runs(11))
    assert len(found.table) == 3 * TRUTHS
    # 72 intervals that claim 0.9: two and a half binomial standard errors either way.
    assert abs(found.held - 0.9) < 2.5 * np.sqrt(0.9 * 0.1 / len(found.table))
    assert 0 < found.error < 0.06
    # They are as wide as they have to be: intervals that know nothing would be 0.9 wide, and hold as many.
    exact = np.mean([widths(aims) for aims in posed_aims], axis=0)
    assert found.parameters()["width"].tolist() == pytest.approx(exact.tolist(), rel=0.05)
    assert found.table["targets"].eq(3).mean() > 0.9
    # The waves rule out next to no truth.
    assert found.table.groupby("truth")["kept"].all().mean() > 0.9


def test_truths_are_spread_over_the_ranges_and_more_of_them_go_on_where_fewer_ended():
    many = recovery.spread(32, 3, 1)
    assert (recovery.spread(5, 3, 1) == many[:5]).all()
    assert (recovery.spread(5, 3, 2) != many[:5]).any()
    assert [np.histogram(column, 4, (0, 1))[0].min() for column in many.T] == [8, pytest.approx(7, abs=1),
                                                                               pytest.approx(7, abs=1)]


def test_intervals_that_claim_too_much_are_found_out(goals):
    """Each outcome is a parameter. The data of the truths are off by three standard deviations that nobody stated."""
    def simulate(stage, unit):
        off = 3 * SD * np.where(unit > 0.5, -1, 1) if stage == "truths" else np.zeros(3)
        return np.repeat((unit + off)[:, None], 2, axis=1)

    found = recovery.recover(asked([goal._replace(log=False) for goal in goals]), 4, simulate)
    assert found.held < 0.3
    assert found.parameters()["width"].max() < 0.6


def test_a_truth_of_which_nothing_is_left_counts_as_lost(goals):
    simulate = runs(11)
    far = np.array([1e9, -9.0, 9.0])
    found = recovery.recover(asked(goals), 2, lambda stage, unit: np.where(
        (stage == "truths") & (np.arange(len(unit)) == 1)[:, None, None], far, simulate(stage, unit)))
    second = found.table[found.table["truth"] == 1]
    # No point reaches any target of the second: none is aimed at, and that is no calibration.
    assert not second["held"].any()
    assert second["q50"].isna().all()
    # What is lost is said to be, and is no wrong interval.
    assert (found.lost, len(found.intervals)) == (1, 3)
    assert found.held == found.table.loc[found.table["truth"] == 0, "held"].mean()
    assert found.table.loc[found.table["truth"] == 0, "q50"].notna().all()


@pytest.mark.parametrize(("known", "may_miss"), [((0, 2), 0), ((0, 2), 1), ((0,), 1), ((), 0)])
def test_what_the_data_of_a_truth_lack_is_not_aimed_at(goals, known, may_miss):
    """Data of so few targets that all may be missed say nothing: such a truth is lost."""
    simulate = runs(11)

    def lacking(stage, unit):
        found = simulate(stage, unit)
        return np.where((stage == "truths") & ~np.isin(np.arange(3), known), np.nan, found)

    found = recovery.recover(asked(goals, may_miss=may_miss), 2, lacking)
    told = len(known) > may_miss
    assert (found.table["targets"] == len(known) * told).all()
    assert found.table["q50"].notna().all() == told


def test_a_recovery_that_is_interrupted_goes_on_and_shares_the_first_wave_of_the_calibration(tmp_path, monkeypatch):
    read, done, stop = made_up_calibration(tmp_path, monkeypatch, final=40)
    whole, found = simulated.carry_out_known(read, 3, tmp_path / "whole")
    first, each_truth = 12 * 2, (12 + 40 + 1) * 2
    assert len(done) == first + 3 * each_truth
    assert found.about["truths"] == 3
    simulated.carry_out(read, tmp_path / "stopped")
    done.clear()
    for after in (5, 150):
        stop(after)
        with pytest.raises(simulated.runner.Interrupted, match=f"of {first + 3 * each_truth} runs are kept"):
            simulated.carry_out_known(read, 3, tmp_path / "stopped")
    stop(None)
    again, _ = simulated.carry_out_known(read, 3, tmp_path / "stopped")
    assert len(done) == len(set(done)) == 3 * each_truth
    assert (again / "recovery.csv").read_bytes() == (whole / "recovery.csv").read_bytes()
    table = pd.read_csv(again / "recovery.csv")
    assert list(table) == list(recovery.BOOK)
    assert table["held"].mean() > 0.5
    # One truth more goes on where these ended.
    more, _ = simulated.carry_out_known(read, 4, tmp_path / "stopped")
    assert len(done) == 4 * each_truth
    assert pd.read_csv(more / "recovery.csv").head(len(table)).equals(table)


def test_the_command_prints_how_many_were_found_again(tmp_path, monkeypatch):
    made_up_calibration(tmp_path, monkeypatch, final=40)
    words = ["calibrate", str(tmp_path / "small.toml"), "--recover", "2", "--out", str(tmp_path)]
    said = CliRunner().invoke(cli.app, words)
    assert said.exit_code == 0, said.output
    assert "of 4 intervals hold the truth, and 90 % claim to" in said.output
    assert "parameters.sales.demand" in said.output
    assert not (tmp_path / "small" / "region.csv").exists()
    wrong = CliRunner().invoke(cli.app, [*words, "--ship"])
    assert wrong.exit_code == 2
    assert wrong.stderr.count("\n") == 1


def test_where_every_truth_is_lost_there_is_one_line_and_no_share(tmp_path, monkeypatch):
    def too_few(*_):
        raise TooFewError("6 of 40 final runs have all targets")

    made_up_calibration(tmp_path, monkeypatch, final=40)
    monkeypatch.setattr(recovery, "calibrate", too_few)
    said = CliRunner().invoke(cli.app, ["calibrate", str(tmp_path / "small.toml"), "--recover", "2",
                                        "--out", str(tmp_path)])
    assert said.exit_code == 1
    assert "small: nothing was left of any of 2 truths, or too few runs" in " ".join(said.stderr.split())
    assert "nan" not in said.output


def test_the_total_that_progress_counts_to_is_what_is_run(tmp_path, monkeypatch):
    read, done, _ = made_up_calibration(tmp_path, monkeypatch, final=40)
    told = []
    simulated.carry_out_known(read, 2, tmp_path, progress=told.append)
    assert (told[-1].done, told[-1].total) == (len(done), len(done))
