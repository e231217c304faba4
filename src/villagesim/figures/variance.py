"""Variance by source: the share of an outcome's variance that each factor, pair of factors and the rest hold."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from villagesim.figures import style
from villagesim.results import read_about

ALONE, TOGETHER = style.BLUE, style.ORANGE
SAYS = (
    "Bars: unbiased estimates as shares of their sum, those below 0 taken as 0.\nLines: 95 % percentile bootstrap over "
    "levels of the sampled factors (their number in brackets); too short where they are fewer than about ten."
)


def draw(folder: Path) -> list[Path]:
    """Draw the figure from folder/variance.parquet; return the files."""
    table, about = pd.read_parquet(folder / "variance.parquet"), read_about(folder / "variance.parquet")
    with style.figure(8.2, 1.9 + 0.32 * len(table)) as drawn:
        axes = drawn.subplots()
        _bars(axes, table)
        outcome = style.words(about.get("outcome", "the outcome"))
        spread = float(np.sqrt(table["variance"].sum()))
        unit = about.get("unit", "")
        drawn.suptitle(f"Where the variance of {outcome} comes from", x=0.008, ha="left", fontsize=12.5,
                       fontweight="bold")
        axes.set_title(f"standard deviation of a run's {outcome}, all sources: {spread:.3g} {unit}".rstrip(),
                       fontweight="normal", fontsize=9)
        style.source_line(drawn, about, SAYS)
        return style.save(drawn, folder / "variance")


def _bars(axes: Axes, table: pd.DataFrame) -> None:
    """A bar a source, in the table's order from the top."""
    places = np.arange(len(table))[::-1]
    alone = ~table["source"].str.contains(" x ", regex=False) & (table["levels"] != "")
    colours = np.where(alone, ALONE, TOGETHER)
    axes.barh(places, table["share"], height=0.66, color=colours, alpha=0.85)
    axes.hlines(places, table["low"], table["high"], color=style.BLACK, linewidth=1.5, zorder=3)
    for place, row in zip(places, table.itertuples(), strict=True):
        axes.annotate(f"{100 * row.share:.0f} %", (max(row.share, row.high), place), (5, 0), va="center", fontsize=8.5,
                      textcoords="offset points", color=style.BLACK)
    axes.set_yticks(places, [_label(source, levels) for source, levels in
                             zip(table["source"], table["levels"], strict=True)])
    axes.set_ylim(-0.6, len(table) - 0.4)
    axes.set_xlim(0, min(1.0, 1.12 * float(max(table["share"].max(), table["high"].max()))) + 0.04)
    axes.set_xlabel("share of the outcome's variance [%]")
    axes.xaxis.set_major_formatter(FuncFormatter(style.percent))
    axes.grid(axis="y", visible=False)
    handles = [Line2D([], [], color=line, linewidth=6, alpha=0.85, label=label)
               for line, label in ((ALONE, "a factor alone"), (TOGETHER, "factors together"))]
    axes.legend(handles=handles, loc="lower right")


def _label(source: str, levels: str) -> str:
    """A source as the axis names it: world (12)."""
    return source.replace(" x ", " \N{MULTIPLICATION SIGN} ") + (f" ({levels})" if levels.isdigit() else "")
