"""Blend decoded tiles, and give out rows as soon as no further tile touches them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.container.header import Header
from neucobench.codecs.files.tile_decoding import DecodedTile
from neucobench.codecs.pixels.gaps import Gaps

_UNSURE = 1e-4  # of a pixel's weights; less than that is rounding


@dataclass(frozen=True, kw_only=True)
class Strip:
    """Hold rows that no further tile touches.

    Attributes:
        top: the first of them.
        stack: (time, band, y, x) reflectance x 10,000 over the full width.
        gaps: where no data are.
    """

    top: int
    stack: NDArray[np.float32]
    gaps: Gaps


def blend_tiles(header: Header, tiles: Iterable[DecodedTile]) -> Iterator[Strip]:
    """Yield the picture from top to bottom.

    A frame that a tile has lost counts nothing there: where tiles overlap, the others
    make up for it.

    Args:
        header: of the container.
        tiles: all of them, in their order.
    """
    tiling, (time, bands, _, width) = header.tiling, header.picture.shape
    sums = np.zeros((time, bands, tiling.y.tile, width), np.float32)
    lacking = np.zeros((time, 1, tiling.y.tile, width), np.float32)
    cores: list[Gaps] = []
    for index, tile in enumerate(tiles):
        row, column = divmod(index, len(tiling.x))
        cores.append(tile.gaps)
        weights = np.outer(tiling.y.weights(row), tiling.x.weights(column))
        span = (slice(weights.shape[0]), tiling.x.span(column))
        if tile.pixels is not None:
            for frame in set(range(time)).difference(tile.lost):
                sums[frame, :, *span] += _inside(tile.pixels[frame], weights)
        for frame in tile.lost:
            lacking[frame, :, *span] += weights
        if column + 1 == len(tiling.x):
            core = tiling.y.core(row)
            done = core.stop - core.start
            stack = _made_up(sums[:, :, :done], lacking[:, :, :done])
            yield Strip(top=core.start, stack=stack, gaps=_beside(cores))
            cores = []
            _advance(sums, done)
            if lacking.any():
                _advance(lacking, done)


def _inside(
    pixels: NDArray[np.float32], weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return (band, y, x) weighted, as far as it lies in the picture."""
    height, width = weights.shape
    inside: NDArray[np.float32] = pixels[:, :height, :width] * weights
    return inside


def _made_up(
    sums: NDArray[np.float32], lacking: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the blend, raised where some of a pixel's weight is lacking."""
    if not lacking.any():
        return sums
    share = 1 - lacking
    share[(lacking < _UNSURE) | (share < _UNSURE)] = 1
    made_up: NDArray[np.float32] = sums / share
    return made_up


def _advance(rows: NDArray[np.float32], done: int) -> None:
    """Move rows up in place, and clear those behind."""
    rest = rows.shape[2] - done
    rows[:, :, :rest] = rows[:, :, done:].copy()
    rows[:, :, rest:] = 0


def _beside(cores: list[Gaps]) -> Gaps:
    return Gaps(
        value=_joined([gaps.value for gaps in cores]),
        nan=_joined([gaps.nan for gaps in cores]),
    )


def _joined(masks: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Return masks side by side; without memory of its own where nothing is set."""
    if any(mask.any() for mask in masks):
        return np.concatenate(masks, axis=3)
    width = sum(mask.shape[3] for mask in masks)
    return np.broadcast_to(np.False_, (*masks[0].shape[:3], width))
