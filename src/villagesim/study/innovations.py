"""An innovation as a file: what it costs and brings, how it is taught, and what of a county's scenario it changes.

The file is laid over any scenario, as a village setting is: its sections `world`, `outside`, `run`, `parameters`,
`levers` and `county` are a scenario's; `innovation` and `sessions` are its own. Two ship with the evidence.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from villagesim import evidence
from villagesim.declare import Quantity
from villagesim.mechanisms.innovation import InnovationParameters
from villagesim.scenario import Scenario, changed
from villagesim.scenario_sections import settings_of
from villagesim.scenario_text import Document, Place, flat, read

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


def read_innovation(path: str | Path) -> Innovation:
    """The innovation in a TOML file. Raises ScenarioError, one line: file, key, what is wrong, what is allowed."""
    path = Path(path)
    values = read(path)
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


@cache
def shipped(name: str) -> Innovation:
    """One of the innovations that come with the evidence, by name: SHIPPED."""
    with as_file(files(evidence) / f"{name}.toml") as path:
        return read_innovation(path)
