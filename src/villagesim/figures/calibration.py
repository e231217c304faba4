"""Calibration: what no target rules out of the range that a parameter was varied over, and where weighed runs lie."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from villagesim.figures import style
from villagesim.results import read_about

WIDE, BINS = 4, 20
SAYS = (
    "Bars: how much of what is left has the parameter there, over the range varied, which is the axis; at 1 "
    "(dashed) it is as common as before any target, so even bars are a parameter that no target pins. Line: 90 % "
    "interval and median of the runs, weighed by how near they come to the targets."
)


def draw(folder: Path) -> list[Path]:
    """Draw the figure from folder/region.parquet and folder/cloud.parquet; return the files."""
    region, cloud = (pd.read_parquet(folder / f"{name}.parquet") for name in ("region", "cloud"))
    about = read_about(folder / "region.parquet")
    # The legend has the panel after the last.
    columns = min(WIDE, len(region) + 1)
    rows = -(-(len(region) + 1) // columns)
    with style.figure(max(7.0, 2.75 * columns), 1.3 + 1.75 * rows) as drawn:
        axes = drawn.subplots(rows, columns, squeeze=False).ravel()
        for one, row in zip(axes, region.itertuples(), strict=False):
            _panel(one, row, cloud[row.parameter].to_numpy(np.float64))
        most = max(one.get_ylim()[1] for one in axes[:len(region)])
        for one in axes[:len(region)]:
            one.set_ylim(0, most)
        for one in axes[len(region):]:
            one.set_axis_off()
        axes[len(region)].legend(handles=_handles(), loc="center left", fontsize=8)
        drawn.suptitle(f"What published targets leave of {len(region)} uncertain numbers: "
                       f"{_share(about['left'])} of their joint range", x=0.008, ha="left", fontsize=12.5,
                       fontweight="bold")
        drawn.supylabel("times as common\nas before any target", fontsize=8)
        digests = ", ".join(f"{style.words(name)} {digest[:8]}" for name, digest in about["scenarios"].items())
        sizes = f"{about['points']} points in each of {about['waves']} waves and {about['final']} weighed"
        style.small_print(drawn, f"villagesim {about['version']} (sources {about['sources'][:8]}), {sizes}, "
                          f"{about['replicates']} runs each, seed {about['seeds'][0]}. {SAYS}\n"
                          f"Scenario hashes: {digests}.")
        return style.save(drawn, folder / "calibration")


def _share(part: float) -> str:
    """A share in words of per cent.

    >>> _share(0.0312), _share(0.00002)
    ('3.1 %', '0.002 %')
    """
    return f"{100 * part:.2g} %"


def place_of(values: np.ndarray, low: float, high: float, spread: str) -> np.ndarray:
    """Where values lie in a range, 0 to 1, as the range was spread.

    >>> place_of(np.array([1.0, 10.0, 100.0]), 1.0, 100.0, "log").tolist()
    [0.0, 0.5, 1.0]
    """
    values = np.asarray(values, np.float64)
    if spread == "log":
        return np.log(values / low) / np.log(high / low)
    return (values - low) / (high - low)


def _panel(axes: Axes, row: tuple, left: np.ndarray) -> None:
    def at(values: object) -> np.ndarray:
        return place_of(np.asarray(values), row.low, row.high, row.spread)

    counts, edges = np.histogram(at(left), BINS, (0.0, 1.0))
    high = counts * BINS / max(counts.sum(), 1)
    axes.bar(edges[:-1], high, 1 / BINS, align="edge", color=style.BLUE, alpha=0.35, linewidth=0)
    axes.axhline(1.0, color=style.GREY, linestyle=(0, (4, 1.6)), linewidth=0.9)
    top = max(1.6, 1.35 * float(high.max()))
    axes.set_ylim(0, top)
    axes.set_xlim(0, 1)
    foot = axes.get_xaxis_transform()
    axes.plot(at([row.q05, row.q95]), [0.93, 0.93], color=style.RED, linewidth=1.8, transform=foot)
    axes.plot(at([row.q50]), [0.93], color=style.RED, marker="o", markersize=4.5, transform=foot)
    axes.plot(at([row.usual]), [0.0], color=style.BLACK, marker="^", markersize=7, transform=foot, clip_on=False,
              zorder=4)
    axes.set_title(": ".join(style.words(part) for part in row.parameter.split(".")[-2:]), fontsize=8.5)
    ticks = _ticks(row.low, row.high, row.spread)
    axes.set_xticks(at(ticks), [style.plain(tick) for tick in ticks])
    axes.set_xlabel("" if row.unit == "1" else row.unit, fontsize=7.5, labelpad=1)
    axes.tick_params(labelsize=7.5)
    axes.grid(axis="y", visible=False)


def _ticks(low: float, high: float, spread: str) -> list[float]:
    """A few round numbers of the range; its ends, where there is none."""
    from matplotlib.ticker import LogLocator, MaxNLocator

    locator = LogLocator(subs=(1, 3)) if spread == "log" else MaxNLocator(4)
    found = [float(f"{tick:.10g}") for tick in locator.tick_values(low, high) if low <= tick <= high]
    return found if len(found) > 1 else [low, high]


def _handles() -> list[Patch | Line2D]:
    return [Patch(color=style.BLUE, alpha=0.35, linewidth=0, label="not ruled out"),
            Line2D([], [], color=style.GREY, linestyle=(0, (4, 1.6)), linewidth=0.9, label="before any target"),
            Line2D([], [], color=style.RED, marker="o", markersize=4.5, linewidth=1.8,
                   label="weighed runs: 90 % and median"),
            Line2D([], [], color=style.BLACK, marker="^", markersize=7, linewidth=0, label="usual value")]
