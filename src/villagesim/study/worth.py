"""What programmes are worth: cost and effect in each county against the base, and which one is best at what price.

Costs and effects are of the whole programme, means of its household-years, with no discounting. The probability that a
programme is the best one is about its mean over counties and luck within the model as it is set: more replicates make
it surer, and what nobody knows about the parameters is no part of it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from villagesim.outcomes import FEN_PER_YUAN, FLOW_MONTHS, OUTCOME
from villagesim.results import Run
from villagesim.study.games import RESAMPLES

# Keeps the resamples' luck apart from any other use of the study's seed.
STREAM = 0xCEAC
STEPS = 100
LEVEL = 0.95
CORNERS = 120
# Net benefits closer than this share of their size are the same.
TIE = 1e-9


class Effect(NamedTuple):
    """What money may buy: an outcome over a group of households, and what is paid for a unit of it, up to `most`."""

    name: str
    outcome: str
    group: str
    unit: str
    price: str
    most: float


EFFECTS = (
    Effect("adoption", "adoption", "all", "share", "yuan/seller/year", 50_000.0),
    Effect("income", "income_mean", "all", "yuan/household/year", "yuan/yuan", 5.0),
    Effect("income_poor", "income_mean", "poor", "yuan/household/year", "yuan/yuan", 5.0),
)
EFFECT = {effect.name: effect for effect in EFFECTS}
COLUMNS = {
    "replicate": ("run", "number of the pair of runs"),
    "seed": ("code", "seed that both runs of the pair share"),
    "effect": ("code", "what the money buys: adoption, income of all households, income of the county's poorest fifth"),
    "cost": ("yuan/household/year", "public money more than the base's, mean of the programme's household-years"),
    "gain": ("unit of the row", "effect more than the base's, mean of the programme's household-years"),
    "willingness": ("unit of the row", ("public money held right for a unit of the effect; for the poorest's income, "
                    "yuan a household of the county for one yuan more a poor household")),
    "probability": ("share", "resamples of the replicates in which the scenario's mean net benefit is the highest"),
    "best_in": ("share", "replicates in which the scenario's own net benefit is the highest"),
    "net_benefit": ("yuan/household/year", "willingness x gain - cost, mean over replicates; the base has 0"),
    "best": ("yes/no", "its mean net benefit is the highest: the acceptability frontier"),
}


class Acceptability(NamedTuple):
    """By willingness to pay and option, float64 (w, s): what `acceptability` returns.

    probability and best_in sum to 1 over options. net_benefit: means over replicates.
    """

    probability: np.ndarray
    best_in: np.ndarray
    net_benefit: np.ndarray


def acceptability(costs: np.ndarray, gains: np.ndarray, willingness: np.ndarray, rng: np.random.Generator,
                  resamples: int = RESAMPLES) -> Acceptability:
    """The probability that each option has the highest mean net benefit, willingness x gain - cost.

    costs, gains: float64 (n, s), replicates paired over s options; willingness: float64 (w,). Whole replicates are
    drawn with replacement, the same for all options and prices; the probability is the share of resamples in which an
    option's mean is the highest, NaN for fewer than two replicates. Options that tie share. As resampled means spread
    less than fresh ones, by sqrt(1 - 1/n), few replicates make it too sure. The curve: van Hout, Al, Gordon and Rutten
    (1994); more than two options, and the frontier: Fenwick, Claxton and Sculpher (2001).
    Raises ValueError for arrays of other shapes and for numbers that are not finite.
    """
    costs, gains = np.asarray(costs, np.float64), np.asarray(gains, np.float64)
    prices = np.asarray(willingness, np.float64)
    if costs.ndim != 2 or costs.shape != gains.shape or prices.ndim != 1 or not costs.size:
        raise ValueError(f"costs {costs.shape}, gains {gains.shape}, willingness {prices.shape}; allowed: "
                         "(replicates, options) twice, and (prices,)")
    if not all(np.isfinite(values).all() for values in (costs, gains, prices)):
        raise ValueError("a cost, gain or willingness to pay is not finite")
    n = len(costs)
    counts = rng.multinomial(n, np.full(n, 1.0 / n), size=resamples) / n
    resampled = counts @ costs, counts @ gains
    found = [(_winning(*resampled, price), _winning(costs, gains, price), price * gains.mean(axis=0)
              - costs.mean(axis=0)) for price in prices]
    probability, best_in, benefit = (np.array(rows) for rows in zip(*found, strict=True))
    return Acceptability(probability if n > 1 else np.full_like(probability, np.nan), best_in, benefit)


def _winning(costs: np.ndarray, gains: np.ndarray, price: float) -> np.ndarray:
    """Share of rows in which each option has the highest net benefit, (s,); those that tie share the row."""
    benefit = price * gains - costs
    size = np.abs(price * gains).max() + np.abs(costs).max()
    best = benefit >= benefit.max(axis=1, keepdims=True) - TIE * size
    return (best / best.sum(axis=1, keepdims=True)).mean(axis=0)


def region(costs: np.ndarray, gains: np.ndarray) -> np.ndarray | None:
    """The 95 % confidence region of the mean (gain, cost): points on its edge, (CORNERS, 2), gains first.

    costs, gains: float64 (n,), paired. The ellipse of Hotelling (1931): n d' S^-1 d = 2 (n-1) / (n-2) F(2, n-2), whose
    F quantile has the closed form below. None for fewer than three pairs.
    """
    found = np.stack([np.asarray(gains, np.float64), np.asarray(costs, np.float64)])
    n = found.shape[1]
    if n < 3:
        return None
    reach = (n - 1) * ((1 - LEVEL) ** (-2 / (n - 2)) - 1) / n
    sizes, axes = np.linalg.eigh(np.cov(found))
    angle = np.linspace(0, 2 * np.pi, CORNERS)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    return found.mean(axis=1) + (axes * np.sqrt(reach * np.maximum(sizes, 0.0)) @ circle).T


def plane(runs: Mapping[str, Sequence[Run]]) -> pd.DataFrame:
    """The cost-effectiveness plane: a row a scenario but the first, effect and replicate, against the first scenario.

    An effect that a county does not have (nobody is poor) has no row there.
    """
    base, *others = runs
    found = {name: [_of_run(run) for run in runs[name]] for name in runs}
    rows = [
        (name, base, effect.name, effect.unit, replicate, runs[base][replicate].manifest["identity"]["seed"],
         two["cost"] - one["cost"], two[effect.name] - one[effect.name])
        for name in others for effect in EFFECTS
        for replicate, (one, two) in enumerate(zip(found[base], found[name], strict=True))
    ]
    return pd.DataFrame(rows, columns=["scenario", "base", "effect", "unit", "replicate", "seed", "cost",
                                       "gain"]).dropna(subset=["gain"], ignore_index=True)


def curves(pairs: pd.DataFrame, willingness: Mapping[str, Sequence[float]] | None = None) -> pd.DataFrame:
    """The acceptability curves of a table of `plane`: a row an effect, willingness to pay and scenario, the base too.

    willingness: prices by effect, where not from 0 to the effect's `most`. The same table gives the same curves.
    """
    base, names = str(pairs["base"].iloc[0]), list(dict.fromkeys(pairs["scenario"]))
    frames = []
    for effect in dict.fromkeys(pairs["effect"]):
        rows = pairs[pairs["effect"] == effect]
        costs, gains = (_beside_nothing(rows.pivot(index="replicate", columns="scenario", values=value)[names])
                        for value in ("cost", "gain"))
        prices = np.asarray((willingness or {}).get(effect, np.linspace(0, EFFECT[effect].most, STEPS + 1)), np.float64)
        rng = np.random.default_rng([STREAM, int(rows["seed"].iloc[0])])
        found = acceptability(costs, gains, prices, rng)
        frames.append(pd.DataFrame({
            "scenario": np.tile([base, *names], len(prices)), "base": base, "effect": effect,
            "unit": EFFECT[effect].price, "willingness": np.repeat(prices, len(names) + 1),
            "probability": found.probability.ravel(), "best_in": found.best_in.ravel(),
            "net_benefit": found.net_benefit.ravel(),
            "best": (np.arange(len(names) + 1) == found.net_benefit.argmax(axis=1)[:, None]).ravel(),
        }))
    return pd.concat(frames, ignore_index=True)


def _beside_nothing(values: pd.DataFrame) -> np.ndarray:
    """Differences from the base, its own 0 first, (n, s + 1), in the replicates for which all scenarios have one."""
    found = values.dropna().to_numpy(np.float64)
    return np.hstack([np.zeros((len(found), 1)), found])


def _of_run(run: Run) -> dict[str, float]:
    """Public cost and each effect over the months from the programme's start, totals over household-years."""
    people = run.group[run.group["month"] >= 0]
    spent = float(run.county.loc[run.county["month"] >= 0, "spent"].sum()) / FEN_PER_YUAN
    everyone = people[people["group"] == "all"]
    found = {"cost": spent * FLOW_MONTHS / float(everyone["households"].sum())}
    for effect in EFFECTS:
        rows, outcome = people[people["group"] == effect.group], OUTCOME[effect.outcome]
        over = float(rows[outcome.over].sum())
        found[effect.name] = outcome.scale * float(rows[outcome.part].sum()) / over if over > 0 else float("nan")
    return found
