"""An emulator: a Gaussian process in place of a slow, noisy simulator, which says how far it may be off.

A straight line in every parameter and a smooth remainder (Matern 5/2, a length a parameter), fitted by the likelihood
to means of replicates, each with the variance of its own noise (Andrianakis et al. 2015; Rasmussen, Williams 2006).
"""

import warnings
from typing import Any, NamedTuple

import numpy as np

# Weight, in degrees of freedom, of the variance of all points in that of one: two replicates alone tell little.
SHARED = 4.0
# What a Cholesky factor needs on its diagonal, in variances of the outcome.
JITTER = 1e-8
# Lengths on the unit cube: shorter than the lowest no design resolves; longer than the highest is a straight line.
LENGTHS = (0.15, 30.0)
WEIGHTS = (1e-4, 1e2)


class Emulator(NamedTuple):
    """process: a fitted regressor of sklearn, or None where the outcome was the same everywhere. middle, scale: units
    of the outcome that stand for 0 and 1 in it."""

    process: Any
    middle: float
    scale: float

    def predict(self, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean of the outcome, and variance of that mean, float64 (n,) each, at points (n, k) of the unit cube."""
        if self.process is None:
            return np.full(len(unit), self.middle), np.zeros(len(unit))
        mean, sd = self.process.predict(unit - 0.5, return_std=True)
        return self.middle + self.scale * mean, np.square(self.scale * sd)


def fit(unit: np.ndarray, means: np.ndarray, noise: np.ndarray, seed: int) -> Emulator:
    """The emulator of an outcome from its mean (n,) and the variance of that mean (n,) at points (n, k).

    Raises ValueError for fewer than four points, and for what is not finite.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Matern

    if len(unit) < 4 or not (np.isfinite(means).all() and np.isfinite(noise).all()):
        raise ValueError(f"an emulator needs four points or more with a number each, not {np.isfinite(means).sum()}")
    middle, scale = float(means.mean()), float(means.std())
    if scale <= 1e-12 * max(1.0, abs(middle)):
        return Emulator(None, middle, 0.0)
    kernel = (ConstantKernel(1.0, WEIGHTS) * DotProduct(0.1, "fixed")
              + ConstantKernel(0.3, WEIGHTS) * Matern(np.full(unit.shape[1], 1.0), LENGTHS, nu=2.5))
    process = GaussianProcessRegressor(kernel, alpha=noise / scale**2 + JITTER, random_state=seed)
    with warnings.catch_warnings():
        # A length at its bound is a parameter that does nothing, or does it in a straight line.
        warnings.simplefilter("ignore", ConvergenceWarning)
        process.fit(unit - 0.5, (means - middle) / scale)
    return Emulator(process, middle, scale)


def of_replicates(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over replicates, and variance of that mean, float64 (n, outcomes) each, of values (n, replicates, outcomes).

    What a replicate adds at all points alike (a kind of county) is no noise. The variance of a point leans on that of
    all points, which counts as SHARED degrees of freedom (Smyth 2004). What is missing is left out; a mean of nothing
    is NaN. Raises ValueError for fewer than two replicates.
    """
    n, replicates, _ = values.shape
    if replicates < 2:
        raise ValueError("noise can't be told from one replicate; two are needed")
    there = np.isfinite(values)
    count = there.sum(axis=1)
    known = np.where(there, values, 0.0)
    means = np.where(count > 0, known.sum(axis=1) / np.maximum(count, 1), np.nan)
    apart = np.where(there, values - means[:, None], 0.0)
    shift = apart.sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    apart = np.where(there, apart - shift, 0.0)
    # A whole table of residuals has (n - 1) (replicates - 1) degrees of freedom.
    squares = np.square(apart).sum(axis=1) * n / max(n - 1, 1)
    free = np.maximum(count - 1, 0)
    shared = squares.sum(axis=0) / np.maximum(free.sum(axis=0), 1)
    own = (SHARED * shared + squares) / (SHARED + free)
    return means, own / np.maximum(count, 1)
