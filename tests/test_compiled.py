"""Compiled code: a second start compiles nothing, and an edited rule never runs its old code."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import villagesim
from conftest import SCENARIOS

PACKAGE = Path(villagesim.__file__).parent
COUNT_COMPILATIONS = """
import sys
from numba.core import event
with event.install_recorder("numba:compile") as recorder:
    from villagesim.engine import run
    from villagesim.scenario import changed, load
    run(changed(load(sys.argv[1]), {"world.villages": 2, "world.households": 20, "run.months": 2, "run.spin_up": 0}), 1)
print(len(recorder.buffer))
"""
ONE_KERNEL = """
from villagesim.engine.core import bind
from villagesim.engine.schedule import SCHEDULE
from villagesim.mechanisms import Parameters
from villagesim.mechanisms.accounts import courier_accounts
from villagesim.tables import TABLES, empty
world = empty(dict.fromkeys(TABLES, 1))
for name, value in dict(fees=7, commission=5, running_cost=3, handling=2, savings=100).items():
    getattr(world.couriers, name)[0] = value
bind(world, Parameters(), 1, phases=[phase for phase in SCHEDULE if phase.name == "couriers.courier_accounts"])(0)
print(world.couriers.savings[0], courier_accounts(7, 5, 3, 2, 100))
"""


def _run(script: str, *arguments, **environment) -> str:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True,
                          env={**os.environ, **environment}).stdout


def test_a_second_start_compiles_nothing():
    _run(COUNT_COMPILATIONS, SCENARIOS / "integrated.toml")
    assert _run(COUNT_COMPILATIONS, SCENARIOS / "integrated.toml").strip() == "0"


def test_an_edited_rule_never_runs_its_old_code(tmp_path):
    copy = tmp_path / "code" / "villagesim"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {"PYTHONPATH": str(copy.parent), "VILLAGESIM_CACHE": str(tmp_path / "cache")}
    assert _run(ONE_KERNEL, **environment).split() == ["107", "107"]
    file = copy / "mechanisms" / "accounts.py"
    old = "return savings + fees + commission - running_cost - handling"
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, "return savings + fees + commission - running_cost"))
    assert _run(ONE_KERNEL, **environment).split() == ["109", "109"]
    assert len(list((tmp_path / "cache").iterdir())) == 2
