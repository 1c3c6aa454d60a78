"""Figures of true against predicted labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neucobench.evaluation.folder import safe_name
from neucobench.evaluation.result import Predictions
from neucobench.reports.drawing import Picture, add_axes, draw_picture
from neucobench.reports.scales import short
from neucobench.reports.theme import ACCENT, CONTRAST, GRID, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 8

_COLUMNS = 4
# Inches.
_TITLE, _LEFT, _ABOVE, _BELOW, _GAP = 0.2, 0.6, 0.38, 0.45, 0.15
_WIDTH = _SQUARE = 2.1
_FLAT = 1.35
_TITLE_PAD = 14  # points
_CELLS = 44
_DENSE = 600
_NEAREST_LOGIT, _FARTHEST_LOGIT = 0.1, 12.0


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Name one method and hold its predictions, rows without one left out."""

    label: str
    true: NDArray[np.float64]
    predicted: NDArray[np.float64]


def panel(label: str, predictions: Predictions) -> Panel:
    """Return the rows of a task that were held out at least once."""
    known = np.isfinite(predictions.predicted) & np.isfinite(predictions.true)
    return Panel(
        label=label,
        true=predictions.true[known],
        predicted=predictions.predicted[known],
    )


def regression_picture(
    task: str, title: str, unit: str, panels: Sequence[Panel]
) -> Picture:
    """Return true against predicted values, one panel per method on the same axes.

    Few rows are dots, many a density. Predictions beyond the axes lie on their edge,
    and the panel says how many.

    Args:
        task: the task's name.
        title: its title.
        unit: the unit of its labels.
        panels: the methods; at least one row in all.
    """
    true = np.concatenate([item.true for item in panels])
    low, high = float(true.min()), float(true.max())
    margin = 0.08 * (high - low) or 1.0
    limits = (low - margin, high + margin)

    def draw(figure: "Figure") -> None:
        for axes, item in _grid(figure, title, panels, height=_SQUARE):
            _draw_pairs(axes, item, limits)
            axes.set_xlabel(f"true ({unit})")
            axes.set_ylabel(f"predicted ({unit})")

    return draw_picture(
        f"predictions-{safe_name(task)}",
        f"True against predicted values of {title}, for {len(panels)} methods.",
        size=_size(len(panels), _SQUARE),
        draw=draw,
    )


def classification_picture(task: str, title: str, panels: Sequence[Panel]) -> Picture:
    """Return the distribution of logits of both classes, one panel per method.

    Args:
        task: the task's name.
        title: its title.
        panels: the methods; at least one row in all.
    """
    reach = max(_reach(item) for item in panels)
    edges = np.linspace(-1, 1, 41) * min(reach, _FARTHEST_LOGIT)

    def draw(figure: "Figure") -> None:
        for axes, item in _grid(figure, title, panels, height=_FLAT):
            _draw_classes(axes, item, edges)
            axes.set_xlabel("logit (no unit)")
            axes.set_ylabel("cubes")

    return draw_picture(
        f"predictions-{safe_name(task)}",
        f"Logits of both classes of {title}, for {len(panels)} methods.",
        size=_size(len(panels), _FLAT),
        draw=draw,
    )


def _size(panels: int, height: float) -> tuple[float, float]:
    rows = -(-panels // _COLUMNS)
    across = min(panels, _COLUMNS) * (_WIDTH + _LEFT + _GAP)
    return across, _TITLE + rows * (height + _ABOVE + _BELOW)


def _grid(
    figure: "Figure", title: str, panels: Sequence[Panel], *, height: float
) -> list[tuple["Axes", Panel]]:
    """Return axes of equal size for all panels, below the title of the task."""
    figure.text(0.005, 1, title, va="top", fontsize=9, weight="bold")
    grid = []
    for index, item in enumerate(panels):
        row, column = divmod(index, _COLUMNS)
        axes = add_axes(
            figure,
            left=_LEFT + column * (_WIDTH + _LEFT + _GAP),
            top=_TITLE + _ABOVE + row * (height + _ABOVE + _BELOW),
            width=_WIDTH,
            height=height,
        )
        label = short(item.label)
        axes.set_title(label, fontsize=8, fontweight="normal", pad=_TITLE_PAD)
        grid.append((axes, item))
    return grid


def _draw_pairs(axes: "Axes", item: Panel, limits: tuple[float, float]) -> None:
    from matplotlib.colors import LinearSegmentedColormap, LogNorm

    low, high = limits
    axes.plot(limits, limits, color=MUTED, linewidth=0.8)
    inside = np.clip(item.predicted, low, high)
    if len(item.true) <= _DENSE:
        axes.scatter(
            item.true,
            inside,
            s=5,
            color=ACCENT,
            alpha=0.5,
            linewidth=0,
            rasterized=True,
        )
    else:
        counts, _, _ = np.histogram2d(
            item.true, inside, bins=_CELLS, range=[limits, limits]
        )
        # Fades to transparent instead of white, so that it suits a dark page.
        fade = LinearSegmentedColormap.from_list("fade", [f"{ACCENT}30", f"{ACCENT}ff"])
        axes.imshow(
            np.where(counts.T > 0, counts.T, np.nan),
            origin="lower",
            extent=(low, high, low, high),
            cmap=fade,
            norm=LogNorm(vmin=1, vmax=max(counts.max(), 2)),
            interpolation="none",
            aspect="auto",
        )
    axes.set(xlim=limits, ylim=limits, aspect="auto")
    axes.locator_params(nbins=5)
    axes.grid(color=GRID)
    beyond = int(((item.predicted < low) | (item.predicted > high)).sum())
    _note(axes, f"n = {len(item.true)}" + (f", {beyond} at the edge" if beyond else ""))


def _reach(item: Panel) -> float:
    """Return how far from zero nearly all logits of a method lie."""
    if not item.predicted.size:
        return _NEAREST_LOGIT
    return max(float(np.quantile(np.abs(item.predicted), 0.995)), _NEAREST_LOGIT)


def _draw_classes(axes: "Axes", item: Panel, edges: NDArray[np.float64]) -> None:
    inside = np.clip(item.predicted, edges[0], edges[-1])
    groups = (
        (item.true == 0, "class 0", ACCENT),
        (item.true != 0, "class 1", CONTRAST),
    )
    for chosen, name, color in groups:
        axes.hist(
            inside[chosen],
            bins=edges.tolist(),
            histtype="stepfilled",
            facecolor=f"{color}48",
            edgecolor=color,
            linewidth=0.9,
            label=name,
        )
    counts = " and ".join(str(int(chosen.sum())) for chosen, _, _ in groups)
    _note(axes, f"n = {counts}")
    axes.axvline(0, ymax=0.8, color=MUTED, linewidth=0.8)
    axes.set_xlim(edges[0], edges[-1])
    axes.margins(y=0.25)
    axes.grid(axis="y")
    axes.legend(loc="upper left", ncols=2, handlelength=1, columnspacing=1)


def _note(axes: "Axes", text: str) -> None:
    """Write how many cubes a panel shows, between its title and its axes."""
    place = axes.transAxes
    axes.text(0, 1.02, text, color=MUTED, va="bottom", fontsize=7, transform=place)
