"""Every bad scenario file gets one clear line: file, key, what is wrong, what is allowed, the nearest known name."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from villagesim.scenario import Scenario, ScenarioError, changed, digest, load, plan
from villagesim.scenario_sections import known_keys

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def integrated() -> Scenario:
    return load(SCENARIOS / "integrated.toml")


def written(folder: Path, text: str | bytes, name: str = "mine.toml") -> Path:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def refusal(file: Path) -> str:
    """The one line that refuses a file."""
    with pytest.raises(ScenarioError) as caught:
        load(file)
    line = str(caught.value)
    assert "\n" not in line
    assert line.isprintable()
    assert file.name in line
    return line


BAD = {
    "unknown section": ("[wrold]\nvillages = 3", "wrold", "did you mean world"),
    "unknown key": ("[world]\nvilages = 3", "world.vilages", "did you mean villages"),
    "key of another section": ("[run]\nbudget = 3", "run.budget", "did you mean county.budget"),
    "key outside any section": ("budget = 3", "budget", "did you mean county.budget"),
    "unknown lever": ("[levers.camps]\nintensity = 1", "levers.camps", "did you mean camp"),
    "unknown lever key": ("[levers.camp]\nintensity = 1\nrampe = 2", "levers.camp.rampe", "did you mean ramp"),
    "unknown mechanism": ("[parameters.polcy]\nwear = 0.02", "parameters.polcy", "did you mean policy"),
    "unknown parameter": ("[parameters.policy]\nwearr = 0.02", "parameters.policy.wearr", "did you mean wear"),
    "parameter of another mechanism": ("[parameters.training]\nwear = 0.02", "wear", "parameters.policy.wear"),
    "shock among levers": ("[levers.fund_cut]\nintensity = 1", "levers.fund_cut", "belongs in [shocks.fund_cut]"),
    "lever among shocks": ("[shocks.camp]\nintensity = 1", "shocks.camp", "belongs in [levers.camp]"),
    "lever as number": ("[levers]\ncamp = 3", "levers.camp", "a table [levers.camp], or false"),
    "lever switched on": ("[levers]\ncamp = true", "levers.camp", "is true, not a table"),
    "no intensity": ("[levers.camp]\nramp = 3", "levers.camp", "0 to 20 seat/village/month"),
    "no upkeep": ("[levers.camp]\nintensity = 1\nmaintenance = 2", "levers.camp.maintenance", "not known"),
    "reach of a county": ("[levers.platform]\nintensity = 1\nreach = 0.5", "levers.platform.reach", "not known"),
    "a shock's price": ("[shocks.fund_cut]\nintensity = 1\nunit_cost = 2", "shocks.fund_cut.unit_cost", "not known"),
    "wrong unit": ('[world]\ndistance_town = "8 m"', "world.distance_town", "is in m, but the unit is km"),
    "per cent of money": ('[county]\nbudget = "3 %"', "county.budget", "unit is yuan/household/year"),
    "no unit": ('[world]\ndistance_town = "8"', "world.distance_town", "without a unit"),
    "thousands": ('[county]\nbudget = "1,000 yuan/household/year"', "county.budget", "not a number"),
    "sum": ('[county]\nbudget = "2*3 yuan/household/year"', "county.budget", "not a number"),
    "no number": ('[county]\nbudget = "much"', "county.budget", "not a number"),
    "empty text": ('[county]\nbudget = ""', "county.budget", "not a number"),
    "out of range": ("[levers.camp]\nintensity = 25", "levers.camp.intensity", "0 to 20 seat/village/month"),
    "below range": ("[run]\nmonths = 0", "run.months", "1 to 1200 month"),
    "negative": ("[county]\nbudget = -1", "county.budget", "0 to 10000 yuan/household/year"),
    "too big for a float": (f"[county]\nbudget = 1{'0' * 400}", "county.budget", "out of range"),
    "too big to print": (f"[county]\nbudget = 0x{'f' * 9000}", "county.budget", "thousands of digits"),
    "too big to read": (f"[county]\nbudget = 1{'0' * 9000}", "", "not TOML"),
    "nan": ("[county]\nbudget = nan", "county.budget", "not a finite number"),
    "inf": ("[county]\nbudget = -inf", "county.budget", "not a finite number"),
    "text that overflows": ('[county]\nbudget = "1e999 yuan/household/year"', "county.budget", "not a finite number"),
    "boolean": ("[county]\nbudget = true", "county.budget", "is true, not a number"),
    "list": ("[county]\nbudget = [1]", "county.budget", "is a list, not a number"),
    "date": ("[county]\nbudget = 2020-01-01", "county.budget", "not a number"),
    "table for a number": ("[county.budget]\nx = 1", "county.budget", "is a table, not a number"),
    "half a month": ("[run]\nmonths = 12.5", "run.months", "not a whole number"),
    "whole as float": ("[run]\nmonths = 12.0", "run.months", "not a whole number"),
    "number for a section": ("run = 3", "run", "is 3, not a table"),
    "number for a mechanism": ("[parameters]\npolicy = 3", "parameters.policy", "is 3, not a table"),
    "title": ("title = 3", "title", "text in quotes"),
    "word": ('[county]\ncarrier = "contractor"', "county.carrier", 'did you mean "contractors"'),
    "code for a word": ("[county]\ntargeting = 1", "county.targeting", '"women_elders"'),
    "name of a code": ("[county]\ncontractors = 1", "county.contractors", "not known"),
    "form": ('[parameters.influence]\nlearning = "average"', "influence.learning", 'did you mean "averaging"'),
    "code for a form": ("[parameters.choice]\nentry = 1", "parameters.choice.entry", '"logit"'),
    "mix": ("[county]\nmix_group = 0.5", "county.mix_", "adds up to 1.15, not 1"),
    "no product": ("[world]\nfresh = 0\ndry = 0\ncraft = 0", "world.fresh", "one of them above 0"),
    "end before start": ("[levers.camp]\nintensity = 1\nstart = 9\nend = 9", "levers.camp.end", "not after start (9)"),
    "start after the end of the run": ("[run]\nmonths = 12\n[shocks.fund_cut]\nintensity = 1\nstart = 12",
                                       "shocks.fund_cut.start", "is 12, but the run's last month is 11"),
    "start after the usual months": ('[levers.camp]\nintensity = 1\nstart = "120 month"', "levers.camp.start",
                                     "(run.months is 120); allowed: 0 to 119 month"),
    "never misspelt": ('[levers.camp]\nintensity = 1\nend = "nevr"', "levers.camp.end",
                       'is "nevr"; allowed: 1 to 1200 month, or "never"; did you mean "never"?'),
    "seed below 0": ("[run]\nseed = -1", "run.seed", "out of range; allowed: 0 to 9223372036854775807"),
    "a unit for what has none": ('[run]\nseed = "3 km"', "run.seed", "is in km, but it has no unit; allowed: 0 to 9"),
    "quotes for what has no unit": ('[run]\nseed = "3"', "run.seed", "without a unit; allowed: 18"),
    "end as a word": ('[levers.camp]\nintensity = 1\nend = "soon"', "levers.camp.end", "not a number"),
    "priority": ("[county]\npriority = 3", "county.priority", "a list of levers"),
    "priority of a stranger": ('[county]\npriority = ["camps"]', "county.priority", "did you mean camp"),
    "priority of a shock": ('[county]\npriority = ["fund_cut"]', "county.priority", "is no lever"),
    "priority twice": ('[county]\npriority = ["camp", "camp"]', "county.priority", "twice"),
    "priority of lists": ("[county]\npriority = [[1], {}]", "county.priority", "is no lever"),
    "half a survey": ('[world]\nsurvey_households = "mine.toml"', "world.survey_ties", "both"),
    "survey that is not there": ('[world]\nsurvey_households = "no.csv"', "world.survey_households", "is no file"),
    "survey as number": ("[world]\nsurvey_ties = 3", "world.survey_ties", "not a file name"),
    "columns without a survey": ('[world.survey_columns]\nx = "y"', "world.survey_", "both"),
    "columns as numbers": ("[world.survey_columns]\nx = 1", "world.survey_columns.x", "not text"),
    "extends nothing": ("extends = 3", "extends", "a file name, or a list"),
    "extends an empty name": ('extends = ""', "extends", "a file name, or a list"),
    "extends a missing file": ('extends = "mime.toml"', "extends", "does not exist; did you mean"),
    "extends itself": ('extends = "mine.toml"', "extends", "circular: mine.toml -> mine.toml"),
    "extends a folder": ('extends = "."', "extends", "is a directory"),
    "extends a name no disk takes": (f'extends = "{"x" * 5000}"', "extends", "fails"),
    "extends a nul": ('extends = "a\\u0000b"', "extends", "does not exist"),
    "empty file": ("", "", "is empty"),
    "blank file": (" \n\n", "", "is empty"),
    "not TOML": ("[run]\nmonths = = 3", "", "line 2"),
    "written twice": ("[run]\nmonths = 3\nmonths = 4", "", "not TOML"),
    "binary": (b"\x7fELF\x02\x01\x00\x00\x00", "", "binary"),
    "not UTF-8": ('title = "农村"'.encode("gbk"), "", "not UTF-8"),
    "deep lists": ("x = " + "[" * 9000, "", "too deeply"),
    "deep tables": (f"[{'.'.join('a' * 2000)}]\nx = 1", "", "too deeply"),
    "huge": ("#" * 1_000_001, "", "larger than"),
    "a key of many lines": ('[run]\n"a\\nb\\u001b[31m" = 3', "run.", "not known"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_gets_one_line_that_names_file_key_and_what_is_allowed(case, tmp_path):
    text, key, hint = BAD[case]
    line = refusal(written(tmp_path, text))
    assert key in line
    assert hint in line


def test_a_file_that_is_not_there_is_named_with_its_nearest_neighbour(tmp_path):
    written(tmp_path, "title = 'x'", "integrated.toml")
    assert "did you mean" in refusal(tmp_path / "integratd.toml")
    assert "directory" in refusal(tmp_path)


def test_a_link_to_nothing_is_called_that(tmp_path):
    (tmp_path / "mine.toml").symlink_to(tmp_path / "gone.toml")
    line = refusal(tmp_path / "mine.toml")
    assert line.endswith(f"mine.toml: is a link to {tmp_path / 'gone.toml'}, which does not exist")


def test_a_file_may_shorten_the_months_of_a_programme_that_it_extends(tmp_path):
    written(tmp_path, "[shocks.fund_cut]\nintensity = 1\nstart = 60", "cut.toml")
    short = load(written(tmp_path, 'extends = "cut.toml"\n[run]\nmonths = 24'))
    assert not plan(short).any()
    written(tmp_path, 'extends = "mine.toml"\n[shocks.fund_cut]\nstart = 24', "moved.toml")
    with pytest.raises(ScenarioError, match=r"moved\.toml: shocks\.fund_cut\.start is 24"):
        load(tmp_path / "moved.toml")
    with pytest.raises(ScenarioError, match=r"^[^ ]*moved\.toml: shocks\.fund_cut\.start is 24"):
        load(written(tmp_path, 'extends = "moved.toml"', "again.toml"))


def test_a_circle_of_files_is_named_as_a_chain(tmp_path):
    written(tmp_path, 'extends = "two.toml"', "one.toml")
    written(tmp_path, 'extends = "three.toml"', "two.toml")
    written(tmp_path, f'extends = "../{tmp_path.name}/one.toml"', "three.toml")
    with pytest.raises(ScenarioError, match=r"one\.toml -> two\.toml -> three\.toml -> one\.toml"):
        load(tmp_path / "one.toml")


def test_an_error_names_the_file_that_holds_the_mistake(tmp_path):
    written(tmp_path, "[run]\nmonths = -5", "base.toml")
    with pytest.raises(ScenarioError, match=r"base\.toml: run\.months"):
        load(written(tmp_path, 'extends = "base.toml"\n[run]\nseed = 4'))


@pytest.mark.parametrize(
    "change",
    [
        {"levers.camp.intensity": 99},
        {"levers.kamp.intensity": 1},
        {"county.budget": math.nan},
        {"county.budget": np.bool_(True)},
        {"extends": "baseline.toml"},
        {"run.seed": True},
        {"run.seed": 1.0},
        {"title.x": 1},
        {"run.months.x": 3},
        {"": 1},
    ],
)
def test_a_change_is_checked_as_a_file_is(change):
    with pytest.raises(ScenarioError, match="integrated"):
        changed(integrated(), change)


VALUES = st.recursive(
    st.one_of(st.integers(), st.floats(), st.booleans(), st.text(max_size=12), st.sampled_from(
        ["3 %", "18 person", "62000 yuan/post/year", "open", "contractors", "never", "a.toml", "camp", 1, 0.5, False]
    )),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=4,
)  # fmt: skip
KEYS = st.one_of(
    st.sampled_from([*known_keys(), "title", "extends", "run", "levers", "levers.camp", "levers.camp.end",
        "levers.camp.intensity", "shocks.camp", "county.priority", "world.survey_ties", "parameters.choice",
        "world.survey_columns"]),
    st.text(alphabet="abc.é\n ", max_size=8),
)  # fmt: skip


BYTES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(
        st.tuples(KEYS, st.sampled_from(["3", "-1", "nan", '"3 %"', "[", "{}", "{a = 1}", "true", "false", '"x"'])),
        max_size=4,
    ).map(lambda rows: "\n".join(f"{key} = {value}" for key, value in rows).encode()),
)


def outcome(make) -> str:
    """What becomes of a scenario: "" where it is right, else the line that refuses it."""
    try:
        scenario = make()
    except ScenarioError as error:
        return str(error)
    assert len(digest(scenario)) == 64
    assert np.isfinite(plan(scenario)).all()
    return ""


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_whatever_is_changed_is_a_scenario_or_one_line(changes):
    assert outcome(lambda: changed(integrated(), changes)).isprintable()


@settings(max_examples=300, deadline=None)
@given(BYTES)
def test_whatever_bytes_a_file_holds_it_is_a_scenario_or_one_line(tmp_path_factory, data):
    file = written(tmp_path_factory.getbasetemp(), data, "fuzz.toml")
    line = outcome(lambda: load(file))
    assert line.isprintable()
    assert not line or "fuzz.toml" in line
