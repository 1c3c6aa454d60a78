"""Whether the samples of one task can be scored at all."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from neucobench.errors import TaskFailure
from neucobench.findings import Finding
from neucobench.tasks.card import TaskType
from neucobench.tasks.splits import Split

SMALLEST_VALIDATION = 2


def map_classes(
    labels: NDArray[np.float64], classes: Mapping[str, int] | None
) -> NDArray[np.float64]:
    """Return class labels as 0 and 1.

    Args:
        labels: (samples,) as they stand in the label file.
        classes: the card's mapping from label to 0 or 1; None when it has none.

    Raises:
        TaskFailure: when a label is neither 0 nor 1 and the card does not map it.
    """
    values = np.unique(labels)
    if classes:
        mapping = {float(label): target for label, target in classes.items()}
        unknown = [value for value in values if value not in mapping]
        if unknown:
            raise TaskFailure(
                f"The label {unknown[0]:g} is not among those the task's card maps "
                f"({', '.join(classes)}); correct the label file or the card."
            )
        return np.array([mapping[value] for value in labels], dtype=np.float64)
    if not set(values) <= {0.0, 1.0}:
        shown = ", ".join(f"{value:g}" for value in values[:5])
        raise TaskFailure(
            f"The class labels are {shown}{', ...' if len(values) > 5 else ''}; a "
            "classification task takes 0 and 1. Map them under [classes] in the "
            "task's card, or correct the label file."
        )
    return labels


def check_samples(
    type_: TaskType, labels: NDArray[np.float64], splits: Sequence[Split]
) -> None:
    """Refuse samples that no fold, or not every fold, can be scored on.

    Args:
        type_: the task's type.
        labels: (samples,) labels.
        splits: the folds; none when there are too few rows to draw any.

    Raises:
        TaskFailure: for too few rows, constant labels, a fold that trains on one
            class, or one class held out by half of the folds.
    """
    smallest = min((len(split.validation) for split in splits), default=0)
    if smallest < SMALLEST_VALIDATION:
        raise TaskFailure(
            f"{len(labels)} samples have both a label and an embedding, which leaves "
            f"{smallest} in a validation fold; {SMALLEST_VALIDATION} are needed. Add "
            "labels or embeddings."
        )
    if labels.min() == labels.max():
        raise TaskFailure(
            f"All {len(labels)} labels are {labels[0]:g}; there is nothing to predict. "
            "Correct the label file, or leave the task out with --task."
        )
    if type_ == "classification":
        _check_classes(labels, splits)


def _check_classes(labels: NDArray[np.float64], splits: Sequence[Split]) -> None:
    untaught = sum(np.ptp(labels[split.train]) == 0 for split in splits)
    empty = count_one_class_folds(labels, splits)
    if untaught or 2 * empty >= len(splits):
        raise TaskFailure(
            f"{max(untaught, empty)} of {len(splits)} folds hold a single class, so F1 "
            f"says nothing there; there are {int(labels.sum())} positives among "
            f"{len(labels)} samples. Add labels of the rarer class."
        )


def count_one_class_folds(labels: NDArray[np.float64], splits: Sequence[Split]) -> int:
    """Return how many folds hold out samples of a single class."""
    return sum(int(np.ptp(labels[split.validation]) == 0) for split in splits)


def one_class_findings(
    task: str, labels: NDArray[np.float64], splits: Sequence[Split]
) -> tuple[Finding, ...]:
    """Return a finding when a few folds of a classification hold out one class.

    Such a fold has a score as the reference has it (F1 is 0 without positives), which
    says little; when half of the folds are like that, ``check_samples`` refuses.
    """
    count = count_one_class_folds(labels, splits)
    if not count:
        return ()
    message = (
        f"{count} of {len(splits)} folds hold out samples of a single class; their F1 "
        "says little. More labels would help."
    )
    return (
        Finding(
            code="one-class-folds",
            level="warning",
            message=message,
            task=task,
            count=count,
        ),
    )
