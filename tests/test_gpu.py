"""The engine gpu tells the core's story: in numba's simulator, or on a device with NUMBA_ENABLE_CUDASIM=0 set."""

import json
import os
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numba import njit, types
from typer.testing import CliRunner

from conftest import SCENARIOS
from villagesim.cli import app
from villagesim.engine import check
from villagesim.engine.gpu import machine
from villagesim.engine.gpu.places import wide
from villagesim.engine.phases import Exchange
from villagesim.engine.schedule import SCHEDULE

SIMULATOR = "NUMBA_ENABLE_CUDASIM"
CHOSEN = os.environ.get(SIMULATOR, "1")
# Relative, for columns that are no whole numbers. The simulator rounds as Python does: not at all apart.
TOLERANCE = 1e-12 if CHOSEN == "0" else 0.0
# What a kernel of a device of any kind and driver takes [bytes].
ARGUMENTS, NUMBER = 4096, 8
HERE = Path(__file__).parent
needs_kernels = pytest.mark.skipif(
    not find_spec("numba.cuda") or (CHOSEN == "0" and not find_spec("numba_cuda")),
    reason="this numba has no CUDA part of its own, and the extra gpu (numba-cuda) is not installed")


@cache
def said(*what: str, simulated: str = CHOSEN):
    """What the script `on_device.py` prints, in a process of its own."""
    done = subprocess.run([sys.executable, HERE / "on_device.py", *what], capture_output=True, text=True, check=False,
                          env={**os.environ, SIMULATOR: simulated}, cwd=HERE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def agree(found):
    """Every column of whole numbers equal, every other within the tolerance."""
    assert {name: wrong for name, (wrong, _) in found.items() if wrong} == {}
    assert {name: far for name, (_, far) in found.items() if far > TOLERANCE} == {}


@needs_kernels
@pytest.mark.parametrize("name", ["integrated", "other_forms"])
def test_months_on_the_device_are_those_of_the_core(name):
    found = said("months", name)
    assert len(found) == 3
    agree(found)


@needs_kernels
def test_every_phase_alone_does_to_a_random_county_what_the_core_does():
    found = said("phases")
    assert len(found) > len(SCHEDULE)
    agree(found)


@needs_kernels
def test_counties_of_one_batch_know_nothing_of_each_other():
    found = said("counties")
    assert len(found) == 2
    agree(found)


@needs_kernels
def test_the_month_without_trade_runs_on_the_device_too():
    agree(said("diffusion"))


def test_every_exchange_of_the_month_has_a_kernel():
    exchanges = pytest.importorskip("villagesim.engine.gpu.exchanges", reason="numba has no CUDA part")
    assert {phase.function for phase in SCHEDULE if isinstance(phase, Exchange)} == exchanges.BODIES.keys()


@pytest.mark.slow
def test_every_kernel_compiles_for_a_device_and_rounds_as_a_processor_does():
    """A product and a sum joined in one operation would round once, and another number would come out."""
    found = said("compile", simulated="0")
    if isinstance(found, str):
        pytest.skip(found)
    assert len(found) > 80
    assert [name for name, (entry, _, _) in found.items() if not entry] == []
    assert {name: otherwise for name, (_, otherwise, _) in found.items() if otherwise} == {}
    assert [name for name, (_, _, arguments) in found.items() if arguments * NUMBER > ARGUMENTS] == []


def test_without_the_extra_the_engine_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "SIMULATED", False)
    monkeypatch.setattr(machine, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'villagesim\[gpu\]', or set NUMBA_ENABLE_CUDASIM=1"):
        check("gpu")
    done = CliRunner().invoke(app, ["run", str(SCENARIOS / "baseline.toml"), "--engine", "gpu", "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("engine gpu needs numba-cuda: ")


@pytest.mark.skipif(not find_spec("numba.cuda"), reason="numba has no CUDA part")
def test_without_a_device_the_engine_says_so(monkeypatch):
    monkeypatch.setattr(machine, "SIMULATED", False)
    monkeypatch.setattr(machine, "find_spec", lambda name: True)
    monkeypatch.setattr("numba.cuda.is_available", lambda: False)
    with pytest.raises(ValueError, match=r"engine gpu finds no CUDA device with driver and toolkit: .*SIM=1"):
        check("gpu")


def test_a_study_on_one_device_is_one_process(monkeypatch, small_county):
    """Processes would each compile all kernels, for one device."""
    from villagesim.study import runner

    monkeypatch.setattr("villagesim.engine.check", lambda engine: None)
    monkeypatch.setattr(runner, "carry", lambda task, progress=None: os.getpid())
    found = runner.replicate([small_county("baseline")], 2, "gpu", workers=2)
    assert found == {"baseline": [os.getpid()] * 2}


@pytest.mark.parametrize("kind", [np.uint8, np.uint32, np.int64])
def test_whole_numbers_enter_compiled_rules_as_int64(kind):
    """A narrow or unsigned number keeps its type under int() alone, and would wrap around in a rule."""
    read = njit(wide(True))
    assert read(kind(200)) == 200
    assert read.nopython_signatures[0].return_type == types.int64
