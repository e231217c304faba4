"""The command `trace`: the story of one household. `cli.py` puts it beside the others."""

import re
from pathlib import Path
from typing import Annotated

import typer

BAD_INPUT = 2


def trace(
    scenario: Annotated[Path, typer.Argument(help="A scenario file.")],
    household: Annotated[int, typer.Option("--household", help="Number of the household, from 0.")],
    against: Annotated[Path | None, typer.Option("--against", help="Another scenario file, lived with the same luck.")
                       ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Seed of all luck, instead of the file's.")] = None,
    months: Annotated[str, typer.Option("--months", help="First and last month, A:B; below 0 is spin-up.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="Every month in full, quiet ones too.")] = False,
) -> None:
    """The story of one household, month by month: what it saw, believed, drew, compared and did.

    \b
    Examples:
      villagesim trace scenarios/integrated.toml --household 173
      villagesim trace scenarios/integrated.toml --household 173 --against scenarios/baseline.toml
      villagesim trace scenarios/integrated.toml --household 173 --months 10:14 --all
    """
    from rich.console import Console

    from villagesim.scenario import load
    from villagesim.study.runner import is_compiled
    from villagesim.study.trace import TraceError, trace as traced

    chosen, rival = load(scenario), None if against is None else load(against)
    span = _span(months, -int(chosen.run.spin_up), int(chosen.run.months) - 1)
    waiting = "following the household" if is_compiled() else "compiling, once a machine (a minute or two)"
    try:
        with Console(stderr=True).status(waiting):
            found = traced(chosen, household, seed, rival)
            text = found.story(span, all_)
    except TraceError as error:
        _refuse(str(error))
    typer.echo(text)


def _span(text: str, low: int, high: int) -> tuple[int, int] | None:
    """First and last month from "A:B"; either may be left out."""
    if not text:
        return None
    match = re.fullmatch(r"(-?\d{1,6})?:(-?\d{1,6})?", text.strip())
    if match is None:
        _refuse("--months is written A:B, first and last month, such as 0:24")
    first, last = (int(part) if part else usual for part, usual in zip(match.groups(), (0, high), strict=True))
    if not low <= first <= last <= high:
        _refuse(f"--months is {first}:{last}; the scenario has months {low} to {high}, and the first can't be after "
                "the last")
    return first, last


def _refuse(line: str) -> None:
    typer.echo(line, err=True)
    raise typer.Exit(BAD_INPUT)
