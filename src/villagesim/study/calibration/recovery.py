"""Whole calibrations of data whose parameters are known: are these found again as often as the intervals claim?

Each truth is one of points spread over the ranges varied, of which more go on where fewer ended. Its own runs, off by
the errors of data and model, stand for what is published; waves, final runs and weights follow, as for what is.
Intervals that claim 90 % must then hold the truth in 90 % of cases (Cook, Gelman and Rubin 2006). `posterior.recovery`
asks this of the final runs alone.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from villagesim.results import write_tables
from villagesim.study.calibration import matching
from villagesim.study.calibration.calibrate import Asked, calibrate
from villagesim.study.calibration.posterior import TooFewError

# Luck of the truths and of their errors, apart from that of the waves.
STREAM = 0x7A17
BOOK = {
    "truth": ("1", "parameter set that was taken for the truth"),
    "parameter": ("code", "parameter"),
    "unit": ("code", "its unit"),
    "value": ("parameter's unit", "its value in truth"),
    "q05": ("parameter's unit", "5th percentile of what a calibration of the truth's data leaves; empty: lost"),
    "q50": ("parameter's unit", "median"),
    "q95": ("parameter's unit", "95th percentile"),
    "held": ("1", "the interval from the 5th to the 95th percentile holds the truth"),
    "kept": ("1", "the truth lies between the lowest and the highest value that the waves left"),
    "width": ("share", "width of that interval, of the range varied, on the scale it was spread over"),
    "space": ("share", "part of the volume varied over that was left after the last wave"),
    "targets": ("1", "targets that the truth's data have and some point reaches"),
}


@dataclass(frozen=True)
class Recovered:
    """table: a row a truth and parameter, columns as BOOK."""

    table: pd.DataFrame
    about: dict[str, Any]

    @property
    def intervals(self) -> pd.DataFrame:
        """The rows that have an interval: those of truths whose calibration came to an end."""
        return self.table[self.table["q50"].notna()]

    @property
    def lost(self) -> int:
        """Truths whose calibration left nothing, or too few runs to say anything, and said so."""
        return self.table["truth"].nunique() - self.intervals["truth"].nunique()

    @property
    def held(self) -> float:
        """Share of all intervals that hold the truth."""
        return float(self.intervals["held"].mean())

    @property
    def error(self) -> float:
        """Standard error of that share, by truths: intervals of one truth are right or wrong together."""
        shares = self.intervals.groupby("truth")["held"].mean()
        return float(shares.std(ddof=1) / np.sqrt(len(shares))) if len(shares) > 1 else float("nan")

    def parameters(self) -> pd.DataFrame:
        """A row a parameter: how many of the truths have an interval and are held, and the mean width."""
        return self.intervals.groupby("parameter", sort=False, as_index=False).agg(
            truths=("truth", "nunique"), held=("held", "mean"), width=("width", "mean"))

    def write(self, folder: str | Path) -> Path:
        """Write recovery.csv and .parquet; return the folder."""
        return write_tables(folder, {"recovery": self.table}, self.about, BOOK)


def recover(asked: Asked, truths: int, simulate: matching.Simulate, choose: matching.Choose = matching.made,
            about: dict[str, Any] | None = None) -> Recovered:
    """So many calibrations, each of another truth's data. simulate, choose: as `calibration.calibrate` takes them.

    A truth of which a calibration leaves nothing, or too few runs, is lost, and so is one whose data say nothing. What
    its data lack (NaN) is not aimed at.
    """
    unit = spread(truths, len(asked.factors), asked.rules.seed)
    means, _ = matching.summarised(asked.aims, simulate("truths", unit))
    rows = []
    for truth, (point, data) in enumerate(zip(unit, means, strict=True)):
        luck = np.random.default_rng([STREAM, asked.rules.seed, truth + 1])
        off = luck.normal(size=len(data)) * [aim.sd for aim in asked.aims]
        known = np.flatnonzero(np.isfinite(data))
        posed = tuple(asked.aims[place]._replace(value=float(data[place] + off[place])) for place in known)
        rows += _found(asked._replace(aims=posed), truth, point,
                       lambda stage, at, truth=truth, known=known: simulate(_stage(truth, stage), at)[..., known],
                       lambda stage, make, truth=truth: choose(_stage(truth, stage), make))
    facts = {"name": asked.name, "title": asked.title, "truths": truths, **asked.rules._asdict(), "final": asked.final,
             "members": asked.members, "targets": [aim.name for aim in asked.aims]}
    return Recovered(pd.DataFrame(rows, columns=list(BOOK)), (about or {}) | facts)


def spread(truths: int, k: int, seed: int) -> np.ndarray:
    """The truths, float64 (truths, k) on the unit cube: a scrambled Halton sequence, whose first stay the first."""
    from scipy.stats import qmc

    return qmc.Halton(k, rng=np.random.default_rng([STREAM, seed])).random(truths)


def _stage(truth: int, stage: str) -> str:
    """A stage's name in the store: the first wave's points and luck know nothing of the data, and are made once."""
    return stage if stage == "wave-1" else f"truth-{truth + 1}-{stage}"


def _found(asked: Asked, truth: int, point: np.ndarray, simulate: matching.Simulate,
           choose: matching.Choose) -> list[tuple]:
    """The rows of one truth."""
    values = [(factor.name, factor.unit, float(factor.at(point[place])))
              for place, factor in enumerate(asked.factors)]
    try:
        if len(asked.aims) <= asked.rules.may_miss:
            raise matching.NothingLeftError("the data say nothing")
        found = calibrate(asked, simulate, choose)
    except (matching.NothingLeftError, TooFewError):
        return [(truth, *one, np.nan, np.nan, np.nan, False, False, np.nan, 0.0, 0) for one in values]
    reached = int(found.targets["reached"].sum())
    rows = []
    for (name, unit, value), factor, row in zip(values, asked.factors, found.region.itertuples(), strict=True):
        width = float(factor.place_of(row.q95) - factor.place_of(row.q05))
        rows.append((truth, name, unit, value, row.q05, row.q50, row.q95, bool(row.q05 <= value <= row.q95),
                     bool(row.left_low <= value <= row.left_high), width, found.about["left"], reached))
    return rows
