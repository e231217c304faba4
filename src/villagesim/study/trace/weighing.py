"""Why a household entered, stayed out or stopped: the rule of choice is asked again with one thing otherwise.

Nothing of the rule is written down a second time here; what tips a decision is found by trying.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from villagesim.study.trace.witness import Moment

HALVINGS = 60
# Beyond any gain, precision or draw that a county can hold.
HUGE = 1e7
NEVER = 1.0
# What a household wants to sell where only its thinking of it is asked for.
ANYTHING = 1e-9
SURE = {"belief_precision": 1e300}
PAID_FOR = {"lever_startup_credit": 1.0, "reach_startup_credit": 1.0, "within_startup_credit": 1.0}
REASONS = {
    "results": {"u_quit": NEVER},
    "problem": {"u_help": NEVER},
    "unsold": {"months_unsold": 0},
}


class Weighing(NamedTuple):
    """What an offline household compares. gain, and what it asks for: distaste, waiting, start_up [yuan/year each].

    chance: the draw below which it thinks about selling online; draw: what it drew.
    """

    gain: float
    distaste: float
    waiting: float
    start_up: float
    chance: float
    draw: float

    @property
    def asked(self) -> float:
        """The gain that it asks for before it enters [yuan/year]."""
        return self.distaste + self.waiting + self.start_up

    @property
    def thinks(self) -> bool:
        """Whether it thinks about selling online this month."""
        return self.draw < self.chance


def weighing(choice: "Moment") -> Weighing:
    """What a household compares in `chooses_channel`, as one that is offline.

    It asks for the gain at which entering is worth nothing. Where entry is by logit, half of those who think of it
    enter there: hence the draw for which it is asked. One that rests after it stopped does not think of it at all.
    """
    sure = {"mode": 0, "gain": HUGE, "wanted": ANYTHING, "rest": 0}
    chance = _least(lambda draw: choice.would(sure | {"u_consider": draw})["entered"] == 0, 1.0)

    def enters(gain: float, changes: Mapping[str, Any]) -> bool:
        return choice.would({"mode": 0, "rest": 0, "u_consider": 0.5 * chance, "gain": gain} | changes)["entered"] == 1

    asked, known, free = (
        _least(lambda gain, changes=changes: enters(gain, changes), HUGE) for changes in ({}, SURE, SURE | PAID_FOR)
    )
    thinks = 0.0 if choice.saw["rest"] > 0 else chance
    return Weighing(choice.saw["gain"], free, asked - known, known - free, thinks, choice.drew["u_consider"])


def reasons(choice: "Moment") -> list[str]:
    """Why a seller stopped: results, problem, unsold; each would have been enough alone."""
    found = []
    for name in REASONS:
        others: dict[str, Any] = {}
        for other, change in REASONS.items():
            others |= change if other != name else {}
        if choice.would(others)["quit"] == 1:
            found.append(name)
    return found


def limit(choice: "Moment", draw: str) -> float:
    """The value below which this draw makes the seller stop, whatever it drew."""
    others = {name: value for change in REASONS.values() for name, value in change.items() if name != draw}
    return _least(lambda value: choice.would(others | {draw: value})["quit"] == 0, 1.0)


def _least(holds: Callable[[float], bool], high: float) -> float:
    """The least number in [0, high] from which on `holds` is true (true at high, or high itself)."""
    low = 0.0
    if holds(low):
        return low
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
