"""Designs: in the unit cube, the same for the same seed, in the shape that their analysis reads, and no luck spilt."""

import numpy as np
import pytest

from villagesim.study import indices, samplers
from villagesim.study.samplers import SAMPLERS, points_of, salib_seed, unit_design

SIZES = {"saltelli": 16, "morris": 10, "fast": 65, "shapley": 20, "latin": 50, "random": 50}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_design_repeats_itself_lies_in_the_unit_cube_and_leaves_numpys_global_luck_alone(sampler):
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.RandomState(5).random_sample(3)
    one, again = (unit_design(sampler, 3, SIZES[sampler], 7) for _ in range(2))
    assert np.array_equal(np.random.random_sample(3), expected)  # noqa: NPY002
    assert np.array_equal(one, again)
    assert one.dtype == np.float64
    assert one.shape[1] == 3
    assert one.min() >= 0
    assert one.max() <= 1
    assert not np.array_equal(one, unit_design(sampler, 3, SIZES[sampler], 8))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_seed_0_is_a_seed_like_any_other(sampler):
    """SALib reads 0 as no seed: what it gets is never 0, and the design repeats itself."""
    assert np.array_equal(*(unit_design(sampler, 2, SIZES[sampler] * 2, 0) for _ in range(2)))


def test_seeds_given_to_salib_are_never_0_and_differ():
    given = [salib_seed(seed) for seed in range(2000)]
    assert 0 not in given
    assert len(set(given)) == 2000


def test_the_global_state_comes_back_even_from_an_error():
    np.random.seed(9)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002

    def fails():
        with samplers.global_luck_kept():
            np.random.seed(1)  # noqa: NPY002
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_designs_have_as_many_points_as_they_say():
    k = 5
    assert len(unit_design("saltelli", 16, 256, 1)) == 8704
    assert len(unit_design("saltelli", k, 8, 1, second_order=False)) == 8 * (k + 2)
    assert len(unit_design("morris", k, 9, 1)) == len(unit_design("shapley", k, 9, 1)) == 9 * (k + 1)
    assert len(unit_design("fast", k, 70, 1, curves=3)) == 3 * 70 * k
    assert len(unit_design("latin", k, 9, 1)) == len(unit_design("random", k, 9, 1)) == 9


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("second_order", [False, True])
def test_points_are_counted_as_they_are_made(sampler, second_order):
    n = 128
    assert points_of(sampler, 3, n, second_order) == len(unit_design(sampler, 3, n, 1, second_order))


def test_each_structured_design_is_recognised_and_no_other_is_taken_for_it():
    saltelli, first = (unit_design("saltelli", 3, 16, 1, second_order=second) for second in (True, False))
    assert indices.saltelli_step(saltelli) == 8
    assert indices.saltelli_step(first) == 5
    assert indices.efast_curves(unit_design("fast", 3, 97, 1, curves=3)) == (3, 97)
    assert indices.efast_curves(unit_design("fast", 12, 97, 1, curves=1)) == (1, 97)
    other = unit_design("random", 3, 1200, 1)
    for read in (indices.saltelli_step, indices.efast_curves, lambda unit: indices.steps(unit, "morris")):
        with pytest.raises(ValueError, match="the points are not"):
            read(other)


def test_a_prefix_of_a_saltelli_design_is_the_smaller_design():
    assert np.array_equal(unit_design("saltelli", 3, 64, 4)[:16 * 8], unit_design("saltelli", 3, 16, 4))


def test_a_latin_design_has_one_point_in_each_slice_of_every_factor():
    slices = np.floor(unit_design("latin", 4, 50, 3) * 50).astype(int)
    assert all(sorted(column) == list(range(50)) for column in slices.T)


def test_morris_trajectories_stay_on_their_grid():
    grid = np.unique(unit_design("morris", 4, 40, 2, levels=6).round(9))
    assert np.allclose(grid, np.arange(6) / 5)


@pytest.mark.parametrize(("words", "says"), [
    (("pie", 3, 8, 1), "sampler pie is not known; allowed: saltelli, morris"),
    (("saltelli", 3, 100, 1), "n = 100 is not a power of two; next: 64 or 128"),
    (("fast", 3, 64, 1), "more than 64 points"),
    (("fast", 1, 65, 1), "two factors"),
    (("fast", 3, 65, 1, True, 4, 0), "one set of curves"),
    (("morris", 3, 8, 1, True, 5), "even number"),
    (("latin", 0, 8, 1), "at least one factor"),
    (("latin", 3, 8, -1), "negative"),
])
def test_what_cannot_be_sampled_is_refused_in_one_line(words, says):
    with pytest.raises(ValueError, match=says) as caught:
        unit_design(*words)
    assert "\n" not in str(caught.value)
