"""One household's life is told as it was lived: the same numbers, the same luck; the first difference is the first."""

import numpy as np
import pytest
from typer.testing import CliRunner

from conftest import SCENARIOS
from fingerprints import of_world
from villagesim.cli import app
from villagesim.draws import Purpose, uniform
from villagesim.engine import run
from villagesim.scenario import changed
from villagesim.study.trace import COLUMNS, TraceError, trace
from villagesim.study.trace.weighing import REASONS, reasons, weighing
from villagesim.study.trace.witness import NotTheSameError, Witness
from villagesim.world import build

SEED = 7


@pytest.fixture(scope="module")
def integrated():
    from conftest import small

    return small("integrated")


@pytest.fixture(scope="module")
def columns(integrated):
    """Every column of households at the end of each month of a run that nobody watches."""
    kept = {}
    run(integrated, SEED, observe=lambda month, world: kept.update(
        {month: {name: values.copy() for name, values in world.households._asdict().items()}}))
    return kept


@pytest.fixture(scope="module")
def sellers(columns):
    """Rows that first went online after month 0, with the month of entry."""
    last = max(columns)
    first = columns[last]["first_online"] - 12
    return {int(row): int(first[row]) for row in np.flatnonzero(first > 0)}


def test_the_trace_holds_what_an_unwatched_run_holds(integrated, columns, sellers):
    for row in [0, *list(sellers)[:2]]:
        life = trace(integrated, row, SEED).life
        for month, kept in columns.items():
            assert {name: values[row].item() for name, values in kept.items()} == life.loc[month].to_dict()


def test_the_tidy_frame_says_what_was_stored_with_unit_and_meaning(integrated, columns):
    frame = trace(integrated, 5, SEED).frame
    assert tuple(frame.columns) == COLUMNS
    assert set(frame["kind"]) == {"saw", "drew", "did"}
    assert (frame["unit"].str.len() > 0).all()
    assert (frame["meaning"].str.len() > 0).all()
    done = frame[frame["kind"] == "did"].groupby(["month", "name"])["value"].last()
    assert all(columns[month][name][5] == value for (month, name), value in done.items())
    written = set(frame.loc[frame["kind"] == "did", "name"])
    moved = {name for name in columns[0] if any((columns[m][name] != columns[0][name]).any() for m in columns)}
    assert moved <= written


def test_its_draws_are_the_published_ones(integrated):
    frame = trace(integrated, 5, SEED).frame
    drew = frame[(frame["name"] == "u_consider") & (frame["month"] == 3)]["value"].item()
    assert drew == uniform(SEED, 3 + 12, 5, Purpose.CONSIDER)


def test_watching_changes_nothing(integrated):
    world = build(integrated, SEED)
    witness = Witness(integrated.parameters, world, 9, SEED)
    watched = run(integrated, SEED, world=world, observe=witness.note, watch=witness)
    assert witness.moments
    assert of_world(watched) == of_world(run(integrated, SEED))


def test_only_the_core_can_be_watched(integrated):
    with pytest.raises(ValueError, match="only the core"):
        run(integrated, SEED, "reference", watch=lambda *seen: None)


def test_a_trace_that_is_not_what_the_engine_stored_is_refused(integrated):
    """Told with another seed than the county's, the draws do not fit the deeds."""
    world = build(integrated, SEED)
    witness = Witness(integrated.parameters, world, 9, SEED + 1)
    with pytest.raises(NotTheSameError, match="household 9"):
        run(integrated, SEED, world=world, observe=witness.note, watch=witness)


def test_the_story_names_the_month_of_entry_and_the_draw_behind_it(integrated, sellers):
    for row, month in list(sellers.items())[:3]:
        told = trace(integrated, row, SEED)
        paragraph = next(part for part in told.story().split("\n\n") if part.startswith(f"Month {month} ("))
        draw = uniform(SEED, month + 12, row, Purpose.CONSIDER)
        assert "It entered" in paragraph
        assert f"its draw was {draw:.3f}" in paragraph


def test_months_in_which_nothing_happens_are_folded(integrated):
    told = trace(integrated, 5, SEED)
    assert "nothing new" in told.story()
    assert len(told.story().splitlines()) < len(told.story(everything=True).splitlines())
    headings = [part for part in told.story((3, 8), True).split("\n\n") if part.startswith("Month ")]
    assert len(headings) == 6


def test_what_a_household_compares_adds_up_to_what_it_does(integrated, sellers):
    """It enters exactly when it thinks and the gain beats what it asks for; the chance is the declared one."""
    p = integrated.parameters.choice
    for row in [0, *list(sellers)[:4]]:
        for moments in trace(integrated, row, SEED).months.values():
            choice = moments["chooses_channel"]
            if choice.saw["mode"] != 0:
                continue
            found = weighing(choice)
            if choice.saw["rest"]:
                assert (found.chance, choice.did["entered"]) == (0.0, 0)
                continue
            assert (found.thinks and found.gain > found.asked) == (choice.did["entered"] == 1)
            distaste = max(0.0, p.reluctance + p.reluctance_spread * choice.saw["reluctance"])
            assert found.distaste == pytest.approx(distaste, abs=1e-6)
            assert found.chance == pytest.approx(p.attention) or found.chance == pytest.approx(p.attention * p.prompted)


def test_what_a_household_asks_for_by_logit_is_the_gain_at_which_half_who_think_of_it_enter(integrated, sellers):
    """One and the same household asks for the same whichever the form; by logit its gain need not beat it."""
    logit = changed(integrated, {"parameters.choice.entry": "logit"})
    other = trace(logit, next(iter(sellers)), SEED).months[0]["chooses_channel"]
    found = weighing(other)
    expected = weighing(other._replace(saw=other.saw | {"p": integrated.parameters.choice}))
    assert found.asked == pytest.approx(expected.asked, rel=1e-9)
    assert found.chance == pytest.approx(expected.chance, rel=1e-9)
    assert other.would({"gain": found.asked, "u_consider": 0.499 * found.chance})["entered"] == 1
    assert other.would({"gain": found.asked, "u_consider": 0.501 * found.chance})["entered"] == 0


def test_every_stop_has_a_reason(integrated, columns):
    stopped = {int(row) for kept in columns.values() for row in np.flatnonzero(kept["quit"])}
    assert stopped
    for row in list(stopped)[:3]:
        told = trace(integrated, row, SEED)
        choices = [moments["chooses_channel"] for moments in told.months.values()]
        quits = [choice for choice in choices if choice.did["quit"]]
        assert all(set(reasons(choice)) <= set(REASONS) and reasons(choice) for choice in quits)
        if any(choice.month >= 0 for choice in quits):
            assert "It stopped selling online after" in told.story()


def test_under_the_same_policy_a_life_never_parts(integrated):
    told = trace(integrated, 5, SEED, against=integrated)
    assert told.parting is None
    assert told.partings().empty
    assert "Its life is the same" in told.story()


@pytest.mark.parametrize("change", [
    {"levers.camp.intensity": 0.0}, {"shocks.price_crash.intensity": 0.3, "shocks.price_crash.start": 5},
    {"county.targeting": "open"}, {"parameters.logistics.route_cost": 3.5},
], ids=str)
def test_the_first_difference_is_the_first(integrated, sellers, change):
    """By brute force: every column of the row after every phase, in both runs."""
    rival, row = changed(integrated, change), next(iter(sellers))
    lives = []
    for scenario in (integrated, rival):
        seen = []

        def watch(phase, month, world, done, seen=seen):
            if done:
                seen.append((month, {name: values[row].item() for name, values in world.households._asdict().items()}))

        run(scenario, SEED, watch=watch)
        lives.append(seen)
    both = ((month, here, there) for (month, here), (_, there) in zip(*lives, strict=True))
    first = next((item for item in both if item[1] != item[2]), None)
    parting = trace(integrated, row, SEED, against=rival).parting
    assert (first is None) == (parting is None)
    if first is not None:
        month, here, there = first
        assert (parting.month, parting.here, parting.there) == (month, here[parting.column], there[parting.column])
        assert parting.here != parting.there
        assert parting.saw


def test_later_consequences_are_those_of_the_columns(integrated, sellers):
    row = next(iter(sellers))
    told = trace(integrated, row, SEED, against=changed(integrated, {"levers.startup_credit.intensity": 0.0}))
    table = told.partings()
    assert table["month"].is_monotonic_increasing
    for line in table.itertuples():
        here, there = told.life[line.column], told.other.life[line.column]
        assert here[line.month] == line.here != line.there == there[line.month]
        before = here.index < line.month
        assert (here[before] == there[before]).all()
    side = told.side_by_side(["savings"], [0, 23])
    assert list(side["here"]) == [told.life["savings"][0], told.life["savings"][23]]


def test_another_county_is_said_to_be_another_family(integrated):
    told = trace(integrated, 5, SEED, against=changed(integrated, {"world.terrain": 0.9}))
    assert told.parting.phase == "start"
    assert "not the same family" in told.story()


def test_a_household_or_months_that_do_not_match_are_refused(integrated):
    with pytest.raises(TraceError, match=r"households 0 to \d+"):
        trace(integrated, 10**6, SEED)
    with pytest.raises(TraceError, match="spin-up"):
        trace(integrated, 5, SEED, against=changed(integrated, {"run.spin_up": 6}))


@pytest.fixture(scope="module")
def county_file(tmp_path_factory):
    """A file with the small county."""
    file = tmp_path_factory.mktemp("trace") / "few.toml"
    file.write_text(f'extends = "{SCENARIOS / "integrated.toml"}"\n[world]\nvillages = 6\nhouseholds = 40\n'
                    "[run]\nmonths = 24\nspin_up = 12\n", encoding="utf-8")
    return file


@pytest.mark.parametrize(("words", "says"), [
    (["--household", "99999"], "has households 0 to"),
    (["--household", "-1"], "has households 0 to"),
    (["--household", "1", "--months", "5:2"], "months -12 to 23"),
    (["--household", "1", "--months", "0:24"], "months -12 to 23"),
    (["--household", "1", "--months", "spring"], "A:B"),
    (["--household", "1", "--against", "nowhere.toml"], "nowhere.toml: does not exist"),
])
def test_a_wrong_request_is_one_line_and_status_2(county_file, words, says):
    result = CliRunner().invoke(app, ["trace", str(county_file), *words])
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stderr.strip().count("\n") == 0


def test_the_command_prints_the_story_and_the_parting(county_file):
    result = CliRunner().invoke(app, ["trace", str(county_file), "--household", "5", "--months=-3:11",
                                      "--against", str(SCENARIOS / "policy_only.toml")])
    assert result.exit_code == 2
    assert "spin-up" in result.stderr
    rival = county_file.with_name("rival.toml")
    rival.write_text(county_file.read_text(encoding="utf-8").replace("integrated", "policy_only"), encoding="utf-8")
    result = CliRunner().invoke(app, ["trace", str(county_file), "--household", "5", "--months=-3:11",
                                      "--against", str(rival), "--seed", "3"])
    assert result.exit_code == 0, result.output
    assert "Before month -3" in result.stdout
    assert "The very first difference" in result.stdout
