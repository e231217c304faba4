"""Nanoseconds a household-month of every phase of the core on one county, phase by phase, and of the month as a whole.

Prints a table, dearest first, and writes JSON. Seconds are those in which the processor worked for this thread, so that
other load counts little. Timed phase by phase, a phase runs over the whole county; the month as a whole runs phases of
households piece by piece, so that a large county takes less than their sum.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

from villagesim.engine import core, entering
from villagesim.engine.phases import RowPhase, arguments, fills, reads
from villagesim.engine.schedule import SCHEDULE
from villagesim.scenario import changed, load
from villagesim.world import build

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Time the phases and the month, print, keep the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--villages", type=int, default=200)
    parser.add_argument("--households", type=int, default=400, help="of a village, on average")
    parser.add_argument("--months", type=int, default=6)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "phases.json")
    asked = parser.parse_args()
    scenario = changed(load(ROOT / "scenarios" / "integrated.toml"), {
        "world.townships": max(1, asked.villages // 25), "world.villages": asked.villages,
        "world.households": asked.households, "run.spin_up": 0, "run.months": 2 * asked.months + 2})
    world, come_in = build(scenario, 1), entering(scenario)
    rows, spent, began = len(world.households.village), {phase: [] for phase in SCHEDULE}, [0.0]

    def watch(phase, _month, done):
        if done:
            spent[phase].append(time.thread_time() - began[0])
        began[0] = time.thread_time()

    watched = core.bind(world, scenario.parameters, 1, watch)
    whole, months = core.bind(world, scenario.parameters, 1), []
    for month in range(2 * asked.months + 2):
        come_in(world, month)
        started = time.thread_time()
        (watched if month <= asked.months else whole)(month)
        months.append(time.thread_time() - started)
    table = [{
        "phase": phase.name, "ns": 1e9 * statistics.median(spent[phase][1:]) / rows,
        "draws": _draws(phase), "bytes": sum(_width(world, address) for address in reads(phase) | fills(phase)),
    } for phase in SCHEDULE]
    table.sort(key=lambda row: -row["ns"])
    month_ns = 1e9 * statistics.median(months[asked.months + 2:]) / rows
    for row in table:
        print(f"{row['ns']:8.2f} ns {row['draws']} Philox blocks {row['bytes']:4d} bytes of columns  {row['phase']}")
    print(f"{sum(row['ns'] for row in table):8.2f} ns phase by phase; {month_ns:.2f} ns a month as a whole; "
          f"{rows} households")
    print(f"{sum(column.nbytes for one in world for column in one) / rows:.0f} bytes a household")
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps({"households": rows, "month_ns": month_ns, "phases": table}, indent=1) + "\n")


def _draws(phase) -> int:
    """Philox blocks a row."""
    return int(isinstance(phase, RowPhase) and any(one.kind in ("uniform", "bell") for one in arguments(phase)))


def _width(world, address: str) -> int:
    table, column = address.split(".")
    return getattr(getattr(world, table), column).itemsize


if __name__ == "__main__":
    main()
