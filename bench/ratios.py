"""How fast the core is, as ratios that no machine changes much: to the reference engine, toys, a calibration loop.

Prints household-months a second on one thread and two, bytes a household, time a household-month by size, and each
ratio beside the last that bench/history.csv holds for this kind of machine: a fall of more than a fifth is said.
Seconds are those in which the processor worked for a thread, so that other load on the machine counts little.
`--keep` adds a line to that file, `--large` measures up to ten million households. JSON goes to results/ratios.json.
"""

import argparse
import csv
import json
import platform
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import run
import toy_mesa
import toy_numpy

from villagesim import __version__, world
from villagesim.compiled import source_hash
from villagesim.engine import enter
from villagesim.engine.core import bind
from villagesim.scenario import Scenario, changed, load, outside, plan

ROOT = Path(__file__).parent.parent
HISTORY = Path(__file__).parent / "history.csv"
COLUMNS = ("date", "version", "sources", "machine", "one_thread", "scaling", "bytes", "to_reference", "to_numpy",
           "to_mesa", "to_calibration")
RATIOS = ("scaling", "to_reference", "to_numpy", "to_mesa", "to_calibration")
LOSS = 0.2
COUNTIES, HOUSEHOLDS, MONTHS, WARM = 8, 10_000, 12, 2
SIZES, LARGE = (10_000, 100_000, 1_000_000), (10_000_000,)
# What a county of a country-wide run holds: larger numbers of households are more counties, one after the other.
COUNTY = 80_000


def scenario_of(households: int) -> Scenario:
    """The integrated programme in a county of so many households, villages of 200, without spin-up."""
    villages = max(1, households // 200)
    return changed(load(run.SCENARIO), {"world.villages": villages, "world.townships": min(villages, 8),
                                        "world.households": 200, "run.spin_up": 0, "run.months": MONTHS + WARM})


class Lived:
    """A county whose months are lived through one by one, nothing recorded."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario, self.world = scenario, world.build(scenario, seed)
        self.rows = len(self.world.households.mode)
        self.step = bind(self.world, scenario.parameters, seed)
        self.planned, self.series = plan(scenario), outside(scenario)
        self.months(0, WARM)

    def months(self, first: int, end: int) -> None:
        """Live through the months first to end, the last left out."""
        for month in range(first, end):
            now = {name: values[month] for name, values in self.series.items()}
            enter(self.world, self.scenario, month, self.planned[month], now)
            self.step(month)


def speed(counties: int, households: int, threads: int, repeats: int = 3) -> float:
    """Household-months a second of some counties on so many threads, the best of some runs: each thread carries its
    share of them, and the run is over when the last has worked."""
    best = 0.0
    for _ in range(repeats):
        lived = [Lived(scenario_of(households), seed) for seed in range(1, counties + 1)]
        together = Barrier(threads)

        def carry(first: int, lived: list[Lived] = lived, together: Barrier = together) -> float:
            together.wait()
            started = time.thread_time()
            for one in lived[first::threads]:
                one.months(WARM, WARM + MONTHS)
            return time.thread_time() - started

        with ThreadPoolExecutor(threads) as pool:
            seconds = max(pool.map(carry, range(threads)))
        best = max(best, sum(one.rows for one in lived) * MONTHS / seconds)
    return best


def by_size(sizes: Sequence[int]) -> dict[int, float]:
    """Nanoseconds a household-month on one thread, by households in all."""
    found = {}
    for size in sizes:
        spent = rows = 0
        counties = -(-size // COUNTY)
        for seed in range(1, counties + 1):
            one = Lived(scenario_of(size // counties), seed)
            started = time.thread_time()
            one.months(WARM, WARM + MONTHS)
            spent, rows = spent + time.thread_time() - started, rows + one.rows * MONTHS
        found[size] = 1e9 * spent / rows
        print(f"{size:,} households: {found[size]:.0f} ns a household-month", file=sys.stderr)
    return found


def fallen(now: dict, before: dict, most: float = LOSS) -> list[str]:
    """A line for each ratio that has fallen by more than `most`.

    >>> fallen({"to_numpy": 0.7}, {"to_numpy": "1.0"}), fallen({"to_numpy": 0.85}, {"to_numpy": "1.0"})
    (['to_numpy has fallen by 30 %: 1 -> 0.7'], [])
    """
    return [f"{name} has fallen by {100 * (1 - now[name] / float(before[name])):.0f} %: {float(before[name]):g} -> "
            f"{now[name]:g}" for name in RATIOS
            if name in now and before.get(name) and now[name] < (1 - most) * float(before[name])]


def last_of(machine: str) -> dict | None:
    """The last line of the history for this kind of machine."""
    if not HISTORY.is_file():
        return None
    with HISTORY.open(encoding="utf-8", newline="") as stream:
        return next((row for row in reversed(list(csv.DictReader(stream))) if row["machine"] == machine), None)


def measured(large: bool) -> tuple[dict, dict[int, float]]:
    """The line of the history for now, and ns a household-month by size."""
    one, two = speed(COUNTIES, HOUSEHOLDS, 1), speed(COUNTIES, HOUSEHOLDS, 2)
    lived = Lived(scenario_of(COUNTY), 1)
    size = sum(column.nbytes for table in lived.world for column in table) / lived.rows
    reference = run.measure("reference", 4, 20, 200, 3, 1)["household_months_per_second"]
    line = {
        "date": datetime.now(UTC).date().isoformat(), "version": __version__, "sources": source_hash(),
        "machine": f"{platform.system()} {platform.machine()}", "one_thread": round(one), "scaling": two / one,
        "bytes": size, "to_reference": one / reference, "to_numpy": one / toy_numpy.speed(COUNTY, 12),
        "to_mesa": one / toy_mesa.speed(10_000, 3, 1), "to_calibration": one / run.draws_a_second(),
    }
    line = {key: float(f"{value:.4g}") if isinstance(value, float) else value for key, value in line.items()}
    return line, by_size((*SIZES, *LARGE) if large else SIZES)


def main() -> None:
    """Measure, print, compare with the history, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", action="store_true", help="also ten million households")
    parser.add_argument("--keep", action="store_true", help="add a line to bench/history.csv")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "ratios.json", help="where the JSON goes")
    asked = parser.parse_args()
    line, sizes = measured(asked.large)
    before = last_of(line["machine"])
    for name in COLUMNS:
        print(f"{name:15}{line[name]!s:>20}" + (f"   before: {before[name]}" if before else ""))
    flat = max(sizes.values()) / min(sizes.values()) - 1
    print("ns a household-month: " + ", ".join(f"{size:,}: {ns:.0f}" for size, ns in sizes.items())
          + f" (largest over smallest: +{100 * flat:.0f} %)")
    for lost in fallen(line, before or {}):
        print(f"SLOWER: {lost}")
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(line | {"by_size": sizes}, indent=1) + "\n", encoding="utf-8")
    if asked.keep:
        new = not HISTORY.is_file()
        with HISTORY.open("a", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow(line)
    print(f"written: {asked.out}")


if __name__ == "__main__":
    main()
