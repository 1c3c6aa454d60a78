"""Take out of a damaged container what is whole: tiles, and frames of a tile.

::

    part ── CRC-32 right ──────────────────────────────▶ codec ──▶ all frames
      └──── wrong, or cut off ── what is left of it ───▶ codec ──▶ frames that pass
                                                                   their own checks
"""

from collections.abc import Iterator

import numpy as np

from neucobench.codecs.base import Codec, Coded, Salvaged, SalvagingCodec
from neucobench.codecs.container.header import Missing
from neucobench.codecs.container.parts import TileRemains, part_name
from neucobench.codecs.container.reader import ContainerReader
from neucobench.codecs.files.losses import Loss, Mark
from neucobench.codecs.files.tile_decoding import (
    DecodedTile,
    decode_gaps,
    decode_parts,
    fits,
    layout_fits,
)
from neucobench.codecs.pixels.gaps import Gaps
from neucobench.errors import CodecError, ContainerError

_MOST_LAYOUTS = 32  # that are tried for a damaged tile


def salvage_tiles(
    reader: ContainerReader, codec: Codec, mark: Mark, losses: list[Loss]
) -> Iterator[DecodedTile]:
    """Yield the tiles of a container, whole or not.

    Args:
        reader: the container.
        codec: the codec that wrote it.
        mark: how lost pixels are marked.
        losses: is given what was lost, tile by tile.
    """
    for index in range(len(reader.header.tiling)):
        tile = _whole(reader, codec, index)
        if tile is None:
            tile, loss = _damaged(reader, codec, index, nan=mark.nan)
            losses.append(loss)
        yield tile


def located(
    reader: ContainerReader, codec: Codec, error: ContainerError
) -> ContainerError:
    """Return the error for a damaged container with the first frame that is damaged.

    Where there is one frame, the codec has no check for each, or all pass it, the
    error is returned as it is.
    """
    frames = reader.header.picture.shape[0]
    if frames == 1 or not isinstance(codec, SalvagingCodec):
        return error
    for index in range(len(reader.header.tiling)):
        try:
            reader.tile(index)
        except ContainerError:
            lost = _salvaged(reader, codec, reader.remains(index)).lost
            if not lost:
                return error
            name = part_name(index, len(reader.header.tiling))
            frame = f"{name}, frame {lost[0] + 1} of {frames}"
            return ContainerError(
                str(error).replace(frame, name).replace(name, frame, 1)
            )
    return error


def _whole(reader: ContainerReader, codec: Codec, index: int) -> DecodedTile | None:
    """Return a tile, or None where it, or a stream of it, is damaged."""
    try:
        part = reader.tile(index)
        pixels = decode_parts(reader, codec, [part] if part.streams else [])
        gaps = decode_gaps(reader, index, (part.value_mask, part.nan_mask))
    except CodecError:
        return None
    return DecodedTile(pixels=pixels[0] if pixels else None, gaps=gaps)


def _damaged(
    reader: ContainerReader, codec: Codec, index: int, *, nan: bool
) -> tuple[DecodedTile, Loss]:
    """Return what is left of a tile, and what is lost."""
    remains = reader.remains(index)
    salvaged = _salvaged(reader, codec, remains)
    try:
        masks = _masks(reader, remains)
        gaps = decode_gaps(reader, index, masks or (b"", b""))
    except ContainerError:
        masks, gaps = None, decode_gaps(reader, index, (b"", b""))
    lost = list(salvaged.lost)
    marked = np.zeros(gaps.value.shape, bool)
    marked[lost] = True
    value, other = gaps.value & ~marked, gaps.nan & ~marked
    gaps = (
        Gaps(value=value, nan=other | marked)
        if nan
        else Gaps(value=value | marked, nan=other)
    )
    values = int(marked.sum())
    tile = DecodedTile(pixels=salvaged.pixels, gaps=gaps, lost=salvaged.lost)
    whole = len(lost) < len(marked)
    return tile, Loss(
        tile=index, frames=salvaged.lost, values=values, masks=whole and masks is None
    )


def _masks(
    reader: ContainerReader, remains: TileRemains | None
) -> tuple[bytes, bytes] | None:
    """Return the masks of a tile; both empty where no tile of the picture has any."""
    if reader.header.missing == Missing():
        return b"", b""
    return remains.masks if remains else None


def _salvaged(
    reader: ContainerReader, codec: Codec, remains: TileRemains | None
) -> Salvaged:
    """Return the frames of a tile that still decode."""
    header = reader.header
    time, bands, *_ = header.picture.shape
    nothing = Salvaged(
        pixels=np.zeros(
            (time, bands, header.tiling.y.tile, header.tiling.x.tile), np.float32
        ),
        lost=tuple(range(time)),
    )
    if remains is None or not isinstance(codec, SalvagingCodec):
        return nothing
    # The position of the layout is as likely damaged as any other byte; but a picture
    # may have as many layouts as tiles, and each costs a frame to try.
    others = range(min(len(header.layouts), _MOST_LAYOUTS))
    layouts = dict.fromkeys((remains.layout, *others))
    for place in (place for place in layouts if place < len(header.layouts)):
        layout = header.layouts[place]
        if not layout_fits(layout, header):
            continue
        coded = Coded(streams=remains.streams, layout=layout)
        try:
            found = codec.salvage(coded)
        except CodecError:
            continue
        if fits(found.pixels, header) and len(found.lost) < time:
            return found
    return nothing
