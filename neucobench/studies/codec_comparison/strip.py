"""The strip of pictures: the same part of one tile, from every codec at one rate."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neucobench.data.bands import S2L1C, S2L2A
from neucobench.reports.drawing import Picture, add_axes, draw_picture
from neucobench.reports.scales import short
from neucobench.reports.theme import MUTED
from neucobench.reports.thumbnails import true_color, white_level
from neucobench.studies.codec_comparison.comparison import Comparison
from neucobench.studies.codec_comparison.equal_rate import Shot, equal_rate_shots
from neucobench.studies.codec_comparison.points import PointStore
from neucobench.studies.codec_comparison.style import write_caption
from neucobench.studies.codec_comparison.tiles import Tile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIDE = 128  # pixels that are shown
_COLUMNS = 5
# Inches.
_EDGE, _GAP, _ABOVE, _BELOW = 1.55, 0.12, 0.36, 0.34


def strip_picture(
    comparison: Comparison,
    tile: Tile,
    store: PointStore,
    *,
    target: float | None = None,
) -> Picture:
    """Return the middle of a tile as it was, and as each codec gives it back.

    True color (B04, B03, B02) where the bands are those of Sentinel-2, else the first
    band; the first season. The original sets the stretch of all.

    Args:
        comparison: with points on the tile.
        tile: which one.
        store: keeps the points that are tried.
        target: bits per pixel, band and season; None: see ``equal_rate_shots``.
    """
    aim, shots = equal_rate_shots(comparison, tile, store, target=target)
    original = _colors(tile.pixels, comparison.peak)
    white = white_level([original])
    panels = [(("original", f"{tile.pixels.shape[1]} bands"), original)]
    panels += [(_labels(shot), _colors(shot.pixels, comparison.peak)) for shot in shots]
    rows = -(-len(panels) // _COLUMNS)
    caption = (
        f"{short(tile.name, 40)}, the middle {original.shape[-1]} pixels, nearest to "
        f"{aim:.3g} bpppc (bits per pixel, band, season); bits and dB of the whole "
        f"tile, all bands.\n{_shown(tile)}, white is {white:.2f} of the reflectance. "
        f"{comparison.caption}"
    )

    def draw(figure: "Figure") -> None:
        for index, (labels, colors) in enumerate(panels):
            _draw_panel(figure, index, labels, true_color(colors, white=white))
        write_caption(figure, caption)

    return draw_picture(
        "strip",
        f"One part of {tile.name}: the original, and {len(shots)} codecs at equal "
        "rate.",
        size=(
            _GAP + min(len(panels), _COLUMNS) * (_EDGE + _GAP),
            rows * (_EDGE + _ABOVE) + _BELOW,
        ),
        draw=draw,
    )


def _draw_panel(
    figure: "Figure",
    index: int,
    labels: Sequence[str],
    pixels: NDArray[np.uint8],
) -> None:
    row, column = divmod(index, _COLUMNS)
    axes = add_axes(
        figure,
        left=_GAP + column * (_EDGE + _GAP),
        top=_ABOVE + row * (_EDGE + _ABOVE),
        width=_EDGE,
        height=_EDGE,
    )
    axes.imshow(pixels, interpolation="nearest")
    axes.set_axis_off()
    place = axes.transAxes
    axes.text(0, 1.11, labels[0], fontsize=7.5, weight="bold", transform=place)
    axes.text(0, 1.02, labels[1], fontsize=7, color=MUTED, transform=place)


def _labels(shot: Shot) -> tuple[str, str]:
    point = shot.point
    decibel = point.quality.overall.psnr
    return short(point.codec, 22), f"{point.bpppc:.3g} bpppc, {decibel:.1f} dB"


def _shown(tile: Tile) -> str:
    return "True color (B04, B03, B02)" if _red_green_blue(tile.pixels) else "Band 1"


def _colors(stack: NDArray[np.float32], peak: float) -> NDArray[np.float64]:
    """Return (3, y, x) of the middle of the first season, 1 for the peak."""
    chosen = stack[0, _red_green_blue(stack) or [0, 0, 0]].astype(np.float64) / peak
    height, width = chosen.shape[1:]
    top, left = max((height - _SIDE) // 2, 0), max((width - _SIDE) // 2, 0)
    return chosen[:, top : top + _SIDE, left : left + _SIDE]


def _red_green_blue(stack: NDArray[np.float32]) -> list[int]:
    """Return which bands are red, green and blue; none where it is not known."""
    for modality in (S2L2A, S2L1C):
        if len(modality.bands) == stack.shape[1]:
            return [modality.bands.index(name) for name in ("B04", "B03", "B02")]
    return []
