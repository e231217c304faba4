"""Targets as data, surveys and estimators with known answers, and what is kept aside stays aside."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError
from typer.testing import CliRunner

from conftest import SCENARIOS
from villagesim import cli, evidence
from villagesim.scenario import changed, load
from villagesim.study.calibration import validation
from villagesim.study.fieldwork import estimates, kinds, panels, surveys
from villagesim.study.fieldwork.estimates import Estimate

ROOT = Path(__file__).parents[1]
SMALL = {"world.villages": 6, "world.townships": 2, "world.households": 30, "run.spin_up": 13, "run.months": 24}


def test_every_target_has_source_unit_role_and_one_tolerance():
    found = evidence.targets()
    assert len({one.id for one in found}) == len(found) > 30
    assert {f"T{n}" for n in range(1, 19)} | {f"V{n}" for n in range(1, 9)} == {one.id.split(".")[0] for one in found}
    assert all(one.role == (evidence.CALIBRATE if one.id[0] == "T" else evidence.VALIDATE) for one in found)
    assert evidence.target("T1").range == pytest.approx((0.089, 0.193))


@pytest.mark.parametrize("change", [{"se": 0.1}, {"low": None}, {"value": 9.0}, {"because": ""}, {"role": "both"},
                                    {"source": ""}, {"confidence": "memory"}])
def test_a_target_without_a_full_account_is_refused(change):
    whole = evidence.target("T13").model_dump()
    evidence.Target.model_validate(whole)
    with pytest.raises(ValidationError):
        evidence.Target.model_validate(whole | change)


def test_what_is_kept_aside_for_validation_is_aimed_at_by_nothing_that_ships():
    aside = {one.id for one in evidence.targets() if one.role == evidence.VALIDATE}
    asked = {path.name: set(tomllib.loads(path.read_text(encoding="utf-8")).get("targets", {}))
             for path in (ROOT / "experiments").glob("*.toml")}
    assert sum(map(bool, asked.values())) >= 4
    assert not {name: names & aside for name, names in asked.items() if names & aside}
    for about in (evidence.ensemble().about, *map(evidence.region, evidence.REGIONS)):
        assert about["targets"]
        assert not aside & (set(about["targets"]) | set(about["aims"]) | set(about["heaviest"]["means"]))
    assert not aside & {target for one in evidence.pins() for target in one.moved}


def test_of_some_targets_the_direction_alone_is_published_and_told():
    assert {one.id: one.direction for one in evidence.targets() if one.direction_only} == {
        "V2": "above 0", "V6.age": "below 0", "V6.schooling": "above 0", "V6.returnee": "above 0"}
    assert evidence.target("V4").direction == ""
    said = CliRunner().invoke(cli.app, ["targets", "--role", "validate"]).output
    assert said.count("the numbers are judgement") == 4
    assert "published: below 0; the numbers are judgement" in said
    with pytest.raises(ValidationError, match="a direction is a range that begins or ends at 0"):
        evidence.Target.model_validate(evidence.target("V4").model_dump() | {"direction_only": True})


def test_what_is_kept_aside_for_validation_is_named_nowhere_that_fits():
    """No parameter, setting or lever cites a target that is kept aside as its source."""
    aside = [one.source.split(":")[0] for one in evidence.targets() if one.role == evidence.VALIDATE]
    said = "".join(path.read_text(encoding="utf-8") for folder in ("mechanisms", "tables")
                   for path in (ROOT / "src/villagesim" / folder).glob("*.py"))
    said += "".join((ROOT / f"src/villagesim/{name}.py").read_text(encoding="utf-8") for name in ("settings", "levers"))
    assert not [source for source in aside if source in said]
    assert "Couture" not in said


def test_targets_are_printed_and_as_json():
    said = CliRunner().invoke(cli.app, ["targets", "--role", "validate"]).output
    assert "V3  rural income raised by a county programme" in said
    assert "T1  " not in said
    rows = json.loads(CliRunner().invoke(cli.app, ["targets", "--json"]).output)
    assert [row["id"] for row in rows] == [one.id for one in evidence.targets()]
    refused = CliRunner().invoke(cli.app, ["targets", "--role", "fit"])
    assert (refused.exit_code, refused.stderr) == (2, "--role is fit; allowed: calibrate, validate\n")


@pytest.mark.parametrize(("words", "named"), [
    (["--json", "--pins", "--series"], "--json --pins --series"), (["--role", "validate", "--pins"], "--role --pins"),
    (["--series", "--json"], "--json --series"), (["--pins", "--series"], "--pins --series")])
def test_what_targets_would_not_heed_is_refused(words, named):
    refused = CliRunner().invoke(cli.app, ["targets", *words])
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == (f"{named}: do not go together; allowed: --role with --json, --pins with --out, "
                              "or --series\n")


# Estimators, on data with a known effect.


def people(rng, effect, villages=60, each=15):
    village = np.repeat(np.arange(villages), each)
    treated = (np.arange(villages) % 2)[village].astype(float)
    table = pd.DataFrame({"village": village, "treated": treated, "age": rng.normal(50, 10, len(village)),
                          "schooling": rng.normal(7, 3, len(village)), "size": rng.integers(2, 6, len(village))})
    shared = rng.normal(0, 0.2, villages)[village]
    before = 0.02 * table["age"] + shared + rng.normal(0, 0.3, len(village))
    return table.assign(before=before, outcome=before + effect * treated + rng.normal(0, 0.3, len(village)))


def test_intention_to_treat_finds_the_effect_with_the_coverage_that_it_claims():
    found = [estimates.intention_to_treat(people(np.random.default_rng(seed), 0.15)) for seed in range(60)]
    assert np.mean([one.value for one in found]) == pytest.approx(0.15, abs=0.01)
    assert 0.86 <= np.mean([one.low <= 0.15 <= one.high for one in found]) <= 1.0
    none = [estimates.intention_to_treat(people(np.random.default_rng(seed), 0.0)) for seed in range(60)]
    assert np.mean([one.significant for one in none]) <= 0.15


def test_two_answers_give_a_difference_and_no_error():
    """One who takes part and one match, in two villages: as many rows as coefficients."""
    two = pd.DataFrame({"outcome": [3.0, 1.0], "takes_part": [True, False], "village": [0, 1]})
    found = estimates.difference_of_means(two)
    assert found.value == pytest.approx(2.0)
    assert np.isnan(found.se)
    assert not found.significant


def test_the_naive_gap_is_selection_where_nothing_is_caused():
    rng = np.random.default_rng(3)
    table = people(rng, 0.0)
    able = rng.normal(0, 1, len(table))
    online = table.assign(outcome=able, takes_part=able + rng.normal(0, 1, len(table)) > 1.2)
    assert estimates.naive_gap(online).low > 0.5


@pytest.mark.filterwarnings("error")
def test_an_effect_that_the_data_cannot_tell_is_no_number_and_a_control_without_variation_changes_none():
    table = people(np.random.default_rng(4), 0.15)
    assert np.isnan(estimates.intention_to_treat(table.assign(treated=1.0)).value)
    assert np.isnan(estimates.naive_gap(table.assign(takes_part=False)).value)
    assert np.isnan(estimates.ols_village_effects(table).value)
    alike = table.assign(size=4)
    found = estimates.intention_to_treat(alike)
    assert abs(found.value - 0.15) < 3 * found.se < 0.3
    twice = estimates.intention_to_treat(alike.assign(schooling=2 * alike["age"]))
    without = estimates.intention_to_treat(alike.assign(schooling=0))
    assert twice.value == pytest.approx(without.value, rel=1e-9)
    assert twice.se == pytest.approx(without.se, rel=1e-9)
    one = estimates.intention_to_treat(table.assign(village=1))
    assert np.isfinite(one.value)
    assert np.isnan(one.se)


def test_intra_class_correlation_by_hand():
    # Two villages of two, 0 0 and 1 1: all variance lies between; 0 1 and 0 1: between is below within.
    assert estimates.intra_class_correlation(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])) == 1.0
    # mean squares 0 between and 0.5 within, of size 2: (0 - 0.5) / (0 + 0.5)
    assert estimates.intra_class_correlation(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])) == -1.0


@given(st.floats(-5, 5), st.floats(0.01, 3))
def test_an_estimate_is_significant_when_its_interval_leaves_out_nothing(value, se):
    assert Estimate(value, se, 1).significant == (abs(value) > estimates.NORMAL_95 * se)


# Surveys, panels of simulated counties.


def test_a_survey_asks_what_the_county_holds():
    scenario = changed(load(SCENARIOS / "baseline.toml"), SMALL)
    whole = surveys.households(scenario, 4, (-1, 11))
    assert set(whole["wave"]) == {-1, 11}
    assert set(surveys.COLUMNS) == set(whole.columns)
    from villagesim.results import record

    run = record(changed(scenario, {"run.months": 12}), 4)
    came = run.village[run.village["month"].between(0, 11)]["parcels_in"].sum() / 12
    assert whole.loc[whole["wave"] == 11, "bought"].sum() == pytest.approx(came)
    every = run.group
    year = every[(every["group"] == "all") & every["month"].between(0, 11)]
    assert whole.loc[whole["wave"] == 11, "income"].sum() == pytest.approx(
        (year["income_mean"] / 12 * year["households"]).sum())
    asked = surveys.sampled(whole, 5, 0.0, np.random.default_rng(1))
    assert asked.groupby(["village", "wave"]).size().unique().tolist() == [5]
    exact = whole.set_index(["household", "wave"])["income"]
    assert (asked.set_index(["household", "wave"])["income"] == exact.loc[
        pd.MultiIndex.from_frame(asked[["household", "wave"]])].to_numpy()).all()


def test_a_panel_starts_each_programme_in_its_year():
    base, programme = (changed(load(SCENARIOS / name), SMALL | {"run.months": 48})
                       for name in ("baseline.toml", "integrated.toml"))
    late = panels.delayed(programme, 24)
    assert {name: late.levers[name].start - one.start for name, one in programme.levers.items()} == dict.fromkeys(
        programme.levers, 24)
    data = panels.staggered(base, programme, 4, (1, 2), 4, 7)
    assert data.groupby("unit")["treated"].sum().tolist() == [0, 3, 0, 2]
    # before its programme a county is what it would have been
    alone = np.log(panels.county_years(base, panels.replicate_seed(7, 3)))
    early = data[(data["unit"] == 3) & (data["time"] < 2)]["outcome"].to_numpy()
    assert early == pytest.approx(alone[:2], rel=1e-12)


# Validation.


def test_who_sells_is_asked_of_a_sample_in_several_counties_whose_villages_are_told_apart(monkeypatch):
    rng, asked, seen, each = np.random.default_rng(8), [], [], kinds.PANEL_ASKED + 13

    def county(scenario, seed, waves):
        asked.append(seed)
        n = 16 * each
        return people(rng, 0.0, villages=16, each=each).assign(
            household=range(n), wave=waves[0], income=np.exp(9), sells=rng.random(n) < 0.02,
            returnee=rng.random(n) < 0.1)

    def gap(table):
        seen.append(table)
        return Estimate(0.1, 0.1, len(table))

    monkeypatch.setattr(kinds.surveys, "households", county)
    monkeypatch.setattr(kinds.estimates, "naive_gap", gap)
    plain = load(SCENARIOS / "baseline.toml")
    found = kinds.sellers(kinds.Base(plain, plain), 1)
    assert set(found) == {"V4", "V6.age", "V6.schooling", "V6.returnee"}
    assert len(set(asked)) == kinds.ASKED > 1
    assert seen[0].groupby("village").size().tolist() == [kinds.PANEL_ASKED] * 16 * kinds.ASKED
    # All have one income, and answer with errors.
    assert seen[0]["outcome"].std() == pytest.approx(kinds.PANEL_NOISE, rel=0.05)
    assert len(seen[0]) == 6016


@pytest.mark.parametrize(("model", "said"), [(0.05, validation.INSIDE), (0.061, validation.SIGN),
                                             (0.001, validation.SIGN), (-0.01, validation.WRONG)])
def test_a_verdict_is_by_the_published_interval_then_by_the_sign(model, said):
    assert validation.verdict(model, evidence.target("V3")) == said


def test_the_difference_in_differences_of_the_table_comes_with_its_checks():
    values = pd.DataFrame({"member": [0, 1, 2], "V3": [0.02, 0.04, np.nan], "V3.imputed": [0.03, 0.05, np.nan],
                           "V3.placebo": [0.0, 0.01, np.nan], "V3.placebo_found": [0.0, 1.0, np.nan],
                           "V3.pre_trend": [0.04, 0.5, np.nan]})
    assert validation.checks(values) == pytest.approx(
        {"imputed": 0.04, "placebo": 0.005, "placebo_found": 0.5, "pre_trend_found": 0.5})
    assert "not computed" in validation.checked(validation.checks(values[["member", "V3"]]))


def test_luck_and_parameters_are_told_apart_whatever_settings_differ_by():
    """Forty members in three settings: parameters 0.03, luck 0.01, settings 0.05 to 0.24."""
    rng = np.random.default_rng(4)
    rows = [{"member": member, "county": county, "setting": (member + county) % 3,
             "T12": (0.24, 0.18, 0.05)[(member + county) % 3] + own + rng.normal(0, 0.01)}
            for member, own in enumerate(rng.normal(0, 0.03, 40)) for county in range(3)]
    values = pd.DataFrame(rows)
    luck, parameters = validation.apart(values, evidence.target("T12"))
    assert luck == pytest.approx(0.01, rel=0.2)
    assert parameters == pytest.approx(0.03, rel=0.3)
    # a share is held against its logarithm: T13
    logs = validation.apart(values.assign(T13=np.exp(values["T12"])), evidence.target("T13"))
    assert logs == pytest.approx((luck, parameters))
    table = validation.held_against(values, evidence.targets()).set_index("target")
    assert table.loc["T12", ["luck_sd", "parameter_sd"]].tolist() == pytest.approx([luck, parameters])
    same = values.assign(T12=0.1 * values["setting"])
    assert validation.apart(same, evidence.target("T12")) == pytest.approx((0.0, 0.0), abs=1e-9)
    alone = values[values["county"] == 0]
    assert np.isnan(validation.apart(alone, evidence.target("T12"))).all()


def test_a_member_is_the_mean_of_its_counties_and_of_a_test_of_one_panel_there_is_no_mean():
    values = pd.DataFrame({"member": [0, 0, 1, 1], "county": [0, 1, 0, 1], "setting": [0, 1, 1, 0],
                           "T12": [0.2, 0.4, np.nan, 0.5], "T17": [10.0, 1000.0, 0.0, 50.0], "V8": [0.0, 0.0, 2.0, 8.0],
                           "V3.pre_trend": [0.01, 0.9, 0.5, 0.5], "V3.placebo_found": [0.0, 1.0, 0.0, 0.0]})
    found = validation.of_members(values)
    assert list(found) == ["member", "T12", "T17", "V8"]
    assert found["T12"].tolist() == pytest.approx([0.3, 0.5])
    assert found["T17"].tolist() == pytest.approx([100.0, 50.0])
    assert found["V8"].tolist() == pytest.approx([0.0, 4.0])


def test_a_ratio_is_averaged_by_its_logarithm_and_an_amount_is_not():
    values = pd.DataFrame({"T17": [5.0, 50.0, 500.0], "V8": [1.0, 100.0, np.nan], "T8": [0.1, 0.2, 0.6]})
    table = validation.held_against(values, evidence.targets()).set_index("target")
    assert table.loc[["T17", "V8", "T8"], "model"].tolist() == pytest.approx([50.0, 10.0, 0.3])
    assert table.loc["T17", "verdict"] == validation.INSIDE


def test_a_target_without_a_counterpart_in_the_model_is_said_so_with_the_reason_and_never_given_a_number():
    table = validation.held_against(pd.DataFrame({"T10": [0.27, 0.27]}), evidence.targets()).set_index("target")
    assert table.loc["T10", "verdict"] == validation.NOT_MODELLED
    assert np.isnan(table.loc["T10", "model"])
    assert "no price in city shops" in CliRunner().invoke(cli.app, ["targets"]).output


def test_a_logarithm_needs_a_range_above_nothing():
    with pytest.raises(ValidationError, match="a logarithm needs a range above 0"):
        evidence.Target.model_validate(evidence.target("V1").model_dump() | {"scale": "log"})


def test_no_two_targets_are_one_and_the_same_estimate():
    """A target that repeats another's number tests nothing of its own."""
    base = kinds.Base(*(changed(load(SCENARIOS / name), {"run.spin_up": 13})
                             for name in ("baseline.toml", "integrated.toml")))
    found = {}
    for kind in ("ordinary", "posts", "calendar"):
        found |= kinds.EVIDENCE[kind](base, 5)
    # a share may be 1 for more than one
    known = [value for value in found.values() if np.isfinite(value) and value != 1.0]
    assert len(set(known)) == len(known)
    assert not np.isclose(found["V8"], found["T17"])
    assert found["V8"] == pytest.approx(found["V8.bought"] / found["V8.sent"])
    assert found["V7"] != pytest.approx(1 - (1 - found["T8"]) ** 0.25)


def test_what_is_not_computed_is_said():
    table = validation.held_against(pd.DataFrame({"member": [0, 1], "V1": [0.01, 0.03], "V2": [np.nan, np.nan]}),
                                    evidence.targets()).set_index("target")
    assert table.loc["V1", "model"] == pytest.approx(0.02)
    assert table.loc["V1", "verdict"] == validation.INSIDE
    assert table.loc[["V2", "T6.half"], "verdict"].tolist() == [validation.NOT_YET] * 2


def people_of(sells, away):
    """Four villages of fifty, alike but for how many sell and how many households have a member away."""
    rows = [{"village": village, "sells": place < sells[village], "away": int(place < away[village]), "age": 50.0,
             "schooling": 7.0, "size": 4.0} for village in range(4) for place in range(50)]
    return pd.DataFrame(rows)


def test_members_away_are_compared_between_villages_of_many_sellers_and_the_others():
    found = kinds.away_where_dense(people_of(sells=(0, 1, 20, 30), away=(20, 20, 15, 15)))
    assert found == pytest.approx(15 / 20 - 1)
    assert np.isnan(kinds.away_where_dense(people_of(sells=(5, 5, 5, 5), away=(20, 20, 15, 15))))
    assert np.isnan(kinds.away_where_dense(people_of(sells=(0, 1, 20, 30), away=(0, 0, 5, 5))))


def test_as_many_are_asked_in_a_promoted_county_as_its_source_asked(monkeypatch):
    """What is not a multiple of a 346th is no share of 346 answers."""
    baseline, integrated = (load(SCENARIOS / f"{name}.toml") for name in ("baseline", "integrated"))
    monkeypatch.setattr(kinds, "COUNTY", {"world.villages": 4, "world.townships": 2, "world.households": 120})
    found = kinds.promoted(kinds.Base(baseline, integrated), 2)
    answers = found["T15"] * kinds.RESPONDENTS
    assert answers == pytest.approx(round(answers))
    assert 0 < found["T15"] <= found["T15.willing"] < 1
