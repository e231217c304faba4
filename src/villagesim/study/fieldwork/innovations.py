"""An innovation as a file: what it costs and brings, how it is taught, and what of a county's scenario it changes.

The file is laid over any scenario, as a village setting is: its sections `world`, `outside`, `run`, `parameters`,
`levers` and `county` are a scenario's; `innovation` and `sessions` are its own. Two ship with the evidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from villagesim import evidence
from villagesim.declare import Quantity
from villagesim.mechanisms.innovation import InnovationParameters
from villagesim.scenario import Scenario, changed
from villagesim.scenario_sections import declared_at, fields_of, settings_of
from villagesim.scenario_text import Document, Place, flat, nearest, read
from villagesim.study.factors import value_at

OWN = ("title", "innovation", "sessions")
SHIPPED = ("insurance", "seed_corn")
_FILE = "by design: said by the file of each innovation"
_CAI = "Cai, de Janvry, Sadoulet 2015"


def _share(meaning: str, source: str = _FILE, grade: str = "C") -> Quantity:
    return Quantity("share", meaning, 0.0, 1.0, source, grade)


class Sessions(NamedTuple):
    """A field experiment with sessions in two rounds: who sits when, what a session teaches, which prices are drawn."""

    first: Annotated[float, _share("households of the first round, price villages left out", _CAI, "B")] = 0.455
    untaught: Annotated[float, _share("households in simple sessions of the second round", _CAI, "B")] = 0.267
    intensive: Annotated[float, _share("households of the first round in an intensive session", _CAI, "B")] = 0.5
    simple_quality: Annotated[float, _share("teaching quality of a simple session, which all get")] = 0.5
    intensive_quality: Annotated[float, _share("teaching quality of what an intensive session adds")] = 1.0
    talk: Annotated[int, Quantity("step", "steps from the first round to the second", 1, 60, _CAI + ": three days",
        "B")] = 3
    priced: Annotated[float, _share("natural villages in which the price is drawn household by household")] = 0.1
    price_low: Annotated[float, Quantity("yuan/unit", "lowest price drawn", 0.0, 1000.0, _CAI, "B")] = 1.8
    price_high: Annotated[float, Quantity("yuan/unit", "highest price drawn", 0.0, 1000.0, _CAI, "B")] = 7.2
    prices: Annotated[int, Quantity("1", "prices drawn, evenly spaced", 2, 100, _CAI, "B")] = 7
    questions: Annotated[int, Quantity("1", "questions of the test of knowledge", 1, 100, _FILE, "C")] = 5


OWN_NUMBERS = {"innovation": InnovationParameters, "sessions": Sessions}
# What a session teaches; all else of `sessions` is whom it seats, when, and at which price.
TAUGHT = ("simple_quality", "intensive_quality")


@dataclass(frozen=True)
class Innovation:
    """An innovation that was read and checked. laid: the dotted keys that it lays over a scenario."""

    name: str
    title: str
    offered: InnovationParameters
    sessions: Sessions
    laid: dict[str, Any]

    def over(self, scenario: Scenario) -> Scenario:
        """The scenario's county in the circumstances of this innovation. Raises ScenarioError."""
        return changed(scenario, self.laid)

    def value_at(self, scenario: Scenario, dotted: str) -> float:
        """A number of the innovation laid over that scenario, by its dotted key."""
        own = {"innovation": self.offered, "sessions": self.sessions}
        section, _, key = dotted.partition(".")
        return value_at(own[section], key) if section in own else value_at(self.over(scenario), dotted)

    def varied(self, values: Mapping[str, int | float]) -> "Innovation":
        """The same with other values of some dotted keys."""
        own = {section: {key.split(".")[1]: value for key, value in values.items() if key.startswith(f"{section}.")}
               for section in OWN_NUMBERS}
        laid = {key: value for key, value in values.items() if key.split(".")[0] not in OWN_NUMBERS}
        return replace(self, offered=self.offered._replace(**own["innovation"]),
                       sessions=self.sessions._replace(**own["sessions"]), laid={**self.laid, **laid})


def read_innovation(path: str | Path) -> Innovation:
    """The innovation in a TOML file. Raises ScenarioError, one line: file, key, what is wrong, what is allowed."""
    path = Path(path)
    values = read(path)
    if "innovation" not in values:
        raise Place(str(path), "innovation").problem("is missing", "what the innovation costs and brings: [innovation]")
    document = Document(str(path), values)
    offered = settings_of(document, ("innovation",), InnovationParameters)
    sessions = settings_of(document, ("sessions",), Sessions)
    if sessions.first + sessions.untaught > 1.0:
        raise Place(str(path), "sessions.untaught").problem("and sessions.first are more than all households",
                                                            "shares that add up to 1 at most")
    if sessions.price_low >= sessions.price_high:
        raise Place(str(path), "sessions.price_high").problem("is not above sessions.price_low")
    laid = flat({key: value for key, value in values.items() if key not in OWN})
    return Innovation(path.stem, str(values.get("title", path.stem)), offered, sessions, laid)


def declared(place: Place, dotted: str) -> tuple[type, Quantity, tuple[str, ...] | None]:
    """Type, quantity and words of what a dotted key of an innovation's file sets. Raises ScenarioError for an unknown
    key, and for what is the design of its field experiment."""
    section, *inner = dotted.split(".")
    if section not in OWN_NUMBERS:
        return declared_at(place, dotted)
    fields, key = fields_of(OWN_NUMBERS[section]), ".".join(inner)
    varied = TAUGHT if section == "sessions" else tuple(fields)
    says = ", ".join(f"{section}.{name}" for name in varied)
    if key not in fields:
        raise place.problem("is not known", says, nearest(key, varied))
    if key not in varied:
        raise place.problem("is the design of the experiment, which its source says", says)
    return fields[key].type, fields[key].quantity, None


@cache
def shipped(name: str) -> Innovation:
    """One of the innovations that come with the evidence, by name: SHIPPED."""
    with as_file(files(evidence) / f"{name}.toml") as path:
        return read_innovation(path)
