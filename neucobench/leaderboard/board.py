"""Build a board: read results, choose runs, rank the complete ones."""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np

from neucobench.errors import ResultError, UnknownNameError
from neucobench.leaderboard.card import BoardCard, board_card
from neucobench.leaderboard.choose import choose_phase, choose_runs
from neucobench.leaderboard.judge import common_protocol, judge_results
from neucobench.leaderboard.store import read_results
from neucobench.leaderboard.tables import (
    Board,
    BoardEntry,
    Result,
    TaskEntry,
    Unranked,
)
from neucobench.scoring.quality import mean_q
from neucobench.scoring.ranking import Ranking, rank_entries
from neucobench.tasks.card import suite

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
    tasks = suite(card.suite).tasks if card else _occurring_tasks(runs.values())
    complete = {name: run for name, run in runs.items() if not _missing(run, tasks)}
    outside = {*baselines, *(card.baselines if card else ())}
    rule = rule or (card.rule if card else "weighted")
    ranking = _rank(complete, tasks, rule=rule, card=card, baselines=outside)
    entries = _entries(complete, tasks, ranking, card=card, baselines=outside)
    return Board(
        board=board,
        suite=card.suite if card else None,
        protocol=common_protocol(complete.values()),
        rule=rule,
        tasks=tasks,
        entries=entries,
        weights=(
            None
            if ranking.weights is None
            else dict(zip(tasks, ranking.weights.tolist(), strict=True))
        ),
        unranked=tuple(
            Unranked(method=name, missing=_missing(run, tasks))
            for name, run in runs.items()
            if name not in complete
        ),
        findings=(*older, *judge_results(complete, tasks, runs=runs, card=card)),
    )


def _check_baselines(baselines: Collection[str], results: list[Result]) -> None:
    known = {result.method for result in results}
    for name in baselines:
        if name not in known:
            raise UnknownNameError("method", name, known)


def _occurring_tasks(results: Iterable[Result]) -> tuple[str, ...]:
    tasks = {task for result in results for task in result.tasks}
    if not tasks:
        raise ResultError(
            "The results hold no scores for any task; evaluate the embeddings again."
        )
    return tuple(sorted(tasks))


def _missing(run: Result, tasks: Sequence[str]) -> tuple[str, ...]:
    """Return the tasks for which a run has no finite score."""
    return tuple(
        task for task in tasks if task not in run.tasks or not run.tasks[task].scored
    )


def _rank(
    runs: dict[str, Result],
    tasks: Sequence[str],
    *,
    rule: str,
    card: BoardCard | None,
    baselines: Collection[str],
) -> Ranking:
    q = np.array(
        [[run.tasks[task].q for task in tasks] for run in runs.values()],
        dtype=np.float64,
    ).reshape(len(runs), len(tasks))
    counted = [_counts(run, card, baselines) for run in runs.values()]
    return rank_entries(
        q, names=list(runs), rule=rule, counted=np.array(counted, dtype=np.bool_)
    )


def _counts(run: Result, card: BoardCard | None, baselines: Collection[str]) -> bool:
    if card is not None and card.baselines_count:
        return True
    return run.method not in baselines


def _entries(
    runs: dict[str, Result],
    tasks: Sequence[str],
    ranking: Ranking,
    *,
    card: BoardCard | None,
    baselines: Collection[str],
) -> tuple[BoardEntry, ...]:
    """Return the rows of the board, best first."""
    rows, named = [], list(runs.items())
    for index in ranking.order:
        name, run = named[index]
        ranks = ranking.task_ranks[index]
        means = [run.tasks[task].mean for task in tasks]
        known = [mean for mean in means if mean is not None]
        rows.append(
            BoardEntry(
                rank=(
                    int(ranking.ranks[index]) if _counts(run, card, baselines) else None
                ),
                method=name,
                score=float(ranking.scores[index]),
                mean_q=mean_q([run.tasks[task].q for task in tasks]),
                mean_score=mean_q(known) if len(known) == len(means) else None,
                tasks={
                    task: TaskEntry(
                        q=run.tasks[task].q,
                        rank=int(rank),
                        mean=run.tasks[task].mean,
                        std=run.tasks[task].std,
                    )
                    for task, rank in zip(tasks, ranks, strict=True)
                },
                baseline=run.method in baselines,
                evaluation=run.path if run.ours else None,
            )
        )
    return tuple(rows)
