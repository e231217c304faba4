"""A scenario's uncertainty: luck and parameters apart, members under their own values, what a file says stays."""

import numpy as np
import pandas as pd
import pytest

from conftest import SCENARIOS
from villagesim import evidence
from villagesim.draws import replicate_seed
from villagesim.scenario import load
from villagesim.study import uncertainty

ROWS = tuple({"parameters.sales.demand": value, "parameters.choice.attention": 0.02} for value in (150.0, 350.0))


@pytest.fixture
def shipped(monkeypatch):
    monkeypatch.setattr(evidence, "ensemble", lambda: evidence.Ensemble(ROWS, {}))


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
    assert found.loc["adoption", ["ensemble_low", "ensemble_high"]].tolist() == pytest.approx([0.1, 3.9])
    assert found.loc["gini", ["luck_sd", "parameter_sd"]].tolist() == [0, 0]
