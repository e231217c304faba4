"""Carry a world through time. `run` is the one entry: both engines execute the same schedule on the same tables."""

from collections.abc import Callable
from importlib import import_module

from villagesim.scenario import Scenario, outside, plan
from villagesim.tables import World
from villagesim.world import build

ENGINES = ("core", "reference")
MONTHS = 12


def run(
    scenario: Scenario,
    seed: int,
    engine: str = "core",
    observe: Callable[[int, World], None] | None = None,
    world: World | None = None,
) -> World:
    """The county of the scenario after its spin-up and its months.

    seed: one integer; with the scenario it determines every bit. world: start from this county instead of building one
    (it is changed in place). observe(month, world) is called after every month; months count from the end of spin-up,
    so those of the spin-up are negative; what it is given are the live columns.
    Raises ValueError for an unknown engine.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine is {engine!r}; allowed: {', '.join(ENGINES)}")
    if world is None:
        world = build(scenario, seed)
    step = import_module(f"villagesim.engine.{engine}").bind(world, scenario.parameters, seed)
    spin_up = int(scenario.run.spin_up)
    planned, series = plan(scenario), outside(scenario)
    for month in range(spin_up + int(scenario.run.months)):
        enter(world, scenario, month, planned[month], {name: values[month] for name, values in series.items()})
        step(month)
        if observe is not None:
            observe(month - spin_up, world)
    return world


def enter(world: World, scenario: Scenario, month: int, planned, outside_now: dict[str, float]) -> None:
    """Enter what comes from outside the model: the calendar, the programme's plan, the outside world's series."""
    county, since = world.county, month - int(scenario.run.spin_up)
    county.month[0] = month
    county.season[0] = (since + int(scenario.run.start_month)) % MONTHS
    county.due[0] = since >= 0 and since % MONTHS == 0
    for name, value in outside_now.items():
        getattr(county, name)[0] = value
    world.levers.planned[:] = planned
