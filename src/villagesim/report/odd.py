"""The tables of the ODD+D description, written from the declarations that the engines execute (see `pages`)."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from villagesim.catalogue import Entry, settable
from villagesim.declare import GRADES, declared
from villagesim.draws import Purpose
from villagesim.engine.phases import Exchange, Phase, arguments, fills, reads
from villagesim.engine.schedule import ENTERED, MONTH, SCHEDULE
from villagesim.levers import ITEMISED, LEVERS, PATHWAYS, SHARED, Lever
from villagesim.mechanisms import Parameters
from villagesim.mechanisms.accounts import FLOWS, HOLDINGS
from villagesim.outcomes import KINDS, MEASURE, OUTCOMES
from villagesim.report import networks, pages
from villagesim.report.pages import NOTHING, markdown
from villagesim.scenario_sections import SETTINGS, TIMING
from villagesim.scenario_values import allowed
from villagesim.tables import TABLES

# What decides the draws of month 0 is no phase; the page says so in words.
WORLD = "WORLD_"


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _span(low: float, high: float) -> str:
    return f"{_number(float(low))} to {_number(float(high))}"


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


@cache
def written() -> frozenset[str]:
    """Addresses of the columns that change: what a phase writes, and what is entered from outside each month."""
    return frozenset(address for phase in SCHEDULE for address in fills(phase)) | frozenset(ENTERED)


def _first_line(thing: Any) -> str:
    return (thing.__doc__ or "").strip().split("\n", 1)[0]


def entities() -> str:
    """What a county is made of: each table, what one row is, how many columns are fixed and how many change."""
    rows = []
    for name, kind in TABLES.items():
        columns = [f"{name}.{column.name}" for column in declared(kind)]
        changing = sum(column in written() for column in columns)
        rows.append((f"`{name}`", _first_line(kind), len(columns) - changing, changing))
    return markdown(("table", "what a row is", "fixed columns", "changing columns"), rows)


def state(table: str) -> str:
    """The columns of one table."""
    rows = [
        (f"`{column.name}`", column.quantity.unit, column.quantity.meaning,
         _span(column.quantity.low, column.quantity.high),
         "changes" if f"{table}.{column.name}" in written() else "fixed")
        for column in declared(TABLES[table])
    ]
    return markdown(("column", "unit", "meaning", "range", "fixed or changes"), rows)


def _entries(entries: Iterable[Entry]) -> str:
    heads = ("name", "value", "unit", "meaning", "range", "source", "grade")
    return markdown(heads, (
        (f"`{entry.key.split('.')[-1]}`", _number(entry.default), entry.unit, entry.meaning, entry.range, entry.source,
         entry.grade)
        for entry in entries))


def parameters(mechanism: str) -> str:
    """The parameters of one mechanism."""
    return _entries(entry for entry in settable() if entry.key.startswith(f"parameters.{mechanism}."))


def settings(section: str) -> str:
    """The settings of one section of a scenario file."""
    return _entries(entry for entry in settable() if entry.kind == "setting" and entry.key.startswith(f"{section}."))


def measuring() -> str:
    """The numbers that only the measuring uses."""
    heads = ("name", "value", "unit", "meaning", "range", "source", "grade")
    return markdown(heads, (
        (f"`{field.name}`", _number(field.default), field.quantity.unit, field.quantity.meaning,
         _span(field.quantity.low, field.quantity.high), field.quantity.source, field.quantity.grade)
        for field in declared(type(MEASURE))))


def grades() -> str:
    """How well the numbers are known: parameters, settings and levers' prices by evidence grade."""
    groups = {f"parameters of {name}": f"parameters.{name}." for name in Parameters._fields}
    groups |= {f"settings of {name}": f"{name}." for name in SETTINGS}
    groups |= {"levers: intensities and prices": "levers.", "shocks": "shocks."}
    entries = list(settable())
    rows = []
    for label, start in groups.items():
        chosen = [entry for entry in entries if entry.key.startswith(start)]
        rows.append((label, len(chosen), *(sum(entry.grade == grade for entry in chosen) for grade in GRADES)))
    rows.append(("all", *(sum(row[column] for row in rows) for column in range(1, 2 + len(GRADES)))))
    return markdown(("numbers", "how many", *(f"{grade}: {meaning}" for grade, meaning in GRADES.items())), rows)


def _price(lever: Lever) -> str:
    if lever.pathway == "shock":
        return NOTHING
    return f"{_number(lever.price_default)} ({_span(lever.price.low, lever.price.high)}) {lever.price.unit}"


def _upkeep(lever: Lever) -> str:
    if lever.upkeep is None:
        return NOTHING
    return f"{_number(lever.upkeep_default)} ({_span(lever.upkeep.low, lever.upkeep.high)}) {lever.upkeep.unit}"


def levers() -> str:
    """What a government can do and what can happen to a county: intensity, price, upkeep, base, and who pays."""
    rows = []
    for pathway in PATHWAYS:
        for lever in (lever for lever in LEVERS if lever.pathway == pathway):
            marks = [word for word, names in (("shared", SHARED), ("itemised", ITEMISED)) if lever.name in names]
            rows.append((f"`{lever.name}`", pathway, lever.intensity.meaning, allowed(lever.intensity), lever.per,
                         _price(lever), _upkeep(lever), ", ".join(marks), lever.intensity.grade, lever.price.grade))
    return markdown(("lever", "pathway", "intensity", "range", "counted by", "price (range)", "upkeep (range)", "paid",
                     "grade", "grade of price"), rows)


def timing() -> str:
    """When and where a lever or a shock acts."""
    return markdown(("key", "unit", "meaning", "range"), (
        (f"`{name}`", quantity.unit, quantity.meaning, _span(quantity.low, quantity.high))
        for name, (_, quantity) in TIMING.items()))


def _shown(phase: Phase) -> dict[str, str]:
    """What a phase reads, by address: columns of the levers' table with the levers whose rows are read."""
    named = {address: address for address in reads(phase)}
    if isinstance(phase, Exchange):
        return named
    rows: dict[str, list[str]] = {}
    for argument in arguments(phase):
        if argument.kind == "row" and argument.table == "levers":
            rows.setdefault(argument.address, []).append(LEVERS[argument.row].name)
    return named | {address: f"{address}[{', '.join(names)}]" for address, names in rows.items()}


def _columns_read(phase: Phase, done: set[str]) -> tuple[list[str], list[str], list[str]]:
    """What a phase reads that can change: of this month, of last month from elsewhere, and its own row's old state."""
    shown = {address: text for address, text in sorted(_shown(phase).items()) if address in written()}
    last = [text for address, text in shown.items() if address in phase.last]
    this = [text for address, text in shown.items() if address not in phase.last and address in done]
    own = [text for address, text in shown.items() if address not in phase.last and address not in done]
    return this, last, own


def draws_of(phase: Phase) -> list[str]:
    """Names of the purposes for which a phase draws."""
    if isinstance(phase, Exchange):
        return [] if phase.purpose is None else [phase.purpose.name]
    return [Purpose(argument.purpose).name for argument in arguments(phase) if argument.kind in ("uniform", "bell")]


def _who(phase: Phase) -> tuple[str, str]:
    """The table that a phase acts on and the rule, or the exchange, that it applies."""
    if isinstance(phase, Exchange):
        return "exchange", f"`{phase.function.__name__}`"
    return f"`{phase.table}`", f"`{phase.rule.__module__.rsplit('.', 1)[-1]}.{phase.rule.__name__}`"


def schedule(step: str) -> str:
    """The phases of one step of the month. Fixed columns that a phase reads are left out."""
    done = set(ENTERED)
    rows = []
    number = 0
    for name, phases in MONTH:
        for phase in phases:
            number += 1
            this, last, own = _columns_read(phase, done)
            done |= fills(phase)
            if name == step:
                rows.append((number, *_who(phase), _code(this), _code(last), _code(own), _code(sorted(fills(phase))),
                             ", ".join(draws_of(phase)), phase.why))
    return markdown(("no.", "table", "rule", "reads of this month", "reads of last month", "own old state", "writes",
                     "draws", "why"), rows)


def flows() -> str:
    """Every flow of money that is booked."""
    return markdown(("flow", "from", "to", "booked in", "what for"), (
        (f"`{flow.name}`", flow.payer, flow.payee, f"`{flow.table}.{flow.column}`", flow.meaning) for flow in FLOWS))


def holdings() -> str:
    """Who holds money, and where."""
    return markdown(("holder", "held in"), (
        (holder, _code(f"{table}.{column}" for table, column in columns)) for holder, columns in HOLDINGS.items()))


def draws() -> str:
    """What each draw decides: its number, its kind and the phases that make it."""
    makers: dict[str, list[str]] = {}
    bells = set()
    for phase in SCHEDULE:
        for purpose in draws_of(phase):
            makers.setdefault(purpose, []).append(phase.name)
        if not isinstance(phase, Exchange):
            bells |= {argument.purpose for argument in arguments(phase) if argument.kind == "bell"}
    rows = []
    for purpose in Purpose:
        made = _code(makers.get(purpose.name, ()))
        if purpose.name.startswith(WORLD):
            made = "building the county"
        kind = "nearly normal" if purpose in bells else "uniform"
        rows.append((f"`{purpose.name}`", int(purpose), NOTHING if made == "building the county" else kind,
                     made or "not used"))
    return markdown(("purpose", "number", "kind", "made by"), rows)


def outcomes() -> str:
    """Everything that is measured."""
    return markdown(("outcome", "unit", "meaning", "kind"), (
        (f"`{outcome.name}`", outcome.unit, outcome.meaning, outcome.kind) for outcome in OUTCOMES))


def kinds() -> str:
    """The kinds of outcomes."""
    return markdown(("kind", "meaning"), KINDS.items())


def tables() -> dict[str, Callable[[], str]]:
    """Every table that a page may hold, by name; a page must hold each of them once."""
    made: dict[str, Callable[[], str]] = {"entities": entities, "grades": grades}
    made |= {f"state of {table}": lambda table=table: state(table) for table in TABLES}
    made |= {f"schedule of {step}": lambda step=step: schedule(step) for step, _ in MONTH}
    made |= {f"parameters of {name}": lambda name=name: parameters(name) for name in Parameters._fields}
    made |= {f"settings of {section}": lambda section=section: settings(section) for section in SETTINGS}
    return made | {"levers": levers, "timing": timing, "flows": flows, "holdings": holdings, "draws": draws,
                   "outcomes": outcomes, "kinds": kinds, "measuring": measuring,
                   "networks": lambda: markdown(networks.HEADS, networks.rows())}


def rewritten(page: str) -> str:
    """The page with every table as the declarations have it today. Raises PageError as `pages.rewritten`."""
    return pages.rewritten(page, tables())


def stale(page: str) -> list[str]:
    """Names of the tables of a page that differ from the declarations. Raises PageError as `pages.rewritten`."""
    return pages.stale(page, tables())
