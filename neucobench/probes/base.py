"""What goes into a probe, and what comes out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neucobench.tasks.splits import Split

Advance = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class ProbeTask:
    """Pose one task to a probe.

    Attributes:
        name: the task's name.
        type: what is predicted; classification has the labels 0 and 1.
        rows: (samples,) row of each sample in the feature matrix.
        labels: (samples,) labels as the probe sees them.
        splits: one split of the samples for each fold.
    """

    name: str
    type: Literal["regression", "classification"]
    rows: NDArray[np.intp]
    labels: NDArray[np.float32]
    splits: Sequence[Split]


@dataclass(frozen=True, kw_only=True, eq=False)
class FoldScores:
    """Hold what a probe reached on one task.

    Attributes:
        scores: (folds,) the score of each fold's best epoch.
        history: (folds, epochs) the score after every epoch.
        best_epoch: (folds,) the best epoch, counted from 0; -1 where no epoch
            has a score.
        predictions: (samples,) output of the best epoch, averaged over the folds that
            held the sample out, a logit for classification; NaN where none did.
        seconds: CPU seconds spent on the task.
    """

    scores: NDArray[np.float64]
    history: NDArray[np.float64]
    best_epoch: NDArray[np.int64]
    predictions: NDArray[np.float32]
    seconds: float


def check_shapes(task: ProbeTask, samples: int) -> None:
    """Make sure that nothing in ``task`` points outside its arrays.

    Args:
        task: the task.
        samples: rows of the feature matrix.

    Raises:
        ValueError: when it does, or when a fold has an empty side.
    """
    rows, labels = task.rows, task.labels
    if rows.shape != labels.shape or rows.ndim != 1:
        raise ValueError(
            f"{task.name} has rows of shape {rows.shape} and labels of shape "
            f"{labels.shape}; give one row and one label for each sample."
        )
    if not _inside(rows, samples):
        raise ValueError(
            f"{task.name} names feature rows outside 0 to {samples - 1}; give the rows "
            "of the feature matrix that is scored."
        )
    for fold, split in enumerate(task.splits):
        for part in (split.train, split.validation):
            if not _inside(part, labels.size):
                raise ValueError(
                    f"Fold {fold} of {task.name} has an empty side, or names samples "
                    f"outside 0 to {labels.size - 1}; split {labels.size} samples."
                )


def _inside(positions: NDArray[np.integer[Any]], count: int) -> bool:
    """Return whether there are positions, and all of them are below ``count``."""
    return bool(positions.size > 0 and positions.min() >= 0 and positions.max() < count)
