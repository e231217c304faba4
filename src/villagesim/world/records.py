"""Rows of text from a CSV or Parquet file, each with the line that it stands on."""

import csv
from pathlib import Path
from typing import Any, NamedTuple


class SurveyError(ValueError):
    """What is wrong with a survey's files: one line a problem, with file, line, and what is allowed."""


class Records(NamedTuple):
    """A table as text: its file, its column names, and (line, cells) of each row. Line 1 holds the names."""

    file: Path
    columns: tuple[str, ...]
    rows: list[tuple[int, list[str]]]


def records(file: Path) -> Records:
    """The rows of a .csv (UTF-8, comma) or .parquet file; raises SurveyError where it cannot be read."""
    readers = {".csv": _from_csv, ".parquet": _from_parquet}
    if file.suffix.lower() not in readers:
        raise SurveyError(f"{file}: ends in {file.suffix or 'nothing'}; allowed: {', '.join(readers)}")
    if not file.is_file():
        raise SurveyError(f"{file}: there is no such file")
    table = readers[file.suffix.lower()](file)
    if not table.rows:
        raise SurveyError(f"{file}: holds no rows; needed: a line of column names and at least one row")
    return table


def _from_csv(file: Path) -> Records:
    try:
        with file.open(newline="", encoding="utf-8-sig") as text:
            reader = csv.reader(text, strict=True)
            names = tuple(cell.strip() for cell in next(reader, []))
            # A quoted cell may hold line breaks: the reader knows the line, a row's number does not.
            rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if cells]
    except (UnicodeDecodeError, csv.Error) as error:
        raise SurveyError(f"{file}: is not a UTF-8 table of comma-separated values ({error})") from error
    return Records(file, names, rows)


def _text(value: Any) -> str:
    """A Parquet value as a CSV would show it; whole numbers that a gap turned into floats lose their point."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _from_parquet(file: Path) -> Records:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(file)
    except (pyarrow.ArrowException, OSError) as error:
        raise SurveyError(f"{file}: is not a Parquet table ({error})") from error
    columns = [column.to_pylist() for column in table.columns]
    rows = [(line, [_text(value) for value in cells]) for line, cells in enumerate(zip(*columns, strict=True), start=2)]
    return Records(file, tuple(table.column_names), rows)
