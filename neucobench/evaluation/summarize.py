"""From fold scores to the scores and predictions of each task."""

from collections.abc import Mapping

import numpy as np

from neucobench.evaluation.prepare import PreparedTask
from neucobench.evaluation.result import Predictions, TaskScore
from neucobench.probes.base import FoldScores
from neucobench.scoring.quality import q_score
from neucobench.tasks.card import METRICS


def score_tasks(
    prepared: Mapping[str, PreparedTask], folds: Mapping[str, FoldScores]
) -> dict[str, TaskScore]:
    """Return the scores of every task that has them on all folds."""
    return {
        task: _score(item, folds[task])
        for task, item in prepared.items()
        if item.failure is None and np.isfinite(folds[task].scores).all()
    }


def explain_failures(
    prepared: Mapping[str, PreparedTask], folds: Mapping[str, FoldScores]
) -> dict[str, str]:
    """Return, for every task without a score, the sentence that says why."""
    failed: dict[str, str] = {}
    for task, item in prepared.items():
        if item.failure is not None:
            failed[task] = item.failure
            continue
        unsound = int((~np.isfinite(folds[task].scores)).sum())
        if unsound:
            failed[task] = (
                f"{unsound} of {len(folds[task].scores)} folds have no finite score: "
                "the probe diverged. Check the embeddings for huge values."
            )
    return failed


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


def _score(item: PreparedTask, folds: FoldScores) -> TaskScore:
    values = folds.scores
    return TaskScore(
        type=item.probe.type,
        metric=METRICS[item.probe.type],
        rows=len(item.labels),
        scores=tuple(values.tolist()),
        mean=float(values.mean()),
        std=float(values.std()),
        q=q_score(values),
        seconds=folds.seconds,
    )
