"""The claims of the paper, evaluated: what paired runs say to each, and a verdict that is computed."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from villagesim.results import LEVEL, interval
from villagesim.study.claims import pathways as claim_pathways
from villagesim.study.claims.rows import BY_TYPE, HOLDS_LEVELS, Claim
from villagesim.study.claims.runs import Measured
from villagesim.study.measure import Measure, months

# Significant below this, after Holm: as the intervals are.
ALPHA = round(1.0 - LEVEL, 6)
SUPPORTED, NOT_SUPPORTED, OPPOSITE, TOO_SMALL = "supported", "not supported", "opposite", "too small to matter"
VERDICTS = (SUPPORTED, NOT_SUPPORTED, OPPOSITE, TOO_SMALL)
COLUMNS = ("id", "claim", "mechanism", "parameters", "levers", "design", "outcome", "groups", "months", "replicates",
           "effect", "unit", "low", "high", "p", "p_holm", "direction", "smallest", "verdict")


class Estimate(NamedTuple):
    """Mean over replicates, its 95 % t interval, two-sided p of no effect, and replicates that have the outcome."""

    effect: float
    low: float
    high: float
    p: float
    replicates: int


def estimate(values: np.ndarray) -> Estimate:
    """The mean of paired effects (n,), its interval, p of a two-sided t test; effects that are NaN are left out.

    >>> [round(number, 4) for number in estimate(np.array([1.0, 2.0, 3.0, np.nan]))]
    [2.0, -0.4841, 4.4841, 0.0742, 3]
    """
    from scipy.special import stdtr

    found = values[np.isfinite(values)]
    if found.size < 2:
        return Estimate(float("nan"), float("nan"), float("nan"), 1.0, int(found.size))
    mean, low, high = interval(found)
    error = float(found.std(ddof=1)) / np.sqrt(found.size)
    p = 2.0 * float(stdtr(found.size - 1, -abs(mean) / error)) if error > 0 else float(mean == 0)
    return Estimate(mean, low, high, p, int(found.size))


def holm(p: Sequence[float]) -> list[float]:
    """P values corrected for their number, in the same order: Holm (1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    corrected, highest = [1.0] * len(p), 0.0
    for rank, row in enumerate(sorted(range(len(p)), key=lambda row: p[row])):
        highest = max(highest, min(1.0, (len(p) - rank) * p[row]))
        corrected[row] = highest
    return corrected


def verdict(effect: float, low: float, high: float, p_holm: float, direction: int, smallest: float) -> str:
    """Supported: significant after Holm, in the paper's direction, at least the smallest effect of interest.

    Opposite: the same the other way. Too small to matter: the whole interval within the smallest effect either way.
    Else not supported: the runs do not tell.
    """
    if p_holm < ALPHA and abs(effect) >= smallest:
        return SUPPORTED if effect * direction > 0 else OPPOSITE
    return TOO_SMALL if -smallest < low and high < smallest else NOT_SUPPORTED


def evaluate(claims: Sequence[Claim], measured: Measured) -> pd.DataFrame:
    """A row a claim: what it rests on, its effect with interval, p (Holm over the rows given), and the verdict."""
    found = [_of_design(claim, measured) for claim in claims]
    corrected = holm([estimate.p for estimate in found])
    rows = []
    for claim, one, p in zip(claims, found, corrected, strict=True):
        levels = claim.design == HOLDS_LEVELS
        said = _levels_verdict(p) if levels else verdict(*one[:3], p, claim.direction, claim.smallest)
        unit = "tolerance" if levels else claim.measure.declared.unit
        rows.append((
            claim.id, claim.says, f"mechanisms/{claim.mechanism}.py", " ".join(claim.parameters),
            " ".join(claim.levers), claim.design, claim.measure.outcome, " ".join(claim.measure.groups),
            months(claim.measure), one.replicates, one.effect, unit, one.low, one.high, one.p, p, claim.direction,
            claim.smallest, said,
        ))
    return pd.DataFrame(rows, columns=COLUMNS)


def details(claims: Sequence[Claim], measured: Measured) -> pd.DataFrame:
    """What else each claim reports, without verdict: other outcomes, levels of the arms, more arms against the base."""
    rows: list[tuple[str, str, str, str, str, float, str, float, float]] = []

    def add(claim: Claim, what: str, asked: Measure, values: np.ndarray) -> None:
        rows.append((claim.id, what, asked.outcome, " ".join(asked.groups), months(asked), *_with_unit(asked, values)))

    for claim in claims:
        for role, scenario in claim.arms.items():
            add(claim, f"level: {role}", claim.measure, measured[scenario.name, claim.measure])
        for asked in claim.also:
            if claim.design == BY_TYPE:
                for role, scenario in claim.arms.items():
                    add(claim, f"level: {role}", asked, measured[scenario.name, asked])
            else:
                add(claim, "effect", asked, _contrast(claim, measured, asked))
        for role, scenario in claim.extra.items():
            base = measured[claim.arms["base"].name, claim.measure]
            add(claim, f"{role}, less base", claim.measure, measured[scenario.name, claim.measure] - base)
        if claim.pathways is not None:
            for what, weights in claim_pathways.contrasts(claim.id, claim.pathways).items():
                for asked in (claim.measure, *claim.also):
                    add(claim, what, asked, sum(weight * measured[name, asked] for name, weight in weights.items()))
        for level in claim.levels:
            add(claim, f"level (2022: {level.target:g} within {level.tolerance:g})", level.measure,
                measured[claim.arms["base"].name, level.measure])
    return pd.DataFrame(rows, columns=["id", "what", "outcome", "groups", "months", "value", "unit", "low", "high"])


def _with_unit(asked: Measure, values: np.ndarray) -> tuple[float, str, float, float]:
    found = estimate(values)
    return found.effect, asked.declared.unit, found.low, found.high


def _of_design(claim: Claim, measured: Measured) -> Estimate:
    """The effect that the claim's verdict rests on."""
    if claim.design == HOLDS_LEVELS:
        return _worst_level(claim, measured)
    return estimate(effects(claim, measured))


def effects(claim: Claim, measured: Measured) -> np.ndarray:
    """The effect of each replicate or member (n,); of levels, the worst miss, in units of its tolerance."""
    if claim.design == HOLDS_LEVELS:
        misses = _misses(claim, measured)
        return np.take_along_axis(misses, np.abs(misses).argmax(axis=0)[None], axis=0)[0]
    if claim.design == BY_TYPE:
        gained = np.array([[measured[claim.arms[f"{mix} in {kind}"].name, claim.measure] for mix in claim.mixes]
                           for kind in claim.types])
        return value_of_fit(gained)
    return _contrast(claim, measured, claim.measure)


def _contrast(claim: Claim, measured: Measured, asked: Measure) -> np.ndarray:
    """The weighted sum of the arms, replicate by replicate (n,)."""
    return sum(weight * measured[claim.arms[role].name, asked] for role, weight in claim.weights.items())


def value_of_fit(gained: np.ndarray) -> np.ndarray:
    """What each type's own best mix gives over the one mix that is best for all, mean over types (n,).

    gained (types, mixes, n). Which mix is best is read from the other replicates, so that luck is not taken for fit:
    nothing gained is 0 on average, and a wrong choice counts against.

    >>> value_of_fit(np.array([[[3.0, 3.0], [1.0, 1.0]], [[0.0, 0.0], [1.0, 1.0]]])).tolist()
    [0.5, 0.5]
    """
    others = gained.sum(axis=2, keepdims=True) - gained
    best, common = others.argmax(axis=1), others.mean(axis=0).argmax(axis=0)
    replicates = np.arange(gained.shape[2])
    own = np.array([gained[kind, best[kind], replicates] for kind in range(gained.shape[0])])
    return own.mean(axis=0) - gained[:, common, replicates].mean(axis=0)


def _worst_level(claim: Claim, measured: Measured) -> Estimate:
    """The largest miss of a published level in units of its tolerance, and the p of the test that all are within it.

    Two one-sided t tests a level (Schuirmann 1987); all must pass, so the largest p counts.
    """
    misses = _misses(claim, measured)
    found = [estimate(miss) for miss in misses]
    p = [max(_above(miss + 1.0), _above(1.0 - miss)) for miss in misses]
    return max(found, key=lambda one: abs(one.effect))._replace(p=max(p))


def _misses(claim: Claim, measured: Measured) -> np.ndarray:
    """How far each published level is missed, in units of its tolerance (levels, n)."""
    base = claim.arms["base"].name
    return np.array([(measured[base, level.measure] - level.target) / level.tolerance for level in claim.levels])


def _above(values: np.ndarray) -> float:
    """P of a one-sided t test that the mean is above 0."""
    two_sided, mean = estimate(values).p, float(np.nanmean(values))
    return two_sided / 2 if mean > 0 else 1.0 - two_sided / 2


def _levels_verdict(p_holm: float) -> str:
    """Supported: every level is told to lie within its tolerance."""
    return SUPPORTED if p_holm < ALPHA else NOT_SUPPORTED
