"""Rules that turn the quality scores of several entries into one order.

``weighted`` is NeuCo-Bench's own: rank the entries per task, then add the ranks up with
weights that grow with the spread of the scores. ``uniform`` has equal weights,
``mean-q`` compares mean scores, ``borda`` counts the entries that were beaten.

Entries that do not count, baselines usually, get the score that their quality scores
earn them against the counted entries, but change nobody's rank and no weight.
"""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from neucobench.errors import UnknownNameError
from neucobench.scoring.quality import mean_q

Rule = Literal["weighted", "uniform", "mean-q", "borda"]
RULES: tuple[Rule, ...] = get_args(Rule)

# Sums of weighted ranks that differ by less are equal up to rounding.
_DECIMALS = 9

Scores = NDArray[np.float64]
Ranks = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Hold what a rule makes of the quality scores of some entries.

    Attributes:
        scores: (entries,) the rule's own figure.
        ranks: (entries,) 1 is best, ties share the minimum; for an entry that does not
            count, the rank it would take.
        task_ranks: (entries, tasks) the same, task by task.
        weights: (tasks,) of the tasks, which add up to 1; None for ``mean-q`` and
            ``borda``.
        order: (entries,) indices of the entries, best first; entries with equal scores
            stand in order of their mean quality score, then of their name.
    """

    scores: Scores
    ranks: Ranks
    task_ranks: Ranks
    weights: Scores | None
    order: tuple[int, ...]


def rank_entries(
    q: Scores, *, names: list[str], rule: str = "weighted", counted: Mask | None = None
) -> Ranking:
    """Return the order of the entries under a rule.

    Args:
        q: (entries, tasks) quality scores, all finite.
        names: (entries,) the names, which decide the order of otherwise equal entries.
        rule: one of ``RULES``.
        counted: (entries,) which entries take part; default: all.

    Raises:
        UnknownNameError: when the rule is not known.
    """
    if rule not in RULES:
        raise UnknownNameError("rule", rule, RULES)
    counts = np.ones(len(q), dtype=np.bool_) if counted is None else counted
    ranks = task_ranks(q, counts)
    weights = _weights(q[counts], rule)
    means = np.array([mean_q(row.tolist()) for row in q], dtype=np.float64)
    if weights is not None:
        scores = rank_sums(ranks, weights)
        keys = -np.round(scores, _DECIMALS)
    else:
        scores = means if rule == "mean-q" else borda_points(q, counts)
        keys = scores
    order = sorted(range(len(q)), key=lambda i: (-keys[i], -means[i], names[i]))
    return Ranking(
        scores=scores,
        ranks=task_ranks(keys[:, np.newaxis], counts)[:, 0],
        task_ranks=ranks,
        weights=weights,
        order=tuple(order),
    )


def task_ranks(q: Scores, counted: Mask) -> Ranks:
    """Return, per task, 1 plus the number of counted entries that are better.

    Ties share the minimum rank (``scipy.stats.rankdata`` with ``method="min"``).

    Args:
        q: (entries, tasks) scores, larger is better.
        counted: (entries,) which entries take part.

    Returns:
        (entries, tasks) ranks.
    """
    return _count_above(q, q[counted]) + 1


def spread_weights(q: Scores) -> Scores:
    """Return the weight of each task: its share of the spread of the scores.

    The spread is the sample standard deviation (``ddof=1``) over the entries. Fewer
    than two entries, or no spread in any task, give uniform weights, where upstream
    divides by zero. Sums are exact, so the order of the entries cannot matter.

    Args:
        q: (entries, tasks) scores of the counted entries.

    Returns:
        (tasks,) weights that add up to 1.
    """
    entries, tasks = q.shape
    if entries < 2:
        return uniform_weights(tasks)
    # A power of two changes no digit, and keeps the squares within float64.
    largest = float(np.abs(q).max(initial=0.0))
    q = np.ldexp(q, -int(np.frexp(largest)[1]))
    spreads = np.array([_sample_deviation(column) for column in q.T])
    total = math.fsum(spreads)
    return spreads / total if total > 0 else uniform_weights(tasks)


def uniform_weights(tasks: int) -> Scores:
    """Return (tasks,) equal weights that add up to 1."""
    return np.full(tasks, 1.0 / max(tasks, 1))


def rank_sums(ranks: Ranks, weights: Scores) -> Scores:
    """Return the weighted sum of each entry's ranks; smaller is better.

    Args:
        ranks: (entries, tasks) ranks.
        weights: (tasks,) weights.

    Returns:
        (entries,) sums.

    Source: the aggregation of NeuCo-Bench, ``benchmark/evaluation/results.py``.
    """
    return np.array([math.fsum(row * weights) for row in ranks], dtype=np.float64)


def borda_points(q: Scores, counted: Mask) -> Scores:
    """Return each entry's Borda points: entries beaten, plus half of those tied.

    Args:
        q: (entries, tasks) scores, larger is better.
        counted: (entries,) which entries can be beaten; nobody beats itself.

    Returns:
        (entries,) points over all tasks; with n counted entries, these earn
        ``n * (n - 1) / 2`` per task together.
    """
    points: Scores = task_borda_points(q, counted).sum(axis=1)
    return points


def task_borda_points(q: Scores, counted: Mask) -> Scores:
    """Return each entry's Borda points task by task, (entries, tasks)."""
    others = q[counted]
    beaten, better = _count_above(-q, -others), _count_above(q, others)
    tied = len(others) - beaten - better - counted[:, np.newaxis]
    points: Scores = beaten + 0.5 * tied
    return points


def _count_above(q: Scores, others: Scores) -> Ranks:
    """Count, per entry and task, the ``others`` whose score is larger."""
    columns = [
        len(others) - np.searchsorted(np.sort(theirs), own, side="right")
        for own, theirs in zip(q.T, others.T, strict=True)
    ]
    return np.array(columns, dtype=np.int64).T.reshape(q.shape)


def _weights(q: Scores, rule: str) -> Scores | None:
    if rule == "weighted":
        return spread_weights(q)
    return uniform_weights(q.shape[1]) if rule == "uniform" else None


def _sample_deviation(values: Scores) -> float:
    # Equal values have no spread; rounding in the mean would give them a tiny one.
    if values.max() == values.min():
        return 0.0
    center = mean_q(values.tolist())
    squares = math.fsum((value - center) ** 2 for value in values.tolist())
    return math.sqrt(squares / (len(values) - 1))
