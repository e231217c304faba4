"""The programme in month 0: its posts, its levers with their prices, and the county that runs it."""

import numpy as np

from villagesim import levers, tables
from villagesim.levers import Lever, LeverSetting
from villagesim.scenario import Scenario
from villagesim.world.luck import whole_fen

THOUSAND = 1000.0
MONTHS = 12.0
POSTS_MOST = levers.BY_NAME["posts"].intensity.high
UNUSED = LeverSetting(0.0)


def post_count(households: int, townships: int) -> int:
    """Posts that could ever be funded [post]: the most a scenario may ask for, and one a township at least."""
    return max(townships, int(np.ceil(POSTS_MOST * households / THOUSAND)))


def scale(lever: Lever, setting: LeverSetting, world: tables.World) -> float:
    """What one unit of the lever's intensity is counted by [base]; 0 for works, counted village by village."""
    villages, households = len(world.villages.township), len(world.households.village)
    if lever.upkeep is not None or lever.per == "nothing":
        return 0.0
    bases = {
        "county": households / THOUSAND,
        "post": households / THOUSAND,
        "village": reached(setting.reach, villages),
        "seat": reached(setting.reach, villages),
        "household": _households_reached(setting, world),
    }
    return bases[lever.per]


def reached(reach: float, villages: int) -> float:
    """Villages whose rank (0, 1/n, 2/n, ...) is below the reach [village]: what is paid for is what is reached."""
    return float(np.count_nonzero(np.arange(villages) / villages < reach))


def _households_reached(setting: LeverSetting, world: tables.World) -> float:
    """Households of the villages reached whose own rank is below `within` [household]: who is paid is counted."""
    people = world.households
    there = world.villages.rank[people.village] < setting.reach
    return float(np.count_nonzero(there & (people.rank < setting.within)))


def _villages_reached(world: tables.World, name: str) -> np.ndarray:
    """Villages of each township whose rank is below the reach of the lever [village, int64, shape (townships,)]."""
    within = world.villages.rank < world.levers.reach[levers.ROW[name]]
    return np.bincount(world.villages.township[within], minlength=len(world.townships.villages))


def price(lever: Lever, unit_cost: float | None) -> float:
    """Price of one unit [yuan/base/month]: a yearly price by twelfths, the price of works whole."""
    yearly = lever.price.unit.endswith("/year")
    return (lever.price_default if unit_cost is None else unit_cost) / (MONTHS if yearly else 1.0)


def upkeep(lever: Lever, maintenance: float | None) -> float:
    """Maintenance of one village's works [yuan/village/month], from yuan a year; 0 where nothing is built."""
    if lever.upkeep is None:
        return 0.0
    return (lever.upkeep_default if maintenance is None else maintenance) / MONTHS


def start(world: tables.World, scenario: Scenario) -> None:
    """Fill Workers, Levers, Townships and County of `world`, whose Households and Villages are filled."""
    world.workers.ordinal[:] = np.arange(len(world.workers.ordinal))
    _price(world, scenario)
    world.townships.villages[:] = _villages_reached(world, "camp")
    _govern(world, scenario)


def _price(world: tables.World, scenario: Scenario) -> None:
    """Reach, base, price and place in the queue of every lever."""
    table = world.levers
    named = [*scenario.priority, *(lever.name for lever in levers.LEVERS if lever.name not in scenario.priority)]
    for row, lever in enumerate(levers.LEVERS):
        setting = scenario.levers.get(lever.name, UNUSED)
        table.reach[row] = setting.reach
        table.within[row] = setting.within
        table.scale[row] = scale(lever, setting, world)
        # The lever `posts` is itself the number of posts; the others of its kind are paid for each of them.
        table.per_post[row] = lever.per == "post" and lever.name != "posts"
        table.asked[row] = lever.upkeep is not None or lever.name == "camp"
        table.shared[row] = lever.name in levers.SHARED
        table.itemised[row] = lever.name in levers.ITEMISED
        table.price[row] = price(lever, setting.unit_cost)
        table.upkeep[row] = upkeep(lever, setting.maintenance)
        table.priority[row] = named.index(lever.name)


def _govern(world: tables.World, scenario: Scenario) -> None:
    """The county's money, rules and supply. `budget` is the yearly sum of all households."""
    county, given = world.county, scenario.county
    households = len(world.households.village)
    county.households[0] = households
    county.villages[0] = len(world.villages.township)
    county.budget[0] = whole_fen(np.array([given.budget * households]))[0]
    county.supply[0] = whole_fen(world.households.output).sum()
    for name in ("contractors", "targeting", "mix_casework", "mix_group", "mix_organising", "mix_linking",
                 "mix_follow_up"):
        getattr(county, name)[0] = getattr(given, name)
