"""The schedule says what each phase reads and writes; these tests hold it to that."""

import inspect

import pytest

from villagesim import mechanisms
from villagesim.draws import Purpose
from villagesim.engine.phases import Exchange, RowPhase, arguments, columns_of, fills, reads
from villagesim.engine.schedule import ENTERED, MONTH, SCHEDULE
from villagesim.tables import TABLES

ROWS = [phase for phase in SCHEDULE if isinstance(phase, RowPhase)]
WRITTEN_AT = {}
for place, phase in enumerate(SCHEDULE):
    for address in fills(phase):
        WRITTEN_AT.setdefault(address, []).append(place)


@pytest.mark.parametrize("phase", ROWS, ids=lambda phase: phase.name)
def test_a_phase_declares_what_it_reads_of_last_month(phase):
    """Read, written by a later phase, by no earlier one, and not by itself."""
    place = SCHEDULE.index(phase)
    last = {address for address in reads(phase) if address in WRITTEN_AT and min(WRITTEN_AT[address]) > place}
    assert set(phase.last) == last - fills(phase)


def test_no_exchange_reads_what_a_later_phase_writes():
    for place, phase in enumerate(SCHEDULE):
        if isinstance(phase, Exchange):
            early = {a for a in reads(phase) if a in WRITTEN_AT and min(WRITTEN_AT[a]) > place}
            assert early == set(phase.last), phase.name


@pytest.mark.parametrize("phase", ROWS, ids=lambda phase: phase.name)
def test_no_row_reads_another_row_that_its_own_phase_writes(phase):
    """Else the order of agents would matter."""
    for argument in arguments(phase):
        if argument.kind in ("via", "row") and not (argument.table == "county" == phase.table):
            assert argument.address not in fills(phase), argument


@pytest.mark.parametrize("phase", ROWS, ids=lambda phase: phase.name)
def test_a_rule_draws_from_one_block(phase):
    drawn = [argument for argument in arguments(phase) if argument.kind in ("uniform", "bell")]
    assert len({argument.purpose // 4 for argument in drawn}) <= 1
    assert all(argument.purpose % 4 == 0 for argument in drawn if argument.kind == "bell")


def test_two_rules_for_one_table_do_not_share_a_draw():
    """A draw used twice would tie two decisions of the same household together."""
    used = [(phase.table, argument.purpose) for phase in ROWS for argument in arguments(phase)
            if argument.kind in ("uniform", "bell")]
    used += [(phase.columns[0].split(".")[0], phase.purpose) for phase in SCHEDULE
             if isinstance(phase, Exchange) and phase.purpose is not None]
    assert len(used) == len(set(used))
    assert all(purpose < Purpose.WORLD_PLACE for _, purpose in used)


def test_all_eleven_mechanisms_act_in_the_order_of_the_month():
    acting = [name for name, phases in MONTH if any(isinstance(phase, RowPhase) for phase in phases)]
    assert acting == list(mechanisms.Parameters._fields)
    for name, phases in MONTH:
        assert any(phase.rule.__module__.endswith(f".{name}") for phase in phases if isinstance(phase, RowPhase)), name


def test_every_rule_of_the_model_is_in_the_month_or_called_by_one_that_is():
    """No rule lies idle."""
    scheduled = {phase.rule for phase in ROWS}
    text = "".join(inspect.getsource(phase.rule) for phase in ROWS)
    for name in mechanisms.Parameters._fields:
        module = getattr(mechanisms, name)
        for label, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not label.startswith("_"):
                assert function in scheduled or f"{label}(" in text, f"{name}.{label}"


def test_every_column_is_fixed_by_the_world_or_written_by_the_month(small_county):
    """A state column that nothing writes would be dead; one that is written and never read must be an outcome."""
    from villagesim.tables import empty
    from villagesim.world import build

    world = build(small_county("baseline"), 1)
    start = empty({name: len(table[0]) for name, table in zip(TABLES, world, strict=True)})
    dead = []
    for name in TABLES:
        for column in columns_of(name):
            filled = (getattr(getattr(world, name), column) != getattr(getattr(start, name), column)).any()
            if not filled and f"{name}.{column}" not in WRITTEN_AT and f"{name}.{column}" not in ENTERED:
                dead.append(f"{name}.{column}")
    # What the baseline leaves at its initial value, and other scenarios set.
    assert set(dead) <= {"county.budget", "county.hub", "county.contractors", "county.targeting", "levers.reach",
                         "levers.within"}


def test_an_unknown_argument_is_refused_by_name():
    def rule(share, colour_of_the_sky):
        return share

    with pytest.raises(LookupError, match="colour_of_the_sky"):
        arguments(RowPhase("households", rule, ("share",), "never"))
