"""A field experiment in a simulated county, analysed as a real one: effect, power, smallest effect it would find.

A trial is a TOML file: a scenario, what the treated get (`arm`), who is treated (villages, or households within them),
from when, the survey, and the estimator. The controls live on beside the treated, in the same market.
"""

from villagesim.study.trials.design import Asked, Compliance, Survey, Trial, arms, read_trial
from villagesim.study.trials.plan import CHECKED, DETECTED, ROWS, SIZES, Found, Power, power, simulate
from villagesim.study.trials.sample import compared, followed, survey

__all__ = [
    "CHECKED", "DETECTED", "ROWS", "SIZES", "Asked", "Compliance", "Found", "Power", "Survey", "Trial", "arms",
    "compared", "followed", "power", "read_trial", "simulate", "survey",
]
