"""The part of the month that spreads knowledge and adoption, run for an innovation that needs no parcels.

The same phases as in `schedule`, those of trade left out:

    training    as it is: seats offered, rationed, taken; lessons and what ties showed make the first rung of skill
    influence   as it is: adopters' results, understanding, media and stories move belief, its precision, and trust
    choice      cost of not understanding it, worth, entry and quitting; not the price of a parcel and the online quote
    in place of the sale: what the innovation brought (`mechanisms.innovation`), and the adopter's own record of it

What trade would have written is entered instead: `shipping` is the innovation's price a yuan of goods, `demand` is no
bound. There is no fund: what the scenario's levers plan is delivered. "Online" reads as "adopted", `skill_basic` as
knowledge of the innovation, `belief_mean` as what it is believed to bring.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NamedTuple

import numpy as np

from villagesim.engine import check, entering, schedule
from villagesim.engine.phases import Phase, RowPhase
from villagesim.mechanisms import innovation
from villagesim.mechanisms.choice import ChoiceParameters
from villagesim.mechanisms.influence import InfluenceParameters
from villagesim.mechanisms.innovation import InnovationParameters
from villagesim.mechanisms.sales import SalesParameters
from villagesim.mechanisms.training import TrainingParameters
from villagesim.scenario import Scenario
from villagesim.tables import World
from villagesim.world import build


class DiffusionParameters(NamedTuple):
    """The parameters of the mechanisms that spread an innovation, and its own; of sales only the own record's."""

    training: TrainingParameters
    influence: InfluenceParameters
    choice: ChoiceParameters
    sales: SalesParameters
    innovation: InnovationParameters


def _kept(phases: Sequence[Phase], *names: str) -> tuple[Phase, ...]:
    """The phases of those names, in their own order. Raises LookupError for a name that none has."""
    missing = set(names) - {phase.name for phase in phases}
    if missing:
        raise LookupError(f"no phase is named {', '.join(sorted(missing))}")
    return tuple(phase for phase in phases if phase.name in names)


LESSON = _kept(schedule.TRAINING, "households.learns")
SEATS = tuple(phase for phase in schedule.TRAINING
              if phase not in LESSON and phase.name not in ("households.relationship", "villages.teamwork_month"))
CHOICE = _kept(schedule.CHOICE, "households.access_cost", "households.wanted_share", "households.realised_gain",
               "households.chooses_channel", "total_by -> villages.sellers")
RESULTS: tuple[Phase, ...] = (
    RowPhase("county", innovation.season_luck, ("common_shock",), "one weather moves all adopters"),
    RowPhase("households", innovation.innovation_result, ("online_value", "margin", "sold"),
             "a result is seen after it was chosen, and told next month"),
    *_kept(schedule.SALES, "households.own_record"),
)
# Where somebody else decides who is taught (an experimenter), who `sits` and who is `visited` is entered.
ASSIGNED: tuple[Phase, ...] = (*LESSON, *schedule.INFLUENCE, *CHOICE, *RESULTS)
DIFFUSION: tuple[Phase, ...] = (*SEATS, *LESSON, *_kept(schedule.TRAINING, "households.relationship"),
                                *schedule.INFLUENCE, *CHOICE, *RESULTS)


def offer(world: World, offered: InnovationParameters, price: np.ndarray | float | None = None) -> None:
    """Enter the innovation's price to each household [yuan/unit; shape (households,), or one for all], and no bound on
    how much of its goods a household may put under it."""
    households = world.households
    households.shipping[:] = (offered.price if price is None else price) / offered.worth
    households.demand[:] = households.output


def bind(world: World, scenario: Scenario, offered: InnovationParameters, seed: int, engine: str = "core",
         phases: Sequence[Phase] = DIFFUSION) -> Callable[[int], None]:
    """step(month): one month of the innovation in the county in `world`, whose columns it changes in place.

    phases: DIFFUSION, or a part of it such as ASSIGNED or LESSON. Raises ValueError for an engine that is unknown or
    can't run here.
    """
    check(engine)
    every = scenario.parameters
    parameters = DiffusionParameters(every.training, every.influence, every.choice, every.sales, offered)
    return import_module(f"villagesim.engine.{engine}").bind(world, parameters, seed, phases=phases)


def diffuse(scenario: Scenario, offered: InnovationParameters, seed: int, engine: str = "core",
            observe: Callable[[int, World], None] | None = None, world: World | None = None) -> World:
    """The scenario's county after its months under the innovation, offered to all from month 0 on; no spin-up.

    world: start from this county instead of building one (it is changed in place). observe(month, world) is called
    after every month. What the scenario's levers plan is delivered; nothing is paid for. Raises ValueError.
    """
    if world is None:
        world = build(scenario, seed)
    offer(world, offered)
    step, come_in = bind(world, scenario, offered, seed, engine), entering(scenario)
    first = int(scenario.run.spin_up)
    for month in range(int(scenario.run.months)):
        come_in(world, first + month)
        world.county.month[0] = month
        world.levers.delivered[:] = world.levers.planned
        step(month)
        if observe is not None:
            observe(month, world)
    return world
