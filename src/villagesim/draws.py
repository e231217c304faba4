"""Luck as a function: uniform(seed, month, who, purpose), by Philox4x32-10. There are no generator objects anywhere.

Two runs with one seed share every draw that both make, whatever else differs: common random numbers by construction.
Salmon, Moraes, Dror, Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC11.
"""

from enum import IntEnum

from villagesim.declare import rule

MASK = 0xFFFFFFFF
MULTIPLIER_0 = 0xD2511F53
MULTIPLIER_1 = 0xCD9E8D57
WEYL_0 = 0x9E3779B9
WEYL_1 = 0xBB67AE85
UNIT = 2.3283064365386963e-10
WORLD_MONTH = MASK


class Purpose(IntEnum):
    """What a draw decides. Appended, never renumbered. Four uniforms share one Philox block (purpose // 4);
    a bell takes a whole block, so its number is a multiple of four."""

    GRANT = 0
    RATING = 1
    LINK = 2
    LEAVE_POST = 4
    HIRE = 5
    ORIGIN = 6
    HIRED_SKILL = 7
    APPLY_BASIC = 8
    APPLY_CAMP = 9
    APPLY_GROUP = 10
    APPLY_VISIT = 11
    SEAT_BASIC = 12
    SEAT_CAMP = 13
    SEAT_GROUP = 14
    SEAT_VISIT = 15
    MEDIA = 16
    COMMON_SHOCK = 20
    SALE_SHOCK = 24
    CONSIDER = 28
    LIVE = 29
    QUIT = 30
    HELP = 31
    ROUTE = 32
    JOB = 36
    DEPART = 37
    RETURN_HOME = 38
    CHEAT = 39
    TRADER = 41
    SEAT_CHAMPION = 42
    SEAT_JOB = 43
    STORY = 44
    TALE = 45
    ORDER = 46
    PHONE = 48
    WORLD_PLACE = 64
    WORLD_TERRAIN = 65
    WORLD_ROAD = 66
    WORLD_HERITAGE = 67
    WORLD_PRODUCT = 68
    WORLD_HARVEST = 69
    WORLD_COVERAGE = 70
    WORLD_POINT = 71
    WORLD_SIZE = 72
    WORLD_AGE = 76
    WORLD_OUTPUT = 80
    WORLD_OFF_FARM = 84
    WORLD_SAVINGS = 88
    WORLD_LUCK = 92
    WORLD_RELUCTANCE = 96
    WORLD_BELIEF = 100
    WORLD_RISK = 104
    WORLD_SCHOOLING = 108
    WORLD_LEFT_BEHIND = 112
    WORLD_RETURNEE = 113
    WORLD_DEBT = 114
    WORLD_PHONE = 115
    WORLD_HONESTY = 116
    WORLD_AWAY = 117
    WORLD_TRADER = 118
    WORLD_SELECTION = 119
    WORLD_KIN = 120
    WORLD_TIE = 121
    WORLD_TRUST = 122
    WORLD_CROSS = 123
    WORLD_HOUSEHOLDS = 124
    WORLD_POPULAR = 125
    WORLD_SKILL = 126
    WORLD_SPARE = 127
    WORLD_ORDER = 128


@rule
def philox(c0, c1, c2, c3, k0, k1):
    """Four 32-bit words from a four-word counter and a two-word key, ten rounds.

    Whole numbers stay below 2^64 and are masked after every product, so that Python's unbounded integers and
    numba's wrapping ones agree.
    """
    for _ in range(10):
        product_0 = MULTIPLIER_0 * c0
        product_1 = MULTIPLIER_1 * c2
        c0 = ((product_1 >> 32) & MASK) ^ c1 ^ k0
        c2 = ((product_0 >> 32) & MASK) ^ c3 ^ k1
        c1 = product_1 & MASK
        c3 = product_0 & MASK
        k0 = (k0 + WEYL_0) & MASK
        k1 = (k1 + WEYL_1) & MASK
    return c0, c1, c2, c3


@rule
def block(seed, month, who, purpose, which=0):
    """The four words behind a purpose: counter (who, month, purpose // 4, which), key (low, high word of the seed)."""
    return philox(who & MASK, month & MASK, (purpose >> 2) & MASK, which & MASK, seed & MASK, (seed >> 32) & MASK)


@rule
def lane(words, purpose):
    """The uniform in (0, 1) that a purpose takes from its block of four words."""
    # Written without a chain of comparisons, which the compiler makes a switch of and then no vector code.
    first, second, third, fourth = words
    low = second if purpose & 1 else first
    high = fourth if purpose & 1 else third
    return ((high if purpose & 2 else low) + 0.5) * UNIT


@rule
def bell_of(words):
    """Mean 0, variance 1, nearly normal, within +-3.47: the standardised sum of a block's four uniforms."""
    first, second, third, fourth = words
    return ((first + second + third + fourth + 2.0) * UNIT - 2.0) * 1.7320508075688772


@rule
def uniform(seed, month, who, purpose, which=0):
    """A draw in (0, 1), the same for ever for the same (seed, month, who, purpose, which)."""
    return lane(block(seed, month, who, purpose, which), purpose)


@rule
def bell(seed, month, who, purpose, which=0):
    """A nearly normal draw (mean 0, variance 1) for the same arguments as `uniform`; the purpose is a multiple of 4."""
    return bell_of(block(seed, month, who, purpose, which))


def replicate_seed(seed: int, replicate: int) -> int:
    """The seed of replicate r (0, 1, ...) of a run with this seed: itself for r = 0, else 63 bits of Philox."""
    if replicate == 0:
        return seed
    high, low, _, _ = philox(replicate & MASK, replicate >> 32, 0x5EED, 0, seed & MASK, (seed >> 32) & MASK)
    return ((high & 0x7FFFFFFF) << 32) | low
