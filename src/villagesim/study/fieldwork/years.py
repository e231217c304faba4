"""Calendar years: counties that start in a published year and follow the published series. T12, T13, T14, V8"""

import numpy as np

from villagesim import engine, scenario_series
from villagesim.draws import replicate_seed
from villagesim.outcomes import OUTCOME
from villagesim.scenario import Scenario, changed
from villagesim.study.fieldwork.surveys import STREAM
from villagesim.tables import World

FIRST, LAST = 2015, 2023
# The targets that may be fitted and follow the published series.
TARGETS = ("T12.official", "T12.survey", "T13.growth", "T14.growth")
# When rural people were online as the source of the usual `world.phone` says, and points counted as that of
# `world.service_point` does.
PHONES_OF, POINTS_OF = 2022.0, 2017.0
# Of all households, and of each village.
SUMS, PLACES = ("sellers", "income", "persons"), ("service_point", "route_serving")
YEAR, JUNE, DECEMBER = 12, 5, 11
# Villages that the consumers' association visited in 2022.
VISITS = 824
# Programme years whose parcels are counted.
PROGRAMME_YEARS = 2


def series(today: Scenario, seed: int, counties: int) -> dict[str, float]:
    """T12, T13 and T14 over the years, in so many counties that start in 2015 and have no programme.

    They start with the phones and points of 2015, and as the scenario's county is in all else. A point whose condition
    has worn counts for that part of a village. Sellers are few: they are added up over the counties; NaN where there is
    none in either year.
    """
    followed = as_of_first(changed(today, {"run.start_year": FIRST, "run.months": (LAST - FIRST + 1) * YEAR}))
    found = [_followed(followed, replicate_seed(seed, county)) for county in range(counties)]
    then, survey = (np.concatenate([places[_month(*when)] for _, places in found], axis=1)
                    for when in ((2021, DECEMBER), (2022, JUNE)))
    sellers, income, persons = (dict(zip(range(FIRST, LAST + 1), row, strict=True))
                                for row in sum(sums for sums, _ in found))
    return {
        "T12.official": float(np.maximum(*then).mean()),
        "T12.survey": found_working(survey[PLACES.index("service_point")], seed),
        "T13.growth": float(sellers[2022] / sellers[2016]) if sellers[2022] > 0 and sellers[2016] > 0 else float("nan"),
        "T14.growth": float(income[2023] / persons[2023] / (income[2021] / persons[2021])),
    }


def found_working(condition: np.ndarray, seed: int) -> float:
    """Share of VISITS, each to a village by lot, that find its point working: as often as its condition (n,) says."""
    luck = np.random.default_rng([STREAM, seed, 5])
    return float((luck.random(VISITS) < luck.choice(condition, VISITS)).mean())


def _followed(county: Scenario, seed: int) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """Sums of SUMS over the months of each calendar year (3, years); PLACES a month (2, villages).

    A tenth of what a full record of all groups would take.
    """
    sums, places = np.zeros((len(SUMS), LAST - FIRST + 1)), {}

    def observe(month: int, world: World) -> None:
        if month >= 0:
            sums[:, month // YEAR] += [OUTCOME[name].take(world).sum() for name in SUMS]
            places[month] = np.array([OUTCOME[name].take(world) for name in PLACES], np.float64)

    engine.run(county, seed, observe=observe)
    return sums, places


def large_programme(county: Scenario, seed: int) -> dict[str, float]:
    """V8 in a county that starts in 2015, with that year's phones and points, under its programme: two years' parcels.

    V8.bought, V8.sent: purchases and shipments [parcel/village/month]; V8: their ratio, NaN where nothing is sent.
    """
    bought, sent = [], []

    def observe(month: int, world: World) -> None:
        if month >= 0:
            bought.append(world.villages.parcels_in.mean())
            sent.append(world.villages.parcels_out.mean())

    asked = {"run.start_year": FIRST, "run.months": PROGRAMME_YEARS * YEAR}
    engine.run(changed(as_of_first(county), asked), seed, observe=observe)
    into, out = float(np.mean(bought)), float(np.mean(sent))
    return {"V8": into / out if out > 0 else float("nan"), "V8.bought": into, "V8.sent": out}


def as_of_first(today: Scenario) -> Scenario:
    """Today's county with the smartphones and points of FIRST: fewer by as much as fewer rural people were online, and
    fewer villages had a point, than when those of today's county were counted."""
    part = {"phone": _grown("internet", PHONES_OF), "service_point": _grown("points", POINTS_OF)}
    return changed(today, {f"world.{name}": getattr(today.world, name) / grown for name, grown in part.items()})


def _grown(name: str, until: float) -> float:
    """How many times as large a published share was at a time as at the start of FIRST."""
    years, shares = zip(*((row.year, row.value) for row in scenario_series.published(name)), strict=True)
    before, then = np.interp([FIRST, until], years, shares)
    return float(then / before)


def _month(year: int, month: int) -> int:
    """The month of the run in which a calendar month lies (0 = January)."""
    return (year - FIRST) * YEAR + month
