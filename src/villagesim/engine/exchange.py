"""What crosses rows, written once as plain loops: Python in the reference, compiled in the core.

All sums are of whole numbers, so that they do not depend on order. Arrays are one-dimensional; `into` is filled.
"""

import numpy as np

from villagesim.declare import rule
from villagesim.draws import UNIT, uniform

NOT_IN_QUEUE = 255
# Rows that are looked at together, to learn whether they are alike.
BLOCK = 32
# So many classes are counted in one whole number, in fields of so many bits, and so many rows at most: a field's sum.
FEW = 4
FIELD = 16
LONGEST = 65535


@rule
def same(keys, one):
    """Whether all rows have this key. keys: whole numbers (rows,)."""
    differ = 0
    for i in range(keys.shape[0]):
        differ |= int(keys[i]) ^ one
    return differ == 0


@rule
def add(into, values, row):
    """Add to into[row] the sum of values. into: int64; values: whole numbers (rows,)."""
    amount = 0
    for i in range(values.shape[0]):
        amount += int(values[i])
    into[row] += amount


@rule
def add_by(into, values, keys):
    """Add to into[k] the sum of values over rows whose key is k. into: int64 (groups,); values: whole numbers."""
    # Rows of one key lie side by side: one sum for many, where a sum a row would wait for the one before it.
    for first in range(0, values.shape[0], BLOCK):
        some, key = values[first:first + BLOCK], keys[first:first + BLOCK]
        if same(key, int(key[0])):
            add(into, some, int(key[0]))
        else:
            amount, last = 0, int(key[0])
            for i in range(some.shape[0]):
                if int(key[i]) != last:
                    into[last] += amount
                    amount = 0
                    last = int(key[i])
                amount += int(some[i])
            into[last] += amount


@rule
def add_where(into, values, mask, keys):
    """Add to into[k] the sum of values over rows whose key is k and whose mask is set. Shapes as in `add_by`."""
    for first in range(0, values.shape[0], BLOCK):
        some, found = mask[first:first + BLOCK], 0
        for i in range(some.shape[0]):
            found |= int(some[i])
        # Few rows are marked: most blocks have nothing to add.
        if found != 0:
            for i in range(some.shape[0]):
                if some[i]:
                    into[keys[first + i]] += int(values[first + i])


@rule
def total_by(into, values, keys):
    """into[k] = sum of values over rows whose key is k. Shapes as in `add_by`."""
    for k in range(into.shape[0]):
        into[k] = 0
    add_by(into, values, keys)


@rule
def total_where(into, values, mask, keys):
    """into[k] = sum of values over rows whose key is k and whose mask is set. Shapes as in `add_by`."""
    for k in range(into.shape[0]):
        into[k] = 0
    add_where(into, values, mask, keys)


@rule
def total(into, values, row):
    """into[row] = sum of values. into: int64; values: whole numbers (rows,)."""
    into[row] = 0
    add(into, values, row)


# What adds to each sum the rows of a piece; of no rows, a sum is nothing.
PARTS = {total_by: add_by, total_where: add_where, total: add}


@rule
def push(into_value, into_trust, into_flat, into_voices, says, told, speaker, listener, trust):
    """Along every tie whose speaker has something to say, add to its listener: trust x told, trust, told, and one.

    into_*: int64 (households,); says: flags (households,); told: int64 (households,); ties: (ties,), whole numbers.
    """
    for i in range(into_value.shape[0]):
        into_value[i] = 0
        into_trust[i] = 0
        into_flat[i] = 0
        into_voices[i] = 0
    for t in range(speaker.shape[0]):
        s = speaker[t]
        if says[s]:
            r = listener[t]
            k = int(trust[t])
            into_value[r] += k * told[s]
            into_trust[r] += k
            into_flat[r] += told[s]
            into_voices[r] += 1


@rule
def push_trust(into, says, speaker, listener, trust):
    """into[listener] = sum of tie trust over speakers that have something to show. Shapes as in `push`."""
    for i in range(into.shape[0]):
        into[i] = 0
    for t in range(speaker.shape[0]):
        if says[speaker[t]]:
            into[listener[t]] += int(trust[t])


@rule
def marginal(counts, first, many, places):
    """Which of `many` counts, from counts[first] on, is the first that `places` do not hold whole, and places left.

    Where they hold all: `many`, and nothing left to decide.
    """
    at = 0
    while at < many and counts[first + at] <= places:
        places -= counts[first + at]
        at += 1
    return at, (places if at < many else 0)


@rule
def lowest(draws, many):
    """(low, high, rest): the `many` lowest of more draws are those below `low`, and `rest` of those that are alike
    between `low` and `high`. draws: (rows,)."""
    low, high, under = 0.0, 1.0, 0
    while under < many and high - low > UNIT:
        middle, found = 0.5 * (low + high), 0
        for n in range(draws.shape[0]):
            found += 1 if draws[n] < middle else 0
        if found > many:
            high = middle
        else:
            low, under = middle, found
    return low, high, many - under


@rule
def run_after(keys, first):
    """The row after the run of rows with one key that begins at `first`; no run is longer than LONGEST."""
    one, after, most = int(keys[first]), first, min(keys.shape[0], first + LONGEST)
    while after + BLOCK <= most and same(keys[after:after + BLOCK], one):
        after += BLOCK
    while after < most and int(keys[after]) == one:
        after += 1
    return after


@rule
def count_run(counts, priority, place, classes):
    """Add to counts[place + c] the rows of class c, of so many classes. counts: int64; priority: of one run (rows,)."""
    if classes <= FEW:
        # Four sums of sixteen bits each in one whole number: one pass over the rows, without a branch.
        amount = 0
        for i in range(priority.shape[0]):
            amount += 1 << (FIELD * int(priority[i])) if priority[i] < FEW else 0
        for one in range(classes):
            counts[place + one] += (amount >> (FIELD * one)) & LONGEST
    else:
        for i in range(priority.shape[0]):
            if priority[i] != NOT_IN_QUEUE:
                counts[place + int(priority[i])] += 1


@rule
def ration(into, places, priority, keys, seed, month, purpose):
    """into[i] = 1 for those admitted: in each group the lowest (class, own draw, row), up to the group's places.

    into: flags (rows,); places: int64 (groups,); priority: class (rows,), 255 does not queue; keys: group (rows,).
    One more place admits one more row and moves nobody else.

    Who is counted needs no order: a class that the places hold is admitted whole. Only the class at the margin draws,
    and of its draws those below a limit are admitted, which is found by halving (0, 1). Rows of one group that lie side
    by side are counted and admitted together.
    """
    groups = places.shape[0]
    rows = priority.shape[0]
    most = 0
    for k in range(groups):
        most = max(most, int(places[k]))
    if most == 0:
        # Without a programme no seat is offered anywhere, month after month.
        for i in range(rows):
            into[i] = 0
        return
    classes = 0
    for i in range(rows):
        classes = max(classes, (int(priority[i]) + 1) & NOT_IN_QUEUE)
    counts = np.zeros(groups * classes, np.int64)
    ends = np.empty(rows, np.int64)
    runs, first = 0, 0
    while first < rows:
        ends[runs] = run_after(keys, first)
        count_run(counts, priority[first:ends[runs]], int(keys[first]) * classes, classes)
        first = int(ends[runs])
        runs += 1
    margin = np.empty(groups, np.int64)
    left = np.empty(groups, np.int64)
    rivals = np.zeros(groups, np.int64)
    begins = np.zeros(groups + 1, np.int64)
    for k in range(groups):
        margin[k], left[k] = marginal(counts, k * classes, classes, int(places[k]))
        if left[k] > 0:
            rivals[k] = counts[k * classes + margin[k]]
        # One entry more than rows that draw, which the other rows overwrite: cheaper than a branch nobody can guess.
        begins[k + 1] = begins[k] + rivals[k] + 1
    row = np.zeros(begins[groups], np.int64)
    behind = begins.copy()
    first = 0
    for run in range(runs):
        some, seated, k = priority[first:ends[run]], into[first:ends[run]], keys[first]
        edge = margin[k]
        for i in range(some.shape[0]):
            seated[i] = 1 if some[i] < edge else 0
        if left[k] > 0:
            # Unsigned, since the compiler would else ask of each row whether it counts from the end.
            n = np.uint64(behind[k])
            for i in range(some.shape[0]):
                row[n] = first + i
                n += np.uint64(some[i] == edge)
            behind[k] = n
        first = int(ends[run])
    draw = np.empty(row.shape[0], np.float64)
    for n in range(row.shape[0]):
        draw[n] = uniform(seed, month, int(row[n]), purpose)
    for k in range(groups):
        if left[k] > 0:
            own, who = draw[begins[k]:behind[k]], row[begins[k]:behind[k]]
            low, high, rest = lowest(own, int(left[k]))
            for n in range(own.shape[0]):
                into[who[n]] = 1 if own[n] < low else 0
            if rest > 0:
                # Equal draws: the first rows.
                for n in range(own.shape[0]):
                    if rest > 0 and low <= own[n] < high:
                        into[who[n]] = 1
                        rest -= 1


@rule
def spend_by_priority(into, money, wanted, later, priority):
    """into[i] = money granted to row i this month, in order of priority.

    A row for which the money left pays this month and the later ones gets all that it wants, and the money for its
    later months is set aside. The first row for which it does not gets the same share of this month as of the later
    ones, cut to whole fen, and those behind it get nothing.

    into, wanted, later: int64 fen (rows,); priority: distinct whole numbers 0 ... rows-1; money: int64 fen (1,).
    """
    left = max(0, int(money[0]))
    for place in range(priority.shape[0]):
        for i in range(priority.shape[0]):
            if priority[i] == place:
                wish = int(wanted[i])
                whole = wish + int(later[i])
                if whole <= left:
                    into[i] = wish
                    left -= whole
                else:
                    into[i] = min(wish, left, int(wish * (left / whole)))
                    left = 0


@rule
def unfold(into, values, kind, kinds):
    """into[v] = values[v * kinds + kind]: one kind of work of every village. values: (villages x kinds,)."""
    for v in range(into.shape[0]):
        into[v] = values[v * kinds + kind]
