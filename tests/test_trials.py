"""Field trials inside the model: who gets what, each estimator on a known effect, and files written wrongly."""

import dataclasses
import json
import re

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from conftest import SCENARIOS
from test_evidence import people
from villagesim import cli
from villagesim.engine import run
from villagesim.scenario import ScenarioError, changed, load
from villagesim.study import trials
from villagesim.study.fieldwork import estimates, propensity, surveys
from villagesim.study.fieldwork.estimates import Estimate
from villagesim.study.trials import plan, sample
from villagesim.study.trials.design import MOST
from villagesim.study.trials.plan import OF_TABLES, Found

TRIAL = f"""
title = "Courses, to see them found"
scenario = "{SCENARIOS / 'baseline.toml'}"
share = 0.5
outcome = "sells"
villages = [10]
trials = 2
survey = {{waves = [-1, 11], households = 10, noise = 0.0}}
set = {{"world.households" = 15, "run.spin_up" = 36, "levers.continuity.intensity" = 1}}
[arm]
"county.budget" = 6000
"levers.basic_course.intensity" = 30
"""


def written(folder, text=TRIAL, **said):
    """A trial's file with some top-level keys said otherwise."""
    for key, value in said.items():
        line = f"{key} = {value}"
        found = re.search(rf"^{key} = .*$", text, re.MULTILINE)
        text = text.replace(found.group(), line) if found else text.replace("\nscenario", f"\n{line}\nscenario", 1)
    path = folder / "trial_courses.toml"
    path.write_text(text, encoding="utf-8")
    return path


def waves(*months):
    return f"{{waves = {list(months)}, households = 10, noise = 0.0}}"


# Who is treated.


def test_a_trial_gives_its_arm_to_the_villages_that_were_drawn(tmp_path):
    trial = trials.read_trial(written(tmp_path))
    assert [arm.levers["basic_course"].reach for arm in trial.arms] == [0.5]
    data = trials.compared(trial.asked, trials.survey(trial, 10, 3))
    assert data.groupby("village")["treated"].nunique().max() == 1
    assert data.groupby("village")["treated"].first().sum() == 5
    # those who sat in a course live in villages that were drawn
    assert set(data.loc[data["trained"] > 0, "treated"]) == {1.0}


@pytest.mark.parametrize(("lever", "amount", "got"), [
    ("basic_course", 30, "seat_basic"), ("startup_credit", 1, "credit_income"), ("cash", 400, "cash_income")])
def test_an_arm_for_households_reaches_those_drawn_in_every_village_and_nobody_else(tmp_path, lever, amount, got):
    text = TRIAL.replace('"levers.basic_course.intensity" = 30', f'"levers.{lever}.intensity" = {amount}')
    trial = trials.read_trial(written(tmp_path, text, assign='"households"', share=0.4))
    data = trials.compared(trial.asked, trials.survey(trial, 10, 3))
    assert ((data["rank"] < 0.4) == (data["treated"] > 0)).all()
    assert data.groupby("village")["treated"].nunique().min() == 2
    county = changed(trial.arms[0], {"world.villages": 6, "world.townships": 2, "world.households": 240})
    ever = []
    people = run(county, 3, observe=lambda month, world: ever.append(getattr(world.households, got) > 0)).households
    given = np.any(ever, axis=0)
    assert given.any()
    assert (people.rank[given] < 0.4).all()
    if lever == "cash":
        assert given.tolist() == (people.rank < 0.4).tolist()


def test_villages_begin_in_the_months_that_the_file_names(tmp_path):
    trial = trials.read_trial(written(
        tmp_path, share=0.6, starts=[0, 12, 24], survey=waves(-13, -1, 11, 23, 35),
        estimator='"staggered_difference_in_differences"'))
    table = trials.survey(trial, 10, 3)
    assert table.fillna({"start": -1}).groupby("village")["start"].first().value_counts().to_dict() == {
        -1.0: 4, 0.0: 2, 12.0: 2, 24.0: 2}
    # nobody is trained before its village begins, some soon after, and none where it never does
    trained = table.groupby(["start", "wave"])["trained"].mean()
    for start in (0.0, 12.0, 24.0):
        assert trained[start][trained[start].index < start].eq(0).all()
        assert trained[start][start + 11] > 0
    assert table.loc[table["start"].isna(), "trained"].eq(0).all()
    units = trials.followed(trial.asked, table)
    assert units.groupby("unit")["treated"].sum().value_counts().to_dict() == {0: 4, 1: 2, 2: 2, 3: 2}


def test_where_some_do_not_comply_assignment_is_drawn_apart_from_who_gets_the_arm(tmp_path):
    asked = trials.read_trial(written(tmp_path, share=0.6, compliance="{treated = 0.6333, control = 0.125}")).asked
    ranks = np.random.default_rng(1).permutation(100) / 100
    chosen = [sample.drawn(asked, ranks, seed) for seed in range(200)]
    got = ranks < asked.reaches()[0]
    assert got.sum() == 43
    # 38 of the 60 and 5 of the 40, whichever villages they are
    assert {(int(one.sum()), int((one & got).sum())) for one in chosen} == {(60, 38)}
    often = np.mean(chosen, axis=0)
    assert np.abs(often[got] - 38 / 43).max() < 0.12 > np.abs(often[~got] - 22 / 57).max() - 0.02
    full = dataclasses.replace(asked, compliance=trials.Compliance())
    assert full.reaches() == (0.6,)


def test_a_trial_is_analysed_as_assigned_whoever_got_the_arm(tmp_path):
    trial = trials.read_trial(written(tmp_path, compliance="{treated = 0.6, control = 0.4}"))
    data = trials.compared(trial.asked, trials.survey(trial, 10, 3))
    villages = data.groupby("village")[["treated", "got"]].first()
    assert villages.groupby("treated")["got"].sum().to_dict() == {0.0: 2, 1.0: 3}
    assert villages["treated"].sum() == 5
    # courses were held where the arm came, assigned or not
    seated = data.groupby("village")["trained"].max() > 0
    assert seated.tolist() == villages["got"].tolist()


def test_a_county_that_goes_on_under_the_same_scenario_is_the_county_that_was_not_stopped():
    scenario = changed(load(SCENARIOS / "integrated.toml"), {
        "world.villages": 6, "world.townships": 2, "world.households": 20, "run.spin_up": 13})
    whole = surveys.households(scenario, 4, (-1, 11, 17))
    parts = surveys.households(scenario, 4, (-1, 11, 17), [(5, scenario), (12, scenario)])
    pd.testing.assert_frame_equal(whole, parts)


# What is estimated.


def chosen(rng, effect, villages=60, each=30):
    """Those who did well before take part more often, and gain `effect` by it."""
    table = people(rng, 0.0, villages, each)
    wish = 2.0 * (table["before"] - table["before"].mean()) + rng.logistic(0, 1, len(table))
    takes = wish > 1.0
    gained = 0.9 * table["before"] + effect * takes + rng.normal(0, 0.3, len(table))
    return table.assign(takes_part=takes, outcome=gained)


def test_matching_takes_off_the_selection_that_the_naive_gap_shows():
    found = [(propensity.matching(data), OF_TABLES["naive_gap"](data))
             for data in (chosen(np.random.default_rng(seed), 0.2) for seed in range(20))]
    assert np.mean([matched.value for matched, _ in found]) == pytest.approx(0.2, abs=0.02)
    assert np.mean([matched.low <= 0.2 <= matched.high for matched, _ in found]) >= 0.8
    assert all(naive.low > 0.2 for _, naive in found)


@pytest.mark.parametrize(("estimator", "finds"), [
    ("intention_to_treat", False), ("ols_village_effects", False), ("naive_gap", True), ("matching", None)])
def test_a_placebo_is_the_same_estimator_of_what_was_before_the_start(tmp_path, monkeypatch, estimator, finds):
    """The treated are older, or live in better villages: a plain difference of what was before finds that. Controls
    take off age, and village effects the village; who takes part did better before, whatever is controlled for."""
    rng = np.random.default_rng(11)
    data = people(rng, 0.3)
    village = data["village"].to_numpy()
    if estimator == "ols_village_effects":
        lots = rng.random(len(data)) < np.where(village % 2, 0.8, 0.2)
        data = data.assign(before=data["before"] + 0.5 * (village % 2), treated=lots.astype(float))
    else:
        older = data["age"] + 20.0 * data["treated"]
        data = data.assign(before=data["before"] + 0.02 * (older - data["age"]), age=older)
    data = data.assign(takes_part=data["before"] + rng.normal(0, 0.3, len(data)) > data["before"].mean())
    plain = estimates.difference_of_means(data.assign(outcome=data["before"], takes_part=data["treated"]))
    assert plain.low > 0.1
    monkeypatch.setattr(plan, "survey", lambda *_: None)
    monkeypatch.setattr(plan, "compared", lambda *_: data)
    trial = trials.read_trial(written(tmp_path))
    asked = dataclasses.replace(trial, asked=dataclasses.replace(trial.asked, estimator=estimator))
    found = trials.simulate(asked, 60, 1)
    assert np.isfinite(found.estimate.value)
    if finds is None:
        assert np.isnan(found.placebo.value)
    else:
        assert found.placebo.significant is finds
        assert found.placebo.se > 0.0


def test_matching_compares_nobody_with_somebody_unlike_him():
    data = chosen(np.random.default_rng(1), 0.2)
    # one household that is beyond all others has no match, and does not count
    strange = data.copy()
    strange.loc[strange.index[strange["takes_part"]][0], ["before", "outcome"]] = 50.0
    assert propensity.matching(strange).value == pytest.approx(propensity.matching(data).value, abs=0.1)


@pytest.mark.filterwarnings("error")
def test_matching_gives_no_number_where_there_is_nothing_to_match():
    data = chosen(np.random.default_rng(1), 0.2)
    assert np.isnan(propensity.matching(data.assign(takes_part=False)).value)
    assert np.isnan(propensity.matching(data.assign(takes_part=True)).value)
    # who takes part can be told for sure: nobody is like them
    assert np.isnan(propensity.matching(data.assign(takes_part=data["before"] > 1.0)).value)


def test_lots_drawn_within_villages_find_the_effect_whatever_village_it_is():
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        table = people(rng, 0.0)
        lot = (rng.random(len(table)) < 0.5).astype(float)
        found.append(OF_TABLES["ols_village_effects"](table.assign(treated=lot, outcome=table["outcome"] + 0.15 * lot)))
    assert np.mean([one.value for one in found]) == pytest.approx(0.15, abs=0.02)


def test_the_naive_gap_exceeds_what_a_lot_finds(tmp_path):
    """Who sells online in the model is richer than others for what it was before; a lot treats all alike."""
    lot = trials.read_trial(written(tmp_path, assign='"households"', outcome='"log_income"'))
    gap = dataclasses.replace(lot, asked=dataclasses.replace(lot.asked, estimator="naive_gap"))
    by_lot, naive = (np.mean([trials.simulate(one, 30, seed).estimate.value for seed in range(3)])
                     for one in (lot, gap))
    assert naive > by_lot + 0.02


def test_a_panel_of_lots_holds_each_arm_of_a_village_apart(tmp_path):
    trial = trials.read_trial(written(tmp_path, assign='"households"', survey=waves(-13, -1, 11),
                                      estimator='"difference_in_differences"'))
    units = trials.followed(trial.asked, trials.survey(trial, 10, 3))
    assert units.groupby("cluster")["unit"].nunique().tolist() == [2] * 10
    assert units.groupby("unit")["treated"].sum().value_counts().to_dict() == {0: 10, 1: 10}
    found = trials.simulate(trial, 10, 3)
    assert np.isfinite([found.estimate.value, found.placebo.se, found.pre_trend]).all()


# What is said and written.


def test_a_trial_is_planned_from_the_command_line(tmp_path):
    said = CliRunner().invoke(cli.app, ["trial", str(written(tmp_path)), "--out", str(tmp_path / "out"),
                                        "--workers", "1"])
    assert said.exit_code == 0, said.output
    table = pd.read_csv(tmp_path / "out/trial_courses/power.csv")
    assert table["mde"].iloc[0] == pytest.approx(trials.DETECTED * table["se"].iloc[0])
    assert (tmp_path / "out/trial_courses/power.png").stat().st_size > 0


def test_power_is_that_of_a_test_at_5_percent_and_grows_with_the_villages(tmp_path, monkeypatch):
    """Estimates drawn about 0.2 with errors that halve from 10 villages to 40: by the normal distribution 0.17 and 0.52
    of trials find it, and 0.05 find what is not there; four of five find the effect that is told as the smallest."""
    rng, effect = np.random.default_rng(5), 0.2

    def gathered(_, tasks, *__):
        errors = np.array([0.2 * np.sqrt(10 / task.villages) for task in tasks])
        drawn = rng.normal([effect, 0.0], errors[:, None])
        return [Found(Estimate(one, se, 100), Estimate(placebo, se, 100))
                for (one, placebo), se in zip(drawn, errors, strict=True)]

    monkeypatch.setattr(plan.pool, "gather", gathered)
    monkeypatch.setattr(plan.runner, "prepare", lambda _: None)
    trial = trials.read_trial(written(tmp_path, trials=4000, villages=[10, 40]))
    few, many = trials.power(trial).table.to_dict("records")
    assert few["power"] == pytest.approx(0.170, abs=0.02)
    assert many["power"] == pytest.approx(0.516, abs=0.025)
    assert few["placebo_found"] == pytest.approx(0.05, abs=0.012)
    assert few["low"] < 0.2 < few["high"]
    assert many["spread"] == pytest.approx(0.1, rel=0.05)
    effect = few["mde"]
    assert trials.power(trial).table["power"].iloc[0] == pytest.approx(0.8, abs=0.02)


def test_a_difference_in_differences_is_told_with_its_placebo_and_pre_trend(tmp_path):
    file = written(tmp_path, survey=waves(-13, -1, 11), estimator='"difference_in_differences"')
    said = CliRunner().invoke(cli.app, ["trial", str(file), "--out", str(tmp_path / "out"), "--workers", "1"])
    assert said.exit_code == 0, said.output
    for name in ("placebo", "placebo_found", "pre_trend_found", "two_way"):
        assert name in said.stdout
    told = json.loads((tmp_path / "out/trial_courses/power.json").read_text(encoding="utf-8"))
    table = pd.read_csv(tmp_path / "out/trial_courses/power.csv")
    each = pd.read_csv(tmp_path / "out/trial_courses/estimates.csv")
    assert told["sizes"][0]["placebo"] == pytest.approx(each["placebo_estimate"].mean())
    assert told["sizes"][0]["pre_trend_found"] == table["pre_trend_found"].iloc[0] == (each["pre_trend"] < 0.05).mean()
    again = CliRunner().invoke(cli.app, ["trial", str(file), "--out", str(tmp_path), "--workers", "1", "--json"])
    assert json.loads(again.stdout) == told


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_trial_whose_data_tell_nothing_gives_no_number(tmp_path):
    """Cash trains nobody: there is nobody who takes part."""
    text = TRIAL.replace('"levers.basic_course.intensity" = 30', '"levers.cash.intensity" = 10')
    trial = trials.read_trial(written(tmp_path, text, estimator='"naive_gap"', takes_part='"trained"'))
    row = json.loads(trials.power(trial, 1).as_json())["sizes"][0]
    assert (row["told"], row["power"], row["effect"], row["mde"]) == (0, 0.0, None, None)


DID = {"estimator": '"difference_in_differences"', "survey": waves(-2, -1, 11)}
STAGGER = {"estimator": '"staggered_difference_in_differences"', "survey": waves(-13, -1, 11, 23)}


@pytest.mark.parametrize(("said", "key", "allowed"), [
    ({"shares": 0.5}, "shares is not known", "did you mean share"),
    ({"share": 1.5}, "share is 1.5, out of range", "0.01 to 1 share"),
    ({"share": '"half"'}, "share is \"half\"", "0.01 to 1 share"),
    ({"trials": 1}, "trials is 1, out of range", "2 to 10000 trial"),
    ({"estimator": '"guess"'}, "estimator is \"guess\"", "intention_to_treat, ols_village_effects"),
    ({"estimator": '"match"'}, "estimator is \"match\"", "did you mean matching"),
    ({"outcome": '"joy"'}, "outcome is \"joy\"", "log_income"),
    ({"assign": '"counties"'}, "assign is \"counties\"", "villages, households"),
    ({"takes_part": '"away"'}, "takes_part is \"away\"", "sells, trained"),
    ({"title": 3}, "title is 3", "text in quotes"),
    ({"villages": "[]"}, "villages is a list of 0", "2 to 2009 village"),
    ({"villages": "[4, 2010]"}, "villages is 2010, out of range", "2 to 2009 village"),
    ({"villages": 40}, "villages is 40", "a list of 1 or more"),
    ({"villages": "[40, 20]"}, "villages does not rise", "each above the one before"),
    ({"survey": "{month = 12}"}, "survey.month is not known", "waves"),
    ({"survey": "{noise = 3}"}, "survey.noise is 3, out of range", "0 to 2"),
    ({"survey": "12"}, "survey is 12", "a table [survey]"),
    ({"survey": waves(0, 11)}, "survey.waves begins at 0, not before the start", "below 0 month"),
    ({"survey": waves(-2, -1)}, "survey.waves ends at -1, before the last start", "from 0 month on"),
    ({"survey": waves(-30, 11)}, "survey.waves begins at -30", "-25 month or later under run.spin_up = 36"),
    ({"set": '{"world.hamlets" = 3}'}, "set does not go", "world.hamlet"),
    ({"set": '{"world.villages" = 36}'}, "set.world.villages is said by the trial itself", "villages of the trial"),
    ({"set": "{world = {townships = 2}}"}, "set.world.townships is said by", "villages, 10 a township"),
    ({"set": '{"run.months" = 36}'}, "set.run.months is said by the trial itself", "the last of survey.waves"),
    ({"set": '{"run.seed" = 36}'}, "set.run.seed is said by the trial itself", "seed of the trial"),
    ({"set": '{"county.selection" = "ready"}'}, "set.county.selection is said by the trial itself", "by lot"),
    # what the design can't feed
    ({"estimator": '"ols_village_effects"'}, "estimator is \"ols_village_effects\"", 'assign = "households"'),
    ({"estimator": '"difference_in_differences"'}, "survey.waves has 1 before the start", "two or more below 0 month"),
    (STAGGER, "starts gives \"staggered_difference_in_differences\" one start", "a wave between them"),
    (STAGGER | {"starts": "[0, 6]"}, "starts gives", "a wave between them"),
    (STAGGER | {"starts": "[0, 12]", "estimator": '"difference_in_differences"'}, "starts has more than one month",
     "staggered_difference_in_differences"),
    ({"starts": "[0, 6]", "assign": '"households"'}, "starts has more than one month", 'assign = "villages"'),
    ({"share": 1}, "share is 1, and leaves", "matching or naive_gap"),
    ({"compliance": "{treated = 0.3, control = 0.4}"}, "compliance gives the arm to 0.4 of", "control below"),
    ({"compliance": "{treated = 0.6}", "assign": '"households"'}, "compliance goes with", 'assign = "villages"'),
    ({"compliance": "{take = 0.6}"}, "compliance.take is not known", "treated, control"),
    ({"compliance": "{treated = 1.2}"}, "compliance.treated is", "0.01 to 1"),
    ({"compliance": "0.6"}, "compliance is 0.6", "a table [compliance]"),
    ({"share": 0.05}, "villages begins at 10, 1 of them treated", "2 or more treated"),
    *((DID | {"outcome": f'"{name}"'}, f"survey.waves has waves 1 month apart, and {name} is of the 12 months",
       "12 month or more from wave to wave") for name in ("log_income", "online_income", "bought")),
    ({"share": 0.9}, "villages begins at 10, 9 of them treated", "2 or more not"),
])
def test_a_trial_that_is_written_wrongly_is_one_line_of_file_key_and_what_is_allowed(tmp_path, said, key, allowed):
    file = written(tmp_path, **said)
    with pytest.raises(ScenarioError) as caught:
        trials.read_trial(file)
    line = str(caught.value)
    assert line.startswith(f"{file}: {key}"), line
    assert allowed in line
    assert "\n" not in line


@pytest.mark.parametrize(("was", "now", "key", "allowed"), [
    ("basic_course.intensity", "platform.intensity", "arm.levers.platform.intensity can't be given to some villages",
     "levers.service_point"),
    ("basic_course.intensity", "basic_course.reach", "arm.levers.basic_course.reach is said by", "share of"),
    ("basic_course.intensity", "basic_course.start", "arm.levers.basic_course.start is said", "starts of"),
    ("basic_course.intensity\" = 30", "basic_course.intensity\" = 90", "arm does not go", "0 to 60 seat/village/month"),
    ("basic_course.intensity", "basic_curse.intensity", "arm.levers.basic_curse.intensity", "mean basic_course?"),
    ("[arm]", "[arm]\n\"levers\" = 1", "arm.levers is 1, and no key of a lever", "levers.startup_credit.intensity"),
    ("basic_course.intensity", "basic_course", "arm.levers.basic_course is 30, and no key", "basic_course.intensity"),
    ("basic_course.intensity", "basic_course.intensity.most", "arm.levers.basic_course.intensity.most is 30, and no",
     "levers.basic_course.intensity"),
    *(("[arm]", f"[arm]\n\"{key}\" = 15", f"arm.{key} would change the others too", "county.budget, which pays")
      for key in ("outside.retail", "world.households", "parameters.sales.demand", "county.selection",
                  "shocks.road_closure.intensity")),
    ("\"levers.basic_course.intensity\" = 30", "", "arm holds no lever", "levers.camp"),
    ("title = \"Courses, to see them found\"", "", "title is missing", "title, scenario, arm"),
])
def test_an_arm_that_is_written_wrongly_is_one_line(tmp_path, was, now, key, allowed):
    file = written(tmp_path, TRIAL.replace(was, now))
    with pytest.raises(ScenarioError) as caught:
        trials.read_trial(file)
    assert str(caught.value).startswith(f"{file}: {key}"), caught.value
    assert allowed in str(caught.value)


def test_waves_may_be_close_where_what_is_asked_stands_at_the_wave_or_no_panel_is_made(tmp_path):
    for said in (DID, {"outcome": '"log_income"', "survey": waves(-2, -1, 11)},
                 DID | {"outcome": '"log_income"', "survey": waves(-13, -1, 11)}):
        assert trials.read_trial(written(tmp_path, **said)).asked.survey.waves[-1] == 11


def test_the_largest_trial_that_is_let_in_has_a_county(tmp_path):
    trial = trials.read_trial(written(tmp_path, villages=[4, MOST]))
    assert changed(trial.arms[0], sample.size(MOST)).world.townships == 200
    with pytest.raises(ScenarioError, match="townships is 201, out of range"):
        changed(trial.arms[0], sample.size(MOST + 1))


def test_what_is_given_to_whole_villages_is_refused_for_households(tmp_path):
    text = TRIAL.replace("basic_course.intensity\" = 30", "service_point.intensity\" = 1")
    with pytest.raises(ScenarioError, match=r"service_point\.intensity can't be given to some households") as caught:
        trials.read_trial(written(tmp_path, text, assign='"households"'))
    assert "levers.basic_course" in str(caught.value)
