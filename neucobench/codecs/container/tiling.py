r"""Cut a picture into overlapping tiles of one shape, and blend them again.

::

    one axis    |------ tile 0 ------|
                              |------ tile 1 ------|
    cores       |---- 0 -----|------- 1 -----------|
    weights     ‾‾‾‾‾‾‾‾‾‾‾‾‾‾\____
                ______________/‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾

Where two tiles overlap, the weight of one falls linearly as that of the other rises,
and the weights of all tiles add up to one everywhere.

Tiles begin at multiples of 16 pixels, the step of the learned transforms: away from
their ends, two tiles that share a place have the same latents there, and decode to the
same pixels. The last tile may reach past the end of the picture.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

from neucobench.errors import CodecError

TILE = 1024
LEARNED_TILE = 512  # networks take more memory for a pixel
OVERLAP = 32
STEP = 16


@dataclass(frozen=True, kw_only=True)
class Axis:
    """Say how one axis is cut into tiles.

    Attributes:
        size: pixels of the picture.
        tile: pixels of each tile.
        starts: the first pixel of each tile, ascending; each tile begins before the
            one in front of it ends, and the last ends where the picture does, or past
            it.
    """

    size: int
    tile: int
    starts: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def covers(self) -> bool:
        """Tell whether the tiles cover the axis, in order and without a gap."""
        starts = self.starts
        return (
            bool(starts)
            and starts[0] == 0
            and starts[-1] < self.size <= starts[-1] + self.tile
            and all(
                0 < after - before <= self.tile for before, after in pairwise(starts)
            )
        )

    def span(self, index: int) -> slice:
        """Return the pixels of a tile that lie in the picture."""
        start = self.starts[index]
        return slice(start, min(start + self.tile, self.size))

    def core(self, index: int) -> slice:
        """Return the pixels that belong to this tile and to no other."""
        last = index + 1 == len(self.starts)
        return slice(self.starts[index], self.size if last else self.starts[index + 1])

    def weights(self, index: int) -> NDArray[np.float32]:
        """Return what each pixel of a tile's span counts in the blend, (pixels,)."""
        span = self.span(index)
        pixels = np.arange(span.start, span.stop) + 0.5
        tents = np.stack(
            [
                np.minimum(pixels - start, start + self.tile - pixels).clip(min=0)
                for start in self.starts
            ]
        )
        shares: NDArray[np.float32] = (tents[index] / tents.sum(0)).astype(np.float32)
        return shares


@dataclass(frozen=True, kw_only=True)
class Tiling:
    """Say how a picture is cut; tiles are counted along the rows.

    Attributes:
        y: the cuts from top to bottom.
        x: the cuts from left to right.
    """

    y: Axis
    x: Axis

    def __len__(self) -> int:
        return len(self.y) * len(self.x)

    def windows(self) -> Iterator[tuple[slice, slice]]:
        """Go through the rows and columns of each tile."""
        for row in range(len(self.y)):
            for column in range(len(self.x)):
                yield self.y.span(row), self.x.span(column)

    def own(self, index: int) -> tuple[slice, slice]:
        """Return the core of a tile, counted from the tile's first pixel."""
        row, column = divmod(index, len(self.x))
        return _within(self.y, row), _within(self.x, column)


def cut_picture(
    height: int,
    width: int,
    *,
    tile: int,
    overlap: int,
    smallest: int = 1,
    rounded: bool = False,
) -> Tiling:
    """Return tiles of one shape that cover a picture.

    There are as few as ``tile`` allows. They are then made as small as the overlap
    allows, and spread evenly; all in steps of 16 pixels. An axis that is no longer
    than ``tile`` is left in one piece.

    Args:
        height: rows of the picture.
        width: columns of the picture.
        tile: the most pixels of a tile along each axis.
        overlap: the least pixels that neighbors share.
        smallest: the least pixels of a tile that is not as large as the picture.
        rounded: whether an axis in one piece, too, reaches to a multiple of 16. A
            learned transform adds the missing rows in any case, as zeros, and then
            codes the edge of the picture badly.

    Raises:
        CodecError: when the overlap is more than half of a tile.
    """
    most = tile // STEP // 2 * STEP
    if not 0 <= overlap <= most:
        raise CodecError(
            f"tiles of {tile} pixels cannot overlap by {overlap}; tiles and overlaps "
            f"are multiples of {STEP}, and an overlap is at most half a tile, so give "
            f"--overlap {most} or less, or a larger --tile"
        )
    rows, columns = (
        _whole(size, rounded) if size <= tile else _cut(size, tile, overlap, smallest)
        for size in (height, width)
    )
    return Tiling(y=rows, x=columns)


def _whole(size: int, rounded: bool) -> Axis:
    tile = ceil(size / STEP) * STEP if rounded else size
    return Axis(size=size, tile=tile, starts=(0,))


def _cut(size: int, most: int, overlap: int, smallest: int) -> Axis:
    # From here on in steps.
    length, shared, least = (
        ceil(pixels / STEP) for pixels in (size, overlap, smallest)
    )
    count = ceil((length - shared) / (most // STEP - shared))
    tile = max(least, ceil((length + (count - 1) * shared) / count))
    starts = (round(i * (length - tile) / (count - 1)) * STEP for i in range(count))
    return Axis(size=size, tile=tile * STEP, starts=tuple(starts))


def _within(axis: Axis, index: int) -> slice:
    core, start = axis.core(index), axis.starts[index]
    return slice(core.start - start, core.stop - start)
