"""Who changes places when an entry is left out of a board."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neucobench.leaderboard.tables import Board
from neucobench.scoring.influence import leave_one_out

# Of two entries, leaving one out leaves nobody to change places with.
LEAST_ENTRIES = 3


@dataclass(frozen=True, kw_only=True)
class BoardInfluence:
    """Hold what every ranked entry does to the order of the others.

    Attributes:
        swaps: method to the pairs that stand the other way round without it; the one
            that is ahead on the board comes first.
        spans: method to its best and worst rank over all boards that lack one entry;
            who is left out is counted where it was.
    """

    swaps: Mapping[str, tuple[tuple[str, str], ...]]
    spans: Mapping[str, tuple[int, int]]


def influence(board: Board) -> BoardInfluence | None:
    """Return what leaving out each ranked entry does to the others.

    Baselines outside the ranking move nobody.

    Returns:
        The influence; None where the board does not show the scores of single tasks,
        and where fewer than three entries are ranked.
    """
    counted = [entry for entry in board.entries if entry.rank is not None]
    if not board.tasks or len(counted) < LEAST_ENTRIES:
        return None
    q = [[entry.tasks[task].q for task in board.tasks] for entry in counted]
    found = leave_one_out(np.array(q, dtype=np.float64), board.rule)
    names = [entry.method for entry in counted]
    return BoardInfluence(
        swaps={
            name: tuple((names[ahead], names[behind]) for ahead, behind in pairs)
            for name, pairs in zip(names, found.swaps, strict=True)
        },
        spans={
            name: (int(best), int(worst))
            for name, best, worst in zip(names, found.best, found.worst, strict=True)
        },
    )
