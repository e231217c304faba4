"""Mixes of levers at one budget: what a plan costs a year at its prices, and the same mix for another sum of money.

A plan's yearly money is what its levers ask for when every yuan comes, every post is held and nothing is cut, as a
mean over the programme's years. It is reckoned by the model's own policy phases, with a fund that never runs short.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from villagesim.engine import enter
from villagesim.engine.core import bind
from villagesim.engine.schedule import POLICY
from villagesim.levers import BY_NAME, LEVERS, ROW, LeverSetting
from villagesim.outcomes import FEN_PER_YUAN
from villagesim.results import Run
from villagesim.scenario import Scenario, ScenarioError, changed, outside, plan
from villagesim.world import build

# What is counted in whole units over the county: the word before the "/" in the unit of a lever's intensity.
WHOLE = ("post", "seat", "group", "visit", "person", "meeting")
# Terms on which money is given or posts are filled: less of them for less money, but more money buys no more of them.
TERMS = ("coordination", "continuity", "award", "assessment", "matched_money", "local_hiring")
CASH, SURE = "cash", "continuity"
MONTHS = 12
# A fund that never runs short [fen], bisections of the factor, what rounding may lose, one fen [yuan].
PLENTY, STEPS, NEARLY, CENT = 10**15, 40, 1e-9, 0.01
# With a larger share held back no budget would pay the plan.
MOST_HELD_BACK = 0.9

Intensities = dict[str, float]
Cost = Callable[[Intensities], np.ndarray]


class Scaled(NamedTuple):
    """A mix scaled to a budget.

    residual: what the plan leaves of the budget [yuan/year], for want of a whole unit, or with every lever at its most.
    factor: the one factor on quantities. at_most: levers held at their declared maximum. planned: yuan/year by lever.
    cash: of that, what the other levers could not use and is handed out [yuan/year].
    """

    scenario: Scenario
    residual: float
    factor: float
    at_most: tuple[str, ...]
    planned: dict[str, float]
    cash: float = 0.0


def planned_cost(scenario: Scenario) -> dict[str, float]:
    """What each lever of the scenario is planned to cost, mean of its years [yuan/year], in the county of its seed."""
    cost = _costing(scenario)(_intensities(scenario))
    return {name: float(cost[:, ROW[name]].sum()) / _years(scenario) for name in scenario.levers
            if BY_NAME[name].per != "nothing"}


def households(scenario: Scenario) -> int:
    """Households of the county of the scenario's seed."""
    return len(build(scenario, scenario.run.seed).households.village)


def certain(scenario: Scenario) -> Scenario:
    """The scenario with money that is sure to come: a dedicated fund from the start to the end, at its price."""
    fund = scenario.levers.get(SURE, LeverSetting(1.0))._replace(intensity=1.0, start=0, end=None, ramp=0)
    return dataclasses.replace(scenario, levers=scenario.levers | {SURE: fund})


def scaled(scenario: Scenario, yuan: float, sure: bool = False) -> Scaled:
    """The mix for so much planned money a year, in the county of its seed, and a county budget that funds it whole.

    One factor multiplies all quantities, and lowers TERMS where it is below 1. What is counted by the post (pay,
    ladder, mentors) follows the posts. Intensities stop at their declared maximum. Posts, seats, groups, visits,
    champions and salons are whole numbers over the county (but for a county too small for one); what that leaves buys
    single units, in the order of what each lever lost in the rounding, while one can be paid for. sure: the money is
    `certain`, whatever the factor, and what that costs is taken off first.
    Raises ScenarioError for a sum that is not positive, or that the mix costs even with no quantity bought.
    """
    if not 0 < yuan < np.inf:
        raise ScenarioError(f"{scenario.name}: the budget is {yuan:g} yuan a year; allowed: more than 0")
    scenario = certain(scenario) if sure else scenario
    cost, bases = _costing(scenario), _bases(scenario)
    kept = (SURE,) if sure else ()

    def total(intensities: Intensities) -> float:
        return float(cost(intensities).sum()) / _years(scenario)

    given = _intensities(scenario)
    least = total(_whole(_times(given, 0.0, kept), bases))
    if least > yuan:
        raise ScenarioError(f"{scenario.name}: the budget is {yuan:g} yuan a year; allowed: at least "
                            f"{np.ceil(least):g}, what the mix costs whatever it buys")
    most = max((BY_NAME[name].intensity.high / value for name, value in given.items() if _grows(name) and value > 0),
               default=1.0)
    factor = _largest(lambda f: total(_whole(_times(given, f, kept), bases)) <= yuan, max(most, 1.0))
    wanted = _times(given, factor, kept)
    bought = _with_single_units(_whole(wanted, bases), wanted, bases, lambda some: total(some) <= yuan)
    at_most = tuple(name for name in bought if _grows(name) and _is_most(name, bought[name], bases))
    found = funded(_with(scenario, bought))
    planned = planned_cost(found)
    return Scaled(found, yuan - sum(planned.values()), factor, at_most, planned)


def with_cash(scenario: Scenario, yuan: float) -> Scenario:
    """The scenario with so much more money a year handed to households, equal sums, and a budget that funds it."""
    return with_monthly_cash(scenario, yuan / (households(scenario) * MONTHS))


def with_monthly_cash(scenario: Scenario, monthly: float) -> Scenario:
    """The same by the sum a household and month, which may be negative: less cash, down to none."""
    before = scenario.levers[CASH].intensity if CASH in scenario.levers else 0.0
    order = [*(name for name in scenario.priority if name != CASH), CASH]
    more = changed(scenario, {f"levers.{CASH}.intensity": max(0.0, before + monthly), "county.priority": order})
    return funded(more)


def as_cash(scenario: Scenario, yuan: float) -> Scenario:
    """The scenario's county with so much money a year as cash and no other lever; shocks stay.

    What makes it as certain as a dedicated fund is taken off first.
    """
    shocks = {name: setting for name, setting in scenario.levers.items() if BY_NAME[name].pathway == "shock"}
    bare = certain(dataclasses.replace(scenario, name=CASH, title="The same money as cash", levers=shocks))
    return with_cash(bare, yuan - sum(planned_cost(bare).values()))


def at_budget(scenarios: Sequence[Scenario], yuan: float) -> list[Scaled]:
    """Each scenario that has a priced lever at the same money, the others as they are, and CASH beside them.

    The money is equally certain for all, and what a programme's own levers can't use goes out as cash. What runs leave
    unspent all the same is for `level`.
    """
    found = [at_sum(scenario, yuan) if planned_cost(scenario) else Scaled(scenario, float("nan"), 1.0, (), {})
             for scenario in scenarios]
    if all(scenario.name != CASH for scenario in scenarios):
        cash = as_cash(scenarios[0], yuan)
        planned = planned_cost(cash)
        found.append(Scaled(cash, yuan - sum(planned.values()), 1.0, (), planned, planned[CASH]))
    return found


def at_sum(scenario: Scenario, yuan: float) -> Scaled:
    """A programme scaled to a sum that is sure to come, its residual as cash."""
    found = scaled(scenario, yuan, sure=True)
    rest = with_cash(found.scenario, found.residual)
    planned = planned_cost(rest)
    return found._replace(scenario=rest, residual=yuan - sum(planned.values()), planned=planned, cash=found.residual)


def funded(scenario: Scenario) -> Scenario:
    """The scenario with a county budget that pays its dearest year in full, even while the award is held back.

    Money that no lever asks for lapses, so a larger budget is not spent; but without a dedicated fund (continuity) a
    year's money may still come cut, or not at all. Raises ScenarioError for more than a county may be given.
    """
    monthly = _costing(scenario)(_intensities(scenario)).sum(axis=1)
    dearest = max(monthly[month:month + MONTHS].sum() for month in range(0, len(monthly), MONTHS))
    award = min(scenario.levers["award"].intensity, MOST_HELD_BACK) if "award" in scenario.levers else 0.0
    budget = (dearest + CENT) / (1.0 - award) / households(scenario) if dearest > 0 else 0.0
    levers = {f"levers.{name}.intensity": float(value) for name, value in _intensities(scenario).items()}
    return changed(scenario, levers | {"county.budget": float(budget)})


def table_of(plans: Sequence[Scaled], yuan: float, costs: pd.DataFrame) -> pd.DataFrame:
    """A row a programme at one budget: factor, what its own levers and its cash are planned to cost, what was really
    spent [yuan/year], and that as a share of the budget; levers at their most.

    costs: of a `Comparison` of the plans' scenarios, whose public cost a household is told for the county of the seed.
    """
    paid = costs[costs["outcome"] == "public_cost"].set_index("scenario")["value"]
    rows = []
    for one in (one for one in plans if one.planned):
        used = float(paid[one.scenario.name]) * households(one.scenario)
        rows.append((one.scenario.name, one.factor, sum(one.planned.values()) - one.cash, one.cash, used, used / yuan,
                     ", ".join(one.at_most)))
    return pd.DataFrame(rows, columns=["scenario", "factor", "planned", "cash", "spent", "of_budget", "at_most"])


def spent(run: Run) -> dict[str, float]:
    """What a run spent by lever from the programme's start, mean of its years [yuan/year]."""
    frame = run.spending[run.spending["month"] >= 0]
    years = int((run.county["month"] >= 0).sum()) / MONTHS
    sums = frame.groupby("lever", observed=True)["yuan"].sum() / years
    return {str(name): float(value) for name, value in sums.items()}


def _years(scenario: Scenario) -> float:
    return scenario.run.months / MONTHS


def _grows(name: str) -> bool:
    """Whether more money buys more of it: a quantity that is neither a term nor counted by the post."""
    lever = BY_NAME[name]
    return name == "posts" or (name not in TERMS and lever.per not in ("post", "nothing"))


def _is_most(name: str, value: float, bases: Mapping[str, float]) -> bool:
    """Whether the lever is on, and no more of it, or not one unit more, is within its range."""
    more = value + (1.0 / bases[name] if name in bases else 2 * NEARLY)
    return value > 0 and more > BY_NAME[name].intensity.high + NEARLY


def _intensities(scenario: Scenario) -> Intensities:
    return {name: setting.intensity for name, setting in scenario.levers.items() if BY_NAME[name].per != "nothing"}


def _with(scenario: Scenario, intensities: Mapping[str, float]) -> Scenario:
    """The scenario with other intensities, which are within their ranges."""
    levers = {name: setting._replace(intensity=intensities.get(name, setting.intensity))
              for name, setting in scenario.levers.items()}
    return dataclasses.replace(scenario, levers=levers)


def _costing(scenario: Scenario) -> Cost:
    """cost(intensities): yuan asked for by month and lever, shape (months, LEVERS), in the county of the seed."""
    world = build(scenario, scenario.run.seed)
    step = bind(world, scenario.parameters, scenario.run.seed, phases=POLICY)
    levers, county, works = world.levers, world.county, world.works
    around = {name: float(series[0]) for name, series in outside(scenario).items()}
    first = int(scenario.run.spin_up)

    def cost(intensities: Intensities) -> np.ndarray:
        planned = plan(_with(scenario, intensities))
        works.condition[:] = works.ordinary
        levers.delivered[:] = 0.0
        asked = np.zeros((scenario.run.months, len(LEVERS)))
        for month in range(first, len(planned)):
            enter(world, scenario, month, planned[month], around)
            county.due[0], county.fund[0] = 0, PLENTY
            step(month)
            asked[month - first] = levers.cost
        return asked / FEN_PER_YUAN

    return cost


def _bases(scenario: Scenario) -> dict[str, float]:
    """By lever that is bought in whole units: how many of them the county gets a unit of intensity.

    A county so small that not one fits into the lever's range has a part of one, as the model lets it.
    """
    table = build(scenario, scenario.run.seed).levers
    bases = {name: float(table.scale[ROW[name]]) for name in scenario.levers
             if BY_NAME[name].intensity.unit.split("/")[0] in WHOLE}
    return {name: base for name, base in bases.items() if base * BY_NAME[name].intensity.high >= 1}


def _times(given: Intensities, factor: float, kept: Sequence[str] = ()) -> Intensities:
    """Intensities times the factor, within what each lever may be; those that are kept as they are."""
    found = {}
    for name, value in given.items():
        times = factor if _grows(name) else min(factor, 1.0) if name in TERMS and name not in kept else 1.0
        found[name] = min(value * times, max(value, BY_NAME[name].intensity.high))
    return found


def _whole(intensities: Intensities, bases: Mapping[str, float]) -> Intensities:
    """Intensities cut down to whole units over the county."""
    return {name: np.floor(value * bases[name] + NEARLY) / bases[name] if name in bases else value
            for name, value in intensities.items()}


def _with_single_units(bought: Intensities, wanted: Intensities, bases: Mapping[str, float],
                       affordable: Callable[[Intensities], bool]) -> Intensities:
    """One unit after another of what lost most in the rounding, until none more can be paid for."""
    order = sorted((name for name in bases if _grows(name) and wanted[name] > 0),
                   key=lambda name: (wanted[name] - bought[name]) * bases[name], reverse=True)
    again = True
    while again:
        again = False
        for name in order:
            more = bought | {name: bought[name] + 1.0 / bases[name]}
            if more[name] <= BY_NAME[name].intensity.high + NEARLY and affordable(more):
                bought, again = more, True
    return bought


def _largest(holds: Callable[[float], bool], high: float) -> float:
    """The largest factor up to `high` at which the condition holds, by bisection; 0 where it holds at none."""
    if holds(high):
        return high
    low = 0.0
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
