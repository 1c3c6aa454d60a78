"""Say how sure a board is: intervals of its figures and ranks, and groups.

Only what stands on the board goes in, and the fold scores behind it where they are
given; so the intervals of a board that a challenge shows rounded, or under code names,
reveal nothing that it does not.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from neucobench.leaderboard.certainty import Certainty, Group, Interval, group_letter
from neucobench.leaderboard.tables import Board, BoardEntry, Result
from neucobench.scoring.comparisons import (
    consecutive_groups,
    rank_intervals,
    told_apart,
)
from neucobench.scoring.intervals import (
    drawn_scores,
    middle,
    q_interval,
    task_draws,
    task_points,
)
from neucobench.scoring.ranking import Scores


def assess(board: Board, runs: Mapping[str, Result] | None = None) -> Board:
    """Return a board with its intervals and groups, or with the reason for none.

    Args:
        board: the board; intervals that it has are made anew.
        runs: the results behind it by method; None leaves out what rests on folds.
    """
    counted = [entry for entry in board.entries if entry.rank is not None]
    reason = _reason(board, len(counted))
    intervals = {} if reason else _rank_intervals(board, counted)
    return replace(
        board,
        entries=tuple(
            replace(entry, rank_interval=intervals.get(entry.method))
            for entry in board.entries
        ),
        certainty=Certainty(
            reason=reason,
            mean_q=_mean_q_intervals(board),
            folds=_fold_intervals(board, runs or {}),
            groups=() if reason else _groups(board, counted),
        ),
    )


def _reason(board: Board, counted: int) -> str:
    if not board.tasks:
        return (
            "There are no rank intervals: they are made from the scores of the single "
            "tasks, which this board does not show."
        )
    if len(board.tasks) == 1:
        return (
            "There are no rank intervals: how much a rank depends on the choice of "
            "tasks cannot be said from a single task."
        )
    if counted < 2:
        return "There are no rank intervals: it takes two ranked methods to have them."
    return ""


def _q(board: Board, entries: list[BoardEntry]) -> Scores:
    rows = [[entry.tasks[task].q for task in board.tasks] for entry in entries]
    return np.array(rows, dtype=np.float64).reshape(len(entries), len(board.tasks))


def _rank_intervals(
    board: Board, counted: list[BoardEntry]
) -> dict[str, tuple[int, int]]:
    points, weights = _points(board, counted)
    drawn = drawn_scores(points, weights, task_draws(len(board.tasks)))
    ranks = np.array([entry.rank for entry in counted], dtype=np.int64)
    found = rank_intervals(drawn, ranks, tasks=len(board.tasks))
    return {
        entry.method: (int(low), int(high))
        for entry, low, high in zip(counted, found.low, found.high, strict=True)
    }


def _groups(board: Board, counted: list[BoardEntry]) -> tuple[Group, ...]:
    methods = [entry.method for entry in counted]
    apart = told_apart(*_points(board, counted))
    return tuple(
        Group(letter=group_letter(number), methods=tuple(methods[first : last + 1]))
        for number, (first, last) in enumerate(consecutive_groups(apart))
    )


def _points(board: Board, counted: list[BoardEntry]) -> tuple[Scores, Scores]:
    everybody = np.ones(len(counted), dtype=np.bool_)
    return task_points(_q(board, counted), everybody, board.rule)


def _mean_q_intervals(board: Board) -> dict[str, Interval]:
    if len(board.tasks) < 2 or not board.entries:
        return {}
    even = np.full(len(board.tasks), 1 / len(board.tasks))
    q = _q(board, list(board.entries))
    ends = middle(drawn_scores(q, even, task_draws(len(board.tasks))))
    return {
        entry.method: (float(low), float(high))
        for entry, (low, high) in zip(board.entries, ends, strict=True)
    }


def _fold_intervals(
    board: Board, runs: Mapping[str, Result]
) -> dict[str, dict[str, Interval]]:
    found = {}
    for entry in board.entries:
        run = runs.get(entry.method)
        test_size = (run.settings or {}).get("test_size") if run else None
        if run is None or not isinstance(test_size, float):
            continue
        known = {
            task: q_interval(run.tasks[task].scores, test_size=test_size)
            for task in board.tasks
        }
        kept = {task: ends for task, ends in known.items() if ends is not None}
        if kept:
            found[entry.method] = kept
    return found
