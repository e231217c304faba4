"""The world outside as it was: published yearly series that a run follows from the calendar year in which it starts."""

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from villagesim.scenario_text import Document, Place, ScenarioError, shown
from villagesim.settings import FIRST_YEAR, LAST_YEAR, OutsideSettings, RunSettings

YEAR = 12
FOLDER = "evidence/series"
COLUMNS = ["year", "value", "unit", "source", "confidence"]
# What is published, by the name of its file: yearly levels, and shares that are told at the end of a month.
LEVELS, SHARES = ("city_wage", "parcels"), ("internet", "points")
# A power's last digits may differ from one machine to another: levels are rounded.
DIGITS = 9


class Row(NamedTuple):
    """One published value: its year (a share's with the part of the year that has passed), unit, source, confidence."""

    year: float
    value: float
    unit: str
    source: str
    confidence: str


@cache
def published(name: str) -> tuple[Row, ...]:
    """The rows of one series, years rising. Raises ScenarioError, one line, where the file is missing or wrong."""
    place = Place(f"{name}.csv")
    file = files("villagesim").joinpath(FOLDER, f"{name}.csv")
    if not file.is_file():
        raise place.problem("is missing: no such series in the package", ", ".join((*LEVELS, *SHARES)))
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return checked(place, lines)


def checked(place: Place, lines: list[str]) -> tuple[Row, ...]:
    """The rows in the lines of a CSV table, years rising, levels above zero, shares from 0 to 1, each with its source.

    Raises ScenarioError, one line.
    """
    table = csv.DictReader(lines)
    if table.fieldnames != COLUMNS:
        raise place.problem(f"has columns {shown(table.fieldnames)}", ", ".join(COLUMNS))
    rows: list[Row] = []
    for said in table:
        try:
            row = Row(float(said["year"]), float(said["value"]), *(said[name].strip() for name in COLUMNS[2:]))
        except (TypeError, ValueError, AttributeError):
            raise place.problem(f"has a row {shown(list(said.values()))}", ", ".join(COLUMNS)) from None
        if not all(row[2:]) or not (0.0 <= row.value < 1.0 if row.unit == "share" else row.value > 0.0):
            raise place.problem(f"has a row without a value, unit, source or confidence: {said['year']}",
                                "a share from 0 to less than 1, a level above 0")
        if rows and row.year <= rows[-1].year:
            raise place.problem(f"names {said['year']} after {rows[-1].year:g}", "years that rise")
        rows.append(row)
    if not rows:
        raise place.problem("holds no row", "one row a published value")
    return tuple(rows)


def level(rows: tuple[Row, ...], year: int, growth: float) -> float:
    """The level of a calendar year: as published; between published years by steady growth; after the last by `growth`.

    growth is of a year. Raises ValueError before the first published year.
    """
    years, values = [row.year for row in rows], [row.value for row in rows]
    if year < years[0]:
        raise ValueError(f"{year} is before the first published year, {years[0]:g}")
    if year >= years[-1]:
        found = values[-1]
        for _ in range(year - int(years[-1])):
            found = found * (1.0 + growth)
        return round(found, DIGITS)
    after = next(at for at, known in enumerate(years) if known > year)
    part = (year - years[after - 1]) / (years[after] - years[after - 1])
    return round(values[after - 1] * (values[after] / values[after - 1]) ** part, DIGITS)


def gain(rows: tuple[Row, ...], month: int, growth: float) -> float:
    """Part of what is missing that comes in one month [share/month]; months are counted from the year 0.

    Between two published shares it follows the straight line between them; before the first and after the last, a
    twelfth of `growth`.
    """
    months, values = [round(row.year * YEAR) for row in rows], [row.value for row in rows]
    if not months[0] <= month < months[-1]:
        return growth / YEAR
    now, then = np.interp([month, month + 1], months, values)
    return round(float(max(0.0, then - now) / (1.0 - now)), DIGITS)


def follows(around: OutsideSettings, run: RunSettings) -> dict[str, np.ndarray]:
    """The columns that published series drive in a run with a `start_year`, each float64 of shape (spin_up + months,).

    City wage [yuan/month] and inbound parcels [parcel/household/month] are the calendar year's, through spin-up those
    of the first; phones and points [share/month] spread from the end of spin-up on. Raises ScenarioError.
    """
    since = np.arange(run.spin_up + run.months) - run.spin_up
    calendar = run.start_year * YEAR + run.start_month + np.maximum(since, 0)
    years = {int(year) for year in calendar // YEAR}
    wage = {year: level(published("city_wage"), year, around.city_wage_growth) for year in years}
    parcels = {year: level(published("parcels"), year, around.inbound_growth) * around.inbound for year in years}
    gains = {"phone_gain": ("internet", around.phone_growth), "point_gain": ("points", around.point_growth)}
    spread = {column: [0.0 if before else gain(published(name), int(month), growth)
                       for month, before in zip(calendar, since < 0, strict=True)]
              for column, (name, growth) in gains.items()}
    levels = {"city_wage": wage, "inbound": parcels}
    return {column: np.array([values[int(month) // YEAR] for month in calendar]) for column, values in levels.items()
            } | {column: np.array(values) for column, values in spread.items()}


def check_years(document: Document, run: RunSettings) -> None:
    """Raises ScenarioError where the run starts in a year that the published series do not reach, or one is missing."""
    if run.start_year == 0:
        return
    place = document.place("run", "start_year")
    if run.start_year < FIRST_YEAR:
        years = f"0 (none), or {FIRST_YEAR} to {LAST_YEAR}"
        raise place.problem(f"is {run.start_year}, before the published series", years)
    for name in (*LEVELS, *SHARES):
        try:
            published(name)
        except ScenarioError as error:
            raise place.problem(f"needs a series: {error}") from None
