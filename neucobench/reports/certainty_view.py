"""How sure a board is, in words: intervals as text, groups as letters, and a note."""

from dataclasses import dataclass

from neucobench.leaderboard.certainty import Certainty, Interval
from neucobench.leaderboard.tables import Board, BoardEntry
from neucobench.reports.scales import number
from neucobench.scoring.comparisons import LEAST_TASKS
from neucobench.scoring.intervals import DRAWS


@dataclass(frozen=True, kw_only=True)
class CertaintyView:
    """Hold what a board says about its own certainty.

    Attributes:
        sentences: what the intervals and groups mean, or why there are none; empty for
            a board that was never asked.
        top: the entries that cannot be told apart from the first one, the first
            included; fewer than two say nothing.
    """

    sentences: tuple[str, ...]
    top: tuple[str, ...]


def certainty_view(board: Board) -> CertaintyView:
    """Return what a board says about its own certainty."""
    certainty = board.certainty
    if certainty is None:
        return CertaintyView(sentences=(), top=())
    if certainty.reason:
        return CertaintyView(sentences=(certainty.reason,), top=())
    return CertaintyView(
        sentences=tuple(_sentences(board, certainty)),
        top=certainty.groups[0].methods if certainty.groups else (),
    )


def rank_text(entry: BoardEntry) -> str:
    """Return the interval of an entry's rank, e.g. ``"2–5"``; nothing without one."""
    if entry.rank_interval is None:
        return ""
    low, high = entry.rank_interval
    return str(low) if low == high else f"{low}–{high}"


def interval_text(interval: Interval | None, digits: int = 1) -> str:
    """Return an interval of Q, e.g. ``"11.2 to 14.9"``; nothing without one."""
    if interval is None:
        return ""
    low, high = interval
    return f"{number(low, digits)} to {number(high, digits)}"


def _sentences(board: Board, certainty: Certainty) -> list[str]:
    tasks = len(board.tasks)
    meaning = (
        "A rank interval holds, with 95 %, the rank that the entry would take on a "
        f"board of many tasks, of which these {tasks} are taken as a random sample. "
        f"It counts who is ahead or behind in at least 97.5 % of {number(DRAWS, 0)} "
        "draws of tasks, the same draws for all entries."
    )
    found = [meaning]
    if tasks < LEAST_TASKS:
        found.append(
            f"With fewer than {LEAST_TASKS} tasks nobody is surely ahead: even a win "
            f"in all {tasks} would be chance in one case of {2 ** (tasks - 1)}."
        )
    found.append(
        "Entries that share a letter cannot be told apart: the paired test of their "
        "difference over the tasks, corrected for all pairs of the board, finds none."
    )
    if certainty.folds:
        found.append(
            "The interval of Q in a single task is over the folds, and takes into "
            "account that they share most of their cubes."
        )
    return found
