"""What a phase reveals of a board, and of an evaluation to those who handed it in.

::

    mean-q        rank, mean Q to three decimals
    coded-tasks   and per task, under a code name: Q to two decimals, rank, weight
    everything    all of it

What is shown beyond the rank is made from the rounded figures, never from the hidden
ones: two boards that differ in hidden digits only look the same.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from neucobench.evaluation.result import Evaluation
from neucobench.findings import SYNTHETIC
from neucobench.leaderboard.assess import assess
from neucobench.leaderboard.card import Phase
from neucobench.leaderboard.tables import Board, BoardEntry, TaskEntry, Unranked
from neucobench.scoring.ranking import (
    borda_points,
    rank_sums,
    spread_weights,
    uniform_weights,
)

MEAN_Q_DIGITS = 3
TASK_Q_DIGITS = 2

# Scores that differ by less are equal up to rounding, as in the ranking.
_DECIMALS = 9
# Findings that say nothing about a task or about labels.
_HARMLESS = (
    SYNTHETIC,
    "unknown-protocol",
    "different-protocols",
    "other-protocol",
    "nothing-ranked",
)


def reveal_board(board: Board, rules: Phase, codes: Mapping[str, str]) -> Board:
    """Return a board as a phase shows it.

    Args:
        board: the whole board.
        rules: the phase; its ``reveals`` decides.
        codes: task to code name, for ``coded-tasks``.
    """
    if rules.reveals == "everything":
        return board
    coded = rules.reveals == "coded-tasks"
    entries = _in_shown_order(
        board, [_entry(entry, codes if coded else {}) for entry in board.entries]
    )
    shown = replace(
        board,
        tasks=tuple(sorted(codes[task] for task in board.tasks)) if coded else (),
        entries=entries,
        weights=None,
        unranked=tuple(
            Unranked(
                method=item.method,
                missing=(
                    tuple(sorted(codes[task] for task in item.missing)) if coded else ()
                ),
            )
            for item in board.unranked
        ),
        findings=tuple(item for item in board.findings if item.code in _HARMLESS),
    )
    return assess(_with_scores(shown) if coded else shown)


def reveal_evaluation(
    evaluation: Evaluation, rules: Phase, codes: Mapping[str, str]
) -> dict[str, Any]:
    """Return what a team learns about its submission, as plain JSON types.

    Args:
        evaluation: the whole evaluation.
        rules: the phase; its ``reveals`` decides.
        codes: task to code name, for ``coded-tasks``.
    """
    if rules.reveals == "everything":
        return evaluation.as_dict()
    shown: dict[str, Any] = {"mean_q": _rounded(evaluation.mean_q, MEAN_Q_DIGITS)}
    if rules.reveals == "coded-tasks":
        shown["tasks"] = {
            code: {"q": _rounded(score.q, TASK_Q_DIGITS)}
            for code, score in sorted(
                (codes[task], score) for task, score in evaluation.tasks.items()
            )
        }
    return shown


def _rounded(value: float, digits: int) -> float | None:
    """Return a figure with fewer digits and without a negative zero; None for NaN."""
    return round(value, digits) + 0.0 if np.isfinite(value) else None


def _entry(entry: BoardEntry, codes: Mapping[str, str]) -> BoardEntry:
    """Return an entry with rounded figures, and the tasks that have a code name."""
    tasks = {
        codes[task]: TaskEntry(
            q=round(item.q, TASK_Q_DIGITS) + 0.0, rank=item.rank, mean=None, std=None
        )
        for task, item in entry.tasks.items()
        if codes
    }
    return BoardEntry(
        rank=entry.rank,
        method=entry.method,
        score=None,
        mean_q=round(entry.mean_q, MEAN_Q_DIGITS) + 0.0,
        mean_score=None,
        tasks=dict(sorted(tasks.items())),
        baseline=entry.baseline,
    )


def _in_shown_order(board: Board, shown: list[BoardEntry]) -> tuple[BoardEntry, ...]:
    """Return the entries so that a tie is ordered by what is shown of it."""
    scores = [round(entry.score or 0.0, _DECIMALS) for entry in board.entries]
    places = [scores.index(score) for score in scores]
    order = sorted(
        range(len(shown)),
        key=lambda i: (places[i], -shown[i].mean_q, shown[i].method),
    )
    return tuple(shown[i] for i in order)


def _with_scores(board: Board) -> Board:
    """Return a board with scores and weights, made from the ranks and Q it shows."""
    if not board.entries:
        return board
    table = [[entry.tasks[task] for task in board.tasks] for entry in board.entries]
    ranks = np.array([[item.rank for item in row] for row in table], dtype=np.int64)
    q = np.array([[item.q for item in row] for row in table], dtype=np.float64)
    counted = np.array([entry.rank is not None for entry in board.entries])
    weights = None
    if board.rule in ("weighted", "uniform"):
        weights = (
            spread_weights(q[counted])
            if board.rule == "weighted"
            else uniform_weights(len(board.tasks))
        )
        scores = rank_sums(ranks, weights).tolist()
    elif board.rule == "borda":
        scores = borda_points(-ranks.astype(np.float64), counted).tolist()
    else:
        scores = [entry.mean_q for entry in board.entries]
    return replace(
        board,
        entries=tuple(
            replace(entry, score=score)
            for entry, score in zip(board.entries, scores, strict=True)
        ),
        weights=(
            None
            if weights is None
            else dict(zip(board.tasks, weights.tolist(), strict=True))
        ),
    )
