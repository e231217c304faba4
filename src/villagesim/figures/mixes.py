"""Adoption, income and local jobs over time, a line a mix of levers with its band over replicates."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, StrMethodFormatter

from villagesim.figures import style
from villagesim.results import read_about, year_mean

# Outcome, title, axis label, whether a mean of twelve months takes out the season.
PANELS = (
    ("adoption", "Adoption", "households selling online [%]", False),
    ("income_mean", "Income", "net income, 12-month mean [yuan/household/year]", True),
    ("jobs_rate", "Local e-commerce jobs", "jobs per 100 households, 12-month mean", True),
)


def draw(folder: Path) -> list[Path]:
    """Draw the figure from folder/series.parquet; return the files."""
    series, about = pd.read_parquet(folder / "series.parquet"), read_about(folder / "series.parquet")
    names = list(about["scenarios"])
    with style.figure(13.2, 5.2) as drawn:
        for place, panel in zip(drawn.subplots(1, len(PANELS)), PANELS, strict=True):
            _panel(place, series, names, *panel)
        drawn.suptitle(about.get("title", "Mixes of levers"), x=0.008, ha="left", fontsize=12.5, fontweight="bold")
        style.source_line(drawn, about, "Lines: means; bands: 95 % t intervals of the mean.")
        return style.save(drawn, folder / folder.name)


def _panel(axes: Axes, series: pd.DataFrame, names: list[str],
           outcome: str, title: str, label: str, smooth: bool) -> None:
    """One outcome, all mixes."""
    ends, last = [], 0
    for place, name in enumerate(names):
        months, values = style.by_replicate(series[series["scenario"] == name], outcome)
        values = year_mean(values) if smooth else values
        kept = months >= 0
        last = int(months[-1])
        main = name == "integrated"
        end = style.band(axes, months[kept], values[:, kept], style.colour(name, place), "", style.dashes(name),
                         2.4 if main else 1.5)
        ends.append((style.words(name), end, style.colour(name, place)))
    axes.set_title(title)
    axes.set_ylabel(label)
    if outcome == "adoption":
        axes.yaxis.set_major_formatter(FuncFormatter(style.percent))
    else:
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    if outcome != "income_mean":
        axes.set_ylim(bottom=0)
    style.months_axis(axes, last)
    axes.set_ylim(*axes.get_ylim())
    style.label_ends(axes, last, ends)
