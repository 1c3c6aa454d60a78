"""Figures of a comparison: quality over bits, overall and per band, and seconds."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from neucobench.codecs.card import codec_card
from neucobench.codecs.metrics import Quality
from neucobench.data.bands import S2L1C, S2L2A
from neucobench.reports.drawing import Picture, draw_picture
from neucobench.studies.codec_comparison.comparison import Comparison
from neucobench.studies.codec_comparison.curves import MeanPoint
from neucobench.studies.codec_comparison.style import (
    Stroke,
    draw_legend,
    legend_height,
    log_axis,
    place_axes,
    strokes,
    write_caption,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BITS = "bits per pixel, band and season (log scale)"
# Inches.
_WIDTH, _HEIGHT, _LEFT, _BELOW, _GAP = 6.6, 3.6, 0.75, 0.72, 0.22
_PANEL, _COLUMNS, _PANEL_TITLE = 1.62, 4, 0.24


def comparison_pictures(comparison: Comparison) -> list[Picture]:
    """Return all figures but the strip of pictures."""
    return [
        quality_picture(comparison, "psnr", "PSNR", "dB"),
        quality_picture(comparison, "ssim", "SSIM", "no unit; 1 is equal"),
        quality_picture(comparison, "ms_ssim", "MS-SSIM", "no unit; 1 is equal"),
        quality_picture(comparison, "sam", "spectral angle", "degrees; 0 is equal"),
        band_picture(comparison),
        seconds_picture(comparison),
    ]


def quality_picture(
    comparison: Comparison, measure: str, title: str, unit: str
) -> Picture:
    """Return one measure over bits, a line for each codec, means over the tiles.

    Args:
        comparison: what to draw.
        measure: a field of ``Quality``.
        title: what it is called.
        unit: its unit.
    """
    top = legend_height(comparison.codecs)

    def draw(figure: "Figure") -> None:
        draw_legend(figure, _strokes(comparison))
        axes = place_axes(figure, left=_LEFT, top=top, width=_WIDTH, height=_HEIGHT)
        _draw_curves(
            axes, comparison, lambda point: float(getattr(point.quality, measure))
        )
        axes.set_xlabel(_BITS)
        axes.set_ylabel(f"{title} ({unit})")
        write_caption(figure, comparison.caption)

    return draw_picture(
        measure,
        f"{title} over bits per pixel, band and season for {_all(comparison)}.",
        size=(_LEFT + _WIDTH + _GAP, top + _HEIGHT + _BELOW),
        draw=draw,
    )


def band_picture(comparison: Comparison) -> Picture:
    """Return the PSNR of every band over the bits of all bands, a panel each."""
    names = band_names(comparison.tiles[0].shape[1])
    rows = -(-len(names) // _COLUMNS)
    top = legend_height(comparison.codecs)
    pitch = _PANEL + _PANEL_TITLE + 0.2

    def draw(figure: "Figure") -> None:
        draw_legend(figure, _strokes(comparison))
        for index, name in enumerate(names):
            row, column = divmod(index, _COLUMNS)
            axes = place_axes(
                figure,
                left=0.5 + column * (_PANEL + 0.42),
                top=top + _PANEL_TITLE + row * pitch,
                width=_PANEL,
                height=_PANEL,
            )
            _draw_curves(axes, comparison, _psnr_of_band(index), narrow=True)
            axes.set_title(name, fontsize=8, fontweight="normal")
            _label_outer(axes, row=row, rows=rows, column=column)
        write_caption(figure, comparison.caption)

    return draw_picture(
        "bands",
        f"PSNR of each of {len(names)} bands over bits for {_all(comparison)}.",
        size=(0.4 + _COLUMNS * (_PANEL + 0.42), top + rows * pitch + 0.62),
        draw=draw,
    )


def seconds_picture(comparison: Comparison) -> Picture:
    """Return encode and decode seconds of a tile, a row for each codec.

    A mark is one rate; the line spans all of them.
    """
    names = comparison.codecs
    height = 0.24 * max(len(names), 2)

    def draw(figure: "Figure") -> None:
        for column, what in enumerate(("encode", "decode")):
            axes = place_axes(
                figure,
                left=1.6 + column * 3.05,
                top=0.3,
                width=2.85,
                height=height,
            )
            _draw_seconds(axes, comparison, f"{what}_seconds")
            labels = names if column == 0 else [""] * len(names)
            axes.set_yticks(range(len(names)), labels)
            axes.set_title(what, fontsize=8)
            axes.set_xlabel("seconds per tile (log scale)")
        write_caption(figure, f"{comparison.caption} {_busy(comparison)}")

    return draw_picture(
        "seconds",
        f"Seconds to encode and to decode a tile for {_all(comparison)}.",
        size=(7.6, height + 1.05),
        draw=draw,
    )


def band_names(count: int) -> list[str]:
    """Return the names of the bands of Sentinel-2 products, else their numbers."""
    for modality in (S2L2A, S2L1C):
        if len(modality.bands) == count:
            return list(modality.bands)
    return [f"band {number}" for number in range(1, count + 1)]


def _draw_curves(
    axes: "Axes",
    comparison: Comparison,
    value: Callable[[MeanPoint], float],
    *,
    narrow: bool = False,
) -> None:
    for codec, stroke in _strokes(comparison).items():
        points = [point for point in comparison.means if point.codec == codec]
        points.sort(key=lambda point: point.bpppc)
        heights = np.array([value(point) for point in points])
        bits = np.array([point.bpppc for point in points])
        drawn = np.isfinite(heights)
        axes.plot(bits[drawn], heights[drawn], **stroke.as_options())
    log_axis(axes, narrow=narrow)


def _strokes(comparison: Comparison) -> dict[str, Stroke]:
    learned = [
        name for name in comparison.codecs if codec_card(name).family == "learned"
    ]
    return strokes(comparison.codecs, heavy=learned)


def _psnr_of_band(index: int) -> Callable[[MeanPoint], float]:
    def psnr(point: MeanPoint) -> float:
        band: Quality = point.bands[index]
        return band.psnr

    return psnr


def _label_outer(axes: "Axes", *, row: int, rows: int, column: int) -> None:
    if row == rows - 1:
        axes.set_xlabel("bits per pixel, band, season", fontsize=7)
    if column == 0:
        axes.set_ylabel("PSNR (dB)", fontsize=7)


def _draw_seconds(axes: "Axes", comparison: Comparison, field: str) -> None:
    for row, stroke in enumerate(_strokes(comparison).values()):
        seconds = [
            getattr(point, field)
            for point in comparison.means
            if point.codec == stroke.codec
        ]
        options = {**stroke.as_options(), "linestyle": "-"}
        axes.plot(seconds, [row] * len(seconds), **options)
    log_axis(axes)
    axes.set_ylim(len(comparison.codecs) - 0.5, -0.5)


def _busy(comparison: Comparison) -> str:
    workers = comparison.workers
    return f"{workers} setting{'s' * (workers != 1)} measured at a time."


def _all(comparison: Comparison) -> str:
    return ", ".join(comparison.codecs)
