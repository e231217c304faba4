"""A study can be stopped anywhere, by anything, and its table is still the one of a study that nobody stopped."""

import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from villagesim import cli, results
from villagesim.results import last_months
from villagesim.scenario import changed
from villagesim.study import batch, design, store, sweep
from villagesim.study.runner import Interrupted
from villagesim.study.store import Store, StoreError

TICKETED = Path(__file__).parent / "ticketed.py"
FATAL = Path(__file__).parent / "fatal.py"
SCENARIOS = Path(__file__).parents[1] / "scenarios"
STUDY = """
title = "A small study"
scenarios = ["{scenarios}/integrated.toml"]
outcomes = ["adoption", "income_mean", {{outcome = "adoption", groups = ["remote"], months = [12, 18]}}]
sampler = "grid"
steps = {steps}
replicates = {replicates}
seed = 5

[set]
"world.villages" = 3
"world.townships" = 1
"world.households" = 20
"run.spin_up" = 6
"run.months" = 18

[vary]
"parameters.sales.demand" = {{range = [100, {most}]}}
"levers.camp.intensity" = {{list = [0, 2]}}
"""
FILES = ("table.parquet", "table.csv")


def written(folder: Path, name: str = "small", steps: int = 3, replicates: int = 2, most: int = 400,
            more: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(STUDY.format(scenarios=SCENARIOS, steps=steps, replicates=replicates, most=most) + more,
                    encoding="utf-8")
    return path


def study(folder: Path, **how) -> design.Study:
    return design.read_study(written(folder, **how))


def here(chosen: design.Study, out: Path, **how) -> pd.DataFrame:
    """The study carried out by a thread of this process."""
    with ThreadPoolExecutor(1) as threads:
        return sweep.sweep(chosen, out, 1, threads, **how)


def attempts(folder: Path) -> dict[str, int]:
    ledger = store.read_ledger(folder)
    return dict(zip(ledger["run"], ledger["attempts"], strict=True))


def finished(folder: Path) -> set[str]:
    try:
        ledger = store.read_ledger(folder)
    except StoreError:
        return set()
    return set(ledger.loc[ledger["state"] == "finished", "run"])


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of the small study that nobody stopped."""
    out = tmp_path_factory.mktemp("whole")
    here(study(out), out)
    return out / "small"


def command(path: Path, out: Path, *more: str, tickets: Path | None = None) -> subprocess.Popen:
    """tickets: let no run begin without one, so that the command can't be through before it is stopped."""
    how = ["-m", "villagesim.cli"] if tickets is None else [str(TICKETED)]
    words = [sys.executable, *how, "sweep", str(path), "--out", str(out), *more]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
                            env=os.environ | {"VILLAGESIM_TICKETS": str(tickets)})


def issue(tickets: Path, count: int) -> Path:
    tickets.mkdir(exist_ok=True)
    for ticket in range(count):
        (tickets / f"{ticket}").touch()
    return tickets


def until_finished(process: subprocess.Popen, folder: Path, count: int) -> None:
    """Wait until so many runs are finished, or the command has ended."""
    while process.poll() is None and len(finished(folder)) < count:
        time.sleep(0.01)


def spawned_by(process: subprocess.Popen) -> list[int]:
    """The processes that do a command's work."""
    threads = Path(f"/proc/{process.pid}/task").iterdir()
    children = [child for thread in threads for child in (thread / "children").read_text().split()]
    return [int(child) for child in children if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text()]


def same_table(one: Path, two: Path) -> bool:
    return all((one / name).read_bytes() == (two / name).read_bytes() for name in FILES)


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


@pytest.mark.slow
def test_a_command_killed_again_and_again_ends_with_the_same_table_and_does_nothing_twice(tmp_path, whole):
    path, out = written(tmp_path), tmp_path / "out"
    luck = random.Random(11)
    before: dict[str, int] = {}
    for kill in range(3):
        process = command(path, out, tickets=issue(tmp_path / "tickets", 3))
        until_finished(process, out / "small", 1 + 2 * kill)
        time.sleep(luck.random() * 0.3)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        tried, done = attempts(out / "small"), finished(out / "small")
        assert len(done) < 12
        assert all(tried[run] == count for run, count in before.items())
        before = {run: tried[run] for run in done}
    process = command(path, out)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    tried = attempts(out / "small")
    assert all(tried[run] == count for run, count in before.items())
    assert set(tried) == finished(whole)
    parts = [pd.read_parquet(part) for part in (out / "small/parts").iterdir()]
    runs = pd.concat(parts)["run"]
    assert sorted(runs) == sorted(finished(whole))
    assert same_table(out / "small", whole)


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing_but_time(tmp_path, whole):
    path, out = written(tmp_path), tmp_path / "out"
    tickets = issue(tmp_path / "tickets", 3)
    process = command(path, out, "--workers", "2", tickets=tickets)
    until_finished(process, out / "small", 1)
    os.kill(spawned_by(process)[0], signal.SIGKILL)
    issue(tickets, 36)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert same_table(out / "small", whole)


@pytest.mark.slow
def test_dask_gives_the_same_bytes_and_survives_a_killed_worker(tmp_path, whole):
    pytest.importorskip("distributed")
    path, out = written(tmp_path), tmp_path / "out"
    tickets = issue(tmp_path / "tickets", 3)
    process = command(path, out, "--workers", "2", "--cluster", "local", tickets=tickets)
    until_finished(process, out / "small", 1)
    os.kill(spawned_by(process)[0], signal.SIGKILL)
    issue(tickets, 36)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert same_table(out / "small", whole)


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("--cluster", "local")], ids=["pool", "dask"])
def test_ctrl_c_says_what_is_kept_and_the_same_command_goes_on(tmp_path, whole, more):
    if more:
        pytest.importorskip("distributed")
    path, out = written(tmp_path), tmp_path / "out"
    tickets = issue(tmp_path / "tickets", 3)
    process = command(path, out, "--workers", "2", *more, tickets=tickets)
    until_finished(process, out / "small", 2)
    os.killpg(process.pid, signal.SIGINT)
    issue(tickets, 36)
    _, said = process.communicate(timeout=120)
    kept = len(finished(out / "small"))
    assert process.returncode == 130, said
    assert 2 <= kept < 12
    assert "Traceback" not in said
    assert said.strip().splitlines()[-1] == (f"interrupted: {kept} of 12 runs are kept in {out / 'small'}; the same "
                                             "command goes on")
    assert command(path, out).wait(timeout=300) == 0
    assert same_table(out / "small", whole)


def test_an_interrupt_keeps_what_was_running(tmp_path, whole):
    chosen, out = study(tmp_path), tmp_path / "out"

    def tell(state):
        if state.done == 1:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=r"interrupted: 2 of 12 runs are kept"):
        here(chosen, out, progress=tell)
    kept = finished(out / "small")
    assert len(kept) == 2
    here(chosen, out)
    assert all(attempts(out / "small")[run] == 1 for run in kept)
    assert same_table(out / "small", whole)


def test_a_full_disk_stops_the_study_in_one_line_and_loses_nothing(tmp_path, whole, monkeypatch):
    chosen, out = study(tmp_path), tmp_path / "out"
    real, room = store._replace, [3]

    def replace(file, content):
        room[0] -= 1
        if room[0] < 0:
            raise OSError(28, "No space left on device")
        return real(file, content)

    monkeypatch.setattr(store, "_replace", replace)
    with pytest.raises(StoreError, match=r"No space left on device.*make room") as caught:
        here(chosen, out)
    assert "\n" not in str(caught.value)
    assert 0 < len(finished(out / "small")) < 12
    monkeypatch.undo()
    here(chosen, out)
    assert same_table(out / "small", whole)


@pytest.mark.slow
def test_a_file_that_may_not_grow_stops_the_command_with_status_1(tmp_path, whole):
    path, out = written(tmp_path), tmp_path / "out"
    words = [sys.executable, "-m", "villagesim.cli", "sweep", str(path), "--out", str(out), "--workers", "1"]
    # The ledger itself is over this size from the start: SQLite meets what a full disk does to it.
    stopped = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)))
    assert stopped.returncode == 1
    assert "cannot be written" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert command(path, out).wait(timeout=300) == 0
    assert same_table(out / "small", whole)


@pytest.mark.parametrize("damage", [lambda part: part.write_bytes(part.read_bytes()[:-7]), Path.unlink,
                                    lambda part: part.write_bytes(b"x" * part.stat().st_size)])
def test_a_damaged_part_is_run_again_and_no_other(tmp_path, whole, damage):
    chosen, out = study(tmp_path), tmp_path / "out"
    here(chosen, out)
    part = sorted((out / "small/parts").iterdir())[0]
    lost = set(pd.read_parquet(part)["run"])
    damage(part)
    here(chosen, out)
    assert {run for run, count in attempts(out / "small").items() if count == 2} == lost
    assert same_table(out / "small", whole)


def test_what_a_killed_command_left_half_written_is_swept_up(tmp_path, whole):
    chosen, out = study(tmp_path), tmp_path / "out"
    parts = out / "small/parts"
    parts.mkdir(parents=True)
    (parts / "0123.parquet.99.part").write_bytes(b"half")
    (parts / "4567.parquet").write_bytes(b"renamed, but not in the ledger")
    here(chosen, out)
    assert not {"0123.parquet.99.part", "4567.parquet"} & {file.name for file in parts.iterdir()}
    assert same_table(out / "small", whole)


def test_a_ledger_that_a_kill_left_half_written_is_read(tmp_path):
    """A process that dies within a transaction leaves a journal that the next reader must undo."""
    chosen, out = study(tmp_path), tmp_path / "out"
    here(chosen, out)
    before = store.read_ledger(out / "small")
    die = ("import os, sqlite3, sys; ledger = sqlite3.connect(sys.argv[1]); ledger.execute('pragma cache_size = 1'); "
           "ledger.execute('update runs set attempts = 99'); ledger.executemany('insert into runs (run, error) values "
           "(?, ?)', [(str(n), 'x' * 4000) for n in range(200)]); os.kill(os.getpid(), 9)")
    subprocess.run([sys.executable, "-c", die, str(out / "small/ledger.sqlite")], check=False)
    assert (out / "small/ledger.sqlite-journal").exists()
    assert store.read_ledger(out / "small").equals(before)


def test_a_second_command_in_the_same_folder_is_refused(tmp_path):
    chosen = study(tmp_path)
    with Store(tmp_path / "out/small", chosen.columns), pytest.raises(StoreError, match="another command is at work"):
        Store(tmp_path / "out/small", chosen.columns)
    with Store(tmp_path / "out/small", chosen.columns):
        refused = CliRunner().invoke(cli.app, ["sweep", str(written(tmp_path)), "--out", str(tmp_path / "out")])
    assert refused.exit_code == 1
    assert "another command" in refused.output


def test_a_run_that_fails_is_a_row_with_its_traceback_and_costs_no_other(tmp_path, monkeypatch):
    chosen, out = study(tmp_path), tmp_path / "out"
    made = sweep.plan(chosen)
    bad, slow, nothing = list(made.tasks)[:3]
    real = batch.run

    def run(task, measures, pasts, timeout):
        if task.run == bad:
            raise ZeroDivisionError("on purpose")
        if task.run == slow:
            return real(task, measures, None, 0.0)
        values = real(task, measures, pasts, timeout)
        return (float("nan"), *values[1:]) if task.run == nothing else values

    monkeypatch.setattr(batch, "run", run)
    table = here(chosen, out).set_index("run")
    assert table["state"].value_counts().to_dict() == {"finished": 10, "failed": 2}
    assert np.isnan(table.loc[bad, "adoption"])
    assert np.isnan(table.loc[nothing, "adoption"])
    assert table.loc[nothing, "income_mean"] > 0
    said = CliRunner().invoke(cli.app, ["study", "failures", str(out / "small")]).output
    assert f"{bad}  failed  ZeroDivisionError: on purpose" in said
    assert f"{slow}  failed  TimeoutError: stopped in month" in said
    assert f"{nothing}  finished  NaN: adoption" in said
    full = CliRunner().invoke(cli.app, ["study", "failures", str(out / "small"), "--full"]).output
    assert "Traceback" in full
    monkeypatch.undo()
    assert here(chosen, out).set_index("run").loc[bad, "state"] == "failed"
    again = here(chosen, out, retry=True)
    assert (again["state"] == "finished").all()
    assert attempts(out / "small")[bad] == 2
    assert sum(attempts(out / "small").values()) == 12 + 2


@pytest.mark.slow
def test_a_run_that_kills_its_process_is_a_failed_row(tmp_path, whole):
    path, out = written(tmp_path), tmp_path / "out"
    fatal = list(sweep.plan(design.read_study(path)).tasks)[4]
    words = [sys.executable, str(FATAL), "sweep", str(path), "--out", str(out), "--workers", "2"]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300,
                           env=os.environ | {"VILLAGESIM_FATAL": fatal})
    assert ended.returncode == 1
    assert ended.stderr.strip().splitlines()[-1] == (
        f"1 of 12 runs failed: `villagesim study failures {out / 'small'}` says why, `villagesim sweep {path} --retry` "
        "runs them again")
    table = pd.read_parquet(out / "small/table.parquet").set_index("run")
    assert table["state"].value_counts().to_dict() == {"finished": 11, "failed": 1}
    assert table.loc[fatal, "state"] == "failed"
    alone = pd.read_parquet(whole / "table.parquet").set_index("run")
    pd.testing.assert_frame_equal(table.drop(fatal), alone.drop(fatal))
    ledger = store.read_ledger(out / "small").set_index("run")
    assert "ProcessDiedError: the process that did this died, and died again" in ledger.loc[fatal, "error"]


def test_a_script_without_a_guard_ends_with_one_clear_line_and_no_failed_row(tmp_path):
    path, out = written(tmp_path, steps=1, replicates=1), tmp_path / "out"
    script = tmp_path / "script.py"
    call = f"villagesim.sweep({str(path)!r}, {str(out)!r}, workers=1)"
    script.write_text(f"import villagesim\n{call}\n", encoding="utf-8")
    ended = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 1
    assert "reads this script again: put the call under `if __name__ == \"__main__\":`" in ended.stderr
    last = ended.stderr.strip().splitlines()[-1]
    assert "PoolError: the processes ended before they began to work" in last
    assert 'under `if __name__ == "__main__":`' in last
    assert store.read_ledger(out / "small")["state"].isna().all()


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
    ("[100, 400]", "[400, 100]", "a low end below the high end"),
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
