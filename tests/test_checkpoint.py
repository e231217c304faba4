"""A county that forks from a kept past goes on bit for bit as if it had never been put down."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from conftest import SCENARIOS
from fingerprints import of_world
from villagesim import cli
from villagesim.engine import checkpoint, run
from villagesim.results import TABLES, record, run_name
from villagesim.scenario import ScenarioError, changed
from villagesim.study import batch
from villagesim.study.measure import Measure

MIXES = ("baseline", "integrated", "contractors", "urban_template", "fund_cut", "cash")


def by_month(scenario, seed, **how):
    found = {}
    run(scenario, seed, observe=lambda month, world: found.update({month: of_world(world)}), **how)
    return found


def kept_at(scenario, seed, month):
    """The checkpoint at the start of a month, counted from the start of spin-up."""
    short = changed(scenario, {"run.months": max(1, month - scenario.run.spin_up)})
    taken = []

    def look(now, world):
        if now + scenario.run.spin_up == month - 1:
            taken.append(checkpoint.take(world, scenario, seed, month))

    run(short, seed, observe=look)
    return taken[0]


@pytest.mark.parametrize("name", MIXES)
def test_every_mix_goes_on_from_the_spin_up_of_another_bit_for_bit(name, small_county):
    scenario = small_county(name)
    shared = kept_at(small_county("baseline"), 5, 12)
    whole = by_month(scenario, 5)
    forked = by_month(scenario, 5, world=checkpoint.fork(scenario, shared), first=12)
    assert forked == {month: mark for month, mark in whole.items() if month >= 0}


@pytest.mark.parametrize("engine", ["core", "reference"])
def test_a_fund_cut_forks_from_the_programme_that_it_cuts(engine, small_county):
    going_on = small_county("integrated")
    cut = changed(going_on, {"shocks.fund_cut.intensity": 1, "shocks.fund_cut.start": 14})
    shared = kept_at(going_on, 3, 12 + 14)
    forked = by_month(cut, 3, engine=engine, world=checkpoint.fork(cut, shared), first=shared.month)
    whole = by_month(cut, 3)
    assert forked == {month: mark for month, mark in whole.items() if month >= 14}
    assert whole != by_month(going_on, 3)


def recorded_at(scenario, seed, months):
    """The whole run, and its checkpoints at the starts of months counted from the end of spin-up, with its record."""
    taken = {}

    def look(now, world, recorder):
        if now + 1 in months:
            at = now + 1 + scenario.run.spin_up
            taken[now + 1] = checkpoint.take(world, scenario, seed, at, recorder.remembered())

    return record(scenario, seed, also=look), taken


def same_tables(one, two):
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True, obj=name)


def test_all_tables_of_a_run_from_a_checkpoint_are_those_of_the_whole_run_however_late_it_forks(tmp_path, small_county):
    going_on = small_county("integrated")
    cut = changed(going_on, {"shocks.fund_cut.intensity": 1, "shocks.fund_cut.start": 22})
    whole = record(cut, 3)
    _, taken = recorded_at(going_on, 3, (-12, -3, 0, 5, 13, 22))
    for month, kept in taken.items():
        read = checkpoint.read(checkpoint.write(kept, tmp_path / f"{month}.npz"))
        same_tables(record(cut, 3, start=read), whole)
    assert len(taken[22].recorded["months"]) == 34
    assert not whole.group[["started", "seat_starts", "rated"]].sum().eq(0).any()
    assert run_name(record(cut, 3, start=read).manifest["identity"]) != run_name(whole.manifest["identity"])


@pytest.mark.parametrize("name", MIXES)
def test_every_mix_has_its_own_tables_when_it_goes_on_from_the_spin_up_of_another(name, small_county):
    _, taken = recorded_at(small_county("baseline"), 5, (0,))
    same_tables(record(small_county(name), 5, start=taken[0]), record(small_county(name), 5))


def test_a_run_from_a_checkpoint_can_be_kept_again(small_county):
    scenario = small_county("integrated")
    _, first = recorded_at(scenario, 3, (4, 20))
    again = {}

    def look(now, world, recorder):
        if now + 1 == 20:
            again.update(checkpoint.take(world, scenario, 3, 32, recorder.remembered()).recorded)

    record(scenario, 3, start=first[4], also=look)
    assert list(again) == list(first[20].recorded)
    for name, values in first[20].recorded.items():
        assert (values.dtype, values.shape) == (again[name].dtype, again[name].shape), name
        assert np.array_equal(values, again[name], equal_nan=values.dtype.kind == "f"), name


def test_a_checkpoint_without_a_record_of_a_shorter_run_or_of_another_seed_is_refused_in_one_line(small_county):
    scenario = small_county("integrated")
    bare = kept_at(scenario, 3, 20)
    for wanted, seed, says in ((scenario, 3, "holds no record"), (scenario, 4, "seed is 4; .* of seed 3"),
                               (changed(scenario, {"run.months": 6}), 3, "ends after 18 months")):
        with pytest.raises(ScenarioError, match=says) as caught:
            record(wanted, seed, start=bare)
        assert "\n" not in str(caught.value)
    early = changed(scenario, {"run.spin_up": 20})
    same_tables(record(early, 3, start=kept_at(early, 3, 8)), record(early, 3))


def test_forks_of_a_study_change_none_of_its_numbers(tmp_path, small_county):
    """The second run of each past starts from the file that the first one left."""
    going_on = small_county("integrated")
    cut = changed(going_on, {"shocks.fund_cut.intensity": 1, "shocks.fund_cut.start": 14})
    for measures in ([Measure("adoption", ("all",), (20, 24))],
                     [Measure("started_share", ("all",), (20, 24)), Measure("tier_dormant", ("all",), (23, 24))]):
        pasts = tmp_path / measures[0].outcome
        pasts.mkdir()
        alone = batch.run(batch.Task("a", cut, 3), measures, None, 60)
        for scenario in (going_on, cut):
            forked = batch.run(batch.Task("a", scenario, 3, (12, 26)), measures, pasts, 60)
        assert forked == alone
        # A history is known from the first recorded month on only, so that a run that measures one never forks later.
        assert len(list(pasts.iterdir())) == (2 if measures[0].outcome == "adoption" else 0)


def test_a_file_holds_what_was_put_into_it(tmp_path, small_county):
    scenario = small_county("integrated")
    taken = kept_at(scenario, 3, 20)
    back = checkpoint.read(checkpoint.write(taken, tmp_path / "kept.npz"))
    assert (back.month, back.seed, back.past, back.key) == (taken.month, taken.seed, taken.past, taken.key)
    assert set(back.columns) == set(checkpoint.memory())
    for name, values in taken.columns.items():
        assert values.dtype == back.columns[name].dtype
        assert np.array_equal(values, back.columns[name])
    assert [file.name for file in tmp_path.iterdir()] == ["kept.npz"]


def test_scenarios_share_a_past_just_as_long_as_nothing_told_them_apart(small_county):
    def key(scenario, month, seed=1):
        return checkpoint.key_of(checkpoint.past(scenario, seed, month))

    integrated = small_county("integrated")
    others = [small_county("baseline"), small_county("cash"), changed(integrated, {"run.months": 12}),
              changed(integrated, {"county.targeting": "need", "county.budget": 90})]
    assert all(key(other, 12) == key(integrated, 12) for other in others)
    later = changed(integrated, {"shocks.fund_cut.intensity": 1, "shocks.fund_cut.start": 10})
    assert key(later, 22) == key(integrated, 22)
    assert key(later, 23) != key(integrated, 23)
    apart = [changed(integrated, {"levers.camp.unit_cost": 900}), changed(integrated, {"county.budget": 90}),
             changed(integrated, {"levers.camp.intensity": 3})]
    assert all(key(other, 13) != key(integrated, 13) for other in apart)
    at_once = [changed(integrated, {"parameters.sales.demand": 200}), changed(integrated, {"world.away": 1}),
               changed(integrated, {"outside.retail": 1.4}), changed(integrated, {"run.world_seed": 4})]
    assert all(key(other, 12) != key(integrated, 12) for other in at_once)
    assert key(integrated, 12, seed=2) != key(integrated, 12)


@pytest.mark.parametrize(("changes", "says"), [
    ({"parameters.sales.demand": 200.0}, "parameters.sales.demand was 570.0, and is 200.0"),
    ({"world.villages": 7}, "world.villages was 6, and is 7"),
    ({"county.budget": 90}, "county.budget"),
    ({"levers.camp.intensity": 3}, "planned otherwise"),
])
def test_another_past_is_refused_in_a_line_that_says_what_differs(changes, says, small_county):
    scenario = small_county("integrated")
    taken = kept_at(scenario, 3, 14)
    with pytest.raises(ScenarioError, match=says) as caught:
        checkpoint.fork(changed(scenario, changes), taken)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"PK\x03\x04broken"])
def test_a_file_that_holds_no_checkpoint_is_refused_in_one_line(content, tmp_path):
    file = tmp_path / "kept.npz"
    file.write_bytes(content)
    with pytest.raises(ScenarioError, match="no checkpoint"):
        checkpoint.read(file)
    with pytest.raises(ScenarioError, match="no such file"):
        checkpoint.read(tmp_path / "none.npz")


def test_a_county_of_its_own_seed_stays_the_same_under_another_luck(small_county):
    scenario = changed(small_county("integrated"), {"run.world_seed": 9})
    first, second = run(scenario, 1), run(scenario, 2)
    assert np.array_equal(first.ties.listener, second.ties.listener)
    assert np.array_equal(first.households.output, second.households.output)
    assert not np.array_equal(first.households.savings, second.households.savings)
    own = changed(scenario, {"run.world_seed": -1})
    assert by_month(changed(scenario, {"run.world_seed": 1}), 1) == by_month(own, 1)


def test_a_run_goes_on_from_the_command_line_where_another_left_it(tmp_path):
    def command(*words):
        return CliRunner().invoke(cli.app, ["run", *map(str, words), "--out", str(tmp_path / "out")])

    for name, more in (("going", ""), ("cut", "[shocks.fund_cut]\nintensity = 1\nstart = 14\n")):
        text = f'title = "{name}"\nextends = "{SCENARIOS / "integrated.toml"}"\n'
        text += "[world]\nvillages = 6\nhouseholds = 40\n[run]\nmonths = 24\nspin_up = 12\n" + more
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    assert command(tmp_path / "cut.toml", "--replicates", 1).exit_code == 0
    whole = pd.read_csv(tmp_path / "out/cut/summary.csv")
    assert len(whole) > 40
    for month in (0, 3, 14):
        kept = command(tmp_path / "going.toml", "--checkpoint", month)
        file = tmp_path / f"out/going/seed-1-month-{month}.npz"
        assert kept.exit_code == 0, kept.output
        assert f"kept: {file}" in kept.output
        assert command(tmp_path / "cut.toml", "--from", file, "--seed", 1).exit_code == 0
        pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out/cut/summary.csv"), whole, check_exact=True)
    for words, says in (
        ((tmp_path / "going.toml", "--from", tmp_path / "none.npz"), "no such file"),
        ((tmp_path / "going.toml", "--from", tmp_path / "cut.toml"), "no checkpoint"),
        ((tmp_path / "going.toml", "--checkpoint", 24), "allowed: 0 to 23"),
        ((tmp_path / "going.toml", "--checkpoint", 3, "--replicates", 2), "of one run"),
        ((tmp_path / "cut.toml", "--from", file, "--seed", 9), "--seed 9"),
        ((tmp_path / "cut.toml", "--from", file, "--checkpoint", 6), "only begins after it; allowed: 15 to 23"),
        ((tmp_path / "cut.toml", "--from", file, "--checkpoint", 14), "only begins after it; allowed: 15 to 23"),
    ):
        refused = command(*words)
        assert refused.exit_code == 2
        assert says in refused.output
        assert len(refused.output.strip().splitlines()) == 1
