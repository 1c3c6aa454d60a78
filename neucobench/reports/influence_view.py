"""Who changes places when an entry is left out, as rows of two tables."""

from dataclasses import dataclass

from neucobench.leaderboard.influence import influence
from neucobench.leaderboard.tables import Board

MOST_PAIRS = 12


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Hold what happens without one entry.

    Attributes:
        method: the entry.
        count: how many pairs then change places.
        pairs: the first of them, who is ahead on the board first.
        more: how many are not listed.
    """

    method: str
    count: int
    pairs: tuple[tuple[str, str], ...]
    more: int


@dataclass(frozen=True, kw_only=True)
class InfluenceView:
    """Hold the influence of the entries on each other.

    Attributes:
        sentence: what was found, in one sentence.
        rows: the entries that move others, in the order of the board.
        spans: method, rank, best and worst rank of those who can be moved.
    """

    sentence: str
    rows: list[LeftOut]
    spans: list[tuple[str, int, int, int]]


def influence_view(board: Board) -> InfluenceView | None:
    """Return who moves whom on a board, or None where nothing can be said."""
    found = influence(board)
    if found is None:
        return None
    rows = [
        LeftOut(
            method=method,
            count=len(pairs),
            pairs=pairs[:MOST_PAIRS],
            more=max(len(pairs) - MOST_PAIRS, 0),
        )
        for method, pairs in found.swaps.items()
        if pairs
    ]
    ranks = {entry.method: entry.rank for entry in board.entries}
    return InfluenceView(
        sentence=_sentence(rows, len(found.swaps)),
        rows=rows,
        spans=[
            (method, ranks[method] or 0, best, worst)
            for method, (best, worst) in found.spans.items()
            if best != worst
        ],
    )


def _sentence(rows: list[LeftOut], entries: int) -> str:
    if not rows:
        return (
            f"None: whichever of the {entries} ranked entries is left out, all others "
            "keep their order."
        )
    swaps = sum(row.count for row in rows)
    pairs = "one pair changes" if swaps == 1 else f"{swaps} pairs change"
    return (
        f"Leaving out one of the {entries} ranked entries at a time, {pairs} places in "
        f"all; {len(rows)} of the entries move others."
    )
