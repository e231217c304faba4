"""The command `compare`: paired differences, cost, who gains, one budget. `cli.py` puts it in place."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from villagesim.cli_runs import (
    Engine,
    EngineOption,
    Ensemble,
    NoEnsemble,
    Out,
    Workers,
    _estimate,
    _luck_and_parameters,
    _members,
    _number,
    _place,
    _refuse,
    _say_cost,
    _say_files,
    _share,
    _short,
    _show,
    _studying,
)

if TYPE_CHECKING:
    import pandas as pd

# Scenarios that a folder's name spells out; more are counted.
NAMED = 4


def compare(
    scenarios: Annotated[list[Path], typer.Argument(help="Two or more scenario files; the first is the base.")],
    replicates: Annotated[int, typer.Option("--replicates", min=1, help="Pairs of runs.")] = 20,
    engine: EngineOption = Engine.CORE,
    budget: Annotated[float | None, typer.Option("--budget", min=1, help="Scale the programmes to so many yuan a year "
                                                 "for the county, as sure to come in all; what they can't spend "
                                                 "goes out as cash, and all of it in a programme beside them.")] = None,
    ensemble: Ensemble = None,
    no_ensemble: NoEnsemble = False,
    out: Out = Path("results"),
    workers: Workers = None,
) -> None:
    """What differs between scenarios under the same luck, what it costs, and who gains.

    \b
    Examples:
      villagesim compare scenarios/baseline.toml scenarios/integrated.toml
      villagesim compare scenarios/*_only.toml scenarios/integrated.toml --budget 3000000
    """
    from villagesim.figures import draw
    from villagesim.scenario import load
    from villagesim.study.budgets.budget import at_budget, households, planned_cost, table_of
    from villagesim.study.budgets.level import level
    from villagesim.study.compare import compare as compared
    from villagesim.study.runner import alike

    if len(scenarios) < 2:
        _refuse("compare needs two scenario files or more; `villagesim run` takes one")
    chosen = [load(path) for path in scenarios]
    names = [scenario.name for scenario in chosen]
    if len(set(names)) < len(names):
        _refuse("two of the scenarios have the same name; a comparison tells them apart by the names of their files")
    chosen = alike(chosen)
    plans = [] if budget is None else at_budget(chosen, budget)
    chosen = [plan.scenario for plan in plans] or chosen
    label = "-".join(["compare", *names] if len(names) <= NAMED else ["compare", str(len(names))])
    names = [scenario.name for scenario in chosen]
    members = _members(ensemble, no_ensemble, replicates, engine)
    folder = _place(out, label if budget is None else f"{label}-at-{budget:.0f}")
    _say_cost(len(chosen), replicates, members)
    with _studying(chosen, engine.value) as progress:
        if plans:
            target = budget / households(chosen[0])
            chosen = list(level(chosen, target, replicates, engine.value, workers, out / "runs", progress).values())
            plans = [plan._replace(scenario=one, planned=planned_cost(one), cash=planned_cost(one).get("cash", 0.0))
                     if plan.planned else plan for plan, one in zip(plans, chosen, strict=True)]
        found = compared(chosen, replicates, engine.value, workers, out / "runs", progress, members)
    found.write(folder)
    files = [file for figure in ("difference", "plane", "gains") for file in draw(figure, folder)]
    for name in names[1:]:
        rows = found.outcomes[found.outcomes["scenario"] == name]
        _show(
            f"{name} against {names[0]}: last twelve months, {replicates} pairs of runs",
            ("outcome", names[0], name, "difference", "95 % interval", "saved", "unit"),
            [(row.outcome, _number(row.base_mean), _number(row.mean), *_estimate(row.difference, row.low, row.high),
              _share(row.saved), row.unit) for row in _short(rows)],
        )
        if members:
            told = found.uncertainty[found.uncertainty["scenario"] == name]
            _luck_and_parameters(f"What luck and what uncertain parameters make of one difference of {name} from "
                                 f"{names[0]}, {replicates} and {members} pairs", told)
    _show("Public money and what it buys, whole programme", ("scenario", "what", "estimate", "95 % interval", "unit"),
          [(row.scenario, row.outcome, *_estimate(row.value, row.low, row.high), row.unit)
           for row in found.costs.itertuples()])
    lives = found.gains[(found.gains["by"] != "group") & (found.gains["outcome"] == "income_mean")]
    _show("Which villages gain and lose income", ("scenario", "villages", "counted", "gain", "lose", "median", "unit"),
          [(row.scenario, row.type, str(row.units), _share(row.gaining), _share(row.losing), _number(row.median),
            row.unit) for row in lives.itertuples()])
    if len(found.persistence):
        _show_persistence(found.persistence)
    if budget is not None:
        table = table_of(plans, budget, found.costs)
        table.to_csv(folder / "budget.csv", index=False, lineterminator="\n")
        _show_budget(table, budget)
    _say_files([*(folder / f"{name}.csv" for name in found.written), *files], out / "runs")


def _show_persistence(table: "pd.DataFrame") -> None:
    """What is left of each gain after the money stopped."""
    rows = []
    for row in table.itertuples():
        shares = (("-", "-") if math.isnan(one) else (_share(one), "-" if math.isnan(low) else
                  f"{_share(low)} to {_share(high)}") for one, low, high in (
                      (row.left, row.left_low, row.left_high), (row.of_uncut, row.of_uncut_low, row.of_uncut_high)))
        rows.append((row.scenario, row.outcome, str(row.after), *_estimate(row.difference, row.low, row.high),
                     *(word for pair in shares for word in pair), row.unit))
    _show("What is left when the money has stopped", ("scenario", "outcome", "months after", "gain", "95 % interval",
          "left", "95 % interval", "of uncut", "95 % interval", "unit"), rows)


def _show_budget(table: "pd.DataFrame", budget: float) -> None:
    """What each programme at one budget plans, hands out and really spends.

    Cash is planned on top of what a programme will not spend for want of people to pay.
    """
    _show(
        f"One budget: {budget:,.0f} yuan a year for the county of the scenarios' seed",
        ("scenario", "factor", "levers planned", "cash", "really spent", "of budget", "levers at their most"),
        [(row.scenario, _number(row.factor), *(f"{value:,.0f}" for value in (row.planned, row.cash, row.spent)),
          _share(row.of_budget), row.at_most or "-") for row in table.itertuples()],
    )
