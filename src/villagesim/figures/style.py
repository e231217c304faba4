"""How every figure looks: colours that the colour-blind tell apart, labels on the lines, a source line, fixed bytes."""

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from villagesim.results import interval

# Okabe and Ito (2008), with a dark purple in place of the yellow that paper swallows.
BLACK, GREY = "#1a1a1a", "#8c8c8c"
BLUE, ORANGE, GREEN, RED, PINK, SKY, PURPLE, BROWN = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#44337A", "#8A6D3B",
)
CYCLE = (BLUE, ORANGE, GREEN, RED, PINK, SKY, PURPLE, BROWN, BLACK)
OF_SCENARIO = {
    "baseline": BLACK, "policy_only": BLUE, "training_only": ORANGE, "logistics_only": GREEN, "workforce_only": PINK,
    "integrated": RED, "contractors": SKY, "cash": BROWN, "urban_template": PURPLE,
}
# Benchmarks are dashed: they are measuring rods, not proposals.
DASHED = ("baseline", "cash", "urban_template", "contractors")
OF_GROUP = {"all": BLACK, "woman_led": PINK, "elder_led": BLUE, "returnee": GREEN, "remote": RED, "poor": ORANGE}
SETTINGS: dict[str, Any] = {
    "svg.hashsalt": "villagesim", "font.size": 9, "axes.titlesize": 10, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "axes.labelsize": 9, "axes.spines.top": False, "axes.spines.right": False,
    "axes.axisbelow": True, "axes.grid": True, "grid.color": "#e6e6e6", "grid.linewidth": 0.6, "lines.linewidth": 1.6,
    "xtick.labelsize": 8.5, "ytick.labelsize": 8.5, "legend.frameon": False, "legend.fontsize": 8.5,
    "figure.dpi": 100, "savefig.dpi": 200,
}
YEAR = 12
THOUSAND, TINY = 1000, 1e-12
# The distance between labels as a share of the axes' height, in a figure of one row and so many inches.
LABEL_GAP, LABEL_INCHES = 0.042, 5.2
# Where labels begin, and the space between a line and its label, as shares of the axes' width.
LABEL_AT, LABEL_SPACE = 1.06, 0.006


@contextmanager
def figure(width: float, height: float) -> Iterator[Figure]:
    """An empty figure of so many inches, in the project's style, laid out so that nothing overlaps."""
    with rc_context(SETTINGS):
        yield Figure(figsize=(width, height), layout="constrained")


def save(drawn: Figure, path: Path) -> list[Path]:
    """Write path.png and path.svg with the same bytes each time; return both.

    By the canvases themselves: `savefig` draws everything once more before, for formats that may need it.
    """
    files = [path.with_suffix(".png"), path.with_suffix(".svg")]
    drawn.set_dpi(SETTINGS["savefig.dpi"])
    FigureCanvasAgg(drawn).print_png(files[0], metadata={"Software": None})
    # What was laid out for the first file stays where it is: laying out takes as long as drawing.
    drawn.set_layout_engine("none")
    FigureCanvasSVG(drawn).print_svg(files[1], metadata={"Date": None, "Creator": None})
    return files


def words(name: str) -> str:
    """A name as a reader says it."""
    return name.replace("_", " ").replace("woman led", "woman-led").replace("elder led", "elder-led")


def colour(name: str, place: int = 0) -> str:
    """The colour of a scenario; of one that is not shipped, by its place."""
    return OF_SCENARIO.get(name, CYCLE[place % len(CYCLE)])


def dashes(name: str) -> Any:
    """The line style of a scenario."""
    return (0, (4, 1.6)) if name in DASHED else "-"


def band(axes: Axes, months: np.ndarray, values: np.ndarray, line: str, label: str = "", style: Any = "-",
         width: float = 1.6, alpha: float = 0.16) -> float:
    """Mean of replicates (n, m) with its 95 % interval as a band; return where the line ends.

    Nothing is banded for a single replicate.
    """
    mean, low, high = interval(values)
    if values.shape[0] > 1:
        axes.fill_between(months, low, high, color=line, alpha=alpha, linewidth=0)
    axes.plot(months, mean, color=line, linestyle=style, linewidth=width, label=label)
    return float(mean[-1])


def label_ends(axes: Axes, month: float, ends: Sequence[tuple[str, float, str]]) -> None:
    """Write (label, height, colour) at the right of the lines' ends, pushed apart where they would overlap.

    Call it after the axes' limits are set.
    """
    low, high = axes.get_ylim()
    gap = LABEL_GAP * LABEL_INCHES / axes.get_figure().get_figheight() * axes.get_subplotspec().get_gridspec().nrows
    order = sorted((end for end in ends if np.isfinite(end[1])), key=lambda end: end[1])
    heights = [(height - low) / (high - low) for _, height, _ in order]
    # A line and a text are drawn in a fraction of the time that an arrow takes.
    start = float((axes.transData - axes.transAxes).transform((month, low))[0])
    for (text, _, line), height, place in zip(order, heights, apart(heights, gap), strict=True):
        axes.text(LABEL_AT, place, text, transform=axes.transAxes, color=line, va="center", ha="left", fontsize=8.5)
        axes.add_artist(Line2D((start, LABEL_AT - LABEL_SPACE), (height, place), transform=axes.transAxes, color=line,
                               clip_on=False, linewidth=0.6))


def apart(places: Sequence[float], gap: float) -> list[float]:
    """Ascending places moved a little, so that neighbours are at least `gap` apart, and, where they fit, from 0 to 1.

    >>> [round(place, 2) for place in apart([0.0, 0.3, 0.3, 0.7], 0.1)]
    [0.0, 0.25, 0.35, 0.7]
    """
    blocks: list[list[float]] = []
    for place in places:
        blocks.append([place])
        while len(blocks) > 1 and _centre(blocks[-2]) + _reach(blocks[-2], gap) > \
                _centre(blocks[-1]) - _reach(blocks[-1], gap) - gap + 1e-12:
            last = blocks.pop()
            blocks[-1] += last
    moved = [_centre(block) - _reach(block, gap) + gap * i for block in blocks for i in range(len(block))]
    for i in range(len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + gap if i else 0.0)
    for i in reversed(range(len(moved))):
        moved[i] = min(moved[i], moved[i + 1] - gap if i + 1 < len(moved) else 1.0)
    return moved


def _centre(block: Sequence[float]) -> float:
    return sum(block) / len(block)


def _reach(block: Sequence[float], gap: float) -> float:
    return gap * (len(block) - 1) / 2


def months_axis(axes: Axes, last: int, first: int = 0) -> None:
    """Years as grid, months as numbers: an axis from `first` to the end of month `last`, 0 the end of spin-up."""
    axes.set_xlim(first, last + 1)
    step = YEAR * max(1, round((last - first) / YEAR / 5))
    axes.set_xticks(range(0, last + 2, step))
    axes.set_xlabel("months since the end of spin-up")


def percent(value: float, _: Any = None) -> str:
    """A share as a number of per cent, for an axis.

    >>> percent(0.125)
    '12.5'
    """
    return f"{100 * value:g}"


def plain(value: float, _: Any = None) -> str:
    """A number for an axis: 45,000 or 0.25."""
    return f"{value:,.0f}" if abs(value) >= THOUSAND else f"{value:g}"


def signed(value: float, _: Any = None) -> str:
    """A difference for an axis: +45,000, 0 or -0.25."""
    if abs(value) < TINY:
        return "0"
    return ("+" if value > 0 else "\N{MINUS SIGN}") + plain(abs(value))


def by_replicate(series: pd.DataFrame, outcome: str) -> tuple[np.ndarray, np.ndarray]:
    """Months (m,) and an outcome by replicate and month (n, m) of one scenario's rows."""
    wide = series.pivot(index="replicate", columns="month", values=outcome)
    return wide.columns.to_numpy(), wide.to_numpy(np.float64)


# Characters of small print that fit into an inch.
PRINT_AN_INCH = 18


def source_line(drawn: Figure, about: dict[str, Any], more: str = "") -> None:
    """What the figure stands on, in small print at its foot."""
    seeds = about["seeds"]
    many = f"{len(seeds)} replicates from seed {seeds[0]}" if len(seeds) > 1 else f"one run, seed {seeds[0]}"
    digests = ", ".join(f"{words(name)} {digest[:8]}" for name, digest in about["scenarios"].items())
    made = f"villagesim {about['version']} (sources {about['sources'][:8]})"
    small_print(drawn, f"{made}; {many}. {more}\nScenario hashes: {digests}.")


def small_print(drawn: Figure, text: str) -> None:
    """Text at the figure's foot, its lines broken where the figure ends."""
    most = int(PRINT_AN_INCH * drawn.get_figwidth())
    lines = [part for line in text.splitlines() for part in textwrap.wrap(line, most, break_on_hyphens=False)]
    drawn.supxlabel("\n".join(lines), fontsize=6.8, color="#595959", ha="left", x=0.008)
