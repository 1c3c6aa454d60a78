"""From fold scores to the scores and predictions of each task."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from neucobench.evaluation.prepare import PreparedTask
from neucobench.evaluation.result import Predictions, TaskScore
from neucobench.findings import Finding
from neucobench.probes.base import FoldScores
from neucobench.scoring.quality import q_score
from neucobench.tasks.card import METRICS


def score_tasks(
    prepared: Mapping[str, PreparedTask],
    folds: Mapping[str, FoldScores],
    *,
    tolerance: int,
) -> dict[str, TaskScore]:
    """Return the scores of every task that has them on enough folds.

    Args:
        prepared: the tasks.
        folds: what the probe returned for each.
        tolerance: how many folds of a task may end without a finite score.
    """
    return {
        task: _score(item, folds[task])
        for task, item in prepared.items()
        if item.failure is None and _enough(folds[task].scores, tolerance)
    }


def explain_failures(
    prepared: Mapping[str, PreparedTask],
    folds: Mapping[str, FoldScores],
    *,
    tolerance: int,
) -> dict[str, str]:
    """Return, for every task without a score, the sentence that says why."""
    failed: dict[str, str] = {}
    for task, item in prepared.items():
        if item.failure is not None:
            failed[task] = item.failure
        elif not _enough(folds[task].scores, tolerance):
            scores = folds[task].scores
            failed[task] = (
                f"{_unsound(scores)} of {len(scores)} folds have no finite score: "
                "the probe diverged. Check the embeddings for huge values."
            )
    return failed


def tolerated_findings(tasks: Mapping[str, TaskScore]) -> tuple[Finding, ...]:
    """Return a finding for every task that is scored over some of its folds only."""
    counts = {task: _unsound(np.asarray(score.scores)) for task, score in tasks.items()}
    return tuple(
        Finding(
            code="failed-folds",
            level="warning",
            message=f"{count} of {len(tasks[task].scores)} folds have no finite score "
            "and are left out of this task, as its rules allow.",
            task=task,
            count=count,
        )
        for task, count in counts.items()
        if count
    )


def predict_tasks(
    prepared: Mapping[str, PreparedTask],
    folds: Mapping[str, FoldScores],
    *,
    scaled: bool,
) -> dict[str, Predictions]:
    """Return the held-out predictions of every task, in its unit.

    Args:
        prepared: the tasks.
        folds: what the probe returned for each.
        scaled: whether the probe saw regression labels scaled to [0, 1].
    """
    predictions: dict[str, Predictions] = {}
    for task, item in prepared.items():
        predicted = folds[task].predictions.astype(np.float64)
        if scaled and item.probe.type == "regression":
            low, high = item.labels.min(), item.labels.max()
            predicted = predicted * (high - low) + low
        predictions[task] = Predictions(
            ids=item.ids, true=item.labels, predicted=predicted
        )
    return predictions


def _unsound(scores: NDArray[np.float64]) -> int:
    return int((~np.isfinite(scores)).sum())


def _enough(scores: NDArray[np.float64], tolerance: int) -> bool:
    """Return whether so few folds lack a score, and at least one has it."""
    return _unsound(scores) <= min(tolerance, len(scores) - 1)


def _score(item: PreparedTask, folds: FoldScores) -> TaskScore:
    sound = np.isfinite(folds.scores)
    values = folds.scores[sound]
    return TaskScore(
        type=item.probe.type,
        metric=METRICS[item.probe.type],
        rows=len(item.labels),
        scores=tuple(np.where(sound, folds.scores, np.nan).tolist()),
        mean=float(values.mean()),
        std=float(values.std()),
        q=q_score(values),
        seconds=folds.seconds,
    )
