"""The small study that tests carry out, stop and compare: its file, its commands, what is left of them."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from villagesim.study import design, store, sweep
from villagesim.study.store import StoreError

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
