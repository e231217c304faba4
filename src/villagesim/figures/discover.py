"""Where a mix fails: PRIM's path, the limits of its boxes, and the futures seen by two assumptions of the first box."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from villagesim.figures import style
from villagesim.results import read_about

COLOURS = (style.RED, style.PURPLE, style.GREEN, style.SKY, style.BROWN, style.PINK)
HOLDS, FAILS = style.GREY, style.RED
NAMES_APART = " | "
MOST_LETTERS = 30
# A share of the range below which the numbers of both ends need the room beside it.
NARROW = 0.2
# Names stand side by side at whole numbers; futures of one name are spread about it.
SPREAD = 0.3
# Room between a title and its axes, where the legend lies; in points, and the same for all panels.
LEGEND = 20
SAYS = (
    "Left: PRIM's path from all futures to ever smaller boxes; ringed: the box taken, after limits not told from luck "
    "were dropped (quasi-p above 0.05).\nMiddle: grey the range sampled, in colour the range inside the box, in the "
    "factor's unit, and the quasi-p value. A later box is sought among, and counts, only the futures in no earlier one."
)


def draw(folder: Path) -> list[Path]:
    """Draw the figure from folder/boxes, path, checks and futures.parquet; return the files."""
    boxes, path, checks, futures = (pd.read_parquet(folder / f"{name}.parquet")
                                    for name in ("boxes", "path", "checks", "futures"))
    about = read_about(folder / "boxes.parquet")
    check = checks.set_index("check").loc["box"]
    with style.figure(13.2, max(4.6, 2.2 + 0.46 * (len(boxes) + boxes["box"].nunique()))) as drawn:
        left, middle, right = drawn.subplots(1, 3, width_ratios=(3, 4, 3))
        _path(left, path, check)
        _limits(middle, boxes)
        _seen(right, futures, boxes[boxes["box"] == 1])
        drawn.get_layout_engine().set(wspace=0.05)
        drawn.suptitle(f"Where {style.words(about.get('mix', 'the mix'))} fails: {int(futures['fails'].sum())} of "
                       f"{len(futures)} futures, and what sets them apart", x=0.008, ha="left", fontsize=12.5,
                       fontweight="bold")
        style.source_line(drawn, about, SAYS)
        return style.save(drawn, folder / "discover")


def _path(axes: Axes, path: pd.DataFrame, check: pd.Series) -> None:
    """Coverage against density along PRIM's path, a line a box; and what held-out futures say of the first box."""
    ends = []
    for number, rows in path.groupby("box"):
        line = COLOURS[(number - 1) % len(COLOURS)]
        steps = rows.sort_values(["coverage", "density"], ascending=[False, True], kind="stable")
        axes.plot(steps["coverage"], steps["density"], "o-", color=line, markersize=3.2, linewidth=0.9, alpha=0.75)
        chosen = rows[rows["chosen"]].iloc[0]
        axes.plot(chosen["coverage"], chosen["density"], "o", color="none", markeredgecolor=line, markersize=11,
                  markeredgewidth=1.8)
        ends.append((number, chosen, line))
    for number, chosen, line in ends:
        axes.annotate(f"box {number}", (chosen["coverage"], chosen["density"]), (9, 5), textcoords="offset points",
                      color=line, fontsize=8.5)
    axes.axhline(check["base"], color=style.BLACK, linewidth=0.8, linestyle=(0, (4, 2)))
    axes.annotate(f"all futures: {100 * check['base']:.0f} % fail", (0.02, check["base"]), (0, 5), fontsize=8,
                  textcoords="offset points", bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1})
    axes.set_xlim(0, 1.06)
    # Below 0 there is no density, and room for words.
    axes.set_ylim(-0.17, 1.06)
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.set_xlabel("coverage: share of the failing futures inside [%]")
    axes.set_ylabel("density: share of the futures inside that fail [%]")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(style.percent))
    axes.set_title("From all futures to a box", pad=LEGEND)
    told = "no box found" if np.isnan(check["estimate"]) else (
        f"{100 * check['estimate']:.0f} % fail ({100 * check['low']:.0f} to {100 * check['high']:.0f} %)"
        f"{'' if check['told'] else ', not told from luck'}")
    axes.annotate(f"box 1 sought and judged on other futures:\n{told}", (0.03, 0.03), xycoords="axes fraction",
                  fontsize=8, color=COLOURS[0], va="bottom")


def _limits(axes: Axes, boxes: pd.DataFrame) -> None:
    """A bar a box and factor, over the range sampled; a heading a box."""
    place, ticks, labels = 0.0, [], []
    for number, rows in boxes.groupby("box"):
        line, first = COLOURS[(number - 1) % len(COLOURS)], rows.iloc[0]
        axes.annotate(f"box {number}: {first['n']} futures, {100 * first['density']:.0f} % of them fail; "
                      f"{100 * first['coverage']:.0f} % of all that fail", (0, place), va="center", fontsize=8.5,
                      color=line, fontweight="bold")
        for row in rows.itertuples():
            place -= 1
            ticks.append(place)
            labels.append(_short(row.factor))
            _limit(axes, row, place, line)
        place -= 1.3
    axes.set_yticks(ticks, labels)
    axes.set_ylim(min(place, -1.0) + 0.7, 0.7)
    axes.set_xlim(0, 1)
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_title("What the boxes say", pad=LEGEND)
    if boxes.empty:
        axes.annotate("no box: nothing sampled tells\nfailing futures from the rest", (0.5, 0.5), ha="center",
                      xycoords="axes fraction")


def _limit(axes: Axes, row: Any, place: float, line: str) -> None:
    """One factor's range sampled and range inside, with its limits and quasi-p value."""
    axes.barh(place, 1, height=0.42, color="#e3e3e3")
    luck = f"p {'<' if row.quasi_p < 0.001 else '='} {max(row.quasi_p, 0.001):.2g}"
    if row.names:
        axes.annotate(row.names.replace(NAMES_APART, " or "), (0.02, place), va="center", fontsize=8.5, color=line,
                      fontweight="bold")
    else:
        width = (row.highest - row.lowest) or 1.0
        start, end = (row.low - row.lowest) / width, (row.high - row.lowest) / width
        axes.barh(place, end - start, left=start, height=0.42, color=line, alpha=0.85)
        narrow = end - start < NARROW
        for limit, at, far, away in ((row.low, start, row.lowest, "right"), (row.high, end, row.highest, "left")):
            if narrow and limit == far:
                # It would lie under the limit that counts.
                continue
            axes.annotate(f"{limit:.3g}", (at, place - 0.24), va="top", fontsize=7.5, annotation_clip=False,
                          ha=away if narrow else "left" if at < 0.08 else "right" if at > 0.92 else "center",
                          color=style.GREY if limit == far else style.BLACK)
    axes.annotate(luck, (1.015, place), va="center", fontsize=7.5, color=style.GREY, annotation_clip=False)


def _seen(axes: Axes, futures: pd.DataFrame, box: pd.DataFrame) -> None:
    """Each future by the two factors of the box that luck explains least, and the box."""
    factors = list(box["factor"])[:2]
    factors += [name for name in futures.columns if name not in (*factors, "fails")][:2 - len(factors)]
    if len(factors) < 2:
        axes.set_visible(False)
        return
    fails = futures["fails"].to_numpy()
    x, y = (_places(axes, futures[name], across) for name, across in zip(factors, (True, False), strict=True))
    for chosen, colour, label, size in ((~fails, HOLDS, "does not fail", 9), (fails, FAILS, "fails", 13)):
        axes.scatter(x[chosen], y[chosen], s=size, color=colour, alpha=0.65, linewidth=0, label=label)
    spans = [_span(futures[name], box[box["factor"] == name]) for name in factors]
    if not box.empty:
        (left, right), (low, high) = spans
        axes.add_patch(Rectangle((left, low), right - left, high - low, fill=False, edgecolor=style.BLACK,
                                 linewidth=1.4))
    axes.set_xlabel(factors[0])
    axes.set_ylabel(factors[1])
    axes.set_title("The futures" if box.empty else "The futures, and box 1", pad=LEGEND)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.99), ncols=2, handletextpad=0.1, borderpad=0)


def _names(column: pd.Series) -> list[str]:
    """A column's names; none where it holds numbers."""
    words = pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column)
    return sorted(column.astype(str).unique()) if words else []


def _places(axes: Axes, column: pd.Series, across: bool) -> np.ndarray:
    """Where the futures stand along an axis: their number, or about their name's place, evenly in the order sampled."""
    names = _names(column)
    if not names:
        (axes.xaxis if across else axes.yaxis).set_major_locator(MaxNLocator(5))
        return column.to_numpy(np.float64)
    (axes.set_xticks if across else axes.set_yticks)(range(len(names)), names)
    steps = np.arange(len(column)) * 0.6180339887498949 % 1.0
    return column.astype(str).map(names.index).to_numpy(np.float64) + SPREAD * (2 * steps - 1)


def _span(column: pd.Series, limits: pd.DataFrame) -> tuple[float, float]:
    """The box along one factor, from the first to the last of its names or between its limits."""
    names = _names(column)
    if names:
        inside = limits["names"].iloc[0].split(NAMES_APART) if len(limits) else names
        places = [names.index(name) for name in inside]
        return min(places) - 1.4 * SPREAD, max(places) + 1.4 * SPREAD
    return (limits["low"].iloc[0], limits["high"].iloc[0]) if len(limits) else (column.min(), column.max())


def _short(factor: str) -> str:
    """A factor's name for a narrow place, its beginning left out."""
    return factor if len(factor) <= MOST_LETTERS else "…" + factor[-MOST_LETTERS:]
