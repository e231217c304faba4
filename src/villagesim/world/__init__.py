"""A scenario's county in month 0: geography, population, networks and the programme, or a user's own survey."""

import numpy as np

from villagesim import levers, tables
from villagesim.scenario import Scenario
from villagesim.settings import WorldSettings
from villagesim.world import geography, networks, population, programme
from villagesim.world.survey import Survey, read

__all__ = ["build", "surveyed"]


def build(scenario: Scenario, seed: int, survey: Survey | None = None) -> tables.World:
    """All tables of the scenario's county, filled for month 0; the same bits for the same arguments, anywhere.

    scenario: `world`, `county`, `levers`, `priority`, and the files of `survey` where it names some.
    A survey given here is used instead. Where a survey holds households, the county consists of them: their villages,
    values and ties are kept, and only what the survey does not say is drawn. A scenario's own `world_seed` stands for
    the seed, so that many runs can share one county.
    Raises SurveyError for bad rows in the scenario's files.
    """
    settings = scenario.world
    if scenario.run.world_seed >= 0:
        seed = int(scenario.run.world_seed)
    if survey is None and scenario.survey:
        survey = surveyed(scenario)
    counts = geography.household_counts(settings, seed) if survey is None else survey.counts
    world = _empty(settings, seed, counts)
    geography.place(world, settings, seed, counts, scenario.county.selection)
    net = population.farm_net(scenario.parameters.sales.input_share)
    population.settle(world, settings, net, seed, {} if survey is None else survey.values)
    world = networks.join(world, networks.named(settings, seed, counts) if survey is None
                          else networks.surveyed(settings, seed, counts, survey))
    programme.start(world, scenario)
    return world


def surveyed(scenario: Scenario) -> Survey:
    """The survey in the files that the scenario names. Raises SurveyError with a line for each bad row."""
    return read(*scenario.survey, columns=scenario.survey_columns, keep_good=scenario.survey_keep_good)


def _empty(settings: WorldSettings, seed: int, counts: np.ndarray) -> tables.World:
    """A county of the right number of rows, all at the declared initial values."""
    villages, households = len(counts), int(counts.sum())
    towns = geography.townships(settings, villages)
    return tables.empty({
        "households": households,
        "ties": 0,
        "townships": towns,
        "villages": villages,
        "works": villages * len(levers.WORKS),
        "workers": programme.post_count(households, towns),
        "traders": len(population.rounds(settings, seed, counts)[0]),
        "couriers": 1 + int(geography.along(villages, towns, settings.route_villages).max()),
        "levers": len(levers.LEVERS),
        "county": 1,
    })
