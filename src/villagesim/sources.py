"""Which source a result rests on, under two hashes: all that can change a run, and the model alone."""

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

# A figure, a study or a command changes nothing in a run; all other source files may.
AFTERWARDS = ("figures", "study", "report", "app", "catalogue.py", "scenario_new.py", "verbs.py", "evidence",
              "country.py", "sources.py")
COMMANDS = "cli"
SERIES = ("evidence", "series")
# What carries the rules fast: the same bits as the reference engine, as tests hold them to.
FAST = ("engine/core/", "engine/gpu/")
# Here texts name columns ("fund grant returned"); elsewhere what has a space is for people.
NAMING = "engine/"
TEXT = "text"


@cache
def sources() -> str:
    """16 hex digits: all files that can change a run's tables, the published series among them. It names every run and
    every checkpoint."""
    return _hashed(_files())


@cache
def model() -> str:
    """16 hex digits: what a result says of the model holds until this changes. It names the ensemble and the pins that
    the package carries.

    The same files without the fast engines, comments, docstrings and texts for people, and of a declared parameter its
    type and value alone: whoever improves a sentence or a source, or makes a run faster, keeps every result.
    """
    return _hashed((name, text if path.suffix != ".py" else meaning(text.decode(), name.startswith(NAMING)).encode())
                   for path, name, text in _files() if not name.startswith(FAST))


def _files() -> Iterator[tuple[Path, str, bytes]]:
    """The files that can change a run: where, by which name, and what they hold."""
    package = Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        if inside.parts[0] not in AFTERWARDS and not inside.parts[0].startswith(COMMANDS):
            yield path, inside.as_posix(), path.read_bytes()
    for path in sorted(package.joinpath(*SERIES).glob("*.csv")):
        yield path, path.name, path.read_bytes()


def _hashed(parts: Iterable[tuple]) -> str:
    found = hashlib.sha256()
    for *_, name, text in parts:
        found.update(name.encode() + b"\0" + text + b"\0")
    return found.hexdigest()[:16]


def meaning(text: str, naming: bool = False) -> str:
    """What Python does by that text: syntax without comments, docstrings and, unless naming, texts with a space; of a
    declared parameter its type and value.

    >>> meaning("low = 1.0  # a floor") == meaning("low = 1.0"), meaning("low = 1.0") == meaning("low = 2.0")
    (True, False)
    """
    return json.dumps(_syntax(ast.parse(text), naming))


def _type(annotation: ast.Subscript) -> list[ast.expr]:
    """The type of an annotation: the first part of `Annotated[type, quantity]`, the whole of any other."""
    return annotation.slice.elts[:1] if ast.unparse(annotation.value) == "Annotated" else [annotation]


def _syntax(node: ast.AST, naming: bool) -> list:
    """A node's kind and what it holds; not what is empty, since versions of Python name different things then."""
    if isinstance(node, ast.Constant):
        said = isinstance(node.value, str) and " " in node.value and not naming
        return [TEXT if said else repr(node.value)]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return [TEXT]
    if isinstance(node, ast.AnnAssign) and node.value and isinstance(node.annotation, ast.Subscript):
        return [_syntax(part, naming) for part in (node.target, *_type(node.annotation), node.value)]
    held: list = [type(node).__name__]
    for name, value in ast.iter_fields(node):
        parts = [part for part in (value if isinstance(value, list) else [value]) if part is not None]
        found = [_syntax(part, naming) if isinstance(part, ast.AST) else str(part) for part in parts]
        held += [name, found] if found else []
    return held
