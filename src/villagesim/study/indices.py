"""Sensitivity indices of one outcome on the unit cube: pure functions of a design and its values, without luck.

Each takes unit (points, k) and y (points,), in the order of the design, and returns the numbers that `labels` names.
SALib computes them. Only where its analyzers are too slow to be resampled (delta, PAWN), or ask for the number of
levels again (Morris), is the formula written here; tests hold the two together.
"""

import warnings
from itertools import combinations

import numpy as np

from villagesim.study.samplers import HARMONICS

INDICES = {
    "sobol": ("S1", "ST", "S2"), "morris": ("mu_star", "mu", "sigma"), "efast": ("S1", "ST"), "delta": ("delta",),
    "pawn": ("PAWN median", "PAWN maximum"), "rbd_fast": ("S1",), "hdmr": ("S1", "ST", "S2"), "shapley": ("Shapley",),
}
# SALib's default numbers of PAWN's slices, of grid points for densities, and of RBD-FAST's harmonics.
SLICES, GRID, RBD_HARMONICS = 10, 100, 10
SAME = 1e-9


def labels(method: str, k: int, second_order: bool = True) -> list[tuple[str, int, int | None]]:
    """Index, factor and, for S2, the other factor of each number that a method returns."""
    rows = [(index, i, None) for index in INDICES[method] if index != "S2" for i in range(k)]
    if "S2" in INDICES[method] and second_order:
        rows += [("S2", i, j) for i, j in combinations(range(k), 2)]
    return rows


def saltelli_step(unit: np.ndarray) -> int:
    """Rows of one block of a Saltelli design: 2k + 2 with second order, k + 2 without. Raises ValueError.

    A block is a row of A, A with each factor in turn from B, perhaps B with each in turn from A, and the row of B.
    """
    points, k = unit.shape
    eye = np.eye(k, dtype=bool)
    for step in (2 * k + 2, k + 2):
        if points % step:
            continue
        blocks = unit.reshape(-1, step, k)
        a, b = blocks[:, :1], blocks[:, -1:]
        parts = [np.array_equal(blocks[:, 1:k + 1], np.where(eye, b, a))]
        if step == 2 * k + 2:
            parts.append(np.array_equal(blocks[:, k + 1:-1], np.where(eye, a, b)))
        if all(parts):
            return step
    raise ValueError("sobol: the points are not a Saltelli design in its own order")


def sobol(y: np.ndarray, k: int) -> np.ndarray:
    """S1, ST and, where the blocks have its rows, S2 (m, b) of y (n, step, b): b samples of n blocks.

    SALib's estimators of Saltelli et al. (2010). Where the blocks hold B with each factor from A as well, A and B
    change places and the mean of both answers is taken, also of Saltelli's (2002) second order: half the variance for
    the same runs, and exactly 0 for a pair with a factor that does nothing, where SALib's S2 holds the whole error of
    the other factor's S1. y should be centred, on the scale of 1.
    """
    from SALib.analyze.sobol import first_order, total_order

    a, b, ab, ba = y[:, 0], y[:, -1], y[:, 1:k + 1], y[:, k + 1:-1]
    first, total = (np.array([of(a, ab[:, i], b) for i in range(k)]) for of in (first_order, total_order))
    if not ba.shape[1]:
        return np.concatenate([first, total])
    first = (first + [first_order(b, ba[:, i], a) for i in range(k)]) / 2
    total = (total + [total_order(b, ba[:, i], a) for i in range(k)]) / 2
    shared = np.einsum("nib,njb->ijb", ba, ab, optimize=True) / len(y)
    variance = np.var(np.concatenate([a, b]), axis=0)
    closed = ((shared + shared.swapaxes(0, 1)) / 2 - np.mean(a * b, axis=0)) / np.where(variance > 0, variance, 1)
    i, j = np.triu_indices(k, 1)
    return np.concatenate([first, total, closed[i, j] - first[i] - first[j]])


def steps(unit: np.ndarray, method: str) -> tuple[np.ndarray, np.ndarray]:
    """Factor that each step of trajectories of k + 1 points moves, and by how much: (n, k) both. Raises ValueError."""
    points, k = unit.shape
    if points % (k + 1):
        raise ValueError(f"{method}: {points} points are not whole trajectories of {k + 1}")
    moves = np.diff(unit.reshape(-1, k + 1, k), axis=1)
    moved = np.abs(moves) > SAME
    factor = moved.argmax(axis=2)
    if not (moved.sum(axis=2) == 1).all() or not (np.sort(factor, axis=1) == np.arange(k)).all():
        raise ValueError(f"{method}: the points are not trajectories that move each factor once")
    return factor, np.take_along_axis(moves, factor[:, :, None], axis=2)[:, :, 0]


def morris(unit: np.ndarray, y: np.ndarray) -> np.ndarray:
    """mu*, mu and sigma of elementary effects, in the outcome's unit for a factor's whole range (Campolongo 2007)."""
    factor, size = steps(unit, "morris")
    effects = np.empty_like(size)
    np.put_along_axis(effects, factor, np.diff(y.reshape(len(size), -1), axis=1) / size, axis=1)
    return np.concatenate([np.abs(effects).mean(axis=0), effects.mean(axis=0), effects.std(axis=0, ddof=1)])


def shapley(unit: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Shapley effects as shares of the variance, which add up to 1 (Goda 2021, by SALib)."""
    from SALib.analyze import shapley as salib

    k = unit.shape[1]
    return salib.analyze({"num_vars": k, "names": [str(i) for i in range(k)]}, unit, y)["shapley_normalized"]


def efast_curves(unit: np.ndarray) -> tuple[int, int]:
    """How many sets of k search curves, and the points of a curve. Raises ValueError for any other design or order.

    In curve i of a set, and only there, factor i swings at the highest frequency.
    """
    points, k = unit.shape
    for sets in range(1, points // (k * (4 * HARMONICS**2 + 1)) + 1):
        if points % (sets * k) == 0 and _swing(unit.reshape(sets, k, -1, k)):
            return sets, points // (sets * k)
    raise ValueError(f"efast: the points are not search curves of more than {4 * HARMONICS**2} points in their own "
                     "order")


def _swing(curves: np.ndarray) -> bool:
    """Whether in curves (sets, k, n, k) all power of factor i in curve i is at the highest frequency."""
    own = np.einsum("sini->sin", curves)
    power = np.abs(np.fft.rfft(np.sin(np.pi * (own - 0.5)), axis=2)) ** 2
    return np.allclose(power[:, :, _frequency(curves.shape[2])], power.sum(axis=2))


def _frequency(n: int) -> int:
    """The highest frequency of a search curve of n points."""
    return (n - 1) // (2 * HARMONICS)


def efast(unit: np.ndarray, y: np.ndarray, n: int) -> np.ndarray:
    """S1 and ST from the spectra along search curves of n points (Saltelli, Tarantola and Chan 1999, by SALib).

    Means over the sets of curves, which differ by their random phases.
    """
    from SALib.analyze.fast import compute_orders

    k = unit.shape[1]
    found = [compute_orders(curve, n, HARMONICS, _frequency(n)) for curve in y.reshape(-1, n)]
    return np.array(found).reshape(-1, k, 2).mean(axis=0).T.ravel()


def delta(unit: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Borgonovo's delta: half the area between the outcome's density and that within a class of the factor, averaged.

    Equation 26 of Plischke, Borgonovo and Smith (2013), SALib's classes, Silverman's bandwidth. Luck raises a weak
    factor's, smoothing lowers a strong one's: 0.28 where the truth is 1/3, with 1,024 points of a sum of two.
    """
    n = len(y)
    classes = int(np.round(min(int(np.ceil(n ** (2.0 / (7.0 + np.tanh((1500.0 - n) / 500.0))))), 48)))
    starts = np.floor(np.linspace(0, n, classes + 1)).astype(int)[:-1]
    grid = np.linspace(y.min(), y.max(), GRID)
    whole = _densities(y, np.array([0]), grid)
    found = []
    for column in unit.T:
        ordered = y[np.argsort(column, kind="stable")]
        apart = np.trapezoid(np.abs(_densities(ordered, starts, grid) - whole), grid, axis=1)
        found.append(np.nansum(np.diff(starts, append=n) * apart) / (2 * n))
    return np.array(found)


def _densities(y: np.ndarray, starts: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Gaussian kernel densities (classes, grid) of the runs of y that begin at starts; NaN for a run of one value."""
    counts = np.diff(starts, append=len(y))
    means = np.add.reduceat(y, starts) / counts
    spread = np.add.reduceat((y - np.repeat(means, counts)) ** 2, starts) / np.maximum(counts - 1, 1)
    width = np.sqrt(spread) * (counts * 0.75) ** -0.2
    width[width <= SAME * np.ptp(y)] = np.nan
    each = np.repeat(width, counts)[:, None]
    kernels = np.exp(-0.5 * ((y[:, None] - grid) / each) ** 2)
    return np.add.reduceat(kernels, starts, axis=0) / (counts * width * np.sqrt(2 * np.pi))[:, None]


def pawn(unit: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Median and maximum over slices of a factor of the Kolmogorov-Smirnov distance to the whole (Pianosi 2018)."""
    order = np.argsort(y, kind="stable")
    last = np.append(np.diff(y[order]) > 0, True)
    whole = np.arange(1, len(y) + 1)[last, None] / len(y)
    found = []
    for column in unit.T:
        edges = np.quantile(column, np.linspace(0, 1, SLICES + 1))
        inside = ((column[:, None] >= edges[:-1]) & (column[:, None] < edges[1:]))[order]
        within = inside.cumsum(axis=0)[last] / np.maximum(inside.sum(axis=0), 1)
        found.append(np.abs(within - whole).max(axis=0)[inside.any(axis=0)])
    return np.array([measure(distances) for measure in (np.median, np.max) for distances in found])


def rbd_fast(unit: np.ndarray, y: np.ndarray) -> np.ndarray:
    """S1 from the spectrum of the outcome in each factor's order, less its bias (Tissot and Prieur 2012, by SALib)."""
    from SALib.analyze.rbd_fast import compute_first_order, permute_outputs, unskew_S1

    return np.array([unskew_S1(compute_first_order(permute_outputs(column, y), RBD_HARMONICS), RBD_HARMONICS, len(y))
                     for column in unit.T])


def hdmr(unit: np.ndarray, y: np.ndarray) -> np.ndarray:
    """S1, ST and S2 of a surrogate of cubic B-splines to second order (Li et al. 2010, by SALib).

    It cannot see what its splines cannot follow, and with few points for many pairs it fits luck: ST is then too high.
    SALib's newer `enhanced_hdmr` gave negative ST and took minutes for sixteen factors, hence the older one.
    """
    from SALib.analyze import hdmr as salib

    k = unit.shape[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        found = salib.analyze({"num_vars": k, "names": [str(i) for i in range(k)]}, unit, y, K=1)
    return np.concatenate([found["S"][:k], found["ST"][:k], found["S"][k:]])
