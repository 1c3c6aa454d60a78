"""The rows of the board page: entries in order, and methods below the line."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from neucobench.leaderboard.certainty import Certainty
from neucobench.leaderboard.tables import Board, BoardEntry, Unranked
from neucobench.reports.certainty_view import interval_text, rank_text
from neucobench.reports.rule_switch import RuleSwitch, rank_cell
from neucobench.reports.sections import Cell


@dataclass(frozen=True, kw_only=True)
class EntryView:
    """Hold one row of the board.

    Attributes:
        entry: the board's own entry.
        rank: what stands in the rank column.
        interval: the ranks it may have, or nothing.
        group: the letters of the groups that it is in, or nothing.
        mean_q: the interval of its mean Q, or nothing.
        folds: the intervals of its Q over the folds, by task.
        link: a relative address of its evaluation, or nothing.
        cells: its shaded Q, one per task.
        rules: its texts under every rule; see ``RuleSwitch``.
    """

    entry: BoardEntry
    rank: str
    interval: str
    group: str
    mean_q: str
    folds: Mapping[str, str]
    link: str
    cells: list[Cell]
    rules: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class UnrankedView:
    """Hold one method below the line, how many tasks it has, and which it lacks."""

    method: str
    coverage: str
    sentence: str


def entry_rows(
    board: Board, folder: Path, cells: list[list[Cell]], rules: RuleSwitch
) -> list[EntryView]:
    """Return the rows of a board.

    Args:
        board: the board.
        folder: where the page will lie; links to evaluations start from it.
        cells: the shaded Q of every entry.
        rules: the board under every rule.
    """
    certainty = board.certainty or Certainty()
    return [
        EntryView(
            entry=entry,
            rank=rank_cell(entry),
            interval=rank_text(entry),
            group=certainty.letters(entry.method),
            mean_q=interval_text(certainty.mean_q.get(entry.method)),
            folds={
                task: interval_text(ends)
                for task, ends in certainty.folds.get(entry.method, {}).items()
            },
            link=quote(entry.as_dict(folder)["evaluation"] or ""),
            cells=row,
            rules=rules.cells[entry.method],
        )
        for entry, row in zip(board.entries, cells, strict=True)
    ]


def unranked_row(item: Unranked, board: Board) -> UnrankedView:
    """Return the row of a method that lacks a score."""
    total = len(board.tasks)
    missing = ", ".join(item.missing) or "a task"
    return UnrankedView(
        method=item.method,
        coverage=f"{total - len(item.missing)} of {total}",
        sentence=f"lacks a score for {missing}",
    )
