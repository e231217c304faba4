"""Designs on the unit cube: where a sweep puts its points, and which analyses each design can feed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

# Keeps a design's luck apart from any other use of the study's seed.
STREAM = 0xDE51
# eFAST sums this many harmonics; SALib refuses curves of no more than 4 M^2 points.
HARMONICS = 4


# Curves of a search, each of its own phase: one has no intervals.
CURVES = 4


class Sampler(NamedTuple):
    """What n counts, the points that n makes of k factors, and the methods of `sensitivity` that the design feeds."""

    counts: str
    points: str
    methods: tuple[str, ...]


GIVEN = ("delta", "pawn", "rbd_fast", "hdmr")
SAMPLERS = {
    "saltelli": Sampler("base rows, a power of two", "n (2k + 2), or n (k + 2) without second order", ("sobol",)),
    "morris": Sampler("trajectories", "n (k + 1)", ("morris",)),
    "fast": Sampler("points of a search curve, more than 64", "n k for each set of curves", ("efast",)),
    "shapley": Sampler("trajectories", "n (k + 1)", ("shapley",)),
    "latin": Sampler("points", "n", GIVEN),
    "random": Sampler("points", "n", GIVEN),
}


def unit_design(sampler: str, factors: int, n: int, seed: int, second_order: bool = True,
                levels: int = 4, curves: int = CURVES) -> np.ndarray:
    """A design of SAMPLERS, float64 (points, factors) in [0, 1], in the order that its analysis counts on.

    saltelli: a scrambled Sobol' sequence, of which a prefix of 2^m base rows is again a design (Saltelli et al. 2010);
    second_order adds the rows that pairs need. morris: trajectories on a grid of so many levels (Morris 1991). fast:
    so many sets of curves of random phase, a curve a factor (Saltelli, Tarantola and Chan 1999); one set has no
    intervals. shapley: trajectories between two independent points (Goda 2021). latin: one point in each of n slices
    of every factor. random: independent points.

    Any seed from 0 is good: see salib_seed. Raises ValueError, in one line.
    """
    if sampler not in SAMPLERS:
        raise ValueError(f"sampler {sampler} is not known; allowed: {', '.join(SAMPLERS)}")
    if factors < 1 or n < 1:
        raise ValueError(f"a design needs at least one factor and n of at least 1, not {factors} and {n}")
    if sampler == "saltelli" and n & (n - 1):
        raise ValueError(f"saltelli: n = {n} is not a power of two; next: {2 ** (n.bit_length() - 1)} "
                         f"or {2 ** n.bit_length()}")
    if sampler == "fast" and curves < 1:
        raise ValueError(f"fast: needs at least one set of curves, not {curves}")
    if sampler == "fast" and (n <= 4 * HARMONICS**2 or factors < 2):
        raise ValueError(f"fast: needs more than {4 * HARMONICS**2} points a factor and two factors, not {n} and "
                         f"{factors}")
    if sampler == "morris" and (levels < 2 or levels % 2):
        raise ValueError(f"morris: levels must be an even number of at least 2, not {levels}")
    with global_luck_kept():
        sets = [_sampled(sampler, _problem(factors), n, salib_seed(seed) + i, second_order, levels)
                for i in range(curves if sampler == "fast" else 1)]
    # Arcsine and rescaling leave the cube by a rounding error.
    return np.clip(np.concatenate(sets).astype(np.float64), 0.0, 1.0)


def points_of(sampler: str, factors: int, n: int, second_order: bool) -> int:
    """The points of `unit_design`, without making it.

    >>> points_of("saltelli", 3, 8, True), points_of("fast", 3, 65, False), points_of("latin", 3, 65, False)
    (64, 780, 65)
    """
    match sampler:
        case "saltelli":
            return n * (2 * factors + 2 if second_order else factors + 2)
        case "morris" | "shapley":
            return n * (factors + 1)
        case "fast":
            return n * factors * CURVES
    return n


def salib_seed(seed: int) -> int:
    """A seed of SALib's for a study's seed: never 0, which SALib reads as no seed at all. Raises ValueError below 0.

    >>> salib_seed(0), salib_seed(1)
    (456636665, 173335823)
    """
    if seed < 0:
        raise ValueError(f"seed {seed} is negative")
    return int(np.random.SeedSequence([STREAM, seed]).generate_state(1)[0]) | 1


@contextmanager
def global_luck_kept() -> Iterator[None]:
    """Give numpy's global generator its state back at the end: parts of SALib seed it."""
    state = np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002


def _problem(factors: int) -> dict[str, Any]:
    """SALib's notation for so many factors on the unit cube."""
    return {"num_vars": factors, "names": [f"x{i}" for i in range(factors)], "bounds": [[0.0, 1.0]] * factors}


def _sampled(sampler: str, problem: dict[str, Any], n: int, seed: int, second_order: bool, levels: int) -> np.ndarray:
    from SALib.sample import fast_sampler, latin, morris, shapley, sobol

    match sampler:
        case "saltelli":
            return sobol.sample(problem, n, calc_second_order=second_order, scramble=True, seed=seed)
        case "morris":
            return morris.sample(problem, n, num_levels=levels, seed=seed)
        case "fast":
            return fast_sampler.sample(problem, n, M=HARMONICS, seed=seed)
        case "shapley":
            return shapley.sample(problem, n, seed=seed)
        case "latin":
            return latin.sample(problem, n, seed=seed)
    return np.random.default_rng(seed).random((n, problem["num_vars"]))
