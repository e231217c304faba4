"""One file a figure. Each reads stored results only, never an engine, and writes a PNG and an SVG with fixed bytes."""

from importlib import import_module
from pathlib import Path

FIGURES = ("mixes", "single", "difference", "plane", "gains", "synergy", "hysteresis", "discover", "robustness",
           "variance", "front", "power", "validation", "calibration", "countryside")


def draw(name: str, folder: str | Path) -> list[Path]:
    """Draw a figure of FIGURES from the results in a folder; return the files written. Raises ValueError."""
    if name not in FIGURES:
        raise ValueError(f"figure {name} is not known; allowed: {', '.join(FIGURES)}")
    return import_module(f"villagesim.figures.{name}").draw(Path(folder))
