"""The commands on evidence: `targets`, `trial`, `calibrate`, `validate`. `cli.py` puts them in place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from villagesim.cli_analyses import _say, _show
from villagesim.cli_runs import Engine, NoEnsemble, _members
from villagesim.cli_studies import BAD_INPUT, Out, Workers, plain_failures
from villagesim.cli_trials import EnsembleOfTrials, say_trials, show_varied

if TYPE_CHECKING:
    from villagesim.study.calibrating import Simulated
    from villagesim.study.kinds import Base

SCENARIOS = Path("scenarios")
# Letters of what a target is that are printed: in a narrow terminal more would cut off the values.
SAID = 22
# Standard deviations of one county of a member by luck, and of members by their parameters.
APART = "sd: luck, parameters"
# Columns of a trial's table that plan it; the others check it.
PLANNED = ("villages", "trials", "effect", "low", "high", "se", "spread", "power", "mde")
NAMES = ("baseline.toml", "integrated.toml")
PLACES = ("village_plain.toml", "village_hill.toml", "village_mountain.toml")


def targets(
    role: Annotated[str, typer.Option("--role", help="calibrate or validate; usually both.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, all fields.")] = False,
    pins: Annotated[bool, typer.Option("--pins", help="Which targets pin which number, what calibration left of it, "
                                       "and what none pins.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="With --pins: the folder to write that into, as "
                                             "parameters.csv, and the tables of its calibration.md.")] = None,
    series: Annotated[bool, typer.Option("--series", help="What a run with a start year follows.")] = False,
) -> None:
    """The published numbers that the model answers to: value, interval, source, estimator, role.

    \b
    Examples:
      villagesim targets
      villagesim targets --role validate --json
      villagesim targets --series
      villagesim targets --pins
      villagesim targets --pins --out docs
    """
    from villagesim import evidence

    if out is not None and not pins:
        typer.echo(f"--out {out}: goes with --pins only", err=True)
        raise typer.Exit(BAD_INPUT)
    asked = [name for name, said in (("--role", role), ("--json", as_json), ("--pins", pins), ("--series", series))
             if said]
    if len(asked) > 1 and (pins or series):
        typer.echo(f"{' '.join(asked)}: do not go together; allowed: --role with --json, --pins with --out, or "
                   "--series", err=True)
        raise typer.Exit(BAD_INPUT)
    if series:
        _series()
        return
    if pins:
        _pins(out)
        return
    if role not in ("", evidence.CALIBRATE, evidence.VALIDATE):
        typer.echo(f"--role is {role}; allowed: {evidence.CALIBRATE}, {evidence.VALIDATE}", err=True)
        raise typer.Exit(BAD_INPUT)
    chosen = [one for one in evidence.targets() if one.role == role or not role]
    if as_json:
        import json

        typer.echo(json.dumps([one.model_dump() for one in chosen], indent=1, ensure_ascii=False))
        return
    for one in chosen:
        low, high = one.range
        typer.echo(f"{one.id}  {one.what}\n    {one.value:g} ({low:g} to {high:g}) {one.unit}, {one.year}; {one.role}, "
                   f"{one.confidence}, by {one.estimator}\n    {one.source}")
        if one.because:
            typer.echo(f"    interval: {one.because}")
        if one.not_modelled:
            typer.echo(f"    not modelled: {one.not_modelled}")


def _pins(out: Path | None) -> None:
    """Each pinned number with its targets and what they left, then all that none pins; or the files of the same."""
    from villagesim import evidence
    from villagesim.report import evidence_map

    if out is not None:
        _write_map(out)
        return
    numbers = list(evidence_map.known())
    for one in (number for number in numbers if number.targets):
        left = f"; calibrated {evidence_map.between(one.left, one.entry.unit)}" if one.left else ""
        typer.echo(f"{one.entry.key}: {one.targets}{left}")
    typer.echo(f"\nno number that was measured moves {', '.join(evidence.unanswered())}")
    groups = [(f"pinned by nothing, {said}, graded {grade}", evidence_map.free(numbers, grade))
              for grade, said in zip("CBA", ("to be swept", *["given by their sources"] * 2), strict=True)]
    groups += [("not measured over its range: words, decisions, what is so by design, and what no scan has asked",
                [one for one in numbers if one.moved is None])]
    for said, loose in groups:
        typer.echo(f"\n{len(loose)} {said}:")
        for one in loose:
            varied = f"; varied by the ensemble: {evidence_map.between(one.left, one.entry.unit)}" if one.left else ""
            typer.echo(f"  {one.entry.key}  {one.entry.range} {one.entry.unit}{varied}")


def _write_map(folder: Path) -> None:
    """Write parameters.csv into the folder, and the tables of the calibration.md that stands there."""
    from villagesim.report import evidence_map, pages
    from villagesim.results import make_place

    table, page = make_place(folder) / "parameters.csv", folder / "calibration.md"
    try:
        text = pages.rewritten(page.read_text(encoding="utf-8"), evidence_map.tables()) if page.is_file() else None
    except (OSError, pages.PageError) as error:
        typer.echo(f"{page}: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from None
    table.write_text(evidence_map.csv_text(), encoding="utf-8")
    if text is not None:
        page.write_text(text, encoding="utf-8")
    _say([table, *([page] if text is not None else [])])


def _series() -> None:
    """Every row of the published series of the world outside."""
    from villagesim.scenario_series import LEVELS, SHARES, published

    for name in (*LEVELS, *SHARES):
        typer.echo(name)
        for row in published(name):
            typer.echo(f"  {row.year:<7g} {row.value:g} {row.unit}, {row.confidence}: {row.source}")


def trial(
    file: Annotated[Path, typer.Argument(help="A trial file, such as experiments/trial_access.toml.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
    ensemble: EnsembleOfTrials = None,
    no_ensemble: NoEnsemble = False,
    out: Out = Path("results"),
    workers: Workers = None,
) -> None:
    """Plan a field experiment inside the model: effect, power, and the smallest effect it would find, by its size.

    \b
    Examples:
      villagesim trial experiments/trial_access.toml
      villagesim trial experiments/trial_county.toml --json
    """
    from villagesim.figures import draw
    from villagesim.results import make_place
    from villagesim.study.trials import members, power, read_trial

    asked = read_trial(file)
    count = _members(ensemble, no_ensemble, asked.asked.trials, Engine.CORE)
    count = min(count, members.USUAL) if ensemble is None else count
    make_place(out / asked.name)
    say_trials(asked, count)
    with plain_failures(), _counting(asked.asked.title) as tell:
        found = power(asked, workers, tell)
    varied = None
    if count:
        with plain_failures(), _counting("Calibrated parameter sets") as tell:
            varied = members.varied(asked, count, workers, tell)
        varied.write(out / asked.name)
        found = found._replace(about=found.about | {"ensemble": varied.about | {"sizes": varied.rows()}})
    folder = found.write(out / asked.name)
    if as_json:
        draw("power", folder)
        typer.echo(found.as_json())
        return
    plan = asked.asked
    title = f"{plan.title}: {plan.outcome} ({found.about['unit']}), {plan.estimator}"
    checks = ["villages", *(name for name in found.table if name not in PLANNED)]
    for columns in (PLANNED, checks):
        _show(title, found.table, tuple(columns))
        title = "Checks: the same where no effect is due, and shares of trials in which it is found"
    if varied is not None:
        show_varied(varied.table)
    _say([folder / "power.csv", folder / "power.json", folder / "estimates.csv",
          *([folder / "uncertainty.csv", folder / "members.csv"] if varied else []), *draw("power", folder)])


def calibrate(
    file: Annotated[Path, typer.Argument(help="A calibration file.")] = Path("experiments/calibrate.toml"),
    quick: Annotated[bool, typer.Option("--quick", help="The sizes of the table `quick`: minutes.")] = False,
    ship: Annotated[bool, typer.Option("--ship", help="What is left becomes what the package carries: the ensemble "
                                       "that `validate` runs over, or, with ensemble = false, an interval.")] = False,
    recover: Annotated[int | None, typer.Option("--recover", min=2, max=1000, help="Instead: so many whole "
                                                "calibrations of data whose numbers are known, and how many are found "
                                                "again, each as long as one of what was published.")] = None,
    out: Out = Path("results"),
    workers: Workers = None,
) -> None:
    """What the published targets leave of uncertain numbers: the region, an ensemble, and how surely. Resumable.

    The numbers are the model's, or, where the file names an innovation, those of the circumstances of its experiment.

    \b
    Examples:
      villagesim calibrate --quick
      villagesim calibrate experiments/insurance.toml
      villagesim calibrate experiments/networks.toml --quick --recover 20
    """
    from villagesim import evidence
    from villagesim.cli_studies import FAILED, progress
    from villagesim.figures import draw
    from villagesim.results import make_place
    from villagesim.study import ensembles
    from villagesim.study.aims import NoEvidenceError
    from villagesim.study.calibrating import read_calibration
    from villagesim.study.matching import NothingLeftError
    from villagesim.study.posterior import TooFewError
    from villagesim.study.simulated import carry_out, folder_of

    read = read_calibration(file, quick)
    _check_shipped(file, read, ship)
    if recover is not None and ship:
        typer.echo("--recover: tells of the method, and nothing of it can be shipped; leave out --ship", err=True)
        raise typer.Exit(BAD_INPUT)
    make_place(folder_of(read, out, quick))
    try:
        if recover is not None:
            _recover(read, recover, out, workers, quick)
            return
        with plain_failures(), progress(read.asked.title) as tell:
            folder, found = carry_out(read, out, workers, tell, quick)
    except NoEvidenceError as error:
        typer.echo(f"{file}: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from None
    except (NothingLeftError, TooFewError) as error:
        typer.echo(f"{file}: {error}", err=True)
        raise typer.Exit(FAILED) from None
    _show(read.asked.title, found.region, ("parameter", "low", "high", "left_low", "left_high", "q05", "q50", "q95",
                                           "fitting", "pinned", "recovered"), most=len(found.region))
    _show("Targets", found.targets, ("target", "value", "published", "discrepancy", "reached", "model_low",
                                     "model_median", "model_high"), most=len(found.targets))
    files = []
    if ship and read.ensemble:
        files = ensembles.ship(found, evidence.folder())
    elif ship:
        files = [ensembles.ship_made(found, evidence.folder() / f"{read.asked.name}.json")]
    _say([folder / "region.csv", folder / "targets.csv", folder / "checks.csv", folder / "ensemble.csv", *files,
          *draw("calibration", folder)])


def _recover(read: "Simulated", truths: int, out: Path, workers: int | None, quick: bool) -> None:
    """Calibrate data of known numbers, and print how many were found again."""
    from villagesim.cli_studies import FAILED, progress
    from villagesim.study.simulated import carry_out_known

    with plain_failures(), progress(read.asked.title) as tell:
        folder, found = carry_out_known(read, truths, out, workers, tell, quick)
    if found.lost == truths:
        typer.echo(f"{read.asked.name}: nothing was left of any of {truths} truths, or too few runs: more runs, fewer "
                   "members, or fewer targets", err=True)
        raise typer.Exit(FAILED)
    table = found.parameters()
    _show(f"{read.asked.title}: of {truths} truths, the share that the 90 % intervals hold", table, tuple(table),
          most=len(table))
    lost = f"; {found.lost} of {truths} truths lost: nothing was left of them, or too few runs" if found.lost else ""
    typer.echo(f"{100 * found.held:.1f} % of {len(found.intervals)} intervals hold the truth, and 90 % claim to "
               f"(standard error by truths: {100 * found.error:.1f} %){lost}")
    _say([folder / "recovery.csv"])


def _check_shipped(file: Path, read: "Simulated", ship: bool) -> None:
    """One line where --ship would ship what is not the package's own."""
    from villagesim import evidence
    from villagesim.study.innovations import SHIPPED, shipped

    if ship and not read.ensemble and read.asked.name not in evidence.REGIONS:
        typer.echo(f"{file}: --ship: of calibrations without an ensemble the package carries "
                   f"{', '.join(evidence.REGIONS)}, and not {read.asked.name}", err=True)
        raise typer.Exit(BAD_INPUT)
    own = read.innovation
    if ship and own is not None and (own.name not in SHIPPED or own != shipped(own.name)):
        typer.echo(f"{file}: --ship: {own.name} is no innovation that the package carries; allowed: "
                   f"{' or '.join(SHIPPED)}, by that name, or no --ship", err=True)
        raise typer.Exit(BAD_INPUT)


def validate(
    members: Annotated[int, typer.Option("--members", min=3, help="Members of the ensemble.")] = 21,
    counties: Annotated[int, typer.Option("--counties", min=1, help="Counties that each member is lived in: plain, "
                                          "hill and mountain in turn.")] = 3,
    scenarios: Annotated[Path, typer.Option("--scenarios", help="Folder of baseline.toml, integrated.toml and the "
                                            "village settings.")] = SCENARIOS,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of all luck.")] = 1,
    ensemble: Annotated[bool, typer.Option("--ensemble/--no-ensemble", help="Each member under parameters of its own, "
                                           "from the shipped calibration; or all under the point values.")] = True,
    html: Annotated[bool, typer.Option("--html", help="Also one offline page with a plot a target.")] = False,
    out: Out = Path("results"),
    workers: Workers = None,
) -> None:
    """Every published target beside the model's value, by the source's own estimator, with a verdict.

    \b
    Examples:
      villagesim validate
      villagesim validate --no-ensemble
      villagesim validate --html
    """
    from villagesim import evidence
    from villagesim.figures import draw
    from villagesim.results import make_place
    from villagesim.study.validation import checked, checks
    from villagesim.study.validation import validate as validated

    bases = [_base(scenarios, place) for place in PLACES]
    make_place(out / "validation")
    with plain_failures(), _counting("Evidence") as tell:
        of, made = _bases_of(scenarios, bases) if ensemble else (None, "point values")
        found = validated(bases, members, counties, seed, workers, tell, of, made)
    folder = found.write(out / "validation")
    for role, rows in found.table.groupby("role", sort=False):
        said = rows.assign(
            published=[_between(*row) for row in rows[["source_value", "source_low", "source_high"]].to_numpy()],
            model=[_between(*row) for row in rows[["model", "low", "high"]].to_numpy()],
            **{APART: [_apart(*row) for row in rows[["luck_sd", "parameter_sd"]].to_numpy()]},
            what=rows["what"].str.slice(0, SAID))
        _show(f"{role} ({members} members, {counties} counties each)", said,
              ("target", "published", "model", APART, "verdict", "what"), most=len(rows))
    counts = found.table.groupby("role", sort=False)["verdict"].value_counts()
    typer.echo("; ".join(f"{role}: {count} {verdict}" for (role, verdict), count in counts.items()))
    for one in evidence.targets():
        if one.not_modelled:
            typer.echo(f"{one.id} is not modelled: {one.not_modelled}")
    typer.echo("\nV1, V3 and V4 from one set of parameters\n  " + "\n  ".join(found.reconciled()) + "\n")
    typer.echo(checked(checks(found.values)))
    pages = []
    if html:
        from villagesim.report.validation import page

        pages = [page(folder)]
    _say([*(folder / f"{name}.csv" for name in ("validation", "members", "counties")), *draw("validation", folder),
          *pages])


def _apart(luck: float, parameters: float) -> str:
    """Two standard deviations, two digits each; nothing where they are not told.

    >>> _apart(0.0123, 0.0), _apart(float("nan"), float("nan"))
    ('0.012, 0', '')
    """
    return f"{luck:.2g}, {parameters:.2g}" if luck == luck and parameters == parameters else ""


def _between(value: float, low: float, high: float) -> str:
    """A value with its interval, three digits each.

    >>> _between(0.1412, 0.089, 0.193), _between(float("nan"), 0.0, 0.0)
    ('0.141 (0.089 to 0.193)', '')
    """
    return f"{value:.3g} ({low:.3g} to {high:.3g})" if value == value else ""


def _bases_of(folder: Path, bases: "list[Base]") -> "tuple[Callable[[int, int], Base], str]":
    """The base of each member under its own row of the shipped ensemble, and what to say of where that is from."""
    from villagesim import evidence
    from villagesim.study import ensembles

    try:
        if stale := ensembles.stale():
            typer.echo(stale, err=True)
        shipped = evidence.ensemble()
        for row in shipped.rows:
            ensembles.check(row)
    except ValueError as error:
        typer.echo(f"{error} (or validate --no-ensemble)", err=True)
        raise typer.Exit(BAD_INPUT) from None
    own = [[ensembles.set_in(folder / name, folder / place) for name in NAMES] for place in PLACES]
    made = f"ensemble of {len(shipped.rows)} from {shipped.about['name']}"

    def of(member: int, place: int) -> "Base":
        return ensembles.of_member(bases[place], shipped.rows[member % len(shipped.rows)], own[place])

    return of, made


def _base(folder: Path, place: str) -> "Base":
    """Today's county and the same under the programme, in one setting."""
    from villagesim.scenario import changed, load
    from villagesim.scenario_text import flat, read
    from villagesim.study.kinds import Base

    setting = {key: value for key, value in flat(read(folder / place)).items() if key != "title"}
    return Base(*(changed(load(folder / name), setting) for name in NAMES))


@contextmanager
def _counting(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar with what is done, of how much, and the time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
