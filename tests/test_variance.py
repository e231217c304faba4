"""Variance by source: hand-worked tables, a published one, models of known components, and what is refused."""

import numpy as np
import pytest

from villagesim.results import read_about, read_codebook
from villagesim.study import variance
from villagesim.study.variance import HIGHER, split

# Shrout and Fleiss (1979), table 2: six targets (rows) rated by four judges.
RATINGS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
ROUTES = ("world", "luck", "parameters")


def found(values, factors, whole=(), column="variance"):
    table = split(values, factors, whole, resamples=2)
    return dict(zip(table["source"], table[column], strict=True))


def test_a_two_by_two_table_worked_by_hand():
    """1 2 / 3 6: means of rows 1.5 and 4.5, of columns 2 and 4. Mean squares 9, 4, and 1 for what is left; so the
    components are (9 - 1) / 2, (4 - 1) / 2 and 1.
    """
    told = found([[1, 2], [3, 6]], ("world", "luck"))
    assert told == pytest.approx({"world": 4, "luck": 1.5, "world x luck": 1})


def test_of_a_whole_factor_the_variance_is_that_among_its_levels():
    """The same table with both structures that there are: each world's mean is exact, so world is 9 / 2, and the
    variances among two levels, divided by 2 and not by 1, are half of 1.5 and half of 1.
    """
    told = found([[1, 2], [3, 6]], ("world", "structure"), ("structure",))
    assert told == pytest.approx({"world": 4.5, "structure": 0.75, "world x structure": 0.5})
    exact = found([[1, 2], [3, 6]], ("a", "b"), ("a", "b"))
    assert exact == pytest.approx({"a": 2.25, "b": 1, "a x b": 0.25})
    assert sum(exact.values()) == pytest.approx(np.var([1, 2, 3, 6]))


def test_published_ratings_give_their_published_share():
    """Mean squares 11.24, 32.49 and 1.02, and ICC(2,1) = 0.29: the targets' share of all variance."""
    told = found(RATINGS, ("target", "judge"))
    assert told["target"] == pytest.approx((11.24 - 1.02) / 4, abs=0.005)
    assert told["judge"] == pytest.approx((32.49 - 1.02) / 6, abs=0.005)
    assert told["target x judge"] == pytest.approx(1.02, abs=0.005)
    assert found(RATINGS, ("target", "judge"), column="share")["target"] == pytest.approx(0.29, abs=0.005)


def crossed(rng, worlds=6, lucks=4, samples=8):
    """World 4, luck 1, parameters 2, structure 1 (-1 or 1), world x parameters 1.5, luck x structure 0.5, rest 1."""
    sign = np.array([-1.0, 1.0])
    return (
        2 * rng.normal(size=(worlds, 1, 1, 1)) + rng.normal(size=(1, lucks, 1, 1))
        + np.sqrt(2) * rng.normal(size=(1, 1, samples, 1)) + sign
        + np.sqrt(1.5) * rng.normal(size=(worlds, 1, samples, 1))
        + np.sqrt(0.5) * rng.normal(size=(1, lucks, 1, 1)) * sign + rng.normal(size=(worlds, lucks, samples, 1)) * sign
    )


TRUTH = {"world": 4, "luck": 1, "parameters": 2, "structure": 1, "world x luck": 0, "world x parameters": 1.5,
         "world x structure": 0, "luck x parameters": 0, "luck x structure": 0.5, "parameters x structure": 0,
         HIGHER: 1}


def test_known_components_are_found_without_bias():
    """The mean of 600 designs, within four of its standard errors (a source without any luck has but rounding)."""
    rng = np.random.default_rng(7)
    tables = np.array([split(crossed(rng), resamples=1)["variance"] for _ in range(600)])
    error = tables.std(axis=0, ddof=1) / np.sqrt(len(tables))
    assert (np.abs(tables.mean(axis=0) - list(TRUTH.values())) < 4 * error + 1e-12).all()
    assert error.max() < 0.2
    assert list(split(crossed(rng), resamples=1)["source"]) == list(TRUTH)


def test_resamples_lie_around_the_estimate():
    """The mean of the bootstrap is the estimate: a level drawn twice is no pair that differs."""
    rng, values = np.random.default_rng(1), RATINGS - RATINGS.mean()
    drawn = np.array([variance._variances(values, [variance._draw(6, rng), variance._draw(4, rng)], set())
                      for _ in range(4000)])
    told = variance._variances(values, [np.ones(6), np.ones(4)], set())
    assert np.abs((drawn.mean(axis=0) - told) / (drawn.std(axis=0) / np.sqrt(4000))).max() < 4


def test_drawing_a_level_twice_equals_two_copies_that_are_no_pair():
    """Weights 2 1 0 against the rows copied out: mean squares over pairs of rows that are not copies of one level."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(3, 4))
    rows = [0, 0, 1]
    shared = variance._products(values, [np.array([2.0, 1.0, 0.0]), np.ones(4)], set())
    pairs = [(i, j) for i in rows for j in rows if i != j]
    assert shared[0b10] == pytest.approx(np.mean([(values[i] * values[j]).mean() for i, j in pairs]))
    assert shared[0b11] == pytest.approx(np.mean([np.square(values[i]).mean() for i in rows]))


def test_intervals_hold_the_truth_and_shrink_with_more_levels():
    rng = np.random.default_rng(11)
    few, many = (split(crossed(rng, n, n, 24), resamples=200).set_index("source") for n in (5, 24))
    share = np.array(list(TRUTH.values())) / sum(TRUTH.values())
    assert ((many["low"] <= share) & (share <= many["high"])).sum() >= len(TRUTH) - 1
    width = [table.loc["world", "high"] - table.loc["world", "low"] for table in (few, many)]
    assert width[1] < width[0]
    assert (many["low"] <= many["high"]).all()


def test_estimates_below_nought_stay_and_shares_add_to_one():
    table = split(np.random.default_rng(2).normal(size=(4, 3, 5)), ROUTES, (), resamples=50)
    assert (table["variance"] < 0).any()
    assert table["share"].sum() == pytest.approx(1)
    assert table["share"].between(0, 1).all()
    assert (table["share"] == 0).equals(table["variance"] <= 0)


def test_what_is_constant_within_a_world_is_all_world():
    table = split(np.broadcast_to(np.arange(5.0)[:, None, None], (5, 3, 4)), ROUTES, (), resamples=50)
    assert table["variance"].to_numpy() == pytest.approx([2.5, 0, 0, 0, 0, 0, 0], abs=1e-12)
    assert table.loc[0, "levels"] == "5"
    assert table.loc[3, "levels"] == "5 x 3"


def test_a_shift_changes_nothing_and_a_seed_repeats_itself():
    values = np.random.default_rng(4).normal(size=(4, 5))
    one, two, three = (split(more, ("world", "luck"), (), seed, 50) for more, seed in
                       ((values, 1), (values + 1e6, 1), (values, 2)))
    assert np.allclose(one.drop(columns=["source", "levels"]), two.drop(columns=["source", "levels"]), atol=1e-6)
    assert one.equals(split(values, ("world", "luck"), (), 1, 50))
    assert not one["low"].equals(three["low"])
    assert one["variance"].equals(three["variance"])


@pytest.mark.parametrize(("values", "message"), [
    (np.ones((2, 3, 4)), "values have 3 axes, the factors are world, luck"),
    (np.ones((1, 3)), "world has 1 level"),
    (np.array([[1.0, np.nan], [2, 3]]), "1 of 4 runs are missing"),
    (np.full((2, 2), 3.0), "same in every run"),
])
def test_what_has_no_variance_to_split_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        split(values, ("world", "luck"), ())


def test_an_unknown_whole_factor_is_refused():
    with pytest.raises(ValueError, match="of these whole: structure"):
        split(np.eye(2), ("world", "luck"))


ABOUT = {"version": "0", "sources": "0" * 16, "scenarios": {"integrated": "1" * 16}, "seeds": [1, 2], "outcome":
         "adoption", "unit": "share"}


def test_the_table_and_the_figure_repeat_their_bytes(tmp_path):
    from villagesim.figures.variance import draw

    table = split(crossed(np.random.default_rng(5)), resamples=50)
    written = []
    for name in ("one", "two"):
        folder = variance.write(table, tmp_path / name, ABOUT)
        draw(folder)
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert written[0] == written[1]
    assert set(written[0]) == {"variance.csv", "variance.parquet", "variance.png", "variance.svg"}
    assert read_about(folder / "variance.parquet") == ABOUT
    assert all(entry["unit"] and entry["meaning"] for entry in read_codebook(folder / "variance.parquet").values())
