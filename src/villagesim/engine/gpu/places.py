"""Where a kernel finds what a rule or an exchange works on: small functions, put together to one that gives all of it.

Each is called as value(columns, begins, groups, words, county, row). columns: one array a column, all counties one
after the other; begins[table, county]: where a county's rows begin, whole numbers (tables, counties + 1); groups: the
parameters of mechanisms; words: the four random words of the row. What is constant for a phase, as which column, is
part of the function, so that the compiler sees straight loads and stores.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from villagesim.draws import bell_of, lane

Value = Callable[..., Any]


@cache
def wide(whole: bool) -> Callable:
    """How a number read from a column enters a rule: whole ones as int64, others as float64."""
    def from_whole(number):
        # int() leaves a narrow or unsigned type as it is, under which arithmetic would differ; a sum does not.
        return 0 + int(number)

    def from_real(number):
        return float(number)

    return from_whole if whole else from_real


@cache
def own(column: int, table: int, whole: bool) -> Value:
    """The row's own value."""
    read = wide(whole)

    def own_value(columns, begins, groups, words, county, row):
        return read(columns[column][begins[table, county] + row])

    return own_value


@cache
def via(column: int, table: int, key: int, home: int, whole: bool) -> Value:
    """The value in the row that the row's key names."""
    read, named = wide(whole), wide(True)

    def value_by_key(columns, begins, groups, words, county, row):
        return read(columns[column][begins[table, county] + named(columns[key][begins[home, county] + row])])

    return value_by_key


@cache
def fixed(column: int, table: int, at: int, whole: bool) -> Value:
    """The value in one row of the county, the same for all."""
    read = wide(whole)

    def fixed_value(columns, begins, groups, words, county, row):
        return read(columns[column][begins[table, county] + at])

    return fixed_value


@cache
def uniform(purpose: int) -> Value:
    """The row's own draw in (0, 1)."""
    def uniform_value(columns, begins, groups, words, county, row):
        return lane(words, purpose)

    return uniform_value


@cache
def bell() -> Value:
    """The row's own draw, nearly normal."""
    def bell_value(columns, begins, groups, words, county, row):
        return bell_of(words)

    return bell_value


@cache
def parameters(group: int) -> Value:
    """The parameters of a mechanism."""
    def group_value(columns, begins, groups, words, county, row):
        return groups[group]

    return group_value


@cache
def gathered(values: tuple[Value, ...]) -> Value:
    """All values, as a tuple. There is at least one."""
    if len(values) == 1:
        value = values[0]

        def only(columns, begins, groups, words, county, row):
            return (value(columns, begins, groups, words, county, row),)

        return only
    first, second = gathered(values[:len(values) // 2]), gathered(values[len(values) // 2:])

    def both(columns, begins, groups, words, county, row):
        return (first(columns, begins, groups, words, county, row)
                + second(columns, begins, groups, words, county, row))

    return both


@cache
def booked(columns_of: tuple[int, ...], begin: int = 0) -> Callable:
    """book(columns, at, results): results into row `at` of their columns. There is at least one."""
    if len(columns_of) == 1:
        column = columns_of[0]

        def book_one(columns, at, results):
            columns[column][at] = results[begin]

        return book_one
    half = len(columns_of) // 2
    first, second = booked(columns_of[:half], begin), booked(columns_of[half:], begin + half)

    def book_both(columns, at, results):
        first(columns, at, results)
        second(columns, at, results)

    return book_both


@cache
def handed(body: Callable, tables: tuple[int, ...], ready: int = 0) -> Callable:
    """call(columns, begins, county, given, parts): body(given, *parts) with the county's part of every column.

    tables: of the columns; ready: how many parts there are already. numba-cuda lets no function return an array, so
    that each part is handed on.
    """
    if ready == len(tables):
        def finish(columns, begins, county, given, parts):
            body(given, *parts)

        return finish
    table, further = tables[ready], handed(body, tables, ready + 1)

    def hand_on(columns, begins, county, given, parts):
        part = columns[ready][begins[table, county]:begins[table, county + 1]]
        further(columns, begins, county, given, (*parts, part))

    return hand_on
