"""Field experiments and histories of an innovation without parcels, surveyed and analysed as their sources did.

`experiment`: sessions in two rounds with a drawn price, as Cai, de Janvry and Sadoulet (2015, AEJ Applied 7(2)) held
them for a weather insurance. `history`: adoption where nobody campaigns, as recalled by the farmers of 11 Brazilian
villages (Rogers et al.). Both run `engine.diffusion`, which is the month without its trade.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from villagesim.engine import diffusion
from villagesim.scenario import Scenario
from villagesim.study.fieldwork import estimates
from villagesim.study.fieldwork.estimates import Estimate
from villagesim.study.fieldwork.innovations import Innovation, Sessions
from villagesim.study.fieldwork.surveys import STREAM
from villagesim.tables import World
from villagesim.world import build, geography, networks

# The arms of the experiment.
SIMPLE, INTENSIVE, LATER_SIMPLE, LATER_INTENSIVE = 0, 1, 2, 3
YEAR = 12
# Years after which the farmers were asked when they had adopted.
SURVEYED = 20
Values = dict[str, float]


class Assignment(NamedTuple):
    """Who is offered what, a row a household: its natural village, its arm, and its price [yuan/unit].

    `drawn` marks the villages of the price experiment.
    """

    hamlet: np.ndarray
    arm: np.ndarray
    price: np.ndarray
    drawn: np.ndarray


def assigned(innovation: Innovation, scenario: Scenario, seed: int, rows: int) -> Assignment:
    """Arms drawn household by household over the whole county, prices in some natural villages."""
    sessions, rng = innovation.sessions, np.random.default_rng([STREAM, seed, 1])
    counts = geography.household_counts(scenario.world, seed)
    hamlet = networks.hamlets(scenario.world, seed, counts)
    number = int(hamlet.max()) + 1
    priced = np.zeros(number, bool)
    priced[rng.permutation(number)[: round(sessions.priced * number)]] = True
    drawn = priced[hamlet]
    later_simple = sessions.first + sessions.untaught
    edges = [sessions.first * (1.0 - sessions.intensive), sessions.first, later_simple]
    place = (rng.permutation(rows) + 0.5) / rows
    arm = np.searchsorted(edges, place)
    prices = np.linspace(sessions.price_low, sessions.price_high, sessions.prices)
    price = np.where(drawn, prices[rng.integers(0, sessions.prices, rows)], innovation.offered.price)
    return Assignment(hamlet, arm, price, drawn)


def experiment(innovation: Innovation, scenario: Scenario, seed: int, engine: str = "core") -> pd.DataFrame:
    """A row a household: who it is, its arm and price, whether it took up when asked, what it knew then, its friends.

    scenario: the county, with the innovation laid over it (`Innovation.over`). Every household sits in a simple
    session, after which it does not decide yet; then the first round: those of the intensive arm sit once more, all of
    the round are asked. After `talk` steps the second round is held alike. Who is not yet asked does not think of it.
    Columns: hamlet, age, schooling, size, arm, price, drawn, takes, knows (share of questions answered rightly),
    friends (share of those it named who sat in an intensive session of the first round; 0 where it named none).
    """
    world = build(scenario, seed)
    rows, sessions = len(world.households.village), innovation.sessions
    given = assigned(innovation, scenario, seed, rows)
    diffusion.offer(world, innovation.offered, given.price)
    ask = {SIMPLE: 1, INTENSIVE: 1, LATER_SIMPLE: 1 + sessions.talk, LATER_INTENSIVE: 1 + sessions.talk}
    asked_in = np.array([ask[arm] for arm in range(len(ask))])[given.arm]
    sits_in = np.where(np.isin(given.arm, (INTENSIVE, LATER_INTENSIVE)), asked_in, -1)
    people = world.households
    people.rest[:] = asked_in - 1
    world.county.media_margin[0] = scenario.outside.media_margin

    lesson, step = (diffusion.bind(world, scenario, innovation.offered, seed, engine, phases)
                    for phases in (diffusion.LESSON, diffusion.ASSIGNED))
    world.villages.teaching[:] = sessions.simple_quality
    people.seat_basic[:] = 1
    lesson(0)
    world.villages.teaching[:] = sessions.intensive_quality
    takes, knows = np.zeros(rows, bool), np.zeros(rows)
    for month in range(1, 2 + sessions.talk):
        asked = asked_in == month
        people.seat_basic[:] = sits_in == month
        people.visited[:] = asked
        step(month)
        takes[asked], knows[asked] = people.mode[asked] > 0, people.skill_basic[asked]
    return _surveyed(world, given, takes, knows, sessions, seed)


def _surveyed(world: World, given: Assignment, takes: np.ndarray, knows: np.ndarray, sessions: Sessions,
              seed: int) -> pd.DataFrame:
    people, rng = world.households, np.random.default_rng([STREAM, seed, 2])
    taught = np.bincount(world.ties.listener, given.arm[world.ties.speaker] == INTENSIVE, len(takes))
    named = np.bincount(world.ties.listener, minlength=len(takes))
    right = rng.binomial(sessions.questions, np.clip(knows, 0.0, 1.0)) / sessions.questions
    return pd.DataFrame({
        "hamlet": given.hamlet, "age": people.age, "schooling": people.schooling, "size": people.size,
        "arm": given.arm, "price": given.price, "drawn": given.drawn, "takes": takes.astype(float), "knows": right,
        "friends": np.divide(taught, named, out=np.zeros(len(takes)), where=named > 0)})


def session_estimates(data: pd.DataFrame) -> dict[str, Estimate]:
    """T1 to T4 by the source's estimators, on what `experiment` gives."""
    data = data.assign(village=data["hamlet"])
    usual, priced = data[~data["drawn"]], data[data["drawn"]]
    first = usual[usual["arm"].isin((SIMPLE, INTENSIVE))]
    first = first.assign(treated=(first["arm"] == INTENSIVE).astype(float))
    simple, intensive = (first[first["treated"] == arm] for arm in (0.0, 1.0))
    untaught = usual[usual["arm"] == LATER_SIMPLE]
    untaught = untaught.assign(treated=untaught["friends"])
    lowest, highest = (priced[priced["price"] == end] for end in (priced["price"].min(), priced["price"].max()))
    return {
        "T1": estimates.ols_village_effects(first.assign(outcome=first["takes"])),
        "T1.simple": estimates.mean_by_village(simple.assign(outcome=simple["takes"])),
        "T2": estimates.ols_village_effects(untaught.assign(outcome=untaught["takes"])),
        "T3.simple": estimates.mean_by_village(simple.assign(outcome=simple["knows"])),
        "T3.intensive": estimates.mean_by_village(intensive.assign(outcome=intensive["knows"])),
        "T3.session": estimates.difference_of_means(first.assign(outcome=first["knows"], takes_part=first["treated"])),
        "T3.friends": estimates.ols_village_effects(untaught.assign(outcome=untaught["knows"])),
        "T4": estimates.ols(priced.assign(outcome=priced["takes"], treated=priced["price"])),
        "T4.low": estimates.mean_by_village(lowest.assign(outcome=lowest["takes"])),
        "T4.high": estimates.mean_by_village(highest.assign(outcome=highest["takes"])),
    }


class History(NamedTuple):
    """Who adopted in which year (1, 2, ...; 0: never) in how many years, and who named whom [rows of households]."""

    village: np.ndarray
    year: np.ndarray
    years: int
    listener: np.ndarray
    speaker: np.ndarray


def history(innovation: Innovation, scenario: Scenario, seed: int, engine: str = "core") -> History:
    """The innovation's years of adoption in the scenario's county, as the farmers would recall them."""
    world = diffusion.diffuse(scenario, innovation.offered, seed, engine)
    people, first = world.households, world.households.first_online
    return History(people.village.astype(np.int64), np.where(first >= 0, first // YEAR + 1, 0),
                   int(scenario.run.months) // YEAR, world.ties.listener.astype(np.int64),
                   world.ties.speaker.astype(np.int64))


def shares(found: History) -> np.ndarray:
    """Share of households that had adopted by the end of year 0 (none), 1, 2, ... [float64, shape (years + 1,)]."""
    return np.cumsum(np.bincount(found.year[found.year > 0], minlength=found.years + 1)) / len(found.year)


def years_to_share(found: History, share: float) -> float:
    """Years until that share had adopted, by straight lines between years; NaN where it never did."""
    curve = shares(found)
    if curve[-1] < share:
        return float("nan")
    after = int(np.argmax(curve >= share))
    return after - 1 + (share - curve[after - 1]) / (curve[after] - curve[after - 1])


def person_years(found: History) -> pd.DataFrame:
    """A row a household and year in which it had not yet adopted: adopts, contacts (share of those it named who had
    adopted by the year before; 0 where it named none), prevalence (the same of its village), year, named (how many)."""
    rows, years = len(found.year), found.years
    adopted = np.array([(found.year > 0) & (found.year < year) for year in range(1, years + 1)], float)
    named = np.bincount(found.listener, minlength=rows)
    contacts = np.array([np.bincount(found.listener, before[found.speaker], rows) for before in adopted])
    contacts = np.divide(contacts, named, out=np.zeros_like(contacts), where=named > 0)
    _, village = np.unique(found.village, return_inverse=True)
    members = np.bincount(village)
    prevalence = np.array([(np.bincount(village, before) / members)[village] for before in adopted])
    year = np.repeat(np.arange(1, years + 1), rows)
    table = pd.DataFrame({"adopts": (np.tile(found.year, years) == year).astype(float), "contacts": contacts.ravel(),
                          "prevalence": prevalence.ravel(), "year": year, "named": np.tile(named, years)})
    return table[adopted.ravel() == 0.0]


def asked_after(found: History, years: int) -> History:
    """The history as a survey after so many years finds it: who adopted later had not."""
    return found._replace(year=np.where(found.year > years, 0, found.year), years=min(years, found.years))


def history_estimates(found: History) -> Values:
    """T6 by the source's estimators; what is reached later than the survey is still dated."""
    surveyed = asked_after(found, SURVEYED)
    table = person_years(surveyed)
    adopting = table[(table["adopts"] > 0) & (table["named"] > 0)]
    both = "contacts + prevalence"
    return {
        "T6.tenth": years_to_share(found, 0.1), "T6.half": years_to_share(found, 0.5),
        "T6.end": float(shares(surveyed)[-1]),
        "T6.spread": float(pd.Series(surveyed.year > 0).groupby(surveyed.village).mean().std(ddof=1)),
        "T6.hazard": estimates.hazard_logit(table, "contacts").value,
        "T6.given": estimates.hazard_logit(table, both).value,
        "T6.alone": float((adopting["contacts"] == 0.0).mean()) if len(adopting) else float("nan"),
    }


def taught(insurance: Innovation, today: Scenario, seed: int) -> Values:
    """T1 to T4 from the scenario's parameters, with the insurance laid over it."""
    sessions = session_estimates(experiment(insurance, insurance.over(today), seed))
    return {name: one.value for name, one in sessions.items()}


def alike(insurance: Innovation, today: Scenario, seed: int) -> Values:
    """T7 from the same sessions: how far take-up outside the price villages, given the arm, goes by natural village."""
    data = experiment(insurance, insurance.over(today), seed)
    usual = data[~data["drawn"]]
    beyond_arm = usual["takes"] - usual.groupby("arm")["takes"].transform("mean")
    return {"T7": estimates.intra_class_correlation(beyond_arm.to_numpy(), usual["hamlet"].to_numpy())}


def spread(seed_corn: Innovation, today: Scenario, seed: int) -> Values:
    """T6 from the scenario's parameters, with the seed laid over it."""
    return history_estimates(history(seed_corn, seed_corn.over(today), seed))


# What an innovation gives of targets, in the order in which they are looked for.
EVIDENCE = {"taught": taught, "alike": alike, "spread": spread}
