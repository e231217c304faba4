"""The sections of a scenario file: each table checked key by key, into the tuple or the levers that it declares."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from villagesim.declare import Declared, Quantity, declared
from villagesim.levers import BY_NAME, LEVERS, Lever, LeverSetting
from villagesim.mechanisms import Parameters
from villagesim.scenario_text import Document, Place, ScenarioError, nearest, shown
from villagesim.scenario_values import allowed, code, number
from villagesim.settings import MIX, WORDS, CountySettings, OutsideSettings, RunSettings, WorldSettings

SETTINGS = {"run": RunSettings, "world": WorldSettings, "county": CountySettings, "outside": OutsideSettings}
SECTIONS = ("title", "extends", *SETTINGS, "parameters", "levers", "shocks")
SURVEY = ("survey_households", "survey_ties", "survey_columns", "survey_keep_good")
MOST_LISTED = 12
NEVER = "never"
EXACTLY_ONE = 1e-9
TIMING = {
    "start": (int, Quantity("month", "first month, from the end of spin-up", 0, 1200)),
    "end": (int, Quantity("month", "first month without it, from the end of spin-up", 1, 1200)),
    "ramp": (int, Quantity("month", "months over which it grows to its full intensity", 0, 600)),
    "reach": (float, Quantity("share", "share of villages reached, for what acts village by village", 0.0, 1.0)),
    "within": (float, Quantity("share", "share of a reached village's households, drawn once, that it may go to, for "
                               "what is given to single households", 0.0, 1.0)),
}


@cache
def known_keys() -> list[str]:
    """Every dotted key that sets one number or word of a scenario, levers left out."""
    settings = [f"{section}.{key}" for section, kind in SETTINGS.items() for key in fields_of(kind)]
    defaults = Parameters()
    return settings + [
        f"parameters.{mechanism}.{key}"
        for mechanism in Parameters._fields
        for key in fields_of(type(getattr(defaults, mechanism)))
    ]


def declared_at(place: Place, dotted: str) -> tuple[type, Quantity, tuple[str, ...] | None]:
    """Type, quantity and, for a code, its words, of what a dotted key sets. Raises ScenarioError for an unknown key."""
    section, *inner = dotted.split(".")
    if section == "parameters" and len(inner) == 2 and inner[0] in Parameters._fields:
        fields, key = fields_of(type(getattr(Parameters(), inner[0]))), inner[1]
    elif section in SETTINGS and len(inner) == 1:
        fields, key = fields_of(SETTINGS[section]), inner[0]
    elif section in ("levers", "shocks") and len(inner) == 2 and inner[0] in BY_NAME and (
            (BY_NAME[inner[0]].pathway == "shock") == (section == "shocks")):
        settable = lever_fields(BY_NAME[inner[0]])
        if inner[1] not in settable:
            raise place.problem("is not known", ", ".join(settable), nearest(inner[1], settable))
        return *settable[inner[1]], None
    else:
        fields, key = {}, dotted
    if key not in fields:
        known = [*known_keys(), *(f"{'shocks' if lever.pathway == 'shock' else 'levers'}.{lever.name}.intensity"
                                  for lever in LEVERS)]
        raise place.problem("is not known", "what `villagesim parameters` lists", nearest(dotted, known))
    field = fields[key]
    return field.type, field.quantity, WORDS[field.name][1] if field.name in WORDS else None


def lever_written(name: str, setting: LeverSetting) -> dict[str, Any]:
    """A lever's setting by the keys of a scenario file, without what was not said and what the lever does not have."""
    known = lever_fields(BY_NAME[name])
    return {key: value for key, value in setting._asdict().items() if value is not None and key in known}


def lever_fields(lever: Lever) -> dict[str, tuple[type, Quantity]]:
    """What may be said of a lever, by key: type and quantity."""
    fields = {"intensity": (float, lever.intensity)} | TIMING
    if not lever.reaches:
        del fields["reach"]
    if not lever.chooses:
        del fields["within"]
    if lever.pathway != "shock":
        fields["unit_cost"] = (float, lever.price)
    if lever.upkeep is not None:
        fields["maintenance"] = (float, lever.upkeep)
    return fields


def unknown(place: Place, key: str, known: Sequence[str]) -> ScenarioError:
    """The error for a name that is not known here: the nearest one, or the section where it belongs."""
    near = nearest(key, known)
    elsewhere = [dotted for dotted in known_keys() if dotted.endswith(f".{key}")]
    listed = ", ".join(known) if len(known) <= MOST_LISTED else "what `villagesim parameters` lists"
    return place.problem("is not known", listed, elsewhere[0] if elsewhere else near)


@cache
def fields_of(kind: type) -> dict[str, Declared]:
    """The declared fields of a container by the key that a scenario file uses."""
    return {WORDS[field.name][0] if field.name in WORDS else field.name: field for field in declared(kind)}


def settings_of(document: Document, keys: tuple[str, ...], kind: type, apart: tuple[str, ...] = ()) -> Any:
    """One table of numbers and words as its NamedTuple; keys in `apart` are read elsewhere."""
    fields = fields_of(kind)
    given = {}
    for key, value in document.table(*keys).items():
        place = document.place(*keys, key)
        if key in apart:
            continue
        if key not in fields:
            raise unknown(place, key, [*fields, *apart])
        field = fields[key]
        worded = field.name in WORDS
        given[field.name] = (
            field.type(code(place, value, WORDS[field.name][1]))
            if worded
            else number(place, value, field.type, field.quantity)
        )
    # Defaults are coerced as well: a whole number among the declared floats would change the compiled signature.
    return kind(*(given.get(field.name, field.type(field.default)) for field in fields.values()))


def check_mix(document: Document, county: CountySettings) -> None:
    """Raises ScenarioError where the service mix does not add up to 1."""
    total = sum(getattr(county, name) for name in MIX)
    if abs(total - 1.0) > EXACTLY_ONE:
        said = next((name for name in MIX if name in document.table("county")), MIX[0])
        place = Place(document.place("county", said).file, "county.mix_*")
        raise place.problem(f"adds up to {total:.6g}, not 1", f"{', '.join(MIX)} that add up to 1")


def check_products(document: Document, world: WorldSettings) -> None:
    """Raises ScenarioError where no kind of product is left to grow."""
    if world.fresh + world.dry + world.craft <= 0.0:
        said = next((name for name in ("fresh", "dry", "craft") if name in document.table("world")), "fresh")
        raise document.place("world", said).problem("is 0, as are all of fresh, dry, craft", "one of them above 0")


def parameters_of(document: Document) -> Parameters:
    """The parameters of every mechanism, defaults where the scenario says nothing."""
    defaults = Parameters()
    for mechanism in document.table("parameters"):
        if mechanism not in Parameters._fields:
            raise unknown(document.place("parameters", mechanism), mechanism, Parameters._fields)
    kinds = {mechanism: type(getattr(defaults, mechanism)) for mechanism in Parameters._fields}
    return Parameters(*(settings_of(document, ("parameters", name), kind) for name, kind in kinds.items()))


def levers_of(document: Document, section: str) -> dict[str, LeverSetting]:
    """The levers, or the shocks, that are switched on, in the order of the catalogue."""
    shocks = section == "shocks"
    known = [lever.name for lever in LEVERS if (lever.pathway == "shock") == shocks]
    table = document.table(section)
    for name, value in table.items():
        place = document.place(section, name)
        if name not in known and name in BY_NAME:
            word = "lever" if shocks else "shock"
            raise place.problem(f"is a {word}, not a {section[:-1]}: it belongs in [{word}s.{name}]")
        if name not in known:
            raise unknown(place, name, known)
        if value is not False and not isinstance(value, dict):
            raise place.problem(f"is {shown(value)}, not a table", f"a table [{place.key}], or false")
    settings = {name: _lever(document, section, BY_NAME[name]) for name in known if table.get(name, False) is not False}
    return {name: setting for name, setting in settings.items() if setting.intensity != 0.0}


def _lever(document: Document, section: str, lever: Lever) -> LeverSetting:
    """How the scenario uses one lever that it names."""
    here = document.place(section, lever.name)
    fields = lever_fields(lever)
    given = {}
    for key, value in document.table(section, lever.name).items():
        place = document.place(section, lever.name, key)
        if key not in fields:
            raise place.problem("is not known", ", ".join(fields), nearest(key, fields))
        given[key] = None if key == "end" and value == NEVER else _timed(place, key, value, *fields[key])
    if "intensity" not in given:
        raise here.problem("says no intensity", allowed(lever.intensity))
    setting = LeverSetting(given.pop("intensity"))._replace(**given)
    if setting.end is not None and setting.end <= setting.start:
        place = document.place(section, lever.name, "end")
        raise place.problem(f"is {setting.end}, not after start ({setting.start})", f'a later month, or "{NEVER}"')
    return setting


def _timed(place: Place, key: str, value: Any, kind: type, quantity: Quantity) -> Any:
    """A lever's number; of a word for its end, the one word that may stand there is offered."""
    if key == "end" and isinstance(value, str) and nearest(value, [NEVER]):
        raise place.problem(f"is {shown(value)}", f'{allowed(quantity)}, or "{NEVER}"', f'"{NEVER}"')
    return number(place, value, kind, quantity)


def check_starts(document: Document) -> None:
    """Raises ScenarioError where a file begins a lever or a shock after the last month that it knows of.

    Who writes a start knows the months; a file that only shortens the months of what it extends is right, and what
    begins later is not reached.
    """
    for section in ("levers", "shocks"):
        for name in document.table(section):
            place = document.place(section, name, "start")
            if (section, name, "start") not in document.origins or place.file != document.file:
                continue
            start = number(place, document.table(section, name)["start"], *TIMING["start"])
            months = settings_of(document, ("run",), RunSettings).months
            if start >= months:
                raise place.problem(f"is {start}, but the run's last month is {months - 1} (run.months is {months})",
                                    f"0 to {months - 1} month")


def priority_of(document: Document) -> tuple[str, ...]:
    """The levers in the order in which money is granted, as far as the scenario names it."""
    names = document.table("county").get("priority", [])
    place = document.place("county", "priority")
    known = [lever.name for lever in LEVERS if lever.pathway != "shock"]
    if not isinstance(names, list | tuple):
        raise place.problem(f"is {shown(names)}, not a list", 'a list of levers such as ["posts", "camp"]')
    for at, name in enumerate(names):
        if name not in known:
            near = nearest(name, known) if isinstance(name, str) else None
            raise place.problem(f"names {shown(name)}, which is no lever", ", ".join(known), near)
        if name in names[:at]:
            raise place.problem(f"names {shown(name)} twice", "each lever once")
    return tuple(names)


def survey_of(document: Document) -> tuple[tuple[Path, Path] | None, dict[str, str], bool]:
    """A user's own household table and edge list, relative to the file that names them; what their columns mean; and
    whether bad rows are left out (else they are an error)."""
    world = document.table("world")
    columns = document.table("world", SURVEY[2])
    for key, value in columns.items():
        if not isinstance(value, str):
            place = document.place("world", SURVEY[2], key)
            raise place.problem(f"is {shown(value)}, not text", 'a column that is known here, such as id = "household"')
    keep_good = world.get(SURVEY[3], False)
    if not isinstance(keep_good, bool):
        raise document.place("world", SURVEY[3]).problem(f"is {shown(keep_good)}", "true or false")
    files = []
    for key in SURVEY[:2]:
        place = document.place("world", key)
        if key not in world:
            continue
        if not isinstance(world[key], str) or "\0" in world[key]:
            raise place.problem(f"is {shown(world[key])}, not a file name", "a CSV or Parquet file")
        file = Path(place.file).parent / world[key]
        if not file.is_file():
            raise place.problem(f"is {shown(str(file))}, which is no file", "a CSV or Parquet file")
        files.append(file)
    if len(files) == 1 or (columns and not files):
        missing = next(key for key in SURVEY[:2] if key not in world)
        raise document.place("world", missing).problem("is missing", f"both {SURVEY[0]} and {SURVEY[1]}, or neither")
    return (files[0], files[1]) if files else None, dict(columns), keep_good
