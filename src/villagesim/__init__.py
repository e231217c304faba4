"""villagesim: a laboratory for rural e-commerce and social work in Chinese villages.

`run` and `compare` are the two verbs of a first day; the rest of the package is imported by module.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from villagesim.results import Run
    from villagesim.study.compare import Comparison

__version__ = "0.1.0"
__all__ = ["__version__", "compare", "run"]


def run(scenario: str | Path, seed: int | None = None, engine: str = "core") -> "Run":
    """One run of a scenario file: tidy monthly tables (DataFrames) and a manifest.

    seed: one integer, by default the scenario's. engine: "core" or "reference"; their numbers are the same.
    Raises ScenarioError (one line: file, key, what is allowed) for a file that can't be used.
    """
    from villagesim.results import record
    from villagesim.scenario import load

    return record(load(Path(scenario)), seed, engine)


def compare(scenarios: list[str | Path], replicates: int = 20, workers: int | None = None) -> "Comparison":
    """Paired differences of the later scenario files against the first, from the same seeds, with 95 % intervals.

    replicates: pairs of runs. workers: processes (None: one a processor, 1: this process).
    """
    from villagesim.scenario import load
    from villagesim.study.compare import compare as compare_scenarios

    return compare_scenarios([load(Path(path)) for path in scenarios], replicates, workers=workers)
