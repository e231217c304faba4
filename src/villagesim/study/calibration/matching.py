"""History matching: waves of runs rule out, by emulators that know their error, what cannot have made the data.

A point is implausible by a target where its emulated mean is many standard deviations off: of what is published, of
the model's form (discrepancy, stated beforehand), and of the emulator (Craig et al. 1997; Vernon et al. 2010). What no
wave rules out is sampled evenly by subset simulation (Au, Beck 2001), and the next wave runs there.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from villagesim.study.calibration import emulator
from villagesim.study.calibration.emulator import Emulator
from villagesim.study.samplers import unit_design

# Keeps this luck apart from any other use of a study's seed.
STREAM = 0xCA1B
# Points that stand for what is left, the share of them that a level keeps at least, and levels and moves at most.
CLOUD, KEPT, LEVELS, MOVES = 1024, 0.1, 20, 12
# Moves after the last wave. A wave's points need not be even, what is told of what is left must be: after a dozen moves
# a number of twenty that nothing is known of still lies where those points did that the levels kept.
SETTLING = 300
NORMAL_95 = 1.959963984540054

Simulate = Callable[[str, np.ndarray], np.ndarray]
Choose = Callable[[str, Callable[[], np.ndarray]], np.ndarray]


class NothingLeftError(ValueError):
    """No point of the ranges varied can have made the data, as far as the emulators know. One line: by what."""


class Aim(NamedTuple):
    """A target as it is aimed at: value and standard deviations [its unit, or log points where log]."""

    name: str
    value: float
    published: float
    discrepancy: float
    log: bool = False

    @property
    def sd(self) -> float:
        """Of what is published and of the model's form together."""
        return float(np.hypot(self.published, self.discrepancy))

    def scaled(self, values: np.ndarray) -> np.ndarray:
        """Values as they are aimed at; a logarithm of nothing is NaN."""
        return np.log(np.where(values > 0, values, np.nan)) if self.log else np.asarray(values, np.float64)


class Rules(NamedTuple):
    """waves, points a wave; the cutoff of implausibility, and how many targets a point may miss; seed of all luck."""

    waves: int
    points: int
    cutoff: float = 3.0
    may_miss: int = 0
    seed: int = 1


class Wave(NamedTuple):
    """unit (n, k): its points. means, noise (n, aims): mean over replicates, scaled, and the variance of that mean.
    emulators: one an aim, None for aims out of reach. left: share of the unit cube that is left after it."""

    unit: np.ndarray
    means: np.ndarray
    noise: np.ndarray
    emulators: tuple[Emulator | None, ...]
    left: float


class History(NamedTuple):
    """waves, and cloud: points (CLOUD, k) spread evenly over what none of them rules out."""

    waves: tuple[Wave, ...]
    cloud: np.ndarray


def made(_: str, make: Callable[[], np.ndarray]) -> np.ndarray:
    """A wave's points, made anew."""
    return make()


def match(aims: Sequence[Aim], usual: np.ndarray, rules: Rules, simulate: Simulate, choose: Choose = made) -> History:
    """All waves. simulate(stage, unit (n, k)): values (n, replicates, aims), NaN where a run has none.

    usual (k,): where nothing is said. It is the last point of the first wave, for what is known to come near some aims
    lies in a corner that an even spread over many parameters leaves empty.
    choose(stage, make): a stage's points, as they were kept or else as `make` makes them. Raises NothingLeftError.
    """
    k = len(usual)
    waves: list[Wave] = []
    luck = np.random.default_rng([STREAM, rules.seed])
    cloud = luck.random((CLOUD, k))
    left = 1.0
    for number in range(rules.waves):
        stage = f"wave-{number + 1}"
        unit = choose(stage, lambda cloud=cloud: space_filling(cloud, rules.points) if waves else np.vstack(
            [unit_design("latin", k, rules.points - 1, rules.seed), usual]))
        means, noise = summarised(aims, simulate(stage, unit))
        emulators = _fitted(aims, waves, unit, means, noise, rules)
        reached = _reached(aims, emulators, cloud, rules.cutoff, luck)
        wave = Wave(unit, means, noise, tuple(one if ok else None for one, ok in zip(emulators, reached, strict=True)),
                    left)
        cloud, share = _narrowed(aims, (*waves, wave), cloud, rules, luck)
        left *= share
        waves.append(wave._replace(left=left))
    return History(tuple(waves), _settled(aims, waves, cloud, rules, luck))


def summarised(aims: Sequence[Aim], values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means over replicates, scaled as they are aimed at, and variances of these means: `emulator.of_replicates`."""
    scaled = np.stack([aim.scaled(values[..., place]) for place, aim in enumerate(aims)], axis=-1)
    return emulator.of_replicates(scaled)


def implausibility(aims: Sequence[Aim], emulators: Sequence[Emulator | None], unit: np.ndarray) -> np.ndarray:
    """How many standard deviations a point's emulated mean is off each aim, float64 (n, aims); 0 for one out of reach.

    |z - E f(x)| / sqrt(V published + V discrepancy + V emulator).
    """
    found = np.zeros((len(unit), len(aims)))
    for place, (aim, one) in enumerate(zip(aims, emulators, strict=True)):
        if one is not None:
            mean, variance = one.predict(unit)
            found[:, place] = np.abs(aim.value - mean) / np.sqrt(aim.sd**2 + variance)
    return found


def score(aims: Sequence[Aim], waves: Sequence[Wave], unit: np.ndarray, may_miss: int = 0) -> np.ndarray:
    """What a point (n, k) is held against the cutoff with, float64 (n,): the highest implausibility of any wave, where
    as many aims as it may miss are passed over."""
    worst = [np.sort(implausibility(aims, wave.emulators, unit), axis=1)[:, -1 - may_miss] for wave in waves]
    return np.max(worst, axis=0) if worst else np.zeros(len(unit))


def space_filling(pool: np.ndarray, n: int) -> np.ndarray:
    """n of the pool's points, each in turn the one farthest from those before it; the first lies at the middle."""
    if n >= len(pool):
        return pool
    chosen = [int(np.argmin(np.square(pool - pool.mean(axis=0)).sum(axis=1)))]
    nearest = np.square(pool - pool[chosen[0]]).sum(axis=1)
    while len(chosen) < n:
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, np.square(pool - pool[chosen[-1]]).sum(axis=1))
    return pool[chosen]


def checked(aims: Sequence[Aim], emulators: Sequence[Emulator | None], unit: np.ndarray, means: np.ndarray,
            noise: np.ndarray) -> list[tuple[str, int, float, float, float]]:
    """How well emulators foretell runs that they never saw, a row an aim.

    (aim, runs, share inside the 95 % interval of emulator and noise, R2, root mean square error over the aim's sd).
    """
    rows = []
    for place, (aim, one) in enumerate(zip(aims, emulators, strict=True)):
        here = np.isfinite(means[:, place])
        if one is None or here.sum() < 2:
            rows.append((aim.name, int(here.sum()), np.nan, np.nan, np.nan))
            continue
        mean, variance = one.predict(unit[here])
        off, whole = means[here, place] - mean, float(np.var(means[here, place]))
        inside = np.abs(off) <= NORMAL_95 * np.sqrt(variance + noise[here, place]) + 1e-12
        fit = 1.0 - float(np.mean(off**2)) / whole if whole > 0 else np.nan
        rows.append((aim.name, int(here.sum()), float(inside.mean()), fit, float(np.sqrt(np.mean(off**2))) / aim.sd))
    return rows


def _fitted(aims: Sequence[Aim], waves: Sequence[Wave], unit: np.ndarray, means: np.ndarray, noise: np.ndarray,
            rules: Rules) -> list[Emulator | None]:
    """Emulators of what the new runs and those earlier ones say that lie where the new ones were drawn."""
    parts = [(unit, means, noise)]
    for wave in waves:
        here = score(aims, waves, wave.unit, rules.may_miss) <= rules.cutoff
        parts.append((wave.unit[here], wave.means[here], wave.noise[here]))
    unit, means, noise = (np.concatenate(part) for part in zip(*parts, strict=True))
    fitted: list[Emulator | None] = []
    for place, aim in enumerate(aims):
        if waves and waves[-1].emulators[place] is None:
            fitted.append(None)
            continue
        here = np.isfinite(means[:, place])
        if here.sum() < 4:
            raise NothingLeftError(f"{aim.name} has a number at {here.sum()} of {len(here)} points: nothing can be "
                                   "learnt about it; leave it out, or vary other parameters")
        fitted.append(emulator.fit(unit[here], means[here, place], noise[here, place], rules.seed))
    return fitted


def _reached(aims: Sequence[Aim], emulators: Sequence[Emulator | None], cloud: np.ndarray, cutoff: float,
             luck: np.random.Generator) -> np.ndarray:
    """Whether any point reaches an aim: one that none does says nothing about where to look.

    Points spread over many parameters miss a small region, so that each aim is looked for by itself, level by level.
    """
    def alone(aim: Aim, one: Emulator | None) -> bool:
        return one is not None and _levelled(lambda unit: implausibility([aim], [one], unit)[:, 0], cloud, cutoff,
                                             luck)[1].min() <= cutoff

    return np.array([alone(aim, one) for aim, one in zip(aims, emulators, strict=True)])


def _narrowed(aims: Sequence[Aim], waves: Sequence[Wave], cloud: np.ndarray, rules: Rules,
              luck: np.random.Generator) -> tuple[np.ndarray, float]:
    """Points spread evenly over what is left, and the share that it is of what was."""
    cloud, values, share = _levelled(lambda unit: score(aims, waves, unit, rules.may_miss), cloud, rules.cutoff, luck)
    if values.max() <= rules.cutoff:
        return cloud, share
    worst = implausibility(aims, waves[-1].emulators, cloud[np.argmin(values)][None])[0]
    by = ", ".join(f"{aims[place].name} {worst[place]:.1f}" for place in np.argsort(-worst)[:3])
    raise NothingLeftError(f"wave {len(waves)} rules out everything: the nearest point is {values.min():.1f} sd "
                           f"off, and {rules.cutoff:g} are allowed (the worst of it: {by}); let more targets "
                           "be missed, widen ranges, or state a larger discrepancy")


def _settled(aims: Sequence[Aim], waves: Sequence[Wave], cloud: np.ndarray, rules: Rules,
             luck: np.random.Generator) -> np.ndarray:
    """The points of what is left after they have wandered long enough to be spread evenly over it."""
    def of(unit: np.ndarray) -> np.ndarray:
        return score(aims, waves, unit, rules.may_miss)

    return _wandered(of, cloud, of(cloud), rules.cutoff, luck, SETTLING)[0]


def _levelled(of: Callable[[np.ndarray], np.ndarray], cloud: np.ndarray, cutoff: float,
              luck: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    """Points spread evenly over where `of` is within the cutoff, its values there, and the share that this is: level by
    level, each of them the points below a falling limit, which then wander within it. Above the cutoff: not found."""
    share, values = 1.0, of(cloud)
    for _ in range(LEVELS):
        limit = max(cutoff, float(np.quantile(values, KEPT)))
        kept = values <= limit
        share *= float(kept.mean())
        seeds = luck.choice(np.flatnonzero(kept), CLOUD)
        cloud, values = _wandered(of, cloud[seeds], values[seeds], limit, luck)
        if limit <= cutoff:
            break
    return cloud, values, share


def _wandered(of: Callable[[np.ndarray], np.ndarray], cloud: np.ndarray, values: np.ndarray, limit: float,
              luck: np.random.Generator, moves: int = MOVES) -> tuple[np.ndarray, np.ndarray]:
    """Points moved by differences between two others (ter Braak 2006), never out of the cube or over the limit: their
    even spread stays."""
    n, k = cloud.shape
    for _ in range(moves):
        one, two = cloud[luck.permutation(n)], cloud[luck.permutation(n)]
        stride = 2.38 / np.sqrt(2 * k) * luck.random((n, 1)) ** 2
        proposed = cloud + stride * (one - two) + 0.01 * luck.normal(size=(n, k)) * luck.random((n, 1))
        inside = ((proposed >= 0) & (proposed <= 1)).all(axis=1)
        found = np.full(n, np.inf)
        if inside.any():
            found[inside] = of(proposed[inside])
        taken = found <= limit
        cloud, values = np.where(taken[:, None], proposed, cloud), np.where(taken, found, values)
    return cloud, values
