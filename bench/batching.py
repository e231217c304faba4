"""What batching costs beside the runs: a study of short runs, its wall time against the work in its ledger.

Prints seconds a run, the time until the first run was in (processes start and load compiled code), and how much longer
the rest took than its runs: handing out, keeping, the table.
"""

import argparse
import tempfile
import time
from pathlib import Path

from villagesim.study import pool, store
from villagesim.study.design import read_study
from villagesim.study.sweep import sweep

STUDY = """
title = "Short runs"
scenarios = ["{scenarios}/integrated.toml"]
outcomes = ["adoption", "income_mean", "jobs_rate"]
sampler = "random"
n = {runs}
months = 24
set = {{"world.villages" = 3, "world.townships" = 1, "world.households" = 40, "run.spin_up" = 12}}
[vary]
"parameters.sales.demand" = {{}}
"parameters.choice.start_cost" = {{}}
"""
SCENARIOS = Path(__file__).parent.parent / "scenarios"


def main() -> None:
    """Run the study in a temporary folder and print the three figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=2000, help="runs of the study (default 2000)")
    parser.add_argument("--workers", type=int, default=pool.available(), help="processes (default: one a core)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "short.toml"
        file.write_text(STUDY.format(scenarios=SCENARIOS, runs=asked.runs), encoding="utf-8")
        study, first = read_study(file), []
        started = time.perf_counter()
        sweep(study, folder, asked.workers, progress=lambda state: first.append(time.perf_counter())
              if state.done and not first else None)
        ended = time.perf_counter()
        ledger = store.read_ledger(Path(folder) / "short")
    work = ledger["seconds"].sum() / asked.workers
    rest = ended - first[0]
    print(f"{len(ledger)} runs of {1000 * ledger['seconds'].median():.0f} ms (median) on {asked.workers} processes")
    print(f"first run in after {first[0] - started:.1f} s; all after {ended - started:.1f} s")
    print(f"work {work:.1f} s a process; overhead {100 * max(0.0, rest / work - 1):.1f} % of the work")


if __name__ == "__main__":
    main()
