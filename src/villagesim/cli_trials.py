"""The command `trial`: a field experiment planned inside the model. `cli.py` puts it in place."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from villagesim.cli_analyses import _say, _show
from villagesim.cli_runs import Engine, NoEnsemble, _members
from villagesim.cli_studies import Out, Workers, counting, plain_failures

if TYPE_CHECKING:
    import pandas as pd

    from villagesim.study.trials import Trial

# Columns of a trial's table that plan it; the others check it.
PLANNED = ("villages", "trials", "effect", "low", "high", "se", "spread", "power", "mde")
NOT_TOLD = "not told from luck"
EnsembleOfTrials = Annotated[int | None, typer.Option(
    "--ensemble", metavar="N", help="So many calibrated parameter sets, each with a fifth as many trials of every size "
    "besides, which tell what is uncertain of the model from luck. Usually 10, at most those shipped: twice as many "
    "trials more; none below 5 trials of a size.")]


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
    _say_trials(asked, count)
    with plain_failures(), counting(asked.asked.title) as tell:
        found = power(asked, workers, tell)
    varied = None
    if count:
        with plain_failures(), counting("Calibrated parameter sets") as tell:
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
        _show_varied(varied.table)
    _say([folder / "power.csv", folder / "power.json", folder / "estimates.csv",
          *([folder / "uncertainty.csv", folder / "members.csv"] if varied else []), *draw("power", folder)])


def _say_trials(asked: "Trial", count: int) -> None:
    """Before anything runs: how many simulated trials there are, and how many of them the ensemble asks for."""
    from villagesim.study.trials.members import a_member

    plan = asked.asked
    each, sizes = a_member(plan.trials), len(plan.villages)
    besides = (f", and {sizes * count * each} more, {each} of each size under each of {count} calibrated parameter "
               "sets (--no-ensemble: none)" if count else "; parameters at their usual values only")
    typer.echo(f"trials: {sizes * plan.trials}{besides}", err=True)


def _show_varied(table: "pd.DataFrame") -> None:
    """What luck and what uncertain parameters make of a trial, a line a size."""
    from villagesim.study.uncertainty import within

    ends = f"{within(int(table['trials'].min()))} of its trials"
    told = table.assign(**{"sd by luck": table["luck_sd"], "mean of the ensemble": table["ensemble_mean"]} | {
        name: [f"{low:.3g} to {high:.3g}" for low, high in table[pair].to_numpy()] for name, pair in (
            (ends, ["ensemble_low", "ensemble_high"]), ("effect", ["effect_low", "effect_high"]),
            ("power", ["power_low", "power_high"]), ("mde", ["mde_low", "mde_high"]))})
    unknown = table["parameter_sd"] == 0
    told["sd by parameters"] = [NOT_TOLD if one else f"{sd:.4g}" for one, sd in zip(unknown, table["parameter_sd"],
                                                                                   strict=True)]
    told.loc[unknown, ["effect", "power"]] = NOT_TOLD
    _show(f"What luck and what uncertain parameters make of one trial ({table['trials'].iloc[0]} under "
          f"{table['members'].iloc[0]} members; effect, power, mde: 95 % of what parameters make)", told,
          ("villages", "sd by luck", "sd by parameters", "mean of the ensemble", ends,
           "effect", "found", "power", "mde"))
