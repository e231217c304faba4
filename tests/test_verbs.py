"""The verbs as functions: from files, with the numbers that the command writes."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import villagesim
from conftest import SCENARIOS
from test_analyses import asked, written
from villagesim import results
from villagesim.scenario import changed, load
from villagesim.study import store

INTEGRATED = SCENARIOS / "integrated.toml"
SMALL = {"world.villages": 3, "world.townships": 1, "world.households": 20, "run.spin_up": 6, "run.months": 18}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A scenario file of a small county, as a user writes one."""
    path = tmp_path_factory.mktemp("small") / "small.toml"
    path.write_text(f'extends = "{INTEGRATED}"\n[world]\nvillages = 3\ntownships = 1\nhouseholds = 20\n'
                    "[run]\nspin_up = 6\nmonths = 18\n", encoding="utf-8")
    return path


def test_the_package_offers_its_verbs_and_imports_nothing_heavy_for_it():
    asked_for = "import sys, villagesim; print(*[n for n in ('numpy', 'numba', 'pandas') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", asked_for], capture_output=True, text=True, check=True).stdout == "\n"
    assert all(callable(getattr(villagesim, name)) for name in villagesim.__all__ if name != "__version__")
    with pytest.raises(AttributeError, match="no attribute 'swep'"):
        _ = villagesim.swep


def test_a_run_from_a_file_is_the_run_of_the_scenario(small):
    found = villagesim.run(small, seed=5)
    alone = results.record(changed(load(INTEGRATED), SMALL), 5)
    pd.testing.assert_frame_equal(found.group, alone.group)


def test_a_comparison_from_files_keeps_its_runs_where_it_is_told(small, tmp_path):
    poorer = tmp_path / "poorer.toml"
    poorer.write_text(f'extends = "{small}"\n[parameters.sales]\ndemand = 100\n', encoding="utf-8")
    found = villagesim.compare([small, poorer], replicates=2, workers=1, out=tmp_path / "out")
    apart = found.outcomes.set_index("outcome").loc["adoption"]
    assert apart["scenario"] == "poorer"
    assert apart["difference"] == pytest.approx(apart["mean"] - apart["base_mean"])
    assert len(list((tmp_path / "out/runs").iterdir())) == 4


@pytest.mark.parametrize(("asked", "members"), [({}, 5), ({"ensemble": 0}, 0), ({"ensemble": 6}, 6)])
def test_mixes_from_a_file_run_under_the_ensemble_as_the_command_does(monkeypatch, asked, members):
    from villagesim.study import factorial

    monkeypatch.setattr(factorial, "run",
                        lambda designed, replicates, *_, members: (len(designed), replicates, members))
    found = villagesim.factorial(SCENARIOS / "baseline.toml", replicates=5, mixes=SCENARIOS, **asked)
    assert found[1:] == (5, members)
    assert found[0] >= 16


def test_python_in_the_documents_takes_in_what_is_there():
    root = Path(villagesim.__file__).parents[2]
    blocks = [block for path in (root / "README.md", *(root / "docs").glob("*.md"))
              for block in re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)]
    assert len(blocks) >= 3
    taken = [node for block in blocks for node in ast.walk(ast.parse(block))
             if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "villagesim"]
    assert any("fieldwork" in node.module for node in taken)
    for node in taken:
        module = importlib.import_module(node.module)
        for one in node.names:
            assert hasattr(module, one.name) or importlib.util.find_spec(f"{node.module}.{one.name}"), one.name


def test_a_life_from_a_file(small):
    assert "month" in villagesim.trace(small, household=7).story()


def test_an_analysis_from_a_file_has_the_numbers_that_the_command_wrote_and_runs_nothing_again(tmp_path):
    path, out = written(tmp_path, "morris", 6), tmp_path / "out"
    said = asked(tmp_path, "sensitivity", path, "--outcome", "income_mean")
    assert said.exit_code == 0, said.output
    found = villagesim.sensitivity(path, "income_mean", out=out, workers=1)
    pd.testing.assert_frame_equal(
        found.table, pd.read_parquet(out / "small/sensitivity/morris-income_mean-integrated.parquet"))
    pd.testing.assert_frame_equal(villagesim.sweep(path, out, workers=1), pd.read_parquet(out / "small/table.parquet"))
    assert set(store.read_ledger(out / "small")["attempts"]) == {1}
    with pytest.raises(ValueError, match="method sobol does not go with sampler morris"):
        villagesim.sensitivity(path, "income_mean", "sobol", out=out, workers=1)


def test_a_question_that_cannot_be_answered_costs_no_run(tmp_path):
    path, out = written(tmp_path, "latin", 8), tmp_path / "out"
    for ask, error, says in ((villagesim.sensitivity, ValueError, "n is 8, too small for delta"),
                             (villagesim.variance, ValueError, "allowed for a split: crossed"),
                             (villagesim.robustness, ValueError, "wants is missing")):
        with pytest.raises(error, match=says):
            ask(path, "adoption", out=out, workers=1)
    with pytest.raises(KeyError, match="does not measure adoptoin"):
        villagesim.sensitivity(path, "adoptoin", out=out, workers=1)
    with pytest.raises(ValueError, match="wants is missing"):
        villagesim.discover(path, out=out, workers=1)
    assert not out.exists()


def test_futures_from_a_file(tmp_path):
    more = 'wants = [{outcome = "adoption", at_least = 0.03}]'
    path = written(tmp_path, "latin", 24, 1, more, scenarios=("integrated", "baseline"))
    found = villagesim.discover(path, out=tmp_path / "out", workers=1)
    assert {"box", "factor", "coverage", "density"} <= set(found.boxes)
    mixes = villagesim.robustness(path, "adoption", out=tmp_path / "out", workers=1)
    assert set(mixes.regret["mix"]) == {"integrated", "baseline"}
