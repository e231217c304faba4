"""The commands that run scenarios: `run`, `experiment`, and what the others show with. `cli.py` puts them in place."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

    from villagesim.recorder import Recorder
    from villagesim.results import Run
    from villagesim.scenario import Scenario
    from villagesim.study.runner import Progress

FAILED, BAD_INPUT = 1, 2
# Runs of a scenario where --replicates is not given: a reference run takes about a minute.
USUAL = {"core": 10, "reference": 1, "gpu": 1}
FEW = 3
WIDE = 160
DIGITS, THOUSAND = 4, 1000
# What is smaller is rounding: no outcome is measured so finely.
DUST = 1e-9
# The rows of the tables on the terminal; the files hold all outcomes.
SHORT = (
    "adoption", "ever", "quitting", "online_share", "income_mean", "income_median", "income_online", "income_wage",
    "gini", "poverty", "jobs_rate", "away_share", "farm_gate", "parcel_fee", "route_serving", "trust_worker", "brand",
    "posts_filled", "public_cost",
)


class Engine(StrEnum):
    """The engines, which agree."""

    CORE = "core"
    REFERENCE = "reference"
    GPU = "gpu"


EngineOption = Annotated[Engine, typer.Option(
    "--engine", help="core (fast), reference (Mesa) or gpu (CUDA, the extra gpu); same results.")]
Out = Annotated[Path, typer.Option("--out", help="Folder for results; what is kept there is not run again.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; usually one a processor core.")]
Ensemble = Annotated[int | None, typer.Option(
    "--ensemble", metavar="N", help="So many runs of each scenario more, under calibrated parameter sets, which tell "
    "what is uncertain of the model from luck. Usually as many as replicates, at most those shipped; none below 5 "
    "replicates or by the reference engine.")]
NoEnsemble = Annotated[bool, typer.Option("--no-ensemble", help="No such runs.")]


def run(
    scenario: Annotated[Path, typer.Argument(help="A scenario file.")],
    engine: EngineOption = Engine.CORE,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Seed of all luck, instead of the file's.")] = None,
    replicates: Annotated[int | None, typer.Option("--replicates", min=1, help="Usually 10; not core: 1.")] = None,
    checkpoint: Annotated[int | None, typer.Option(
        "--checkpoint", min=0, help="Keep the county as it is at the start of this month (0: end of spin-up); one run.",
    )] = None,
    start: Annotated[Path | None, typer.Option(
        "--from", help="Go on from a checkpoint, whose past the scenario must share; one run, under its seed.")] = None,
    ensemble: Ensemble = None,
    no_ensemble: NoEnsemble = False,
    out: Out = Path("results"),
) -> None:
    """One scenario: what happens, with intervals over replicates, as a table and a figure.

    \b
    Examples:
      villagesim run scenarios/integrated.toml --replicates 20
      villagesim run scenarios/integrated.toml --checkpoint 60
      villagesim run scenarios/fund_cut.toml --from results/integrated/seed-1-month-60.npz
    """
    from villagesim.scenario import load, with_seed
    from villagesim.study import runner

    chosen = load(scenario)
    chosen = chosen if seed is None else with_seed(chosen, seed)
    one = checkpoint is not None or start is not None
    count = replicates or (1 if one else USUAL[engine])
    members = _members(ensemble, no_ensemble, count, engine)
    _place(out, chosen.name)
    if one:
        _branch(chosen, engine.value, replicates, checkpoint, start, out, seed)
        return
    _say_cost(1, count, members)
    with _studying([chosen], engine.value) as progress:
        runs = runner.replicate([chosen], count, engine.value, 1 if count <= FEW else None, out / "runs", progress)
    _report(chosen, runs[chosen.name], engine.value, out)
    if members:
        _uncertainty(chosen, runs[chosen.name], members, out)


def _members(asked: int | None, without: bool, replicates: int, engine: Engine) -> int:
    """How many members of the ensemble each scenario is run under, or one line that says why not so many, or why the
    engine can't run here."""
    from villagesim.engine import check
    from villagesim.study import uncertainty
    from villagesim.study.calibration import ensembles

    try:
        check(engine.value)
    except ValueError as error:
        _refuse(str(error))
    if without and asked is not None:
        _refuse("--ensemble and --no-ensemble exclude each other")
    try:
        count = 0 if without else uncertainty.wanted(asked, replicates, engine.value)
    except ValueError as error:
        _refuse(str(error) if asked else f"{error} (or say --no-ensemble)")
    if count and (stale := ensembles.stale()):
        typer.echo(stale, err=True)
    return count


def _say_cost(scenarios: int, replicates: int, members: int) -> None:
    """Before anything runs: how many runs there are, and how many of them the ensemble asks for."""
    besides = (f", and {scenarios * members} more under {members} calibrated parameter sets (--no-ensemble: none)"
               if members else "; parameters at their usual values only")
    typer.echo(f"runs: {scenarios * replicates}{besides}", err=True)


def _uncertainty(chosen: "Scenario", runs: "list[Run]", members: int, out: Path) -> None:
    """Luck and parameters apart, on the terminal and in uncertainty.csv, from runs under the shipped ensemble."""
    from villagesim.study import uncertainty

    with _studying([chosen], Engine.CORE.value) as progress:
        found = uncertainty.varied([chosen], members, None, out / "runs", progress)[chosen.name]
    table = uncertainty.table(runs, found)
    file = out / chosen.name / "uncertainty.csv"
    table.to_csv(file, index=False, lineterminator="\n")
    _luck_and_parameters(f"What luck and what uncertain parameters make of one run, {len(runs)} and {members} runs",
                         table)
    typer.echo(str(file))


def _luck_and_parameters(title: str, table: "pd.DataFrame") -> None:
    """Luck and parameters apart, a line an outcome, on the terminal."""
    from villagesim.study.uncertainty import within

    ends = f"{within(int(table['members'].min()))} of its runs"
    _show(title, ("outcome", "sd by luck", "sd by parameters", "mean of the ensemble", ends), [
        (row.outcome, *_spread(row)) for row in _short(table)])


def _spread(row: Any) -> tuple[str, ...]:
    """What `uncertainty.SPREAD` says of a row, in words."""
    return (_number(row.luck_sd),
            "not told from luck" if row.parameter_sd == 0 < row.luck_sd else _number(row.parameter_sd),
            _number(row.ensemble_mean), f"{_number(row.ensemble_low)} to {_number(row.ensemble_high)}")


def _branch(scenario: "Scenario", engine: str, replicates: int | None, month: int | None, start: Path | None,
            out: Path, asked: int | None) -> None:
    """One run that keeps its county at a month, or goes on from one that was kept."""
    from villagesim.engine import checkpoint
    from villagesim.results import record
    from villagesim.study.runner import keep

    if (replicates or 1) > 1:
        _refuse(f"--replicates {replicates}: a checkpoint is of one run; allowed: 1")
    begun = None if start is None else checkpoint.read(start)
    seed = int(scenario.run.seed) if begun is None else begun.seed
    if asked not in (None, seed):
        _refuse(f"--seed {asked}: {start} is of seed {seed}, under which the run goes on; allowed: {seed}")
    spin_up, kept = int(scenario.run.spin_up), []
    # The first month before which this run has lived through another.
    least, most = max(0, (begun.month if begun else 0) + 1 - spin_up), int(scenario.run.months) - 1
    if month is not None and not least <= month <= most:
        _refuse(f"--checkpoint {month}: the run {'ends before it' if month > most else 'only begins after it'}; "
                + (f"allowed: {least} to {most}" if least <= most else "there is no month left to keep"))

    def look(now: int, world: Any, recorder: "Recorder") -> None:
        if month is not None and now + 1 == month:
            taken = checkpoint.take(world, scenario, seed, month + spin_up, recorder.remembered())
            kept.append(checkpoint.write(taken, out / scenario.name / f"seed-{seed}-month-{month}.npz"))

    months = spin_up + int(scenario.run.months)
    with _studying([scenario], engine) as progress:
        run = record(scenario, seed, engine, lambda now: progress((now + 1 + spin_up) / months, 1), begun, look)
    keep(run, engine, out / "runs")
    _report(scenario, [run], engine, out)
    for file in kept:
        typer.echo(f"kept: {file}")


def _report(chosen: "Scenario", runs: "list[Run]", engine: str, out: Path) -> None:
    """Summary and figure of a scenario's runs, which are kept in out/runs, on the terminal and in files."""
    from villagesim.figures import draw
    from villagesim.results import run_name, summary
    from villagesim.study import compare as study, runner

    folder = out / chosen.name
    folder.mkdir(parents=True, exist_ok=True)
    about = study.about({chosen.name: runs}) | {
        "store": "../runs",
        "runs": [runner.folder_name(run_name(run.manifest["identity"]), engine) for run in runs],
    }
    (folder / "runs.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    table = summary(runs)
    table.to_csv(folder / "summary.csv", index=False, lineterminator="\n")
    files = draw("single", folder)
    _show(
        f"{chosen.title}: last twelve months, {_many(len(runs))}", ("outcome", "mean", "95 % interval", "unit"),
        [(row.outcome, *_estimate(row.mean, row.low, row.high), row.unit) for row in _short(table)],
    )
    _say_files([folder / "summary.csv", *files], out / "runs")


def experiment(
    files: Annotated[list[Path], typer.Argument(help="Experiment files.")],
    out: Out = Path("results"),
    replicates: Annotated[int | None, typer.Option("--replicates", min=1, help="Instead of the file's.")] = None,
    ensemble: Ensemble = None,
    no_ensemble: NoEnsemble = False,
    workers: Workers = None,
) -> None:
    """Run experiments: every scenario and replicate that is not kept yet, then their tables and figures.

    \b
    Example:
      villagesim experiment experiments/mixes.toml
    """
    from villagesim.figures import draw
    from villagesim.study import experiment as study

    read = [study.read_experiment(path, replicates) for path in files]
    members = [_members(ensemble, no_ensemble, found.replicates, Engine.CORE) for found in read]
    for found in read:
        _place(out, found.name)
    for path, found, count in zip(files, read, members, strict=True):
        typer.echo(f"{found.name}: {found.title}")
        _say_cost(len(found.scenarios), found.replicates, count)
        with _studying(list(found.scenarios), "core") as progress:
            folder = study.run(path, out, workers, replicates, progress=progress, members=count)
        drawn = draw(found.figure, folder) if found.figure else []
        told = [folder / f"{found.name}-uncertainty.csv"] if count else []
        _say_files([folder / f"{found.name}.csv", *told, *drawn], out / "runs")


def _place(out: Path, name: str) -> Path:
    """The folder out/NAME, not made yet; whether it and out/runs can be is checked here, before anything runs."""
    from villagesim.results import check_place, make_place

    make_place(out / "runs")
    return check_place(out / name)


@contextmanager
def _studying(scenarios: "list[Scenario]", engine: str) -> "Iterator[Progress]":
    """A progress bar while runs are done; says when it compiles; failed runs end in one line."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from villagesim.study.runner import RunsFailedError, is_compiled, prepare

    console = Console(stderr=True)
    _tell_surveys(scenarios)
    try:
        if engine == "core" and not is_compiled():
            with console.status("compiling, once a machine (a minute or two)"):
                prepare(scenarios)
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("runs", total=None)
            yield lambda done, total: bar.update(task, completed=round(done, 2), total=total)
    except RunsFailedError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from None


def _tell_surveys(scenarios: "list[Scenario]") -> None:
    """Say what was read of users' own households and what is drawn; bad rows end here, before anything runs."""
    from villagesim.world import surveyed
    from villagesim.world.survey import account

    for scenario in {scenario.survey: scenario for scenario in scenarios if scenario.survey}.values():
        for line in account(surveyed(scenario)):
            typer.echo(line, err=True)


def _refuse(line: str) -> None:
    typer.echo(line, err=True)
    raise typer.Exit(BAD_INPUT)


def _short(table: "pd.DataFrame") -> list[Any]:
    """The rows of a table of outcomes that a terminal shows, in order."""
    by_name = {row.outcome: row for row in table.itertuples()}
    return [by_name[name] for name in SHORT if name in by_name]


def _show(title: str, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A table on the terminal: numbers to the right, words to the left."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    words = ("outcome", "unit", "scenario", "what", "villages", "levers at their most")
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for head in heads:
        table.add_column(head, justify="left" if head in words else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console = Console()
    Console(width=console.width if console.is_terminal else WIDE).print(table)


def _say_files(files: list[Path], runs: Path) -> None:
    typer.echo("written: " + ", ".join(str(file) for file in files))
    typer.echo(f"runs are kept in {runs}")


def _many(count: int) -> str:
    return "one run" if count == 1 else f"mean of {count} runs"


def _number(value: float) -> str:
    """A number of about four digits: 43,210, 12.35 or 0.0123.

    >>> _number(43210.4), _number(-0.01234567), _number(-3e-13)
    ('43,210', '-0.01235', '0')
    """
    if math.isnan(value):
        return "-"
    if abs(value) < DUST:
        return "0"
    return f"{value:,.0f}" if abs(value) >= THOUSAND else f"{value:.{DIGITS}g}"


def _estimate(value: float, low: float, high: float) -> tuple[str, str]:
    """An estimate and its interval, to two digits of the interval's half-width.

    >>> _estimate(2022.0, 1804.2, 2239.8), _estimate(-3e-13, -5e-13, -1e-13), _estimate(-1e-4, -0.02, 0.02)
    (('2,022', '1,804 to 2,240'), ('0', '0 to 0'), ('0.000', '-0.020 to 0.020'))
    """
    half = (high - low) / 2
    if math.isnan(half) or half <= max(abs(value) * 10.0**-DIGITS, DUST):
        return _number(value), "-" if math.isnan(half) else f"{_number(low)} to {_number(high)}"
    decimals = max(0, 1 - math.floor(math.log10(half)))
    return f"{value:z,.{decimals}f}", f"{low:z,.{decimals}f} to {high:z,.{decimals}f}"


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.0f} %"
