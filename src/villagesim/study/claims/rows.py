"""The claims of the paper as declared: an experiment file with a table a claim, read and checked."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from villagesim.levers import BY_NAME
from villagesim.mechanisms import Parameters
from villagesim.scenario import Scenario, changed, digest, load
from villagesim.scenario_sections import SETTINGS
from villagesim.scenario_text import Place, flat, nearest, read as read_toml, shown
from villagesim.study import measure
from villagesim.study.budgets import budget
from villagesim.study.budgets.mixes import CARRIERS
from villagesim.study.calibration import ensembles
from villagesim.study.claims import pathways as claim_pathways
from villagesim.study.claims.pathways import Pathways
from villagesim.study.measure import Measure

PAIRED, DIFFERENCES, BY_TYPE, HOLDS_LEVELS, PATHWAYS = (
    "paired", "difference of differences", "by type", "levels", "pathways")
# The programmes that a design compares, each with its weight in the effect; `types` and `levels` add theirs.
WEIGHTS = {
    PAIRED: {"base": -1.0, "other": 1.0},
    DIFFERENCES: {"base": -1.0, "other": 1.0, "elsewhere_base": 1.0, "elsewhere_other": -1.0},
    BY_TYPE: {},
    HOLDS_LEVELS: {"base": 1.0},
    PATHWAYS: claim_pathways.weights(),
}
# Between the content and the money [yuan/household/year] in the name of an arm that is scaled to a sum.
PAID = "@"
HEAD = ("title", "scenarios", "replicates", "set")
REQUIRED = ("says", "asks", "rests_on", "measure", "expect")
OPTIONAL = ("design", "base", "other", "elsewhere_base", "elsewhere_other", "types", "mixes", "levels", "arms",
            "also", "carriers")


class Laid(NamedTuple):
    """The folder of the claims' scenarios, and what is laid under each (a member of an ensemble) and over it."""

    folder: Path
    member: Mapping[str, float]
    changes: Mapping[str, Any]


class Target(NamedTuple):
    """A published level, and how far from it still counts as reproduced."""

    measure: Measure
    target: float
    tolerance: float


@dataclass(frozen=True)
class Claim:
    """A claim as declared. The effect is the sum of `arms` (scenarios by role) times `weights`; `extra` is reported,
    and so are the other mixes of `pathways`."""

    id: str
    says: str
    asks: str
    mechanism: str
    parameters: tuple[str, ...]
    levers: tuple[str, ...]
    design: str
    arms: dict[str, Scenario]
    weights: dict[str, float]
    extra: dict[str, Scenario]
    pathways: Pathways | None
    types: tuple[str, ...]
    mixes: tuple[str, ...]
    levels: tuple[Target, ...]
    measure: Measure
    also: tuple[Measure, ...]
    direction: int
    smallest: float
    because: str
    replicates: int


def read(path: str | Path, member: Mapping[str, float] = MappingProxyType({})) -> list[Claim]:
    """The claims in a TOML file, in order. Raises ScenarioError, one line, for whatever is wrong with it.

    member: values by dotted keys laid under all scenarios; a key that a scenario's file or an arm sets keeps its value.
    """
    path = Path(path)
    values = read_toml(path)
    for key in HEAD:
        if key not in values:
            raise Place(str(path), key).problem("is missing")
    _, folder, replicates, changes = (values.pop(key) for key in HEAD)
    laid = Laid(path.parent / folder, member, changes)
    return [_claim(path, laid, name, row, replicates) for name, row in values.items()]


def _claim(path: Path, laid: Laid, name: str, row: dict[str, Any], replicates: int) -> Claim:
    """One table of the file, checked."""
    place = Place(str(path), name)
    for key in row:
        if key not in REQUIRED + OPTIONAL:
            known = REQUIRED + OPTIONAL
            raise place.problem(f"says {key}, which is not known", ", ".join(known), nearest(key, known))
    for key in REQUIRED:
        if key not in row:
            raise place.problem(f"says no {key}")
    design = row.get("design", PAIRED)
    if design not in WEIGHTS:
        raise place.problem(f"has design {shown(design)}", ", ".join(WEIGHTS))
    types, mixes = tuple(row.get("types", ())), tuple(row.get("mixes", {}))
    weights = dict(WEIGHTS[design])
    asked = _pathways(place, laid, row) if design == PATHWAYS else None
    said = {role: row[role] for role in weights if role in row}
    for kind in types:
        said |= {f"{mix} in {kind}": _there(arm, kind) for mix, arm in row["mixes"].items()}
    for role in weights if asked is None else ():
        if role not in said:
            raise place.problem(f"says no {role}", ", ".join(weights))
    rests, expect = row["rests_on"], row["expect"]
    _check_rests(place, rests)
    last = laid.changes["run.months"]
    targets = [Target(measure.read(place, {"months": row["measure"].get("months")} | _of_level(level), last),
                      level["target"], level["tolerance"]) for level in row.get("levels", ())]
    if expect["direction"] not in (-1, 1) or not expect["smallest"] > 0:
        raise place.problem("expects no direction and size", "direction 1 or -1, smallest above 0")
    return Claim(
        id=name, says=row["says"], asks=row["asks"], mechanism=rests["file"], parameters=tuple(rests["parameters"]),
        levers=tuple(rests["levers"]), design=design, weights=weights, types=types, mixes=mixes, levels=tuple(targets),
        arms={role: _arm(laid, arm) for role, arm in said.items()} if asked is None else {
            role: _named(arm) for role, arm in claim_pathways.of_verdict(asked).items()},
        pathways=asked,
        extra={role: _arm(laid, arm) for role, arm in row.get("arms", {}).items()},
        measure=measure.read(place, row["measure"], last),
        also=tuple(measure.read(place, one, last) for one in row.get("also", ())),
        direction=expect["direction"], smallest=float(expect["smallest"]), because=expect["because"],
        replicates=replicates,
    )


def _pathways(place: Place, laid: Laid, row: dict[str, Any]) -> Pathways:
    """What a claim of design `pathways` says: the base, and who may hold the posts, the verdict's carrier first."""
    if "base" not in row:
        raise place.problem("says no base", "a scenario without any lever of a pathway")
    carriers = tuple(row.get("carriers", CARRIERS))
    if not carriers or not set(carriers) <= set(CARRIERS):
        raise place.problem(f"has carriers {carriers}", ", ".join(CARRIERS))
    return Pathways(_arm(laid, row["base"]), laid.folder, carriers)


def _of_level(level: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in level.items() if key in measure.KEYS}


def _check_rests(place: Place, rests: dict[str, Any]) -> None:
    """Whether mechanism file, parameters and levers exist."""
    if not files("villagesim.mechanisms").joinpath(f"{rests['file']}.py").is_file():
        raise place.problem(f"rests on {shown(rests['file'])}, which is no mechanism file")
    for dotted in rests["parameters"]:
        section, _, last = dotted.partition(".")
        kinds = SETTINGS | {name: type(group) for name, group in zip(Parameters._fields, Parameters(), strict=True)}
        if section not in kinds or last not in kinds[section]._fields:
            raise place.problem(f"rests on {shown(dotted)}, which is no parameter")
    for name in rests["levers"]:
        if name not in BY_NAME:
            raise place.problem(f"rests on {shown(name)}, which is no lever", near=nearest(name, BY_NAME))


def _arm(laid: Laid, said: dict[str, Any]) -> Scenario:
    """A scenario file, the setting of another laid over it, and changes; named by its content, so that it runs once.

    One that is to cost so many yuan a household and year is scaled to that sum as it is run, and what such a plan was
    found to leave unspent goes out as cash beside it: see `paid`.
    """
    where = flat(read_toml(laid.folder / said["where"])) if "where" in said else {}
    settings = {key: value for key, value in where.items() if key != "title"}
    file = laid.folder / said["scenario"]
    own = ensembles.set_in(file) if laid.member else frozenset()
    under = {key: value for key, value in laid.member.items() if key not in own}
    found = changed(load(file), under | laid.changes | settings | flat(said.get("set", {})))
    yuan = said.get("yuan")
    return _named(found) if yuan is None else dataclasses.replace(
        found, name=f"{digest(found)[:16]}{PAID}{yuan:g}+{said.get('unspent', 0):g}")


def _there(arm: dict[str, Any], kind: str) -> dict[str, Any]:
    """A mix in one kind of village: `unspent` says a sum for each of them."""
    return arm | {"where": kind} | ({"unspent": arm["unspent"][kind.removesuffix(".toml")]} if "unspent" in arm else {})


def _named(scenario: Scenario) -> Scenario:
    return dataclasses.replace(scenario, name=digest(scenario)[:16])


def paid(arm: Scenario) -> Scenario:
    """The arm as it is run: where its name says a sum, the mix scaled to it, what it can't use as cash."""
    yuan, _, unspent = arm.name.partition(PAID)[2].partition("+")
    if not yuan:
        return arm
    scaled = budget.at_sum(arm, float(yuan) * budget.households(arm)).scenario
    return dataclasses.replace(budget.with_monthly_cash(scaled, float(unspent) / budget.MONTHS), name=arm.name)
