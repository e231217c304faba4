"""A study's folder: what is finished is never lost and never done twice, whenever and however the command stops.

study.toml       the study as it was last run
ledger.sqlite    every run by its content hash: state, attempts, part, traceback; written by one process alone
parts/           the measured values, Parquet files that appear whole, by renaming
checkpoints/     pasts that runs fork from
table.parquet    the study's table, and table.csv

A run is finished when the ledger says so, and it says so only after the part that holds its values has been renamed.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from villagesim.results import make_place

FINISHED, FAILED = "finished", "failed"
SCHEMA = """
create table if not exists runs (run text primary key, state text, attempts integer not null default 0,
                                 part text, seconds real, error text);
create table if not exists parts (part text primary key, bytes integer, sha256 text);
"""


class StoreError(RuntimeError):
    """The folder can't be used: another command has it, or nothing can be written to it. One line."""


class Row(NamedTuple):
    """What became of one run: values in the order of the study's columns (None where it failed), seconds, error."""

    run: str
    values: tuple[float, ...] | None
    seconds: float
    error: str | None


class Store:
    """The folder of a study, open for writing by this process alone. Use it as a context."""

    def __init__(self, folder: str | Path, columns: Sequence[str]) -> None:
        """columns: the names of the measured values. Raises StoreError, and results.PlaceError for no folder at all."""
        from filelock import FileLock, Timeout

        self.folder, self.columns = Path(folder), tuple(columns)
        self.parts = self.folder / "parts"
        make_place(self.parts)
        try:
            self._lock = FileLock(self.folder / ".lock")
            self._lock.acquire(timeout=0)
        except Timeout:
            raise StoreError(f"{self.folder}: another command is at work in this folder; wait for it, or give another "
                             "--out") from None
        except OSError as error:
            raise StoreError(f"{self.folder}: cannot be written ({error.strerror})") from None
        self._ledger = _opened(self.folder / "ledger.sqlite")
        self.lost = self._sweep_up()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self._ledger.close()
        self._lock.release()

    def states(self) -> dict[str, str]:
        """State of every run that has one: finished or failed."""
        return dict(self._ledger.execute("select run, state from runs where state is not null"))

    def begin(self, runs: Iterable[str]) -> None:
        """Note that runs are handed out."""
        with _writing(self.folder), self._ledger:
            self._ledger.executemany("insert into runs (run, attempts) values (?, 1) on conflict (run) do update set "
                                     "attempts = attempts + 1", [(run,) for run in runs])

    def commit(self, rows: Sequence[Row]) -> None:
        """Keep what became of some runs: first the part, then the ledger. Raises StoreError where that fails."""
        good = [row for row in rows if row.values is not None]
        with _writing(self.folder):
            part, size, mark = self._write_part(good) if good else (None, 0, "")
            with self._ledger:
                if part:
                    self._ledger.execute("insert or replace into parts values (?, ?, ?)", (part, size, mark))
                self._ledger.executemany(
                    "insert into runs (run, state, part, seconds, error) values (?, ?, ?, ?, ?) on conflict (run) do "
                    "update set state = excluded.state, part = excluded.part, seconds = excluded.seconds, "
                    "error = excluded.error",
                    [(row.run, FAILED if row.values is None else FINISHED, None if row.values is None else part,
                      row.seconds, row.error) for row in rows])

    def forget_failures(self) -> int:
        """Failed runs are as if they had never been tried; how many."""
        with _writing(self.folder), self._ledger:
            return self._ledger.execute("update runs set state = null where state = ?", (FAILED,)).rowcount

    def values(self, runs: Iterable[str] | None = None) -> pd.DataFrame:
        """The measured values of finished runs, indexed by run: of all in no order, or of those asked for in theirs."""
        where = dict(self._ledger.execute("select run, part from runs where part is not null"))
        asked = None if runs is None else list(runs)
        needed = sorted(set(where.values() if asked is None else (where[run] for run in asked if run in where)))
        frames = [pd.read_parquet(self.parts / part).set_index("run") for part in needed]
        found = pd.concat(frames) if frames else pd.DataFrame(columns=list(self.columns), dtype=float)
        return found if asked is None else found.reindex(asked)

    def runs(self) -> pd.DataFrame:
        """The ledger: run, state, attempts, part, seconds, error."""
        return pd.read_sql_query("select * from runs order by run", self._ledger)

    def write_text(self, name: str, text: str) -> Path:
        """Write a file of the folder, whole or not at all."""
        with _writing(self.folder):
            return _replace(self.folder / name, text.encode())

    def write_bytes(self, name: str, content: bytes) -> Path:
        """Write a file of the folder, whole or not at all."""
        with _writing(self.folder):
            return _replace(self.folder / name, content)

    def _write_part(self, rows: Sequence[Row]) -> tuple[str, int, str]:
        """A part's name, size and hash. Its name is the hash of its runs: the same runs make the same part."""
        import pyarrow as pa
        from pyarrow import parquet

        table = pa.table({"run": [row.run for row in rows]} | {
            name: pa.array([row.values[place] for row in rows], pa.float64())
            for place, name in enumerate(self.columns)})
        sink = pa.BufferOutputStream()
        parquet.write_table(table, sink)
        content = sink.getvalue().to_pybytes()
        name = hashlib.sha256("".join(row.run for row in rows).encode()).hexdigest()[:20] + ".parquet"
        _replace(self.parts / name, content)
        return name, len(content), hashlib.sha256(content).hexdigest()

    def _sweep_up(self) -> int:
        """Remove what a stopped command left half done; runs whose part is damaged count as not run. How many."""
        known = {part: (size, mark) for part, size, mark in self._ledger.execute("select * from parts")}
        damaged = []
        for file in self.parts.iterdir():
            if file.name not in known:
                file.unlink()
        for part, (size, mark) in known.items():
            file = self.parts / part
            whole = file.is_file() and file.stat().st_size == size
            if not whole or hashlib.sha256(file.read_bytes()).hexdigest() != mark:
                damaged.append(part)
        lost = 0
        with _writing(self.folder), self._ledger:
            for part in damaged:
                lost += self._ledger.execute("update runs set state = null, part = null where part = ?",
                                             (part,)).rowcount
                self._ledger.execute("delete from parts where part = ?", (part,))
        for part in damaged:
            (self.parts / part).unlink(missing_ok=True)
        return lost


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turns what a full or failing disk raises into a StoreError."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise StoreError(f"{folder}: cannot be written ({why}); what is finished is kept: make room and give the same "
                         "command again") from error


def read_ledger(folder: str | Path) -> pd.DataFrame:
    """The ledger of a study's folder, for looking only. Raises StoreError where there is none."""
    file = Path(folder) / "ledger.sqlite"
    if not file.is_file():
        raise StoreError(f"{folder}: holds no study; `villagesim sweep` makes one")
    # Not opened read-only: after a kill SQLite must first undo what was half written, as any reader may.
    ledger = sqlite3.connect(file)
    try:
        return pd.read_sql_query("select * from runs order by run", ledger)
    except (sqlite3.Error, pd.errors.DatabaseError) as error:
        raise StoreError(f"{file}: cannot be read ({error})") from None
    finally:
        ledger.close()


def _opened(file: Path) -> sqlite3.Connection:
    try:
        with _writing(file.parent):
            ledger = sqlite3.connect(file)
            ledger.executescript(SCHEMA)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{file}: is no ledger that can be read ({error}); move it away, and the study starts anew"
                         ) from None
    return ledger


def _replace(file: Path, content: bytes) -> Path:
    """The file with this content, by a temporary name; on the disk before it has its own."""
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return file
