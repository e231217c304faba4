"""Household-months a second of both engines on stated counties: a table on stdout, and JSON in results/bench.json.

Timed from the end of the first month to the end of the last, so that building the county and compiling are left out;
they are reported apart, as `before [s]`. Seconds are those in which the processor worked for the run, so that other
load counts little. Machines are compared by the last column: household-months for each draw that the plain-Python
`draws.uniform` makes in the same time on the same machine.
"""

import argparse
import json
import platform
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from villagesim import draws, engine
from villagesim.scenario import changed, load

ROOT = Path(__file__).parent.parent
SCENARIO = ROOT / "scenarios" / "integrated.toml"
# (engine, townships, villages, households a village, months)
COUNTIES = (
    ("reference", 2, 6, 40, 24),
    ("reference", 4, 20, 200, 6),
    ("core", 2, 6, 40, 120),
    ("core", 4, 20, 200, 120),
    ("core", 8, 250, 400, 24),
)
CALIBRATION_DRAWS = 20_000
WIDTH = 120


def draws_a_second() -> float:
    """Draws a second of the plain-Python `draws.uniform` [1/s], best of three: how fast this machine runs Python."""
    best = float("inf")
    for _ in range(3):
        started = time.thread_time()
        for who in range(CALIBRATION_DRAWS):
            draws.uniform(1, 0, who, int(draws.Purpose.MEDIA))
        best = min(best, time.thread_time() - started)
    return CALIBRATION_DRAWS / best


def measure(name: str, townships: int, villages: int, households: int, months: int, repeats: int) -> dict:
    """One county in one engine: the fastest of `repeats` runs."""
    settings = {
        "world.townships": townships, "world.villages": villages, "world.households": households,
        "run.spin_up": 0, "run.months": months,
    }
    scenario = changed(load(SCENARIO), settings)
    before, seconds, rows = float("inf"), float("inf"), 0
    for _ in range(repeats):
        ends = []

        def observe(_month, world, ends=ends):
            nonlocal rows
            rows = len(world.households.village)
            ends.append(time.thread_time())

        started = time.thread_time()
        engine.run(scenario, 1, name, observe)
        before = min(before, ends[0] - started)
        seconds = min(seconds, ends[-1] - ends[0])
    stepped = rows * (len(ends) - 1)
    return {
        "engine": name, "villages": villages, "households": rows, "months": months,
        "before_seconds": round(before, 3), "seconds": round(seconds, 4),
        "household_months_per_second": round(stepped / seconds),
    }


def main() -> None:
    """Measure every county, print the table, keep the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3, help="runs of each county; the fastest counts (default 3)")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "bench.json", help="where the JSON goes")
    asked = parser.parse_args()

    speed = draws_a_second()
    headings = ("engine", "villages", "households", "months", "before [s]", "stepping [s]",
                "household-months/s", "per draw")
    table = Table(*headings, title=f"{SCENARIO.name}, one county, one process")
    rows = []
    for county in COUNTIES:
        row = measure(*county, repeats=asked.repeats)
        row["per_calibration_draw"] = round(row["household_months_per_second"] / speed, 3)
        rows.append(row)
        table.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in row.values()))
        print(f"{row['engine']}, {row['households']} households: done", file=sys.stderr)
    Console(width=WIDTH).print(table)

    machine = {
        "python": platform.python_version(), "machine": platform.machine(), "system": platform.system(),
        "calibration_draws_per_second": round(speed),
    }
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps({"machine": machine, "counties": rows}, indent=1) + "\n", encoding="utf-8")
    print(f"written: {asked.out}")


if __name__ == "__main__":
    main()
