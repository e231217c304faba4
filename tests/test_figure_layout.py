"""What a reader sees: no legend on the data, no word on another, titles in line, ticks that mean something."""

import numpy as np
import pandas as pd
import pytest

from test_figures import answers
from test_sensitivity import SAMPLER, SIZES, sobol_g
from villagesim.figures import draw, sensitivity, style
from villagesim.study.robust.discover import discover
from villagesim.study.samplers import unit_design
from villagesim.study.sensitivity import analyse, convergence


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are saved while a test runs, laid out."""
    kept = []

    def keep(figure, path):
        figure.draw_without_rendering()
        kept.append(figure)
        return []

    monkeypatch.setattr(style, "save", keep)
    return kept


def titles(figure):
    """Heights at which the titles of panels stand, in pixels."""
    return [axes._left_title.get_window_extent().y0 for axes in figure.axes if axes.get_title(loc="left")]


@pytest.mark.parametrize("method", ["sobol", "pawn", "morris", "efast", "hdmr"])
def test_the_legend_of_a_sensitivity_lies_off_the_data_and_no_label_on_the_next_panel(method, drawn, tmp_path):
    names = [f"parameters.sales.{name}" for name in ("price_noise", "demand", "reach", "cost_per_parcel", "x", "y")]
    unit = unit_design(SAMPLER[method], 6, 256 if method == "pawn" else SIZES[method], 1)
    values = sobol_g(unit)[:, None]
    sensitivity.draw(analyse(method, names, unit, values, 1, 10), tmp_path / "one", "Adoption",
                     convergence(method, names, unit, values, 1, 5), "share")
    figure = drawn[0]
    first = figure.axes[0]
    assert first.get_legend().get_window_extent().y0 >= first.bbox.y1
    assert first.get_legend().get_window_extent().y1 <= min(titles(figure))
    assert np.ptp(titles(figure)) < 1
    assert first.get_legend().get_window_extent().x1 < figure.axes[1].get_tightbbox().x0
    labels = [axes.yaxis.label.get_window_extent() for axes in figure.axes if axes.get_ylabel()]
    assert not any(one.overlaps(two) for i, one in enumerate(labels) for two in labels[:i])
    if method in ("sobol", "hdmr"):
        assert len(labels) == 2
        assert labels[0].height < figure.axes[1].bbox.height


def test_titles_of_robustness_and_discovery_are_in_line_and_a_settled_search_is_seen(drawn, tmp_path):
    folders = answers(tmp_path)
    for name in ("robustness", "discover", "front"):
        draw(name, folders[name])
    robust, found, front = drawn
    assert len(titles(robust)) == len(titles(found)) == 3
    assert np.ptp(titles(robust)) < 1
    assert np.ptp(titles(found)) < 1
    side = next(axes for axes in front.axes if axes.get_xlabel() == "generation")
    assert side.lines[0].get_ydata().max() < 0.95 * side.get_ylim()[1]
    assert all(tick == round(tick) for tick in side.get_xticks())


def test_both_limits_of_a_narrow_box_can_be_read(drawn, tmp_path):
    luck = np.random.default_rng(2)
    futures = pd.DataFrame(luck.random((1000, 2)), columns=["a", "b"])
    fails = futures["a"].between(0.5, 0.56) | (futures["b"] < 0.06)
    about = {"seeds": [1], "scenarios": {"one": "ab" * 20}, "version": "0", "sources": "cd" * 8, "mix": "one"}
    discover(futures, fails.to_numpy(), about).write(tmp_path / "boxes")
    draw("discover", tmp_path / "boxes")
    numbers = [text.get_window_extent() for text in drawn[0].axes[1].texts if text.get_fontsize() == 7.5]
    assert len(numbers) > 2
    assert not any(one.overlaps(two) for i, one in enumerate(numbers) for two in numbers[:i])
