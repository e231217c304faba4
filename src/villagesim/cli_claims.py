"""The command `claims`: each claim of the paper, and what the model says to it. `cli.py` puts it in place."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd

    from villagesim.study import sweep

FAILED, BAD_INPUT = 1, 2
WIDE = 200
DECLARED, COMMITTED, RESULTS = Path("paper/claims.toml"), Path("paper/claims.csv"), Path("results")


def claims(
    run: Annotated[bool, typer.Option("--run", help="Run all comparisons anew instead of showing the table.")] = False,
    out: Annotated[Path, typer.Option("--out", help="Folder for results; what is kept there is not run again.")
                   ] = RESULTS,
    only: Annotated[list[str] | None, typer.Option("--only", help="Only this claim, such as B7; again for more.")
                    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="As JSON, for other programs.")] = False,
    file: Annotated[Path, typer.Option("--file", help="The claims as declared.")] = DECLARED,
    table: Annotated[Path, typer.Option("--table", help="The table to show, and to take reasons from.")] = COMMITTED,
    no_ensemble: Annotated[bool, typer.Option("--no-ensemble", help="With --run: the usual values alone, half the "
                                              "time.")] = False,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Processes; usually one a core.")] = None,
) -> None:
    """The checklist: each claim of the paper, its mechanism, the effect of a paired comparison, and the verdict.

    \b
    Examples:
      villagesim claims
      villagesim claims --run --only B7
      villagesim claims --run --no-ensemble
    """
    from villagesim.study.claims import table as claim_table

    committed = claim_table.read_table(table) if table.is_file() else None
    if no_ensemble and not run:
        _refuse("--no-ensemble: goes with --run only")
    if run:
        found = _computed(file, out, only, workers, committed, not no_ensemble)
    elif committed is None:
        _refuse(f"{table}: there is no such table; `villagesim claims --run` makes one")
    else:
        known = list(committed["id"])
        _check(only, known, table)
        found = committed[committed["id"].isin(only or known)]
    if json_:
        typer.echo(json.dumps(found.to_dict("records"), indent=2, ensure_ascii=False))
    else:
        _show(found)
        counts = found["verdict"].value_counts()
        typer.echo("; ".join(f"{verdict}: {counts[verdict]}" for verdict in claim_table.VERDICTS if verdict in counts))


def _computed(file: Path, out: Path, only: list[str] | None, workers: int | None,
              committed: "pd.DataFrame | None", ensemble: bool) -> "pd.DataFrame":
    """The table computed anew, written beside its page into out/claims. ensemble: also under each calibrated member."""
    from rich.console import Console
    from rich.progress import Progress

    from villagesim.study.calibration import ensembles
    from villagesim.study.claims import (
        members as claim_members,
        rows as claim_rows,
        runs as claim_runs,
        table as claim_table,
        verdicts as study,
    )
    from villagesim.study.runner import RunsFailedError
    from villagesim.study.store import StoreError

    declared = claim_rows.read(file)
    _check(only, [claim.id for claim in declared], file)
    chosen = [claim for claim in declared if not only or claim.id in only]
    try:
        if ensemble and (stale := ensembles.stale()):
            typer.echo(stale, err=True)
    except ValueError as error:
        _refuse(f"{error} (or claims --run --no-ensemble)")
    try:
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("runs", total=None)

            def tell(state: "sweep.State") -> None:
                bar.update(task, completed=state.done, total=state.total)

            measured = claim_runs.measure(chosen, out / "claims", workers, tell)
            evaluated = study.evaluate(chosen, measured)
            if ensemble:
                bar.update(task, description="runs under the calibrated ensemble")
                under = claim_members.measure(file, chosen, out / "claims", workers, tell)
                evaluated = evaluated.merge(claim_members.table(chosen, measured, under), on="id")
    except (RunsFailedError, StoreError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from None
    found = claim_table.as_text(evaluated, committed)
    files = claim_table.write(found, study.details(chosen, measured), out / "claims")
    typer.echo("written: " + ", ".join(map(str, files)), err=True)
    if only:
        typer.echo("Holm's correction counts only the claims that were run", err=True)
    return found


def _check(only: list[str] | None, known: list[str], file: Path) -> None:
    for name in only or ():
        if name not in known:
            _refuse(f"{file}: has no claim {name}; it has {', '.join(known)}")


def _refuse(line: str) -> None:
    typer.echo(line, err=True)
    raise typer.Exit(BAD_INPUT)


def _show(found: "pd.DataFrame") -> None:
    """The table on the terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from villagesim.study.claims import table as claim_table

    lines = Table(box=SIMPLE_HEAD)
    for head in ("claim", "the paper says", "mechanism", "parameters", "outcome", "effect", "95 % interval", "verdict",
                 "members"):
        lines.add_column(head, justify="right" if head in ("effect", "95 % interval") else "left",
                         no_wrap=head in ("claim", "effect", "95 % interval"))
    for row in found.itertuples():
        cells = (row.id, row.claim, row.mechanism.removeprefix("mechanisms/"), row.parameters, row.outcome, row.effect,
                 f"{row.low} to {row.high}", row.verdict,
                 claim_table.members(row))
        lines.add_row(*(Text(str(cell)) for cell in cells))
    console = Console()
    Console(width=console.width if console.is_terminal else WIDE).print(lines)
