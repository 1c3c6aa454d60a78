"""R2 and F1 with the edge cases of the published benchmark.

The reference scores with torchmetrics, in float32. Its rules at the edges change
numbers, and so does its arithmetic: the spread of the labels is the difference of two
large sums, whose rounding can be seen in R2. Both are kept.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neucobench.probes.summation import torch_sum

NEAR_ZERO = 1e-4

F32 = NDArray[np.float32]


def r2(outputs: F32, labels: F32) -> NDArray[np.float64]:
    """Return the coefficient of determination of each row of outputs.

    A residual within 1e-4 of zero counts as a perfect fit, whatever the spread of the
    labels; else labels whose sum of squares is within 1e-4 of zero give 0
    (torchmetrics ``R2Score``).

    Args:
        outputs: (epochs, samples) predictions.
        labels: (epochs, samples) truth, in the same order.

    Raises:
        ValueError: when there are fewer than two samples.
    """
    samples = labels.shape[1]
    if samples < 2:
        raise ValueError(f"R2 needs at least 2 samples and got {samples}.")
    # A probe that diverged has huge outputs, and then a score that is not finite.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        total = torch_sum(labels)
        spread = torch_sum(labels * labels) - total * (total / np.float32(samples))
        residual = torch_sum(np.square(labels - outputs))
        scores = 1 - residual / spread
    scores[np.abs(spread) <= NEAR_ZERO] = 0
    scores[residual <= NEAR_ZERO] = 1
    return scores.astype(np.float64)


def binary_f1(outputs: F32, labels: F32) -> NDArray[np.float64]:
    """Return the F1 score of each row of outputs.

    The outputs are taken for logits only if one of their row lies outside [0, 1];
    otherwise they are taken for probabilities as they are. Positive is strictly above
    0.5; without any positive, true or predicted, F1 is 0 (torchmetrics
    ``BinaryF1Score``).

    Args:
        outputs: (epochs, samples) predictions.
        labels: (epochs, samples) truth, 0 or 1, in the same order.
    """
    inside = ((outputs >= 0) & (outputs <= 1)).all(axis=1, keepdims=True)
    predicted = np.where(inside, outputs, sigmoid(outputs)) > 0.5
    positive, negative = labels == 1, labels == 0
    hits, misses, alarms = (
        counted.sum(axis=1).astype(np.float32)
        for counted in (
            predicted & positive,
            ~predicted & positive,
            predicted & negative,
        )
    )
    shared = 2 * hits + misses + alarms
    # The quotient is rounded to float32 because the reference rounds it.
    scores: F32 = 2 * hits / np.maximum(shared, 1)
    return scores.astype(np.float64)


def sigmoid(logits: F32) -> F32:
    """Return the logistic function of ``logits``."""
    with np.errstate(over="ignore"):
        probabilities: F32 = 1 / (1 + np.exp(-logits))
    return probabilities


def score_epochs(
    kind: Literal["regression", "classification"],
    outputs: F32,
    labels: F32,
) -> NDArray[np.float64]:
    """Return the score of every epoch of one fold.

    Args:
        kind: regression is scored by R2, classification by F1.
        outputs: (epochs, samples) outputs on the held-out samples.
        labels: (epochs, samples) their labels, in the same order.
    """
    return r2(outputs, labels) if kind == "regression" else binary_f1(outputs, labels)


def best_epoch(history: NDArray[np.float64]) -> tuple[int, float]:
    """Return the first epoch with the largest score, and the score.

    NaN never beats anything: without a single number the result is -1 and minus
    infinity, as in the reference.
    """
    clean = np.where(np.isnan(history), -np.inf, history)
    best = int(clean.argmax())
    score = float(clean[best])
    return (best, score) if score > -np.inf else (-1, score)
