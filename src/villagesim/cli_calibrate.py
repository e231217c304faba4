"""The command `calibrate`. `cli.py` puts it in place."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from villagesim.cli_analyses import _say, _show
from villagesim.cli_studies import BAD_INPUT, FAILED, Out, Workers, plain_failures, progress

if TYPE_CHECKING:
    from villagesim.study.calibration.calibrating import Simulated


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
    from villagesim.figures import draw
    from villagesim.results import make_place
    from villagesim.study.calibration import ensembles
    from villagesim.study.calibration.aims import NoEvidenceError
    from villagesim.study.calibration.calibrating import read_calibration
    from villagesim.study.calibration.matching import NothingLeftError
    from villagesim.study.calibration.posterior import TooFewError
    from villagesim.study.calibration.simulated import carry_out, folder_of

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
    from villagesim.study.calibration.simulated import carry_out_known

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
    from villagesim.study.fieldwork.innovations import SHIPPED, shipped

    if ship and not read.ensemble and read.asked.name not in evidence.REGIONS:
        typer.echo(f"{file}: --ship: of calibrations without an ensemble the package carries "
                   f"{', '.join(evidence.REGIONS)}, and not {read.asked.name}", err=True)
        raise typer.Exit(BAD_INPUT)
    own = read.innovation
    if ship and own is not None and (own.name not in SHIPPED or own != shipped(own.name)):
        typer.echo(f"{file}: --ship: {own.name} is no innovation that the package carries; allowed: "
                   f"{' or '.join(SHIPPED)}, by that name, or no --ship", err=True)
        raise typer.Exit(BAD_INPUT)
