"""The quality score of NeuCo-Bench: how well, and how steadily, a probe predicts."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

# Keeps the score finite where all folds agree; a mean of 1 without spread gives 100.
STABILIZER = 0.02


def q_score(scores: ArrayLike) -> float:
    """Return ``2 * mean / (0.02 + std)`` over the folds, at most 100.

    A negative mean gives a negative score, which grows towards 0 with the spread.

    Args:
        scores: (folds,) R2 or F1 of each fold. NaN folds are left out, as upstream.

    Returns:
        The score; NaN when no fold is left or one is infinite.

    Source: Vinge et al., NeuCo-Bench, CVPR Workshops 2026; the standard deviation is
    that of the population (``numpy.nanstd`` upstream).
    """
    values = np.asarray(scores, dtype=np.float64).ravel()
    values = values[~np.isnan(values)]
    if values.size == 0 or np.isinf(values).any():
        return float("nan")
    return float(values.mean() / (STABILIZER + values.std()) * 2)


def mean_q(qs: Sequence[float]) -> float:
    """Return the plain mean of the scores of the tasks, whatever their order.

    Args:
        qs: (tasks,) quality scores. None at all, or one that is not finite, makes the
            mean NaN: a missing task is never left out in silence.
    """
    if not len(qs) or not all(math.isfinite(q) for q in qs):
        return float("nan")
    return math.fsum(qs) / len(qs)
