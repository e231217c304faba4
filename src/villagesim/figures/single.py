"""One scenario: who adopts and where, income by source, money by lever, local jobs, parcels."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from villagesim.figures import style
from villagesim.outcomes import FEN_PER_YUAN, GROUPS
from villagesim.results import Run, read, year_mean

SOURCES = (
    ("off_farm", "other wages, transfers", "#b3b3b3"), ("remittance", "members away", "#7a7a7a"),
    ("trader_income", "traders", style.BROWN), ("market_income", "township market", "#b9a468"),
    ("online_income", "online buyers", style.RED), ("wage_income", "local e-commerce jobs", style.BLUE),
    ("tourism_income", "visitors", style.GREEN), ("champion_income", "champion allowances", style.PINK),
    ("cash_income", "cash transfers", style.ORANGE), ("credit_income", "start-up credit", style.PURPLE),
    ("relief_income", "tax relief", style.SKY),
)
# A source or lever below this share of the whole is drawn with the others.
SMALL = 0.002
MOST_LEVERS = 8
NEEDED = ("group", "village", "county", "spending", "places")


def draw(folder: Path) -> list[Path]:
    """Draw the figure from the runs that folder/runs.json lists; return the files."""
    about = json.loads((folder / "runs.json").read_text(encoding="utf-8"))
    runs = [read(folder / about["store"] / name, NEEDED) for name in about["runs"]]
    last = int(runs[0].county["month"].max())
    with style.figure(13.2, 7.4) as drawn:
        panels = drawn.subplots(2, 3)
        _by_group(panels[0, 0], runs, "adoption", "Adoption by group", last)
        _by_village(panels[0, 1], runs, last)
        _income(panels[0, 2], runs, last)
        _money(panels[1, 0], runs, last)
        _by_group(panels[1, 1], runs, "jobs_rate", "Local e-commerce jobs by group", last)
        _parcels(panels[1, 2], runs, last)
        title = next(iter(about["titles"].values()))
        drawn.suptitle(title, x=0.008, ha="left", fontsize=12.5, fontweight="bold")
        style.source_line(drawn, about, "Lines: means; bands: 95 % t intervals of the mean.")
        return style.save(drawn, folder / folder.name)


def _of_group(runs: Sequence[Run], group: str, outcome: str) -> tuple[np.ndarray, np.ndarray]:
    """Months (m,) from 0 on, and an outcome of a group by replicate and month (n, m).

    All but adoption has a season, and comes as the mean of the twelve months up to each.
    """
    frames = [run.group[run.group["group"] == group] for run in runs]
    months = frames[0]["month"].to_numpy()
    values = np.array([frame[outcome].to_numpy(np.float64) for frame in frames])
    values = values if outcome == "adoption" else year_mean(values)
    return months[months >= 0], values[:, months >= 0]


def _by_group(axes: Axes, runs: Sequence[Run], outcome: str, title: str, last: int) -> None:
    """An outcome of each group of households, and of all."""
    ends = []
    for group in GROUPS:
        months, values = _of_group(runs, group, outcome)
        if np.isnan(values).any():
            continue
        main = group == "all"
        end = style.band(axes, months, values, style.OF_GROUP[group], width=2.4 if main else 1.4, alpha=0.10)
        ends.append((style.words(group), end, style.OF_GROUP[group]))
    axes.set_title(title)
    if outcome == "adoption":
        axes.set_ylabel("households selling online [%]")
        axes.yaxis.set_major_formatter(FuncFormatter(style.percent))
    else:
        axes.set_ylabel("jobs per 100 households, 12-month mean")
    _finish(axes, last, ends)


def _finish(axes: Axes, last: int, ends: Sequence[tuple[str, float, str]] = ()) -> None:
    """An axis from 0 up, and the labels of the lines' ends."""
    axes.set_ylim(0, max(axes.get_ylim()[1], 1e-9))
    style.months_axis(axes, last)
    style.label_ends(axes, last, ends)


def _by_village(axes: Axes, runs: Sequence[Run], last: int) -> None:
    """Adoption of the nearest village to the township, the second ... the farthest, mean of replicates, by thirds."""
    frames = []
    for run in runs:
        place = run.places["distance_town"].rank(method="first").astype(int) - 1
        # Village 7 of one replicate has nothing to do with village 7 of another: they are matched by distance.
        of_village = dict(zip(run.places["village"], place, strict=True))
        frames.append(run.village.assign(place=run.village["village"].map(of_village)))
    frame = pd.concat(frames)
    wide = frame[frame["month"] >= 0].groupby(["month", "place"])["adoption"].mean().unstack()
    third = np.arange(wide.shape[1]) * 3 // wide.shape[1]
    kinds = (("near third", style.SKY), ("middle third", style.ORANGE), ("far third", style.RED))
    ends = []
    for number, (name, line) in enumerate(kinds):
        chosen = wide.loc[:, wide.columns[third == number]]
        if chosen.shape[1]:
            axes.plot(wide.index, chosen, color=line, linewidth=0.6, alpha=0.45)
            axes.plot(wide.index, chosen.mean(axis=1), color=line, linewidth=2.2, zorder=3)
            ends.append((name, float(chosen.iloc[-1].mean()), line))
    axes.set_title("Adoption by village, by road to the township")
    axes.set_ylabel("households selling online [%]")
    axes.yaxis.set_major_formatter(FuncFormatter(style.percent))
    _finish(axes, last, ends)


def _income(axes: Axes, runs: Sequence[Run], last: int) -> None:
    """Gross income by source of the average household, stacked, twelve-month mean."""
    stacks = []
    for column, name, fill in SOURCES:
        months, values = _of_group(runs, "all", column)
        households = _of_group(runs, "all", "households")[1]
        stacks.append((name, fill, (values / households).mean(axis=0) * style.YEAR / FEN_PER_YUAN))
    whole = sum(values.mean() for _, _, values in stacks)
    stacks = [stack for stack in stacks if stack[2].mean() > SMALL * whole]
    axes.stackplot(months, [values for _, _, values in stacks], colors=[fill for _, fill, _ in stacks], linewidth=0)
    heights = np.cumsum([values[-1] for _, _, values in stacks])
    middles = heights - np.array([values[-1] for _, _, values in stacks]) / 2
    axes.set_title("Income by source")
    axes.set_ylabel("gross, 12-month mean [yuan/household/year]")
    axes.yaxis.set_major_formatter(FuncFormatter(style.plain))
    _finish(axes, last, [(name, height, fill) for (name, fill, _), height in zip(stacks, middles, strict=True)])


def _money(axes: Axes, runs: Sequence[Run], last: int) -> None:
    """Public money a year by lever, the largest named, bars stacked."""
    households = float(runs[0].group.loc[runs[0].group["group"] == "all", "households"].iloc[0])
    frame = pd.concat([run.spending for run in runs])
    frame = frame[frame["month"] >= 0]
    year = frame["month"] // style.YEAR
    wide = frame.groupby([year.rename("year"), frame["lever"].astype(str)])["yuan"].sum().unstack(fill_value=0.0)
    wide = wide / len(runs) / households
    axes.set_title("Public money by lever, by year")
    axes.set_ylabel("yuan/household/year")
    if wide.empty:
        axes.text(0.5, 0.5, "no public money", transform=axes.transAxes, ha="center", color=style.GREY)
        _finish(axes, last)
        return
    order = wide.sum().sort_values(ascending=False, kind="stable").index
    named, rest = list(order[:MOST_LEVERS]), list(order[MOST_LEVERS:])
    columns = [(style.words(name), wide[name]) for name in named]
    if rest:
        columns.append((f"{len(rest)} others", wide[rest].sum(axis=1)))
    fills = [*style.CYCLE[:MOST_LEVERS], "#bdbdbd"]
    below, ends = pd.Series(0.0, wide.index), []
    for (name, height), fill in zip(columns, fills, strict=False):
        axes.bar(wide.index * style.YEAR + style.YEAR / 2, height, width=style.YEAR * 0.86, bottom=below, color=fill)
        ends.append((name, float(below.iloc[-1] + height.iloc[-1] / 2), fill))
        below = below + height
    _finish(axes, last, ends)


def _parcels(axes: Axes, runs: Sequence[Run], last: int) -> None:
    """Parcels that villages receive, send, and could not send, twelve-month mean."""
    households = float(runs[0].group.loc[runs[0].group["group"] == "all", "households"].iloc[0])
    ends = []
    for column, name, line in (
        ("parcels_in", "received", style.BLUE),
        ("parcels_out", "sent", style.RED),
        ("parcels_lost", "not sent", style.GREY),
    ):
        values = year_mean(np.array([run.county[column].to_numpy(np.float64) for run in runs])) / households
        months = runs[0].county["month"].to_numpy()
        kept = months >= 0
        ends.append((name, style.band(axes, months[kept], values[:, kept], line), line))
    axes.set_title("Parcels of villages")
    axes.set_ylabel("parcels/household/month, 12-month mean")
    _finish(axes, last, ends)
