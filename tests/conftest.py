"""Shared by all tests: kernels are compiled once before the workers start, and the small test county."""

from pathlib import Path

import pytest

from small_study import here, study
from villagesim.scenario import Scenario, changed, load

# Scripts that tests start: reading them changes what runs do.
collect_ignore = ["ticketed.py", "fatal.py", "on_device.py"]
SCENARIOS = Path(__file__).parents[1] / "scenarios"
# Small, and yet seats, hours, routes and money all bind in it under `integrated`: test_engines.py asks.
SMALL = {"world.villages": 6, "world.households": 40, "run.months": 24, "run.spin_up": 12}
# What begins after the small county's last month begins within it, or the scenario would be another's twin.
SOONER = {"fund_cut": {"shocks.fund_cut.start": 12}}


def pytest_addoption(parser):
    parser.addoption("--accept", action="store_true", help="accept today's numbers as the expected ones")


def pytest_configure(config):
    """Two workers must not write a cold cache at once: the controller compiles for all of them."""
    if not hasattr(config, "workerinput"):
        from villagesim.engine import run

        run(changed(load(SCENARIOS / "baseline.toml"), {**SMALL, "run.months": 1, "run.spin_up": 0}), 1)


def small(name: str) -> Scenario:
    """A shipped scenario in the small test county."""
    return changed(load(SCENARIOS / f"{name}.toml"), SMALL | SOONER.get(name, {}))


@pytest.fixture
def small_county():
    """small(name): a shipped scenario in the small test county."""
    return small


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> Path:
    """The folder of the small study that nobody stopped."""
    out = tmp_path_factory.mktemp("whole")
    here(study(out), out)
    return out / "small"
