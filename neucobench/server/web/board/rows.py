"""The rows of a board's table, best first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neucobench.leaderboard.reveal import MEAN_Q_DIGITS
from neucobench.leaderboard.tables import Board, BoardEntry
from neucobench.reports.certainty_view import rank_text
from neucobench.reports.rules import rule_text
from neucobench.reports.scales import MISSING, number
from neucobench.reports.sections import Cell, shaded
from neucobench.server.boards.entries import EntryFacts
from neucobench.server.boards.standing import Standing
from neucobench.server.web.board.query import BoardQuery

STEPS = 8


@dataclass(frozen=True, kw_only=True)
class BoardCell:
    """Hold one number: its text, what to sort it by, and the class of its shade."""

    text: str
    value: float | None
    shade: str = ""


@dataclass(frozen=True, kw_only=True)
class Span:
    """Hold the ranks that an entry may have, as parts of a line 100 long."""

    low: float
    high: float
    at: float


@dataclass(frozen=True, kw_only=True)
class BoardRow:
    """Hold one entry.

    Attributes:
        method: its label.
        team: its team, or nothing.
        id: its submission, or nothing.
        rank: what stands in the rank column.
        place: where it stands on the board, from 1.
        interval: the ranks it may have, or nothing.
        span: the same as a picture, or None.
        group: letters of the groups whose entries cannot be told apart, or nothing.
        numbers: the cells between the names and the tasks.
        tasks: the cells of the tasks.
        badges: ``baseline``, ``transductive``, ``verified``.
        hidden: whether the view leaves it out.
    """

    method: str
    team: str
    id: str
    rank: str
    place: int
    interval: str
    span: Span | None
    group: str
    numbers: list[BoardCell]
    tasks: list[BoardCell]
    badges: tuple[str, ...]
    hidden: bool = False

    def shown(self, query: BoardQuery) -> bool:
        """Tell whether a view shows this row."""
        wanted = query.find.casefold()
        if wanted not in self.method.casefold() and wanted not in self.team.casefold():
            return False
        return {
            "ranked": "baseline" not in self.badges,
            "verified": "verified" in self.badges,
            "not-transductive": "transductive" not in self.badges,
        }.get(query.only, True)


def board_rows(standing: Standing) -> list[BoardRow]:
    """Return all entries of a board, best first."""
    board = standing.board
    table = np.array(
        [[_q(entry, task) for task in board.tasks] for entry in board.entries]
    ).reshape(len(board.entries), len(board.tasks))
    facts = {item.label: item for item in standing.entries}
    shades = shaded(table) if table.size else [[] for _ in board.entries]
    return [
        _row(entry, place, facts.get(entry.method), cells, board)
        for place, (entry, cells) in enumerate(
            zip(board.entries, shades, strict=True), start=1
        )
    ]


def has_score(board: Board) -> bool:
    """Tell whether the rule's own figure is shown, and is not mean Q itself."""
    shown = any(entry.score is not None for entry in board.entries)
    return shown and board.rule != "mean-q"


def has_mean_score(board: Board) -> bool:
    """Tell whether the mean of R² and F1 is shown."""
    return any(entry.mean_score is not None for entry in board.entries)


def _row(
    entry: BoardEntry,
    place: int,
    facts: EntryFacts | None,
    cells: Sequence[Cell],
    board: Board,
) -> BoardRow:
    numbers = [_number(entry.mean_q, MEAN_Q_DIGITS)]
    if has_score(board):
        numbers.insert(0, _number(entry.score, rule_text(board.rule).digits))
    if has_mean_score(board):
        numbers.append(_number(entry.mean_score, 3))
    flags = {
        "baseline": entry.baseline,
        "transductive": facts is not None and facts.transductive,
        "verified": facts is not None and facts.verified,
    }
    return BoardRow(
        method=facts.method if facts else entry.method,
        team=(facts.team or "") if facts else "",
        id=facts.id if facts else "",
        rank=MISSING if entry.rank is None else str(entry.rank),
        place=place,
        interval=rank_text(entry),
        span=_span(entry, len(board.entries)),
        group=board.certainty.letters(entry.method) if board.certainty else "",
        numbers=numbers,
        tasks=[
            BoardCell(text=number(cell.q), value=_finite(cell.q), shade=_shade(cell))
            for cell in cells
        ],
        badges=tuple(name for name, holds in flags.items() if holds),
    )


def _number(value: float | None, digits: int) -> BoardCell:
    return BoardCell(text=number(value, digits), value=_finite(value))


def _finite(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else value


def _q(entry: BoardEntry, task: str) -> float:
    return entry.tasks[task].q if task in entry.tasks else float("nan")


def _shade(cell: Cell) -> str:
    step = round(cell.strength * STEPS)
    return f"{cell.tone[0]}{step}" if step else ""


def _span(entry: BoardEntry, entries: int) -> Span | None:
    if entry.rank_interval is None or entry.rank is None:
        return None
    low, at, high = (
        round(2 + 96 * (rank - 1) / max(entries - 1, 1), 1)
        for rank in (entry.rank_interval[0], entry.rank, entry.rank_interval[1])
    )
    return Span(low=low, high=high, at=at)
