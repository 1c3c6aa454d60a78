"""Figures of scores: Q per task and method, and the folds behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from neucobench.evaluation.folder import safe_name
from neucobench.reports.drawing import Picture, add_axes, draw_picture
from neucobench.reports.scales import Window, number, short, window
from neucobench.reports.theme import GRID, INK, MUTED, Mark, marks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

METRIC_NAMES = {"r2": "R²", "f1": "F1"}

_LEGEND_COLUMNS = 4
_LEAST_SCORE = 0.2
_LEAST_Q = 5.0


@dataclass(frozen=True, kw_only=True)
class FoldRow:
    """Hold the fold scores of one method on one task.

    Attributes:
        label: the method's name.
        scores: (folds,) the metric, without values that are not finite.
        mean: mean over folds.
        std: standard deviation over folds.
        q: the quality score.
        mark: how the method is drawn.
    """

    label: str
    scores: NDArray[np.float64]
    mean: float
    std: float
    q: float
    mark: Mark


def q_window(values: NDArray[np.float64]) -> Window:
    """Return the window of a Q axis.

    Args:
        values: (methods, tasks) Q; NaN where there is none.
    """
    return window(values.ravel(), least=_LEAST_Q)


def q_picture(
    values: NDArray[np.float64], *, methods: Sequence[str], tasks: Sequence[str]
) -> Picture:
    """Return a dot plot: one row per task, one dot per method.

    Args:
        values: (methods, tasks) Q, methods from best to worst; NaN where there is none.
        methods: their labels.
        tasks: the tasks' titles.
    """
    limits = q_window(values)
    legend = 0.19 * -(-_named(len(methods)) // _LEGEND_COLUMNS) + 0.12
    height = len(tasks) * (0.15 + 0.026 * max(len(methods), 4))

    def draw(figure: "Figure") -> None:
        axes = add_axes(figure, left=1.75, top=legend, width=6.7, height=height)
        _draw_q_rows(axes, values, limits, methods)
        axes.set_yticks(range(len(tasks)), [short(task) for task in tasks])
        axes.set_ylim(len(tasks) - 0.5, -0.5)
        axes.set_xlim(limits.low, limits.high)
        axes.set_xlabel("Q, quality score (no unit; 100 is the maximum)")
        figure.legend(loc="upper left", ncols=_LEGEND_COLUMNS, handletextpad=0.2)

    return draw_picture(
        "q",
        f"Dot plot of Q for {len(methods)} methods on {len(tasks)} tasks.",
        size=(8.6, legend + height + 0.5),
        draw=draw,
    )


def _named(methods: int) -> int:
    own = sum(mark.named for mark in marks(methods))
    return own + (own < methods)


def _draw_q_rows(
    axes: "Axes", values: NDArray[np.float64], limits: Window, methods: Sequence[str]
) -> None:
    """Draw every method in a lane of its own inside each row, the best on top."""
    rows = np.arange(values.shape[1])
    lanes = np.linspace(-0.32, 0.32, len(methods)) if len(methods) > 1 else [0.0]
    axes.hlines(rows[:-1] + 0.5, limits.low, limits.high, color=GRID, linewidth=0.6)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    axes.grid(axis="x")
    others_named = False
    for method, mark, lane, q in zip(
        methods, marks(len(methods)), lanes, values, strict=True
    ):
        inside = q >= limits.low
        # matplotlib keeps a label that starts with an underscore out of the legend.
        name = "\N{ZERO WIDTH SPACE}" * method.startswith("_") + short(method)
        label = name if mark.named else None if others_named else "others"
        others_named |= not mark.named
        axes.plot(
            q[inside],
            rows[inside] + lane,
            linestyle="none",
            marker=mark.marker,
            markersize=5.2 if mark.named else 3.2,
            markerfacecolor=mark.color,
            markeredgewidth=0,
            label=label,
            zorder=3 if mark.named else 2,
        )
        for row in rows[q < limits.low]:
            _mark_outside(axes, limits.low, row + lane, mark)


def _mark_outside(axes: "Axes", x: float, y: float, mark: Mark) -> None:
    """Draw an empty triangle on the left edge: something lies further left."""
    axes.plot(
        x,
        y,
        marker="<",
        markersize=5,
        markerfacecolor="none",
        markeredgecolor=mark.color,
        clip_on=False,
        zorder=4,
    )


def fold_picture(
    task: str, title: str, metric: Literal["r2", "f1"], rows: Sequence[FoldRow]
) -> Picture:
    """Return the folds of one task: a row per method.

    A tick is a fold, the dot their mean, the bar one standard deviation to both sides;
    Q stands at the right.

    Args:
        task: the task's name.
        title: its title.
        metric: what the scores are.
        rows: the methods, best first.
    """
    name = METRIC_NAMES[metric]
    height = 0.23 * max(len(rows), 2)

    def draw(figure: "Figure") -> None:
        axes = add_axes(figure, left=1.32, top=0.36, width=1.83, height=height)
        every = [value for row in rows for value in (*row.scores, row.mean)]
        limits = window(every, least=_LEAST_SCORE)
        for index, row in enumerate(rows):
            _draw_folds(axes, index, row, limits)
        figure.text(0.01, 1, short(title, 40), va="top", fontsize=9, weight="bold")
        axes.set_yticks(range(len(rows)), [short(row.label, 18) for row in rows])
        axes.set_ylim(len(rows) - 0.45, -0.55)
        axes.set_xlim(limits.low, limits.high)
        axes.locator_params(axis="x", nbins=5)
        axes.set_xlabel(f"{name} of a fold (no unit)")
        axes.grid(axis="x")
        _write_q(axes, rows)

    return draw_picture(
        f"folds-{safe_name(task)}",
        f"{name} of every fold of {title}, for {len(rows)} methods.",
        size=(3.65, height + 0.82),
        draw=draw,
    )


def _draw_folds(axes: "Axes", index: int, row: FoldRow, limits: Window) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    inside = row.scores[row.scores >= limits.low]
    if inside.size:
        # One compound path: 200 folds of 20 methods stay a small file.
        ends = np.array([index - 0.3, index + 0.3])
        points = np.stack([np.repeat(inside, 2), np.tile(ends, inside.size)], axis=1)
        codes = np.tile([Path.MOVETO, Path.LINETO], inside.size)
        ticks = Path(points, codes.astype(np.uint8))
        axes.add_patch(
            PathPatch(ticks, edgecolor=row.mark.color, linewidth=0.8, alpha=0.45)
        )
    if inside.size < row.scores.size:
        _mark_outside(axes, limits.low, index, row.mark)
    if not row.mean >= limits.low:
        return
    left, right = limits.clip(row.mean - row.std), row.mean + row.std
    axes.plot([left, right], [index, index], color=INK, linewidth=1.1)
    axes.plot(
        row.mean,
        index,
        marker=row.mark.marker,
        markersize=5,
        markerfacecolor=row.mark.color,
        markeredgecolor=INK,
        markeredgewidth=0.7,
    )


def _write_q(axes: "Axes", rows: Sequence[FoldRow]) -> None:
    place = axes.get_yaxis_transform()
    axes.text(1.05, -0.62, "Q", transform=place, color=MUTED, va="bottom", fontsize=7.5)
    for index, row in enumerate(rows):
        text = number(row.q)
        axes.text(1.05, index, text, transform=place, va="center", fontsize=7.5)
