"""One step for every row phase: load the arguments of the rule, call it, store its results.

A phase needs no kernel of its own: what a rule reads and writes is declared in the schedule, and the compiler sees
straight loads and stores of the columns.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from typing import Any

from villagesim.compiled import compiled_step
from villagesim.draws import bell_of, block, lane
from villagesim.engine.core.slots import (
    NEAR,
    OWN,
    SIGNATURE,
    WORDS,
    Place,
    bases,
    load,
    settle,
    store,
    words_of,
    written,
)


@cache
def row_step(rule: Callable, name: str, places: tuple[Place, ...], results: tuple[Place, ...],
             templates: tuple[Any, ...]) -> Any:
    """Step that applies the rule. places: of its arguments; results: of what it returns; templates: its parameters."""
    text = written(places, results)
    templates = (*templates, 0)

    def drawing(first, last, bounds, seed, month, slots):
        pointers = bases(slots, text)
        begin = bounds[first]
        for k in range(first, last):
            settled = settle(pointers, bounds[k], text, templates)
            for i in range(bounds[k], bounds[k + 1]):
                words = words_of(pointers, i - begin, text)
                drawn = (lane(words, 0), lane(words, 1), lane(words, 2), lane(words, 3), bell_of(words))
                store(pointers, i, rule(*load(pointers, settled, i, drawn, text)), text)

    def by_run(first, last, bounds, seed, month, slots):
        pointers = bases(slots, text)
        for k in range(first, last):
            settled = settle(pointers, bounds[k], text, templates)
            for i in range(bounds[k], bounds[k + 1]):
                store(pointers, i, rule(*load(pointers, settled, i, (), text)), text)

    def straight(first, last, bounds, seed, month, slots):
        pointers = bases(slots, text)
        settled = settle(pointers, bounds[first], text, templates)
        for i in range(bounds[first], bounds[last]):
            store(pointers, i, rule(*load(pointers, settled, i, (), text)), text)

    kinds = {place.kind for place in places}
    function = drawing if WORDS in kinds else by_run if NEAR in kinds else straight
    digest = hashlib.sha256(f"{text} {[type(one).__name__ for one in templates]}".encode()).hexdigest()[:12]
    return compiled_step(function, SIGNATURE, f"{name.replace('.', '_')}_{digest}")


@cache
def words_step() -> Any:
    """Step that draws: the four words of every row, into four arrays from their beginning. Slots: arrays, purpose."""
    text = written((), tuple(Place(OWN, number, "u4") for number in range(4)))

    def draws_words(first, last, bounds, seed, month, slots):
        pointers, purpose = bases(slots, text), slots[4]
        begin = bounds[first]
        for i in range(begin, bounds[last]):
            store(pointers, i - begin, block(seed, month, i, purpose), text)

    return compiled_step(draws_words, SIGNATURE, "draws_words")
