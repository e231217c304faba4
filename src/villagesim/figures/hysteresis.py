"""Hysteresis: one county from low and from high adoption, the gap between them, and what of the push is left."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from villagesim.figures import style
from villagesim.results import read_about

LOW = "low"
COLOURS = (style.RED, style.ORANGE, style.GREEN, style.PURPLE)
CARRY = (
    ("adoption", "adoption", style.BLACK), ("income_mean", "income", style.GREEN), ("jobs_rate", "jobs", style.SKY),
    ("skill_operation", "second-rung skill", style.BLUE), ("trust_online", "trust in e-commerce", style.PURPLE),
    ("brand", "brand", style.ORANGE), ("service_point", "service points", style.BROWN),
)
MOST_LEFT = 1.5


def draw(folder: Path) -> list[Path]:
    """Draw the figure from folder/series.parquet and folder/gaps.parquet; return the files."""
    series, gaps = pd.read_parquet(folder / "series.parquet"), pd.read_parquet(folder / "gaps.parquet")
    about = read_about(folder / "series.parquet")
    # The longest push first.
    names = list(dict.fromkeys(gaps["start"]))[::-1]
    with style.figure(13.2, 4.9) as drawn:
        left, middle, right = drawn.subplots(1, 3)
        _levels(left, series[series["outcome"] == "adoption"], names)
        _gap(middle, series[series["outcome"] == "adoption"], gaps[gaps["outcome"] == "adoption"], names)
        _left(right, series[series["start"] == names[0]], names[0])
        drawn.suptitle(f"The same county from low and from high adoption, under {style.words(about['scenario'])}",
                       x=0.008, ha="left", fontsize=12.5, fontweight="bold")
        style.source_line(drawn, about, f"Until month 0 a high start has the levers of {style.words(about['push'])}; "
                          "same seeds. Bands: 95 % t intervals. Grey: gaps too small to matter.")
        return style.save(drawn, folder / "hysteresis")


def _levels(axes: Axes, series: pd.DataFrame, names: Sequence[str]) -> None:
    """Adoption from each start."""
    ends = []
    for name, line in ((LOW, style.BLUE), *zip(names, COLOURS, strict=False)):
        rows = series[series["start"] == name]
        axes.fill_between(rows["month"], rows["mean_low"], rows["mean_high"], color=line, alpha=0.16, linewidth=0)
        axes.plot(rows["month"], rows["mean"], color=line)
        ends.append((name, float(rows["mean"].iloc[-1]), line))
    axes.set_title("Adoption")
    axes.set_ylabel("households selling online [%]")
    axes.yaxis.set_major_formatter(FuncFormatter(style.percent))
    axes.set_ylim(bottom=0)
    _finish(axes, series, ends)


def _gap(axes: Axes, series: pd.DataFrame, gaps: pd.DataFrame, names: Sequence[str]) -> None:
    """The gap from the low start after the push, with the months that the table tells."""
    ends = []
    series = series[series["month"] >= -1]
    least = 100 * float(series["least"].iloc[0])
    axes.axhspan(-least, least, color=style.GREY, alpha=0.25, linewidth=0)
    for name, line in zip(names, COLOURS, strict=False):
        rows, told = series[series["start"] == name], gaps[gaps["start"] == name]
        axes.fill_between(rows["month"], 100 * rows["low"], 100 * rows["high"], color=line, alpha=0.16, linewidth=0)
        axes.plot(rows["month"], 100 * rows["gap"], color=line)
        axes.plot(told["month"] - 1, 100 * told["gap"], "o", color=line, markersize=4)
        for row in told.itertuples():
            side = "right" if row.month > series["month"].max() else "left"
            axes.annotate(f"{100 * row.gap:.1f}", (row.month - 1, 100 * row.gap), (0, 7), textcoords="offset points",
                          color=line, fontsize=8, ha=side)
        ends.append((name, 100 * float(rows["gap"].iloc[-1]), line))
    axes.axhline(0, color=style.BLACK, linewidth=0.8)
    axes.set_title("Gap from the low start")
    axes.set_ylabel("paired difference in adoption [percentage points]")
    _finish(axes, series, ends)


def _left(axes: Axes, series: pd.DataFrame, name: str) -> None:
    """Share of each outcome's gap at the push's end that is left, for one start."""
    ends = []
    for outcome, label, line in CARRY:
        rows = series[(series["outcome"] == outcome) & (series["month"] >= -1)]
        first = rows.iloc[0]
        if rows.empty or not (first["low"] > 0 or first["high"] < 0):
            continue
        share = rows["gap"] / first["gap"]
        axes.plot(rows["month"], share, color=line, linewidth=2.4 if outcome == "adoption" else 1.5)
        ends.append((label, min(float(share.iloc[-1]), MOST_LEFT), line))
    axes.axhline(0, color=style.BLACK, linewidth=0.8)
    axes.set_title(f"What is left of the push: {name}")
    axes.set_ylabel("gap over the gap in the push's last month [%]")
    axes.yaxis.set_major_formatter(FuncFormatter(style.percent))
    axes.set_ylim(min(0.0, axes.get_ylim()[0]), min(MOST_LEFT, axes.get_ylim()[1]))
    _finish(axes, series[series["month"] >= 0], ends)


def _finish(axes: Axes, series: pd.DataFrame, ends: Any) -> None:
    """An axis of months since the push, its end marked, and the lines' labels."""
    first, last = int(series["month"].min()), int(series["month"].max())
    style.months_axis(axes, last, min(first + (first == -1), 0))
    step = style.YEAR * max(1, round((last - first) / style.YEAR / 5))
    axes.set_xticks(range(-(-first // step) * step, last + 2, step))
    axes.set_xlabel("months since the push ended")
    if first < -1:
        axes.axvline(0, color=style.GREY, linewidth=0.8, linestyle=(0, (2, 2)))
    axes.set_ylim(*axes.get_ylim())
    style.label_ends(axes, last, ends)
