"""Robustness of mixes: how far each falls behind the best, how often it is good enough, how often it is the best."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from villagesim.figures import style
from villagesim.results import read_about

MEASURES = (("mean", "mean", "o", style.BLUE), ("p90", "90th percentile", "D", style.ORANGE),
            ("max", "largest", "|", style.BLACK))
# Room between a title and its axes, where legends lie; in points, and the same for all panels.
LEGEND = 20
SAYS = (
    "A mix's regret in a future: how far it falls behind the best mix of that future. Mixes are in the order of mean "
    "regret.\nLines: 95 % intervals over futures, bootstrap for regret, Wilson for shares; a largest regret has none."
)


def draw(folder: Path) -> list[Path]:
    """Draw the figure from folder/regret, satisficing and best.parquet; return the files."""
    regret, satisficing, best = (pd.read_parquet(folder / f"{name}.parquet")
                                 for name in ("regret", "satisficing", "best"))
    about = read_about(folder / "regret.parquet")
    means = regret[regret["measure"] == "mean"].set_index("mix")["regret"]
    mixes = list(means.sort_values(kind="stable").index)[::-1]
    futures, outcome = int(best["n"].iloc[0]), style.words(about.get("outcome", "the outcome"))
    with style.figure(13.2, 2.9 + 0.34 * len(mixes)) as drawn:
        left, middle, right = drawn.subplots(1, 3, sharey=True)
        _regret(left, regret, mixes, about.get("unit", ""))
        _satisficing(middle, satisficing, mixes)
        _share(right, best.set_index("mix").loc[mixes], style.GREEN)
        right.set_title("Best of all mixes", pad=LEGEND)
        right.set_xlabel("share of futures [%]")
        left.set_yticks(range(len(mixes)), [style.words(mix) for mix in mixes])
        left.set_ylim(-0.6, len(mixes) - 0.4)
        drawn.suptitle(f"Which mix is robust over {futures} futures: {outcome}", x=0.008, ha="left",
                       fontsize=12.5, fontweight="bold")
        style.source_line(drawn, about, SAYS)
        return style.save(drawn, folder / "robustness")


def _regret(axes: Axes, regret: pd.DataFrame, mixes: list[str], unit: str) -> None:
    """Three marks a mix."""
    for place, (measure, label, mark, line) in enumerate(MEASURES):
        rows = regret[regret["measure"] == measure].set_index("mix").loc[mixes]
        places = np.arange(len(mixes)) + 0.2 * (1 - place)
        axes.hlines(places, rows["low"], rows["high"], color=line, linewidth=1.4)
        axes.plot(rows["regret"], places, mark, color=line, markersize=9 if mark == "|" else 5, markeredgewidth=1.6,
                  label=label)
    axes.set_xlim(left=0)
    axes.set_title("Regret", pad=LEGEND)
    axes.set_xlabel(f"regret [{unit}]" if unit else "regret")
    axes.xaxis.set_major_formatter(FuncFormatter(style.plain))
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.99), ncols=3, handletextpad=0.1, borderpad=0,
                columnspacing=1.2)
    axes.grid(axis="y", visible=False)


def _satisficing(axes: Axes, table: pd.DataFrame, mixes: list[str]) -> None:
    """A bar for all thresholds together, a mark for each of them alone."""
    _share(axes, table[table["criterion"] == "all"].set_index("mix").loc[mixes], style.SKY)
    alone = [name for name in dict.fromkeys(table["criterion"]) if name != "all"]
    for place, criterion in enumerate(alone if len(alone) > 1 else []):
        rows = table[table["criterion"] == criterion].set_index("mix").loc[mixes]
        axes.plot(rows["share"], range(len(mixes)), "ov^sDP"[place % 6], color=style.CYCLE[(place + 3) % 9],
                  markersize=5.5, markerfacecolor="none", clip_on=False, zorder=4, label=_said(criterion))
    axes.set_title("Good enough: " + ("all of these" if len(alone) > 1 else _said(alone[0])), pad=LEGEND)
    axes.set_xlabel("share of futures [%]")
    if len(alone) > 1:
        axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.99), ncols=len(alone), handletextpad=0.1, borderpad=0,
                    columnspacing=1.2)


def _said(criterion: str) -> str:
    """A threshold as a reader says it.

    >>> _said("income_mean >= 4000")
    'income mean ≥ 4000'
    """
    return style.words(criterion).replace(">=", "≥").replace("<=", "≤")


def _share(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    """Bars of shares with their intervals."""
    axes.barh(range(len(rows)), rows["share"], height=0.55, color=colour, alpha=0.8)
    axes.hlines(range(len(rows)), rows["low"], rows["high"], color=style.BLACK, linewidth=1.4, zorder=3)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(FuncFormatter(style.percent))
    axes.grid(axis="y", visible=False)
