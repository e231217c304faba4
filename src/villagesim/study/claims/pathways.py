"""A claim on all four pathways: the synergy of the 2^4 factorial, by who holds the posts, at equal levers and money.

The verdict rests on the first carrier's mixes at equal levers. What the other carrier's give, what all give at equal
money, and what was really spent, is reported beside it. The synergy has weights on six of the sixteen mixes only: none,
each alone, and all four; those are run.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from villagesim.scenario import Scenario
from villagesim.study import games
from villagesim.study.budgets import mixes
from villagesim.study.budgets.mixes import BUDGETS, EQUAL_MONEY, EVERYBODY, PATHWAYS, Cell, Mix, mix_name
from villagesim.study.factorial import levelled

WEIGHTS = games.synergy_weights(len(PATHWAYS))
WEIGHED = tuple(int(pathways) for pathways in np.flatnonzero(WEIGHTS))


class Pathways(NamedTuple):
    """What a claim compares: a county without the pathways, the folder of their files, who may hold the posts."""

    base: Scenario
    folder: Path
    carriers: tuple[str, ...]


def of_verdict(asked: Pathways) -> dict[str, Scenario]:
    """The mixes that the verdict rests on, by the names of their pathways."""
    made = mixes.mixes(asked.base, asked.folder, asked.carriers[0], WEIGHED)
    return dict(zip(map(mix_name, WEIGHED), made, strict=True))


def weights() -> dict[str, float]:
    """The weight of each of these mixes in the synergy.

    >>> weights()["none"], weights()["training"]
    (3.0, -1.0)
    """
    return {mix_name(pathways): float(WEIGHTS[pathways]) for pathways in WEIGHED}


def designed(asked: Pathways) -> dict[Cell, Mix]:
    """All mixes that are reported, as planned; at equal money for what the plan of all four costs."""
    return mixes.cells(asked.base, asked.folder, asked.carriers, chosen=WEIGHED)


def run_name(claim: str, cell: Cell) -> str:
    """The name under which a mix's measures are kept."""
    return f"{claim}, {mix_name(cell.pathways)}, {cell.carrier}, {cell.budget}"


def reported(claim: str, asked: Pathways, replicates: int, folder: str | Path | None,
             workers: int | None) -> dict[str, Scenario]:
    """The mixes that are reported by `run_name`, those at equal money brought to spend alike."""
    found = levelled(designed(asked), replicates, folder, workers)
    return {run_name(claim, cell): mix.scenario for cell, mix in found.items()}


def contrasts(claim: str, asked: Pathways) -> dict[str, Mapping[str, float]]:
    """Each contrast that is reported: weights by `run_name`, by what it is.

    The synergy; what one more carrier changes of it; and, at equal money, all four less their parts, each weighted by
    its share of the money: four gains alone have cost the sum four times.
    """
    found: dict[str, Mapping[str, float]] = {}
    cells = designed(asked)
    for budget in BUDGETS:
        for carrier in asked.carriers:
            names = {pathways: run_name(claim, Cell(budget, carrier, pathways)) for pathways in WEIGHED}
            found[f"synergy, {_words(carrier)}, {budget}"] = {names[one]: float(WEIGHTS[one]) for one in WEIGHED}
            if budget == EQUAL_MONEY:
                shares = mixes.over_parts(mixes.money_shares(cells, carrier))
                found[f"all four less their parts by money, {_words(carrier)}, {budget}"] = {
                    names[one]: float(shares[one]) for one in WEIGHED if shares[one]}
            found[f"all four less none, {_words(carrier)}, {budget}"] = {names[EVERYBODY]: 1.0, names[0]: -1.0}
    return found


def _words(carrier: str) -> str:
    return carrier.replace("_", " ")
