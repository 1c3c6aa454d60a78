"""What goes into a probe, what comes out, and what a probe is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

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


class Probe(Protocol):
    """Score features on tasks."""

    def score(
        self,
        features: NDArray[np.float32],
        tasks: Sequence[ProbeTask],
        advance: Advance | None = None,
    ) -> Mapping[str, FoldScores]:
        """Return the scores of every task by its name.

        Args:
            features: (samples, dims) the feature matrix.
            tasks: the tasks; a probe may draw random numbers in their order.
            advance: called with the folds done and the folds in all.
        """
        ...


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


def refusal(task: ProbeTask) -> str | None:
    """Return why a task cannot give a meaningful score, or None if it can.

    Upstream goes on in these cases and reports NaN, minus infinity or a score that no
    feature can change.
    """
    if np.ptp(task.labels) == 0 or not np.isfinite(task.labels).all():
        return (
            f"All {task.labels.size} labels of {task.name} are equal, so there is "
            "nothing to predict. Give it labels that differ, or leave the task out."
        )
    if task.type == "classification":
        return _class_refusal(task)
    held_out = min(split.validation.size for split in task.splits)
    if held_out < 2:
        return (
            f"{task.name} has {task.labels.size} labeled samples, so a fold holds out "
            f"{held_out}; R2 needs at least 2. Give it more labels, or leave it out."
        )
    return None


def _class_refusal(task: ProbeTask) -> str | None:
    classes = np.unique(task.labels)
    if classes.size != 2:
        return (
            f"{task.name} is a classification task with {classes.size} different "
            "labels; two are accepted. Map the labels to 0 and 1 in the task's card."
        )
    for fold, split in enumerate(task.splits):
        for side, part in (("trains on", split.train), ("holds out", split.validation)):
            if np.ptp(task.labels[part]) == 0:
                return (
                    f"Fold {fold} of {task.name} {side} {part.size} samples of one "
                    "class only, which has no meaningful F1. Give the task more "
                    "labels of the rarer class, or leave it out."
                )
    return None
