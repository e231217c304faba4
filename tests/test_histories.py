"""What shows of a household only over months: first sales, first seats, tiers of sellers; worked by hand."""

import numpy as np
import pytest

from villagesim import tables
from villagesim.histories import Histories
from villagesim.levers import LEVERS
from villagesim.outcomes import MEASURE, OUTCOME, TIERS, looks_back
from villagesim.recorder import FIRST_MONTH, Recorder
from villagesim.scenario_text import Place
from villagesim.study import measure

SPIN_UP = 12
FEN = 100


def county(households):
    world = tables.empty({"households": households, "ties": 1, "villages": 1, "townships": 1, "works": 1, "workers": 1,
                          "traders": 1, "couriers": 1, "levers": len(LEVERS), "county": 1})
    world.households.size[:] = 1
    world.households.first_online[:] = -1
    return world


def live(world, histories, month, **flags):
    """One month: flags name the households (rows) that sit, enter or sell in it."""
    own = world.households
    world.county.month[0] = month + SPIN_UP
    for name in ("seat_basic", "seat_camp", "seat_group", "entered", "sold"):
        getattr(own, name)[:] = 0
        getattr(own, name)[flags.get(name, [])] = 1
    for row in flags.get("entered", []):
        own.ever_online[row] = 1
        own.first_online[row] = month + SPIN_UP
    histories.note(month, world)


def test_first_sales_since_the_start_are_counted_with_their_months():
    """Household 0 was online long ago; 1 enters in month -1 and sells in 1; 2 enters in 3 and sells in 5; 3 never."""
    world, past = county(4), Histories(4)
    world.households.ever_online[0] = 1
    world.households.first_online[0] = 2
    for month in range(-2, 7):
        live(world, past, month, entered={-1: [1], 3: [2]}.get(month, []), sold={1: [0, 1], 5: [0, 2]}.get(month, []))
    assert past.started.tolist() == [0, 0, 1, 0]
    assert past.start_months.tolist() == [0, 0, 5, 0]


def test_what_comes_of_a_first_seat_is_told_when_its_window_is_over():
    """Window 3 months. Household 0 sits in month 0 and 1, sells in 2: wait 2. 1 sits in 0, sells in 3: too late.
    2 sells in 0, sits in 1: no new seller. 3 sits in 3: its window ends with month 5. 4 sits and sells in 1: wait 0.
    """
    world = county(5)
    past = Histories(5, MEASURE._replace(start_window=3))
    seats = {0: {"seat_basic": [0, 1]}, 1: {"seat_camp": [0, 2], "seat_group": [4]}, 3: {"seat_camp": [3]}}
    sales = {0: [2], 1: [4], 2: [0, 2], 3: [1]}
    expected = {
        1: ([0, 0, 0, 0, 0], [0, 0, 0, 0, 0], 0),
        2: ([1, 1, 0, 0, 0], [1, 0, 0, 0, 0], 2),
        3: ([1, 1, 0, 0, 1], [1, 0, 0, 0, 1], 2),
        4: ([1, 1, 0, 0, 1], [1, 0, 0, 0, 1], 2),
        5: ([1, 1, 0, 1, 1], [1, 0, 0, 0, 1], 2),
    }
    for month in range(6):
        live(world, past, month, entered=sales.get(month, []), sold=sales.get(month, []), **seats.get(month, {}))
        if month in expected:
            seated, starts, months = expected[month]
            assert past.seated.tolist() == seated, month
            assert past.seat_starts.tolist() == starts, month
            assert past.seat_months.sum() == months


def test_who_was_online_before_recording_is_no_new_seller_of_a_seat():
    world, past = county(1), Histories(1, MEASURE._replace(start_window=2))
    world.households.ever_online[0] = 1
    for month in range(4):
        live(world, past, month, seat_basic=[0] if month == 0 else [], sold=[0] if month == 1 else [])
    assert past.seated.tolist() == [0]
    assert past.seat_starts.tolist() == [0]


def test_sellers_are_told_apart_by_what_they_received_in_twelve_months():
    """Limits 500, 7,431 and 50,000 yuan a year, reached or not by a fen; 5 sells as much, but is new; 6 has stopped."""
    world, past = county(7), Histories(7)
    own = world.households
    own.mode[:6], own.months_online[:] = 1, 11
    own.months_online[5] = 10
    yearly = np.array([49_999, 50_000, 743_099, 743_100, 5_000_000, 743_100, 743_100])
    for month in range(-12, 0):
        own.online_income[:] = yearly if month == -7 else 0
        assert past.months == 0 or not past.tier.any()
        live(world, past, month)
    assert past.tier.tolist() == [1, 2, 2, 3, 4, 0, 0]
    own.online_income[:] = 0
    for month in range(5):
        live(world, past, month)
        assert past.tier.tolist() == [1, 2, 2, 3, 4, 0, 0]
    live(world, past, 5)
    assert past.tier.tolist() == [1, 1, 1, 1, 1, 0, 0]


def test_the_tables_carry_first_sales_and_tiers_by_group():
    world = county(4)
    own = world.households
    own.woman_led[:2] = 1
    own.mode[:] = [1, 1, 2, 0]
    own.months_online[:] = 20
    own.first_online[:] = [SPIN_UP, SPIN_UP + 1, -1, -1]
    recorder = Recorder(())
    for month in range(-1, 12):
        world.county.month[0] = month + SPIN_UP
        own.online_income[:] = [100 * FEN, 1000 * FEN, 0, 0]
        own.sold[:] = [month >= 0, month >= 3, 0, 0]
        recorder(month, world)
    rows = recorder.frames()["group"].set_index(["month", "group"])
    last = rows.loc[(11, "all")]
    assert (last["started"], last["started_share"], last["first_sale"]) == (2, 0.5, 1.5)
    assert (last["rated"], last["tier_dormant"], last["tier_sideline"]) == (3, 1 / 3, 1 / 3)
    assert last["tier_regular"] == pytest.approx(1 / 3)
    assert sum(last[f"tier_{name}"] for name in TIERS) == pytest.approx(1)
    assert rows.loc[(11, "woman_led"), "tier_regular"] == 0.5
    assert np.isnan(rows.loc[(3, "all"), "tier_dormant"])


def test_what_looks_back_is_recorded_from_the_first_month_on():
    assert [name for name in ("adoption", "first_sale", "tier_large", "rated") if looks_back(name)] == [
        "first_sale", "tier_large", "rated"]
    asked = [measure.read(Place("file", "measure"), name, 60) for name in ("adoption", "seat_started")]
    assert measure.first_month(asked[:1]) == 48
    assert measure.first_month(asked) == FIRST_MONTH
    assert OUTCOME["first_sale"].unit == "month"
