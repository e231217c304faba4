"""The kinds of simulated evidence: each a survey, a trial, a panel or a history, with its source's own estimator.

An ordinary county, who sells in several such, a promoted county, its posts, counties that follow the calendar from 2015
on, fresh goods with and without cold stores, a field trial of access, a panel of counties under a programme, and two
innovations that spread without trade. Each gives values of targets by name, from a base and a seed.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from villagesim import engine
from villagesim.draws import replicate_seed
from villagesim.outcomes import OUTCOME
from villagesim.results import last_months, record
from villagesim.scenario import Scenario, changed
from villagesim.study import trials
from villagesim.study.fieldwork import (
    chains,
    differences,
    diffusion,
    estimates,
    followups,
    losses,
    panels,
    reconciliation,
    surveys,
    ties,
    years,
)
from villagesim.study.fieldwork.innovations import shipped
from villagesim.tables import World

# The county that evidence is made in: small enough for many, large enough for each estimator.
COUNTY = {"world.villages": 16, "world.townships": 4, "world.households": 120}
# The panels behind V3: 2008 to 2022, national programmes beginning in 2014 to 2020, as many counties never in one.
# Four counties a start: of two, errors by cluster are too small, and the test of leads finds what is not there.
PANEL = {"world.villages": 6, "world.townships": 2, "world.households": 120}
PANEL_COUNTIES, PANEL_STARTS, PANEL_YEARS = 56, (6, 7, 8, 9, 10, 11, 12), 15
# Households that the survey behind T15 asked.
RESPONDENTS = 346
# Households a village that the survey behind V4 asks, some 6,000 rural ones in all, and how far they are off on income
# [sd of its log]: assumptions, the latter as trials have it.
PANEL_ASKED, PANEL_NOISE = 47, 0.2
# Sixty of a hundred villages by lot; the point opened in 38 of the 60, and in 5 of the others.
TRIAL = trials.Asked(
    title="access alone", scenario="", set={"world.households": 60}, share=0.6, villages=(100,),
    compliance=trials.Compliance(treated=38 / 60, control=5 / 40),
    arm={"county.budget": 400, "levers.service_point.intensity": 1, "levers.coverage.intensity": 1})
# Villages with a route, and without one, that it takes to tell V2: of fewer, a route that opens by chance decides.
A_SIDE = 20
# Counties in which households are asked who sells, and sellers counted over the years: one has a handful, and sources
# asked thousands of households.
ASKED = 8
YEAR = 12
# Years for which a promoted county is followed.
FOLLOWED = 5
# What a programme does for its workers beyond a post.
CARE = ("pay", "ladder", "mentors", "supervision")

Values = dict[str, float]


class Base(NamedTuple):
    """What evidence is made from: today's county, and the same county under the whole programme."""

    today: Scenario
    programme: Scenario


def ordinary(base: Base, seed: int) -> Values:
    """What a survey of today's villages finds: T5, T10, T12, T13, T14, T16, T17."""
    today, chain = changed(base.today, {**COUNTY, "run.months": YEAR}), chains.Chain()
    run = record(today, seed, also=chain)
    group, village = last_months(run.group), last_months(run.village)
    every = group[group["group"] == "all"].mean(numeric_only=True)
    people = surveys.households(today, seed, (YEAR - 1,))
    sent = village["parcels_out"].sum()
    return ties.values(today, seed) | {
        "T10.gross": float(every["online_price"] / every["farm_gate"]),
        "T10.edge": float(every["online_margin"] / every["farm_gate"]),
        "T10.trader": chain.share,
        "T12": float(village["route_serving"].mean()),
        "T13": float(every["adoption"]),
        # The office counts who lives there; what those away send home is income of those who stayed.
        "T14.income": float(people["income"].sum() / (people["size"] - people["away"]).sum()),
        "T16.age": float(people["age"].mean()),
        "T16.size": float(people["size"].mean()),
        "T16.literate": float((people["schooling"] > 0).mean()),
        "T17": float(village["parcels_in"].sum() / sent) if sent else float("nan"),
    }


def sellers(base: Base, seed: int) -> Values:
    """How those who sell differ, by a survey of several of today's counties, a sample with errors: V4, V6."""
    today, luck = changed(base.today, {**COUNTY, "run.months": YEAR}), np.random.default_rng([surveys.STREAM, seed, 4])
    asked = [surveys.sampled(surveys.households(today, replicate_seed(seed, county), (YEAR - 1,)), PANEL_ASKED,
                             PANEL_NOISE, luck) for county in range(ASKED)]
    people = pd.concat([one.assign(village=one["village"].astype(int) + county * COUNTY["world.villages"])
                        for county, one in enumerate(asked)], ignore_index=True)
    people = people.assign(outcome=np.log(people["income"].clip(lower=1.0)), takes_part=people["sells"])
    return {"V4": estimates.naive_gap(people).value} | {
        f"V6.{name}": estimates.difference_of_means(people.assign(outcome=people[name].astype(float))).value
        for name in ("age", "schooling", "returnee")}


def promoted(base: Base, seed: int) -> Values:
    """A county under the whole programme for five years: T9, T15, T18, V5."""
    programme = changed(base.programme, {**COUNTY, "run.months": FOLLOWED * YEAR})
    run = record(programme, seed)
    county, spending = (table[table["month"] >= YEAR] for table in (run.county, run.spending))
    every = last_months(run.group[run.group["group"] == "all"]).mean(numeric_only=True)
    people = surveys.households(programme, seed, (FOLLOWED * YEAR - 1,))
    asked = people.loc[np.random.default_rng([surveys.STREAM, seed, 3]).permutation(len(people))[:RESPONDENTS]]
    posts = spending[spending["lever"].isin(("posts", "pay", "ladder"))]["yuan"].sum()
    return {
        "T9": float(posts / county["posts_filled"].sum() * YEAR),
        "T15": float(asked["sells"].mean()),
        "T15.willing": float(asked["feasible"].mean()),
        "T18": float(every["seat_started"]),
        "V5": away_where_dense(people),
    }


def away_where_dense(people: pd.DataFrame) -> float:
    """Households with a member away in villages with more sellers than the median village, over those in the others,
    less 1, with controls: NaN where no village has more."""
    sellers = people.groupby("village")["sells"].mean()
    dense = people["village"].map(sellers > sellers.median()).astype(float)
    away = people.assign(outcome=(people["away"] > 0).astype(float), takes_part=dense)
    elsewhere = float(away.loc[dense == 0, "outcome"].mean())
    return estimates.naive_gap(away).value / elsewhere if elsewhere > 0 else float("nan")


def posts(base: Base, seed: int) -> Values:
    """Posts as they were where leaving was counted, without better pay, ladder, mentors and supervision: T8, V7."""
    plain = {f"levers.{name}.intensity": 0 for name in CARE if name in base.programme.levers}
    asked, left, filled = followups.FollowUp(), 0, 0

    def observe(month: int, world: World) -> None:
        nonlocal left, filled
        asked(month, world)
        if month >= 0:
            left += int(OUTCOME["workers_left"].take(world).sum())
            filled += int(OUTCOME["posts_filled"].take(world).sum())

    engine.run(changed(base.programme, {**COUNTY, **plain, "run.months": 10 * YEAR}), seed, observe=observe)
    stays = 1 - left / filled
    return {"T8": float(1 - stays**YEAR), "V7": asked.share}


def calendar(base: Base, seed: int) -> Values:
    """Counties that follow the published series from 2015 on, without a programme and under points: T12 to T14, V8."""
    today = changed(base.today, COUNTY)
    return years.series(today, seed, ASKED) | years.large_programme(changed(today, TRIAL.arm), seed)


def spoilage(base: Base, seed: int) -> Values:
    """Fresh goods lost on the way without a cold store and with one in every village, where many send any: T11."""
    county = changed(base.programme, COUNTY)
    return {"T11": losses.fresh_losses(county, seed, cold_chain=False),
            "T11.cold": losses.fresh_losses(county, seed, cold_chain=True)}


def taught(base: Base, seed: int) -> Values:
    """An insurance explained in sessions, in a county of today's parameters: T1, T2, T3, T4."""
    return diffusion.taught(shipped("insurance"), base.today, seed)


def alike(base: Base, seed: int) -> Values:
    """The same sessions, and how alike neighbours decide: T7, which needs no regression and so little time."""
    return diffusion.alike(shipped("insurance"), base.today, seed)


def spread(base: Base, seed: int) -> Values:
    """A seed that nobody campaigns for, in a county of today's parameters: T6."""
    return diffusion.spread(shipped("seed_corn"), base.today, seed)


def trial(base: Base, seed: int) -> Values:
    """A village-randomised trial of access alone, after twelve months: V1."""
    return {"V1": estimates.intention_to_treat(_tried(base.today, seed)).value}


def buyers(base: Base, seed: int) -> Values:
    """The same trial in several counties, and what villages buy, by whether a route served them before: V2."""
    tried = pd.concat([_tried(base.today, replicate_seed(seed, county)).assign(county=county)
                       for county in range(ASKED)], ignore_index=True)
    villages = tried["village"].astype(int) + tried["county"] * TRIAL.villages[0]
    parcels = tried.assign(village=villages, outcome=tried["bought"], before=tried["bought_before"])
    by_route = {route: estimates.intention_to_treat(part).value for route, part in parcels.groupby("route_before")
                if part["treated"].nunique() == 2 and part["village"].nunique() >= A_SIDE}
    return {"V2": by_route[False] - by_route[True] if len(by_route) == 2 else float("nan")}


def _tried(today: Scenario, seed: int) -> pd.DataFrame:
    """A row a household asked after the trial, as `trials.compared` gives it."""
    planned = trials.Trial("access", TRIAL, trials.arms(changed(today, TRIAL.set), TRIAL))
    return trials.compared(TRIAL, trials.survey(planned, TRIAL.villages[0], seed))


def panel(base: Base, seed: int) -> Values:
    """Counties under the programme from staggered years, the others never: V3, a robust estimate and both checks."""
    today, programme = (changed(one, PANEL) for one in base)
    data = panels.staggered(today, programme, PANEL_COUNTIES, PANEL_STARTS, PANEL_YEARS, seed)
    found = differences.differences(data)
    return {"V3": found.two_way.value, "V3.imputed": found.imputed.value, "V3.placebo": found.placebo.value,
            "V3.placebo_found": float(found.placebo.significant), "V3.pre_trend": found.pre_trend}


def together(base: Base, seed: int) -> Values:
    """What no survey sees of V3 and V4: one county lived twice, its gain told apart (`reconciliation.UNITS`)."""
    today, programme = (changed(one, COUNTY) for one in base)
    return reconciliation.account(today, programme, FOLLOWED, seed)


EVIDENCE: dict[str, Callable[[Base, int], Values]] = {
    "ordinary": ordinary, "sellers": sellers, "promoted": promoted, "posts": posts, "calendar": calendar,
    "spoilage": spoilage, "taught": taught, "alike": alike, "spread": spread,
    "trial": trial, "buyers": buyers, "panel": panel, "together": together}
