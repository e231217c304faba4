"""The front of mixes: cost against adoption, coloured by income of the poorest fifth; what the mixes are made of."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import Normalize
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from villagesim.figures import style
from villagesim.results import read_about

CONFIRMED, INFEASIBLE = "confirmed", "infeasible"
HEADROOM = 1.08
SHADES, SHARES = "viridis", "Greys"
SAYS = (
    "Dots: means over fresh seeds; lines: 95 % t intervals, not corrected for choosing the mix.\nHollow: on the front "
    "of the search, but dominated on fresh seeds, so not confirmed. Diamonds: shipped mixes, on the same seeds.\n"
    "All mixes share the luck of each seed, so they differ from each other more surely than their intervals say."
)


def draw(folder: Path) -> list[Path]:
    """Draw the figure from folder/front, convergence and, if it is there, others.parquet; return the files."""
    front, about = pd.read_parquet(folder / "front.parquet"), read_about(folder / "front.parquet")
    convergence = pd.read_parquet(folder / "convergence.parquet")
    others = pd.read_parquet(folder / "others.parquet") if (folder / "others.parquet").exists() else front.iloc[:0]
    with style.figure(13.2, 10.4) as drawn:
        above, below = drawn.subfigures(2, 1, height_ratios=(6, 4))
        main, side = above.subplots(1, 2, width_ratios=(7, 3))
        _front(main, front, others, about["optimise"])
        _settling(side, convergence, about["optimise"])
        _made_of(below.subplots(), front, about["optimise"]["choices"])
        drawn.suptitle(about.get("title", "Mixes that no other mix beats"), x=0.008, ha="left", fontsize=12.5,
                       fontweight="bold")
        drawn.get_layout_engine().set(wspace=0.03)
        style.source_line(drawn, about, SAYS)
        return style.save(drawn, folder / "front")


def _front(axes: Axes, front: pd.DataFrame, others: pd.DataFrame, asked: dict[str, Any]) -> None:
    """Cost against adoption: confirmed mixes filled, the others hollow, shipped ones as labelled diamonds."""
    kept = front["status"] == CONFIRMED
    incomes = pd.concat([front["income_poor"], others["income_poor"]]).dropna()
    shade = Normalize(*((incomes.min(), incomes.max()) if len(incomes) else (0.0, 1.0)))
    _marks(axes, front[~kept & front["adoption"].notna()], shade, "o", 34, hollow=True)
    shades = _marks(axes, front[kept], shade, "o", 46)
    _marks(axes, others, shade, "D", 62, edge=style.BLACK)
    _labels(axes, others)
    axes.figure.colorbar(shades, ax=axes, pad=0.01, label="income of the poorest fifth [yuan/household/year]",
                         format=FuncFormatter(style.plain))
    axes.set_title(f"{kept.sum()} confirmed mixes, {(~kept).sum()} not; at most {style.plain(asked['budget'])} "
                   f"yuan/household/year planned and {asked['workers']:g} posts/1,000 households")
    axes.set_xlabel("public cost [yuan/household/year]")
    axes.set_ylabel("households selling online [%]")
    axes.xaxis.set_major_formatter(FuncFormatter(style.plain))
    axes.yaxis.set_major_formatter(FuncFormatter(style.percent))


def _marks(axes: Axes, rows: pd.DataFrame, shade: Normalize, marker: str, size: float, hollow: bool = False,
           edge: str = "none") -> PathCollection:
    """Marks with their intervals, coloured by income; return what a colour bar can be drawn of."""
    axes.errorbar(rows["public_cost"], rows["adoption"], xerr=_ends(rows, "public_cost"), yerr=_ends(rows, "adoption"),
                  fmt="none", ecolor=style.GREY, elinewidth=0.8, alpha=0.45 if hollow else 0.9, zorder=2)
    colours = axes.scatter(rows["public_cost"], rows["adoption"], s=size, c=rows["income_poor"], cmap=SHADES,
                           norm=shade, marker=marker, edgecolors=edge, linewidths=1.1, zorder=3)
    if hollow:
        colours.set(facecolors="white", edgecolors=colours.to_rgba(rows["income_poor"]), array=None)
    return colours


def _ends(rows: pd.DataFrame, name: str) -> np.ndarray:
    """Distances to both ends of the interval (2, n); none where there is no interval."""
    return np.nan_to_num(np.array([rows[name] - rows[f"{name}_low"], rows[f"{name}_high"] - rows[name]], dtype=float))


def _labels(axes: Axes, others: pd.DataFrame) -> None:
    """Names of the shipped mixes, and whether a limit forbids them, listed where a front leaves room, lower right.

    Lines lead from the names to the diamonds.
    """
    for place, row in enumerate(others.sort_values("adoption").itertuples()):
        beyond = " (beyond a limit)" if row.status == INFEASIBLE else ""
        axes.annotate(
            style.words(row.scenario) + beyond, xy=(row.public_cost, row.adoption), xytext=(0.76, 0.05 + 0.055 * place),
            textcoords="axes fraction", fontsize=8.5, color=style.BLACK, va="center", zorder=1,
            arrowprops={"arrowstyle": "-", "color": style.GREY, "linewidth": 0.7, "shrinkB": 4, "relpos": (0, 0.5)})


def _settling(axes: Axes, convergence: pd.DataFrame, asked: dict[str, Any]) -> None:
    """Hypervolume by generation, and what the last quarter of them added."""
    axes.plot(convergence["generation"], convergence["hypervolume"], color=style.BLUE)
    axes.set_title(f"Last quarter of the search: {style.signed(round(100 * asked['late_gain'], 1))} %")
    axes.set_xlabel("generation")
    axes.set_ylabel("hypervolume of the front [% of what was seen]")
    axes.yaxis.set_major_formatter(FuncFormatter(style.percent))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    # A search that has settled ends as a level line, which must not lie on the frame.
    axes.set_ylim(0, HEADROOM * max(float(convergence["hypervolume"].max()), style.TINY))


def _made_of(axes: Axes, front: pd.DataFrame, choices: list[dict[str, Any]]) -> None:
    """How much of its range each confirmed mix uses of each lever, cheap mixes left."""
    rows = front[front["status"] == CONFIRMED].sort_values("public_cost")
    axes.set_title("What the confirmed mixes are made of" if len(rows) else "No mix is confirmed")
    if not len(rows):
        axes.set_axis_off()
        return
    shares = np.array([(rows[one["name"]] - one["low"]) / (one["high"] - one["low"]) for one in choices])
    image = axes.imshow(shares, aspect="auto", cmap=SHARES, vmin=0, vmax=1, interpolation="nearest")
    axes.figure.colorbar(image, ax=axes, pad=0.01, label="share of the range", format=PercentFormatter(1.0))
    axes.set_yticks(range(len(choices)), [_name(one) for one in choices])
    axes.set_xticks(range(len(rows)), [style.plain(round(cost)) for cost in rows["public_cost"]], rotation=90,
                    fontsize=7)
    axes.set_xlabel("public cost of the mix [yuan/household/year]")
    axes.grid(visible=False)


def _name(choice: dict[str, Any]) -> str:
    """A choice as a reader says it, with its range."""
    lever = choice["name"].removeprefix("levers.").removesuffix(".intensity")
    return f"{style.words(lever)} ({choice['low']:g} to {choice['high']:g})"
