"""Validation: where the model's value of every target lies, in half widths of the published interval."""

from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from villagesim.evidence import target
from villagesim.figures import style
from villagesim.results import read_about

COLOURS = {"inside": style.GREEN, "right sign": style.ORANGE, "wrong": style.RED}
# Beyond so many half widths a mark stands at the edge, and its value says the rest.
EDGE = 4.0
THOUSAND = 1000
SAYS = (
    "Band: the published interval (two standard errors, or the range of its sources), its middle at 0.\n"
    "Marks: mean over the members of the ensemble, each the mean of its counties; lines: 95 % of them, all "
    "where they are fewer than 40.\nRight: model / published."
)


def draw(folder: Path) -> list[Path]:
    """Draw the figure from folder/validation.parquet; return the files."""
    table, about = pd.read_parquet(folder / "validation.parquet"), read_about(folder / "validation.parquet")
    table = table[table["model"].notna()].iloc[::-1].reset_index(drop=True)
    with style.figure(10.5, 1.7 + 0.3 * len(table)) as drawn:
        axes = drawn.subplots()
        _marks(axes, table)
        drawn.suptitle("What is published, and what the model gives", x=0.008, ha="left", fontsize=12.5,
                       fontweight="bold")
        style.source_line(drawn, about, f"{SAYS} Parameters: {about.get('parameters', 'point values')}.")
        return style.save(drawn, folder / "validation")


def _number(value: float) -> str:
    """Three digits, thousands in groups.

    >>> _number(0.06412), _number(66604.2), _number(-4.3117)
    ('0.0641', '66,604', '-4.31')
    """
    return f"{value:,.0f}" if abs(value) >= THOUSAND else f"{value:.3g}"


def _marks(axes: Axes, table: pd.DataFrame) -> None:
    middle = (table["source_low"] + table["source_high"]) / 2
    half = (table["source_high"] - table["source_low"]) / 2
    place = np.arange(len(table))
    colours = [COLOURS[verdict] for verdict in table["verdict"]]
    axes.axvspan(-1, 1, color=style.GREY, alpha=0.18, linewidth=0)
    low, at, high = (((table[name] - middle) / half).clip(-EDGE, EDGE) for name in ("low", "model", "high"))
    axes.hlines(place, low, high, color=colours, linewidth=1.6)
    axes.scatter(at, place, color=colours, s=26, zorder=3)
    for row, height in zip(table.itertuples(), place, strict=True):
        published = target(row.target).direction or _number(row.source_value)
        axes.annotate(f"{_number(row.model)} / {published} {row.unit}", (1.01, height), va="center",
                      fontsize=7.5, xycoords=("axes fraction", "data"), annotation_clip=False)
    axes.set_yticks(place, [f"{row.what}  {row.target}{'' if row.role == 'calibrate' else ' (kept aside)'}"
                            for row in table.itertuples()], fontsize=7.5)
    axes.set_ylim(-0.7, len(table) - 0.3)
    axes.set_xlim(-EDGE - 0.2, EDGE + 0.2)
    axes.set_xlabel("distance from the middle of the published interval [half widths]")
    axes.grid(axis="y", visible=False)
    handles = [Line2D([], [], color=colour, marker="o", linewidth=1.6, label=name) for name, colour in COLOURS.items()]
    axes.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize=8)


def strip(row: Any, values: pd.Series) -> str:
    """One target as SVG text: the published interval as a band, its value as a line, a dot a member, the mean as a bar.

    row: a row of the table, by name. values: the model's estimates, shape (members,), in the target's unit.
    """
    found = values.dropna()
    with style.figure(4.2, 0.75) as drawn:
        axes = drawn.subplots()
        axes.axvspan(row.source_low, row.source_high, color=style.GREY, alpha=0.25, linewidth=0)
        axes.axvline(row.source_value, color=style.GREY, linewidth=1.2)
        # Dots of equal value must not hide one another: they are spread evenly in the order of the members.
        heights = np.linspace(-0.6, 0.6, len(found))
        axes.scatter(found, heights, color=COLOURS[row.verdict], s=9, alpha=0.75, linewidth=0)
        axes.plot([row.model] * 2, [-0.9, 0.9], color=COLOURS[row.verdict], linewidth=2)
        axes.set_ylim(-1, 1)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.tick_params(labelsize=7)
        axes.locator_params(axis="x", nbins=6)
        axes.grid(visible=False)
        written = StringIO()
        drawn.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return "<svg" + written.getvalue().partition("<svg")[2]
