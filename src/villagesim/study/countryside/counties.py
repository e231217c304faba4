"""The counties of a country: which province and kind each is of, and how each differs from its kind's setting."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from villagesim.arithmetic import clip, exp
from villagesim.country import KINDS, Country, CountrySettings
from villagesim.declare import declared
from villagesim.draws import WORLD_MONTH, Purpose, bell, replicate_seed, uniform
from villagesim.scenario import Scenario, ScenarioError, assigned, changed
from villagesim.scenario_text import Place, flat, read
from villagesim.settings import OutsideSettings, WorldSettings
from villagesim.world.population import farm_net

YEAR = 12
# No run and no world draws in this month: what a county is like shares no luck with what happens in it.
COUNTRY_MONTH = WORLD_MONTH - 1
LOGS = ("distance_town", "distance_county", "prosperity", "inbound")
RANGES = {"coverage": "coverage_between", "courier": "courier_between", "service_point": "point_between",
          "heritage": "heritage_between", "fresh": "fresh_between", "harvest": "harvest_between"}
BOUNDS = {field.name: field.quantity for kind in (WorldSettings, OutsideSettings) for field in declared(kind)}


class County(NamedTuple):
    """One county: its number, province (row), kind, seed, and the scenario's keys that it sets."""

    number: int
    province: int
    kind: str
    seed: int
    sets: dict[str, float]


def settings_of_kinds(scenario: Scenario, folder: Path) -> dict[str, Scenario]:
    """The scenario in the setting of each kind of county: village_plain.toml and so on of a folder are laid over it.

    Raises ScenarioError, also where the scenario can't be a country's: it names a survey, or no whole years.
    """
    where = Place(str(scenario.path or scenario.name))
    if scenario.survey:
        raise Place(where.file, "world.survey_households").problem("is one county's, not a country's", "no survey")
    for key, least in (("months", YEAR), ("spin_up", YEAR)):
        value = int(getattr(scenario.run, key))
        if value < least or (key == "months" and value % YEAR):
            raise Place(where.file, f"run.{key}").problem(
                f"is {value} month, but the price answers by the year", "whole years" if key == "months" else
                f"{YEAR} or more: the year before the programme is what the price refers to")
    found = {}
    for kind in KINDS:
        file = folder / f"village_{kind}.toml"
        said = {key: value for key, value in flat(read(file)).items() if key not in ("title", "extends")}
        found[kind] = changed(scenario, said)
    return found


def shared_out(total: int, weights: Sequence[float]) -> list[int]:
    """A whole number shared out by weights, by largest remainders; the earlier first where they are alike.

    >>> shared_out(10, [1, 1, 1]), shared_out(3, [0.5, 0.0, 0.5])
    ([4, 3, 3], [2, 0, 1])
    """
    everything = sum(weights)
    exact = [total * weight / everything for weight in weights]
    whole = [int(part) for part in exact]
    order = sorted(range(len(exact)), key=lambda i: (whole[i] - exact[i], i))
    for i in order[: total - sum(whole)]:
        whole[i] += 1
    return whole


def prosperity(country: Country, kinds: Mapping[str, Scenario]) -> list[float]:
    """How much more each province's households earn than its kinds of county say, over the country's mean [1].

    Both sides are relative to the country: income a head as published, against income before anything is sold online
    (output after inputs, and off-farm income) of the kinds' settings.
    """
    usual = [kinds[kind].world.output * farm_net(kinds[kind].parameters.sales.input_share)
             + YEAR * kinds[kind].world.off_farm for kind in KINDS]
    expected = [sum(share * income for share, income in zip(one.shares, usual, strict=True))
                for one in country.provinces]
    people = sum(one.villagers for one in country.provinces)
    income = sum(one.villagers * one.income for one in country.provinces) / people
    mean = sum(one.villagers * value for one, value in zip(country.provinces, expected, strict=True)) / people
    return [(one.income / income) / (value / mean) for one, value in zip(country.provinces, expected, strict=True)]


def counties(country: Country, kinds: Mapping[str, Scenario], seed: int) -> list[County]:
    """All counties, province by province, in each plain before hill before mountain; the same for the same seed."""
    richer = prosperity(country, kinds)
    number, found = 0, []
    each = shared_out(country.settings.counties, [one.villagers for one in country.provinces])
    for row, (one, many) in enumerate(zip(country.provinces, each, strict=True)):
        for kind, of_kind in zip(KINDS, shared_out(many, one.shares), strict=True):
            for _ in range(of_kind):
                sets = _differs(country.settings, kinds[kind], replicate_seed(seed, number + 1), richer[row])
                found.append(County(number, row, kind, replicate_seed(seed, number + 1), sets))
                number += 1
    return found


def scenario_of(county: County, kinds: Mapping[str, Scenario]) -> Scenario:
    """The scenario that the county runs."""
    return assigned(kinds[county.kind], county.sets)


def sized(county: County, kinds: Mapping[str, Scenario], settings: CountrySettings, households: int) -> County:
    """The same county of so many households: fewer villages and townships of the same size."""
    return county._replace(sets=county.sets | _size(kinds[county.kind], settings, households))


def sample(of: Sequence[Any], many: int) -> list[Any]:
    """So many of a list at equal steps: every part of the list is in it as far as its length goes.

    >>> sample(range(10), 3), sample("ab", 5)
    ([1, 5, 8], ['a', 'b'])
    """
    many = min(many, len(of))
    return [of[(2 * i + 1) * len(of) // (2 * many)] for i in range(many)]


def _size(kind: Scenario, settings: CountrySettings, households: int) -> dict[str, int]:
    villages = max(1, round(households / kind.world.households))
    return {"world.villages": villages,
            "world.townships": min(villages, max(1, round(households / settings.township)))}


def _differs(settings: CountrySettings, kind: Scenario, seed: int, richer: float) -> dict[str, float]:
    """What a county sets of its own [by key]: its size, and its draws about the setting of its kind, within bounds."""
    usual = kind.world._asdict() | {"inbound": kind.outside.inbound}
    spreads = (settings.distance_between, settings.distance_between, settings.prosperity_between,
               settings.inbound_between)
    factor = {name: exp(spread * bell(seed, COUNTRY_MONTH, row, int(Purpose.GRANT)))
              for row, (name, spread) in enumerate(zip(LOGS, spreads, strict=True))}
    factor["prosperity"] *= richer
    rows = range(len(LOGS), len(LOGS) + len(RANGES))
    drawn = {name: usual[name] + getattr(settings, half) * (
        2.0 * uniform(seed, COUNTRY_MONTH, row, int(Purpose.GRANT)) - 1.0)
        for row, (name, half) in zip(rows, RANGES.items(), strict=True)}
    drawn["terrain"] = usual["terrain"] + settings.terrain_between * bell(
        seed, COUNTRY_MONTH, len(LOGS) + len(RANGES), int(Purpose.GRANT))
    drawn |= {name: usual[name] * factor[name] for name in ("distance_town", "distance_county", "inbound")}
    drawn |= {name: usual[name] * factor["prosperity"] for name in ("output", "off_farm")}
    bounded = {name: clip(value, float(BOUNDS[name].low), float(BOUNDS[name].high)) for name, value in drawn.items()}
    keys = {name: ("outside." if name == "inbound" else "world.") + name for name in bounded}
    if bounded["fresh"] + kind.world.dry + kind.world.craft <= 0.0:
        raise ScenarioError(f"{kind.name}: a county with no product; allowed: weights of dry or craft above 0")
    return {keys[name]: value for name, value in bounded.items()} | _size(kind, settings, settings.households)
