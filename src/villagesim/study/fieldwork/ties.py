"""Who names whom, surveyed in simulated villages as the sources did: T5."""

import numpy as np

from villagesim.scenario import Scenario
from villagesim.settings import WorldSettings
from villagesim.world import geography, networks

# The design of the survey in Brazil (Rogers, Ascroft, Roeling 1970): villages, households in each, names given.
FARMERS = {"villages": 11, "townships": 1, "households": 63, "household_spread": 0.0, "friends": 2.68}
INSIDE = ("degree", "clustering", "giant", "reciprocity")


def values(today: Scenario, seed: int) -> dict[str, float]:
    """T5 in a county of the scenario: inside natural villages, and the skew of being named in villages of farmers.

    The pulls on whom to name are the scenario's in both.
    """
    settings = today.world
    counts = geography.household_counts(settings, seed)
    ties, hamlet = networks.named(settings, seed, counts), networks.hamlets(settings, seed, counts)
    near, whole = (networks.describe(groups, ties.listener, ties.speaker)
                   for groups in (hamlet, _villages(counts)))
    return {f"T5.{name}": near[name] for name in INSIDE} | {
        "T5.size": near["group_size"], "T5.hamlet": near["inside"], "T5.village": whole["inside"],
        } | farmers(settings, seed)


def farmers(settings: WorldSettings, seed: int) -> dict[str, float]:
    """T5 in villages of FARMERS' design: ties and clustering of a household, and how unequally often they are named."""
    settings = settings._replace(**FARMERS)
    counts = geography.household_counts(settings, seed)
    ties = networks.named(settings, seed, counts)
    found = networks.describe(_villages(counts), ties.listener, ties.speaker)
    return {"T5.farmers": found["degree"], "T5.closed": found["clustering"], "T5.skew": found["in_degree_gini"]}


def _villages(counts: np.ndarray) -> np.ndarray:
    """The village of each household [int64, shape (households,)]."""
    return np.repeat(np.arange(len(counts)), counts)
