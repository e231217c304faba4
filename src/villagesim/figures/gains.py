"""Who gains and who loses: how differences spread over the villages of each type, and the share that gains or loses."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from villagesim.figures import style
from villagesim.results import read_about
from villagesim.study.gains import GROUP, TYPES

# Outcome, title, unit shown, factor to it, the unit after a number.
OUTCOMES = (
    ("adoption", "Adoption", "percentage points", 100.0, "percentage point"),
    ("income_mean", "Income", "yuan/household/year", 1.0, "yuan/household/year"),
)
SAYS = (
    "Villages are compared with themselves in the last twelve months. Dots: medians of villages.\n"
    "Thin lines at bars: 95 % t intervals, counties as clusters. What a village gains holds the luck of its one run as "
    "well as the programme."
)
NONE = "no two scenarios hold the same villages"


def draw(folder: Path) -> list[Path]:
    """Draw the figure from folder/gains.parquet; return the files."""
    found, about = pd.read_parquet(folder / "gains.parquet"), read_about(folder / "gains.parquet")
    base, names = str(found["base"].iloc[0]), list(dict.fromkeys(found["scenario"]))
    villages = found[found["by"] != GROUP]
    rows = [(by, kind) for by, types in TYPES.items() for kind in types]
    rows = [row for row in rows if row in set(zip(villages["by"], villages["type"], strict=True))]
    with style.figure(13.2, 3.4 + 0.24 * len(rows) * (1 + len(names) / 2)) as drawn:
        panels = drawn.subplots(2, 2, sharey="row")
        for (left, right), (outcome, title, unit, factor, counted) in zip(panels, OUTCOMES, strict=True):
            chosen = villages[villages["outcome"] == outcome]
            for place, name in enumerate(names):
                one = chosen[chosen["scenario"] == name].set_index(["by", "type"]).reindex(rows)
                offset = (0.72 / len(names)) * ((len(names) - 1) / 2 - place)
                _spread(left, one, _heights(rows) + offset, style.colour(name, place), factor)
                _shares(right, one, _heights(rows) + offset, style.colour(name, place), 0.62 / len(names))
            least = chosen["least"].iloc[0] * factor if len(chosen) else float("nan")
            _finish(left, rows, f"{title}: villages from the 10th to the 90th percentile", f"difference [{unit}]",
                    style.signed)
            _finish(right, rows, f"{title}: villages that lose (left) and gain (right)",
                    f"villages whose difference is {least:g} {counted} or more [%]", _either_way)
            right.set_xlim(-1.04, 1.04)
        handles = [Line2D([], [], color=style.colour(name, place), linewidth=3, label=style.words(name))
                   for place, name in enumerate(names)]
        drawn.legend(handles=handles, loc="outside upper right", ncols=min(len(handles), 5))
        drawn.suptitle(f"Which villages gain and which lose, against {style.words(base)}", x=0.008, ha="left",
                       fontsize=12.5, fontweight="bold")
        style.source_line(drawn, about, SAYS if rows else NONE)
        return style.save(drawn, folder / "gains")


def _either_way(value: float, _: object = None) -> str:
    """A share to the left or right of 0 as a number of per cent."""
    return style.percent(abs(value))


def _heights(rows: list[tuple[str, str]]) -> np.ndarray:
    """Heights of the rows, the first on top, with a gap before each typology."""
    gaps = np.cumsum([0.0] + [0.4 if one[0] != other[0] else 0.0 for one, other in pairwise(rows)])
    return -(np.arange(len(rows)) + gaps[:len(rows)])


def _spread(axes: Axes, one: pd.DataFrame, heights: np.ndarray, line: str, factor: float) -> None:
    axes.hlines(heights, one["p10"] * factor, one["p90"] * factor, color=line, linewidth=2.2, alpha=0.55)
    axes.plot(one["median"] * factor, heights, "o", color=line, markersize=4.5)


def _shares(axes: Axes, one: pd.DataFrame, heights: np.ndarray, line: str, height: float) -> None:
    """Losing to the left, gaining to the right, each with its interval."""
    for share, sign in (("losing", -1.0), ("gaining", 1.0)):
        axes.barh(heights, sign * one[share], height=height, color=line, alpha=0.9 if sign > 0 else 0.5)
        axes.hlines(heights, sign * one[f"{share}_low"], sign * one[f"{share}_high"], color=style.BLACK, linewidth=0.9)


def _finish(axes: Axes, rows: list[tuple[str, str]], title: str, unit: str, form: object) -> None:
    axes.axvline(0, color=style.BLACK, linewidth=0.8)
    axes.set_yticks(_heights(rows), [f"{kind} villages" if by == "village" else kind for by, kind in rows])
    axes.grid(visible=False, axis="y")
    axes.set_title(title)
    axes.set_xlabel(unit)
    axes.xaxis.set_major_formatter(FuncFormatter(form))
