"""What a calibration aims at: published targets that may be fitted, each with its error and the model's own."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from villagesim.evidence import CALIBRATE, Target, targets
from villagesim.scenario_text import Place, nearest, shown
from villagesim.study.calibration.matching import Aim
from villagesim.study.factors import LARGEST

KEYS = {"discrepancy": "a share of the interval's middle, or of 1 for a logarithm, more than 0 and finite"}


class KeptAsideError(ValueError):
    """A target that is kept aside for validation was about to be fitted."""


class NoEvidenceError(ValueError):
    """A target was to be fitted that no simulated evidence gives."""


def aim_of(one: Target, discrepancy: float) -> Aim:
    """The aim of a target. discrepancy: what the model's form may be off, as a share of the middle that is aimed at.

    The interval that a model value is held against is taken for two standard deviations either way, its middle for the
    value; of a target whose scale is the logarithm, both ends' logarithms. Raises KeptAsideError for a target that is
    not there to be fitted.
    """
    if one.role != CALIBRATE:
        raise KeptAsideError(f"{one.id} is kept aside to validate and is never fitted")
    low, high = one.range
    if one.logarithmic:
        low, high = np.log([low, high])
        return Aim(one.id, float(low + high) / 2, float(high - low) / 4, discrepancy, True)
    middle = (low + high) / 2
    return Aim(one.id, middle, (high - low) / 4, discrepancy * abs(middle))


def read_aims(file: str, said: Mapping[str, Any], discrepancy: float) -> tuple[Aim, ...]:
    """The aims that a calibration's file names, {} or a table of KEYS each. Raises ScenarioError, one line."""
    known = {one.id: one for one in targets()}
    fitted = [name for name, one in known.items() if one.role == CALIBRATE and not one.not_modelled]
    found = []
    for name, how in said.items():
        place = Place(file, f"targets.{name}")
        if name not in known:
            raise place.problem("is no target", ", ".join(fitted) + " (in quotes where there is a dot)",
                                nearest(name, fitted))
        if known[name].role != CALIBRATE:
            raise place.problem("is kept aside to validate and is never fitted", ", ".join(fitted))
        if known[name].not_modelled:
            raise place.problem("is not modelled", ", ".join(fitted))
        if not isinstance(how, Mapping):
            raise place.problem(f"is {shown(how)}", "{} or a table such as {discrepancy = 0.2}")
        for key, value in how.items():
            if key not in KEYS:
                raise place.problem(f"says {key}, which is not known", ", ".join(KEYS), nearest(key, KEYS))
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < LARGEST:
                raise place.problem(f"says {key} {shown(value)}", KEYS[key])
        found.append(aim_of(known[name], float(how.get("discrepancy", discrepancy))))
    if not found:
        raise Place(file, "targets").problem("is missing or empty", "a table of targets, such as \"T13\" = {}")
    return tuple(found)
