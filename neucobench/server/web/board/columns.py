"""The heads of a board's table, and the rows in the order that a visitor asks for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from neucobench.leaderboard.tables import Board
from neucobench.reports.rules import rule_text
from neucobench.reports.summary import task_title
from neucobench.server.web.board.query import BoardQuery, Order
from neucobench.server.web.board.rows import BoardRow, has_mean_score, has_score

# Columns that follow the order of the board.
BY_PLACE = ("rank", "interval", "group")

Kind = Literal["number", "name", "team", "task"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """Hold the head of one column.

    Attributes:
        key: what the address sorts it by.
        title: what stands above it.
        question: what a task asks, or nothing.
        kind: how its cells look.
        first: the order that a first click asks for.
        sorted: the order it is in now, or nothing.
        address: the view that a click leads to.
    """

    key: str
    title: str
    question: str
    kind: Kind
    first: Order
    sorted: Order | Literal[""]
    address: str


def board_columns(
    board: Board, rows: Sequence[BoardRow], query: BoardQuery
) -> list[Column]:
    """Return the heads of a board's table, as a view sorts it."""
    rule = rule_text(board.rule)
    heads: list[tuple[str, str, str, Kind, Order]] = [
        ("rank", "Rank", "", "number", "ascending")
    ]
    heads.append(("method", "Method", "", "name", "ascending"))
    heads.append(("team", "Team", "", "team", "ascending"))
    if any(row.interval for row in rows):
        heads.append(("interval", "Likely ranks", "", "number", "ascending"))
    if any(row.group for row in rows):
        heads.append(("group", "Group", "", "number", "ascending"))
    if has_score(board):
        heads.append(("score", rule.score_name, "", "number", rule.better))
    heads.append(("mean_q", "Mean Q", "", "number", "descending"))
    if has_mean_score(board):
        heads.append(("mean_score", "Mean score", "", "number", "descending"))
    for name in board.tasks:
        task = task_title(name)
        heads.append((f"task:{name}", task.title, task.question, "task", "descending"))
    return [
        _column(key, title, question, kind, first, query)
        for key, title, question, kind, first in heads
    ]


def in_order(
    rows: Sequence[BoardRow], columns: Sequence[Column], query: BoardQuery
) -> list[BoardRow]:
    """Return all rows in the order of a view; what it leaves out is hidden.

    What has no value comes last; equals keep the order of the board, either way.
    """
    marked = [replace(row, hidden=not row.shown(query)) for row in rows]
    column = next((item for item in columns if item.sorted), None)
    if column is None:
        return marked
    keys = {row.place: _value(row, column.key, columns) for row in marked}
    valued = [row for row in marked if keys[row.place] is not None]
    # Equals stay as they were, in reverse too.
    down = column.sorted == "descending"
    valued.sort(key=lambda row: keys[row.place], reverse=down)
    return valued + [row for row in marked if keys[row.place] is None]


def _value(row: BoardRow, key: str, columns: Sequence[Column]) -> Any:
    """Return what a column sorts this row by; None where there is nothing."""
    if key in ("method", "team"):
        return getattr(row, key).casefold() or None
    if key in BY_PLACE:
        return row.place
    keys = [item.key for item in columns if item.kind in ("number", "task")]
    cells = [*row.numbers, *row.tasks]
    return cells[keys.index(key) - (len(keys) - len(cells))].value


def _column(
    key: str, title: str, question: str, kind: Kind, first: Order, query: BoardQuery
) -> Column:
    current: Order | Literal[""] = ""
    if query.sort == key:
        current = query.order or first  # type: ignore[assignment]
    following: Order = first
    if current:
        following = "descending" if current == "ascending" else "ascending"
    return Column(
        key=key,
        title=title,
        question=question,
        kind=kind,
        first=first,
        sorted=current,
        address=query.sorted_by(key, following).address or "?",
    )
