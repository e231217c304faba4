"""Estimators of published studies, made on simulated surveys: every one a statsmodels fit, or a plain mean.

Each takes a table (one row a household, a household and year, or a county and year) and gives one Estimate.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

CONTROLS = ("age", "schooling", "size")
NORMAL_95 = 1.959963984540054
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
    return _ols(data, f"outcome ~ treated + before + {' + '.join(CONTROLS)}", "treated", "village")


def ols_village_effects(data: pd.DataFrame) -> Estimate:
    """Effect of `treated` on `outcome` within villages, with controls; errors clustered by village."""
    return _ols(data, f"outcome ~ treated + {' + '.join(CONTROLS)} + C(village)", "treated", "village")


def ols(data: pd.DataFrame) -> Estimate:
    """Slope of `outcome` on `treated`, with controls; errors clustered by village."""
    return _ols(data, f"outcome ~ treated + {' + '.join(CONTROLS)}", "treated", "village")


def mean_by_village(data: pd.DataFrame) -> Estimate:
    """Mean of `outcome`; errors clustered by village."""
    return _ols(data, "outcome ~ 1", "Intercept", "village")


def naive_gap(data: pd.DataFrame) -> Estimate:
    """How much more of `outcome` those have who sell, with controls: what a survey shows, selection and all."""
    return _ols(data, f"outcome ~ sells + {' + '.join(CONTROLS)}", "sells", "village")


def difference_of_means(data: pd.DataFrame) -> Estimate:
    """Mean of `outcome` of those who sell less that of the others; errors clustered by village."""
    return _ols(data, "outcome ~ sells", "sells", "village")


def two_way_fixed_effects(data: pd.DataFrame) -> Estimate:
    """Difference-in-differences over a panel of counties: effects of county and year, errors clustered by county.

    data: columns outcome, treated (1 from the county's first year under the programme), county, year.
    """
    return _ols(data, "outcome ~ treated + C(county) + C(year)", "treated", "county")


def imputation(data: pd.DataFrame) -> Estimate:
    """Difference-in-differences that staggered starts do not bias (Borusyak, Jaravel, Spiess 2024).

    Effects of county and year come from rows not yet treated; the estimate is the mean of what treated rows have beyond
    them. Its error comes from leaving out one county at a time (jackknife).
    """
    value = _imputed(data)
    counties = data["county"].unique()
    others = np.array([_imputed(data[data["county"] != county]) for county in counties])
    count = len(counties)
    return Estimate(value, float(np.sqrt((count - 1) / count * ((others - others.mean()) ** 2).sum())), len(data))


def pre_trend(data: pd.DataFrame, lead: int = 2) -> Estimate:
    """A placebo: the same estimate with every start moved `lead` years back, on years before the true start alone.

    data: as for `two_way_fixed_effects`, with the column start (first year treated; NaN: never).
    """
    before = data[data["start"].isna() | (data["year"] < data["start"])]
    return two_way_fixed_effects(before.assign(treated=(before["year"] >= before["start"] - lead).astype(float)))


def hazard_logit(data: pd.DataFrame, terms: str) -> Estimate:
    """Log-odds of adopting in a year by the first of `terms`, given the others and the year, in a discrete-time hazard.

    data: a row a household and year in which it had not yet adopted: adopts, year, and the columns that `terms` adds up
    as in a formula ("contacts + prevalence"). Years in which nobody adopted say nothing and are left out. The value is
    NaN where no maximum exists.
    """
    import statsmodels.formula.api as formulas
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    kept = data[data.groupby("year")["adopts"].transform("sum") > 0]
    first = terms.split(" + ")[0]
    try:
        fitted = formulas.logit(f"adopts ~ {terms} + C(year)", kept).fit(disp=0, method="bfgs", maxiter=500)
    except (PerfectSeparationError, np.linalg.LinAlgError, ValueError):
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


ESTIMATORS: dict[str, Callable[[pd.DataFrame], Estimate]] = {
    "intention_to_treat": intention_to_treat,
    "ols_village_effects": ols_village_effects,
    "ols": ols,
    "naive_gap": naive_gap,
    "difference_of_means": difference_of_means,
    "two_way_fixed_effects": two_way_fixed_effects,
    "imputation": imputation,
}


def combined(estimates: Sequence[Estimate]) -> Estimate:
    """The mean of estimates from independent samples, with the error of that mean by their own spread."""
    values = np.array([one.value for one in estimates])
    spread = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
    return Estimate(float(values.mean()), spread, sum(one.n for one in estimates))


def _ols(data: pd.DataFrame, formula: str, term: str, cluster: str) -> Estimate:
    """The term's coefficient; NaN where the data can't tell it from the other columns, or hold no contrast.

    Of columns that others add up to (a control that is the same for all), the later ones are left out. Errors need two
    clusters; with one they are NaN.
    """
    import statsmodels.api as models
    import statsmodels.formula.api as formulas

    whole = data.astype({column: float for column in data.columns if data[column].dtype.kind in "biu"
                         and column not in (cluster, "village", "county", "year")})
    model = formulas.ols(formula, whole)
    at = model.exog_names.index(term) if term in model.exog_names else None
    kept = [] if at is None else _independent(model.exog, last=at)
    if at not in kept:
        return Estimate(float("nan"), float("nan"), len(whole))
    if len(kept) < model.exog.shape[1]:
        model, at = models.OLS(model.endog, model.exog[:, kept]), kept.index(at)
    groups = whole[cluster].to_numpy()
    if len(np.unique(groups)) < 2:
        return Estimate(float(np.asarray(model.fit().params)[at]), float("nan"), len(whole))
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": groups})
    return Estimate(float(np.asarray(fitted.params)[at]), float(np.asarray(fitted.bse)[at]), len(whole))


def _independent(design: np.ndarray, last: int) -> list[int]:
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


def _imputed(data: pd.DataFrame) -> float:
    """NaN where no treated row has a county and a year that untreated rows tell of, each linked with the others."""
    import statsmodels.formula.api as formulas

    treated = data["treated"] > 0
    clean = data[~treated]
    # A county that is treated in all its years has no effect of its own to be taken off, nor a year without others.
    usable = data[treated & data["county"].isin(clean["county"]) & data["year"].isin(clean["year"])]
    if usable.empty:
        return float("nan")
    model = formulas.ols("outcome ~ C(county) + C(year)", clean)
    if len(_independent(model.exog, last=0)) < model.exog.shape[1]:
        return float("nan")
    return float((usable["outcome"] - model.fit().predict(usable)).mean())
