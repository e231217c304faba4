"""The agents: Mesa's, each the view of one row of the county's tables, with no second copy of state.

`farmer.skill_basic` reads the county's column and returns a Python number; `farmer.skill_basic = 0.5` writes it.
"""

from typing import TYPE_CHECKING, Any, ClassVar

from mesa import Agent

from villagesim.engine.phases import columns_of

if TYPE_CHECKING:
    from villagesim.engine.reference import CountyModel
    from villagesim.engine.reference.rows import BoundPhase


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

    def act(self, phase: "BoundPhase", seen: tuple) -> None:
        """Apply the phase's rule to what this agent sees and draws, and book what comes of it in its row."""
        results = phase.rule(*seen)
        row = self.row
        if phase.single:
            phase.columns[0][row] = results
        else:
            # `strict` would cost as much as three writes; the core compiles no rule that returns more or fewer.
            for column, value in zip(phase.columns, results):  # noqa: B905
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
