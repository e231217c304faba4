"""Each claim of the paper as a paired run: what is computed is what is published, whichever way it comes out."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from villagesim import cli, evidence
from villagesim.scenario import ScenarioError
from villagesim.study import measure
from villagesim.study.claims import (
    members as claim_members,
    rows as claim_rows,
    runs as claim_runs,
    table as claim_table,
    verdicts as claims,
)

ROOT = Path(__file__).parents[1]
DECLARED, COMMITTED = ROOT / "paper/claims.toml", ROOT / "paper/claims.csv"
LAST = {"A": 6, "B": 13, "C": 4, "D": 3, "E": 1}
IDS = [f"{letter}{n}" for letter, last in LAST.items() for n in range(1, last + 1)]


@pytest.fixture(scope="module")
def declared():
    return claim_rows.read(DECLARED)


@pytest.fixture(scope="module")
def committed():
    return claim_table.read_table(COMMITTED)


def test_the_checklist_holds_the_27_claims_of_the_paper_and_no_other(declared, committed):
    assert len(IDS) == 27
    assert [claim.id for claim in declared] == list(committed["id"]) == IDS


def test_every_claim_names_what_it_rests_on_and_why_that_effect_matters(declared):
    # Mechanism file, parameters, levers, outcome and groups are looked up as the file is read.
    for claim in declared:
        assert claim.parameters
        assert claim.says[0].isdigit() or claim.says.startswith("abstract")
        assert claim.asks.endswith("?")
        assert claim.because
        assert claim.replicates == 20


def test_every_verdict_that_is_not_supported_is_published_with_its_reason(committed):
    assert set(committed["verdict"]) <= set(claim_table.VERDICTS)
    for row in committed.itertuples():
        assert row.verdict == claims.SUPPORTED or len(row.reason) > 40, f"{row.id} says no reason"
        # How many parameter sets reach what matters is a column: in words it would grow old.
        assert not re.search(r"\d of \d+ (parameter sets|members)", row.reason), row.id


def test_the_page_for_readers_says_what_the_table_says(committed, request):
    if request.config.getoption("--accept"):
        claim_table.rewrite(COMMITTED.parent)
    written = (COMMITTED.parent / "claims.md").read_text(encoding="utf-8")
    assert written.partition(claim_table.MORE)[0] == claim_table.page(committed), "pytest -k page --accept writes it"


def test_the_effect_is_other_less_base_and_designs_weigh_their_arms_as_they_say(declared):
    weights = {claim.id: claim.weights for claim in declared}
    assert weights["A1"] == {"base": -1, "other": 1}
    assert weights["A6"] == {"base": -1, "other": 1, "elsewhere_base": 1, "elsewhere_other": -1}
    # all four - none - sum of four (alone - none)
    together = "policy + training + logistics + workforce"
    alone = ("policy", "training", "logistics", "workforce")
    assert weights["D1"] == {"none": 3, together: 1} | dict.fromkeys(alone, -1)
    assert all(sum(weights[name].values()) == 0 for name in IDS if name not in ("D2", "E1"))


@pytest.mark.parametrize(("effect", "low", "high", "p", "direction", "smallest", "verdict"), [
    (0.030, 0.020, 0.040, 0.001, 1, 0.02, claims.SUPPORTED),
    (0.030, 0.001, 0.059, 0.200, 1, 0.02, claims.NOT_SUPPORTED),
    (-0.03, -0.04, -0.02, 0.001, -1, 0.02, claims.SUPPORTED),
    (-0.03, -0.04, -0.02, 0.001, 1, 0.02, claims.OPPOSITE),
    (0.030, 0.020, 0.040, 0.001, -1, 0.02, claims.OPPOSITE),
    (0.010, 0.005, 0.015, 0.001, 1, 0.02, claims.TOO_SMALL),
    (-0.01, -0.015, -0.005, 0.001, 1, 0.02, claims.TOO_SMALL),
    (0.000, 0.000, 0.000, 1.000, 1, 0.02, claims.TOO_SMALL),
    # told from zero, but not from the smallest effect
    (0.018, 0.010, 0.026, 0.001, 1, 0.02, claims.NOT_SUPPORTED),
    (0.001, -0.050, 0.052, 0.900, 1, 0.02, claims.NOT_SUPPORTED),
    (0.020, 0.010, 0.030, 0.001, 1, 0.02, claims.SUPPORTED),
    (0.030, 0.020, 0.040, 0.050, 1, 0.02, claims.NOT_SUPPORTED),
    (float("nan"), float("nan"), float("nan"), 1.0, 1, 0.02, claims.NOT_SUPPORTED),
])
def test_a_verdict_follows_from_effect_interval_and_p_alone(effect, low, high, p, direction, smallest, verdict):
    assert claims.verdict(effect, low, high, p, direction, smallest) == verdict


def test_holm_multiplies_the_smallest_p_by_all_the_next_by_one_less_and_never_falls():
    # By hand, four tests: .01 x 4 = .04; .02 x 3 = .06; .03 x 2 = .06; .60 x 1 = .60.
    assert claims.holm([0.60, 0.01, 0.03, 0.02]) == pytest.approx([0.60, 0.04, 0.06, 0.06])
    # .02 x 2 = .04, then .025 x 1 = .025 is raised to .04; and nothing exceeds 1.
    assert claims.holm([0.025, 0.02]) == pytest.approx([0.04, 0.04])
    assert claims.holm([0.9, 0.8]) == [1.0, 1.0]


def test_an_effect_without_any_luck_is_certain_or_nothing():
    assert claims.estimate(np.full(20, 0.5))[:4] == (0.5, 0.5, 0.5, 0.0)
    assert claims.estimate(np.zeros(20))[:4] == (0.0, 0.0, 0.0, 1.0)


def test_fitting_the_mix_to_the_village_is_worth_nothing_where_only_luck_differs():
    luck = np.random.default_rng(7).normal(size=(3, 4, 4000))
    found = claims.estimate(claims.value_of_fit(luck))
    assert found.low < 0 < found.high
    # Type 0 gains 3 from mix 0, type 1 gains 1 from mix 1: for both the best is mix 0; fitting adds 1 in one of two.
    clear = np.array([[[3.0] * 5, [0.0] * 5], [[0.0] * 5, [1.0] * 5]])
    assert claims.value_of_fit(clear).tolist() == [0.5] * 5


def claim_file(tmp_path, row, changes='{"run.months" = 12}'):
    """A file with one claim, A1's but for what the row says otherwise."""
    from villagesim.scenario_text import as_toml

    values = tomllib.loads(DECLARED.read_text(encoding="utf-8"))
    usual = {key: values["A1"][key] for key in ("says", "asks", "rests_on", "measure", "expect")}
    head = {"title": "One claim", "replicates": 2, "scenarios": str(ROOT / "scenarios")}
    path = tmp_path / "claims.toml"
    path.write_text(as_toml(head) + f"set = {changes}\n\n" + as_toml({"D1": usual | row}), encoding="utf-8")
    return path


BOTH = {"design": "pathways", "base": {"scenario": "baseline.toml"}, "carriers": ["social_workers", "contractors"],
        "measure": {"outcome": "income_mean"}, "also": ["public_cost"]}
TINY = ('{"world.villages" = 2, "world.townships" = 1, "world.households" = 20, "run.months" = 12, '
        '"run.spin_up" = 2, "world.household_spread" = 0}')


def test_all_four_pathways_are_weighed_against_the_four_alone_under_either_carrier(tmp_path):
    """all - none - sum of four (alone - none), of the sixteen mixes of the pathway files over the base."""
    [claim] = claim_rows.read(claim_file(tmp_path, BOTH, TINY))
    whole = "policy + training + logistics + workforce"
    assert claim.weights == {"none": 3, whole: 1} | dict.fromkeys(
        ("policy", "training", "logistics", "workforce"), -1)
    assert set(claim.arms) == set(claim.weights)
    assert "posts" in claim.arms[whole].levers
    assert not claim.arms["none"].levers
    measured = claim_runs.measure([claim], workers=1)
    row = claims.evaluate([claim], measured).iloc[0]
    cost = measure.Measure("public_cost", ("all",), (0, 12))
    by_hand = sum(weight * measured[claim.arms[role].name, claim.measure] for role, weight in claim.weights.items())
    assert row["effect"] == pytest.approx(by_hand.mean())
    more = claims.details([claim], measured).set_index(["what", "outcome"])["value"]
    assert more["synergy, social workers, equal levers", "income_mean"] == pytest.approx(row["effect"])
    # Four alone have cost the one sum four times, so that the synergy of spending is the sum three times off.
    for carrier in ("social workers", "contractors"):
        assert more[f"synergy, {carrier}, equal money", "income_mean"] != row["effect"]
        assert more[f"all four less none, {carrier}, equal money", "public_cost"] == pytest.approx(0, abs=15)
        assert more[f"all four less their parts by money, {carrier}, equal money", "public_cost"] == pytest.approx(
            0, abs=15)
    spent = measured["D1, none, contractors, equal money", cost]
    assert spent.mean() > 500


@pytest.mark.parametrize(("change", "message"), [
    ({"carriers": ["robots"]}, "carriers"),
    ({"carriers": []}, "carriers"),
    ({"base": {"scenario": "integrated.toml"}}, "is on in the base"),
])
def test_pathways_that_cannot_be_compared_are_refused(tmp_path, change, message):
    with pytest.raises(ScenarioError, match=message):
        claim_rows.read(claim_file(tmp_path, BOTH | change, TINY))


@pytest.mark.parametrize(("change", "message"), [
    ({"rests_on": {"file": "magic", "parameters": [], "levers": []}}, "no mechanism file"),
    ({"rests_on": {"file": "choice", "parameters": ["choice.magic"], "levers": []}}, "no parameter"),
    ({"rests_on": {"file": "choice", "parameters": [], "levers": ["magic"]}}, "no lever"),
    ({"measure": {"outcome": "magic"}}, "no outcome"),
    ({"measure": {"outcome": "adoption", "groups": ["magic"]}}, "groups"),
    ({"expect": {"direction": 0, "smallest": 1, "because": ""}}, "direction"),
    ({"design": "magic"}, "design"),
    ({"magic": 1}, "not known"),
])
def test_a_claim_that_rests_on_nothing_is_refused_in_one_line(tmp_path, change, message):
    from villagesim.scenario_text import as_toml

    values = tomllib.loads(DECLARED.read_text(encoding="utf-8"))
    row = {key: values["A1"][key] for key in ("says", "asks", "rests_on", "base", "other", "measure", "expect")}
    head = {key: values[key] for key in ("title", "replicates")} | {"scenarios": str(ROOT / "scenarios")}
    path = tmp_path / "claims.toml"
    text = as_toml(head) + 'set = {"run.months" = 12}\n\n' + as_toml({"A1": row | change})
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=message) as caught:
        claim_rows.read(path)
    assert "\n" not in str(caught.value)


def test_the_command_shows_the_committed_table_and_refuses_what_it_does_not_know(monkeypatch):
    monkeypatch.chdir(ROOT)
    shown = CliRunner().invoke(cli.app, ["claims", "--only", "B7"])
    assert shown.exit_code == 0
    assert "B7" in shown.output
    assert "choice.py" in shown.output
    assert CliRunner().invoke(cli.app, ["claims", "--only", "Z9"]).exit_code == 2
    [row] = claim_table.read_table(COMMITTED).query("id == 'B7'").itertuples()
    assert f"{row.held} of {row.members}" in shown.output
    assert CliRunner().invoke(cli.app, ["claims", "--table", "none.csv"]).exit_code == 2
    assert CliRunner().invoke(cli.app, ["claims", "--no-ensemble"]).stderr == "--no-ensemble: goes with --run only\n"


def test_claims_without_a_shipped_ensemble_are_refused_before_anything_runs(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(evidence, "folder", lambda: tmp_path)
    monkeypatch.setattr(claim_runs, "measure", lambda *_: pytest.fail("ran"))
    done = CliRunner().invoke(cli.app, ["claims", "--run", "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert "holds no ensemble" in done.stderr
    assert done.stderr.endswith("(or claims --run --no-ensemble)\n")


@pytest.mark.slow
def test_what_is_computed_today_is_what_is_published(declared, request):
    accepts = request.config.getoption("--accept")
    # What is only reported, and members, are run only when the page is written.
    measured = claim_runs.measure(declared, workers=2, arms=accepts)
    before = claim_table.read_table(COMMITTED) if COMMITTED.is_file() else None
    today = claims.evaluate(declared, measured)
    if accepts:
        under = claim_members.table(declared, measured, claim_members.measure(DECLARED, declared, workers=2))
        claim_table.write(claim_table.as_text(today.merge(under, on="id"), before), claims.details(declared, measured),
                          COMMITTED.parent)
    published, today = claim_table.read_table(COMMITTED), claim_table.as_text(today, before)
    moved = [f"{now.id}: {then.verdict} -> {now.verdict}" for then, now in zip(
        published.itertuples(), today.itertuples(), strict=True) if then.verdict != now.verdict]
    assert not moved, "if this is meant: pytest tests/test_claims.py --accept, and new reasons in paper/claims.csv"
    numbers = [name for name in claim_table.NUMBERS if name in today]
    text = [name for name in today.columns if name not in (*numbers, "reason")]
    assert today[text].equals(published[text])
    for name in numbers:
        np.testing.assert_allclose(today[name].astype(float), published[name].astype(float), rtol=2e-3, err_msg=name)


@pytest.mark.slow
def test_members_are_computed_as_they_are_published(declared, committed):
    chosen = [claim for claim in declared if claim.id in ("A4", "B6")]
    measured = claim_runs.measure(chosen, workers=2, arms=False)
    today = claim_members.table(chosen, measured, claim_members.measure(DECLARED, chosen, workers=2)).set_index("id")
    published = committed.set_index("id").loc[list(today.index), list(today.columns)].astype(float)
    np.testing.assert_allclose(today.astype(float), published, rtol=2e-3)
    assert set(committed["members"]) == {str(len(evidence.ensemble().rows))}
    assert (committed["held"].astype(int) <= committed["members"].astype(int)).all()


def test_a_member_is_laid_under_a_claim_and_what_the_claim_sets_stays():
    member = {"parameters.choice.waiting": 0.4, "world.enterprise": 0.6}
    [claim] = [claim for claim in claim_rows.read(DECLARED, member) if claim.id == "B6"]
    assert {role: arm.parameters.choice.waiting for role, arm in claim.arms.items()} == {"base": 0.4, "other": 0.0}
    assert {arm.world.enterprise for arm in claim.arms.values()} == {0.6}


def test_what_members_say_is_counted_and_told_apart_from_luck(declared):
    [claim] = [claim for claim in declared if claim.id == "A4"]
    base, other = (claim.arms[role].name for role in ("base", "other"))

    def found(effects):
        return {(base, claim.measure): np.zeros(len(effects)), (other, claim.measure): np.array(effects)}

    row = claim_members.table([claim], found([1.0, 1.0, 1.0]), found([0.05, 0.049, 0.3, -0.2, np.nan])).iloc[0]
    assert (row["id"], row["members"], row["held"]) == ("A4", 4, 2)  # The smallest that matters is 0.05.
    assert row["luck_sd"] == 0
    assert row["parameter_sd"] == pytest.approx(np.std([0.05, 0.049, 0.3, -0.2], ddof=1))
