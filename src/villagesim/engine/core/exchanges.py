"""One step for every exchange: the arrays behind the slots, the constants and the luck that it is called with."""

from collections.abc import Callable
from functools import cache
from typing import Any

from villagesim.compiled import compiled_step
from villagesim.engine.core.slots import OWN, SIGNATURE, Place, arrays, written


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
