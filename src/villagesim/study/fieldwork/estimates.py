"""Estimators of published studies, made on simulated surveys: every one a statsmodels fit, or a plain mean.

Each takes a table (one row a household, or a household and year) and gives one Estimate.
"""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

CONTROLS = ("age", "schooling", "size")
NORMAL_95 = 1.959963984540054
# Columns that name groups: whole numbers that are no amounts.
GROUPS = ("village", "cluster", "unit", "time", "year")
# A column of length 1 whose rest beyond other columns is shorter than this is their sum.
SAME = 1e-9


class Estimate(NamedTuple):
    """A value with its standard error (NaN where the estimator has none) and the number of rows behind it."""

    value: float
    se: float
    n: int

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval."""
        return self.value - NORMAL_95 * self.se

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval."""
        return self.value + NORMAL_95 * self.se

    @property
    def significant(self) -> bool:
        """Whether the 95 % interval leaves out 0."""
        return self.low > 0 or self.high < 0


def intention_to_treat(data: pd.DataFrame) -> Estimate:
    """Effect of assignment on `outcome`, given `before` and controls; errors clustered by village.

    data: columns outcome, before, treated (by assignment), village, age, schooling, size.
    """
    return coefficient(data, f"outcome ~ treated + before + {' + '.join(CONTROLS)}", "treated", "village")


def ols_village_effects(data: pd.DataFrame) -> Estimate:
    """Effect of `treated` on `outcome` within villages, with controls; errors clustered by village."""
    return coefficient(data, f"outcome ~ treated + {' + '.join(CONTROLS)} + C(village)", "treated", "village")


def ols(data: pd.DataFrame) -> Estimate:
    """Slope of `outcome` on `treated`, with controls; errors clustered by village."""
    return coefficient(data, f"outcome ~ treated + {' + '.join(CONTROLS)}", "treated", "village")


def mean_by_village(data: pd.DataFrame) -> Estimate:
    """Mean of `outcome`; errors clustered by village."""
    return coefficient(data, "outcome ~ 1", "Intercept", "village")


def naive_gap(data: pd.DataFrame) -> Estimate:
    """How much more of `outcome` those have who take part, with controls: what a survey shows, selection and all.

    data: columns outcome, takes_part, village, age, schooling, size.
    """
    return coefficient(data, f"outcome ~ takes_part + {' + '.join(CONTROLS)}", "takes_part", "village")


def difference_of_means(data: pd.DataFrame) -> Estimate:
    """Mean of `outcome` of those who take part less that of the others; errors clustered by village."""
    return coefficient(data, "outcome ~ takes_part", "takes_part", "village")


def hazard_logit(data: pd.DataFrame, terms: str) -> Estimate:
    """Log-odds of adopting in a year by the first of `terms`, given the others and the year, in a discrete-time hazard.

    data: a row a household and year in which it had not yet adopted: adopts, year, and the columns that `terms` adds up
    as in a formula ("contacts + prevalence"). Years in which nobody adopted, or all who had not, say nothing and are
    left out. The value is NaN where no maximum exists.
    """
    import statsmodels.formula.api as formulas
    from statsmodels.tools.sm_exceptions import ModelWarning, PerfectSeparationError

    adopting = data.groupby("year")["adopts"].transform("mean")
    kept = data[(adopting > 0) & (adopting < 1)]
    first = terms.split(" + ")[0]
    try:
        with warnings.catch_warnings(), np.errstate(over="ignore"):
            # Where hardly anybody adopted there is no standard error, or no maximum is found in time: hundreds of lines
            # in a calibration, whose points lie that far out.
            warnings.simplefilter("ignore", ModelWarning)
            fitted = formulas.logit(f"adopts ~ {terms} + C(year)", kept).fit(disp=0, maxiter=100)
    except (PerfectSeparationError, np.linalg.LinAlgError, ValueError):
        return Estimate(float("nan"), float("nan"), len(kept))
    if not fitted.mle_retvals["converged"]:
        return Estimate(float("nan"), float("nan"), len(kept))
    return Estimate(float(fitted.params[first]), float(fitted.bse[first]), len(data))


def intra_class_correlation(outcome: np.ndarray, village: np.ndarray) -> float:
    """Share of the variance of `outcome` that lies between villages (one-way analysis of variance, unequal sizes)."""
    table = pd.DataFrame({"outcome": np.asarray(outcome, np.float64), "village": village})
    groups = table.groupby("village")["outcome"]
    sizes, means = groups.size().to_numpy(), groups.mean().to_numpy()
    n, k = sizes.sum(), len(sizes)
    between = float((sizes * (means - table["outcome"].mean()) ** 2).sum()) / (k - 1)
    within = float(((table["outcome"] - groups.transform("mean")) ** 2).sum()) / (n - k)
    typical = (n - (sizes**2).sum() / n) / (k - 1)
    whole = between + (typical - 1) * within
    return (between - within) / whole if whole > 0 else float("nan")


def combined(estimates: Sequence[Estimate]) -> Estimate:
    """The mean of estimates from independent samples, with the error of that mean by their own spread."""
    values = np.array([one.value for one in estimates])
    spread = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
    return Estimate(float(values.mean()), spread, sum(one.n for one in estimates))


def coefficient(data: pd.DataFrame, formula: str, term: str, cluster: str) -> Estimate:
    """The term's coefficient by least squares; NaN where the data can't tell it from the others, or hold no contrast.

    Of columns that others add up to (a control that is the same for all), the later ones are left out. Errors need two
    clusters and more rows than columns; else they are NaN.
    """
    import statsmodels.api as models
    import statsmodels.formula.api as formulas

    whole = data.astype({column: float for column in data.columns if data[column].dtype.kind in "biu"
                         and column not in GROUPS})
    model = formulas.ols(formula, whole)
    at = model.exog_names.index(term) if term in model.exog_names else None
    kept = [] if at is None else independent(model.exog, last=at)
    if at not in kept:
        return Estimate(float("nan"), float("nan"), len(whole))
    if len(kept) < model.exog.shape[1]:
        model, at = models.OLS(model.endog, model.exog[:, kept]), kept.index(at)
    groups = whole[cluster].to_numpy()
    if len(np.unique(groups)) < 2 or len(whole) <= len(kept):
        return Estimate(float(np.asarray(model.fit().params)[at]), float("nan"), len(whole))
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": groups})
    # Where nearly all answers are alike, a variance may come out as next to nothing below 0: its error is NaN.
    with np.errstate(invalid="ignore"):
        errors = np.asarray(fitted.bse)
    return Estimate(float(np.asarray(fitted.params)[at]), float(errors[at]), len(whole))


def independent(design: np.ndarray, last: int) -> list[int]:
    """Columns of a design (n, k), in order, without those that the ones before add up to; `last` comes after all."""
    basis, kept = np.zeros((len(design), 0)), []
    for place in [*(place for place in range(design.shape[1]) if place != last), last]:
        column = design[:, place]
        rest = column / max(float(np.linalg.norm(column)), np.finfo(float).tiny)
        for _ in range(2):
            rest = rest - basis @ (basis.T @ rest)
        size = float(np.linalg.norm(rest))
        if size > SAME:
            basis, kept = np.column_stack([basis, rest / size]), [*kept, place]
    return sorted(kept)
