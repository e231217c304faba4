"""Synergy: what each pathway adds, and what pairs and all four add together, by who holds the posts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from villagesim.figures import style
from villagesim.results import read_about

# Measure, title, axis.
MEASURES = (
    ("adoption", "Adoption", "percentage points"),
    ("adoption_log_odds", "Adoption, log-odds", "log-odds"),
    ("income", "Income", "yuan/household/year"),
    ("jobs", "Local e-commerce jobs", "jobs per 100 households"),
)
OF_CARRIER = {"social_workers": style.RED, "contractors": style.SKY}
PATHWAYS = ("policy", "training", "logistics", "workforce")
JOINT, NAMES = " + ".join(PATHWAYS), {"synergy": "all four: synergy", "parts": "all four: over parts"}
BUDGETS = {
    "equal levers": "At equal levers: each mix has its pathways' levers as in the files, and the money to pay them",
    "equal money": "At equal money: each mix has the same sum a year, as sure to come; what its levers don't spend "
                   "goes out as cash",
}
SAYS = (
    "Bars and dots: means; lines: 95 % percentile bootstrap intervals over replicates. Pairs: interaction index of "
    "Grabisch and Roubens.\nSynergy: all four less none, less the four gains alone, which at equal money cost the sum "
    "four times; over parts: all four less the four alone,\neach weighted by its share of the joint plan's money. "
    "Without posts both carriers' mixes are the same runs."
)


def draw(folder: Path) -> list[Path]:
    """Draw the figure from folder/effects.parquet; return the files."""
    effects, mixes = (pd.read_parquet(folder / f"{name}.parquet") for name in ("effects", "mixes"))
    about = read_about(folder / "effects.parquet")
    carriers = [carrier for carrier in OF_CARRIER if carrier in set(effects["carrier"])]
    with style.figure(13.2, 13.4) as drawn:
        parts = drawn.subfigures(2, 1)
        for part, (budget, says) in zip(parts, BUDGETS.items(), strict=True):
            paid = _paid(mixes[mixes["budget"] == budget], carriers)
            _at_budget(part, effects[effects["budget"] == budget], carriers, f"{says}\n{paid}")
        handles = [Line2D([], [], color=OF_CARRIER[carrier], marker="o", linewidth=2, label=style.words(carrier))
                   for carrier in carriers]
        drawn.legend(handles=handles, title="posts held by", loc="outside upper right", ncols=len(carriers))
        drawn.suptitle("What four pathways add, each and together", x=0.008, ha="left", fontsize=12.5,
                       fontweight="bold")
        # Of the dozens of scenarios the one with nothing, from which all others can be told, is named.
        style.source_line(drawn, about | {"scenarios": {"none": about["scenarios"]["none"]}}, SAYS)
        return style.save(drawn, folder / "synergy")


def _paid(mixes: pd.DataFrame, carriers: Sequence[str]) -> str:
    """What the mixes were asked to cost and really spent, a line a carrier: all four, and each alone."""
    words = []
    for carrier in carriers:
        rows = mixes[mixes["carrier"] == carrier].set_index("pathways")
        paid, asked = rows["public_cost"], rows["asked"] * rows["public_cost"].sum() / rows["spent"].sum()
        alone = list(PATHWAYS)
        words.append(f"Really spent [yuan/household/year], {style.words(carrier)}: all four {paid[JOINT]:,.0f} (asked "
                     f"for {asked[JOINT]:,.0f}); each alone {' + '.join(f'{paid[name]:,.0f}' for name in alone)} = "
                     f"{paid[alone].sum():,.0f}")
    return "\n".join(words)


def _at_budget(part: SubFigure, effects: pd.DataFrame, carriers: Sequence[str], says: str) -> None:
    """One budget: a row of Shapley values and a row of interactions, a column a measure."""
    above, below = part.subplots(2, len(MEASURES), height_ratios=(4, 7), sharey="row")
    part.suptitle(says, x=0.008, ha="left", fontsize=10)
    for place, (measure, title, unit) in enumerate(MEASURES):
        rows = effects[effects["measure"] == measure]
        _bars(above[place], rows, carriers)
        _dots(below[place], rows, carriers)
        above[place].set_title(title)
        below[place].set_xlabel(unit)
    above[0].set_ylabel("Shapley value")
    below[0].set_ylabel("interaction")


def _bars(axes: Axes, rows: pd.DataFrame, carriers: Sequence[str]) -> None:
    """Shapley values, a bar a pathway and carrier."""
    rows = rows[rows["kind"] == "shapley"].set_index(["carrier", "pathways"])
    height = 0.8 / len(carriers)
    for number, carrier in enumerate(carriers):
        chosen = rows.loc[[(carrier, pathway) for pathway in PATHWAYS]]
        places = _places(len(PATHWAYS), number, len(carriers), height)
        axes.barh(places, chosen["estimate"], height=height * 0.9, color=OF_CARRIER[carrier], alpha=0.85)
        _whiskers(axes, places, chosen, style.BLACK)
    _finish(axes, PATHWAYS)


def _dots(axes: Axes, rows: pd.DataFrame, carriers: Sequence[str]) -> None:
    """Interaction indices of pairs, and the total synergy, a dot a carrier."""
    pairs = [name for name in dict.fromkeys(rows["pathways"]) if name.count("+") == 1]
    index = rows[rows["kind"] == "shapley"].set_index(["carrier", "pathways"])
    wholes = [kind for kind in NAMES if (rows["kind"] == kind).any()]
    whole = rows.set_index(["kind", "carrier"])
    step = 0.56 / len(carriers)
    for number, carrier in enumerate(carriers):
        chosen = pd.concat([index.loc[[(carrier, pair) for pair in pairs]],
                            whole.loc[[(kind, carrier) for kind in wholes]]])
        places = _places(len(chosen), number, len(carriers), step)
        _whiskers(axes, places, chosen, OF_CARRIER[carrier])
        axes.plot(chosen["estimate"], places, "o", color=OF_CARRIER[carrier], markersize=5)
    axes.axhspan(-0.5, len(wholes) - 0.5, color="#f2f2f2", zorder=0)
    _finish(axes, [*pairs, *(NAMES[kind] for kind in wholes)])


def _places(rows: int, number: int, many: int, step: float) -> np.ndarray:
    """Heights of one carrier's marks, the first row on top."""
    return np.arange(rows)[::-1] + step * ((many - 1) / 2 - number)


def _whiskers(axes: Axes, places: np.ndarray, chosen: pd.DataFrame, line: str) -> None:
    axes.hlines(places, chosen["low"], chosen["high"], color=line, linewidth=1.5, zorder=3)


def _finish(axes: Axes, names: Sequence[str]) -> None:
    axes.axvline(0, color=style.BLACK, linewidth=0.8)
    axes.set_yticks(range(len(names)), list(names)[::-1])
    axes.set_ylim(-0.5, len(names) - 0.5)
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(style.signed))
