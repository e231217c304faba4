"""The runs behind the claims: every distinct scenario once a replicate, or once a member of the calibrated ensemble."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from villagesim.draws import replicate_seed
from villagesim.scenario import Scenario, digest
from villagesim.study import forks, runner, sweep
from villagesim.study.batch import Task
from villagesim.study.claims import pathways as claim_pathways
from villagesim.study.claims.rows import Claim, paid
from villagesim.study.measure import Measure, label
from villagesim.study.store import FINISHED, Store

# Seconds after which a run of a claim counts as failed.
TIMEOUT = 3600.0

Measured = Mapping[tuple[str, Measure], np.ndarray]


def measure(claims: Sequence[Claim], folder: str | Path | None = None, workers: int | None = None,
            progress: sweep.Progress | None = None, arms: bool = True) -> Measured:
    """What the claims need of their runs: by (scenario, measure), a value a replicate (n,).

    arms: also those that are only reported, which `details` needs and `evaluate` does not. Every distinct scenario is
    run once, and the years that scenarios share are lived through once; with a folder, what is finished is kept there.
    Raises Interrupted, StoreError, RunsFailedError.
    """
    scenarios, asked = _wanted(claims, arms)
    count = max(claim.replicates for claim in claims)
    for claim in claims if arms else ():
        if claim.pathways is not None:
            kept = None if folder is None else Path(folder) / "runs"
            mixes = claim_pathways.reported(claim.id, claim.pathways, count, kept, workers)
            scenarios |= {name: replace(scenario, name=name) for name, scenario in mixes.items()}
    found = _carried({name: (scenario, [replicate_seed(scenario.run.seed, r) for r in range(count)])
                      for name, scenario in scenarios.items()}, asked, folder, workers, progress)
    return {(name, one): found[name][:, column] for name in scenarios for column, one in enumerate(asked)}


def measure_under(claims: Sequence[Claim], members: Sequence[Sequence[Claim]], folder: str | Path | None = None,
                  workers: int | None = None, progress: sweep.Progress | None = None) -> Measured:
    """What the claims' verdicts need under parameter sets: by (scenario of `claims`, measure), a value a member (n,).

    members: the same claims under each parameter set. Each scenario is run once a member, under the seed of the
    replicate of that number. Raises as `measure`.
    """
    ran: dict[str, tuple[Scenario, list[int]]] = {}
    names: dict[str, list[str]] = {}
    _, asked = _wanted(claims, arms=False)
    for member, under in enumerate(members):
        for claim, one in zip(claims, under, strict=True):
            for role, scenario in one.arms.items():
                name = f"{member} {scenario.name}"
                kept = names.setdefault(claim.arms[role].name, [])
                if len(kept) == member:
                    kept.append(name)
                    ran[name] = paid(scenario), [replicate_seed(scenario.run.seed, member)]
    found = _carried(ran, asked, folder, workers, progress)
    return {(name, one): np.concatenate([found[run][:, column] for run in runs]) for name, runs in names.items()
            for column, one in enumerate(asked)}


def _carried(wanted: Mapping[str, tuple[Scenario, Sequence[int]]], asked: tuple[Measure, ...],
             folder: str | Path | None, workers: int | None, progress: sweep.Progress | None) -> dict[str, np.ndarray]:
    """The measures of scenarios, each under its seeds, by name (seeds, measures)."""
    scenarios = {name: scenario for name, (scenario, _) in wanted.items()}
    last = int(next(iter(scenarios.values())).run.months)
    columns = tuple(label(one, last) for one in asked)
    shared = forks.months(scenarios)
    runs = {name: [sweep.run_name(digest(scenario), seed, columns) for seed in seeds]
            for name, (scenario, seeds) in wanted.items()}
    tasks = {run: Task(run, scenario, seed, shared[name]) for name, (scenario, seeds) in wanted.items()
             for run, seed in zip(runs[name], seeds, strict=True)}
    with TemporaryDirectory() as temporary, Store(folder or temporary, columns) as store:
        sweep.carry(tasks, sweep.Handing(asked, columns, TIMEOUT), store, workers, progress=progress)
        found, ledger = store.values(tasks), store.runs()
    failed = ledger[ledger["run"].isin(tasks) & (ledger["state"] != FINISHED)]
    if len(failed):
        raise runner.RunsFailedError(f"{len(failed)} of {len(tasks)} runs failed; first: {failed['error'].iloc[0]}")
    return {name: found.loc[some].to_numpy() for name, some in runs.items()}


def _wanted(claims: Sequence[Claim], arms: bool) -> tuple[dict[str, Scenario], tuple[Measure, ...]]:
    """The distinct scenarios by name (their content), and what is measured in all of them."""
    scenarios: dict[str, Scenario] = {}
    asked: dict[Measure, None] = {}
    for claim in claims:
        asked |= dict.fromkeys((claim.measure, *claim.also, *(level.measure for level in claim.levels)))
        for scenario in (*claim.arms.values(), *(claim.extra.values() if arms else ())):
            if scenario.name not in scenarios:
                scenarios[scenario.name] = paid(scenario)
    return scenarios, tuple(asked)
