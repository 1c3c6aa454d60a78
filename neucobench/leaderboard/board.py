"""Build a board: read results, choose runs, rank the complete ones."""

from collections.abc import Collection, Sequence
from pathlib import Path

from neucobench.errors import UnknownNameError
from neucobench.leaderboard.card import board_card
from neucobench.leaderboard.choose import choose_phase, choose_runs
from neucobench.leaderboard.rank import rank_results
from neucobench.leaderboard.store import read_results
from neucobench.leaderboard.tables import Board, Result

__all__ = ["Board", "build_board"]


def build_board(
    results: Sequence[Path | str] | Path | str,
    *,
    rule: str | None = None,
    board: str | None = None,
    baselines: Collection[str] = (),
    phase: str | None = None,
    all_runs: bool = False,
) -> Board:
    """Return the board that some results make.

    Args:
        results: files or folders, ours or upstream's; see ``read_results``.
        rule: ``"weighted"``, ``"uniform"``, ``"mean-q"`` or ``"borda"``; default: the
            card's, or ``"weighted"``.
        board: the name of a board card, which says what is ranked; without one, the
            tasks are all that occur in the results.
        baselines: methods to list outside the ranking, beside those of the card.
        phase: the phase to rank; needed when the results hold several.
        all_runs: rank every run of a method, not its newest only.

    Raises:
        ResultError: when there are no results, or one is damaged.
        UnknownNameError: when the board, the rule, the phase or a baseline is not
            known.
        UsageError: when the results hold several phases and none was chosen.
    """
    card = None if board is None else board_card(board)
    paths = [results] if isinstance(results, Path | str) else results
    found = choose_phase(read_results(paths), phase)
    _check_baselines(baselines, found)
    runs, older = choose_runs(found, all_runs=all_runs)
    return rank_results(
        runs,
        card=card,
        rule=rule,
        baselines={*baselines, *(card.baselines if card else ())},
        findings=older,
    )


def _check_baselines(baselines: Collection[str], results: list[Result]) -> None:
    known = {result.method for result in results}
    for name in baselines:
        if name not in known:
            raise UnknownNameError("method", name, known)
