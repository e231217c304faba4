"""Nanoseconds a household-month of every phase of the core on one county, beside the draws and exponentials it needs.

Prints a table, dearest first, and writes JSON. Seconds are those in which the processor worked for this thread, so that
other load counts little. Timed phase by phase, a phase runs over the whole county; the month as a whole runs phases of
households piece by piece, so that a large county takes less than their sum.

Draws and exponentials (a logistic is one) are counted, not guessed: a small county is carried through some months by
the rules in plain Python, with stand-ins that count. Four draws of a household come from one Philox block, and a block
that an earlier phase of the stage has made is not made again. The floor is what blocks and exponentials alone would
take, each at the ns that a compiled loop of nothing else takes on this machine.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np

from villagesim import arithmetic
from villagesim.draws import Purpose
from villagesim.engine import core, entering, exchange
from villagesim.engine.core import plain
from villagesim.engine.core.stages import TOGETHER, stages
from villagesim.engine.phases import Phase, RowPhase, arguments, fills, reads
from villagesim.engine.schedule import SCHEDULE
from villagesim.scenario import Scenario, changed, load
from villagesim.world import build, luck

ROOT = Path(__file__).parent.parent
COUNTED = {"world.townships": 2, "world.villages": 6, "world.households": 40}
COUNTED_MONTHS = 24
LOOP = 4096


def scenario_of(settings: dict, months: int) -> Scenario:
    """The integrated programme in such a county, without spin-up."""
    return changed(load(ROOT / "scenarios" / "integrated.toml"), settings | {"run.spin_up": 0, "run.months": months})


@contextmanager
def counting(tally: dict[str, int]) -> Iterator[None]:
    """While it lasts, draws and exponentials of plain Python are counted in `tally`."""
    def counted(function: Callable, what: str, many: int) -> Callable:
        def stand_in(*given):
            tally[what] += many
            return function(*given)
        return stand_in

    with ExitStack() as held:
        for where, name, what, many in ((plain, "lane", "draws", 1), (plain, "bell_of", "draws", 4),
                                        (exchange, "uniform", "draws", 1)):
            held.enter_context(patch.object(where, name, counted(getattr(where, name), what, many)))
        own = arithmetic.exp
        for module in [module for name, module in sys.modules.items() if name.startswith("villagesim.")]:
            if getattr(module, "exp", None) is own:
                held.enter_context(patch.object(module, "exp", counted(own, "exps", 1)))
        yield


def needed() -> dict[Phase, dict[str, float]]:
    """Draws and exponentials a household-month of each phase, by the rules in plain Python."""
    scenario = scenario_of(COUNTED, COUNTED_MONTHS)
    world, come_in, tally = build(scenario, 1), entering(scenario), {"draws": 0, "exps": 0}
    rows = len(world.households.village) * COUNTED_MONTHS
    found = {phase: {"draws": 0.0, "exps": 0.0} for phase in SCHEDULE}
    with counting(tally):
        steps = [plain.step_of(phase, world, scenario.parameters, 1) for phase in SCHEDULE]
        for month in range(COUNTED_MONTHS):
            come_in(world, month)
            for phase, step in zip(SCHEDULE, steps, strict=True):
                before = dict(tally)
                step(month)
                for what, many in tally.items():
                    found[phase][what] += (many - before[what]) / rows
    return found


def blocks_made(counts: dict[Phase, dict[str, float]]) -> dict[Phase, float]:
    """Philox blocks that the core makes a household-month for each phase; an exchange makes one a draw."""
    found = {}
    for stage in stages(SCHEDULE):
        made: set[int] = set()
        for phase in stage:
            if isinstance(phase, RowPhase) and phase.table == TOGETHER:
                own = {one.purpose // 4 for one in arguments(phase) if one.kind in ("uniform", "bell")}
                found[phase] = float(len(own - made))
                made |= own
            else:
                found[phase] = counts[phase]["draws"]
    return found


def alone(function: Callable[[], object]) -> float:
    """Nanoseconds an element of a compiled loop over LOOP elements, the best of many."""
    best = float("inf")
    for _ in range(200):
        started = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - started)
    return 1e9 * best / LOOP


def main() -> None:
    """Time the phases and the month, count, print, keep the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--villages", type=int, default=200)
    parser.add_argument("--households", type=int, default=400, help="of a village, on average")
    parser.add_argument("--months", type=int, default=6)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "phases.json")
    asked = parser.parse_args()
    scenario = scenario_of({"world.townships": max(1, asked.villages // 25), "world.villages": asked.villages,
                            "world.households": asked.households}, 2 * asked.months + 2)
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
    who, x = np.arange(LOOP), np.linspace(-5.0, 5.0, LOOP)
    block_ns = alone(lambda: luck.uniforms(1, Purpose.WORLD_SIZE, who))
    exp_ns = alone(lambda: luck.exp(x))
    counts = needed()
    made = blocks_made(counts)
    table = [{
        "phase": phase.name, "ns": 1e9 * statistics.median(spent[phase][1:]) / rows, **counts[phase],
        "blocks": made[phase], "floor_ns": block_ns * made[phase] + exp_ns * counts[phase]["exps"],
        "bytes": sum(_width(world, address) for address in reads(phase) | fills(phase)),
    } for phase in SCHEDULE]
    table.sort(key=lambda row: -row["ns"])
    month_ns = 1e9 * statistics.median(months[asked.months + 2:]) / rows
    print("    ns    draws  blocks   exps  floor [ns]  bytes of columns")
    for row in table:
        print(f"{row['ns']:7.2f} {row['draws']:7.3f} {row['blocks']:7.3f} {row['exps']:6.3f} {row['floor_ns']:8.2f} "
              f"{row['bytes']:9d}   {row['phase']}")
    whole = {key: sum(row[key] for row in table) for key in ("draws", "blocks", "exps", "floor_ns")}
    size = sum(column.nbytes for one in world for column in one) / rows
    print(f"{sum(row['ns'] for row in table):.1f} ns phase by phase; {month_ns:.1f} ns a month as a whole; "
          f"{rows} households, {size:.0f} bytes each")
    print(f"{whole['draws']:.1f} draws in {whole['blocks']:.1f} blocks at {block_ns:.2f} ns and {whole['exps']:.1f} "
          f"exponentials at {exp_ns:.2f} ns a household-month: {whole['floor_ns']:.1f} ns")
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps({
        "households": rows, "month_ns": month_ns, "bytes": size, "block_ns": block_ns, "exp_ns": exp_ns, **whole,
        "phases": table}, indent=1) + "\n")



def _width(world, address: str) -> int:
    table, column = address.split(".")
    return getattr(getattr(world, table), column).itemsize


if __name__ == "__main__":
    main()
