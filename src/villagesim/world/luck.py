"""Draws of month 0, a column at a time: the same scalar draws as a run's, in compiled loops."""

import numpy as np

from villagesim import arithmetic, draws
from villagesim.compiled import compiled
from villagesim.declare import Fen, Real
from villagesim.draws import Purpose

# A household's draws belong to (village, place in the village), not to its row: a village that grows
# changes no luck in the others.
PLACES = 65536


@compiled
def _uniforms(seed, purpose, who, which, out):
    for row in range(who.shape[0]):
        out[row] = draws.uniform(seed, draws.WORLD_MONTH, int(who[row]), purpose, which)


@compiled
def _pair_uniforms(seed, purpose, who, which, out):
    for row in range(who.shape[0]):
        out[row] = draws.uniform(seed, draws.WORLD_MONTH, int(who[row]), purpose, int(which[row]))


@compiled
def _bells(seed, purpose, who, which, out):
    for row in range(who.shape[0]):
        out[row] = draws.bell(seed, draws.WORLD_MONTH, int(who[row]), purpose, which)


@compiled
def _powers(x, out):
    for row in range(x.shape[0]):
        out[row] = arithmetic.exp(x[row])


@compiled
def _whole_fen(yuan, out):
    for row in range(yuan.shape[0]):
        out[row] = arithmetic.whole_fen(yuan[row])


def uniforms(seed: int, purpose: Purpose, who: np.ndarray, which: int = 0) -> np.ndarray:
    """A draw in (0, 1) for each of `who` (int64, shape (n,)) [float64, shape (n,)]."""
    out = np.empty(len(who), Real)
    _uniforms(int(seed), int(purpose), who, int(which), out)
    return out


def pair_uniforms(seed: int, purpose: Purpose, who: np.ndarray, which: np.ndarray) -> np.ndarray:
    """A draw in (0, 1) for each pair of `who` and `which` (int64, shape (n,) each)."""
    out = np.empty(len(who), Real)
    _pair_uniforms(int(seed), int(purpose), who, which, out)
    return out


def bells(seed: int, purpose: Purpose, who: np.ndarray, which: int = 0) -> np.ndarray:
    """A nearly normal draw (mean 0, variance 1) for each of `who`; the purpose is a multiple of four."""
    out = np.empty(len(who), Real)
    _bells(int(seed), int(purpose), who, int(which), out)
    return out


def exp(x: np.ndarray) -> np.ndarray:
    """e to the x, by `arithmetic.exp`, element by element."""
    out = np.empty(len(x), Real)
    _powers(np.ascontiguousarray(x, Real), out)
    return out


def whole_fen(yuan: np.ndarray) -> np.ndarray:
    """The amounts in whole fen [fen, int64]."""
    out = np.empty(len(yuan), Fen)
    _whole_fen(np.ascontiguousarray(yuan, Real), out)
    return out


def households(village: np.ndarray) -> np.ndarray:
    """Who each household is to the draws: village x 65536 + place in it; `village` is sorted [int64, shape (n,)]."""
    village = village.astype(np.int64)
    return village * PLACES + np.arange(len(village)) - np.searchsorted(village, village)
