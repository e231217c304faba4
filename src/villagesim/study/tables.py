"""A study's tables in a folder: each as CSV for the eye and as Parquet with units, meanings and what made it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from villagesim.results import write_table


def write_tables(folder: str | Path, tables: Mapping[str, pd.DataFrame], book: Mapping[str, tuple[str, str]],
                 about: dict[str, Any]) -> Path:
    """Write NAME.csv and NAME.parquet for each table; return the folder. book: unit and meaning by column.

    Raises KeyError for a column that the book doesn't hold.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        held = {key: dict(zip(("unit", "meaning"), book[key], strict=True)) for key in table.columns}
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        write_table(table, folder / f"{name}.parquet", about, held)
    return folder
