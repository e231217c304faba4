"""What varies in a study: one scenario key, over its plausible range, a range, a list or a distribution."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from villagesim.declare import GRADES, Quantity
from villagesim.mechanisms import Parameters
from villagesim.scenario_sections import declared_at, fields_of
from villagesim.scenario_text import Place, listed, nearest, shown
from villagesim.scenario_values import allowed, code, number, plausible
from villagesim.settings import OutsideSettings, WorldSettings

# How a factor may be spread, and what must be said of it beside (or instead of) its range.
KINDS = {"uniform": (), "log": (), "triangular": ("mode",), "normal": ("mean", "sd"), "list": ("list",)}
KEYS = ("range", "list", "distribution", "mode", "mean", "sd", "structure")
SHAPES = ("mode", "mean", "sd")
SEED = "seed"
# Replicates have no order: methods that look for smooth curves, or step along a factor, can't tell their luck.
SEED_METHODS = ("sobol", "shapley", "delta", "pawn")
# No declared range comes near: beyond it lie infinity and what no float holds.
LARGEST = 1e300
# A low one and a high one.
ENDS = 2
Declares = Callable[[Place, str], tuple[type, Quantity, tuple[str, ...] | None]]


class Factor(NamedTuple):
    """A factor: its dotted key, unit, and how the unit interval maps to its values, which never fall as it rises.

    values: of a list (numbers; a word by its code). shape: mode, or mean and sd, of its distribution. structure: a
    choice between forms of the model, kept apart from uncertain numbers where variance is split.
    """

    name: str
    unit: str
    kind: str
    low: float
    high: float
    values: tuple[float, ...] = ()
    shape: tuple[float, ...] = ()
    whole: bool = False
    words: tuple[str, ...] | None = None
    structure: bool = False

    def at(self, unit: np.ndarray) -> np.ndarray:
        """Values of the factor, float64 (n,), at points of the unit interval (n,)."""
        unit = np.asarray(unit, np.float64)
        if self.kind == "list":
            place = np.minimum((unit * len(self.values)).astype(np.int64), len(self.values) - 1)
            return np.array(self.values, np.float64)[place]
        if self.whole:
            return np.minimum(self.low + np.floor(unit * (self.high - self.low + 1.0)), self.high)
        if self.kind == "uniform":
            return self.low + unit * (self.high - self.low)
        if self.kind == "log":
            return self.low * (self.high / self.low) ** unit
        return np.clip(self._distribution().ppf(unit), self.low, self.high)

    def place_of(self, value: float) -> float:
        """Where on the unit interval a value lies; an end for what lies outside the range."""
        grid = np.linspace(0.0, 1.0, 4097)
        return float(np.interp(value, self.at(grid), grid))

    def typed(self, value: float) -> int | float:
        """A value as the scenario holds it: a whole number where it counts."""
        return int(value) if self.whole else float(value)

    def said(self, value: float) -> int | float | str:
        """A value as a file would write it: a code as its word."""
        return self.words[int(value)] if self.words else self.typed(value)

    def _distribution(self) -> Any:
        from scipy import stats

        low, wide = self.low, self.high - self.low
        if self.kind == "triangular":
            return stats.triang((self.shape[0] - low) / wide, low, wide)
        mean, sd = self.shape
        return stats.truncnorm((low - mean) / sd, (self.high - mean) / sd, mean, sd)


def value_at(scenario: Any, dotted: str) -> float:
    """A number of a scenario by its dotted key."""
    for part in dotted.split("."):
        scenario = getattr(scenario, part)
    return float(scenario)


def read(place: Place, name: str, said: Any, declared: Declares = declared_at) -> Factor:
    """A factor as a study file says it: {} for its plausible range, or a table of KEYS. Raises ScenarioError.

    declared: type, quantity and words of what a dotted key sets.
    """
    if name.split(".")[0] == "run":
        raise place.problem("is no factor", "keys of the model and the county; the study itself says seed, "
                            "seed_is_a_factor, replicates and months, and `set` the spin-up")
    kind, quantity, words = declared(place, name)
    said = {"list": said} if isinstance(said, list) else said
    if not isinstance(said, Mapping):
        raise place.problem(f"is {shown(said)}", "a list of values, or a table such as {range = [0.1, 0.4]}; {} takes "
                            f"the plausible range, {plausible(quantity)}")
    for key in said:
        if key not in KEYS:
            raise place.problem(f"says {key}, which is not known", ", ".join(KEYS), nearest(key, KEYS))
    spread = said.get("distribution", "list" if "list" in said or words else "uniform")
    if not isinstance(spread, str) or spread not in KINDS:
        raise place.problem(f"has distribution {shown(spread)}", ", ".join(KINDS), nearest(str(spread), KINDS))
    _check_together(place, said, spread, words)
    whole, structure = kind is int, said.get("structure", words is not None)
    if not isinstance(structure, bool):
        raise place.problem(f"says structure {shown(structure)}", "true or false")
    if spread == "list":
        values = tuple(_one(place, value, kind, quantity, words) for value in _list(place, said, words))
        if len(set(values)) < len(values):
            raise place.problem("lists a value twice", "each once")
        return Factor(name, quantity.unit, "list", min(values), max(values), values, (), whole, words, structure)
    if structure:
        raise place.problem("is a structure without a list of its forms", "list = [...]")
    low, high = _range(place, said, kind, quantity)
    shape = tuple(_shape(place, key, said.get(key)) for key in KINDS[spread])
    _check(place, spread, low, high, shape)
    return Factor(name, quantity.unit, spread, low, high, (), shape, whole and spread == "uniform", None, structure)


def graded(place: Place, grades: Sequence[str]) -> list[str]:
    """Dotted keys of the numbers and forms of the model, of the county and of the world outside, of these grades.

    How large the county is stays as the scenario says, and so does the weight of craft goods, so that something is
    always grown, and what its source gives as one value. Raises ScenarioError for an unknown grade.
    """
    for grade in grades:
        if not isinstance(grade, str) or grade not in GRADES:
            raise place.problem(f"names {shown(grade)}", ", ".join(GRADES))
    kinds = {"world": WorldSettings, "outside": OutsideSettings} | {
        f"parameters.{name}": kind for name, kind in Parameters.__annotations__.items()}
    return [f"{section}.{key}" for section, kind in kinds.items() for key, field in fields_of(kind).items()
            if field.quantity.grade in grades and (section != "world" or field.type is float) and key != "craft"
            and field.quantity.ends[0] < field.quantity.ends[1]]


def seed_factor(replicates: int) -> Factor:
    """The seed as a factor: its values are the numbers of the replicates."""
    return Factor(SEED, "replicate", "list", 0, replicates - 1, tuple(range(replicates)), (), True)


def _check_together(place: Place, said: Mapping[str, Any], spread: str, words: tuple[str, ...] | None) -> None:
    """Raises ScenarioError for keys that contradict each other, or that nothing would read."""
    if "list" in said or words:
        for key in ("range", "distribution", *SHAPES):
            if key in said and (key != "distribution" or spread != "list"):
                raise place.problem(f"says {key} " + ("beside list" if "list" in said else "of a choice of words"),
                                    "list = [...] alone" + (f", of {', '.join(words)}" if words else ""))
    for key in SHAPES:
        if key in said and key not in KINDS[spread]:
            takes = [name for name, shape in KINDS.items() if key in shape]
            raise place.problem(f"says {key}, which distribution {spread} does not read",
                                f"{key} with distribution {' or '.join(takes)}")


def _list(place: Place, said: Mapping[str, Any], words: tuple[str, ...] | None) -> list[Any]:
    values = said.get("list", list(words or ()))
    if not isinstance(values, list) or not values:
        raise place.problem("lists " + ("nothing" if values == [] else shown(values)), "a list of values")
    return values


def _one(place: Place, value: Any, kind: type, quantity: Quantity, words: tuple[str, ...] | None) -> float:
    """One value in its declared range; a word as its code."""
    return float(code(place, value, words)) if words else float(number(place, value, kind, quantity))


def _shape(place: Place, key: str, value: Any) -> float:
    """What a distribution needs besides its range."""
    if value is None:
        raise place.problem(f"says no {key}", f"{key} = a number")
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST < value < LARGEST:
        raise place.problem(f"says {key} {shown(value)}", "a number")
    return float(value)


def _range(place: Place, said: Mapping[str, Any], kind: type, quantity: Quantity) -> tuple[float, float]:
    """The range said, or the plausible one."""
    ends = said.get("range", list(quantity.ends))
    if "range" not in said and ends[0] == ends[1]:
        raise place.problem(f"is {plausible(quantity)} by its source",
                            f"a range of your own, within {allowed(quantity)}")
    says = f"[low, high] within {allowed(quantity)}"
    if not isinstance(ends, list):
        raise place.problem(f"has range {shown(ends)}, which is no list", says)
    if len(ends) != ENDS:
        raise place.problem(f"has range {listed(ends)}, a list of {len(ends)}", says)
    low, high = (_one(place, end, kind, quantity, None) for end in ends)
    if not low < high:
        raise place.problem(f"has range {listed(ends)}, whose low end is not below its high end", says)
    return low, high


def _check(place: Place, spread: str, low: float, high: float, shape: tuple[float, ...]) -> None:
    """Raises ScenarioError for a distribution that does not exist on the range."""
    if spread == "log" and low <= 0:
        raise place.problem(f"is spread in the logarithm from {low:g}", "a range above 0")
    if spread == "triangular" and not low <= shape[0] <= high:
        raise place.problem(f"has mode {shape[0]:g}", f"{low:g} to {high:g}")
    if spread == "normal" and not low <= shape[0] <= high:
        raise place.problem(f"has mean {shape[0]:g}", f"{low:g} to {high:g}")
    if spread == "normal" and not shape[1] > 0:
        raise place.problem(f"has sd {shape[1]:g}", "more than 0")
