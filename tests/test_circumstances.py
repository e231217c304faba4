"""The circumstances of an innovation are calibrated as numbers of the model are, against its own experiment."""

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from conftest import SCENARIOS
from villagesim import cli, cli_calibrate, evidence, figures
from villagesim.scenario import ScenarioError, changed, load
from villagesim.sources import model, series
from villagesim.study.calibration import calibrating, matching, simulated
from villagesim.study.calibration.calibrate import FINAL
from villagesim.study.calibration.evidence_tasks import carry
from villagesim.study.fieldwork import diffusion, innovations, years
from villagesim.study.fieldwork.innovations import shipped
from villagesim.study.store import Store

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
    read = calibrating.read_calibration(FILES[name])
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
        calibrating.read_calibration(written(tmp_path, was, now))
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
    mine = tmp_path / "mine.toml"
    mine.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    said = CliRunner().invoke(cli.app, ["calibrate", str(mine), "--ship", "--out", str(tmp_path)])
    assert said.stderr.strip() == (f"{mine}: --ship: of calibrations without an ensemble the package carries networks, "
                                   "insurance, seed_corn, and not mine")
    said = CliRunner().invoke(cli.app, ["calibrate", str(file), "--ship", "--out", str(tmp_path)])
    assert said.exit_code == 2
    says = "is no innovation that the package carries; allowed: insurance or seed_corn, by that name, or no --ship"
    assert said.stderr.strip() == f"{file}: --ship: own {says}"
    # Another one by the same name is not the one that ships either.
    other = tmp_path / "other" / "insurance.toml"
    other.parent.mkdir()
    other.write_text(own.read_text(encoding="utf-8"), encoding="utf-8")
    file.write_text(file.read_text(encoding="utf-8").replace("own.toml", "other/insurance.toml"), encoding="utf-8")
    said = CliRunner().invoke(cli.app, ["calibrate", str(file), "--ship", "--out", str(tmp_path)])
    assert said.stderr.strip() == f"{file}: --ship: insurance {says}"


@pytest.mark.parametrize(("text", "says"), [
    ("[world]\nbelief = 0.3\n", "own.toml: innovation is missing; allowed: .*innovation"),
    ("[innovation]\nworth = 10\n[world]\nbeleif = 0.3\n", "own.toml, laid over .*world.beleif is not known"),
    ("[innovation]\nworth = 10\n[world]\nbelief = 30\n", "own.toml, laid over .*belief is 30"),
    ("[innovation]\nworht = 10\n", "own.toml: innovation.worht is not known"),
])
def test_an_innovation_that_is_written_wrongly_is_named_by_its_file(tmp_path, text, says):
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=f"innovation names a file that fails: .*{says}") as caught:
        calibrating.read_calibration(written(tmp_path, 'innovation = "insurance"', 'innovation = "own.toml"'))
    assert "\n" not in str(caught.value)


def test_a_share_of_what_adds_up_to_1_can_not_vary_alone(tmp_path):
    with pytest.raises(ScenarioError, match=r"vary\.county\.mix_organising can't be 0, an end of its range.*not 1"):
        calibrating.read_calibration(written(tmp_path, "[vary]", '[vary]\n"county.mix_organising" = {}'))


def test_an_experiment_that_can_not_be_evaluated_says_why_in_one_line(tmp_path, monkeypatch):
    text = (evidence.folder() / "insurance.toml").read_text(encoding="utf-8")
    (tmp_path / "own.toml").write_text(text.replace("priced = 0.11", "priced = 0.0").replace(
        "villages = 47", "villages = 6"), encoding="utf-8")
    monkeypatch.setattr(simulated.runner, "prepare", lambda scenarios: None)
    file = written(tmp_path, 'innovation = "insurance"', 'innovation = "own.toml"')
    said = CliRunner().invoke(cli.app, ["calibrate", str(file), "--out", str(tmp_path)])
    assert said.exit_code == 2, said.output
    says = r"\S*insurance\.toml: targets: no simulated evidence gives T1, .*; taught failed: ValueError: .*"
    assert re.fullmatch(says, said.stderr.strip())


def test_runs_of_one_innovation_are_not_those_of_another(tmp_path, monkeypatch):
    monkeypatch.setattr(simulated, "kinds_of", lambda *_: ("taught",))
    text = (evidence.folder() / "insurance.toml").read_text(encoding="utf-8")
    names = []
    for debt in ("0.0", "0.1"):
        (tmp_path / "own.toml").write_text(text.replace("debt = 0.0", f"debt = {debt}"), encoding="utf-8")
        read = calibrating.read_calibration(written(tmp_path, 'innovation = "insurance"', 'innovation = "own.toml"'))
        with Store(tmp_path / f"store{debt}", tuple(aim.name for aim in read.asked.aims)) as store:
            ran = []
            monkeypatch.setattr(simulated.pool, "each", lambda of, tasks, *_, ran=ran: ran.extend(tasks))
            simulated.Runs(read, store).simulate("wave-1", np.full((1, len(read.asked.factors)), 0.5))
        names.append((read.key, *(task.run for task in ran)))
    assert not set(names[0]) & set(names[1])


def test_what_is_shipped_of_an_innovation_is_a_file_of_its_own(tmp_path, monkeypatch):
    """The ensemble stays as it is."""
    region = pd.DataFrame([("world.belief", "yuan/yuan", 0.1, 0.8, 0.46, 0.4, 0.45, 0.5, 0.46, 0.7, 0.9)], columns=[
        "parameter", "unit", "low", "high", "usual", "q05", "q50", "q95", "fitting", "pinned", "recovered"])
    found = SimpleNamespace(
        points=pd.DataFrame([("wave-1", 0, np.nan, 0.2), ("final", 0, 0.4, 0.44), ("final", 1, 0.6, 0.45)],
                            columns=["stage", "point", "weight", "world.belief"]),
        runs=pd.DataFrame([("wave-1", 0, "T1", 0.2), ("final", 0, "T1", 0.3), ("final", 1, "T1", 0.1)],
                          columns=["stage", "point", "target", "mean"]),
        region=region, targets=pd.DataFrame([("T1", 0.1, 0.1, 0.1, False, True)], columns=[
            "target", "value", "published", "discrepancy", "log", "reached"]),
        checks=pd.DataFrame([("wave-1", "T1", 0.9, 0.5)], columns=["stage", "target", "inside", "r2"]),
        about={"name": "insurance", "model": "abc"})
    monkeypatch.setattr(simulated, "carry_out", lambda *_: (tmp_path, found))
    monkeypatch.setattr(evidence, "folder", lambda: tmp_path)
    monkeypatch.setattr(figures, "draw", lambda *_: [])
    monkeypatch.setattr(cli_calibrate, "_show", lambda *_, **__: None)
    said = CliRunner().invoke(cli.app, ["calibrate", str(FILES["insurance"]), "--ship", "--out", str(tmp_path)])
    assert said.exit_code == 0, said.output
    assert [file.name for file in tmp_path.glob("*.*")] == ["insurance.json"]
    assert evidence.region("insurance")["region"]["world.belief"]["interval"] == [0.4, 0.5]
    assert evidence.region("insurance")["heaviest"] == {
        "point": 1, "numbers": {"world.belief": 0.45}, "means": {"T1": 0.1}}


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
    _, found = simulated.carry_out(calibrating.read_calibration(file), tmp_path)
    rows = found.region.set_index("parameter")
    assert rows.loc[WORTH, "q05"] < 12 < rows.loc[WORTH, "q95"]
    assert rows.loc[BELIEF, "q05"] < 0.4 < rows.loc[BELIEF, "q95"]
    assert rows.loc[BELIEF, "q50"] == pytest.approx(0.4, abs=0.08)


@pytest.mark.parametrize("name", innovations.SHIPPED)
def test_what_is_shipped_of_a_calibration_is_of_the_values_that_the_innovation_has(name, baseline):
    region = evidence.region(name)["region"]
    assert set(region) == {factor.name for factor in calibrating.read_calibration(FILES[name]).asked.factors}
    for key, one in region.items():
        assert one["usual"] == shipped(name).value_at(baseline, key), key
        assert one["varied"][0] <= one["interval"][0] <= one["median"] <= one["interval"][1] <= one["varied"][1]


def test_what_is_shipped_was_made_with_todays_model_over_the_ranges_that_its_file_says():
    found = {"calibrate": evidence.ensemble().about} | {name: evidence.region(name) for name in evidence.REGIONS}
    for name, about in found.items():
        assert about["model"] == model(), name
        assert about["series"] == series() or not set(years.TARGETS) & set(about["targets"]), name
        asked = calibrating.read_calibration(EXPERIMENTS / f"{name}.toml").asked
        # An interval that is changed after the fit asks for another.
        assert {key: (one["value"], one["published"], one["discrepancy"], one["log"]) for key, one in
                about["aims"].items()} == {aim.name: tuple(aim)[1:] for aim in asked.aims}, name
        assert {key: one["varied"] for key, one in about["region"].items()} == {
            factor.name: [factor.low, factor.high] for factor in asked.factors}, name


@pytest.mark.parametrize("name", ["calibrate", *evidence.REGIONS])
def test_the_heaviest_run_of_what_is_shipped_comes_out_the_same_when_it_is_made_again(name, tmp_path):
    about = evidence.ensemble().about if name == "calibrate" else evidence.region(name)
    said, read = about["heaviest"], calibrating.read_calibration(EXPERIMENTS / f"{name}.toml")
    aims, numbers = read.asked.aims, {one.name: one.typed(said["numbers"][one.name]) for one in read.asked.factors}
    with Store(tmp_path / name, tuple(aim.name for aim in aims)) as store:
        runs = simulated.Runs(read, store)
        rows = [carry(runs.task(FINAL, said["point"], seed, numbers)) for seed in range(read.replicates)]
    means, _ = matching.summarised(aims, np.array([[row.values for row in rows]]))
    assert dict(zip(said["means"], means[0], strict=True)) == pytest.approx(said["means"], rel=1e-9, nan_ok=True)
    assert list(said["means"]) == [aim.name for aim in aims]
