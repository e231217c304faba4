"""The command line: what a user types. Heavy packages are imported inside the commands that use them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from villagesim import (
    cli_analyses,
    cli_calibrate,
    cli_claims,
    cli_compare,
    cli_countryside,
    cli_evidence,
    cli_factorial,
    cli_odd,
    cli_pins,
    cli_runs,
    cli_studies,
    cli_trace,
    cli_trials,
)

if TYPE_CHECKING:
    from rich.console import Console

    from villagesim.catalogue import Entry
    from villagesim.world.survey_columns import Column

BAD_INPUT, INTERRUPTED = 2, 130
WIDE = 220


class PlainErrors(TyperGroup):
    """A group of commands in which a mistake in the user's files is one line on stderr and exit status 2.

    Ctrl-C is one line and exit status 130, also in commands that keep nothing of what they began.
    """

    def invoke(self, ctx: typer.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ValueError as error:
            if not _is_users_mistake(error):
                raise
            # A survey's bad rows are a line each.
            typer.echo(str(error), err=True)
            raise typer.Exit(BAD_INPUT) from None
        except KeyboardInterrupt as stop:
            # What keeps runs says so (`runner.Interrupted`).
            typer.echo(str(stop) or "interrupted: run the same command again", err=True)
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    cls=PlainErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="A laboratory for rural e-commerce and social work in Chinese villages.",
)
scenario_app = typer.Typer(no_args_is_help=True, help="Check, show and begin scenario files.")
app.add_typer(scenario_app, name="scenario")
app.add_typer(cli_studies.study_app, name="study")
for command in (cli_runs.run, cli_compare.compare, cli_runs.experiment, cli_studies.sweep,
                cli_analyses.sensitivity, cli_analyses.variance, cli_analyses.discover, cli_analyses.optimise,
                 cli_evidence.targets, cli_trials.trial, cli_calibrate.calibrate, cli_evidence.validate, cli_pins.pins,
                 cli_factorial.factorial, cli_factorial.hysteresis, cli_trace.trace, cli_claims.claims, cli_odd.odd,
                 cli_countryside.countryside):
    app.command()(command)


def main() -> None:
    """The entry point `villagesim`."""
    app()


def refuse(line: str) -> None:
    """One line on stderr, and exit status 2."""
    from villagesim.scenario_text import one_line

    typer.echo(one_line(line), err=True)
    raise typer.Exit(BAD_INPUT)


def _is_users_mistake(error: ValueError) -> bool:
    """Whether the error says what is wrong with a user's files."""
    from villagesim.scenario_text import ScenarioError

    if isinstance(error, ScenarioError):
        return True
    from villagesim.results import PlaceError
    from villagesim.world.records import SurveyError

    return isinstance(error, SurveyError | PlaceError)


@app.command()
def parameters(
    filter_: Annotated[str, typer.Option("--filter", help="Only rows that hold this text anywhere.")] = "",
    json_: Annotated[bool, typer.Option("--json", help="As JSON, for other programs.")] = False,
) -> None:
    """All numbers that a scenario or a country file can set: default, unit, range, source, evidence grade, meaning.

    \b
    Examples:
      villagesim parameters --filter logistics
      villagesim parameters --json > parameters.json
    """
    from villagesim.catalogue import country, settable

    entries = [entry for entry in (*settable(), *country()) if filter_.lower() in " ".join(map(str, entry)).lower()]
    if json_:
        _print_json([entry._asdict() for entry in entries])
    elif entries:
        _print_table(entries)
    else:
        typer.echo(f'nothing in the table holds "{filter_}"', err=True)


@app.command()
def describe(
    name: Annotated[str, typer.Argument(help="A parameter, setting, lever or column, such as route_cost, camp or "
                                             "survey_households.")],
    json_: Annotated[bool, typer.Option("--json", help="As JSON, for other programs.")] = False,
) -> None:
    """One card: what a parameter, setting, lever or column means, and where its number comes from.

    \b
    Examples:
      villagesim describe camp
      villagesim describe households.savings
      villagesim describe survey_households      # with every column that your own table may have
    """
    from villagesim.catalogue import called, near
    from villagesim.scenario_text import shown

    entries = called(name)
    if not entries:
        like = near(name)
        hint = f"; did you mean {' or '.join(like)}?" if like else "; `villagesim parameters` lists what there is"
        refuse(f"{shown(name)} is not known{hint}")
    documented = [column for entry in entries for column in _columns_of(entry.key)]
    if json_:
        also = {"columns": [column._asdict() for column in documented]} if documented else {}
        _print_json([entry._asdict() | also for entry in entries])
    else:
        typer.echo("\n\n".join(_card(entry) for entry in entries))
        if documented:
            _print_columns(documented)


@scenario_app.command("check")
def scenario_check(
    files: Annotated[list[Path], typer.Argument(help="Scenario files.")],
) -> None:
    """Whether scenario files are right: one line each; exit status 2 if any is not.

    \b
    Example:
      villagesim scenario check scenarios/*.toml
    """
    from villagesim.scenario import ScenarioError, digest, load
    from villagesim.world import surveyed
    from villagesim.world.survey import SurveyError, account

    wrong = False
    for file in files:
        try:
            found = load(file)
            for line in account(surveyed(found)) if found.survey else ():
                typer.echo(line)
            typer.echo(f"{file}: right ({digest(found)[:12]})")
        except (ScenarioError, SurveyError) as error:
            wrong = True
            typer.echo(str(error), err=True)
    if wrong:
        raise typer.Exit(BAD_INPUT)


@scenario_app.command("show")
def scenario_show(
    file: Annotated[Path, typer.Argument(help="A scenario file.")],
    json_: Annotated[bool, typer.Option("--json", help="As JSON, for other programs.")] = False,
) -> None:
    """A scenario as resolved: everything that determines a run, after `extends` and with all defaults.

    \b
    Example:
      villagesim scenario show scenarios/integrated.toml --json
    """
    from villagesim.scenario import digest, load, resolved
    from villagesim.scenario_text import as_toml

    scenario = load(file)
    late = [name for name, setting in scenario.levers.items() if setting.start >= scenario.run.months]
    if json_:
        _print_json({"name": scenario.name, "title": scenario.title, "digest": digest(scenario)} | resolved(scenario))
    else:
        typer.echo(f"# {' '.join(scenario.title.split())}\n# content hash {digest(scenario)}")
        typer.echo(f"# begins after the last month, so not at all: {', '.join(late)}\n" if late else "")
        typer.echo(as_toml(resolved(scenario)).rstrip())


@scenario_app.command("new")
def scenario_new(
    file: Annotated[Path, typer.Argument(help="The file to write; an existing one is never overwritten.")],
    extends: Annotated[Path, typer.Option("--extends", help="The scenario to start from.")],
) -> None:
    """Write a commented scenario file that starts from another one.

    \b
    Example:
      villagesim scenario new scenarios/mine.toml --extends scenarios/integrated.toml
    """
    from villagesim.scenario import load
    from villagesim.scenario_new import starting_text

    load(extends)
    if not file.name.isprintable():
        refuse(f"{file}: is no name for a file; allowed: one line that can be printed")
    text = starting_text(file, extends)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        refuse(f"{file}: exists already; choose another name")
    except OSError as error:
        refuse(f"{file}: cannot be written: {error.strerror}")
    typer.echo(f"wrote {file}")


def _print_json(values: Any) -> None:
    import json

    typer.echo(json.dumps(values, indent=2, ensure_ascii=False))


def _print_table(entries: "list[Entry]") -> None:
    """Numbers, a line each."""
    from rich.table import Table
    from rich.text import Text

    table = Table("name", "default", "unit", "range", "source", "grade", "meaning")
    for entry in entries:
        cells = (entry.key, _plain(entry.default), entry.unit, entry.range, entry.source, entry.grade, entry.meaning)
        table.add_row(*(Text(cell) for cell in cells))
    _console().print(table)


def _columns_of(key: str) -> "list[Column]":
    """The columns that a user's file may have, where the key names one, or the mapping of both."""
    tables = {"world.survey_households": ("households",), "world.survey_ties": ("ties",),
              "world.survey_columns": ("households", "ties")}
    if key not in tables:
        return []
    from villagesim.world.survey_columns import documented

    return [column for column in documented() if column.table in tables[key]]


def _print_columns(columns: "list[Column]") -> None:
    """What a user's table may hold, a line a column."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table("column", "unit", "allowed", "meaning", "where it is missing", box=SIMPLE_HEAD)
    for column in columns:
        cells = column.name, column.unit, column.allowed, column.meaning, column.missing
        table.add_row(*(Text(cell) for cell in cells))
    _console().print(table)


def _console() -> "Console":
    """As wide as the terminal; wide where the output goes to a file."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=WIDE)


def _card(entry: "Entry") -> str:
    """One entry as a few lines of text."""
    from villagesim.declare import GRADES

    lines = [
        f"{entry.key}  ({entry.kind})",
        f"  {entry.meaning}",
        f"  default  {_plain(entry.default)}" if entry.default is not None else "",
        f"  unit     {entry.unit}" if entry.unit else "",
        f"  range    {entry.range}" if entry.range else "",
        f"  source   {entry.source}" if entry.source else "",
        f"  grade    {entry.grade}: {GRADES.get(entry.grade, '')}" if entry.grade else "",
    ]
    return "\n".join(line for line in lines if line)


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
