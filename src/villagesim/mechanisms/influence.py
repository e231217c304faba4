"""Social influence: results of people one trusts move a belief that fades; media whisper so that nobody is deaf.

Claims B6 B8 D3
"""

from typing import Annotated, NamedTuple

from villagesim.arithmetic import GRID, clip, on_grid
from villagesim.declare import Quantity, rule

# The forms of learning, in the order of their codes.
BAYES, AVERAGING = 0, 1
# Bounds that keep a belief's sums finite and trust alive; usual values stay far inside.
EDGE_MOST = 3.0
PRECISION_LEAST, PRECISION_MOST = 0.1, 1000000.0
TRUST_LEAST, TRUST_MOST = 0.02, 0.98
_SWEPT = "assumption: varied over its range in experiments/"


class InfluenceParameters(NamedTuple):
    """How noisy results are as evidence, how fast they fade, who is heard how far."""

    prior_precision: Annotated[float, Quantity("1", "precision of a belief that nothing feeds", 0.5, 30.0,
        "assumption: a spread of 0.5 of the margin; varied over its range in experiments/", "C")] = 3.8
    fading: Annotated[float, Quantity("1/month", "part of the evidence kept from one month to the next", 0.85, 0.995, _SWEPT, "C")] = 0.95
    common_variance: Annotated[float, Quantity("1", "variance that all results of a month share", 0.0, 0.5, _SWEPT, "C")] = 0.055
    own_variance: Annotated[float, Quantity("1", "variance of one seller's result about the true margin", 0.02, 2.0, _SWEPT, "C")] = 0.40
    media_precision: Annotated[float, Quantity("1", "precision of a month of media news at full trust in e-commerce", 0.0, 1.0, _SWEPT, "C")] = 0.02
    media_spread: Annotated[float, Quantity("yuan/yuan", "spread of a month's media news", 0.0, 1.0, _SWEPT, "C")] = 0.25
    story: Annotated[float, Quantity("1/month", "chance that a household hears of one seller outside its county (a feed, a cousin in town)",
        0.0, 0.3, _SWEPT, "C")] = 0.08
    story_spread: Annotated[float, Quantity("yuan/yuan", "half-range of such single results about what media suggest", 0.0, 3.0,
        "assumption: a uniform spread as wide as common and own variance of one result give; varied over its range in experiments/", "C")] = 1.3
    champion_reach: Annotated[float, Quantity("share", "part of a champion's result that everyone in the village sees", 0.0, 1.0, _SWEPT, "C")] = 0.5
    selection_aware: Annotated[float, Quantity("share", "structure: 0 takes results as they are, 1 takes off the teller's own skill",
        0.0, 1.0, "structural choice: both forms are run in experiments/", "C")] = 0.5
    skill_edge: Annotated[float, Quantity("yuan/yuan", "margin that full skill on both upper rungs is thought to bring", 0.0, 0.6, _SWEPT, "C")] = 0.25
    acquaintance: Annotated[float, Quantity("share", "how far tie trust weighs results (0: all ties alike)", 0.0, 1.0,
        "seed paper 6: acquaintance society; 0 is the flattened case", "C")] = 1.0
    flat_trust: Annotated[float, Quantity("share", "how far every tie is heard where tie trust does not weigh", 0.0, 1.0, _SWEPT, "C")] = 0.5
    told_most: Annotated[float, Quantity("yuan/yuan", "largest edge, either way, that a seller tells of", 0.5, 6.0, _SWEPT, "C")] = 1.5
    teaches_from: Annotated[float, Quantity("share", "first-rung skill from which a household can show it to others", 0.0, 1.0, _SWEPT, "C")] = 0.6
    trust_step: Annotated[float, Quantity("share", "movement of trust in e-commerce by one month's good or bad news", 0.0, 0.2, _SWEPT, "C")] = 0.02
    learning: Annotated[int, Quantity("code", "structure: how results move a belief", 0, 1,
        "structural choice: normal updating (Foster and Rosenzweig 1995) or averaging (DeGroot 1974)", "C")] = BAYES
    self_weight: Annotated[float, Quantity("voice", "fully trusted voices that one's own belief counts for under averaging",
        1.0, 60.0, _SWEPT, "C")] = 8.0


@rule
def media_luck(z_media):
    """Standardised luck of this month's media news [1], the same for all."""
    return z_media


@rule
def tells_result(quit, sold, margin, margin_smooth, shipping, skill_basic, skill_operation, skill_business, p):
    """Has a result to tell, the price edge told [2^-20 yuan/yuan], and knows enough to show others [yes/no].

    What is told is the margin before shipping, since shipping is seen by all. Those who quit say so once more.
    """
    speaks = sold == 1 or quit == 1
    result = (margin if sold else margin_smooth) + shipping
    own = p.skill_edge * 0.5 * (skill_operation + skill_business) * p.selection_aware
    return speaks, (on_grid(clip(result - own, -p.told_most, p.told_most)) if speaks else 0), skill_basic >= p.teaches_from


@rule
def weight(part, voices, p):
    """Weight of the mean of so many voices, of which a part is heard: its precision [1], or under averaging its voices.

    By precision ten voices say less than ten times one, since they share a month's shock; whoever averages counts each.
    """
    heard = part * voices
    return heard if p.learning == AVERAGING else heard / (p.common_variance * voices + p.own_variance)


@rule
def believes(belief_mean, belief_precision, trust_online, heard, heard_trust, heard_flat, voices, told, tells, village_champion_told,
             village_champion_tells, county_media_margin, county_media_shock, u_story, u_tale, p):
    """Mean [yuan/yuan] and precision [1] of the belief about the online price edge, and trust in e-commerce [share].

    Two forms, by `learning`. bayes: normal updating with precision weights (as in Foster and Rosenzweig 1995); results of
    one month share a shock, so ten ties say less than ten times one; evidence beyond the prior fades. averaging: the
    belief moves to the mean of itself, at `self_weight`, and of what is heard, at the trust in who tells it (DeGroot 1974;
    repetition counts as news: DeMarzo, Vayanos and Zwiebel 2003); media weigh against a voice as their precision does
    against that of one result; no evidence is counted, so that the precision stays. Now and then a household hears of one
    seller far away, whom it trusts as it trusts e-commerce: such stories differ, so that opinions never become one.
    """
    averages = p.learning == AVERAGING
    kept = p.self_weight if averages else p.prior_precision + p.fading * (belief_precision - p.prior_precision)
    total = kept * belief_mean

    media = p.media_precision * trust_online * (p.common_variance + p.own_variance if averages else 1.0)
    weighed = kept + media
    total = total + media * (county_media_margin + p.media_spread * county_media_shock)

    if u_story < p.story and trust_online > 0.0:
        far = weight(1.0, trust_online, p)
        weighed = weighed + far
        total = total + far * (county_media_margin + p.story_spread * (2.0 * u_tale - 1.0))

    number = p.acquaintance * (1.0 / 255.0) * heard_trust + (1.0 - p.acquaintance) * p.flat_trust * voices
    if number > 0.0:
        alike = heard_flat / (GRID * (1.0 * voices))
        trusted = heard / (GRID * (1.0 * heard_trust)) if heard_trust > 0 else alike
        ties = weight(1.0, number, p)
        weighed = weighed + ties
        total = total + ties * (p.acquaintance * trusted + (1.0 - p.acquaintance) * alike)
    if village_champion_tells > 0:
        shown = weight(p.champion_reach, village_champion_tells, p)
        weighed = weighed + shown
        total = total + shown * (village_champion_told / (GRID * (1.0 * village_champion_tells)))
    if tells:
        own = weight(1.0, 1.0, p)
        weighed = weighed + own
        total = total + own * (told / (1.0 * GRID))

    mean = clip(total / weighed, -EDGE_MOST, EDGE_MOST)
    step = p.trust_step if mean > belief_mean else (-p.trust_step if mean < belief_mean else 0.0)
    news = 1.0 if (number > 0.0 or village_champion_tells > 0 or tells == 1) else 0.0
    precision = belief_precision if averages else weighed
    return mean, clip(precision, PRECISION_LEAST, PRECISION_MOST), clip(trust_online + step * news, TRUST_LEAST, TRUST_MOST)
