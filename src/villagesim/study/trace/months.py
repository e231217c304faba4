"""One month of a household's life, as the story needs it: its moments, what changed, what it weighed."""

from typing import TYPE_CHECKING, Any, NamedTuple

from villagesim.study.trace.weighing import Weighing, weighing

if TYPE_CHECKING:
    from villagesim.study.trace.life import Trace
    from villagesim.study.trace.witness import Moment

OFFLINE = 0


class Month(NamedTuple):
    """One month of a life: its moments by rule, those of the month before, the columns before and after it."""

    number: int
    moments: "dict[str, Moment]"
    last: "dict[str, Moment]"
    before: dict[str, Any]
    now: dict[str, Any]
    weighed: Weighing | None
    firsts: dict[str, int | None]

    def saw(self, rule: str, name: str) -> Any:
        """What the household saw at a rule."""
        return self.moments[rule].saw[name]

    def is_first(self, what: str) -> bool:
        """Whether this happens for the first time."""
        return self.firsts[what] == self.number

    @property
    def season(self) -> int:
        """Calendar month, 0 = January."""
        return self.saw("household_accounts", "county_season")


def months_of(trace: "Trace") -> list[Month]:
    """The months of a life, the spin-up's among them."""
    numbers, rows = list(trace.life.index), trace.life.to_dict("records")
    weighed = {}
    for number, moments in trace.months.items():
        choice = moments["chooses_channel"]
        weighed[number] = weighing(choice) if choice.saw["mode"] == OFFLINE else None
    first = {
        what: next((n for n, row in zip(numbers[1:], rows[1:], strict=True) if row[column] > 0), None)
        for what, column in (("visit", "visited"), ("voices", "voices"), ("sale", "orders"),
                             ("champion", "champion"), ("job", "job"))
    }
    first["thought"] = next((n for n in numbers[1:] if n >= 0 and weighed[n] and weighed[n].thinks), None)
    return [
        Month(number, trace.months[number], trace.months.get(number - 1, trace.months[number]), before, now,
              weighed[number], first)
        for number, before, now in zip(numbers[1:], rows[:-1], rows[1:], strict=True)
    ]
