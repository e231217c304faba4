"""An experiment: one TOML file that says what is run, how often, and which figure it feeds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from villagesim.outcomes import HEADLINES, LEVELS, OUTCOME
from villagesim.results import Run, check_place, codebook, final, interval, write_table
from villagesim.scenario import Scenario, ScenarioError, changed, load
from villagesim.scenario_text import Place, flat, naming, nearest, read, shown
from villagesim.study import runner, uncertainty
from villagesim.study.compare import COLUMNS, NEEDED, about
from villagesim.study.paired import paired

# Figures that an experiment's tables feed; others read what another study writes.
FIGURES = ("mixes",)
# What the file may say: key, type, what is allowed.
KEYS = {
    "title": (str, "text in quotes"),
    "question": (str, "text in quotes"),
    "figure": (str, f"a figure that reads an experiment's tables: {', '.join(FIGURES)}"),
    "scenarios": (list, "a list of scenario files, the first one the base"),
    "replicates": (int, "a whole number from 1 to 100000"),
    "months": (int, "a whole number from 1 to 1200"),
    "set": (dict, "a table of dotted scenario keys, such as \"world.villages\" = 40"),
}
REQUIRED = ("title", "scenarios", "replicates")
MOST_REPLICATES, MOST_MONTHS = 100_000, 1200
BOOK = {key: {"unit": unit, "meaning": meaning} for key, (unit, meaning) in COLUMNS.items()} | {
    "replicate": {"unit": "1", "meaning": "replicate: the same number shares its luck in all scenarios"},
    "seed": {"unit": "1", "meaning": "seed of the run"},
    "difference_low": {"unit": "unit of the row", "meaning": "lower end of the difference's 95 % interval"},
    "difference_high": {"unit": "unit of the row", "meaning": "upper end of the difference's 95 % interval"},
}


@dataclass(frozen=True)
class Experiment:
    """An experiment as read: its scenarios are loaded, changed and checked. said: the keys that it sets in all."""

    name: str
    title: str
    figure: str
    scenarios: tuple[Scenario, ...]
    replicates: int
    said: frozenset[str]


def read_experiment(path: str | Path, replicates: int | None = None) -> Experiment:
    """The experiment in a TOML file. Raises ScenarioError, one line, for whatever is wrong with it or its scenarios."""
    path = Path(path)
    values, file = read(path), str(path)
    for key, value in values.items():
        if key not in KEYS:
            raise Place(file, key).problem("is not known", ", ".join(KEYS), nearest(key, KEYS))
        kind, allowed = KEYS[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise Place(file, key).problem(f"is {shown(value)}", allowed)
    figure = values.get("figure", "")
    if figure and figure not in FIGURES:
        raise Place(file, "figure").problem(f"is {shown(figure)}", KEYS["figure"][1], nearest(figure, FIGURES))
    for key in REQUIRED:
        if key not in values:
            raise Place(file, key).problem("is missing", KEYS[key][1])
    count = values["replicates"] if replicates is None else replicates
    if not 1 <= count <= MOST_REPLICATES:
        raise Place(file, "replicates").problem(f"is {shown(count)}", KEYS["replicates"][1])
    changes = flat(values.get("set", {}))
    if "months" in values:
        if not 1 <= values["months"] <= MOST_MONTHS:
            raise Place(file, "months").problem(f"is {shown(values['months'])}", KEYS["months"][1])
        changes["run.months"] = values["months"]
    return Experiment(path.stem, values["title"], figure, tuple(runner.alike(_scenarios(path, values, changes))), count,
                      frozenset(changes))


def _scenarios(path: Path, values: dict[str, Any], changes: dict[str, Any]) -> tuple[Scenario, ...]:
    """The scenario files that the experiment names, with its changes."""
    place = Place(str(path), "scenarios")
    names = values["scenarios"]
    if not names:
        raise place.problem("is empty", KEYS["scenarios"][1])
    for name in names:
        if not isinstance(name, str):
            raise place.problem(f"holds {shown(name)}, which is no file name", KEYS["scenarios"][1])
    found = tuple(_scenario(path, name, changes) for name in names)
    twice = {scenario.name for scenario in found if sum(other.name == scenario.name for other in found) > 1}
    if twice:
        raise place.problem(f"names {sorted(twice)[0]} twice", "scenario files of different names")
    return found


def _scenario(path: Path, name: str, changes: dict[str, Any]) -> Scenario:
    """One scenario file with the experiment's changes; what is wrong with either names the experiment too."""
    with naming(Place(str(path), "scenarios")):
        scenario = load(path.parent / name)
    try:
        found = changed(scenario, changes)
    except ScenarioError as error:
        raise Place(str(path), "set").problem(f"does not fit: {error}") from None
    for lever, setting in found.levers.items():
        said = next((key for key in changes if key in (f"levers.{lever}.start", f"shocks.{lever}.start")), None)
        if said is not None and setting.start >= found.run.months:
            raise Place(str(path), f"set.{said}").problem(
                f"is {setting.start}, but the last month of {scenario.name} is {found.run.months - 1}")
    return found


def run(path: str | Path, out: str | Path = "results", workers: int | None = None, replicates: int | None = None,
        engine: str = "core", progress: runner.Progress | None = None, members: int = 0) -> Path:
    """Carry out an experiment (what out/runs keeps is not run again), write its tables, return their folder, out/NAME.

    NAME.csv and NAME.parquet: outcomes of the last twelve months by scenario. series.parquet: each replicate by month.
    With `members` of the shipped ensemble, NAME-uncertainty.csv and .parquet: what luck and what uncertain parameters
    make of the differences from the first scenario.
    Raises ScenarioError, Interrupted, RunsFailedError, results.PlaceError.
    """
    experiment = read_experiment(path, replicates)
    folder = check_place(Path(out) / experiment.name)
    runs = runner.replicate(experiment.scenarios, experiment.replicates, engine, workers, Path(out) / "runs", progress,
                            NEEDED)
    varied = uncertainty.varied(experiment.scenarios, members, workers, Path(out) / "runs", progress,
                                experiment.said) if members else {}
    stands_on = about(runs) | {"experiment": experiment.name, "title": experiment.title, "figure": experiment.figure}
    folder.mkdir(parents=True, exist_ok=True)
    tables = {"": table_of(runs)} | ({"-uncertainty": uncertainty.differences(runs, varied)} if varied else {})
    for end, table in tables.items():
        table.to_csv(folder / f"{experiment.name}{end}.csv", index=False, lineterminator="\n")
        write_table(table, folder / f"{experiment.name}{end}.parquet", stands_on, BOOK)
    series = series_of(runs)
    write_table(series, folder / "series.parquet", stands_on, BOOK | codebook(series.columns[4:]))
    return folder


def table_of(runs: dict[str, list[Run]]) -> pd.DataFrame:
    """Headline outcomes by scenario: mean with interval, and the paired difference from the first scenario."""
    finals = {name: pd.DataFrame([final(run) for run in found]) for name, found in runs.items()}
    base = next(iter(finals.values()))
    rows = []
    for name, values in finals.items():
        for outcome in values.columns:
            apart = paired(base[outcome], values[outcome])
            rows.append((name, len(values), outcome, OUTCOME[outcome].unit, *interval(values[outcome]), *apart))
    return pd.DataFrame(rows, columns=["scenario", "replicates", "outcome", "unit", "mean", "low", "high", "difference",
                                       "difference_low", "difference_high", "saved"])


def series_of(runs: dict[str, list[Run]]) -> pd.DataFrame:
    """Each replicate's headline outcomes by month, all households: scenario, replicate, seed, month, outcomes."""
    frames = [_series(name, r, run) for name, found in runs.items() for r, run in enumerate(found)]
    frame = pd.concat(frames, ignore_index=True)
    frame["scenario"] = pd.Categorical(frame["scenario"], categories=list(runs))
    return frame


def _series(name: str, replicate: int, run: Run) -> pd.DataFrame:
    """One run's months."""
    people = run.group[run.group["group"] == "all"]
    county = run.county
    columns: dict[str, Any] = {
        "scenario": name, "replicate": np.int32(replicate), "seed": np.int64(run.manifest["identity"]["seed"]),
        "month": people["month"].to_numpy(),
    }
    for outcome in HEADLINES:
        frame = people if OUTCOME[outcome].kind in LEVELS["group"] else county
        columns[outcome] = frame[outcome].to_numpy()
    return pd.DataFrame(columns)
