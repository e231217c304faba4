"""The readable engine: Mesa agents that act, phase by phase, in the order of the schedule.

Agents are views of rows (`agents`), and the same rules that the core compiles are called here as plain Python, on what
a row sees and draws (`rows`). What crosses rows is the exchanges' plain loops, run as Python.
"""

from collections.abc import Callable, Sequence
from functools import cached_property

from mesa import Agent, Model
from mesa.agent import AgentSet

from villagesim.engine import entering
from villagesim.engine.phases import Exchange, Phase
from villagesim.engine.reference.agents import (
    AGENTS,
    CountyGovernment,
    Courier,
    FarmerHousehold,
    InfrastructureWork,
    Middleman,
    ProgrammeLever,
    RowAgent,
    SocialWorker,
    Township,
    Village,
)
from villagesim.engine.reference.rows import BoundPhase, Luck, Views
from villagesim.engine.schedule import SCHEDULE
from villagesim.mechanisms import Parameters
from villagesim.scenario import Scenario
from villagesim.tables import TABLES, World
from villagesim.world import build

__all__ = [
    "AGENTS", "CountyGovernment", "CountyModel", "Courier", "FarmerHousehold", "InfrastructureWork", "Middleman",
    "ProgrammeLever", "RowAgent", "SocialWorker", "Township", "Village", "bind",
]


class CountyModel(Model):
    """One county of Mesa agents. `step()` is one month: what comes from outside, then every phase of the schedule.

    `CountyModel.of(scenario, seed)` is a county at the beginning of its spin-up; `run_model()` carries it to the end of
    its last month, and each `step()` one month further. Mesa counts the steps; `month` is the month last lived.
    """

    def __init__(self, world: World, parameters: Parameters, seed: int,
                 enter: Callable[[World, int], None] | None = None, months: int = 0,
                 phases: Sequence[Phase] = SCHEDULE) -> None:
        """enter(world, month): what comes from outside, for so many months; without it there is only `step_month`.

        phases: what a month consists of, all of it or a part.
        """
        super().__init__()
        self.world = world
        self.parameters = parameters
        self.month = -1
        self.enter = enter
        self.months = months
        self.views: Views = {
            name: {column: memoryview(values) for column, values in zip(table._fields, table, strict=True)}
            for name, table in zip(TABLES, world, strict=True)
        }
        # The agents of a table by row: who acts, whatever a user does to the AgentSets.
        self.by_row = {kind.table: self._populate(kind) for kind in AGENTS}
        self.by_table = {table: AgentSet(agents, random=self.random) for table, agents in self.by_row.items()}
        self.luck = Luck(seed, phases, world)
        self.phases = [
            phase if isinstance(phase, Exchange) else BoundPhase(phase, world, self.views, parameters, self.luck)
            for phase in phases
        ]

    @classmethod
    def of(cls, scenario: Scenario, seed: int) -> "CountyModel":
        """The county of a scenario in month 0 of its spin-up, as `engine.run` builds it and carries it through time."""
        return cls(build(scenario, seed), scenario.parameters, seed, entering(scenario),
                   int(scenario.run.spin_up) + int(scenario.run.months))

    def _populate(self, kind: type[RowAgent]) -> list[RowAgent]:
        return [kind(self, row) for row in range(len(getattr(self.world, kind.table)[0]))]

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
        self.luck.draw(month)
        for phase in self.phases:
            if isinstance(phase, Exchange):
                self._exchange(phase)
            else:
                for agent, seen in zip(self.by_row[phase.table], phase.seen(), strict=True):
                    agent.act(phase, seen)

    def _exchange(self, phase: Exchange) -> None:
        columns = [self.views[table][name] for table, name in (address.split(".") for address in phase.columns)]
        luck = () if phase.purpose is None else (self.luck.seed, self.month, int(phase.purpose))
        phase.function(*columns, *phase.constants, *luck)

    @cached_property
    def _heard(self) -> list[list[Agent]]:
        """Of each household, the households whose word it hears, in the order of the ties: these never change."""
        everyone, ties = self.by_row["households"], self.views["ties"]
        heard: list[list[Agent]] = [[] for _ in everyone]
        for speaker, listener in zip(ties["speaker"], ties["listener"], strict=True):
            heard[listener].append(everyone[speaker])
        return heard

    def neighbours(self, farmer: FarmerHousehold) -> list[Agent]:
        """The households whose word this one hears."""
        return list(self._heard[farmer.row])


def bind(world: World, parameters: Parameters, seed: int,
         phases: Sequence[Phase] = SCHEDULE) -> Callable[[int], None]:
    """step(month): one month of the county in `world`, whose columns it changes in place; of it, only these phases."""
    return CountyModel(world, parameters, seed, phases=phases).step_month
