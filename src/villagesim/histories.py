"""What shows of a household only over months: when it first sat and first sold, what it sold in twelve months.

No agent knows it and no column holds it: the recorder remembers it, from its first month on.
"""

from collections.abc import Mapping

import numpy as np

from villagesim.outcomes import FEN_PER_YUAN, FLOW_MONTHS, MEASURE, MeasureParameters
from villagesim.tables import World

NEVER = -(2**31)
# What a month needs of the ones before; the rest is told anew.
REMEMBERED = ("months", "first_seat", "first_sale", "sold", "year", "before")


class Histories:
    """Kept of each household while a county runs; `note` is called once a month, in order.

    After it, all int64 of shape (households,): started, seated, seat_starts are 1 or 0; start_months and seat_months
    are months, 0 where nothing started; tier is 0 (no seller, or one of less than twelve months online or recorded) or
    the place in TIERS, counted from 1. A month of a first sale is told from the month's number, the programme's start
    being month 0; whoever went online before month 0, or before recording, does not start anew.
    """

    def __init__(self, households: int, measure: MeasureParameters = MEASURE) -> None:
        self.measure = measure
        self.months = 0
        self.first_seat = np.full(households, NEVER, np.int64)
        self.first_sale = np.full(households, NEVER, np.int64)
        self.sold = np.zeros((FLOW_MONTHS, households), np.int64)
        self.year = np.zeros(households, np.int64)
        self.limits = np.array([measure.tier_sideline, measure.tier_regular, measure.tier_large]) * FEN_PER_YUAN

    def remembered(self) -> dict[str, np.ndarray]:
        """Copies, by name, of all that the next months need; there must have been a month."""
        return {name: np.array(getattr(self, name)) for name in REMEMBERED}

    def remember(self, remembered: Mapping[str, np.ndarray]) -> None:
        """Go on from what another one `remembered`."""
        for name in REMEMBERED:
            setattr(self, name, np.array(remembered[name]))
        self.months = int(self.months)

    def note(self, month: int, world: World) -> None:
        """Take in the month that has just been lived."""
        own = world.households
        if self.months == 0:
            # Who had been online before has no first sale to see; who went online this month has.
            self.before = (own.ever_online == 1) & (own.entered == 0)
        sat = (own.seat_basic == 1) | (own.seat_camp == 1) | (own.seat_group == 1)
        self.first_seat[sat & (self.first_seat == NEVER)] = month
        self.first_sale[(own.sold == 1) & (self.first_sale == NEVER) & ~self.before] = month
        place = self.months % FLOW_MONTHS
        self.year += own.online_income - self.sold[place]
        self.sold[place] = own.online_income
        self.months += 1
        self._tell_starts(month, own.first_online.astype(np.int64) - int(world.county.month[0]) + month)
        online = (own.mode > 0) & (own.months_online >= FLOW_MONTHS - 1) & (self.months >= FLOW_MONTHS)
        self.tier = np.where(online, 1 + np.searchsorted(self.limits, self.year, side="right"), 0)

    def _tell_starts(self, month: int, entered: np.ndarray) -> None:
        """First sales since the programme's start, and those that came of a first seat. entered: month of entry."""
        has_sold = self.first_sale != NEVER
        started = has_sold & (entered >= 0)
        self.started = started.astype(np.int64)
        self.start_months = np.where(started, self.first_sale, 0)
        window = self.measure.start_window
        was_new = ~self.before & (~has_sold | (self.first_sale >= self.first_seat))
        seated = (self.first_seat != NEVER) & was_new & (month - self.first_seat >= window - 1)
        waited = self.first_sale - self.first_seat
        starts = seated & has_sold & (waited < window)
        self.seated, self.seat_starts = seated.astype(np.int64), starts.astype(np.int64)
        self.seat_months = np.where(starts, waited, 0)
