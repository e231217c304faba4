"""The platform's price: it answers, a year later, to how much more the country offers online than buyers take.

factor(y) = (supply(y-1) / supply(-1) / (1 + growth)^y)^-flexibility, within bounds; factor(0) = 1. Supply is all that
counties sold online in a year, at the reference price, year -1 the last before the programme: a constant-elasticity
inverse demand that shifts with the market (Ezekiel 1938, "The cobweb theorem", is the answer with a lag of a year).
"""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from villagesim.country import CountrySettings
from villagesim.scenario import Scenario
from villagesim.study.countryside.life import Life

# Prices are told to a millionth, where the logarithms of all machines agree.
DIGITS = 6


class Found(NamedTuple):
    """path: the factor of each year from 0 on. supply: what was sold at it [fen], from year -1 to the last but one."""

    path: tuple[float, ...]
    supply: tuple[int, ...]


def answer(supply: Sequence[float], settings: CountrySettings) -> float:
    """The factor of the year after those whose supply is given, from year -1 on [1]; 1 where nothing was ever sold.

    >>> answer([100], CountrySettings()), answer([100, 200], CountrySettings(demand_growth=0.0, price_flexibility=0.5))
    (1.0, 0.707107)
    """
    year = len(supply) - 1
    if year == 0 or supply[0] <= 0 or supply[-1] <= 0:
        return 1.0
    beyond = math.log(supply[-1] / supply[0]) - year * math.log(1.0 + settings.demand_growth)
    factor = math.exp(-settings.price_flexibility * beyond)
    return round(min(max(factor, settings.price_lowest), settings.price_highest), DIGITS)


def answers(supply: Sequence[int], settings: CountrySettings) -> tuple[float, ...]:
    """The factor of every year from 0 on that the supply of the years -1, 0, ... asks for, the last year's left out."""
    return tuple(answer(supply[: year + 1], settings) for year in range(len(supply) - 1))


def gap(asked: Sequence[float], given: Sequence[float]) -> float:
    """The largest difference of two paths of factors, as a share of the given."""
    return max((abs(one / two - 1.0) for one, two in zip(asked, given, strict=True)), default=0.0)


def together(counties: Sequence[tuple[Scenario, int]], years: int, settings: CountrySettings, lanes: int = 1,
             progress: Callable[[int, int], None] | None = None, scale: Sequence[float] | None = None) -> Found:
    """The factor of each year, found by carrying some counties (scenario, seed) through time together, year by year.

    All are in memory at once. Supply is added up in whole fen, so any number of `lanes` (threads) gives the same path.
    progress(years done, of how many). scale: what these counties sell in a year stands for so many times as much, from
    year -1 on; usually 1.
    """
    scale = scale or (1.0,) * years
    with ThreadPoolExecutor(lanes) as threads:
        lives = list(threads.map(lambda one: Life(*one), counties))
        supply, path = [_sold(threads, lives, -1, 1.0)], [1.0]
        for year in range(years - 1):
            if progress is not None:
                progress(year + 1, years)
            supply.append(_sold(threads, lives, year, path[-1]))
            path.append(answer([sold * by for sold, by in zip(supply, scale, strict=False)], settings))
    return Found(tuple(path), tuple(supply))


def scale(supply: Sequence[int], found: Found) -> tuple[float, ...] | None:
    """How many times as fast a country's supply grew as that of the counties that found its path, at that path.

    From year -1, which is 1, to the last but one. None where either sold nothing in a year.

    >>> scale([100, 300, 900, 900], Found((1.0, 0.9, 0.9), (10, 20, 45)))
    (1.0, 1.5, 2.0)
    """
    if not (all(supply) and all(found.supply)):
        return None
    return tuple(sold / supply[0] * found.supply[0] / here for sold, here in zip(supply, found.supply, strict=False))


def _sold(threads: ThreadPoolExecutor, lives: Sequence[Life], year: int, factor: float) -> int:
    """What the counties sell online in a year at a price factor [fen at the reference price]."""
    return sum(int(totals[-1]) for totals in threads.map(lambda life: life.year(year, factor), lives))
