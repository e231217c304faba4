"""Power of a trial by its size: how often it would find the effect, and the smallest effect it would find."""

from pathlib import Path

import pandas as pd
from matplotlib.ticker import FuncFormatter

from villagesim.figures import style
from villagesim.results import read_about

WANTED = 0.8
VARIED = (
    "\nDotted: 95 % of what uncertain parameters make of effect and power, luck taken off (calibrated ensemble)."
)
SAYS = (
    "Left: lines are 95 % intervals of the mean over the simulated trials; shaded: all but one trial in twenty.\n"
    "Right: trials whose 95 % interval leaves out 0; dashed, the four in five that are usually asked for."
)


def draw(folder: Path) -> list[Path]:
    """Draw the figure from folder/power.parquet; return the files."""
    table, about = pd.read_parquet(folder / "power.parquet"), read_about(folder / "power.parquet")
    with style.figure(9.6, 4.0) as drawn:
        effect, power = drawn.subplots(1, 2)
        size = table["villages"]
        effect.fill_between(size, table["effect"] - 2 * table["spread"], table["effect"] + 2 * table["spread"],
                            color=style.BLUE, alpha=0.15, linewidth=0)
        effect.plot(size, table["effect"], marker="o", color=style.BLUE)
        effect.vlines(size, table["low"], table["high"], color=style.BLUE)
        effect.plot(size, table["mde"], color=style.RED, marker="v", linestyle="--")
        effect.axhline(0, color=style.BLACK, linewidth=0.8)
        last = len(table) - 1
        for name, colour, text in (("effect", style.BLUE, "effect"), ("mde", style.RED, "smallest that\nis found")):
            effect.annotate(text, (size[last], table[name][last]), (7, 0), textcoords="offset points", va="center",
                            color=colour, fontsize=8.5, annotation_clip=False)
        effect.set_title(f"Effect on {style.words(about['outcome'])} [{about['unit']}]")
        power.plot(size, table["power"], marker="o", color=style.GREEN)
        power.axhline(WANTED, color=style.BLACK, linewidth=0.8, linestyle="--")
        power.set_ylim(-0.02, 1.02)
        power.yaxis.set_major_formatter(FuncFormatter(style.percent))
        power.set_title("Trials that find it [%]")
        # Kept with the table: what another command left in the folder says nothing of this one.
        varied = pd.DataFrame(about.get("ensemble", {}).get("sizes", []))
        for end in ("low", "high") if len(varied) else ():
            effect.plot(varied["villages"], varied[f"effect_{end}"].astype(float), color=style.BLUE, linestyle=":")
            power.plot(varied["villages"], varied[f"power_{end}"].astype(float), color=style.GREEN, linestyle=":")
        for axes in (effect, power):
            axes.set_xlabel("villages of the trial")
        drawn.suptitle(about["title"], x=0.008, ha="left", fontsize=12.5, fontweight="bold")
        style.source_line(drawn, about, SAYS + (VARIED if len(varied) else ""))
        return style.save(drawn, folder / "power")
