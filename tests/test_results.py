"""What is kept of a run: exact totals, closed forms of distributions, codebook, the same bytes for the same seed."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from villagesim import distributions, outcomes, results, tables
from villagesim.levers import LEVERS
from villagesim.mechanisms.accounts import FLOWS
from villagesim.outcomes import EVERY_GROUP, GROUPS, OUTCOME, OUTCOMES
from villagesim.recorder import Recorder, memberships
from villagesim.scenario import changed, load

SCENARIOS = Path(__file__).parents[1] / "scenarios"
SMALL = {"world.villages": 4, "world.townships": 2, "world.households": 30, "run.months": 14, "run.spin_up": 13}


class BookedFlow(NamedTuple):
    """As `accounts.Flow`."""

    name: str
    payer: str
    payee: str
    table: str
    column: str
    meaning: str


@pytest.fixture(scope="module")
def scenario():
    return changed(load(SCENARIOS / "integrated.toml"), SMALL)


@pytest.fixture(scope="module")
def run(scenario):
    return results.record(scenario)


def random_world(seed: int = 3, villages: int = 5, households: int = 60) -> tables.World:
    """Households in scrambled order; the last village is empty."""
    luck = np.random.default_rng(seed)
    world = tables.empty({"households": households, "ties": 1, "townships": 1, "villages": villages, "works": 1,
                          "workers": 3, "traders": 2, "couriers": 2, "levers": len(LEVERS), "county": 1})
    own = world.households
    own.village[:] = luck.integers(0, villages - 1, households)
    own.trader[:] = luck.integers(0, 2, households)
    own.size[:] = luck.integers(1, 8, households)
    own.mode[:] = luck.integers(0, 3, households)
    own.income_year[:] = luck.integers(10**5, 10**7, households)
    own.online_income[:] = luck.integers(0, 10**14, households)
    own.skill_basic[:] = luck.random(households)
    for group in GROUPS[1:]:
        getattr(own, group)[:] = luck.integers(0, 2, households)
    own.product[:] = luck.integers(0, 3, households)
    world.villages.terrain[:] = np.linspace(0.1, 0.9, villages)
    world.villages.courier[:] = luck.integers(0, 2, villages)
    world.villages.brand[:] = luck.random(villages)
    world.couriers.fee[:] = luck.random(2) * 10
    return world


def recorded(world: tables.World) -> dict[str, pd.DataFrame]:
    flow = BookedFlow("online_sales", "outside", "households", "households", "online_income", "")
    recorder = Recorder([flow])
    recorder(0, world)
    return recorder.frames()


def test_totals_by_village_and_group_are_exact_to_the_fen():
    world = random_world()
    frames, own = recorded(world), world.households
    for village, row in enumerate(frames["village"].itertuples()):
        chosen = own.village == village
        assert row.online_income == sum(int(value) for value in own.online_income[chosen])
        assert row.sellers == np.count_nonzero(own.mode[chosen])
    members = {"all": np.ones(own.mode.size, bool)} | memberships(world)
    for group, row in zip(EVERY_GROUP, frames["group"].itertuples(), strict=True):
        chosen = members[group]
        assert row.online_income == sum(int(value) for value in own.online_income[chosen])
        assert row.skill_basic == pytest.approx(own.skill_basic[chosen].mean(), rel=1e-12)
        assert row.adoption == np.count_nonzero(own.mode[chosen]) / np.count_nonzero(chosen)
        assert row.brand == pytest.approx(world.villages.brand[own.village[chosen]].mean(), rel=1e-12)
        assert row.parcel_fee == pytest.approx(world.couriers.fee[world.villages.courier[own.village[chosen]]].mean())
    assert frames["ledger"]["fen"].tolist() == [sum(int(value) for value in own.online_income)]


def test_groups_by_goods_and_land_are_what_households_make_and_where_they_live():
    """Five villages of ruggedness 0.1, 0.3, 0.5, 0.7, 0.9: two in the plain, one in the hills, two in the mountains."""
    world = random_world()
    members, village, product = memberships(world), world.households.village, world.households.product
    for group, chosen in (("plain", village < 2), ("hill", village == 2), ("mountain", village > 2),
                          ("fresh", product == 0), ("dry", product == 1), ("craft", product == 2),
                          ("poor", world.households.poor == 1)):
        assert np.array_equal(members[group], chosen), group
    assert list(members) == list(EVERY_GROUP[1:])


def test_a_distribution_is_reckoned_anew_when_a_years_income_has_come_in():
    world = random_world()
    recorder = Recorder(())
    recorder(0, world)
    world.households.income_year[:] *= 2
    recorder(1, world)
    recorder(2, world)
    rows = recorder.frames()["group"].query("group == 'poor'")["income_median"].tolist()
    assert rows[1] == rows[2] == pytest.approx(2 * rows[0])


def test_a_village_without_households_has_no_sellers_and_no_adoption_rate():
    last = recorded(random_world())["village"].iloc[-1]
    assert last["households"] == 0
    assert last["sellers"] == 0
    assert np.isnan(last["adoption"])


def test_the_order_of_households_changes_no_total_and_no_distribution():
    world = random_world()
    order = np.random.default_rng(1).permutation(world.households.mode.size)
    shuffled = world._replace(households=tables.Households(*(column[order] for column in world.households)))
    one, two = recorded(world)["group"], recorded(shuffled)["group"]
    for name in ("online_income", "sellers", "gini", "poverty", "income_median", "income_head_p10"):
        assert one[name].tolist() == two[name].tolist()


def test_a_group_stays_the_same_people():
    world = random_world()
    recorder = Recorder(())
    recorder(0, world)
    before = int(np.count_nonzero(world.households.returnee))
    world.households.returnee[:] = 1
    recorder(1, world)
    group = recorder.frames()["group"]
    assert group.loc[group["group"] == "returnee", "households"].tolist() == [before, before]


def gini(income: list[int], persons: list[int]) -> float:
    return distributions.gini(np.array(income), np.array(persons), np.cumsum(persons))


def test_gini_matches_its_closed_forms():
    assert gini([5, 5, 5, 5], [1, 1, 1, 1]) == pytest.approx(0.0, abs=1e-15)
    assert gini([0, 0, 0, 8], [1, 1, 1, 1]) == pytest.approx(3 / 4)
    assert gini([1, 2, 3, 4, 5], [1] * 5) == pytest.approx(4 / 15)
    assert np.isnan(gini([-3, 1], [1, 1]))


def test_a_household_of_three_counts_as_three_persons_in_the_gini():
    assert gini([3, 30], [3, 2]) == pytest.approx(gini([1, 1, 1, 15, 15], [1] * 5))


def test_a_percentile_is_the_first_value_that_reaches_the_level():
    values = np.arange(1, 11)
    assert [distributions.percentile(values, np.arange(1, 11), level) for level in (10, 50, 90, 100)] == [1, 5, 9, 10]


def test_poverty_counts_persons_below_the_line():
    income = np.array([700_000, 500_000])
    persons = np.array([3, 1])
    told = distributions.spread(np.sort(income), income, persons, income / persons, line=3000.0)
    found = dict(zip([outcome.name for outcome in outcomes.of_kind("spread")], told, strict=True))
    assert found["poverty"] == 3 / 4


def test_every_outcome_has_one_name_a_unit_and_a_meaning():
    assert len(OUTCOME) == len(OUTCOMES)
    for outcome in OUTCOMES:
        assert outcome.unit
        assert outcome.meaning
        assert outcome.kind in outcomes.KINDS
        assert (outcome.part in OUTCOME and outcome.over in OUTCOME) or outcome.kind != "ratio"


def test_the_stored_tables_carry_their_codebook(run, tmp_path):
    run.write(tmp_path)
    for name in results.TABLES:
        book = results.read_codebook(tmp_path / f"{name}.parquet")
        assert list(book) == list(getattr(run, name).columns)
        assert all(entry["unit"] and entry["meaning"] for entry in book.values()), name
    assert results.read_codebook(tmp_path / "group.parquet")["adoption"] == {
        "unit": "share", "meaning": "households selling online",
    }
    assert results.read_about(tmp_path / "group.parquet")["digest"] == run.manifest["identity"]["digest"]


def test_a_run_read_back_is_the_run_that_was_written(run, tmp_path):
    again = results.read(run.write(tmp_path))
    for name in results.TABLES:
        pd.testing.assert_frame_equal(getattr(run, name), getattr(again, name))
    assert again.manifest == run.manifest


def test_one_seed_gives_the_same_bytes_and_another_seed_another_run(scenario, run, tmp_path):
    run.write(tmp_path / "one")
    results.record(scenario).write(tmp_path / "two")
    for name in results.TABLES:
        file = f"{name}.parquet"
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), name
    other = results.record(scenario, seed=77)
    assert results.run_name(other.manifest["identity"]) != results.run_name(run.manifest["identity"])
    assert not other.group.equals(run.group)


def test_the_reference_engine_leaves_the_same_bytes(scenario, run, tmp_path):
    run.write(tmp_path / "core")
    reference = results.record(scenario, engine="reference")
    reference.write(tmp_path / "reference")
    assert reference.manifest["identity"] == run.manifest["identity"]
    for name in results.TABLES:
        file = f"{name}.parquet"
        assert (tmp_path / "core" / file).read_bytes() == (tmp_path / "reference" / file).read_bytes(), name


def test_the_stored_ledger_explains_what_every_kind_of_holder_has(run):
    ledger, county = run.ledger, run.county.set_index("month")
    held = {
        "households": county["savings_households"], "traders": county["savings_traders"],
        "couriers": county["savings_couriers"], "villages": county["pool"],
        "county": county["fund"] + county["held_back"],
    }
    assert set(ledger["flow"]) <= {flow.name for flow in FLOWS}
    for holder, money in held.items():
        got = ledger[ledger["payee"] == holder].groupby("month")["fen"].sum()
        gave = ledger[ledger["payer"] == holder].groupby("month")["fen"].sum()
        change = got.reindex(money.index, fill_value=0) - gave.reindex(money.index, fill_value=0)
        assert money.diff().iloc[1:].astype(np.int64).tolist() == change.iloc[1:].tolist(), holder


def test_spending_by_lever_adds_up_to_what_the_county_spent(run):
    by_month = run.spending.groupby("month")["fen"].sum().reindex(run.county["month"], fill_value=0)
    assert by_month.tolist() == run.county["spent"].tolist()


def test_an_interval_is_students():
    mean, low, high = results.interval([1.0, 2.0, 3.0, 4.0])
    assert mean == 2.5
    assert (low, high) == pytest.approx((2.5 - 2.054260, 2.5 + 2.054260), abs=1e-6)
    assert np.isnan(results.interval([1.0])[1])


def test_a_summary_looks_at_the_last_twelve_months(run):
    table = results.summary([run, run]).set_index("outcome")
    last = run.group[(run.group["group"] == "all") & (run.group["month"] > 1)]
    assert len(last) == 12
    assert table.loc["adoption", "mean"] == pytest.approx(last["sellers"].sum() / last["households"].sum())
    assert table.loc["income_mean", "unit"] == "yuan/household/year"
    assert table.loc["income_mean", "mean"] == pytest.approx(last["income"].sum() / last["households"].mean() / 100)
    assert table.loc["adoption", "low"] == table.loc["adoption", "high"]


def test_named_tables_are_written_twice_with_the_columns_that_each_has(tmp_path):
    book = {"place": ("code", "where"), "gain": ("yuan", "how much"), "loss": ("yuan", "how little")}
    tables = {"one": pd.DataFrame({"place": ["a"], "gain": [1.5]}), "two": pd.DataFrame({"loss": [2.0]})}
    folder = results.write_tables(tmp_path / "new" / "folder", tables, {"seeds": [1]}, book)
    assert sorted(path.name for path in folder.iterdir()) == ["one.csv", "one.parquet", "two.csv", "two.parquet"]
    assert (folder / "one.csv").read_bytes() == b"place,gain\na,1.5\n"
    assert results.read_codebook(folder / "two.parquet") == {"loss": {"unit": "yuan", "meaning": "how little"}}
    assert results.read_about(folder / "one.parquet") == {"seeds": [1]}
    with pytest.raises(KeyError):
        results.write_tables(tmp_path, {"three": pd.DataFrame({"unheard": [1]})}, {}, book)


def test_a_folder_without_a_run_is_said_to_hold_none(tmp_path):
    assert not results.holds_run(tmp_path)
    with pytest.raises(results.UnreadableError, match="holds no run that can be read"):
        results.read(tmp_path)
