"""Sensitivity: what each factor decides of an outcome, alone and with others, and whether more points would matter."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from villagesim.figures import style

MOST = 16
# Lines that the convergence panel can name without overlap.
LINES = 6
# Of a hundred pairs a few lie above zero by chance; they are small.
WORTH_A_DOT = 0.01
# Room between a panel's title and its axes, where the legend of the bars lies, in points; an inch of tick labels.
LEGEND, LETTERS_AN_INCH = 20, 15
# The first is solid and sorts the factors.
SHOWN = {"sobol": ("ST", "S1"), "efast": ("ST", "S1"), "hdmr": ("ST", "S1"), "morris": ("mu_star", "sigma"),
         "shapley": ("Shapley",), "delta": ("delta",), "pawn": ("PAWN median", "PAWN maximum"), "rbd_fast": ("S1",)}
SAYS = {"ST": "alone and with others (ST)", "S1": "alone (S1)", "mu_star": "mean effect, μ*",
        "sigma": "spread of effects, σ", "Shapley": "Shapley effect", "delta": "δ", "PAWN median": "PAWN, median",
        "PAWN maximum": "PAWN, maximum"}
COLOURS = (style.RED, style.BLUE)
METHODS = {"sobol": "Sobol' indices", "efast": "eFAST", "hdmr": "HDMR", "morris": "Morris screening",
           "shapley": "Shapley effects", "delta": "Borgonovo's δ", "pawn": "PAWN", "rbd_fast": "RBD-FAST"}
AXIS = dict.fromkeys(("sobol", "efast", "hdmr", "rbd_fast", "shapley"), "share of the variance") | {
    "delta": "share of the area between densities", "pawn": "distance between distributions"}


def draw(table: pd.DataFrame, path: Path, title: str, grown: pd.DataFrame | None = None, unit: str = "",
         source: str = "") -> list[Path]:
    """Draw `sensitivity.analyse`'s table of one outcome and method to path.png and path.svg; return both.

    grown: `sensitivity.convergence`'s table, for a panel of it. unit: the outcome's, for Morris. source: small print.
    """
    method = str(table["method"].iloc[0])
    main, *others = SHOWN[method]
    rows = table[table["index"] == main].sort_values("value", ascending=False, kind="stable")
    names = list(rows["factor"][:MOST])
    pairs = table[(table["index"] == "S2") & table["factor"].isin(names) & table["other"].isin(names)]
    followed = grown is not None and grown["n"].nunique() > 1
    panels = 1 + bool(len(pairs)) + followed
    below = max(map(len, _labels(names))) / LETTERS_AN_INCH if len(pairs) else 0
    with style.figure(1.2 + 4.6 * panels, max(3.8, 2.1 + 0.27 * len(names)) + below) as drawn:
        axes = list(np.atleast_1d(drawn.subplots(1, panels)))
        _bars(axes.pop(0), table, (main, *others), names, AXIS.get(method, unit))
        if len(pairs):
            _pairs(drawn, axes.pop(0), pairs, names)
        if followed:
            _growth(axes.pop(0), grown[grown["index"] == main], names, main)
        for one in drawn.axes[:panels]:
            one.set_title(one.get_title(loc="left"), pad=LEGEND)
        drawn.get_layout_engine().set(wspace=0.04)
        drawn.suptitle(f"{title}: {METHODS[method]}", x=0.008, ha="left", fontsize=12.5, fontweight="bold")
        n, replicates = table["n"].iloc[0], table["replicates"].iloc[0]
        left = f" The first {MOST} of {len(rows)} factors." if len(rows) > MOST else ""
        blue = " Dots: interval above 0. No share of a pair lies below 0: blue is sampling error." if len(pairs) else ""
        many = f"means of {replicates} replicates" if replicates > 1 else "one replicate"
        style.small_print(drawn, f"n = {n}; {many}. Lines and bands: 95 % percentile intervals.{left}{blue}\n{source}")
        return style.save(drawn, Path(path))


def short(name: str) -> str:
    """A factor as a reader says it: the last part of its key.

    >>> short("parameters.sales.price_noise")
    'price noise'
    """
    return style.words(name.rpartition(".")[2])


def _labels(names: list[str]) -> list[str]:
    """Short names; two parts of the key where one would not tell factors apart."""
    said = [short(name) for name in names]
    return [style.words(" ".join(name.split(".")[-2:])) if said.count(word) > 1 else word
            for name, word in zip(names, said, strict=True)]


def _bars(axes: Axes, table: pd.DataFrame, shown: tuple[str, ...], names: list[str], says: str) -> None:
    """A bar for the first index, a dot for the second, each with its interval; the strongest factor on top."""
    places = np.arange(len(names))[::-1].astype(float)
    for number, (index, line) in enumerate(zip(shown, COLOURS, strict=False)):
        rows = table[table["index"] == index].set_index("factor").loc[names]
        at = places + (0.12 if number == 0 else -0.2) * (len(shown) > 1)
        if number == 0:
            axes.barh(at, rows["value"], height=0.5, color=line, alpha=0.35, label=SAYS[index])
        else:
            axes.plot(rows["value"], at, "o", color=line, markersize=4.5, label=SAYS[index])
        axes.hlines(at, rows["low"], rows["high"], color=line, linewidth=1.5, zorder=3)
    axes.axvline(0, color=style.BLACK, linewidth=0.8)
    axes.set_yticks(places, _labels(names))
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel(says)
    axes.set_title("What each factor decides")
    bar, *dots = axes.get_legend_handles_labels()[0][::-1]
    axes.legend(handles=[bar, *dots], loc="lower left", bbox_to_anchor=(-0.02, 0.99), ncols=2, handletextpad=0.5,
                borderpad=0, columnspacing=1.4)


def _pairs(drawn: Figure, axes: Axes, pairs: pd.DataFrame, names: list[str]) -> None:
    """Second-order shares of pairs, in the bars' order; a dot where the interval is above zero.

    Below zero no true share of independent factors can lie: blue is sampling error, and shows how large it is.
    """
    place = {name: i for i, name in enumerate(names)}
    shares = np.full((len(names), len(names)), np.nan)
    for row in pairs.itertuples():
        below, above = sorted((place[row.factor], place[row.other]), reverse=True)
        shares[below, above] = row.value
        if row.low > 0 and row.value >= WORTH_A_DOT:
            axes.plot(above, below, "o", color=style.BLACK, markersize=4, markeredgecolor="white", markeredgewidth=0.7)
    most = max(float(np.nanmax(np.abs(shares))), 1e-9)
    image = axes.imshow(shares, cmap="RdBu_r", norm=TwoSlopeNorm(0, -most, most), aspect="auto")
    axes.set_xticks(range(len(names)), _labels(names), rotation=90)
    axes.set_yticks(range(len(names)), _labels(names))
    axes.grid(visible=False)
    axes.set_title("What pairs decide together (S2)")
    drawn.colorbar(image, ax=axes, label="share of the variance", shrink=0.8)


def _growth(axes: Axes, grown: pd.DataFrame, names: list[str], index: str) -> None:
    """The index of the strongest factors against growing n."""
    ends = []
    for number, (name, label) in enumerate(zip(names[:LINES], _labels(names), strict=False)):
        rows, line = grown[grown["factor"] == name].sort_values("n"), style.CYCLE[number]
        axes.fill_between(rows["n"], rows["low"], rows["high"], color=line, alpha=0.12, linewidth=0)
        axes.plot(rows["n"], rows["value"], "o-", color=line, markersize=3.5)
        ends.append((label, float(rows["value"].iloc[-1]), line))
    sizes = sorted(grown["n"].unique())
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.set_xlim(sizes[0], sizes[-1])
    axes.set_ylim(*axes.get_ylim())
    curves = (grown["method"] == "efast").all()
    axes.set_xlabel("points a factor, on all its curves" if curves else "n")
    axes.set_ylabel(SAYS[index])
    axes.set_title("With more curves" if curves else "Against growing n")
    style.label_ends(axes, sizes[-1], ends)
