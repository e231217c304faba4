"""Households and traders in month 0: who lives there, what they own and believe. A survey's values come first."""

from collections.abc import Mapping

import numpy as np

from villagesim import tables
from villagesim.arithmetic import FEN
from villagesim.declare import declared
from villagesim.draws import Purpose
from villagesim.settings import WorldSettings
from villagesim.world import geography, networks
from villagesim.world.luck import PLACES, bells, exp, households, uniforms, whole_fen

ELDER = 60
FULL_SCHOOLING = 12.0
YOUNG, OLD = 25.0, 65.0
POOREST = 0.2
# Least distaste for selling online, in spreads: as low as the column is recorded.
EAGEREST = -4.0
MONTHS = 12
MARKDOWN = next(float(column.quantity.initial) for column in declared(tables.Traders) if column.name == "markdown")

# What a survey knows: column -> values of every household, NaN where it does not say (money in yuan).
Given = Mapping[str, np.ndarray]


def settle(world: tables.World, settings: WorldSettings, net: float, seed: int, given: Given) -> None:
    """Fill Households and Traders of `world`, whose Villages are filled; the households are sorted by village.

    net: what a yuan of output leaves a household that sells at the farm gate [yuan/yuan].
    """
    counts = world.villages.households
    world.households.village[:] = np.repeat(np.arange(len(counts)), counts)
    world.households.township[:] = world.villages.township[world.households.village]
    who = households(world.households.village)
    world.households.rank[:] = _order(seed, counts, who)
    _persons(world, settings, seed, who, given)
    _minds(world, settings, seed, who, given)
    _means(world, settings, net, seed, who, given)
    _groups(world, net)
    _trade(world, settings, seed)


def farm_net(input_share: float) -> float:
    """What a yuan of output at the reference price leaves at the farm gate of month 0, inputs paid [yuan/yuan]."""
    return 1.0 - MARKDOWN - input_share


def _order(seed: int, counts: np.ndarray, who: np.ndarray) -> np.ndarray:
    """Place of each household in an order of its village's households that is drawn once [share, 0 first]."""
    village = np.repeat(np.arange(len(counts)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    place = np.empty(len(who), np.int64)
    place[np.lexsort((uniforms(seed, Purpose.WORLD_ORDER, who), village))] = np.arange(len(who))
    return (place - first) / counts[village]


def _put(table: tables.Households, name: str, drawn: np.ndarray, given: Given) -> None:
    """Write a column: what the survey says, and the draw where it is silent."""
    column = getattr(table, name)
    values = drawn
    if name in given:
        values = np.where(np.isnan(given[name]), drawn, given[name])
    if name in ("off_farm", "savings", "debt"):
        values = whole_fen(values)
    column[:] = values


def _persons(world: tables.World, settings: WorldSettings, seed: int, who: np.ndarray, given: Given) -> None:
    """Members, the head's age and schooling, who is away, who leads, who came back."""
    table = world.households
    size = np.rint(settings.size + settings.size_spread * bells(seed, Purpose.WORLD_SIZE, who))
    _put(table, "size", np.clip(size, 1, 12), given)
    luck = uniforms(seed, Purpose.WORLD_SIZE, who, 1)
    adults = np.floor(settings.adult_share * table.size + luck)
    _put(table, "adults", np.minimum(np.clip(adults, 1, 12), table.size), given)
    age = settings.age + settings.age_spread * bells(seed, Purpose.WORLD_AGE, who)
    _put(table, "age", np.clip(age, 18.0, 90.0), given)
    schooling = settings.schooling - settings.schooling_age * (table.age - settings.age)
    schooling += settings.schooling_spread * bells(seed, Purpose.WORLD_SCHOOLING, who)
    _put(table, "schooling", np.clip(schooling, 0.0, 19.0), given)
    away = np.floor(2.0 * settings.away * uniforms(seed, Purpose.WORLD_AWAY, who) + 0.5)
    _put(table, "away", np.minimum(away, np.maximum(table.adults.astype(int) - 1, 0)), given)
    left_behind = (table.away > 0) & (uniforms(seed, Purpose.WORLD_LEFT_BEHIND, who) < settings.woman_led)
    _put(table, "woman_led", left_behind, given)
    _put(table, "returnee", uniforms(seed, Purpose.WORLD_RETURNEE, who) < settings.returnee, given)
    _put(table, "elder_led", table.age >= ELDER, given)


def _means(world: tables.World, settings: WorldSettings, net: float, seed: int, who: np.ndarray, given: Given) -> None:
    """Product, output, money, debt and phone."""
    table, villages, village = world.households, world.villages, world.households.village
    main = geography.main_products(settings, seed, len(villages.township))[village]
    own = geography.product_of(settings, uniforms(seed, Purpose.WORLD_PRODUCT, who, 2))
    usual = uniforms(seed, Purpose.WORLD_PRODUCT, who, 3) < settings.product_match
    _put(table, "product", np.where(usual, main, own), given)
    log_output = settings.output_spread * bells(seed, Purpose.WORLD_OUTPUT, who)
    log_output -= settings.output_terrain * (villages.terrain[village] - 0.5)
    _put(table, "output", np.minimum(settings.output * exp(log_output), 1e6), given)
    # Of two bells with these weights comes one of variance 1, correlated with luck by the first.
    able = settings.enterprise * table.luck + np.sqrt(1.0 - settings.enterprise * settings.enterprise) * bells(
        seed, Purpose.WORLD_OFF_FARM, who)
    log_pay = settings.off_farm_spread * able
    log_pay += settings.schooling_pay * (table.schooling - settings.schooling)
    _put(table, "off_farm", settings.off_farm * exp(log_pay) * table.size / settings.size, given)
    savings = settings.savings * exp(settings.savings_spread * bells(seed, Purpose.WORLD_SAVINGS, who))
    _put(table, "savings", savings, given)
    debt = settings.debt_size * exp(settings.debt_spread * bells(seed, Purpose.WORLD_SAVINGS, who, 1))
    tied = uniforms(seed, Purpose.WORLD_DEBT, who) < settings.debt
    _put(table, "debt", np.where(tied, debt, 0.0), given)
    chance = settings.phone - settings.phone_age * (table.age - settings.age) / 10.0
    chance += settings.phone_coverage * (villages.coverage[village] - settings.coverage)
    # Between a half less and a half more, about an income a head as the settings have it.
    a_head = _usual_income(table, net) / table.size
    usual_head = FEN * (net * settings.output + MONTHS * settings.off_farm) / settings.size
    chance += settings.phone_income * (a_head / (a_head + usual_head) - 0.5)
    _put(table, "phone", uniforms(seed, Purpose.WORLD_PHONE, who) < chance, given)
    # Skill needs a phone, and grows with schooling and youth, or with what was learned in the city.
    youth = np.clip((OLD - table.age) / (OLD - YOUNG), 0.0, 1.0)
    able = youth * np.minimum(table.schooling / FULL_SCHOOLING, 1.0)
    able = table.phone * (able + settings.city_skill * table.returnee * (1.0 - able))
    _put(table, "skill_basic", settings.skill * able * uniforms(seed, Purpose.WORLD_SKILL, who), given)
    learned = able * uniforms(seed, Purpose.WORLD_SKILL, who, 1)
    _put(table, "skill_operation", settings.skill_second * learned, given)


def _usual_income(table: tables.Households, net: float) -> np.ndarray:
    """Income a year before anything is sold online [fen, int64]."""
    return whole_fen(net * table.output) + MONTHS * table.off_farm


def _minds(world: tables.World, settings: WorldSettings, seed: int, who: np.ndarray, given: Given) -> None:
    """Persistent traits, beliefs and trust."""
    table = world.households
    aversion = settings.risk_aversion * exp(settings.risk_spread * bells(seed, Purpose.WORLD_RISK, who))
    _put(table, "risk_aversion", np.minimum(aversion, 10.0), given)
    distaste = bells(seed, Purpose.WORLD_RELUCTANCE, who) - settings.city_ease * table.returnee
    table.reluctance[:] = np.maximum(distaste, EAGEREST)
    table.luck[:] = bells(seed, Purpose.WORLD_LUCK, who)
    _put(table, "honest", uniforms(seed, Purpose.WORLD_HONESTY, who) < settings.honest, given)
    hamlet = networks.hamlets(settings, seed, world.villages.households)
    # The luck of a hamlet is drawn in the name of its first household.
    first = np.searchsorted(hamlet, np.arange(hamlet[-1] + 1))
    heard = bells(seed, Purpose.WORLD_BELIEF, who[first], 2)[hamlet]
    shared = settings.belief_shared
    opinion = np.sqrt(shared) * heard + np.sqrt(1.0 - shared) * bells(seed, Purpose.WORLD_BELIEF, who)
    _put(table, "belief_mean", np.clip(settings.belief + settings.belief_spread * opinion, -3.0, 3.0), given)
    log_precision = settings.precision_spread * bells(seed, Purpose.WORLD_BELIEF, who, 1)
    _put(table, "belief_precision", settings.belief_precision * exp(log_precision), given)
    trust = settings.trust_online + settings.trust_spread * bells(seed, Purpose.WORLD_RELUCTANCE, who, 1)
    _put(table, "trust_online", np.clip(trust, 0.0, 1.0), given)


def _groups(world: tables.World, net: float) -> None:
    """Where the household stands among all of the county: remote, poor, and its usual income."""
    table, villages = world.households, world.villages
    count = len(villages.township)
    far = np.zeros(count, bool)
    far[np.argsort(villages.distance_county, kind="stable")[count - count // 2:]] = True
    table.remote[:] = far[table.village]
    income = _usual_income(table, net)
    table.income_year[:] = income
    poorest = np.argsort(income / table.size, kind="stable")[: int(POOREST * len(income))]
    table.poor[poorest] = 1


def rounds(settings: WorldSettings, seed: int, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The village of each trader, and the households on its round [int64, shape (traders,) each].

    A village of so many households is cut into rounds of neighbours, each of the usual size but for chance.
    """
    number = np.maximum(1, np.rint(counts / settings.trader_households)).astype(np.int64)
    village = np.repeat(np.arange(len(counts)), number)
    place = np.arange(len(village)) - np.repeat(np.cumsum(number) - number, number)
    luck = uniforms(seed, Purpose.WORLD_TRADER, village * PLACES + place) - 0.5
    cut = np.rint(counts[village] * (place + settings.trader_spread * luck) / number[village]).astype(np.int64)
    first = np.where(place == 0, 0, cut) + (np.cumsum(counts) - counts)[village]
    return village, np.diff(np.append(first, counts.sum()))


def _trade(world: tables.World, settings: WorldSettings, seed: int) -> None:
    """Traders: each starts with the whole supply of its round."""
    table, traders = world.households, world.traders
    traders.village[:], households = rounds(settings, seed, world.villages.households)
    table.trader[:] = np.repeat(np.arange(len(households)), households)
    np.add.at(traders.potential, table.trader, whole_fen(table.output))
    traders.volume_year[:] = traders.potential / (100.0 * MONTHS)
