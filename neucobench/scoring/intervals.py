"""How sure a figure is: intervals of 95 %, each over something that it names.

Over folds: Q of a method on a task, had the cubes been split otherwise. Over tasks:
mean Q, and the order under a rule, had other tasks of the same kind been chosen. Tasks
are drawn with replacement, the same ones for all entries; the noise of the folds is
part of what differs between tasks, so folds are not drawn on top.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from neucobench.scoring.quality import STABILIZER
from neucobench.scoring.ranking import (
    Mask,
    Scores,
    spread_weights,
    task_borda_points,
    task_ranks,
)

LEVEL = 0.95
DRAWS = 10_000
SEED = 2025

_OUTSIDE = 1 - LEVEL


def q_interval(
    scores: Sequence[float], *, test_size: float
) -> tuple[float, float] | None:
    """Return the interval of Q over folds, or None with fewer than two folds.

    Folds share most of their training rows, so the spread between them understates what
    another split would change: the variance of a mean over J folds is taken as
    ``(1/J + test_size / (1 - test_size))`` times the variance of one fold, that of the
    spread as half of it, and both go into Q to first order.

    Args:
        scores: (folds,) R2 or F1 of each fold; NaN where a probe failed.
        test_size: the fraction of the rows that a fold holds out.

    Source: Nadeau and Bengio, Inference for the generalization error, Machine Learning
    52, 2003, for the factor.
    """
    values = np.asarray(scores, dtype=np.float64)
    values = values[np.isfinite(values)]
    if values.size < 2:
        return None
    mean, spread = float(values.mean()), float(values.std())
    factor = 1 / values.size + test_size / (1 - test_size)
    error = float(values.std(ddof=1)) * factor**0.5
    scale = 2 / (STABILIZER + spread)
    slope = scale * mean / (STABILIZER + spread)
    deviation = error * (scale**2 + slope**2 / 2) ** 0.5
    q = scale * mean
    half = student(values.size - 1) * deviation
    return q - half, min(q + half, 100.0)


def task_draws(tasks: int, *, draws: int = DRAWS, seed: int = SEED) -> Scores:
    """Return how often each task occurs in each draw of as many tasks.

    Returns:
        (draws, tasks) counts.
    """
    chosen = np.random.default_rng(seed).integers(0, tasks, size=(draws, tasks))
    cells = chosen + tasks * np.arange(draws)[:, np.newaxis]
    counts = np.bincount(cells.ravel(), minlength=draws * tasks)
    return counts.reshape(draws, tasks).astype(np.float64)


def task_points(q: Scores, counted: Mask, rule: str) -> tuple[Scores, Scores]:
    """Return what every task adds to an entry's score, and the weights of the tasks.

    Under every rule an entry's score is the weighted mean of its points, apart from a
    factor that all entries share. Ranks are negated, so that more is better.

    Args:
        q: (entries, tasks) quality scores.
        counted: (entries,) which entries take part.
        rule: one of ``RULES``.

    Returns:
        (entries, tasks) points, and (tasks,) weights that add up to 1.
    """
    even = np.full(q.shape[1], 1 / q.shape[1])
    if rule == "mean-q":
        return q, even
    if rule == "borda":
        return task_borda_points(q, counted), even
    points = -task_ranks(q, counted).astype(np.float64)
    return points, spread_weights(q[counted]) if rule == "weighted" else even


def drawn_scores(points: Scores, weights: Scores, counts: Scores) -> Scores:
    """Return the scores of every draw of tasks, as far apart as Student's t would be.

    With few tasks the scores of the draws lie too close together: their distance from
    the score of all T tasks is stretched by ``sqrt(T / (T - 1)) * t / z``, the 97.5 %
    points of Student's t with T - 1 degrees of freedom and of the normal distribution.
    A draw of tasks without any weight counts as the board itself.

    Args:
        points: (entries, tasks) what a task adds.
        weights: (tasks,) of the tasks.
        counts: (draws, tasks) how often a draw holds each task.

    Returns:
        (entries, draws) scores.
    """
    score = (points @ weights)[:, np.newaxis]
    total = counts @ weights
    empty = total <= 0
    drawn = (points * weights) @ counts.T / np.where(empty, 1.0, total)
    tasks = points.shape[1]
    stretch = (tasks / (tasks - 1)) ** 0.5 * student(tasks - 1) / student(math.inf)
    stretched: Scores = score + stretch * np.where(empty, 0.0, drawn - score)
    return stretched


@lru_cache(maxsize=64)
def student(freedom: float) -> float:
    """Return the 97.5 % point of Student's t; with infinite freedom, the normal's."""
    return float(stats.t.ppf(1 - _OUTSIDE / 2, freedom))


def middle(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ends of the middle 95 % of each row.

    Args:
        values: (entries, draws) figures.

    Returns:
        (entries, 2) the lower and the upper ends.
    """
    ends = np.quantile(values, [_OUTSIDE / 2, 1 - _OUTSIDE / 2], axis=1)
    return np.asarray(ends.T, dtype=np.float64)
