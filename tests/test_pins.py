"""The map from numbers to the targets that pin them: what it names exists, what it leaves out is graded so."""

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from villagesim import cli, evidence
from villagesim.catalogue import settable
from villagesim.report import evidence_map
from villagesim.scenario_text import flat, read
from villagesim.sources import model, series
from villagesim.study.calibration import pinning

DOCS = Path(__file__).parents[1] / "docs"

NUMBERS = {entry.key: entry for entry in settable()}
MEASURED = {one.parameter: one.moved for one in evidence.pins()}
PINNED = {key for key, moved in MEASURED.items() if moved}
ROLES = {one.id: one.role for one in evidence.targets()}


def test_every_number_that_was_measured_exists_and_stands_once():
    assert len(MEASURED) == len(evidence.pins())
    assert len(PINNED) > 30
    assert set(NUMBERS) >= set(MEASURED)
    assert {abs(moved) >= 0.333 for found in MEASURED.values() for moved in found.values()} == {True}


def test_all_numbers_were_measured_over_their_ranges_and_under_todays_model_and_series():
    assert set(MEASURED) == {entry.key for entry in pinning.numbers()}
    assert {(one.model, one.series) for one in evidence.pins()} == {(model(), series())}
    assert [one.parameter for one in evidence.pins()
            if (one.low, one.high) != NUMBERS[one.parameter].ends] == []


def test_what_was_measured_over_another_range_is_not_said_to_be_measured(monkeypatch):
    pins = evidence.pins()
    number = next(place for place, one in enumerate(pins) if one.moved)
    moved = (*pins[:number], pins[number]._replace(high=pins[number].high * 2), *pins[number + 1:])
    monkeypatch.setattr(evidence, "pins", lambda: moved)
    lost = [one.entry.key for one in evidence_map.known() if one.moved is None and one.entry.key in MEASURED]
    assert lost == [pins[number].parameter]


def test_every_pin_is_a_target_that_may_be_fitted_and_none_that_is_kept_aside():
    named = {target for one in evidence.pins() for target in one.moved}
    assert named <= set(ROLES)
    assert {ROLES[target] for target in named} == {evidence.CALIBRATE}


def test_no_number_is_pinned_by_a_target_that_is_not_modelled():
    absent = {one.id for one in evidence.targets() if one.not_modelled}
    assert absent == {"T10"}
    assert not absent & {target for one in evidence.pins() for target in one.moved}
    assert absent <= set(evidence.unanswered())


# Where a target comes from a history of its own, what that file sets does not follow the model's number.
OWN = {"insurance.toml": ("T1", "T2", "T3", "T4"), "seed_corn.toml": ("T6",)}


@pytest.mark.parametrize("file", OWN)
def test_no_number_is_pinned_by_evidence_that_is_made_with_a_value_of_its_own(file):
    fixed = set(flat(read(evidence.folder() / file)))
    assert len(fixed) > 20
    assert [(one.parameter, target) for one in evidence.pins() for target in one.moved
            if target.split(".")[0] in OWN[file] and one.parameter in fixed] == []


def test_what_is_neither_pinned_nor_cited_is_graded_as_judgement():
    left = [entry for entry in NUMBERS.values() if entry.key not in PINNED and not evidence.cited(entry.source)]
    assert len(left) > 100
    assert [entry.key for entry in left if entry.grade != "C"] == []


def test_an_assumption_is_never_graded_as_measured_even_where_a_target_pins_it():
    assert [key for key, entry in NUMBERS.items() if not evidence.cited(entry.source) and entry.grade != "C"] == []


def test_pins_are_read_as_they_were_written(tmp_path):
    pinned = (evidence.Pinned("a.b", 0.1, 1e-6, {"T7": -0.5, "T8": 12.0}, "abc", "x"),
              evidence.Pinned("a.c", -2000.0, 123456789.0, {}, "abd", "y"))
    evidence.write_pins(reversed(pinned), tmp_path / "pins.csv")
    assert evidence.read_pins(tmp_path / "pins.csv") == pinned


@pytest.fixture
def shipped(monkeypatch):
    """An ensemble of two numbers, one of which no target pins."""
    pin = next(iter(PINNED))
    loose = next(key for key, entry in NUMBERS.items() if MEASURED.get(key) == {} and entry.grade == "C")
    region = {key: {"interval": [-1730.4, 4244.2], "median": 504.31, "fitting": 200.0, "pinned": 0.25,
                    "varied": [-2000.0, 5000.0]}
              for key in (pin, loose)}
    about = evidence.ensemble().about | {"region": region}
    monkeypatch.setattr(evidence, "ensemble", lambda: evidence.Ensemble(({pin: 1.0},), about))
    return pin, loose


def test_pins_are_printed_with_what_calibration_left_and_with_what_nothing_pins(shipped):
    pin, loose = shipped
    said = CliRunner().invoke(cli.app, ["targets", "--pins"]).output
    moved = ", ".join(f"{target} ({widths:.2g})" for target, widths in MEASURED[pin].items())
    left = f"504 (-1730 to 4240) {NUMBERS[pin].unit}"
    assert f"{pin}: {moved}; calibrated {left}\n" in said
    assert f"no number that was measured moves {', '.join(evidence.unanswered())}\n" in said
    rows = said.split("pinned by nothing, to be swept, graded C:\n")[1].split("\n\n")[0].splitlines()
    free = [entry for key, entry in NUMBERS.items() if MEASURED.get(key) == {} and entry.grade == "C"]
    assert [row.split()[0] for row in rows] == [entry.key for entry in free]
    for row, entry in zip(rows, free, strict=True):
        assert row.startswith(f"  {entry.key}  {entry.range} {entry.unit}")
    assert f"varied by the ensemble: 504 (-1730 to 4240) {NUMBERS[loose].unit}" in said


def test_the_files_of_the_map_say_of_each_number_what_is_known(shipped, tmp_path):
    (tmp_path / "calibration.md").write_bytes((DOCS / "calibration.md").read_bytes())
    done = CliRunner().invoke(cli.app, ["targets", "--pins", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    table = pd.read_csv(tmp_path / "parameters.csv").set_index("key")
    assert list(table.index) == list(NUMBERS)
    assert table["targets"].notna().sum() == len(PINNED)
    assert table.loc[shipped[1], ["q05", "median", "q95", "pinned"]].tolist() == [-1730, 504.3, 4244, 0.25]
    assert table["median"].notna().sum() == 2
    page = (tmp_path / "calibration.md").read_text(encoding="utf-8")
    assert f"| `{shipped[0]}` | {NUMBERS[shipped[0]].meaning} |" in page
    assert "| 504 | -1730 to 4240 | 25 % |" in page


def test_a_folder_without_the_page_gets_the_table_alone_and_a_wrong_page_is_one_line(tmp_path):
    words = ["targets", "--pins", "--out", str(tmp_path)]
    assert CliRunner().invoke(cli.app, words).exit_code == 0
    assert [file.name for file in tmp_path.iterdir()] == ["parameters.csv"]
    (tmp_path / "calibration.md").write_text("<!-- table: made -->\n", encoding="utf-8")
    done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 2
    assert "table 'made' has no end" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert CliRunner().invoke(cli.app, ["targets", "--out", str(tmp_path)]).exit_code == 2


@pytest.mark.parametrize("name", ["parameters.csv", "calibration.md"])
def test_the_files_in_docs_are_what_the_command_writes(name, tmp_path):
    for file in ("parameters.csv", "calibration.md"):
        (tmp_path / file).write_bytes((DOCS / file).read_bytes())
    assert CliRunner().invoke(cli.app, ["targets", "--pins", "--out", str(tmp_path)]).exit_code == 0
    assert (tmp_path / name).read_bytes() == (DOCS / name).read_bytes(), "say: villagesim targets --pins --out docs"
