"""Social influence worked by hand: what sellers tell, whose word weighs how much, what news does to trust."""

import pytest
from hypothesis import given, strategies as st

from test_policy_rules import TRIALS, assert_in_declared_range, situations
from villagesim.arithmetic import GRID
from villagesim.mechanisms.influence import (
    AVERAGING,
    BAYES,
    InfluenceParameters,
    believes,
    media_luck,
    tells_result,
    weight,
)

P = InfluenceParameters()._replace(
    prior_precision=4.0, fading=0.9, common_variance=0.1, own_variance=0.4, media_precision=0.25, media_spread=0.2,
    champion_reach=0.5, selection_aware=0.5, skill_edge=0.25, acquaintance=1.0, trust_step=0.02,
    story=0.25, story_spread=0.8, flat_trust=0.5, told_most=1.5, teaches_from=0.6,
)
# A seller with half of both upper rungs; margin 0.5, smoothed -0.5, shipping 0.25.
SELLER = {
    "quit": 0, "sold": 1, "margin": 0.5, "margin_smooth": -0.5, "shipping": 0.25, "skill_basic": 0.5,
    "skill_operation": 0.5, "skill_business": 0.5, "p": P,
}
# Believes in an edge of 0.3 and has heard nothing; where no trust in e-commerce is given, media say nothing.
LISTENER = {
    "belief_mean": 0.3, "belief_precision": 4.0, "trust_online": 0.5, "heard": 0, "heard_trust": 0, "heard_flat": 0,
    "voices": 0, "told": 0, "tells": 0, "village_champion_told": 0, "village_champion_tells": 0,
    "county_media_margin": 0.4, "county_media_shock": 0.0, "u_story": 0.26, "u_tale": 0.75,
    "p": P._replace(media_precision=0.0),
}


def heard(*voices):
    """What reaches a listener from (tie trust 0 ... 255, margin told) pairs."""
    return {
        "heard": sum(trust * int(told * GRID) for trust, told in voices), "heard_trust": sum(t for t, _ in voices),
        "heard_flat": sum(int(told * GRID) for _, told in voices), "voices": len(voices),
    }


def test_one_piece_of_media_news_reaches_all_unchanged():
    assert [media_luck(luck) for luck in (-1.5, 0.0, 2.25)] == [-1.5, 0.0, 2.25]


@pytest.mark.parametrize(("changes", "speaks", "told"), [
    # 0.5 + 0.25 before shipping, half of 0.25 x 0.5 taken off for own skill: 0.6875 x 2^20
    ({}, 1, 720_896),
    # results as they are: 0.75; all of the own skill taken off: 0.75 - 0.125
    ({"p": P._replace(selection_aware=0.0)}, 1, 786_432),
    ({"p": P._replace(selection_aware=1.0)}, 1, 655_360),
    # a full third rung and no second is as good as half of both
    ({"skill_operation": 0.0, "skill_business": 1.0}, 1, 720_896),
    # no sale this month and stopped: the smoothed result, -0.5 + 0.25 - 0.0625
    ({"sold": 0, "quit": 1}, 1, -327_680),
    # sold last and stopped: the sale is told
    ({"sold": 1, "quit": 1}, 1, 720_896),
    ({"sold": 0}, 0, 0),
    # nobody tells of more than one and a half times the price, either way
    ({"margin": 3.0}, 1, 1_572_864),
    ({"margin": -3.0}, 1, -1_572_864),
    ({"margin": 3.0, "p": P._replace(told_most=0.5)}, 1, 524_288),
])
def test_sellers_tell_their_result_and_those_who_stop_say_so_once(changes, speaks, told):
    assert tells_result(**(SELLER | changes))[:2] == (speaks, told)


@pytest.mark.parametrize(("skill", "enough", "teaches"), [(0.59, 0.6, 0), (0.6, 0.6, 1), (0.6, 0.7, 0)])
def test_who_knows_the_first_rung_can_show_it(skill, enough, teaches):
    assert tells_result(**(SELLER | {"skill_basic": skill, "p": P._replace(teaches_from=enough)}))[2] == teaches


@pytest.mark.parametrize(("precision", "after"), [(14.0, 13.0), (4.0, 4.0), (2.0, 2.2)])
def test_evidence_beyond_the_prior_fades_and_the_belief_stays(precision, after):
    # 4 + 0.9 x (14 - 4); 4 + 0.9 x (2 - 4)
    found = believes(**(LISTENER | {"belief_precision": precision}))
    assert found == (pytest.approx(0.3, rel=1e-14), pytest.approx(after, rel=1e-14), 0.5)


@pytest.mark.parametrize(("shock", "mean"), [
    # precision 0.25 x trust 0.5 = 0.125 says 0.4: (4 x 0.3 + 0.125 x 0.4) / 4.125 = 1.25 / 4.125
    (0.0, 0.3030303030),
    # bad luck: it says 0.4 - 0.2; (1.2 + 0.025) / 4.125
    (-1.0, 0.2969696970),
])
def test_media_whisper_to_those_who_trust_e_commerce_and_move_no_trust(shock, mean):
    found = believes(**(LISTENER | {"county_media_shock": shock, "p": P}))
    assert found == (pytest.approx(mean, rel=1e-9), 4.125, 0.5)


@pytest.mark.parametrize(("changes", "mean", "precision"), [
    # half trusted, it weighs 1 / (0.1 + 0.4 / 0.5) = 10/9 and tells 0.4 + 0.8 x 0.5 = 0.8: (1.2 + 8/9) / (46/9)
    ({}, 0.4086956522, 5.1111111111),
    # the least that is told is 0.8 below what media suggest: (1.2 - 4/9) / (46/9)
    ({"u_tale": 0.0}, 0.1478260870, 5.1111111111),
    # fully trusted: weight 2; (1.2 + 1.6) / 6
    ({"trust_online": 1.0}, 0.4666666667, 6.0),
    # not trusted at all, or not heard this month
    ({"trust_online": 0.0}, 0.3, 4.0),
    ({"u_story": 0.251}, 0.3, 4.0),
    # who averages counts half a voice against 8 of its own: (2.4 + 0.4) / 8.5
    ({"p": P._replace(media_precision=0.0, learning=AVERAGING, self_weight=8.0)}, 0.3294117647, 4.0),
])
def test_now_and_then_one_hears_of_a_seller_far_away_and_stories_differ(changes, mean, precision):
    found = believes(**(LISTENER | {"u_story": 0.249} | changes))
    assert found[:2] == (pytest.approx(mean, rel=1e-9), pytest.approx(precision, rel=1e-9))


def test_stories_from_far_away_move_no_trust():
    assert believes(**(LISTENER | {"u_story": 0.1}))[2] == 0.5


@pytest.mark.parametrize(("acquaintance", "voices", "mean", "precision"), [
    # one full tie tells 0.5: weight 1 / (0.1 + 0.4); (1.2 + 2 x 0.5) / 6
    (1.0, [(255, 0.5)], 0.3666666667, 6.0),
    # two: weight 1 / (0.1 + 0.4 / 2) = 10/3, not twice as much; (1.2 + 5/3) / (22/3)
    (1.0, [(255, 0.5)] * 2, 0.3909090909, 7.3333333333),
    # a trusted tie tells 1, one trusted a third as much tells 0: 4/3 voices say 0.75; weight 1 / (0.1 + 0.3) = 2.5;
    # (1.2 + 2.5 x 0.75) / 6.5
    (1.0, [(255, 1.0), (85, 0.0)], 0.4730769231, 6.5),
    # trust flattened: two half voices say 0.5; weight 1 / (0.1 + 0.4) = 2; (1.2 + 2 x 0.5) / 6
    (0.0, [(255, 1.0), (85, 0.0)], 0.3666666667, 6.0),
    # half flattened: 7/6 voices say 0.625; weight 1 / (0.1 + 2.4/7) = 70/31; (1.2 + 43.75/31) / (4 + 70/31)
    (0.5, [(255, 1.0), (85, 0.0)], 0.4172680412, 6.2580645161),
    # a tie of the least trust, 1 of 255, hardly counts: weight 1 / (0.1 + 0.4 x 255) = 1 / 102.1
    (1.0, [(1, 0.5)], 0.3004885198, 4.0097943193),
    # bad results travel too: (1.2 - 2 x 0.5) / 6
    (1.0, [(255, -0.5)], 0.0333333333, 6.0),
])
def test_results_weigh_by_the_trust_in_who_tells_them(acquaintance, voices, mean, precision):
    case = LISTENER | heard(*voices) | {"p": LISTENER["p"]._replace(acquaintance=acquaintance)}
    assert believes(**case)[:2] == (pytest.approx(mean, rel=1e-9), pytest.approx(precision, rel=1e-9))


def test_a_champions_result_is_seen_in_part_by_the_whole_village():
    # two champions tell 0.75 and 0.25: weight 0.5 / (0.1 + 0.4 / 2) = 5/3; (1.2 + 5/3 x 0.5) / (17/3)
    found = believes(**(LISTENER | {"village_champion_tells": 2, "village_champion_told": GRID}))
    assert found[:2] == (pytest.approx(0.3588235294, rel=1e-9), pytest.approx(5.6666666667, rel=1e-9))


def test_a_seller_learns_from_its_own_result():
    # weight 1 / (0.1 + 0.4) = 2: (1.2 + 2 x 0.75) / 6
    found = believes(**(LISTENER | {"tells": 1, "told": 786_432}))
    assert found == (pytest.approx(0.45, rel=1e-14), 6.0, 0.52)


@pytest.mark.parametrize(("source", "good", "bad"), [
    ("ties", heard((255, 0.5)), heard((255, 0.25))),
    ("champions", {"village_champion_tells": 1, "village_champion_told": GRID // 2},
     {"village_champion_tells": 1, "village_champion_told": GRID // 4}),
    ("own", {"tells": 1, "told": GRID // 2}, {"tells": 1, "told": GRID // 4}),
])
def test_good_news_raises_trust_in_e_commerce_and_bad_news_lowers_it(source, good, bad):
    # a step of 0.02 from 0.5; 0.5 is more than the belief of 0.3, 0.25 is less
    assert believes(**(LISTENER | good))[2] == pytest.approx(0.52, rel=1e-14)
    assert believes(**(LISTENER | bad))[2] == pytest.approx(0.48, rel=1e-14)


@pytest.mark.parametrize(("trust", "told", "after"), [(0.97, 0.5, 0.98), (0.03, 0.25, 0.02)])
def test_trust_in_e_commerce_is_never_complete_and_never_gone(trust, told, after):
    assert believes(**(LISTENER | heard((255, told)) | {"trust_online": trust}))[2] == after


def test_a_belief_stays_within_three_times_the_price():
    # media at weight 1 say 3 + 1 x 4 = 7: (4 x 3 + 7) / 5 = 3.8
    loud = P._replace(media_precision=1.0, media_spread=1.0)
    case = LISTENER | {"belief_mean": 3.0, "trust_online": 1.0, "county_media_margin": 3.0, "p": loud}
    assert believes(**(case | {"county_media_shock": 4.0}))[0] == 3.0
    # the other way: (4 x -3 - 7) / 5
    case |= {"belief_mean": -3.0, "county_media_margin": -3.0}
    assert believes(**(case | {"county_media_shock": -4.0}))[0] == -3.0


def test_nobody_is_so_vague_that_a_tenth_is_left_of_precision():
    # 0.5 + 0.99 x (0 - 0.5) = 0.005
    vague = LISTENER["p"]._replace(prior_precision=0.5, fading=0.99)
    assert believes(**(LISTENER | {"belief_precision": 0.0, "p": vague}))[1] == 0.1


# The other form: who averages lets its own belief of 0.3 count for 4 voices, and hears no media but where said.
AVERAGER = LISTENER | {"p": LISTENER["p"]._replace(learning=AVERAGING, self_weight=4.0)}


@pytest.mark.parametrize(("part", "voices", "by_precision", "by_number"), [
    # 1 / (0.1 + 0.4); 1 / (0.1 + 0.2): two say less than twice one; half heard, half the weight
    (1.0, 1.0, 2.0, 1.0),
    (1.0, 2.0, 3.3333333333, 2.0),
    (0.5, 2.0, 1.6666666667, 1.0),
])
def test_voices_weigh_by_their_precision_or_by_their_number(part, voices, by_precision, by_number):
    assert weight(part, voices, P._replace(learning=BAYES)) == pytest.approx(by_precision, rel=1e-9)
    assert weight(part, voices, P._replace(learning=AVERAGING)) == by_number


@pytest.mark.parametrize(("acquaintance", "voices", "mean"), [
    # one full tie tells 0.5: (4 x 0.3 + 1 x 0.5) / 5
    (1.0, [(255, 0.5)], 0.34),
    # two move it further, each as much: (1.2 + 2 x 0.5) / 6
    (1.0, [(255, 0.5)] * 2, 0.3666666667),
    # a trusted tie tells 1, one trusted a third as much tells 0: 4/3 voices say 0.75: (1.2 + 1) / (16/3)
    (1.0, [(255, 1.0), (85, 0.0)], 0.4125),
    # trust flattened: two half voices say 0.5: (1.2 + 0.5) / 5
    (0.0, [(255, 1.0), (85, 0.0)], 0.34),
    # bad results travel too: (1.2 - 0.5) / 5
    (1.0, [(255, -0.5)], 0.14),
])
def test_who_averages_moves_to_the_trust_weighted_mean_of_what_it_hears(acquaintance, voices, mean):
    case = AVERAGER | heard(*voices) | {"p": AVERAGER["p"]._replace(acquaintance=acquaintance)}
    assert believes(**case)[0] == pytest.approx(mean, rel=1e-9)


@pytest.mark.parametrize(("changes", "mean"), [
    # nothing heard, nothing moved
    ({}, 0.3),
    # champions: two, half heard, say 0.5 as one voice would: (1.2 + 0.5) / 5
    ({"village_champion_tells": 2, "village_champion_told": GRID}, 0.34),
    # its own result of 0.75 is one fully trusted voice: (1.2 + 0.75) / 5
    ({"tells": 1, "told": 786_432}, 0.39),
    # all three: (1.2 + 0.5 + 0.5 + 0.75) / 7
    ({"village_champion_tells": 2, "village_champion_told": GRID, "tells": 1, "told": 786_432} | heard((255, 0.5)),
     0.4214285714),
    # twice as sure of itself: (8 x 0.3 + 0.5) / 9
    ({"p": AVERAGER["p"]._replace(self_weight=8.0)} | heard((255, 0.5)), 0.3222222222),
])
def test_who_averages_counts_champions_and_its_own_result_as_voices(changes, mean):
    assert believes(**(AVERAGER | changes))[0] == pytest.approx(mean, rel=1e-9)


def test_media_are_to_who_averages_the_part_of_a_voice_that_their_precision_is_of_a_result_s():
    # precision 0.25 x 0.5 = 0.125 against 2 of a result: 1/16 of a voice says 0.4: (1.2 + 0.025) / 4.0625
    case = AVERAGER | {"p": AVERAGER["p"]._replace(media_precision=0.25)}
    assert believes(**case)[0] == pytest.approx(0.3015384615, rel=1e-9)


def test_who_averages_counts_no_evidence_and_stays_as_vague_as_it_was():
    for precision in (2.0, 14.0):
        found = believes(**(AVERAGER | heard((255, 0.5), (255, 0.75)) | {"belief_precision": precision}))
        assert found[1:] == (precision, pytest.approx(0.52, rel=1e-14))


def test_two_who_average_and_hear_each_other_agree_in_the_end_where_degroot_s_weights_say():
    """Their matrix has rows (8/9, 1/9) and (1/2, 1/2): its stationary weights are (9/11, 2/11)."""
    stubborn, open_minded = AVERAGER["p"]._replace(self_weight=8.0), AVERAGER["p"]._replace(self_weight=1.0)
    one, other = 0.0, 1.0
    for _ in range(40):
        hears = [heard((255, told)) for told in (other, one)]
        one, other = (believes(**(AVERAGER | said | {"belief_mean": belief, "p": p}))[0]
                      for said, belief, p in zip(hears, (one, other), (stubborn, open_minded), strict=True))
    # A result is told in steps of 2^-20.
    assert (one, other) == (pytest.approx(2 / 11, abs=2e-5), pytest.approx(2 / 11, abs=2e-5))


TOLD = st.integers(-3 * GRID // 2, 3 * GRID // 2)
VOICES = st.lists(st.tuples(st.integers(0, 255), TOLD), max_size=30)
CHAMPIONS = st.lists(TOLD, max_size=5)
# Tables hold these as sums; they are made from the ties and champions themselves.
SUMS = dict.fromkeys(
    ("heard", "heard_trust", "heard_flat", "voices", "village_champion_told", "village_champion_tells"), st.just(0),
)
LISTENERS = situations(believes, **SUMS, told=TOLD, belief_precision=st.floats(0.1, 1e6))


def listening(case, voices, champions):
    return believes(**(case | {
        "heard": sum(trust * told for trust, told in voices), "heard_trust": sum(trust for trust, _ in voices),
        "heard_flat": sum(told for _, told in voices), "voices": len(voices),
        "village_champion_told": sum(champions), "village_champion_tells": len(champions),
    }))


@TRIALS
@given(situations(tells_result), st.floats(0.0, 6.0))
def test_a_better_result_is_never_told_as_a_worse_one(case, more):
    found = tells_result(**case)
    assert_in_declared_range(tells_result, found)
    better = case | {"margin": case["margin"] + more, "margin_smooth": case["margin_smooth"] + more}
    assert tells_result(**better)[1] >= found[1]


@TRIALS
@given(LISTENERS, VOICES, CHAMPIONS, st.integers(0, GRID))
def test_better_news_never_lowers_a_belief(case, voices, champions, more):
    found = listening(case, voices, champions)
    assert_in_declared_range(believes, found)
    better = listening(case, [(trust, told + more) for trust, told in voices], [told + more for told in champions])
    assert better[0] >= found[0] - 1e-12
    assert better[1] == found[1]


@TRIALS
@given(LISTENERS, VOICES, CHAMPIONS, st.tuples(st.integers(1, 255), TOLD))
def test_one_more_voice_never_makes_a_belief_vaguer(case, voices, champions, voice):
    found = listening(case, voices, champions)
    assert listening(case, [*voices, voice], champions)[1] >= found[1] - 1e-9
    assert listening(case, voices, [*champions, voice[1]])[1] >= found[1]


@TRIALS
@given(LISTENERS, VOICES, CHAMPIONS)
def test_who_averages_ends_between_the_lowest_and_the_highest_of_what_it_believed_and_heard(case, voices, champions):
    p = case["p"]._replace(learning=AVERAGING, media_precision=0.0, story=0.0)
    told = [told / GRID for _, told in voices] + [told / GRID for told in champions] + [case["told"] / GRID]
    mean = listening(case | {"p": p}, voices, champions)[0]
    assert min(case["belief_mean"], *told) - 1e-9 <= mean <= max(case["belief_mean"], *told) + 1e-9


@TRIALS
@given(LISTENERS, VOICES, CHAMPIONS)
def test_trust_in_e_commerce_moves_by_one_step_at_most(case, voices, champions):
    case |= {"trust_online": min(0.98, max(0.02, case["trust_online"]))}
    trust = listening(case, voices, champions)[2]
    assert abs(trust - case["trust_online"]) <= case["p"].trust_step + 1e-15
    silent = listening(case | {"tells": 0}, [], [])
    assert silent[2] == case["trust_online"]


def test_news_that_says_what_is_believed_already_costs_no_trust():
    p = InfluenceParameters()._replace(media_precision=0.0, fading=1.0, trust_step=0.02)
    half = GRID // 2
    mean, _, trust = believes(0.5, 4.0, 0.5, 255 * half, 255, half, 1, 0, 0, 0, 0, 0.0, 0.0, 1.0, 0.5, p)
    assert (mean, trust) == (0.5, 0.5)


def test_where_trust_is_flattened_even_a_stranger_is_heard():
    p = InfluenceParameters()._replace(media_precision=0.0, fading=1.0, acquaintance=0.0, common_variance=0.25,
                                       own_variance=0.5)
    # one voice counts half: weight 1 / (0.25 + 0.5 / 0.5) = 0.8; (4 x 0 + 0.8 x 1) / 4.8
    mean, precision, _ = believes(0.0, 4.0, 0.5, 0, 0, GRID, 1, 0, 0, 0, 0, 0.0, 0.0, 1.0, 0.5, p)
    assert precision == pytest.approx(4.8, abs=1e-12)
    # heard in full: weight 1 / (0.25 + 0.5)
    loud = believes(0.0, 4.0, 0.5, 0, 0, GRID, 1, 0, 0, 0, 0, 0.0, 0.0, 1.0, 0.5, p._replace(flat_trust=1.0))
    assert loud[1] == pytest.approx(4.0 + 4.0 / 3.0, abs=1e-12)
    assert mean == pytest.approx(1.0 / 6.0, abs=1e-12)
