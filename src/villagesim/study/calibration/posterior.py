"""What is left, weighed: runs near the data count more (approximate Bayesian computation); an ensemble is drawn.

Runs are spread evenly over what history matching leaves; the prior is even over the ranges varied. The weight of a
run is the density of its distance under the errors of data and model: with these errors as the kernel, ABC is no
approximation, but exact for data with such errors (Wilkinson 2013).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from villagesim.study.calibration.emulator import Emulator
from villagesim.study.calibration.matching import Aim

# The kernel is never widened beyond so many times its width.
WIDEST = 1e6
# Weight of what an aim is off against how far a number moves: one standard deviation off asks for three of moving.
PULL = 10.0


class TooFewError(ValueError):
    """Too few runs have all targets for an ensemble to be drawn from them."""


class Weighed(NamedTuple):
    """weight (n,), adding to 1. widened: times the kernel is wider than the errors, 1 where that gives runs enough.
    effective: number of equally good runs that the weights are worth, 1 / sum of squares (Kong 1992). unwidened: how
    many they would be worth under the errors as they are."""

    weight: np.ndarray
    widened: float
    effective: float
    unwidened: float


def distance(aims: Sequence[Aim], means: np.ndarray) -> np.ndarray:
    """Squared distance of runs (n, aims) from the data, float64 (n,): sum of squares of sd off; NaN where one lacks."""
    off = (means - np.array([aim.value for aim in aims])) / np.array([aim.sd for aim in aims])
    return np.square(off).sum(axis=1)


def weigh(squared: np.ndarray, least: float) -> Weighed:
    """Weights exp(-squared / (2 h^2)), with the smallest h >= 1 for which they are worth `least` runs.

    A run without distance has no weight. Raises TooFewError for fewer than `least` runs that have one.
    """
    known = np.isfinite(squared)
    if known.sum() < least:
        raise TooFewError(f"{int(known.sum())} of {known.size} final runs have all targets, and {least:g} are needed: "
                          "more runs, fewer members, or fewer targets")
    low, high = 1.0, 1.0
    found = _weights(squared, known, 1.0)
    unwidened = _effective(found)
    while _effective(found) < least and high < WIDEST:
        low, high = high, 2 * high
        found = _weights(squared, known, high)
    for _ in range(40 if high > 1 else 0):
        middle = (low + high) / 2
        enough = _effective(_weights(squared, known, middle)) >= least
        low, high = (low, middle) if enough else (middle, high)
    found = _weights(squared, known, high)
    return Weighed(found, high, _effective(found), unwidened)


def drawn(weight: np.ndarray, members: int, seed: int) -> np.ndarray:
    """Rows of `members` runs drawn by weight, int64: systematic resampling in an order that the seed shuffles.

    Every run comes floor or ceil of members x weight times (Kitagawa 1996), so that members count alike.
    """
    luck = np.random.default_rng([0xE25E, seed])
    order = luck.permutation(len(weight))
    steps = (np.arange(members) + luck.random()) / members
    rows = np.minimum(np.searchsorted(np.cumsum(weight[order]), steps), len(weight) - 1)
    return order[rows][luck.permutation(members)]


def quantiles(values: np.ndarray, weight: np.ndarray, at: Sequence[float]) -> np.ndarray:
    """Weighted quantiles of values (n,), such that one more draw lies below that of p in a share p of cases.

    Of n draws that count alike, the i-th smallest stands for i / (n + 1) (Weibull 1939; Hyndman, Fan 1996, type 6): of
    twenty, the ends of a 90 % interval lie near the outermost. Weights count as the number that they are worth.

    >>> quantiles(np.arange(19.0), np.full(19, 1 / 19), [0.05, 0.5, 0.95]).round(9).tolist()
    [0.0, 9.0, 18.0]
    """
    kept = np.flatnonzero(weight > 0)
    order = kept[np.argsort(values[kept], kind="stable")]
    share = weight[order] / weight[order].sum()
    worth = _effective(share)
    below = (worth * (np.cumsum(share) - share / 2) + 0.5) / (worth + 1)
    return np.interp(at, below, values[order])


def fitting(aims: Sequence[Aim], emulators: Sequence[Emulator], usual: np.ndarray, within: np.ndarray) -> np.ndarray:
    """The point nearest to `usual` (k,) on the unit cube at which the emulators put the aims near their middle; (k,).

    It is sought between the ends `within` (k, 2). Near its middle is within one published standard deviation: the inner
    half of an interval. Least sum of squares of how far numbers move, in standard deviations of an even spread over
    their ranges, and PULL times that of how far aims still lie beyond their inner halves. A number that the aims say
    nothing of stays where it is, and so does a point that suits them.
    """
    from scipy.optimize import minimize

    value, published = np.array([(aim.value, aim.published) for aim in aims]).T

    def off(point: np.ndarray) -> float:
        mean = np.array([one.predict(point[None])[0][0] for one in emulators])
        beyond = np.maximum(0.0, np.abs(mean - value) / published - 1.0)
        return float(12.0 * np.square(point - usual).sum() + PULL * np.square(beyond).sum())

    return minimize(off, np.clip(usual, *within.T), bounds=within, method="L-BFGS-B").x


def _weights(squared: np.ndarray, known: np.ndarray, widened: float) -> np.ndarray:
    near = np.where(known, squared, np.inf)
    weight = np.exp(-(near - near.min()) / (2 * widened**2))
    return weight / weight.sum()


def _effective(weight: np.ndarray) -> float:
    return float(1 / np.square(weight).sum())


def recovery(unit: np.ndarray, means: np.ndarray, aims: Sequence[Aim], least: float, seed: int, level: float = 0.9,
             trials: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Each of some runs taken for the truth: how often its parameters are found again, and how closely.

    The run's own values, off by the published error, stand for the data; the other runs (n, k) are weighed. Share of
    trials in which the weighted interval of that level holds the truth, and the interval's mean width on the unit cube,
    float64 (k,) each (Prangle et al. 2014).
    """
    luck = np.random.default_rng([0xEC0B, seed])
    whole = np.flatnonzero(np.isfinite(means).all(axis=1))
    ends = ((1 - level) / 2, (1 + level) / 2)
    held, width = [], []
    for row in luck.permutation(whole)[:trials]:
        others = np.setdiff1d(whole, row)
        off = luck.normal(size=len(aims)) * [aim.sd for aim in aims]
        posed = [aim._replace(value=float(value)) for aim, value in zip(aims, means[row] + off, strict=True)]
        weight = weigh(distance(posed, means[others]), min(least, len(others))).weight
        low, high = np.array([quantiles(unit[others, place], weight, ends) for place in range(unit.shape[1])]).T
        held.append((low <= unit[row]) & (unit[row] <= high))
        width.append(high - low)
    return np.mean(held, axis=0), np.mean(width, axis=0)
