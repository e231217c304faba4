"""What a user types: tables and cards, checked scenarios, and one line with exit status 2 for every mistake."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from villagesim.cli import app
from villagesim.country import CountrySettings
from villagesim.declare import declared
from villagesim.levers import LEVERS
from villagesim.mechanisms import Parameters
from villagesim.scenario import digest, load
from villagesim.settings import WORDS

SCENARIOS = Path(__file__).parents[1] / "scenarios"
HEAVY = ("numba", "numpy", "pandas", "matplotlib", "mesa", "SALib", "scipy", "pyarrow", "pydantic")


def typed(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def refused(*words):
    """The one line on stderr of a command that ends with status 2."""
    result = typed(*words)
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    return result.stderr


def test_help_is_quick_because_nothing_heavy_is_imported():
    code = f"import sys, villagesim.cli; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", ["parameters", "describe", "scenario check", "scenario show", "scenario new"])
def test_every_command_shows_an_example(command):
    result = typed(*command.split(), "--help")
    assert result.exit_code == 0
    assert f"villagesim {command}" in result.stdout


def test_parameters_lists_every_parameter_and_lever_with_unit_range_source_and_grade():
    rows = {row["key"]: row for row in json.loads(typed("parameters", "--json").stdout)}
    for mechanism, group in zip(Parameters._fields, Parameters(), strict=True):
        for field in declared(type(group)):
            row = rows[f"parameters.{mechanism}.{field.name}"]
            default = WORDS[field.name][1][field.default] if field.name in WORDS else field.default
            assert (row["unit"], row["default"]) == (field.quantity.unit, default)
    assert all(any(f".{lever.name}." in key for key in rows) for lever in LEVERS)
    assert {f"country.{field.name}" for field in declared(CountrySettings)} < set(rows)
    assert all(row["source"] and row["grade"] in "ABC" and row["meaning"] for row in rows.values())


def test_parameters_can_be_filtered_and_read_as_a_table():
    result = typed("parameters", "--filter", "Camp Seat")
    assert result.exit_code == 0
    assert "levers.camp.unit_cost" in result.stdout
    assert "yuan/seat" in result.stdout
    assert "salon" not in result.stdout
    nothing = typed("parameters", "--filter", "zebra")
    assert nothing.exit_code == 0
    assert "zebra" in nothing.stderr


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("wear", "condition lost without maintenance"),
        ("policy.wear", "share/month"),
        ("budget", "programme money"),
        ("targeting", "women_elders"),
        ("service_point", "5"),
        ("camp", "seat/village/month"),
        ("fund_cut", "shocks.fund_cut.intensity"),
        ("households.savings", "money held"),
    ],
)
def test_describe_shows_a_card_of_a_parameter_setting_lever_or_column(name, says):
    result = typed("describe", name)
    assert result.exit_code == 0
    assert says in result.stdout
    assert json.loads(typed("describe", name, "--json").stdout)


def test_describe_of_an_unknown_name_offers_the_nearest():
    assert "did you mean" in refused("describe", "camps")
    assert "is not known" in refused("describe", "zzzzzzzz\n")
    assert "is not known" in refused("describe", "")


def test_check_accepts_every_shipped_scenario():
    result = typed("scenario", "check", *sorted(SCENARIOS.glob("*.toml")))
    assert result.exit_code == 0
    assert result.stdout.count(": right (") == len(list(SCENARIOS.glob("*.toml")))


def test_check_goes_on_after_a_bad_file_and_ends_with_status_2(tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text("[county]\nbudget = -1\n")
    result = typed("scenario", "check", bad, tmp_path / "no.toml", SCENARIOS / "cash.toml")
    assert result.exit_code == 2
    assert "cash.toml: right" in result.stdout
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == [str(bad), str(tmp_path / "no.toml")]


def test_a_bad_file_is_one_line_in_every_command(tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text("[county]\nbudget = nan\n")
    assert "bad.toml: county.budget" in refused("scenario", "show", bad)
    assert "bad.toml: county.budget" in refused("scenario", "new", tmp_path / "new.toml", "--extends", bad)
    assert not (tmp_path / "new.toml").exists()


def test_show_prints_a_scenario_that_loads_to_the_same_run(tmp_path):
    shown = tmp_path / "shown.toml"
    shown.write_text(typed("scenario", "show", SCENARIOS / "integrated.toml").stdout, encoding="utf-8")
    assert digest(load(shown)) == digest(load(SCENARIOS / "integrated.toml"))
    as_json = json.loads(typed("scenario", "show", SCENARIOS / "integrated.toml", "--json").stdout)
    assert as_json["digest"] == digest(load(shown))
    assert as_json["levers"]["camp"]["unit_cost"] == 800.0


def test_new_writes_a_file_that_loads_and_never_overwrites(tmp_path):
    mine = tmp_path / 'my "own" farm.toml'
    assert typed("scenario", "new", mine, "--extends", SCENARIOS / "integrated.toml").exit_code == 0
    assert digest(load(mine)) == digest(load(SCENARIOS / "integrated.toml"))
    text = mine.read_text(encoding="utf-8")
    assert all(f".{lever.name}]" in text for lever in LEVERS)
    assert "exists already" in refused("scenario", "new", mine, "--extends", SCENARIOS / "cash.toml")
    assert mine.read_text(encoding="utf-8") == text
    assert "cannot be written" in refused("scenario", "new", tmp_path / "no" / "x.toml", "--extends", mine)
    assert "is no name for a file" in refused("scenario", "new", tmp_path / "a\nb.toml", "--extends", mine)
    assert sorted(path.name for path in tmp_path.iterdir()) == [mine.name]


def test_show_says_what_begins_after_the_last_month(tmp_path):
    short = tmp_path / "short.toml"
    short.write_text(f'extends = "{SCENARIOS / "logistics_only.toml"}"\n[run]\nmonths = 24\n', encoding="utf-8")
    assert "# begins after the last month, so not at all: cold_chain\n" in typed("scenario", "show", short).stdout
    assert "begins after" not in typed("scenario", "show", SCENARIOS / "logistics_only.toml").stdout


def test_what_new_leaves_commented_is_right_when_uncommented(tmp_path):
    mine = tmp_path / "mine.toml"
    typed("scenario", "new", mine, "--extends", SCENARIOS / "baseline.toml")
    head, *levers = mine.read_text(encoding="utf-8").split("\n\n# [levers.", 1)
    lines = [line.removeprefix("# ").split("  ")[0] for line in ("[levers." + levers[0]).splitlines()]
    mine.write_text(head + "\n" + "\n".join(lines), encoding="utf-8")
    assert load(mine).levers == {}


def test_ctrl_c_is_one_line_also_where_a_command_keeps_nothing(monkeypatch, tmp_path):
    from villagesim.study.calibration import validation

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(validation, "validate", stop)
    said = typed("validate", "--members", "3", "--no-ensemble", "--out", tmp_path)
    assert (said.exit_code, said.stderr.strip()) == (130, "interrupted: run the same command again")
