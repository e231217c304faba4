"""What must have the same bits everywhere: exp, logistic, whole fen, the grid; against libm, by hand, and compiled."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from villagesim.arithmetic import GRID, clip, exp, logistic, on_grid, share_of, whole_fen
from villagesim.compiled import compiled

TRIALS = settings(max_examples=100, deadline=None, derandomize=True)
STEP = 1 / GRID


@compiled
def everything(x, amounts, exps, logistics, fen, steps):
    for i in range(x.shape[0]):
        value, amount = float(x[i]), float(amounts[i])
        exps[i] = exp(value)
        logistics[i] = logistic(value)
        fen[i] = whole_fen(amount)
        steps[i] = on_grid(amount)


def spread(n, half, seed):
    """n numbers within +-half, of all sizes."""
    luck = random.Random(seed)
    return [luck.choice((-1, 1)) * half * luck.random() ** luck.choice((1, 1, 4, 12)) for _ in range(n)]


def test_exp_is_libms_to_thirteen_digits():
    values = [*spread(20_000, 80.0, 1), 0.0, 1.0, -1.0, 80.0, -80.0, 1e-300, math.log(2.0)]
    worst = max(abs(exp(x) / math.exp(x) - 1.0) for x in values)
    assert worst < 1e-13


def test_exp_of_nothing_is_exactly_one():
    assert exp(0.0) == exp(-0.0) == 1.0


@pytest.mark.parametrize(("beyond", "edge"), [
    (80.5, 80.0), (1e6, 80.0), (math.inf, 80.0), (-80.5, -80.0), (-1e300, -80.0),
])
def test_exp_is_clipped_at_80(beyond, edge):
    assert exp(beyond) == exp(edge)
    # e^80 = 5.5406e34, e^-80 = 1.8049e-35
    assert exp(edge) == pytest.approx(5.540622384e34 if edge > 0 else 1.804851387e-35, rel=1e-9)


def test_python_and_compiled_code_agree_to_the_last_bit():
    n = 100_000
    x, amounts = np.array(spread(n, 90.0, 2)), np.array(spread(n, 1e7, 3))
    exps, logistics, fen, steps = np.empty(n), np.empty(n), np.empty(n, np.int64), np.empty(n, np.int64)
    everything(x, amounts, exps, logistics, fen, steps)
    values, yuan = x.tolist(), amounts.tolist()
    assert exps.tolist() == [exp(value) for value in values]
    assert logistics.tolist() == [logistic(value) for value in values]
    assert fen.tolist() == [whole_fen(amount) for amount in yuan]
    assert steps.tolist() == [on_grid(amount) for amount in yuan]


@pytest.mark.parametrize(("x", "value"), [
    (0.0, 0.5),
    # 1 / (1 + 1/3) and 1 / (1 + 3)
    (math.log(3.0), 0.75),
    (-math.log(3.0), 0.25),
    (80.0, 1.0),
])
def test_a_logistic_is_a_half_at_zero_and_steep_around_it(x, value):
    assert logistic(x) == pytest.approx(value, rel=1e-13)


@TRIALS
@given(st.floats(-200.0, 200.0))
def test_a_logistic_is_a_share_and_symmetric(x):
    assert 0.0 < logistic(x) <= 1.0
    # twice the relative error of exp
    assert abs(logistic(x) + logistic(-x) - 1.0) < 2e-13


@TRIALS
@given(st.floats(-80.0, 80.0), st.floats(1e-9, 10.0))
def test_exp_and_logistic_rise(x, more):
    # over a step far above the rounding of exp
    assert exp(x + more) >= exp(x) * (1 - 1e-13)
    assert logistic(x + more) >= logistic(x) * (1 - 1e-13)


@pytest.mark.parametrize(("yuan", "fen"), [
    (0.0, 0), (1.0, 100), (12.34, 1234), (-12.34, -1234),
    # 0.4 and 0.6 of a fen
    (0.004, 0), (0.006, 1), (-0.004, 0), (-0.006, -1),
    # halves go up, on both sides of zero: 12.5, 37.5, 62.5, 0.5 fen
    (0.125, 13), (0.375, 38), (0.625, 63), (0.005, 1), (-0.125, -12), (-0.375, -37), (-0.625, -62), (-0.005, 0),
    # 1,000 billion yuan
    (1e12, 10**14), (-1e12, -(10**14)),
])
def test_an_amount_is_rounded_to_the_nearest_fen_and_half_upwards(yuan, fen):
    assert whole_fen(yuan) == fen
    assert type(whole_fen(yuan)) is int


@pytest.mark.parametrize(("value", "steps"), [
    (0.0, 0), (1.0, 1_048_576), (-1.0, -1_048_576), (0.5, 524_288), (1.5, 1_572_864),
    # halves of a step go up: 0.5, 1.5, -0.5, -1.5 steps
    (0.5 * STEP, 1), (1.5 * STEP, 2), (-0.5 * STEP, 0), (-1.5 * STEP, -1),
    (0.25 * STEP, 0), (0.75 * STEP, 1), (-0.25 * STEP, 0), (-0.75 * STEP, -1),
])
def test_a_value_is_rounded_to_the_nearest_step_of_the_grid(value, steps):
    assert on_grid(value) == steps
    assert type(on_grid(value)) is int


@TRIALS
@given(st.integers(-(10**14), 10**14))
def test_whole_fen_survive_a_trip_through_yuan(fen):
    assert whole_fen(fen / 100.0) == fen


@TRIALS
@given(st.lists(st.floats(-1000.0, 1000.0), max_size=30), st.randoms(use_true_random=False))
def test_sums_on_the_grid_do_not_depend_on_order(values, luck):
    steps = [on_grid(value) for value in values]
    total = sum(steps)
    luck.shuffle(steps)
    assert sum(steps) == total
    assert abs(total * STEP - math.fsum(values)) <= 0.5 * STEP * len(values) + 1e-9


@pytest.mark.parametrize(("x", "bounded"), [(-0.1, 0.0), (0.0, 0.0), (0.4, 0.4), (1.0, 1.0), (1.1, 1.0)])
def test_a_clipped_value_lies_between_its_bounds(x, bounded):
    assert clip(x, 0.0, 1.0) == bounded


@pytest.mark.parametrize(("part", "whole", "share"), [
    (1, 4, 0.25), (-1, 4, -0.25), (0, 4, 0.0), (3, 0, 0.0), (3, -1, 0.0),
])
def test_a_share_of_nothing_is_nothing(part, whole, share):
    assert share_of(part, whole) == share
