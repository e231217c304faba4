"""What is kept of a run: tidy monthly tables with their codebook, and a manifest that says what made them."""

import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from villagesim import __version__, outcomes
from villagesim.declare import declared
from villagesim.outcomes import FLOW_MONTHS, MEASURE, OUTCOME
from villagesim.recorder import EVENTS, FIRST_MONTH, PLACE_COLUMNS, Recorder, as_observer
from villagesim.scenario_text import ScenarioError, one_line
from villagesim.sources import sources
from villagesim.tables import Villages

TABLES = ("village", "group", "county", "ledger", "spending", "events", "places")
# Columns that are not outcomes: what a row is about. Each as (unit, meaning).
KEYS = {
    "month": ("month", "months since the end of spin-up (negative: before)"),
    "village": ("row", "village"),
    "group": ("code", "group of households, as at the start of recording: " + ", ".join(outcomes.EVERY_GROUP)),
    "flow": ("code", "what was paid for"),
    "payer": ("code", "kind of holder that paid"),
    "payee": ("code", "kind of holder that was paid"),
    "lever": ("code", "lever that the programme spent on"),
    "pathway": ("code", "pathway of the lever"),
    "fen": ("fen", "amount in the month"),
    "yuan": ("yuan", "amount in the month"),
    "event": ("code", "what happened: " + ", ".join(EVENTS)),
    "row": ("row", "row of the route, trader or post that it happened to"),
}
# The level of every interval in summaries, comparisons and figures.
LEVEL = 0.95


@dataclass(frozen=True)
class Run:
    """One recorded run: tables by name (tidy DataFrames) and its manifest.

    manifest["identity"] determines the tables' bytes; "environment" and "timing" do not, and alone they make the
    manifest of the same run another file each time.
    """

    village: pd.DataFrame
    group: pd.DataFrame
    county: pd.DataFrame
    ledger: pd.DataFrame
    spending: pd.DataFrame
    events: pd.DataFrame
    places: pd.DataFrame
    manifest: dict[str, Any]

    def write(self, folder: str | Path) -> Path:
        """Write a Parquet file a table, codebook in its metadata, and manifest.json; return the folder."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        # The scenario as resolved is long, and stands in the manifest.
        about = {key: value for key, value in self.manifest["identity"].items() if key != "resolved"}
        for name in TABLES:
            write_table(getattr(self, name), folder / f"{name}.parquet", about)
        text = json.dumps(self.manifest, indent=1, sort_keys=True, ensure_ascii=False)
        (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
        return folder


class PlaceError(ValueError):
    """Results cannot be written where they should go, in one line."""


class UnreadableError(ValueError):
    """A folder holds no run that can be read, in one line."""


def check_place(folder: str | Path) -> Path:
    """The folder, where it is none yet or one that can be written into; nothing is made. Raises PlaceError."""
    folder = Path(folder)
    try:
        there = folder.exists()
    except OSError as error:
        raise _no_place(folder, error.strerror or "") from None
    if there and not folder.is_dir():
        raise _no_place(folder, "it is a file, not a folder")
    if there and not os.access(folder, os.W_OK | os.X_OK):
        raise _no_place(folder, "it may not be written into")
    return folder


def make_place(folder: str | Path) -> Path:
    """Make a folder for results, before anything runs. Raises PlaceError."""
    folder = check_place(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _no_place(folder, getattr(error, "strerror", "") or str(error)) from None
    return check_place(folder)


def _no_place(folder: Path, why: str) -> PlaceError:
    return PlaceError(one_line(f"{folder}: results cannot be written here: {why}"))


def record(scenario: Any, seed: int | None = None, engine: str = "core",
           progress: Callable[[int], None] | None = None, start: Any = None,
           also: Callable[[int, Any, Recorder], None] | None = None) -> Run:
    """Run a scenario and keep its monthly tables. `progress(month)` is called after each month.

    start: an `engine.checkpoint.Checkpoint` with its record, to go on from: the tables are those of the whole run.
    ScenarioError where its past or seed is another. also(month, world, recorder) is called after each month, to look.
    """
    from villagesim import engine as engines
    from villagesim.engine.checkpoint import fork
    from villagesim.mechanisms.accounts import FLOWS

    seed = scenario.run.seed if seed is None else seed
    recorder, world, first = Recorder(FLOWS), None, 0
    if start:
        world, first = fork(scenario, start), start.month
        if seed != start.seed:
            raise ScenarioError(f"{scenario.name}: seed is {seed}; the checkpoint is of seed {start.seed}")
        if not start.recorded and first > int(scenario.run.spin_up) + FIRST_MONTH:
            raise ScenarioError(f"{scenario.name}: the checkpoint holds no record; `run --checkpoint` keeps one")
        recorder.remember(world, start.recorded)
    started, clock = datetime.now(UTC), time.perf_counter()
    engines.run(scenario, seed, engine, as_observer(recorder, progress, also), world, first=first)
    seconds = time.perf_counter() - clock
    manifest = {
        "identity": identity(scenario, seed) | ({"start": start.key, "start_month": first} if start else {}),
        "environment": environment() | {"engine": engine},
        "timing": {"started": started.isoformat(timespec="seconds"), "seconds": round(seconds, 3)},
    }
    return Run(**recorder.frames(), manifest=manifest)


def identity(scenario: Any, seed: int) -> dict[str, Any]:
    """All that determines a run's tables: scenario as resolved, its digest, seed, version and sources of the model."""
    from villagesim.scenario import digest, resolved

    settings = json.loads(json.dumps(resolved(scenario), default=str, sort_keys=True))
    return {
        "scenario": scenario.name, "title": scenario.title, "resolved": settings, "digest": digest(scenario),
        "seed": int(seed), "version": __version__, "sources": sources(),
    }


def run_name(identity_of_run: dict[str, Any]) -> str:
    """The content hash that names a run: of its scenario's name and digest, seed, version, sources, and its start."""
    named = ("scenario", "digest", "seed", "version", "sources", "start")
    parts = [identity_of_run[key] for key in named if key in identity_of_run]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]


def environment() -> dict[str, str]:
    """Versions of what computed a run, and the platform."""
    found = {"python": platform.python_version(), "platform": f"{sys.platform} {platform.machine()}"}
    for package in ("numpy", "numba", "mesa", "pandas", "pyarrow"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "absent"
    return found


def codebook(columns: Sequence[str]) -> dict[str, dict[str, str]]:
    """Unit and meaning of stored columns by name."""
    fixed = {column.name: column.quantity for column in declared(Villages) if column.name in PLACE_COLUMNS}
    book = {}
    for name in columns:
        if name in OUTCOME:
            book[name] = {"unit": OUTCOME[name].unit, "meaning": OUTCOME[name].meaning}
        elif name in KEYS:
            book[name] = {"unit": KEYS[name][0], "meaning": KEYS[name][1]}
        else:
            book[name] = {"unit": fixed[name].unit, "meaning": fixed[name].meaning}
    return book


def write_table(frame: pd.DataFrame, path: Path, about: dict[str, Any],
                book: dict[str, dict[str, str]] | None = None) -> None:
    """Write a table as Parquet: each field's metadata holds its unit and meaning, the schema's what made it.

    The same frame gives the same bytes: nothing of the time or the machine is written.
    """
    import pyarrow as pa
    from pyarrow import parquet

    book = codebook(list(frame.columns)) if book is None else book
    table = pa.Table.from_pandas(frame, preserve_index=False)
    fields = [field.with_metadata(book.get(field.name, {})) for field in table.schema]
    text = json.dumps(about, ensure_ascii=False)
    schema = pa.schema(fields, metadata={"villagesim": text, "codebook": json.dumps(book, ensure_ascii=False)})
    parquet.write_table(table.cast(schema), path, compression="zstd")


def write_tables(folder: str | Path, tables: Mapping[str, pd.DataFrame], about: dict[str, Any],
                 book: Mapping[str, tuple[str, str]]) -> Path:
    """Write tables by name, each as CSV and Parquet, into a folder; return it.

    book: unit and meaning of every column that any of them has.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        described = {key: dict(zip(("unit", "meaning"), book[key], strict=True)) for key in table.columns}
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        write_table(table, folder / f"{name}.parquet", about, described)
    return folder


def read(folder: str | Path, tables: Sequence[str] = TABLES) -> Run:
    """A stored run; tables that are not asked for come back empty.

    Raises UnreadableError where the folder holds no run, or one that was damaged.
    """
    folder = Path(folder)
    with _readable(folder):
        manifest = _manifest(folder)
        frames = {
            name: pd.read_parquet(folder / f"{name}.parquet") if name in tables else pd.DataFrame() for name in TABLES
        }
    return Run(**frames, manifest=manifest)


def holds_run(folder: str | Path) -> bool:
    """Whether a folder holds a run: a manifest, and a table's beginning and end in every file. Quick."""
    from pyarrow import parquet

    folder = Path(folder)
    try:
        with _readable(folder):
            _manifest(folder)
            for name in TABLES:
                parquet.read_metadata(folder / f"{name}.parquet")
    except UnreadableError:
        return False
    return True


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """Whatever goes wrong in reading a damaged file, as UnreadableError."""
    from pyarrow import ArrowException

    try:
        yield
    except (OSError, ValueError, LookupError, TypeError, ArrowException) as error:
        raise UnreadableError(one_line(f"{folder}: holds no run that can be read ({error})")) from error


def _manifest(folder: Path) -> dict[str, Any]:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    if "identity" not in manifest:
        raise LookupError("manifest.json has no identity")
    return manifest


def read_codebook(path: str | Path) -> dict[str, dict[str, str]]:
    """Unit and meaning by column of a stored table, from its Parquet metadata."""
    from pyarrow import parquet

    schema = parquet.read_schema(path)
    return {
        field.name: {key.decode(): value.decode() for key, value in (field.metadata or {}).items()
                     if key in (b"unit", b"meaning")}
        for field in schema
    }


def read_about(path: str | Path) -> dict[str, Any]:
    """What a stored table stands on (scenarios, seeds, version ...), from its Parquet metadata."""
    from pyarrow import parquet

    return json.loads(parquet.read_schema(path).metadata[b"villagesim"])


def last_months(frame: pd.DataFrame, window: int = MEASURE.window) -> pd.DataFrame:
    """The rows of the last `window` months."""
    return frame[frame["month"] > frame["month"].max() - window]


def year_mean(values: np.ndarray) -> np.ndarray:
    """Mean of the twelve months up to each month, along the last axis; fewer at the beginning.

    >>> year_mean(np.arange(14.0))[[0, 11, 13]].tolist()
    [0.0, 5.5, 7.5]
    """
    sums = np.cumsum(values, axis=-1, dtype=np.float64)
    earlier = np.concatenate([np.zeros_like(sums[..., :FLOW_MONTHS]), sums], axis=-1)[..., : sums.shape[-1]]
    return (sums - earlier) / np.minimum(np.arange(1, sums.shape[-1] + 1), FLOW_MONTHS)


def final(run: Run, group: str = "all", names: Sequence[str] = outcomes.HEADLINES) -> pd.Series:
    """Outcomes over the last twelve months, indexed by name: a mean of months, or, for a ratio, of the months' totals.

    A distribution of yearly income is that of the last month, which looks back on the last full year. Outcomes of the
    county are given with the group "all" only.
    """
    people = run.group[run.group["group"] == group]
    frames = {"group": last_months(people), "county": last_months(run.county)}
    values = {}
    for name in names:
        outcome = OUTCOME[name]
        table = "group" if outcome.kind in outcomes.LEVELS["group"] else "county"
        if table == "county" and group != "all":
            continue
        values[name] = _level(frames[table], outcome)
    return pd.Series(values, dtype=np.float64)


def _level(frame: pd.DataFrame, outcome: outcomes.Outcome) -> float:
    """One outcome over the months of a frame."""
    if outcome.kind == "spread":
        return float(frame[outcome.name].iloc[-1])
    if outcome.kind != "ratio":
        return float(frame[outcome.name].mean())
    over = float(frame[outcome.over].sum())
    return outcome.scale * float(frame[outcome.part].sum()) / over if over > 0 else float("nan")


def interval(values: Any) -> tuple[Any, Any, Any]:
    """Mean over replicates and its 95 % t interval (mean, low, high); low and high are NaN for fewer than two.

    values of shape (n,) give three floats, of shape (n, m) three arrays (m,).
    """
    from scipy.special import stdtrit

    found = np.asarray(values, dtype=np.float64)
    n, mean = found.shape[0], found.mean(axis=0)
    spread = found.std(axis=0, ddof=1) if n > 1 else np.full_like(mean, np.nan)
    half = stdtrit(max(n - 1, 1), 0.5 + LEVEL / 2) * spread / np.sqrt(n)
    three = mean, mean - half, mean + half
    return three if found.ndim > 1 else tuple(map(float, three))


def summary(runs: Sequence[Run]) -> pd.DataFrame:
    """Headline outcomes of replicates: outcome, unit, mean, low, high (95 % t interval), last twelve months."""
    values = pd.DataFrame([final(run) for run in runs])
    rows = [(name, OUTCOME[name].unit, *interval(values[name])) for name in values.columns]
    return pd.DataFrame(rows, columns=["outcome", "unit", "mean", "low", "high"])
