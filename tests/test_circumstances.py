"""The circumstances of an innovation are calibrated as numbers of the model are, against its own experiment."""

import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from conftest import SCENARIOS
from villagesim import cli, evidence
from villagesim.scenario import ScenarioError, changed, load
from villagesim.study import diffusion, innovations, simulated
from villagesim.study.innovations import shipped

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
FILES = {name: EXPERIMENTS / f"{name}.toml" for name in innovations.SHIPPED}
WORTH, BELIEF = "innovation.worth", "world.belief"


@pytest.fixture(scope="module")
def baseline():
    return load(SCENARIOS / "baseline.toml")


def written(folder: Path, was: str = "", now: str = "") -> Path:
    """The insurance's calibration with one text in the place of another, in a folder of its own."""
    text = FILES["insurance"].read_text(encoding="utf-8").replace("../scenarios", str(EXPERIMENTS.parent / "scenarios"))
    assert was in text
    file = folder / "insurance.toml"
    file.write_text(text.replace(was, now, 1) if was else text, encoding="utf-8")
    return file


@pytest.mark.parametrize("name", innovations.SHIPPED)
def test_a_calibration_of_circumstances_knows_their_usual_values_and_holds_them_in_its_ranges(name, baseline):
    read = simulated.read_calibration(FILES[name])
    assert read.innovation == shipped(name)
    for factor, usual in zip(read.asked.factors, read.asked.usual, strict=True):
        assert usual == shipped(name).value_at(baseline, factor.name)
        assert factor.low <= usual <= factor.high, factor.name
    assert {evidence.target(aim.name).role for aim in read.asked.aims} == {evidence.CALIBRATE}


def test_a_number_that_varies_is_the_innovations_own_or_one_that_it_lays_over_the_county(baseline):
    one = shipped("insurance").varied({WORTH: 14.0, BELIEF: 0.2, "sessions.simple_quality": 0.9})
    assert one.offered == shipped("insurance").offered._replace(worth=14.0)
    assert one.sessions == shipped("insurance").sessions._replace(simple_quality=0.9)
    assert one.over(baseline).world.belief == 0.2
    assert [one.value_at(baseline, name) for name in (WORTH, BELIEF)] == [14.0, 0.2]
    assert shipped("insurance").over(baseline).world.belief != 0.2
    # What it says nothing of is the county's.
    assert one.value_at(changed(baseline, {"parameters.sales.demand": 321.0}), "parameters.sales.demand") == 321.0


def test_each_circumstance_reaches_the_experiment(baseline):
    """Dearer covers are bought by fewer, better sessions are remembered, and whoever thinks more of it takes it up."""
    small = changed(baseline, {"run.spin_up": 0})
    one = shipped("insurance")

    def found(**values):
        return diffusion.taught(one.varied({key.replace("__", "."): value for key, value in values.items()}), small, 2)

    usual = found()
    assert found(sessions__simple_quality=1.0)["T3.simple"] > usual["T3.simple"] + 0.1
    assert found(world__belief=0.9)["T1.simple"] > usual["T1.simple"] + 0.1
    assert found(innovation__worth=6.0)["T1.simple"] < usual["T1.simple"] - 0.1


@pytest.mark.parametrize(("was", "now", "says"), [
    ('innovation = "insurance"\n', "", "programme is missing; allowed: programme, where numbers of the model vary"),
    ('innovation = "insurance"', 'innovation = "insurance"\nprogramme = "x.toml"', "and innovation are both said"),
    ('innovation = "insurance"', 'innovation = "insurence.toml"', "innovation names a file that fails: .*not exist"),
    ('innovation = "insurance"', "innovation = 3", "innovation is 3; allowed: a text"),
    ('"innovation.worth"', '"innovation.worht"', r"innovation.worht is not known.*worth"),
    ('"innovation.worth" = {range = [8, 20]}', '"sessions.talk" = {}', "is the design of the experiment"),
    ('"innovation.worth" = {range = [8, 20]}', '"innovation.worth" = {range = [0, 20]}', "worth.* 0.01 to 10000"),
    ('"world.belief" = ', '"world.beleif" = ', "world.beleif is not known"),
])
def test_a_calibration_of_circumstances_that_is_written_wrongly_is_one_line(tmp_path, was, now, says):
    with pytest.raises(ScenarioError, match=says) as caught:
        simulated.read_calibration(written(tmp_path, was, now))
    assert "\n" not in str(caught.value)


def test_targets_that_the_innovation_does_not_give_are_refused_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(diffusion, "EVIDENCE", {"taught": lambda innovation, today, seed: {"T1": 0.1}})
    monkeypatch.setattr(simulated.runner, "prepare", lambda scenarios: None)
    said = CliRunner().invoke(cli.app, ["calibrate", str(FILES["insurance"]), "--out", str(tmp_path)])
    assert said.exit_code == 2
    assert re.fullmatch(r".*insurance\.toml: targets: no simulated evidence gives T1\.simple, T2, .*",
                        said.stderr.strip())


def test_only_what_the_package_carries_can_be_shipped_and_it_is_said_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(simulated, "carry_out", lambda *_: pytest.fail("ran"))
    own = tmp_path / "own.toml"
    own.write_text("[innovation]\nworth = 10\n[world]\nbelief = 0.3\n", encoding="utf-8")
    file = written(tmp_path, 'innovation = "insurance"', 'innovation = "own.toml"')
    said = CliRunner().invoke(cli.app, ["calibrate", str(file), "--ship", "--out", str(tmp_path)])
    assert said.exit_code == 2
    assert said.stderr.strip() == ("--ship: own is no innovation that the package carries; allowed: insurance, "
                                   "seed_corn, or no --ship")


def test_a_known_circumstance_is_found_again(tmp_path, monkeypatch):
    """Made-up evidence of two numbers, with luck: worth 12 and belief 0.4 are where both aims are met."""
    def taught(innovation, today, seed):
        luck = np.random.default_rng(seed).normal(0, 0.004, 2)
        belief = innovation.over(today).world.belief
        return {"T1": 0.141 * innovation.offered.worth / 12 + luck[0], "T2": 0.291 * belief / 0.4 + luck[1]}

    def each(of, tasks, take, lose, workers):
        for task in tasks:
            take(task, of(task))

    file = written(tmp_path)
    text = file.read_text(encoding="utf-8")
    head = text[:text.index("[quick]")].replace("waves = 3", "waves = 2").replace("points = 100", "points = 15")
    file.write_text(head.replace("final = 300", "final = 60").replace("members = 21", "members = 5").replace(
        "may_miss = 1", "may_miss = 0") + f'[vary]\n"{WORTH}" = {{range = [8, 20]}}\n'
        f'"{BELIEF}" = {{range = [0.1, 0.8]}}\n[targets]\n"T1" = {{}}\n"T2" = {{}}\n', encoding="utf-8")
    monkeypatch.setattr(diffusion, "EVIDENCE", {"taught": taught})
    monkeypatch.setattr(simulated.runner, "prepare", lambda scenarios: None)
    monkeypatch.setattr(simulated.pool, "each", each)
    _, found = simulated.carry_out(simulated.read_calibration(file), tmp_path)
    rows = found.region.set_index("parameter")
    assert rows.loc[WORTH, "q05"] < 12 < rows.loc[WORTH, "q95"]
    assert rows.loc[BELIEF, "q05"] < 0.4 < rows.loc[BELIEF, "q95"]
    assert rows.loc[BELIEF, "q50"] == pytest.approx(0.4, abs=0.08)


@pytest.mark.parametrize("name", innovations.SHIPPED)
def test_what_is_shipped_of_a_calibration_is_of_the_values_that_the_innovation_has(name, baseline):
    region = evidence.made(name)["region"]
    assert set(region) == {factor.name for factor in simulated.read_calibration(FILES[name]).asked.factors}
    for key, one in region.items():
        assert one["usual"] == shipped(name).value_at(baseline, key), key
        assert one["varied"][0] <= one["interval"][0] <= one["median"] <= one["interval"][1] <= one["varied"][1]
