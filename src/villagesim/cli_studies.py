"""The commands for studies of many runs: `sweep`, and `study status | failures`. `cli.py` puts them in place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from villagesim.study.sweep import Forecast, State

FAILED, BAD_INPUT = 1, 2
HOUR, MINUTE, MIB = 3600, 60, 2**20
WIDE = 160

study_app = typer.Typer(no_args_is_help=True, help="Look into the folder of a study.")
Out = Annotated[Path, typer.Option("--out", help="Folder for results; a study is kept in OUT/NAME.")]
File = Annotated[Path, typer.Argument(help="A study file.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; usually one a processor core.")]
Cluster = Annotated[str | None, typer.Option(
    "--cluster", help="Run on Dask: local, a scheduler's address (tcp://HOST:8786), or its scheduler file (.json).")]


def sweep(
    files: Annotated[list[Path], typer.Argument(help="Study files.")],
    out: Out = Path("results"),
    workers: Workers = None,
    cluster: Cluster = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many runs, how long, how much disk.")
                       ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Try again what has failed.")] = False,
) -> None:
    """Run what is missing of a study, and put it into one table. After Ctrl-C or a crash the same command goes on.

    Where runs have failed the table has gaps, and the exit status is 1.

    \b
    Examples:
      villagesim sweep experiments/screening.toml --dry-run
      villagesim sweep experiments/screening.toml
      villagesim sweep experiments/sobol.toml --cluster local
    """
    from villagesim.study.design import read_study

    studies, failed = [read_study(file) for file in files], 0
    with plain_failures(), executor(cluster, workers) as (chosen, lanes):
        for study in studies:
            if dry_run:
                from villagesim.study.sweep import forecast

                typer.echo(_forecast(study.name, forecast(study, out, lanes)))
                continue
            from villagesim.study.sweep import sweep as carry_out

            with progress(study.title) as tell:
                table = carry_out(study, out, lanes, chosen, tell, retry)
            failed += _say_done(out / study.name, table, study.path)
    if failed:
        raise typer.Exit(FAILED)


@study_app.command("status")
def status(
    folder: Annotated[Path, typer.Argument(help="A study's folder, such as results/screening.")],
) -> None:
    """How many runs of a study are finished, and how many have failed.

    \b
    Example:
      villagesim study status results/screening
    """
    from villagesim.study.store import read_ledger

    with plain_failures():
        ledger = read_ledger(folder)
    done = ledger["state"].value_counts()
    typer.echo(f"{folder}: {done.get('finished', 0)} finished, {done.get('failed', 0)} failed, "
               f"{int(ledger['state'].isna().sum())} begun and not finished; "
               f"{ledger['seconds'].sum() / HOUR:.2f} processor hours")


@study_app.command("failures")
def failures(
    folder: Annotated[Path, typer.Argument(help="A study's folder, such as results/screening.")],
    full: Annotated[bool, typer.Option("--full", help="Whole tracebacks, not their last lines.")] = False,
) -> None:
    """Runs that failed, or in which an outcome is no number, each with its reason.

    \b
    Example:
      villagesim study failures results/screening --full
    """
    from villagesim.study.store import read_ledger

    with plain_failures():
        ledger = read_ledger(folder)
    wrong = ledger[ledger["error"].notna()]
    for row in wrong.itertuples():
        text = row.error if full else row.error.strip().splitlines()[-1]
        typer.echo(f"{row.run}  {row.state}  {text}")
    typer.echo(f"{len(wrong)} of {len(ledger)} runs", err=True)


@contextmanager
def plain_failures() -> Iterator[None]:
    """What can go wrong with a study, as one line on stderr and an exit status."""
    from villagesim.study.cluster import ClusterError
    from villagesim.study.complete import IncompleteError
    from villagesim.study.pool import PoolError
    from villagesim.study.store import StoreError
    from villagesim.study.sweep import ProbeFailedError

    try:
        yield
    except (StoreError, PoolError, ProbeFailedError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from None
    except (ClusterError, IncompleteError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(BAD_INPUT) from None


@contextmanager
def executor(cluster: str | None, workers: int | None) -> "Iterator[tuple[Executor | None, int | None]]":
    """The executor that the user asked for, and its workers; None for the usual pool of processes."""
    if cluster is None:
        yield None, workers
        return
    from villagesim.study import cluster as clusters

    with clusters.executor(cluster, workers) as (found, lanes):
        yield found, lanes


@contextmanager
def counting(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar with what is done, of how much, and the time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def progress(title: str) -> "Iterator[Any]":
    """A bar with runs done, runs a second, time left and failures; it is told the State of a sweep."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TextColumn("{task.fields[rate]}"), TimeRemainingColumn(), TextColumn("{task.fields[failed]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None, rate="compiling or loading the model", failed="")

        def tell(state: "State") -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=state.done, total=state.total, rate=f"{speed:.1f} runs/s" if speed else "",
                       failed=f"{state.failed} failed" if state.failed else "")

        yield tell


def _forecast(name: str, found: "Forecast") -> str:
    return (f"{name}: {found.missing} runs to do ({found.finished} finished), {1000 * found.seconds:.0f} ms each, "
            f"about {_duration(found.total_seconds)}, about {max(found.bytes / MIB, 0.1):.1f} MiB of disk")


def _duration(seconds: float) -> str:
    """A time in words of two units at most.

    >>> _duration(42), _duration(754), _duration(9000)
    ('42 s', '12 min 34 s', '2 h 30 min')
    """
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE:.0f} min {seconds % MINUTE:.0f} s"
    return f"{seconds // HOUR:.0f} h {seconds % HOUR // MINUTE:.0f} min"


def _say_done(folder: Path, table: Any, file: Path) -> int:
    """Say what is written, and what to do about runs that failed; return how many did."""
    runs = table.drop_duplicates("run")
    failed = int((runs["state"] == "failed").sum())
    typer.echo(f"{folder.name}: {len(runs)} runs, {len(table)} rows; written: {folder / 'table.parquet'}, "
               f"{folder / 'table.csv'}")
    if failed:
        typer.echo(f"{failed} of {len(runs)} runs failed: `villagesim study failures {folder}` says why, "
                   f"`villagesim sweep {file} --retry` runs them again", err=True)
    return failed
