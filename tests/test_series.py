"""The published series of the world outside: sources, interpolation by hand, and the months that they reach."""

import numpy as np
import pytest
from typer.testing import CliRunner

from conftest import SCENARIOS
from villagesim import cli, scenario_series
from villagesim.engine import run
from villagesim.scenario import ScenarioError, changed, load, outside
from villagesim.scenario_series import LEVELS, SHARES, Row, checked, gain, level, published
from villagesim.scenario_text import Place

SMALL = {"world.villages": 3, "world.townships": 1, "world.households": 20, "run.spin_up": 2, "run.months": 30}
WAGE = (Row(2014, 100.0, "yuan", "a report", "read"), Row(2016, 400.0, "yuan", "a report", "read"))
SHARE = (Row(2015.5, 0.2, "share", "a report", "read"), Row(2016.5, 0.8, "share", "a report", "read"))


def baseline(**settings):
    return changed(load(SCENARIOS / "baseline.toml"), SMALL | settings)


@pytest.mark.parametrize("name", [*LEVELS, *SHARES])
def test_every_published_value_has_a_source_and_nobody_fills_in_from_memory(name):
    rows = published(name)
    assert len(rows) >= 2
    assert {row.confidence for row in rows} <= {"read", "computed", "by definition", "assumed", "second-hand"}
    assert all(row.source and "memory" not in row.source for row in rows)
    assert len({row.unit for row in rows}) == 1
    assert all(0.0 <= row.value < 1.0 for row in rows) if name in SHARES else min(row.value for row in rows) > 0.0
    assert rows[0].year <= 2015


def test_a_level_between_two_years_grows_steadily_and_after_the_last_as_the_scenario_says():
    assert [level(WAGE, year, 0.1) for year in (2014, 2015, 2016, 2017, 2018)] == pytest.approx(
        [100.0, 200.0, 400.0, 440.0, 484.0])  # 100 x (400/100)^(1/2) = 200
    with pytest.raises(ValueError, match="before the first published year, 2014"):
        level(WAGE, 2013, 0.1)


def test_a_share_rises_in_a_straight_line_and_its_gain_is_of_what_is_missing():
    june = 2015 * 12 + 6
    assert gain(SHARE, june, 0.12) == pytest.approx(0.05 / 0.80)  # 0.6 in 12 months: 0.20 to 0.25 of the missing 0.80
    assert gain(SHARE, june + 11, 0.12) == pytest.approx(0.05 / 0.25)  # 0.75 to 0.80 of the missing 0.25
    assert gain(SHARE, june - 1, 0.12) == gain(SHARE, june + 12, 0.12) == pytest.approx(0.01)
    share = 0.2
    for month in range(june, june + 12):
        share += gain(SHARE, month, 0.0) * (1.0 - share)
    assert share == pytest.approx(0.8)
    falling = (SHARE[0]._replace(value=0.9), SHARE[1])
    assert gain(falling, june, 0.12) == 0.0


def test_published_years_reach_the_months_of_a_run():
    series = outside(baseline(**{"run.start_year": 2015, "run.start_month": 3, "run.months": 144}))
    month = {year: 2 + 12 * (year - 2015) - 3 for year in range(2016, 2026)}  # January of that year, two of spin-up
    assert set(series["city_wage"][:11]) == {3072.0}  # spin-up, and April to December 2015
    for year, wage in {2016: 3275.0, 2017: 3485.0, 2021: 4432.0, 2024: 4961.0}.items():
        assert (series["city_wage"][month[year]:month[year] + 12] == wage).all()
    assert series["inbound"][month[2018]] == pytest.approx(2.5 * 0.324)
    assert series["inbound"][month[2017]] == pytest.approx(2.5 * np.sqrt(0.216 * 0.324))
    assert (series["city_wage"][month[2025]:month[2025] + 12] == 5075.0).all()
    assert series["city_wage"][month[2025] + 12] == pytest.approx(5075 * 1.03)
    assert series["inbound"][month[2021]] == 2.5
    assert series["inbound"][0] == pytest.approx(2.5 * 0.142)
    assert series["inbound"][month[2022]] == pytest.approx(2.5 * 1.021)
    assert series["inbound"][month[2024] + 12] == pytest.approx(2.5 * 1.677)
    assert (series["phone_gain"][:2] == 0.0).all()
    assert series["phone_gain"][month[2021]] == pytest.approx((0.576 - 0.559) / 12 / (1 - 0.559))
    assert series["phone_gain"][month[2017]] == pytest.approx((0.354 - 0.333) / 12 / (1 - 0.333))
    assert series["phone_gain"][month[2024]] == pytest.approx((0.673 - 0.665) / 12 / (1 - 0.665))
    assert series["phone_gain"][month[2025] + 6] == pytest.approx((0.695 - 0.692) / 6 / (1 - 0.692))
    assert series["phone_gain"][month[2025] + 12] == pytest.approx(0.08 / 12)
    assert series["point_gain"][month[2016]] == pytest.approx(0.251 / 30 / (1 - 0.251 * 18 / 30))
    assert series["point_gain"][month[2017]] == pytest.approx((0.566 - 0.251) / 66 / (1 - 0.251))


def test_points_are_told_to_the_end_of_2025_and_grow_as_the_scenario_says_from_then_on():
    run = {"run.start_year": 2024, "run.months": 36, "outside.point_growth": 0.12}
    gained = outside(baseline(**run))["point_gain"][2:]  # two of spin-up
    assert gained[8] > 0.01  # September 2024
    assert (gained[9:24] == 0.0).all()  # nothing later than October 2024 was found: as then
    assert (gained[24:] == pytest.approx(0.01))


def test_without_a_start_year_the_world_outside_grows_as_the_scenario_says():
    series = outside(baseline())
    assert set(series["city_wage"]) == {4000.0, 4120.0, 4120.0 * 1.03}
    assert (series["point_gain"] == 0.0).all()


@pytest.mark.parametrize("engine", ["core", "reference"])
def test_both_engines_see_the_published_year_in_its_month_and_points_and_phones_spread(engine):
    seen, points = {}, []

    def observe(month, world):
        seen[month] = (float(world.county.city_wage[0]), float(world.county.inbound[0]))
        points.append(float(world.villages.service_point.mean()))

    scenario = baseline(**{"run.start_year": 2016, "world.service_point": 0.0})
    run(scenario, 1, engine=engine, observe=observe)
    assert seen[-1] == seen[11] == (3275.0, pytest.approx(2.5 * 0.216))
    assert seen[12] == (3485.0, pytest.approx(2.5 * np.sqrt(0.216 * 0.324)))
    assert max(points[:2]) == 0.0  # spin-up
    share = 1.0
    for month in range(30):
        share *= 1.0 - gain(published("points"), 2016 * 12 + month, 0.0)
    assert points[-1] == pytest.approx(1.0 - share)


@pytest.mark.parametrize(("year", "said"), [(1990, "before the published series"), (2031, "out of range"),
                                            (2015.5, "whole number")])
def test_a_start_year_that_is_not_published_is_one_clear_line(year, said):
    with pytest.raises(ScenarioError) as caught:
        baseline(**{"run.start_year": year})
    line = str(caught.value)
    assert "\n" not in line
    assert "run.start_year is" in line
    assert said in line
    assert "2025" in line


def test_a_missing_series_is_one_clear_line(monkeypatch):
    published.cache_clear()
    monkeypatch.setattr(scenario_series, "FOLDER", "evidence/nowhere")
    with pytest.raises(ScenarioError, match=r"run.start_year needs a series: city_wage.csv: is missing") as caught:
        baseline(**{"run.start_year": 2016})
    assert "\n" not in str(caught.value)
    published.cache_clear()


@pytest.mark.parametrize(("rows", "said"), [
    (["year,value", "2015,1"], "has columns"),
    ([",".join(scenario_series.COLUMNS)], "holds no row"),
    ([",".join(scenario_series.COLUMNS), "2015,many,1,a report,read"], "has a row"),
    ([",".join(scenario_series.COLUMNS), "2015,3,1,,read"], "without a value, unit, source"),
    ([",".join(scenario_series.COLUMNS), "2015,0,1,a report,read"], "a level above 0"),
    ([",".join(scenario_series.COLUMNS), "2015,3,1,a report"], "has a row"),
    ([",".join(scenario_series.COLUMNS), "2015,3,1,a report,read", "2015,4,1,a report,read"], "years that rise"),
])
def test_a_wrong_series_is_one_clear_line(rows, said):
    with pytest.raises(ScenarioError, match=said) as caught:
        checked(Place("mine.csv"), rows)
    assert "\n" not in str(caught.value)


def test_the_series_are_printed_with_their_sources():
    said = CliRunner().invoke(cli.app, ["targets", "--series"]).output
    assert "city_wage" in said
    assert "2021    4432 yuan/month, read: same report of 2021" in said


def test_shares_are_told_at_the_end_of_a_month():
    for name in SHARES:
        months = np.array([row.year * 12 for row in published(name)])
        assert np.allclose(months, np.rint(months))
