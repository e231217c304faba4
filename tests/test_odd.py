"""The ODD+D page says what the code does: its tables are the declarations', its text names every rule and table."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from villagesim.catalogue import settable
from villagesim.cli import app
from villagesim.declare import declared
from villagesim.draws import Purpose
from villagesim.engine.phases import Exchange, fills
from villagesim.engine.schedule import MONTH, SCHEDULE
from villagesim.levers import LEVERS
from villagesim.mechanisms import Parameters
from villagesim.mechanisms.accounts import FLOWS
from villagesim.report import networks, odd, pages
from villagesim.settings import WORDS
from villagesim.tables import TABLES
from villagesim.world import survey
from villagesim.world.networks import describe

PAGE = Path(__file__).parents[1] / "paper" / "odd.md"
BRAZIL = Path(__file__).parents[2] / "shared" / "data"
HEADINGS = (
    "Purpose", "Entities, state variables and scales", "Process overview and scheduling",
    "Theoretical and empirical background", "Individual decision-making", "Learning", "Individual sensing",
    "Individual prediction", "Interaction", "Collectives", "Heterogeneity", "Stochasticity", "Observation",
    "Implementation", "Initialisation", "Input data", "Submodels",
)


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def rules_of(mechanism: str) -> list[str]:
    """Names of all rules that a mechanism's file defines."""
    module = import_module(f"villagesim.mechanisms.{mechanism}")
    return [name for name, function in inspect.getmembers(module, inspect.isfunction)
            if function.__module__ == module.__name__]


def shown(page: str, table: str) -> str:
    """One table of the page."""
    return next(match["table"] for match in pages.BLOCK.finditer(page) if match["name"] == table)


def test_every_table_of_the_page_is_as_the_code_has_it(page):
    assert odd.stale(page) == [], "say: villagesim odd"


@pytest.mark.parametrize("mechanism", Parameters._fields)
def test_the_text_names_every_mechanism_and_each_of_its_rules(mechanism, page):
    text = pages.prose(page)
    missing = [name for name in (mechanism, *rules_of(mechanism)) if f"`{name}`" not in text]
    assert missing == []


def test_the_text_names_every_table_and_whatever_crosses_rows(page):
    text = pages.prose(page)
    assert [name for name in TABLES if not re.search(rf"\*\*{name}\*\*", text)] == []
    crossing = sorted({phase.function.__name__ for phase in SCHEDULE if isinstance(phase, Exchange)})
    assert len(crossing) >= 8
    assert [name for name in crossing if f"`{name}`" not in text] == []


def test_whatever_the_text_writes_as_code_is_a_name_of_the_model(page):
    known = {name for module in Parameters._fields for name in (module, *rules_of(module))}
    known |= {field.name for group in Parameters() for field in declared(type(group))}
    known |= {column.name for kind in TABLES.values() for column in declared(kind)} | set(TABLES)
    known |= {lever.name for lever in LEVERS} | {phase.function.__name__ for phase in SCHEDULE
                                                 if isinstance(phase, Exchange)}
    known |= {word for _, words in WORDS.values() for word in words}
    known |= {entry.key for entry in settable() if entry.key.startswith("parameters.")}
    known |= {"reference", "core", "code", "world/", "p.", "villagesim odd", "villagesim claims", "route_villages"}
    assert set(re.findall(r"`([^`\n]+)`", pages.prose(page))) - known == set()


def test_the_page_has_every_section_of_odd_d_in_its_order(page):
    found = [title for title in re.findall(r"^#{2,4} [\d.]* ?(.+)$", page, re.MULTILINE) if title in HEADINGS]
    assert tuple(found) == HEADINGS


def test_a_column_is_said_to_change_where_a_phase_writes_it(page):
    households = shown(page, "state of households")
    assert re.search(r"^\| `skill_basic` .* changes \|$", households, re.MULTILINE)
    assert re.search(r"^\| `village` .* fixed \|$", households, re.MULTILINE)


def test_the_schedule_shows_every_phase_once_in_order(page):
    rows = [line.split(" | ") for step, _ in MONTH
            for line in shown(page, f"schedule of {step}").splitlines()[2:]]
    assert [int(row[0].strip("| ")) for row in rows] == list(range(1, len(SCHEDULE) + 1))
    for phase, row in zip(SCHEDULE, rows, strict=True):
        assert all(f"`{address}`" in row[6] for address in fills(phase))


def test_parameters_levers_flows_and_draws_are_all_shown(page):
    for name, group in zip(Parameters._fields, Parameters(), strict=True):
        assert all(f"| `{field.name}` |" in shown(page, f"parameters of {name}") for field in declared(type(group)))
    assert all(f"| `{lever.name}` |" in shown(page, "levers") for lever in LEVERS)
    assert all(f"| `{flow.name}` |" in shown(page, "flows") for flow in FLOWS)
    assert all(f"| `{purpose.name}` |" in shown(page, "draws") for purpose in Purpose)


def test_a_changed_number_makes_a_table_stale(page, tmp_path):
    copy = tmp_path / "odd.md"
    copy.write_text(page.replace("| `camp_size` | 18 ", "| `camp_size` | 19 "), encoding="utf-8")
    run = CliRunner().invoke(app, ["odd", str(copy), "--check"])
    assert run.exit_code == 1
    assert "parameters of training" in run.output
    assert CliRunner().invoke(app, ["odd", str(copy)]).exit_code == 0
    assert copy.read_text(encoding="utf-8") == page
    assert CliRunner().invoke(app, ["odd", str(copy), "--check"]).exit_code == 0


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("<!-- table: flows -->", "<!-- table: floes -->", "'floes' is unknown"),
        ("<!-- table: flows -->", "<!-- table: holdings -->", "'holdings' is there 2 times"),
        ("<!-- table: flows -->", "", "'flows' is missing"),
        ("<!-- end -->\n\n<!-- table: holdings -->", "<!-- table: holdings -->", "'flows' has no end"),
    ],
)
def test_a_page_with_a_wrong_marker_is_refused_in_one_line(before, after, said, page, tmp_path):
    copy = tmp_path / "odd.md"
    copy.write_text(page.replace(before, after), encoding="utf-8")
    run = CliRunner().invoke(app, ["odd", str(copy)])
    assert run.exit_code == 2
    assert said in run.output
    assert run.output.count("\n") == 1


def test_a_page_that_is_not_there_is_refused(tmp_path):
    assert CliRunner().invoke(app, ["odd", str(tmp_path / "none.md")]).exit_code == 2


def test_the_reported_networks_lie_near_the_surveyed_ones():
    found = networks.synthetic()
    assert set(found) == {figure.name for figure in networks.SURVEYED}
    for figure in networks.SURVEYED:
        if figure.rice:
            assert found[figure.name][0] == pytest.approx(figure.rice[0], rel=0.1), figure.name
            assert len(found[figure.name]) == len(figure.rice)
    cells = {row[0]: row[1:] for row in networks.rows()}
    assert (cells["mean degree inside it"][1], cells["mean degree inside it"][3]) == ("5.6 (4.1 to 7)", "5")
    gini = cells["Gini coefficient of the in-degree"]
    assert (gini[1], gini[3]) == ("", "0.74")


@pytest.mark.skipif(not BRAZIL.is_dir(), reason="the surveyed farmers' files are not here")
def test_the_reported_figures_of_the_brazilian_farmers_are_those_of_their_data():
    farmers = survey.read(BRAZIL / "brfarmers_nodes.csv", BRAZIL / "brfarmers_edges.csv",
                          {"node": "household", "ego": "listener", "alter": "speaker"}, keep_good=True)
    village = np.repeat(np.arange(len(farmers.counts)), farmers.counts)
    found = describe(village, farmers.listener, farmers.speaker)
    for figure in networks.SURVEYED:
        if figure.farmers:
            assert networks.shown((found[figure.name],)) == networks.shown(figure.farmers), figure.name
