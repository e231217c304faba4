"""Adoption, income and local jobs over time, a line a mix of levers: levels, and what each adds under the same luck."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from villagesim.figures import style
from villagesim.results import read_about, year_mean

# Outcome, title, what the axis shows, factor to it, whether as the mean of twelve months, which takes out the season.
PANELS = (
    ("adoption", "Adoption", "households selling online [%]", "percentage points", 100.0, False),
    ("income_mean", "Income", "net income, 12-month mean [yuan/household/year]", "yuan/household/year", 1.0, True),
    ("jobs_rate", "Local e-commerce jobs", "jobs per 100 households, 12-month mean", "jobs per 100 households", 1.0,
     True),
)
MAIN = "integrated"
# So many bands of levels can be told apart; among more lines only the base and the main mix have one. What the paired
# differences leave of luck is narrow: all of them have theirs.
FEW = 3
BOLD, USUAL, THIN = 2.4, 1.5, 1.1


def draw(folder: Path) -> list[Path]:
    """Draw the figure from folder/series.parquet; return the files."""
    series, about = pd.read_parquet(folder / "series.parquet"), read_about(folder / "series.parquet")
    names = list(about["scenarios"])
    base = names[0]
    with style.figure(13.2, 8.6) as drawn:
        rows = drawn.subplots(2, len(PANELS))
        for above, below, (outcome, title, level, unit, factor, smooth) in zip(*rows, PANELS, strict=True):
            months, values = _values(series, names, outcome, factor, smooth)
            _lines(above, months, values, names, with_band(names))
            above.set_title(title)
            above.set_ylabel(level)
            apart = {name: values[name] - values[base] for name in names[1:]}
            _lines(below, months, apart, names, names)
            below.axhline(0, color=style.BLACK, linewidth=0.8)
            below.set_title(f"Difference from {style.words(base)}")
            below.set_ylabel(f"paired difference [{unit}]")
            below.yaxis.set_major_formatter(FuncFormatter(style.signed))
        drawn.suptitle(about.get("title", "Mixes of levers"), x=0.008, ha="left", fontsize=12.5, fontweight="bold")
        style.source_line(drawn, about, _says(names))
        return style.save(drawn, folder / folder.name)


def with_band(names: list[str]) -> list[str]:
    """The scenarios whose lines have a band: all of a few, else the base and the main mix.

    >>> with_band(["baseline", "cash"]), with_band(["baseline", "cash", "contractors", "integrated"])
    (['baseline', 'cash'], ['baseline', 'integrated'])
    """
    return [name for name in names if len(names) <= FEW or name in (names[0], MAIN)]


def _says(names: list[str]) -> str:
    """What the lines and bands are."""
    those = " and ".join(map(style.words, with_band(names)))
    only = "" if with_band(names) == names else f" (above only of {those})"
    return f"Lines: means; bands: 95 % t intervals of the mean{only}, below of the mean paired difference."


def _values(series: pd.DataFrame, names: list[str], outcome: str, factor: float,
            smooth: bool) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Months (m,) from 0 on, and the outcome by scenario, each (replicates, m)."""
    found = {}
    for name in names:
        months, values = style.by_replicate(series[series["scenario"] == name], outcome)
        values = year_mean(values) if smooth else values
        found[name] = values[:, months >= 0] * factor
    return months[months >= 0], found


def _lines(axes: Axes, months: np.ndarray, values: dict[str, np.ndarray], names: list[str], banded: list[str]) -> None:
    """A line a scenario with its label, and its band where it has one."""
    ends = []
    for name, found in values.items():
        line = style.colour(name, names.index(name))
        width = BOLD if name == MAIN else USUAL if name in banded else THIN
        end = style.band(axes, months, found if name in banded else found.mean(axis=0, keepdims=True), line,
                         style=style.dashes(name), width=width)
        ends.append((style.words(name), end, line))
    axes.yaxis.set_major_formatter(FuncFormatter(style.plain))
    if min(found.min() for found in values.values()) >= 0 and axes.get_ylim()[0] < 0:
        axes.set_ylim(bottom=0)
    style.months_axis(axes, int(months[-1]))
    axes.set_ylim(*axes.get_ylim())
    style.label_ends(axes, float(months[-1]), ends)
