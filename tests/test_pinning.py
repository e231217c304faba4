"""Which targets pin which numbers, measured: the arithmetic by hand, only what depends is run, nothing twice."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from villagesim import cli, evidence
from villagesim.results import read_codebook
from villagesim.scenario import ScenarioError
from villagesim.sources import model
from villagesim.study.calibration import evidence_tasks, movements, pin_scan, pinning
from villagesim.study.calibration.aims import KeptAsideError
from villagesim.study.fieldwork import kinds

SHIPPED = Path(__file__).parents[1] / "experiments" / "pins.toml"
TARGETS = {one.id: one for one in evidence.targets()}
ORDINARY = kinds.ordinary
DEMAND, LEAVE = "parameters.sales.demand", "parameters.workforce.leave_rate"


def test_a_movement_is_the_mean_paired_difference_in_widths_beside_students_t_within_settings():
    """Setting 0: 3, 5, mean 4; setting 1: 9, 11, mean 10. Mean 7, in widths of 2: 3.5. Within: 4 squares on 2 degrees,
    variance 2; of the mean 2 (1/2 + 1/2) / 4, error 0.7071; t at 95 % on 2 degrees is 4.3027: 3.0425, 1.5212 widths."""
    found = movements.movement(np.array([0.0, 0.0, 1.0, 1.0]), np.array([3.0, 9.0, 6.0, 12.0]), (0, 1, 0, 1), 2.0, 0.05)
    assert found[:3] == (0.5, 7.5, 3.5)
    assert found.luck == pytest.approx(1.5212, abs=1e-4)
    assert (found.seeds, found.pins(1.0), found.pins(4.0)) == (4, True, False)


def test_a_run_without_the_target_is_left_out_and_too_few_tell_no_luck_and_pin_nothing():
    low, high = np.array([0.0, 0.0, np.nan, 0.0]), np.array([3.0, 9.0, 6.0, np.nan])
    found = movements.movement(low, high, (0, 1, 0, 1), 1.0, 0.05)
    assert (found.moved, found.seeds) == (6.0, 2)
    assert np.isnan(found.luck)
    assert not found.pins(0.3)
    assert movements.movement(low[2:3], high[2:3], (0,), 1.0, 0.05).seeds == 0


def test_a_ratio_moves_by_its_logarithm():
    one = TARGETS["T17"]
    assert movements.width(one) == pytest.approx(np.log(one.range[1] / one.range[0]))
    low, high = (movements.scaled(one, np.array(ends)) for ends in ([1.0, 4.0, 0.0], [2.0, 8.0, 5.0]))
    found = movements.movement(low, high, (0, 0, 0), movements.width(one), 0.05)
    assert (found.moved, found.seeds) == (pytest.approx(np.log(2.0) / movements.width(one)), 2)
    assert movements.unscaled(one, found.at_low) == pytest.approx(2.0)


def test_luck_alone_passes_what_is_said_as_often_as_is_said():
    """2,000 measurements in which nothing moves: 5 % pass; three standard errors are 0.015."""
    rng = np.random.default_rng(5)
    draws = rng.normal(0, 1, (2000, 2, 9)) + rng.normal(0, 3, (2000, 1, 9))
    found = [movements.movement(*ends, (0, 1, 2) * 3, 1.0, 0.05) for ends in draws]
    assert np.mean([one.pins(0.0) for one in found]) == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize("name", [name for name, one in TARGETS.items() if one.role == evidence.VALIDATE])
def test_what_is_kept_aside_pins_nothing(name):
    assert name not in {one.id for one in pinning.aims()}
    with pytest.raises(KeptAsideError, match=f"{name} is kept aside"):
        movements.width(TARGETS[name])


def test_the_numbers_are_all_but_words_decisions_and_what_is_by_design():
    keys = {entry.key for entry in pinning.numbers()}
    assert len(keys) > 300
    assert {one.parameter for one in evidence.pins()} <= keys
    assert keys.isdisjoint({"parameters.choice.entry", "county.budget", "run.months", "levers.camp.intensity",
                            "parameters.logistics.memory", "shocks.fund_cut.intensity"})


def test_numbers_are_chosen_by_pattern_or_by_lot():
    some = pinning.chosen(["parameters.choice.*"])
    assert len(some) > 10
    assert {entry.key.rpartition(".")[0] for entry in some} == {"parameters.choice"}
    assert [entry.key for entry in pinning.chosen([DEMAND, LEAVE])] == [
        entry.key for entry in pinning.numbers() if entry.key in (DEMAND, LEAVE)]
    drawn = pinning.chosen(sample=7, seed=3)
    assert (len(drawn), drawn) == (7, pinning.chosen(sample=7, seed=3))
    assert drawn != pinning.chosen(sample=7, seed=4)
    with pytest.raises(ScenarioError, match=r"--only is \"parameters\.sales\.demnd\".*did you mean parameters\.sales"):
        pinning.chosen(["parameters.sales.demnd"])


@pytest.mark.parametrize(("was", "now", "says"), [
    ("seeds = 3", "seeds = 1", "seeds is 1; allowed: a whole number from 2 to 1000"),
    ("level = 0.001", "level = 0", "level is 0; allowed: a number from 1e-06 to 0.5"),
    ("level = 0.001", "leve = 0.001", "leve is not known; allowed: .*; did you mean level?"),
    ("baseline.toml", "base.toml", r"today names a file that fails: .*base\.toml: does not exist"),
    ("title = ", "question = ", "title is missing"),
])
def test_a_scan_that_is_written_wrongly_is_one_line(tmp_path, was, now, says):
    text = SHIPPED.read_text(encoding="utf-8").replace(was, now).replace("../", f"{SHIPPED.parents[1]}/")
    (tmp_path / "pins.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=says) as told:
        pinning.read_pinning(tmp_path / "pins.toml")
    assert "\n" not in str(told.value)


def ordinary(base, seed):
    """T12, with luck, falls by a width as demand grows over its range; T10 by chance is the same for every demand."""
    demand = base.today.parameters.sales.demand
    entry = next(entry for entry in pinning.numbers() if entry.key == DEMAND)
    luck = np.random.default_rng(seed).normal(0, 0.02, 2)
    return {"T12": 0.85 - 0.55 * (demand - entry.low) / (entry.high - entry.low) + luck[0],
            "T10": 0.3 + np.random.default_rng([seed, int(demand)]).normal(0, 0.5), "V1": demand}


def posts(base, seed):
    """T8 follows the workers' leaving alone, and luck."""
    return {"T8": base.programme.parameters.workforce.leave_rate + np.random.default_rng(seed).normal(0, 0.001)}


@pytest.fixture
def made_up(monkeypatch):
    """Evidence that is a formula, in this process; the runs done, and after how many Ctrl-C comes."""
    state = {"done": [], "stop": None}

    def each(of, tasks, take, lose, workers):
        for task in tasks:
            if len(state["done"]) == state["stop"]:
                raise KeyboardInterrupt
            take(task, of(task))
            state["done"].append(task)

    monkeypatch.setattr(evidence_tasks, "EVIDENCE", {"ordinary": ordinary, "posts": posts})
    monkeypatch.setattr(pin_scan, "evidence_key", lambda: "made up")
    monkeypatch.setattr(pin_scan.runner, "prepare", lambda scenarios: None)
    monkeypatch.setattr(pin_scan.pool, "each", each)
    return state


def test_what_moves_beyond_luck_pins_and_evidence_that_does_not_depend_is_run_once_a_setting(made_up, tmp_path):
    asked = pinning.read_pinning(SHIPPED)
    found = pin_scan.measure(asked, pinning.chosen([DEMAND]), tmp_path)
    rows = found.table.set_index("target")
    assert set(rows.index) == {"T12", "T10", "T8"}
    assert rows.loc["T12", "moved"] == pytest.approx(-1)
    assert rows.loc["T12", "luck"] == pytest.approx(0, abs=1e-9)
    assert rows["pins"].to_dict() == {"T12": True, "T10": False, "T8": False}
    assert rows.loc["T10", "luck"] > abs(rows.loc["T10", "moved"])
    assert (rows.loc["T8", "moved"], rows.loc["T8", "luck"], rows.loc["T8", "seeds"]) == (0, 0, 3)
    assert rows.loc["T12", "at_high"] < rows.loc["T12", "at_usual"] < rows.loc["T12", "at_low"]
    assert "T7" in found.without
    # Usual values: 9 runs of each kind. Both ends: 9 runs of what depends, 3 of what does not.
    assert len(made_up["done"]) == 18 + 18 + 6
    assert read_codebook(tmp_path / "pins/pins.parquet")["moved"]["unit"] == "width"
    assert pd.read_csv(tmp_path / "pins/pins.csv")["pins"].tolist() == rows["pins"].tolist()


def test_a_number_reaches_the_real_evidence_and_pins_what_it_makes(made_up, tmp_path, monkeypatch):
    monkeypatch.setattr(evidence_tasks, "EVIDENCE", {"ordinary": ORDINARY, "posts": posts})
    rows = pin_scan.measure(pinning.read_pinning(SHIPPED), pinning.chosen(["world.age"]), tmp_path
                            ).table.set_index("target")
    assert rows.loc["T16.age", "pins"]
    assert rows.loc["T16.age", "moved"] > 5
    assert rows.loc["T16.age", "at_low"] < rows.loc["T16.age", "at_usual"] < rows.loc["T16.age", "at_high"]
    assert rows.loc["T5.degree", ["moved", "pins"]].tolist() == [0, False]


def test_a_scan_that_is_interrupted_goes_on_and_ends_in_the_same_table(made_up, tmp_path):
    asked, entries = pinning.read_pinning(SHIPPED), pinning.chosen([DEMAND, LEAVE])
    pin_scan.measure(asked, entries, tmp_path / "whole")
    whole = len(made_up["done"])
    made_up["done"].clear()
    for stop in (4, 40):
        made_up["stop"] = stop
        with pytest.raises(pin_scan.runner.Interrupted, match=r"interrupted: \d+ of \d+ runs are kept in .*goes on"):
            pin_scan.measure(asked, entries, tmp_path / "stopped")
    made_up["stop"] = None
    pin_scan.measure(asked, entries, tmp_path / "stopped")
    assert len(made_up["done"]) == len({task.run for task in made_up["done"]}) == whole
    one, two = ((tmp_path / name / "pins/pins.csv").read_bytes() for name in ("whole", "stopped"))
    assert one == two
    pin_scan.measure(asked, pinning.chosen([LEAVE]), tmp_path / "whole")
    assert len(made_up["done"]) == whole


def test_the_command_names_pins_that_are_not_confirmed_and_those_that_are_lacking(made_up, tmp_path, monkeypatch):
    monkeypatch.setattr(evidence, "pins", lambda: (
        evidence.Pinned(DEMAND, 30, 1500, {"T10": 0.5}, "earlier", "s"),
        evidence.Pinned(LEAVE, 0.15, 0.3, {"T8": 1.0}, "earlier", "s")))
    words = ["pins", str(SHIPPED), "--only", DEMAND, "--only", LEAVE, "--out", str(tmp_path)]
    assert CliRunner().invoke(cli.app, words).exit_code == 0
    said = CliRunner().invoke(cli.app, [*words, "--check"])
    assert said.exit_code == 1
    assert f"shipped, not confirmed: {DEMAND} moves T10 by " in said.stdout
    assert f"not shipped: {DEMAND} moves T12 by -1 widths, luck " in said.stdout
    assert "1 pins confirmed, 1 not, 1 not shipped" in said.stdout
    right = CliRunner().invoke(cli.app, ["pins", str(SHIPPED), "--only", LEAVE, "--check", "--out", str(tmp_path)])
    assert right.exit_code == 0, right.output


def test_what_is_found_is_shipped_beside_what_earlier_scans_found_of_other_numbers(made_up, tmp_path, monkeypatch):
    file = tmp_path / evidence.PINS
    earlier = [evidence.Pinned(LEAVE, 0.15, 0.3, {"T1": 9.0}, "earlier", "s"),
               evidence.Pinned("world.age", 1.0, 2.0, {}, "earlier", "s"),
               evidence.Pinned("parameters.policy.pays_b", 0.0, 1.0, {}, "earlier", "s")]  # one value by its source
    evidence.write_pins(earlier, file)
    monkeypatch.setattr(evidence, "folder", lambda: tmp_path)
    words = ["pins", str(SHIPPED), "--only", DEMAND, "--only", LEAVE, "--ship", "--out", str(tmp_path)]
    assert CliRunner().invoke(cli.app, words).exit_code == 0
    found = {one.parameter: one for one in evidence.read_pins(file)}
    assert set(found) == {DEMAND, LEAVE, "world.age"}
    assert found["world.age"] == earlier[1]
    assert set(found[LEAVE].moved) == {"T8"}
    assert found[DEMAND].moved == {"T12": -1.0}
    assert found[DEMAND].model == model()
    assert (found[DEMAND].low, found[DEMAND].high) == (30, 1500)


def test_some_targets_can_be_asked_alone_and_what_is_known_of_the_others_stays(made_up, tmp_path, monkeypatch):
    file = tmp_path / evidence.PINS
    known = evidence.Pinned(DEMAND, 30.0, 1500.0, {"T8": 4.0, "T12": 9.0}, model(), "earlier")
    earlier = [known, evidence.Pinned(LEAVE, 0.15, 0.3, {"T8": 1.0}, "earlier", "earlier")]
    evidence.write_pins(earlier, file)
    monkeypatch.setattr(evidence, "folder", lambda: tmp_path)
    words = ["pins", str(SHIPPED), "--only", DEMAND, "--only", LEAVE, "--ship", "--out", str(tmp_path)]
    said = CliRunner().invoke(cli.app, [*words, "--target", "T12"])
    assert said.exit_code == 0, said.output
    assert "2 of 406 numbers, 1 targets" in said.stderr
    found = {one.parameter: one for one in evidence.read_pins(file)}
    # T12 anew, T8 as it was; of the other number nothing was known under this model, and so nothing is said. The series
    # are those of the last scan that asked all targets which follow them.
    assert found == {DEMAND: known._replace(moved={"T8": 4.0, "T12": -1.0}), LEAVE: earlier[1]}
    assert set(pd.read_csv(tmp_path / "pins/pins.csv")["target"]) == {"T12"}
    wrong = CliRunner().invoke(cli.app, [*words, "--target", "T21"])
    assert wrong.exit_code == 2
    assert '--target is "T21", which no target that may be fitted matches' in " ".join(wrong.stderr.split())


def test_a_number_whose_runs_fail_or_whose_end_no_scenario_can_have_is_named(made_up, tmp_path, monkeypatch):
    def broken(base, seed):
        if base.today.parameters.sales.demand > 1000:
            raise ZeroDivisionError("nothing left")
        return {"T12": 0.1}

    def refusing(base, entry, value):
        if entry.key == LEAVE:
            raise ScenarioError("leave_rate is nothing")
        return original(base, entry, value)

    original = pin_scan._at
    monkeypatch.setattr(evidence_tasks, "EVIDENCE", {"broken": broken})
    monkeypatch.setattr(pin_scan, "_at", refusing)
    words = ["pins", str(SHIPPED), "--only", DEMAND, "--only", LEAVE, "--out", str(tmp_path)]
    said = CliRunner().invoke(cli.app, words)
    assert said.exit_code == 1
    assert f"{DEMAND}: 9 runs: ZeroDivisionError: nothing left" in said.stderr
    assert f"{LEAVE}: not measured, for no scenario can have an end of its range: leave_rate is nothing" in said.stderr
    monkeypatch.setattr(evidence_tasks, "EVIDENCE", {"broken": lambda base, seed: {"T12": 0.1}})
    assert CliRunner().invoke(cli.app, [*words, "--retry"]).exit_code == 0


def test_a_dry_run_says_which_numbers_and_runs_nothing(made_up, tmp_path):
    said = CliRunner().invoke(cli.app, ["pins", str(SHIPPED), "--sample", "2", "--dry-run", "--out", str(tmp_path)])
    assert said.exit_code == 0
    assert len(said.stdout.splitlines()) == 2
    assert made_up["done"] == []
    assert list(tmp_path.iterdir()) == []
