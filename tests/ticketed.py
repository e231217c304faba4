"""The command with runs that wait for a ticket: a file in $VILLAGESIM_TICKETS, which the run that takes it removes.

Processes that are spawned import the main file anew, so what is changed here is changed in them too.
"""

import os
import time
from pathlib import Path

from villagesim import cli
from villagesim.study import batch

TICKETS = Path(os.environ["VILLAGESIM_TICKETS"])
_run = batch.run


def _taken() -> bool:
    for ticket in list(TICKETS.iterdir()):
        try:
            ticket.unlink()
        except FileNotFoundError:
            continue
        return True
    return False


def _run_with_ticket(*given):
    while not _taken():
        time.sleep(0.01)
    return _run(*given)


batch.run = _run_with_ticket

if __name__ == "__main__":
    cli.app()
