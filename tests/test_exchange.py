"""What crosses rows against brute force: sums, talk along ties, seats, money; in Python and compiled, the same."""

from fractions import Fraction
from functools import cache
from itertools import accumulate, groupby
from operator import itemgetter

import numpy as np
import pytest
from hypothesis import given, strategies as st

from test_policy_rules import COLUMNS, TRIALS
from villagesim.compiled import compiled
from villagesim.draws import UNIT, uniform
from villagesim.engine import exchange
from villagesim.engine.phases import Exchange
from villagesim.engine.schedule import SCHEDULE

AWAY = 255
JUNK = 77
kernel = cache(compiled)


def kinds(function):
    """The types of columns with which the month calls a function, each combination once."""
    called = (phase.columns for phase in SCHEDULE if isinstance(phase, Exchange) and phase.function is function)
    types = {tuple(np.dtype(COLUMNS[t][c].type).str for t, c in (a.split(".") for a in columns)) for columns in called}
    return pytest.mark.parametrize("types", sorted(types), ids="-".join)


def fill(function, types, columns, *rest, fills=1):
    """What the function leaves in its first columns, as lists: the same in Python (as Mesa calls it) and compiled."""
    left = []
    for call, view in ((function, memoryview), (kernel(function), np.asarray)):
        given_ = [np.array(column, dtype=kind) for column, kind in zip(columns, types, strict=True)]
        call(*(view(column) for column in given_), *rest)
        left.append([column.tolist() for column in given_])
    assert left[0] == left[1]
    # what is only read is left alone
    assert left[0][fills:] == [list(column) for column in columns[fills:]]
    return left[0][0] if fills == 1 else left[0][:fills]


def numbers(kind, size):
    held = np.iinfo(kind)
    low, high = max(held.min, -(2**40)), min(held.max, 2**40)
    return st.lists(st.integers(int(low), int(high)), min_size=size, max_size=size)


def flags(size):
    return st.lists(st.integers(0, 1), min_size=size, max_size=size)


def rows_of(size, groups):
    return st.lists(st.integers(0, groups - 1), min_size=size, max_size=size)


@st.composite
def sides(draw, groups, most):
    """Keys of rows that lie side by side by group, as a county's do: runs shorter and longer than a block."""
    runs = draw(st.lists(st.tuples(st.integers(0, groups - 1), st.integers(1, most)), max_size=6))
    return [key for key, many in runs for _ in range(many)]


LONG = 2 * exchange.BLOCK + 5


# Sums


@kinds(exchange.total_by)
@TRIALS
@given(st.data())
def test_a_total_by_key_is_the_sum_over_the_rows_with_that_key(types, data):
    groups = data.draw(st.integers(1, 6))
    keys = data.draw(st.one_of(sides(groups, LONG), st.integers(0, 30).flatmap(lambda size: rows_of(size, groups))))
    values = data.draw(numbers(types[1], len(keys)))
    expected = [sum(value for value, key in zip(values, keys, strict=True) if key == k) for k in range(groups)]
    assert fill(exchange.total_by, types, ([JUNK] * groups, values, keys)) == expected


@kinds(exchange.total_where)
@TRIALS
@given(st.data())
def test_a_total_where_counts_only_the_marked_rows(types, data):
    groups = data.draw(st.integers(1, 6))
    keys = data.draw(st.one_of(sides(groups, LONG), st.integers(0, 30).flatmap(lambda size: rows_of(size, groups))))
    values, mask = data.draw(numbers(types[1], len(keys))), data.draw(flags(len(keys)))
    marked = [(key, value) for key, value, on in zip(keys, values, mask, strict=True) if on]
    expected = [sum(value for key, value in marked if key == k) for k in range(groups)]
    assert fill(exchange.total_where, types, ([JUNK] * groups, values, mask, keys)) == expected


@kinds(exchange.total)
@TRIALS
@given(st.data())
def test_a_total_goes_to_its_one_row_and_touches_no_other(types, data):
    size, rows = data.draw(st.integers(0, 30)), data.draw(st.integers(1, 5))
    values, row = data.draw(numbers(types[1], size)), data.draw(st.integers(0, rows - 1))
    expected = [sum(values) if place == row else JUNK for place in range(rows)]
    assert fill(exchange.total, types, ([JUNK] * rows, values), row) == expected


@kinds(exchange.unfold)
@TRIALS
@given(st.data())
def test_a_village_has_the_works_of_its_own_rows(types, data):
    villages, several = data.draw(st.integers(0, 6)), data.draw(st.integers(1, 6))
    size = villages * several
    values = data.draw(st.lists(st.floats(0.0, 1.0), min_size=size, max_size=size))
    kind = data.draw(st.integers(0, several - 1))
    assert fill(exchange.unfold, types, ([0.5] * villages, values), kind, several) == values[kind::several]


# Talk along ties


def ties(data, people):
    size = data.draw(st.integers(0, 40))
    return [
        data.draw(rows_of(size, people)), data.draw(rows_of(size, people)),
        data.draw(st.lists(st.integers(0, 255), min_size=size, max_size=size)),
    ]


def heard_by(people, speaker, listener, trust, says):
    """For each listener what reaches it, told from the listener's side: pairs (speaker, trust)."""
    reached = sorted(tie for tie in zip(listener, speaker, trust, strict=True) if says[tie[1]])
    by_listener = {one: [(s, k) for _, s, k in said] for one, said in groupby(reached, itemgetter(0))}
    return [by_listener.get(one, []) for one in range(people)]


@kinds(exchange.push)
@TRIALS
@given(st.data())
def test_what_speakers_push_is_what_listeners_would_pull(types, data):
    people = data.draw(st.integers(1, 12))
    network, says = ties(data, people), data.draw(flags(people))
    told = data.draw(st.lists(st.integers(-(2**24), 2**24), min_size=people, max_size=people))
    heard = heard_by(people, *network, says)
    filled = fill(exchange.push, types, (*([JUNK] * people for _ in range(4)), says, told, *network), fills=4)
    assert filled == [
        [sum(k * told[s] for s, k in said) for said in heard],
        [sum(k for _, k in said) for said in heard],
        [sum(told[s] for s, _ in said) for said in heard],
        [len(said) for said in heard],
    ]


@kinds(exchange.push_trust)
@TRIALS
@given(st.data())
def test_understanding_reaches_a_listener_with_the_trust_of_each_tie(types, data):
    people = data.draw(st.integers(1, 12))
    network, says = ties(data, people), data.draw(flags(people))
    expected = [sum(k for _, k in said) for said in heard_by(people, *network, says)]
    assert fill(exchange.push_trust, types, ([JUNK] * people, says, *network)) == expected


@TRIALS
@given(st.data(), st.randoms())
def test_the_order_of_ties_changes_nothing(data, luck):
    people = data.draw(st.integers(1, 12))
    network, says = ties(data, people), data.draw(flags(people))
    shuffled = list(zip(*network, strict=True))
    luck.shuffle(shuffled)
    types = ("i8", "u1", "u4", "u4", "u1")
    again = [list(column) for column in zip(*shuffled, strict=True)] or network
    one, other = (fill(exchange.push_trust, types, ([0] * people, says, *ties_)) for ties_ in (network, again))
    assert one == other


# Seats: who is admitted

SEATS = ("u1", "i8", "u1", "u4")


@st.composite
def queues(draw):
    """Places by group; class, group of each row; seed, month, purpose."""
    groups = draw(st.integers(1, 4))
    places = draw(st.lists(st.integers(0, 6), min_size=groups, max_size=groups))
    keys = draw(st.one_of(st.integers(1, 24).flatmap(lambda size: rows_of(size, groups)),
                          sides(groups, LONG).filter(len)))
    # With class 254 there are too many classes to count each by itself.
    known = draw(st.sampled_from([(0, 1, 2, AWAY), (0, 1, 2, 254, AWAY)]))
    classes = draw(st.lists(st.sampled_from(known), min_size=len(keys), max_size=len(keys)))
    luck = draw(st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 1800), st.integers(0, 43)))
    return places, classes, keys, luck


def admitted(places, classes, keys, luck, types=SEATS):
    into = fill(exchange.ration, types, ([1] * len(classes), places, classes, keys), *luck)
    assert set(into) <= {0, 1}
    return {row for row, seat in enumerate(into) if seat}


def waiting(classes, keys, group):
    return {row for row, one in enumerate(classes) if one != AWAY and keys[row] == group}


@kinds(exchange.ration)
@TRIALS
@given(queue=queues())
def test_seats_go_to_the_lowest_class_then_to_the_lowest_draw(types, queue):
    places, classes, keys, luck = queue
    seed, month, purpose = luck
    first = set()
    for group, seats in enumerate(places):
        line = sorted(waiting(classes, keys, group), key=lambda row: (classes[row], uniform(seed, month, row, purpose)))
        first.update(line[:seats])
    assert admitted(*queue, types=types) == first


@TRIALS
@given(st.lists(st.integers(0, 2**32 - 1).map(lambda word: (word + 0.5) * UNIT), min_size=1, max_size=60), st.data())
def test_the_lowest_draws_lie_below_a_limit_and_those_that_are_equal_at_it_are_told(draws, data):
    draws = [*draws, *data.draw(st.lists(st.sampled_from(draws), max_size=6))]
    many = data.draw(st.integers(1, len(draws) - 1)) if len(draws) > 1 else 0
    for call in (exchange.lowest, kernel(exchange.lowest)):
        low, high, rest = call(np.array(draws), many)
        at = [draw for draw in draws if low <= draw < high]
        assert sum(draw < low for draw in draws) + rest == many
        assert rest == 0 or (len(set(at)) == 1 and rest < len(at))


@TRIALS
@given(queues(), st.data())
def test_one_more_place_admits_one_more_household_and_moves_nobody_else(queue, data):
    places, classes, keys, luck = queue
    group = data.draw(st.integers(0, len(places) - 1))
    more = [seats + (place == group) for place, seats in enumerate(places)]
    before, after = admitted(*queue), admitted(more, classes, keys, luck)
    assert before <= after
    assert len(after - before) == (len(waiting(classes, keys, group)) > places[group])
    assert all(keys[row] == group for row in after - before)


@TRIALS
@given(queues(), st.data())
def test_one_more_applicant_displaces_one_household_at_most(queue, data):
    places, classes, keys, luck = queue
    row = data.draw(st.integers(0, len(classes) - 1))
    apart = [AWAY if place == row else one for place, one in enumerate(classes)]
    joined = [data.draw(st.integers(0, 2)) if place == row else one for place, one in enumerate(classes)]
    before, after = admitted(places, apart, keys, luck), admitted(places, joined, keys, luck)
    assert after - before <= {row}
    assert len(before - after) <= 1


@TRIALS
@given(queues())
def test_who_does_not_apply_is_never_admitted_and_no_seat_stays_empty_while_somebody_waits(queue):
    places, classes, keys, _ = queue
    seated = admitted(*queue)
    for group, seats in enumerate(places):
        line = waiting(classes, keys, group)
        assert len(seated & line) == min(seats, len(line))
        outside = [classes[row] for row in line - seated]
        assert all(classes[row] <= min(outside, default=AWAY) for row in seated & line)
    assert not any(classes[row] == AWAY for row in seated)


@TRIALS
@given(queues(), st.randoms())
def test_renumbering_villages_changes_nobody_s_seat(queue, luck):
    places, classes, keys, draw = queue
    new = list(range(len(places)))
    luck.shuffle(new)
    moved = [seats for _, seats in sorted(zip(new, places, strict=True))]
    assert admitted(moved, classes, [new[key] for key in keys], draw) == admitted(*queue)


@TRIALS
@given(queues(), st.data())
def test_what_happens_in_one_village_moves_nobody_in_another(queue, data):
    places, classes, keys, luck = queue
    group = data.draw(st.integers(0, len(places) - 1))
    emptied = [AWAY if key == group else one for one, key in zip(classes, keys, strict=True)]
    others = {row for row in admitted(*queue) if keys[row] != group}
    assert admitted(places, emptied, keys, luck) == others


def test_of_two_with_the_same_draw_the_earlier_row_comes_first(monkeypatch):
    monkeypatch.setattr(exchange, "uniform", lambda *who: 0.5)
    seats = np.zeros(5, dtype=np.uint8)
    exchange.ration(seats, np.array([3]), np.array([1, 0, 1, 1, AWAY]), np.zeros(5, dtype=np.uint32), 1, 1, 12)
    assert seats.tolist() == [1, 1, 1, 0, 0]


# Money, in the order that the scenario names


@st.composite
def purses(draw):
    size = draw(st.integers(1, 12))
    wanted, later = (draw(st.lists(st.integers(0, 1000) | st.just(0), min_size=size, max_size=size)) for _ in range(2))
    return draw(st.integers(-500, 9000)), wanted, later, draw(st.permutations(range(size)))


def granted(money, wanted, later, priority, types=("i8",) * 5):
    return fill(exchange.spend_by_priority, types, ([JUNK] * len(wanted), [money], wanted, later, priority))


@kinds(exchange.spend_by_priority)
@TRIALS
@given(purse=purses())
def test_money_is_earmarked_in_order_and_each_row_draws_its_month_s_part_of_its_earmark(types, purse):
    money, wanted, later, priority = purse
    turn = sorted(range(len(wanted)), key=priority.__getitem__)
    # what is earmarked after each turn, had the fund no bottom, cut at what it holds
    marked = [min(put, max(0, money)) for put in accumulate((wanted[row] + later[row] for row in turn), initial=0)]
    share = {row: after - before for row, before, after in zip(turn, marked, marked[1:], strict=False)}
    for row, one in enumerate(granted(*purse, types=types)):
        exact = Fraction(share[row] * wanted[row], max(1, wanted[row] + later[row]))
        # whole fen, one less at most where a quotient is rounded
        assert one in ({exact} if exact == wanted[row] else {int(exact), int(exact) - (exact.denominator == 1)})


def test_first_named_levers_run_the_whole_year_and_later_ones_shrink_evenly():
    # a year's 1,200 fen for three levers of 60, 60 and 30 fen a month, named in this order
    fund, paid = 1200, []
    for month in range(12):
        paid.append(granted(fund, [60, 60, 30], [60 * (11 - month), 60 * (11 - month), 30 * (11 - month)], [0, 1, 2]))
        fund -= sum(paid[-1])
    assert paid == [[60, 40, 0]] * 12
    assert fund == 0


def test_a_lever_that_grows_takes_from_those_named_after_it():
    # 1,200 fen; the first asks 20 fen a month for six months and 120 then, the second 100 fen all year
    fund, paid = 1200, []
    for month in range(12):
        wanted = [20 if month < 6 else 120, 100]
        paid.append(granted(fund, wanted, [wish * (11 - month) for wish in wanted], [0, 1]))
        fund -= sum(paid[-1])
    # 20 + 80 a month; then 600 are left for six months of 120, and nothing for the second
    assert paid == [[20, 80]] * 6 + [[100, 0]] * 6
    assert fund == 0


@TRIALS
@given(purses())
def test_grants_and_what_is_set_aside_never_exceed_the_fund_and_none_is_passed_over(purse):
    money, wanted, later, priority = purse
    given_ = granted(*purse)
    assert sum(given_) <= min(max(0, money), sum(wanted))
    assert all(0 <= one <= wish for one, wish in zip(given_, wanted, strict=True))
    if money >= sum(wanted) + sum(later):
        assert given_ == wanted
    short = [place for place, one, wish in zip(priority, given_, wanted, strict=True) if one < wish]
    later = [one for place, one in zip(priority, given_, strict=True) if short and place > min(short)]
    assert not any(later)


@TRIALS
@given(purses(), st.integers(1, 500))
def test_more_money_takes_from_nobody(purse, more):
    money, wanted, later, priority = purse
    before, after = granted(*purse), granted(money + more, wanted, later, priority)
    assert all(one <= other for one, other in zip(before, after, strict=True))
