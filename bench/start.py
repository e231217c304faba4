"""How long commands take to start: `--help`, and `run` on a county of 20 villages of 200 households and 120 months.

Prints seconds by the clock, the fastest of three: of `villagesim --help`; of the run; of the same run beyond importing
the libraries that it loads (those of others alone); and of a run that finds no compiled code, once. JSON goes into
results/bench-start.json.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
REPEATS = 3
RUN = ("run", str(ROOT / "scenarios" / "baseline.toml"), "--replicates", "1")
# Runs a command and writes the names of all modules that were loaded for it into a file.
COMMAND = """
import sys
from villagesim.cli import app
try:
    app(sys.argv[2:])
except SystemExit as end:
    assert not end.code, end.code
print(*sys.modules, file=open(sys.argv[1], "w"))
"""
IMPORTS = """
import importlib, sys, time
started = time.perf_counter()
for name in open(sys.argv[1]).read().split():
    if name.partition(".")[0] not in ("villagesim", "__main__"):
        try:
            importlib.import_module(name)
        except ImportError:
            pass
print(time.perf_counter() - started)
"""


def command(names: Path, *words: str, **more: str) -> float:
    """Seconds of a command in a fresh process; the modules that it loaded go into the file."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", COMMAND, str(names), *words], check=True, capture_output=True,
                   env=os.environ | more)
    return time.perf_counter() - started


def imports(names: Path) -> float:
    """Seconds that a fresh process takes to import the modules that the file names, those of villagesim left out."""
    done = subprocess.run([sys.executable, "-c", IMPORTS, str(names)], check=True, capture_output=True, text=True)
    return float(done.stdout)


def main() -> None:
    """Print the table and write it as JSON."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        names, out = folder / "names", iter(range(100))

        def run(**more: str) -> float:
            return command(names, *RUN, "--out", str(folder / str(next(out))), **more)

        told = min(command(names, "--help") for _ in range(REPEATS))
        run()
        ran = min(run() for _ in range(REPEATS))
        libraries = min(imports(names) for _ in range(REPEATS))
        cold = run(VILLAGESIM_CACHE=str(folder / "cache"))
    found = {"help": told, "run": ran, "run beyond imports": ran - libraries, "run without compiled code": cold}
    for name, seconds in found.items():
        print(f"{name:<26} {seconds:6.2f} s")
    file = ROOT / "results" / "bench-start.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
