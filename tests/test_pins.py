"""The map from numbers to the targets that pin them: what it names exists, what it leaves out is graded so."""

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from villagesim import cli, evidence
from villagesim.catalogue import settable

NUMBERS = {entry.key: entry for entry in settable()}
PINNED = {one.parameter for one in evidence.pins()}
ROLES = {one.id: one.role for one in evidence.targets()}


def test_every_pinned_number_exists_and_stands_in_one_row():
    assert len(PINNED) == len(evidence.pins()) > 30
    assert set(NUMBERS) >= PINNED


def test_every_pin_is_a_target_that_may_be_fitted_and_none_that_is_kept_aside():
    named = {target for one in evidence.pins() for target in one.targets}
    assert named <= set(ROLES)
    assert {ROLES[target] for target in named} == {evidence.CALIBRATE}


def test_every_row_of_the_evidence_that_may_be_fitted_pins_something():
    """By row (T6), not by the single numbers that it holds (T6.half)."""
    named = {target.split(".")[0] for one in evidence.pins() for target in one.targets}
    assert named == {name.split(".")[0] for name, role in ROLES.items() if role == evidence.CALIBRATE}


def test_what_is_neither_pinned_nor_cited_is_graded_as_judgement():
    left = [entry for entry in NUMBERS.values() if entry.key not in PINNED and not evidence.cited(entry.source)]
    assert len(left) > 100
    assert [entry.key for entry in left if entry.grade != "C"] == []


def test_an_assumption_is_never_graded_as_measured_even_where_a_target_pins_it():
    assert [key for key, entry in NUMBERS.items() if not evidence.cited(entry.source) and entry.grade != "C"] == []


@pytest.mark.parametrize("change", [{"targets": []}, {"why": ""}, {"parameter": "demand"}, {"weight": 1}])
def test_a_pin_without_a_full_account_is_refused(change):
    with pytest.raises(ValidationError):
        evidence.Pin.model_validate(evidence.pins()[0].model_dump() | change)


def test_pins_are_printed_with_what_nothing_pins():
    said = CliRunner().invoke(cli.app, ["targets", "--pins"]).output
    assert "parameters.training.by_ties: T2, T3.friends (what trained friends teach" in said
    loose = said.split("pinned by nothing, graded C, to be swept:\n")[1].split("\n\n")[0].split()
    assert loose == [key for key, entry in NUMBERS.items() if key not in PINNED and entry.grade == "C"]
