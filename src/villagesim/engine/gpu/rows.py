"""A kernel for every row phase: a block carries a county, its threads take the rows in turn."""

from collections.abc import Callable
from functools import cache
from typing import Any

from numba import cuda

from villagesim.draws import block
from villagesim.engine.gpu.machine import kernel
from villagesim.engine.gpu.places import Value, booked, gathered


@cache
def row_kernel(rule: Callable, values: tuple[Value, ...], writes: tuple[int, ...], table: int, purpose: int) -> Any:
    """Kernel that applies the rule to every row of a table.

    values: the rule's arguments; writes: columns of its results; purpose: of the block that it draws from, -1: none.
    """
    load, book = gathered(values), booked(writes)

    def no_words(seed, month, row):
        return 0, 0, 0, 0

    def four_words(seed, month, row):
        return block(seed, month, row, purpose)

    def one_result(given):
        return (rule(*given),)

    def results(given):
        return rule(*given)

    words = no_words if purpose < 0 else four_words
    outcome = one_result if len(writes) == 1 else results

    def rows(columns, begins, groups, seeds, month):
        county = cuda.blockIdx.x
        begin, end = begins[table, county], begins[table, county + 1]
        seed = int(seeds[county])
        for row in range(cuda.threadIdx.x, end - begin, cuda.blockDim.x):
            given = load(columns, begins, groups, words(seed, month, row), county, row)
            book(columns, begin + row, outcome(given))

    return kernel(rows)
