"""Carry a world through time. `run` is the one entry: every engine executes the same schedule on the same tables."""

from collections.abc import Callable
from importlib import import_module

from villagesim.engine.phases import Phase
from villagesim.scenario import Scenario, outside, plan
from villagesim.tables import World
from villagesim.world import build

ENGINES = ("core", "reference", "gpu")
MONTHS = 12


def run(
    scenario: Scenario,
    seed: int,
    engine: str = "core",
    observe: Callable[[int, World], None] | None = None,
    world: World | None = None,
    watch: Callable[[Phase, int, World, bool], None] | None = None,
    first: int = 0,
) -> World:
    """The county of the scenario after its spin-up and its months.

    seed: one integer; with the scenario it determines every bit. world: start from this county instead of building one
    (it is changed in place). observe(month, world) is called after every month; months count from the end of spin-up,
    so those of the spin-up are negative; what it is given are the live columns. watch(phase, month, world, done) is
    called before and after every phase of the core's month, and only looks.
    Raises ValueError for an engine that is unknown or can't run here, and for `watch` with another than the core.
    """
    check(engine)
    if watch is not None and engine != "core":
        raise ValueError("only the core engine can be watched phase by phase")
    if world is None:
        world = build(scenario, seed)
    spin_up = int(scenario.run.spin_up)
    bind = import_module(f"villagesim.engine.{engine}").bind
    if watch is None:
        step = bind(world, scenario.parameters, seed)
    else:
        step = bind(world, scenario.parameters, seed,
                    lambda phase, month, done: watch(phase, month - spin_up, world, done))
    come_in = entering(scenario)
    for month in range(first, spin_up + int(scenario.run.months)):
        come_in(world, month)
        step(month)
        if observe is not None:
            observe(month - spin_up, world)
    return world


def check(engine: str) -> None:
    """Raises ValueError, in one line, for an engine that is unknown or that nothing here can run."""
    if engine not in ENGINES:
        raise ValueError(f"engine is {engine!r}; allowed: {', '.join(ENGINES)}")
    if engine == "gpu":
        from villagesim.engine.gpu.machine import require

        require()


def entering(scenario: Scenario) -> Callable[[World, int], None]:
    """come_in(world, month): enter what comes from outside in a month of the scenario, counted from its first."""
    planned, series = plan(scenario), outside(scenario)

    def come_in(world: World, month: int) -> None:
        enter(world, scenario, month, planned[month], {name: values[month] for name, values in series.items()})

    return come_in


def enter(world: World, scenario: Scenario, month: int, planned, outside_now: dict[str, float]) -> None:
    """Enter what comes from outside the model: the calendar, the programme's plan, the outside world's series."""
    county, since = world.county, month - int(scenario.run.spin_up)
    county.month[0] = month
    county.season[0] = (since + int(scenario.run.start_month)) % MONTHS
    county.due[0] = since >= 0 and since % MONTHS == 0
    for name, value in outside_now.items():
        getattr(county, name)[0] = value
    world.levers.planned[:] = planned
