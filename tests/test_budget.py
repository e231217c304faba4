"""Mixes at one budget: plans priced by hand, whole posts and seats, residuals, the same money as cash."""

import dataclasses

import pytest
from typer.testing import CliRunner

from conftest import SCENARIOS, small
from villagesim import cli
from villagesim.levers import BY_NAME, LeverSetting
from villagesim.results import record
from villagesim.scenario import ScenarioError, changed
from villagesim.study.budgets import budget

MIXES = ("policy_only", "training_only", "logistics_only", "workforce_only", "integrated", "contractors",
         "urban_template", "cash")
# One lever a basis: intensity, price of a unit, what a year costs in the small county of 6 villages and n households.
BY_HAND = {
    "coordination": (1, 300, lambda n: 300 * n / 1000 * 12),
    "startup_credit": (0.5, 0.2, lambda n: 0.2 * 0.5 * n * 12),
    "camp": (2, 800, lambda n: 800 * 2 * 6 * 12),
    "champions": (1, 150, lambda n: 150 * 6 * 12),
    "posts": (2, 60000, lambda n: 60000 * 2 * n / 1000),
    "cash": (10, 1, lambda n: 10 * n * 12),
}


def plain(**intensities):
    """The small county with some levers from month 0 on, without ramp."""
    return changed(small("baseline"), {f"levers.{name}.intensity": value for name, value in intensities.items()})


def total(scenario):
    return sum(budget.planned_cost(scenario).values())


@pytest.mark.parametrize("name", BY_HAND)
def test_a_plan_costs_its_units_times_its_price(name):
    intensity, price, yearly = BY_HAND[name]
    scenario = changed(plain(**{name: intensity}), {f"levers.{name}.unit_cost": price})
    assert budget.planned_cost(scenario) == {name: pytest.approx(yearly(budget.households(scenario)), abs=0.2)}


def test_what_is_counted_by_the_post_costs_as_many_times_as_there_are_posts():
    scenario = changed(plain(posts=2, mentors=1), {"levers.mentors.unit_cost": 4000})
    posts = 2 * budget.households(scenario) / 1000
    assert budget.planned_cost(scenario)["mentors"] == pytest.approx(4000 * posts, abs=0.2)


def test_a_point_is_built_where_none_stands_and_kept_up_from_then_on():
    """6 villages without points, 10,000 yuan each to build at 0.2 a month, 400 a month each to keep, over two years.

    In month 0 departments do not yet coordinate, and 30 % of what they build is lost: points stand at 0, 0.14, 0.34,
    0.54, 0.74 and 0.94 at the start of the first six months, at 1 from then on. Built: 5 x 0.2 + 0.06.
    """
    scenario = changed(plain(service_point=1, coordination=1), {
        "world.service_point": 0, "levers.service_point.unit_cost": 10000, "levers.service_point.maintenance": 4800,
        "parameters.policy.duplication": 0.3, "parameters.policy.build_rate": 0.2})
    built, kept = 10000 * 1.06, 400 * (0.14 + 0.34 + 0.54 + 0.74 + 0.94 + 18)
    assert budget.planned_cost(scenario)["service_point"] == pytest.approx(6 * (built + kept) / 2)


def test_plans_add_up():
    one, two = plain(camp=2, basic_course=6, coordination=1), plain(coordination=1, posts=2, pay=0.2)
    both = plain(camp=2, basic_course=6, coordination=1, posts=2, pay=0.2)
    assert budget.planned_cost(one) | budget.planned_cost(two) == pytest.approx(budget.planned_cost(both))


def test_a_lever_of_half_the_months_costs_half():
    whole = plain(camp=2)
    half = changed(whole, {"levers.camp.end": 12})
    assert total(half) == pytest.approx(total(whole) / 2)


@pytest.mark.parametrize("name", MIXES)
@pytest.mark.parametrize("yuan", [20_000, 60_000, 400_000])
def test_a_scaled_plan_costs_the_budget_less_its_residual(name, yuan):
    found = budget.scaled(small(name), yuan)
    assert total(found.scenario) == pytest.approx(yuan - found.residual, abs=0.05)
    assert found.residual >= -0.05
    assert found.planned == budget.planned_cost(found.scenario)
    for lever, setting in found.scenario.levers.items():
        assert setting.intensity <= BY_NAME[lever].intensity.high
        assert setting._replace(intensity=0) == small(name).levers[lever]._replace(intensity=0)


@pytest.mark.parametrize(
    ("name", "yuan"),
    [("training_only", 60_000), ("workforce_only", 150_000), ("urban_template", 300_000), ("integrated", 450_000)],
)
def test_posts_and_seats_are_whole_and_the_residual_buys_no_more_of_them(name, yuan):
    scenario = changed(small(name), {"world.households": 100})
    found = budget.scaled(scenario, yuan)
    households = budget.households(scenario)
    bases = {"post": households / 1000, "seat": 6, "group": 6, "visit": 6, "person": 6, "meeting": 6}
    assert name in ("training_only", "urban_template") or found.scenario.levers["posts"].intensity > 0
    checked = 0
    for lever, setting in found.scenario.levers.items():
        unit = BY_NAME[lever].intensity.unit.split("/")[0]
        if unit not in bases or setting.reach != 1:
            continue
        units = setting.intensity * bases[unit]
        assert units == pytest.approx(round(units), abs=1e-6), lever
        if lever in found.at_most:
            continue
        one_more = changed(found.scenario, {f"levers.{lever}.intensity": (round(units) + 1) / bases[unit]})
        assert found.residual < total(one_more) - total(found.scenario) + 0.05, lever
        checked += 1
    assert checked


def test_levers_stop_at_their_declared_maximum_and_are_named():
    found = budget.scaled(small("logistics_only"), 10_000_000)
    assert set(found.at_most) == set(found.scenario.levers)
    assert found.residual > 9_000_000
    assert budget.scaled(small("training_only"), 30_000).at_most == ()


def test_terms_are_not_raised_with_the_money_but_fall_with_it():
    given = small("policy_only")
    richer, poorer = budget.scaled(given, 10 * total(given)), budget.scaled(given, total(given) / 2)
    for name in ("award", "assessment", "matched_money"):
        assert richer.scenario.levers[name].intensity == given.levers[name].intensity
        assert poorer.scenario.levers[name].intensity < given.levers[name].intensity


def test_what_is_counted_by_the_post_follows_the_posts():
    given = small("workforce_only")
    found = budget.scaled(given, total(given) / 2).scenario
    assert found.levers["posts"].intensity < given.levers["posts"].intensity
    assert found.levers["pay"] == given.levers["pay"]
    assert found.levers["mentors"] == given.levers["mentors"]


def test_cash_hands_out_the_same_money():
    cash = budget.as_cash(small("baseline"), 50_000)
    assert total(cash) == pytest.approx(50_000, abs=0.2)
    assert set(cash.levers) == {"cash", "continuity"}
    mix = budget.scaled(small("policy_only"), 50_000)
    topped = budget.with_cash(mix.scenario, mix.residual)
    assert total(topped) == pytest.approx(50_000, abs=0.2)


def test_one_sum_is_as_sure_to_come_in_every_programme_and_what_levers_cannot_use_is_handed_out():
    """Policy's levers at their most cost the small county far less than 400,000; training's have no dedicated fund."""
    for name in ("policy_only", "training_only", "logistics_only"):
        found = budget.at_sum(small(name), 400_000)
        assert found.scenario.levers["continuity"] == LeverSetting(1.0)
        assert total(found.scenario) == pytest.approx(400_000, abs=0.5)
        assert found.cash == pytest.approx(400_000 - sum(found.planned[one] for one in found.planned if one != "cash"))
    poor = budget.scaled(small("policy_only"), 1_000, sure=True)
    assert poor.factor < 1
    assert poor.scenario.levers["continuity"].intensity == 1
    assert poor.scenario.levers["assessment"].intensity < small("policy_only").levers["assessment"].intensity


def test_cash_is_put_beside_and_a_scenario_without_levers_stays_as_it_is():
    base, training, cash = budget.at_budget([small("baseline"), small("training_only")], 50_000)
    assert base.scenario == small("baseline")
    assert [training.scenario.name, cash.scenario.name] == ["training_only", "cash"]
    assert total(training.scenario) == pytest.approx(total(cash.scenario), abs=0.5) == pytest.approx(50_000, abs=0.5)
    assert training.cash > 0
    assert budget.planned_cost(training.scenario)["cash"] == pytest.approx(training.cash, abs=0.5)
    assert len(budget.at_budget([small("baseline"), small("cash")], 50_000)) == 2


@pytest.mark.parametrize("name", ["training_only", "logistics_only", "cash"])
def test_a_plan_that_is_funded_and_sure_is_spent_as_planned(name):
    """With a sure fund and nothing that must be staffed, runs spend what the plan says."""
    sure = changed(small(name), {"levers.continuity.intensity": 1, "levers.champions.intensity": 0})
    found = budget.scaled(sure, 60_000)
    spent = budget.spent(record(found.scenario))
    paid = {lever: yuan for lever, yuan in found.planned.items() if yuan > 1}
    assert {lever: spent[lever] for lever in paid} == pytest.approx(paid, rel=0.001, abs=5)


def test_the_award_that_is_held_back_leaves_enough():
    sure = changed(small("policy_only"), {"levers.award.intensity": 0.5, "levers.startup_credit.intensity": 0,
                                          "levers.tax_relief.intensity": 0})
    found = budget.funded(sure)
    assert sum(budget.spent(record(found)).values()) == pytest.approx(total(found), rel=0.001)


def test_a_budget_that_is_none_is_refused():
    with pytest.raises(ScenarioError, match="allowed: more than 0"):
        budget.scaled(small("cash"), 0)
    with pytest.raises(ScenarioError, match=r"county\.budget"):
        budget.scaled(changed(small("cash"), {"levers.award.intensity": 0.9}), 1e9)


def test_compare_at_a_budget_says_what_is_planned_left_and_spent(tmp_path):
    for name in ("baseline", "training_only"):
        lines = [f'extends = "{SCENARIOS / name}.toml"', "run.months = 13", "run.spin_up = 2", "world.villages = 3",
                 "world.townships = 1", "world.households = 20"]
        (tmp_path / f"{name}.toml").write_text("\n".join(lines), encoding="utf-8")
    words = ["compare", tmp_path / "baseline.toml", tmp_path / "training_only.toml", "--replicates", 2, "--budget",
             30000, "--workers", 1, "--out", tmp_path / "out"]
    done = CliRunner().invoke(cli.app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    assert "One budget: 30,000 yuan a year" in done.output
    lines = (tmp_path / "out/compare-baseline-training_only-at-30000/budget.csv").read_text().splitlines()
    assert lines[0] == "scenario,factor,planned,cash,spent,of_budget,at_most"
    assert [line.split(",")[0] for line in lines[1:]] == ["training_only", "cash"]


def test_scaling_changes_nothing_but_money_and_intensities():
    given = small("integrated")
    found = budget.scaled(given, 40_000).scenario
    assert dataclasses.replace(found, levers=given.levers, county=given.county) == given
    assert found.county._replace(budget=0) == given.county._replace(budget=0)
