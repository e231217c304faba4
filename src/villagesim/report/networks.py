"""What the synthetic networks come out at, beside the surveyed ones that they are to resemble."""

from functools import cache
from typing import NamedTuple

import numpy as np

from villagesim.settings import WorldSettings
from villagesim.study.fieldwork import ties as surveyed_ties
from villagesim.world import geography, networks

# The county that is measured is drawn with this seed.
SEED = 1
# Cai, de Janvry and Sadoulet (2015), microdata: farmers of rice villages in Jiangxi, who named up to five others.
RICE = "rice villages, China (Cai, de Janvry and Sadoulet 2015)"
# Rogers, Ascroft and Roeling (1970), as in netdiffuseR: 690 farmers of 11 villages, who named whom; two bad rows are
# left out.
FARMERS = "farmers, Brazil (Rogers et al. 1970)"
# The Brazilian survey's design, and its one fitted number: the other pulls are those that reproduce the rice villages.
AS_FARMERS = surveyed_ties.FARMERS | {"popular_pull": 1.1}
HEADS = ("figure", f"synthetic (usual settings, seed {SEED})", RICE, "synthetic (as the farmers of Brazil)", FARMERS)
NEARLY_ALL = 0.99


class Surveyed(NamedTuple):
    """One figure of a network: its name here, what it is, and what surveys found (mean, lowest and highest village)."""

    name: str
    meaning: str
    rice: tuple[float, ...] = ()
    farmers: tuple[float, ...] = ()


SURVEYED = (
    Surveyed("group_size", "households of a natural village", (28.5, 8.0, 55.0), (62.7,)),
    Surveyed("degree", "mean degree inside it", (5.6, 4.1, 7.0), (4.95,)),
    Surveyed("clustering", "clustering inside it", (0.32, 0.20, 0.47), (0.35,)),
    Surveyed("giant", "share of it in the largest component", (0.98,), (0.94,)),
    Surveyed("reciprocity", "share of ties inside it that are returned", (0.27,), (0.16,)),
    Surveyed("inside", "ties inside the natural village", (0.82,)),
    Surveyed("inside_village", "ties inside the administrative village", (0.996,)),
    Surveyed("in_degree_gini", "Gini coefficient of the in-degree", (), (0.74,)),
)


@cache
def synthetic() -> dict[str, tuple[float, ...]]:
    """Each figure of SURVEYED in the synthetic county: mean over hamlets, and the extremes where surveys have them.

    Degree, clustering and component are of the network without directions, by the surveys' estimators.
    """
    settings = WorldSettings()
    counts = geography.household_counts(settings, SEED)
    ties, hamlet = networks.named(settings, SEED, counts), networks.hamlets(settings, SEED, counts)
    found = networks.describe(hamlet, ties.listener, ties.speaker)
    village, sizes = np.repeat(np.arange(len(counts)), counts), np.bincount(hamlet)
    found |= {"group_size_low": float(sizes.min()), "group_size_high": float(sizes.max()),
              "inside_village": float((village[ties.listener] == village[ties.speaker]).mean())}
    ends = {figure.name: ("", "_low", "_high") if len(figure.rice) > 1 else ("",) for figure in SURVEYED}
    return {name: tuple(found[name + end] for end in kinds) for name, kinds in ends.items()}


@cache
def as_farmers() -> dict[str, float]:
    """Each figure that the Brazilian survey has, in synthetic villages of its design: mean over villages."""
    settings = WorldSettings()._replace(**AS_FARMERS)
    counts = geography.household_counts(settings, SEED)
    ties, village = networks.named(settings, SEED, counts), np.repeat(np.arange(len(counts)), counts)
    found = networks.describe(village, ties.listener, ties.speaker)
    return {figure.name: found[figure.name] for figure in SURVEYED if figure.farmers}


def rows() -> list[tuple[str, ...]]:
    """A row a figure, under HEADS."""
    found, brazil = synthetic(), as_farmers()
    return [(figure.meaning, *map(shown, (
        found[figure.name], figure.rice, (brazil[figure.name],) if figure.name in brazil else (), figure.farmers)))
        for figure in SURVEYED]


def shown(values: tuple[float, ...]) -> str:
    """A figure with its extremes.

    >>> shown((5.61, 4.08, 7.0)), shown((0.3219,)), shown((0.9957,)), shown(())
    ('5.6 (4.1 to 7)', '0.32', '0.996', '')
    """
    if not values:
        return ""
    mean, *ends = (_plain(value) for value in values)
    return f"{mean} ({ends[0]} to {ends[1]})" if ends else mean


def _plain(value: float) -> str:
    """One digit above 1, else two, or three near 1."""
    return f"{value:.1f}".removesuffix(".0") if value > 1 else f"{value:.{3 if value > NEARLY_ALL else 2}f}"
