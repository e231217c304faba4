"""Every shipped scenario loads and can be paid for; `extends`, units, plans and hashes do what they say."""

import json
from pathlib import Path

import numpy as np
import pytest

from villagesim.declare import declared
from villagesim.levers import BY_NAME, LEVERS, ROW
from villagesim.mechanisms import Parameters
from villagesim.results import record
from villagesim.scenario import Scenario, changed, digest, load, outside, plan, resolved, with_seed
from villagesim.scenario_text import as_toml
from villagesim.scenario_values import same_unit
from villagesim.settings import OutsideSettings
from villagesim.tables import County

SCENARIOS = Path(__file__).parents[1] / "scenarios"
SHIPPED = sorted(SCENARIOS.glob("*.toml"))
VILLAGES = ["village_plain", "village_hill", "village_mountain"]
MIXES = [file.stem for file in SHIPPED if file.stem not in VILLAGES]
# A mix in a place of its own, which no other place can be laid over.
PLACED = ["hub_first"]


def shipped(name: str) -> Scenario:
    return load(SCENARIOS / f"{name}.toml")


def written(folder: Path, text: str | bytes, name: str = "mine.toml") -> Path:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def planned_cost(scenario: Scenario) -> np.ndarray:
    """Cost of the plan at catalogue prices [yuan/household], shape (years,): what a budget has to cover.

    Works are built from nothing, posts are always filled, and pay above scale is a share of a post's whole price:
    an upper bound.
    """
    villages, households = scenario.world.villages, scenario.world.villages * scenario.world.households
    planned = plan(scenario)[scenario.run.spin_up :]
    posts = planned[:, ROW["posts"]] * households / 1000.0
    total = np.zeros(scenario.run.months)
    for name, setting in scenario.levers.items():
        lever, intensity = BY_NAME[name], planned[:, ROW[name]]
        price = lever.price_default if setting.unit_cost is None else setting.unit_cost
        upkeep = lever.upkeep_default if setting.maintenance is None else setting.maintenance
        reached = villages * setting.reach
        if lever.upkeep is not None:
            built = np.diff(intensity, prepend=0.0).clip(0.0)
            total += reached * (built * price + intensity * upkeep / 12.0)
        elif name == "pay":
            total += intensity * posts * BY_NAME["posts"].price_default / 12.0
        elif name == "posts":
            total += posts * price / 12.0
        elif lever.per == "post":
            total += intensity * posts * price / 12.0
        else:
            counted = {"county": households / 1000.0, "household": households * setting.reach, "nothing": 0.0}
            total += intensity * price * counted.get(lever.per, reached)
    return total.reshape(-1, 12).sum(axis=1) / households


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_shipped_scenario_loads_and_says_what_it_asks(file):
    scenario = load(file)
    assert scenario.title != scenario.name
    assert "# Question:" in file.read_text(encoding="utf-8").splitlines()[0]
    assert json.loads(json.dumps(resolved(scenario))) == resolved(scenario)


def test_the_scenarios_that_the_study_needs_are_shipped():
    assert {*MIXES} >= {
        "baseline", "policy_only", "training_only", "logistics_only", "workforce_only", "integrated", "contractors",
        "cash", "urban_template", "fund_cut",
    }  # fmt: skip
    assert all((SCENARIOS / f"{name}.toml").exists() for name in VILLAGES)


def test_the_baseline_has_no_programme():
    baseline = shipped("baseline")
    assert not baseline.levers
    assert baseline.county.budget == 0.0
    assert not plan(baseline).any()


@pytest.mark.parametrize("name", [name for name in MIXES if name != "baseline"])
def test_a_mix_can_be_paid_from_its_budget_every_year_and_says_who_comes_first(name):
    scenario = shipped(name)
    cost, budget = planned_cost(scenario), scenario.county.budget
    assert cost.max() <= budget
    assert cost.max() >= 0.9 * budget
    paid = {lever for lever in scenario.levers if BY_NAME[lever].pathway != "shock"}
    assert paid == set(scenario.priority)


def test_the_integrated_programme_and_its_rivals_plan_nearly_the_same_money():
    integrated = planned_cost(shipped("integrated")).mean()
    assert 450.0 <= integrated <= 500.0
    for rival in ("contractors", "urban_template"):
        assert planned_cost(shipped(rival)).mean() == pytest.approx(integrated, rel=0.05)


def test_cash_hands_out_what_the_integrated_programme_really_spends():
    def spent(name, seed):
        run = record(shipped(name), seed)
        people = run.group[run.group["group"] == "all"]["households"].iloc[0]
        return run.spending.loc[run.spending["month"] >= 0, "yuan"].sum() / people

    integrated, cash = (np.mean([spent(name, seed) for seed in (1, 2, 3)]) for name in ("integrated", "cash"))
    assert cash == pytest.approx(integrated, rel=0.02)


def test_the_integrated_programme_is_the_four_pathways_together():
    parts = [shipped(f"{name}_only").levers for name in ("policy", "training", "logistics", "workforce")]
    assert shipped("integrated").levers == {name: setting for part in parts for name, setting in part.items()}
    assert sum(len(part) for part in parts) == len(shipped("integrated").levers)


def test_contractors_and_fund_cut_differ_from_integrated_in_one_thing_only():
    integrated = shipped("integrated")
    assert digest(changed(integrated, {"county.carrier": "contractors"})) == digest(shipped("contractors"))
    cut = {"shocks.fund_cut": {"intensity": 1, "start": 60}}
    assert digest(changed(integrated, cut)) == digest(shipped("fund_cut"))


@pytest.mark.parametrize("village", VILLAGES)
@pytest.mark.parametrize("mix", [name for name in MIXES if name not in PLACED])
def test_any_mix_combines_with_any_village(mix, village, tmp_path):
    base = [str(SCENARIOS / f"{name}.toml") for name in (mix, village)]
    both = load(written(tmp_path, f"extends = {json.dumps(base)}"))
    assert both.world == shipped(village).world
    assert both.outside == shipped(village).outside
    assert (both.county, both.levers) == (shipped(mix).county, shipped(mix).levers)
    assert both.title == "mine"


@pytest.mark.parametrize(("below", "above"), [(one, two) for one in VILLAGES for two in VILLAGES if one != two])
def test_one_village_laid_over_another_leaves_nothing_of_it(below, above, tmp_path):
    files = [str(SCENARIOS / f"{name}.toml") for name in (below, above)]
    both = load(written(tmp_path, f"extends = {json.dumps(files)}"))
    assert digest(both) == digest(shipped(above))


def test_extends_lays_later_files_over_earlier_ones_and_the_file_over_all(tmp_path):
    one = 'title = "one"\n[run]\nmonths = 12\nseed = 5\n[levers.camp]\nintensity = 1\nstart = 3'
    written(tmp_path, one, "one.toml")
    written(tmp_path, "[run]\nmonths = 24\n[levers.camp]\nintensity = 2", "two.toml")
    scenario = load(written(tmp_path, 'extends = ["one.toml", "two.toml"]\n[levers.camp]\nramp = 6'))
    assert (scenario.run.months, scenario.run.seed, scenario.title) == (24, 5, "mine")
    assert scenario.levers["camp"]._asdict() == {
        "intensity": 2.0, "start": 3, "end": None, "ramp": 6, "reach": 1.0, "within": 1.0, "unit_cost": None,
        "maintenance": None,
    }  # fmt: skip


@pytest.mark.parametrize("off", ["levers.camp = false", "[levers.camp]\nintensity = 0"])
def test_an_inherited_lever_can_be_switched_off(off, tmp_path):
    written(tmp_path, "[levers.camp]\nintensity = 1\n[levers.salon]\nintensity = 1", "base.toml")
    assert list(load(written(tmp_path, f'extends = "base.toml"\n{off}')).levers) == ["salon"]


def test_an_inherited_end_can_be_taken_away(tmp_path):
    written(tmp_path, "[levers.camp]\nintensity = 1\nend = 24", "base.toml")
    assert load(written(tmp_path, 'extends = "base.toml"\n[levers.camp]\nend = "never"')).levers["camp"].end is None


@pytest.mark.parametrize(
    ("written_as", "key", "value"),
    [
        ("budget = 500", "county.budget", 500.0),
        ('budget = "500 yuan/household/year"', "county.budget", 500.0),
        ('budget = " 500  yuan / households / Year "', "county.budget", 500.0),
        ('mix_casework = "20 %"', "county.mix_casework", 0.2),
        ('mix_casework = "0.2 share"', "county.mix_casework", 0.2),
        ('mix_casework = "2e-1 share"', "county.mix_casework", 0.2),
    ],
)
def test_a_number_may_carry_its_unit(written_as, key, value, tmp_path):
    county = load(written(tmp_path, f"[county]\n{written_as}")).county
    found = getattr(county, key.removeprefix("county."))
    assert found == value
    assert type(found) is float


@pytest.mark.parametrize(
    ("mechanism", "key", "word", "code"),
    [("influence", "learning", "averaging", 1), ("choice", "entry", "logit", 1),
     ("logistics", "pricing", "uniform_tariff", 1), ("influence", "learning", "bayes", 0)],
)
def test_a_form_of_the_model_is_chosen_by_its_word(mechanism, key, word, code, tmp_path):
    scenario = load(written(tmp_path, f'[parameters.{mechanism}]\n{key} = "{word}"'))
    found = getattr(getattr(scenario.parameters, mechanism), key)
    assert (found, type(found)) == (code, int)
    assert resolved(scenario)["parameters"][mechanism][key] == word
    assert changed(scenario, {f"parameters.{mechanism}.{key}": word}).parameters == scenario.parameters
    usual = changed(scenario, {f"parameters.{mechanism}": {}})
    assert (digest(scenario) == digest(usual)) == (code == 0)


def test_growth_may_be_written_in_per_cent_a_year(tmp_path):
    grows = load(written(tmp_path, '[outside]\ncity_wage_growth = "4 %/year"')).outside.city_wage_growth
    assert grows == 0.04


def test_units_are_alike_but_for_spaces_and_a_plural():
    assert same_unit("seats / village/month", "seat/village/month")
    assert same_unit("yuan/month/1000 household", "yuan/month/1000 households")
    assert not same_unit("km", "m")
    assert not same_unit("yuan/month", "yuan/year")


def test_every_number_has_its_declared_type(tmp_path):
    scenario = load(written(tmp_path, "[county]\nbudget = 500\n[levers.camp]\nintensity = 2\nunit_cost = 900"))
    groups = (*scenario.parameters, scenario.run, scenario.world, scenario.county, scenario.outside)
    for group in groups:
        for field in declared(type(group)):
            assert type(getattr(group, field.name)) is field.type
    assert type(scenario.levers["camp"].intensity) is type(scenario.levers["camp"].unit_cost) is float


def test_a_plan_ramps_up_holds_and_ends():
    base = shipped("baseline")
    camp = {"intensity": 2, "start": 3, "end": 8, "ramp": 4}
    planned = plan(changed(base, {"run.spin_up": 2, "run.months": 12, "levers.camp": camp}))
    assert planned.shape == (14, len(LEVERS))
    assert planned.dtype == np.float64
    assert planned[:, ROW["camp"]].tolist() == [0, 0, 0, 0, 0, 0.5, 1.0, 1.5, 2.0, 2.0, 0, 0, 0, 0]
    assert not np.delete(planned, ROW["camp"], axis=1).any()


def test_phones_and_networks_spread_from_the_end_of_spin_up_on():
    series = outside(changed(shipped("baseline"), {
        "run.spin_up": 24, "run.months": 36, "outside.phone_growth": 0.12, "outside.coverage_growth": 0.24,
    }))
    assert series["phone_gain"].tolist() == [0.0] * 24 + [pytest.approx(0.01)] * 36
    assert series["coverage_gain"].tolist() == [0.0] * 24 + [pytest.approx(0.02)] * 36


def test_platform_fees_and_prices_grow_as_the_scenario_says():
    series = outside(changed(shipped("baseline"), {
        "run.spin_up": 0, "run.months": 36, "outside.fee_growth": 0.1, "outside.retail": 1.5,
        "outside.retail_growth": -0.1,
    }))
    assert series["fee_level"][[0, 11, 12, 24]].tolist() == pytest.approx([1.0, 1.0, 1.1, 1.21])
    assert series["retail"][[0, 11, 12, 24]].tolist() == pytest.approx([1.5, 1.5, 1.35, 1.215])


def test_nothing_grows_beyond_what_its_column_can_hold():
    fields = {field.name: field for field in declared(OutsideSettings)}
    for end in ("low", "high"):
        values = {f"outside.{name}": getattr(field.quantity, end) for name, field in fields.items()}
        series = outside(changed(shipped("baseline"), values | {"run.months": 1200}))
        for column in declared(County):
            if column.name in series:
                assert series[column.name].min() >= column.quantity.low
                assert series[column.name].max() <= column.quantity.high
    assert series["city_wage"][-1] == 100_000


def test_the_outside_world_grows_in_yearly_steps_after_spin_up():
    scenario = changed(shipped("baseline"), {"run.spin_up": 24, "run.months": 36, "outside.city_wage_growth": 0.1})
    series = outside(scenario)
    assert {values.shape for values in series.values()} == {(60,)}
    wage = series["city_wage"]
    first = scenario.outside.city_wage
    assert (wage[:36] == first).all()
    assert (wage[36:48] == first * 1.1).all()
    assert (wage[48:] == first * 1.1 * 1.1).all()
    assert (series["retail"] == scenario.outside.retail).all()


def test_the_hash_names_what_determines_a_run_and_nothing_else(tmp_path):
    base = shipped("integrated")
    text = as_toml(resolved(base))
    renamed = load(written(tmp_path, f'title = "another title"\n{text}'))
    assert digest(renamed) == digest(base)
    assert digest(with_seed(base, 2)) != digest(base)
    assert digest(changed(base, {"levers.camp.unit_cost": BY_NAME["camp"].price_default})) == digest(base)
    assert digest(changed(base, {"levers.camp.unit_cost": 801})) != digest(base)


def test_a_survey_is_named_by_what_its_files_hold(tmp_path):
    written(tmp_path, "id\n1\n", "people.csv")
    written(tmp_path, "from,to\n", "ties.csv")
    text = '[world]\nsurvey_households = "people.csv"\nsurvey_ties = "ties.csv"\nsurvey_columns = {id = "household"}'
    scenario = load(written(tmp_path, text))
    assert scenario.survey == (tmp_path / "people.csv", tmp_path / "ties.csv")
    assert scenario.survey_columns == {"id": "household"}
    assert str(tmp_path) not in json.dumps(resolved(scenario))
    before = digest(scenario)
    assert digest(with_seed(with_seed(scenario, 9), scenario.run.seed)) == before
    written(tmp_path, "id\n2\n", "people.csv")
    assert digest(scenario) != before


def test_changes_leave_the_scenario_they_start_from_alone():
    base = shipped("integrated")
    both = changed(base, {"levers.camp.intensity": np.float64(3.0), "county.targeting": "need", "levers.salon": False})
    assert both.levers["camp"] == base.levers["camp"]._replace(intensity=3.0)
    assert both.county.targeting == 3
    assert "salon" not in both.levers
    assert "salon" in base.levers


def test_a_byte_order_mark_and_chinese_titles_are_welcome(tmp_path):
    scenario = load(written(tmp_path, b"\xef\xbb\xbf" + 'title = "农村电商"\r\n'.encode()))
    assert scenario.title == "农村电商"


def test_there_is_a_mechanism_for_each_step_of_the_month():
    assert Parameters._fields == (
        "policy", "workforce", "training", "influence", "choice", "sales", "logistics", "traders", "employment",
        "brand", "accounts",
    )  # fmt: skip
