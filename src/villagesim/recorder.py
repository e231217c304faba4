"""What is kept while a county runs: each month reduced to rows by village, by group and for the county."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from villagesim import distributions, outcomes
from villagesim.histories import Histories
from villagesim.levers import LEVERS
from villagesim.mechanisms.sales import CRAFT, DRY, FRESH
from villagesim.outcomes import EVERY_GROUP, FEN_PER_YUAN, GROUPS, MEASURE, TYPES, Outcome
from villagesim.tables import World

FIRST_MONTH = -12
# Segments are added up in 64-bit whole numbers where the column is whole: exact, whatever the order.
_WHOLE = "iub"
EXACT = 2.0**52
_DTYPE = {"whole": np.int64, "real": np.float64, "history": np.int64}


def memberships(world: World) -> dict[str, np.ndarray]:
    """Who belongs to each group but "all": yes/no by household, in the order of EVERY_GROUP."""
    own = world.households
    rugged = np.digitize(world.villages.terrain, (MEASURE.hill, MEASURE.mountain))[own.village]
    kinds = [own.product == code for code in (FRESH, DRY, CRAFT)] + [rugged == third for third in range(3)]
    return {group: getattr(own, group) == 1 for group in GROUPS[1:]} | dict(zip(TYPES, kinds, strict=True))


class Cells:
    """Households cut into cells of one village and one combination of groups, as they were when recording began.

    Totals by village and by group are then sums of few cell totals. Membership stays fixed, so that a group is the same
    people in every month and under every scenario.
    """

    def __init__(self, world: World) -> None:
        households = world.households
        groups = list(memberships(world).values())
        bits = range(len(groups))
        pattern = sum(member.astype(np.int64) << bit for bit, member in enumerate(groups))
        key = (households.village.astype(np.int64) << len(groups)) + pattern
        self.order = np.argsort(key, kind="stable")
        cells, self.starts = np.unique(key[self.order], return_index=True)
        self.village = cells >> len(groups)
        self.size = np.diff(np.append(self.starts, key.size))
        self.present, self.first = np.unique(self.village, return_index=True)
        self.villages = world.villages.households.size
        self.in_group = np.stack([np.ones_like(cells)] + [(cells >> bit) & 1 for bit in bits], axis=1)
        self.members = [np.ones(key.size, bool), *groups]

    def totals(self, buffer: np.ndarray) -> np.ndarray:
        """Totals by cell, shape (columns, cells), of columns in cell order, shape (columns, households)."""
        return np.add.reduceat(buffer, self.starts, axis=1)

    def by_village(self, totals: np.ndarray) -> np.ndarray:
        """Totals by village, shape (columns, villages), from totals by cell; 0 for a village without households."""
        out = np.zeros((totals.shape[0], self.villages), totals.dtype)
        out[:, self.present] = np.add.reduceat(totals, self.first, axis=1)
        return out

    def by_group(self, totals: np.ndarray) -> np.ndarray:
        """Totals by group, shape (columns, groups), from totals by cell."""
        if totals.dtype.kind in _WHOLE:
            # Below 2^53 a float holds every sum on the way, so that its fast product is exact in any order.
            if np.abs(totals).sum(axis=1, dtype=np.float64).max(initial=0.0) < EXACT:
                return (totals.astype(np.float64) @ self.in_group.astype(np.float64)).astype(totals.dtype)
            return totals @ self.in_group
        # A matrix product of floats may add in another order on another machine.
        return (totals[:, :, None] * self.in_group).sum(axis=1)


def _column(world: World, flow: Any) -> np.ndarray:
    """The column in which a flow is booked, fen."""
    return getattr(getattr(world, flow.table), flow.column)


def _is_whole(outcome: Outcome, world: World) -> bool:
    return np.asarray(outcome.take(world)).dtype.kind in _WHOLE


def _gather(chosen: Sequence[Outcome], source: Any, order: np.ndarray, dtype: type) -> np.ndarray:
    """The outcomes' values a household, shape (outcomes, households), in the given order."""
    buffer = np.empty((len(chosen), order.size), dtype)
    for row, outcome in enumerate(chosen):
        buffer[row] = outcome.take(source)[order]
    return buffer


def _ratio(part: np.ndarray, over: np.ndarray) -> np.ndarray:
    """part / over as float64; NaN where over is not positive."""
    part, over = np.broadcast_arrays(part, over)
    return np.divide(part, over, out=np.full(part.shape, np.nan), where=over > 0)


class Recorder:
    """An `observe` callback: called with (month, world) after each month, it keeps the declared outcomes.

    `flows` are the bookings of `mechanisms.accounts.FLOWS`; months before `first_month` are not kept. A month is only
    added up; what is divided is divided once for all months, in `frames`.
    """

    def __init__(self, flows: Sequence[Any], first_month: int = FIRST_MONTH) -> None:
        self.flows = tuple(flows)
        self.first_month = first_month
        self.months: list[int] = []
        self.cells: Cells | None = None
        self._kept: dict[str, list[np.ndarray]] = {}
        self._county: list[list[Any]] = []
        self._events: list[tuple[int, str, int]] = []
        self._traders: np.ndarray | None = None
        self._spread: np.ndarray | None = None

    def __call__(self, month: int, world: World) -> None:
        if month < self.first_month:
            return
        if self.cells is None:
            self._begin(world)
        self.months.append(month)
        self.histories.note(month, world)
        for kind, chosen in self._added.items():
            source = self.histories if kind == "history" else world
            totals = self.cells.totals(_gather(chosen, source, self.cells.order, _DTYPE[kind]))
            self._keep(f"village {kind}", self.cells.by_village(totals))
            self._keep(f"group {kind}", self.cells.by_group(totals))
        self._keep("place", np.array([outcome.take(world) for outcome in outcomes.of_kind("place")], np.float64))
        for outcome in outcomes.of_kind("village"):
            self._keep(outcome.name, np.array(outcome.take(world)))
        self._keep("spread", self._spreads(world))
        self._keep("booked", np.array([_column(world, flow).sum() for flow in self.flows], dtype=np.int64))
        self._keep("spent", world.levers.spent.copy())
        self._county.append([np.ravel(outcome.take(world))[0] for outcome in outcomes.of_kind("county")])
        self._note_events(month, world)

    def remembered(self) -> dict[str, np.ndarray]:
        """Copies of all that was kept so far, by name, from which `remember` goes on; empty before the first month."""
        if not self.months:
            return {}
        events = [(month, EVENTS.index(kind), row) for month, kind, row in self._events]
        county = zip(_names("county"), zip(*self._county, strict=True), strict=True)
        return {
            "months": np.array(self.months), "traders": self._traders.copy(),
            "events": np.array(events, np.int64).reshape(-1, 3),
            **{f"kept {name}": np.array(rows) for name, rows in self._kept.items()},
            **{f"county {name}": np.array(values) for name, values in county},
            **{f"history {name}": values for name, values in self.histories.remembered().items()},
        }

    def remember(self, world: World, remembered: Mapping[str, np.ndarray]) -> None:
        """Go on from what another one `remembered` of this county, so that the tables are those of one run."""
        if not remembered:
            return
        self._begin(world)
        self.months, self._traders = remembered["months"].tolist(), remembered["traders"]
        self._events = [(month, EVENTS[kind], row) for month, kind, row in remembered["events"].tolist()]
        self._kept = {name: list(rows) for name, rows in _under("kept ", remembered).items()}
        county = _under("county ", remembered)
        self._county = [list(row) for row in zip(*(county[name] for name in _names("county")), strict=True)]
        self.histories.remember(_under("history ", remembered))

    def _keep(self, name: str, values: np.ndarray) -> None:
        self._kept.setdefault(name, []).append(values)

    def _begin(self, world: World) -> None:
        """Fix who belongs where, and which columns add up in whole numbers."""
        self.cells = Cells(world)
        self.histories = Histories(world.households.mode.size)
        added = outcomes.of_kind("sum", "mean")
        whole = {outcome.name: _is_whole(outcome, world) for outcome in added}
        self._added = {
            "whole": tuple(outcome for outcome in added if whole[outcome.name]),
            "real": tuple(outcome for outcome in added if not whole[outcome.name]),
            "history": outcomes.of_kind("history"),
        }
        self.places = _places(world)

    def _spreads(self, world: World) -> np.ndarray:
        """Outcomes of kind spread by group, shape (outcomes, groups): anew where a year's income has come in."""
        income = world.households.income_year
        if self._spread is not None and np.array_equal(income, self._income):
            return self._spread
        persons = np.maximum(world.households.size, 1).astype(np.int64)
        head = income / persons
        order = np.argsort(head)
        rows = [order[member[order]] for member in self.cells.members]
        found = [distributions.spread(np.sort(income[i]), income[i], persons[i], head[i]) for i in rows]
        self._income, self._spread = income.copy(), np.array(found).T
        return self._spread

    def _note_events(self, month: int, world: World) -> None:
        """Routes opened and closed, traders and workers come and gone, each with its row."""
        before, now = self._traders, world.traders.active.astype(np.int8)
        self._traders = now
        changed = np.zeros_like(now) if before is None else now - before
        for kind, happened in (
            ("route_opened", world.couriers.opened), ("route_closed", world.couriers.closed),
            ("trader_left", changed < 0), ("trader_returned", changed > 0),
            ("worker_left", world.workers.left), ("worker_hired", world.workers.hired),
        ):
            self._events.extend((month, kind, int(row)) for row in np.flatnonzero(happened))

    def frames(self, tables: Sequence[str] | None = None) -> dict[str, pd.DataFrame]:
        """The tables of a run by name: village, group, county, ledger, spending, events, places; or those asked for."""
        months = np.array(self.months, dtype=np.int32)
        kept = {name: np.array(rows) for name, rows in self._kept.items()}
        places = dict(zip(_names("place"), np.moveaxis(kept["place"], 1, 0), strict=True))
        counts = {name: kept[name] for name in _names("village")}
        made = {
            "village": lambda: _stack(self._totals(kept, "village") | places | counts, months, "village",
                                      np.arange(self.cells.villages, dtype=np.int32)),
            "group": lambda: _stack(self._of_groups(kept, places), months, "group",
                                    pd.Categorical(EVERY_GROUP, categories=EVERY_GROUP)),
            "county": lambda: self._of_county(months, counts),
            "ledger": lambda: _money(months, kept["booked"], {
                "flow": [flow.name for flow in self.flows],
                "payer": [flow.payer for flow in self.flows],
                "payee": [flow.payee for flow in self.flows],
            }),
            "spending": lambda: _money(months, kept["spent"], {
                "lever": [lever.name for lever in LEVERS],
                "pathway": [lever.pathway for lever in LEVERS],
            }),
            "events": lambda: pd.DataFrame({
                "month": np.array([event[0] for event in self._events], dtype=np.int32),
                "event": pd.Categorical([event[1] for event in self._events], categories=EVENTS),
                "row": np.array([event[2] for event in self._events], dtype=np.int32),
            }),
            "places": lambda: self.places,
        }
        return {name: made[name]() for name in tables or made}

    def _of_groups(self, kept: dict[str, np.ndarray], places: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Outcomes of groups by name, each of shape (months, groups)."""
        spreads = dict(zip(_names("spread"), np.moveaxis(kept["spread"], 1, 0), strict=True))
        means = {name: self._over_groups(values) for name, values in places.items()}
        return self._totals(kept, "group") | means | spreads

    def _of_county(self, months: np.ndarray, counts: dict[str, np.ndarray]) -> pd.DataFrame:
        """Outcomes of the county, a row a month; counts (months, villages) by name."""
        found = dict(zip(_names("county"), zip(*self._county, strict=True), strict=True))
        found |= {name: values.sum(axis=1) for name, values in counts.items()}
        return pd.DataFrame({"month": months} | {name: np.array(found[name]) for name in _in("county")})

    def _over_groups(self, places: np.ndarray) -> np.ndarray:
        """Mean over each group's households of a village's state, shape (months, groups); NaN for an empty group."""
        households = np.zeros((self.cells.villages, len(EVERY_GROUP)))
        np.add.at(households, self.cells.village, self.cells.in_group * self.cells.size[:, None])
        return _ratio((places[:, :, None] * households).sum(axis=1), households.sum(axis=0))

    def _totals(self, kept: dict[str, np.ndarray], level: str) -> dict[str, np.ndarray]:
        """Outcomes of kinds sum, mean, history and ratio by name, each of shape (months, villages or groups)."""
        found = {
            outcome.name: kept[f"{level} {kind}"][:, row]
            for kind, chosen in self._added.items() for row, outcome in enumerate(chosen)
        }
        for outcome in outcomes.of_kind("mean"):
            found[outcome.name] = _ratio(found[outcome.name], found["households"])
        for outcome in outcomes.of_kind("ratio"):
            found[outcome.name] = _ratio(found[outcome.part] * outcome.scale, found[outcome.over])
        return found


EVENTS = ("route_opened", "route_closed", "trader_left", "trader_returned", "worker_left", "worker_hired")
PLACE_COLUMNS = (
    "township", "households", "distance_town", "distance_county", "terrain", "heritage", "perishable", "rank",
)


def _places(world: World) -> pd.DataFrame:
    """What does not change about the villages, a row a village."""
    fixed = {name: np.array(getattr(world.villages, name)) for name in PLACE_COLUMNS}
    return pd.DataFrame({"village": np.arange(world.villages.households.size, dtype=np.int32)} | fixed)


def _names(kind: str) -> list[str]:
    return [outcome.name for outcome in outcomes.of_kind(kind)]


def _under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}


def _in(level: str) -> list[str]:
    return [outcome.name for outcome in outcomes.in_table(level)]


def _stack(found: dict[str, np.ndarray], months: np.ndarray, level: str, keys: Any) -> pd.DataFrame:
    """A tidy table, a row a month and village or group, from arrays (months, keys) by outcome."""
    repeated = (
        pd.Categorical.from_codes(np.tile(keys.codes, months.size), dtype=keys.dtype)
        if isinstance(keys, pd.Categorical) else np.tile(keys, months.size)
    )
    index = {"month": np.repeat(months, len(keys)), level: repeated}
    return pd.DataFrame(index | {name: found[name].ravel() for name in _in(level)})


def _money(months: np.ndarray, fen: np.ndarray, labels: dict[str, list[str]]) -> pd.DataFrame:
    """A tidy table of amounts, fen (months, names): a row a month and name in which money moved."""
    month, name = np.nonzero(fen)
    amounts = fen[month, name]
    columns: dict[str, Any] = {"month": months[month]}
    for label, values in labels.items():
        known = list(dict.fromkeys(values))
        codes = np.array([known.index(value) for value in values], dtype=np.int64)
        columns[label] = pd.Categorical.from_codes(codes[name], categories=known)
    return pd.DataFrame(columns | {"fen": amounts, "yuan": amounts / FEN_PER_YUAN})


def as_observer(
    recorder: Recorder, after: Callable[[int], None] | None,
    also: Callable[[int, World, Recorder], None] | None = None,
) -> Callable[[int, World], None]:
    """The recorder as an `observe` callback that also tells `after` the month, and shows `also` county and itself."""
    def observe(month: int, world: World) -> None:
        recorder(month, world)
        if also is not None:
            also(month, world, recorder)
        if after is not None:
            after(month)
    return observe
