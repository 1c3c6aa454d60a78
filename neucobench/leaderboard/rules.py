"""The same board under other rules, made from nothing but what stands on it."""

from dataclasses import replace

import numpy as np

from neucobench.leaderboard.assess import assess
from neucobench.leaderboard.tables import Board
from neucobench.scoring.ranking import RULES, rank_entries


def available_rules(board: Board) -> tuple[str, ...]:
    """Return the rules under which a board can be shown, its own one among them.

    A board that shows no scores of single tasks knows only its own rule and mean Q.
    """
    if board.tasks:
        return RULES
    return tuple(rule for rule in RULES if rule in (board.rule, "mean-q"))


def rerank(board: Board, rule: str) -> Board:
    """Return a board under another rule, with intervals of its own.

    Args:
        board: the board; under its own rule it comes back as it is.
        rule: one of ``available_rules(board)``.
    """
    if rule == board.rule:
        return board
    table = [
        [entry.tasks[task].q for task in board.tasks] or [entry.mean_q]
        for entry in board.entries
    ]
    q = np.array(table, dtype=np.float64).reshape(len(table), len(board.tasks) or 1)
    ranking = rank_entries(
        q,
        names=[entry.method for entry in board.entries],
        rule=rule,
        counted=np.array(
            [entry.rank is not None for entry in board.entries], dtype=np.bool_
        ),
    )
    entries = tuple(
        replace(
            board.entries[index],
            rank=(
                None if board.entries[index].rank is None else int(ranking.ranks[index])
            ),
            score=float(ranking.scores[index]),
        )
        for index in ranking.order
    )
    weights = None
    if ranking.weights is not None:
        weights = dict(zip(board.tasks, ranking.weights.tolist(), strict=True))
    ordered = replace(board, rule=rule, entries=entries, weights=weights)
    folds = board.certainty.folds if board.certainty else {}
    assessed = assess(ordered)
    if assessed.certainty is None:
        return assessed
    return replace(assessed, certainty=replace(assessed.certainty, folds=folds))
