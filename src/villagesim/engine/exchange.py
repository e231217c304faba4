"""What crosses rows, written once as plain loops: Python in the reference, compiled in the core.

All sums are of whole numbers, so that they do not depend on order. Arrays are one-dimensional; `into` is filled.
"""

from villagesim.declare import rule
from villagesim.draws import uniform

NOT_IN_QUEUE = 255


@rule
def total_by(into, values, keys):
    """into[k] = sum of values over rows whose key is k. into: int64 (groups,); values: whole numbers (rows,)."""
    for k in range(into.shape[0]):
        into[k] = 0
    # Rows of one key lie side by side in long runs: one sum a run, where a sum a row would wait for the one before it.
    amount = 0
    last = 0
    for i in range(values.shape[0]):
        key = int(keys[i])
        if key != last:
            into[last] += amount
            amount = 0
            last = key
        amount += int(values[i])
    if values.shape[0] > 0:
        into[last] += amount


@rule
def total_where(into, values, mask, keys):
    """into[k] = sum of values over rows whose key is k and whose mask is set. Shapes as in `total_by`."""
    for k in range(into.shape[0]):
        into[k] = 0
    for i in range(values.shape[0]):
        if mask[i]:
            into[keys[i]] += int(values[i])


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
def ration(into, places, priority, keys, seed, month, purpose):
    """into[i] = 1 for those admitted: in each group the lowest (class, own draw, row), up to the group's places.

    into: flags (rows,); places: int64 (groups,); priority: class (rows,), 255 does not queue; keys: group (rows,).
    One more place admits one more row and moves nobody else.

    Who is counted needs no order: a class that the places hold is admitted whole. Only the class at the margin draws;
    its draws fall into as many equal parts of (0, 1) as it has rows, and again a part is admitted whole or not at all,
    but for the part at the margin, whose few rows alone are sorted.
    """
    groups = places.shape[0]
    classes = 0
    waiting = 0
    for i in range(priority.shape[0]):
        into[i] = 0
        waiting += 1 if priority[i] != NOT_IN_QUEUE else 0
        classes = max(classes, int(priority[i]) + 1 if priority[i] != NOT_IN_QUEUE else 0)
    # One entry more than wait, which the rows that do not queue overwrite: cheaper than a branch that nobody can guess.
    queue = [0 for _ in range(waiting + 1)]
    n = 0
    for i in range(priority.shape[0]):
        queue[n] = i
        n += 1 if priority[i] != NOT_IN_QUEUE else 0
    counts = [0 for _ in range(groups * classes)]
    for n in range(waiting):
        i = queue[n]
        counts[int(keys[i]) * classes + int(priority[i])] += 1
    margin = [0 for _ in range(groups)]
    left = [0 for _ in range(groups)]
    rivals = [0 for _ in range(groups)]
    begins = [0 for _ in range(groups)]
    drawing = 0
    for k in range(groups):
        margin[k], left[k] = marginal(counts, k * classes, classes, int(places[k]))
        begins[k] = drawing
        if left[k] > 0:
            rivals[k] = counts[k * classes + margin[k]]
            drawing += rivals[k]
    row = [0 for _ in range(drawing)]
    draw = [0.0 for _ in range(drawing)]
    part = [0 for _ in range(drawing)]
    counts = [0 for _ in range(drawing)]
    at = 0
    for n in range(waiting):
        i = queue[n]
        k = int(keys[i])
        into[i] = 1 if priority[i] < margin[k] else 0
        if priority[i] == margin[k] and left[k] > 0:
            row[at] = i
            draw[at] = uniform(seed, month, i, purpose)
            part[at] = begins[k] + int(draw[at] * rivals[k])
            counts[part[at]] += 1
            at += 1
    for k in range(groups):
        margin[k], left[k] = marginal(counts, begins[k], rivals[k], left[k])
    close = [(0, 0.0, 0) for _ in range(0)]
    for n in range(drawing):
        k = int(keys[row[n]])
        if part[n] < begins[k] + margin[k]:
            into[row[n]] = 1
        elif left[k] > 0 and part[n] == begins[k] + margin[k]:
            close.append((part[n], draw[n], row[n]))
    close.sort()
    for _, _, i in close:
        k = int(keys[i])
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
