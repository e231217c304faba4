"""A user's own households and ties: two tables, CSV or Parquet, checked row by row.

Households: `household` and `village` (any text), and as many of KNOWN as the survey has. Ties: `listener` (who named),
`speaker` (who was named), optionally `trust` (0 to 1). Money is in yuan; truth values are 0/1, yes/no or true/false.
Empty cells, and columns that the survey lacks, are drawn as in a synthetic county.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from villagesim import tables
from villagesim.declare import Declared, Fen, Flag, Quantity, Real, declared
from villagesim.world.luck import PLACES
from villagesim.world.records import Records, SurveyError, records

KNOWN = (
    "size", "adults", "age", "schooling", "woman_led", "elder_led", "returnee", "product", "output", "off_farm",
    "savings", "debt", "phone", "away", "skill_basic", "trust_online", "belief_mean", "belief_precision",
    "risk_aversion", "honest",
)
TIES = ("listener", "speaker", "trust")
WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
PRODUCTS = {"fresh": 0.0, "dry": 1.0, "craft": 2.0}
AT_MOST = (("adults", "size"), ("away", "adults"))
YUAN = 100.0
LISTED = 20
TRUST = Declared("trust", Real, Quantity("share", "trust in the speaker's word", 0.0, 1.0))


class Survey(NamedTuple):
    """Households sorted by village, in file order within one, and who listens to whom among them.

    values: column -> float64 of shape (households,), NaN where the survey is silent; listener, speaker: int64 rows;
    trust: float64 of the ties, NaN where silent. `drawn` names what is drawn for everybody, `gaps` counts the empty
    cells of the other columns, `ignored` names columns that mean nothing here, `dropped` says why rows were left out.
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
    ignored: tuple[str, ...]
    dropped: tuple[str, ...]


def account(survey: Survey) -> list[str]:
    """What was read, what is drawn instead, and what was left out: one line each."""
    size = f"{len(survey.households)} households in {len(survey.villages)} villages, {len(survey.speaker)} ties"
    lines = [f"survey: {size}"]
    gaps = ", ".join(f"{name} {count}" for name, count in survey.gaps.items() if count)
    if survey.drawn:
        lines.append("drawn for all, as in a synthetic county: " + ", ".join(survey.drawn))
    if gaps:
        lines.append("empty cells drawn: " + gaps)
    if survey.ignored:
        lines.append("columns that mean nothing here: " + ", ".join(survey.ignored))
    return lines + [f"left out: {reason}" for reason in survey.dropped]


def read(
    households: Path | str, ties: Path | str, columns: Mapping[str, str] | None = None, keep_good: bool = False
) -> Survey:
    """The survey in these two files; `columns` maps the files' names to ours, such as {"ego": "listener"}.

    Raises SurveyError with a line for each bad row (the first 20 are listed); with `keep_good` bad rows are left out
    and reported in `dropped`, and so are ties of the households left out.
    """
    people, named = records(Path(households)), records(Path(ties))
    people, named = _renamed(people, named, dict(columns or {}))
    fields = _fields()
    problems: list[str] = []
    rows, mentioned = _households(people, fields, problems)
    # Where bad rows are errors, a tie of a bad household is no second error.
    found = _ties(named, set(rows) if keep_good else mentioned, mentioned, problems)
    if problems and not keep_good:
        raise SurveyError(_listed(problems))
    if not rows:
        raise SurveyError(f"{people.file}: holds no good household, at least one is needed")
    return _assembled(people, named, rows, found, fields, tuple(problems))


def _listed(problems: list[str]) -> str:
    more = len(problems) - LISTED
    return "\n".join(problems[:LISTED] + ([f"and {more} more"] if more > 0 else []))


def _fields() -> dict[str, Declared]:
    """What a cell of each known column may hold: the declared columns, money in yuan, at least one member."""
    fields = {field.name: field for field in declared(tables.Households) if field.name in KNOWN}
    for name, field in fields.items():
        quantity = field.quantity
        low, high = (1, quantity.high) if name == "size" else (quantity.low, quantity.high)
        unit = quantity.unit
        if field.type is Fen:
            low, high, unit = low / YUAN, high / YUAN, "yuan"
        fields[name] = Declared(name, field.type, Quantity(unit, quantity.meaning, low, high))
    return fields


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


def _number(text: str, field: Declared) -> tuple[float, str]:
    """A cell's value (NaN when empty or bad), and what is wrong with it ("" when nothing is)."""
    quantity = field.quantity
    if text == "":
        return np.nan, ""
    words = PRODUCTS if field.name == "product" else WORDS if field.type is Flag else {}
    try:
        value = words[text.lower()] if text.lower() in words else float(text)
    except ValueError:
        also = f", or {', '.join(words)}" if words else ""
        return np.nan, f"{field.name} is {text!r}, not a number; allowed: {quantity.low:g} to {quantity.high:g}{also}"
    if not quantity.low <= value <= quantity.high:
        return np.nan, f"{field.name} is {text}; allowed: {quantity.low:g} to {quantity.high:g} {quantity.unit}"
    if field.type is not Real and field.type is not Fen and value != int(value):
        return np.nan, f"{field.name} is {text}; allowed: whole numbers, {quantity.low:g} to {quantity.high:g}"
    return value, ""


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
        wrong += [f"{column} is empty; every row needs one" for column in ("household", "village")
                  if not row.get(column, "")]
        if name in seen:
            wrong.append(f"household {name} is already in line {seen[name]}; allowed: once")
        values = {}
        for column, field in fields.items():
            if column in row:
                values[column], problem = _number(row[column], field)
                wrong += [problem] if problem else []
        wrong += [f"{part} is {values[part]:g}; allowed: at most {whole} ({values[whole]:g})" for part, whole in AT_MOST
                  if part in values and whole in values and values[part] > values[whole]]
        problems += [f"{people.file}:{line}: {what}" for what in wrong]
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
        trust, problem = _number(row.get("trust", ""), TRUST)
        wrong += [problem] if problem else []
        seen.setdefault((listener, speaker), line)
        problems += [f"{named.file}:{line}: {what}" for what in wrong]
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
    ignored = [name for name in people.columns if name not in used] + [name for name in named.columns
                                                                       if name not in TIES]
    return Survey(
        tuple(ids), tuple(villages), counts, {name: column for name, column in values.items() if name not in silent},
        np.array([row_of[tie[0]] for tie in found], np.int64), np.array([row_of[tie[1]] for tie in found], np.int64),
        trust, tuple(drawn), {name: count for name, count in empty.items() if count}, tuple(ignored), dropped,
    )
