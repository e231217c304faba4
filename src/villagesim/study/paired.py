"""Differences and ratios of paired runs: under one seed two programmes differ only where they act."""

from typing import NamedTuple

import numpy as np

from villagesim.results import LEVEL, interval

# A variance below this share of the square is rounding, not luck.
ROUNDING = 1e-24


class Paired(NamedTuple):
    """A mean paired difference, its t interval, and the share of variance that pairing saved."""

    difference: float
    low: float
    high: float
    saved: float


def paired(base: np.ndarray, other: np.ndarray) -> Paired:
    """Mean of other - base (n,) with its 95 % t interval, and 1 - var(other - base) / (var(base) + var(other)).

    The share is NaN where neither varies, or with fewer than two pairs.
    """
    base, other = np.asarray(base, np.float64), np.asarray(other, np.float64)
    mean, low, high = interval(other - base)
    apart = np.var(base, ddof=1) + np.var(other, ddof=1) if base.size > 1 else 0.0
    varies = apart > ROUNDING * (np.square(base).max() + np.square(other).max())
    saved = 1.0 - float(np.var(other - base, ddof=1) / apart) if varies else float("nan")
    return Paired(mean, low, high, saved)


def ratio(part: np.ndarray, over: np.ndarray) -> tuple[float, float, float]:
    """Mean(part) / mean(over) with its 95 % interval by Fieller (1954); shape (n,) each, paired by replicate.

    All NaN where the mean of `over` is not told from 0: such a ratio means nothing.
    """
    from scipy.special import stdtrit

    part, over = np.asarray(part, np.float64), np.asarray(over, np.float64)
    x, y, n = float(part.mean()), float(over.mean()), part.size
    if y == 0:
        return (float("nan"),) * 3
    if n < 2:
        return x / y, float("nan"), float("nan")
    t2 = float(stdtrit(n - 1, 0.5 + LEVEL / 2)) ** 2
    (vxx, vxy), (_, vyy) = np.cov(part, over, ddof=1) / n
    # The interval holds every q with (x - q y)^2 <= t^2 var(x - q y): a quadratic in q.
    a, b, c = y * y - t2 * vyy, x * y - t2 * vxy, x * x - t2 * vxx
    if a <= 0:
        return (float("nan"),) * 3
    root = np.sqrt(max(b * b - a * c, 0.0))
    return x / y, float((b - root) / a), float((b + root) / a)
