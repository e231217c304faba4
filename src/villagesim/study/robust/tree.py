"""A classification tree over the sampled futures: readable rules for where a mix fails (Breiman et al. 1984, CART)."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from villagesim.results import interval
from villagesim.study.robust.cases import FOLDS, checked, folds, numeric, wilson

# A leaf of fewer futures says little of them.
LEAST_LEAF, LEAST_SHARE = 5, 0.05


class Tree(NamedTuple):
    """leaves: a row a leaf (rule, n, failing, low, high). text: the tree as indented lines. check: how much it tells.

    check: accuracy on held-out futures; base: the accuracy of always saying what most futures do; skill: the share of
    the squared error of the base rate of failing that the tree's shares save on held-out futures (Brier 1950),
    with its 95 % interval low to high; informative: whether low is above 0; says: the same in words.
    """

    leaves: pd.DataFrame
    text: str
    check: dict[str, Any]


def tree(futures: pd.DataFrame, fails: Any, depth: int = 3, seed: int = 1) -> Tree:
    """The tree of at most so many questions in a row, from futures (a row each) and fails, bool (n,).

    Leaves come with the one that fails most first; low and high: 95 % Wilson interval of the share failing, for chance
    in sampling only, since the same futures chose the rule. The check learns from four fifths of the futures, judges by
    the rest, five times. Where two questions split equally well, the seed decides. Limits are printed to four digits;
    n counts with the exact ones. Raises CasesError; ValueError for a depth below 1.
    """
    if depth < 1:
        raise ValueError(f"depth must be at least 1, not {depth}")
    futures, fails = checked(futures, fails)
    asked, names = _asked(futures)
    grown = _grow(asked, fails, depth, seed)
    rows, lines = [], []
    _walk(grown.tree_, names, 0, {}, rows, lines)
    leaves = pd.DataFrame(rows, columns=["rule", "n", "failing"])
    leaves["low"], leaves["high"] = wilson(leaves["failing"], leaves["n"])
    leaves = leaves.sort_values(["failing", "n"], ascending=False, kind="stable", ignore_index=True)
    return Tree(leaves, "\n".join(lines), _check(asked, fails, depth, seed))


def _asked(futures: pd.DataFrame) -> tuple[np.ndarray, list[tuple[str, str]]]:
    """Columns (n, m) that the tree may ask about, and each one's factor and name; the name is "" for numbers."""
    columns, names = [], []
    for factor in futures.columns:
        if numeric(futures[factor]):
            columns.append(futures[factor].to_numpy())
            names.append((factor, ""))
        else:
            for name in sorted(futures[factor].unique()):
                columns.append((futures[factor] == name).to_numpy(np.float64))
                names.append((factor, name))
    return np.column_stack(columns), names


def _grow(asked: np.ndarray, fails: np.ndarray, depth: int, seed: int) -> Any:
    from sklearn.tree import DecisionTreeClassifier

    least = max(LEAST_LEAF, int(np.ceil(LEAST_SHARE * len(fails))))
    return DecisionTreeClassifier(max_depth=depth, min_samples_leaf=least, random_state=seed).fit(asked, fails)


def _walk(grown: Any, names: list[tuple[str, str]], node: int, held: dict[str, tuple[Any, ...]], rows: list[Any],
          lines: list[str], level: int = 0) -> None:
    """Add the leaves below a node, and its lines. held: what the way there says of each factor."""
    n, failing = int(grown.n_node_samples[node]), float(grown.value[node].ravel()[1] / grown.value[node].sum())
    if grown.children_left[node] < 0:
        rows.append((_rule(held), n, failing))
        lines.append(f"{'    ' * level}{100 * failing:.0f} % of {n} futures fail")
        return
    factor, name = names[grown.feature[node]]
    limit = float(grown.threshold[node])
    low, high, yes, no = held.get(factor, (-np.inf, np.inf, "", ()))
    if name:
        branches = (("is not " + name, (low, high, yes, (*no, name))), ("is " + name, (low, high, name, ())))
    else:
        branches = ((f"<= {limit:.4g}", (low, min(high, limit), yes, no)),
                    (f"> {limit:.4g}", (max(low, limit), high, yes, no)))
    for child, (says, kept) in zip((grown.children_left[node], grown.children_right[node]), branches, strict=True):
        lines.append(f"{'    ' * level}{factor} {says}:")
        _walk(grown, names, int(child), {**held, factor: kept}, rows, lines, level + 1)


def _rule(held: dict[str, tuple[Any, ...]]) -> str:
    """What the way to a leaf says, each factor once.

    >>> _rule({"demand": (0.2, 0.4, "", ()), "wage": (-np.inf, 9.0, "", ()), "courier": (-np.inf, np.inf, "", ("a",))})
    '0.2 < demand <= 0.4 and wage <= 9 and courier is not a'
    """
    parts = []
    for factor, (low, high, yes, no) in held.items():
        if yes or no:
            parts.append(f"{factor} is {yes}" if yes else f"{factor} is not {' or '.join(no)}")
        elif low == -np.inf:
            parts.append(f"{factor} <= {high:.4g}")
        else:
            parts.append(f"{factor} > {low:.4g}" if high == np.inf else f"{low:.4g} < {factor} <= {high:.4g}")
    return " and ".join(parts) or "all futures"


def _check(asked: np.ndarray, fails: np.ndarray, depth: int, seed: int) -> dict[str, Any]:
    """Tree.check. The interval takes futures as independent; the folds' trees share most of theirs, so it is rough."""
    told, plain = np.zeros(len(fails)), np.zeros(len(fails))
    for learnt, rest in folds(fails, seed):
        told[rest] = _grow(asked[learnt], fails[learnt], depth, seed).predict_proba(asked[rest])[:, 1]
        plain[rest] = fails[learnt].mean()
    error = np.square(plain - fails)
    skill, low, high = (float(end / error.mean()) for end in interval(error - np.square(told - fails)))
    accuracy, base = float(((told > 0.5) == fails).mean()), float(max(fails.mean(), 1 - fails.mean()))
    informative = bool(low > 0)
    says = (f"on held-out futures the tree is right in {100 * accuracy:.1f} %, the base rate in {100 * base:.1f} %; it "
            f"saves {100 * skill:.0f} % ({100 * low:.0f} to {100 * high:.0f} %) of the base rate's squared error"
            f"{'' if informative else ': it tells nothing that is sure'}")
    return {"accuracy": accuracy, "base": base, "skill": skill, "low": low, "high": high, "informative": informative,
            "folds": FOLDS, "says": says}
