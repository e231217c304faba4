"""Distributions of yearly income over households and persons: percentiles, Gini index, poverty. In whole numbers."""

import numpy as np

from villagesim.outcomes import FEN_PER_YUAN, MEASURE, of_kind

WHOLE_LIMIT = 2.0**62


def percentile(values: np.ndarray, cumulative: np.ndarray, percent: int) -> float:
    """The first of the ascending `values` (n,) at which the cumulative weight (n,) reaches `percent` of the total."""
    return float(values[np.searchsorted(cumulative, -(-percent * int(cumulative[-1]) // 100))])


def gini(income: np.ndarray, persons: np.ndarray, cumulative: np.ndarray) -> float:
    """Gini index [1] over persons; NaN where the total is not positive.

    income (n,) int64 of households in ascending order of income a head; persons (n,) int64; cumulative (n,) persons so
    far (W). G = sum income (2 W - persons) / (W_n sum income) - 1: Lerman and Yitzhaki (1989). In whole numbers, so
    that the order of households with the same income a head does not matter.
    """
    total, everyone = int(income.sum()), int(cumulative[-1])
    if total <= 0:
        return float("nan")
    exact = 2 * everyone * float(np.abs(income).sum()) < WHOLE_LIMIT
    income = income if exact else income.astype(np.float64)
    return float((income * (2 * cumulative - persons)).sum()) / (float(everyone) * total) - 1.0


def spread(incomes: np.ndarray, income: np.ndarray, persons: np.ndarray, head: np.ndarray,
           line: float = MEASURE.poverty_line) -> tuple[float, ...]:
    """The outcomes of kind "spread" of some households, in declared order; all NaN where there are none.

    incomes (n,) fen/household/year, ascending; the rest in ascending order of income a head: income (n,)
    fen/household/year, persons (n,), head (n,) fen/head/year. line in yuan/head/year.
    """
    if not incomes.size:
        return (float("nan"),) * len(of_kind("spread"))
    ranks, cumulative = np.arange(1, incomes.size + 1), np.cumsum(persons)
    everyone = float(cumulative[-1])
    below = np.searchsorted(head, line * FEN_PER_YUAN)
    return (
        *(percentile(incomes, ranks, percent) / FEN_PER_YUAN for percent in (10, 50, 90)),
        *(percentile(head, cumulative, percent) / FEN_PER_YUAN for percent in (10, 50, 90)),
        gini(income, persons, cumulative),
        float(cumulative[below - 1]) / everyone if below else 0.0,
    )
