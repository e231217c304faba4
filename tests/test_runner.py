"""Many runs: shared luck, resumed after Ctrl-C with the same bytes, a failed run costs no other; the three commands."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from villagesim import cli, evidence, results
from villagesim.draws import replicate_seed
from villagesim.scenario import changed, load
from villagesim.study import pool, runner
from villagesim.study.calibration.calibrating import read_calibration
from villagesim.study.calibration.pinning import read_pinning
from villagesim.study.design import read_study
from villagesim.study.experiment import read_experiment
from villagesim.study.trials import read_trial

SCENARIOS = Path(__file__).parents[1] / "scenarios"
SMALL = {"world.villages": 4, "world.townships": 2, "world.households": 30, "run.months": 14, "run.spin_up": 13}
COUNTY = """
[run]
months = 14
spin_up = 13

[world]
villages = 4
townships = 2
households = 30
"""
EXPERIMENT = """
title = "Two small counties"
figure = "mixes"
replicates = {replicates}
months = {months}
scenarios = ["one.toml", "two.toml"]
"""


def small(name: str):
    return changed(load(SCENARIOS / f"{name}.toml"), SMALL)


@pytest.fixture
def study(tmp_path) -> Path:
    """A folder with two small scenarios and an experiment on them."""
    for name, base in (("one", "baseline"), ("two", "integrated")):
        (tmp_path / f"{name}.toml").write_text(f'extends = "{SCENARIOS / base}.toml"\n{COUNTY}', encoding="utf-8")
    (tmp_path / "pair.toml").write_text(EXPERIMENT.format(replicates=3, months=14), encoding="utf-8")
    return tmp_path


def test_replicate_r_of_every_scenario_has_the_same_seed():
    runs = runner.replicate([small("baseline"), small("cash")], 3, workers=1)
    seeds = {name: [run.manifest["identity"]["seed"] for run in found] for name, found in runs.items()}
    assert seeds["baseline"] == seeds["cash"] == [replicate_seed(1, r) for r in range(3)]


def test_processes_give_what_one_process_gives(tmp_path):
    here = runner.replicate([small("integrated")], 3, workers=1)["integrated"]
    pooled = runner.replicate([small("integrated")], 3, workers=2, folder=tmp_path)["integrated"]
    for one, two in zip(here, pooled, strict=True):
        assert one.manifest["identity"] == two.manifest["identity"]
        assert one.group.equals(two.group)


def test_any_executor_carries_the_runs(tmp_path):
    with ThreadPoolExecutor(2) as threads:
        runs = runner.replicate([small("baseline")], 3, folder=tmp_path, executor=threads)
    assert len(runs["baseline"]) == len(list(tmp_path.iterdir())) == 3


def test_a_kept_run_is_not_run_again(tmp_path, monkeypatch):
    runner.replicate([small("baseline")], 2, workers=1, folder=tmp_path)
    monkeypatch.setattr(results, "record", lambda *_: pytest.fail("ran again"))
    told = []
    runner.replicate([small("baseline")], 2, workers=1, folder=tmp_path, progress=lambda *at: told.append(at))
    assert told == [(0 + 2, 2)]


def test_a_failed_run_costs_no_other(tmp_path, monkeypatch):
    real, bad = results.record, replicate_seed(1, 1)

    def record(scenario, seed, engine, progress=None):
        if seed == bad:
            raise ZeroDivisionError("on purpose")
        return real(scenario, seed, engine, progress)

    monkeypatch.setattr(results, "record", record)
    with pytest.raises(runner.RunsFailedError, match=f"1 of 3 runs failed.*baseline with seed {bad}.*on purpose"):
        runner.replicate([small("baseline")], 3, workers=1, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.undo()
    assert len(runner.replicate([small("baseline")], 3, workers=1, folder=tmp_path)["baseline"]) == 3


class LosingOnce(ThreadPoolExecutor):
    """A pool whose first process dies with the run that it was given."""

    lost = False

    def __init__(self, workers, context, begin) -> None:
        super().__init__(1)
        begin()

    def submit(self, function, /, *args, **kwargs) -> Future:
        if not LosingOnce.lost:
            LosingOnce.lost = True
            future: Future = Future()
            future.set_exception(pool.BrokenExecutor("a process died"))
            return future
        return super().submit(function, *args, **kwargs)


def test_a_worker_that_dies_costs_time_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(pool, "ProcessPoolExecutor", LosingOnce)
    runs = runner.replicate([small("baseline")], 4, workers=2, folder=tmp_path)
    assert LosingOnce.lost
    assert len(runs["baseline"]) == 4


def test_two_scenarios_of_one_name_are_refused():
    one = small("baseline")
    with pytest.raises(ValueError, match="two scenarios are called baseline"):
        runner.replicate([one, dataclasses.replace(one)], 1)


def experiment(study: Path, out: str, workers: int) -> subprocess.Popen:
    command = [sys.executable, "-m", "villagesim.cli", "experiment", str(study / "pair.toml"),
               "--out", str(study / out), "--workers", str(workers)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def kept(folder: Path) -> int:
    return sum((run / "manifest.json").exists() for run in folder.iterdir()) if folder.is_dir() else 0


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_interrupted_and_resumed_equals_uninterrupted(study, workers):
    (study / "pair.toml").write_text(EXPERIMENT.format(replicates=12, months=120), encoding="utf-8")
    stopped = experiment(study, "stopped", workers)
    while not kept(study / "stopped" / "runs") and stopped.poll() is None:
        time.sleep(0.005)
    # As a terminal does it: every process of the session gets the signal.
    os.killpg(stopped.pid, signal.SIGINT)
    _, said = stopped.communicate(timeout=120)
    before = kept(study / "stopped" / "runs")
    assert stopped.returncode == 130
    assert said.strip().splitlines()[-1] == (
        f"interrupted: {before} of 24 runs are kept in {study / 'stopped' / 'runs'}; run the same command again"
    )
    assert "Traceback" not in said
    assert 0 < before < 24
    assert not (study / "stopped" / "pair").exists()
    for out in ("stopped", "whole"):
        done = experiment(study, out, 2)
        assert done.wait(timeout=300) == 0, done.stderr.read()
        done.communicate()
    names = {out: sorted(path.name for path in (study / out / "runs").iterdir()) for out in ("stopped", "whole")}
    assert names["stopped"] == names["whole"]
    # As many again under members of the ensemble.
    assert len(names["whole"]) == 48
    for name in ("pair.csv", "pair.parquet", "pair-uncertainty.csv", "pair-uncertainty.parquet", "series.parquet",
                 "pair.png", "pair.svg"):
        one, two = (study / out / "pair" / name for out in ("stopped", "whole"))
        assert one.read_bytes() == two.read_bytes(), name


def invoke(*words: object):
    return CliRunner().invoke(cli.app, [str(word) for word in words])


def test_the_command_run_writes_a_table_and_a_figure(study):
    done = invoke("run", study / "two.toml", "--replicates", 2, "--seed", 9, "--out", study / "out")
    assert done.exit_code == 0, done.output
    assert "adoption" in done.stdout
    files = {path.name for path in (study / "out" / "two").iterdir()}
    assert files == {"runs.json", "summary.csv", "two.png", "two.svg"}
    assert kept(study / "out" / "runs") == 2
    assert invoke("run", study / "two.toml", "--replicates", 2, "--seed", 9, "--out", study / "out").exit_code == 0


def test_the_command_run_takes_the_reference_engine(study):
    done = invoke("run", study / "one.toml", "--engine", "reference", "--out", study / "out")
    assert done.exit_code == 0, done.output
    assert "one run" in done.stdout


def test_the_command_compare_says_what_differs_and_what_it_costs(study):
    done = invoke("compare", study / "one.toml", study / "two.toml", "--replicates", 2, "--workers", 1,
                  "--out", study / "out")
    assert done.exit_code == 0, done.output
    assert "two against one" in done.stdout
    assert "cost_of_seller" in done.stdout
    folder = study / "out" / "compare-one-two"
    assert "Which villages gain and lose income" in done.stdout
    tables = ("outcomes", "groups", "costs", "series", "plane", "acceptability", "gains")
    figures = ("difference", "plane", "gains")
    assert {path.name for path in folder.iterdir()} == {
        f"{name}.{end}" for names, ends in ((tables, ("csv", "parquet")), (figures, ("png", "svg")))
        for name in names for end in ends
    }


@pytest.mark.parametrize(("words", "says"), [
    (["run", "nowhere.toml"], "nowhere.toml: does not exist"),
    (["compare", "one.toml"], "compare needs two scenario files"),
    (["compare", "one.toml", "one.toml"], "same name"),
    (["experiment", "absent.toml"], "absent.toml: does not exist"),
])
def test_a_mistake_is_one_line_and_exit_status_2(study, monkeypatch, words, says):
    monkeypatch.chdir(study)
    done = invoke(*words)
    assert done.exit_code == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(("old", "new", "says"), [
    ("replicates = 3", "replicates = 0", "replicates is 0; allowed: a whole number from 1"),
    ("replicates = 3", "replicate = 3", "replicate is not known; allowed: .*; did you mean replicates?"),
    ("replicates = 3", "replicates = true", "replicates is true"),
    ("replicates = 3", "", "replicates is missing"),
    ('"two.toml"', '"one.toml"', "scenarios names one twice"),
    ('"two.toml"', '"tow.toml"', "tow.toml: does not exist"),
    ('"two.toml"', '"tow.toml"', r"pair\.toml: scenarios names a file that fails: .*tow\.toml: does not exist"),
    ('scenarios = ["one.toml", "two.toml"]', "scenarios = []", r"pair\.toml: scenarios is empty; allowed: a list of"),
    ('"two.toml"', "3", "scenarios holds 3, which is no file name; allowed: a list of scenario files"),
    ("months = 14", "months = 0", r"pair\.toml: months is 0; allowed: a whole number from 1 to 1200"),
    ("months = 14", '[set]\nextends = "x"', r"pair\.toml: set does not fit: one: extends can only be written in"),
    ("months = 14", '[set]\n"world.vilages" = 3', r"pair\.toml: set does not fit: one: world\.vilages is not known"),
    ("months = 14", "[set.shocks.fund_cut]\nintensity = 1\nstart = 14",
     r"pair\.toml: set\.shocks\.fund_cut\.start is 14, but the last month of one is 13"),
    ('figure = "mixes"', 'figure = "single"', r'pair\.toml: figure is "single"; allowed: a figure that .*: mixes'),
    ('figure = "mixes"', 'figure = "mixed"', "did you mean mixes"),
])
def test_a_wrong_experiment_is_one_clear_line(study, old, new, says):
    text = (study / "pair.toml").read_text(encoding="utf-8")
    # A table ends what stands outside tables.
    text = text.replace(old, "") + new if new.startswith("[set") else text.replace(old, new)
    (study / "pair.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=says) as caught:
        read_experiment(study / "pair.toml")
    assert "\n" not in str(caught.value)


def test_a_figure_that_does_not_exist_is_refused_before_anything_runs(study):
    text = (study / "pair.toml").read_text(encoding="utf-8").replace('"mixes"', '"mixtures"')
    (study / "pair.toml").write_text(text, encoding="utf-8")
    done = invoke("experiment", study / "pair.toml", "--out", study / "out")
    assert done.exit_code == 2
    assert 'figure is "mixtures"; allowed: ' in done.stderr
    assert "did you mean mixes?" in done.stderr
    assert not (study / "out").exists()


@pytest.mark.parametrize("said", ['"world.coverage" = 0.5', "world.coverage = 0.5", "[set.world]\ncoverage = 0.5"])
def test_what_an_experiment_sets_leaves_the_rest_of_a_scenario_as_it_is(study, said):
    text = (study / "pair.toml").read_text(encoding="utf-8")
    (study / "pair.toml").write_text(f"{text}\n[set]\n{said}\n", encoding="utf-8")
    for scenario in read_experiment(study / "pair.toml").scenarios:
        assert (scenario.world.coverage, scenario.world.villages, scenario.run.spin_up) == (0.5, 4, 13)


DAMAGE = {
    "emptied table": lambda run: (run / "county.parquet").write_bytes(b""),
    "missing table": lambda run: (run / "group.parquet").unlink(),
    "table cut short": lambda run: (run / "events.parquet").write_bytes((run / "events.parquet").read_bytes()[:-9]),
    "emptied manifest": lambda run: (run / "manifest.json").write_bytes(b""),
    "manifest of nothing": lambda run: (run / "manifest.json").write_text("{}"),
    "manifest that is no text": lambda run: (run / "manifest.json").write_bytes(b"\xff\xfe"),
    "damage within a table": lambda run: (run / "county.parquet").write_bytes(
        b"PAR1" + bytes(400) + (run / "county.parquet").read_bytes()[404:]),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_kept_run_that_was_damaged_is_run_again_in_its_place(tmp_path, damage, workers):
    whole = runner.replicate([small("baseline")], 2, workers=1, folder=tmp_path)["baseline"]
    kept_runs = sorted(tmp_path.iterdir())
    untouched = {path: path.read_bytes() for path in kept_runs[1].iterdir()}
    damage(kept_runs[0])
    again = runner.replicate([small("baseline")], 2, workers=workers, folder=tmp_path)["baseline"]
    assert sorted(tmp_path.iterdir()) == kept_runs
    assert all(results.holds_run(run) for run in kept_runs)
    assert {path: path.read_bytes() for path in kept_runs[1].iterdir()} == untouched
    for one, two in zip(whole, again, strict=True):
        assert one.county.equals(two.county)
        assert one.group.equals(two.group)


def test_a_file_in_a_runs_place_is_replaced_by_the_run(tmp_path):
    runner.replicate([small("baseline")], 1, workers=1, folder=tmp_path)
    (run,) = tmp_path.iterdir()
    for file in run.iterdir():
        file.unlink()
    run.rmdir()
    run.write_text("not a run")
    assert not results.holds_run(run)
    runner.replicate([small("baseline")], 1, workers=1, folder=tmp_path)
    assert results.holds_run(run)


@pytest.mark.parametrize("words", [
    ["run", "one.toml"], ["compare", "one.toml", "two.toml"], ["experiment", "pair.toml"],
    ["factorial", "--base", "one.toml", "--mixes", str(SCENARIOS)], ["hysteresis", "one.toml", "--push", "two.toml"],
], ids=lambda words: words[0])
@pytest.mark.parametrize("place", ["taken", "taken/below", "/proc/nowhere", "x" * 300])
def test_a_place_where_nothing_can_be_written_is_refused_before_anything_runs(study, monkeypatch, words, place):
    monkeypatch.chdir(study)
    (study / "taken").write_text("a file")
    monkeypatch.setattr(results, "record", lambda *_: pytest.fail("ran"))
    monkeypatch.setattr(runner, "prepare", lambda *_: pytest.fail("compiled"))
    done = invoke(*words, "--out", place)
    assert done.exit_code == 2, done.output
    assert "results cannot be written here" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_file_with_the_name_of_the_results_is_refused_before_anything_runs(study, monkeypatch):
    (study / "out").mkdir()
    (study / "out" / "one").write_text("a file")
    monkeypatch.setattr(results, "record", lambda *_: pytest.fail("ran"))
    done = invoke("run", study / "one.toml", "--out", study / "out")
    assert done.exit_code == 2
    assert "out/one: results cannot be written here: it is a file, not a folder" in done.stderr
    assert (study / "out" / "one").read_text() == "a file"


def test_every_shipped_experiment_is_right():
    files = sorted((SCENARIOS.parent / "experiments").glob("*.toml"))
    figures = [file for file in files if "\nfigure" in file.read_text(encoding="utf-8")]
    assert [file.name for file in figures] == ["mixes.toml"]
    assert all(read_experiment(file).replicates >= 20 for file in figures)
    trials = [file for file in files if file.name.startswith("trial_")]
    assert [read_trial(file).name for file in trials] == ["trial_access", "trial_county", "trial_training"]
    calibrations = [file for file in files if file.stem in ("calibrate", *evidence.REGIONS)]
    assert [read_calibration(file, quick=True).asked.members for file in calibrations] == [21] * 4
    pins = [file for file in files if file.name == "pins.toml"]
    assert [read_pinning(file).seeds for file in pins] == [3]
    studies = [read_study(file) for file in files if file not in figures + trials + calibrations + pins]
    assert {study.name for study in studies} == {"front", "futures", "screening", "sobol", "variance"}
    assert len({factor.name for study in studies for factor in study.factors}) > 200
