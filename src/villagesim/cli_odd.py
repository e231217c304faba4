"""The command `odd`: the tables of the model's description. `cli.py` puts it beside the others."""

from pathlib import Path
from typing import Annotated

import typer

DIFFERS, BAD_INPUT = 1, 2


def odd(
    file: Annotated[Path, typer.Argument(help="The page whose tables are written.")] = Path("paper/odd.md"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit status 1 if a table differs.")] = False,
) -> None:
    """Write the tables of the ODD+D description (state, schedule, parameters, levers, flows, draws) from the code.

    \b
    Examples:
      villagesim odd
      villagesim odd --check
    """
    from villagesim.report.odd import rewritten, stale
    from villagesim.report.pages import PageError

    try:
        page = file.read_text(encoding="utf-8")
        differing = stale(page)
        if differing and not check:
            file.write_text(rewritten(page), encoding="utf-8")
    except OSError as error:
        _refuse(f"{file}: {error.strerror}")
    except PageError as error:
        _refuse(f"{file}: {error}")
    if not differing:
        typer.echo(f"{file}: every table is as the code has it")
    elif check:
        typer.echo(f"{file}: differs from the code: {', '.join(differing)}; `villagesim odd` writes it", err=True)
        raise typer.Exit(DIFFERS)
    else:
        typer.echo(f"{file}: written: {', '.join(differing)}")


def _refuse(line: str) -> None:
    typer.echo(line, err=True)
    raise typer.Exit(BAD_INPUT)
