"""A country carried out: a pilot finds the price of each year, then county after county is lived through at that price.

Prices tie the counties together year by year, but 200 million households do not fit into memory together. So (1) some
counties, smaller ones of the same kinds, are carried through time together and find a path of prices; (2) every county
is run at that path, alone, streamed and kept; (3) what all of them sold says which path they ask for. Where the two
differ by more than the declared tolerance, the pilot finds another path, its supply of each year taken for as much more
as the country's was, and all are run again. (At the path asked for itself they would sell something else again: supply
that swings with last year's price makes the gap wider from pass to pass.) The price of a year depends on earlier years
only, so pass n has at least its first n years exactly right, and passes end at the truth.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from villagesim import __version__
from villagesim.country import KINDS, Country
from villagesim.results import check_place
from villagesim.scenario import Scenario, digest
from villagesim.sources import sources
from villagesim.study import pool, runner
from villagesim.study.countryside import counties as places, price, totals
from villagesim.study.countryside.counties import YEAR, County
from villagesim.study.countryside.stream import Piece, Task, carry
from villagesim.study.store import FAILED, Row, Store

# A piece of work is about so many households: little is lost when it stops, and handing out costs little.
PIECE = 20_000
MOST_PASSES = 3


class CountiesFailedError(RuntimeError):
    """Some counties failed; the others are kept. One line."""


class State(NamedTuple):
    """How far it is: what is under way, and of that, done, done before this start, and how much there is."""

    stage: str
    done: int
    before: int
    total: int


Progress = Callable[[State], None]


@dataclass(frozen=True)
class Countryside:
    """A country lived through: its counties that were run, each's values, and the price path they were run at.

    values: a row a county in their order, columns of `totals.columns`. asked: the path that their own supply asks for.
    pilot: counties that found the first path.
    """

    scenario: Scenario
    country: Country
    share: float
    counties: tuple[County, ...]
    values: pd.DataFrame
    path: tuple[float, ...]
    asked: tuple[float, ...]
    passes: int
    pilot: int
    identity: dict[str, str]

    @property
    def gap(self) -> float:
        """The largest difference between the price asked for and the price that was paid [share]."""
        return price.gap(self.asked, self.path)


def run(scenario: Scenario, country: Country, kinds_folder: Path, share: float = 1.0, folder: str | Path = "results",
        workers: int | None = None, executor: Executor | None = None, progress: Progress | None = None,
        passes: int = MOST_PASSES, retry: bool = False) -> Countryside:
    """Carry out what is missing of a country, or of a share of its counties, in `folder`.

    kinds_folder holds village_plain.toml, village_hill.toml, village_mountain.toml. Threads of this process carry the
    counties, or the executor given. Raises ScenarioError, StoreError, PlaceError, CountiesFailedError, Interrupted.
    """
    kinds = places.settings_of_kinds(scenario, kinds_folder)
    check_place(folder)
    everywhere = places.counties(country, kinds, int(scenario.run.seed))
    chosen = places.sample(everywhere, max(1, round(share * len(everywhere))))
    lanes = workers or pool.available()
    years = int(scenario.run.months) // YEAR
    with Store(folder, totals.columns(years)) as store, _threads(executor, lanes) as carrying:
        if retry:
            store.forget_failures()
        work = _Work(kinds, country, years, store, lanes, carrying, progress)
        piloting = _pilot(chosen, country, kinds)
        found, count = work.pilot(piloting), 0
        path = found.path
        while True:
            count += 1
            values = work.counties(chosen, path, count)
            supply = _supply(values, work.years)
            asked = price.answers(supply, country.settings)
            if price.gap(asked, path) <= country.settings.price_tolerance or count >= passes:
                break
            scale = price.scale(supply, found) if path == found.path else None
            found = work.pilot(piloting, scale) if scale else found
            path = found.path if scale else asked
    identity = {"version": __version__, "sources": sources(), "scenario": digest(scenario)} | {
        kind: digest(one) for kind, one in kinds.items()}
    return Countryside(scenario, country, share, tuple(chosen), values, path, asked, count, len(piloting), identity)


@contextmanager
def _threads(executor: Executor | None, lanes: int) -> Iterator[Executor]:
    """The executor given, or threads of this process: kernels run without Python's lock, and one copy of the code."""
    if executor is not None:
        yield executor
        return
    with ThreadPoolExecutor(lanes) as threads:
        yield threads


def _pilot(chosen: Sequence[County], country: Country, kinds: Mapping[str, Scenario]) -> list[County]:
    """The counties that find the price: at equal steps through all by kind and prosperity, made smaller."""
    ordered = sorted(chosen, key=lambda one: (KINDS.index(one.kind), one.sets["world.output"], one.number))
    size = min(country.settings.households, country.settings.pilot_households)
    return [places.sized(one, kinds, country.settings, size)
            for one in places.sample(ordered, country.settings.pilot_counties)]


def _supply(values: pd.DataFrame, years: int) -> list[int]:
    """What all counties sold online in each year [fen at the reference price], from the year before the programme."""
    return [sum(int(value) for value in values[f"{totals.SUPPLY}@{year}"]) for year in range(-1, years)]


class _Work:
    """What is done in the folder of one country, by whom, and who is told."""

    def __init__(self, kinds: Mapping[str, Scenario], country: Country, years: int, store: Store, lanes: int,
                 executor: Executor, progress: Progress | None) -> None:
        self.kinds, self.country, self.years, self.store = kinds, country, years, store
        self.lanes, self.executor, self.tell = lanes, executor, progress or (lambda state: None)
        self.digests = {kind: digest(one) for kind, one in kinds.items()}

    def pilot(self, piloting: Sequence[County], scale: Sequence[float] | None = None) -> price.Found:
        """The path of prices that the pilot finds, its supply taken so many times; kept in the folder, found once."""
        settings = self.country.settings
        answers = (settings.price_flexibility, settings.demand_growth, settings.price_lowest, settings.price_highest)
        named = self._name([self._names(one) for one in piloting], answers, self.years, scale)
        file = self.store.folder / f"price-{named}.json"
        if file.is_file():
            return price.Found(*map(tuple, json.loads(file.read_text(encoding="utf-8"))))
        self.tell(State("finding the price", 0, 0, self.years))
        found = price.together(
            [(places.scenario_of(one, self.kinds), one.seed) for one in piloting], self.years, settings, self.lanes,
            lambda done, total: self.tell(State("finding the price", done, 0, total)), scale)
        self.store.write_text(file.name, json.dumps(found) + "\n")
        return found

    def counties(self, chosen: Sequence[County], path: tuple[float, ...], count: int) -> pd.DataFrame:
        """The values of all counties at a path of prices, in their order, after those missing have been run."""
        runs = [self._name(self._names(one), path, totals.columns(self.years)) for one in chosen]
        states = self.store.states()
        missing = [(run, one) for run, one in zip(runs, chosen, strict=True) if run not in states]
        stage = "counties" if count == 1 else f"counties, pass {count}"
        done = before = len(chosen) - len(missing)
        self.tell(State(stage, done, before, len(chosen)))

        def finish(_: Piece, rows: list[Row]) -> None:
            nonlocal done
            self.store.commit(rows)
            done += len(rows)
            self.tell(State(stage, done, before, len(chosen)))

        def fail(piece: Piece, error: BaseException) -> None:
            finish(piece, [Row(task.run, None, 0.0, f"{type(error).__name__}: {error}") for task in piece.tasks])

        try:
            pool.each(carry, self._pieces(missing, path), finish, fail, self.lanes, self.executor)
        except KeyboardInterrupt:
            raise runner.Interrupted(f"interrupted: {done} of {len(chosen)} counties are kept in {self.store.folder}; "
                                     "the same command goes on") from None
        states = self.store.states()
        failed = sum(states[run] == FAILED for run in runs)
        if failed:
            raise CountiesFailedError(f"{failed} of {len(runs)} counties failed, the others are kept: "
                                      f"`villagesim study failures {self.store.folder}` says why, --retry tries again")
        return self.store.values(runs).reset_index(drop=True)

    def _pieces(self, missing: Sequence[tuple[str, County]], path: tuple[float, ...]) -> Iterator[Piece]:
        """Counties in pieces of about so many households, made as they are asked for."""
        size = max(1, min(PIECE // self.country.settings.households, len(missing) // (2 * self.lanes)))
        for first in range(0, len(missing), size):
            tasks = tuple(Task(run, places.scenario_of(one, self.kinds), one.seed)
                          for run, one in missing[first:first + size])
            self.store.begin(task.run for task in tasks)
            yield Piece(tasks, path)

    def _names(self, one: County) -> list:
        """All that determines a county's run but the price: its kind's scenario, what it sets, its seed."""
        return [self.digests[one.kind], one.sets, one.seed]

    def _name(self, *parts: object) -> str:
        """The content hash of what is handed over, the model's version and its sources."""
        text = json.dumps([*parts, __version__, sources()], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:20]
