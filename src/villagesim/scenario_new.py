"""The text of a new scenario file: what it extends, and every lever as a commented line to uncomment."""

import os
from pathlib import Path

from villagesim.levers import LEVERS, Lever
from villagesim.scenario_values import allowed

HEAD = """\
# What question does this scenario answer? Say it here in one line.
# Only what differs from the file below is written; `villagesim parameters` lists all that can be set.
title = "{title}"
extends = "{base}"

# [run]
# months = 120
# seed = 1

# [county]
# budget = 500                      # yuan/household/year
# carrier = "social_workers"        # or "contractors"
# targeting = "women_elders"        # or "open", "returnees", "need", "network"
# selection = "ready"               # or "random", "remote"
# priority = ["posts", "camp"]      # who gets money first when it is short

# Forms of the model that have a published alternative; `villagesim describe learning` says more.
# [parameters.influence]
# learning = "averaging"            # or "bayes"
# [parameters.choice]
# entry = "logit"                   # or "certainty_equivalent"
# [parameters.logistics]
# pricing = "uniform_tariff"        # or "cost_share"

# Levers: intensity, start, end, ramp (months from the end of spin-up), reach (share of villages), unit_cost.
# `levers.camp = false` switches an inherited lever off.
"""


def starting_text(file: Path, base: Path) -> str:
    """A scenario file that extends `base`, named as seen from `file`."""
    relative = Path(os.path.relpath(base, file.parent)).as_posix()
    head = HEAD.format(title=_escaped(file.stem), base=_escaped(relative))
    return head + "".join(_commented(lever) for lever in LEVERS)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _commented(lever: Lever) -> str:
    section = "shocks" if lever.pathway == "shock" else "levers"
    return (
        f"\n# [{section}.{lever.name}]  {lever.intensity.meaning}\n"
        f"# intensity = {lever.intensity.low:g}    # {allowed(lever.intensity)}\n"
    )
