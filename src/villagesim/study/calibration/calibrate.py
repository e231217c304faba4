"""Calibration: waves of history matching, then weights for what is left, and an ensemble of parameter sets.

The simulator is a function of points and of a stage's name, so the same code calibrates the model (`simulated.py`) and
the closed-form toys of its tests.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from villagesim.results import write_tables
from villagesim.study.calibration import matching, posterior
from villagesim.study.calibration.matching import Aim, History, Rules
from villagesim.study.calibration.posterior import Weighed
from villagesim.study.factors import Factor

FINAL = "final"
LEVEL = 0.9
# The point that suits the targets is sought by those whose interval holds at least this weight of the final runs.
MET = 0.05
ENDS = (0.05, 0.25, 0.5, 0.75, 0.95)
BOOK = {
    "stage": ("code", "wave of runs, or the final runs that are weighed"),
    "point": ("1", "point of the stage"),
    "left": ("1", "not ruled out by any wave's emulators"),
    "weight": ("share", "weight of the point among the final runs"),
    "target": ("code", "target"),
    "mean": ("target's unit", "mean over replicates; log points where the target is aimed at by its logarithm"),
    "noise": ("target's unit", "standard error of that mean by the luck of the runs"),
    "off": ("1", "standard deviations (published, discrepancy, noise) that the mean is off the target"),
    "runs": ("point", "points that the emulators had not seen"),
    "inside": ("share", "of these, inside the emulator's 95 % interval, noise counted in"),
    "r2": ("share", "part of their variance that the emulator foretells"),
    "error": ("1", "root mean square error of what it foretells, in standard deviations of the target"),
    "value": ("target's unit", "aim: middle of the published interval, or its logarithm"),
    "published": ("target's unit", "standard deviation of what is published"),
    "discrepancy": ("target's unit", "standard deviation allowed to the model's form, stated before fitting"),
    "log": ("1", "aimed at by its logarithm"),
    "reached": ("1", "some point of what was left reaches it; else it rules out nothing and has no weight"),
    "nearest": ("target's unit", "mean of the final runs, of any point, nearest to the aim"),
    "model_low": ("target's unit", "5th percentile over the weighed final runs"),
    "model_median": ("target's unit", "median over the weighed final runs"),
    "model_high": ("target's unit", "95th percentile over the weighed final runs"),
    "parameter": ("code", "parameter"),
    "unit": ("code", "its unit"),
    "low": ("parameter's unit", "lower end of the range that was varied over"),
    "high": ("parameter's unit", "upper end of the range that was varied over"),
    "usual": ("parameter's unit", "value where nothing else is said"),
    "spread": ("code", "how the range is spread evenly: as it is (uniform) or by its logarithm (log)"),
    "left_low": ("parameter's unit", "lowest value that is left"),
    "left_high": ("parameter's unit", "highest value that is left"),
    "q05": ("parameter's unit", "5th percentile of the weighed runs"),
    "q25": ("parameter's unit", "25th percentile"),
    "q50": ("parameter's unit", "median"),
    "q75": ("parameter's unit", "75th percentile"),
    "q95": ("parameter's unit", "95th percentile"),
    "fitting": ("parameter's unit", "where it suits the targets, by the emulators, moved no more than needed"),
    "pinned": ("share", "part by which the targets narrow the 90 % interval, of its width over the range varied"),
    "recovered": ("share", "runs taken for the truth whose parameter the 90 % interval held (stated: 0.9)"),
    "recovered_width": ("share", "mean width of that interval, of the range varied"),
    "space": ("share", "part of the volume varied over that is left after the stage"),
    "member": ("1", "member of the ensemble"),
}


class Asked(NamedTuple):
    """factors: parameters and their ranges. usual: their values where nothing is said. final: runs that are weighed."""

    name: str
    title: str
    factors: tuple[Factor, ...]
    usual: tuple[float, ...]
    aims: tuple[Aim, ...]
    rules: Rules
    final: int
    members: int


@dataclass(frozen=True)
class Calibration:
    """What a calibration found: points, runs (long), checks, targets, region, space, cloud, ensemble, as BOOK says."""

    points: pd.DataFrame
    runs: pd.DataFrame
    checks: pd.DataFrame
    targets: pd.DataFrame
    region: pd.DataFrame
    space: pd.DataFrame
    cloud: pd.DataFrame
    ensemble: pd.DataFrame
    about: dict[str, Any]

    def write(self, folder: str | Path) -> Path:
        """Write each table as CSV and Parquet; return the folder."""
        names = ("points", "runs", "checks", "targets", "region", "space", "cloud", "ensemble")
        units = dict(zip(self.region["parameter"], self.region["unit"], strict=True))
        book = BOOK | {name: (unit, "parameter") for name, unit in units.items()}
        return write_tables(folder, {name: getattr(self, name) for name in names}, self.about, book)


def calibrate(asked: Asked, simulate: matching.Simulate, choose: matching.Choose = matching.made,
              about: dict[str, Any] | None = None) -> Calibration:
    """Waves, final runs, weights and ensemble. simulate, choose: as `matching.match` takes them.

    Raises NothingLeftError; TooFewError where too few final runs have all targets.
    """
    from threadpoolctl import threadpool_limits

    # Small matrices: more threads only wait for each other, and sums would depend on how many there are.
    with threadpool_limits(1, "blas"):
        return _calibrated(asked, simulate, choose, about or {})


def _calibrated(asked: Asked, simulate: matching.Simulate, choose: matching.Choose,
                about: dict[str, Any]) -> Calibration:
    aims, rules = asked.aims, asked.rules
    usual = np.array([factor.place_of(value) for factor, value in zip(asked.factors, asked.usual, strict=True)])
    history = matching.match(aims, usual, rules, simulate, choose)
    unit = choose(FINAL, lambda: history.cloud[:asked.final])
    means, noise = matching.summarised(aims, simulate(FINAL, unit))
    reached = [place for place, one in enumerate(history.waves[-1].emulators) if one is not None]
    if not reached:
        raise matching.NothingLeftError("no target is reached anywhere in the ranges varied")
    kept = [aims[place] for place in reached]
    weighed = posterior.weigh(posterior.distance(kept, means[:, reached]), asked.members)
    held, width = posterior.recovery(unit, means[:, reached], kept, asked.members, rules.seed, LEVEL)
    rows = posterior.drawn(weighed.weight, asked.members, rules.seed)
    met = [place for place in reached if _inside(aims[place], means[:, place], weighed.weight) >= MET]
    ends = ((1.0 - LEVEL) / 2, (1.0 + LEVEL) / 2)
    within = np.array([posterior.quantiles(column, weighed.weight, ends) for column in unit.T])
    fitting = posterior.fitting([aims[place] for place in met],
                                [history.waves[-1].emulators[place] for place in met], usual, within)
    stages = [*((f"wave-{number + 1}", wave.unit, wave.means, wave.noise) for number, wave in
                enumerate(history.waves)), (FINAL, unit, means, noise)]
    facts = {
        "name": asked.name, "title": asked.title, "targets": [aim.name for aim in aims],
        "out_of_reach": [aim.name for place, aim in enumerate(aims) if place not in reached],
        "left": history.waves[-1].left, "widened": weighed.widened, "effective_runs": weighed.effective,
        "unwidened_runs": weighed.unwidened,
        "distinct_members": len(set(rows.tolist())), **rules._asdict(), "final": len(unit),
        "members": asked.members,
        "how": "history matching, then runs spread evenly over what is left, weighed by exp(-d^2 / (2 widened^2)), "
               "d the distance from the reached targets in standard deviations; members by systematic resampling",
    }
    return Calibration(
        _points(asked, history, stages, weighed), _runs(aims, stages), _checks(aims, history, stages),
        _targets(aims, reached, means, weighed), _region(asked, history, unit, weighed, held, width, fitting),
        pd.DataFrame([(stages[number][0], wave.left) for number, wave in enumerate(history.waves)],
                     columns=["stage", "space"]),
        _valued(asked, history.cloud), _ensemble(asked, unit[rows]), about | facts)


def _inside(aim: Aim, means: np.ndarray, weight: np.ndarray) -> float:
    """Weight of the runs whose mean lies in the published interval [share]."""
    return float(weight[np.abs(means - aim.value) <= 2.0 * aim.published].sum())


def _valued(asked: Asked, unit: np.ndarray) -> pd.DataFrame:
    """The parameters' values at points of the unit cube, a column a parameter."""
    return pd.DataFrame({factor.name: factor.at(unit[:, place]) for place, factor in enumerate(asked.factors)})


def _ensemble(asked: Asked, unit: np.ndarray) -> pd.DataFrame:
    found = _valued(asked, unit)
    found.insert(0, "member", range(len(unit)))
    found.insert(1, "weight", 1 / len(unit))
    return found


def _points(asked: Asked, history: History, stages: list[tuple], weighed: Weighed) -> pd.DataFrame:
    frames = []
    for stage, unit, _, _ in stages:
        left = matching.score(asked.aims, history.waves, unit, asked.rules.may_miss) <= asked.rules.cutoff
        weight = weighed.weight if stage == FINAL else np.nan
        frames.append(pd.DataFrame({"stage": stage, "point": range(len(unit)), "left": left, "weight": weight}).join(
            _valued(asked, unit)))
    return pd.concat(frames, ignore_index=True)


def _runs(aims: tuple[Aim, ...], stages: list[tuple]) -> pd.DataFrame:
    frames = []
    for stage, unit, means, noise in stages:
        for place, aim in enumerate(aims):
            off = (means[:, place] - aim.value) / np.sqrt(aim.sd**2 + noise[:, place])
            frames.append(pd.DataFrame({"stage": stage, "point": range(len(unit)), "target": aim.name,
                                        "mean": means[:, place], "noise": np.sqrt(noise[:, place]), "off": off}))
    return pd.concat(frames, ignore_index=True)


def _checks(aims: tuple[Aim, ...], history: History, stages: list[tuple]) -> pd.DataFrame:
    """Each wave's emulators against the runs of the next stage, which they never saw."""
    rows = []
    for number, wave in enumerate(history.waves):
        _, unit, means, noise = stages[number + 1]
        rows += [(stages[number][0], *row) for row in matching.checked(aims, wave.emulators, unit, means, noise)]
    return pd.DataFrame(rows, columns=["stage", "target", "runs", "inside", "r2", "error"])


def _targets(aims: tuple[Aim, ...], reached: list[int], means: np.ndarray, weighed: Weighed) -> pd.DataFrame:
    rows = []
    for place, aim in enumerate(aims):
        known = means[:, place][np.isfinite(means[:, place])]
        heavy = np.isfinite(means[:, place]) & (weighed.weight > 0)
        spread = posterior.quantiles(means[heavy, place], weighed.weight[heavy], (0.05, 0.5, 0.95)) if heavy.any() \
            else np.full(3, np.nan)
        nearest = known[np.argmin(np.abs(known - aim.value))] if known.size else np.nan
        rows.append((aim.name, aim.value, aim.published, aim.discrepancy, aim.log, place in reached, nearest, *spread))
    return pd.DataFrame(rows, columns=["target", "value", "published", "discrepancy", "log", "reached", "nearest",
                                       "model_low", "model_median", "model_high"])


def _region(asked: Asked, history: History, unit: np.ndarray, weighed: Weighed, held: np.ndarray,
            width: np.ndarray, fitting: np.ndarray) -> pd.DataFrame:
    rows = []
    for place, factor in enumerate(asked.factors):
        at = posterior.quantiles(unit[:, place], weighed.weight, ENDS)
        pinned = 1.0 - (at[-1] - at[0]) / LEVEL
        values = factor.at(at)
        # Where it lies at an end, a logarithm and back again would move it out by a last digit.
        suits = float(np.clip(factor.at(fitting[place]), values[0], values[-1]))
        left = factor.at(np.array([history.cloud[:, place].min(), history.cloud[:, place].max()]))
        rows.append((factor.name, factor.unit, factor.low, factor.high, asked.usual[place], factor.kind, *left,
                     *values, suits, max(0.0, pinned), held[place], width[place]))
    return pd.DataFrame(rows, columns=["parameter", "unit", "low", "high", "usual", "spread", "left_low", "left_high",
                                       "q05", "q25", "q50", "q75", "q95", "fitting", "pinned", "recovered",
                                       "recovered_width"])
