"""The same story everywhere: reference, core, threads, without a compiler; and luck that belongs to each row."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from conftest import SCENARIOS, small
from fingerprints import by_month, of_world
from villagesim.declare import outside_range
from villagesim.engine import ENGINES, run
from villagesim.levers import LEVERS
from villagesim.scenario import changed
from villagesim.tables import copy
from villagesim.world import build

SHIPPED = sorted(path.stem for path in SCENARIOS.glob("*.toml"))
# The hill village is the usual one, word for word: what the baseline does not say.
TWINS = {"village_hill": "baseline"}
SEED = 7
HERE = Path(__file__).parent


@cache
def alone(name: str) -> list[str]:
    """The hash of every month of a shipped scenario in the small county: the core, one county at a time."""
    return by_month(small(name), SEED, "core")


@pytest.mark.parametrize("name", SHIPPED)
def test_both_engines_tell_the_same_story_every_month(name):
    assert by_month(small(name), SEED, "reference") == alone(name)


def _uncompiled(names: list[str]) -> dict[str, list[str]]:
    """As `alone`, of several scenarios, in a process without a compiler."""
    done = subprocess.run(
        [sys.executable, HERE / "fingerprints.py", str(SEED), "core", *names], capture_output=True, text=True,
        check=True, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, cwd=HERE,
    )
    return json.loads(done.stdout)


def test_the_core_without_a_compiler_is_the_core():
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(_uncompiled, (SHIPPED[::2], SHIPPED[1::2]))
    assert first | second == {name: alone(name) for name in SHIPPED}


def test_counties_on_four_threads_are_those_on_one():
    with ThreadPoolExecutor(4) as pool:
        together = dict(zip(SHIPPED, pool.map(lambda name: by_month(small(name), SEED, "core"), SHIPPED), strict=True))
    assert together == {name: alone(name) for name in SHIPPED}


def test_no_two_shipped_scenarios_tell_the_same_story():
    """Else a scenario would be tested twice and another not at all."""
    for name in SHIPPED:
        twins = [other for other in SHIPPED if alone(other)[-1] == alone(name)[-1]]
        assert twins == sorted({name, *(one for pair in TWINS.items() if name in pair for one in pair)}), name


# Forms of the model that have a published alternative: every combination is one model, in both engines.
FORMS = {
    "parameters.influence.learning": ("bayes", "averaging"),
    "parameters.choice.entry": ("certainty_equivalent", "logit"),
    "parameters.logistics.pricing": ("cost_share", "uniform_tariff"),
}
COMBINATIONS = [dict(zip(FORMS, words, strict=True)) for words in product(*FORMS.values())]


def formed(scenario, forms):
    """The scenario in these forms, over fewer months."""
    return changed(scenario, forms | {"run.spin_up": 2, "run.months": 10})


@pytest.mark.parametrize("forms", COMBINATIONS, ids=lambda forms: "-".join(forms.values()))
def test_both_engines_tell_the_same_story_in_every_combination_of_forms(forms, small_county):
    scenario = formed(small_county("integrated"), forms)
    assert by_month(scenario, 7, "reference") == by_month(scenario, 7, "core")


def test_no_two_combinations_of_forms_tell_the_same_story(small_county):
    scenarios = [formed(small_county("integrated"), forms) for forms in COMBINATIONS]
    assert len({of_world(run(scenario, 7)) for scenario in scenarios}) == len(COMBINATIONS) == 8
    assert of_world(run(scenarios[0], 7)) == of_world(run(formed(small_county("integrated"), {}), 7))


@pytest.mark.parametrize(("key", "word", "outcome"), [
    ("parameters.influence.learning", "averaging", lambda world: world.households.belief_mean.mean()),
    ("parameters.choice.entry", "logit", lambda world: world.households.ever_online.mean()),
    ("parameters.logistics.pricing", "uniform_tariff", lambda world: world.couriers.fee.mean()),
])
def test_another_form_is_another_outcome(key, word, outcome, small_county):
    usual = small_county("integrated")
    assert outcome(run(changed(usual, {key: word}), 7)) != pytest.approx(outcome(run(usual, 7)), rel=0.01)


def test_a_form_compiles_no_kernel_a_second_time(small_county):
    """The code of a form is an int among the parameters, whichever form it is: one signature."""
    usual = small_county("baseline").parameters
    for forms in COMBINATIONS:
        other = changed(small_county("baseline"), forms).parameters
        assert [[type(value) for value in group] for group in other] == [[type(value) for value in g] for g in usual]


@st.composite
def _programmes(draw):
    """A few levers and shocks at intensities from their declared ranges, and rules of the county."""
    changes = {"world.villages": draw(st.integers(1, 4)), "world.households": draw(st.integers(12, 20)),
               "run.months": 8, "run.spin_up": 2, "county.budget": draw(st.sampled_from([0.0, 60.0, 2000.0])),
               "county.targeting": draw(st.sampled_from(["open", "women_elders", "returnees", "need", "network"])),
               "county.selection": draw(st.sampled_from(["random", "ready", "remote"])),
               "county.carrier": draw(st.sampled_from(["social_workers", "contractors"]))}
    for lever in draw(st.lists(st.sampled_from(LEVERS), min_size=1, max_size=8, unique_by=lambda lever: lever.name)):
        section = "shocks" if lever.pathway == "shock" else "levers"
        share = draw(st.floats(0.05, 1.0))
        low, high = lever.intensity.low, lever.intensity.high
        changes[f"{section}.{lever.name}.intensity"] = low + share * (high - low)
        changes[f"{section}.{lever.name}.ramp"] = draw(st.integers(0, 4))
        if lever.reaches:
            changes[f"{section}.{lever.name}.reach"] = draw(st.sampled_from([0.3, 1.0]))
        if lever.chooses:
            changes[f"{section}.{lever.name}.within"] = draw(st.sampled_from([0.4, 1.0]))
    return changes


@given(changes=_programmes(), seed=st.integers(0, 2**40))
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_engines_agree_on_programmes_nobody_wrote(changes, seed, small_county):
    scenario = changed(small_county("baseline"), changes)
    assert by_month(scenario, seed, "reference") == by_month(scenario, seed, "core")


@pytest.mark.parametrize("name", SHIPPED)
def test_every_column_stays_within_its_declared_range(name, small_county):
    def observe(month, world):
        lines = [line for table in world for line in outside_range(table)]
        assert not lines, f"month {month}: {lines}"

    run(small_county(name), 3, observe=observe)


def test_seats_hours_routes_and_money_all_bind_in_the_county_that_the_engines_are_held_to():
    seen = {"seats": False, "hours": False, "routes": False, "money": False}

    def observe(month, world):
        h, v, levers = world.households, world.villages, world.levers
        seen["seats"] |= (h.class_basic != 255).sum() > h.seat_basic.sum() > 0
        seen["hours"] |= bool(((v.visits > 0) & (v.visits < v.households)).any())
        seen["routes"] |= bool(world.couriers.closed.any() or world.couriers.opened.any())
        seen["money"] |= bool((levers.granted < levers.cost).any() and (levers.granted > 0).any())

    run(small("integrated"), SEED, observe=observe)
    assert seen == dict.fromkeys(seen, True)


def test_a_month_changes_the_county(small_county):
    scenario = small_county("integrated")
    before = build(scenario, 1)
    after = run(scenario, 1, world=copy(before))
    moved = [name for name, old, new in zip(after.households._fields, before.households, after.households, strict=True)
             if not np.array_equal(old, new)]
    assert {"skill_basic", "belief_mean", "share", "savings", "income_year"} <= set(moved)


def test_two_policies_share_every_month_before_they_part(small_county):
    """Common random numbers: until the first lever acts, the same county lives the same life under both."""
    plain = by_month(changed(small_county("baseline"), {"county.budget": 520.0}), 5, "core")
    households = []
    for name in ("training_only", "logistics_only"):
        states: list[bytes] = []
        scenario = changed(small_county(name), {"county.budget": 520.0})
        run(scenario, 5, observe=lambda month, world, kept=states: kept.append(world.households.savings.tobytes()))
        households.append(states)
    assert households[0][:12] == households[1][:12]
    assert households[0][-1] != households[1][-1]
    assert len(plain) == len(households[0])


def test_a_lever_in_one_village_changes_nobodys_luck_elsewhere(small_county):
    """One village gets lessons; households of other villages draw the same numbers and, in month 0, live the same."""
    base = small_county("training_only")
    few, all_villages = (changed(base, {"run.spin_up": 0, "run.months": 1, "county.budget": 520.0,
                                        "levers.basic_course.reach": reach, "levers.basic_course.ramp": 0})
                         for reach in (0.2, 1.0))
    first, second = run(few, 9), run(all_villages, 9)
    untouched = first.villages.rank[first.households.village] < 0.2
    assert np.array_equal(first.households.seat_basic[untouched], second.households.seat_basic[untouched])
    assert np.array_equal(first.households.skill_basic[untouched], second.households.skill_basic[untouched])
    assert not np.array_equal(first.households.seat_basic, second.households.seat_basic)


def test_the_order_in_which_ties_are_written_down_does_not_matter(small_county):
    scenario = small_county("integrated")
    plain, shuffled = build(scenario, 2), build(scenario, 2)
    order = np.argsort(shuffled.ties.listener, kind="stable")[::-1]
    shuffled = shuffled._replace(ties=type(shuffled.ties)(*(column[order].copy() for column in shuffled.ties)))
    first, second = run(scenario, 2, world=plain), run(scenario, 2, world=shuffled)
    for name, left, right in zip(first.households._fields, first.households, second.households, strict=True):
        assert np.array_equal(left, right), name


def test_another_seed_is_another_county(small_county):
    scenario = small_county("baseline")
    assert of_world(run(scenario, 1)) != of_world(run(scenario, 2))


def test_an_unknown_engine_is_refused_by_name(small_county):
    with pytest.raises(ValueError, match="allowed: core, reference, gpu"):
        run(small_county("baseline"), 1, "abacus")
    assert ENGINES == ("core", "reference", "gpu")
