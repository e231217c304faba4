"""How far a number of the model moves a published target, beside what luck moves it: the arithmetic, without a run.

A target's value at the low and at the high end of a number's range comes from runs that share seed and county pair by
pair. The mean difference is told in widths of the target's published interval. What luck makes of that mean is told
from how pairs differ within a village setting (Student's t); what settings differ by is no luck.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from villagesim.evidence import CALIBRATE, Target
from villagesim.study.calibration.aims import KeptAsideError


class Movement(NamedTuple):
    """moved: from the low end to the high end, and luck: what luck alone stays within, both in widths of the target's
    interval. at_low, at_high: mean values, on the target's scale. seeds: pairs of runs that have the target."""

    at_low: float
    at_high: float
    moved: float
    luck: float
    seeds: int

    def pins(self, least: float) -> bool:
        """Whether the target moves by `least` widths or more, and by more than luck explains."""
        return bool(abs(self.moved) >= least and abs(self.moved) > self.luck)


NOTHING = Movement(*(float("nan"),) * 4, 0)


def width(one: Target) -> float:
    """The published interval's width on the target's scale. Raises KeptAsideError for a target that is kept aside."""
    if one.role != CALIBRATE:
        raise KeptAsideError(f"{one.id} is kept aside to validate, and pins nothing")
    low, high = scaled(one, np.array(one.range))
    return float(high - low)


def scaled(one: Target, values: np.ndarray) -> np.ndarray:
    """Values of a target on its scale, float64: the logarithm where that is its scale, NaN where there is none."""
    known = np.asarray(values, np.float64)
    if not one.logarithmic:
        return known
    return np.log(known, where=known > 0, out=np.full_like(known, np.nan))


def unscaled(one: Target, value: float) -> float:
    """A value on a target's scale, back in the target's unit."""
    return float(np.exp(value)) if one.logarithmic else value


def movement(low: np.ndarray, high: np.ndarray, setting: Sequence[int], wide: float, level: float) -> Movement:
    """The movement between runs at both ends (n,), paired, NaN where a run has no such value.

    setting: each pair's village setting, which count alike. wide: `width`. level: how often luck alone passes `luck`.
    luck is NaN where no setting has two pairs.
    """
    from scipy.special import stdtrit

    apart = np.asarray(high, np.float64) - np.asarray(low, np.float64)
    told = np.isfinite(apart)
    groups = [apart[told & (np.asarray(setting) == one)] for one in sorted(set(setting))]
    groups = [one for one in groups if len(one)]
    if not groups:
        return NOTHING
    free = int(told.sum()) - len(groups)
    moved = float(np.mean([one.mean() for one in groups]))
    inside = sum(float(np.square(one - one.mean()).sum()) for one in groups)
    error = np.sqrt(inside / free * sum(1 / len(one) for one in groups)) / len(groups) if free else np.nan
    luck = float(stdtrit(free, 1 - level / 2) * error) if free else float("nan")
    return Movement(float(np.mean(low[told])), float(np.mean(high[told])), moved / wide, luck / wide, int(told.sum()))
