"""The evidence map: each number of the model, where it comes from, the targets that pin it, and what they left of it.

As one table of all numbers (`csv_text`), and as the tables of a page on the calibration that a person wrote (`tables`).
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from io import StringIO
from math import exp, isnan
from typing import Any, NamedTuple

from villagesim import evidence
from villagesim.catalogue import Entry, settable
from villagesim.report.pages import NOTHING, markdown
from villagesim.scenario_text import Place
from villagesim.study.fieldwork import innovations

CALIBRATED = ("q05", "median", "q95", "pinned")
COLUMNS = ("key", "value", "unit", "low", "high", "plausible_low", "plausible_high", "grade", "source", "measured",
           "targets", "moved", *CALIBRATED)


class Left(NamedTuple):
    """What the targets left of a number: median and 90 % interval, its unit; pinned: the share that they took away."""

    q05: float
    median: float
    q95: float
    pinned: float


class Known(NamedTuple):
    """A number, by how many widths of their intervals it moves the targets that pin it (None: it was not measured over
    its range), and what the shipped ensemble left of it, if it was varied."""

    entry: Entry
    moved: dict[str, float] | None
    left: Left | None

    @property
    def targets(self) -> str:
        """The targets that pin it and how far each moves, in words.

        >>> Known(None, {"T7": 0.512, "T15": -1.25}, None).targets
        'T7 (0.51), T15 (-1.2)'
        """
        return ", ".join(f"{target} ({moved:.2g})" for target, moved in (self.moved or {}).items())


def known() -> Iterator[Known]:
    """Every number that a scenario can set. Raises ValueError, one line, where no ensemble is shipped."""
    moved, left = {(one.parameter, one.low, one.high): one.moved for one in evidence.pins()}, intervals()
    for entry in settable():
        yield Known(entry, moved.get((entry.key, *entry.ends)), left.get(entry.key))


def intervals() -> dict[str, Left]:
    """What the shipped ensemble left of each number that it varies."""
    return {key: Left(row["interval"][0], row["median"], row["interval"][1], row["pinned"])
            for key, row in evidence.ensemble().about["region"].items()}


def csv_text() -> str:
    """The map as CSV, a row a number, COLUMNS; what there is none of is empty."""
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for one in known():
        entry, moved = one.entry, one.moved or {}
        table.writerow([entry.key, _shown(entry.default), entry.unit, _shown(entry.low), _shown(entry.high),
                        *map(_shown, entry.ends), entry.grade, entry.source, "no" if one.moved is None else "yes",
                        " ".join(moved),
                        " ".join(f"{width:.3g}" for width in moved.values()),
                        *(f"{value:.4g}" for value in one.left or ()), *([] if one.left else [""] * len(CALIBRATED))])
    return text.getvalue()


def between(left: Left, unit: str) -> str:
    """The median and the interval in words.

    >>> between(Left(-1730.4, 504.31, 4244.2, 0.3), "yuan/year")
    '504 (-1730 to 4240) yuan/year'
    """
    return f"{_three(left.median)} ({_three(left.q05)} to {_three(left.q95)}) {unit}"


def region(name: str) -> str:
    """The numbers of a calibration beside the ensemble's: what they mean, value, range varied over, what is left."""
    region = evidence.region(name)["region"]
    meant = {key: innovations.declared(Place(f"{name}.toml", key), key)[1].meaning for key in region}
    heads = ("number", "what it is", "unit", "value", "varied over", "fitting", "median", "90 % interval", "pinned",
             "found again")
    return markdown(heads, (
        (f"`{key}`", meant[key], one["unit"], _shown(one["usual"]),
         " to ".join(map(_three, one["varied"])), _three(one["fitting"]), _three(one["median"]),
         " to ".join(map(_three, one["interval"])), f"{100 * one['pinned']:.0f} %", _percent(one["recovered"]))
        for key, one in region.items()))


def calibrated() -> str:
    """The numbers that were fitted: what they mean, usual value, range varied over, what is left, how much that is."""
    heads = ("number", "what it is", "unit", "usual", "varied over", "fitting", "median", "90 % interval", "pinned",
             "found again", "pinned by")
    region = evidence.ensemble().about["region"]
    return markdown(heads, (
        (f"`{one.entry.key}`", one.entry.meaning, one.entry.unit, _shown(one.entry.default),
         " to ".join(map(_three, region[one.entry.key]["varied"])), _three(region[one.entry.key]["fitting"]),
         _three(one.left.median),
         f"{_three(one.left.q05)} to {_three(one.left.q95)}", f"{100 * one.left.pinned:.0f} %",
         _percent(region[one.entry.key].get("recovered")), one.targets or NOTHING)
        for one in known() if one.left))


def fitted(about: dict[str, Any]) -> str:
    """The targets aimed at: what is published, the middle of it, what the form may be off, whether it was reached."""
    aims, targets = about["aims"], {one.id: one for one in evidence.targets()}
    heads = ("target", "what", "published", "aimed at", "unit", "form may be off by", "reached", "emulator: inside",
             "R²")
    emulators = about.get("emulators", {})
    return markdown(heads, (
        (name, targets[name].what, _published(targets[name]), _three(exp(how["value"]) if how["log"] else how["value"]),
         targets[name].unit, f"{how['discrepancy']:.3g}" + (" (of its logarithm)" if how["log"] else ""),
         "yes" if how["reached"] else "no", _percent(emulators.get(name, {}).get("inside")),
         f"{emulators[name]['r2']:.2f}" if name in emulators and how["reached"] else NOTHING)
        for name, how in aims.items()))


def aside() -> str:
    """The targets that were not aimed at: those kept aside, and those that may be fitted and were not."""
    made_so = [evidence.ensemble().about, *map(evidence.region, evidence.REGIONS)]
    aims = {name for about in made_so for name in about["aims"]}
    said = {evidence.VALIDATE: "kept aside, never fitted", evidence.CALIBRATE: "not aimed at this time"}
    return markdown(("target", "what", "published", "unit", "why not"), (
        (one.id, one.what, _published(one), one.unit,
         f"not modelled: {one.not_modelled}" if one.not_modelled else said[one.role])
        for one in sorted(evidence.targets(), key=lambda one: one.role, reverse=True) if one.id not in aims))


def made(about: dict[str, Any]) -> str:
    """How a calibration was made, in numbers."""
    quick = " --quick" if about["quick"] else ""
    return markdown(("what", "how much"), (
        ("made by", f"`villagesim calibrate experiments/{about['name']}.toml{quick} --ship`"),
        ("the model (`villagesim.sources.model`)", about["model"]),
        ("numbers that vary", len(about["region"])),
        ("waves, points each, runs of a point", f"{about['waves']}, {about['points']}, {about['replicates']}"),
        ("standard deviations off from which a point is ruled out", f"{about['cutoff']:g}"),
        ("targets that a point may miss", about["may_miss"]),
        ("left of the volume varied over", f"{100 * about['left']:.3g} %"),
        ("runs over what is left", about["final"]),
        ("factor on the errors, so that enough of these runs count", f"{about['widened']:.3g}"),
        ("runs that they count as", f"{about['effective_runs']:.3g}"),
        ("runs that they would count as without it", f"{about['unwidened_runs']:.3g}"),
        ("members, different ones among them", f"{about['members']}, {about['distinct_members']}"),
        ("out of reach of every point", ", ".join(about["out_of_reach"]) or NOTHING)))


def tables() -> dict[str, Callable[[], str]]:
    """The tables of the page on the calibration, by name."""
    ensemble = evidence.ensemble().about
    found = {"calibrated": calibrated, "fitted": partial(fitted, ensemble), "aside": aside,
             "made": partial(made, ensemble)}
    for name in evidence.REGIONS:
        about = evidence.region(name)
        found |= {name: partial(region, name), f"{name}-fitted": partial(fitted, about),
                  f"{name}-made": partial(made, about)}
    return found


def free(numbers: Iterable[Known], grade: str) -> list[Known]:
    """The numbers of that grade that were measured, and that no target pins."""
    return [one for one in numbers if one.moved == {} and one.entry.grade == grade]


def _published(one: evidence.Target) -> str:
    low, high = one.range
    return one.direction or f"{one.value:.4g} ({low:.4g} to {high:.4g})"


def _percent(share: float | None) -> str:
    return NOTHING if share is None or isnan(share) else f"{100 * share:.0f} %"


def _three(value: float) -> str:
    """A number to three digits."""
    return f"{float(f'{value:.3g}'):g}"


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
