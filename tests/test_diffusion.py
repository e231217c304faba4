"""An innovation without parcels: the month's own phases in both engines; the sources' estimators on known data."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conftest import SCENARIOS
from fingerprints import of_world
from villagesim import evidence
from villagesim.declare import incomplete, outside_range
from villagesim.engine import diffusion, schedule
from villagesim.engine.phases import RowPhase, fills, reads
from villagesim.mechanisms.innovation import InnovationParameters, innovation_result
from villagesim.scenario import ScenarioError, changed, load
from villagesim.study.fieldwork import diffusion as spread, estimates, innovations, losses
from villagesim.study.fieldwork.innovations import read_innovation, shipped
from villagesim.world import build

BRAZIL = Path(__file__).parents[2] / "shared" / "data"
SMALL = {"world.villages": 4, "world.townships": 2, "world.households": 30}
P = InnovationParameters(benefit=0.5, common=0.2, own=0.3, lasting=0.1, cycle=12.0)


@pytest.fixture(scope="module")
def baseline():
    return load(SCENARIOS / "baseline.toml")


def small(innovation, baseline, **more):
    return changed(innovation.over(baseline), SMALL | {key.replace("__", "."): value for key, value in more.items()})


# The rule and the schedule.


@pytest.mark.parametrize(("mode", "months", "before", "expected"), [
    (0, 0, 0.7, (0.0, 0.0, 0)),
    (1, 0, 0.0, (100.0, 0.0, 0)),
    (1, 11, 0.2, (100.0, 0.2, 0)),
    # 0.5 + 0.2 x 1 + 0.3 x -2 + 0.1 x 3 - 0.15
    (1, 12, 0.2, (100.0, 0.25, 1)),
    (1, 24, 0.2, (100.0, 0.25, 1)),
])
def test_a_result_comes_once_a_season_to_those_who_adopted_and_the_price_is_taken_off(mode, months, before, expected):
    found = innovation_result(mode, 0.5, 2400.0, months, before, 3.0, 0.15, 1.0, -2.0, P)
    assert found == pytest.approx(expected)


def test_the_diffusion_is_the_months_own_phases_but_for_what_stands_for_the_sale():
    own = [phase for phase in diffusion.DIFFUSION if phase not in schedule.SCHEDULE]
    assert [phase.name for phase in own] == ["county.season_luck", "households.innovation_result"]
    kept = [phase for phase in diffusion.DIFFUSION if phase in schedule.SCHEDULE]
    assert kept == sorted(kept, key=schedule.SCHEDULE.index)
    rules = {phase.rule.__module__.rsplit(".", 1)[-1] for phase in kept if isinstance(phase, RowPhase)}
    assert rules == {"training", "influence", "choice", "sales"}
    assert set(diffusion.ASSIGNED) < set(diffusion.DIFFUSION)
    written = {at for phase in diffusion.ASSIGNED for at in fills(phase)}
    assert not {"households.seat_basic", "households.visited"} & written


def test_no_money_and_no_parcel_moves_where_nothing_is_traded():
    written = {at for phase in diffusion.DIFFUSION for at in fills(phase)}
    moved = {"income", "online_income", "savings", "fund", "debt", "granted", "spent", "orders", "parcels_out"}
    assert not {at for at in written if at.split(".")[1] in moved}
    # what trade would have written is entered, and no phase of the diffusion overwrites it
    assert {"households.shipping", "households.demand"} <= {at for phase in diffusion.DIFFUSION for at in reads(phase)}
    assert not {"households.shipping", "households.demand"} & written


def test_a_phase_that_is_not_there_is_refused_by_name():
    with pytest.raises(LookupError, match=r"households\.dreams"):
        diffusion._kept(schedule.TRAINING, "households.dreams")


@pytest.mark.parametrize("name", innovations.SHIPPED)
def test_both_engines_spread_an_innovation_with_equal_bits_every_month(name, baseline):
    one = shipped(name)
    # seats that are offered and a good name, so that the whole schedule acts and adopters tell of it
    scenario = small(one, baseline, run__months=30, levers__basic_course__intensity=2, world__belief=0.4)
    hashes = {}
    for engine in ("core", "reference"):
        kept = hashes[engine] = []
        world = diffusion.diffuse(scenario, one.offered, 5, engine,
                                  lambda month, world, kept=kept: kept.append(of_world(world)))
        assert world.households.ever_online.sum() > 5
        assert world.households.trained.sum() > 0
        assert not [line for table in world for line in outside_range(table)]
    assert hashes["core"] == hashes["reference"]
    assert len(set(hashes["core"])) == 30


def test_both_engines_hold_the_same_field_experiment(baseline):
    one = shipped("insurance")
    core, reference = (spread.experiment(one, small(one, baseline), 3, engine) for engine in ("core", "reference"))
    pd.testing.assert_frame_equal(core, reference)


def test_an_unknown_engine_is_refused(baseline):
    scenario = small(shipped("insurance"), baseline)
    with pytest.raises(ValueError, match="allowed: core, reference"):
        diffusion.bind(build(scenario, 1), scenario, P, 1, "abacus")


# The experiment.


def test_arms_and_prices_are_drawn_in_the_shares_that_the_file_says(baseline):
    one, scenario = shipped("insurance"), shipped("insurance").over(baseline)
    rows = int(spread.geography.household_counts(scenario.world, 4).sum())
    given = spread.assigned(one, scenario, 4, rows)
    usual = ~given.drawn
    share = np.bincount(given.arm[usual]) / usual.sum()
    assert share == pytest.approx([0.2275, 0.2275, 0.267, 0.278], abs=0.02)
    assert (given.price[usual] == 3.6).all()
    assert sorted(set(given.price[given.drawn])) == pytest.approx(np.linspace(1.8, 7.2, 7))
    # as many as the source asked: 2,137 in the first round, 1,255 untaught in the second
    assert (given.arm[usual] < 2).sum() == pytest.approx(2137, rel=0.05)
    assert (given.arm[usual] == spread.LATER_SIMPLE).sum() == pytest.approx(1255, rel=0.05)


def test_nobody_takes_up_what_is_priced_beyond_all_belief_and_all_know_it_who_were_taught(baseline):
    one = shipped("insurance")
    dear = replace(one, offered=one.offered._replace(price=100.0))
    data = spread.experiment(dear, small(one, baseline), 2)
    assert data.loc[~data["drawn"], "takes"].sum() == 0
    known = data.groupby("arm")["knows"].mean()
    assert known[spread.INTENSIVE] > known[spread.SIMPLE] + 0.1


def test_where_nothing_is_taught_sessions_and_friends_change_nothing(baseline):
    """The effects are made by what is learned: without it they are luck."""
    one = shipped("insurance")
    scenario = changed(one.over(baseline), {"parameters.training.by_ties": 0.0})
    untaught = replace(one, sessions=one.sessions._replace(simple_quality=0.0, intensive_quality=0.0))
    found = spread.session_estimates(spread.experiment(untaught, scenario, 1))
    assert all(abs(found[name].value) < 3 * found[name].se for name in ("T1", "T2", "T3.session", "T3.friends"))
    # the price still counts
    assert found["T4"].high < 0


# Histories.


def test_the_estimators_find_what_is_published_on_the_surveyed_farmers():
    """1.28 (.14) on contacts, .82 (.16) given the village, 24 % alone, half after 15.3 years, 78 % in the end."""
    if not BRAZIL.is_dir():
        pytest.skip("the surveyed farmers' files are not here")
    nodes = pd.read_csv(BRAZIL / "brfarmers_nodes.csv")
    edges = pd.read_csv(BRAZIL / "brfarmers_edges.csv")
    row = {node: place for place, node in enumerate(nodes["node"])}
    edges = edges[edges["ego"].isin(row) & edges["alter"].isin(row)]
    found = spread.History(nodes["village"].to_numpy(), np.where(nodes["adopted"] == 1, nodes["toa"], 0), 19,
                           edges["ego"].map(row).to_numpy(), edges["alter"].map(row).to_numpy())
    table = spread.person_years(found)
    alone, given = (estimates.hazard_logit(table, terms) for terms in ("contacts", "contacts + prevalence"))
    assert (round(alone.value, 2), round(alone.se, 2)) == (1.28, 0.14)
    assert (round(given.value, 2), round(given.se, 2)) == (0.82, 0.16)
    said = spread.history_estimates(found)
    assert (round(said["T6.alone"], 2), round(said["T6.end"], 2)) == (0.24, 0.78)
    assert said["T6.half"] == pytest.approx(15.3, abs=0.1)


def test_a_history_by_hand():
    # a names b and c; b adopts in year 1, a in year 2, c never; d names nobody and adopts in year 4
    found = spread.History(np.array([7, 7, 7, 7]), np.array([2, 1, 0, 4]), 4, np.array([0, 0]), np.array([1, 2]))
    assert spread.shares(found).tolist() == [0, 0.25, 0.5, 0.5, 0.75]
    assert spread.years_to_share(found, 0.5) == 2.0
    assert spread.years_to_share(found, 0.6) == pytest.approx(3.4)
    assert np.isnan(spread.years_to_share(found, 0.8))
    table = spread.person_years(found)
    assert len(table) == 2 + 1 + 4 + 4
    second = table[(table["year"] == 2) & (table["adopts"] == 1)]
    assert second[["contacts", "prevalence", "named"]].to_numpy().tolist() == [[0.5, 0.25, 2.0]]
    asked = spread.asked_after(found, 3)
    assert (asked.year.tolist(), asked.years) == ([2, 1, 0, 0], 3)


def test_the_hazard_is_found_with_the_coverage_that_it_claims():
    inside = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        table = pd.DataFrame({"contacts": rng.random(3000), "year": rng.integers(1, 6, 3000)})
        odds = -3.0 + 1.2 * table["contacts"] + 0.2 * table["year"]
        found = estimates.hazard_logit(table.assign(adopts=(rng.random(3000) < 1 / (1 + np.exp(-odds))).astype(float)),
                                       "contacts")
        inside += found.low <= 1.2 <= found.high
    assert inside >= 10


def test_a_hazard_of_nobody_is_no_number():
    table = pd.DataFrame({"contacts": [0.1, 0.4], "year": [1, 2], "adopts": [0.0, 0.0]})
    assert np.isnan(estimates.hazard_logit(table, "contacts").value)


@pytest.mark.parametrize("adopts", ["all", "none"])
def test_a_hazard_that_has_no_maximum_is_no_number(adopts):
    """All who have a contact adopt, or none does: the likelihood grows for ever."""
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"contacts": (rng.random(400) < 0.05).astype(float), "year": rng.integers(1, 5, 400)})
    others = (rng.random(400) < 0.2).astype(float)
    told = np.where(table["contacts"] > 0, float(adopts == "all"), others)
    assert np.isnan(estimates.hazard_logit(table.assign(adopts=told), "contacts").value)
    assert np.isfinite(estimates.hazard_logit(table.assign(adopts=others), "contacts").value)


def test_a_year_in_which_all_who_are_left_adopt_says_nothing_of_contacts():
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"contacts": rng.random(600), "year": np.repeat([1, 2, 3], 200)})
    table["adopts"] = (rng.random(600) < 0.1 + 0.3 * table["contacts"]).astype(float)
    last = pd.DataFrame({"contacts": rng.random(30), "year": 4, "adopts": 1.0})
    whole, without = (estimates.hazard_logit(one, "contacts").value for one in (pd.concat([table, last]), table))
    assert whole == pytest.approx(without)
    assert whole > 0.5


def test_a_hazard_whose_error_can_not_be_told_says_so_by_its_value_and_not_in_lines_on_the_way():
    """Nobody has a contact who adopted: a calibration meets hundreds of such histories."""
    table = pd.DataFrame({"contacts": 0.0, "year": np.repeat([1, 2], 20), "adopts": ([1.0] + [0.0] * 19) * 2})
    with warnings.catch_warnings(record=True) as said:
        assert np.isnan(estimates.hazard_logit(table, "contacts").se)
    assert said == []


def test_a_seed_that_brings_nothing_spreads_less(baseline):
    one = shipped("seed_corn")
    scenario = changed(one.over(baseline), {"run.months": 240})
    poor = replace(one, offered=one.offered._replace(benefit=0.0))
    good, bad = (spread.shares(spread.history(kind, scenario, 1))[-1] for kind in (one, poor))
    assert good > bad + 0.1


# Files, targets, losses.


@pytest.mark.parametrize(("text", "says"), [
    ("[innovation]\nprice = -1", "innovation.price"),
    ("[innovation]\nprise = 1", "did you mean price"),
    ("[innovation]\n[sessions]\nfirst = 0.8\nuntaught = 0.5", "sessions.untaught"),
    ("[innovation]\n[sessions]\nprice_low = 8", "sessions.price_high"),
    ("[innovation]\n[sessions]\ntalk = 0", "sessions.talk"),
])
def test_an_innovation_that_is_written_wrongly_is_one_line(text, says, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=says.replace(".", r"\.")) as caught:
        read_innovation(file)
    assert "\n" not in str(caught.value)
    assert "mine.toml" in str(caught.value)


def test_what_an_innovation_says_of_itself_is_declared_in_full():
    assert incomplete(InnovationParameters) == incomplete(innovations.Sessions) == []


def test_every_estimate_has_a_target_and_every_target_an_estimate(baseline):
    found = spread.taught(shipped("insurance"), baseline, 1) | spread.spread(shipped("seed_corn"), baseline, 1)
    wanted = {one.id for one in evidence.targets() if one.id.split(".")[0] in ("T1", "T2", "T3", "T4", "T6")}
    assert set(found) == wanted


def test_a_cold_store_saves_fresh_goods():
    scenario = changed(load(SCENARIOS / "integrated.toml"),
                       {"world.villages": 16, "world.households": 60, "run.spin_up": 24})
    without, with_it = (losses.fresh_losses(scenario, 2, cold) for cold in (False, True))
    assert 0.0 < with_it < without < 1.0
