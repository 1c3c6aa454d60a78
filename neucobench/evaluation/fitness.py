"""Whether the samples of one task can be scored at all."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from neucobench.errors import TaskFailure
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
    type_: TaskType, labels: NDArray[np.float64], splits: Sequence[Split] | None
) -> None:
    """Refuse samples that no fold, or not every fold, can be scored on.

    Args:
        type_: the task's type.
        labels: (samples,) labels.
        splits: the folds; None when there are too few rows to draw any.

    Raises:
        TaskFailure: for too few rows, constant labels, or a fold with one class.
    """
    smallest = min((len(split.validation) for split in splits or ()), default=0)
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
        _check_classes(labels, splits or ())


def _check_classes(labels: NDArray[np.float64], splits: Sequence[Split]) -> None:
    lonely = [
        fold
        for fold, split in enumerate(splits)
        if np.ptp(labels[split.train]) == 0 or np.ptp(labels[split.validation]) == 0
    ]
    if lonely:
        raise TaskFailure(
            f"{len(lonely)} of {len(splits)} folds hold a single class (the first is "
            f"fold {lonely[0]}), so F1 says nothing there; there are "
            f"{int(labels.sum())} positives among {len(labels)} samples. Add labels "
            "of the rarer class."
        )
