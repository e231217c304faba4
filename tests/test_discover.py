"""Boxes, tree, regret and satisficing: planted failures are found, noise is called noise, tables worked by hand."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, binomtest

from villagesim.results import read_about, read_codebook
from villagesim.study.robust.boxes import Search, boxes, held_out, inside
from villagesim.study.robust.cases import CasesError, checked, wilson
from villagesim.study.robust.discover import discover
from villagesim.study.robust.robustness import Robustness, Threshold, best, meets, regret, satisficing
from villagesim.study.robust.tree import tree

N = 400
ABOUT = {"version": "0", "sources": "0" * 16, "scenarios": {"integrated": "1" * 16}, "seeds": [1, 2], "mix":
         "integrated", "outcome": "income_mean", "unit": "yuan/household/year"}


def sampled(seed=1, n=N):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"demand": rng.uniform(0, 10, n), "scenario": rng.uniform(0, 1, n),
                         "wage": rng.uniform(0, 1, n),
                         "courier": rng.choice(["pool", "route", "star"], n), "posts": rng.integers(1, 6, n)})


def planted(futures):
    """Fails where demand is low, the column that PRIM by itself drops for its name is high, and nobody pools."""
    return ((futures["demand"] < 5) & (futures["scenario"] > 0.4) & (futures["courier"] != "pool")).to_numpy()


@pytest.fixture(scope="module")
def found():
    """Futures, fails with 2 % told wrongly, the boxes and PRIM's path."""
    futures = sampled()
    fails = planted(futures) ^ (np.random.default_rng(2).random(N) < 0.02)
    return futures, fails, *boxes(futures, fails)


def test_a_planted_box_is_found_with_its_limits_and_no_others(found):
    futures, _, table, _ = found
    first = table[table["box"] == 1].set_index("factor")
    assert set(first.index) == {"demand", "scenario", "courier"}
    assert first.loc["demand", "high"] == pytest.approx(5, abs=0.25)
    assert first.loc["demand", "low"] == first.loc["demand", "lowest"] == futures["demand"].min()
    assert first.loc["scenario", "low"] == pytest.approx(0.4, abs=0.05)
    assert first.loc["scenario", "high"] == first.loc["scenario", "highest"]
    assert first.loc["courier", "names"] == "route | star"


def test_a_box_s_numbers_are_those_of_the_futures_inside(found):
    futures, fails, table, _ = found
    before = np.zeros(N, bool)
    for _, box in table.groupby("box"):
        held, row = inside(futures, box) & ~before, box.iloc[0]
        before |= held
        assert held.sum() == row["n"] == round(row["mass"] * N)
        assert fails[held].mean() == pytest.approx(row["density"])
        assert fails[held].sum() / fails.sum() == pytest.approx(row["coverage"])
        assert row["base"] == pytest.approx(fails.mean())
        ends = binomtest(int(fails[held].sum()), int(held.sum())).proportion_ci(method="wilson")
        assert (row["density_low"], row["density_high"]) == pytest.approx((ends.low, ends.high))


def test_the_quasi_p_value_is_the_binomial_tail_without_the_limit(found):
    futures, fails, table, _ = found
    first = table[table["box"] == 1]
    held = inside(futures, first)
    assert len(first) == 3
    for factor, told in zip(first["factor"], first["quasi_p"], strict=True):
        without = inside(futures, first[first["factor"] != factor])
        tail = binom.sf(fails[held].sum() - 1, held.sum(), fails[without].mean())
        assert told == pytest.approx(tail, rel=1e-9, abs=0)
        assert told <= 0.05
    assert first["quasi_p"].is_monotonic_increasing


def test_the_chosen_box_is_the_densest_that_holds_enough(found):
    """Before weak limits go: no step that holds half of the failing futures is denser; with them gone none is weak."""
    futures, fails, _, _ = found
    table, path = boxes(futures, fails, Search(most=1, level=1.0))
    able = path[path["coverage"] >= 0.5]
    assert table["density"].iloc[0] == able["density"].max() == path.loc[path["chosen"], "density"].iloc[0]
    whole, more = boxes(futures, fails, Search(most=1, level=1.0, coverage=0.95))
    assert whole["coverage"].iloc[0] >= 0.95
    assert whole["density"].iloc[0] < table["density"].iloc[0]
    assert more["chosen"].sum() == 1


def test_the_path_starts_from_all_futures_and_ends_at_the_chosen_box(found):
    _, fails, table, path = found
    first = path[path["box"] == 1]
    assert first.iloc[0][["coverage", "mass", "n", "limits"]].tolist() == [1, 1, N, 0]
    assert first.iloc[0]["density"] == pytest.approx(fails.mean())
    chosen = first[first["chosen"]].iloc[0]
    assert chosen["n"] == table["n"].iloc[0]
    assert chosen["limits"] == (table["box"] == 1).sum()


def test_two_separate_regions_give_two_boxes_that_count_each_future_once():
    futures = sampled(3)[["demand", "wage"]]
    low, high = futures["demand"] < 2, (futures["demand"] > 7) & (futures["wage"] > 0.5)
    table, _ = boxes(futures, (low | high).to_numpy(), Search(coverage=0.4))
    assert list(dict.fromkeys(table["box"])) == [1, 2]
    one, two = (inside(futures, box) for _, box in table.groupby("box"))
    counted = table.groupby("box")[["n", "coverage"]].first()
    assert counted["n"].tolist() == [one.sum(), (two & ~one).sum()]
    assert counted["coverage"].sum() == pytest.approx((one | two)[low | high].mean())
    assert counted["coverage"].sum() > 0.85
    assert set(table.loc[table["box"] == 2, "factor"]) == {"demand"}
    assert len(boxes(futures, (low | high).to_numpy(), Search(coverage=0.4, most=1))[0]["box"].unique()) == 1


def test_a_later_box_s_quasi_p_value_is_among_the_futures_in_no_earlier_one():
    futures = sampled(3)[["demand", "wage"]]
    fails = (futures["demand"] < 2) | ((futures["demand"] > 7) & (futures["wage"] > 0.5))
    table, _ = boxes(futures, fails.to_numpy(), Search(coverage=0.4))
    one, two = (box for _, box in table.groupby("box"))
    free = ~inside(futures, one)
    held = inside(futures, two) & free
    assert len(two) == 1
    tail = binom.sf(fails[held].sum() - 1, held.sum(), fails[free].mean())
    assert two["quasi_p"].iloc[0] == pytest.approx(tail, rel=1e-9, abs=0)


def test_limits_that_luck_explains_are_dropped_and_no_others():
    """Of noise beside one true limit PRIM keeps several; a binomial test keeps those that tell."""
    futures = sampled(9)
    fails = ((futures["demand"] < 3) & (np.random.default_rng(109).random(N) < 0.7)).to_numpy()
    raw, _ = boxes(futures, fails, Search(most=1, level=1.0))
    kept, _ = boxes(futures, fails, Search(most=1))
    assert (raw["quasi_p"] > 0.05).any()
    assert set(kept["factor"]) < set(raw["factor"])
    assert (kept["quasi_p"] <= 0.05).all()
    assert "demand" in set(kept["factor"])


def test_failing_by_chance_gives_no_box_that_held_out_futures_bear_out():
    futures = sampled(4)
    noise = np.random.default_rng(5).random(N) < 0.25
    table, _ = boxes(futures, noise, Search(most=1, level=1.0))
    assert table["density_low"].iloc[0] > noise.mean()
    told = held_out(futures, noise, Search(level=1.0))
    assert not told["low"] > told["base"]


def test_a_planted_box_is_borne_out_on_held_out_futures(found):
    futures, fails, table, _ = found
    told = held_out(futures, fails)
    assert told["low"] > 0.7 > told["base"] == fails.mean()
    assert 0.4 < told["coverage"] <= 1
    assert told["density"] <= table["density"].iloc[0] + 0.05


SAY = """
import numpy as np, pandas as pd
from villagesim.study.robust.boxes import boxes
from villagesim.study.robust.tree import tree
rng = np.random.default_rng(6)
f = pd.DataFrame({"rule": rng.choice(list("abcdef"), 120), "other": rng.choice(["x", "yy", "zzz"], 120),
                  "size": rng.random(120)})
fails = f["rule"].isin(["a", "c"]).to_numpy() | (rng.random(120) < 0.1)
print(boxes(f, fails)[0].to_csv(), tree(f, fails).text)
"""


def test_names_give_the_same_boxes_in_every_process():
    started = [subprocess.Popen([sys.executable, "-W", "error::UserWarning", "-c", SAY], stdout=subprocess.PIPE,
                                text=True, env=os.environ | {"PYTHONHASHSEED": seed}) for seed in ("1", "2")]
    one, two = (process.communicate()[0] for process in started)
    assert "a | c" in one
    assert one == two


def test_narrow_numbers_are_not_passed_over():
    """PRIM takes float64 and int64 alone, without a word."""
    futures = sampled(8)[["demand", "wage"]].astype(np.float32)
    table, _ = boxes(futures, (futures["demand"] < 3).to_numpy())
    assert set(table["factor"]) == {"demand"}


@pytest.mark.parametrize(("change", "fails", "message"), [
    ({"wage": [np.nan, 1.0]}, [True, False], "wage is missing or not finite in 1 of 2 futures, the first .* row 0"),
    ({"wage": [1.0, np.inf]}, [True, False], "row 1"),
    ({"wage": ["a", None]}, [True, False], "wage is missing"),
    ({"wage": [1.0, 2.0]}, [False, False], "none of 2 futures fail: set stricter thresholds"),
    ({"wage": [1.0, 2.0]}, [True, True], "all of 2 futures fail: set weaker thresholds"),
    ({"wage": [1.0, 2.0]}, [1.0, 0.0], "true or false"),
    ({"wage": [1.0, 2.0]}, [True], r"2 futures, but fails has shape \(1,\)"),
])
def test_futures_from_which_nothing_can_be_learnt_are_refused(change, fails, message):
    for learn in (boxes, tree, checked):
        with pytest.raises(CasesError, match=message):
            learn(pd.DataFrame(change), fails)


def test_too_few_failing_futures_for_a_check_are_refused():
    with pytest.raises(CasesError, match="4 of 400 futures fail: a check on held-out"):
        tree(sampled(), np.arange(N) < 4)
    with pytest.raises(CasesError, match="one name"):
        checked(pd.DataFrame([[1.0, 2.0]] * 2, columns=["a", "a"]), [True, False])
    with pytest.raises(ValueError, match="coverage must be"):
        boxes(sampled(), np.arange(N) < 4, Search(coverage=0.0))


def test_the_tree_finds_the_planted_rule_and_its_leaves_count_all_futures(found):
    futures, fails, _, _ = found
    grown = tree(futures, fails)
    leaves = grown.leaves
    assert leaves["n"].sum() == N
    assert (leaves["n"] * leaves["failing"]).sum() == pytest.approx(fails.sum())
    assert all(part in leaves["rule"].iloc[0] for part in ("demand <= ", "scenario > ", "courier is not pool"))
    assert leaves["failing"].iloc[0] > 0.9
    assert leaves["failing"].is_monotonic_decreasing
    assert grown.check["informative"]
    assert grown.check["accuracy"] > grown.check["base"] + 0.05
    assert grown.check["base"] == pytest.approx(1 - fails.mean())
    assert grown.check["says"].startswith("on held-out futures the tree is right in ")
    assert "tells nothing" not in grown.check["says"]


def test_a_leaf_s_rule_holds_for_just_its_futures():
    """Rules of a tree on whole numbers, whose limits print exactly, read back against the futures."""
    futures = pd.DataFrame({"posts": np.tile(np.arange(6), 50), "years": np.repeat(np.arange(6), 50)})
    fails = ((futures["posts"] > 1) & (futures["posts"] <= 3) & (futures["years"] < 4)).to_numpy()
    leaves = tree(futures, fails).leaves
    held = [futures.eval(rule.replace(" and ", " & ")).to_numpy() for rule in leaves["rule"]]
    assert (np.sum(held, axis=0) == 1).all()
    assert [part.sum() for part in held] == leaves["n"].tolist()
    assert [fails[part].mean() for part in held] == pytest.approx(leaves["failing"].tolist())
    assert "years <= 3.5 and 1.5 < posts <= 3.5" in leaves["rule"].tolist()


def test_the_tree_s_lines_hold_every_leaf(found):
    futures, fails, _, _ = found
    grown = tree(futures, fails, depth=2)
    lines = grown.text.splitlines()
    assert sum("futures fail" in line for line in lines) == len(grown.leaves) <= 4
    assert lines[0] == lines[0].lstrip()
    assert grown.text == tree(futures, fails, depth=2).text
    with pytest.raises(ValueError, match="depth must be at least 1"):
        tree(futures, fails, depth=0)


def test_a_tree_of_noise_says_that_it_tells_nothing():
    told = [tree(sampled(seed), np.random.default_rng(seed + 50).random(N) < 0.3).check for seed in range(6)]
    assert sum(check["informative"] for check in told) <= 1
    assert "tells nothing that is sure" in told[0]["says"]
    told = [tree(sampled(seed), np.random.default_rng(seed + 50).random(N) < 0.3, depth=1).check for seed in range(6)]
    assert any(check["low"] < 0 < check["high"] for check in told)
    assert all(check["informative"] == (check["low"] > 0) for check in told)


# Four futures, three mixes. Best: 10, 8, 6, 5; regrets of cash 0 4 6 0, training 5 0 3 0, none 9 7 0 5.
OUTCOMES = np.array([[10, 5, 1], [4, 8, 1], [0, 3, 6], [5, 5, 0]], float)
MIXES = ("cash", "training", "none")


def test_regret_of_a_table_worked_by_hand():
    told = regret(OUTCOMES, MIXES, resamples=200).set_index(["mix", "measure"])["regret"]
    assert told.xs("max", level="measure").tolist() == [6, 5, 9]
    assert told.xs("mean", level="measure").tolist() == [2.5, 2, 5.25]
    # Between the third and fourth of four ordered regrets, at 0.9 x 3 = 2.7.
    assert told.xs("p90", level="measure").tolist() == pytest.approx([4 + 0.7 * 2, 3 + 0.7 * 2, 7 + 0.7 * 2])


def test_where_less_is_better_regret_turns_round():
    assert regret(-OUTCOMES, MIXES, more=False, resamples=5)["regret"].equals(
        regret(OUTCOMES, MIXES, resamples=5)["regret"])
    assert best(-OUTCOMES, MIXES, more=False).equals(best(OUTCOMES, MIXES))


def test_replicates_are_averaged_before_anything_is_compared():
    luck = np.random.default_rng(1).normal(size=(*OUTCOMES.shape, 5))
    luck -= luck.mean(axis=2, keepdims=True)
    told, plain = (regret(values, MIXES, resamples=5)["regret"] for values in (OUTCOMES[..., None] + luck, OUTCOMES))
    assert told.to_numpy() == pytest.approx(plain.to_numpy())


def test_regret_s_interval_covers_its_mean_about_as_often_as_it_says():
    """100 samples of 60 futures, two mixes apart by a uniform number: mean regret 1/4. Two standard errors are 0.05."""
    rng, hits = np.random.default_rng(4), 0
    for _ in range(100):
        values = np.column_stack([rng.uniform(-1, 1, 60), np.zeros(60)])
        row = regret(values, ("a", "b"), resamples=150).set_index(["mix", "measure"]).loc[("a", "mean")]
        hits += row["low"] <= 0.25 <= row["high"]
    assert hits / 100 == pytest.approx(0.93, abs=0.05)
    table = regret(OUTCOMES, MIXES, resamples=20)
    assert table.loc[table["measure"] == "max", ["low", "high"]].isna().all(axis=None)
    assert table.equals(regret(OUTCOMES, MIXES, resamples=20))


def test_ties_share_a_future_and_shares_add_to_one():
    told = best(OUTCOMES, MIXES)
    assert told["share"].tolist() == [1.5 / 4, 1.5 / 4, 1 / 4]
    assert (told["low"] < told["share"]).all()
    assert (told["share"] < told["high"]).all()


def test_satisficing_of_a_table_worked_by_hand():
    cost = np.array([[1, 2, 0], [1, 2, 0], [3, 2, 0], [1, 4, 0]], float)
    thresholds = [Threshold("income", ">=", 5), Threshold("cost", "<=", 2)]
    outcomes = {"income": OUTCOMES, "cost": cost}
    told = satisficing(outcomes, MIXES, thresholds).set_index(["mix", "criterion"])["share"]
    assert told.xs("all", level="criterion").tolist() == [0.5, 0.5, 0.25]
    assert told.xs("income >= 5", level="criterion").tolist() == [0.5, 0.75, 0.25]
    assert told.xs("cost <= 2", level="criterion").tolist() == [0.75, 0.75, 1]
    assert (~meets(outcomes, MIXES, thresholds)[:, 1].all(axis=-1)).tolist() == [False, False, True, True]


def test_wilson_intervals_equal_scipy_s_and_never_leave_0_to_1():
    for count, n in ((0, 7), (3, 7), (7, 7), (50, 1000)):
        ends = binomtest(count, n).proportion_ci(method="wilson")
        assert wilson(count / n, n) == pytest.approx((ends.low, ends.high))
    assert np.isnan(wilson(np.nan, 0)).all()


@pytest.mark.parametrize(("call", "message"), [
    (lambda: regret(np.ones((3, 2)), MIXES), r"\(futures, 3 mixes\)"),
    (lambda: best(np.full((3, 3), np.nan), MIXES), "9 of 9 outcomes are missing"),
    (lambda: satisficing({"a": OUTCOMES}, MIXES, [Threshold("b", ">=", 1)]), "no outcome b; there are: a"),
    (lambda: satisficing({"a": OUTCOMES}, MIXES, [Threshold("a", ">", 1)]), "a threshold is >= or <="),
    (lambda: satisficing({"a": OUTCOMES}, MIXES, []), "no threshold"),
    (lambda: satisficing({"a": OUTCOMES, "b": OUTCOMES[:2]}, MIXES, [Threshold(x, ">=", 1) for x in "ab"]),
     "differ in their number of futures: 4, 2"),
])
def test_outcomes_that_do_not_fit_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_tables_and_figures_repeat_their_bytes(found, tmp_path):
    from villagesim.figures import discover as boxes_figure, robustness as robustness_figure

    futures, fails, table, _ = found
    whole = discover(futures, fails, ABOUT)
    assert whole.boxes.equals(table)
    assert whole.checks["told"].all()
    thresholds = [Threshold("income", ">=", 5)]
    tables = Robustness(regret(OUTCOMES, MIXES, resamples=50), best(OUTCOMES, MIXES),
                        satisficing({"income": OUTCOMES}, MIXES, thresholds), ABOUT)
    written = []
    for name in ("one", "two"):
        folder = tables.write(whole.write(tmp_path / name))
        boxes_figure.draw(folder)
        robustness_figure.draw(folder)
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert written[0] == written[1]
    assert len(written[0]) == 2 * (5 + 3) + 1 + 2 * 2
    for path in folder.glob("*.parquet"):
        assert read_about(path) == ABOUT
        assert all(entry["unit"] and entry["meaning"] for entry in read_codebook(path).values())
    assert b"on held-out futures" in written[0]["tree.txt"]


def test_the_figure_says_where_no_box_was_found(tmp_path):
    from villagesim.figures.discover import draw

    noise = np.random.default_rng(103).random(N) < 0.2
    whole = discover(sampled(3)[["demand", "courier"]], noise, ABOUT)
    assert whole.boxes.empty
    assert not whole.checks["told"].any()
    assert all(path.stat().st_size > 0 for path in draw(whole.write(tmp_path)))


def test_a_factor_that_would_hide_the_fails_is_refused():
    with pytest.raises(ValueError, match="can't be named fails"):
        discover(pd.DataFrame({"fails": [1.0, 2.0]}), [True, False], ABOUT)
