"""Sensitivity: how much of an outcome each factor decides, with intervals, whatever the luck of the runs."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from villagesim.study import indices
from villagesim.study.resampling import METHODS, Layout, layout, with_interval
from villagesim.study.samplers import global_luck_kept

# Keeps the resamples' luck apart from any other use of the study's seed.
STREAM = 0x5E45
SEED = "seed"
PARTS = (8, 4, 2, 1)
COLUMNS = ("method", "index", "factor", "other", "value", "low", "high", "n", "replicates")


def analyse(method: str, names: Sequence[str], unit: np.ndarray, values: np.ndarray, seed: int,
            resamples: int | None = None) -> pd.DataFrame:
    """Indices of METHODS with 95 % percentile intervals: a row an index and factor, COLUMNS as columns.

    unit: float64 (points, k) as `samplers.unit_design` made it, in its order. values: (points, replicates), replicate r
    with the same luck at every point. The value is the index of the mean over replicates; every resample draws parts of
    the design and, from two replicates on, replicates, so that the interval holds the error of both. With one
    replicate it holds that of the design alone. It is NaN for eFAST with a single set of curves, which has no parts.
    resamples: None for as many as METHODS says; below 2 for no intervals, and no taking off of delta's bias. n counts
    what the design's sampler counts: base rows, trajectories, points of a curve, or points. S2 names the second factor
    in `other`. mu*, mu and sigma are in the outcome's unit for a factor's whole range, all else are shares.

    Luck that differs by point adds to ST and to S2's noise: see luck_left. Raises ValueError, in one line, for
    anything missing, infinite, too few, out of order or constant; nothing is filtered.
    """
    values, laid = _checked(method, names, unit, values, resamples is None or resamples > 1)
    count = METHODS[method].resamples if resamples is None else resamples
    if method != "morris":
        # SALib's estimators take a variance below 2e-16 for none at all.
        values = (values - values.mean()) / values.mean(axis=1).std()
    with global_luck_kept():
        value, low, high = with_interval(method, laid, unit, values, np.random.default_rng([STREAM, seed]), count)
    pairs = len(value) > 2 * len(names)
    rows = [(method, index, names[i], "" if j is None else names[j])
            for index, i, j in indices.labels(method, len(names), pairs)]
    return pd.DataFrame(rows, columns=COLUMNS[:4]).assign(value=value, low=low, high=high, n=laid.n,
                                                          replicates=values.shape[1])


def luck_left(values: np.ndarray) -> float:
    """Share of the variance of the points' means that is luck: what a fresh draw of replicates would not repeat.

    Of values (points, replicates): the residual variance, less what a replicate adds at every point alike, over
    replicates, as a share of the variance of the means. It raises every total-order index. NaN for one replicate.
    """
    points, replicates = values.shape
    if replicates < 2:
        return float("nan")
    means = values.mean(axis=1)
    apart = values - means[:, None] - values.mean(axis=0) + values.mean()
    noise = (apart**2).sum() / ((points - 1) * (replicates - 1)) / replicates
    return float(noise / means.var(ddof=1)) if means.var() > 0 else float("nan")


def with_seed_factor(names: Sequence[str]) -> list[str]:
    """The factors' names with the seed as the last: sample one factor more, run only the replicate that it picks.

    The analysis treats it as any factor, so that ST of `seed` is the share of luck, alone and with others. Replicates
    have no order: use sobol, shapley, delta or pawn, not methods that look for smooth curves. Raises ValueError.
    """
    if SEED in names:
        raise ValueError(f"a factor is named {SEED} already")
    return [*names, SEED]


def replicate_of(column: np.ndarray, replicates: int) -> np.ndarray:
    """The replicate, int64 (points,), that unit values of the seed's factor pick: floor(u R), and R - 1 for u = 1.

    >>> replicate_of(np.array([0.0, 0.49, 0.5, 1.0]), 2).tolist()
    [0, 0, 1, 1]
    """
    return np.minimum(np.floor(np.asarray(column) * replicates).astype(np.int64), replicates - 1)


def convergence(method: str, names: Sequence[str], unit: np.ndarray, values: np.ndarray, seed: int,
                resamples: int = 200) -> pd.DataFrame:
    """The table of `analyse` at an eighth, a quarter, half and all of n, below another, told apart by n.

    Of designs in blocks the first ones, of points a random subset that the seed draws, each within the next. Sizes too
    small for the method, or without variance, are left out; those too small for intervals have none. The curves of
    eFAST cannot be cut: there one set of curves, two, four ... and all, with intervals for all only, and n counts the
    points on all curves of a factor.
    """
    values, laid = _checked(method, names, unit, values, intervals=True)
    order = np.arange(len(unit))
    if METHODS[method].resampling != "blocks":
        order = np.random.default_rng([STREAM, seed, 1]).permutation(len(unit))
    tables = []
    for size in _sizes(method, laid, len(unit)):
        # The whole keeps its order, and with it the numbers of `analyse`.
        rows = np.sort(order[:size * laid.block]) if size * laid.block < len(unit) else np.arange(len(unit))
        if len(rows) == len(unit) or np.ptp(np.mean(values[rows], axis=1)) > 0:
            # A bootstrap of few sets of curves would look surer than it is.
            enough = len(rows) == len(unit) if method == "efast" else size >= METHODS[method].least
            count = resamples if enough else 0
            table = analyse(method, names, unit[rows], values[rows], seed, count)
            tables.append(table.assign(n=size * laid.n) if method == "efast" else table)
    return pd.concat(tables, ignore_index=True)


def _sizes(method: str, laid: Layout, points: int) -> list[int]:
    """How many blocks of the design `convergence` looks at, all of them last."""
    most = points // laid.block
    if method == "efast":
        return [2**i for i in range(most.bit_length()) if 2**i < most] + [most]
    return [most // part for part in PARTS if most // part >= METHODS[method].bare]


def main_index(table: pd.DataFrame) -> str:
    """The index that ranks the factors of one method's table: the total-order one, else the method's first."""
    return "ST" if "ST" in set(table["index"]) else indices.INDICES[table["method"].iloc[0]][0]


def resting_on(table: pd.DataFrame, factors: Collection[str]) -> tuple[float, float] | None:
    """Least and most of the outcome's variance that rests on some factors together, shares; None without S1 and ST.

    What they do alone, the sum of their S1, is on them for sure. What they do at all is no more than the sum of their
    ST, nor more than what the other factors leave that act alone (S1) or in pairs among themselves (S2, where the
    table has it): Saltelli et al. (2008), 1.2. An estimate below 0 counts as 0, and the least is never above the most.
    """
    if not {"S1", "ST"} <= set(table["index"]):
        return None
    of = dict(list(table.groupby("index")))
    ours, total = (of[index]["factor"].isin(factors) for index in ("S1", "ST"))
    pairs = of.get("S2", table[:0])
    apart = pairs[~pairs["factor"].isin(factors) & ~pairs["other"].isin(factors)]
    others = of["S1"][~ours]["value"].clip(lower=0).sum() + apart["value"].clip(lower=0).sum()
    most = float(np.clip(min(of["ST"][total]["value"].clip(lower=0).sum(), 1.0 - others), 0.0, 1.0))
    return min(float(of["S1"][ours]["value"].clip(lower=0).sum()), most), most


def statement(grown: pd.DataFrame, first: int = 5) -> str:
    """What `convergence` shows, in words: the largest change from n/2 to n, and whether the first factors stay put.

    Of the `main_index`. Where there is no smaller n, how to come by one.
    """
    method = grown["method"].iloc[0]
    index = main_index(grown)
    wide = grown[grown["index"] == index].pivot(index="factor", columns="n", values="value")
    if wide.shape[1] < 2:
        return f"{method}: {index} at n = {wide.columns[-1]} only; {_instead(method, int(wide.columns[-1]))}."
    before, after = wide.iloc[:, -2], wide.iloc[:, -1]
    change = (after - before).abs()
    ranks = [list(side.sort_values(ascending=False, kind="stable").index[:first]) for side in (before, after)]
    moved = "unchanged" if ranks[0] == ranks[1] else f"were {', '.join(ranks[0])}, are {', '.join(ranks[1])}"
    size, other = "n = {} to {}".format(*wide.columns[-2:]), ""
    if method == "efast":
        n = int(wide.columns[0])
        sets = [int(found) // n for found in wide.columns[-2:]]
        size = f"{sets[0]} to {sets[1]} sets of curves of n = {n} points"
        other = f" What longer curves would change, this cannot tell: {_instead(method, n)}."
    return (f"{method}: largest change of {index} from {size}: {change.max():.2g} ({change.idxmax()}); the first "
            f"{len(ranks[0])} factors {moved}.{other}")


def _instead(method: str, n: int) -> str:
    """How to see what a smaller design would have said, where no part of this one can be taken for it."""
    least = METHODS[method].bare
    if method == "efast":
        half = (n + 1) // 2
        return f"run a copy of the study with n = {half if half >= least else 2 * n}, and compare"
    if n >= 2 * least:
        return "the outcome does not vary over half of it"
    return f"run the study with n of {2 * least} or more, and it is compared with its half"


def _checked(method: str, names: Sequence[str], unit: np.ndarray, values: np.ndarray,
             intervals: bool) -> tuple[np.ndarray, Layout]:
    """The values as float64, and how the design is laid out. Raises ValueError."""
    if method not in METHODS:
        raise ValueError(f"method {method} is not known; allowed: {', '.join(METHODS)}")
    values = np.asarray(values, np.float64)
    points, k = unit.shape
    if len(names) != k or len(set(names)) != k:
        raise ValueError(f"{method}: {len(names)} names, {len(set(names))} of them different, for {k} factors")
    if values.ndim != 2 or values.shape[0] != points or values.shape[1] < 1:
        raise ValueError(f"{method}: values of shape {values.shape} for {points} points; (points, replicates) needed")
    missing = ~np.isfinite(values)
    if missing.any():
        raise ValueError(f"{method}: {missing.sum()} values at {missing.any(axis=1).sum()} of {points} points are "
                         "missing or infinite; an index of the rest would be wrong")
    means = values.mean(axis=1)
    if method != "morris" and np.ptp(means) <= 1e-13 * np.abs(means).max():
        raise ValueError(f"{method}: the outcome is the same at all {points} points; there is no variance to share out")
    laid = layout(method, unit)
    least = METHODS[method].least if intervals else METHODS[method].bare
    if laid.n < least:
        raise ValueError(f"{method}: n = {laid.n} is too small; at least {least}")
    return values, laid
