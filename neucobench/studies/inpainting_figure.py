"""The picture of a filled season: before, the mask, two ways to fill, the truth."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neucobench.atomic import whole_file
from neucobench.codecs.inpainting.baselines import last_clear
from neucobench.codecs.metrics import PEAK, psnr
from neucobench.data.bands import S2L1C, S2L2A
from neucobench.reports.drawing import add_axes, draw_picture
from neucobench.reports.theme import MUTED
from neucobench.reports.thumbnails import true_color, white_level

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIDE = 256  # pixels that are shown
# Inches.
_EDGE, _GAP, _ABOVE, _BELOW = 2.0, 0.12, 0.4, 0.3

Stack = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class FilledSeason:
    """Hold what is drawn.

    Attributes:
        stack: (time, band, y, x) reflectance x 10,000, with clouds.
        clouds: (time, y, x).
        filled: like the stack.
        truth: like the stack, without clouds; None: not known.
        season: which one is drawn, counted from 0.
        codec: what filled it.
    """

    stack: Stack
    clouds: NDArray[np.bool_]
    filled: Stack
    truth: Stack | None
    season: int
    codec: str


def write_figure(path: Path, shown: FilledSeason) -> Path:
    """Draw a filled season to a PNG file, and return its path.

    The part with the most clouds, in true color where the bands are those of
    Sentinel-2, else the first band. Clear pixels of the season set the stretch of all
    panels, or those of the other seasons where it has none.

    Args:
        path: the file.
        shown: what is drawn.
    """
    panels = list(_panels(shown))
    white = _white(shown)
    caption = (
        f"Season {shown.season + 1} of {len(shown.stack)}; {_bands(shown.stack)}, "
        f"white is {white:.2f} of the reflectance. "
    )
    if shown.truth is not None:
        caption += "PSNR of cloudy pixels, all bands, peak 10,000. "
    caption += "Copernicus Sentinel data."

    def draw(figure: "Figure") -> None:
        for index, (title, note, colors) in enumerate(panels):
            axes = add_axes(
                figure,
                left=_GAP + index * (_EDGE + _GAP),
                top=_ABOVE,
                width=_EDGE,
                height=_EDGE,
            )
            axes.imshow(true_color(colors, white=white), interpolation="nearest")
            axes.set_axis_off()
            place = axes.transAxes
            axes.text(0, 1.10, title, fontsize=8, weight="bold", transform=place)
            axes.text(0, 1.02, note, fontsize=7, color=MUTED, transform=place)
        figure.text(0.01, 0.02, caption, color=MUTED, fontsize=6.5, va="bottom")

    picture = draw_picture(
        "inpainting",
        f"A cloudy season, its mask, and what was filled in: {len(panels)} panels.",
        size=(_GAP + len(panels) * (_EDGE + _GAP), _ABOVE + _EDGE + _BELOW),
        draw=draw,
    )
    with whole_file(path) as hidden:
        hidden.write_bytes(picture.png)
    return path


def _panels(shown: FilledSeason) -> Iterator[tuple[str, str, NDArray[np.float64]]]:
    """Yield title, note and colors (3, y, x) of each panel."""
    window = _window(shown.clouds[shown.season])
    unusable = shown.clouds | np.isnan(shown.stack).any(axis=1)

    def cut(stack: Stack) -> NDArray[np.float64]:
        return _colors(stack[shown.season])[:, *window]

    cloudy = shown.clouds[shown.season]
    yield "before", f"{cloudy.mean():.0%} cloudy", cut(shown.stack)
    mask = np.broadcast_to(cloudy[window], (3, *cloudy[window].shape))
    # Brighter than the stretch, so that clouds are white in it.
    yield "mask", "white is filled", mask * 10.0
    simple = last_clear(shown.stack, unusable)
    yield "last clear", _note(shown, simple), cut(simple)
    yield shown.codec, _note(shown, shown.filled), cut(shown.filled)
    if shown.truth is not None:
        yield "truth", "", cut(shown.truth)


def _note(shown: FilledSeason, filling: Stack) -> str:
    if shown.truth is None:
        return ""
    pair = shown.truth[shown.season], filling[shown.season]
    known = np.isfinite(pair[0]).all(axis=0) & np.isfinite(pair[1]).all(axis=0)
    counted = (shown.clouds[shown.season] & known)[None]
    return f"{psnr(*pair, valid=counted):.2f} dB" if counted.any() else ""


def _window(clouds: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the part of a season with the most clouds."""
    sums = clouds.astype(np.int64)
    starts = []
    for axis, size in enumerate(clouds.shape):
        side = min(size, _SIDE)
        line = np.concatenate([[0], np.cumsum(sums.sum(axis=1 - axis))])
        starts.append((int((line[side:] - line[:-side]).argmax()), side))
    (top, height), (left, width) = starts
    return slice(top, top + height), slice(left, left + width)


def _white(shown: FilledSeason) -> float:
    clear = np.where(shown.clouds[:, None], np.nan, shown.stack)
    seasons = (
        [clear[shown.season], *clear]
        if shown.truth is None
        else [shown.truth[shown.season]]
    )
    for season in seasons:
        colors = _colors(season)
        if np.isfinite(colors).all(axis=0).any():
            return white_level([colors[:, np.isfinite(colors).all(axis=0)]])
    return white_level([np.ones((3, 1))])


def _colors(season: Stack) -> NDArray[np.float64]:
    """Return (3, y, x) of a season, 1 for the peak."""
    for modality in (S2L2A, S2L1C):
        if len(modality.bands) == len(season):
            chosen = [modality.bands.index(name) for name in ("B04", "B03", "B02")]
            return season[chosen].astype(np.float64) / PEAK
    return np.repeat(season[:1], 3, axis=0).astype(np.float64) / PEAK


def _bands(stack: Stack) -> str:
    known = stack.shape[1] in (len(S2L2A.bands), len(S2L1C.bands))
    return "true color (B04, B03, B02)" if known else "band 1"
