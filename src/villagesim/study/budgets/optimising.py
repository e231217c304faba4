"""The search for a front of mixes, put to the engine: every mix that it asks for is a run in the study's store.

The search is the same for the same seed, and no finished run is done twice: to resume, give the same command again.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np

from villagesim.draws import replicate_seed
from villagesim.scenario import Scenario, assigned, digest
from villagesim.scenario_text import Place, nearest, shown
from villagesim.study import forks, pool, sweep, uncertainty
from villagesim.study.analyses import about
from villagesim.study.batch import Task
from villagesim.study.budgets import optimise
from villagesim.study.budgets.optimise import Choice, Front, Problem
from villagesim.study.complete import IncompleteError
from villagesim.study.design import Study
from villagesim.study.measure import Measure, label
from villagesim.study.store import Store

# key: (usual, least, most)
KEYS = {"budget": (None, 0.0, 1e9), "workers": (None, 0.0, 1e6), "population": (40, 4, 100_000),
        "generations": (30, 1, 100_000), "fresh": (20, 2, 100_000)}


# Outcomes (mixes, seeds, objectives).
Outcomes = Callable[[Sequence[Scenario], Sequence[int]], np.ndarray]


def carry_out(study: Study, out: str | Path = "results", workers: int | None = None, executor: Executor | None = None,
              progress: sweep.Progress | None = None, members: int = 0) -> Front:
    """The front of the first scenario's mixes over the study's factors, written and drawn in out/NAME.

    The other scenarios are held against it as they are. members: so many runs of each confirmed mix more, each under a
    calibrated parameter set. Raises ScenarioError for what is wrong with the study's
    `optimise` table, StoreError, pool.PoolError, runner.Interrupted; IncompleteError where runs have failed.
    """
    pool.refuse_unguarded()
    said = asked(study)
    base, names = study.scenarios[0], [factor.name for factor in study.factors]
    choices = tuple(Choice(factor.name, factor.low, factor.high) for factor in study.factors)
    problem = Problem(choices, optimise.planning(base, names), said["budget"], said["workers"])
    measures = objectives(study)
    columns = tuple(label(one, int(base.run.months)) for one in measures)
    search = [replicate_seed(study.seed, r) for r in range(study.replicates)]
    fresh = [replicate_seed(study.seed, study.replicates + r) for r in range(said["fresh"])]
    folder = Path(out) / study.name
    with Store(folder, columns) as store:
        store.write_text("study.toml", study.text)

        def run(mixes: Sequence[Scenario], seeds: Sequence[int]) -> np.ndarray:
            """Outcomes (mixes, seeds, objectives)."""
            keys = [digest(mix) for mix in mixes]
            shared = forks.months(dict(zip(keys, mixes, strict=True)))
            asked_for = [(sweep.run_name(key, seed, columns), key, mix, seed)
                         for key, mix in zip(keys, mixes, strict=True) for seed in seeds]
            tasks = {name: Task(name, mix, seed, shared[key]) for name, key, mix, seed in asked_for}
            sweep.carry(tasks, sweep.Handing(measures, columns, study.timeout), store, workers, executor, progress)
            found = store.values(name for name, *_ in asked_for).to_numpy(np.float64)
            if not np.isfinite(found).all():
                gaps = int((~np.isfinite(found)).any(axis=1).sum())
                raise IncompleteError(f"{study.name}: {gaps} of {len(found)} runs have failed, or have no number; "
                                      f"`villagesim study failures {folder}` says why")
            return found.reshape(len(mixes), len(seeds), len(columns))

        def evaluate(seeds: Sequence[int]) -> Callable[[np.ndarray], np.ndarray]:
            def of(unit: np.ndarray) -> np.ndarray:
                values = optimise.values_of(choices, unit)
                return run([optimise.mix_of(base, dict(zip(names, row, strict=True))) for row in values], seeds)
            return of

        found = optimise.front(problem, evaluate(search), evaluate(fresh), said["population"], said["generations"],
                               study.seed)
        others = _others(study, found, run, fresh) if len(study.scenarios) > 1 else None
        if members:
            found = _under_members(base, names, found, run, fresh, members)
    count = 0 if found.uncertainty is None else members
    found.write(folder, about(study, fresh) | {"members": count}, others)
    return found


def objectives(study: Study) -> tuple[Measure, ...]:
    """What the search wants, in the order of `optimise.OBJECTIVES`: of the last year, but cost of all years."""
    last = int(study.scenarios[0].run.months)
    year = (max(0, last - 12), last)
    return (Measure("adoption", ("all",), year), Measure("income_mean", ("poor",), year),
            Measure("public_cost", ("all",), (0, last)))


def asked(study: Study) -> dict[str, Any]:
    """The study's `optimise` table, usual values filled in. Raises ScenarioError, one line."""
    place = Place(str(study.path), "optimise")
    if study.seed_is_a_factor:
        raise place.problem("does not go with seed_is_a_factor", "replicates, which every mix is run under")
    for key in study.optimise:
        if key not in KEYS:
            raise place.problem(f"says {key}, which is not known", ", ".join(KEYS), nearest(key, KEYS))
    found = {}
    for key, (usual, least, most) in KEYS.items():
        value = study.optimise.get(key, usual)
        kind = int if isinstance(least, int) else int | float
        if value is None or isinstance(value, bool) or not isinstance(value, kind) or not least <= value <= most:
            unit = {"budget": " yuan/household/year", "workers": " post/1000 households"}.get(key, "")
            raise Place(str(study.path), f"optimise.{key}").problem(
                "is missing" if value is None else f"is {shown(value)}", f"{least:.0f} to {most:.0f}{unit}")
        found[key] = value
    for factor in study.factors:
        if not factor.name.startswith("levers.") or factor.kind != "uniform":
            raise Place(str(study.path), f"vary.{factor.name}").problem(
                "is no part of a mix", "levers.LEVER.KEY over a range")
    return found


def _under_members(base: Scenario, names: Sequence[str], found: Front, run: Outcomes, fresh: Sequence[int],
                   members: int) -> Front:
    """The front with its confirmed mixes run once under each of so many members, whose seed all of them share."""
    rows = found.mixes.loc[found.mixes["status"] == optimise.CONFIRMED, names].to_numpy(np.float64)
    if not len(rows):
        return found
    mixes = [optimise.mix_of(base, dict(zip(names, row, strict=True))) for row in rows]
    values = [run([assigned(mix, said) for mix in mixes], [fresh[place % len(fresh)]])[:, 0]
              for place, said in enumerate(uncertainty.values_of(base, members))]
    return optimise.under_members(found, run(mixes, fresh), np.stack(values, axis=1))


def _others(study: Study, found: Front, run: Outcomes, seeds: Sequence[int]) -> Any:
    """The shipped mixes on the fresh seeds, beside the front."""
    mixes = study.scenarios[1:]
    plans = {mix.name: optimise.planning(mix, [])(np.zeros((1, 0)))[0] for mix in mixes}
    values = run(mixes, seeds)
    return optimise.beside(found, plans, {mix.name: values[place] for place, mix in enumerate(mixes)})


