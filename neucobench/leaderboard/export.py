"""Write a board as JSON, CSV and Markdown: the same board, the same bytes."""

import csv
import io
import json
from pathlib import Path

from neucobench.atomic import write_text
from neucobench.findings import SYNTHETIC
from neucobench.leaderboard.tables import Board, BoardEntry
from neucobench.names import markdown_safe, spreadsheet_safe

_LEADING = ("rank", "method", "score", "mean_q", "mean_score")


def write_board(board: Board, out: Path | str) -> None:
    """Write ``board.json``, ``board.csv`` and ``board.md`` into a folder.

    Nothing in them depends on the time or the machine: methods stand in the board's
    order, paths are relative to the folder.
    """
    folder = Path(out)
    write_text(folder / "board.json", board_json(board, folder))
    write_text(folder / "board.csv", board_csv(board))
    write_text(folder / "board.md", board_markdown(board))


def board_json(board: Board, folder: Path | str = ".") -> str:
    """Return the text of ``board.json``, in a board's folder."""
    document = board.as_dict(folder)
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def board_csv(board: Board) -> str:
    """Return the board as CSV: one row per entry, then one column per task.

    Numbers have all their digits. An entry without a rank has an empty cell there. A
    method whose name a spreadsheet would take for a formula gets an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_LEADING, *(f"q::{task}" for task in board.tasks)])
    for entry in board.entries:
        writer.writerow(
            [
                _cell(entry.rank),
                spreadsheet_safe(entry.method),
                _cell(entry.score),
                repr(entry.mean_q),
                _cell(entry.mean_score),
                *(repr(entry.tasks[task].q) for task in board.tasks),
            ]
        )
    return text.getvalue()


def board_markdown(board: Board) -> str:
    """Return the board as a Markdown table, rounded to three digits."""
    protocol = markdown_safe(board.protocol or "several, or not known")
    lines = [
        f"# {markdown_safe(board.board or 'Board')}",
        "",
        f"Rule: {board.rule}. Protocol: {protocol}. The columns of tasks hold Q.",
        "",
        *_synthetic_lines(board),
        _row(["rank", "method", "score", "mean Q", *map(markdown_safe, board.tasks)]),
        _row(["--:", ":--", *(["--:"] * (2 + len(board.tasks)))]),
        *(_entry_row(board, entry) for entry in board.entries),
    ]
    if board.weights is not None:
        weights = [f"{board.weights[task]:.3f}" for task in board.tasks]
        lines.append(_row(["", "*weight*", "", "", *weights]))
    if board.unranked:
        lines += ["", "Not ranked:", ""]
        lines += [
            f"- {markdown_safe(item.method)}: no score for "
            + ", ".join(map(markdown_safe, item.missing))
            for item in board.unranked
        ]
    return "\n".join(lines) + "\n"


def _synthetic_lines(board: Board) -> list[str]:
    """Return the paragraph that tells made-up data from real, where it applies."""
    marks = [item.message for item in board.findings if item.code == SYNTHETIC]
    return [f"**Synthetic data.** {marks[0]}", ""] if marks else []


def _entry_row(board: Board, entry: BoardEntry) -> str:
    name = markdown_safe(entry.method) + (" (baseline)" if entry.baseline else "")
    scores = [f"{entry.tasks[task].q:.3f}" for task in board.tasks]
    score = "" if entry.score is None else f"{entry.score:.3f}"
    return _row([_cell(entry.rank), name, score, f"{entry.mean_q:.3f}", *scores])


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: float | int | None) -> str:
    return "" if value is None else repr(value)
