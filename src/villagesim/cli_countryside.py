"""The command `countryside`: every county of a country under one programme. `cli.py` puts it in place."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from villagesim.cli_studies import FAILED, Cluster, executor, plain_failures

if TYPE_CHECKING:
    from villagesim.study.countryside.national import State


def countryside(
    scenario: Annotated[Path, typer.Argument(help="A scenario file: the programme of all counties.")],
    share: Annotated[float, typer.Option("--share", help="Part of the counties to run, at equal steps through all: "
                                                         "0.01 to try it, 1 for the country.")] = 1.0,
    country: Annotated[Path | None, typer.Option(
        "--country", help="A file of your own: table country, and provinces = \"mine.csv\"; else China.")] = None,
    settings: Annotated[Path | None, typer.Option(
        "--settings", help="Folder of village_plain.toml, village_hill.toml, village_mountain.toml; usually the "
                           "scenario's.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for results, kept in OUT/countryside-NAME.")
                   ] = Path("results"),
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Threads; usually one a processor core.")
                       ] = None,
    cluster: Cluster = None,
    passes: Annotated[int, typer.Option("--passes", min=1, help="How often all counties may be run for the price to "
                                                                "settle.")] = 3,
    ensemble: Annotated[int | None, typer.Option(
        "--ensemble", min=2, help="Also run so many of the counties under each parameter set of the calibrated "
                                  "ensemble, some 21 times: what is not known of the model.")] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try again what has failed.")] = False,
) -> None:
    """Every county of a country, streamed: what happens in each province, at a price that answers what all sell.

    After Ctrl-C or a crash the same command goes on, county by county.

    \b
    Examples:
      villagesim countryside scenarios/integrated.toml --share 0.01
      villagesim countryside scenarios/integrated.toml --share 0.01 --ensemble 10
      villagesim countryside scenarios/integrated.toml --cluster local
    """
    from villagesim import evidence
    from villagesim.country import load_country
    from villagesim.figures import draw
    from villagesim.results import check_place
    from villagesim.scenario import load
    from villagesim.scenario_text import Place
    from villagesim.study.calibration import ensembles
    from villagesim.study.countryside import members, national, tables

    if not 0.0 < share <= 1.0:
        raise Place("--share").problem(f"is {share:g}, out of range", "above 0, to 1")
    chosen, found = load(scenario), load_country(country)
    folder = check_place(out / f"countryside-{chosen.name}")
    if ensemble is not None:
        with plain_failures():
            if stale := ensembles.stale():
                typer.echo(stale, err=True)
    try:
        with plain_failures(), executor(cluster, workers) as (carrying, lanes), _bar() as tell:
            lived = national.run(chosen, found, settings or scenario.parent, share, folder, lanes, carrying, tell,
                                 passes, retry)
            varied = None if ensemble is None else members.varied(
                chosen, found, settings or scenario.parent, ensemble, len(evidence.ensemble().rows), folder, lanes,
                carrying, tell)
    except national.CountiesFailedError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from None
    tables.write(lived, folder, None if varied is None else (varied.table, members.BOOK))
    draw("countryside", folder)
    _say(lived, varied, folder)


def _say(lived: Any, varied: Any, folder: Path) -> None:
    """What came out, in a few lines."""
    from villagesim.study.countryside.tables import tables

    country = tables(lived)["country"].iloc[-1]
    typer.echo(f"{lived.scenario.title}: {len(lived.counties)} counties, last year: "
               f"adoption {100 * country.adoption:.1f} %, income {country.income_mean:,.0f} yuan/household, "
               f"{country.jobs_rate:.1f} jobs/100 households, "
               f"platform price x {country.price_factor:.3f}")
    typer.echo(f"the price paid differs from the one that the counties' own supply asks for by at most "
               f"{100 * lived.gap:.2f} % (pilot of {lived.pilot} counties, passes: {lived.passes})")
    if varied is not None:
        from villagesim.study.uncertainty import within

        typer.echo(f"{varied.counties} of the counties under each of {varied.members} parameter sets; "
                   f"{within(varied.members)} of these lie between:")
        for row in varied.table.itertuples():
            typer.echo(f"  {row.outcome}: {row.ensemble_low:.4g} to {row.ensemble_high:.4g} {row.unit} "
                       f"(under the usual values {row.usual:.4g})")
    names = ["counties", "provinces", "provinces_years", "country", *(["uncertainty"] if varied is not None else [])]
    typer.echo(f"written: {folder}: {', '.join(names)} (Parquet and CSV), codebook.csv, "
               "manifest.json, countryside.png, countryside.svg")


@contextmanager
def _bar() -> "Iterator[Any]":
    """A bar with what is under way, counties done and time left; it is told the State of a country."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from villagesim.study.runner import is_compiled

    console = Console(stderr=True)
    first = "loading the model" if is_compiled() else "compiling, once a machine (a minute or two)"
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(first, total=None)
        stages: list[str] = []

        def tell(state: "State") -> None:
            nonlocal task
            if stages and stages[-1] != state.stage:
                bar.remove_task(task)
                task = bar.add_task(state.stage, total=state.total)
            stages.append(state.stage)
            under_way = state.done > 0 or is_compiled()
            bar.update(task, description=state.stage if under_way else first, completed=state.done, total=state.total)

        yield tell
