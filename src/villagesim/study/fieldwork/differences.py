"""Difference-in-differences over a panel of units, each with a placebo and a test of what came before the start.

data: a row a unit and time, columns unit, cluster (by which errors are clustered), time (whole numbers), start (the
first time treated; NaN: never), treated (1 from the start on, else 0), outcome.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from villagesim.study.fieldwork.estimates import Estimate, coefficient, independent

UNITS, TIMES = "C(unit)", "C(time)"
# A placebo's start lies so many times before the true one, where so many and one more are there.
EARLIER = 2
# Times before the start that are asked whether they foretell it, at most.
LEADS = 3


class Differences(NamedTuple):
    """The effect by two estimators, and two checks. pre_trend: chance of leads so far from 0 without any trend."""

    two_way: Estimate
    imputed: Estimate
    placebo: Estimate
    pre_trend: float


def differences(data: pd.DataFrame) -> Differences:
    """Both estimates and both checks; NaN where the data can't tell one."""
    return Differences(two_way_fixed_effects(data), imputation(data), placebo(data), pre_trend(data))


def two_way_fixed_effects(data: pd.DataFrame) -> Estimate:
    """Effect of `treated` given effects of unit and time. Where starts differ and effects grow, it is biased."""
    return coefficient(data, f"outcome ~ treated + {UNITS} + {TIMES}", "treated", "cluster")


def imputation(data: pd.DataFrame) -> Estimate:
    """Effect that staggered starts do not bias (Borusyak, Jaravel, Spiess 2024).

    Effects of unit and time come from rows not yet treated; the estimate is the mean of what treated rows have beyond
    them. Its error comes from leaving out one cluster at a time (jackknife).
    """
    value = _imputed(data)
    clusters = data["cluster"].unique()
    others = np.array([_imputed(data[data["cluster"] != cluster]) for cluster in clusters])
    count = len(clusters)
    return Estimate(value, float(np.sqrt((count - 1) / count * ((others - others.mean()) ** 2).sum())), len(data))


def placebo(data: pd.DataFrame) -> Estimate:
    """The effect that a start before the true one seems to have, on rows before the true start alone: none is due."""
    before = _before(data)
    lead = min(EARLIER, _times_before(before) - 1)
    if lead < 1:
        return Estimate(float("nan"), float("nan"), len(before))
    return two_way_fixed_effects(before.assign(treated=(before["time"] >= before["start"] - lead).astype(float)))


def pre_trend(data: pd.DataFrame) -> float:
    """Chance of leads as far from 0 as these where nothing comes before the start [p-value], by an F test.

    On rows not yet treated alone, as Borusyak, Jaravel, Spiess (2024) ask for: leads are the last times before the
    start, against the earlier ones. NaN where there is only one time before a start, nobody to compare with, or nothing
    that differs.
    """
    import statsmodels.formula.api as formulas

    before = _before(data)
    ahead = before["start"] - before["time"]
    names = [f"lead_{lead}" for lead in range(1, min(LEADS, _times_before(before) - 1) + 1)]
    asked = before.assign(**{name: (ahead == lead).astype(float) for lead, name in enumerate(names, 1)})
    if not names or asked["cluster"].nunique() <= len(names) or asked["outcome"].nunique() < 2:
        return float("nan")
    model = formulas.ols(f"outcome ~ {UNITS} + {TIMES} + {' + '.join(names)}", asked)
    if len(independent(model.exog, last=model.exog.shape[1] - 1)) < model.exog.shape[1]:
        return float("nan")
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": asked["cluster"].to_numpy()})
    none = np.eye(len(model.exog_names))[[model.exog_names.index(name) for name in names]]
    return float(fitted.wald_test(none, use_f=True, scalar=True).pvalue)


def _before(data: pd.DataFrame) -> pd.DataFrame:
    return data[data["start"].isna() | (data["time"] < data["start"])]


def _times_before(before: pd.DataFrame) -> int:
    """Times before its start that every unit with one has."""
    starters = before[before["start"].notna()]
    return int(starters.groupby("unit")["time"].nunique().min()) if len(starters) else 0


def _imputed(data: pd.DataFrame) -> float:
    """NaN where no treated row has a unit and a time that untreated rows tell of, each linked with the others."""
    import statsmodels.formula.api as formulas

    treated = data["treated"] > 0
    clean = data[~treated]
    # A unit that is treated at all its times has no effect of its own to be taken off, nor a time without others.
    usable = data[treated & data["unit"].isin(clean["unit"]) & data["time"].isin(clean["time"])]
    if usable.empty:
        return float("nan")
    model = formulas.ols(f"outcome ~ {UNITS} + {TIMES}", clean)
    if len(independent(model.exog, last=0)) < model.exog.shape[1]:
        return float("nan")
    return float((usable["outcome"] - model.fit().predict(usable)).mean())
