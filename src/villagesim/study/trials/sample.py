"""What the analysts of a trial get: a survey of its county, as a table of the treated and the others, or as a panel."""

import numpy as np
import pandas as pd

from villagesim.scenario import changed
from villagesim.study.fieldwork import surveys
from villagesim.study.trials.design import FULL, HOUSEHOLDS, TOWNSHIP, Asked, Trial


def survey(trial: Trial, villages: int, seed: int) -> pd.DataFrame:
    """One simulated trial: a row a household asked and wave, columns of `surveys`, with log_income, start and got.

    start: month in which the arm is to begin for the household by its assignment (NaN: never). got: the arm reaches its
    village in the end, which under imperfect compliance is another thing.
    """
    asked = trial.asked
    first, *later = (changed(arm, size(villages)) for arm in trial.arms)
    whole = surveys.households(first, seed, asked.survey.waves, list(zip(asked.starts[1:], later, strict=True)))
    kept = surveys.sampled(whole, asked.survey.households, asked.survey.noise,
                           np.random.default_rng([surveys.STREAM, seed]))
    return kept.assign(log_income=np.log(kept["income"].clip(lower=1.0)), start=_starts(asked, kept, seed),
                       got=kept["village_rank"] < asked.reaches()[-1])


def size(villages: int) -> dict[str, int]:
    """The county of a trial of so many villages, as scenario keys."""
    return {"world.villages": villages, "world.townships": max(1, villages // TOWNSHIP)}


def compared(asked: Asked, table: pd.DataFrame) -> pd.DataFrame:
    """A row a household at the last wave, beside the last before the start: outcome, before, treated, takes_part."""
    waves = asked.survey.waves
    last = max(wave for wave in waves if wave < asked.starts[0])
    before, after = (table[table["wave"] == wave].set_index("household") for wave in (last, waves[-1]))
    return after.assign(
        outcome=after[asked.outcome].astype(float), before=before[asked.outcome].astype(float),
        route_before=before["route"], bought_before=before["bought"], treated=after["start"].notna().astype(float),
        takes_part=after[asked.takes_part] > 0).reset_index()


def followed(asked: Asked, table: pd.DataFrame) -> pd.DataFrame:
    """A row a unit and wave, as `differences` takes it: means of a village, or of each arm's households in a village.

    Times number the waves; a unit starts at the first wave that its start does not come after.
    """
    waves = np.array(asked.survey.waves)
    told = table.assign(outcome=table[asked.outcome].astype(float), time=np.searchsorted(waves, table["wave"]),
                        arm=table["start"].notna(),
                        start=np.where(table["start"].notna(), np.searchsorted(waves, table["start"]), np.nan))
    units = told.groupby(["village", "arm", "time"], as_index=False).agg(
        outcome=("outcome", "mean"), start=("start", "first"))
    return units.assign(unit=2 * units["village"].astype(int) + units["arm"], cluster=units["village"].astype(int),
                        treated=(units["time"] >= units["start"]).astype(float))


def drawn(asked: Asked, ranks: np.ndarray, seed: int) -> np.ndarray:
    """Villages that are assigned to the arm, those that get it being the first by rank [yes/no, shape (villages,)].

    ranks: place of each village in an order that was drawn, so that who gets the arm is chance. Of those that get it
    and of the others, so many are drawn for the treated as compliance says: the same lot as to assign villages first
    and then to draw who complies.
    """
    got = np.flatnonzero(ranks < asked.reaches()[-1])
    rest = np.setdiff1d(np.arange(len(ranks)), got)
    treated = int((ranks < asked.share).sum())
    takers = min(len(got), round(asked.compliance.treated * treated))
    takers = max(takers, treated - len(rest))
    rng = np.random.default_rng([surveys.STREAM, seed, 1])
    chosen = np.zeros(len(ranks), bool)
    chosen[rng.permutation(got)[:takers]] = True
    chosen[rng.permutation(rest)[:treated - takers]] = True
    return chosen


def _starts(asked: Asked, table: pd.DataFrame, seed: int) -> np.ndarray:
    """Month in which the arm is to begin for each row's household [month, float64, NaN: never]."""
    starts = np.array([*asked.starts, np.nan])
    if asked.assign == HOUSEHOLDS:
        return np.where(table["rank"] < asked.share, starts[0], np.nan)
    if asked.compliance != FULL:
        ranks = table.groupby("village")["village_rank"].first()
        chosen = pd.Series(drawn(asked, ranks.to_numpy(), seed), ranks.index)
        return np.where(table["village"].map(chosen), starts[0], np.nan)
    return starts[np.searchsorted(asked.reaches(), table["village_rank"], side="right")]
