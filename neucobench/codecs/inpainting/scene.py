"""Whole scenes: tiles with clouds are filled, all others are left alone.

Only cloudy pixels are replaced, so that clear ones stay as they are to the last bit.
With feathering, pixels within a few steps of a cloud go over into the filling.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from neucobench.codecs.container.tiling import Tiling, cut_picture
from neucobench.codecs.inpainting.mask import Mask

Stack = NDArray[np.float32]
Advance = Callable[[int, int], None]

_BATCH = 1 << 20  # pixels of all seasons of the tiles that are filled together


class Filler(Protocol):
    """Whatever fills stacks: a network, or something of one's own."""

    @property
    def smallest(self) -> int:
        """Return the least height and width in pixels."""

    def fill(self, stacks: Stack, clouds: Mask, *, whole: bool = False) -> Stack:
        """Return filled stacks, (samples, time, band, y, x)."""


@dataclass(frozen=True, kw_only=True)
class SceneOptions:
    """Say how a scene is cut, and what of it is replaced.

    Attributes:
        tile: the most pixels of a tile's side.
        overlap: the least pixels that tiles share.
        keep_clear: whether only cloudy pixels are replaced; otherwise all pixels of
            all seasons are the network's.
        feather: over how many pixels beside a cloud the filling fades out.
    """

    tile: int = 512
    overlap: int = 32
    keep_clear: bool = True
    feather: int = 0


def fill_scene(
    filler: Filler,
    stack: Stack,
    clouds: Mask,
    options: SceneOptions | None = None,
    advance: Advance | None = None,
) -> Stack:
    """Return a stack of any size without clouds, (time, band, y, x).

    Pixels without data are not shown to the filler either; where no cloud is, they are
    NaN in the result too.

    Args:
        filler: what fills the tiles.
        stack: (time, band, y, x) reflectance x 10,000, NaN where no data are.
        clouds: (time, y, x), True for cloudy pixels.
        options: how it is cut, and what is replaced.
        advance: called with how many tiles are done, and of how many.

    Raises:
        CodecError: when the overlap is more than half of a tile.
    """
    options = options or SceneOptions()
    tiling = cut_picture(
        *stack.shape[2:],
        tile=options.tile,
        overlap=options.overlap,
        smallest=filler.smallest,
        rounded=True,
    )
    unusable = clouds | np.isnan(stack).any(axis=1)
    share = replaced_share(clouds, options)
    share[unusable & ~clouds] = 0
    filling = np.zeros_like(stack)
    touched = (
        index
        for index, (rows, columns) in enumerate(tiling.windows())
        if share[:, rows, columns].any()
    )
    at_once = max(1, _BATCH // (len(stack) * tiling.y.tile * tiling.x.tile))
    for batch in _batches(touched, at_once):
        pixels, marks = _cut(stack, unusable, tiling, batch)
        filled = filler.fill(pixels, marks, whole=not options.keep_clear)
        for index, tile in zip(batch, filled, strict=True):
            _add(filling, tile, tiling, index)
        if advance:
            advance(batch[-1] + 1, len(tiling))
    if advance:
        advance(len(tiling), len(tiling))
    return compose(stack, filling, share)


def replaced_share(clouds: Mask, options: SceneOptions) -> NDArray[np.float32]:
    """Return what the filling counts in each pixel, (time, y, x), 0 to 1."""
    if not options.keep_clear:
        return np.ones(clouds.shape, np.float32)
    share = clouds.astype(np.float32)
    if options.feather:
        for season, mask in zip(share, clouds, strict=True):
            if mask.any():
                away = distance_transform_edt(~mask)
                season[...] = np.clip(1 - away / (options.feather + 1), 0, 1)
    return share


def compose(stack: Stack, filling: Stack, share: NDArray[np.float32]) -> Stack:
    """Return the filling where it counts, and the stack untouched where it does not."""
    weights = share[:, None]
    # Under a cloud there may be no number at all.
    below = np.where(weights < 1, stack, 0)
    mixed = weights * filling + (1 - weights) * below
    composed: Stack = np.where(weights > 0, mixed, stack).astype(np.float32)
    return composed


def _batches(indices: Iterator[int], size: int) -> Iterator[list[int]]:
    while batch := list(islice(indices, size)):
        yield batch


def _cut(
    stack: Stack, clouds: Mask, tiling: Tiling, batch: list[int]
) -> tuple[Stack, Mask]:
    """Return tiles of one shape; those that reach past the edge go on by reflection."""
    windows = list(tiling.windows())
    pixels, marks = [], []
    for rows, columns in (windows[index] for index in batch):
        missing = (
            tiling.y.tile - (rows.stop - rows.start),
            tiling.x.tile - (columns.stop - columns.start),
        )
        border = tuple((0, count) for count in missing)
        pixels.append(
            np.pad(stack[..., rows, columns], ((0, 0), (0, 0), *border), "symmetric")
        )
        marks.append(np.pad(clouds[:, rows, columns], ((0, 0), *border), "symmetric"))
    return np.stack(pixels), np.stack(marks)


def _add(filling: Stack, tile: Stack, tiling: Tiling, index: int) -> None:
    row, column = divmod(index, len(tiling.x))
    weights = np.outer(tiling.y.weights(row), tiling.x.weights(column))
    height, width = weights.shape
    place = (..., tiling.y.span(row), tiling.x.span(column))
    filling[place] += tile[..., :height, :width] * weights
