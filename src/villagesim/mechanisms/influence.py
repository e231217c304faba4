"""Social influence: results of people one trusts move a belief that fades; media whisper so that nobody is deaf.

Claims B6 B8 D3
"""

from typing import Annotated, NamedTuple

from villagesim.arithmetic import GRID, clip, on_grid
from villagesim.declare import Quantity, rule

_SWEPT = "assumption: varied over its range in experiments/"


class InfluenceParameters(NamedTuple):
    """How noisy results are as evidence, how fast they fade, who is heard how far."""

    prior_precision: Annotated[float, Quantity("1", "precision of a belief that nothing feeds", 0.5, 30.0,
        "assumption: a spread of 0.5 of the margin; varied over its range in experiments/", "C")] = 4.0
    fading: Annotated[float, Quantity("1/month", "part of the evidence kept from one month to the next", 0.85, 0.995, _SWEPT, "C")] = 0.95
    common_variance: Annotated[float, Quantity("1", "variance that all results of a month share", 0.0, 0.5, _SWEPT, "C")] = 0.15
    own_variance: Annotated[float, Quantity("1", "variance of one seller's result about the true margin", 0.02, 2.0, _SWEPT, "C")] = 0.40
    media_precision: Annotated[float, Quantity("1", "precision of a month of media news at full trust in e-commerce", 0.0, 1.0, _SWEPT, "C")] = 0.02
    media_spread: Annotated[float, Quantity("yuan/yuan", "spread of a month's media news", 0.0, 1.0, _SWEPT, "C")] = 0.25
    champion_reach: Annotated[float, Quantity("share", "part of a champion's result that everyone in the village sees", 0.0, 1.0, _SWEPT, "C")] = 0.5
    selection_aware: Annotated[float, Quantity("share", "structure: 0 takes results as they are, 1 takes off the teller's own skill",
        0.0, 1.0, "structural choice: both forms are run in experiments/", "C")] = 0.5
    skill_edge: Annotated[float, Quantity("yuan/yuan", "margin that full skill on both upper rungs is thought to bring", 0.0, 0.6, _SWEPT, "C")] = 0.25
    acquaintance: Annotated[float, Quantity("share", "how far tie trust weighs results (0: all ties alike)", 0.0, 1.0,
        "seed paper 6: acquaintance society; 0 is the flattened case", "C")] = 1.0
    trust_step: Annotated[float, Quantity("share", "movement of trust in e-commerce by one month's good or bad news", 0.0, 0.2, _SWEPT, "C")] = 0.02


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
    return speaks, (on_grid(clip(result - own, -1.5, 1.5)) if speaks else 0), skill_basic >= 0.6


@rule
def believes(belief_mean, belief_precision, trust_online, heard, heard_trust, heard_flat, voices, told, tells, village_champion_told,
             village_champion_tells, county_media_margin, county_media_shock, p):
    """Mean [yuan/yuan] and precision [1] of the belief about the online price edge, and trust in e-commerce [share].

    Results of one month share a shock, so ten ties say less than ten times one: variance common + own / heard.
    Formula: normal updating with precision weights; evidence beyond the prior fades.
    """
    precision = p.prior_precision + p.fading * (belief_precision - p.prior_precision)
    total = precision * belief_mean

    media = p.media_precision * trust_online
    precision = precision + media
    total = total + media * (county_media_margin + p.media_spread * county_media_shock)

    number = p.acquaintance * heard_trust / 255.0 + (1.0 - p.acquaintance) * 0.5 * voices
    if number > 0.0:
        alike = heard_flat / (GRID * (1.0 * voices))
        trusted = heard / (GRID * (1.0 * heard_trust)) if heard_trust > 0 else alike
        weight = 1.0 / (p.common_variance + p.own_variance / number)
        precision = precision + weight
        total = total + weight * (p.acquaintance * trusted + (1.0 - p.acquaintance) * alike)
    if village_champion_tells > 0:
        weight = p.champion_reach / (p.common_variance + p.own_variance / village_champion_tells)
        precision = precision + weight
        total = total + weight * (village_champion_told / (GRID * (1.0 * village_champion_tells)))
    if tells:
        weight = 1.0 / (p.common_variance + p.own_variance)
        precision = precision + weight
        total = total + weight * (told / (1.0 * GRID))

    mean = clip(total / precision, -3.0, 3.0)
    step = p.trust_step if mean > belief_mean else (-p.trust_step if mean < belief_mean else 0.0)
    news = 1.0 if (number > 0.0 or village_champion_tells > 0 or tells == 1) else 0.0
    return mean, clip(precision, 0.1, 1000000.0), clip(trust_online + step * news, 0.02, 0.98)
