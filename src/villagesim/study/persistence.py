"""Persistence: what is left of a programme's gain one, two and three years after its money stops.

A gain is against the base, with the same luck, as the mean of the twelve months that end so long after the stop: each
looks at all seasons. Beside it stands the same programme whose money goes on, where it was run.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from villagesim.outcomes import OUTCOME
from villagesim.results import Run, interval, year_mean
from villagesim.study.paired import ratio

SHOCK = "fund_cut"
TOLD = (0, 12, 24, 36)
FOLLOWED = ("adoption", "online_share", "income_mean", "jobs_rate", "skill_operation", "trust_online", "brand",
            "service_point")
COLUMNS = {
    "uncut": ("code", "the same scenario whose money goes on (empty: not among those compared)"),
    "after": ("month", "months since the money stopped; a value is the mean of the twelve months that end there"),
    "left": ("share", "gain over the gain of the last year with money"),
    "left_low": ("share", "lower end of its 95 % interval (Fieller)"),
    "left_high": ("share", "upper end of its 95 % interval (Fieller)"),
    "of_uncut": ("share", "gain over the gain at that time of the same programme whose money goes on"),
    "of_uncut_low": ("share", "lower end of its 95 % interval (Fieller)"),
    "of_uncut_high": ("share", "upper end of its 95 % interval (Fieller)"),
}
NAMES = ("scenario", "base", "uncut", "outcome", "unit", "after", "replicates", "difference", "low", "high", "left",
         "left_low", "left_high", "of_uncut", "of_uncut_low", "of_uncut_high")


def persistence(runs: Mapping[str, Sequence[Run]]) -> pd.DataFrame:
    """A row a scenario whose money stops, outcome of FOLLOWED and time of TOLD that the runs reach; else no row.

    runs: by scenario name, replicate by replicate, the base first. A ratio is NaN where what it is over is not told
    from 0.
    """
    base, *others = runs
    rows = []
    for name in others:
        stop = stops(runs[name][0])
        if stop is None:
            continue
        twin = next((other for other in others if goes_on(runs[name][0], runs[other][0])), "")
        for outcome in FOLLOWED:
            gains = {one: _years(runs[one], outcome) - _years(runs[base], outcome) for one in (name, twin) if one}
            rows += _rows((name, base, twin, outcome, OUTCOME[outcome].unit), gains, stop, _months(runs[name][0]))
    return pd.DataFrame(rows, columns=list(NAMES))


def _rows(about: tuple[str, ...], gains: Mapping[str, np.ndarray], stop: int, months: np.ndarray) -> list[tuple]:
    """One outcome of one scenario: gains (n, months) of itself and of the twin."""
    name, twin = about[0], about[2]
    rows, first = [], gains[name][:, months == stop - 1]
    for after in (after for after in TOLD if (months == stop + after - 1).any() and first.size):
        here = gains[name][:, months == stop + after - 1][:, 0]
        beside = gains[twin][:, months == stop + after - 1][:, 0] if twin else np.zeros(len(here))
        rows.append((*about, after, len(here), *interval(here), *ratio(here, first[:, 0]), *ratio(here, beside)))
    return rows


def stops(run: Run) -> int | None:
    """The month in which the scenario's money is cut; None where it is not."""
    shock = _resolved(run)["shocks"].get(SHOCK)
    return None if shock is None else int(shock["start"])


def goes_on(cut: Run, other: Run) -> bool:
    """Whether the other run's scenario is the one that is cut, but for the cut, of which it has none."""
    one, two = _resolved(cut), _resolved(other)
    kept = {name: shock for name, shock in one["shocks"].items() if name != SHOCK}
    return one | {"shocks": kept} == two


def _resolved(run: Run) -> dict[str, Any]:
    return run.manifest["identity"]["resolved"]


def _months(run: Run) -> np.ndarray:
    return run.group.loc[run.group["group"] == "all", "month"].to_numpy()


def _years(runs: Sequence[Run], outcome: str) -> np.ndarray:
    """An outcome over all households, the mean of twelve months up to each, (n, months)."""
    people = [run.group[run.group["group"] == "all"] for run in runs]
    return year_mean(np.array([frame[outcome].to_numpy(np.float64) for frame in people]))
