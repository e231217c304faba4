"""Has any number moved? `make baseline` accepts today's, and the changelog then says "Results change"."""

import json
from pathlib import Path

import numpy as np
import pytest

from villagesim.engine import run
from villagesim.tables import World

ACCEPTED = Path(__file__).parent / "baseline.json"
NAMES = ("baseline", "integrated", "contractors", "cash", "training_only")


def _numbers(world: World) -> dict[str, int | str]:
    """Whole numbers in whole, others to twelve digits: what a reader would notice."""
    h, v, county = world.households, world.villages, world.county
    return {
        "households": len(h.size),
        "sellers": int(h.sells.sum()),
        "ever online": int(h.ever_online.sum()),
        "trained": int(h.trained.sum()),
        "jobs": int(v.jobs_filled.sum()),
        "away": int(h.away.sum()),
        "income of a year, fen": int(h.income_year.sum()),
        "savings, fen": int(h.savings.sum()),
        "fund, fen": int(county.fund[0]),
        "routes": int(world.couriers.serving.sum()),
        "parcels in": int(v.parcels_in.sum()),
        "first rung": f"{np.sum(h.skill_basic):.12g}",
        "belief": f"{np.sum(h.belief_mean):.12g}",
        "markdown": f"{np.sum(world.traders.markdown):.12g}",
        "brand": f"{np.sum(v.brand):.12g}",
    }


@pytest.fixture(scope="module")
def today():
    from conftest import small

    return {name: _numbers(run(small(name), 1)) for name in NAMES}


def test_no_number_has_moved_without_being_accepted(today, request):
    if request.config.getoption("--accept"):
        ACCEPTED.write_text(json.dumps(today, indent=1) + "\n", encoding="utf-8")
    accepted = json.loads(ACCEPTED.read_text(encoding="utf-8"))
    assert today == accepted, "if this is meant: make baseline, and say so in the changelog"


def test_the_accepted_numbers_tell_the_mixes_apart(today):
    assert len({json.dumps(numbers) for numbers in today.values()}) == len(NAMES)
