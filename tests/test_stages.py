"""The core's order is one that the schedule allows, and its pieces are the table, once and in whole runs."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from villagesim.engine.core.program import PIECE, _bounds, _cuts
from villagesim.engine.core.stages import TOGETHER, stages, waits_for
from villagesim.engine.phases import RowPhase, arguments, fills, reads
from villagesim.engine.schedule import SCHEDULE

ORDERS = st.permutations(list(SCHEDULE))
SOME = settings(max_examples=20, deadline=None)


def depend(one, other):
    """Whether the numbers depend on which of two phases comes first."""
    return bool(fills(one) & fills(other) or fills(one) & reads(other) or reads(one) & fills(other))


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
            assert not depend(before, after) or place[id(before)] < place[id(after)], (before.name, after.name)


def test_the_month_itself_keeps_to_what_its_phases_wait_for():
    place, waits = told(SCHEDULE), waits_for(SCHEDULE)
    for phase, before in zip(SCHEDULE, waits, strict=True):
        assert all(place[id(SCHEDULE[one])] < place[id(phase)] for one in before)
    assert sum(map(len, waits)) > len(SCHEDULE)


@SOME
@given(ORDERS)
def test_only_phases_of_households_share_a_stage_and_none_looks_at_rows_that_the_stage_has_not_reached(order):
    for stage in stages(order):
        assert len(stage) == 1 or all(isinstance(phase, RowPhase) and phase.table == TOGETHER for phase in stage)
        if len(stage) > 1:
            filled = set().union(*map(fills, stage))
            elsewhere = {argument.address for phase in stage for argument in arguments(phase)
                         if argument.kind in ("via", "row")}
            assert not filled & elsewhere


def test_the_month_s_phases_of_households_need_few_passes_over_the_county():
    shared = [stage for stage in stages(SCHEDULE) if isinstance(stage[0], RowPhase) and stage[0].table == TOGETHER]
    households = [phase for phase in SCHEDULE if isinstance(phase, RowPhase) and phase.table == TOGETHER]
    assert sum(map(len, shared)) == len(households) > 4 * len(shared)


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
