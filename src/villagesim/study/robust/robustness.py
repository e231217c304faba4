"""Robustness: which mix of levers does well over all sampled futures, by regret and by satisficing.

Both need no belief in how likely a future is beyond how it was sampled. Lempert, Popper and Bankes (2003); the measures
are reviewed by Herman, Reed, Zeff and Characklis (2015) and McPhail et al. (2018).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from villagesim.results import LEVEL, write_tables
from villagesim.study.games import RESAMPLES
from villagesim.study.robust.cases import wilson

# Keeps these resamples' luck apart from any other use of a study's seed.
STREAM = 0x4E62
TOP = 0.9


BOOK = {
    "mix": ("code", "mix of levers"),
    "measure": ("code", "over the futures: max: largest; p90: 90th percentile; mean"),
    "regret": ("unit of the outcome", "how far the mix falls behind the best mix of the same future"),
    "criterion": ("code", "all thresholds together, or one of them"),
    "n": ("1", "futures"),
    "share": ("share", "share of futures in which the mix is best, or meets the criterion"),
    "low": ("unit of the row", "lower end of the 95 % interval: of regret percentile bootstrap, of a share Wilson"),
    "high": ("unit of the row", "upper end of the same interval"),
}


class Threshold(NamedTuple):
    """What a mix must reach: an outcome at least (>=) or at most (<=) a value, in the outcome's unit."""

    outcome: str
    sense: Literal[">=", "<="]
    value: float


@dataclass(frozen=True)
class Robustness:
    """The tables of `regret`, `best` and `satisficing`; about names what they stand on, with "outcome" and "unit"."""

    regret: pd.DataFrame
    best: pd.DataFrame
    satisficing: pd.DataFrame
    about: dict[str, Any]

    def write(self, folder: str | Path) -> Path:
        """Write each table as CSV and Parquet into the folder; return it."""
        tables = {"regret": self.regret, "best": self.best, "satisficing": self.satisficing}
        return write_tables(folder, tables, self.about, BOOK)


def regret(outcomes: Any, mixes: Sequence[str], more: bool = True, seed: int = 1,
           resamples: int = RESAMPLES) -> pd.DataFrame:
    """Regret of each mix, a row a mix and measure: mix, measure (max, p90, mean), regret, low, high; outcome's unit.

    outcomes: (futures, mixes) or (futures, mixes, replicates), of which the mean is taken. The regret in a future is
    how far the mix falls behind the best mix in that future (Savage 1951); more: whether more of it is better. low and
    high: 95 % percentile bootstrap over futures, seeded; of the maximum, which no bootstrap knows, NaN.
    What is best is taken from the same runs, so luck counts as regret where replicates are few. Raises ValueError.
    """
    lost = _lost(_means(outcomes, mixes), more)
    rng = np.random.default_rng([STREAM, seed])
    drawn = np.stack([_of_regret(lost[rng.integers(0, len(lost), len(lost))]) for _ in range(resamples)])
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    low[0] = high[0] = np.nan
    measures = ("max", "p90", "mean")
    return pd.DataFrame([(mix, measure, value[place], below[place], above[place]) for place, mix in enumerate(mixes)
                         for measure, value, below, above in zip(measures, _of_regret(lost), low, high, strict=True)],
                        columns=["mix", "measure", "regret", "low", "high"])


def best(outcomes: Any, mixes: Sequence[str], more: bool = True) -> pd.DataFrame:
    """Share of futures in which each mix is the best, a row a mix: mix, n, share, low, high (95 % Wilson).

    outcomes as in `regret`. Mixes that tie share the future equally, so the shares add to 1. Raises ValueError.
    """
    first = _lost(_means(outcomes, mixes), more) == 0
    share = (first / first.sum(axis=1, keepdims=True)).mean(axis=0)
    low, high = wilson(share, len(first))
    return pd.DataFrame({"mix": list(mixes), "n": len(first), "share": share, "low": low, "high": high})


def meets(outcomes: Mapping[str, Any], mixes: Sequence[str], thresholds: Sequence[Threshold]) -> np.ndarray:
    """Whether a mix meets each threshold, bool (futures, mixes, thresholds); outcomes by name, each as in `regret`.

    Of mix m, `~meets(...)[:, m].all(axis=-1)` are the futures in which it fails. A replicate's luck is averaged out
    first: it's the mean that must meet the threshold. Raises ValueError.
    """
    if not thresholds:
        raise ValueError("no threshold: say what a mix must reach")
    met = []
    for threshold in thresholds:
        if threshold.outcome not in outcomes:
            raise ValueError(f"no outcome {threshold.outcome}; there are: {', '.join(outcomes)}")
        if threshold.sense not in (">=", "<="):
            raise ValueError(f"a threshold is >= or <=, not {threshold.sense}")
        values = _means(outcomes[threshold.outcome], mixes)
        met.append(values >= threshold.value if threshold.sense == ">=" else values <= threshold.value)
    if len({part.shape for part in met}) > 1:
        raise ValueError("outcomes differ in their number of futures: " + ", ".join(str(len(part)) for part in met))
    return np.stack(met, axis=-1)


def satisficing(outcomes: Mapping[str, Any], mixes: Sequence[str], thresholds: Sequence[Threshold]) -> pd.DataFrame:
    """Share of futures in which a mix meets its thresholds: mix, criterion, n, share, low, high (95 % Wilson).

    Starr's domain criterion (1962), with Simon's (1956) good enough in place of best. Of each mix a row for "all"
    thresholds together and one for each alone, which shows the binding one. Raises ValueError.
    """
    met = meets(outcomes, mixes, thresholds)
    told = [f"{threshold.outcome} {threshold.sense} {threshold.value:g}" for threshold in thresholds]
    share = np.concatenate([met.all(axis=-1, keepdims=True), met], axis=-1).mean(axis=0)
    low, high = wilson(share, len(met))
    return pd.DataFrame([(mix, criterion, len(met), share[m, c], low[m, c], high[m, c]) for m, mix in enumerate(mixes)
                         for c, criterion in enumerate(("all", *told))],
                        columns=["mix", "criterion", "n", "share", "low", "high"])


def _means(outcomes: Any, mixes: Sequence[str]) -> np.ndarray:
    """Outcomes (futures, mixes), mean over replicates. Raises ValueError for other shapes and what is not finite."""
    values = np.asarray(outcomes, np.float64)
    if values.ndim not in (2, 3) or 0 in values.shape or values.shape[1] != len(mixes):
        raise ValueError(f"outcomes must be (futures, {len(mixes)} mixes) or with replicates last, not {values.shape}")
    if not np.isfinite(values).all():
        count = int((~np.isfinite(values)).sum())
        raise ValueError(f"{count} of {values.size} outcomes are missing: finish the design, or leave these futures "
                         "out of every mix and say so")
    return values.mean(axis=2) if values.ndim == 3 else values


def _lost(values: np.ndarray, more: bool) -> np.ndarray:
    """How far each mix falls behind the best one, (futures, mixes)."""
    values = values if more else -values
    return values.max(axis=1, keepdims=True) - values


def _of_regret(lost: np.ndarray) -> np.ndarray:
    """Largest regret, its 90th percentile and its mean over futures, (3, mixes)."""
    return np.stack([lost.max(axis=0), np.quantile(lost, TOP, axis=0), lost.mean(axis=0)])
