"""Hashes of a county's tables, month by month; as a script it prints them, for what needs a process of its own."""

import hashlib
import json
import sys

from villagesim.engine import run
from villagesim.scenario import Scenario
from villagesim.tables import World


def of_world(world: World) -> str:
    """One hash of every column of every table."""
    digest = hashlib.sha256()
    for table in world:
        for column in table:
            digest.update(column.dtype.str.encode() + column.tobytes())
    return digest.hexdigest()


def by_month(scenario: Scenario, seed: int, engine: str) -> list[str]:
    """The hash of every month of a run."""
    hashes: list[str] = []
    run(scenario, seed, engine, lambda month, world: hashes.append(of_world(world)))
    return hashes


if __name__ == "__main__":
    from conftest import small

    seed, engine, *names = sys.argv[1:]
    print(json.dumps({name: by_month(small(name), int(seed), engine) for name in names}))
