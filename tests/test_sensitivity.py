"""Sensitivity: published indices come back through the whole pipeline, with luck added; what would lie is refused."""

import warnings

import numpy as np
import pandas as pd
import pytest

from villagesim.catalogue import settable
from villagesim.study import analyses, indices, resampling, sensitivity
from villagesim.study.samplers import SAMPLERS, unit_design
from villagesim.study.sensitivity import analyse, convergence, statement

X = ("x1", "x2", "x3")
# Ishigami and Homma (1990), a = 7, b = 0.1: the variance and its parts in closed form.
VARIANCE = 7**2 / 8 + 0.1 * np.pi**4 / 5 + 0.1**2 * np.pi**8 / 18 + 0.5
FIRST = np.array([0.3139, 0.4424, 0.0])
TOTAL = np.array([0.5576, 0.4424, 0.2437])
WEIGHTS = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0])
SAMPLER = {method: sampler for sampler, made in SAMPLERS.items() for method in made.methods} | dict.fromkeys(
    ("delta", "pawn", "rbd_fast", "hdmr"), "latin")
SIZES = {"sobol": 64, "morris": 12, "efast": 65, "shapley": 64, "delta": 128, "pawn": 128, "rbd_fast": 128,
         "hdmr": 600}
METHODS = tuple(resampling.METHODS)


def ishigami(unit):
    x = np.pi * (2 * unit[:, :3] - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def sobol_g(unit):
    return np.prod((np.abs(4 * unit - 2) + WEIGHTS) / (1 + WEIGHTS), axis=1)


def made(method, k=3, seed=1, model=ishigami):
    """A small design of the method and its values, one replicate."""
    unit = unit_design(SAMPLER[method], k, SIZES[method], seed)
    return unit, model(unit)[:, None]


def column(table, index, what="value"):
    return table[table["index"] == index][what].to_numpy()


def near(table, index, truth, errors=3.5, most=np.inf):
    """Whether all are within so many standard errors, as the interval tells them, and no error above `most`."""
    error = (column(table, index, "high") - column(table, index, "low")) / (2 * 1.96)
    apart = np.abs(column(table, index) - truth)
    return bool((apart <= errors * error + 1e-12).all() and (error <= most).all())


def test_the_published_variance_of_ishigami_is_what_the_function_has():
    assert np.var(ishigami(unit_design("random", 3, 100_000, 1))) == pytest.approx(VARIANCE, rel=0.02)
    assert np.array([0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2, 49 / 8]) / VARIANCE == pytest.approx(FIRST[:2], abs=1e-4)


def test_the_share_that_rests_on_some_factors_lies_between_what_they_do_alone_and_what_the_others_leave():
    unit = unit_design("saltelli", 3, 1024, 1)
    table = analyse("sobol", X, unit, ishigami(unit)[:, None], 1, 0)
    # x1 and x3 act alone (0.314 and 0) and with each other; what x2 leaves is less than the sum of their ST, 0.801.
    assert sensitivity.resting_on(table, ["x1", "x3"]) == pytest.approx((0.314, 0.558), abs=0.02)
    assert sensitivity.resting_on(table, ["x2"]) == pytest.approx((0.442, 0.442), abs=0.02)
    assert sensitivity.resting_on(table, ["x3"]) == pytest.approx((0.0, 0.244), abs=0.02)
    # what pairs of others do is not theirs: x1 and x3 are the pair, and x2 keeps no part of it
    exact = pd.DataFrame([("S1", "x1", "", FIRST[0]), ("S1", "x2", "", FIRST[1]), ("S1", "x3", "", 0.0),
                          ("ST", "x1", "", TOTAL[0]), ("ST", "x2", "", 0.9), ("ST", "x3", "", TOTAL[2]),
                          ("S2", "x1", "x3", 0.2437)], columns=["index", "factor", "other", "value"])
    assert sensitivity.resting_on(exact, ["x2"])[1] == pytest.approx(0.4424, abs=1e-3)
    assert sensitivity.resting_on(exact[exact["index"] != "S2"], ["x2"])[1] == pytest.approx(0.6861, abs=1e-3)
    assert sensitivity.resting_on(analyse("morris", X, *made("morris"), 1), ["x1"]) is None


def test_what_rests_on_each_evidence_grade_is_told_by_the_grades_that_the_factors_declare():
    grades = {entry.key: entry.grade for entry in settable()}
    first, third = [key for key, grade in grades.items() if grade == "C"][:2]
    known = next(key for key, grade in grades.items() if grade == "B")
    unit = unit_design("saltelli", 3, 256, 1)
    table = analyse("sobol", [first, known, third], unit, ishigami(unit)[:, None], 1, 0)
    found = analyses.by_grade(table, [first, known, third]).set_index("grade")
    assert found["factors"].to_dict() == {"B": 1, "C": 2}
    assert found.loc["C", ["least", "most"]].tolist() == pytest.approx([0.314, 0.558], abs=0.05)
    assert analyses.by_grade(analyse("morris", X, *made("morris"), 1), X).empty


def test_sobol_recovers_ishigami_with_second_order():
    unit = unit_design("saltelli", 3, 1024, 1)
    table = analyse("sobol", X, unit, ishigami(unit)[:, None], 1)
    for index, truth in (("S1", FIRST), ("ST", TOTAL), ("S2", [0, 0.2437, 0])):
        assert near(table, index, truth, most=0.06)
        # Scrambled points do better than independent ones, which is what a bootstrap knows of.
        assert column(table, index) == pytest.approx(truth, abs=0.02)
    pairs = table[table["index"] == "S2"]
    assert list(zip(pairs["factor"], pairs["other"], strict=True)) == [("x1", "x2"), ("x1", "x3"), ("x2", "x3")]
    assert set(table["n"]) == {1024}
    assert list(table.columns) == list(sensitivity.COLUMNS)


def test_sobol_recovers_the_g_function_in_closed_form():
    """V_i = 1 / (3 (1 + a_i)^2), V = prod(1 + V_i) - 1, S_i = V_i / V, ST_i = V_i prod_{j != i}(1 + V_j) / V."""
    parts = 1 / (3 * (1 + WEIGHTS) ** 2)
    whole = np.prod(1 + parts) - 1
    unit = unit_design("saltelli", 6, 1024, 1, second_order=False)
    table = analyse("sobol", list("abcdef"), unit, sobol_g(unit)[:, None], 1)
    assert near(table, "S1", parts / whole, most=0.05)
    assert near(table, "ST", parts * np.prod(1 + parts) / (1 + parts) / whole, most=0.05)
    assert "S2" not in set(table["index"])


def test_luck_that_all_points_share_changes_no_index():
    for method in METHODS:
        unit, values = made(method)
        lucky = values + np.random.default_rng(1).normal(0, 5, 6)
        one, many = (analyse(method, X, unit, given, 1, 2) for given in (values, lucky))
        if method != "delta":
            assert many["value"].to_numpy() == pytest.approx(one["value"].to_numpy(), abs=1e-9), method


def test_fresh_luck_at_every_row_inflates_total_indices_and_averaged_replicates_do_not():
    """Luck as wide as the outcome's own spread: ST tends to (ST + 1) / 2; of 64 averaged it hardly moves."""
    unit = unit_design("saltelli", 3, 512, 1)
    luck = np.random.default_rng(2).normal(0, np.sqrt(VARIANCE), (len(unit), 64))
    values = ishigami(unit)[:, None] + luck
    trap, mean = (analyse("sobol", X, unit, given, 1, 200) for given in (values[:, :1], values))
    assert (column(trap, "ST") > TOTAL + 0.15).all()
    assert near(trap, "ST", (TOTAL + 1) / 2)
    assert near(mean, "ST", (TOTAL + 1 / 64) / (1 + 1 / 64))
    assert np.abs(column(mean, "ST") - TOTAL).max() < 0.08
    assert sensitivity.luck_left(values) == pytest.approx(1 / 65, rel=0.1)
    assert np.isnan(sensitivity.luck_left(values[:, :1]))


def test_luck_shared_by_all_points_leaves_none_in_the_means():
    values = ishigami(unit_design("latin", 3, 64, 1))[:, None] + np.arange(5.0)
    assert sensitivity.luck_left(values) == pytest.approx(0, abs=1e-12)


def test_replicates_that_disagree_widen_the_interval():
    """Luck moves the slope of x1: whatever the design knows, the share of x1 is known no better than its mean slope."""
    unit = unit_design("saltelli", 3, 256, 1)
    slopes = np.random.default_rng(3).normal(1, 0.8, 12)
    values = unit[:, :1] * slopes + unit[:, 1:2]
    widths = [np.ptp(column(analyse("sobol", X, unit, given, 1), "ST", ["low", "high"])[0])
              for given in (values, values.mean(axis=1, keepdims=True))]
    assert widths[0] > 2 * widths[1]
    for method in ("morris", "shapley", "pawn", "efast"):
        unit = made(method)[0]
        values = unit[:, :1] * slopes + unit[:, 1:2]
        widths = [(table["high"] - table["low"])[0] for table in (
            analyse(method, X, unit, given, 1, 200) for given in (values, values.mean(axis=1, keepdims=True)))]
        assert widths[0] > 1.5 * widths[1], method


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    """Morris' mu of a in a^2 + ab is 1 + 1/2; 50 designs of 40 trajectories; three standard errors are 0.1."""
    hits = 0
    for seed in range(50):
        unit = unit_design("morris", 2, 40, seed)
        table = analyse("morris", ["a", "b"], unit, unit[:, :1] ** 2 + unit[:, :1] * unit[:, 1:], seed, 120)
        row = table[(table["index"] == "mu") & (table["factor"] == "a")].iloc[0]
        hits += bool(row["low"] <= 1.5 <= row["high"])
    assert hits / 50 > 0.84


def test_sobol_is_the_mean_of_salibs_answers_with_both_roles_of_the_two_samples():
    from SALib.analyze import sobol

    unit = unit_design("saltelli", 6, 64, 1)
    y = sobol_g(unit)
    table = analyse("sobol", list("abcdef"), unit, y[:, None], 1, 0)
    problem = {"num_vars": 6, "names": list("abcdef"), "bounds": [[0, 1]] * 6}
    swapped = y.reshape(64, 14)[:, [13, *range(7, 13), *range(1, 7), 0]].ravel()
    found = [sobol.analyze(problem, given, seed=1) for given in (y, swapped)]
    for index in ("S1", "ST"):
        assert column(table, index) == pytest.approx((found[0][index] + found[1][index]) / 2)
    pairs = np.triu_indices(6, 1)
    assert column(table, "S2") == pytest.approx((found[0]["S2"][pairs] + found[1]["S2"][pairs]) / 2)
    first = unit_design("saltelli", 6, 64, 1, second_order=False)
    plain = sobol.analyze(problem, sobol_g(first), calc_second_order=False, seed=1)
    table = analyse("sobol", list("abcdef"), first, sobol_g(first)[:, None], 1, 0)
    assert column(table, "S1") == pytest.approx(plain["S1"])
    assert column(table, "ST") == pytest.approx(plain["ST"])


def test_a_factor_that_does_nothing_has_no_share_alone_in_total_or_in_pairs():
    """SALib's second order puts all error of the other factor's S1 into such a pair: 0.08 here."""
    unit = unit_design("saltelli", 4, 64, 1)
    table = analyse("sobol", [*X, "none"], unit, ishigami(unit)[:, None], 1, 50)
    inert = table[(table["factor"] == "none") | (table["other"] == "none")]
    assert len(inert) == 5
    assert np.abs(inert[["value", "low", "high"]].to_numpy()).max() < 1e-12


def test_intervals_are_percentiles_and_not_a_half_width_both_ways():
    """SALib's symmetric interval of a weak total index reaches below zero; a percentile cannot."""
    from SALib.analyze import sobol

    unit = unit_design("saltelli", 6, 64, 1, second_order=False)
    table = analyse("sobol", list("abcdef"), unit, sobol_g(unit)[:, None], 1)
    problem = {"num_vars": 6, "names": list("abcdef"), "bounds": [[0, 1]] * 6}
    found = sobol.analyze(problem, sobol_g(unit), calc_second_order=False, num_resamples=1000, seed=1)
    low, value, high = (column(table, "ST", what) for what in ("low", "value", "high"))
    assert (low > 0).all()
    assert np.abs((high - value) / (value - low) - 1).max() > 0.1
    assert (high - low) / 2 == pytest.approx(found["ST_conf"], rel=0.15)


def test_morris_is_salibs_and_finds_the_slopes_of_a_plane():
    from SALib.analyze import morris

    unit = unit_design("morris", 3, 20, 1, levels=6)
    y = ishigami(unit)
    table = analyse("morris", X, unit, y[:, None], 1)
    found = morris.analyze({"num_vars": 3, "names": list(X), "groups": None, "bounds": [[0, 1]] * 3}, unit, y,
                           num_levels=6, seed=1)
    for index in ("mu", "mu_star", "sigma"):
        assert column(table, index) == pytest.approx(np.asarray(found[index], float))
    plane = analyse("morris", X, unit, (unit @ [3.0, -2.0, 0.0])[:, None], 1)
    assert column(plane, "mu") == pytest.approx([3, -2, 0], abs=1e-9)
    assert column(plane, "mu_star") == pytest.approx([3, 2, 0], abs=1e-9)
    assert column(plane, "sigma") == pytest.approx(0, abs=1e-9)


def test_morris_answers_zero_for_an_outcome_that_nothing_moves():
    unit = made("morris")[0]
    assert (analyse("morris", X, unit, np.ones((len(unit), 2)), 1)["value"] == 0).all()


def test_efast_recovers_ishigami():
    """Deterministic but for the phase of its curves; interference leaves up to 0.03 in S1, 0.06 in ST at n = 513."""
    unit = unit_design("fast", 3, 513, 1)
    table = analyse("efast", X, unit, ishigami(unit)[:, None], 1)
    assert column(table, "S1") == pytest.approx(FIRST, abs=0.03)
    assert column(table, "ST") == pytest.approx(TOTAL, abs=0.06)
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()


def test_efast_is_salibs_and_has_no_interval_with_a_single_set_of_curves():
    from SALib.analyze import fast

    unit = unit_design("fast", 3, 129, 1, curves=1)
    y = ishigami(unit)
    table = analyse("efast", X, unit, y[:, None] + np.arange(3), 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = fast.analyze({"num_vars": 3, "names": list(X)}, y, num_resamples=2)
    assert column(table, "S1") == pytest.approx(np.array(found["S1"]))
    assert column(table, "ST") == pytest.approx(np.array(found["ST"]))
    assert table[["low", "high"]].isna().all(axis=None)


def test_shapley_effects_share_out_the_variance_of_ishigami():
    """Shapley effects of independent factors: S_i + half of each pair's share (Owen 2014)."""
    unit = unit_design("shapley", 3, 1500, 1)
    table = analyse("shapley", X, unit, ishigami(unit)[:, None], 1, 200)
    assert table["value"].sum() == pytest.approx(1)
    assert near(table, "Shapley", (FIRST + TOTAL) / 2, most=0.04)


def test_rbd_fast_recovers_first_order_indices():
    unit = unit_design("latin", 3, 1024, 1)
    table = analyse("rbd_fast", X, unit, ishigami(unit)[:, None], 1)
    assert near(table, "S1", FIRST, most=0.04)


def test_delta_is_salibs_estimate_with_nothing_for_an_inert_factor():
    """y = x1 + x2: whatever x1, half the area between a triangle and a slab is on average 1/3. The densities are
    smoothed, which loses up to 0.06; a factor without influence keeps less than 0.05.
    """
    from SALib.analyze.delta import calc_delta

    unit = unit_design("latin", 3, 1024, 1)
    y = unit[:, 0] + unit[:, 1]
    classes = np.linspace(0, 1024, int(np.ceil(1024 ** (2 / (7 + np.tanh((1500 - 1024) / 500))))) + 1)
    found = [calc_delta(y, np.linspace(y.min(), y.max(), 100), x, classes) for x in unit.T]
    assert indices.delta(unit, y) == pytest.approx(np.array(found), abs=1e-9)
    table = analyse("delta", X, unit, y[:, None], 1)
    assert column(table, "delta")[:2] == pytest.approx(1 / 3, abs=0.06)
    assert abs(column(table, "delta")[2]) < 0.05


def test_pawn_is_salibs_also_where_values_are_tied():
    from SALib.analyze import pawn

    unit = unit_design("latin", 3, 400, 1)
    for y in (ishigami(unit), np.round(ishigami(unit))):
        found = pawn.analyze({"num_vars": 3, "names": list(X), "bounds": [[0, 1]] * 3}, unit, y)
        assert indices.pawn(unit, y) == pytest.approx(np.concatenate([found["median"], found["maximum"]]))


def test_pawn_finds_the_distance_of_slices_in_closed_form():
    """y = x1: slice s of ten covers a tenth; the distance to the whole is max(s, 9 - s) / 10, median 0.7, most 0.9."""
    unit = unit_design("latin", 3, 2000, 1)
    table = analyse("pawn", X, unit, unit[:, :1], 1, 100)
    assert column(table, "PAWN median")[0] == pytest.approx(0.7, abs=0.01)
    assert column(table, "PAWN maximum")[0] == pytest.approx(0.9, abs=0.01)
    assert (column(table, "PAWN median")[1:] < 0.1).all()
    assert (table["low"] <= table["value"] + 1e-9).all()
    assert (table["value"] <= table["high"] + 1e-9).all()


def test_hdmr_splits_a_smooth_outcome_into_factors_and_pairs():
    """y = u + v + 3 u v of centred u and v: variances 1/12, 1/12 and 9/144; x3 is inert. A surrogate of 1,000 points
    fits a little luck: 0.03.
    """
    unit = unit_design("latin", 3, 1000, 1)
    u, v = unit[:, 0] - 0.5, unit[:, 1] - 0.5
    table = analyse("hdmr", X, unit, (u + v + 3 * u * v)[:, None], 1, 10)
    parts = np.array([1 / 12, 1 / 12, 9 / 144])
    own, pair = parts[:2] / parts.sum(), parts[2] / parts.sum()
    assert column(table, "S1") == pytest.approx([*own, 0], abs=0.03)
    assert column(table, "S2") == pytest.approx([pair, 0, 0], abs=0.03)
    assert column(table, "ST") == pytest.approx([*(own + pair), 0], abs=0.03)


@pytest.mark.parametrize("method", METHODS)
def test_an_analysis_repeats_itself_and_leaves_numpys_global_luck_and_warnings_alone(method):
    unit, values = made(method)
    values = values + np.random.default_rng(4).normal(size=(len(unit), 3))
    np.random.seed(5)  # noqa: NPY002
    expected, filters = np.random.RandomState(5).random_sample(3), list(warnings.filters)
    one, again = (analyse(method, X, unit, values, 0, 20) for _ in range(2))
    assert np.array_equal(np.random.random_sample(3), expected)  # noqa: NPY002
    assert warnings.filters == filters
    pd.testing.assert_frame_equal(one, again)
    other = analyse(method, X, unit, values, 1, 20)
    assert not one["low"].equals(other["low"])
    assert np.isfinite(one[["value", "low", "high"]]).all(axis=None)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_missing_value_is_refused_and_counted(method, bad):
    unit, values = made(method)
    values = np.hstack([values, values + 1])
    values[3, 1] = bad
    with pytest.raises(ValueError, match=f"{method}: 1 values at 1 of {len(unit)} points are missing") as caught:
        analyse(method, X, unit, values, 1)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("method", METHODS)
def test_shares_depend_neither_on_the_outcomes_unit_nor_on_its_zero(method):
    """SALib takes a variance below 2e-16 for none and answers 0; an outcome in other units must not vanish."""
    unit, values = made(method)
    plain, tiny = (analyse(method, X, unit, given, 1, 0)["value"].to_numpy() for given in (values, values * 1e-12))
    assert tiny == pytest.approx(plain * (1e-12 if method == "morris" else 1), rel=1e-6, abs=1e-15)
    far = analyse(method, X, unit, values + 1e4, 1, 0)["value"].to_numpy()
    assert far == pytest.approx(plain, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("method", ["sobol", "morris", "shapley", "efast"])
def test_points_out_of_their_order_or_filtered_are_refused(method):
    """The order of the values is the method: sorted, shuffled or with rows left out they would give any answer."""
    unit, values = made(method)
    for rows in (np.argsort(values[:, 0]), np.random.default_rng(1).permutation(len(unit)), np.arange(1, len(unit)),
                 np.roll(np.arange(len(unit)), 1)):
        with pytest.raises(ValueError, match=f"{method}: .*points .*are not"):
            analyse(method, X, unit[rows], values[rows], 1)


@pytest.mark.parametrize("method", ["pawn", "rbd_fast", "hdmr"])
def test_methods_for_given_data_do_not_mind_the_order(method):
    unit, values = made(method)
    rows = np.random.default_rng(1).permutation(len(unit))
    one, other = analyse(method, X, unit, values, 1, 0), analyse(method, X, unit[rows], values[rows], 1, 0)
    assert other["value"].to_numpy() == pytest.approx(one["value"].to_numpy(), abs=1e-9)


def test_what_cannot_be_analysed_is_refused_in_one_line():
    unit, values = made("sobol")
    latin, few = unit_design("latin", 3, 50, 1), np.zeros((50, 1))
    few[0] = 1
    for words, says in (
        (("pie", X, unit, values), "method pie is not known; allowed: sobol"),
        (("sobol", X[:2], unit, values), "2 names"),
        (("sobol", ("a", "a", "b"), unit, values), "2 of them different"),
        (("sobol", X, unit, values[:-1]), "for 512 points"),
        (("sobol", X, unit, values[:, 0]), "replicates"),
        (("sobol", X, unit, values[:, :0]), "replicates"),
        (("sobol", X, unit, np.ones_like(values)), "the same at all 512 points"),
        (("sobol", X, unit[:8], values[:8]), "n = 1 is too small; at least 2"),
        (("hdmr", X, latin, few), "n = 50 is too small; at least 600"),
        (("pawn", X, latin, few), "n = 50 is too small; at least 100"),
        (("hdmr", X[:1], latin[:, :1], few), "two factors"),
    ):
        with pytest.raises(ValueError, match=says) as caught:
            analyse(*words, 1)
        assert "\n" not in str(caught.value)


def test_luck_as_a_factor_takes_the_share_that_it_has():
    """y = x1 + luck of eight replicates with the variance of x1: each decides half, and they do not interact."""
    names = sensitivity.with_seed_factor(["x1", "x2"])
    unit = unit_design("saltelli", 3, 512, 1)
    luck = (np.arange(8) - 3.5) / np.std(np.arange(8)) / np.sqrt(12)
    picked = sensitivity.replicate_of(unit[:, -1], 8)
    assert np.bincount(picked) == pytest.approx(np.full(8, len(unit) / 8), rel=0.02)
    assert sensitivity.replicate_of(np.array([0, 0.124, 0.126, 1]), 8).tolist() == [0, 0, 1, 7]
    table = analyse("sobol", names, unit, (unit[:, 0] + luck[picked])[:, None], 1, 200)
    assert names[-1] == "seed"
    assert near(table, "ST", [0.5, 0, 0.5], most=0.04)
    assert near(table, "S1", [0.5, 0, 0.5], most=0.05)
    with pytest.raises(ValueError, match="named seed already"):
        sensitivity.with_seed_factor(names)


def test_convergence_follows_growing_designs_and_ends_with_the_analysis_itself():
    unit = unit_design("saltelli", 3, 256, 1)
    values = ishigami(unit)[:, None]
    grown = convergence("sobol", X, unit, values, 1, 50)
    assert list(dict.fromkeys(grown["n"])) == [32, 64, 128, 256]
    for n in (64, 256):
        part = grown[grown["n"] == n].reset_index(drop=True)
        pd.testing.assert_frame_equal(part, analyse("sobol", X, unit[:n * 8], values[:n * 8], 1, 50))
    wide = grown[grown["index"] == "ST"].pivot(index="factor", columns="n", values="value")
    assert f"{(wide[256] - wide[128]).abs().max():.2g} (" in statement(grown)


def test_convergence_of_points_takes_nested_random_subsets_and_leaves_out_those_too_small():
    unit = unit_design("latin", 3, 480, 1)
    values = np.arange(480.0)[:, None]
    grown = convergence("pawn", X, unit, values + unit, 1, 0)
    assert list(dict.fromkeys(grown["n"])) == [120, 240, 480]
    whole = analyse("pawn", X, unit, values + unit, 1, 0)
    assert grown[grown["n"] == 480]["value"].to_numpy() == pytest.approx(whole["value"].to_numpy())
    first = analyse("pawn", X, unit[:240], (values + unit)[:240], 1, 0)
    assert not np.allclose(grown[grown["n"] == 240]["value"], first["value"])


def test_a_statement_names_the_largest_change_and_factors_that_change_places():
    rows = [("sobol", "ST", name, n, value) for n, found in ((8, (0.5, 0.3, 0.1)), (16, (0.45, 0.2, 0.24)))
            for name, value in zip(X, found, strict=True)]
    grown = pd.DataFrame(rows, columns=["method", "index", "factor", "n", "value"])
    assert statement(grown) == ("sobol: largest change of ST from n = 8 to 16: 0.14 (x3); the first 3 factors were "
                                "x1, x2, x3, are x1, x3, x2.")
    assert statement(grown, first=1).endswith("0.14 (x3); the first 1 factors unchanged.")
    assert statement(grown[grown["n"] == 16]) == "sobol: ST at n = 16 only; the outcome does not vary over half of it."
    few = pd.DataFrame([("pawn", "PAWN median", name, 150, 0.5) for name in X], columns=grown.columns)
    assert statement(few) == ("pawn: PAWN median at n = 150 only; run the study with n of 200 or more, and it is "
                              "compared with its half.")


def test_efasts_curves_are_not_cut_but_counted():
    unit, values = made("efast")
    grown = convergence("efast", X, unit, values, 1, 10)
    assert list(dict.fromkeys(grown["n"])) == [65, 130, 260]
    for sets in (1, 2, 4):
        rows = slice(0, 65 * 3 * sets)
        part = grown[grown["n"] == 65 * sets]["value"].to_numpy()
        assert part == pytest.approx(analyse("efast", X, unit[rows], values[rows], 1, 0)["value"].to_numpy(), abs=1e-9)
    said = statement(grown)
    assert "from 2 to 4 sets of curves of n = 65 points: " in said
    assert said.endswith("this cannot tell: run a copy of the study with n = 130, and compare.")
    one = convergence("efast", X, unit[:195], values[:195], 1, 10)
    assert statement(one) == "efast: ST at n = 65 only; run a copy of the study with n = 130, and compare."
    three = unit_design("fast", 3, 129, 1, curves=3)
    grown = convergence("efast", X, three, ishigami(three)[:, None], 1, 10)
    assert list(dict.fromkeys(grown["n"])) == [129, 258, 387]
    assert statement(grown).endswith("run a copy of the study with n = 65, and compare.")


def test_hdmr_is_compared_with_its_half_which_has_no_intervals_where_it_is_small():
    unit, values = made("hdmr")
    grown = convergence("hdmr", X, unit, values, 1, 4)
    assert list(dict.fromkeys(grown["n"])) == [300, 600]
    assert grown[grown["n"] == 300][["low", "high"]].isna().all(axis=None)
    assert np.isfinite(grown[grown["n"] == 600][["low", "high"]]).all(axis=None)
    assert statement(grown).startswith("hdmr: largest change of ST from n = 300 to 600: ")
    with pytest.raises(ValueError, match="n = 599 is too small; at least 600"):
        convergence("hdmr", X, unit[:599], values[:599], 1)


@pytest.mark.parametrize("method", ["sobol", "morris", "pawn"])
def test_a_method_has_its_figure_and_the_figure_its_bytes(method, tmp_path):
    from villagesim.figures import sensitivity as figure

    names = [f"parameters.sales.{name}" for name in X]
    unit, values = made(method)
    table, grown = analyse(method, names, unit, values, 1, 10), convergence(method, names, unit, values, 1, 5)
    drawn = [figure.draw(table, tmp_path / name, "Adoption", grown, "share") for name in ("one", "two")]
    for one, two in zip(*drawn, strict=True):
        assert one.read_bytes() == two.read_bytes()
        assert one.stat().st_size > 1000
    assert set(figure.SHOWN) == set(figure.METHODS) == set(METHODS)
    assert all(index in indices.INDICES[name] for name, shown in figure.SHOWN.items() for index in shown)
    assert figure._labels(["levers.camp.start", "levers.posts.start", "seed"]) == ["camp start", "posts start", "seed"]
