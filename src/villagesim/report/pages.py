"""Pages of Markdown that a person writes and whose tables the code fills in.

A page holds its tables between two lines, `<!-- table: NAME -->` and `<!-- end -->`; `rewritten` fills them in.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

BLOCK = re.compile(
    r"^<!-- table: (?P<name>[^\n]*?) -->\n(?P<table>(?:(?!<!-- table: ).)*?)^<!-- end -->$", re.MULTILINE | re.DOTALL
)
NOTHING = "–"


class PageError(ValueError):
    """What is wrong with a page: a table that is unknown, missing, or there twice."""


def markdown(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table of Markdown, a line a row, ending in a line break.

    >>> print(markdown(("name", "range"), [("brand", "0 | 1")]), end="")
    | name | range |
    |---|---|
    | brand | 0 \\| 1 |
    """
    lines = [heads, ["---"] * len(heads), *rows]
    cells = [[" ".join(str(cell).split()).replace("|", "\\|") or NOTHING for cell in line] for line in lines]
    cells[1] = list(lines[1])
    return "".join(f"| {' | '.join(line)} |\n" if line[0] != "---" else f"|{'|'.join(line)}|\n" for line in cells)


def prose(page: str) -> str:
    """The page without its tables: what a person wrote."""
    return BLOCK.sub("", page)


def rewritten(page: str, known: Mapping[str, Callable[[], str]]) -> str:
    """The page with every table as it is made today; known: what makes each, by name, each once in the page.

    Raises PageError where a table is unknown, missing, there twice, or has no end.
    """
    there = [match["name"] for match in BLOCK.finditer(page)]
    begun = re.findall(r"^<!-- table: ([^\n]*?) -->$", page, re.MULTILINE)
    wrong = [f"table {name!r} is unknown" for name in begun if name not in known]
    wrong += [f"table {name!r} has no end" for name in begun if name not in there]
    wrong += [f"table {name!r} is there {begun.count(name)} times" for name in known if begun.count(name) > 1]
    wrong += [f"table {name!r} is missing" for name in known if name not in begun]
    if wrong:
        raise PageError("; ".join(wrong))
    return BLOCK.sub(lambda match: f"<!-- table: {match['name']} -->\n{known[match['name']]()}<!-- end -->", page)


def stale(page: str, known: Mapping[str, Callable[[], str]]) -> list[str]:
    """Names of the tables of a page that are not as they are made today. Raises PageError as `rewritten` does."""
    now = {match["name"]: match["table"] for match in BLOCK.finditer(rewritten(page, known))}
    return [match["name"] for match in BLOCK.finditer(page) if match["table"] != now[match["name"]]]
