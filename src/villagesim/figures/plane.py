"""Cost-effectiveness: what each programme costs and brings in each county, and which one is best at what price."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from villagesim.figures import style
from villagesim.results import read_about
from villagesim.study.worth import region

# Effect, title, unit shown, factor to it, what is paid for.
EFFECTS = (
    ("adoption", "Adoption", "percentage points", 100.0, "one household more that sells online [yuan/year]"),
    ("income", "Income of all households", "yuan/household/year", 1.0, "one yuan more of income [yuan]"),
    ("income_poor", "Income of the poorest fifth", "yuan/household/year", 1.0,
     "one yuan more for each poor household [yuan/household]"),
)
SAYS = (
    "Programme's whole time, means of household-years, no discounting. Above: small dots are counties, large ones "
    "their means, ellipses 95 % regions of the means (Hotelling); on the dotted line a yuan buys a yuan.\nBelow: share "
    "of bootstrap resamples of the counties in which the programme's mean net benefit is the highest (van Hout et al. "
    "1994); grey band: the programme with the highest mean (Fenwick et al. 2001). No uncertainty of parameters."
)


def draw(folder: Path) -> list[Path]:
    """Draw the figure from folder/plane.parquet and folder/acceptability.parquet; return the files."""
    pairs, curves = pd.read_parquet(folder / "plane.parquet"), pd.read_parquet(folder / "acceptability.parquet")
    about = read_about(folder / "plane.parquet")
    base, names = str(pairs["base"].iloc[0]), list(dict.fromkeys(pairs["scenario"]))
    lines = {name: style.colour(name, place) for place, name in enumerate(names)} | {base: style.GREY}
    shown = [effect for effect in EFFECTS if effect[0] in set(pairs["effect"])]
    with style.figure(13.2, 8.2) as drawn:
        panels = drawn.subplots(2, len(shown), squeeze=False)
        for (above, below), (effect, title, unit, factor, bought) in zip(panels.T, shown, strict=True):
            _plane(above, pairs[pairs["effect"] == effect], lines, factor)
            above.set_title(title)
            above.set_xlabel(f"difference [{unit}]")
            _curves(below, curves[curves["effect"] == effect], lines)
            below.set_xlabel(f"public money held right for\n{bought}")
        panels[0, 0].set_ylabel("public cost, difference [yuan/household/year]")
        panels[1, 0].set_ylabel("probability of being the best [%]")
        handles = [Line2D([], [], color=lines[name], linestyle=style.dashes(name), marker="o", label=style.words(name))
                   for name in [base, *names]]
        drawn.legend(handles=handles, loc="outside upper right", ncols=min(len(handles), 5))
        drawn.suptitle(f"What money buys, against {style.words(base)} in the same counties with the same luck", x=0.008,
                       ha="left", fontsize=12.5, fontweight="bold")
        style.source_line(drawn, about, SAYS)
        return style.save(drawn, folder / "plane")


def _plane(axes: Axes, pairs: pd.DataFrame, lines: dict[str, str], factor: float) -> None:
    """Counties, mean and its region of each scenario; the base is the origin."""
    for name, rows in pairs.groupby("scenario", sort=False):
        line, gains, costs = lines[str(name)], rows["gain"].to_numpy() * factor, rows["cost"].to_numpy()
        axes.plot(gains, costs, "o", color=line, markersize=3.5, alpha=0.45, markeredgewidth=0)
        edge = region(costs, gains)
        if edge is not None:
            axes.fill(*edge.T, facecolor=line, edgecolor=line, alpha=0.18, linewidth=1.2)
        axes.plot(gains.mean(), costs.mean(), "o", color=line, markersize=7, markeredgecolor="white")
    axes.plot(0, 0, "o", color=lines[str(pairs["base"].iloc[0])], markersize=7, markeredgecolor="white", zorder=3)
    if pairs["effect"].iloc[0] == "income":
        axes.axline((0, 0), slope=1, color=style.GREY, linestyle=":", linewidth=1)
    axes.axhline(0, color=style.BLACK, linewidth=0.8)
    axes.axvline(0, color=style.BLACK, linewidth=0.8)
    axes.margins(0.12)
    axes.xaxis.set_major_formatter(FuncFormatter(style.signed))
    axes.yaxis.set_major_formatter(FuncFormatter(style.signed))


def _curves(axes: Axes, curves: pd.DataFrame, lines: dict[str, str]) -> None:
    """The acceptability curve of each scenario, the base too; behind them the frontier."""
    best = curves[curves["best"]]
    axes.plot(best["willingness"], best["probability"], color="#d9d9d9", linewidth=7, solid_capstyle="butt")
    for name, rows in curves.groupby("scenario", sort=False):
        axes.plot(rows["willingness"], rows["probability"], color=lines[str(name)], linestyle=style.dashes(str(name)))
    if np.isnan(curves["probability"]).all():
        axes.text(0.5, 0.5, "one replicate tells no probability", transform=axes.transAxes, ha="center")
    axes.set_xlim(0, float(curves["willingness"].max()))
    axes.set_ylim(-0.02, 1.04)
    axes.xaxis.set_major_formatter(FuncFormatter(style.plain))
    axes.yaxis.set_major_formatter(FuncFormatter(style.percent))
