"""Games of a few players: what each adds, what pairs and larger sets add together. Every index is linear in the worths.

A game gives each set of k players a worth; sets are numbered by their members' bits, player i being bit i, so that 0 is
nobody and 2^k - 1 everybody. The arrays hold worths along their last axis, of length 2^k.
"""

from itertools import combinations
from math import factorial

import numpy as np

# Fewer resamples leave visible noise in the ends of a 95 % percentile interval.
RESAMPLES = 4000
LEVEL = 0.95


def players_of(worths: np.ndarray) -> int:
    """Number of players of worths (..., 2^k)."""
    return int(worths.shape[-1]).bit_length() - 1


def members(coalition: int) -> tuple[int, ...]:
    """The players in a set.

    >>> members(0b1010)
    (1, 3)
    """
    return tuple(player for player in range(coalition.bit_length()) if coalition >> player & 1)


def sets_of(k: int, least: int = 1) -> list[int]:
    """All sets of at least so many of k players, small ones first, in the order of their members."""
    return [sum(1 << player for player in chosen) for size in range(least, k + 1)
            for chosen in combinations(range(k), size)]


def difference(coalition: int, background: int, k: int) -> np.ndarray:
    """Weights (2^k,) of the difference of differences that the set makes beside a background without its members.

    For a pair: v(S+ij) - v(S+i) - v(S+j) + v(S).
    """
    weights = np.zeros(2**k)
    for part in range(2**k):
        if part & coalition == part:
            weights[part | background] += (-1.0) ** (coalition.bit_count() - part.bit_count())
    return weights


def shapley_weights(coalition: int, k: int) -> np.ndarray:
    """Weights (2^k,) of a set's Shapley interaction index; for one player, of the Shapley value.

    I(T) = sum over S without T of (k-|S|-|T|)! |S|! / (k-|T|+1)! x the difference of T beside S: Grabisch and
    Roubens (1999). A player's value is what it adds on average when all join in an order drawn by lot.
    """
    size = coalition.bit_count()
    weights = np.zeros(2**k)
    for background in _without(coalition, k):
        joined = background.bit_count()
        share = factorial(k - joined - size) * factorial(joined) / factorial(k - size + 1)
        weights += share * difference(coalition, background, k)
    return weights


def contrast_weights(coalition: int, k: int) -> np.ndarray:
    """Weights (2^k,) of the plain 2^k contrast: the difference that the set makes, mean of all backgrounds alike.

    For one player its main effect; for a set of t players 2^(t-1) times what Yates calls the interaction effect, and
    the Banzhaf interaction index.
    """
    backgrounds = _without(coalition, k)
    return sum(difference(coalition, background, k) for background in backgrounds) / len(backgrounds)


def alone_weights(coalition: int, k: int) -> np.ndarray:
    """Weights (2^k,) of the difference that the set makes beside nobody (its Harsanyi dividend); of one: its gain."""
    return difference(coalition, 0, k)


def total_weights(k: int) -> np.ndarray:
    """Weights (2^k,) of what everybody together gains: v(all) - v(nobody)."""
    weights = np.zeros(2**k)
    weights[-1], weights[0] = 1.0, -1.0
    return weights


def synergy_weights(k: int) -> np.ndarray:
    """Weights (2^k,) of the total synergy: what all gain together less the sum of what each gains alone."""
    return total_weights(k) - sum(alone_weights(1 << player, k) for player in range(k))


def bootstrap(values: np.ndarray, rng: np.random.Generator, resamples: int = RESAMPLES) -> tuple[np.ndarray, ...]:
    """Means of replicates (n, m) and the ends of their 95 % percentile bootstrap intervals: three arrays (m,).

    Whole replicates are drawn with replacement, the same for all columns, which keeps their pairing. The ends are NaN
    for fewer than two replicates.
    """
    n = len(values)
    mean = values.mean(axis=0)
    if n < 2:
        return mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan)
    counts = rng.multinomial(n, np.full(n, 1.0 / n), size=resamples)
    low, high = np.quantile(counts @ values / n, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return mean, low, high


def log_odds(share: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Log-odds of a share among so many, half a case added to either side, so that 0 and 1 are finite.

    The empirical logit of Haldane (1956) and Anscombe (1956): log((s + 1/2) / (n - s + 1/2)), s = share x n.

    >>> log_odds(np.array([0.0, 0.5, 1.0]), np.array([9.5, 9.5, 9.5])).round(3).tolist()
    [-2.996, 0.0, 2.996]
    """
    cases = np.asarray(share, np.float64) * count
    return np.log((cases + 0.5) / (count - cases + 0.5))


def _without(coalition: int, k: int) -> list[int]:
    """All sets that hold none of the set's players."""
    return [background for background in range(2**k) if background & coalition == 0]
