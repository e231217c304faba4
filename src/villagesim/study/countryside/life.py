"""One county lived through year by year, at the price that the platform pays in each."""

from importlib import import_module
from threading import Lock

import numpy as np

from villagesim import engine
from villagesim.declare import declared
from villagesim.scenario import Scenario, outside, plan
from villagesim.study.countryside.totals import last_values, month_totals
from villagesim.tables import County
from villagesim.world import build

YEAR = 12
PRICE = "retail"
_BOUND = {column.name: column.quantity for column in declared(County)}[PRICE]


# Kernels are made when a county is first bound, under a setting that numba keeps for the whole process.
_BINDING = Lock()


class Life:
    """A county in memory. The platform's price enters as the outside series of the retail price, times a factor a year.

    No rule knows of it: it is `outside.retail` of the scenario, which the engine enters each month.
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario, self.spin_up = scenario, int(scenario.run.spin_up)
        self.world = build(scenario, seed)
        with _BINDING:
            self._step = import_module("villagesim.engine.core").bind(self.world, scenario.parameters, seed)
        self._planned, self._series = plan(scenario), outside(scenario)
        for month in range(self.spin_up - YEAR):
            self._live(month, 1.0)

    def year(self, year: int, factor: float) -> np.ndarray:
        """Live a year (-1: the last before the programme) at `factor` times the scenario's price; its totals."""
        first = self.spin_up + YEAR * year
        return np.sum([self._live(month, factor) for month in range(first, first + YEAR)], axis=0)

    def _live(self, month: int, factor: float) -> np.ndarray | None:
        now = {name: values[month] for name, values in self._series.items()}
        now[PRICE] = min(max(now[PRICE] * factor, _BOUND.low), _BOUND.high)
        engine.enter(self.world, self.scenario, month, self._planned[month], now)
        self._step(month)
        return month_totals(self.world) if month >= self.spin_up - YEAR else None


def lived(scenario: Scenario, seed: int, factors: tuple[float, ...]) -> tuple[float, ...]:
    """The values of a county, in the order of `totals.columns`, at a price factor a year of the programme."""
    life = Life(scenario, seed)
    years = [life.year(-1, 1.0), *(life.year(year, factor) for year, factor in enumerate(factors))]
    return (*np.concatenate(years).tolist(), *last_values(life.world))
