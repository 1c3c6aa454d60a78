"""Figures of a study: quality and scores over bits, and scores over bytes.

Axes of Q begin at 0, or at the lowest value where one is below: what a rate costs is
seen beside what there is to lose.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neucobench.reports.drawing import Picture, draw_picture
from neucobench.reports.scales import short
from neucobench.reports.summary import task_title
from neucobench.reports.theme import MUTED
from neucobench.studies.codec_comparison.style import place_axes
from neucobench.studies.utility.marks import (
    REFERENCE,
    Series,
    draw_labels,
    labels_height,
    log_axis,
    rate_series,
    storage_series,
    write_notes,
)
from neucobench.studies.utility.point import UtilityPoint
from neucobench.studies.utility.study import UtilityStudy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BITS = "bits per cube (log scale)"
_Q = "mean Q (no unit; 100 is the maximum)"
# Inches.
_LEFT, _BELOW, _UPPER_AXIS = 0.62, 0.86, 0.42
_WIDTH, _HEIGHT, _GAP = 3.3, 2.7, 0.72
_PANEL, _COLUMNS = 1.5, 4

Height = Callable[[UtilityPoint], float]


def study_pictures(study: UtilityStudy) -> list[Picture]:
    """Return all figures of a study."""
    return [rate_picture(study), task_picture(study), storage_picture(study)]


def rate_picture(study: UtilityStudy) -> Picture:
    """Return PSNR over bits, and beside it mean Q over the same bits."""
    series = rate_series(study)
    top = labels_height(series) + _UPPER_AXIS

    def draw(figure: "Figure") -> None:
        draw_labels(figure, series, reference=_originals(study))
        left, right = (
            place_axes(
                figure,
                left=_LEFT + column * (_WIDTH + _GAP),
                top=top,
                width=_WIDTH,
                height=_HEIGHT,
            )
            for column in range(2)
        )
        decoded = [item for item in series if item.input == "decoded"]
        _draw_lines(left, decoded, lambda point: point.coding.psnr)
        left.set_ylabel(f"PSNR (dB, peak {study.request.peak:,.0f})")
        _draw_lines(right, series, _mean_q)
        right.axhline(_mean_q(study.points[0]), **REFERENCE, zorder=1)
        right.set_ylabel(_Q)
        _include_zero(right)
        for axes in (left, right):
            log_axis(axes)
            axes.set_xlabel(_BITS)
            _add_bpppc(axes, study)
        write_notes(figure, study)

    codecs = ", ".join(dict.fromkeys(item.codec for item in series))
    return draw_picture(
        "rate",
        f"PSNR and mean Q over bits per cube for {codecs}.",
        size=(_LEFT + 2 * _WIDTH + _GAP + 0.2, top + _HEIGHT + _BELOW),
        draw=draw,
    )


def task_picture(study: UtilityStudy) -> Picture:
    """Return Q of each task over bits, a panel for each."""
    series = rate_series(study)
    rows = -(-len(study.tasks) // _COLUMNS)
    pitch, top = _PANEL + 0.52, labels_height(series) + 0.25

    def draw(figure: "Figure") -> None:
        draw_labels(figure, series, reference=_originals(study))
        for index, task in enumerate(study.tasks):
            row, column = divmod(index, _COLUMNS)
            axes = place_axes(
                figure,
                left=0.5 + column * (_PANEL + 0.45),
                top=top + row * pitch,
                width=_PANEL,
                height=_PANEL,
            )
            q = _q_of(task)
            _draw_lines(axes, series, q)
            axes.axhline(q(study.points[0]), **REFERENCE, zorder=1)
            _include_zero(axes)
            log_axis(axes, small=True)
            axes.set_title(short(task_title(task).title), fontsize=8)
            axes.locator_params(axis="y", nbins=5)
            if column == 0:
                axes.set_ylabel("Q")
            if index + _COLUMNS >= len(study.tasks):
                axes.set_xlabel("bits per cube (log)")
        write_notes(figure, study)

    return draw_picture(
        "tasks",
        f"Q over bits per cube for each of {len(study.tasks)} tasks.",
        size=(0.4 + _COLUMNS * (_PANEL + 0.45), top + rows * pitch + 0.42),
        draw=draw,
    )


def storage_picture(study: UtilityStudy) -> Picture:
    """Return mean Q over the bytes that are kept, a line for each storage.

    Beside the embeddings stand the coded cubes, from which the same encoder can make
    its vectors later: what is it worth to keep them instead?
    """
    series = storage_series(study)
    stored = [item for item in series if not item.codec]
    top = labels_height(series) + 0.1

    def draw(figure: "Figure") -> None:
        draw_labels(figure, series, reference="float32, not reduced")
        axes = place_axes(figure, left=_LEFT, top=top, width=2 * _WIDTH, height=_HEIGHT)
        axes.axhline(_mean_q(study.points[0]), **REFERENCE, zorder=1)
        _draw_storages(axes, stored, study.points[0].dims)
        coded = [item for item in series if item.codec]
        _draw_lines(axes, coded, _mean_q, scale=1 / 8)
        _include_zero(axes)
        log_axis(axes)
        axes.set_xlabel(
            "bytes kept per cube: its embedding, or its stream (log scale); numbers: "
            "dimensions"
        )
        axes.set_ylabel(_Q)
        write_notes(figure, study, stored=True)

    return draw_picture(
        "embedding-bytes",
        f"Mean Q over bytes per embedding for {len(stored)} kinds of storage.",
        size=(_LEFT + 2 * _WIDTH + 0.3, top + _HEIGHT + 0.82),
        draw=draw,
    )


def _originals(study: UtilityStudy) -> str:
    return f"{study.reader.name} of the original cubes"


def _mean_q(point: UtilityPoint) -> float:
    return point.evaluation.mean_q


def _q_of(task: str) -> Height:
    def q(point: UtilityPoint) -> float:
        score = point.evaluation.tasks.get(task)
        return score.q if score else float("nan")

    return q


def _draw_lines(
    axes: "Axes", series: Sequence[Series], height: Height, *, scale: float = 1.0
) -> None:
    """Draw a height over the bits of the cubes, times a scale."""
    for item in series:
        places = np.array(
            [(scale * point.coding.bits, height(point)) for point in item.points]
        )
        places = places[np.isfinite(places).all(axis=1)]
        places = places[np.argsort(places[:, 0], kind="stable")]
        axes.plot(*places.T, **item.as_options())


def _draw_storages(axes: "Axes", series: Sequence[Series], whole: int) -> None:
    """Draw a line for each storage through what was reduced, and the rest beside it."""
    for item in series:
        reduced = [point for point in item.points if point.dims != whole]
        kept = [point for point in item.points if point.dims == whole]
        for points, empty in ((reduced, False), (kept, True)):
            places = [(point.bytes, _mean_q(point)) for point in points]
            options = item.as_options()
            if empty:
                options |= {"markerfacecolor": "none", "markeredgewidth": 1.1}
            axes.plot(*np.array(places).reshape(-1, 2).T, **options)
    for point in series[0].points:
        axes.annotate(
            str(point.dims),
            (point.bytes, _mean_q(point)),
            xytext=(0, -10),
            textcoords="offset points",
            ha="center",
            color=MUTED,
            fontsize=6.5,
        )


def _include_zero(axes: "Axes") -> None:
    low, high = axes.get_ylim()
    if low > 0:
        axes.set_ylim(0, high * 1.06)
    elif high < 0:
        axes.set_ylim(low, 0)
    axes.axhline(0, color=MUTED, linewidth=0.7, zorder=1)


def _add_bpppc(axes: "Axes", study: UtilityStudy) -> None:
    """Write bits per pixel, band and season along the upper edge."""
    coding = study.points[0].coding
    values = coding.bits / coding.bpppc

    def to_bpppc(bits: NDArray[np.float64]) -> NDArray[np.float64]:
        return bits / values

    def to_bits(bpppc: NDArray[np.float64]) -> NDArray[np.float64]:
        return bpppc * values

    upper = axes.secondary_xaxis("top", functions=(to_bpppc, to_bits))  # type: ignore[arg-type]
    upper.set_xlabel("bits per pixel, band and season", fontsize=7)
    upper.tick_params(labelsize=7)
    log_axis(upper)
