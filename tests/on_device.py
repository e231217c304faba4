"""What the engine gpu makes of counties beside the core, as JSON; a script, since the simulator is chosen at the start.

months SCENARIO: months of a county that the core has brought to life; phases: every phase alone, on random values;
counties: two counties in one batch; diffusion: the month without its trade; compile: every kernel, for no device.
Each but the last prints {what: [columns of whole numbers that differ, largest relative difference of others]}.
"""

import json
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np

from conftest import SCENARIOS
from villagesim import tables
from villagesim.declare import declared
from villagesim.engine import core, diffusion, entering, gpu, run
from villagesim.engine.exchange import NOT_IN_QUEUE
from villagesim.engine.phases import fills
from villagesim.engine.schedule import ENTERED, SCHEDULE
from villagesim.mechanisms.innovation import InnovationParameters
from villagesim.scenario import changed, load
from villagesim.world import build

SEED, LIVED, MONTHS = 7, 20, 3
TINY = {"world.villages": 2, "world.townships": 1, "world.households": 10, "run.spin_up": 2,
        "run.months": LIVED + MONTHS}
KEYS = {"speaker": "households", "listener": "households", **tables.SINGULAR}
# Of what has no bound worth the name, so much.
MOST = 10_000
# Few classes queue for few places, so that luck decides.
CLASSES, PLACES = (0, 1, NOT_IN_QUEUE), 6
RATIONED = {phase.columns[1] for phase in SCHEDULE if phase.name.startswith("ration")}
# What the rules divide by, of which no county holds none.
DIVISORS = ("size",)
TARGET = (8, 0)
# Product and sum joined; shortcuts for division and the like; tiny numbers taken for zero.
ROUNDS_OTHERWISE = ("fma.", ".approx", ".full", ".ftz")


def tiny(name: str, changes: dict | None = None):
    """A shipped scenario in a county of some twenty households."""
    return changed(load(SCENARIOS / f"{name}.toml"), TINY | (changes or {}))


def apart(one, other, addresses=None) -> list:
    """Columns of whole numbers that differ between two worlds, and the largest relative difference of the others."""
    wrong, largest = [], 0.0
    for table in one._fields:
        for name, left in getattr(one, table)._asdict().items():
            right = getattr(getattr(other, table), name)
            if addresses is not None and f"{table}.{name}" not in addresses:
                continue
            if left.dtype.kind != "f":
                wrong += [] if np.array_equal(left, right) else [f"{table}.{name}"]
            elif not np.array_equal(left, right):
                scale = np.maximum(np.maximum(np.abs(left), np.abs(right)), np.finfo(float).tiny)
                largest = max(largest, float((np.abs(left - right) / scale).max()))
    return [wrong, largest]


def months(name: str) -> dict[str, list]:
    """Months of both engines from one county on, each compared."""
    scenario, lived, found = tiny(name), [], {}
    first = LIVED + int(scenario.run.spin_up)
    run(scenario, SEED, observe=lambda month, world: lived.append(tables.copy(world)))
    before = tables.copy(lived[first - 1])
    run(scenario, SEED, "gpu", lambda month, world: found.update({str(month): apart(lived[month + 2], world)}),
        before, first=first)
    return found


def random_county(luck: np.random.Generator):
    """A county in which every column holds any values that it may hold."""
    world = build(tiny("integrated"), SEED)
    for table in world._fields:
        rows = getattr(world, table)
        for column in declared(type(rows)):
            values, low, high = getattr(rows, column.name), column.quantity.low, min(column.quantity.high, MOST)
            low = max(low, 1 if column.name in DIVISORS else -MOST)
            if column.name in KEYS and column.type is np.uint32:
                values[:] = luck.integers(0, len(getattr(world, KEYS[column.name])[0]), len(values))
            elif column.name == "lever":
                values[:] = luck.integers(0, len(world.levers.need), len(values))
            elif f"{table}.{column.name}" in RATIONED:
                values[:] = luck.integers(0, PLACES + 1, len(values))
            elif column.name == "priority":
                values[:] = luck.permutation(len(values))
            elif column.name.startswith("class_"):
                values[:] = luck.choice(CLASSES, len(values))
            elif values.dtype.kind == "f":
                values[:] = luck.uniform(low, high, len(values))
            else:
                values[:] = luck.integers(low, high + 1, len(values))
    return world


def phases() -> dict[str, list]:
    """Every phase alone, by both engines, on the same random county."""
    luck, found = np.random.default_rng(SEED), {}
    every = tiny("integrated").parameters
    spread = diffusion.DiffusionParameters(every.training, every.influence, every.choice, every.sales,
                                           InnovationParameters())
    for number, phase in enumerate((*SCHEDULE, *diffusion.RESULTS)):
        world = random_county(luck)
        other = tables.copy(world)
        for engine, county in ((core, world), (gpu, other)):
            engine.bind(county, every if number < len(SCHEDULE) else spread, SEED, phases=[phase])(number)
        found[f"{number} {phase.name}"] = apart(world, other, fills(phase))
    return found


def counties() -> dict[str, list]:
    """Two counties of different size and seed in one batch, against each by itself in the core."""
    from villagesim.engine.gpu.counties import Counties

    scenarios = [tiny("integrated"), tiny("integrated", {"world.villages": 3, "world.households": 12})]
    worlds = [build(scenario, SEED + number) for number, scenario in enumerate(scenarios)]
    alone = [tables.copy(world) for world in worlds]
    batch = Counties(worlds, scenarios[0].parameters, [SEED, SEED + 1])
    batch.send()
    for month in range(MONTHS):
        for scenario, world in zip(scenarios, worlds, strict=True):
            entering(scenario)(world, month)
        batch.send(ENTERED)
        batch.step(month)
    batch.fetch()
    for number, (scenario, world) in enumerate(zip(scenarios, alone, strict=True)):
        step = core.bind(world, scenario.parameters, SEED + number)
        for month in range(MONTHS):
            entering(scenario)(world, month)
            step(month)
    return {str(number): apart(one, other) for number, (one, other) in enumerate(zip(alone, worlds, strict=True))}


def without_trade() -> dict[str, list]:
    """An innovation that needs no parcels, offered to a county for a few months."""
    scenario = tiny("integrated", {"run.months": MONTHS})
    worlds = [diffusion.diffuse(scenario, InnovationParameters(), SEED, engine) for engine in ("core", "gpu")]
    return {"diffusion": apart(*worlds)}


def compile_all() -> dict[str, list] | str:
    """Every kernel of the month compiled for a device that is not here: has its code an entry, which operations does
    it hold that round otherwise than a processor's, and how many arguments does it take? Or why nothing compiles."""
    if not find_spec("numba_cuda"):
        return "numba-cuda, the extra gpu, is not installed"
    from numba import cuda, types
    from numba.cuda import dispatcher
    from numba.cuda.cudadrv import nvvm
    from numba.cuda.typing.typeof import typeof

    from villagesim.engine.gpu import counties as batch, machine

    try:
        nvvm.NVVM()
    except Exception as error:
        return f"NVVM, which compiles for a device, is not here ({type(error).__name__})"
    # What asks a device for its kind or its memory is told the kind, and given the host's memory.
    dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=TARGET)
    batch.cuda = SimpleNamespace(to_device=np.asarray, device_array=np.empty)
    scenario = tiny("integrated")
    bound = batch.Counties([build(scenario, SEED)], scenario.parameters, [SEED])
    found: dict[tuple, list] = {}
    for phase, (kernel, columns, group) in zip(SCHEDULE, bound.launches, strict=True):
        kinds = typeof(columns), typeof(bound.begins), typeof(group), typeof(bound.seeds), types.int64
        if (kernel, kinds) not in found:
            with machine.exact():
                code, _ = cuda.compile(kernel.py_func, types.void(*kinds), cc=TARGET, device=False, abi="numba")
            found[kernel, kinds] = [phase.name, ".entry" in code, [one for one in ROUNDS_OTHERWISE if one in code],
                                    code.count("\n\t.param")]
    return {name: rest for name, *rest in found.values()}


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    asked = {"months": months, "phases": phases, "counties": counties, "diffusion": without_trade,
             "compile": compile_all}
    print(json.dumps(asked[what](*rest)))
