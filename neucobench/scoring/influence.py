"""What leaving one entry out does to the order of the others.

Under ``weighted`` every entry has a say in the weights of the tasks, and under all
rules but ``mean-q`` an entry between two others counts in their distance. So two can
change places when a third one goes.
"""

from dataclasses import dataclass

import numpy as np

from neucobench.scoring.intervals import task_points
from neucobench.scoring.ranking import Ranks, Scores, task_ranks

# As in the ranking.
_DECIMALS = 9


@dataclass(frozen=True, kw_only=True)
class Influence:
    """Hold the boards that lack one entry, for each entry in turn.

    Attributes:
        swaps: (entries, swaps, 2) for each entry that is left out, the pairs of others
            that then stand the other way round; the one that was ahead comes first.
        best: (entries,) the best rank of an entry over all these boards. Whoever is
            left out is counted where it was, so a rank moves only by swaps and ties.
        worst: (entries,) the worst rank of an entry over all these boards.
    """

    swaps: tuple[tuple[tuple[int, int], ...], ...]
    best: Ranks
    worst: Ranks


def leave_one_out(q: Scores, rule: str) -> Influence:
    """Return what each entry does to the order of the others.

    Args:
        q: (entries, tasks) quality scores of the entries that count.
        rule: one of ``RULES``.
    """
    whole = _ranks(q, rule)
    ranks = np.tile(whole, (len(q), 1))
    swaps = []
    for left in range(len(q)):
        others = np.delete(np.arange(len(q)), left)
        without = _ranks(q[others], rule)
        ranks[left, others] = without + (whole[left] < whole[others])
        swaps.append(_swapped(whole[others], without, others))
    return Influence(
        swaps=tuple(swaps),
        best=ranks.min(axis=0, initial=len(q)),
        worst=ranks.max(axis=0, initial=0),
    )


def _ranks(q: Scores, rule: str) -> Ranks:
    everybody = np.ones(len(q), dtype=np.bool_)
    points, weights = task_points(q, everybody, rule)
    scores = np.round(points @ weights, _DECIMALS)
    return task_ranks(scores[:, np.newaxis], everybody)[:, 0]


def _swapped(before: Ranks, after: Ranks, names: Ranks) -> tuple[tuple[int, int], ...]:
    """Return the pairs whose order is reversed, by their numbers."""
    ahead = before[:, np.newaxis] < before
    behind = after[:, np.newaxis] > after
    rows, columns = np.nonzero(ahead & behind)
    return tuple(zip(names[rows].tolist(), names[columns].tolist(), strict=True))
