"""The tables of a country: a row a county (ready for a map), a province, a province and year, a year; with codebook."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from villagesim.country import COLUMNS, KINDS, CountrySettings
from villagesim.declare import declared
from villagesim.outcomes import OUTCOME
from villagesim.results import environment, write_tables
from villagesim.study.countryside.national import Countryside
from villagesim.study.countryside.totals import LAST, RATIOS, TOTALS

YEAR = 12
BAND = (0.1, 0.9)
SHOWN = ("adoption", "income_mean", "jobs_rate", "parcels", "public_cost")
FIXED = ("villages", "terrain", "distance_town", "distance_county", "coverage", "output", "off_farm")
BOOK = {
    "county": ("1", "number of the county in the drawn country (it stands for no county of the real one)"),
    **{name: COLUMNS[name][1:] for name in ("province", "name", "code")},
    "kind": ("code", "setting of the county: " + ", ".join(KINDS)),
    "counties": ("county", "counties that were run"),
    **{f"share_{kind}": ("share", f"households in {kind} counties") for kind in KINDS},
    "year": ("year", "year of the programme, from 0 (-1: the last year before it)"),
    "supply": ("yuan/year", "goods that all counties sold online, at the reference price"),
    "price_factor": ("1", "platform's price over the scenario's, as the counties were paid"),
    "price_asked": ("1", "platform's price over the scenario's, as the counties' own supply asks for"),
    "villages": ("village", "villages"),
    "terrain": ("share", "ruggedness, mean: 0 plain, 0.5 hill, 1 high mountain"),
    "distance_town": ("km", "road from a village to the township seat, mean"),
    "distance_county": ("km", "road from a township seat to the county seat, mean"),
    "coverage": ("share", "network coverage of a village of usual terrain at the start, mean"),
    "output": ("yuan/year", "marketable output of a household, median, in hills"),
    "off_farm": ("yuan/month", "off-farm income of a household, median"),
    "households": ("household", "households"),
    **{name: (one.unit, f"{one.meaning}; mean of the year") for name, one in RATIOS.items()},
    **{f"{name}_before": (one.unit, f"{one.meaning}; in the year before the programme")
       for name, one in RATIOS.items() if name in SHOWN},
    **{f"{name}_p{round(100 * end)}": (RATIOS[name].unit, f"{RATIOS[name].meaning}; {100 * end:.0f}% of counties below")
       for name in SHOWN for end in BAND},
    **{name: (OUTCOME[name].unit, OUTCOME[name].meaning) for name in LAST},
}


def tables(found: Countryside) -> dict[str, pd.DataFrame]:
    """All tables by name: counties, provinces, provinces_years, country. Sums are whole: any order gives these."""
    years = len(found.path)
    provinces = found.country.provinces
    key = pd.DataFrame([(one.number, provinces[one.province].province, provinces[one.province].name,
                         provinces[one.province].code, one.kind) for one in found.counties],
                       columns=["county", "province", "name", "code", "kind"])
    sets = pd.DataFrame([{name: one.sets[f"world.{name}"] for name in FIXED} for one in found.counties])
    by_year = {year: _totals(found.values, year) for year in range(-1, years)}
    last, before = by_year[years - 1], by_year[-1]
    county = pd.concat([key, sets, (last[["households"]] / YEAR).astype(np.int64), ratios(last), _before(before),
                        found.values[list(LAST)]], axis=1)
    return {
        "counties": county,
        "provinces": _provinces(county, last, before),
        "provinces_years": pd.concat([_by_province(key, totals).assign(year=year)
                                      for year, totals in by_year.items()], ignore_index=True)[
            ["province", "code", "year", "counties", *RATIOS]],
        "country": _country(found, by_year),
    }


def ratios(totals: pd.DataFrame) -> pd.DataFrame:
    """Outcomes of each row of totals; NaN where there is nothing to divide by."""
    return pd.DataFrame({name: one.scale * totals[one.part] / totals[one.over].where(totals[one.over] > 0)
                         for name, one in RATIOS.items()}, index=totals.index)


def write(found: Countryside, folder: str | Path,
          uncertainty: tuple[pd.DataFrame, Mapping[str, tuple[str, str]]] | None = None) -> Path:
    """Write every table as Parquet (units in it) and CSV, codebook.csv and manifest.json; return the folder.

    uncertainty: a table beside them, and the unit and meaning of its columns.
    """
    folder, made = Path(folder), tables(found)
    book = dict.fromkeys(made, BOOK)
    if uncertainty is not None:
        made["uncertainty"], book["uncertainty"] = uncertainty
    about = {
        "title": found.scenario.title, "share": found.share, "seed": int(found.scenario.run.seed),
        "counties": len(found.counties), "months": int(found.scenario.run.months), "passes": found.passes,
        "pilot": found.pilot, "gap": found.gap, "households": int(made["counties"]["households"].sum()),
        "scenarios": {found.scenario.name: found.identity["scenario"]}, **found.identity,
        "country": dict(found.country.settings._asdict()),
    }
    for table, frame in made.items():
        write_tables(folder, {table: frame}, about, book[table])
    rows = [(table, name, *book[table][name]) for table, frame in made.items() for name in frame.columns]
    pd.DataFrame(rows, columns=["table", "column", "unit", "meaning"]).to_csv(
        folder / "codebook.csv", index=False, lineterminator="\n")
    said = [{"name": f"country.{one.name}", "value": getattr(found.country.settings, one.name),
             "unit": one.quantity.unit, "meaning": one.quantity.meaning, "source": one.quantity.source,
             "grade": one.quantity.grade} for one in declared(CountrySettings)]
    manifest = {"identity": about, "settings": said, "environment": environment()}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder


def _totals(values: pd.DataFrame, year: int) -> pd.DataFrame:
    """The totals of a year, a row a county."""
    return values[[f"{name}@{year}" for name in TOTALS]].set_axis(list(TOTALS), axis=1)


def _before(totals: pd.DataFrame) -> pd.DataFrame:
    return ratios(totals)[list(SHOWN)].add_suffix("_before")


def _by_province(key: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Outcomes of each province's counties together, in the order of provinces."""
    grouped = totals.groupby(key["province"], sort=False)
    found = ratios(grouped.sum()).reset_index()
    first = key.drop_duplicates("province").set_index("province")
    return found.assign(counties=grouped.size().to_numpy(), code=found["province"].map(first["code"]),
                        name=found["province"].map(first["name"]))


def _provinces(county: pd.DataFrame, last: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """A row a province: its mix of kinds, its outcomes before and in the last year, and the band of its counties."""
    found = _by_province(county, last)
    grouped = county.groupby("province", sort=False)
    extra: Mapping[str, np.ndarray] = {
        "households": grouped["households"].sum().to_numpy(),
        **{f"share_{kind}": ((county["kind"] == kind) * county["households"]).groupby(county["province"], sort=False)
           .sum().to_numpy() / grouped["households"].sum().to_numpy() for kind in KINDS},
        **{f"{name}_p{round(100 * end)}": grouped[name].quantile(end).to_numpy() for name in SHOWN for end in BAND},
        **{f"{name}_before": _by_province(county, before)[name].to_numpy() for name in SHOWN},
    }
    found = found.assign(**extra)
    first = ["province", "name", "code", "counties", "households", *(f"share_{kind}" for kind in KINDS)]
    return found[first + [name for name in found.columns if name not in first]]


def _country(found: Countryside, by_year: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """A row a year: the price, the supply it answers, and the outcomes of all counties together."""
    rows = pd.DataFrame([totals.sum() for totals in by_year.values()])
    supply = [float(sum(int(value) for value in found.values[f"supply@{year}"])) / 100 for year in by_year]
    return pd.concat([pd.DataFrame({
        "year": list(by_year), "supply": supply, "price_factor": [1.0, *found.path], "price_asked": [1.0, *found.asked],
    }), ratios(rows).reset_index(drop=True)], axis=1)
