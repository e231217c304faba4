"""The commands that put a study to an analysis: `sensitivity`, `variance`, `discover`, `optimise`."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from villagesim.cli_runs import Engine, NoEnsemble, _members
from villagesim.cli_studies import BAD_INPUT, WIDE, Cluster, File, Out, Workers, executor, plain_failures, progress

if TYPE_CHECKING:
    import pandas as pd

    from villagesim.study.design import Study

Outcome = Annotated[list[str] | None, typer.Option("--outcome", help="One of the study's outcomes; again for more. "
                                                   "Usually all.")]
Scenario = Annotated[str | None, typer.Option("--scenario", help="One of the study's scenarios; usually the first.")]
Gaps = Annotated[str, typer.Option("--gaps", help="What to do where runs have failed: refuse; mean (of the point's "
                                   "other replicates); drop (the point, for methods of given data).")]
EnsembleOfMixes = Annotated[int | None, typer.Option(
    "--ensemble", metavar="N", help="So many runs of each confirmed mix more, under calibrated parameter sets, which "
    "tell what is uncertain of the model from luck. Usually as many as there are fresh seeds, at most one a set; none "
    "below 5 fresh seeds.")]
MOST_ROWS = 12


def sensitivity(
    file: File,
    method: Annotated[list[str] | None, typer.Option("--method", help="One of those that the sampler feeds; again for "
                                                     "more. Usually the first.")] = None,
    outcome: Outcome = None,
    scenario: Scenario = None,
    gaps: Gaps = "refuse",
    out: Out = Path("results"),
    workers: Workers = None,
    cluster: Cluster = None,
) -> None:
    """Which assumptions decide an outcome: indices with intervals, and what more points would change.

    \b
    Examples:
      villagesim sensitivity experiments/screening.toml
      villagesim sensitivity experiments/given.toml --method delta --method pawn --outcome adoption
    """
    with _plain():
        from villagesim.study.analyses import check_sensitivity, methods, of_sensitivity, unit_of
        from villagesim.study.design import read_study

        study = read_study(file)
        asked = [(one, way) for one in outcome or study.columns for way in method or methods(study)[:1] or (None,)]
        for one, way in asked:
            check_sensitivity(study, one, way, scenario, gaps)
        table = _swept(study, out, workers, cluster)
        from villagesim.figures.sensitivity import draw
        from villagesim.study.sensitivity import main_index

        for one, way in asked:
            found = of_sensitivity(study, table, one, way, scenario, gaps)
            ranked = found.table[found.table["index"] == main_index(found.table)]
            _show(f"{one}: {way}", ranked.sort_values("value", ascending=False, kind="stable"),
                  ("index", "factor", "value", "low", "high"))
            typer.echo(" ".join((found.statement, *found.said)))
            path = found.write(out / study.name / "sensitivity", study)
            unit = unit_of(study, one)
            _say([path.with_suffix(".csv"), *draw(found.table, path, f"What decides {one} [{unit}]", found.grown,
                                                  unit, found.small_print(study))])


def variance(
    file: File,
    outcome: Outcome = None,
    scenario: Scenario = None,
    out: Out = Path("results"),
    workers: Workers = None,
    cluster: Cluster = None,
) -> None:
    """How much of an outcome's variance comes from the county, the luck of a run, uncertain numbers, and structure.

    \b
    Example:
      villagesim variance experiments/variance.toml
    """
    with _plain():
        from villagesim.study.analyses import about, check_variance, of_variance, unit_of
        from villagesim.study.design import read_study

        study = read_study(file)
        for one in outcome or study.columns:
            check_variance(study, one, scenario)
        table = _swept(study, out, workers, cluster)
        from villagesim.figures import draw
        from villagesim.study import variance as split

        for one in outcome or study.columns:
            found = of_variance(study, table, one, scenario)
            unit = unit_of(study, one)
            folder = split.write(found, out / study.name / "variance" / "-".join(one.split()),
                                 about(study) | {"outcome": one, "unit": unit})
            _show(one, found, ("source", "levels", "share", "low", "high", "variance"))
            _say([folder / "variance.csv", *draw("variance", folder)])


def discover(
    file: File,
    scenario: Scenario = None,
    out: Out = Path("results"),
    workers: Workers = None,
    cluster: Cluster = None,
) -> None:
    """Under which assumptions a mix fails to reach what the study wants; and which mix does well in most futures.

    \b
    Examples:
      villagesim discover experiments/futures.toml
      villagesim discover experiments/futures.toml --scenario integrated
    """
    with _plain():
        from villagesim.study.analyses import check_failures, of_failures, of_mixes
        from villagesim.study.design import read_study

        study = read_study(file)
        check_failures(study, scenario)
        table = _swept(study, out, workers, cluster)
        from villagesim.figures import draw
        from villagesim.study.robust.cases import CasesError

        folder = out / study.name
        for name in [scenario] if scenario else [one.name for one in study.scenarios]:
            try:
                found = of_failures(study, table, name)
            except CasesError as error:
                typer.echo(f"{name}: {error}")
                continue
            here = found.write(folder / "discover" / name)
            if len(found.boxes):
                _show(f"{name} fails where", found.boxes,
                      ("box", "factor", "low", "high", "coverage", "density", "base"))
            else:
                typer.echo(f"{name}: no box of assumptions sets the failing futures apart")
            typer.echo(found.text)
            _say([here / "boxes.csv", here / "tree.txt", *draw("discover", here)])
        if len(study.scenarios) > 1 and scenario is None:
            mixes = of_mixes(study, table, study.columns[0])
            here = mixes.write(folder / "robustness")
            _show("futures in which a mix reaches it", mixes.satisficing, ("mix", "criterion", "share", "low", "high"))
            _show("regret", mixes.regret, ("mix", "measure", "regret", "low", "high"))
            _say([here / "satisficing.csv", here / "regret.csv", *draw("robustness", here)])


def optimise(
    file: File,
    ensemble: EnsembleOfMixes = None,
    no_ensemble: NoEnsemble = False,
    out: Out = Path("results"),
    workers: Workers = None,
    cluster: Cluster = None,
) -> None:
    """Mixes that no other mix beats within a yearly budget and the posts that can be filled, run again on fresh seeds.

    Those that are confirmed are also run under calibrated parameter sets: how sure each is, and whether it holds there.

    \b
    Examples:
      villagesim optimise experiments/front.toml
      villagesim optimise experiments/front.toml --no-ensemble
    """
    from villagesim.study.design import read_study

    with _plain():
        study = read_study(file)
        from villagesim.figures import draw
        from villagesim.scenario_text import Place
        from villagesim.study.budgets.optimising import asked, carry_out
        from villagesim.study.uncertainty import LEAST

        fresh = asked(study)["fresh"]
        if ensemble is not None and fresh < LEAST:
            raise Place(str(file), "optimise.fresh").problem(
                f"is {fresh}", f"{LEAST} or more with --ensemble, since fresh seeds tell luck from parameters")
        members = _members(ensemble, no_ensemble, fresh, Engine.CORE)
        with executor(cluster, workers) as (chosen, lanes), progress(study.title) as tell:
            found = carry_out(study, out, lanes, chosen, tell, members)
        folder, held = out / study.name, ("held",) if found.uncertainty is not None else ()
        _show("mixes", found.mixes, ("mix", "adoption", "income_poor", "public_cost", "planned_cost", "workers",
                                     "status", *held))
        if held:
            _show(f"what luck and what uncertain parameters make of a run ({members} under the ensemble)",
                  found.uncertainty, ("mix", "outcome", "luck_sd", "parameter_sd", "ensemble_mean", "ensemble_low",
                                      "ensemble_high"))
        _say([folder / "front.csv", *([folder / "uncertainty.csv"] if held else []), *draw("front", folder)])


def _swept(study: "Study", out: Path, workers: int | None, cluster: str | None) -> "pd.DataFrame":
    """The study's table after what was missing is run."""
    from villagesim.study.sweep import sweep

    with executor(cluster, workers) as (chosen, lanes), progress(study.title) as tell:
        return sweep(study, out, lanes, chosen, tell)


@contextmanager
def _plain() -> Iterator[None]:
    """What can't be done, in one line and an exit status: of a study, and of what was asked of it."""
    try:
        with plain_failures():
            yield
    except (KeyError, ValueError) as error:
        typer.echo(error.args[0], err=True)
        raise typer.Exit(BAD_INPUT) from None


def _show(title: str, table: "pd.DataFrame", columns: tuple[str, ...], most: int = MOST_ROWS) -> None:
    """The first rows of a table on the terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    lines = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for column in columns:
        lines.add_column(column, justify="right" if table[column].dtype.kind == "f" else "left", no_wrap=True)
    for row in table.head(most)[list(columns)].itertuples(index=False):
        lines.add_row(*(Text(f"{cell:.4g}" if isinstance(cell, float) else str(cell)) for cell in row))
    console = Console()
    Console(width=console.width if console.is_terminal else WIDE).print(lines)
    if len(table) > most:
        typer.echo(f"the first {most} of {len(table)} rows")


def _say(files: Iterable[Path]) -> None:
    typer.echo("written: " + ", ".join(map(str, files)))
