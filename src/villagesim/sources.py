"""Which source a result rests on, under three hashes: all that can change a run, the model, the published series."""

import ast
import csv
import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

# A figure, a study or a command changes nothing in a run; all other source files may.
AFTERWARDS = ("figures", "study", "report", "app", "catalogue.py", "scenario_new.py", "verbs.py", "evidence",
              "country.py", "sources.py")
COMMANDS = "cli"
SERIES = ("evidence", "series")
# What a text is written with in Python, by itself or put together with others.
TEXT = (ast.Constant, ast.JoinedStr, ast.FormattedValue, ast.BinOp, ast.Add, ast.Name, ast.Load)
# What only makes a run faster: the same bits as the reference engine, as tests hold them to.
FAST = ("engine/core/", "engine/gpu/", "compiled.py")


@cache
def sources() -> str:
    """16 hex digits: all files that can change a run's tables, the published series among them. It names every run and
    every checkpoint."""
    return _hashed(chain(_code(), _series()))


@cache
def model() -> str:
    """16 hex digits: the code of the model. It names the ensemble and the pins that the package carries.

    The same files without what only makes a run faster, without comments and docstrings, of a declared parameter its
    type and value alone, and of a lever no sentence: whoever improves a source or a meaning there, or makes a run
    faster, keeps every result. What evidence is made with beside the model is not in it: targets, estimators,
    innovations, and the published series, which `series` names.
    """
    return _hashed((name, meaning(text.decode()).encode()) for name, text in _code() if not name.startswith(FAST))


@cache
def series() -> str:
    """16 hex digits: years, values and units of the published series; a better source keeps every result.

    It names, beside the model, what was made with counties that follow them.
    """
    return _hashed(_series(3))


def _code() -> Iterator[tuple[str, bytes]]:
    """The code that can change a run: by which name, and what it holds."""
    package = Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        if inside.parts[0] not in AFTERWARDS and not inside.parts[0].startswith(COMMANDS):
            yield inside.as_posix(), path.read_bytes()


def _series(width: int | None = None) -> Iterator[tuple[str, bytes]]:
    """The rows of the series, of each so many columns."""
    for path in sorted(Path(__file__).parent.joinpath(*SERIES).glob("*.csv")):
        lines = (line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
        yield path.name, json.dumps([row[:width] for row in csv.reader(lines)]).encode()


def _hashed(parts: Iterable[tuple[str, bytes]]) -> str:
    found = hashlib.sha256()
    for name, text in parts:
        found.update(name.encode() + b"\0" + text + b"\0")
    return found.hexdigest()[:16]


def meaning(text: str) -> str:
    """What Python does by that text: its syntax without comments, docstrings, what a declared parameter says beside its
    type and value, sentences and plausible ranges of other quantities, and private texts of a module that these share.

    >>> meaning("low = 1.0  # a floor") == meaning("low = 1.0"), meaning("low = 1.0") == meaning("low = 2.0")
    (True, False)
    """
    tree = ast.parse(text)
    texts = {name.id for node in tree.body if _private_text(node) for name in node.targets}
    _unsay(tree, texts)
    told = texts - _read(tree)
    tree.body = [node for node in tree.body if not (_private_text(node) and {name.id for name in node.targets} <= told)]
    return json.dumps(_syntax(tree))


def _read(tree: ast.Module) -> set[str]:
    """Names that are read elsewhere than in private texts, annotations, and defaults of what makes quantities."""
    said = [node.annotation for node in ast.walk(tree) if isinstance(node, ast.AnnAssign)]
    said += [default for node in ast.walk(tree) if _makes(node) for default in node.args.defaults]
    passed = {id(part) for node in said for part in ast.walk(node)}
    kept = (node for one in tree.body if not _private_text(one) for node in ast.walk(one))
    return {node.id for node in kept if isinstance(node, ast.Name) and id(node) not in passed}


def _makes(node: ast.AST) -> bool:
    """Whether it is a function that makes a quantity."""
    return isinstance(node, ast.FunctionDef) and node.returns is not None and ast.unparse(node.returns) == "Quantity"


def _unsay(tree: ast.Module, texts: set[str]) -> None:
    """Take out of each quantity that a call makes what no run reads: sentences, these names of such among them, and the
    plausible range."""
    def sentence(node: ast.expr) -> bool:
        return all(isinstance(part, TEXT) for part in ast.walk(node)) and any(
            (isinstance(part, ast.Name) and part.id in texts) or _several_words(part) for part in ast.walk(node))

    makers = {"Quantity", *(node.name for node in ast.walk(tree) if _makes(node))}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in makers:
            node.args = [one for one in node.args if not sentence(one)]
            node.keywords = [one for one in node.keywords if one.arg != "plausible" and not sentence(one.value)]


def _several_words(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value


def _private_text(node: ast.stmt) -> bool:
    """Whether a statement of a module gives a text of several words, and nothing else, a private name."""
    return (isinstance(node, ast.Assign)
            and all(isinstance(name, ast.Name) and name.id[0] == "_" for name in node.targets)
            and all(isinstance(part, TEXT) for part in ast.walk(node.value))
            and any(_several_words(part) for part in ast.walk(node.value)))


def _syntax(node: ast.AST) -> list:
    """A node's kind and what it holds; no field that is empty, since versions of Python name different ones then."""
    if isinstance(node, ast.Constant):
        return [repr(node.value)]
    if isinstance(node, ast.AnnAssign) and node.value and isinstance(node.annotation, ast.Subscript):
        return [_syntax(part) for part in (node.target, *_type(node.annotation), node.value)]
    held: list = [type(node).__name__]
    for name, value in ast.iter_fields(node):
        parts = [part for part in (value if isinstance(value, list) else [value]) if not _docstring(part)]
        found = [_syntax(part) if isinstance(part, ast.AST) else str(part) for part in parts]
        held += [name, found] if found and value is not None else []
    return held


def _docstring(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _type(annotation: ast.Subscript) -> list[ast.expr]:
    """The type of an annotation: the first part of `Annotated[type, quantity]`, the whole of any other."""
    return annotation.slice.elts[:1] if ast.unparse(annotation.value) == "Annotated" else [annotation]
