"""A county that forks from a kept past goes on bit for bit as if it had never been put down."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from conftest import SCENARIOS
from fingerprints import of_world
from villagesim import cli
from villagesim.engine import checkpoint, run
from villagesim.outcomes import looks_back
from villagesim.scenario import ScenarioError, changed

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
    ({"parameters.sales.demand": 200.0}, "parameters.sales.demand was 240.0, and is 200.0"),
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
    kept = command(tmp_path / "going.toml", "--checkpoint", 12)
    file = tmp_path / "out/going/seed-1-month-12.npz"
    assert kept.exit_code == 0, kept.output
    assert f"kept: {file}" in kept.output
    assert command(tmp_path / "cut.toml", "--from", file).exit_code == 0
    forked = pd.read_csv(tmp_path / "out/cut/summary.csv")
    assert command(tmp_path / "cut.toml", "--replicates", 1).exit_code == 0
    # What shows of a household only over months is recorded from where the tables begin.
    told = ~forked["outcome"].map(looks_back)
    assert told.sum() > 20
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out/cut/summary.csv")[told], forked[told], check_exact=True)
    for words, says in (
        ((tmp_path / "going.toml", "--from", tmp_path / "none.npz"), "no such file"),
        ((tmp_path / "going.toml", "--from", tmp_path / "cut.toml"), "no checkpoint"),
        ((tmp_path / "going.toml", "--checkpoint", 24), "allowed: 0 to 23"),
        ((tmp_path / "going.toml", "--checkpoint", 3, "--replicates", 2), "of one run"),
    ):
        refused = command(*words)
        assert refused.exit_code == 2
        assert says in refused.output
        assert len(refused.output.strip().splitlines()) == 1
