"""The pages: a report on evaluations, a board, its history. Each is one HTML file."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from neucobench.atomic import whole_file, write_text
from neucobench.errors import ResultError
from neucobench.evaluation.result import Evaluation
from neucobench.leaderboard.card import BoardCard
from neucobench.leaderboard.history import State
from neucobench.leaderboard.tables import Board
from neucobench.reports.board_view import board_view
from neucobench.reports.drawing import Picture
from neucobench.reports.history_view import history_view
from neucobench.reports.report_view import report_view
from neucobench.reports.summary import summarize
from neucobench.reports.templating import render
from neucobench.reports.thumbnails import cube_pictures

REPORT_FILE = "report.html"
BOARD_FILE = "index.html"
FIGURES_FOLDER = "figures"


def write_report(
    evaluations: Sequence[Evaluation],
    out: Path | str,
    *,
    board: Board | None = None,
    cubes: Path | str | None = None,
) -> Path:
    """Write a report on one or more evaluations and return the path of its page.

    ``<out>/report.html`` needs nothing else; ``<out>/figures/*.png`` are its figures
    once more. The predictions of an evaluation are shown when it carries them.

    Args:
        evaluations: what to report on.
        out: the folder to write to.
        board: ranks the methods; without one they stand in the order of mean Q.
        cubes: a folder of cubes, a few of which are pictured.

    Raises:
        ResultError: when there is no evaluation.
        CubeError: when ``cubes`` holds no cubes.
    """
    if not evaluations:
        raise ResultError(
            "A report needs at least one evaluation and none was given; name an "
            "evaluation.json or a results folder."
        )
    out = Path(out)
    pictured = cube_pictures(Path(cubes)) if cubes is not None else None
    view = report_view(summarize(evaluations, board), board=board, cubes=pictured)
    text = render("report.html", view)
    _write_figures(view.pictures, out / FIGURES_FOLDER)
    write_text(out / REPORT_FILE, text)
    return out / REPORT_FILE


def write_board_page(
    board: Board,
    out: Path | str,
    *,
    card: BoardCard | None = None,
    beside: Mapping[str, str] | None = None,
) -> Path:
    """Write ``<out>/index.html`` for a board and return its path.

    The same board gives the same bytes. The page links ``board.csv`` and
    ``board.json``, which are expected beside it.

    Args:
        board: the board.
        out: the folder.
        card: what the heading says; None looks the board's up by its name.
        beside: pages and files to link, by what they are called.
    """
    path = Path(out) / BOARD_FILE
    view = board_view(board, path.parent, card, beside=beside)
    write_text(path, render("board.html", view))
    return path


def write_history_page(states: Iterable[State], out: Path | str, *, title: str) -> Path:
    """Write ``<out>/index.html``, which replays the states of a board; return its path.

    The page needs nothing else, and the same states give the same bytes.
    """
    path = Path(out) / BOARD_FILE
    write_text(path, render("history.html", history_view(states, title=title)))
    return path


def _write_figures(pictures: Sequence[Picture], folder: Path) -> None:
    """Write all figures; those of an earlier report that are not among them go."""
    for picture in pictures:
        with whole_file(folder / f"{picture.name}.png") as hidden:
            hidden.write_bytes(picture.png)
    names = {f"{picture.name}.png" for picture in pictures}
    for kind in ("folds", "predictions"):
        for path in folder.glob(f"{kind}-*.png"):
            if path.name not in names:
                path.unlink()
