"""An ensemble of parameter sets: shipped by a calibration, and put into the scenarios that evidence is made from."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from villagesim import evidence
from villagesim.catalogue import settable
from villagesim.scenario import Scenario, assigned
from villagesim.scenario_text import flat, gather
from villagesim.sources import model, series
from villagesim.study.calibration.calibrate import FINAL, Calibration
from villagesim.study.fieldwork.kinds import Base

# What a reader needs to know of how the ensemble was made, and to make it again.
SAID = ("name", "title", "version", "model", "series", "scenarios", "seeds", "quick", "waves", "points", "replicates",
        "final", "members", "cutoff", "may_miss", "targets", "out_of_reach", "left", "widened", "effective_runs",
        "unwidened_runs", "distinct_members", "how")


def ship(found: Calibration, folder: Path) -> list[Path]:
    """Write a calibration's ensemble where `evidence.ensemble` finds it; return the two files."""
    file = folder / evidence.ENSEMBLE
    found.ensemble.to_csv(file, index=False, lineterminator="\n")
    return [file, ship_made(found, folder / evidence.MADE)]


def ship_made(found: Calibration, file: Path) -> Path:
    """Write how a calibration was made and what it left of each number; return the file."""
    said = {key: found.about[key] for key in SAID if key in found.about}
    said["aims"] = {row.target: {"value": row.value, "published": row.published, "discrepancy": row.discrepancy,
                                 "log": bool(row.log), "reached": bool(row.reached)}
                    for row in found.targets.itertuples()}
    said["region"] = {row.parameter: {"unit": row.unit, "varied": [row.low, row.high], "usual": row.usual,
                                      "interval": [row.q05, row.q95], "median": row.q50, "fitting": row.fitting,
                                      "pinned": row.pinned, "recovered": row.recovered}
                      for row in found.region.itertuples()}
    said["heaviest"] = heaviest(found)
    last = found.checks[found.checks["stage"] == found.checks["stage"].iloc[-1]]
    said["emulators"] = {row.target: {"inside": row.inside, "r2": row.r2} for row in last.itertuples()}
    file.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    return file


def heaviest(found: Calibration) -> dict[str, Any]:
    """The final run of most weight: its point, the values of its numbers, and the mean of each target over its seeds,
    log points where a target is aimed at by its logarithm. It can be made again, which tells whether evidence still is
    made as it was."""
    final = found.points[found.points["stage"] == FINAL]
    row = final.loc[final["weight"].idxmax()]
    runs = found.runs[(found.runs["stage"] == FINAL) & (found.runs["point"] == row["point"])]
    return {"point": int(row["point"]), "numbers": {name: float(row[name]) for name in found.region["parameter"]},
            "means": dict(zip(runs["target"], map(float, runs["mean"]), strict=True))}


def set_in(*files: Path) -> frozenset[str]:
    """The dotted keys that scenario files, and those that they extend, set for themselves."""
    return frozenset(key for file in files for key in flat(gather(Path(file), lambda _: None).values))


def of_member(base: Base, row: Mapping[str, float], own: Sequence[frozenset[str]]) -> Base:
    """The base under one member's values. own: keys that each of its two scenarios sets for itself, and keeps."""
    return Base(*(_under(one, {key: value for key, value in row.items() if key not in keys})
                  for one, keys in zip(base, own, strict=True)))


def check(row: Mapping[str, float]) -> None:
    """Whether a member's keys and values are of the model. Raises ValueError, one line, with the range."""
    known = {entry.key: entry for entry in settable()}
    for key, value in row.items():
        if key not in known:
            raise ValueError(f"ensemble: {key} is no number of the model")
        low, high, unit = known[key].low, known[key].high, known[key].unit
        if (low is not None and value < low) or (high is not None and value > high):
            raise ValueError(f"ensemble: {key} is {value:g} {unit}; allowed: {low:g} to {high:g}")


def stale() -> str:
    """One line where the shipped ensemble was made with another model than this, or other series, else nothing.

    Raises ValueError, one line, where none is shipped.
    """
    about = evidence.ensemble().about
    for said, made, today in (("model {}, this is {}", about["model"], model()),
                              ("published series {}, these are {}", about["series"], series())):
        if made != today:
            return (f"The ensemble was made with {said.format(made, today)}: `villagesim calibrate "
                    "experiments/calibrate.toml --ship` makes it anew.")
    return ""


def _under(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    return assigned(scenario, values) if values else scenario
