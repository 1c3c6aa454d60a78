"""The commands ``board build`` and ``board history``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucobench.cli.console import (
    JsonOption,
    output,
    print_json,
    require_utf8,
    say,
    show_findings,
)

if TYPE_CHECKING:
    from neucobench.leaderboard.history import PhaseHistory
    from neucobench.leaderboard.tables import Board, BoardEntry


def board_build(
    results: Annotated[
        list[Path], typer.Argument(help="Run folders, or folders of them.")
    ],
    board: Annotated[
        str | None, typer.Option(help="A board card: what is ranked, and how.")
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option(help="weighted, uniform, mean-q or borda; default: the card's."),
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option(help="A method to list outside the ranking; may be repeated."),
    ] = None,
    phase: Annotated[
        str | None, typer.Option(help="The phase to rank, where there are several.")
    ] = None,
    all_runs: Annotated[
        bool,
        typer.Option("--all-runs", help="Rank every run, not a method's newest only."),
    ] = False,
    out: Annotated[
        Path, typer.Option(callback=require_utf8, help="The folder of the board.")
    ] = Path("board"),
    as_json: JsonOption = False,
) -> None:
    """Rank results: a table here; board.csv, board.json, board.md, index.html in OUT.

    Reads our run folders and NeuCo-Bench's. --json prints board.json.

    Example: neucobench board build results/ --board neuco-11 --out board/
    """
    from neucobench.leaderboard.board import build_board
    from neucobench.leaderboard.export import write_board
    from neucobench.reports.page import write_board_page

    found = build_board(
        results,
        rule=rule,
        board=board,
        baselines=baseline or (),
        phase=phase,
        all_runs=all_runs,
    )
    write_board(found, out)
    write_board_page(found, out)
    show_findings(found.findings)
    if as_json:
        print_json(found.as_dict(out))
    else:
        print_board(found)
    say(f"The board is in {out / 'index.html'}.")


def board_history(
    file: Annotated[
        str,
        typer.Argument(help="A history (CSV), a published board (JSON), or its name."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            callback=require_utf8, help="A folder for a page that replays the states."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Replay published states of a board: who moved without having submitted?

    A swap is a pair of teams whose mean Q is the same in two consecutive states, and
    whose order is not. --out writes index.html: the states to step through, the swaps,
    and the ranks over time.

    Example: neucobench board history cvpr2025-history --out history/
    """
    from neucobench.leaderboard.history import SCHEMA, read_states, replay
    from neucobench.leaderboard.published import published_path

    path = published_path(file)
    states = read_states(path)
    phases = replay(states)
    if out is not None:
        from neucobench.reports.page import write_history_page

        name = path.stem.removesuffix("-history")
        page = write_history_page(states, out, title=f"History of {name}")
        say(f"The page is {page}.")
    if as_json:
        print_json(
            {
                "schema": SCHEMA,
                "phases": [phase.as_dict() for phase in phases],
                "states": sum(phase.states for phase in phases),
                "swaps": sum(len(phase.swaps) for phase in phases),
                "transitions": sum(phase.transitions for phase in phases),
            }
        )
    else:
        _print_history(phases)


def print_board(board: "Board") -> None:
    """Print a board as a table on standard output."""
    from rich.table import Table
    from rich.text import Text

    from neucobench.names import printable

    sure = board.certainty
    table = Table(box=None, header_style="bold", pad_edge=False)
    extra = ("ranks, 95 %", "group") if sure and sure.groups else ()
    for column in ("rank", "method", "score", "mean Q", "tasks", *extra):
        table.add_column(column, justify="left" if column == "method" else "right")
    total = len(board.tasks)
    for entry in board.entries:
        name = printable(entry.method) + (" (baseline)" if entry.baseline else "")
        table.add_row(
            "-" if entry.rank is None else str(entry.rank),
            Text(name, overflow="fold"),
            "" if entry.score is None else f"{entry.score:.3f}",
            f"{entry.mean_q:.3f}",
            f"{len(entry.tasks)}/{total}",
            *((_interval(entry), sure.letters(entry.method)) if sure and extra else ()),
        )
    for item in board.unranked:
        scored = f"{total - len(item.missing)}/{total}"
        table.add_row(
            "-", Text(printable(item.method), overflow="fold"), "", "", scored
        )
    output.print(table)
    for item in board.unranked:
        missing = ", ".join(map(printable, item.missing))
        say(f"{printable(item.method)} is not ranked; it has no score for {missing}.")


def _interval(entry: "BoardEntry") -> str:
    """Return the ranks that are likely, e.g. ``1-3``; nothing for a baseline."""
    if entry.rank_interval is None:
        return ""
    first, last = entry.rank_interval
    return str(first) if first == last else f"{first}-{last}"


def _print_history(phases: list["PhaseHistory"]) -> None:
    from rich.table import Table
    from rich.text import Text

    from neucobench.names import printable

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("phase")
    for column in ("first", "last"):
        table.add_column(column)
    for column in ("states", "teams", "compared", "not by Q", "swaps"):
        table.add_column(column, justify="right")
    for phase in phases:
        table.add_row(
            Text(printable(phase.phase)),
            f"{phase.first:%Y-%m-%d}",
            f"{phase.last:%Y-%m-%d}",
            str(phase.states),
            str(phase.teams),
            str(phase.compared),
            str(phase.not_monotone),
            str(len(phase.swaps)),
        )
    output.print(table)
    swaps = sum(len(phase.swaps) for phase in phases)
    transitions = sum(phase.transitions for phase in phases)
    output.print(
        f"{swaps} times, in {transitions} updates, two teams changed places although "
        "the mean Q of neither had changed.",
        markup=False,
        soft_wrap=True,
    )
