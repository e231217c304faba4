"""A user's own households and ties: kept as given, drawn where silent, refused with a line for each bad row."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from conftest import SCENARIOS
from test_world import digest, scenario
from villagesim import declare, world
from villagesim.results import read as read_run
from villagesim.settings import WorldSettings
from villagesim.world import survey, survey_columns
from villagesim.world.records import SurveyError

BRAZIL = Path(__file__).parents[2] / "shared" / "data"
HOUSEHOLDS = """household,village,age,size,savings,phone,output,product
a,North,40,4,1000.5,yes,20000,fresh
b,South,61,2,,no,9000,dry
c,North,,3,0,1,,craft
"""
TIES = "listener,speaker,trust\na,c,0.5\nb,a,\nc,a,1\n"


@pytest.fixture
def files(tmp_path):
    def write(households=HOUSEHOLDS, ties=TIES):
        paths = tmp_path / "households.csv", tmp_path / "ties.csv"
        for path, text in zip(paths, (households, ties), strict=True):
            path.write_text(text, encoding="utf-8")
        return paths
    return write


def complaint(paths, **options):
    with pytest.raises(SurveyError) as caught:
        survey.read(*paths, **options)
    return str(caught.value)


def test_a_surveyed_county_keeps_what_the_survey_says(files):
    found = survey.read(*files())
    county = world.build(scenario(), 7, survey=found)
    people = county.households
    assert found.households == ("a", "c", "b")
    assert found.villages == ("North", "South")
    assert people.village.tolist() == [0, 0, 1]
    assert people.age[[0, 2]].tolist() == [40, 61]
    assert people.size.tolist() == [4, 3, 2]
    assert people.savings[[0, 1]].tolist() == [100050, 0]
    assert people.phone.tolist() == [1, 1, 0]
    assert people.product.tolist() == [0, 2, 1]
    assert people.elder_led[2] == 1
    assert county.villages.households.tolist() == [2, 1]
    assert county.county.households[0] == 3
    assert [line for table in county for line in declare.outside_range(table)] == []


def test_surveyed_ties_reach_the_world_sorted_by_speaker(files):
    county = world.build(scenario(), 7, survey=survey.read(*files()))
    assert list(zip(county.ties.listener.tolist(), county.ties.speaker.tolist(), strict=True)) == [
        (1, 0), (2, 0), (0, 1)]
    assert county.ties.trust[[0, 2]].tolist() == [255, 128]
    assert county.households.popularity.tolist() == [2, 1, 0]


def test_what_a_survey_does_not_say_is_drawn_and_named(files):
    found = survey.read(*files())
    assert {"schooling", "off_farm", "honest"} < set(found.drawn)
    assert not {"age", "savings"} & set(found.drawn)
    assert found.gaps == {"age": 1, "savings": 1, "output": 1, "trust": 1}
    people = world.build(scenario(), 7, survey=found).households
    assert 18 <= people.age[1] <= 90
    assert people.output[1] > 0
    assert people.savings[2] > 0


def test_a_scenario_that_names_a_survey_builds_its_county(files):
    named = scenario()
    named.survey = files()
    assert digest(world.build(named, 7)) == digest(world.build(scenario(), 7, survey=survey.read(*files())))


def test_parquet_holds_the_same_survey_as_csv(files, tmp_path):
    csv = files()
    parquet = []
    for path in csv:
        parquet.append(path.with_suffix(".parquet"))
        pd.read_csv(path).to_parquet(parquet[-1])
    assert digest(world.build(scenario(), 7, survey=survey.read(*csv))) == digest(
        world.build(scenario(), 7, survey=survey.read(*parquet)))


def test_what_parquet_alone_can_hold_is_refused_in_a_line(files, tmp_path):
    _, ties = files()
    table = tmp_path / "households.parquet"
    pd.DataFrame({"household": ["a", "b", "c"], "village": "N", "age": [40.0, np.inf, 50.0]}).to_parquet(table)
    assert complaint((table, ties)) == f"{table}:3: age is inf; allowed: 16 to 95 year"
    assert survey.read(table, ties, keep_good=True).households == ("a", "c")


@pytest.mark.parametrize(("text", "years"), [("40", 40.0), ("+40.50", 40.5), ("40.", 40.0), ("4E+1", 40.0)])
def test_a_number_may_be_written_in_any_plain_way(files, text, years):
    assert survey.read(*files(HOUSEHOLDS.replace("a,North,40,", f"a,North,{text},"))).values["age"][0] == years


def test_columns_may_have_names_of_their_own(files):
    paths = files(HOUSEHOLDS.replace("household,", "node,"), TIES.replace("listener,speaker", "ego,alter"))
    names = {"node": "household", "ego": "listener", "alter": "speaker"}
    assert survey.read(*paths, columns=names).counts.tolist() == [2, 1]


def test_columns_that_mean_nothing_here_are_named(files):
    paths = files("household,village,visits\na,N,3\nc,N,1\nb,N,1\n")
    found = survey.read(*paths)
    assert found.ignored == {str(paths[0]): ("visits",)}
    assert f"columns of {paths[0]} that mean nothing here: visits" in survey.account(found)


def test_a_surveys_account_counts_in_words(files):
    one = survey.account(survey.read(*files("household,village\na,N\nb,N\n", "listener,speaker\na,b\n")))
    assert one[0] == "survey: 2 households in 1 village, 1 tie"
    assert survey.account(survey.read(*files()))[0] == "survey: 3 households in 2 villages, 3 ties"


@pytest.mark.parametrize(("row", "message"), [
    ("a,North,40,4,1,1,1,dry", "households.csv:5: household a is already in line 2; allowed: once"),
    (",North,40,4,1,1,1,dry", "households.csv:5: household is empty"),
    ("d,,40,4,1,1,1,dry", "households.csv:5: village is empty"),
    ("d\0d,North,40,4,1,1,1,dry", r"household is 'd\x00d', which holds a control character; allowed: text on one line"),
    ('d,"North\nwest",40,4,1,1,1,dry', r"village is 'North\nwest', which holds a control character"),
    ("d,North,forty,4,1,1,1,dry", "csv:5: age is 'forty', not a number in plain digits; allowed: 16 to 95 year"),
    ("d,North,4_0,4,1,1,1,dry", "csv:5: age is '4_0', not a number in plain digits; allowed: 16 to 95 year"),
    ("d,North,４０,4,1,1,1,dry", "csv:5: age is '４０', not a number in plain digits; allowed: 16 to 95 year"),
    ("d,North,-inf,4,1,1,1,dry", "households.csv:5: age is -inf; allowed: 16 to 95 year"),
    ("d,North,40,yes,1,1,1,dry", "csv:5: size is 'yes', not a number in plain digits; allowed: 1 to 20 person"),
    ("d,North,140,4,1,1,1,dry", "households.csv:5: age is 140; allowed: 16 to 95 year"),
    ("d,North,nan,4,1,1,1,dry", "households.csv:5: age is nan; allowed: 16 to 95 year"),
    ("d,North,40,0,1,1,1,dry", "households.csv:5: size is 0; allowed: 1 to 20 person"),
    ("d,North,40,3.5,1,1,1,dry", "households.csv:5: size is 3.5; allowed: whole numbers, 1 to 20"),
    ("d,North,40,4,1,maybe,1,dry", "phone is 'maybe', not a number in plain digits; allowed: 0 to 1, or yes,"),
    ("d,North,40,4,1,1,1,wet", "product is 'wet', not a number in plain digits; allowed: 0 to 2, or fresh, dry, craft"),
    ("d,North,40,4,1,1,-5,dry", "households.csv:5: output is -5; allowed: 0 to 1e+06 yuan/year"),
    ("d,North,40", "households.csv:5: has 3 cells; allowed: 8, as in the first line"),
])
def test_a_bad_household_is_named_with_its_line_and_what_is_allowed(files, row, message):
    paths = files(HOUSEHOLDS + row + "\n")
    assert message in complaint(paths)
    kept = survey.read(*paths, keep_good=True)
    assert kept.counts.sum() == 3
    assert message in "\n".join(kept.dropped)


@pytest.mark.parametrize(("row", "message"), [
    ("a,z,", "ties.csv:5: speaker z is not in the households' file; allowed: ids that are"),
    ("z,a,", "ties.csv:5: listener z is not in the households' file; allowed: ids that are"),
    ("a,a,", "ties.csv:5: household a listens to itself; allowed: two different households"),
    ("a,c,0.9", "ties.csv:5: the tie a to c is already in line 2; allowed: once"),
    ("c,b,2", "ties.csv:5: trust is 2; allowed: 0 to 1 share"),
    (",b,1", "ties.csv:5: listener is empty; every row needs one"),
    ("c,b,1,1", "ties.csv:5: has 4 cells; allowed: 3, as in the first line"),
])
def test_a_bad_tie_is_named_with_its_line_and_what_is_allowed(files, row, message):
    paths = files(ties=TIES + row + "\n")
    assert message in complaint(paths)
    kept = survey.read(*paths, keep_good=True)
    assert len(kept.listener) == 3
    assert message in "\n".join(kept.dropped)


def test_more_adults_than_members_is_a_bad_row(files):
    paths = files("household,village,size,adults\na,N,2,3\nb,N,2,1\nc,N,2,\n")
    assert "households.csv:2: adults is 3; allowed: at most size (2)" in complaint(paths)


def test_ties_of_a_household_left_out_are_left_out_and_said_so(files):
    kept = survey.read(*files(HOUSEHOLDS.replace("c,North,,3", "c,North,,99")), keep_good=True)
    assert kept.households == ("a", "b")
    assert len(kept.listener) == 1
    assert sum("c is a household that was left out" in line for line in kept.dropped) == 2


def test_all_bad_rows_come_in_one_error_of_twenty_lines_and_a_count(files):
    bad = "".join(f"x{row},North,200,4,1,1,1,dry\n" for row in range(33))
    lines = complaint(files(HOUSEHOLDS + bad)).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "and 13 more"


@pytest.mark.parametrize(("households", "ties", "message"), [
    ("id,village\na,N\n", TIES, "has no column household"),
    (HOUSEHOLDS, "from,to\na,b\n", "has no column listener"),
    ("household,village,age,age\na,N,30,31\n", TIES, "column age is there twice"),
    ("", TIES, "holds no rows"),
    ('household,village\n"a,N\n', TIES, "is not a UTF-8 table"),
])
def test_a_table_that_cannot_be_read_is_refused(files, households, ties, message):
    assert message in complaint(files(households, ties))


def test_files_of_another_kind_or_place_are_refused(files, tmp_path):
    households, ties = files()
    assert "allowed: .csv, .parquet" in complaint((households, tmp_path / "ties.xlsx"))
    assert "there is no such file" in complaint((households, tmp_path / "missing.csv"))
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"nothing")
    assert "is not a Parquet table" in complaint((broken, ties))


def test_a_misspelt_column_mapping_is_refused(files):
    message = complaint(files(), columns={"nod": "household", "age": "years"})
    assert "nod is in neither file" in message
    assert "age = years: no such column here" in message


@pytest.mark.skipif(not BRAZIL.is_dir(), reason="the surveyed farmers' files are not here")
def test_the_brazilian_farmers_become_a_county():
    paths = BRAZIL / "brfarmers_nodes.csv", BRAZIL / "brfarmers_edges.csv"
    names = {"node": "household", "ego": "listener", "alter": "speaker"}
    assert "age is 0; allowed: 16 to 95 year" in complaint(paths, columns=names)
    farmers = survey.read(*paths, columns=names, keep_good=True)
    assert len(farmers.dropped) == 3
    assert len(farmers.villages) == 11
    county = world.build(SimpleNamespace(**vars(scenario())), 7, survey=farmers)
    assert [line for table in county for line in declare.outside_range(table)] == []
    assert len(county.households.village) == 690
    assert np.array_equal(np.sort(county.ties.speaker), county.ties.speaker)


def _scenario(folder, households: str, extra: str = ""):
    (folder / "homes.csv").write_text(households)
    (folder / "ties.csv").write_text("listener,speaker\na,b\nb,a\n")
    file = folder / "mine.toml"
    file.write_text(f'[world]\nsurvey_households = "homes.csv"\nsurvey_ties = "ties.csv"\n{extra}')
    return file


def _check(file):
    from typer.testing import CliRunner

    from villagesim.cli import app

    return CliRunner().invoke(app, ["scenario", "check", str(file)])


def test_the_command_says_what_a_survey_holds_and_what_is_drawn(tmp_path):
    result = _check(_scenario(tmp_path, "household,village,age\na,north,40\nb,north,50\n"))
    assert result.exit_code == 0
    assert "2 households in 1 village, 2 ties" in result.output
    assert "drawn for all" in result.output
    assert "schooling" in result.output


def test_bad_rows_end_the_command_with_a_line_each_unless_good_ones_are_kept(tmp_path):
    rows = "household,village,age\na,north,40\nb,north,50\nc,north,7\n"
    refused = _check(_scenario(tmp_path, rows))
    assert refused.exit_code == 2
    assert "homes.csv:4: age is 7; allowed: 16 to 95 year" in refused.output
    kept = _check(_scenario(tmp_path, rows, "survey_keep_good = true\n"))
    assert kept.exit_code == 0
    assert "left out:" in kept.output


def test_describe_says_what_a_table_of_your_own_may_hold_and_what_stands_in():
    from typer.testing import CliRunner

    from villagesim.cli import app

    said = CliRunner().invoke(app, ["describe", "survey_households"])
    assert said.exit_code == 0
    for row in survey_columns.documented():
        found = [line.split() for line in said.stdout.splitlines() if line.split()[:1] == [row.name]]
        assert bool(found) == (row.table == "households"), row.name
    assert "drawn about world.age" in said.stdout
    assert "speaker" in CliRunner().invoke(app, ["describe", "survey_ties"]).stdout
    assert "true or false" in CliRunner().invoke(app, ["describe", "survey_keep_good"]).stdout
    columns = json.loads(CliRunner().invoke(app, ["describe", "survey_columns", "--json"]).stdout)[0]["columns"]
    assert [column["name"] for column in columns] == [row.name for row in survey_columns.documented()]


def test_every_column_that_is_documented_is_read_and_names_settings_that_exist():
    documented = {row.name: row for row in survey_columns.documented()}
    assert set(documented) == {"household", "village", *survey_columns.KNOWN, *survey_columns.TIES}
    for row in documented.values():
        assert all(row._replace(unit="-")), row.name
        assert set(re.findall(r"world\.(\w+)", row.missing)) <= set(WorldSettings._fields), row.name
        drawn = "drawn" in row.missing or "refused" in row.missing
        assert drawn, row.name


def test_what_stands_in_for_a_missing_column_follows_the_setting_it_names():
    """Each setting named for a column moves that column, where a survey is silent."""
    people = survey.Survey(tuple("abcdefgh"), ("N",), np.array([8]), {}, np.array([0]), np.array([1]),
                           np.array([np.nan]), (), {}, {}, ())
    plain = world.build(scenario(), 7, survey=people).households
    moved = {"size": 7.5, "age": 69.0, "schooling": 0.5, "output": 999.0, "off_farm": 9.0, "savings": 9.0,
             "away": 0.0, "trust_online": 0.95, "risk_aversion": 0.1}
    for name, value in moved.items():
        other = world.build(scenario(settings={name: value}), 7, survey=people).households
        assert not np.array_equal(getattr(plain, name), getattr(other, name)), name


FARMERS = """
# Question: what does the integrated programme do in the villages of a survey of our own?
title = "All four pathways among surveyed farmers"
extends = "{base}/integrated.toml"

[world]
survey_households = "{data}/brfarmers_nodes.csv"
survey_ties = "{data}/brfarmers_edges.csv"
survey_keep_good = true

[world.survey_columns]
node = "household"
ego = "listener"
alter = "speaker"

[run]
months = 6
spin_up = 2
"""


@pytest.mark.skipif(not BRAZIL.is_dir(), reason="the surveyed farmers' files are not here")
def test_a_scenario_on_the_brazilian_farmers_is_checked_run_and_kept(tmp_path):
    from typer.testing import CliRunner

    from villagesim.cli import app

    file = tmp_path / "farmers.toml"
    file.write_text(FARMERS.format(base=SCENARIOS, data=BRAZIL), encoding="utf-8")
    checked = CliRunner().invoke(app, ["scenario", "check", str(file)])
    assert checked.exit_code == 0, checked.output
    assert "survey: 690 households in 11 villages" in checked.stdout
    assert "brfarmers_nodes.csv that mean nothing here: toa, adopted, year, income, land1, " in checked.stdout
    assert checked.stdout.count("left out: ") == 3
    done = CliRunner().invoke(app, ["run", str(file), "--replicates", "1", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "survey: 690 households in 11 villages" in done.stderr
    kept = read_run(next((tmp_path / "out" / "runs").iterdir()))
    assert set(kept.group.loc[kept.group["group"] == "all", "households"]) == {690}
    assert len(kept.places) == 11
    assert len(kept.manifest["identity"]["resolved"]["world"]["survey_households"]) == 64
