"""Everything the template of the board page is given."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from neucobench import __version__
from neucobench.findings import SYNTHETIC, Finding
from neucobench.leaderboard.card import board_card, board_card_names
from neucobench.leaderboard.tables import Board, BoardEntry, Unranked
from neucobench.reports.drawing import Picture
from neucobench.reports.figures import q_picture
from neucobench.reports.rules import RuleText, rule_text
from neucobench.reports.scales import MISSING
from neucobench.reports.sections import Cell, q_note, shaded
from neucobench.reports.summary import TaskTitle, task_title


@dataclass(frozen=True, kw_only=True)
class EntryView:
    """Hold one row of the board.

    Attributes:
        entry: the board's own entry.
        rank: what stands in the rank column.
        interval: the ranks it may have, or nothing.
        link: a relative address of its evaluation, or nothing.
        cells: its shaded Q, one per task.
    """

    entry: BoardEntry
    rank: str
    interval: str
    link: str
    cells: list[Cell]


@dataclass(frozen=True, kw_only=True)
class UnrankedView:
    """Hold one method below the line, how many tasks it has, and which it lacks."""

    method: str
    coverage: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class BoardView:
    """Hold what the board page says.

    Attributes:
        version: of NeuCo-Bench.
        title: the page's heading.
        description: the card's, or nothing.
        subject: how many methods and tasks, which suite and protocol, as a sentence.
        synthetic: whether the cubes behind the numbers are made up.
        rule: how the score is made.
        tasks: the columns.
        weights: of the tasks, in their order; empty for rules without weights.
        rows: entries and baselines where their score puts them.
        unranked: methods that lack a score.
        baselines_note: what the baselines do to the ranking, or nothing.
        findings: what a reader should know.
        picture: Q of every method on every task, or None without entries.
        picture_note: what the picture leaves out.
    """

    version: str
    title: str
    description: str
    subject: str
    synthetic: bool
    rule: RuleText
    tasks: list[TaskTitle]
    weights: list[float]
    rows: list[EntryView]
    unranked: list[UnrankedView]
    baselines_note: str
    findings: tuple[Finding, ...]
    picture: Picture | None
    picture_note: str

    @property
    def columns(self) -> int:
        """Return how many columns the table has."""
        return 6 + len(self.tasks) + self.has_intervals

    @property
    def has_intervals(self) -> bool:
        """Tell whether any entry has a rank interval."""
        return any(row.interval for row in self.rows)


def board_view(board: Board, folder: Path) -> BoardView:
    """Return the content of a board's page.

    Args:
        board: the board.
        folder: where the page will lie; links to evaluations start from it.
    """
    tasks = [task_title(name) for name in board.tasks]
    table = np.array(
        [[_q(entry, name) for name in board.tasks] for entry in board.entries]
    ).reshape(len(board.entries), len(tasks))
    cells = shaded(table)
    baselines = [entry for entry in board.entries if entry.baseline]
    return BoardView(
        version=__version__,
        **_heading(board),
        synthetic=any(item.code == SYNTHETIC for item in board.findings),
        rule=rule_text(board.rule),
        tasks=tasks,
        weights=[board.weights[name] for name in board.tasks] if board.weights else [],
        rows=[
            EntryView(
                entry=entry,
                rank=_rank(entry),
                interval=_interval(entry),
                link=quote(entry.as_dict(folder)["evaluation"] or ""),
                cells=row,
            )
            for entry, row in zip(board.entries, cells, strict=True)
        ],
        unranked=[_unranked(item, board) for item in board.unranked],
        baselines_note=_baselines_note(baselines),
        findings=board.findings,
        picture=_picture(table, board, tasks),
        picture_note=q_note(table),
    )


def _heading(board: Board) -> dict[str, str]:
    card = board_card(board.board) if board.board in board_card_names() else None
    ranked = sum(entry.rank is not None for entry in board.entries)
    methods = "method" if ranked == 1 else "methods"
    tasks = "task" if len(board.tasks) == 1 else "tasks"
    suite = f" of the suite {board.suite}" if board.suite else ""
    protocol = board.protocol or "several protocols"
    return {
        "title": card.title if card else board.board or "Board",
        "description": card.description if card else "",
        "subject": f"{ranked} ranked {methods} on {len(board.tasks)} {tasks}{suite}, "
        f"evaluated under {protocol}.",
    }


def _q(entry: BoardEntry, task: str) -> float:
    return entry.tasks[task].q if task in entry.tasks else float("nan")


def _picture(
    table: NDArray[np.float64], board: Board, tasks: list[TaskTitle]
) -> Picture | None:
    if not table.size:
        return None
    return q_picture(
        table,
        methods=[entry.method for entry in board.entries],
        tasks=[task.title for task in tasks],
    )


def _rank(entry: BoardEntry) -> str:
    if entry.rank is not None:
        return str(entry.rank)
    return "baseline" if entry.baseline else MISSING


def _interval(entry: BoardEntry) -> str:
    if entry.rank_interval is None:
        return ""
    low, high = entry.rank_interval
    return str(low) if low == high else f"{low}–{high}"


def _baselines_note(baselines: list[BoardEntry]) -> str:
    if not baselines:
        return ""
    if all(entry.rank is not None for entry in baselines):
        return "On this board baselines are ranked as any other entry."
    return (
        "Baselines stand where their score puts them and have no rank; the ranks and "
        "weights are made without them."
    )


def _unranked(item: Unranked, board: Board) -> UnrankedView:
    total = len(board.tasks)
    return UnrankedView(
        method=item.method,
        coverage=f"{total - len(item.missing)} of {total}",
        sentence=f"lacks a score for {', '.join(item.missing)}",
    )
