"""Two lives of one household in plain sentences: where they part, what was seen differently there, what came of it."""

from typing import TYPE_CHECKING, Any

from villagesim.study.trace.words import CHANNEL, listed, pair, plain

if TYPE_CHECKING:
    from villagesim.study.trace.life import Parting, Trace

# What a household itself would notice, with the words of the table.
NOTICED = {
    "mode": "sells through",
    "share": "output meant for online sale",
    "skill_basic": "skill, first rung",
    "skill_operation": "skill, second rung",
    "skill_business": "skill, third rung",
    "trust_worker": "trust in the worker",
    "belief_mean": "believed edge of selling online",
    "shipping": "shipping, of a yuan of goods",
    "job": "local e-commerce work",
    "away": "members away",
    "savings": "money held",
    "debt": "owed to the trader",
    "income_year": "net income, last full year",
}
YEAR = 12
COLUMNS_SHOWN = 5
SEEN = 6


def tell_parting(trace: "Trace") -> str:
    """Where the life parts from itself under the other policy, and how both go on."""
    other = trace.other
    title = f"Against \"{other.scenario.title}\": the same household, the same luck"
    if trace.parting is None:
        return f"{title}\n  Its life is the same in every month that both scenarios have."
    lines = [title, f"  The very first difference. {_difference(trace.parting)}"]
    noticed = trace.first_difference(NOTICED)
    if noticed is None:
        return "\n".join([*lines, "  Nothing that it knows, believes, sells, holds or earns ever differs."])
    if noticed != trace.parting:
        lines.append(f"  The first in what it knows, believes, sells, holds or earns. {_difference(noticed)}")
    return "\n".join([*lines, "", *_first_months(trace), "", *_table(trace, noticed.month)])


def _difference(parting: "Parting") -> str:
    before = " (before the programme)" if parting.month < 0 else ""
    said = (f"Month {parting.month}{before}, step {parting.phase}, rule {parting.rule}: {parting.meaning} "
            f"({parting.column}) is {_both(parting.column, parting.here, parting.there, parting.unit)}.")
    if parting.phase == "start":
        return f"{said} The two files describe different counties, so this is not the same family in both."
    seen = [f"{_seen_name(item.name, item.meaning)} ({_both(item.name, item.here, item.there, item.unit)})"
            for item in parting.saw[:SEEN]]
    more = f", and {len(parting.saw) - SEEN} more" if len(parting.saw) > SEEN else ""
    return f"{said} What it saw differently: {'; '.join(seen)}{more}."


def _seen_name(name: str, meaning: str) -> str:
    """What was seen, in words; of a voice, whose."""
    return f"household {name[5:-1]}, {meaning}" if name.startswith("told[") else \
        f"household {name[6:-1]}, {meaning}" if name.startswith("trust[") else meaning


def _value(column: str, value: Any, unit: str) -> str:
    return CHANNEL[int(value)] if column == "mode" else plain(value, unit)


def _both(column: str, here: Any, there: Any, unit: str) -> str:
    left, right = (CHANNEL[int(here)], CHANNEL[int(there)]) if column == "mode" else pair(here, there, unit)
    return f"{left} here, {right} there"


def _first_months(trace: "Trace") -> list[str]:
    """The months at whose end the noticed columns first differ, a line a month."""
    by_month: dict[int, list[str]] = {}
    for row in trace.partings().itertuples():
        if row.column in NOTICED:
            by_month.setdefault(row.month, []).append(
                f"{NOTICED[row.column]} ({_both(row.column, row.here, row.there, row.unit)})")
    return ["  When each first differed, at the end of the month:",
            *(f"    month {month}: {listed(what)}" for month, what in by_month.items())]


def _table(trace: "Trace", parted: int) -> list[str]:
    """Both lives side by side: the month of parting, and the ends of some years after it."""
    last = int(min(trace.life.index[-1], trace.other.life.index[-1]))
    ends = [month for month in range(YEAR - 1, last, YEAR) if month > parted]
    step = max(1, -(-len(ends) // (COLUMNS_SHOWN - 2)))
    months = list(dict.fromkeys([parted, *ends[::step], last]))
    found = trace.side_by_side(list(NOTICED), months)
    cells = {(row.column, row.month): [_value(row.column, value, row.unit) for value in (row.here, row.there)]
             for row in found.itertuples()}
    heads = ["", "", *(f"month {month}" for month in months)]
    rows = [heads]
    for column, name in NOTICED.items():
        if all(cells[column, month][0] == cells[column, month][1] for month in months):
            continue
        for place, word in enumerate(("here", "there")):
            rows.append([name if place == 0 else "", word, *(cells[column, month][place] for month in months)])
    widths = [max(len(row[place]) for row in rows) for place in range(len(heads))]
    return ["  " + "  ".join(cell.ljust(width) if place < 2 else cell.rjust(width) for place, (cell, width)
                             in enumerate(zip(row, widths, strict=True))).rstrip() for row in rows]
