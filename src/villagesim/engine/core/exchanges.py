"""One step for every exchange: the arrays behind the slots, the constants and the luck that it is called with."""

from collections.abc import Callable
from functools import cache
from typing import Any

from villagesim.compiled import compiled_step
from villagesim.engine.core.slots import OWN, SIGNATURE, Place, arrays, written
from villagesim.engine.exchange import PARTS, add


@cache
def exchange_step(function: Callable, dtypes: tuple[str, ...], constants: int, draws: bool) -> Any:
    """Step that calls function(arrays, constants, and where it draws seed, month, purpose).

    Slots: address and length of each array, then the constants, then the purpose.
    """
    text = written(tuple(Place(OWN, number, dtype) for number, dtype in enumerate(dtypes)), ())
    at = 2 * len(dtypes)

    def plain(first, last, bounds, seed, month, slots):
        function(*arrays(slots, text))

    def with_one(first, last, bounds, seed, month, slots):
        function(*arrays(slots, text), slots[at])

    def with_two(first, last, bounds, seed, month, slots):
        function(*arrays(slots, text), slots[at], slots[at + 1])

    def drawing(first, last, bounds, seed, month, slots):
        function(*arrays(slots, text), seed, month, slots[at])

    chosen = drawing if draws else (plain, with_one, with_two)[constants]
    return compiled_step(chosen, SIGNATURE, "_".join((function.__name__, *dtypes, str(constants))))


@cache
def sum_step(function: Callable, dtypes: tuple[str, ...], constants: int, near: bool) -> Any:
    """Step that adds the rows of a piece to a sum, which the first piece begins at nothing.

    Slots as those of `exchange_step`. near: the keys are constant within a run, so that only its first row is asked.
    """
    text = written(tuple(Place(OWN, number, dtype) for number, dtype in enumerate(dtypes)), ())
    part, at = PARTS[function], 2 * len(dtypes)

    def by_run(first, last, bounds, seed, month, slots):
        into, values, keys = arrays(slots, text)
        if bounds[first] == 0:
            function(into, values[:0], keys[:0])
        for k in range(first, last):
            add(into, values[bounds[k]:bounds[k + 1]], keys[bounds[k]])

    def by_key(first, last, bounds, seed, month, slots):
        into, values, keys = arrays(slots, text)
        begin, end = bounds[first], bounds[last]
        if begin == 0:
            function(into, values[:0], keys[:0])
        part(into, values[begin:end], keys[begin:end])

    def where(first, last, bounds, seed, month, slots):
        into, values, mask, keys = arrays(slots, text)
        begin, end = bounds[first], bounds[last]
        if begin == 0:
            function(into, values[:0], mask[:0], keys[:0])
        part(into, values[begin:end], mask[begin:end], keys[begin:end])

    def whole(first, last, bounds, seed, month, slots):
        into, values = arrays(slots, text)
        begin, end = bounds[first], bounds[last]
        if begin == 0:
            function(into, values[:0], slots[at])
        part(into, values[begin:end], slots[at])

    chosen = by_run if near else whole if constants else where if len(dtypes) == 4 else by_key
    return compiled_step(chosen, SIGNATURE, "_".join((function.__name__, chosen.__name__, *dtypes)))
