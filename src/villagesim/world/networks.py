"""Who listens to whom in month 0: kin and neighbours of the natural hamlet, a few of the village, hardly any beyond.

As in the survey that the figures come from (Cai, de Janvry, Sadoulet 2015), each household names up to five others
and listens to them: listener = who names, speaker = who is named. Names go to kin, next-door houses and well-liked
households, by the highest of (pulls + luck); the pulls are fitted to clustering and reciprocity.
"""

import numpy as np

from villagesim import draws, tables
from villagesim.compiled import compiled
from villagesim.declare import Key, Small
from villagesim.draws import Purpose
from villagesim.settings import WorldSettings
from villagesim.world import geography
from villagesim.world.luck import PLACES, households, pair_uniforms, uniforms
from villagesim.world.survey import Survey

# Draws of a pair have the partner as `which`; a household's other draws start beyond any partner's number.
SLOTS = 1 << 30
PAIR_TRUST = 1 << 31
NAMED = SLOTS + 10000
TRIES = 3
MOST = 64
# How well liked a household is: this times the cube of a draw, so that few stand far above the rest (mean 1).
SKEW = 4.0
SMALLEST_HAMLET = 8
WORLD_KIN = int(Purpose.WORLD_KIN)
WORLD_TIE = int(Purpose.WORLD_TIE)
WORLD_TRUST = int(Purpose.WORLD_TRUST)
WORLD_CROSS = int(Purpose.WORLD_CROSS)


def hamlets(settings: WorldSettings, seed: int, counts: np.ndarray) -> np.ndarray:
    """The hamlet of each household, numbered over the county [int64, shape (households,)].

    A village is cut into hamlets of 0.3 to 1.7 times the mean size; a remnant below 8 joins the hamlet before it.
    """
    sizes = []
    most = 1 + int(counts.max() / max(1.0, np.floor(0.3 * settings.hamlet)))
    luck = uniforms(seed, Purpose.WORLD_HOUSEHOLDS, np.repeat(np.arange(len(counts)), most) * PLACES
                    + np.tile(np.arange(most), len(counts)), 1).reshape(len(counts), most)
    wanted = np.maximum(1, np.rint(settings.hamlet * (0.3 + 1.4 * luck))).astype(np.int64)
    for village, count in enumerate(counts):
        left = int(count)
        for size in wanted[village]:
            if left - size < SMALLEST_HAMLET:
                break
            sizes.append(int(size))
            left -= int(size)
        sizes.append(left)
    return np.repeat(np.arange(len(sizes)), sizes)


@compiled
def _elsewhere(seed, me, slot, base, width, gap, skipped, liked, taken):
    """A household outside the own hamlet: the best liked of three drawn from `width` rows from `base` on, or -1.

    The rows from `gap` on are moved by `skipped` (the own hamlet, left out); `taken` are named already.
    """
    pick = -1
    for attempt in range(TRIES):
        luck = draws.uniform(seed, draws.WORLD_MONTH, me, WORLD_TIE, SLOTS + slot * TRIES + attempt)
        other = base + int(luck * width)
        if other >= gap:
            other += skipped
        free = True
        for k in range(taken.shape[0]):
            if taken[k] == other:
                free = False
        if free and (pick < 0 or liked[other] > liked[pick]):
            pick = other
    return pick


@compiled
def _closest(seed, i, low, high, wanted, who, kin, liked, pulls, best, chosen):
    """The `wanted` households of hamlet low ... high - 1 with the highest score, into `chosen`; returns how many."""
    kin_pull, near_pull, popular_pull = pulls
    held = 0
    for j in range(low, high):
        if j == i or wanted <= 0:
            continue
        score = draws.bell(seed, draws.WORLD_MONTH, int(who[i]), WORLD_KIN, int(who[j]))
        score += popular_pull * liked[j] + near_pull / abs(i - j)
        if kin[i] == kin[j]:
            score += kin_pull
        if held == wanted and score <= best[held - 1]:
            continue
        k = held if held < wanted else held - 1
        while k > 0 and best[k - 1] < score:
            best[k] = best[k - 1]
            chosen[k] = chosen[k - 1]
            k -= 1
        best[k] = score
        chosen[k] = j
        held = min(held + 1, wanted)
    return held


@compiled
def _name(seed, who, hamlet, village, above, below, kin, liked, wanted, shares, pulls, listener, speaker):
    """Fill `listener` and `speaker` (int64, shape (sum of wanted,)); return how many ties were named.

    hamlet, village, above, below: (first row, row after the last) of the household's hamlet and village, and of the two
    villages next to it in its township's list (an empty range where there is none).
    """
    inside_hamlet, inside_village = shares
    best, chosen = np.empty(MOST), np.empty(MOST, np.int64)
    count = 0
    for i in range(who.shape[0]):
        me, begun, here = int(who[i]), count, 0
        low, high = int(hamlet[i, 0]), int(hamlet[i, 1])
        around = int(village[i, 1]) - int(village[i, 0]) - (high - low)
        up, down = int(above[i, 1]) - int(above[i, 0]), int(below[i, 1]) - int(below[i, 0])
        for slot in range(wanted[i]):
            where = draws.uniform(seed, draws.WORLD_MONTH, me, WORLD_CROSS, SLOTS + slot * TRIES)
            pick = -1
            if where >= inside_village and up + down > 0:
                side = draws.uniform(seed, draws.WORLD_MONTH, me, WORLD_TRUST, SLOTS + slot * TRIES)
                upwards = up > 0 and (side < 0.5 or down == 0)
                base = int(above[i, 0]) if upwards else int(below[i, 0])
                width = up if upwards else down
                pick = _elsewhere(seed, me, slot, base, width, base + width, 0, liked, speaker[begun:count])
            elif where >= inside_hamlet and around > 0:
                base = int(village[i, 0])
                pick = _elsewhere(seed, me, slot, base, around, low, high - low, liked, speaker[begun:count])
            else:
                here += 1
            if pick >= 0:
                listener[count], speaker[count] = i, pick
                count += 1
        found = _closest(seed, i, low, high, min(here, high - low - 1), who, kin, liked, pulls, best, chosen)
        for k in range(found):
            listener[count], speaker[count] = i, chosen[k]
            count += 1
    return count


def _trust(
    settings: WorldSettings, seed: int, who: np.ndarray, listener: np.ndarray, speaker: np.ndarray, mean: np.ndarray
) -> np.ndarray:
    """Trust of each tie about its mean, by the luck of the pair [share, shape (ties,)]."""
    luck = pair_uniforms(seed, Purpose.WORLD_TRUST, who[listener], PAIR_TRUST + who[speaker])
    return np.clip(mean + settings.trust_range * (2.0 * luck - 1.0), 0.0, 1.0)


def _edges(group: np.ndarray) -> np.ndarray:
    """First row, and row after the last, of each row's group; `group` is sorted [int64, shape (n, 2)]."""
    return np.stack([np.searchsorted(group, group), np.searchsorted(group, group, side="right")], axis=1)


def _next_village(edges: np.ndarray, step: int) -> np.ndarray:
    """Edges of the village `step` further in the list, (0, 0) where there is none [int64, shape (villages, 2)]."""
    target = np.arange(len(edges)) + step
    exists = (target >= 0) & (target < len(edges))
    return np.where(exists[:, None], edges[np.clip(target, 0, len(edges) - 1)], 0)


def named(settings: WorldSettings, seed: int, counts: np.ndarray) -> tables.Ties:
    """The ties of a county whose villages hold `counts` households, sorted by speaker, then listener."""
    village = np.repeat(np.arange(len(counts)), counts)
    who = households(village)
    numbers = hamlets(settings, seed, counts)
    hamlet = _edges(numbers)
    edges = np.stack([np.cumsum(counts) - counts, np.cumsum(counts)], axis=1)
    towns = geography.townships(settings, len(counts))
    kins = np.maximum(1, np.rint((hamlet[:, 1] - hamlet[:, 0]) / settings.kin_group))
    kin = np.floor(uniforms(seed, Purpose.WORLD_KIN, who, SLOTS) * kins).astype(np.int64)
    luck = uniforms(seed, Purpose.WORLD_POPULAR, who)
    spread = 2.0 * uniforms(seed, Purpose.WORLD_TIE, who, NAMED) - 0.5
    wanted = np.clip(np.floor(settings.friends + spread), 1, settings.friends_most).astype(np.int64)
    listener, speaker = np.empty(int(wanted.sum()), np.int64), np.empty(int(wanted.sum()), np.int64)
    count = _name(
        int(seed), who, hamlet, edges[village], _next_village(edges, -towns)[village],
        _next_village(edges, towns)[village], kin, SKEW * luck * luck * luck, wanted,
        (float(settings.inside_hamlet), float(settings.inside_village)),
        (float(settings.kin_pull), float(settings.near_pull), float(settings.popular_pull)), listener, speaker)
    listener, speaker = listener[:count], speaker[:count]
    near = np.where(kin[listener] == kin[speaker], settings.trust_kin, settings.trust_neighbour)
    mean = np.where(numbers[listener] == numbers[speaker], near, settings.trust_far)
    return sorted_ties(listener, speaker, _trust(settings, seed, who, listener, speaker, mean))


def surveyed(settings: WorldSettings, seed: int, counts: np.ndarray, survey: Survey) -> tables.Ties:
    """The survey's ties; trust that it does not say is drawn, as between neighbours or far households."""
    village = np.repeat(np.arange(len(counts)), counts)
    near = village[survey.listener] == village[survey.speaker]
    mean = np.where(near, settings.trust_neighbour, settings.trust_far)
    drawn = _trust(settings, seed, households(village), survey.listener, survey.speaker, mean)
    return sorted_ties(survey.listener, survey.speaker, np.where(np.isnan(survey.trust), drawn, survey.trust))


def sorted_ties(listener: np.ndarray, speaker: np.ndarray, trust: np.ndarray) -> tables.Ties:
    """The Ties table of these rows (trust as a share, kept as k/255), sorted by speaker, then listener."""
    order = np.lexsort((listener, speaker))
    steps = np.floor(255.0 * trust[order] + 0.5).astype(Small)
    return tables.Ties(speaker[order].astype(Key), listener[order].astype(Key), steps)


def join(world: tables.World, ties: tables.Ties) -> tables.World:
    """The world with these ties; fills the households' popularity and the trust they give in all."""
    rows = len(world.households.village)
    world.households.popularity[:] = np.bincount(ties.speaker, minlength=rows)
    world.households.tie_trust[:] = 0
    np.add.at(world.households.tie_trust, ties.listener, ties.trust)
    return world._replace(ties=ties)


def gini(values: np.ndarray) -> float:
    """Gini coefficient of non-negative values [share]; 0 where all are 0."""
    ranked = np.sort(values.astype(float))
    count, whole = len(ranked), ranked.sum()
    if whole == 0:
        return 0.0
    return float(2.0 * (np.arange(1, count + 1) * ranked).sum() / (count * whole) - (count + 1) / count)


def _largest(near: dict[int, set[int]]) -> int:
    """Nodes of the largest connected component."""
    unseen, largest = set(near), 0
    while unseen:
        reached = [unseen.pop()]
        for node in reached:
            new = near[node] & unseen
            unseen -= new
            reached.extend(new)
        largest = max(largest, len(reached))
    return largest


def _clustering(near: dict[int, set[int]]) -> float:
    """Mean over nodes of the share of pairs of neighbours that know each other; 0 for fewer than two neighbours."""
    total = 0.0
    for mine in near.values():
        if len(mine) > 1:
            total += sum(len(near[other] & mine) for other in mine) / (len(mine) * (len(mine) - 1))
    return total / len(near)


def describe(group: np.ndarray, listener: np.ndarray, speaker: np.ndarray) -> dict[str, float]:
    """Figures of the network inside each group of nodes, by the estimator of the village surveys.

    group: number of each node's group, shape (nodes,); ties by node number. Each figure is taken of the network inside
    one group, direction dropped but for `named` (mean ties named, to anywhere), `reciprocity` (share of a group's ties
    that are returned) and `in_degree_gini`, then averaged over groups; `_low` and `_high` are the extreme groups.
    `inside` is the share of all ties that stay in their group.
    """
    kept = group[listener] == group[speaker]
    rows = []
    nodes_of: dict[int, list[int]] = {}
    for node, number in enumerate(group.tolist()):
        nodes_of.setdefault(number, []).append(node)
    ties_of: dict[int, list[tuple[int, int]]] = {number: [] for number in nodes_of}
    for one, other in zip(listener[kept].tolist(), speaker[kept].tolist(), strict=True):
        ties_of[int(group[one])].append((one, other))
    for number, nodes in nodes_of.items():
        near: dict[int, set[int]] = {node: set() for node in nodes}
        ties, heard = set(ties_of[number]), dict.fromkeys(nodes, 0)
        for one, other in ties:
            near[one].add(other)
            near[other].add(one)
            heard[other] += 1
        mutual = sum((other, one) in ties for one, other in ties)
        rows.append((sum(map(len, near.values())) / len(nodes), _clustering(near), _largest(near) / len(nodes),
                     mutual / len(ties) if ties else 0.0, gini(np.array(list(heard.values())))))
    degree, clustering, giant, reciprocity, skew = (np.array(column) for column in zip(*rows, strict=True))
    return {
        "groups": float(len(nodes_of)), "group_size": len(group) / len(nodes_of), "named": len(listener) / len(group),
        "degree": float(degree.mean()), "degree_low": float(degree.min()), "degree_high": float(degree.max()),
        "clustering": float(clustering.mean()), "clustering_low": float(clustering.min()),
        "clustering_high": float(clustering.max()), "giant": float(giant.mean()),
        "reciprocity": float(reciprocity.mean()), "in_degree_gini": float(skew.mean()),
        "inside": float(kept.mean()) if len(kept) else 0.0,
    }
