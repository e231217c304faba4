"""What names a run: all that can change it, and nothing else."""

from pathlib import Path

import pytest

from villagesim import sources

DECLARED = """
_SOURCE = "set by hand, in" + " a source"
_MOST = 3
_TABLE = ("of two words", 3)
class Numbers(NamedTuple):
    \"\"\"Numbers.\"\"\"
    share: Annotated[float, Quantity("share", "part that is sold", 0.0, 1.0, _SOURCE, "B")] = 0.4
    first: Annotated[Tally, Quantity("month", "first month", -1, 600, initial=-1)]
PHASE = rows("fund grant")
_ORDER = "first second"
ORDER = rows(_ORDER)
def kept(*, a, b=1):
    found = {f"kept row {b}": {'k': a, **v}}
    return None
"""


@pytest.mark.parametrize(("was", "now"), [
    ('"""Numbers."""', '"""Other words for it."""'), ('    """Numbers."""\n', ""),
    ("part that", "part of it that"), ("a source", "another source, page 3"), ("by hand", "at last"), ("1.0", "0.9"),
    ('"B"', '"A"'), ('"share"', '"yuan"'),
    ('"B")] = 0.4', '"B")] = 0.4  # as in the survey')])
def test_a_better_sentence_keeps_every_result(was, now):
    assert was in DECLARED
    assert sources.meaning(DECLARED.replace(was, now)) == sources.meaning(DECLARED)


@pytest.mark.parametrize(("was", "now"), [
    ("0.4", "0.5"), ("share:", "portion:"), ("float", "int"), (" = 0.4", ""), ("fund grant", "grant fund"),
    ("*, a, b=1", "*, a=1, b"), ("{'k': a, **v}", "{**a, 'k': v}"), ("_MOST = 3", "_MOST = 4"),
    ('words", 3', 'words", 4'), ("kept row", "kept"), ("first second", "second first"),
    ("initial=-1", "initial=0"), ("return None", "return 0")])
def test_what_can_change_a_run_changes_its_name(was, now):
    assert was in DECLARED
    assert sources.meaning(DECLARED.replace(was, now)) != sources.meaning(DECLARED)


NAMES = ("compiled.py", "engine/core/loop.py", "engine/reference.py", "mechanisms/sales.py", "study/sweep.py",
         "evidence/targets.py", "evidence/series/wage.csv")


def test_the_fast_engines_name_a_run_and_not_the_model(monkeypatch, tmp_path):
    """A package of seven files: an edit to each changes what it should."""
    def named(edited: str = "") -> tuple[str, str]:
        for name in NAMES:
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            text = f"{2 if name == edited else 1}\n"
            file.write_text(f"value = {text}" if name.endswith(".py") else text, encoding="utf-8")
        return sources.sources.__wrapped__(), sources.model.__wrapped__()

    monkeypatch.setattr(sources, "__file__", str(tmp_path / "sources.py"))
    runs, model = named()
    series = sources.series.__wrapped__()
    changed = {name: [new != old for new, old in zip(named(name), (runs, model), strict=True)]
               for name in NAMES}
    assert changed == {"compiled.py": [True, False], "engine/core/loop.py": [True, False],
                       "engine/reference.py": [True, True], "mechanisms/sales.py": [True, True],
                       "study/sweep.py": [False, False], "evidence/targets.py": [False, False],
                       "evidence/series/wage.csv": [True, False]}
    named("evidence/targets.py")
    assert sources.series.__wrapped__() == series
    named("evidence/series/wage.csv")
    assert sources.series.__wrapped__() != series
    # The values name the series, and a better source of them keeps every result.
    wage = tmp_path / "evidence/series/wage.csv"
    told = []
    for text in ("# a word\nyear,value,unit,source\n2015,1,yuan,a\n", "year,value,unit,source\n2015,1,yuan,b\n",
                 "year,value,unit,source\n2015,2,yuan,b\n"):
        wage.write_text(text, encoding="utf-8")
        told.append(sources.series.__wrapped__())
    assert told[0] == told[1] != told[2]


LEVERS = """
_FAR = "assumption: far denser than" + " elsewhere"
def _yuan(unit: str, meaning: str, low: float, high: float, source: str = _FAR) -> Quantity:
    return Quantity(unit, meaning, low, high, source, "C")
OTHER = Quantity(*bounds("two words", 3))
LEVER = Lever("pay", _share("part of posts"), Quantity("yuan/post/year", "usual pay", 20000, 120000, "read in " + _FAR,
              "B", plausible=(35000, 120000)), 48000.0)
"""


@pytest.mark.parametrize(("was", "now"), [
    ("usual pay", "pay as usual"), ("far denser", "much denser"), ("read in ", "seen in "),
    (", plausible=(35000, 120000)", ""), ('"read in " + _FAR', '"read in a book"')])
def test_a_better_source_of_a_lever_keeps_every_result(was, now):
    assert was in LEVERS
    assert sources.meaning(LEVERS.replace(was, now)) == sources.meaning(LEVERS)


@pytest.mark.parametrize(("was", "now"), [
    ("48000.0", "50000.0"), ('"pay"', '"wage"'), ("post/year", "post/month"), ("20000", "25000"),
    ("high, source", "low, source"), ("two words\", 3", "two words\", 4"), ("_share(", "_part(")])
def test_what_a_lever_does_changes_the_name(was, now):
    assert was in LEVERS
    assert sources.meaning(LEVERS.replace(was, now)) != sources.meaning(LEVERS)


def test_every_engine_that_the_model_is_named_without_exists():
    package = Path(sources.__file__).parent
    assert all((package / place).exists() for place in sources.FAST)
