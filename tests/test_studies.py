"""What a study runs, shares and says: its table is that of its single runs, whoever runs it."""

import re

import pandas as pd
import pytest
from typer.testing import CliRunner

from small_study import SCENARIOS, attempts, finished, here, same_table, study, written
from villagesim import cli, results
from villagesim.results import last_months
from villagesim.scenario import changed
from villagesim.study import batch, design, sweep


def test_the_table_holds_what_a_single_run_measures(tmp_path, whole):
    table = pd.read_parquet(whole / "table.parquet")
    assert len(table) == 3 * 2 * 2
    assert list(table.columns) == ["point", "scenario", "parameters.sales.demand", "levers.camp.intensity", "replicate",
                                   "seed", "run", "state", "adoption", "income_mean",
                                   "adoption of remote in months 12-17"]
    assert table["parameters.sales.demand"].unique().tolist() == [100.0, 250.0, 400.0]
    row = table.iloc[7]
    made = study(tmp_path)
    scenario = changed(made.scenarios[0], {"parameters.sales.demand": row["parameters.sales.demand"],
                                           "levers.camp.intensity": row["levers.camp.intensity"]})
    run = results.record(scenario, int(row["seed"]))
    people = run.group[run.group["group"] == "all"]
    assert row["adoption"] == pytest.approx(last_months(people)["adoption"].mean(), abs=1e-12)
    remote = run.group[(run.group["group"] == "remote") & run.group["month"].between(12, 17)]
    assert row["adoption of remote in months 12-17"] == pytest.approx(remote["adoption"].mean(), abs=1e-12)


def test_processes_give_the_bytes_that_a_thread_gives(tmp_path, whole):
    sweep.sweep(study(tmp_path), tmp_path / "out", 2)
    assert same_table(tmp_path / "out/small", whole)


def test_forking_from_a_shared_past_changes_nothing_and_lives_it_once(tmp_path, whole, monkeypatch):
    kept = {path.name for path in (whole / "checkpoints").iterdir()}
    # Camps differ in what follows, demand from the start: a past for each demand and seed.
    assert len(kept) == 3 * 2
    monkeypatch.setattr(sweep, "_may_fork", lambda study: False)
    here(study(tmp_path), tmp_path / "out")
    assert not (tmp_path / "out/small/checkpoints").exists()
    assert same_table(tmp_path / "out/small", whole)


CUT = """
title = "A programme, and the same cut in its second year"
scenarios = ["{scenarios}/integrated.toml"]
outcomes = [{{outcome = "hours", months = [12, 18]}}, {{outcome = "adoption", months = [12, 18]}}]

[set]
"world.villages" = 3
"world.townships" = 1
"world.households" = 20
"run.spin_up" = 6
"run.months" = 18
"shocks.fund_cut.intensity" = 1
"shocks.fund_cut.start" = 12

[vary]
"shocks.fund_cut.intensity" = [0, 1]
"""


def test_a_programme_and_its_cut_share_the_years_before(tmp_path):
    path = tmp_path / "cut.toml"
    path.write_text(CUT.format(scenarios=SCENARIOS), encoding="utf-8")
    chosen = design.read_study(path)
    made = sweep.plan(chosen)
    assert {task.forks for task in made.tasks.values()} == {(6, 18)}
    table = here(chosen, tmp_path / "out")
    assert len(list((tmp_path / "out/cut/checkpoints").iterdir())) == 2
    for row in table.itertuples():
        alone = batch.run(made.tasks[row.run]._replace(forks=()), chosen.measures, None, 99.0)
        assert alone == tuple(row[-2:])
    assert table["hours in months 12-17"].nunique() == 2


@pytest.mark.parametrize(("how", "more"), [({"replicates": 3}, 6), ({"most": 500}, 8), ({"steps": 5}, 8)])
def test_a_changed_study_runs_only_what_is_new(tmp_path, how, more):
    out = tmp_path / "out"
    here(study(tmp_path), out)
    before = finished(out / "small")
    here(study(tmp_path, **how), out)
    tried = attempts(out / "small")
    assert set(tried.values()) == {1}
    assert len(tried) - len(before) == more
    fresh = tmp_path / "fresh"
    here(study(tmp_path, **how), fresh)
    assert same_table(out / "small", fresh / "small")


def test_points_that_are_the_same_by_content_are_run_once(tmp_path):
    path = written(tmp_path, steps=1, replicates=1)
    text = path.read_text().replace("steps = 1", "steps = 3").replace("{range = [100, 400]}", "[200]")
    # Three steps of a whole number between two.
    start = '"levers.camp.start" = {range = [0, 1]}'
    path.write_text(text.replace('"levers.camp.intensity" = {list = [0, 2]}', start))
    chosen = design.read_study(path)
    made = sweep.plan(chosen)
    assert len(made.planned) == 3
    assert len(made.tasks) == 2
    table = here(chosen, tmp_path / "out")
    assert table["levers.camp.start"].tolist() == [0, 1, 1]
    assert table["adoption"].iloc[1] == table["adoption"].iloc[2]


def test_what_is_measured_when_does_not_depend_on_where_a_run_forks(tmp_path):
    chosen = study(tmp_path)
    task = next(iter(sweep.plan(chosen).tasks.values()))
    first, kept = tmp_path / "none", tmp_path / "kept"
    kept.mkdir()
    plain = batch.run(task, chosen.measures, first, 99.0)
    assert batch.run(task, chosen.measures, kept, 99.0) == plain
    assert batch.run(task, chosen.measures, kept, 99.0) == plain


def test_a_dry_run_says_how_many_how_long_and_how_much_and_keeps_nothing(tmp_path):
    out = tmp_path / "out"
    said = CliRunner().invoke(cli.app, ["sweep", str(written(tmp_path)), "--out", str(out), "--dry-run"])
    assert said.exit_code == 0
    assert said.output.startswith("small: 12 runs to do (0 finished), ")
    assert "MiB of disk" in said.output
    assert not out.exists()
    here(study(tmp_path), out)
    said = CliRunner().invoke(cli.app, ["sweep", str(written(tmp_path)), "--out", str(out), "--dry-run"])
    assert said.output.startswith("small: 0 runs to do (12 finished)")


def test_a_dry_run_whose_run_fails_is_one_line_and_status_1(tmp_path, monkeypatch):
    def fails(*_):
        raise ZeroDivisionError("on\npurpose")

    monkeypatch.setattr(batch, "run", fails)
    said = CliRunner().invoke(cli.app, ["sweep", str(written(tmp_path)), "--out", str(tmp_path / "out"), "--dry-run"])
    assert said.exit_code == 1
    assert len(said.output.strip().splitlines()) == 1
    says = r"small: the run that was tried, of integrated with seed \d+, failed: ZeroDivisionError: on\\npurpose"
    assert re.search(says, said.output)


def test_the_status_of_a_study_counts_its_runs(whole, tmp_path):
    said = CliRunner().invoke(cli.app, ["study", "status", str(whole)])
    assert "12 finished, 0 failed, 0 begun and not finished" in said.output
    none = CliRunner().invoke(cli.app, ["study", "status", str(tmp_path)])
    assert none.exit_code == 1
    assert "holds no study" in none.output


@pytest.mark.parametrize(("old", "new", "says"), [
    ('title = "A small study"', "", "title is missing"),
    ("replicates = 2", "replicates = 0", "replicates is 0; allowed: 1 to 100000"),
    ("replicates = 2", "replicats = 2", "replicats is not known.*did you mean replicates"),
    ('sampler = "grid"', 'sampler = "saltell"', "sampler is .saltell.*did you mean saltelli"),
    ('sampler = "grid"', 'sampler = "saltelli"\nn = 12', "n makes no design: .*power of"),
    ('"parameters.sales.demand"', '"parameters.sales.demnd"', "did you mean parameters.sales.demand"),
    ("[100, 400]", "[100, 4000]", "demand is 4000.*allowed: 30 to 1500 yuan/month"),
    ("[100, 400]", "[400, 100]", r"has range \[400, 100\], whose low end is not below its high end; allowed: .low"),
    ("[100, 400]", "[100, 200, 400]", r"has range \[100, 200, 400\], a list of 3; allowed: .low, high. within 30 to"),
    ("[100, 400]", "{low = 100}", "has range a table, which is no list; allowed: .low, high. within 30 to 1500"),
    ("{range = [100, 400]}", '{distribution = "normal", mean = 200, sd = -1}', "has sd -1; allowed: more than 0"),
    ("{range = [100, 400]}", '{spread = "normal"}', "spread, which is not known"),
    ("{range = [100, 400]}", '"much"', "a list of values"),
    ("{list = [0, 2]}", "{list = []}", "a list of values"),
    ('"income_mean"', '"incme_mean"', "measures .incme_mean., which is no outcome; did you mean income_mean"),
    ('"income_mean"', '"adoption"', "names an outcome twice"),
    ("months = [12, 18]", "months = [6, 30]", r"months \[6, 30\]; allowed: .*within 0 to 18"),
    ("integrated.toml", "intgrated.toml", "toml: scenarios names a file that fails: .*did you mean .*integrated.toml"),
    ("[vary]", "[vari]", "vari is not known.*did you mean vary"),
    ("seed = 5", "seed = 0", r"seed is 0; allowed: 1 to \d+"),
    ('sampler = "grid"', f'sampler = "latin"\nn = {10**30}', r"n is 10{30}; allowed: 1 to 1048576"),
    ('sampler = "grid"', f'sampler = "saltelli"\nn = {2**20}\ngrades = ["C"]', r"n makes a design of \d+ numbers"),
    ("steps = 3", "steps = 1000\ngrades = ['C']", "n makes a design of .* numbers, points times factors; allowed: a"),
    ("seed = 5", 'where = "village_hil.toml"', "small.toml: where names a file that fails: .*hil.toml: does not"),
    ("seed = 5", "seed_is_a_factor = true", "does not go with sampler grid"),
    ("replicates = 2", "replicates = 100001", "replicates is 100001; allowed: 1 to 100000"),
    ("seed = 5", 'seed = 5\ngrades = [["C"]]', "grades names a list; allowed: "),
    ('groups = ["remote"]', "groups = 5", "measures groups 5; allowed: a list of all, "),
    ('groups = ["remote"]', 'groups = [["remote"]]', "measures groups .a list."),
    ('groups = ["remote"]', 'groups = "remote"', 'measures groups "remote"; allowed: a list of all, '),
    ("months = [12, 18]", "months = 5", "measures months 5; allowed: .first, last"),
    ("months = [12, 18]", "months = [true, 5]", "measures months .true, 5.; allowed: "),
    ('{outcome = "adoption", groups', '{outcome = ["adoption"], groups', "measures a list, which is no outcome"),
    ('"levers.camp.intensity" = {list = [0, 2]}', '"run.world_seed" = [1, 2]', "vary.run.world_seed is no factor"),
])
def test_a_wrong_study_file_is_one_clear_line_and_status_2(tmp_path, old, new, says):
    path = written(tmp_path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    said = CliRunner().invoke(cli.app, ["sweep", str(path), "--out", str(tmp_path / "out")])
    assert said.exit_code == 2, said.output
    assert len(said.output.strip().splitlines()) == 1
    assert re.search(says, said.output), said.output
    assert not (tmp_path / "out").exists()
