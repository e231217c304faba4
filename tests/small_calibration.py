"""The small calibrations that tests carry out: of three outcomes in closed form, and of a county that is a formula."""

from pathlib import Path

import numpy as np

from villagesim.study.calibration import calibrate as calibration, calibrating, evidence_tasks, simulated
from villagesim.study.calibration.matching import Aim, Rules
from villagesim.study.factors import Factor

SCENARIOS = Path(__file__).parents[1] / "scenarios"
NOISE, SD = np.array([0.06, 0.04, 0.04]), np.array([0.12, 0.08, 0.06])
FACTORS = tuple(Factor(name, "1", "uniform", 0.0, 2.0) for name in ("a", "b", "c"))


def toy(unit):
    """Three outcomes of three parameters, curved and with an interaction: (n, 3)."""
    a, b, c = unit.T
    return np.stack([2 * a + b * b, np.sin(3 * b) + 0.5 * c, a * c + 0.3 * b], axis=1)


def noisy(rng, replicates=4):
    return lambda _, unit: toy(unit)[:, None] + NOISE * rng.normal(size=(len(unit), replicates, 3))


def posed(rng, truth):
    data = toy(truth[None])[0] + SD * rng.normal(size=3)
    return tuple(Aim(f"t{place}", data[place], SD[place], 0.0) for place in range(3))


def asked(goals, seed=1, **rules):
    return calibration.Asked("toy", "Toy", FACTORS, (1.0,) * 3, goals, Rules(2, 30, seed=seed, **rules), 400, 40)


SMALL = """
title = "Two numbers"
today = "{folder}/baseline.toml"
programme = "{folder}/integrated.toml"
settings = ["{folder}/village_plain.toml", "{folder}/village_hill.toml"]
waves = 2
points = 12
replicates = 2
final = 200
members = 5
[vary]
"parameters.sales.demand" = {{distribution = "log"}}
"parameters.logistics.connected" = {{}}
[targets]
"T18" = {{}}
"T15" = {{}}
"""


def made_up(base, seed):
    """T18 and T15 of a county that is a formula of two parameters, with luck."""
    demand, connected = base.today.parameters.sales.demand, base.today.parameters.logistics.connected
    luck = np.random.default_rng(seed).normal(0, 0.01, 2)
    return {"T18": 0.1 * np.log(demand / 30) / np.log(50) + luck[0], "T15": 0.5 * connected + luck[1]}


def made_up_calibration(tmp_path, monkeypatch, final=200):
    """The calibration SMALL of made-up evidence: as read, the names of the runs made, and what sets after how many of
    them Ctrl-C comes (None: never)."""
    file, done, limit = tmp_path / "small.toml", [], [None]
    file.write_text(SMALL.format(folder=SCENARIOS).replace("final = 200", f"final = {final}"), encoding="utf-8")

    def each(of, tasks, take, lose, workers):
        for task in tasks:
            if len(done) == limit[0]:
                raise KeyboardInterrupt
            take(task, of(task))
            done.append(task.run)

    def stop(after):
        limit[0] = after

    monkeypatch.setattr(evidence_tasks, "EVIDENCE", {"made_up": made_up})
    monkeypatch.setattr(simulated, "evidence_key", lambda: "made up")
    monkeypatch.setattr(simulated.runner, "prepare", lambda scenarios: None)
    monkeypatch.setattr(simulated.pool, "each", each)
    return calibrating.read_calibration(file), done, stop
