"""Rank results: from the runs that were chosen to a board, without a file."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from neucobench.errors import ResultError
from neucobench.findings import Finding
from neucobench.leaderboard.assess import assess
from neucobench.leaderboard.card import BoardCard
from neucobench.leaderboard.judge import common_protocol, judge_results
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


def rank_results(
    runs: Mapping[str, Result],
    *,
    card: BoardCard | None = None,
    rule: str | None = None,
    baselines: Collection[str] = (),
    findings: Sequence[Finding] = (),
) -> Board:
    """Return the board that some runs make; ``board build`` and the server call it.

    Args:
        runs: one run per row of the board, by the name it gets there.
        card: says what is ranked; without one, the tasks are all that occur.
        rule: ``"weighted"``, ``"uniform"``, ``"mean-q"`` or ``"borda"``; default: the
            card's, or ``"weighted"``.
        baselines: the methods to list outside the ranking, unless the card counts them.
            Those that the card names are not added.
        findings: what was noticed before.

    Raises:
        ResultError: when there is no card, and no task either.
        UnknownNameError: when the rule is not known.
    """
    runs = dict(sorted(runs.items()))
    tasks = suite(card.suite).tasks if card else _occurring_tasks(runs.values())
    complete = {name: run for name, run in runs.items() if not _missing(run, tasks)}
    rule = rule or (card.rule if card else "weighted")
    ranking = _rank(complete, tasks, rule=rule, card=card, baselines=baselines)
    board = Board(
        board=card.name if card else None,
        suite=card.suite if card else None,
        protocol=common_protocol(complete.values()),
        rule=rule,
        tasks=tasks,
        entries=_entries(complete, tasks, ranking, card=card, baselines=baselines),
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
        findings=(*findings, *judge_results(complete, tasks, runs=runs, card=card)),
    )
    return assess(board, complete)


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
