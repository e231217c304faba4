"""What is measured: one declared list of outcomes, each with one name from the stored table to the axis of a figure."""

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import numpy as np

from villagesim.declare import Quantity, declared
from villagesim.tables import County, Households, Villages, World

FLOW_MONTHS = 12
FEN_PER_YUAN = 100.0


class MeasureParameters(NamedTuple):
    """Numbers that only the measuring uses: no agent knows them."""

    poverty_line: Annotated[float, Quantity(
        "yuan/head/year", "income a head below which a household counts as poor", 1000.0, 20000.0,
        source="assumption: above the registered poverty line of 2020 (about 4,000), as low-income monitoring is",
        grade="C",
    )] = 6000.0
    window: Annotated[int, Quantity(
        "month", "months at the end of a run over which a summary takes the mean", 1, 120,
        source="by definition: one farm year", grade="A",
    )] = 12
    start_window: Annotated[int, Quantity(
        "month", "months from a first seat in which a first sale counts as coming of it", 3, 60,
        source="assumption: a year, after which counties count trainees' shops (Pingshun 2019: 10.6 a 100 at most)",
        grade="C",
    )] = 12
    tier_sideline: Annotated[float, Quantity(
        "yuan/year", "received online in twelve months from which a seller is a sideline, not dormant", 50.0, 5000.0,
        source="assumption: ten or so parcels of a fresh basket of 30 to 60 yuan", grade="C",
    )] = 500.0
    tier_regular: Annotated[float, Quantity(
        "yuan/year", "received online in twelve months from which a seller counts as regular", 2000.0, 40000.0,
        source="rural net business income a head, 2023: 7,431 yuan (National Bureau of Statistics)", grade="B",
    )] = 7431.0
    tier_large: Annotated[float, Quantity(
        "yuan/year", "received online in twelve months from which a seller counts as large", 20000.0, 500000.0,
        source="best seller of a model village, Lingtou, Shanxi 2016-18: about 50,000 (China Daily)", grade="B",
    )] = 50000.0
    hill: Annotated[float, Quantity(
        "share", "ruggedness from which a village counts as one of the hills, not the plain", 0.05, 0.5,
        source="by definition: thirds of the scale, whose middle is a hill", grade="A",
    )] = 1 / 3
    mountain: Annotated[float, Quantity(
        "share", "ruggedness from which a village counts as one of the mountains", 0.5, 0.95,
        source="by definition: thirds of the scale, whose middle is a hill", grade="A",
    )] = 2 / 3


MEASURE = MeasureParameters()

KINDS = {
    "sum": "total over the households of a village or group",
    "mean": "mean over the households of a village or group",
    "history": "total over the households of a village or group, of what shows only over months",
    "ratio": "one total over another",
    "place": "state of a village; for a group, the mean over its households",
    "village": "count of a village; for the county, the total over villages",
    "spread": "distribution over the households of a group, of the last full year's income",
    "county": "one number for the county",
}
# Which stored tables carry an outcome of a kind as a column.
LEVELS = {
    "village": ("sum", "mean", "history", "ratio", "place", "village"),
    "group": ("sum", "mean", "history", "ratio", "place", "spread"),
    "county": ("village", "county"),
}
SERVICES = ("casework", "group", "organising", "linking", "follow_up")
SELLING_COSTS = ("platform", "tax", "parcel", "haul", "packing")
GROUPS = ("all", "woman_led", "elder_led", "returnee", "remote", "poor")
# By what a household grows or makes, and by its village's ruggedness.
TYPES = ("fresh", "dry", "craft", "plain", "hill", "mountain")
EVERY_GROUP = GROUPS + TYPES
TIERS = ("dormant", "sideline", "regular", "large")


class Outcome(NamedTuple):
    """One thing that is measured.

    `take` reads it from a world: an array, a value a household (sum, mean), a village (place, village), or one number
    (county); of kind "history", a value a household from what `histories.Histories` remembers. A ratio is `scale` x
    total of `part` / total of `over`, both of kind "sum" or "history". `headline` outcomes appear in summaries and
    comparisons.
    """

    name: str
    unit: str
    meaning: str
    kind: str
    take: Callable[[Any], Any] | None = None
    part: str = ""
    over: str = ""
    scale: float = 1.0
    headline: bool = False


def _column(kind: str, table: type, name: str, column: str = "", meaning: str = "", headline: bool = False) -> Outcome:
    """An outcome that is a column of a table, with the unit and meaning that the column declares."""
    field = {field.name: field for field in declared(table)}[column or name]
    unit = "share" if kind in ("mean", "place") and field.quantity.unit == "yes/no" else field.quantity.unit
    unit = "household" if kind == "sum" and field.quantity.unit == "yes/no" else unit
    where, which = table.__name__.lower(), column or name
    return Outcome(name, unit, meaning or field.quantity.meaning, kind,
                   lambda world: getattr(getattr(world, where), which), headline=headline)


def _sums(*names: str) -> tuple[Outcome, ...]:
    return tuple(_column("sum", Households, name) for name in names)


def _means(*names: str) -> tuple[Outcome, ...]:
    return tuple(_column("mean", Households, name, headline=True) for name in names)


def _ratio(name: str, unit: str, meaning: str, part: str, over: str, scale: float = 1.0) -> Outcome:
    return Outcome(name, unit, meaning, "ratio", None, part, over, scale, True)


def _detail(name: str, unit: str, meaning: str, part: str, over: str, scale: float = 1.0) -> Outcome:
    """A ratio that no summary shows unasked."""
    return Outcome(name, unit, meaning, "ratio", None, part, over, scale)


def _yearly(name: str, meaning: str, part: str) -> Outcome:
    return _ratio(name, "yuan/household/year", meaning, part, "households", FLOW_MONTHS / FEN_PER_YUAN)


def _county(name: str, unit: str, meaning: str, take: Callable[[World], Any], headline: bool = False) -> Outcome:
    return Outcome(name, unit, meaning, "county", take, headline=headline)


def _of_courier(column: str) -> Callable[[World], np.ndarray]:
    """A column of the courier on whose route each village lies, shape (villages,)."""
    return lambda world: getattr(world.couriers, column)[world.villages.courier]


def _total(table: str, column: str) -> Callable[[World], Any]:
    return lambda world: getattr(getattr(world, table), column).sum(dtype=np.int64)


def _public_cost(world: World) -> float:
    """Programme money spent, as if for a year of such months [yuan/household/year]."""
    return float(world.county.spent[0]) * FLOW_MONTHS / FEN_PER_YUAN / max(world.households.mode.size, 1)


def _turnover(world: World) -> float:
    """Those who left their posts this month, of those who held one at its start [share/year]; NaN where none did."""
    left = int(world.workers.left.sum())
    held = int(world.workers.filled.sum()) - int(world.workers.hired.sum()) + left
    return FLOW_MONTHS * left / held if held else float("nan")


def _mean_where(values: np.ndarray, chosen: np.ndarray) -> float:
    """Mean of the chosen values; NaN where none is chosen."""
    count = int(np.count_nonzero(chosen))
    return float(values[chosen != 0].sum()) / count if count else float("nan")


_HOUSEHOLD = (
    Outcome("households", "household", "households", "sum", lambda world: np.ones_like(world.households.mode)),
    Outcome("persons", "person", "members, those away included", "sum", lambda world: world.households.size),
    Outcome("sellers", "household", "households selling online", "sum", lambda world: world.households.mode > 0),
    Outcome("shop", "household", "households selling through a shop", "sum", lambda world: world.households.mode == 1),
    Outcome("live", "household", "households selling by live-stream", "sum", lambda world: world.households.mode == 2),
    Outcome("sellers_before", "household", "households that sold online at the start of the month", "sum",
            lambda world: np.subtract(world.households.mode > 0, world.households.entered, dtype=np.int64)
            + world.households.quit),
    *_sums("ever_online", "entered", "quit", "sold", "trained", "visited", "seat_basic", "seat_camp", "seat_group"),
    *(Outcome(f"quit_over_{why}", "household", f"sellers that stop {what}", "sum",
              lambda world, code=code: world.households.quit_over == code)
      for code, why, what in ((1, "results", "over bad results"), (2, "problem", "over a problem nobody helps with"),
                              (3, "unsold", "since nothing sells"))),
    Outcome("jobs", "job", "local e-commerce jobs held by members", "sum", lambda world: world.households.job),
    *_sums("away", "departed", "came_back", "orders", "unshipped", "online_value", "offline_value", "spoiled"),
    Outcome("sales_value", "yuan", "goods sold in any way this month, at the reference price", "sum",
            lambda world: world.households.online_value + world.households.offline_value),
    *_sums(
        "online_income", "trader_income", "market_income", "wage_income", "off_farm", "remittance", "tourism_income",
        "champion_income", "cash_income", "credit_income", "relief_income",
        "platform_cost", "parcel_cost", "haul_cost", "packing_cost", "tax_cost",
        "start_cost", "farm_cost", "income", "consumption", "debt",
    ),
    Outcome("online_gain", "yuan", "gain of goods sold online over the trader's price, all costs taken off", "sum",
            lambda world: world.households.margin * world.households.online_value),
    Outcome("online_net", "fen", "received from online buyers, all costs of selling taken off", "sum",
            lambda world: world.households.online_income + world.households.relief_income - sum(
                getattr(world.households, f"{cost}_cost") for cost in SELLING_COSTS)),
    Outcome("shipping_paid", "fen", "parcel fees and haulage paid", "sum",
            lambda world: world.households.parcel_cost + world.households.haul_cost),
    *_means("skill_basic", "skill_operation", "skill_business", "trust_worker", "trust_online", "belief_mean"),
    Outcome("farm_gate", "yuan/yuan", "farm-gate price of the household's trader over the reference price", "mean",
            lambda world: 1.0 - world.traders.markdown[world.households.trader], headline=True),
    _ratio("adoption", "share", "households selling online", "sellers", "households"),
    _ratio("ever", "share", "households that have ever sold online", "ever_online", "households"),
    _ratio("quitting", "share/month", "sellers that stop, a month", "quit", "sellers_before"),
    _ratio("live_share", "share", "sellers that live-stream", "live", "sellers"),
    _ratio("online_share", "share", "goods sold that are sold online, by value", "online_value", "sales_value"),
    _ratio("spoilage", "share", "goods spoiled over goods sold, by value", "spoiled", "sales_value"),
    _detail("online_margin", "yuan/yuan", "margin realised online over the trader", "online_gain", "online_value"),
    _detail("online_price", "yuan/yuan", "received for goods sold online over their reference price", "online_income",
            "online_value", 1 / FEN_PER_YUAN),
    _detail("shipping_price", "yuan/parcel", "fee and haulage paid for one parcel", "shipping_paid", "orders",
            1 / FEN_PER_YUAN),
    _detail("seller_income", "yuan/seller/year", "received from online buyers less all costs of selling", "online_net",
            "sellers", FLOW_MONTHS / FEN_PER_YUAN),
    _ratio("jobs_rate", "job/100 household", "local e-commerce jobs held by members", "jobs", "households", 100.0),
    _ratio("away_share", "share", "members away for city work", "away", "persons"),
    _yearly("income_mean", "net income of a household, as if for a year of such months", "income"),
    _ratio("income_head", "yuan/head/year", "net income a head, as if for a year of such months", "income", "persons",
           FLOW_MONTHS / FEN_PER_YUAN),
    _yearly("income_online", "received from online buyers, before costs", "online_income"),
    _yearly("income_trader", "received from traders", "trader_income"),
    _yearly("income_market", "received at the township market for goods hauled there", "market_income"),
    _yearly("income_off_farm", "received from other wages, transfers and property", "off_farm"),
    _yearly("income_wage", "received from local e-commerce jobs", "wage_income"),
    _yearly("income_tourism", "received from visitors", "tourism_income"),
    _yearly("income_away", "received from members away", "remittance"),
    _yearly("income_cash", "received as cash from the programme", "cash_income"),
)

# Read from `histories.Histories`.
_HISTORY = (
    Outcome("started", "household", "households that first sold online since the programme's start", "history",
            lambda past: past.started),
    Outcome("start_months", "month", "months from the programme's start to their first sale", "history",
            lambda past: past.start_months),
    Outcome("seated", "household", "households that had never sold before their first seat in a course, camp or "
            "practice group, a start window or longer ago", "history", lambda past: past.seated),
    Outcome("seat_starts", "household", "of these, households that first sold within the window", "history",
            lambda past: past.seat_starts),
    Outcome("seat_months", "month", "months from their first seat to their first sale", "history",
            lambda past: past.seat_months),
    Outcome("rated", "household", "sellers that have been online for twelve months or longer", "history",
            lambda past: past.tier > 0),
    *(Outcome(f"rated_{name}", "household", f"{name} sellers, of those twelve months or longer online", "history",
              lambda past, tier=tier: past.tier == tier) for tier, name in enumerate(TIERS, 1)),
    _ratio("first_sale", "month", "months from the programme's start to the first sale, mean of those who first sold "
           "since (the longer the run, the more late ones: read it beside started_share)", "start_months", "started"),
    _ratio("started_share", "share", "households that first sold online since the programme's start", "started",
           "households"),
    _ratio("seat_sale", "month", "months from a first seat to the first sale, mean of those who sold within the window",
           "seat_months", "seat_starts"),
    _ratio("seat_started", "share", "households that first sold within the window of their first seat, of those whose "
           "window is over", "seat_starts", "seated"),
    *(_ratio(f"tier_{name}", "share", f"{name} sellers by what they received in twelve months, of those that have been "
             "online so long", f"rated_{name}", "rated") for name in TIERS),
)

_SPREAD = tuple(
    Outcome(name, unit, meaning, "spread", headline=True) for name, unit, meaning in (
        ("income_p10", "yuan/household/year", "net income of the last full year, 10th percentile of households"),
        ("income_median", "yuan/household/year", "net income of the last full year, median of households"),
        ("income_p90", "yuan/household/year", "net income of the last full year, 90th percentile of households"),
        ("income_head_p10", "yuan/head/year", "net income a head of the last full year, 10th percentile of persons"),
        ("income_head_median", "yuan/head/year", "net income a head of the last full year, median of persons"),
        ("income_head_p90", "yuan/head/year", "net income a head of the last full year, 90th percentile of persons"),
        ("gini", "1", "Gini index over persons of income a head of the last full year"),
        ("poverty", "share", "persons below the poverty line by the last full year's income"),
    )
)

_PLACE = (
    *(_column("place", Villages, name, headline=name in {"brand", "service_point", "served"}) for name in (
        "brand", "norm", "teamwork", "variety", "service_point", "squad", "cold_chain", "sorting", "coverage", "served",
    )),
    *(_column("village", Villages, name, headline=name in {"parcels_out", "parcels_in"}) for name in (
        "links", "parcels_out", "parcels_in", "parcels_lost", "pool", "handling_pay",
    )),
    *(_column("village", Villages, f"hours_{use}") for use in SERVICES),
    Outcome("hours", "hour", "productive service hours received this month", "village",
            lambda world: sum(getattr(world.villages, f"hours_{use}") for use in SERVICES)),
    Outcome("jobs_offered", "job", "local e-commerce jobs", "village", lambda world: world.villages.jobs),
    Outcome("parcel_fee", "yuan/parcel", "posted fee of the village's courier", "place", _of_courier("fee"),
            headline=True),
    Outcome("route_serving", "share", "the village's route runs", "place", _of_courier("serving"), headline=True),
    Outcome("route_backlog", "parcel", "parcels waiting on the village's route", "place", _of_courier("backlog")),
)

_COUNTY = (
    *(_column("county", County, name) for name in (
        "fund", "held_back", "grant", "spent", "posts_open", "crowding", "demand",
    )),
    _county("public_cost", "yuan/household/year", "programme money spent, a year", _public_cost, True),
    _county("posts_filled", "post", "posts that somebody holds", _total("workers", "filled"), True),
    _county("workers_left", "person", "workers that left this month", _total("workers", "left"), True),
    _county("workers_hired", "person", "workers hired this month", _total("workers", "hired")),
    _county("turnover", "share/year", "workers that leave, of those in post", _turnover, True),
    *(_county(f"competence_{name}", "share", f"{meaning} competence, mean of those in post",
              lambda world, name=name: _mean_where(getattr(world.workers, name), world.workers.filled))
      for name, meaning in (("social", "social-work"), ("online", "e-commerce"))),
    _county("caseload", "household", "households a filled post serves, mean",
            lambda world: _mean_where(world.workers.caseload, world.workers.filled), True),
    _county("traders_active", "trader", "traders that buy", _total("traders", "active"), True),
    _county("markdown", "share", "farm-gate price below the reference price, mean of active traders",
            lambda world: _mean_where(world.traders.markdown, world.traders.active)),
    _county("routes_serving", "route", "delivery routes that run", _total("couriers", "serving"), True),
    _county("routes_opened", "route", "routes that opened this month", _total("couriers", "opened")),
    _county("routes_closed", "route", "routes that closed this month", _total("couriers", "closed")),
    _county("backlog", "parcel", "parcels waiting on all routes", _total("couriers", "backlog"), True),
    *(_county(f"savings_{table}", "fen", f"money held by {table}", _total(table, "savings"))
      for table in ("households", "traders", "couriers")),
)

OUTCOMES: tuple[Outcome, ...] = _HOUSEHOLD + _HISTORY + _SPREAD + _PLACE + _COUNTY
OUTCOME = {outcome.name: outcome for outcome in OUTCOMES}
HEADLINES = tuple(outcome.name for outcome in OUTCOMES if outcome.headline)


def of_kind(*kinds: str) -> tuple[Outcome, ...]:
    """The outcomes of these kinds, in declared order."""
    return tuple(outcome for outcome in OUTCOMES if outcome.kind in kinds)


def looks_back(name: str) -> bool:
    """Whether the outcome needs the months before it: a history, or a ratio of histories."""
    outcome = OUTCOME[name]
    return "history" in (outcome.kind, *(OUTCOME[other].kind for other in (outcome.part, outcome.over) if other))


def in_table(table: str) -> tuple[Outcome, ...]:
    """The outcomes that a stored table ("village", "group", "county") carries as columns, in declared order."""
    return of_kind(*LEVELS[table])
