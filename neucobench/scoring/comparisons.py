"""Which entries of a board can be told apart, given that its tasks are a sample.

One pair at a time gives the interval of an entry's rank: it begins behind the entries
that are better in at least 97.5 % of the draws of tasks, and ends before those that are
worse in as many. All pairs at once give the groups: two entries are told apart when a
paired test says so after Holm's correction for all pairs of the board.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from neucobench.scoring.intervals import LEVEL
from neucobench.scoring.ranking import Mask, Ranks, Scores

# With fewer tasks, an entry that is better in every one of them would be so by chance
# more often than in 5 % of all cases: 2 * 0.5**5 = 6.25 %.
LEAST_TASKS = 6

_OUTSIDE = 1 - LEVEL
# Scores that differ by less are equal up to rounding, as in the ranking.
_EQUAL = 1e-9


@dataclass(frozen=True, kw_only=True)
class RankIntervals:
    """Hold the intervals of the ranks of some entries.

    Attributes:
        low: (entries,) the best rank that an entry may have.
        high: (entries,) the worst.
    """

    low: Ranks
    high: Ranks


def rank_intervals(drawn: Scores, ranks: Ranks, *, tasks: int) -> RankIntervals:
    """Return the ranks that each entry may have.

    Args:
        drawn: (entries, draws) scores by draw of tasks, larger is better.
        ranks: (entries,) the ranks of the board, which are always inside.
        tasks: how many tasks there are; fewer than ``LEAST_TASKS`` order nobody.
    """
    better = _often_better(drawn, ranks)
    if tasks < LEAST_TASKS:
        better[:] = False
    return RankIntervals(
        low=np.minimum(1 + better.sum(axis=0), ranks),
        high=np.maximum(len(drawn) - better.sum(axis=1), ranks),
    )


def told_apart(points: Scores, weights: Scores) -> Mask:
    """Return which pairs of entries differ by more than their tasks can explain.

    The error of a difference is its jackknife error over the tasks; its degrees of
    freedom are the number of tasks that as many equal weights would stand for, less
    one, so that a board on which one task decides tells few apart. Holm's procedure
    keeps the chance of any wrong pair at 5 %.

    Args:
        points: (entries, tasks) what a task adds to an entry's score.
        weights: (tasks,) of the tasks; they add up to 1.

    Returns:
        (entries, entries) whether the two are told apart; the same both ways.
    """
    entries, tasks = points.shape
    freedom = 1 / float((weights**2).sum()) - 1
    if tasks < LEAST_TASKS or entries < 2 or freedom <= 0:
        return np.zeros((entries, entries), dtype=np.bool_)
    score = points @ weights
    # What leaving a task out does to a score, tasks in columns.
    changes: Scores = (points - score[:, np.newaxis]) * np.divide(weights, 1 - weights)
    changes = np.subtract(changes, changes.mean(axis=1, keepdims=True))
    products = changes @ changes.T
    own = np.diag(products)
    squares = np.maximum(own[:, np.newaxis] + own - 2 * products, 0)
    gaps = np.abs(score[:, np.newaxis] - score)
    gaps[gaps <= _EQUAL] = 0
    errors = np.maximum(np.sqrt(squares * (tasks - 1) / tasks), _EQUAL)
    return _holm(2 * stats.t.sf(gaps / errors, freedom))


def _holm(p: Scores) -> Mask:
    """Return the pairs that Holm's procedure rejects."""
    rows, columns = np.triu_indices(len(p), 1)
    order = np.argsort(p[rows, columns], kind="stable")
    limits = _OUTSIDE / np.arange(len(order), 0, -1)
    kept = p[rows, columns][order] > limits
    rejected = order[: int(np.argmax(kept)) if kept.any() else len(order)]
    found = np.zeros(p.shape, dtype=np.bool_)
    found[rows[rejected], columns[rejected]] = True
    return found | found.T


def consecutive_groups(apart: Mask) -> list[tuple[int, int]]:
    """Return the longest runs of places whose first and last are not told apart.

    What stands between the two goes with them. Every place is in at least one run, and
    no run lies within another; places that share no run are told apart.

    Args:
        apart: (entries, entries) which are told apart, in the order of the board.

    Returns:
        First and last place of each run, from 0.
    """
    runs: list[tuple[int, int]] = []
    for first in range(len(apart)):
        last = int(np.flatnonzero(~apart[first])[-1])
        if not runs or last > runs[-1][1]:
            runs.append((first, max(last, first)))
    return runs


def _often_better(drawn: Scores, ranks: Ranks) -> Mask:
    """Return which row beats which column in at least 97.5 % of the draws.

    Only who ranks better on the board is asked about; nobody behind can be ahead.
    """
    entries, draws = drawn.shape
    needed = (1 - _OUTSIDE / 2) * draws
    raised = drawn + _EQUAL
    order = np.argsort(ranks, kind="stable")
    found = np.zeros((entries, entries), dtype=np.bool_)
    for place, ahead in enumerate(order):
        for behind in order[place + 1 :]:
            # Counting one row at a time stays in the processor's cache.
            wins = np.count_nonzero(drawn[ahead] > raised[behind])
            found[ahead, behind] = wins >= needed
    return found
