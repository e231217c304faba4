"""The readable engine: Mesa agents that act, phase by phase, in the order of the schedule.

Agents are views of rows and own no second copy of state: `farmer.skill_basic` reads the county's column and returns a
Python number. The same rules that the core compiles are called here as plain Python.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from mesa import Agent, Model
from mesa.agent import AgentSet

from villagesim.draws import bell_of, block, lane
from villagesim.engine import entering
from villagesim.engine.phases import Exchange, RowPhase, arguments, columns_of
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
        """Apply the phase's rule to this agent: see, draw, decide, book."""
        row = self.row
        values = phase.common.copy()
        for place, column in phase.own:
            values[place] = column[row]
        for place, key, column in phase.keyed:
            values[place] = column[key[row]]
        if phase.luck:
            words = self.model.words(row, phase.purpose)
            for place, purpose in phase.luck:
                values[place] = bell_of(words) if purpose is None else lane(words, purpose)
        results = phase.rule(*values)
        if phase.single:
            phase.columns[0][row] = results
        else:
            for column, value in zip(phase.columns, results, strict=True):
                column[row] = value


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
    """A row phase with its rule's arguments found: what all rows see alike, and what each sees for itself."""

    def __init__(self, phase: RowPhase, model: "CountyModel") -> None:
        self.rule = phase.rule
        self.columns = [model.views[phase.table][name] for name in phase.writes]
        self.single = len(phase.writes) == 1
        bound = arguments(phase)
        self.common: list[Any] = [None] * len(bound)
        self.own: list[tuple[int, memoryview]] = []
        self.keyed: list[tuple[int, memoryview, memoryview]] = []
        self.luck: list[tuple[int, int | None]] = []
        self.singles: list[tuple[int, memoryview, int]] = []
        self.purpose = next((argument.purpose for argument in bound if argument.kind in ("uniform", "bell")), 0)
        for place, argument in enumerate(bound):
            if argument.kind == "parameters":
                self.common[place] = getattr(model.parameters, argument.mechanism)
                continue
            if argument.kind in ("uniform", "bell"):
                self.luck.append((place, argument.purpose if argument.kind == "uniform" else None))
                continue
            column = model.views[argument.table][argument.column]
            if argument.kind == "own":
                self.own.append((place, column))
            elif argument.kind == "via":
                self.keyed.append((place, model.views[phase.table][argument.key], column))
            else:
                self.singles.append((place, column, argument.row))

    def begin(self) -> None:
        """Look up what all rows see alike this month: the county's row, the levers' rows."""
        for place, column, row in self.singles:
            self.common[place] = column[row]


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
        self._words: dict[tuple[int, int], tuple[int, int, int, int]] = {}

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

    def words(self, row: int, purpose: int) -> tuple[int, int, int, int]:
        """The four random words behind a purpose for this row this month, computed once."""
        key = row, purpose >> 2
        if key not in self._words:
            self._words[key] = block(self.luck_seed, self.month, row, purpose)
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


