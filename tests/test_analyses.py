"""A study put to its analyses from the command line: tables, figures, and one line for what cannot be done."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from conftest import SCENARIOS
from villagesim import cli, evidence
from villagesim.results import read_about
from villagesim.scenario import changed, digest, load
from villagesim.study import analyses, batch, complete, design, factors, forks, store
from villagesim.study.budgets import optimising
from villagesim.study.complete import IncompleteError

HEAD = """
title = "A small study"
scenarios = [{scenarios}]
outcomes = ["adoption", "income_mean", "public_cost"]
replicates = {replicates}
sampler = "{sampler}"
n = {n}
set = {{"world.villages" = 3, "world.townships" = 1, "world.households" = 20, "run.spin_up" = 6, "run.months" = 18}}
{more}
[vary]
{vary}
"""
NUMBERS = """
"parameters.sales.demand" = {range = [100, 400]}
"outside.retail" = {}
"parameters.choice.attention" = {}
"""


def written(tmp_path, sampler, n, replicates=2, more="", vary=NUMBERS, scenarios=("integrated",)):
    named = ", ".join(f'"{SCENARIOS / name}.toml"' for name in scenarios)
    path = tmp_path / "small.toml"
    path.write_text(HEAD.format(scenarios=named, sampler=sampler, n=n, replicates=replicates, more=more, vary=vary),
                    encoding="utf-8")
    return path


def asked(tmp_path, *words):
    return CliRunner().invoke(cli.app, [*map(str, words), "--out", str(tmp_path / "out"), "--workers", "1"])


def test_a_screening_ranks_its_factors_and_says_what_more_would_change(tmp_path):
    said = asked(tmp_path, "sensitivity", written(tmp_path, "morris", 6), "--outcome", "income_mean")
    assert said.exit_code == 0, said.output
    folder = tmp_path / "out/small/sensitivity"
    table = pd.read_csv(folder / "morris-income_mean-integrated.csv")
    found = table[table["index"] == "mu_star"].set_index("factor")["value"]
    assert set(found.index) == {"parameters.sales.demand", "outside.retail", "parameters.choice.attention"}
    assert (found > 0).all()
    assert len(pd.read_parquet(tmp_path / "out/small/table.parquet")) == 6 * 4 * 2
    for ending in (".png", ".svg", ".parquet", "-convergence.csv"):
        assert (folder / f"morris-income_mean-integrated{ending}").stat().st_size > 0
    about = read_about(folder / "morris-income_mean-integrated.parquet")
    assert about["unit"] == "yuan/household/year"
    assert about["statement"] in said.output
    assert len(about["seeds"]) == 2


def test_the_seed_can_be_a_factor(tmp_path):
    path = written(tmp_path, "saltelli", 4, replicates=3, more="seed_is_a_factor = true")
    assert asked(tmp_path, "sensitivity", path, "--outcome", "adoption").exit_code == 0
    table = pd.read_csv(tmp_path / "out/small/sensitivity/sobol-adoption-integrated.csv")
    assert "seed" in set(table["factor"])
    runs = pd.read_csv(tmp_path / "out/small/table.csv")
    assert len(runs) == 4 * 6
    assert set(runs["replicate"]) <= {0, 1, 2}


@pytest.mark.parametrize(("sampler", "n", "replicates", "says"), [
    ("saltelli", 4, 1, "replicates is 1, and seed_is_a_factor picks one of them; allowed: 2 to 100000"),
    ("morris", 4, 3, "seed_is_a_factor does not go with sampler morris; allowed: saltelli, shapley, latin, random"),
    ("fast", 65, 3, "seed_is_a_factor does not go with sampler fast; allowed: saltelli"),
])
def test_luck_without_an_order_is_no_factor_of_smooth_curves_and_one_replicate_none_at_all(tmp_path, sampler, n,
                                                                                           replicates, says):
    with pytest.raises(ValueError, match=says):
        design.read_study(written(tmp_path, sampler, n, replicates, "seed_is_a_factor = true"))


def test_of_given_points_only_methods_without_curves_take_the_seed(tmp_path):
    more = 'seed_is_a_factor = true\nwants = [{outcome = "adoption", at_least = 0.1}]'
    path = written(tmp_path, "latin", 100, 2, more)
    assert analyses.methods(design.read_study(path)) == ("delta", "pawn")
    refused = asked(tmp_path, "sensitivity", path, "--method", "rbd_fast")
    assert refused.exit_code == 2
    assert "does not go with sampler latin with the seed as a factor; allowed: delta, pawn" in refused.output
    refused = asked(tmp_path, "discover", path)
    assert refused.exit_code == 2
    assert "seed_is_a_factor is no assumption that a mix could fail under" in refused.output
    assert not (tmp_path / "out").exists()


def test_variance_is_split_between_county_luck_numbers_and_forms(tmp_path):
    forms = NUMBERS + '"parameters.influence.learning" = {}\n'
    path = written(tmp_path, "crossed", 3, replicates=2, more="worlds = 3", vary=forms)
    said = asked(tmp_path, "variance", path, "--outcome", "income_mean")
    assert said.exit_code == 0, said.output
    table = pd.read_csv(tmp_path / "out/small/variance/income_mean/variance.csv").set_index("source")
    assert {"world", "luck", "parameters", "structure"} <= set(table.index)
    assert table["share"].sum() == pytest.approx(1)
    runs = pd.read_csv(tmp_path / "out/small/table.csv")
    assert len(runs) == 3 * 3 * 2 * 2
    assert runs["world"].nunique() == 3
    assert set(runs["parameters.influence.learning"]) == {"bayes", "averaging"}
    refused = asked(tmp_path, "sensitivity", path)
    assert refused.exit_code == 2
    assert "sampler crossed feeds no sensitivity analysis" in refused.output


def test_where_a_mix_fails_and_which_mix_is_robust(tmp_path):
    mixes = ("baseline", "integrated")
    assert asked(tmp_path, "sweep", written(tmp_path, "latin", 40, 1, scenarios=mixes)).exit_code == 0
    enough = int(pd.read_csv(tmp_path / "out/small/table.csv")["income_mean"].median())
    wants = f'wants = [{{outcome = "income_mean", at_least = {enough}}}]'
    path = written(tmp_path, "latin", 40, 1, wants, scenarios=mixes)
    said = asked(tmp_path, "discover", path)
    assert said.exit_code == 0, said.output
    table = pd.read_csv(tmp_path / "out/small/table.csv")
    for mix in mixes:
        futures = pd.read_csv(tmp_path / f"out/small/discover/{mix}/futures.csv")
        income = table.loc[table["scenario"] == mix, "income_mean"].to_numpy()
        assert np.array_equal(futures["fails"].to_numpy(), income < enough)
    reached = pd.read_csv(tmp_path / "out/small/robustness/satisficing.csv").set_index(["mix", "criterion"])["share"]
    for mix in mixes:
        share = (table.loc[table["scenario"] == mix, "income_mean"] >= enough).mean()
        assert reached[mix, "all"] == pytest.approx(share)
    for file in ("discover/integrated/tree.txt", "robustness/robustness.png", "robustness/regret.csv"):
        assert (tmp_path / "out/small" / file).stat().st_size > 0


@pytest.mark.slow
def test_a_front_is_within_its_limits_confirmed_on_fresh_seeds_and_found_again_without_a_run(tmp_path):
    levers = '"levers.camp.intensity" = {range = [0, 4]}\n"levers.posts.intensity" = {range = [0, 4]}\n'
    more = "optimise = {budget = 400, workers = 3, population = 6, generations = 2, fresh = 3}"
    path = written(tmp_path, "grid", 1, 2, more, levers, ("baseline", "cash"))
    said = asked(tmp_path, "optimise", path)
    assert said.exit_code == 0, said.output
    front = pd.read_csv(tmp_path / "out/small/front.csv")
    assert (front["planned_cost"] <= 400).all()
    assert (front["workers"] <= 3).all()
    assert "confirmed" in set(front["status"])
    before = store.read_ledger(tmp_path / "out/small")
    assert asked(tmp_path, "optimise", path).exit_code == 0
    after = store.read_ledger(tmp_path / "out/small")
    assert before.equals(after)
    assert pd.read_csv(tmp_path / "out/small/others.csv")["scenario"].tolist() == ["cash"]
    assert (tmp_path / "out/small/front.png").stat().st_size > 0


def test_confirmed_mixes_are_run_under_calibrated_parameter_sets_which_all_of_them_share(tmp_path, monkeypatch):
    levers = '"levers.camp.intensity" = {range = [0, 4]}\n"levers.posts.intensity" = {range = [0, 4]}\n'
    more = "optimise = {budget = 9000, workers = 90, population = 4, generations = 1, fresh = 5}"
    path, ran = written(tmp_path, "grid", 1, 2, more, levers), []
    carried = optimising.sweep.carry
    monkeypatch.setattr(optimising.sweep, "carry", lambda tasks, *rest: (ran.append(tasks), carried(tasks, *rest))[1])
    said = asked(tmp_path, "optimise", path, "--ensemble", "5")
    assert said.exit_code == 0, said.output
    front = pd.read_csv(tmp_path / "out/small/front.csv")
    confirmed = front["status"] == "confirmed"
    assert front.loc[confirmed, "held"].between(0, 1).all()
    rows = pd.read_csv(tmp_path / "out/small/uncertainty.csv")
    assert rows["mix"].unique().tolist() == front.loc[confirmed, "mix"].tolist()
    assert set(rows["sets"]) == {5}
    assert (rows["ensemble_low"] <= rows["ensemble_high"]).all()
    # After the search, its front on fresh seeds: a batch a member, all mixes under its values and one seed.
    members = [list(batch.values()) for batch in ran if len({task.seed for task in batch.values()}) == 1]
    assert len(members) == 5
    assert len({task.seed for batch in members for task in batch}) == 5
    for place, batch_of in enumerate(members):
        values = evidence.ensemble().rows[place]
        assert len(batch_of) == confirmed.sum()
        for task in batch_of:
            assert task.scenario.parameters.sales.demand == values["parameters.sales.demand"]
    before = store.read_ledger(tmp_path / "out/small")
    assert asked(tmp_path, "optimise", path, "--ensemble", "5").exit_code == 0
    assert store.read_ledger(tmp_path / "out/small").equals(before)
    wrong = asked(tmp_path, "optimise", path, "--ensemble", "3")
    assert wrong.exit_code == 2
    assert "allowed: 5 to" in wrong.output


@pytest.mark.parametrize(("more", "says"), [
    ("", r"optimise.budget is missing; allowed: 0 to 1000000000 yuan/household/year"),
    ("optimise = {budget = 400, workers = -1}", "optimise.workers is -1"),
    ("optimise = {budgt = 400}", "did you mean budget"),
    ("optimise = {budget = 400, workers = 3, population = 2}", "population is 2; allowed: 4 to 100000"),
    (f"optimise = {{budget = 400, workers = 3, generations = {10**30}}}", "allowed: 1 to 100000"),
])
def test_a_search_that_is_asked_wrongly_is_refused_before_any_run(tmp_path, more, says):
    levers = '"levers.camp.intensity" = {range = [0, 4]}\n'
    said = asked(tmp_path, "optimise", written(tmp_path, "grid", 1, 2, more, levers))
    assert said.exit_code == 2
    assert says in said.output
    assert not (tmp_path / "out").exists()


def test_a_search_whose_runs_fail_says_where_to_look(tmp_path, monkeypatch):
    levers = '"levers.camp.intensity" = {range = [0, 4]}\n'
    more = "optimise = {budget = 9000, workers = 90, population = 4, generations = 1, fresh = 2}"
    study = design.read_study(written(tmp_path, "grid", 1, 2, more, levers))
    monkeypatch.setattr(batch, "run", lambda *_: 1 / 0)
    with ThreadPoolExecutor(1) as threads, pytest.raises(IncompleteError) as caught:
        optimising.carry_out(study, tmp_path / "out", 1, threads)
    says = f"runs have failed, or have no number; `villagesim study failures {tmp_path / 'out/small'}` says why"
    assert says in str(caught.value)
    seeded = replace(study, seed_is_a_factor=True)
    with pytest.raises(ValueError, match="optimise does not go with seed_is_a_factor"):
        optimising.asked(seeded)


def test_only_levers_are_part_of_a_mix(tmp_path):
    study = design.read_study(written(tmp_path, "grid", 1, 2, "optimise = {budget = 4, workers = 3}"))
    with pytest.raises(ValueError, match="no part of a mix"):
        optimising.asked(study)


@pytest.mark.parametrize(("words", "says"), [
    (("--outcome", "adoptoin"), "does not measure adoptoin.*did you mean adoption"),
    (("--method", "sobol"), "method sobol does not go with sampler latin; allowed: delta"),
    (("--scenario", "cash"), "has no scenario cash; it has integrated"),
    (("--method", "hdmr"), "n is 8, too small for hdmr; allowed: 600 or more"),
    ((), "n is 8, too small for delta; allowed: 100 or more"),
    (("--gaps", "men"), "gaps men is not known; allowed: refuse, mean, drop; did you mean mean"),
])
def test_what_a_study_cannot_answer_is_one_line_before_anything_is_run(tmp_path, words, says):
    said = asked(tmp_path, "sensitivity", written(tmp_path, "latin", 8, 1), *words)
    assert said.exit_code == 2
    assert re.search(says, said.output), said.output
    assert len(said.output.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("words", "sampler", "says"), [
    (("variance",), "latin", "sampler is latin; allowed for a split: crossed"),
    (("variance", "--outcome", "adoptoin"), "crossed", "does not measure adoptoin"),
    (("discover",), "latin", "wants is missing"),
    (("discover", "--scenario", "cash"), "latin", "has no scenario cash"),
])
def test_a_split_and_a_search_that_cannot_be_answered_cost_no_run(tmp_path, words, sampler, says):
    said = asked(tmp_path, words[0], written(tmp_path, sampler, 8, 1), *words[1:])
    assert said.exit_code == 2
    assert says in said.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("wants", "says"), [
    ('{outcome = "hours", at_least = 1}', "wants .hours., which the study does not measure; allowed: adoption"),
    ("5", "wants is 5"),
    ('{outcome = "adoption", at_least = nan}', "wants nan; allowed: a number"),
    ('{outcome = ["adoption"], at_least = 1}', "wants a list, which the study does not measure"),
])
def test_wants_are_checked_when_the_study_is_read(tmp_path, wants, says):
    with pytest.raises(ValueError, match=says):
        design.read_study(written(tmp_path, "latin", 8, 1, f"wants = [{wants}]"))


def test_an_incomplete_design_is_refused_or_it_is_said_what_was_done(tmp_path):
    study = design.read_study(written(tmp_path, "latin", 4, 2))
    table = pd.DataFrame({"scenario": "integrated", "state": "finished", "adoption": np.arange(8.0)})
    whole = complete.values(study, table, "adoption")
    assert whole.values.tolist() == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert whole.said == ()
    table.loc[3, ["state", "adoption"]] = ["failed", np.nan]
    table.attrs["folder"] = "kept/small"
    advice = f"`villagesim study failures kept/small` says why, `villagesim sweep {study.path} --retry` runs again"
    with pytest.raises(IncompleteError, match=r"1 \(1 failed\) of 8 values are missing") as caught:
        complete.values(study, table, "adoption")
    assert advice in str(caught.value)
    filled = complete.values(study, table, "adoption", gaps="mean")
    assert filled.values.tolist() == [[0, 1], [2, 2], [4, 5], [6, 7]]
    assert "mean of the same point's other replicates" in filled.said[0]
    dropped = complete.values(study, table, "adoption", gaps="drop")
    assert dropped.values.tolist() == [[0, 1], [4, 5], [6, 7]]
    assert np.array_equal(dropped.unit, np.delete(whole.unit, 1, axis=0))
    assert "1 of 4 points are left out" in dropped.said[0]
    table.loc[2, ["state", "adoption"]] = ["missing", np.nan]
    with pytest.raises(IncompleteError, match=r"2 \(1 failed, 1 not run\)"):
        complete.values(study, table, "adoption", gaps="mean")
    with pytest.raises(ValueError, match="does not go with sampler latin"):
        analyses.of_sensitivity(study, table, "adoption", "morris", gaps="drop")
    with pytest.raises(ValueError, match="gaps fill is not known; allowed: refuse, mean, drop"):
        complete.values(study, table, "adoption", gaps="fill")


def test_a_grade_of_evidence_stands_for_all_numbers_that_carry_it(tmp_path):
    by_source = design.read_study(written(tmp_path, "morris", 2, 1, 'grades = ["A"]'))
    assert "parameters.policy.pays_b" not in {factor.name for factor in by_source.factors}
    study = design.read_study(written(tmp_path, "morris", 2, 1, 'grades = ["C"]'))
    names = {factor.name for factor in study.factors}
    assert len(names) > 200
    assert {"parameters.sales.demand", "parameters.policy.wear", "outside.media_margin", "world.away"} <= names
    assert "parameters.workforce.hours" not in names
    assert "world.villages" not in names
    (demand,) = [factor for factor in study.factors if factor.name == "parameters.sales.demand"]
    assert (demand.low, demand.high) == (100, 400)


@pytest.mark.parametrize(("said", "unit", "values"), [
    ({}, [0, 0.5, 1], [30, 765, 1500]),
    ({"range": [100, 400]}, [0, 0.25, 1], [100, 175, 400]),
    ({"range": [100, 400], "distribution": "log"}, [0, 0.5, 1], [100, 200, 400]),
    ({"range": [100, 400], "distribution": "triangular", "mode": 100}, [0, 0.75, 1], [100, 250, 400]),
    ({"range": [100, 500], "distribution": "normal", "mean": 300, "sd": 50}, [0.0, 0.5, 1], [100, 300, 500]),
    ({"list": [240, 100, 300]}, [0, 0.33, 0.34, 0.99, 1], [240, 240, 100, 300, 300]),
])
def test_a_factor_maps_the_unit_interval_to_its_values(said, unit, values):
    factor = factors.read(factors.Place("f.toml", "k"), "parameters.sales.demand", said)
    assert factor.at(np.array(unit)) == pytest.approx(values)


@pytest.mark.parametrize(("said", "says"), [
    ({"distribution": ["log"]}, "has distribution a list"),
    ({"list": [100, 200], "range": [100, 400]}, "says range beside list"),
    ({"list": [100, 200], "distribution": "log"}, "says distribution beside list"),
    ({"list": [100, 200], "mean": 150}, "says mean beside list"),
    ({"range": [100, 400], "mode": 200}, "says mode, which distribution uniform does not read; .*triangular"),
    ({"distribution": "log", "sd": 2}, "says sd, which distribution log does not read; .*normal"),
    ({"distribution": "normal", "mean": 200}, "says no sd"),
    ({"distribution": "normal", "mean": float("nan"), "sd": 10}, "says mean nan; allowed: a number"),
    ({"distribution": "normal", "mean": 200, "sd": float("inf")}, "says sd inf; allowed: a number"),
    ({"distribution": "normal", "mean": 10**400, "sd": 10}, "says mean"),
    ({"range": [100, 400], "distribution": "normal", "mean": 500, "sd": 10}, "has mean 500; allowed: 100 to 400"),
    ({"list": [100, 200], "structure": 1}, "says structure 1; allowed: true or false"),
    ([100, 200, 100.0], "lists a value twice"),
    ({"list": []}, "lists nothing"),
])
def test_what_a_factor_cannot_mean_is_one_line(said, says):
    with pytest.raises(ValueError, match=says) as caught:
        factors.read(factors.Place("f.toml", "k"), "parameters.sales.demand", said)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "said", "says"), [
    ("county.targeting", {"range": [0, 1]}, "says range of a choice of words; allowed: .*open"),
    ("county.targeting", {"distribution": "uniform"}, "says distribution of a choice of words"),
    ("county.targeting", ["open", "open"], "lists a value twice"),
    ("run.seed", [1, 2], "is no factor; .*seed_is_a_factor, replicates"),
    ("run.months", {"range": [12, 24]}, "is no factor"),
    ("run.spin_up", {}, "is no factor"),
    ("parameters.policy.pays_b", {}, "is 0.8 share by its source; allowed: a range of your own, within 0 to 1 share"),
])
def test_words_have_no_range_and_a_run_has_no_factors(name, said, says):
    with pytest.raises(ValueError, match=says):
        factors.read(factors.Place("f.toml", "k"), name, said)


def test_whole_numbers_and_words_are_drawn_alike():
    whole = factors.read(factors.Place("f.toml", "k"), "levers.camp.start", {"range": [0, 4]})
    drawn = whole.at((np.arange(1000) + 0.5) / 1000)
    assert np.bincount(drawn.astype(int)).tolist() == [200] * 5
    words = factors.read(factors.Place("f.toml", "k"), "county.targeting", ["open", "need"])
    assert [words.said(value) for value in words.at(np.array([0.2, 0.8]))] == ["open", "need"]


def test_scenarios_fork_where_their_plans_part_and_not_where_their_counties_differ():
    base = changed(load(SCENARIOS / "integrated.toml"), {"run.spin_up": 12, "run.months": 36})
    late = changed(base, {"levers.camp.end": 20})
    cash = changed(load(SCENARIOS / "cash.toml"), {"run.spin_up": 12, "run.months": 36})
    other = changed(base, {"world.away": 1.0})
    found = forks.months({"base": base, "late": late, "cash": cash, "other": other})
    assert found == {"base": (12, 32), "late": (12, 32), "cash": (12,), "other": ()}
    assert digest(base) != digest(late)
