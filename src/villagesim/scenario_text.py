"""Scenario files as text: read one, follow `extends`, remember which file said what. Every error is one line."""

import difflib
import json
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

LARGEST_FILE = 1_000_000
DEEPEST_TABLE = 6
LONGEST_TEXT = 80
# Files in a row of extends.
LONGEST = 50


class ScenarioError(ValueError):
    """What is wrong with a scenario, in one line: file, key, what is wrong, what is allowed, the nearest known name."""


def shown(value: Any) -> str:
    """The value as one short piece of text, in TOML's spelling where that differs from Python's."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    try:
        text = f'"{value}"' if isinstance(value, str) else str(value)
    except ValueError:
        # Python refuses to print integers of more than 4,300 digits.
        return "a number of thousands of digits"
    return shortened(text)


def listed(values: list[Any]) -> str:
    """A list with its values, each as `shown`, as one short piece of text.

    >>> listed([400, "a", [1]])
    '[400, "a", a list]'
    """
    return shortened(f"[{', '.join(map(shown, values))}]")


def shortened(text: str) -> str:
    """The text, cut in the middle where it is long."""
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT // 2]}...{text[-LONGEST_TEXT // 4 :]}"


def one_line(text: str) -> str:
    """The text with whatever cannot be printed on one line escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like this one, or None where nothing is."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


class Place(NamedTuple):
    """Where something was said: the file, and the dotted key ("" for the file as a whole)."""

    file: str
    key: str = ""

    def problem(self, wrong: str, allowed: str = "", near: str | None = None) -> ScenarioError:
        """The error that names this place; the caller raises it."""
        key = f"{shortened(self.key)} " if self.key else ""
        line = f"{self.file}: {key}{wrong}"
        line += f"; allowed: {allowed}" if allowed else ""
        line += f"; did you mean {near}?" if near else ""
        return ScenarioError(one_line(line))


@contextmanager
def naming(place: Place) -> Iterator[None]:
    """What is wrong with another file that is read inside, told together with the place that names it."""
    try:
        yield
    except ScenarioError as error:
        raise place.problem(f"names a file that fails: {error}") from None


@dataclass(frozen=True, slots=True)
class Document:
    """A scenario as tables of plain values, after `extends`, and the file that each key came from."""

    file: str
    values: dict[str, Any]
    origins: dict[tuple[str, ...], str] = field(default_factory=dict)

    def place(self, *keys: str) -> Place:
        """The place of a key: the file that wrote it, or the one that wrote the table around it."""
        written = (self.origins.get(keys[:n]) for n in range(len(keys), 0, -1))
        return Place(next((file for file in written if file), self.file), ".".join(keys))

    def table(self, *keys: str) -> dict[str, Any]:
        """The table at these keys, empty where it is absent. Raises ScenarioError where something else stands there."""
        found: Any = self.values
        for depth, key in enumerate(keys):
            found = found.get(key, {})
            if not isinstance(found, dict):
                place = self.place(*keys[: depth + 1])
                raise place.problem(f"is {shown(found)}, not a table", f"a table [{place.key}]")
        return found


def _text(path: Path, place: Place) -> str:
    """The file's text. Raises ScenarioError where there is none to read."""
    try:
        if path.is_dir():
            raise place.problem("is a directory, not a scenario file", "a TOML file")
        if path.is_symlink() and not path.exists():
            raise place.problem(f"is a link to {path.readlink()}, which does not exist")
        if not path.exists():
            raise place.problem("does not exist", near=_near_file(path))
        if not path.is_file():
            raise place.problem("is not an ordinary file", "a TOML file")
        if path.stat().st_size > LARGEST_FILE:
            raise place.problem(f"is larger than {LARGEST_FILE:,} bytes", "a TOML file")
        data = path.read_bytes()
        # utf-8-sig: some editors begin a file with a byte-order mark.
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise place.problem(f"is not UTF-8 text (byte {error.start})", "a TOML file in UTF-8") from None
    except OSError as error:
        raise place.problem(f"cannot be read: {error.strerror}") from None
    if "\0" in text:
        raise place.problem("is a binary file", "a TOML file in UTF-8")
    if not text.strip():
        raise place.problem("is empty", 'at least a title, or extends = "baseline.toml"')
    return text


def _near_file(path: Path) -> str | None:
    """The file of the same folder whose name is most like this one."""
    near = nearest(path.name, sorted(other.name for other in path.parent.glob("*.toml")))
    return str(path.parent / near) if near else None


def read(path: Path) -> dict[str, Any]:
    """One file's tables, without following `extends`. Raises ScenarioError."""
    place = Place(str(path))
    text = _text(path, place)
    try:
        values = tomllib.loads(text)
    except RecursionError:
        raise place.problem("nests its values too deeply", "tables of two levels") from None
    except ValueError as error:
        raise place.problem(f"is not TOML: {shortened(str(error))}") from None
    if not values:
        raise place.problem("says nothing: it holds comments only", "at least one key")
    return values


def _origins(values: dict[str, Any], file: str, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each key of nested tables, with the file that wrote it."""
    if len(keys) > DEEPEST_TABLE:
        raise Place(file, ".".join(keys)).problem("nests its tables too deeply", "tables of two levels")
    for key, value in values.items():
        yield (*keys, key), file
        if isinstance(value, dict):
            yield from _origins(value, file, (*keys, key))


def _overlaid(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """The tables of `over` laid on those of `base`: tables merge, anything else replaces."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _overlaid(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _extended(values: dict[str, Any], place: Place) -> list[str]:
    """The files that a file extends, in order."""
    names = values.get("extends", [])
    names = [names] if isinstance(names, str) else names
    if not isinstance(names, list) or not all(isinstance(name, str) and name.strip() for name in names):
        raise place.problem(f"is {shown(values['extends'])}", 'a file name, or a list such as ["a.toml", "b.toml"]')
    return names


def gather(path: Path, check: Callable[[Document], None], chain: tuple[Path, ...] = (),
           said: Place | None = None) -> Document:
    """A file laid over all that it extends (of a list, later files win; a title is not passed on).

    check(document) looks at each file as it stands on what it extends; `chain` holds the files that led here, `said`
    the place that named this one. Raises ScenarioError.
    """
    try:
        own = read(path)
    except ScenarioError as error:
        raise error if said is None else said.problem(f"names a file that fails: {error}") from None
    if len(chain) >= LONGEST:
        raise (said or Place(str(path))).problem(f"is the {LONGEST}th file in a row of extends", f"{LONGEST} in a row")
    # realpath: two names of one file close a circle too.
    here = Path(os.path.realpath(path))
    if here in chain:
        circle = " -> ".join(link.name for link in (*chain[chain.index(here) :], here))
        raise (said or Place(str(path))).problem(f"is circular: {circle}")
    place = Place(str(path), "extends")
    values: dict[str, Any] = {}
    origins: dict[tuple[str, ...], str] = {}
    for name in _extended(own, place):
        base = gather(path.parent / name, check, (*chain, here), place)
        values = _overlaid(values, {key: value for key, value in base.values.items() if key != "title"})
        origins |= base.origins
    own.pop("extends", None)
    origins |= dict(_origins(own, str(path)))
    document = Document(str(path), _overlaid(values, own), origins)
    check(document)
    return document


def flat(values: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys: `world.villages = 4` is written with quotes or without.

    >>> flat({"world": {"villages": 4, "coverage": 1}, "run.seed": 3})
    {'world.villages': 4, 'world.coverage': 1, 'run.seed': 3}
    """
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= flat(value, f"{above}{key}.") if isinstance(value, dict) else {above + key: value}
    return found


def as_toml(values: dict[str, Any], keys: tuple[str, ...] = ()) -> str:
    """Nested tables of plain values as TOML text."""
    plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
    lines = [f"[{'.'.join(keys)}]"] if keys and plain else []
    lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in plain.items()]
    text = "\n".join(lines) + "\n\n" if lines else ""
    return text + "".join(as_toml(value, (*keys, key)) for key, value in values.items() if isinstance(value, dict))
