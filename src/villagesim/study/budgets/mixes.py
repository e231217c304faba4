"""The sixteen mixes of the four pathways, at equal levers or at equal money."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from villagesim.scenario import Scenario, ScenarioError, changed, load
from villagesim.scenario_sections import lever_written
from villagesim.settings import WORDS
from villagesim.study.budgets import budget
from villagesim.study.games import members

PATHWAYS = ("policy", "training", "logistics", "workforce")
EVERYBODY = 2 ** len(PATHWAYS) - 1
ALL = range(EVERYBODY + 1)
WHOLE = "integrated"
CARRIERS = WORDS["contractors"][1]
EQUAL_LEVERS, EQUAL_MONEY = "equal levers", "equal money"
BUDGETS = (EQUAL_LEVERS, EQUAL_MONEY)
# The pathway whose posts somebody carries: the eight mixes without it are the same for both carriers, and run once.
CARRIED = 1 << PATHWAYS.index("workforce")
# County rules of the whole mix's file that all sixteen share, so that mixes differ in levers alone.
RULES = ("targeting", "selection")


class Mix(NamedTuple):
    """One cell of the factorial: its scenario, and its money [yuan/year].

    planned: of its levers. cash: what of the budget they leave, handed out. factor, at_most: see `budget.Scaled`.
    asked: what it is asked to cost: its plan, or, at equal money, the one sum.
    """

    scenario: Scenario
    planned: float
    cash: float = 0.0
    factor: float = 1.0
    at_most: tuple[str, ...] = ()
    asked: float = 0.0


class Cell(NamedTuple):
    """Which cell: money compared how, posts carried by whom, pathways that are on (bits in the order of PATHWAYS)."""

    budget: str
    carrier: str
    pathways: int


def mix_name(pathways: int) -> str:
    """A mix by its pathways.

    >>> mix_name(0), mix_name(0b1001)
    ('none', 'policy + workforce')
    """
    return " + ".join(PATHWAYS[place] for place in members(pathways)) or "none"


def mixes(base: Scenario, folder: Path, carrier: str, chosen: Sequence[int] = ALL) -> list[Scenario]:
    """The sixteen mixes of the pathway files in a folder, or those chosen, laid over the base, in the order given.

    Each is the base with the levers of `policy_only.toml` and so on. Targeting, selection and the order in which money
    is granted are those of `integrated.toml` in all sixteen; the budget pays the dearest year. Raises ScenarioError.
    """
    parts = [load(folder / f"{pathway}_only.toml") for pathway in PATHWAYS]
    rules = load(folder / f"{WHOLE}.toml")
    return [_mix(base, parts, rules, carrier, pathways) for pathways in chosen]


def _mix(base: Scenario, parts: Sequence[Scenario], rules: Scenario, carrier: str, pathways: int) -> Scenario:
    changes: dict[str, Any] = {f"county.{key}": WORDS[key][1][getattr(rules.county, key)] for key in RULES}
    changes["county.priority"] = list(rules.priority)
    for part in (parts[place] for place in members(pathways)):
        for lever, setting in part.levers.items():
            if lever in base.levers:
                raise ScenarioError(f"{base.path}: levers.{lever} is on in the base; allowed: levers of no pathway")
            changes |= {f"levers.{lever}.{key}": value for key, value in lever_written(lever, setting).items()}
    name = title = mix_name(pathways)
    if pathways & CARRIED:
        changes["county.carrier"] = carrier
        name, title = f"{name}, {carrier}", f"{title}, carried by {carrier.replace('_', ' ')}"
    return budget.funded(dataclasses.replace(changed(base, changes), name=name, title=title))


def at_equal_levers(scenario: Scenario) -> Mix:
    """The mix as it is."""
    planned = sum(budget.planned_cost(scenario).values())
    return Mix(scenario, planned, asked=planned)


def at_equal_money(scenario: Scenario, yuan: float) -> Mix:
    """The mix scaled to a yearly sum; what it cannot spend, and all of the empty mix's, goes out as cash.

    The sum is equally certain in all mixes: a dedicated fund is the county's circumstance here, kept and paid for in
    each, and no part of what the policy pathway adds.
    """
    name = f"{scenario.name}, {yuan:.0f} yuan"
    if not budget.planned_cost(scenario):
        cash = dataclasses.replace(budget.as_cash(scenario, yuan), name=name)
        handed_out = budget.planned_cost(cash)[budget.CASH]
        return Mix(cash, yuan - handed_out, handed_out, asked=yuan)
    found = budget.at_sum(scenario, yuan)
    return Mix(dataclasses.replace(found.scenario, name=name), yuan - found.cash, found.cash, found.factor,
               found.at_most, yuan)


def money_shares(designed: Mapping[Cell, Mix], carrier: str) -> list[float]:
    """Each pathway's share of the planned money of the joint mix at equal money, its levers only, without the fund."""
    cost = budget.planned_cost(designed[Cell(EQUAL_MONEY, carrier, EVERYBODY)].scenario)
    sums = [sum(cost.get(name, 0.0) for name in designed[Cell(EQUAL_LEVERS, carrier, 1 << place)].scenario.levers
                if name != budget.SURE) for place in range(len(PATHWAYS))]
    return [one / sum(sums) for one in sums]


def over_parts(shares: Sequence[float]) -> np.ndarray:
    """Weights (16,) of all four less the four alone, each by its share of the money.

    >>> over_parts([0.5, 0.25, 0.25, 0.0])[[1, 2, 4, 8, 15]].tolist()
    [-0.5, -0.25, -0.25, -0.0, 1.0]
    """
    weights = np.zeros(EVERYBODY + 1)
    weights[EVERYBODY] = 1.0
    for place, share in enumerate(shares):
        weights[1 << place] = -share
    return weights


def cells(base: Scenario, folder: Path, carriers: Sequence[str] = CARRIERS,
          yuan: float | None = None, chosen: Sequence[int] = ALL) -> dict[Cell, Mix]:
    """All cells of the factorial, or those of the mixes chosen, all four among them; those without posts have the same
    scenario under either carrier.

    yuan: the yearly sum at equal money; None: what the plan of all four pathways costs. Raises ScenarioError.
    """
    found: dict[Cell, Mix] = {}
    for carrier in carriers:
        made = zip(chosen, mixes(base, folder, carrier, chosen), strict=True)
        for pathways, scenario in sorted(made, key=lambda one: -one[0]):
            same = at_equal_levers(scenario)
            yuan = same.planned if yuan is None else yuan
            here = Cell(EQUAL_MONEY, carrier, pathways)
            twin = here._replace(carrier=carriers[0])
            found[here._replace(budget=EQUAL_LEVERS)] = same
            found[here] = found[twin] if twin in found and not pathways & CARRIED else at_equal_money(scenario, yuan)
    order = [Cell(name, carrier, pathways) for name in BUDGETS for carrier in carriers for pathways in chosen]
    return {cell: found[cell] for cell in order}
