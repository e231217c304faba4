"""The ensemble: as it ships, as scenarios run under its members, and as validation lives them in several counties."""

import numpy as np
import pytest

from conftest import SCENARIOS
from villagesim import evidence
from villagesim.scenario import changed, load
from villagesim.study import factors
from villagesim.study.calibration import ensembles, validation
from villagesim.study.fieldwork import kinds

CALIBRATION = SCENARIOS.parent / "experiments/calibrate.toml"


def test_a_member_sets_what_a_scenario_leaves_open_and_nothing_that_it_says_itself(tmp_path):
    own = tmp_path / "own.toml"
    (tmp_path / "below.toml").write_text('title = "Below"\n[parameters.sales]\ndemand = 222\n', encoding="utf-8")
    own.write_text('title = "Own"\nextends = "below.toml"\n', encoding="utf-8")
    plain = SCENARIOS / "baseline.toml"
    row = {"parameters.sales.demand": 333.0, "parameters.choice.attention": 0.02}
    found = ensembles.of_member(kinds.Base(load(plain), load(own)), row,
                                [ensembles.set_in(plain), ensembles.set_in(own)])
    assert [one.parameters.sales.demand for one in found] == [333.0, 222.0]
    assert [one.parameters.choice.attention for one in found] == [0.02, 0.02]
    ensembles.check(row)
    with pytest.raises(ValueError, match=r"demand is -1 yuan/month; allowed: .* to "):
        ensembles.check({"parameters.sales.demand": -1.0})
    with pytest.raises(ValueError, match="demnd is no number of the model"):
        ensembles.check({"parameters.sales.demnd": 1.0})


def test_validation_lives_each_member_in_several_counties_dealt_to_the_bases(monkeypatch):
    monkeypatch.setattr(validation, "EVIDENCE", {"all": lambda base, seed: {"T13": base.today.parameters.sales.demand,
                                                                           "T8": float(seed % 1000)}})
    monkeypatch.setattr(validation.runner, "prepare", lambda scenarios: None)
    monkeypatch.setattr(validation.pool, "gather", lambda of, tasks, workers, progress: [of(one) for one in tasks])
    plain = load(SCENARIOS / "baseline.toml")
    bases = [kinds.Base(changed(plain, {"parameters.sales.demand": value}), plain) for value in (100.0, 200.0)]
    rows = [{"parameters.sales.demand": value} for value in (110.0, 120.0, 130.0)]

    def of(member, place):
        return ensembles.of_member(bases[place], rows[member], [set(), set()]) if member else bases[place]

    found = validation.validate(bases, 3, 2, 1, None, None, of, "three")
    assert found.values["T13"].tolist() == [100.0, 200.0, 120.0, 120.0, 130.0, 130.0]
    assert found.values["member"].tolist() == [0, 0, 1, 1, 2, 2]
    assert found.values["county"].tolist() == [0, 1, 0, 1, 0, 1]
    assert found.values["setting"].tolist() == [0, 1, 1, 0, 0, 1]
    # none is the seed itself, from which a county draws its own counties
    assert len({1, *found.about["seeds"]}) == 7
    assert found.about["parameters"] == "three"
    assert validation.validate(bases, 3, 1).values["T13"].tolist() == [100.0, 200.0, 100.0]
    assert validation.of_members(found.values)["T13"].tolist() == pytest.approx([np.sqrt(2e4), 120.0, 130.0])


def test_an_ensemble_of_another_model_is_told_of_in_one_line(monkeypatch):
    assert ensembles.stale() == ""
    shipped = evidence.ensemble()
    monkeypatch.setattr(evidence, "ensemble", lambda: shipped._replace(about=shipped.about | {"model": "an older one"}))
    assert ensembles.stale().startswith("The ensemble was made with model an older one, this is ")
    assert "\n" not in ensembles.stale()
    monkeypatch.setattr(evidence, "ensemble", lambda: shipped._replace(about=shipped.about | {"series": "older ones"}))
    assert ensembles.stale().startswith("The ensemble was made with published series older ones, these are ")


def test_the_shipped_ensemble_lies_in_the_ranges_that_were_varied_and_knows_the_usual_values():
    shipped = evidence.ensemble()
    assert set(shipped.rows[0]) == set(shipped.about["region"])
    assert len(shipped.rows) == shipped.about["members"]
    for row in shipped.rows:
        ensembles.check(row)
    for name, said in shipped.about["region"].items():
        assert all(said["varied"][0] <= row[name] <= said["varied"][1] for row in shipped.rows)
    assert all(evidence.target(name).role == evidence.CALIBRATE for name in shipped.about["aims"])
    today = load(SCENARIOS / "baseline.toml")
    for name, said in shipped.about["region"].items():
        assert said["usual"] == factors.value_at(today, name), name
        assert said["interval"][0] <= said["fitting"] <= said["interval"][1]
