"""Shuffle splits: which rows a fold trains on and which it holds out."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucobench.errors import TaskFailure


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """Hold the two sides of one fold.

    Attributes:
        train: (train rows,) positions of the training rows, in drawn order.
        validation: (validation rows,) positions of the held-out rows, in drawn order.
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]


def shuffle_split(
    rows: int, *, folds: int, test_size: float = 0.1, seed: int = 42
) -> list[Split]:
    """Draw the folds that scikit-learn's ``ShuffleSplit`` draws.

    Every fold shuffles all rows anew, so folds overlap. The folds depend on the
    number of rows and on the seed only: tasks of equal size share them.

    Args:
        rows: number of samples.
        folds: number of folds, 1 or more.
        test_size: share of the rows to hold out, rounded up to whole rows.
        seed: seed of numpy's legacy generator, 0 to 2**32 - 1.

    Raises:
        ValueError: when ``folds`` or ``test_size`` is out of range.
        TaskFailure: when no row would be left to train on.
    """
    if folds < 1:
        raise ValueError(f"folds is {folds}; give 1 or more.")
    if not 0.0 < test_size < 1.0:
        raise ValueError(f"test_size is {test_size}; give a share between 0 and 1.")
    held_out = math.ceil(test_size * rows)
    if held_out >= rows:
        raise TaskFailure(
            f"The task has {rows} labeled samples, which leaves none to train on when "
            f"{held_out} are held out. Give it more labels, or leave it out."
        )
    random = np.random.RandomState(seed)
    orders = (random.permutation(rows) for _ in range(folds))
    return [
        Split(train=order[held_out:], validation=order[:held_out]) for order in orders
    ]
