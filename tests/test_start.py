"""What may be loaded when nothing is run yet, and a bench that says when a ratio has fallen."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"
HEAVY = ("numba", "llvmlite", "numpy", "pandas", "pyarrow", "scipy", "matplotlib", "mesa", "SALib", "sklearn",
         "statsmodels", "pymoo", "pydantic", "distributed", "dask")
# All that `import villagesim` loads of the package itself.
LIGHT = {"villagesim"}


def loaded(code):
    """Names of the modules that are loaded after the code, in a fresh process."""
    code = f"import sys\n{code}\nprint('\\nMODULES', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("MODULES ")[2].split())


def test_importing_the_package_loads_nothing_else_of_it():
    found = loaded("import villagesim")
    assert {name for name in found if name.partition(".")[0] == "villagesim"} == LIGHT
    assert not found & set(HEAVY)


@pytest.mark.parametrize("words", [["--help"], ["countryside", "--help"], ["run", "--help"]])
def test_help_loads_commands_only(words):
    found = loaded(f"from villagesim.cli import app\ntry:\n    app({words!r})\nexcept SystemExit:\n    pass")
    # typer itself imports pydantic, where it is installed, as soon as it looks into one command.
    assert not found & set(HEAVY) - ({"pydantic"} if len(words) > 1 else set())
    ours = {name.partition(".")[2] for name in found if name.startswith("villagesim.")}
    assert [name for name in ours if not name.startswith("cli")] == []


def test_the_bench_says_which_ratio_has_fallen_by_more_than_a_fifth():
    code = ("from ratios import fallen\nold = {'to_numpy': '1.0', 'scaling': '1.9'}\n"
            "assert fallen({'to_numpy': 0.81, 'scaling': 1.9}, old) == []\n"
            "assert [line.split()[0] for line in fallen({'to_numpy': 0.79, 'scaling': 1.9}, old)] == ['to_numpy']")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=BENCH)
