"""The commands on what pathways add together and what stays: `factorial`, `hysteresis`. `cli.py` puts them in place."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from villagesim.cli_runs import (
    Engine,
    Ensemble,
    NoEnsemble,
    Out,
    Workers,
    _estimate,
    _members,
    _number,
    _place,
    _say_cost,
    _say_files,
    _show,
    _spread,
    _studying,
)

if TYPE_CHECKING:
    import pandas as pd

BASELINE = Path("scenarios/baseline.toml")
PUSH = "integrated.toml"


class Carrier(StrEnum):
    """Who holds the posts."""

    SOCIAL_WORKERS = "social_workers"
    CONTRACTORS = "contractors"
    BOTH = "both"


def factorial(
    base: Annotated[Path, typer.Option("--base", help="The county that all mixes are laid over.")] = BASELINE,
    carrier: Annotated[Carrier, typer.Option("--carrier", help="Who holds the posts; matters only for mixes with the "
                                                               "workforce pathway.")] = Carrier.BOTH,
    replicates: Annotated[int, typer.Option("--replicates", min=1, help="Runs of each mix, with the same seeds.")] = 20,
    budget: Annotated[float | None, typer.Option("--budget", min=1, help="Yuan a year for the county at equal money; "
                                                 "usually what the plan of all four pathways costs.")] = None,
    mixes: Annotated[Path | None, typer.Option("--mixes", help="Folder of policy_only.toml and the others; usually "
                                                               "the base's.")] = None,
    ensemble: Ensemble = None,
    no_ensemble: NoEnsemble = False,
    out: Out = Path("results"),
    workers: Workers = None,
) -> None:
    """Are policy, training, logistics and workforce together worth more than apart? All sixteen mixes, same luck.

    At equal levers a mix has its pathways' levers as they are; at equal money it is scaled to one yearly sum that is
    equally sure to come in all, what its levers don't spend goes out as cash, and the empty mix is all cash.

    \b
    Example:
      villagesim factorial --replicates 20 --budget 3000000
    """
    from rich.console import Console

    from villagesim.figures import draw
    from villagesim.scenario import load
    from villagesim.study import factorial as study
    from villagesim.study.budgets.mixes import CARRIERS, cells

    chosen = load(base)
    members = _members(ensemble, no_ensemble, replicates, Engine.CORE)
    folder = _place(out, "factorial" if base.stem == BASELINE.stem else f"factorial-{base.stem}")
    carriers = CARRIERS if carrier is Carrier.BOTH else (carrier.value,)
    with Console(stderr=True).status("reckoning what the mixes cost"):
        designed = cells(chosen, mixes or base.parent, carriers, budget)
    _say_cost(len({mix.scenario.name for mix in designed.values()}), replicates, members)
    with _studying([next(iter(designed.values())).scenario], "core") as progress:
        found = study.run(designed, replicates, out / "runs", workers, progress, members)
    found.write(folder)
    files = draw("synergy", folder)
    for budgeted, rows in found.effects.groupby("budget", sort=False):
        _show_effects(str(budgeted), rows, replicates)
        if members:
            _show_ensemble(str(budgeted), rows, members)
        typer.echo(_spent(found.mixes[found.mixes["budget"] == budgeted]))
    _show_money(found.mixes)
    typer.echo("who carries the posts matters only for mixes with the workforce pathway; the others are run once")
    _say_files([folder / "effects.csv", folder / "mixes.csv", *files], out / "runs")


def _show_effects(budgeted: str, rows: "pd.DataFrame", replicates: int) -> None:
    """Shapley values, pairs, total and synergy at one budget, a line each, the measures side by side."""
    from villagesim.study.budgets.mixes import CARRIERS
    from villagesim.study.factorial import MEASURES, PAID

    # What was spent is told in words below.
    rows = rows[rows["measure"] != PAID]
    several = rows["pathways"].str.count(r"\+")
    # Of the difference between carriers the files hold the pairs.
    pairs = (several == 1) & rows["carrier"].isin(CARRIERS)
    whole = rows["kind"].isin(["total", "synergy", "parts"])
    shown = rows[whole | (rows["kind"] == "shapley") & ((several == 0) | pairs)]
    words = {"shapley": "", "total": "all four less none", "synergy": "synergy: less the four alone",
             "parts": "all four less parts by money"}
    for carrier, here in shown.groupby("carrier", sort=False):
        lines: dict[str, list[str]] = {}
        for row in here.itertuples():
            name = words[row.kind] or str(row.pathways)
            value, ends = _estimate(row.estimate, row.low, row.high)
            lines.setdefault(name, [name]).append(f"{value} ({ends})")
        heads = ("what", *(f"{measure.name} [{measure.unit}]" for measure in MEASURES if measure.name != PAID))
        _show(f"{budgeted}, {str(carrier).replace('_', ' ')}: Shapley values, pairs' interaction indices "
              f"({replicates} replicates, 95 % bootstrap intervals)", _short(heads), [tuple(x) for x in lines.values()])


def _show_ensemble(budgeted: str, rows: "pd.DataFrame", members: int) -> None:
    """What luck and what uncertain parameters make of the whole and of the synergy, a line a measure and carrier."""
    from villagesim.study.factorial import PAID
    from villagesim.study.uncertainty import within

    chosen = rows[rows["kind"].isin(["total", "synergy"]) & (rows["measure"] != PAID)]
    _show(f"{budgeted}: what luck and what uncertain parameters make of a replicate ({members} under the ensemble)",
          ("what", "scenario", "outcome", "sd by luck", "sd by parameters", "mean of the ensemble",
           f"{within(members)} of its runs"),
          [(row.kind, row.carrier.replace("_", " "), row.measure, *_spread(row)) for row in chosen.itertuples()])


def _short(heads: tuple[str, ...]) -> tuple[str, ...]:
    for name, short in (("percentage points", "points"), ("adoption_log_odds", "adoption"),
                        ("yuan/household/year", "yuan/household"), ("job/100 household", "per 100")):
        heads = tuple(head.replace(name, short) for head in heads)
    return heads


def _spent(table: "pd.DataFrame") -> str:
    """What the joint mix and its parts really spent, by carrier, in words."""
    from villagesim.study.budgets.mixes import EVERYBODY, PATHWAYS, mix_name

    words = []
    for carrier, rows in table.groupby("carrier", sort=False):
        paid = rows.set_index("pathways")["public_cost"]
        alone = ", ".join(f"{name} {paid[name]:,.0f}" for name in PATHWAYS)
        words.append(f"{str(carrier).replace('_', ' ')}: all four together {paid[mix_name(EVERYBODY)]:,.0f}; alone "
                     f"{alone}, in sum {paid[list(PATHWAYS)].sum():,.0f}; all sixteen {paid.min():,.0f} to "
                     f"{paid.max():,.0f}")
    return "\n".join(f"really spent, yuan/household/year, {line}" for line in words)


def _show_money(table: "pd.DataFrame") -> None:
    """What each mix of the first carrier was to cost a year and what it spent; the files hold the other's too.

    Cash is planned on top of what a mix will not spend for want of people to pay, so both together may exceed the sum.
    """
    first = table["carrier"].iloc[0]
    _show(
        f"Yuan a year for the county, posts held by {first.replace('_', ' ')}: planned, cash, asked for, really spent",
        ("scenario", "what", "planned", "cash", "asked", "spent", "of asked", "factor", "levers at most"),
        [(row.budget, row.pathways, f"{row.planned:,.0f}", f"{row.cash:,.0f}", f"{row.asked:,.0f}",
          f"{row.spent:,.0f}", _of(row.spent, row.asked), _number(row.factor), _count(row.at_most))
         for row in table[table["carrier"] == first].itertuples()],
    )


def _of(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %" if whole > 0 else "-"


def _count(names: str) -> str:
    return str(names.count(",") + 1) if names else "0"


def hysteresis(
    scenario: Annotated[Path, typer.Argument(help="The scenario under which all starts go on.")] = BASELINE,
    push: Annotated[Path | None, typer.Option("--push", help="The scenario whose levers make adoption high; usually "
                                                             "integrated.toml beside the first.")] = None,
    months: Annotated[list[int], typer.Option("--months", min=1, max=600, help="Months of the push; may be repeated.")
                      ] = [12, 60],  # noqa: B006
    replicates: Annotated[int, typer.Option("--replicates", min=1, help="Runs of each start, same seeds.")] = 20,
    ensemble: Ensemble = None,
    no_ensemble: NoEnsemble = False,
    out: Out = Path("results"),
    workers: Workers = None,
) -> None:
    """The same county from low and from high adoption under one scenario: what is left, or when it is no longer told.

    \b
    Examples:
      villagesim hysteresis
      villagesim hysteresis scenarios/policy_only.toml --months 24 --months 60
    """
    from villagesim.figures import draw
    from villagesim.scenario import load
    from villagesim.scenario_text import Place, naming
    from villagesim.study import hysteresis as study

    chosen = load(scenario)
    with naming(Place("hysteresis", "--push")):
        pushed = load(push or scenario.parent / PUSH)
    members = _members(ensemble, no_ensemble, replicates, Engine.CORE)
    folder = _place(out, f"hysteresis-{chosen.name}")
    _say_cost(1 + len(set(months)), replicates, members)
    with _studying([chosen], "core") as progress:
        found = study.run(chosen, pushed, months, replicates=replicates, folder=out / "runs", workers=workers,
                          progress=progress, members=members)
    found.write(folder)
    files = draw("hysteresis", folder)
    for start, rows in found.gaps.groupby("start", sort=False):
        _show(f"{start} by {pushed.name} against the low start, then both under {chosen.name} ({replicates} pairs)",
              ("outcome", "months after", "low", "high", "gap", "95 % interval", "left of the gap", "unit"),
              [_gap(row) for row in rows.itertuples()])
        typer.echo(f"adoption after the {start}: {study.verdict(found.series, str(start))}")
        if members:
            _show_gaps_uncertain(str(start), found.uncertainty, replicates, members)
    _say_files([folder / "gaps.csv", *([folder / "uncertainty.csv"] if members else []), *files], out / "runs")


def _show_gaps_uncertain(start: str, table: "pd.DataFrame", replicates: int, members: int) -> None:
    """What luck and what uncertain parameters make of a gap, a line an outcome and month."""
    from villagesim.study.uncertainty import within

    _show(f"What luck and what uncertain parameters make of one gap of the {start}, {replicates} and {members} pairs",
          ("outcome", "months after", "sd by luck", "sd by parameters", "mean of the ensemble",
           f"{within(members)} of its runs"),
          [(row.outcome, str(row.month), *_spread(row)) for row in table[table["start"] == start].itertuples()])


def _gap(row: Any) -> tuple[str, ...]:
    """One line of the table of gaps."""
    left = "-" if row.left != row.left else f"{100 * row.left:.0f} %"
    return (row.outcome, str(row.month), _number(row.low_mean), _number(row.mean),
            *_estimate(row.gap, row.low, row.high), left, row.unit)
