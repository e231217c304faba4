"""Matching: those who take part beside those most like them, by their propensity to take part."""

import numpy as np
import pandas as pd

from villagesim.study.fieldwork.estimates import CONTROLS, Estimate, coefficient, independent

# What is known of a household before anything began.
KNOWN = (*CONTROLS, "before")
# A match lies within so many standard deviations of the log-odds (Austin 2011, Pharmaceutical Statistics 10).
CALIPER = 0.2


def matching(data: pd.DataFrame) -> Estimate:
    """Mean of `outcome` of those who take part less that of their matches; errors clustered by village.

    data: columns outcome, before, takes_part, village, age, schooling, size. Log-odds come from a logit on KNOWN; each
    who takes part is matched with the nearest of the others, who may stand for several; who has none within CALIPER is
    left out. NaN where nobody takes part, all do, or what is known tells all of them apart.
    """
    odds = log_odds(data)
    takes = data["takes_part"].to_numpy(bool)
    if odds is None:
        return Estimate(float("nan"), float("nan"), len(data))
    from sklearn.neighbors import NearestNeighbors

    others = np.flatnonzero(~takes)
    distance, nearest = NearestNeighbors(n_neighbors=1).fit(odds[others, None]).kneighbors(odds[takes, None])
    close = distance[:, 0] <= CALIPER * odds.std()
    rows = np.concatenate([np.flatnonzero(takes)[close], others[nearest[close, 0]]])
    return coefficient(data.iloc[rows].reset_index(drop=True), "outcome ~ takes_part", "takes_part", "village")


def log_odds(data: pd.DataFrame) -> np.ndarray | None:
    """Log-odds of taking part by a logit on KNOWN, float64 (rows,); None where no maximum exists."""
    import statsmodels.api as models
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    takes = data["takes_part"].to_numpy(float)
    if takes.min() == takes.max():
        return None
    known = data[list(KNOWN)].to_numpy(float)
    known = (known - known.mean(axis=0)) / np.maximum(known.std(axis=0), np.finfo(float).tiny)
    design = models.add_constant(known, has_constant="add")
    design = design[:, independent(design, last=0)]
    model = models.Logit(takes, design)
    model.raise_on_perfect_prediction = True
    try:
        # On the way to a maximum that does not exist, odds grow beyond all numbers.
        with np.errstate(over="ignore"):
            fitted = model.fit(disp=0, maxiter=200, warn_convergence=False)
    except (PerfectSeparationError, np.linalg.LinAlgError):
        return None
    odds = design @ fitted.params
    return odds if fitted.mle_retvals["converged"] and np.isfinite(odds).all() else None
