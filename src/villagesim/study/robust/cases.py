"""Cases: sampled futures and which of them fail, checked before anything is learnt from them; shares of cases."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from villagesim.results import LEVEL

# Fewer held-out parts leave too few futures to learn from, more of them only cost time.
FOLDS = 5


class CasesError(ValueError):
    """Futures from which nothing can be learnt, and what to change."""


def checked(futures: pd.DataFrame, fails: Any) -> tuple[pd.DataFrame, np.ndarray]:
    """Futures with numbers as float64 and all else as text, rows numbered from 0; and fails as bool (n,).

    Truth values count as text: they have no order. Raises CasesError for other lengths, columns of one name, values
    that are missing or not finite, a `fails` that is not all true or false, and where all or none fail.
    """
    fails = np.asarray(fails)
    if fails.shape != (len(futures),):
        raise CasesError(f"{len(futures)} futures, but fails has shape {fails.shape}")
    if not futures.columns.is_unique:
        raise CasesError("two columns of futures have one name")
    if fails.dtype != bool:
        raise CasesError(f"fails must be true or false, not {fails.dtype}")
    count = int(fails.sum())
    if count in (0, len(fails)):
        many, change = ("none", "stricter") if count == 0 else ("all", "weaker")
        raise CasesError(f"{many} of {len(fails)} futures fail: set {change} thresholds, or sample wider ranges")
    return pd.DataFrame({name: _column(name, futures[name]) for name in futures.columns}), fails


def numeric(column: pd.Series) -> bool:
    """Whether a checked column holds numbers."""
    return column.dtype == np.float64


def wilson(share: Any, n: Any) -> tuple[Any, Any]:
    """Ends of the 95 % interval of a share among n cases by Wilson (1927); NaN where n is 0.

    The formula takes shares that are no whole number of cases, as where a tie counts half.
    """
    from scipy.special import ndtri

    share, n = np.asarray(share, np.float64), np.asarray(n, np.float64)
    z2 = float(ndtri(0.5 + LEVEL / 2)) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = np.sqrt(z2 * (share * (1 - share) + z2 / (4 * n)) / n) / (1 + z2 / n)
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)


def folds(fails: np.ndarray, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows to learn from and rows held out, FOLDS times, each future held out once, failing ones spread evenly.

    Raises CasesError where fewer than FOLDS futures fail, or fewer than FOLDS do not.
    """
    from sklearn.model_selection import StratifiedKFold

    if min(fails.sum(), (~fails).sum()) < FOLDS:
        raise CasesError(f"{int(fails.sum())} of {len(fails)} futures fail: a check on held-out futures needs at least "
                         f"{FOLDS} that fail and {FOLDS} that do not; sample more futures")
    split = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    return split.split(np.zeros((len(fails), 1)), fails)


def _column(name: str, column: pd.Series) -> np.ndarray:
    """One column's values as float64 or as text. Raises CasesError for what is missing or not finite."""
    missing = column.isna().to_numpy()
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        values = column.to_numpy(np.float64, na_value=np.nan)
        missing = missing | ~np.isfinite(values)
    else:
        values = column.astype(str).to_numpy(object)
    if missing.any():
        raise CasesError(f"{name} is missing or not finite in {int(missing.sum())} of {len(column)} futures, the first "
                         f"of them in row {int(np.argmax(missing))}: finish the design, or leave these futures out "
                         "and say so")
    return values
