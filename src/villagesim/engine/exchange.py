"""What crosses rows, written once as plain loops: Python in the reference, compiled in the core.

All sums are of whole numbers, so that they do not depend on order. Arrays are one-dimensional; `into` is filled.
"""

import numpy as np

from villagesim.declare import rule
from villagesim.draws import uniform

NOT_IN_QUEUE = 255
# A class that no row has.
NOBODY = 256
# Rows that are looked at together, to learn whether they are alike; so many classes are counted by a pass for each.
BLOCK = 32
FEW = 4


@rule
def alike(keys):
    """Whether all rows, of which there are some, have one key. keys: whole numbers (rows,)."""
    one, differ = int(keys[0]), 0
    for i in range(keys.shape[0]):
        differ |= int(keys[i]) ^ one
    return differ == 0


@rule
def total_by(into, values, keys):
    """into[k] = sum of values over rows whose key is k. into: int64 (groups,); values: whole numbers (rows,)."""
    for k in range(into.shape[0]):
        into[k] = 0
    # Rows of one key lie side by side: one sum for many, where a sum a row would wait for the one before it.
    for first in range(0, values.shape[0], BLOCK):
        some, key = values[first:first + BLOCK], keys[first:first + BLOCK]
        amount = 0
        if alike(key):
            for i in range(some.shape[0]):
                amount += int(some[i])
            into[key[0]] += amount
        else:
            last = int(key[0])
            for i in range(some.shape[0]):
                if int(key[i]) != last:
                    into[last] += amount
                    amount = 0
                    last = int(key[i])
                amount += int(some[i])
            into[last] += amount


@rule
def total_where(into, values, mask, keys):
    """into[k] = sum of values over rows whose key is k and whose mask is set. Shapes as in `total_by`."""
    for k in range(into.shape[0]):
        into[k] = 0
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
def total(into, values, row):
    """into[row] = sum of values. into: int64; values: whole numbers (rows,)."""
    amount = 0
    for i in range(values.shape[0]):
        amount += int(values[i])
    into[row] = amount


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
def waiting_by(priority, keys, groups, classes):
    """Rows in the queue by group and class: int64 (groups x classes,). priority, keys: (rows,), 255 does not queue."""
    counts = np.zeros(groups * classes, np.int64)
    for first in range(0, priority.shape[0], BLOCK):
        some, key = priority[first:first + BLOCK], keys[first:first + BLOCK]
        if classes <= FEW and alike(key):
            for one in range(classes):
                found = 0
                for i in range(some.shape[0]):
                    found += 1 if some[i] == one else 0
                counts[int(key[0]) * classes + one] += found
        else:
            for i in range(some.shape[0]):
                if some[i] != NOT_IN_QUEUE:
                    counts[int(key[i]) * classes + int(some[i])] += 1
    return counts


@rule
def ration(into, places, priority, keys, seed, month, purpose):
    """into[i] = 1 for those admitted: in each group the lowest (class, own draw, row), up to the group's places.

    into: flags (rows,); places: int64 (groups,); priority: class (rows,), 255 does not queue; keys: group (rows,).
    One more place admits one more row and moves nobody else.

    Who is counted needs no order: a class that the places hold is admitted whole. Only the class at the margin draws;
    its draws fall into as many equal parts of (0, 1) as it has rows, and again a part is admitted whole or not at all,
    but for the part at the margin, whose few rows alone are sorted.
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
    counts = waiting_by(priority, keys, groups, classes)
    margin = np.empty(groups, np.int64)
    left = np.empty(groups, np.int64)
    draws_for = np.empty(groups, np.int64)
    rivals = np.zeros(groups, np.int64)
    begins = np.empty(groups, np.int64)
    drawing = 0
    for k in range(groups):
        margin[k], left[k] = marginal(counts, k * classes, classes, int(places[k]))
        begins[k] = drawing
        draws_for[k] = margin[k] if left[k] > 0 else NOBODY
        if left[k] > 0:
            rivals[k] = counts[k * classes + margin[k]]
            drawing += int(rivals[k])
    # One entry more than draw, which the rows that do not draw overwrite: cheaper than a branch that nobody can guess.
    row = np.empty(drawing + 1, np.int64)
    n = 0
    for first in range(0, rows, BLOCK):
        some, key, seated = priority[first:first + BLOCK], keys[first:first + BLOCK], into[first:first + BLOCK]
        if alike(key):
            edge, one = margin[key[0]], draws_for[key[0]]
            found = 0
            for i in range(some.shape[0]):
                seated[i] = 1 if some[i] < edge else 0
            for i in range(some.shape[0]):
                found |= 1 if some[i] == one else 0
            if found != 0:
                for i in range(some.shape[0]):
                    row[n] = first + i
                    n += 1 if some[i] == one else 0
        else:
            for i in range(some.shape[0]):
                seated[i] = 1 if some[i] < margin[key[i]] else 0
                row[n] = first + i
                n += 1 if some[i] == draws_for[key[i]] else 0
    draw = np.empty(drawing, np.float64)
    for n in range(drawing):
        draw[n] = uniform(seed, month, int(row[n]), purpose)
    part = np.empty(drawing, np.int64)
    counts = np.zeros(drawing, np.int64)
    for n in range(drawing):
        k = keys[row[n]]
        part[n] = begins[k] + int(draw[n] * rivals[k])
        counts[part[n]] += 1
    for k in range(groups):
        margin[k], left[k] = marginal(counts, int(begins[k]), int(rivals[k]), int(left[k]))
        margin[k] += begins[k]
    close = [(0, 0.0, 0) for _ in range(0)]
    for n in range(drawing):
        k = keys[row[n]]
        into[row[n]] = 1 if part[n] < margin[k] else 0
        if part[n] == margin[k] and left[k] > 0:
            close.append((int(part[n]), float(draw[n]), int(row[n])))
    close.sort()
    for _, _, i in close:
        k = keys[i]
        if left[k] > 0:
            into[i] = 1
            left[k] -= 1


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
