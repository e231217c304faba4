"""The command's verbs as functions of files, for notebooks: each returns pandas tables, or an object that holds them.

`out` is the folder that the command would use: what is finished there is not run again. `workers`: processes (None: one
a processor core). A file that can't be used raises ScenarioError, one line: file, key, what is allowed.

Processes read the main script again when they start, so a script (a notebook need not) makes its calls under a guard:

    if __name__ == "__main__":
        table = villagesim.sweep("experiments/screening.toml")
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from villagesim.scenario import load

if TYPE_CHECKING:
    import pandas as pd

    from villagesim.results import Run
    from villagesim.study.analyses import Sensitivity
    from villagesim.study.budgets.optimise import Front
    from villagesim.study.compare import Comparison
    from villagesim.study.design import Study
    from villagesim.study.factorial import Factorial
    from villagesim.study.hysteresis import Hysteresis
    from villagesim.study.robust.discover import Discovery
    from villagesim.study.robust.robustness import Robustness
    from villagesim.study.trace import Trace

File = str | Path


def run(scenario: File, seed: int | None = None, engine: str = "core") -> "Run":
    """One run of a scenario file: tidy monthly tables (DataFrames) and a manifest.

    seed: one integer, by default the scenario's. engine: "core" or "reference"; their numbers are the same.
    """
    from villagesim.results import record

    return record(load(Path(scenario)), seed, engine)


def compare(scenarios: Sequence[File], replicates: int = 20, workers: int | None = None, out: File | None = None,
            ensemble: int | None = None) -> "Comparison":
    """Paired differences of the later scenario files against the first, from the same seeds, with 95 % intervals.

    ensemble: runs of each under so many calibrated parameter sets, for `.uncertainty`; by default as many as replicates
    from 5 on, at most those shipped; 0: none. Raises ValueError where so many tell nothing.
    """
    from villagesim.study.compare import compare as compared
    from villagesim.study.uncertainty import wanted

    members = wanted(ensemble, replicates)
    return compared([load(Path(path)) for path in scenarios], replicates, workers=workers, folder=_runs(out),
                    members=members)


def factorial(base: File, replicates: int = 20, budget: float | None = None, mixes: File | None = None,
              workers: int | None = None, out: File | None = None, ensemble: int | None = None) -> "Factorial":
    """What the four pathways add together, under either carrier, at equal levers and at equal money (yuan a year).

    mixes: the folder of policy_only.toml and the others, by default the base's. ensemble: as of `compare`.
    """
    from villagesim.study import factorial as study
    from villagesim.study.budgets.mixes import cells
    from villagesim.study.uncertainty import wanted

    designed = cells(load(Path(base)), Path(mixes or Path(base).parent), yuan=budget)
    return study.run(designed, replicates, _runs(out), workers, members=wanted(ensemble, replicates))


def hysteresis(scenario: File, push: File, months: Sequence[int] = (12, 60), replicates: int = 20,
               workers: int | None = None, out: File | None = None, ensemble: int | None = None) -> "Hysteresis":
    """The same county from low and from high adoption (`months` of the push before), going on under one scenario.

    ensemble: as of `compare`, for `.uncertainty`.
    """
    from villagesim.study import hysteresis as study
    from villagesim.study.uncertainty import wanted

    return study.run(load(Path(scenario)), load(Path(push)), months, replicates=replicates, folder=_runs(out),
                     workers=workers, members=wanted(ensemble, replicates))


def trace(scenario: File, household: int, seed: int | None = None, against: File | None = None) -> "Trace":
    """One household month by month, under a scenario and under another with the same luck. Raises TraceError."""
    from villagesim.study.trace import trace as traced

    return traced(scenario, household, seed, against)


def sweep(study: File, out: File = "results", workers: int | None = None) -> "pd.DataFrame":
    """The table of a study file, a row a point and replicate, after what was missing is run. Raises StoreError."""
    return _swept(_asked(study), out, workers)


def sensitivity(study: File, outcome: str, method: str | None = None, scenario: str | None = None, gaps: str = "refuse",
                out: File = "results", workers: int | None = None) -> "Sensitivity":
    """Which factors of a study decide an outcome: `.table` of indices with intervals, `.grown` over growing designs.

    Raises ValueError for a method that does not go with the sampler, IncompleteError where runs have failed.
    """
    from villagesim.study.analyses import check_sensitivity, of_sensitivity

    chosen = _asked(study, lambda one: check_sensitivity(one, outcome, method, scenario, gaps))
    return of_sensitivity(chosen, _swept(chosen, out, workers), outcome, method, scenario, gaps)


def variance(study: File, outcome: str, scenario: str | None = None, out: File = "results",
             workers: int | None = None) -> "pd.DataFrame":
    """Shares of an outcome's variance by county, luck, numbers and forms; the study's sampler is "crossed"."""
    from villagesim.study.analyses import check_variance, of_variance

    chosen = _asked(study, lambda one: check_variance(one, outcome, scenario))
    return of_variance(chosen, _swept(chosen, out, workers), outcome, scenario)


def discover(study: File, scenario: str | None = None, out: File = "results",
             workers: int | None = None) -> "Discovery":
    """Under which assumptions a scenario of the study fails: `.boxes`, and a tree as `.text`. Raises CasesError."""
    from villagesim.study.analyses import check_failures, of_failures

    chosen = _asked(study, lambda one: check_failures(one, scenario))
    return of_failures(chosen, _swept(chosen, out, workers), scenario)


def robustness(study: File, outcome: str, out: File = "results", workers: int | None = None) -> "Robustness":
    """How the study's scenarios do over all its futures: `.regret`, `.best`, `.satisficing`."""
    from villagesim.study.analyses import check_mixes, of_mixes

    chosen = _asked(study, lambda one: check_mixes(one, outcome))
    return of_mixes(chosen, _swept(chosen, out, workers), outcome)


def optimise(study: File, out: File = "results", workers: int | None = None, ensemble: int | None = None) -> "Front":
    """Mixes that no other mix beats within the study's budget and posts, run again on fresh seeds: `.mixes`.

    ensemble: runs of each confirmed mix under calibrated parameter sets, one each: `.uncertainty`; usually as many as
    there are fresh seeds, at most one a set, 0 for none.
    """
    from villagesim.study.budgets.optimising import asked, carry_out
    from villagesim.study.uncertainty import wanted

    chosen = _asked(study)
    return carry_out(chosen, out, workers, members=wanted(ensemble, asked(chosen)["fresh"]))


def _runs(out: File | None) -> Path | None:
    return None if out is None else Path(out) / "runs"


def _asked(study: File, check: Callable[["Study"], None] = lambda _: None) -> "Study":
    """The study of a file, of which it was checked that it can answer: a wrong question costs no runs."""
    from villagesim.study.design import read_study

    chosen = read_study(study)
    check(chosen)
    return chosen


def _swept(study: "Study", out: File, workers: int | None) -> "pd.DataFrame":
    from villagesim.study.sweep import sweep as carry_out

    return carry_out(study, out, workers)
