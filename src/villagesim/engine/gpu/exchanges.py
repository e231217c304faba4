"""A kernel for every exchange of `engine.exchange`, by many threads: same results, since no sum depends on order.

A block carries a county; its threads take rows, ties or groups in turn and add up by atomic sums of whole numbers.
A kernel's body is called as body(given, *arrays), with the arrays in the order of the exchange's own; given: seed,
month, and the exchange's constants or purpose.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from numba import cuda

from villagesim.draws import uniform
from villagesim.engine import exchange
from villagesim.engine.exchange import NOT_IN_QUEUE, marginal, spend_by_priority
from villagesim.engine.gpu.machine import kernel
from villagesim.engine.gpu.places import handed


@cache
def exchange_kernel(function: Callable, tables: tuple[int, ...]) -> Any:
    """Kernel that does what the exchange does. tables: of its arrays, for `ration` those of its room too.

    Raises LookupError for an exchange that has no kernel.
    """
    if function not in BODIES:
        raise LookupError(f"engine gpu has no kernel for the exchange {function.__name__}")
    call = handed(BODIES[function], tables)

    def exchanges(columns, begins, constants, seeds, month):
        county = cuda.blockIdx.x
        call(columns, begins, county, (int(seeds[county]), month, *constants), ())

    return kernel(exchanges)


def _total_by(given, into, values, keys):
    for k in range(cuda.threadIdx.x, into.shape[0], cuda.blockDim.x):
        into[k] = 0
    cuda.syncthreads()
    for i in range(cuda.threadIdx.x, values.shape[0], cuda.blockDim.x):
        cuda.atomic.add(into, int(keys[i]), 0 + int(values[i]))


def _total_where(given, into, values, mask, keys):
    for k in range(cuda.threadIdx.x, into.shape[0], cuda.blockDim.x):
        into[k] = 0
    cuda.syncthreads()
    for i in range(cuda.threadIdx.x, values.shape[0], cuda.blockDim.x):
        if mask[i]:
            cuda.atomic.add(into, int(keys[i]), 0 + int(values[i]))


def _total(given, into, values):
    row = given[2]
    if cuda.threadIdx.x == 0:
        into[row] = 0
    cuda.syncthreads()
    amount = 0
    for i in range(cuda.threadIdx.x, values.shape[0], cuda.blockDim.x):
        amount += int(values[i])
    cuda.atomic.add(into, row, amount)


def _push(given, into_value, into_trust, into_flat, into_voices, says, told, speaker, listener, trust):
    for i in range(cuda.threadIdx.x, into_value.shape[0], cuda.blockDim.x):
        into_value[i] = 0
        into_trust[i] = 0
        into_flat[i] = 0
        into_voices[i] = 0
    cuda.syncthreads()
    for t in range(cuda.threadIdx.x, speaker.shape[0], cuda.blockDim.x):
        s = int(speaker[t])
        if says[s]:
            r = int(listener[t])
            k = 0 + int(trust[t])
            cuda.atomic.add(into_value, r, k * int(told[s]))
            cuda.atomic.add(into_trust, r, k)
            cuda.atomic.add(into_flat, r, 0 + int(told[s]))
            cuda.atomic.add(into_voices, r, 1)


def _push_trust(given, into, says, speaker, listener, trust):
    for i in range(cuda.threadIdx.x, into.shape[0], cuda.blockDim.x):
        into[i] = 0
    cuda.syncthreads()
    for t in range(cuda.threadIdx.x, speaker.shape[0], cuda.blockDim.x):
        if says[int(speaker[t])]:
            cuda.atomic.add(into, int(listener[t]), 0 + int(trust[t]))


def _unfold(given, into, values):
    for v in range(cuda.threadIdx.x, into.shape[0], cuda.blockDim.x):
        into[v] = values[v * given[3] + given[2]]


def _spend_by_priority(given, into, money, wanted, later, priority):
    if cuda.threadIdx.x == 0:
        spend_by_priority(into, money, wanted, later, priority)


def _ration(given, into, places, priority, keys, counts, margin, left, drawing, rival, draw):
    """Classes that the places hold are admitted whole; of the class at the margin, whoever has fewer rivals with a
    lower (draw, row) than places are left. That is the exchange's rule, without its queue in order."""
    seed, month, purpose = given
    first, step = cuda.threadIdx.x, cuda.blockDim.x
    for n in range(first, places.shape[0] * NOT_IN_QUEUE, step):
        counts[n] = 0
    if first == 0:
        drawing[0] = 0
    cuda.syncthreads()
    for i in range(first, priority.shape[0], step):
        into[i] = 0
        if priority[i] != NOT_IN_QUEUE:
            cuda.atomic.add(counts, int(keys[i]) * NOT_IN_QUEUE + int(priority[i]), 1)
    cuda.syncthreads()
    for k in range(first, places.shape[0], step):
        margin[k], left[k] = marginal(counts, k * NOT_IN_QUEUE, NOT_IN_QUEUE, 0 + int(places[k]))
    cuda.syncthreads()
    for i in range(first, priority.shape[0], step):
        if priority[i] != NOT_IN_QUEUE:
            k = int(keys[i])
            if priority[i] < margin[k]:
                into[i] = 1
            elif priority[i] == margin[k] and left[k] > 0:
                place = cuda.atomic.add(drawing, 0, 1)
                rival[place] = i
                draw[place] = uniform(seed, month, i, purpose)
    cuda.syncthreads()
    for n in range(first, int(drawing[0]), step):
        i = int(rival[n])
        ahead = 0
        for other in range(int(drawing[0])):
            o = int(rival[other])
            lower = draw[other] < draw[n] or (draw[other] == draw[n] and o < i)
            if keys[o] == keys[i] and lower:
                ahead += 1
        if ahead < left[int(keys[i])]:
            into[i] = 1


BODIES: dict[Callable, Callable] = {
    exchange.total_by: _total_by,
    exchange.total_where: _total_where,
    exchange.total: _total,
    exchange.push: _push,
    exchange.push_trust: _push_trust,
    exchange.ration: _ration,
    exchange.spend_by_priority: _spend_by_priority,
    exchange.unfold: _unfold,
}
