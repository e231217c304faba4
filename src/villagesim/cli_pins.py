"""The command `pins`: which targets pin which numbers, measured. `cli.py` puts it in place."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from villagesim.cli_analyses import _say, _show
from villagesim.cli_studies import FAILED, Out, Workers, plain_failures, progress

if TYPE_CHECKING:
    from villagesim.study.calibration.pin_scan import Measured

SHOWN = ("parameter", "target", "at_low", "at_usual", "at_high", "target_unit", "moved", "luck", "seeds", "listed")


def pins(
    file: Annotated[Path, typer.Argument(help="A scan's file, such as experiments/pins.toml.")],
    only: Annotated[list[str] | None, typer.Option("--only", help="A number's key, or a pattern such as "
                                                   "'parameters.choice.*'; again for more. Usually all.")] = None,
    target: Annotated[list[str] | None, typer.Option("--target", help="A target's name, or a pattern such as 'T6.*'; "
                                                     "again for more. Usually all that may be fitted.")] = None,
    sample: Annotated[int | None, typer.Option("--sample", min=1, help="So many of them, drawn by the file's seed.")
                      ] = None,
    check: Annotated[bool, typer.Option("--check", help="Say which pins are shipped and not confirmed, and which are "
                                        "found and not shipped; exit status 1 if there is any.")] = False,
    ship: Annotated[bool, typer.Option("--ship", help="Ship what is found of these numbers with the package.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which numbers, and how many runs at most.")
                       ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Try again what has failed.")] = False,
    out: Out = Path("results"),
    workers: Workers = None,
) -> None:
    """Which targets know of which numbers: each at both ends of its range, beside what luck moves. Resumable.

    A movement is told in widths of the target's published interval. All rows are in OUT/NAME/pins.csv, of the numbers
    of this command alone; runs are kept, and the same command over all numbers makes only what is missing.

    \b
    Examples:
      villagesim pins experiments/pins.toml --only 'parameters.choice.*' --check
      villagesim pins experiments/pins.toml --sample 20
      villagesim pins experiments/pins.toml --target 'T6.*' --ship
      villagesim pins experiments/pins.toml --ship
    """
    from villagesim import evidence
    from villagesim.results import make_place
    from villagesim.study.calibration import pin_scan, pinning

    asked = pinning.read_pinning(file)
    entries, wanted = pinning.chosen(only or (), sample, asked.seed), pinning.aims(target or ())
    typer.echo(f"{len(entries)} of {len(pinning.numbers())} numbers, {len(wanted)} targets, "
               f"{asked.seeds} seeds of each of {len(asked.bases)} settings", err=True)
    if dry_run:
        for entry in entries:
            typer.echo(f"{entry.key}  {entry.range} {entry.unit}")
        return
    folder = make_place(out / asked.name)
    with plain_failures(), progress(asked.title) as tell:
        found = pin_scan.measure(asked, entries, out, workers, tell, retry, wanted)
    moved = found.table[found.table["pins"]]
    _show(f"{asked.title}: moved by {asked.moves:.3g} widths of the target's interval or more, and by more than luck",
          moved, SHOWN, most=len(moved))
    wrong = _say_gaps(found, folder)
    if check:
        wrong = _say_check(found) or wrong
    shipped = [found.ship(evidence.folder() / evidence.PINS)] if ship else []
    _say([folder / "pins.csv", *shipped])
    if wrong:
        raise typer.Exit(FAILED)


def _say_gaps(found: "Measured", folder: Path) -> bool:
    """What could not be measured; whether runs failed."""
    if found.without:
        typer.echo(f"no simulated evidence gives {', '.join(found.without)}", err=True)
    for key, why in found.refused.items():
        typer.echo(f"{key}: not measured, for no scenario can have an end of its range: {why}", err=True)
    for key, why in found.failed.items():
        typer.echo(f"{key}: {why}", err=True)
    if found.failed:
        typer.echo(f"`villagesim study failures {folder}` says why, --retry runs them again", err=True)
    return bool(found.failed)


def _say_check(found: "Measured") -> bool:
    """What the shipped pins and the measurement say differently of these numbers; whether there is any."""
    from villagesim.study.calibration.pin_scan import compared

    gone, new = compared(found.table)
    rows = found.table.set_index(["parameter", "target"])
    for pairs, said in ((gone, "shipped, not confirmed"), (new, "not shipped")):
        for pair in pairs:
            row = rows.loc[pair]
            typer.echo(f"{said}: {pair[0]} moves {pair[1]} by {row['moved']:.2g} widths, luck {row['luck']:.2g}")
    right = int((found.table["listed"] & found.table["pins"]).sum())
    typer.echo(f"{right} pins confirmed, {len(gone)} not, {len(new)} not shipped")
    return bool(gone or new)
