"""Difference-in-differences on panels whose effect is known, and the checks that come with it."""

import numpy as np
import pandas as pd
import pytest

from villagesim.study.fieldwork import differences


def panel(rng, effect, growing=False, count=24, times=8, noise=0.01, trend=0.0, starts=(3, 4, 5)):
    """Half the units never start, the others in turn; `trend`: what those who start gain a time, whatever is done."""
    rows = []
    for unit in range(count):
        start = starts[unit // 2 % len(starts)] if unit % 2 else np.nan
        level = rng.normal(0, 1)
        for time in range(times):
            on = time >= start
            size = effect * (time - start + 1 if growing else 1) if on else 0.0
            own = 0.0 if np.isnan(start) else trend * time
            rows.append((unit, unit, time, start, float(on), level + 0.05 * time + size + own + rng.normal(0, noise)))
    return pd.DataFrame(rows, columns=["unit", "cluster", "time", "start", "treated", "outcome"])


def test_both_estimators_take_off_unit_and_time_and_find_no_placebo():
    found = differences.differences(panel(np.random.default_rng(1), 0.2))
    for one in (found.two_way, found.imputed):
        # one draw: within three standard errors, which are small
        assert abs(one.value - 0.2) < 3 * one.se < 0.03
    assert abs(found.placebo.value) < 3 * found.placebo.se
    assert found.pre_trend > 0.01


def test_staggered_effects_that_grow_bias_two_way_fixed_effects_and_not_the_imputation():
    data = panel(np.random.default_rng(2), 0.1, growing=True)
    treated = data[data["treated"] > 0]
    true = float((0.1 * (treated["time"] - treated["start"] + 1)).mean())
    found = differences.differences(data)
    assert found.imputed.value == pytest.approx(true, abs=0.02)
    assert found.two_way.value < true - 0.03


def test_where_nothing_comes_before_the_start_the_checks_find_it_at_about_their_nominal_rate():
    # 80 units, 160 draws: 5 % +- 1.7 standard errors and what clustered errors of 80 groups add
    drawn = [panel(np.random.default_rng(seed), 0.2, count=80, noise=0.3, starts=(4,), times=6) for seed in range(160)]
    assert 0.01 <= np.mean([differences.placebo(data).significant for data in drawn]) <= 0.10
    assert 0.01 <= np.mean([differences.pre_trend(data) < 0.05 for data in drawn]) <= 0.10


def test_those_who_were_rising_anyway_are_found_out_before_the_start():
    found = differences.differences(panel(np.random.default_rng(3), 0.0, trend=0.05))
    # the trend passes for an effect, and both checks say so
    assert found.two_way.low > 0
    assert found.placebo.low > 0
    assert found.pre_trend < 0.001


def test_errors_are_clustered_by_the_cluster_not_by_the_unit():
    rng = np.random.default_rng(4)
    data = panel(rng, 0.2, count=40, noise=0.1)
    shared = rng.normal(0, 0.5, (10, 8))
    joint = data.assign(outcome=data["outcome"] + shared[data["unit"] // 4, data["time"]])
    alone, grouped = (differences.two_way_fixed_effects(one)
                      for one in (joint, joint.assign(cluster=joint["unit"] // 4)))
    assert grouped.value == pytest.approx(alone.value)
    assert grouped.se != pytest.approx(alone.se, rel=0.05)


@pytest.mark.filterwarnings("error")
def test_a_panel_that_can_not_tell_gives_no_number():
    data = panel(np.random.default_rng(1), 0.2)
    assert np.isnan(differences.imputation(data[data["start"].notna() & (data["treated"] > 0)]).value)
    # two groups of units without a time in common, and nothing to link them
    apart = data[(data["unit"] < 12) == (data["time"] < 4)]
    assert np.isnan(differences.imputation(apart).value)
    assert np.isnan(differences.two_way_fixed_effects(data.assign(treated=0.0)).value)
    # one time before the start shows no trend, and nobody to compare with shows none either
    late = data[data["time"] >= data["start"].fillna(3) - 1]
    assert np.isnan(differences.placebo(late).value)
    assert np.isnan(differences.pre_trend(late))
    assert np.isnan(differences.pre_trend(data[data["start"] == 3]))
