"""What `trial` asks and says of uncertain parameters. The command itself is in `cli_evidence.py`."""

from typing import TYPE_CHECKING, Annotated

import typer

from villagesim.cli_analyses import _show

if TYPE_CHECKING:
    import pandas as pd

    from villagesim.study.trials import Trial

NOT_TOLD = "not told from luck"
EnsembleOfTrials = Annotated[int | None, typer.Option(
    "--ensemble", metavar="N", help="So many calibrated parameter sets, each with a fifth as many trials of every size "
    "besides, which tell what is uncertain of the model from luck. Usually 10, at most those shipped: twice as many "
    "trials more; none below 5 trials of a size.")]


def say_trials(asked: "Trial", count: int) -> None:
    """Before anything runs: how many simulated trials there are, and how many of them the ensemble asks for."""
    from villagesim.study.trials.members import a_member

    plan = asked.asked
    each, sizes = a_member(plan.trials), len(plan.villages)
    besides = (f", and {sizes * count * each} more, {each} of each size under each of {count} calibrated parameter "
               "sets (--no-ensemble: none)" if count else "; parameters at their usual values only")
    typer.echo(f"trials: {sizes * plan.trials}{besides}", err=True)


def show_varied(table: "pd.DataFrame") -> None:
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
