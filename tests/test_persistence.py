"""What is left of a gain after the money stops: yearly means and shares by hand, twins told by their settings."""

import copy

import numpy as np
import pandas as pd
import pytest

from conftest import SCENARIOS
from villagesim.results import interval, read_codebook
from villagesim.scenario import changed, load
from villagesim.study.compare import compare
from villagesim.study.paired import ratio
from villagesim.study.persistence import FOLLOWED, goes_on, persistence, stops

TINY = {"world.villages": 2, "world.townships": 1, "world.households": 20, "run.months": 37, "run.spin_up": 12}
CUT = {"intensity": 1.0, "start": 12}


class Lived:
    """As a run: 48 months whose every outcome is given by calendar year."""

    def __init__(self, by_year, shocks=None, budget=520.0):
        values = np.repeat(np.asarray(by_year, float), 12)
        self.group = pd.DataFrame({"month": np.arange(48), "group": "all"} | dict.fromkeys(FOLLOWED, values))
        resolved = {"shocks": shocks or {}, "levers": {"camp": {"intensity": 2.0}}, "county": {"budget": budget}}
        self.manifest = {"identity": {"resolved": resolved}}


def test_the_share_left_is_this_years_gain_over_that_of_the_last_year_with_money():
    """Money stops in month 12. Base 1 always; with money 5, without it 3 and then 2: gains 4, 2, 1, then 0.6."""
    base, cut, uncut = Lived([1] * 4), Lived([5, 3, 2, 1.6], {"fund_cut": CUT}), Lived([5, 6, 6, 7])
    found = persistence({"base": [base, base], "cut": [cut, cut], "uncut": [uncut, uncut]})
    rows = found[found["outcome"] == "adoption"]
    assert set(found["scenario"]) == {"cut"}
    assert set(found["uncut"]) == {"uncut"}
    assert rows["after"].tolist() == [0, 12, 24, 36]
    assert rows["difference"].tolist() == pytest.approx([4, 2, 1, 0.6])
    assert rows["left"].tolist() == pytest.approx([1, 0.5, 0.25, 0.15])
    assert rows["of_uncut"].tolist() == pytest.approx([1, 0.4, 0.2, 0.1])


def test_intervals_are_over_pairs_of_runs():
    base = [Lived([0] * 4)] * 3
    cut = [Lived([4 + luck, 2 + luck, 0, 0], {"fund_cut": CUT}) for luck in (0.0, 0.2, 0.4)]
    row = persistence({"base": base, "cut": cut}).query("outcome == 'adoption' and after == 12").iloc[0]
    first, here = np.array([4, 4.2, 4.4]), np.array([2, 2.2, 2.4])
    assert (row["difference"], row["low"], row["high"]) == pytest.approx(interval(here))
    assert (row["left"], row["left_low"], row["left_high"]) == pytest.approx(ratio(here, first))
    assert row["uncut"] == ""
    assert np.isnan(row["of_uncut"])


def test_nothing_is_told_of_scenarios_whose_money_goes_on():
    assert persistence({"base": [Lived([1] * 4)], "more": [Lived([2] * 4)]}).empty


def test_the_same_programme_is_told_by_its_settings():
    cut, other = Lived([1] * 4, {"fund_cut": CUT}), Lived([1] * 4)
    assert (stops(cut), stops(other)) == (12, None)
    assert goes_on(cut, other)
    assert not goes_on(cut, Lived([1] * 4, budget=300.0))
    crash = copy.deepcopy(other)
    crash.manifest["identity"]["resolved"]["shocks"]["price_crash"] = CUT
    assert not goes_on(cut, crash)
    assert not goes_on(cut, cut)


def test_a_comparison_with_a_cut_fund_says_what_is_left(tmp_path):
    given = [changed(load(SCENARIOS / f"{name}.toml"), TINY) for name in ("baseline", "integrated", "fund_cut")]
    given[2] = changed(given[2], {"shocks.fund_cut.start": 24})
    found = compare(given, 2, workers=1)
    rows = found.persistence
    assert set(rows["scenario"]) == {"fund_cut"}
    assert set(rows["uncut"]) == {"integrated"}
    assert sorted(set(rows["after"])) == [0, 12]
    first = rows[rows["after"] == 0]
    # Until it is cut it is the same programme under the same luck.
    assert first["of_uncut"].dropna().eq(1).all()
    point = rows[rows["outcome"] == "service_point"].set_index("after")
    assert point.loc[0, "difference"] > point.loc[12, "difference"] > 0
    found.write(tmp_path)
    assert all(entry["unit"] and entry["meaning"] for entry in read_codebook(tmp_path / "persistence.parquet").values())
