"""Household-months a second of the engine gpu on one device, many counties at once, beside its memory's own speed.

The counties stay on the device; a month is timed from sending what comes from outside to the end of its last kernel.
Compared with the memory: the bytes of columns that the phases read and write, each once a phase, over the time, as a
share of what a plain copy on the device moves in a second. Where there is no device, it says so and measures nothing.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np

from villagesim.engine import entering
from villagesim.engine.gpu import machine
from villagesim.engine.phases import fills, reads
from villagesim.engine.schedule import ENTERED, SCHEDULE
from villagesim.scenario import changed, load
from villagesim.tables import copy
from villagesim.world import build

ROOT = Path(__file__).parent.parent
COPIED = 2**28
REPEATS = 10


def copied_a_second() -> float:
    """Bytes a second that a copy on the device reads and writes, the best of several [byte/s]."""
    from numba import cuda

    source, target = (cuda.device_array(COPIED, np.uint8) for _ in range(2))
    best = float("inf")
    for _ in range(REPEATS):
        cuda.synchronize()
        started = time.perf_counter()
        target.copy_to_device(source)
        cuda.synchronize()
        best = min(best, time.perf_counter() - started)
    return 2 * COPIED / best


def moved(world) -> int:
    """Bytes of columns that a month's phases read and write in a county."""
    return sum(getattr(getattr(world, table), name).nbytes
               for phase in SCHEDULE for table, name in (one.split(".") for one in reads(phase) | fills(phase)))


def main() -> None:
    """Measure, print, keep the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counties", type=int, default=264, help="a block each (default 264)")
    parser.add_argument("--villages", type=int, default=20)
    parser.add_argument("--households", type=int, default=200, help="of a village, on average")
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "gpu.json", help="where the JSON goes")
    asked = parser.parse_args()
    if machine.SIMULATED:
        raise SystemExit("nothing measured: the simulator, NUMBA_ENABLE_CUDASIM=1, is no device")
    try:
        machine.require()
    except ValueError as error:
        raise SystemExit(f"nothing measured: {error}") from None
    from numba import cuda

    from villagesim.engine.gpu.counties import Counties

    scenario = changed(load(ROOT / "scenarios" / "integrated.toml"), {
        "world.townships": max(1, asked.villages // 5), "world.villages": asked.villages,
        "world.households": asked.households, "run.spin_up": 0, "run.months": asked.months + 1})
    first = build(scenario, 1)
    worlds = [first, *(copy(first) for _ in range(asked.counties - 1))]
    counties, come_in = Counties(worlds, scenario.parameters, range(1, asked.counties + 1)), entering(scenario)
    counties.send()
    seconds = []
    for month in range(asked.months + 1):
        for world in worlds:
            come_in(world, month)
        cuda.synchronize()
        started = time.perf_counter()
        counties.send(ENTERED)
        counties.step(month)
        cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    compiled, month = seconds[0], statistics.median(seconds[1:])
    rows, copied = len(first.households.village) * asked.counties, copied_a_second()
    line = {
        "device": str(cuda.get_current_device().name), "counties": asked.counties, "households": rows,
        "first_month_seconds": compiled, "household_months_per_second": rows / month,
        "bytes_per_second": moved(first) * asked.counties / month, "copied_per_second": copied,
    }
    line["share_of_memory"] = line["bytes_per_second"] / copied
    print(f"{line['device']}: {rows:,} households in {asked.counties} counties, compiled and first month "
          f"{compiled:.0f} s, then {rows / month:,.0f} household-months/s")
    print(f"columns moved {line['bytes_per_second'] / 1e9:,.0f} GB/s, "
          f"{100 * line['share_of_memory']:.0f} % of a copy's {copied / 1e9:,.0f} GB/s")
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(line, indent=1) + "\n", encoding="utf-8")
    print(f"written: {asked.out}")


if __name__ == "__main__":
    main()
