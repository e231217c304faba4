"""Figures: made from stored results alone, the same bytes each time, labels that do not overlap."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from typer.testing import CliRunner

from villagesim import cli
from villagesim.evidence import targets
from villagesim.figures import FIGURES, draw, style
from villagesim.results import read_about, write_tables
from villagesim.study import experiment, variance
from villagesim.study.budgets.optimise import Choice, Problem, front
from villagesim.study.calibration.validation import Validation, held_against
from villagesim.study.robust.discover import discover
from villagesim.study.robust.robustness import Robustness, Threshold, best, regret, satisficing
from villagesim.study.trials import SIZES, Power

SCENARIOS = Path(__file__).parents[1] / "scenarios"
COUNTY = "[run]\nmonths = 14\nspin_up = 13\n[world]\nvillages = 4\ntownships = 2\nhouseholds = 30\n"
# Figures that the commands above do not draw themselves.
ANALYSES = ("discover", "robustness", "variance", "front", "power", "validation", "calibration",
            "countryside")
DRAW = """
import sys
from villagesim.figures import draw
for name, folder in zip(sys.argv[1::2], sys.argv[2::2]):
    for file in draw(name, folder):
        print(file)
engines = [module for module in sys.modules if module.startswith("villagesim.engine") or module == "mesa"]
assert not engines, engines
assert "matplotlib.pyplot" not in sys.modules
"""


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> dict[str, Path]:
    """Stored results for every figure: its name and the folder it reads."""
    folder = tmp_path_factory.mktemp("stored")
    for name, base in (("one", "baseline"), ("two", "integrated")):
        (folder / f"{name}.toml").write_text(f'extends = "{SCENARIOS / base}.toml"\n{COUNTY}', encoding="utf-8")
    one, two, out = str(folder / "one.toml"), str(folder / "two.toml"), str(folder / "out")
    (folder / "mixes.toml").write_text(
        'title = "Two"\nfigure = "mixes"\nreplicates = 2\nscenarios = ["one.toml", "two.toml"]\n', encoding="utf-8")
    for words in (["run", two, "--replicates", "2"], ["compare", one, two, "--replicates", "2", "--workers", "1"],
                  ["experiment", str(folder / "mixes.toml"), "--workers", "1"],
                  ["factorial", "--base", one, "--mixes", str(SCENARIOS), "--carrier", "contractors",
                   "--budget", "60000", "--replicates", "2", "--workers", "1"],
                  ["hysteresis", one, "--push", two, "--months", "3", "--replicates", "2", "--workers", "1"]):
        done = CliRunner().invoke(cli.app, [*words, "--out", out])
        assert done.exit_code == 0, done.output
    return {"mixes": folder / "out/mixes", "single": folder / "out/two",
            **dict.fromkeys(("difference", "plane", "gains"), folder / "out/compare-one-two"),
            "synergy": folder / "out/factorial-one", "hysteresis": folder / "out/hysteresis-one"} | answers(folder)


def answers(folder: Path) -> dict[str, Path]:
    """What the analyses of a study keep, of futures made up from a seed."""
    luck = np.random.default_rng(5)
    about = {"title": "Made up", "seeds": [1, 2], "scenarios": {"one": "ab" * 20}, "version": "0", "sources": "cd" * 8,
             "outcome": "adoption", "unit": "share", "mix": "one"}
    futures = pd.DataFrame(luck.random((120, 3)), columns=["a", "b", "c"])
    discover(futures, ((futures["a"] > 0.6) & (futures["b"] < 0.5)).to_numpy(), about).write(folder / "discover")
    outcomes, mixes = luck.random((120, 2)), ["one", "two"]
    Robustness(regret(outcomes, mixes), best(outcomes, mixes),
               satisficing({"adoption": outcomes}, mixes, [Threshold("adoption", ">=", 0.5)]), about
               ).write(folder / "robustness")
    variance.write(variance.split(luck.random((4, 3, 4, 2))), folder / "variance", about)
    problem = Problem((Choice("levers.camp.intensity", 0, 4), Choice("levers.posts.intensity", 0, 4)),
                      lambda values: values, 3.0, 3.0)

    def evaluate(unit):
        return np.stack([np.stack([unit.sum(axis=1), 9000 * unit[:, 0], 100 * unit[:, 1]], axis=1)] * 2, axis=1)

    front(problem, evaluate, evaluate, 8, 3).write(folder / "front", about)
    sizes = pd.DataFrame(luck.random((3, len(SIZES))), columns=list(SIZES)).assign(villages=[20, 50, 100])
    Power(sizes, sizes[["villages"]], about).write(folder / "power")
    made = pd.DataFrame({"member": [0, 1], "T13": [0.02, 0.05], "V1": [0.1, 0.3], "T9": [61_000.0, 64_000.0]})
    Validation(held_against(made, targets()), made, about).write(folder / "validation")
    region = pd.DataFrame(
        [("parameters.sales.demand", "yuan/month", 30.0, 1500.0, 240.0, "log", 90.0, 300.0, 800.0),
         ("parameters.logistics.connected", "share", 0.0, 1.0, 0.4, "uniform", 0.1, 0.5, 0.9)],
        columns=["parameter", "unit", "low", "high", "usual", "spread", "q05", "q50", "q95"])
    cloud = pd.DataFrame({"parameters.sales.demand": 30 + 1470 * luck.random(80),
                          "parameters.logistics.connected": luck.random(80)})
    said = about | {"targets": ["T7"], "left": 0.1, "points": 40, "waves": 2, "final": 60, "replicates": 3}
    book = dict.fromkeys([*region, *cloud], ("1", "made up"))
    write_tables(folder / "calibration", {"region": region, "cloud": cloud}, said, book)
    provinces = pd.DataFrame({"province": ["Anhui", "Gansu"]} | {
        f"{name}{end}": size * (1 + luck.random(2))
        for name, size in (("adoption", 0.1), ("income_mean", 40_000.0)) for end in ("", "_before", "_p10", "_p90")})
    years = pd.DataFrame({"year": [0, 1, 2], "price_factor": [1.0, 0.99, 0.98], "price_asked": [1.0, 0.99, 0.97]})
    write_tables(folder / "countryside", {"provinces": provinces, "country": years},
                 about | {"counties": 2, "households": 900, "seed": 1},
                 dict.fromkeys([*provinces, *years], ("1", "made up")))
    return {name: folder / name for name in ANALYSES}


def test_there_is_a_figure_for_every_name(stored):
    assert set(stored) == set(FIGURES)
    assert set(experiment.FIGURES) <= set(FIGURES)
    with pytest.raises(ValueError, match="figure pie is not known"):
        draw("pie", stored["mixes"])


def test_figures_need_no_engine_and_repeat_their_bytes(stored):
    for name in ANALYSES:
        draw(name, stored[name])
    before = {path: path.read_bytes() for folder in stored.values() for path in folder.glob("*.[ps][nv]g")}
    assert len(before) == 2 * len(FIGURES)
    words = [str(word) for pair in stored.items() for word in pair]
    done = subprocess.run([sys.executable, "-c", DRAW, *words], capture_output=True, text=True, check=False,
                          env=os.environ | {"SOURCE_DATE_EPOCH": "0"})
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == sorted(map(str, before))
    for path, drawn in before.items():
        assert path.read_bytes() == drawn, path.name


def test_a_figure_says_what_it_stands_on(stored):
    about = read_about(stored["mixes"] / "series.parquet")
    with style.figure(4, 3) as drawn:
        style.source_line(drawn, about)
        said = drawn.get_supxlabel()
    assert list(about["scenarios"]) == ["one", "two"]
    assert all(digest[:8] in said for digest in about["scenarios"].values())
    assert "2 replicates from seed 1" in said
    assert about["version"] in said


@given(st.lists(st.floats(-0.5, 1.5), min_size=1, max_size=15))
def test_labels_keep_their_order_their_distance_and_the_axes(places):
    moved = style.apart(sorted(places), 0.05)
    assert all(after - before >= 0.05 - 1e-9 for before, after in pairwise(moved))
    assert moved[0] >= -1e-9
    assert moved[-1] <= 1 + 1e-9
