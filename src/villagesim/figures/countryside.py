"""The countryside by province: adoption and income before and with the programme, and the price that answers them."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from villagesim.figures import style
from villagesim.results import read_about

ROW_INCHES, LEAST_INCHES = 0.22, 4.6
SAYS = ("Filled: all counties of the province in the last year; hollow: in the year before the programme; bands: nine "
        "in ten\ncounties lie above the left end, nine in ten below the right. Counties are drawn, not real ones.")


def draw(folder: Path) -> list[Path]:
    """Draw the figure from folder/provinces and country.parquet; return the files."""
    provinces, about = pd.read_parquet(folder / "provinces.parquet"), read_about(folder / "provinces.parquet")
    years = pd.read_parquet(folder / "country.parquet")
    rows = provinces.sort_values("adoption", ignore_index=True)
    with style.figure(12.6, max(LEAST_INCHES, 1.8 + ROW_INCHES * len(rows))) as drawn:
        adoption, income, price = drawn.subplots(1, 3, width_ratios=(4, 4, 3))
        _dots(adoption, rows, "adoption", style.RED, "Households selling online [%]", style.percent)
        _dots(income, rows, "income_mean", style.BLUE, "Net income [yuan/household/year]", style.plain)
        adoption.set_yticks(range(len(rows)), rows["province"])
        income.set_yticks(range(len(rows)), [""] * len(rows))
        _price(price, years)
        drawn.suptitle(f"{about['title']}: {about['counties']:,} counties, {about['households']:,} households", x=0.008,
                       ha="left", fontsize=12.5, fontweight="bold")
        style.source_line(drawn, about | {"seeds": [about["seed"]]}, SAYS)
        return style.save(drawn, folder / "countryside")


def _dots(axes: Axes, rows: pd.DataFrame, name: str, colour: str, title: str, format_: object) -> None:
    """A row a province: the band of its counties, and its outcome before and now."""
    height = np.arange(len(rows))
    axes.hlines(height, rows[f"{name}_p10"], rows[f"{name}_p90"], color=colour, alpha=0.3, linewidth=4)
    axes.scatter(rows[f"{name}_before"], height, s=22, facecolors="white", edgecolors=style.GREY, zorder=3)
    axes.scatter(rows[name], height, s=26, color=colour, zorder=4)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.set_title(title)
    axes.xaxis.set_major_formatter(FuncFormatter(format_))


def _price(axes: Axes, years: pd.DataFrame) -> None:
    """The platform's price and the supply that it answers, both over the year before the programme."""
    axes.plot(years["year"], years["price_factor"], color=style.GREEN, marker="o", markersize=4)
    axes.plot(years["year"], years["price_asked"], color=style.BLACK, linestyle=":", linewidth=1.0)
    axes.set_title("Platform price over the scenario's")
    axes.set_xlabel("year of the programme (dotted: price asked for)")
    axes.yaxis.set_major_formatter(FuncFormatter(style.plain))
    axes.set_xlim(years["year"].min() - 0.3, years["year"].max() + 0.3)
    axes.xaxis.get_major_locator().set_params(integer=True)
