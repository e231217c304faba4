"""What must have the same bits everywhere: exp and logistic from + and x alone, whole fen, the 2^-20 grid."""

from villagesim.declare import rule

GRID = 1048576
FEN = 100.0


@rule
def exp(x):
    """e to the x [1] for x clipped to -80 ... 80; relative error below 1e-13.

    Argument reduction by 1/256, a Taylor polynomial, eight squarings: no table, no branch, no library call, so that
    Python, numba and a device round alike (numpy's and libm's versions differ in the last bit).
    """
    y = min(80.0, max(-80.0, x)) * 0.00390625
    t = 1 / 3628800 + y * (1 / 39916800 + y * (1 / 479001600))
    t = 1 / 5040 + y * (1 / 40320 + y * (1 / 362880 + y * t))
    t = 1 / 24 + y * (1 / 120 + y * (1 / 720 + y * t))
    t = 1.0 + y * (1.0 + y * (0.5 + y * (1 / 6 + y * t)))
    t = t * t
    t = t * t
    t = t * t
    t = t * t
    t = t * t
    t = t * t
    t = t * t
    return t * t


@rule
def logistic(x):
    """1 / (1 + e^-x) [1]."""
    return 1.0 / (1.0 + exp(-x))


@rule
def clip(x, low, high):
    """x bounded to low ... high, in x's unit."""
    return min(high, max(low, x))


@rule
def whole_fen(yuan):
    """The amount in whole fen, rounded to nearest, half upwards [fen]."""
    shifted = yuan * FEN + 0.5
    whole = int(shifted)
    return whole - 1 if shifted < whole else whole


@rule
def on_grid(value):
    """The value as a whole number of 2^-20 steps, rounded to nearest: sums of these do not depend on order."""
    shifted = value * GRID + 0.5
    whole = int(shifted)
    return whole - 1 if shifted < whole else whole


@rule
def share_of(part, whole):
    """part / whole [share], and 0 where the whole is not positive."""
    return part / whole if whole > 0 else 0.0
