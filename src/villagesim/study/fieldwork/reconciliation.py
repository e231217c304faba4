"""Why three designs find three sizes of one thing: V1 (access alone), V3 (a programme over years), V4 (the plain gap).

What no survey sees, a model can add up. One county is lived twice with the same luck, under the programme and without:
what its households have more of is told apart by where it comes from. And of the gap between sellers and others, the
part that selling brought is told apart from who sells.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from villagesim import engine
from villagesim.outcomes import FLOW_MONTHS
from villagesim.scenario import Scenario, changed
from villagesim.tables import World

TOGETHER = ("V1", "V3", "V4")
# Households' flows of money, and whether they add to income: what goods bring online, and at the farm gate.
ONLINE = {"online_income": 1, "platform_cost": -1, "tax_cost": -1, "parcel_cost": -1, "haul_cost": -1,
          "packing_cost": -1, "start_cost": -1, "credit_income": 1, "relief_income": 1}
GATE = {"trader_income": 1, "market_income": 1, "farm_cost": -1}
UNITS = {
    "V3.whole": ("share", "income that the programme adds, of income without it, same luck"),
    "V3.sellers": ("share", "of that, from goods of households that sell online under it or without it"),
    "V3.gate": ("share", "of that, from the farm-gate price of all others"),
    "V3.jobs": ("share", "of that, wages of local e-commerce jobs"),
    "V3.rest": ("share", "of that, all else: visitors, allowances, cash, money sent home"),
    "V3.share": ("share", "households that sell online under the programme, less those without it"),
    "V4.brought": ("log points", "what selling brought today's sellers, over what the trader would have paid"),
}
# A seller's income without selling counts for this share of what it has at least, so that its logarithm is bounded.
LEAST = 0.05


class Year(NamedTuple):
    """A county's households in one year: float64 (households,) each, money in fen."""

    income: np.ndarray
    goods: np.ndarray
    jobs: np.ndarray
    brought: np.ndarray
    sells: np.ndarray


def last_year(scenario: Scenario, seed: int) -> Year:
    """The last twelve months of a run, household by household. brought: goods sold online times their margin."""
    months = int(scenario.run.months)
    found: dict[str, Any] = {}

    def add(name: str, values: np.ndarray) -> None:
        found[name] = found.get(name, 0.0) + values

    def observe(month: int, world: World) -> None:
        if month < months - FLOW_MONTHS:
            return
        people = world.households
        add("income", people.income.astype(np.float64))
        add("goods", sum(sign * getattr(people, name).astype(np.float64) for name, sign in (ONLINE | GATE).items()))
        add("jobs", people.wage_income.astype(np.float64))
        add("brought", people.online_fen * people.margin * people.sold - people.start_cost)
        found["sells"] = people.mode > 0

    engine.run(scenario, seed, observe=observe)
    return Year(**found)


def account(today: Scenario, programme: Scenario, years: int, seed: int) -> dict[str, float]:
    """UNITS from one county lived twice for so many years; what a design of V3 or V4 can't tell apart, added up.

    Shares are of the mean income without the programme. V4.brought is a mean over today's sellers, of the logarithm of
    income over what it would be had the trader bought the goods, hours not valued; NaN without sellers.
    """
    with_it, without = (last_year(changed(one, {"run.months": FLOW_MONTHS * years}), seed)
                        for one in (programme, today))
    base = without.income.sum()
    goods = with_it.goods - without.goods
    either = with_it.sells | without.sells
    whole = float((with_it.income - without.income).sum() / base)
    parts = {"V3.sellers": float(goods[either].sum() / base), "V3.gate": float(goods[~either].sum() / base),
             "V3.jobs": float((with_it.jobs - without.jobs).sum() / base)}
    income, brought = without.income[without.sells], without.brought[without.sells]
    had = np.maximum(income - brought, LEAST * np.abs(income))
    logs = np.log(np.maximum(income, 1.0) / np.maximum(had, 1.0))
    return {"V3.whole": whole, **parts, "V3.rest": whole - sum(parts.values()),
            "V3.share": float(with_it.sells.mean() - without.sells.mean()),
            "V4.brought": float(logs.mean()) if len(logs) else float("nan")}


def nearest(members: pd.DataFrame, wanted: Mapping[str, tuple[float, float]]) -> int:
    """Row of the member that gives the three together best: the least sum of squares of V1, V3 and V4.

    wanted: their published intervals (low, high); a distance counts in half widths from the middle.
    """
    far = sum(((members[name] - (low + high) / 2) / ((high - low) / 2)) ** 2 for name, (low, high) in wanted.items())
    return int(far.idxmin())


def words(members: pd.DataFrame, published: Mapping[str, float],
          wanted: Mapping[str, tuple[float, float]]) -> list[str]:
    """What the members say of the three together: the nearest member, the account, and what it would take.

    members: a row a member, columns TOGETHER and UNITS. published: values of V3 and V4. wanted: intervals of all three.
    """
    if not {*TOGETHER, *UNITS} <= set(members):
        return ["The account of V1, V3 and V4 is not computed."]
    members = members.dropna(subset=[*TOGETHER])
    if members.empty:
        return ["No member has all of V1, V3 and V4."]
    one, mean = members.loc[nearest(members, wanted)], members.mean(numeric_only=True)
    inside = sum(all(low <= row[name] <= high for name, (low, high) in wanted.items()) for _, row in members.iterrows())
    each, others = mean["V3.sellers"] / mean["V3.share"], mean["V3.whole"] - mean["V3.sellers"]
    asked, selection = published["V3"] - others, mean["V4"] - mean["V4.brought"]
    near = (f"{inside} of {len(members)} members have all three inside. Nearest is member {one['member']:.0f}: "
            + ", ".join(f"{name} {one[name]:.3f}" for name in TOGETHER) + ".")
    gain = (f"Lived twice with the same luck, five years of programme add {mean['V3.whole']:.1%} to income: "
            f"{mean['V3.sellers']:.1%} from sellers' goods, {mean['V3.gate']:.1%} from all others' farm-gate price, "
            f"{mean['V3.jobs']:.1%} as wages, {mean['V3.rest']:.1%} else. {mean['V3.share']:.1%} more households "
            f"sell. V3 follows counties from their first year on and finds {mean['V3']:.1%}: it grows with the years.")
    take = (f"For {published['V3']:.0%} after five years, {asked / each:.0%} more households would have to sell, or "
            f"each that does would have to gain {asked / mean['V3.share']:.0%} of a mean income (now {each:.0%}).")
    gap = (f"Of the gap V4, {mean['V4']:.3f}, selling brought {mean['V4.brought']:.3f}; who sells makes the rest, "
           f"{selection:.3f}. For the published {published['V4']:.2f} that rest would have to be "
           f"{published['V4'] - mean['V4.brought']:.2f}: those who go online would have to be richer than others "
           "of their age, schooling and size.")
    return [near, gain, take, gap]
