"""The parts of a report: its figures, its shaded table, and the notes beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucobench.evaluation.result import Evaluation
from neucobench.reports.drawing import Picture
from neucobench.reports.figures import FoldRow, fold_picture, q_window
from neucobench.reports.scales import number
from neucobench.reports.scatter import (
    MOST_PANELS,
    Panel,
    classification_picture,
    panel,
    regression_picture,
)
from neucobench.reports.summary import Summary, TaskTitle
from neucobench.reports.theme import marks

_NO_PREDICTIONS = (
    "There are no predictions to show: none of the results has a file "
    "predictions.parquet beside its evaluation.json. Evaluate again to get one."
)
_ABOUT_PREDICTIONS = (
    "A prediction is the mean output of the probes of those folds that held the cube "
    "out; cubes that no fold held out are missing. The line is where prediction and "
    "truth agree. For a classification the output is a logit: right of zero the probe "
    "says class 1. What lies beyond the axes is drawn on their edge. Inside a task the "
    "methods stand in the order of their Q on it."
)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Hold one Q of a table and its shade: blue ``up`` or orange ``down``, 0 to 1."""

    q: float
    tone: str
    strength: float


def shade(q: float | None, largest: float) -> Cell:
    """Return a cell whose shade is full at ``largest``, in either direction."""
    if q is None or not np.isfinite(q):
        return Cell(q=float("nan"), tone="", strength=0.0)
    strength = round(min(abs(q) / largest, 1.0), 2)
    return Cell(q=q, tone="up" if q >= 0 else "down", strength=strength)


def shaded(table: NDArray[np.float64]) -> list[list[Cell]]:
    """Return the cells of a table of Q; its largest value has the full shade.

    Args:
        table: (methods, tasks) Q; NaN where there is none.
    """
    finite = table[np.isfinite(table)]
    largest = max(float(finite.max()), 1.0) if finite.size else 1.0
    return [[shade(float(q), largest) for q in row] for row in table]


def q_note(table: NDArray[np.float64]) -> str:
    """Return what to say about the values that the figure of Q does not reach."""
    limits = q_window(table)
    if not limits.below:
        return ""
    return (
        f"The axis stops at {number(limits.low)}. Empty triangles on its left edge "
        f"stand for values that lie further left ({limits.below} in all); the table "
        "has them."
    )


def fold_pictures(summary: Summary) -> list[Picture]:
    """Return one picture of fold scores for every task that has some."""
    place = {
        method.label: mark
        for method, mark in zip(
            summary.methods, marks(len(summary.methods)), strict=True
        )
    }
    pictures = []
    for task in summary.tasks:
        rows = []
        for method, score in summary.scores(task.name):
            values = np.asarray(score.scores, dtype=np.float64)
            rows.append(
                FoldRow(
                    label=method.label,
                    scores=values[np.isfinite(values)],
                    mean=score.mean,
                    std=score.std,
                    q=score.q,
                    mark=place[method.label],
                )
            )
        if rows:
            metric = summary.scores(task.name)[0][1].metric
            pictures.append(fold_picture(task.name, task.title, metric, rows))
    return pictures


def folds_note(evaluations: Sequence[Evaluation]) -> str:
    """Return how many folds there are, and how many of them have no score."""
    counts = {
        len(score.scores) for item in evaluations for score in item.tasks.values()
    }
    unscored = sum(
        int((~np.isfinite(np.asarray(score.scores, dtype=np.float64))).sum())
        for item in evaluations
        for score in item.tasks.values()
    )
    folds = " or ".join(str(count) for count in sorted(counts))
    sentences = [f"There are {folds} folds per task."] if counts else []
    if unscored:
        sentences.append(f"{unscored} of them have no finite score and are not drawn.")
    return " ".join(sentences)


def prediction_pictures(summary: Summary) -> list[Picture]:
    """Return one picture of true and predicted labels for every task that has some."""
    found = (_prediction_picture(summary, task) for task in summary.tasks)
    return [picture for picture in found if picture is not None]


def _prediction_picture(summary: Summary, task: TaskTitle) -> Picture | None:
    scored = summary.scores(task.name)
    panels: list[Panel] = []
    for method, _ in sorted(scored, key=lambda item: _worst_last(item[1].q)):
        known = (method.evaluation.predictions or {}).get(task.name)
        if known is not None and len(panels) < MOST_PANELS:
            panels.append(panel(method.label, known))
    if not any(item.true.size for item in panels):
        return None
    if scored[0][1].type == "classification":
        return classification_picture(task.name, task.title, panels)
    return regression_picture(task.name, task.title, task.unit, panels)


def _worst_last(q: float) -> float:
    return -q if np.isfinite(q) else np.inf


def prediction_notes(summary: Summary) -> list[str]:
    """Return how to read the predictions, and for whom there are none."""
    without = [
        method.label for method in summary.methods if not method.evaluation.predictions
    ]
    if len(without) == len(summary.methods):
        return [_NO_PREDICTIONS]
    notes = [_ABOUT_PREDICTIONS]
    if len(summary.methods) > MOST_PANELS:
        notes.append(
            f"Each task shows the {MOST_PANELS} methods with the best Q on it; the "
            "predictions of the others are in the file predictions.parquet beside "
            "their evaluation.json."
        )
    if without:
        notes.append(f"Without stored predictions: {', '.join(without)}.")
    return notes
