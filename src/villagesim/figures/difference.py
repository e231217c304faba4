"""A comparison: paired differences from the base over time, and who gains at the end."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from villagesim.figures import style
from villagesim.outcomes import GROUPS
from villagesim.results import read_about

# Outcome, title, unit shown, factor to it.
OVER_TIME = (
    ("adoption", "Adoption", "percentage points", 100.0),
    ("income_mean", "Income, twelve-month mean", "yuan/household/year", 1.0),
    ("jobs_rate", "Local e-commerce jobs, twelve-month mean", "jobs per 100 households", 1.0),
    ("away_share", "Members away for city work", "percentage points", 100.0),
)
WHO_GAINS = (
    ("adoption", "Who gains: adoption", "percentage points", 100.0),
    ("income_mean", "Who gains: income", "yuan/household/year", 1.0),
)


def draw(folder: Path) -> list[Path]:
    """Draw the figure from folder/series.parquet and folder/groups.parquet; return the files."""
    series, groups = pd.read_parquet(folder / "series.parquet"), pd.read_parquet(folder / "groups.parquet")
    about = read_about(folder / "series.parquet")
    base = str(series["base"].iloc[0])
    names = list(dict.fromkeys(series["scenario"]))
    with style.figure(13.2, 7.4) as drawn:
        panels = drawn.subplots(2, 3)
        for axes, (outcome, *how) in zip(panels[:, :2].flat, OVER_TIME, strict=True):
            _over_time(axes, series[series["outcome"] == outcome], names, *how)
        for axes, (outcome, *how) in zip(panels[:, 2], WHO_GAINS, strict=True):
            _who_gains(axes, groups[groups["outcome"] == outcome], names, *how)
        drawn.suptitle(f"Difference from {style.words(base)}, same counties and same luck", x=0.008, ha="left",
                       fontsize=12.5, fontweight="bold")
        style.source_line(drawn, about, "Lines and dots: mean paired differences, in the colours of the labels (dots: "
                          "the last twelve months); bands and bars: 95 % t intervals.")
        return style.save(drawn, folder / "difference")


def _over_time(axes: Axes, series: pd.DataFrame, names: list[str], title: str, unit: str, factor: float) -> None:
    """The paired difference of one outcome, a line a scenario."""
    ends, last = [], int(series["month"].max())
    for place, name in enumerate(names):
        rows = series[(series["scenario"] == name) & (series["month"] >= 0)]
        line = style.colour(name, place)
        low, high = rows["low"] * factor, rows["high"] * factor
        axes.fill_between(rows["month"], low, high, color=line, alpha=0.16, linewidth=0)
        axes.plot(rows["month"], rows["difference"] * factor, color=line, linestyle=style.dashes(name))
        ends.append((style.words(name), float(rows["difference"].iloc[-1]) * factor, line))
    axes.axhline(0, color=style.BLACK, linewidth=0.8)
    axes.set_title(title)
    axes.set_ylabel(f"difference [{unit}]")
    axes.yaxis.set_major_formatter(FuncFormatter(style.signed))
    style.months_axis(axes, last)
    axes.set_ylim(*axes.get_ylim())
    style.label_ends(axes, last, ends)


def _who_gains(axes: Axes, groups: pd.DataFrame, names: list[str], title: str, unit: str, factor: float) -> None:
    """The paired difference of one outcome in each group, a dot a scenario with its interval."""
    rows = np.arange(len(GROUPS))[::-1]
    step = 0.7 / max(len(names), 1)
    for place, name in enumerate(names):
        chosen = groups[groups["scenario"] == name].set_index("group").loc[list(GROUPS)]
        middle = chosen["difference"].to_numpy() * factor
        reach = np.nan_to_num(chosen["high"].to_numpy() * factor - middle)
        axes.errorbar(middle, rows + step * ((len(names) - 1) / 2 - place), xerr=reach, fmt="o", markersize=4,
                      color=style.colour(name, place), elinewidth=1.4)
    axes.axvline(0, color=style.BLACK, linewidth=0.8)
    axes.set_yticks(rows, [style.words(group) for group in GROUPS])
    axes.set_title(title)
    axes.set_xlabel(f"difference [{unit}]")
    axes.xaxis.set_major_formatter(FuncFormatter(style.signed))
