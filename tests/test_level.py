"""Equal money in fact: real runs of a small county spend alike once what they left unspent is handed out as cash."""

import dataclasses

import pytest

from conftest import small
from villagesim.levers import LeverSetting
from villagesim.scenario import changed
from villagesim.study import runner
from villagesim.study.budgets import budget
from villagesim.study.budgets.level import TOLERANCE, is_levelled, level, public_cost

YUAN, REPLICATES = 150_000, 3


@pytest.fixture(scope="module")
def plans():
    given = [small("baseline"), *(small(f"{name}_only") for name in ("policy", "training", "workforce")),
             small("integrated")]
    return budget.at_budget(given, YUAN)


@pytest.fixture(scope="module")
def target(plans):
    return YUAN / budget.households(plans[0].scenario)


def spent(scenarios):
    runs = runner.replicate(scenarios, REPLICATES, workers=1)
    return {name: public_cost(kept) for name, kept in runs.items()}


def test_plans_of_one_sum_are_not_spent_alike_and_levelled_ones_are(plans, target):
    given = [plan.scenario for plan in plans]
    before = spent(given)
    assert before.pop("baseline") == 0
    assert min(before.values()) < (1 - 4 * TOLERANCE) * target
    found = level(given, target, REPLICATES, workers=1)
    assert list(found) == [scenario.name for scenario in given]
    after = spent(list(found.values()))
    assert after.pop("baseline") == 0
    assert max(after.values()) - min(after.values()) <= 2 * TOLERANCE * target
    assert list(after.values()) == pytest.approx([target] * 5, rel=2 * TOLERANCE)


def test_levelling_adds_cash_and_changes_nothing_else(plans, target):
    given = plans[2].scenario
    found = level([given], target, REPLICATES, workers=1)[given.name]
    assert found.levers["cash"].intensity > given.levers["cash"].intensity
    assert {name: one for name, one in found.levers.items() if name != "cash"} == {
        name: one for name, one in given.levers.items() if name != "cash"}
    assert dataclasses.replace(found, levers=given.levers, county=given.county) == given


def test_a_programme_without_cash_that_spends_more_raises_the_sum_of_all():
    dear, cheap = (dataclasses.replace(changed(small("baseline"), {"levers.coordination.intensity": part,
                                                                  "levers.coordination.unit_cost": 3000}), name=name)
                   for part, name in ((1.0, "dear"), (0.5, "cheap")))
    given = [budget.funded(budget.certain(one)) for one in (dear, cheap)]
    found = level(given, 1.0, 2, workers=1)
    assert found["dear"] == given[0]
    paid = spent(list(found.values()))
    assert paid["cheap"] == pytest.approx(paid["dear"], rel=TOLERANCE)
    assert paid["dear"] == pytest.approx(3000 * 12 / 1000 + 100 * 12 / 1000, rel=0.01)


def test_no_sum_is_asked_where_nothing_is_priced_or_the_money_is_taken_away():
    assert not is_levelled(small("baseline"))
    assert is_levelled(small("cash"))
    cut = small("integrated")
    assert is_levelled(cut)
    assert not is_levelled(dataclasses.replace(cut, levers=cut.levers | {"fund_cut": LeverSetting(1.0, 12)}))
