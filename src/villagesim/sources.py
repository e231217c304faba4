"""Which source files can change a run, under one hash: it names every run and every checkpoint."""

import hashlib
from functools import cache
from pathlib import Path

# A figure, a study or a command changes nothing in a run; all other source files may.
AFTERWARDS = ("figures", "study", "report", "app", "catalogue.py", "scenario_new.py", "verbs.py", "evidence",
              "country.py")
COMMANDS = "cli"
SERIES = ("evidence", "series")


@cache
def sources() -> str:
    """16 hex digits: the source files that can change a run's tables, the published series among them."""
    package, found = Path(__file__).parent, hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        if inside.parts[0] not in AFTERWARDS and not inside.parts[0].startswith(COMMANDS):
            found.update(inside.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    for path in sorted(package.joinpath(*SERIES).glob("*.csv")):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:16]
