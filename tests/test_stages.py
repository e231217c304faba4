"""The core's order is one that the schedule allows, and its pieces are the table, once and in whole runs."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from conftest import SCENARIOS
from fingerprints import of_world
from villagesim.engine import core, run
from villagesim.engine.core.program import PIECE, _bounds, _cuts
from villagesim.engine.core.stages import TOGETHER, gathers, stages, waits_for
from villagesim.engine.phases import RowPhase, arguments, fills, reads
from villagesim.engine.schedule import SCHEDULE
from villagesim.mechanisms import Parameters
from villagesim.scenario import changed, load
from villagesim.tables import TABLES, copy, empty
from villagesim.world import build

ORDERS = st.permutations(list(SCHEDULE))
SOME = settings(max_examples=20, deadline=None)


def between(one, other):
    """The columns by which the numbers depend on which of two phases comes first."""
    return fills(one) & fills(other) | fills(one) & reads(other) | reads(one) & fills(other)


def of_households(phase):
    return gathers(phase) or (isinstance(phase, RowPhase) and phase.table == TOGETHER)


def told(order):
    """Each phase's place in the order in which the stages carry the phases out."""
    return {id(phase): place for place, phase in enumerate(phase for stage in stages(order) for phase in stage)}


@SOME
@given(ORDERS)
def test_whatever_the_order_of_the_schedule_no_two_phases_that_depend_on_each_other_change_places(order):
    place = told(order)
    assert len(place) == len(order) == sum(map(len, stages(order)))
    for at, after in enumerate(order):
        for before in order[:at]:
            assert not between(before, after) or place[id(before)] < place[id(after)], (before.name, after.name)


def test_the_month_itself_keeps_to_what_its_phases_wait_for():
    place, waits = told(SCHEDULE), waits_for(SCHEDULE)
    for phase, before in zip(SCHEDULE, waits, strict=True):
        assert all(place[id(SCHEDULE[one])] < place[id(phase)] for one in before)
    assert sum(map(len, waits)) > len(SCHEDULE)


@SOME
@given(ORDERS)
def test_phases_of_a_stage_depend_on_each_other_by_a_household_s_own_columns_alone(order):
    for stage in stages(order):
        assert len(stage) == 1 or all(map(of_households, stage))
        for at, after in enumerate(stage):
            for before in stage[:at]:
                assert all(address.startswith("households.") for address in between(before, after))
        filled = set().union(*map(fills, stage))
        rules = [phase for phase in stage if isinstance(phase, RowPhase)]
        elsewhere = {argument.address for phase in rules for argument in arguments(phase)
                     if argument.kind in ("via", "row")}
        assert len(stage) == 1 or not filled & elsewhere


def test_the_month_s_phases_of_households_need_few_passes_over_the_county():
    shared = [stage for stage in stages(SCHEDULE) if of_households(stage[0]) and len(stage) > 1]
    households = [phase for phase in SCHEDULE if isinstance(phase, RowPhase) and phase.table == TOGETHER]
    together = [phase for stage in shared for phase in stage]
    assert all(phase in together for phase in households)
    assert len(households) > 4 * len(shared)
    # and most sums over households take none of their own
    assert len(together) - len(households) > 0.7 * sum(map(gathers, SCHEDULE))


SEVERAL = {"households": 2 * PIECE + 500, "villages": 5, "townships": 2, "traders": 40, "county": 1, "levers": 30}
SUMS = [phase for phase in SCHEDULE if gathers(phase)]


@pytest.mark.parametrize("phase", SUMS, ids=[phase.name for phase in SUMS])
def test_a_sum_to_which_pieces_add_is_the_sum_over_all_rows(phase):
    luck, rows = np.random.default_rng(1), SEVERAL["households"]
    world = empty({name: SEVERAL.get(name, 1) for name in TABLES})
    for column in world.households:
        column[:] = luck.integers(0, 2 if column.dtype == np.uint8 else 1000, rows)
    # one village longer than a piece; a trader's households side by side, but for some
    world.households.village[:] = np.repeat(np.arange(5), [3, 900, PIECE + 200, 400, rows - PIECE - 1503])
    world.households.township[:] = world.households.village > 2
    world.households.trader[:] = np.sort(luck.integers(0, 40, rows))
    world.households.trader[:50] = luck.integers(0, 40, 50)
    into, *columns = (getattr(getattr(world, table), name) for table, name in (c.split(".") for c in phase.columns))
    into[:] = 77
    expected = into.copy()
    phase.function(expected, *columns, *phase.constants)
    for _ in range(2):
        core.bind(world, Parameters(), 1, phases=(phase,))(0)
        assert into.tolist() == expected.tolist()


def test_a_county_of_several_pieces_gets_the_numbers_of_the_schedule_s_own_order():
    settings_ = {"world.townships": 3, "world.villages": 12, "world.households": 250, "run.spin_up": 0, "run.months": 5}
    scenario = changed(load(SCENARIOS / "integrated.toml"), settings_)
    world = build(scenario, 1)
    assert len(world.households.village) > 2 * PIECE
    in_stages = run(scenario, 1, world=copy(world))
    in_order = run(scenario, 1, world=world, watch=lambda *_: None)
    assert of_world(in_stages) == of_world(in_order)


class Sorted(NamedTuple):
    """A table of two keys, as a county's households have them: the finer within the coarser."""

    village: np.ndarray
    township: np.ndarray


@st.composite
def counties(draw):
    """Villages of some households each, some longer than a piece, and townships of some villages."""
    sizes = draw(st.lists(st.one_of(st.integers(1, 40), st.integers(PIECE - 1, 3 * PIECE)), min_size=1, max_size=12))
    village = np.repeat(np.arange(len(sizes)), sizes).astype(np.uint32)
    return Sorted(village, village // draw(st.integers(1, 5)))


@SOME
@given(counties())
def test_runs_are_the_table_once_with_one_key_each_and_end_only_where_a_key_or_a_piece_does(county):
    bounds, rows = _bounds(county, Sorted._fields).tolist(), len(county.village)
    assert bounds[0] == 0
    assert bounds[-1] == rows
    for first, after in pairwise(bounds):
        assert 0 < after - first <= PIECE
        assert all(len(set(key[first:after].tolist())) == 1 for key in county)
        changes = after < rows and any(key[after] != key[after - 1] for key in county)
        assert changes or after == rows or after % PIECE == 0


@SOME
@given(counties())
def test_pieces_are_whole_runs_as_many_as_fit(county):
    bounds = _bounds(county, Sorted._fields)
    cuts = _cuts(bounds)
    assert cuts[0] == 0
    assert cuts[-1] == len(bounds) - 1
    for first, after in pairwise(cuts):
        assert first < after
        assert bounds[after] - bounds[first] <= PIECE
        assert after == cuts[-1] or bounds[after + 1] - bounds[first] > PIECE


def test_a_table_without_rows_has_no_run_and_no_piece():
    bounds = _bounds(Sorted(np.zeros(0, np.uint32), np.zeros(0, np.uint32)), Sorted._fields)
    assert bounds.tolist() == [0]
    assert len(_cuts(bounds)) <= 1
