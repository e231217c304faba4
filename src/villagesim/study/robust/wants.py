"""What a study wants of its outcomes, as its file says it, as thresholds."""

from collections.abc import Sequence
from typing import Any

from villagesim.scenario_text import Place, nearest, shown
from villagesim.study.factors import LARGEST
from villagesim.study.robust.robustness import Threshold

KEYS = ("outcome", "at_least", "at_most")
ALLOWED = "a list of tables such as {outcome = \"adoption\", at_least = 0.1}"


def read(place: Place, wants: Sequence[Any], columns: Sequence[str]) -> tuple[Threshold, ...]:
    """The thresholds that a file names, of outcomes that the study measures. Raises ScenarioError, one line."""
    return tuple(_threshold(place, one, columns) for one in wants)


def _threshold(place: Place, said: Any, columns: Sequence[str]) -> Threshold:
    if not isinstance(said, dict) or not set(said) <= set(KEYS) or len(said) != 2 or "outcome" not in said:
        raise place.problem(f"is {shown(said)}", ALLOWED + " (at_least or at_most)")
    outcome = said["outcome"]
    if outcome not in columns:
        raise place.problem(f"wants {shown(outcome)}, which the study does not measure", ", ".join(columns),
                            nearest(str(outcome), columns))
    sense = ">=" if "at_least" in said else "<="
    value = said.get("at_least", said.get("at_most"))
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST < value < LARGEST:
        raise place.problem(f"wants {shown(value)}", "a number")
    return Threshold(outcome, sense, float(value))
