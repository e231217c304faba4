"""What a study answers: its table put to the analyses, each as one call that writes tables and figures.

Every function takes a study and its table (`sweep.sweep`), works on the whole design or refuses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from villagesim import __version__
from villagesim.catalogue import settable
from villagesim.draws import replicate_seed
from villagesim.outcomes import OUTCOME
from villagesim.results import write_tables
from villagesim.scenario import digest
from villagesim.scenario_text import Place
from villagesim.sources import sources
from villagesim.study import complete, design, factors, sensitivity, variance
from villagesim.study.complete import DROP, REFUSE
from villagesim.study.design import Study
from villagesim.study.resampling import METHODS
from villagesim.study.robust import discover, robustness, wants
from villagesim.study.robust.robustness import Threshold
from villagesim.study.samplers import GIVEN, SAMPLERS

SENSITIVITY_BOOK = {
    "method": ("code", "method of sensitivity analysis"),
    "index": ("code", "index of the method"),
    "factor": ("code", "factor"),
    "other": ("code", "second factor of a pair"),
    "value": ("1", "estimate; of Morris' indices, in the outcome's unit"),
    "low": ("1", "lower end of the 95 % percentile interval"),
    "high": ("1", "upper end of the 95 % percentile interval"),
    "n": ("1", "what the design's sampler counts: base rows, trajectories, or points; growing eFAST: points a factor"),
    "replicates": ("1", "replicates of each point, under common luck"),
    "grade": ("code", "evidence grade of factors"),
    "factors": ("1", "factors of that grade"),
    "least": ("share", "least of the variance that rests on them: what they do alone, by S1"),
    "most": ("share", "most of it: what they have a part in, by ST, S1 and S2"),
}


@dataclass(frozen=True)
class Sensitivity:
    """table: `sensitivity.analyse`. grown: `sensitivity.convergence`. statement: what growing the design changed, in
    words. luck: share of the variance of the points' means that is luck. said: what was done about gaps, and what rests
    on grade C. graded: a row an evidence grade of the factors, empty for methods without S1 and ST."""

    outcome: str
    scenario: str
    method: str
    table: pd.DataFrame
    grown: pd.DataFrame
    statement: str
    luck: float
    said: tuple[str, ...]
    graded: pd.DataFrame

    def write(self, folder: str | Path, study: Study) -> Path:
        """Write table and convergence into the folder; return the path that a figure of them takes, without ending."""
        name = f"{self.method}-{_as_file(self.outcome)}-{self.scenario}"
        stands_on = about(study) | {"outcome": self.outcome, "unit": unit_of(study, self.outcome),
                                    "statement": self.statement, "gaps": " ".join(self.said)}
        tables = {name: self.table, f"{name}-convergence": self.grown}
        if len(self.graded):
            tables[f"{name}-grades"] = self.graded
        return write_tables(folder, tables, stands_on, SENSITIVITY_BOOK) / name

    def small_print(self, study: Study) -> str:
        """What a figure of it stands on."""
        luck = "" if self.luck != self.luck else f" Luck is {100 * self.luck:.0f} % of the variance of the means."
        return (f"{self.statement}{luck} {' '.join(self.said)}\nvillagesim {__version__}, study {study.name}, scenario "
                f"{self.scenario}, seed {study.seed}, sources {sources()}")


def methods(study: Study) -> tuple[str, ...]:
    """The methods of sensitivity that the study's sampler feeds; where the seed is a factor, those that can take it."""
    fed = SAMPLERS[study.sampler].methods if study.sampler in SAMPLERS else ()
    return tuple(one for one in fed if one in factors.SEED_METHODS or not study.seed_is_a_factor)


def check_sensitivity(study: Study, outcome: str, method: str | None = None, scenario: str | None = None,
                      gaps: str = REFUSE) -> None:
    """Whether `of_sensitivity` can answer, before anything is run.

    Raises ValueError, one line, for a method that does not go with the sampler, the gaps or so small a design;
    KeyError as `complete.check`.
    """
    complete.check(study, outcome, scenario, gaps)
    known = methods(study)
    if not known:
        raise ValueError(f"{study.name}: sampler {study.sampler} feeds no sensitivity analysis; allowed: "
                         + ", ".join(SAMPLERS))
    method = method or known[0]
    if method not in known:
        with_seed = " with the seed as a factor" if method in SAMPLERS[study.sampler].methods else ""
        raise ValueError(f"{study.name}: method {method} does not go with sampler {study.sampler}{with_seed}; allowed: "
                         + ", ".join(known))
    if study.n < METHODS[method].least:
        raise ValueError(f"{study.path}: n is {study.n}, too small for {method}; allowed: {METHODS[method].least} or "
                         "more")
    if method == "hdmr" and len(study.names) < 2:
        raise ValueError("hdmr: needs at least two factors")
    if gaps == DROP and method not in GIVEN:
        raise ValueError(f"{method} needs every point of its design; only {', '.join(GIVEN)} can do without some")


def of_sensitivity(study: Study, table: pd.DataFrame, outcome: str, method: str | None = None,
                   scenario: str | None = None, gaps: str = REFUSE) -> Sensitivity:
    """Which factors decide an outcome of one scenario. method: by default the first that the sampler feeds.

    Raises as `check_sensitivity`, IncompleteError as `complete.values`, ValueError for an outcome that can't be
    analysed.
    """
    check_sensitivity(study, outcome, method, scenario, gaps)
    method = method or methods(study)[0]
    found = complete.values(study, table, outcome, scenario, gaps)
    names = list(study.names)
    indices = sensitivity.analyse(method, names, found.unit, found.values, study.seed)
    grown = sensitivity.convergence(method, names, found.unit, found.values, study.seed)
    graded = by_grade(indices, names)
    return Sensitivity(outcome, scenario or study.scenarios[0].name, method, indices, grown,
                       sensitivity.statement(grown), sensitivity.luck_left(found.values),
                       (*found.said, *_on_grade_c(graded)), graded)


def by_grade(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Least and most of an outcome's variance that rests on the factors of each evidence grade, by `resting_on`."""
    grades = {entry.key: entry.grade for entry in settable()}
    rows = []
    for grade in sorted({grades.get(name, "") for name in names} - {""}):
        chosen = [name for name in names if grades.get(name) == grade]
        found = sensitivity.resting_on(table, chosen)
        if found is not None:
            rows.append((grade, len(chosen), *found))
    return pd.DataFrame(rows, columns=["grade", "factors", "least", "most"])


def _on_grade_c(graded: pd.DataFrame) -> list[str]:
    return [f"Share of the variance that rests on grade C assumptions ({row.factors} of the factors): between "
            f"{row.least:.2f} and {row.most:.2f}." for row in graded[graded["grade"] == "C"].itertuples()]


def check_variance(study: Study, outcome: str, scenario: str | None = None) -> None:
    """Whether `of_variance` can answer, before anything is run: the study's sampler must be "crossed".

    Raises ValueError; KeyError as `complete.check`.
    """
    complete.check(study, outcome, scenario)
    if study.sampler != design.CROSSED:
        raise ValueError(f"{study.name}: sampler is {study.sampler}; allowed for a split: {design.CROSSED}")


def of_variance(study: Study, table: pd.DataFrame, outcome: str, scenario: str | None = None) -> pd.DataFrame:
    """The variance of an outcome by county, luck of the run, uncertain numbers and forms: `variance.split`.

    A source with one level only is left out. Raises as `check_variance`, and IncompleteError.
    """
    check_variance(study, outcome, scenario)
    found = complete.values(study, table, outcome, scenario)
    worlds, samples, forms = design.crossed_shape(study)
    crossed = found.values.reshape(worlds, samples, forms, study.replicates).transpose(0, 3, 1, 2)
    named = [(name, axis) for axis, name in enumerate(variance.FACTORS) if crossed.shape[axis] > 1]
    kept = crossed.reshape([crossed.shape[axis] for _, axis in named])
    apart = [name for name, _ in named]
    return variance.split(kept, apart, [name for name in variance.WHOLE if name in apart], study.seed)


def check_failures(study: Study, scenario: str | None = None) -> None:
    """Whether `of_failures` can answer, before anything is run.

    Raises ScenarioError where the file wants nothing, varies nothing, or lets futures differ in luck; KeyError as
    `complete.check`.
    """
    complete.check(study, scenario=scenario)
    thresholds(study)
    if not study.factors:
        raise Place(str(study.path), "vary").problem("is missing or empty", design.KEYS["vary"][1])
    if study.seed_is_a_factor:
        raise Place(str(study.path), "seed_is_a_factor").problem(
            "is no assumption that a mix could fail under", "false, with replicates that every future is run under")


def of_failures(study: Study, table: pd.DataFrame, scenario: str | None = None) -> discover.Discovery:
    """Under which assumptions a mix fails to reach what the study wants: boxes and a tree over its futures.

    Raises as `check_failures`; CasesError where all futures fail, or none.
    """
    check_failures(study, scenario)
    scenario = scenario or study.scenarios[0].name
    wanted = thresholds(study)
    values = {one.outcome: complete.values(study, table, one.outcome, scenario) for one in wanted}
    met = robustness.meets({name: found.values[:, None, :] for name, found in values.items()}, [scenario], wanted)
    rows = table[(table["scenario"] == scenario) & (table["replicate"] == table["replicate"].min())]
    futures = rows[[factor.name for factor in study.factors]].reset_index(drop=True)
    stands_on = about(study) | {"mix": scenario, "wants": [list(one) for one in wanted]}
    return discover.discover(futures, ~met[:, 0].all(axis=-1), stands_on, seed=study.seed)


def check_mixes(study: Study, outcome: str) -> None:
    """Whether `of_mixes` can answer, before anything is run: ValueError for a study of one scenario.

    Raises ScenarioError where the file wants nothing; KeyError as `complete.check`.
    """
    complete.check(study, outcome)
    thresholds(study)
    if len(study.scenarios) < 2:
        raise ValueError(f"{study.name} has one scenario; regret compares two or more")


def of_mixes(study: Study, table: pd.DataFrame, outcome: str) -> robustness.Robustness:
    """How the study's scenarios do over all its futures: regret, shares of futures in which each is best and succeeds.

    Raises as `check_mixes`.
    """
    check_mixes(study, outcome)
    names = [scenario.name for scenario in study.scenarios]
    wanted = thresholds(study)
    asked = dict.fromkeys([outcome, *(one.outcome for one in wanted)])
    values: Mapping[str, Any] = {name: np.stack([complete.values(study, table, name, mix).values for mix in names], 1)
                                 for name in asked}
    return robustness.Robustness(
        robustness.regret(values[outcome], names, seed=study.seed), robustness.best(values[outcome], names),
        robustness.satisficing(values, names, wanted),
        about(study) | {"outcome": outcome, "unit": unit_of(study, outcome)})


def thresholds(study: Study) -> tuple[Threshold, ...]:
    """What the study wants. Raises ScenarioError, one line, where it wants nothing."""
    place = Place(str(study.path), "wants")
    if not study.wants:
        raise place.problem("is missing", wants.ALLOWED)
    return wants.read(place, study.wants, study.columns)


def about(study: Study, seeds: Sequence[int] | None = None) -> dict[str, Any]:
    """What a study's analyses stand on: scenarios by digest, seeds, version, sources."""
    return {
        "study": study.name, "title": study.title,
        "scenarios": {scenario.name: digest(scenario) for scenario in study.scenarios},
        "titles": {scenario.name: scenario.title for scenario in study.scenarios},
        "seeds": list(seeds or (replicate_seed(study.seed, r) for r in range(study.replicates))),
        "version": __version__, "sources": sources(), "months": int(study.scenarios[0].run.months),
    }


def unit_of(study: Study, column: str) -> str:
    """The unit of one of the study's outcomes."""
    return OUTCOME[study.measures[study.columns.index(column)].outcome].unit


def _as_file(outcome: str) -> str:
    return "-".join("".join(letter if letter.isalnum() or letter in "_-" else " " for letter in outcome).split())
