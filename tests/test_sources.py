"""What names a run: all that can change it, and nothing else."""

from pathlib import Path

import pytest

from villagesim import sources

DECLARED = """
class Numbers(NamedTuple):
    \"\"\"Numbers.\"\"\"
    share: Annotated[float, Quantity("share", "part that is sold", 0.0, 1.0, "a source", "B")] = 0.4
"""


@pytest.mark.parametrize(("was", "now"), [
    ('"""Numbers."""', '"""Other words for it."""'), ('"part that is sold"', '"part of it that is sold"'),
    ('"a source"', '"another source, page 3"'), ("1.0", "0.9"), ('"B"', '"A"'), ('"share"', '"yuan"'),
    ('"B")] = 0.4', '"B")] = 0.4  # as in the survey')])
def test_a_better_sentence_keeps_every_result(was, now):
    assert was in DECLARED
    assert sources.meaning(DECLARED.replace(was, now)) == sources.meaning(DECLARED)


@pytest.mark.parametrize(("was", "now"), [
    ("0.4", "0.5"), ("share:", "portion:"), ("float", "int"), (" = 0.4", "")])
def test_what_can_change_a_run_changes_its_name(was, now):
    assert was in DECLARED
    assert sources.meaning(DECLARED.replace(was, now)) != sources.meaning(DECLARED)


def test_a_column_which_has_no_value_keeps_what_it_is_declared_to_begin_with():
    column = 'first: Annotated[Tally, Quantity("month", "first month", -1, 600, initial=-1)]'
    assert sources.meaning(column) != sources.meaning(column.replace("initial=-1", "initial=0"))
    assert sources.meaning(column) == sources.meaning(column.replace("first month", "the first month"))


def test_where_texts_name_columns_they_count_and_docstrings_do_not():
    phase = '"""Months."""\nphase = rows("fund grant")\n'
    assert sources.meaning(phase, naming=True) != sources.meaning(phase.replace("grant", "cost"), naming=True)
    assert sources.meaning(phase, naming=True) == sources.meaning(phase.replace("Months", "A month"), naming=True)


def test_the_fast_engines_name_a_run_and_not_the_model(monkeypatch, tmp_path):
    """A package of four files: an edit to each changes what it should."""
    def named(edited: str = "") -> tuple[str, str]:
        for name in ("engine/core/loop.py", "engine/reference.py", "mechanisms/sales.py", "study/sweep.py"):
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"value = {2 if name == edited else 1}\n", encoding="utf-8")
        return sources.sources.__wrapped__(), sources.model.__wrapped__()

    monkeypatch.setattr(sources, "__file__", str(tmp_path / "sources.py"))
    runs, model = named()
    changed = {name: [new != old for new, old in zip(named(name), (runs, model), strict=True)]
               for name in ("engine/core/loop.py", "engine/reference.py", "mechanisms/sales.py", "study/sweep.py")}
    assert changed == {"engine/core/loop.py": [True, False], "engine/reference.py": [True, True],
                       "mechanisms/sales.py": [True, True], "study/sweep.py": [False, False]}


def test_every_engine_that_the_model_is_named_without_exists():
    package = Path(sources.__file__).parent
    assert all((package / place).is_dir() for place in sources.FAST)
