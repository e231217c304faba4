"""The command with one run that takes its process with it: the one whose content hash is in $VILLAGESIM_FATAL.

Processes that are spawned import the main file anew, so what is changed here is changed in them too.
"""

import os

from villagesim import cli
from villagesim.study import batch

_run = batch.run


def _run_or_die(task, *given):
    if task.run == os.environ["VILLAGESIM_FATAL"]:
        os._exit(1)
    return _run(task, *given)


batch.run = _run_or_die

if __name__ == "__main__":
    cli.app()
