"""The readable engine: Mesa agents that act, phase by phase, in the order of the schedule.

Agents are views of rows and own no second copy of state: `farmer.skill_basic` reads the county's column and returns a
Python number. The same rules that the core compiles are called here as plain Python.
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import repeat
from typing import Any, ClassVar

from mesa import Agent, Model
from mesa.agent import AgentSet

from villagesim.draws import bell_of, block, lane
from villagesim.engine import entering
from villagesim.engine.phases import Argument, Exchange, RowPhase, arguments, columns_of
from villagesim.engine.schedule import SCHEDULE
from villagesim.mechanisms import Parameters
from villagesim.scenario import Scenario
from villagesim.tables import TABLES, World
from villagesim.world import build

Views = dict[str, dict[str, memoryview]]


class Column:
    """An attribute of an agent that lives in the county's tables."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, agent: Any, kind: type | None = None) -> Any:
        return self if agent is None else agent.views[self.name][agent.row]

    def __set__(self, agent: Any, value: Any) -> None:
        agent.views[self.name][agent.row] = value


class RowAgent(Agent):
    """An agent that is one row of a table; its columns are its attributes."""

    table: ClassVar[str]

    def __init_subclass__(cls) -> None:
        for name in columns_of(cls.table):
            setattr(cls, name, Column(name))

    def __init__(self, model: "CountyModel", row: int) -> None:
        super().__init__(model)
        self.row = row
        self.views = model.views[self.table]

    def act(self, phase: "BoundPhase") -> None:
        """Apply the phase's rule to what this agent sees and draws, and book what comes of it in its row."""
        results = phase.rule(*phase.seen[self.row])
        if phase.single:
            phase.columns[0][self.row] = results
        else:
            for column, value in zip(phase.columns, results, strict=True):
                column[self.row] = value


class FarmerHousehold(RowAgent):
    """A farm household."""

    table = "households"


class Township(RowAgent):
    """A township: it holds the camps of its villages."""

    table = "townships"


class Village(RowAgent):
    """A village: place, works, service, jobs, brand."""

    table = "villages"


class InfrastructureWork(RowAgent):
    """One kind of works in one village."""

    table = "works"


class SocialWorker(RowAgent):
    """A post and the person in it (or a contractor's staff)."""

    table = "workers"


class Middleman(RowAgent):
    """A trader and the margin it sets."""

    table = "traders"


class Courier(RowAgent):
    """A delivery route."""

    table = "couriers"


class ProgrammeLever(RowAgent):
    """A lever of the programme, or a shock."""

    table = "levers"


class CountyGovernment(RowAgent):
    """The county: its money, its rules, its market."""

    table = "county"


AGENTS = (
    FarmerHousehold, Township, Village, InfrastructureWork, SocialWorker, Middleman, Courier, ProgrammeLever,
    CountyGovernment,
)


class BoundPhase:
    """A row phase with its rule's arguments found. `seen` holds them, a tuple a row, as the phase begins."""

    def __init__(self, phase: RowPhase, model: "CountyModel") -> None:
        self.rule = phase.rule
        self.columns = [model.views[phase.table][name] for name in phase.writes]
        self.single = len(phase.writes) == 1
        self.seen: list[tuple] = []
        rows = len(getattr(model.world, phase.table)[0])
        self._sources = [_source(argument, phase.table, rows, model) for argument in arguments(phase)]

    def begin(self) -> None:
        """Look at the county once for all rows: no row sees what another does in the same phase, whatever the order."""
        self.seen = list(zip(*(source() for source in self._sources), strict=True))


def _source(argument: Argument, table: str, rows: int, model: "CountyModel") -> Callable[[], Iterable]:
    """Where an argument comes from: a function that gives its value for every row of the table."""
    if argument.kind == "parameters":
        given = getattr(model.parameters, argument.mechanism)
        return lambda: repeat(given, rows)
    if argument.kind == "uniform":
        return lambda: [lane(words, argument.purpose) for words in model.words(table, argument.purpose)]
    if argument.kind == "bell":
        return lambda: map(bell_of, model.words(table, argument.purpose))
    column = model.views[argument.table][argument.column]
    if argument.kind == "own":
        return column.tolist
    if argument.kind == "via":
        key = model.views[table][argument.key]
        return lambda: map(column.tolist().__getitem__, key)
    return lambda: repeat(column[argument.row], rows)


class CountyModel(Model):
    """One county of Mesa agents. `step()` is one month: what comes from outside, then every phase of the schedule.

    `CountyModel.of(scenario, seed)` is a county at the beginning of its spin-up; `run_model()` carries it to the end of
    its last month, and each `step()` one month further. Mesa counts the steps; `month` is the month last lived.
    """

    def __init__(self, world: World, parameters: Parameters, seed: int,
                 enter: Callable[[World, int], None] | None = None, months: int = 0) -> None:
        """enter(world, month): what comes from outside, for so many months; without it there is only `step_month`."""
        super().__init__()
        self.world = world
        self.parameters = parameters
        self.luck_seed = seed
        self.month = -1
        self.enter = enter
        self.months = months
        self.views: Views = {
            name: {column: memoryview(values) for column, values in zip(table._fields, table, strict=True)}
            for name, table in zip(TABLES, world, strict=True)
        }
        self.by_table = {kind.table: self._populate(kind) for kind in AGENTS}
        self.phases = [BoundPhase(phase, self) if isinstance(phase, RowPhase) else phase for phase in SCHEDULE]
        self._words: dict[tuple[str, int], list[tuple[int, int, int, int]]] = {}

    @classmethod
    def of(cls, scenario: Scenario, seed: int) -> "CountyModel":
        """The county of a scenario in month 0 of its spin-up, as `engine.run` builds it and carries it through time."""
        return cls(build(scenario, seed), scenario.parameters, seed, entering(scenario),
                   int(scenario.run.spin_up) + int(scenario.run.months))

    def _populate(self, kind: type[RowAgent]) -> AgentSet:
        rows = len(getattr(self.world, kind.table)[0])
        return AgentSet([kind(self, row) for row in range(rows)], random=self.random)

    @property
    def farmers(self) -> AgentSet:
        """The farm households, as Mesa's AgentSet: select, get, groupby, do."""
        return self.by_table["households"]

    @property
    def social_workers(self) -> AgentSet:
        """The posts and the people in them."""
        return self.by_table["workers"]

    @property
    def middlemen(self) -> AgentSet:
        """The traders."""
        return self.by_table["traders"]

    @property
    def couriers(self) -> AgentSet:
        """The delivery routes."""
        return self.by_table["couriers"]

    def words(self, table: str, purpose: int) -> list[tuple[int, int, int, int]]:
        """The four random words behind a purpose for every row of a table this month, computed once."""
        key = table, purpose >> 2
        if key not in self._words:
            rows = range(len(self.by_table[table]))
            self._words[key] = [block(self.luck_seed, self.month, row, purpose) for row in rows]
        return self._words[key]

    def step(self) -> None:
        """The next month. Raises RuntimeError after the last one, and where no scenario says what comes from outside.

        Mesa puts its own `step` around this one, which counts `steps` and takes no argument.
        """
        month = self.month + 1
        if self.enter is None:
            raise RuntimeError("no scenario says what comes from outside: make the model by CountyModel.of")
        if month >= self.months:
            raise RuntimeError(f"the scenario has {self.months} months, and all are over")
        self.enter(self.world, month)
        self.step_month(month)
        self.running = month + 1 < self.months

    def step_month(self, month: int) -> None:
        """Every phase of one month, in order; what comes from outside is in the tables already."""
        self.month = month
        self._words.clear()
        for declared, phase in zip(SCHEDULE, self.phases, strict=True):
            if isinstance(declared, Exchange):
                self._exchange(declared)
            else:
                phase.begin()
                self.by_table[declared.table].do("act", phase)

    def _exchange(self, phase: Exchange) -> None:
        columns = [self.views[table][name] for table, name in (address.split(".") for address in phase.columns)]
        luck = () if phase.purpose is None else (self.luck_seed, self.month, int(phase.purpose))
        phase.function(*columns, *phase.constants, *luck)

    @cached_property
    def _heard(self) -> list[list[Agent]]:
        """Of each household, the households whose word it hears, in the order of the ties: these never change."""
        everyone, ties = list(self.farmers), self.views["ties"]
        heard: list[list[Agent]] = [[] for _ in everyone]
        for speaker, listener in zip(ties["speaker"], ties["listener"], strict=True):
            heard[listener].append(everyone[speaker])
        return heard

    def neighbours(self, farmer: FarmerHousehold) -> list[Agent]:
        """The households whose word this one hears."""
        return list(self._heard[farmer.row])


def bind(world: World, parameters: Parameters, seed: int) -> Callable[[int], None]:
    """step(month): one month of the county in `world`, whose columns it changes in place."""
    return CountyModel(world, parameters, seed).step_month


