"""Synergy: indices against games with known answers, log-odds at the ends, and the sixteen mixes in a small county."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from typer.testing import CliRunner

from conftest import SCENARIOS
from villagesim import cli, cli_factorial
from villagesim.levers import LeverSetting
from villagesim.results import read_codebook
from villagesim.scenario import ScenarioError, changed, load
from villagesim.study import factorial, games
from villagesim.study.budgets import budget, mixes
from villagesim.study.budgets.level import TOLERANCE
from villagesim.study.budgets.mixes import CARRIED, CARRIERS, EQUAL_LEVERS, EQUAL_MONEY, EVERYBODY, Cell

K = 4
PLAYERS = [1 << player for player in range(K)]
SMALL = {"world.villages": 3, "world.townships": 1, "world.households": 20, "run.months": 13, "run.spin_up": 2}
worths = arrays(np.float64, 2**K, elements=st.floats(-1e6, 1e6))


@given(worths)
def test_shapley_values_share_out_exactly_what_all_gain_together(game):
    shared = sum(games.shapley_weights(player, K) @ game for player in PLAYERS)
    assert shared == pytest.approx(game[-1] - game[0], abs=1e-6)


@given(worths)
def test_total_synergy_is_the_sum_of_all_differences_of_differences(game):
    together = sum(games.alone_weights(chosen, K) @ game for chosen in games.sets_of(K, least=2))
    assert games.synergy_weights(K) @ game == pytest.approx(together, abs=1e-5)


@given(arrays(np.float64, K, elements=st.floats(-1e3, 1e3)), st.floats(-1e3, 1e3))
def test_players_that_only_add_up_do_not_interact(gains, start):
    game = np.array([start + sum(gains[player] for player in games.members(s)) for s in range(2**K)])
    for chosen in games.sets_of(K, least=2):
        for weights in (games.shapley_weights, games.contrast_weights, games.alone_weights):
            assert weights(chosen, K) @ game == pytest.approx(0, abs=1e-9 * 1e3 * 2**K)
    for player, gain in zip(PLAYERS, gains, strict=True):
        assert games.shapley_weights(player, K) @ game == pytest.approx(gain, abs=1e-9)
        assert games.contrast_weights(player, K) @ game == pytest.approx(gain, abs=1e-9)
    assert games.synergy_weights(K) @ game == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("needed", games.sets_of(K, least=2))
def test_where_all_of_a_set_are_needed_its_members_share_alike_and_only_they_interact(needed):
    """The unanimity game of T: worth 1 to sets that hold T. The Shapley value is 1/|T|; of a set U within T the index
    is 1/(|T|-|U|+1), of any other 0 (Grabisch and Roubens 1999); the plain contrast is 2^-(|T|-|U|).
    """
    game = np.array([float(s & needed == needed) for s in range(2**K)])
    size = needed.bit_count()
    for chosen in games.sets_of(K):
        inside, missing = chosen & needed == chosen, size - chosen.bit_count()
        assert games.shapley_weights(chosen, K) @ game == pytest.approx(1 / (missing + 1) if inside else 0)
        assert games.contrast_weights(chosen, K) @ game == pytest.approx(0.5**missing if inside else 0)
        assert games.alone_weights(chosen, K) @ game == float(chosen == needed)
    assert games.synergy_weights(K) @ game == 1


def test_the_glove_game_pays_the_scarce_glove_two_thirds():
    """One right glove (player 2), two left ones: a pair is worth 1. Shapley values 1/6, 1/6, 2/3 (a textbook case)."""
    game = np.array([float(bool(s & 0b100) and bool(s & 0b011)) for s in range(8)])
    found = [games.shapley_weights(1 << player, 3) @ game for player in range(3)]
    assert found == pytest.approx([1 / 6, 1 / 6, 2 / 3])


def test_bootstrap_intervals_cover_a_known_mean_about_as_often_as_they_say():
    """1,000 samples of 40: the percentile interval's true cover is near 0.94; three standard errors are 0.023."""
    luck = np.random.default_rng(3)
    hits = 0
    for _ in range(10):
        _, low, high = games.bootstrap(luck.normal(5.0, 2.0, (40, 1)), luck)
        assert low < high
    for sample in luck.normal(5.0, 2.0, (1000, 40, 1)):
        _, low, high = games.bootstrap(sample, luck, 400)
        hits += bool(low[0] <= 5.0 <= high[0])
    assert hits / 1000 == pytest.approx(0.94, abs=0.023)


def test_a_bootstrap_repeats_itself_and_keeps_pairs_together():
    values = np.random.default_rng(1).normal(size=(12, 1))
    both = np.hstack([values, values + 3.0])
    mean, low, high = games.bootstrap(both, np.random.default_rng(2))
    assert np.diff(mean) == pytest.approx(3.0)
    assert np.diff(low) == pytest.approx(3.0)
    assert all(np.array_equal(one, other) for one, other in
               zip((mean, low, high), games.bootstrap(both, np.random.default_rng(2)), strict=True))
    assert games.RESAMPLES >= 2000


def test_one_replicate_has_no_interval():
    mean, low, high = games.bootstrap(np.array([[4.0]]), np.random.default_rng(1))
    assert mean == 4
    assert np.isnan([low, high]).all()


@given(st.floats(0, 1), st.integers(1, 10**6))
def test_log_odds_are_finite_odd_and_rise(share, count):
    here, other = games.log_odds(np.array([share, 1 - share]), np.array([count, count]))
    assert np.isfinite(here)
    assert here == pytest.approx(-other, abs=1e-6)
    assert games.log_odds(np.array([0.0]), np.array([count]))[0] <= here


def test_log_odds_come_near_the_plain_ones_in_a_large_county():
    assert games.log_odds(np.array([0.2]), np.array([1e6]))[0] == pytest.approx(np.log(0.25), abs=1e-5)


def base():
    return changed(load(SCENARIOS / "baseline.toml"), SMALL)


@pytest.fixture(scope="module")
def designed():
    return mixes.cells(base(), SCENARIOS, CARRIERS, 40_000.0)


def test_a_single_pathway_has_the_levers_of_its_file_and_all_four_those_of_the_whole(designed):
    for place, pathway in enumerate(mixes.PATHWAYS):
        made = designed[Cell(EQUAL_LEVERS, "social_workers", 1 << place)].scenario
        assert made.levers == load(SCENARIOS / f"{pathway}_only.toml").levers
    whole, shipped = designed[Cell(EQUAL_LEVERS, "social_workers", EVERYBODY)].scenario, load(
        SCENARIOS / "integrated.toml")
    assert whole.levers == shipped.levers
    assert whole.county._replace(budget=0) == shipped.county._replace(budget=0)
    assert whole.priority == shipped.priority


def test_who_carries_the_posts_matters_only_where_there_are_posts(designed):
    for name in mixes.BUDGETS:
        for pathways in range(EVERYBODY + 1):
            one, other = (designed[Cell(name, carrier, pathways)].scenario for carrier in CARRIERS)
            assert (one == other) == (pathways & CARRIED == 0)
            assert ("posts" in one.levers) == bool(pathways & CARRIED)
    assert len({mix.scenario.name for mix in designed.values()}) == 2 * (16 + 8)


def test_at_equal_money_every_mix_plans_the_same_and_the_empty_one_is_cash(designed):
    for pathways in range(EVERYBODY + 1):
        mix = designed[Cell(EQUAL_MONEY, "contractors", pathways)]
        assert mix.planned + mix.cash == pytest.approx(40_000) == mix.asked
        assert sum(budget.planned_cost(mix.scenario).values()) == pytest.approx(40_000, abs=10)
        # Money that is equally sure to come: else mixes without the policy pathway would be cut in bad years.
        assert mix.scenario.levers["continuity"] == LeverSetting(1.0)
    assert set(designed[Cell(EQUAL_MONEY, "contractors", 0)].scenario.levers) == {"cash", "continuity"}


def test_a_base_with_a_lever_of_a_pathway_is_refused():
    with pytest.raises(ScenarioError, match=r"levers\.camp is on in the base"):
        mixes.mixes(changed(base(), {"levers.camp.intensity": 1}), SCENARIOS, "social_workers")


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The command on a small county, twice: its folder, and what each call said."""
    folder = tmp_path_factory.mktemp("factorial")
    county = "\n".join(f"{key} = {value}" for key, value in SMALL.items())
    (folder / "small.toml").write_text(f'extends = "{SCENARIOS / "baseline.toml"}"\n{county}\n', encoding="utf-8")
    words = ["factorial", "--base", folder / "small.toml", "--mixes", SCENARIOS, "--replicates", 2, "--budget", 40000,
             "--workers", 1, "--out", folder / "out"]
    said = []
    for _ in range(2):
        done = CliRunner().invoke(cli.app, [str(word) for word in words])
        assert done.exit_code == 0, done.output
        said.append(done.output)
    return folder / "out", said


def test_the_command_repeats_itself_from_the_runs_that_it_kept(told):
    folder, said = told
    assert said[0] == said[1]
    # Mixes at equal money are run again until they spend alike.
    assert len(list((folder / "runs").iterdir())) >= 2 * 48
    assert "matters only for mixes with the workforce pathway" in said[0]


def test_the_tables_hold_every_index_with_unit_and_meaning(told):
    import pandas as pd

    folder = told[0] / "factorial-small"
    effects = pd.read_parquet(folder / "effects.parquet")
    # At equal money also all four less their parts.
    assert len(effects) == 3 * len(factorial.MEASURES) * (2 * (3 * 15 + 2) + 1)
    assert (effects["low"] <= effects["estimate"] + 1e-9).all()
    assert (effects["estimate"] <= effects["high"] + 1e-9).all()
    keys = ["budget", "carrier", "measure"]
    total = effects[effects["kind"] == "total"].set_index(keys)["estimate"]
    alone = effects[(effects["kind"] == "shapley") & ~effects["pathways"].str.contains("+", regex=False)]
    assert np.allclose(alone.groupby(keys)["estimate"].sum().loc[total.index], total)
    assert set(effects.loc[effects["measure"] == "jobs", "unit"]) == {"job/100 household"}
    for name in ("effects", "mixes", "values"):
        book = read_codebook(folder / f"{name}.parquet")
        assert all(entry["unit"] and entry["meaning"] for entry in book.values())
        assert (folder / f"{name}.csv").stat().st_size > 0


def test_at_equal_money_every_mix_really_spends_the_same_and_the_tables_say_so(told):
    import pandas as pd

    folder, said = told[0] / "factorial-small", told[1][0]
    rows = pd.read_parquet(folder / "mixes.parquet")
    same = rows[rows["budget"] == EQUAL_MONEY]
    assert same["asked"].eq(40_000).all()
    assert same["spent"].max() - same["spent"].min() <= 2 * TOLERANCE * same["spent"].mean()
    assert same["spent"].min() >= (1 - TOLERANCE) * 40_000
    assert same["spent"].to_numpy() == pytest.approx((same["public_cost"] * budget.households(base())).to_numpy())
    assert "really spent, yuan/household/year, social workers: all four together" in said
    # The mean of the joint mix's spending less the four alone, from the sixteen cells.
    effects = pd.read_parquet(folder / "effects.parquet")
    rows = rows[(rows["budget"] == EQUAL_LEVERS) & (rows["carrier"] == "contractors")]
    paid = rows.set_index("pathways")["public_cost"]
    found = effects[(effects["budget"] == EQUAL_LEVERS) & (effects["carrier"] == "contractors") & (
        effects["measure"] == "public_cost") & (effects["kind"] == "synergy")]["estimate"].item()
    assert paid["none"] == 0
    assert found == pytest.approx(paid[mixes.mix_name(EVERYBODY)] - paid[list(mixes.PATHWAYS)].sum())


def test_over_parts_is_the_joint_mix_less_its_parts_by_what_they_cost_in_it(told, designed):
    import pandas as pd

    values = pd.read_parquet(told[0] / "factorial-small/values.parquet")
    effects = pd.read_parquet(told[0] / "factorial-small/effects.parquet")
    shares = mixes.money_shares(designed, "social_workers")
    cost = budget.planned_cost(designed[Cell(EQUAL_MONEY, "social_workers", EVERYBODY)].scenario)
    training = sum(cost.get(name, 0) for name in load(SCENARIOS / "training_only.toml").levers)
    assert sum(shares) == pytest.approx(1)
    assert shares[1] == pytest.approx(training / (sum(cost.values()) - cost["continuity"] - cost.get("cash", 0)))
    values = values[(values["budget"] == EQUAL_MONEY) & (values["carrier"] == "social_workers")]
    mean = values.groupby("pathways")["income"].mean()
    by_hand = mean[mixes.mix_name(EVERYBODY)] - sum(
        share * mean[name] for share, name in zip(shares, mixes.PATHWAYS, strict=True))
    found = effects[(effects["kind"] == "parts") & (effects["carrier"] == "social_workers") & (
        effects["measure"] == "income")]
    assert found["estimate"].item() == pytest.approx(by_hand)
    assert found["budget"].item() == EQUAL_MONEY


def test_what_members_make_of_an_index_stands_beside_what_replicates_do(designed, capsys):
    """All four less none, of made-up measures: by hand from the two cells, for one carrier and for both apart."""
    luck, names = np.random.default_rng(4), {mix.scenario.name for mix in designed.values()}
    found = {name: luck.normal(size=(6, len(factorial.MEASURES))) for name in sorted(names)}
    varied = {name: 3 * luck.normal(size=(9, len(factorial.MEASURES))) for name in sorted(names)}
    effects = factorial._effects(designed, found, varied, 1)
    place = [measure.name for measure in factorial.MEASURES].index("income")
    keys = ["budget", "carrier", "measure", "kind"]
    rows = effects[effects["kind"] == "total"].set_index(keys)

    def total(values, carrier):
        whole, none = (designed[Cell(EQUAL_LEVERS, carrier, one)].scenario.name for one in (EVERYBODY, 0))
        return values[whole][:, place] - values[none][:, place]

    apart = [total(values, CARRIERS[0]) - total(values, CARRIERS[1]) for values in (found, varied)]
    for carrier, usual, other in (("contractors", total(found, "contractors"), total(varied, "contractors")),
                                  (factorial.APART, *apart)):
        row = rows.loc[(EQUAL_LEVERS, carrier, "income", "total")]
        assert (row["replicates"], row["members"]) == (6, 9)
        assert row[["estimate", "luck_sd"]].tolist() == pytest.approx([usual.mean(), usual.std(ddof=1)])
        assert row["ensemble_mean"] == pytest.approx(other.mean())
        assert row["parameter_sd"] == pytest.approx(np.sqrt(other.var(ddof=1) - usual.var(ddof=1)))
        assert row["ensemble_low"] == other.min()
    cli_factorial._show_ensemble(EQUAL_LEVERS, effects[effects["budget"] == EQUAL_LEVERS], 9)
    said = capsys.readouterr().out
    assert "(9 under the ensemble)" in said
    assert said.count(" synergy ") == 3 * (len(factorial.MEASURES) - 1)
    assert "members" not in factorial._effects(designed, found, {}, 1)
