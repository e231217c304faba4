"""Persons in post, followed for months as a survey of staff would: who is gone at the end of a window.   V7"""

from typing import Any

import numpy as np

from villagesim.tables import World

WINDOW = 3


class FollowUp:
    """An observer, called with (month, world) after each month: windows one after the other from month 0 on.

    A person is a post and the generation that holds it: a post that was filled anew has lost the one before. Staff of a
    contractor is nobody in particular and is not followed. `followed` and `lost` count persons over all full windows.
    """

    def __init__(self, window: int = WINDOW) -> None:
        self.window = window
        self.followed, self.lost = 0, 0
        self._asked: np.ndarray | None = None
        self._since = 0

    def __call__(self, month: int, world: World, _: Any = None) -> None:
        """Take in the month that has just been lived."""
        if month < 0:
            return
        now = _holders(world)
        if self._asked is None:
            self._asked, self._since = now, month
        elif month - self._since == self.window:
            self.followed += int((self._asked >= 0).sum())
            self.lost += int(((self._asked >= 0) & (now != self._asked)).sum())
            self._asked, self._since = now, month

    @property
    def share(self) -> float:
        """Persons gone at the end of a window, of those followed from its start [share]; NaN where nobody was."""
        return self.lost / self.followed if self.followed else float("nan")


def _holders(world: World) -> np.ndarray:
    """Generation of the person in each post; -1 where there is none [int64, shape (posts,)]."""
    held = (world.workers.filled == 1) & (world.workers.contractor == 0)
    return np.where(held, world.workers.generation.astype(np.int64), -1)
