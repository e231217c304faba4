"""What the model answers to: published quantities as data, each with source, estimator, role and confidence."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

CALIBRATE, VALIDATE = "calibrate", "validate"


class Target(BaseModel):
    """One published number: its value with a standard error, or with the range that its sources span and why."""

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

    @model_validator(mode="after")
    def _has_one_tolerance(self) -> "Target":
        ranged = self.low is not None and self.high is not None
        if ranged == (self.se is not None):
            raise ValueError(f"{self.id}: a standard error, or low and high, and not both")
        if ranged and not (self.low <= self.value <= self.high and self.because):
            raise ValueError(f"{self.id}: the range must hold the value and say whose spread it is")
        return self

    @property
    def range(self) -> tuple[float, float]:
        """The interval that a model value is held against: two standard errors either way, or low and high."""
        return (self.value - 2 * self.se, self.value + 2 * self.se) if self.se is not None else (self.low, self.high)


class Pin(BaseModel):
    """A number of the model (its key in a scenario file), the targets that pin it, and why they do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parameter: str = Field(pattern=r"^[a-z]+(\.[a-z_]+){1,2}$")
    targets: tuple[str, ...] = Field(min_length=1)
    why: str = Field(min_length=10)


@cache
def pins() -> tuple[Pin, ...]:
    """Which numbers are pinned, and by which targets; what is not named is pinned by nothing."""
    read = tomllib.loads((files(__name__) / "pins.toml").read_text(encoding="utf-8"))
    return tuple(Pin.model_validate(one) for one in read["pin"])


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
