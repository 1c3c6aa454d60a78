"""From a window of a file to a coded tile; ``tile_decoding`` is the way back.

::

    window ── gaps found ── reflectance ── gaps filled ── codec ──▶ streams ┐
                  └── masks of the tile's core ────────────────────▶ masks  ┴▶ part
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.base import Codec
from neucobench.codecs.container.header import Header, Missing
from neucobench.codecs.container.parts import TilePart
from neucobench.codecs.container.tiling import Tiling
from neucobench.codecs.pixels.gaps import fill_gaps, find_gaps
from neucobench.codecs.pixels.masks import encode_mask
from neucobench.codecs.pixels.values import holds, to_reflectance
from neucobench.codecs.raster.base import Source
from neucobench.errors import CodecError


@dataclass(frozen=True, kw_only=True)
class PreparedTile:
    """Hold one tile that is ready for the codec.

    Attributes:
        stack: (time, band, y, x) reflectance x 10,000 without gaps; None where all of
            it is a gap.
        value_mask: coded, where the no-data value stands in the core.
        nan_mask: coded, where NaN stands in the core.
        missing: how many numbers of the core are no data.
        brightest: the largest absolute value.
    """

    stack: NDArray[np.float32] | None
    value_mask: bytes
    nan_mask: bytes
    missing: Missing
    brightest: float


class Tally:
    """Count over all tiles, and collect the layouts that occur."""

    def __init__(self) -> None:
        self.missing = Missing()
        self.layouts: list[Mapping[str, Any]] = []
        self.brightest = 0.0

    def count(self, tile: PreparedTile) -> None:
        """Add what one tile lacks."""
        self.missing = Missing(
            value=self.missing.value + tile.missing.value,
            nan=self.missing.nan + tile.missing.nan,
        )
        self.brightest = max(self.brightest, tile.brightest)

    def place(self, layout: Mapping[str, Any]) -> int:
        """Return where a layout stands in the list; a new one is appended."""
        if layout not in self.layouts:
            self.layouts.append(layout)
        return self.layouts.index(layout)


def prepare_tiles(source: Source, plan: Header) -> Iterator[PreparedTile]:
    """Read the tiles of a picture one by one.

    Raises:
        CodecError: when a value is infinite.
    """
    picture = plan.picture
    marked = picture.nodata is not None and holds(picture.kind, picture.nodata)
    nodata = picture.nodata if marked else None
    for index, (rows, columns) in enumerate(plan.tiling.windows()):
        stored = source.read(rows, columns)
        gaps = find_gaps(stored, nodata)
        missing = gaps.any_kind
        stack = to_reflectance(stored, plan.convention)
        _require_finite(stack, missing, (rows.start, columns.start))
        bare = bool(missing.all())
        if not bare:
            fill_gaps(stack, missing)
            stack = _extend(stack, plan.tiling)
        core = (..., *plan.tiling.own(index))
        yield PreparedTile(
            stack=None if bare else stack,
            value_mask=encode_mask(gaps.value[core]),
            nan_mask=encode_mask(gaps.nan[core]),
            missing=Missing(
                value=int(gaps.value[core].sum()), nan=int(gaps.nan[core].sum())
            ),
            brightest=0.0 if bare else float(np.abs(stack).max()),
        )


def code_tiles(
    codec: Codec, tiles: Sequence[PreparedTile], tally: Tally
) -> Iterator[TilePart]:
    """Return tiles in coded form; those without data take no bit of the codec's.

    Raises:
        CodecError: when the codec cannot take them.
    """
    stacks = [tile.stack for tile in tiles if tile.stack is not None]
    coded = iter(codec.encode(np.stack(stacks)) if stacks else ())
    for tile in tiles:
        part = TilePart(value_mask=tile.value_mask, nan_mask=tile.nan_mask)
        if tile.stack is not None:
            found = next(coded)
            place = tally.place(found.layout)
            part = replace(part, layout=place, streams=found.streams)
        yield part


def _extend(stack: NDArray[np.float32], tiling: Tiling) -> NDArray[np.float32]:
    """Repeat the last row and column of a tile that reaches past the picture."""
    below, beside = tiling.y.tile - stack.shape[2], tiling.x.tile - stack.shape[3]
    if not below and not beside:
        return stack
    return np.pad(stack, ((0, 0), (0, 0), (0, below), (0, beside)), mode="edge")


def _require_finite(
    stack: NDArray[np.float32], missing: NDArray[np.bool_], corner: tuple[int, int]
) -> None:
    infinite = ~np.isfinite(stack) & ~missing
    if not infinite.any():
        return
    _, band, row, column = np.argwhere(infinite)[0]
    raise CodecError(
        "it holds values that are infinite or beyond float32, the first in band "
        f"{band + 1}, row {corner[0] + row}, column {corner[1] + column}; replace "
        "them by numbers or by the no-data value"
    )
