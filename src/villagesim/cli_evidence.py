"""The commands on evidence: `targets`, `validate`. `cli.py` puts them in place."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from villagesim.cli_analyses import _say, _show
from villagesim.cli_studies import BAD_INPUT, Out, Workers, counting, plain_failures

if TYPE_CHECKING:
    from villagesim.study.fieldwork.kinds import Base

SCENARIOS = Path("scenarios")
# Letters of what a target is that are printed: in a narrow terminal more would cut off the values.
SAID = 22
# Standard deviations of one county of a member by luck, and of members by their parameters.
APART = "sd: luck, parameters"
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
        if one.direction_only:
            typer.echo(f"    published: {one.direction}; the numbers are judgement")
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
    from villagesim.study.calibration.validation import checked, checks, validate as validated

    bases = [_base(scenarios, place) for place in PLACES]
    make_place(out / "validation")
    with plain_failures(), counting("Evidence") as tell:
        of, made = _bases_of(scenarios, bases) if ensemble else (None, "point values")
        found = validated(bases, members, counties, seed, workers, tell, of, made)
    folder = found.write(out / "validation")
    for role, rows in found.table.groupby("role", sort=False):
        said = rows.assign(
            published=[evidence.target(row.target).direction
                       or _between(row.source_value, row.source_low, row.source_high) for row in rows.itertuples()],
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
    from villagesim.study.calibration import ensembles

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
    from villagesim.study.fieldwork.kinds import Base

    setting = {key: value for key, value in flat(read(folder / place)).items() if key != "title"}
    return Base(*(changed(load(folder / name), setting) for name in NAMES))
