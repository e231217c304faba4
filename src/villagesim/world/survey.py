"""A user's own households and ties: two tables, CSV or Parquet, checked row by row.

Households: `household` and `village` (any text), and as many of KNOWN as the survey has. Ties: `listener` (who named),
`speaker` (who was named), optionally `trust` (0 to 1). Money is in yuan; truth values are 0/1, yes/no or true/false.
Empty cells, and columns that the survey lacks, are drawn as in a synthetic county.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from villagesim.declare import Declared, Real
from villagesim.scenario_text import one_line
from villagesim.world.luck import PLACES
from villagesim.world.records import Records, SurveyError, records
from villagesim.world.survey_columns import KNOWN, TIES, TRUST, fields, nameless, number

AT_MOST = (("adults", "size"), ("away", "adults"))
LISTED = 20


class Survey(NamedTuple):
    """Households sorted by village, in file order within one, and who listens to whom among them.

    values: column -> float64 of shape (households,), NaN where the survey is silent; listener, speaker: int64 rows;
    trust: float64 of the ties, NaN where silent. `drawn` names what is drawn for everybody, `gaps` counts the empty
    cells of the other columns, `ignored` names the columns of each file that mean nothing here, `dropped` says why rows
    were left out.
    """

    households: tuple[str, ...]
    villages: tuple[str, ...]
    counts: np.ndarray
    values: dict[str, np.ndarray]
    listener: np.ndarray
    speaker: np.ndarray
    trust: np.ndarray
    drawn: tuple[str, ...]
    gaps: dict[str, int]
    ignored: dict[str, tuple[str, ...]]
    dropped: tuple[str, ...]


def account(survey: Survey) -> list[str]:
    """What was read, what is drawn instead, and what was left out: one line each."""
    size = (f"{_many(len(survey.households), 'household')} in {_many(len(survey.villages), 'village')}, "
            f"{_many(len(survey.speaker), 'tie')}")
    lines = [f"survey: {size}"]
    gaps = ", ".join(f"{name} {count}" for name, count in survey.gaps.items() if count)
    if survey.drawn:
        lines.append("drawn for all, as in a synthetic county: " + ", ".join(survey.drawn))
    if gaps:
        lines.append("empty cells drawn: " + gaps)
    lines += [f"columns of {file} that mean nothing here: {', '.join(map(one_line, names))}"
              for file, names in survey.ignored.items()]
    return lines + [f"left out: {reason}" for reason in survey.dropped]


def _many(count: int, what: str) -> str:
    """A count with its noun.

    >>> _many(1, "village"), _many(2, "village")
    ('1 village', '2 villages')
    """
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def read(
    households: Path | str, ties: Path | str, columns: Mapping[str, str] | None = None, keep_good: bool = False
) -> Survey:
    """The survey in these two files; `columns` maps the files' names to ours, such as {"ego": "listener"}.

    Raises SurveyError with a line for each bad row (the first 20 are listed); with `keep_good` bad rows are left out
    and reported in `dropped`, and so are ties of the households left out.
    """
    people, named = records(Path(households)), records(Path(ties))
    people, named = _renamed(people, named, dict(columns or {}))
    known = fields()
    problems: list[str] = []
    rows, mentioned = _households(people, known, problems)
    # Where bad rows are errors, a tie of a bad household is no second error.
    found = _ties(named, set(rows) if keep_good else mentioned, mentioned, problems)
    if problems and not keep_good:
        raise SurveyError(_listed(problems))
    if not rows:
        raise SurveyError(f"{people.file}: holds no good household, at least one is needed")
    return _assembled(people, named, rows, found, known, tuple(problems))


def _listed(problems: list[str]) -> str:
    more = len(problems) - LISTED
    return "\n".join(problems[:LISTED] + ([f"and {more} more"] if more > 0 else []))


def _renamed(people: Records, named: Records, columns: dict[str, str]) -> tuple[Records, Records]:
    """Both tables under our column names. Raises SurveyError for a column that is missing, unknown or there twice."""
    ours = ("household", "village", *KNOWN, *TIES)
    problems = [f"columns: {theirs} = {name}: no such column here; allowed: {', '.join(ours)}"
                for theirs, name in columns.items() if name not in ours]
    problems += [f"columns: {theirs} is in neither file" for theirs in columns
                 if theirs not in (*people.columns, *named.columns)]
    renamed = [table._replace(columns=tuple(columns.get(name, name) for name in table.columns))
               for table in (people, named)]
    for table, needed, used in zip(renamed, (("household", "village"), TIES[:2]), (ours[:-3], TIES), strict=True):
        problems += [f"{table.file}:1: has no column {name}; needed: {', '.join(needed)} (there are: "
                     f"{', '.join(table.columns)})" for name in needed if name not in table.columns]
        problems += [f"{table.file}:1: column {name} is there twice" for name in used if table.columns.count(name) > 1]
    if problems:
        raise SurveyError(_listed(problems))
    return renamed[0], renamed[1]


def _households(
    people: Records, fields: dict[str, Declared], problems: list[str]
) -> tuple[dict[str, tuple[str, dict[str, float]]], set[str]]:
    """Good rows as id -> (village, values), and every id that the file mentions; adds to `problems`."""
    rows: dict[str, tuple[str, dict[str, float]]] = {}
    seen: dict[str, int] = {}
    for line, cells in people.rows:
        wrong = []
        row = dict(zip(people.columns, cells, strict=False))
        if len(cells) != len(people.columns):
            wrong.append(f"has {len(cells)} cells; allowed: {len(people.columns)}, as in the first line")
        name, village = row.get("household", ""), row.get("village", "")
        wrong += [problem for problem in (nameless(column, row.get(column, ""))
                                          for column in ("household", "village")) if problem]
        if name in seen:
            wrong.append(f"household {name} is already in line {seen[name]}; allowed: once")
        values = {}
        for column, field in fields.items():
            if column in row:
                values[column], problem = number(row[column], field)
                wrong += [problem] if problem else []
        wrong += [f"{part} is {values[part]:g}; allowed: at most {whole} ({values[whole]:g})" for part, whole in AT_MOST
                  if part in values and whole in values and values[part] > values[whole]]
        problems += [f"{people.file}:{line}: {one_line(what)}" for what in wrong]
        if name:
            seen.setdefault(name, line)
        if not wrong:
            rows[name] = (village, values)
    return rows, set(seen)


def _ties(
    named: Records, good: set[str], mentioned: set[str], problems: list[str]
) -> list[tuple[str, str, float]]:
    """Good ties as (listener, speaker, trust); adds to `problems`."""
    found: list[tuple[str, str, float]] = []
    seen: dict[tuple[str, str], int] = {}
    for line, cells in named.rows:
        wrong = []
        row = dict(zip(named.columns, cells, strict=False))
        if len(cells) != len(named.columns):
            wrong.append(f"has {len(cells)} cells; allowed: {len(named.columns)}, as in the first line")
        listener, speaker = row.get("listener", ""), row.get("speaker", "")
        for side, name in (("listener", listener), ("speaker", speaker)):
            if not name:
                wrong.append(f"{side} is empty; every row needs one")
            elif name not in mentioned:
                wrong.append(f"{side} {name} is not in the households' file; allowed: ids that are")
            elif name not in good:
                wrong.append(f"{side} {name} is a household that was left out")
        if listener and listener == speaker:
            wrong.append(f"household {listener} listens to itself; allowed: two different households")
        if (listener, speaker) in seen:
            wrong.append(f"the tie {listener} to {speaker} is already in line {seen[listener, speaker]}; allowed: once")
        trust, problem = number(row.get("trust", ""), TRUST)
        wrong += [problem] if problem else []
        seen.setdefault((listener, speaker), line)
        problems += [f"{named.file}:{line}: {one_line(what)}" for what in wrong]
        if not wrong:
            found.append((listener, speaker, trust))
    return found


def _assembled(
    people: Records, named: Records, rows: dict[str, tuple[str, dict[str, float]]],
    found: list[tuple[str, str, float]], fields: dict[str, Declared], dropped: tuple[str, ...],
) -> Survey:
    """Households in village order (villages as they first appear), ties by row number."""
    villages = list(dict.fromkeys(village for village, _ in rows.values()))
    number = {village: row for row, village in enumerate(villages)}
    ids = sorted(rows, key=lambda name: number[rows[name][0]])
    counts = np.bincount([number[rows[name][0]] for name in ids], minlength=len(villages)).astype(np.int64)
    if counts.max() >= PLACES:
        raise SurveyError(f"{people.file}: village {villages[counts.argmax()]} has {counts.max()} households; "
                          f"allowed: below {PLACES}")
    values = {name: np.array([rows[household][1][name] for household in ids], Real) for name in fields
              if name in people.columns}
    row_of = {name: row for row, name in enumerate(ids)}
    trust = np.array([tie[2] for tie in found], Real)
    silent = {name for name, column in values.items() if np.isnan(column).all()}
    drawn = [name for name in KNOWN if name not in values or name in silent]
    empty = {name: int(np.isnan(column).sum()) for name, column in values.items() if name not in silent}
    if np.isnan(trust).all():
        drawn.append("trust")
    else:
        empty["trust"] = int(np.isnan(trust).sum())
    used = ("household", "village", *KNOWN)
    ignored = {str(table.file): tuple(name for name in table.columns if name not in known)
               for table, known in ((people, used), (named, TIES))}
    return Survey(
        tuple(ids), tuple(villages), counts, {name: column for name, column in values.items() if name not in silent},
        np.array([row_of[tie[0]] for tie in found], np.int64), np.array([row_of[tie[1]] for tie in found], np.int64),
        trust, tuple(drawn), {name: count for name, count in empty.items() if count},
        {file: names for file, names in ignored.items() if names}, dropped,
    )
