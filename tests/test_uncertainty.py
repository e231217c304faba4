"""A scenario's uncertainty: luck and parameters apart, members under their own values, what a file says stays."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from conftest import SCENARIOS
from villagesim import cli, evidence
from villagesim.draws import replicate_seed
from villagesim.results import read_codebook
from villagesim.scenario import changed, load
from villagesim.sources import model, series
from villagesim.study import runner, uncertainty
from villagesim.study.compare import compare
from villagesim.study.experiment import read_experiment

ROWS = tuple({"parameters.sales.demand": value, "parameters.choice.attention": 0.02} for value in (150.0, 350.0))


@pytest.fixture
def shipped(monkeypatch):
    monkeypatch.setattr(evidence, "ensemble", lambda: evidence.Ensemble(ROWS, {"model": model(), "series": series()}))


def test_members_take_their_values_in_turn_and_the_seeds_of_replicates(shipped):
    scenario = load(SCENARIOS / "baseline.toml")
    members = uncertainty.under(scenario, 3)
    assert [one.parameters.sales.demand for one in members] == [150.0, 350.0, 150.0]
    assert [one.run.seed for one in members] == [replicate_seed(scenario.run.seed, place) for place in range(3)]
    assert len({one.name for one in members}) == 3
    assert scenario == load(SCENARIOS / "baseline.toml")


def test_a_key_that_the_file_sets_keeps_its_value(shipped, tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(f'title = "Own"\nextends = "{SCENARIOS / "baseline.toml"}"\n[parameters.sales]\ndemand = 222\n',
                    encoding="utf-8")
    members = uncertainty.under(load(file), 2)
    assert [one.parameters.sales.demand for one in members] == [222.0, 222.0]
    assert {one.parameters.choice.attention for one in members} == {0.02}


def test_what_members_differ_by_beyond_replicates_is_the_parameters():
    # variances 1 and 5: 4 are the parameters'
    luck, parameters = uncertainty.apart(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.0, 2 * np.sqrt(3.75)]))
    assert (luck, parameters) == pytest.approx((1.0, 2.0))
    assert uncertainty.apart(np.array([0.0, 4.0]), np.array([1.0, 2.0]))[1] == 0.0
    assert np.isnan(uncertainty.apart(np.array([1.0, np.nan]), np.array([1.0, 2.0]))).all()
    rng = np.random.default_rng(1)
    found = [uncertainty.apart(rng.normal(0, 3, 200), rng.normal(0, 3, 200) + rng.normal(0, 4, 200))
             for _ in range(50)]
    assert np.mean(np.square(found), axis=0) == pytest.approx([9.0, 16.0], rel=0.06)


def test_the_table_has_a_row_an_outcome(monkeypatch):
    monkeypatch.setattr(uncertainty, "final", lambda run: pd.Series({"adoption": float(run), "gini": 0.3}))
    found = uncertainty.table([1, 2, 3], [0, 2, 4]).set_index("outcome")
    assert found.loc["adoption", ["luck_sd", "parameter_sd"]].tolist() == pytest.approx([1.0, np.sqrt(3)])
    assert found.loc["adoption", ["ensemble_low", "ensemble_high"]].tolist() == pytest.approx([0.0, 4.0])
    assert found.loc["gini", ["luck_sd", "parameter_sd"]].tolist() == [0, 0]
    assert found["ensemble_mean"].tolist() == pytest.approx([2.0, 0.3])


@pytest.mark.parametrize(("asked", "replicates", "engine", "members"), [
    (None, 20, "core", 2), (None, 4, "core", 0), (None, 20, "reference", 0), (0, 20, "core", 0), (30, 5, "core", 30),
])
def test_members_are_as_many_as_asked_or_as_replicates_and_at_most_those_shipped(
        shipped, asked, replicates, engine, members):
    """Two members are shipped."""
    assert uncertainty.wanted(asked, replicates, engine) == members


@pytest.mark.parametrize("words", [["--ensemble", "6", "--replicates", "4"], ["--ensemble", "4"],
                                   ["--ensemble", "6", "--engine", "reference"], ["--ensemble", "6", "--no-ensemble"],
                                   ["--ensemble", "6", "--checkpoint", "3"], ["--ensemble", str(10**30)]])
def test_members_that_tell_nothing_are_refused_before_anything_runs(monkeypatch, words, tmp_path):
    monkeypatch.setattr(runner, "replicate", lambda *_: pytest.fail("ran"))
    done = CliRunner().invoke(cli.app, ["run", str(SCENARIOS / "baseline.toml"), *words, "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert done.stderr.startswith("--ensemble")
    assert len(done.stderr.splitlines()) == 1


def test_without_a_shipped_ensemble_the_way_out_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(evidence, "folder", lambda: tmp_path)
    done = CliRunner().invoke(cli.app, ["compare", *[str(SCENARIOS / f"{name}.toml") for name in ("baseline", "cash")],
                                        "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "holds no ensemble" in done.stderr
    assert done.stderr.strip().endswith("(or say --no-ensemble)")


def test_differences_pair_the_same_member_and_seed(monkeypatch):
    """Levels differ by 10 and more from seed to seed, which pairs take out: differences are 1, 2, 3 and 0, 2, 4."""
    monkeypatch.setattr(uncertainty, "final", lambda run: pd.Series({"adoption": float(run)}))
    row = uncertainty.differences({"base": [10, 30, 20], "more": [11, 32, 23]},
                                  {"base": [70, 50, 90], "more": [70, 52, 94]}).iloc[0]
    assert (row["scenario"], row["base"], row["unit"], row["replicates"], row["members"]) == (
        "more", "base", "share", 3, 3)
    assert row[["difference", "ensemble_mean"]].tolist() == [2, 2]
    assert row[["luck_sd", "parameter_sd"]].tolist() == pytest.approx([1, np.sqrt(3)])
    assert row[["ensemble_low", "ensemble_high"]].tolist() == pytest.approx([0.0, 4.0])


SMALL = {"world.villages": 3, "world.townships": 1, "world.households": 20, "run.months": 12, "run.spin_up": 6}


def test_a_scenario_does_not_differ_from_itself_under_any_member(shipped, tmp_path):
    one = changed(load(SCENARIOS / "integrated.toml"), SMALL)
    other = replace(changed(one, {"outside.city_wage": 6000}), name="other")
    found = compare([one, replace(one, name="twin"), other], 2, workers=1, members=3)
    twin = found.uncertainty[found.uncertainty["scenario"] == "twin"]
    assert (twin["members"] == 3).all()
    assert not twin[["difference", "luck_sd", "parameter_sd", "ensemble_low", "ensemble_high"]].any(axis=None)
    rest = found.uncertainty[found.uncertainty["scenario"] == "other"].set_index("outcome")
    assert rest.loc["away_share", "ensemble_high"] > 0
    found.write(tmp_path)
    assert read_codebook(tmp_path / "uncertainty.parquet")["parameter_sd"]["unit"] == "unit of the row"
    assert compare([one, other], 2, workers=1).uncertainty.empty


def test_what_an_experiment_sets_is_kept_under_every_member_and_its_table_says_what_parameters_do(shipped, tmp_path):
    county = "".join(f'"{key}" = {value}\n' for key, value in SMALL.items())
    file = tmp_path / "pair.toml"
    file.write_text(f'title = "Two"\nreplicates = 5\nscenarios = ["{SCENARIOS}/baseline.toml", "{SCENARIOS}/cash.toml"]'
                    f'\n[set]\n"parameters.sales.demand" = 222\n{county}', encoding="utf-8")
    read = read_experiment(file)
    members = uncertainty.under(read.scenarios[0], 2, read.said)
    assert {one.parameters.sales.demand for one in members} == {222.0}
    assert {one.parameters.choice.attention for one in members} == {0.02}
    done = CliRunner().invoke(cli.app, ["experiment", str(file), "--workers", "1", "--ensemble", "5", "--out",
                                        str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "runs: 10, and 10 more under 5 calibrated parameter sets" in done.stderr
    table = pd.read_csv(tmp_path / "out/pair/pair-uncertainty.csv").set_index("outcome")
    assert set(table["scenario"]) == {"cash"}
    assert table.loc["income_cash", "ensemble_low"] > 0
    assert table.loc["income_cash", "members"] == 5
