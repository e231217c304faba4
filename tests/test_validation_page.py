"""The page of validation says of each target what is published and what the model gives, and draws it, offline."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from villagesim.evidence import target, targets
from villagesim.figures import validation
from villagesim.report import evidence_map
from villagesim.report.validation import page
from villagesim.study.calibration.validation import Validation, held_against

COMPUTED = ("T13", "V1", "V3", "V4", "V6.age")
ABOUT = {"version": "0.1.0", "sources": "0123456789abcdef", "seeds": [7, 8, 9], "parameters": "an <ensemble>",
         "scenarios": {}}


@pytest.fixture
def folder(tmp_path):
    values = pd.DataFrame({"member": [0, 1, 2]} | {name: target(name).value * np.array([0.9, 1.0, 1.1])
                                                   for name in COMPUTED})
    values = values.assign(**{"V3.imputed": 0.04, "V3.placebo": 0.001, "V3.placebo_found": [0.0, 1.0, 0.0],
                              "V3.pre_trend": [0.01, 0.02, 0.9]})
    return Validation(held_against(values, targets()), values, ABOUT).write(tmp_path)


def test_every_target_has_a_row_with_its_source_and_every_computed_one_a_plot(folder):
    text = page(folder).read_text(encoding="utf-8")
    for one in targets():
        rows = 2 if one.id in ("V1", "V3", "V4") else 1
        assert text.count(f"<b>{one.id}</b>") == rows, one.id
    assert text.count("<svg") == text.count("</svg>") == len(COMPUTED) + 3
    assert "Couture" in text
    assert json.loads((folder / "checks.json").read_text(encoding="utf-8"))["placebo"] == pytest.approx(0.001)
    assert "placebo 0.001, found in 33% of panels; a trend before the start, found in 67%" in text


def test_where_the_direction_alone_is_published_page_figure_and_table_say_so(folder):
    text = page(folder).read_text(encoding="utf-8")
    row = re.search(r"<tr><td><b>V6.age</b>.*?</tr>", text, re.DOTALL).group()
    assert "below 0<br><small>by judgement -8, -20 to 0 year</small>" in row
    assert "by judgement" not in re.search(r"<tr><td><b>V4</b>.*?</tr>", text, re.DOTALL).group()
    drawn = validation.draw(folder)[1].read_text(encoding="utf-8")
    assert "-8 / below 0 year" in drawn
    assert "| V6.age | age of the head, sellers less the others | below 0 | year |" in evidence_map.aside()


def test_the_verdicts_are_counted_by_role(folder):
    table = pd.read_parquet(folder / "validation.parquet")
    inside = (table[table["role"] == "validate"]["verdict"] == "inside").sum()
    kept_aside = page(folder).read_text(encoding="utf-8").split("What is kept aside")[1]
    assert f"{inside} inside" in kept_aside.split("<table>")[0]


def test_the_page_needs_no_network_and_writes_what_is_not_markup_as_text(folder):
    text = page(folder).read_text(encoding="utf-8")
    assert "an &lt;ensemble&gt;" in text
    loaded = re.findall(r"""(?:src|href)=["']([^"']+)""", text)
    assert [link for link in loaded if not link.startswith("#")] == []


def test_the_same_tables_give_the_same_page_and_none_give_an_error(folder, tmp_path):
    assert page(folder).read_bytes() == page(folder).read_bytes()
    with pytest.raises(FileNotFoundError):
        page(tmp_path / "nothing")
