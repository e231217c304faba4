"""Every published target beside what the model gives, by the source's own estimator on simulated data (`fieldwork`).

Each member of the ensemble is lived in several counties, each kind of evidence made anew in each: what members differ
by is what is not known of the parameters, and what the counties of one member differ by is luck and setting.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from villagesim import __version__
from villagesim.draws import replicate_seed
from villagesim.evidence import Target, targets
from villagesim.results import write_tables
from villagesim.scenario import digest
from villagesim.sources import sources
from villagesim.study import pool, runner
from villagesim.study.fieldwork import reconciliation
from villagesim.study.fieldwork.kinds import EVIDENCE, Base, Values
from villagesim.study.uncertainty import ends

INSIDE, SIGN, WRONG, NOT_YET, NOT_MODELLED = "inside", "right sign", "wrong", "not computed", "not modelled"
Progress = Callable[[int, int], None]
BOOK = {
    "target": ("code", "target"),
    "what": ("text", "what it is"),
    "unit": ("text", "unit of the values"),
    "role": ("code", "calibrate: may be fitted; validate: never is"),
    "source_value": ("target's unit", "published value"),
    "source_low": ("target's unit", "lower end of what counts as inside"),
    "source_high": ("target's unit", "upper end of what counts as inside"),
    "model": ("target's unit", "mean over the members; geometric where the target's scale is the logarithm"),
    "low": ("target's unit", "lower end of 95 % of the members, each the mean of its counties, as `uncertainty.ends`"),
    "high": ("target's unit", "upper end of the same"),
    "luck_sd": ("target's unit", "standard deviation of one county by luck; log points where the mean is geometric"),
    "parameter_sd": ("target's unit", "standard deviation between members beyond it, likewise; 0: not told from it"),
    "verdict": ("code", "inside the published interval, right sign, wrong, not computed or not modelled"),
    "estimator": ("code", "estimator"),
}
MEMBER = {"member": ("1", "member of the ensemble")}
LIVED = {"county": ("1", "county that the member is lived in"), "setting": ("1", "village setting of that county")}
# What comes with the difference-in-differences: an estimate that staggered starts do not bias, and two checks.
CHECKS = {"V3.imputed": "log points", "V3.placebo": "log points", "V3.placebo_found": "1", "V3.pre_trend": "p-value"}
# What the ratio of V8 is made of: levels that go with the size of a village, which the source does not tell.
PARCELS = {"V8.bought": "parcel/village/month", "V8.sent": "parcel/village/month"}
OTHERS = CHECKS | PARCELS | {name: unit for name, (unit, _) in reconciliation.UNITS.items()}
TOLD = 0.05
# Of one panel, and of no member.
TESTS = ("V3.placebo_found", "V3.pre_trend")


class _Task(NamedTuple):
    kind: str
    base: Base
    seed: int


@dataclass(frozen=True)
class Validation:
    """table: a row a target, columns as BOOK. values: a row a county of a member, a column a target. about: what they
    rest on."""

    table: pd.DataFrame
    values: pd.DataFrame
    about: dict[str, Any]

    def reconciled(self) -> list[str]:
        """V1, V3 and V4 from one set of parameters, in sentences: see `reconciliation.words`."""
        return reconciled(self.values)

    def write(self, folder: str | Path) -> Path:
        """Write the table, and the values by member and by county, as CSV and Parquet, and the checks as checks.json;
        return the folder."""
        units = {one.id: one.unit for one in targets()} | OTHERS
        told = "estimate on simulated data; of a member, the mean over its counties"
        book = BOOK | MEMBER | LIVED | {name: (units[name], told) for name in self.values if name not in MEMBER | LIVED}
        kept = {"validation": self.table, "members": of_members(self.values), "counties": self.values}
        folder = write_tables(folder, kept, self.about, book)
        (folder / "checks.json").write_text(json.dumps(checks(self.values), indent=1) + "\n", encoding="utf-8")
        return folder


def validate(bases: Sequence[Base], members: int = 21, counties: int = 3, seed: int = 1, workers: int | None = None,
             progress: Progress | None = None, of: Callable[[int, int], Base] | None = None,
             made: str = "point values") -> Validation:
    """All targets over `members`, each in so many counties, dealt to the bases in turn. Raises what the runs raise.

    of: the base under a member's own parameters, by member and by the base's place (None: the base as it is). made: in
    words, where the parameters come from.
    """
    lived = [(member, county) for member in range(members) for county in range(counties)]
    places = [(member + county) % len(bases) for member, county in lived]
    made_from = [of(member, place) if of is not None else bases[place]
                 for (member, _), place in zip(lived, places, strict=True)]
    # Not the seed itself, from which a county's own several counties draw theirs.
    seeds = [replicate_seed(seed, number + 1) for number in range(len(lived))]
    tasks = [_Task(kind, base, one) for base, one in zip(made_from, seeds, strict=True) for kind in EVIDENCE]
    runner.prepare([bases[0].programme])
    found: list[Values] = [{} for _ in lived]
    for number, values in enumerate(pool.gather(_carry, tasks, workers, progress)):
        found[number // len(EVIDENCE)] |= values
    table = pd.concat([pd.DataFrame(lived, columns=["member", "county"]).assign(setting=places), pd.DataFrame(found)],
                      axis=1)
    about = {"scenarios": {f"{one.name} {place}": digest(one) for place, base in enumerate(bases) for one in base},
             "seeds": seeds,
             "version": __version__, "sources": sources(), "parameters": made}
    return Validation(held_against(table, targets()), table, about)


def reconciled(values: pd.DataFrame) -> list[str]:
    """V1, V3 and V4 from one set of parameters, in sentences. values: as `Validation.values`."""
    chosen = {one.id: one for one in targets() if one.id in reconciliation.TOGETHER}
    return reconciliation.words(of_members(values), {name: one.value for name, one in chosen.items()},
                                {name: one.range for name, one in chosen.items()})


def of_members(values: pd.DataFrame) -> pd.DataFrame:
    """A row a member, the mean over its counties of what is known; geometric where a target's scale is the logarithm.

    A ratio of 0 has no logarithm: it counts only where a member's counties have no other. Tests of panels have no mean.
    """
    if "county" not in values:
        return values
    kept = values.drop(columns=[*LIVED, *TESTS], errors="ignore")
    means = kept.groupby("member", as_index=False).mean()
    for one in targets():
        if one.logarithmic and one.id in kept:
            logs = np.log(kept[one.id].where(kept[one.id] > 0)).groupby(kept["member"]).mean()
            means[one.id] = np.exp(logs).to_numpy() if logs.notna().all() else \
                np.where(logs.notna(), np.exp(logs), means[one.id])
    return means


def checks(values: pd.DataFrame) -> dict[str, float]:
    """What stands beside V3, over all panels: the mean robust estimate and placebo [log points], and the shares of
    panels whose placebo is found and whose leads before the start are not 0, at 5 %; empty where not computed."""
    if not set(CHECKS) <= set(values):
        return {}
    said = values[list(CHECKS)].dropna()
    return {"imputed": float(said["V3.imputed"].mean()), "placebo": float(said["V3.placebo"].mean()),
            "placebo_found": float(said["V3.placebo_found"].mean()),
            "pre_trend_found": float((said["V3.pre_trend"] < TOLD).mean())}


def checked(found: Mapping[str, float]) -> str:
    """The checks in one line of words."""
    if not found:
        return "The checks of V3 are not computed"
    return ("V3 and its checks: {imputed:.3g} by imputation; placebo {placebo:.3g}, found in {placebo_found:.0%} of "
            "panels; a trend before the start, found in {pre_trend_found:.0%}").format(**found)


def held_against(values: pd.DataFrame, wanted: Sequence[Target]) -> pd.DataFrame:
    """A row a target: the published value and interval, the model's, and the verdict."""
    members = of_members(values)
    return pd.DataFrame([_row(one, members, values) for one in wanted], columns=list(BOOK))


def verdict(model: float, one: Target) -> str:
    """Where a model value lies: inside the published interval, outside with the published sign, or wrong."""
    low, high = one.range
    if low <= model <= high:
        return INSIDE
    return SIGN if model * one.value > 0 else WRONG


def _row(one: Target, members: pd.DataFrame, values: pd.DataFrame) -> tuple:
    low, high = one.range
    said = (one.id, one.what, one.unit, one.role, one.value, low, high)
    if one.not_modelled:
        return (*said, *[np.nan] * 5, NOT_MODELLED, one.estimator)
    if one.id not in members or members[one.id].isna().all():
        return (*said, *[np.nan] * 5, NOT_YET, one.estimator)
    found = members[one.id].dropna()
    # A ratio of 0 has no logarithm: such a member is left out of the mean, and not of the interval.
    model = float(np.exp(np.log(found[found > 0]).mean()) if one.logarithmic else found.mean())
    return (*said, model, *ends(found), *apart(values, one), verdict(model, one), one.estimator)


def apart(values: pd.DataFrame, one: Target) -> tuple[float, float]:
    """Standard deviations of a target by luck, and between members beyond what luck makes of their means.

    values: a row a county, as `Validation.values`. What settings differ by at all members alike is neither: each
    setting's mean is taken off first. In log points where the target's scale is the logarithm. NaN where no member
    has two counties, or fewer than two members have one.
    """
    if "county" not in values:
        return float("nan"), float("nan")
    scaled = np.log(values[one.id].where(values[one.id] > 0)) if one.logarithmic else values[one.id]
    kept = values[["member", "setting"]].assign(value=scaled).dropna()
    within = kept["value"] - kept.groupby("setting")["value"].transform("mean")
    grouped = within.groupby(kept["member"])
    sizes, means = grouped.size(), grouped.mean()
    freedom = len(kept) - len(sizes) - (kept["setting"].nunique() - 1)
    if freedom < 1 or len(means) < 2:
        return float("nan"), float("nan")
    luck = float(np.square(within - grouped.transform("mean")).sum()) / freedom
    between = float(means.var(ddof=1)) - luck * float((1.0 / sizes).mean())
    return float(np.sqrt(luck)), float(np.sqrt(max(between, 0.0)))


def _carry(task: _Task) -> Values:
    return EVIDENCE[task.kind](task.base, task.seed)
