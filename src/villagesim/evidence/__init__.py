"""What the model answers to: published quantities as data, each with source, estimator, role and confidence.

And what they leave of the model's uncertain numbers: the ensemble that a calibration shipped.
"""

import csv
import json
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

CALIBRATE, VALIDATE = "calibrate", "validate"
# Calibrations beside the ensemble's: what they leave of their numbers is told.
REGIONS = ("networks", "insurance", "seed_corn")
ENSEMBLE, MADE, PINS = "ensemble.csv", "ensemble.json", "pins.csv"
PIN_COLUMNS = ("parameter", "low", "high", "target", "moved", "model", "series")


class Target(BaseModel):
    """One published number: its value with a standard error, or with the range that its sources span and why.

    scale: a ratio is aimed at, and averaged over counties, by its logarithm. direction_only: nothing is published but
    that it lies above or below 0; its value and the far end of its range are judgement. not_modelled: why the model has
    nothing to hold against it (empty where it has).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[TV]\d+(\.[a-z]+)?$")
    what: str = Field(min_length=10)
    value: float
    se: float | None = Field(default=None, gt=0)
    low: float | None = None
    high: float | None = None
    because: str = ""
    unit: str = Field(min_length=1)
    year: str
    source: str = Field(min_length=10)
    estimator: str
    role: Literal["calibrate", "validate"]
    confidence: Literal["recomputed", "read"]
    scale: Literal["linear", "log"] = "linear"
    direction_only: bool = False
    not_modelled: str = ""

    @model_validator(mode="after")
    def _has_one_tolerance(self) -> "Target":
        ranged = self.low is not None and self.high is not None
        if ranged == (self.se is not None):
            raise ValueError(f"{self.id}: a standard error, or low and high, and not both")
        if ranged and not (self.low <= self.value <= self.high and self.because):
            raise ValueError(f"{self.id}: the range must hold the value and say whose spread it is")
        if self.direction_only and (not ranged or 0 not in self.range):
            raise ValueError(f"{self.id}: a direction is a range that begins or ends at 0")
        if self.logarithmic and not self.range[0] > 0:
            raise ValueError(f"{self.id}: a logarithm needs a range above 0")
        return self

    @property
    def logarithmic(self) -> bool:
        """Whether it is aimed at, and averaged, by its logarithm."""
        return self.scale == "log"

    @property
    def direction(self) -> str:
        """What is published of a target of which the direction alone is; empty for all others."""
        return ("above 0" if self.range[0] == 0 else "below 0") if self.direction_only else ""

    @property
    def range(self) -> tuple[float, float]:
        """The interval that a model value is held against: two standard errors either way, or low and high."""
        return (self.value - 2 * self.se, self.value + 2 * self.se) if self.se is not None else (self.low, self.high)


class Pinned(NamedTuple):
    """A number of the model (its key in a scenario file) that was asked which targets know of it.

    low, high: the ends that were compared [the number's unit]. moved: by target, how far it moves from end to end, in
    widths of its published interval; empty where none does. model, series: which were asked, as `sources` marks them.
    """

    parameter: str
    low: float
    high: float
    moved: dict[str, float]
    model: str
    series: str


@cache
def pins() -> tuple[Pinned, ...]:
    """Every number that was measured, as `villagesim pins --ship` wrote them; what is not named was not measured."""
    return read_pins(folder() / PINS)


def read_pins(file: Path) -> tuple[Pinned, ...]:
    """The numbers in such a file: a row a number and target, a row without target where none knows of the number."""
    found: dict[str, Pinned] = {}
    with file.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            one = found.setdefault(row["parameter"], Pinned(
                row["parameter"], float(row["low"]), float(row["high"]), {}, row["model"],
                row["series"]))
            if row["target"]:
                one.moved[row["target"]] = float(row["moved"])
    return tuple(found.values())


def write_pins(pinned: Iterable[Pinned], file: Path) -> None:
    """Write such a file, by the names of the numbers."""
    rows = [",".join(PIN_COLUMNS)]
    for one in sorted(pinned):
        asked = f"{one.parameter},{one.low:.12g},{one.high:.12g}"
        made = f"{one.model},{one.series}"
        rows += [f"{asked},{target},{moved:.3g},{made}" for target, moved in one.moved.items()] or [f"{asked},,,{made}"]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")


def unanswered() -> tuple[str, ...]:
    """The targets that may be fitted and that no number which was measured moves enough."""
    named = {target for one in pins() for target in one.moved}
    return tuple(one.id for one in targets() if one.role == CALIBRATE and one.id not in named)


def cited(source: str) -> bool:
    """Whether a source is a text, a definition or a design, and not an assumption alone."""
    return not source.startswith("assumption")


@cache
def targets() -> tuple[Target, ...]:
    """All targets, in the order of their file."""
    read = tomllib.loads((files(__name__) / "targets.toml").read_text(encoding="utf-8"))
    return tuple(Target.model_validate(one) for one in read["target"])


def target(name: str) -> Target:
    """The target of that id. Raises KeyError."""
    return {one.id: one for one in targets()}[name]


class Ensemble(NamedTuple):
    """Parameter sets that count alike. rows: a mapping of dotted scenario keys to values a member. about: how made."""

    rows: tuple[dict[str, float], ...]
    about: dict[str, Any]


def region(name: str) -> dict[str, Any]:
    """How one of REGIONS was made, and what it left of each of its numbers."""
    return json.loads((folder() / f"{name}.json").read_text(encoding="utf-8"))


def folder() -> Path:
    """Where the shipped ensemble lies: this package's own folder."""
    return Path(str(files(__name__)))


def ensemble(place: Path | None = None) -> Ensemble:
    """The shipped ensemble, or the one in a folder. Raises ValueError, one line, for a file that holds none."""
    place = place or folder()
    try:
        with (place / ENSEMBLE).open(encoding="utf-8", newline="") as file:
            rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
        about = json.loads((place / MADE).read_text(encoding="utf-8"))
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(f"{place}: holds no ensemble: {error}; `villagesim calibrate FILE --ship` makes one") from None
    if not rows or not {"member", "weight"} < set(rows[0]):
        raise ValueError(f"{place / ENSEMBLE}: no members; the columns are member, weight, and dotted keys")
    return Ensemble(tuple({key: value for key, value in row.items() if key not in ("member", "weight")}
                          for row in rows), about)
