"""The platform's price: it answers, a year later, to how much more the country offers online than buyers take.

factor(y) = (supply(y-1) / supply(-1) / (1 + growth)^y)^-flexibility, within bounds; factor(0) = 1. Supply is all that
counties sold online in a year, at the reference price, year -1 the last before the programme: a constant-elasticity
inverse demand that shifts with the market (Ezekiel 1938, "The cobweb theorem", is the answer with a lag of a year).
"""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from villagesim.country import CountrySettings
from villagesim.scenario import Scenario
from villagesim.study.countryside.life import Life

# Prices are told to a millionth, where the logarithms of all machines agree.
DIGITS = 6


def answer(supply: Sequence[int], settings: CountrySettings) -> float:
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
             progress: Callable[[int, int], None] | None = None) -> tuple[float, ...]:
    """The factor of each year, found by carrying some counties (scenario, seed) through time together, year by year.

    All are in memory at once. Supply is added up in whole fen, so any number of `lanes` (threads) gives the same path.
    progress(years done, of how many).
    """
    with ThreadPoolExecutor(lanes) as threads:
        lives = list(threads.map(lambda one: Life(*one), counties))
        supply, path = [_sold(threads, lives, -1, 1.0)], [1.0]
        for year in range(years - 1):
            if progress is not None:
                progress(year + 1, years)
            supply.append(_sold(threads, lives, year, path[-1]))
            path.append(answer(supply, settings))
    return tuple(path)


def _sold(threads: ThreadPoolExecutor, lives: Sequence[Life], year: int, factor: float) -> int:
    """What the counties sell online in a year at a price factor [fen at the reference price]."""
    return sum(int(totals[-1]) for totals in threads.map(lambda life: life.year(year, factor), lives))
