"""Intervals of sensitivity indices: which parts of a design and which replicates each resample draws."""

from typing import NamedTuple

import numpy as np

from villagesim.results import LEVEL
from villagesim.study import indices

# Numbers that a chunk of Sobol' resamples may hold: 32 MB.
CHUNK = 4_000_000


class Method(NamedTuple):
    """How a method's design is resampled, how often unless told otherwise, and the least n with intervals and without.

    resampling: "blocks", drawn with replacement, of a design that is read in blocks; "halves" of the points, whose
    spread is that of the whole (the delete-half jackknife of Shao and Wu 1989), because drawing points twice makes ties
    that rank-based indices mistake for signal; "points", drawn with replacement, where the bootstrap also takes off the
    bias.
    """

    resampling: str
    resamples: int
    least: int
    bare: int


METHODS = {
    "sobol": Method("blocks", 1000, 2, 2), "morris": Method("blocks", 1000, 2, 2),
    "shapley": Method("blocks", 1000, 2, 2), "efast": Method("blocks", 400, 65, 65),
    "delta": Method("points", 100, 100, 100), "pawn": Method("halves", 400, 100, 100),
    # SALib wants 300 points, also in half of a design.
    "rbd_fast": Method("halves", 400, 100, 100), "hdmr": Method("halves", 40, 600, 300),
}


class Layout(NamedTuple):
    """n of a design as its sampler counts it, and the points of one block (of one point where there are no blocks)."""

    n: int
    block: int


def layout(method: str, unit: np.ndarray) -> Layout:
    """How a design (points, k) is laid out for a method. Raises ValueError where it is not in the method's order."""
    points, k = unit.shape
    match method:
        case "sobol":
            step = indices.saltelli_step(unit)
            return Layout(points // step, step)
        case "morris" | "shapley":
            return Layout(len(indices.steps(unit, method)[0]), k + 1)
        case "efast":
            sets, n = indices.efast_curves(unit)
            return Layout(n, points // sets)
        case "hdmr" if k < 2:
            raise ValueError("hdmr: needs at least two factors")
    return Layout(points, 1)


def estimate(method: str, laid: Layout, unit: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The method's indices (m,) of one outcome (points,), as `indices.labels` names them."""
    match method:
        case "sobol":
            return indices.sobol(y.reshape(-1, laid.block, 1), unit.shape[1])[:, 0]
        case "efast":
            return indices.efast(unit, y, laid.n)
    return getattr(indices, method)(unit, y)


def with_interval(method: str, laid: Layout, unit: np.ndarray, values: np.ndarray, rng: np.random.Generator,
                  count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices (m,) of the mean of values (points, replicates), and the ends of their 95 % percentile intervals.

    The ends are NaN for fewer than two resamples, or where the design is a single block.
    """
    value = estimate(method, laid, unit, values.mean(axis=1))
    if count < 2 or len(unit) == laid.block:
        return value, np.full_like(value, np.nan), np.full_like(value, np.nan)
    kept = (_sobol_resamples if method == "sobol" else _resamples)(method, laid, unit, values, rng, count)
    if METHODS[method].resampling == "halves":
        # Half the points have more bias; their spread is what is wanted.
        kept = kept - kept.mean(axis=0) + value
    elif METHODS[method].resampling == "points":
        # Plischke et al. (2013), equation 30.
        kept = 2 * value - kept
        value = kept.mean(axis=0)
    low, high = np.quantile(kept, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return value, low, high


def _weights(replicates: int, rng: np.random.Generator, count: int) -> np.ndarray:
    """Weights (count, replicates) of replicates drawn with replacement."""
    return rng.multinomial(replicates, np.full(replicates, 1.0 / replicates), size=count) / replicates


def _drawn(resampling: str, points: int, block: int, rng: np.random.Generator) -> np.ndarray:
    """The rows of one resample of a design."""
    match resampling:
        case "halves":
            return np.sort(rng.permutation(points)[:points // 2])
        case "points":
            return rng.integers(points, size=points)
    blocks = rng.integers(points // block, size=points // block)
    return (blocks[:, None] * block + np.arange(block)).ravel()


def _resamples(method: str, laid: Layout, unit: np.ndarray, values: np.ndarray, rng: np.random.Generator,
               count: int) -> np.ndarray:
    """Indices (count, m) of so many draws of the design's parts and of replicates."""
    kept = []
    for weights in _weights(values.shape[1], rng, count):
        rows = _drawn(METHODS[method].resampling, len(unit), laid.block, rng)
        kept.append(estimate(method, laid, unit[rows], (values @ weights)[rows]))
    return np.array(kept)


def _sobol_resamples(_: str, laid: Layout, unit: np.ndarray, values: np.ndarray, rng: np.random.Generator,
                     count: int) -> np.ndarray:
    """The same for Sobol' indices, many draws at once."""
    kept = []
    most = max(1, CHUNK // len(unit))
    for begun in range(0, count, most):
        size = min(most, count - begun)
        y = values @ _weights(values.shape[1], rng, size).T
        y = (y - y.mean(axis=0)).reshape(laid.n, laid.block, size)
        drawn = rng.integers(laid.n, size=(laid.n, size))
        kept.append(indices.sobol(np.swapaxes(y[drawn, :, np.arange(size)], 1, 2), unit.shape[1]).T)
    return np.concatenate(kept)
