"""What a whole country may be told: counties, how they differ, and how the platform's price answers their supply."""

import csv
from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

from villagesim.declare import Quantity
from villagesim.scenario_sections import settings_of
from villagesim.scenario_text import Document, Place, ScenarioError, nearest, one_line, read, shown

_VARIED = "assumption: change it in a country file, `countryside --country FILE`"
KINDS = ("plain", "hill", "mountain")
PROVINCES = Path(__file__).parent / "provinces.csv"
SECTION, TABLE = "country", "provinces"
EXACTLY_ONE = 1e-6


def _spread(meaning: str, high: float = 1.0) -> Quantity:
    return Quantity("1", f"standard deviation between counties of the log of {meaning}", 0.0, high, _VARIED, "C")


def _range(meaning: str, high: float = 0.5, unit: str = "share") -> Quantity:
    return Quantity(unit, f"half-range between counties of {meaning}", 0.0, high, _VARIED, "C")


class CountrySettings(NamedTuple):
    """How many counties there are, how they differ about their kind's setting, and how the price answers them.

    A county is of one kind (plain, hill, mountain), as often as its province says; its setting is that of the kind,
    spread as declared here. The programme is the same in all counties.
    """

    counties: Annotated[int, Quantity("county", "counties, each for as many households of the country", 1, 10000,
        "derived: 510 million villagers (census 2020) at 2.55 a household, 80,000 households a county", "B")] = 2500
    households: Annotated[int, Quantity("household", "households a county, mean", 10, 1000000,
        "derived: 200 million rural households (510 million villagers of the census of 2020 at 2.55 each) in about "
        "2,500 counties with villages", "B")] = 80000
    township: Annotated[int, Quantity("household", "households a township, mean", 10, 100000,
        "derived: about 38,000 townships and towns for 200 million rural households", "B")] = 5000
    terrain_between: Annotated[float, Quantity("share", "standard deviation of ruggedness between counties of a kind",
        0.0, 0.3, _VARIED, "C")] = 0.06
    distance_between: Annotated[float, _spread("distances to township and county seat")] = 0.3
    prosperity_between: Annotated[float, _spread("output and off-farm income, within a province")] = 0.2
    inbound_between: Annotated[float, _spread("parcels bought")] = 0.3
    coverage_between: Annotated[float, _range("network coverage")] = 0.1
    courier_between: Annotated[float, _range("courier routes that run at the start")] = 0.15
    point_between: Annotated[float, _range("villages with a service point at the start")] = 0.1
    heritage_between: Annotated[float, _range("endowment for tourism and craft", 0.3)] = 0.08
    fresh_between: Annotated[float, _range("the weight of fresh goods")] = 0.25
    harvest_between: Annotated[float, _range("the usual month of the harvest's peak", 6.0, "month")] = 3.0
    price_flexibility: Annotated[float, Quantity("1", "fall of the platform's price a rise of the country's online "
        "supply beyond demand, both in logs", 0.0, 1.5,
        _VARIED + "; most farm goods are sold offline, which holds the online price (closed: about 1)", "C")] = 0.3
    demand_growth: Annotated[float, Quantity("share/year", "growth of what the platform's buyers take at one price",
        -0.1, 0.3, "online retail of goods in China grew 6 to 8 % a year in 2022-2024 (National Bureau of Statistics)",
        "B")] = 0.07
    price_lowest: Annotated[float, Quantity("1", "lowest price that the answer may come to, over the scenario's", 0.1,
        1.0, "by definition: a bound against runaway answers", "A")] = 0.5
    price_highest: Annotated[float, Quantity("1", "highest price that the answer may come to, over the scenario's", 1.0,
        5.0, "by definition: a bound against runaway answers", "A")] = 2.0
    pilot_counties: Annotated[int, Quantity("county", "counties of the pilot, which finds the price year by year", 1,
        1000, "by design: see docs/countryside.md for what a larger pilot changes", "A")] = 50
    pilot_households: Annotated[int, Quantity("household", "most households a county of the pilot has", 10, 1000000,
        "by design: the pilot's counties are in memory together", "A")] = 8000
    price_tolerance: Annotated[float, Quantity("share", "gap from which all counties are run again at the price that "
        "their own supply asks for", 0.0, 1.0, "by design", "A")] = 0.01


class Province(NamedTuple):
    """One row of the file of provinces. Shares of rural households by kind of county add up to 1."""

    province: str
    name: str
    code: str
    villagers: float
    income: float
    shares: tuple[float, float, float]


class Country(NamedTuple):
    """What was declared of a country, and its provinces."""

    settings: CountrySettings
    provinces: tuple[Province, ...]


# Columns of the file of provinces: type, unit, meaning.
COLUMNS = {
    "province": (str, "code", "province, as it is called in results"),
    "name": (str, "code", "the province's own name"),
    "code": (str, "code", "two-digit code of the province (GB/T 2260), to join maps by"),
    "villagers": (float, "million person", "rural residents"),
    "income": (float, "yuan/head/year", "disposable income of rural residents"),
    **{kind: (float, "share", f"rural households in {kind} counties") for kind in KINDS},
}


def load_country(path: Path | None = None) -> Country:
    """The country in a TOML file ([country], or `provinces` beside it), China where there is none.

    Raises ScenarioError, one line, for whatever is wrong with it or its file of provinces.
    """
    if path is None:
        return Country(CountrySettings(), provinces(PROVINCES))
    path = Path(path)
    document = Document(str(path), read(path))
    for key in document.values:
        if key not in (SECTION, TABLE):
            raise document.place(key).problem("is not known", f"[{SECTION}], {TABLE}", nearest(key, (SECTION, TABLE)))
    file = document.values.get(TABLE)
    if file is not None and not isinstance(file, str):
        raise document.place(TABLE).problem(f"is {shown(file)}, not text", "a CSV file, as seen from this one")
    settings = settings_of(document, (SECTION,), CountrySettings)
    return Country(settings, provinces(PROVINCES if file is None else path.parent / file))


@cache
def provinces(path: Path) -> tuple[Province, ...]:
    """The provinces of a CSV file with the columns of COLUMNS; lines that begin with # are comments.

    Raises ScenarioError naming file, line and column.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(one_line(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}")) from None
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    rows = list(csv.reader([line for _, line in numbered]))
    if not rows or tuple(rows[0]) != tuple(COLUMNS):
        raise Place(str(path)).problem("has other columns", ",".join(COLUMNS))
    found = tuple(_province(path, number, row) for (number, _), row in zip(numbered[1:], rows[1:], strict=True))
    if not found:
        raise Place(str(path)).problem("names no province", "a row a province")
    twice = next((one.province for one in found if sum(one.province == two.province for two in found) > 1), None)
    if twice:
        raise Place(str(path)).problem(f"names {shown(twice)} twice", "a row a province")
    return found


def _province(path: Path, line: int, row: list[str]) -> Province:
    place = Place(f"{path}:{line}")
    if len(row) != len(COLUMNS):
        raise place.problem(f"has {len(row)} values", f"{len(COLUMNS)}: {','.join(COLUMNS)}")
    values = {}
    for (key, (kind, unit, _)), text in zip(COLUMNS.items(), row, strict=True):
        try:
            values[key] = kind(text.strip())
        except ValueError:
            raise Place(place.file, key).problem(f"is {shown(text)}, not a number", f"a number of {unit}") from None
        if kind is float and not 0.0 <= values[key] < float("inf"):
            raise Place(place.file, key).problem(f"is {text}, out of range", f"0 or more {unit}")
    shares = tuple(values.pop(kind) for kind in KINDS)
    if abs(sum(shares) - 1.0) > EXACTLY_ONE:
        raise place.problem(f"has shares of {', '.join(KINDS)} that add up to {sum(shares):g}", "shares that add to 1")
    if not values["villagers"] or not values["income"]:
        raise place.problem("has no villagers, or no income", "numbers above 0")
    return Province(*values.values(), shares)
