"""A study can be stopped anywhere, by anything, and its table is still the one of a study that nobody stopped."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from small_study import (
    FATAL,
    attempts,
    command,
    finished,
    here,
    issue,
    same_table,
    spawned_by,
    study,
    until_finished,
    written,
)
from villagesim import cli
from villagesim.study import batch, design, store, sweep
from villagesim.study.runner import Interrupted
from villagesim.study.store import Store, StoreError

POOL_AND_DASK = pytest.mark.parametrize("more", [
    (), pytest.param(("--cluster", "local"), marks=pytest.mark.skipif(not find_spec("distributed"), reason="no Dask"))],
    ids=["pool", "dask"])


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
@POOL_AND_DASK
def test_a_worker_that_is_killed_costs_nothing_but_time(tmp_path, whole, more):
    path, out = written(tmp_path), tmp_path / "out"
    tickets = issue(tmp_path / "tickets", 3)
    process = command(path, out, "--workers", "2", *more, tickets=tickets)
    until_finished(process, out / "small", 1)
    os.kill(spawned_by(process)[0], signal.SIGKILL)
    issue(tickets, 36)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert same_table(out / "small", whole)


@pytest.mark.slow
@POOL_AND_DASK
def test_ctrl_c_says_what_is_kept_and_the_same_command_goes_on(tmp_path, whole, more):
    path, out = written(tmp_path), tmp_path / "out"
    tickets = issue(tmp_path / "tickets", 3)
    process = command(path, out, "--workers", "2", *more, tickets=tickets)
    until_finished(process, out / "small", 2)
    os.killpg(process.pid, signal.SIGINT)
    issue(tickets, 36)
    _, said = process.communicate(timeout=120)
    kept = len(finished(out / "small"))
    assert process.returncode == 130, said
    assert 3 <= kept < 12  # What was running when it came is finished, whoever runs it.
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
