"""A trial as its TOML file says it, checked: who gets what from when, who is asked when, and what is estimated."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from villagesim import levers
from villagesim.declare import Quantity
from villagesim.outcomes import FLOW_MONTHS
from villagesim.scenario import Scenario, ScenarioError, changed, load
from villagesim.scenario_sections import fields_of
from villagesim.scenario_text import Place, flat, naming, nearest, read, shown
from villagesim.scenario_values import allowed, number
from villagesim.settings import WorldSettings

VILLAGES, HOUSEHOLDS = "villages", "households"
# What can be assigned to a village, and to a household within it.
ASSIGNED = {VILLAGES: tuple(lever.name for lever in levers.LEVERS if lever.reaches),
            HOUSEHOLDS: tuple(lever.name for lever in levers.LEVERS if lever.chooses)}
OUTCOMES = {"log_income": "log points", "sells": "share", "away": "person", "online_income": "yuan/year",
            "bought": "parcel/household/month"}
# What is asked of the FLOW_MONTHS up to a wave; the others are as they stand at its end.
OF_YEARS = ("log_income", "online_income", "bought")
PARTS = ("sells", "trained")
INTENTION, WITHIN, MATCHING, GAP = "intention_to_treat", "ols_village_effects", "matching", "naive_gap"
DIFFERENCES, STAGGERED = "difference_in_differences", "staggered_difference_in_differences"
ESTIMATORS = (INTENTION, WITHIN, DIFFERENCES, STAGGERED, MATCHING, GAP)
# These compare who takes part with who does not, whoever was assigned.
OF_TAKERS = (MATCHING, GAP)
OF_PANELS = (DIFFERENCES, STAGGERED)
# Villages on either side that errors clustered by village need: one alone has none of its own.
SIDE = 2
# What the trial itself says of the levers of its arm, and where.
SAID = {"start": "starts", "reach": "share", "within": "share"}
# Parts of a lever's key, such as levers.camp.intensity; and the one key of an arm that is no lever: it pays for them.
LEVER_PARTS, PAYS = 3, "county.budget"
# Villages of a township of the trial's county, and the most villages that its townships hold.
TOWNSHIP = 10
MOST = TOWNSHIP * (int(fields_of(WorldSettings)["townships"].quantity.high) + 1) - 1
# What the trial itself says of its county, by the key that a scenario has for it, and where.
TRIAL_SAYS = {"world.villages": "villages of the trial", "world.townships": f"villages, {TOWNSHIP} a township",
           "run.months": "the last of survey.waves", "run.seed": "seed of the trial",
           "county.selection": "share of the trial, drawn by lot"}

NUMBERS: dict[str, tuple[type, Quantity]] = {
    "share": (float, Quantity("share", "villages, or households of each village, that are treated", 0.01, 1.0)),
    "trials": (int, Quantity("trial", "simulated trials of each size", 2, 10000)),
    "seed": (int, Quantity("1", "seed of all luck", 0, 2**53)),
    "compliance.treated": (float, Quantity("share", "treated villages that really get the arm", 0.01, 1.0)),
    "compliance.control": (float, Quantity("share", "other villages that get it all the same", 0.0, 0.99)),
    "survey.households": (int, Quantity("household", "households asked in a village", 2, 1000)),
    "survey.noise": (float, Quantity("1", "standard deviation of the log of answers on income", 0.0, 2.0)),
}
# Lists of whole numbers, each above the one before it.
LISTS: dict[str, tuple[int, Quantity]] = {
    "villages": (1, Quantity("village", "villages of the trial, one size after another", 2, MOST)),
    "starts": (1, Quantity("month", "months in which treated villages begin, in as many equal groups", 0, 1199)),
    "survey.waves": (2, Quantity("month", "months at whose end households are asked", -600, 1199)),
}
CHOICES = {"assign": tuple(ASSIGNED), "estimator": ESTIMATORS, "outcome": tuple(OUTCOMES), "takes_part": PARTS}
TEXTS = ("title", "question", "scenario")
TABLES = ("set", "arm", "compliance", "survey")
REQUIRED = ("title", "scenario", "arm")
KEYS = (*TEXTS, *TABLES, *CHOICES, *(key for key in (*NUMBERS, *LISTS) if "." not in key))
# Tables of the file whose keys are all known, and these.
INNER = {table: tuple(key.partition(".")[2] for key in (*NUMBERS, *LISTS) if key.startswith(f"{table}."))
         for table in ("compliance", "survey")}


class Survey(NamedTuple):
    """When households are asked, how many of a village, and how far their answers on income are off.

    waves: months at whose end they are asked, counted from the end of spin-up; below 0: before anything can begin.
    """

    waves: tuple[int, ...] = (-1, 11)
    households: int = 20
    noise: float = 0.2


class Compliance(NamedTuple):
    """Villages that really get the arm, of those assigned to it and of the others [share], by lot in each.

    What is analysed is the assignment (intention to treat), whoever got it.
    """

    treated: float = 1.0
    control: float = 0.0

    def reached(self, share: float) -> float:
        """Villages that get the arm, of all, where `share` of them are assigned to it [share]."""
        return share * self.treated + (1.0 - share) * self.control


USUAL, FULL = Survey(), Compliance()


@dataclass(frozen=True)
class Asked:
    """A trial's file."""

    title: str
    scenario: str
    arm: Mapping[str, Any]
    question: str = ""
    set: Mapping[str, Any] | None = None
    assign: str = VILLAGES
    share: float = 0.5
    starts: tuple[int, ...] = (0,)
    compliance: Compliance = FULL
    survey: Survey = USUAL
    outcome: str = "log_income"
    takes_part: str = "sells"
    estimator: str = INTENTION
    villages: tuple[int, ...] = (20, 40, 80)
    trials: int = 20
    seed: int = 1

    def reaches(self) -> tuple[float, ...]:
        """Share of villages that really have the arm from each of `starts` on, in rank order."""
        if self.assign == HOUSEHOLDS:
            return (1.0,)
        whole = self.compliance.reached(self.share)
        return tuple(whole * (turn + 1) / len(self.starts) for turn in range(len(self.starts)))


@dataclass(frozen=True)
class Trial:
    """A trial that was read and checked. arms: what the county lives under from each of `asked.starts` on."""

    name: str
    asked: Asked
    arms: tuple[Scenario, ...]


def read_trial(path: str | Path) -> Trial:
    """The trial in a TOML file. Raises ScenarioError, one line: file, key, what is allowed."""
    path = Path(path)
    file = str(path)
    asked = _asked(file, read(path))
    with naming(Place(str(path), "scenario")):
        base = load(path.parent / asked.scenario)
    _check_set(file, asked)
    base = _within(Place(file, "set"), lambda: changed(base, flat(dict(asked.set or {}))))
    _check_arm(file, asked)
    _check_waves(file, asked, int(base.run.spin_up))
    _check_estimator(file, asked)
    _check_windows(file, asked)
    _check_compliance(file, asked)
    return Trial(path.stem, asked, _within(Place(file, "arm"), lambda: arms(base, asked)))


def arms(base: Scenario, asked: Asked) -> tuple[Scenario, ...]:
    """What the county lives under from each start on: the arm's levers for the treated alone, drawn at random."""
    given = flat(dict(asked.arm))
    names = _levers(given)
    within = asked.share if asked.assign == HOUSEHOLDS else 1.0
    fixed = {"county.selection": "random", **given, **{f"levers.{name}.start": asked.starts[0] for name in names},
             **{f"levers.{name}.within": within for name in names if levers.BY_NAME[name].chooses}}
    return tuple(changed(base, fixed | {f"levers.{name}.reach": reach for name in names}
                         | {"run.months": asked.survey.waves[-1] + 1}) for reach in asked.reaches())


def _levers(given: Mapping[str, Any]) -> tuple[str, ...]:
    """The levers that an arm sets, in the order in which it names them."""
    return tuple(dict.fromkeys(key.split(".")[1] for key in given if key.startswith("levers.")))


def _asked(file: str, values: dict[str, Any]) -> Asked:
    """The file's keys, each checked for itself."""
    _known(file, "", values, KEYS)
    for key in REQUIRED:
        if key not in values:
            raise Place(file, key).problem("is missing", f"a trial says {', '.join(REQUIRED)}")
    for key in TEXTS:
        if key in values and not isinstance(values[key], str):
            raise Place(file, key).problem(f"is {shown(values[key])}", "text in quotes")
    for key in TABLES:
        if key in values and not isinstance(values[key], dict):
            raise Place(file, key).problem(f"is {shown(values[key])}", f"a table [{key}]")
    for key, words in CHOICES.items():
        if key in values and values[key] not in words:
            said = values[key]
            raise Place(file, key).problem(f"is {shown(said)}", ", ".join(words),
                                           nearest(said, words) if isinstance(said, str) else None)
    said = {key: value for key, value in values.items() if key not in INNER}
    for table, keys in INNER.items():
        inside = values.get(table, {})
        _known(file, f"{table}.", inside, keys)
        said |= {f"{table}.{key}": value for key, value in inside.items()}
    read_in = {key: number(Place(file, key), said[key], *NUMBERS[key]) for key in NUMBERS if key in said}
    read_in |= {key: _whole(Place(file, key), said[key], *LISTS[key]) for key in LISTS if key in said}
    survey, compliance = (made(**{key.partition(".")[2]: value for key, value in read_in.items()
                                  if key.startswith(f"{table}.")})
                          for table, made in (("survey", Survey), ("compliance", Compliance)))
    plain = {key: value for key, value in read_in.items() if "." not in key}
    return Asked(**{key: values[key] for key in (*TEXTS, "set", "arm", *CHOICES) if key in values} | plain,
                 survey=survey, compliance=compliance)


def _known(file: str, above: str, values: Mapping[str, Any], keys: Sequence[str]) -> None:
    for key in values:
        if key not in keys:
            raise Place(file, above + key).problem("is not known", ", ".join(keys), nearest(key, keys))


def _whole(place: Place, value: Any, least: int, quantity: Quantity) -> tuple[int, ...]:
    """A list of whole numbers within a range, each above the one before it."""
    says = f"a list of {least} or more whole numbers, {allowed(quantity)}, each above the one before it"
    if not isinstance(value, list) or len(value) < least:
        raise place.problem(f"is {f'a list of {len(value)}' if isinstance(value, list) else shown(value)}", says)
    found = tuple(number(place, one, int, quantity) for one in value)
    if any(late <= early for early, late in pairwise(found)):
        raise place.problem("does not rise", says)
    return found


def _within(place: Place, make: Callable[[], Any]) -> Any:
    """What is made, or its error as one that names the trial's file."""
    try:
        return make()
    except ScenarioError as error:
        raise place.problem(f"does not go: {error}") from None


def _check_set(file: str, asked: Asked) -> None:
    """Raises ScenarioError for keys for everybody that the trial itself would overrule."""
    for key in flat(dict(asked.set or {})):
        if key in TRIAL_SAYS:
            raise Place(file, f"set.{key}").problem("is said by the trial itself", TRIAL_SAYS[key])


def _check_arm(file: str, asked: Asked) -> None:
    """Raises ScenarioError for an arm without a lever, or with what can't be given to the treated alone."""
    given, known = flat(dict(asked.arm)), ASSIGNED[asked.assign]
    for key, value in given.items():
        if key != PAYS:
            _check_lever(Place(file, f"arm.{key}"), key.split("."), value, asked.assign)
    if not _levers(given):
        raise Place(file, "arm").problem("holds no lever", "one of levers." + ", levers.".join(known))


def _check_lever(place: Place, parts: Sequence[str], value: Any, assign: str) -> None:
    """Raises ScenarioError for a key of an arm, in its parts, that says nothing of a lever that can be assigned so."""
    known = ASSIGNED[assign]
    if parts[0] != "levers":
        raise place.problem("would change the others too", f"levers, and {PAYS}, which pays for them; what is for "
                            "everybody stands under [set]")
    name = parts[1] if len(parts) > 1 else ""
    if name and name not in levers.BY_NAME:
        raise place.problem("is no lever", ", ".join(known), nearest(name, known))
    if name and name not in known:
        raise place.problem(f"can't be given to some {assign} alone", "levers." + ", levers.".join(known))
    if len(parts) != LEVER_PARTS:
        raise place.problem(f"is {shown(value)}, and no key of a lever", f"such as levers.{name or known[0]}.intensity")
    if parts[-1] in SAID:
        raise place.problem("is said by the trial itself", f"{SAID[parts[-1]]} of the trial")


def _check_waves(file: str, asked: Asked, spin_up: int) -> None:
    """Raises ScenarioError for waves that see no time before, or none after, or ask for months that are not lived."""
    place, waves = Place(file, "survey.waves"), asked.survey.waves
    if waves[0] >= asked.starts[0]:
        raise place.problem(f"begins at {waves[0]}, not before the start",
                            f"a first wave below {asked.starts[0]} month")
    if waves[-1] < asked.starts[-1]:
        raise place.problem(f"ends at {waves[-1]}, before the last start",
                            f"a last wave from {asked.starts[-1]} month on")
    if waves[0] - FLOW_MONTHS + 1 < -spin_up:
        raise place.problem(f"begins at {waves[0]}, and answers are of the {FLOW_MONTHS} months up to then",
                            f"{FLOW_MONTHS - 1 - spin_up} month or later under run.spin_up = {spin_up}")


def _check_estimator(file: str, asked: Asked) -> None:
    """Raises ScenarioError where the design can't feed the estimator."""
    place = Place(file, "estimator")
    says = f'"{asked.estimator}"'
    before = sum(wave < asked.starts[0] for wave in asked.survey.waves)
    turns = len({sum(wave < start for wave in asked.survey.waves) for start in asked.starts})
    if asked.assign == HOUSEHOLDS and len(asked.starts) > 1:
        raise Place(file, "starts").problem("has more than one month", 'one, or assign = "villages"')
    if asked.estimator not in OF_TAKERS and asked.share == 1.0:
        raise Place(file, "share").problem(f"is 1, and leaves {says} nobody to compare with",
                                           f"below 1, or estimator {' or '.join(OF_TAKERS)}")
    fewest = asked.villages[0]
    treated = sum(number / fewest < asked.share for number in range(fewest))
    if asked.assign == VILLAGES and asked.estimator not in OF_TAKERS and min(treated, fewest - treated) < SIDE:
        raise Place(file, "villages").problem(f"begins at {fewest}, {treated} of them treated",
                                              f"{SIDE} or more treated, and {SIDE} or more not, for {says}")
    if asked.estimator == WITHIN and asked.assign != HOUSEHOLDS:
        raise place.problem(f"is {says}, which compares households of one village",
                            f'assign = "{HOUSEHOLDS}", or another estimator')
    if asked.estimator in OF_PANELS and before < 2:
        raise Place(file, "survey.waves").problem(
            f"has {before} before the start, and {says} comes with a placebo and a test of what came before",
            f"two or more below {asked.starts[0]} month")
    if asked.estimator == STAGGERED and turns < 2:
        raise Place(file, "starts").problem(f"gives {says} one start only, as the waves see it",
                                            "two or more, with a wave between them")
    if asked.estimator == DIFFERENCES and len(asked.starts) > 1:
        raise Place(file, "starts").problem(f"has more than one month for {says}", f'one, or estimator = "{STAGGERED}"')


def _check_windows(file: str, asked: Asked) -> None:
    """Raises ScenarioError for a panel whose waves are told of the same months: neither placebo nor trend is told."""
    apart = min(late - early for early, late in pairwise(asked.survey.waves))
    if asked.estimator in OF_PANELS and asked.outcome in OF_YEARS and apart < FLOW_MONTHS:
        raise Place(file, "survey.waves").problem(
            f'has waves {apart} month apart, and {asked.outcome} is of the {FLOW_MONTHS} months up to each',
            f'{FLOW_MONTHS} month or more from wave to wave for "{asked.estimator}"')


def _check_compliance(file: str, asked: Asked) -> None:
    """Raises ScenarioError for a lot that can't be drawn so, or that leaves no difference between the arms."""
    place, treated, control = Place(file, "compliance"), *asked.compliance
    if asked.compliance == FULL:
        return
    if asked.assign == HOUSEHOLDS or len(asked.starts) > 1:
        raise place.problem("goes with villages that begin together", 'assign = "villages" and one month in starts')
    if not control < treated:
        raise place.problem(f"gives the arm to {control:g} of the others and to {treated:g} of the treated",
                            "control below treated")
