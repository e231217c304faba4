"""Villages in month 0: where they lie, what they make, what works stand there, and who serves them."""

import numpy as np

from villagesim import levers, tables
from villagesim.draws import Purpose
from villagesim.mechanisms.sales import CRAFT, DRY, FRESH
from villagesim.settings import WorldSettings
from villagesim.world.luck import uniforms

RANDOM, READY, REMOTE = 0, 1, 2
MONTHS = 12
# A uniform draw times this has standard deviation 1.
ROOT_12 = 3.4641016151377544
COVERAGE = "coverage"
STANDING = tuple(name for name in levers.WORKS if name != COVERAGE)
FIRST_ROUTE = 4
OWNED_BY_FIRMS = "cold_chain"
NATIONAL, EXPRESS = COVERAGE, "service_point"


def household_counts(settings: WorldSettings, seed: int) -> np.ndarray:
    """Households of each village [household, int64, shape (villages,)]: uniform about the mean."""
    luck = uniforms(seed, Purpose.WORLD_HOUSEHOLDS, np.arange(settings.villages))
    share = 1.0 + settings.household_spread * (2.0 * luck - 1.0)
    return np.maximum(1, np.rint(settings.households * share)).astype(np.int64)


def townships(settings: WorldSettings, villages: int) -> int:
    """Townships that hold at least one village."""
    return min(settings.townships, villages)


def along(villages: int, townships: int, most: int) -> np.ndarray:
    """The number of the road each village lies on [int64, shape (villages,)]: at most `most` villages of one township.

    Villages are dealt to townships in turn, so that a village added at the end moves no other.
    """
    village = np.arange(villages)
    return village // townships // most * townships + village % townships


def rank(settings: WorldSettings, seed: int, villages: tables.Villages, selection: int) -> np.ndarray:
    """Place of each village in the programme's order, 0 first [share, shape (villages,)].

    Rules: 0 random, 1 ready (near the county seat and covered), 2 remote (farthest first).
    """
    rows = len(villages.township)
    if selection == RANDOM:
        key = uniforms(seed, Purpose.WORLD_SELECTION, np.arange(rows))
    elif selection == READY:
        key = villages.distance_county / settings.distance_county - villages.coverage
    elif selection == REMOTE:
        key = -villages.distance_county
    else:
        raise ValueError(f"selection is {selection}; allowed: 0 random, 1 ready, 2 remote")
    place = np.empty(rows)
    place[np.argsort(key, kind="stable")] = np.arange(rows) / rows
    return place


def place(world: tables.World, settings: WorldSettings, seed: int, counts: np.ndarray, selection: int) -> None:
    """Fill Villages, Works and Couriers of `world` (allocated) for villages of `counts` households, and the hub."""
    world.county.hub[0] = settings.hub
    villages, count = world.villages, len(counts)
    towns = townships(settings, count)
    villages.township[:] = np.arange(count) % towns
    villages.courier[:] = along(count, towns, settings.route_villages)
    villages.households[:] = counts
    _lay_out(villages, settings, seed)
    _endow(villages, settings, seed)
    _equip(world, settings, seed)
    villages.rank[:] = rank(settings, seed, villages, selection)
    _route(world, settings, seed)


def _lay_out(villages: tables.Villages, settings: WorldSettings, seed: int) -> None:
    """Distances and terrain: the villages of one road lie one behind the other, in like country."""
    village = np.arange(len(villages.township))
    road = villages.courier.astype(np.int64)
    towns = settings.townships
    order = village // min(towns, len(village)) % settings.route_villages
    length = 2.0 * settings.distance_town * (0.4 + 1.2 * uniforms(seed, Purpose.WORLD_ROAD, road, 1))
    position = (order + uniforms(seed, Purpose.WORLD_PLACE, village)) / settings.route_villages
    villages.distance_town[:] = np.clip(length * position, 0.1, 80.0)
    seat = settings.distance_county * (0.3 + 1.4 * uniforms(seed, Purpose.WORLD_ROAD, villages.township.astype(int), 2))
    villages.distance_county[:] = np.minimum(seat + villages.distance_town, 300.0)
    country = uniforms(seed, Purpose.WORLD_TERRAIN, road, 1) - 0.5
    own = uniforms(seed, Purpose.WORLD_TERRAIN, village) - 0.5
    rugged = settings.terrain + settings.terrain_spread * ROOT_12 * (0.8 * country + 0.6 * own)
    villages.terrain[:] = np.clip(rugged, 0.0, 1.0)


def product_of(settings: WorldSettings, luck: np.ndarray) -> np.ndarray:
    """The product code at each draw: fresh, dry or craft in the settings' shares [uint8]."""
    whole = settings.fresh + settings.dry + settings.craft
    if whole <= 0:
        raise ValueError("fresh, dry and craft are all 0; allowed: at least one above 0")
    fresh, dry = settings.fresh / whole, (settings.fresh + settings.dry) / whole
    return np.where(luck < fresh, FRESH, np.where(luck < dry, DRY, CRAFT)).astype(np.uint8)


def main_products(settings: WorldSettings, seed: int, villages: int) -> np.ndarray:
    """The main product of each village [code, uint8, shape (villages,)]."""
    return product_of(settings, uniforms(seed, Purpose.WORLD_PRODUCT, np.arange(villages)))


def _endow(villages: tables.Villages, settings: WorldSettings, seed: int) -> None:
    """Heritage (right-skewed), perishability and harvest month by main product, coverage by terrain."""
    village = np.arange(len(villages.township))
    product = main_products(settings, seed, len(village))
    luck = uniforms(seed, Purpose.WORLD_HERITAGE, village)
    villages.heritage[:] = np.clip(3.0 * settings.heritage * luck * luck, 0.0, 1.0)
    lost = np.array([settings.perishable_fresh, settings.perishable_dry, 0.0])[product]
    kind = uniforms(seed, Purpose.WORLD_PRODUCT, village, 1)
    villages.perishable[:] = np.clip(lost * (0.8 + 0.4 * kind), 0.0, 1.0)
    luck = uniforms(seed, Purpose.WORLD_HARVEST, village) - 0.5
    villages.harvest[:] = np.mod(np.rint(settings.harvest + 2.0 * settings.harvest_spread * luck), MONTHS)
    luck = 2.0 * uniforms(seed, Purpose.WORLD_COVERAGE, village) - 1.0
    covered = settings.coverage + settings.coverage_terrain * (0.5 - villages.terrain) + settings.coverage_spread * luck
    villages.coverage[:] = np.clip(covered, 0.0, 1.0)


def _equip(world: tables.World, settings: WorldSettings, seed: int) -> None:
    """The works that stand at the start, the same in Works (village x kinds + kind) and in Villages."""
    villages, works, kinds = world.villages, world.works, len(levers.WORKS)
    village = np.arange(len(villages.township))
    works.village[:] = np.repeat(village, kinds)
    works.lever[:] = np.tile([levers.ROW[name] for name in levers.WORKS], len(village))
    condition = works.condition.reshape(len(village), kinds)
    for which, name in enumerate(STANDING):
        stands = uniforms(seed, Purpose.WORLD_POINT, village, which) < getattr(settings, name)
        getattr(villages, name)[:] = np.where(stands, settings.works_condition, 0.0)
    for kind, name in enumerate(levers.WORKS):
        condition[:, kind] = getattr(villages, name)
    # What stands before the programme is kept by ordinary budgets; firms may own cold stores, and nothing else.
    works.ordinary[:] = works.condition
    works.private[:] = works.lever == levers.ROW[OWNED_BY_FIRMS]
    works.national[:] = works.lever == levers.ROW[NATIONAL]
    works.express[:] = works.lever == levers.ROW[EXPRESS]


def _route(world: tables.World, settings: WorldSettings, seed: int) -> None:
    """Couriers: a route goes to the last village of its road and back."""
    villages, couriers = world.villages, world.couriers
    route = villages.courier.astype(np.int64)
    farthest = np.zeros(len(couriers.length))
    np.maximum.at(farthest, route, villages.distance_town)
    couriers.length[:] = np.clip(2.0 * farthest, 1.0, 400.0)
    couriers.villages[:] = np.bincount(route, minlength=len(farthest))
    couriers.terrain[:] = np.bincount(route, villages.terrain, len(farthest)) / couriers.villages
    luck = uniforms(seed, Purpose.WORLD_POINT, np.arange(len(farthest)), FIRST_ROUTE)
    couriers.serving[:] = luck < settings.courier
