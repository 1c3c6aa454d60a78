"""Everything the template of the board page is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucobench import __version__
from neucobench.findings import SYNTHETIC, Finding
from neucobench.leaderboard.card import BoardCard, board_card, board_card_names
from neucobench.leaderboard.tables import Board, BoardEntry
from neucobench.reports.board_rows import (
    EntryView,
    UnrankedView,
    entry_rows,
    unranked_row,
)
from neucobench.reports.certainty_view import CertaintyView, certainty_view
from neucobench.reports.drawing import Picture
from neucobench.reports.figures import q_picture
from neucobench.reports.influence_view import InfluenceView, influence_view
from neucobench.reports.rule_switch import RuleSwitch, rule_switch
from neucobench.reports.rules import RuleText, rule_text
from neucobench.reports.sections import q_note, shaded
from neucobench.reports.summary import TaskTitle, task_title


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
        rules: the same board under every rule.
        rows: entries and baselines where their score puts them.
        unranked: methods that lack a score.
        baselines_note: what the baselines do to the ranking, or nothing.
        certainty: how sure the board is.
        influence: who changes places when an entry is left out, or None.
        findings: what a reader should know.
        picture: Q of every method on every task, or None without entries.
        picture_note: what the picture leaves out.
        beside: pages and files beside this one: what they are called, to where they
            lie.
    """

    version: str
    title: str
    description: str
    subject: str
    synthetic: bool
    rule: RuleText
    tasks: list[TaskTitle]
    rules: RuleSwitch
    rows: list[EntryView]
    unranked: list[UnrankedView]
    baselines_note: str
    certainty: CertaintyView
    influence: InfluenceView | None
    findings: tuple[Finding, ...]
    picture: Picture | None
    picture_note: str
    beside: Mapping[str, str]

    @property
    def columns(self) -> int:
        """Return how many columns the table has."""
        own = 3 + self.has_scores + self.has_mean_scores + bool(self.tasks)
        return own + len(self.tasks) + self.has_intervals + self.has_groups

    @property
    def has_intervals(self) -> bool:
        """Tell whether any entry has a rank interval."""
        return any(row.interval for row in self.rows)

    @property
    def has_groups(self) -> bool:
        """Tell whether the entries have letters."""
        return any(row.group for row in self.rows)

    @property
    def has_scores(self) -> bool:
        """Tell whether the rule's own figure is shown."""
        return all(row.entry.score is not None for row in self.rows)

    @property
    def has_mean_scores(self) -> bool:
        """Tell whether means of R2 and F1 are shown."""
        known = any(
            row.entry.mean_score is not None
            or any(item.mean is not None for item in row.entry.tasks.values())
            for row in self.rows
        )
        return known or not self.rows

    @property
    def has_folds(self) -> bool:
        """Tell whether any Q has an interval over the folds."""
        return any(row.folds for row in self.rows)


def board_view(
    board: Board,
    folder: Path,
    card: BoardCard | None = None,
    *,
    beside: Mapping[str, str] | None = None,
) -> BoardView:
    """Return the content of a board's page.

    Args:
        board: the board.
        folder: where the page will lie; links to evaluations start from it.
        card: what the heading says; None looks the board's up by its name.
        beside: pages and files beside this one, by what they are called.
    """
    tasks = [task_title(name) for name in board.tasks]
    table = np.array(
        [[_q(entry, name) for name in board.tasks] for entry in board.entries]
    ).reshape(len(board.entries), len(tasks))
    rule = rule_text(board.rule)
    rules = rule_switch(board)
    return BoardView(
        version=__version__,
        **_heading(board, card),
        synthetic=any(item.code == SYNTHETIC for item in board.findings),
        rule=rule,
        tasks=tasks,
        rules=rules,
        rows=entry_rows(board, folder, shaded(table), rules),
        unranked=[unranked_row(item, board) for item in board.unranked],
        baselines_note=_baselines_note(board),
        certainty=certainty_view(board),
        influence=influence_view(board),
        findings=board.findings,
        picture=_picture(table, board, tasks),
        picture_note=q_note(table),
        beside=beside or {},
    )


def _heading(board: Board, card: BoardCard | None) -> dict[str, str]:
    if card is None and board.board in board_card_names():
        card = board_card(board.board)
    ranked = sum(entry.rank is not None for entry in board.entries)
    methods = "method" if ranked == 1 else "methods"
    tasks = "task" if len(board.tasks) == 1 else "tasks"
    suite = f" of the suite {board.suite}" if board.suite else ""
    where = f"{len(board.tasks)} {tasks}{suite}"
    if not board.tasks:
        where = f"the suite {board.suite}" if board.suite else "hidden tasks"
    protocol = board.protocol or "several protocols"
    if card is not None and not board.entries:
        protocol = card.protocol
    return {
        "title": card.title if card else board.board or "Board",
        "description": card.description if card else "",
        "subject": f"{ranked} ranked {methods} on {where}, evaluated under {protocol}.",
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


def _baselines_note(board: Board) -> str:
    baselines = [entry for entry in board.entries if entry.baseline]
    if not baselines:
        return ""
    if all(entry.rank is not None for entry in baselines):
        return "On this board baselines are ranked as any other entry."
    return (
        "Baselines stand where their score puts them and have no rank; the ranks and "
        "weights are made without them."
    )
