"""From the tiles of a container to numbers, and where they lack data.

::

    part ──▶ streams ── codec ──▶ (time, band, y, x) of the tile
        └──▶ masks ─────────────▶ gaps in its core
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from reprlib import repr as shortened
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.base import Codec, Coded, SalvagingCodec
from neucobench.codecs.container.header import Header
from neucobench.codecs.container.parts import TilePart, part_name
from neucobench.codecs.container.reader import ContainerReader
from neucobench.codecs.pixels.gaps import Gaps
from neucobench.codecs.pixels.masks import decode_mask
from neucobench.errors import CodecError, ContainerError


@dataclass(frozen=True, kw_only=True)
class DecodedTile:
    """Hold one tile that comes out of the codec.

    Attributes:
        pixels: (time, band, y, x) reflectance x 10,000; None where all of it is a gap.
        gaps: in its core.
        lost: the frames that were damaged; their pixels mean nothing.
    """

    pixels: NDArray[np.float32] | None
    gaps: Gaps
    lost: tuple[int, ...] = ()


def decode_tiles(
    reader: ContainerReader, codec: Codec, at_once: int
) -> Iterator[DecodedTile]:
    """Yield the tiles of a container.

    Args:
        reader: the container.
        codec: the codec that wrote it.
        at_once: how many tiles to decode together.

    Raises:
        ContainerError: when a part is damaged, or decodes to something else than it
            should.
        CodecError: when the codec cannot decode a stream.
    """
    count = len(reader.header.tiling)
    for start in range(0, count, at_once):
        indices = range(start, min(start + at_once, count))
        parts = [reader.tile(index) for index in indices]
        coded = {
            i: part for i, part in zip(indices, parts, strict=True) if part.streams
        }
        try:
            stacks = iter(decode_parts(reader, codec, list(coded.values())))
        except ContainerError:
            raise
        except CodecError as error:
            raise _at_tile(reader, codec, coded, error) from error
        for index, part in zip(indices, parts, strict=True):
            pixels = next(stacks) if part.streams else None
            masks = part.value_mask, part.nan_mask
            yield DecodedTile(pixels=pixels, gaps=decode_gaps(reader, index, masks))


def _at_tile(
    reader: ContainerReader,
    codec: Codec,
    parts: Mapping[int, TilePart],
    error: CodecError,
) -> CodecError:
    """Return the error with the tile whose streams cannot be decoded."""
    for index, part in parts.items():
        try:
            decode_parts(reader, codec, [part])
        except CodecError as found:
            name = part_name(index, len(reader.header.tiling))
            return ContainerError(f"{reader.path}: {name}: {found}")
    return error


def decode_parts(
    reader: ContainerReader, codec: Codec, parts: Sequence[TilePart]
) -> Sequence[NDArray[np.float32]]:
    """Return the pixels of some tiles, (time, band, y, x) each.

    Raises:
        ContainerError: when they are others than the header declares.
        CodecError: when the codec cannot decode a stream.
    """
    if not parts:
        return ()
    coded = [_coded(reader, codec, part) for part in parts]
    stacks = codec.decode(coded)
    if len(stacks) != len(parts) or not fits(stacks, reader.header):
        raise ContainerError(
            f"{reader.path}: tiles decode to the shape {stacks.shape}, which is not "
            "what is declared, or to values that are not finite; the file was written "
            "wrongly, so compress the source again."
        )
    return list(stacks)


def _coded(reader: ContainerReader, codec: Codec, part: TilePart) -> Coded:
    """Return what a codec decodes; refuse more of it before any memory is taken."""
    layout, count = reader.header.layouts[part.layout], len(part.streams)
    frames = reader.header.picture.shape[0]
    one_each = isinstance(codec, SalvagingCodec)
    if (one_each and count != frames) or not layout_fits(layout, reader.header):
        raise ContainerError(
            f"{reader.path}: a tile has {count:,} streams and the layout "
            f"{shortened(dict(layout))}, which is not what is declared: {frames:,} "
            f"frames in tiles of {reader.header.tiling.y.tile} x "
            f"{reader.header.tiling.x.tile} pixels; the file was "
            "written wrongly, so compress the source again."
        )
    return Coded(streams=part.streams, layout=layout)


def layout_fits(layout: Mapping[str, Any], header: Header) -> bool:
    """Tell whether a layout is that of a header's tiles, as far as it has a size."""
    said = layout.get("size", layout.get("shape"))
    if not isinstance(said, list | tuple):
        return True
    tile = (*header.picture.shape[:2], header.tiling.y.tile, header.tiling.x.tile)
    return len(said) > 1 and tuple(said) == tile[-len(said) :]


def fits(stacks: NDArray[np.float32], header: Header) -> bool:
    """Tell whether (..., time, band, y, x) is what tiles of a header decode to."""
    tile = (header.tiling.y.tile, header.tiling.x.tile)
    wanted = (*header.picture.shape[:2], *tile)
    return stacks.shape[-4:] == wanted and bool(np.isfinite(stacks).all())


def decode_gaps(
    reader: ContainerReader, index: int, masks: tuple[bytes, bytes]
) -> Gaps:
    """Return the gaps in a tile's core, of the masks for the no-data value and for NaN.

    Raises:
        ContainerError: when the bytes are no masks of that size.
    """
    header = reader.header
    rows, columns = header.tiling.own(index)
    size = (rows.stop - rows.start, columns.stop - columns.start)
    shape = (*header.picture.shape[:2], *size)
    try:
        value, nan = (decode_mask(mask, shape) for mask in masks)
    except ContainerError as error:
        raise ContainerError(
            f"{reader.path}: tile {index + 1} of {len(header.tiling)}: {error}."
        ) from error
    return Gaps(value=value, nan=nan)
