"""The parts of a ``.tec`` file: coded tiles, and what a store had beside its pixels.

Numbers are LEB128: seven bits a byte, least significant first, the eighth bit set on
all bytes but the last.

::

    tile    layout, count of streams, length of each, length of the two masks,
            then the streams and the masks
    kept    zlib stream of: folder's length and text; for each entry the lengths of
            name and content, then both
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from neucobench.codecs.container.layout import DAMAGED
from neucobench.codecs.raster.base import Kept
from neucobench.errors import ContainerError

_MOST_STREAMS = 2**16
_WIDEST = 5  # bytes of a number: all are below 2**32


@dataclass(frozen=True, kw_only=True)
class TilePart:
    """Hold one tile in coded form.

    Attributes:
        layout: which of the header's layouts it has.
        streams: the codec's; none where the tile holds no data at all.
        value_mask: where the no-data value stands, in the tile's core.
        nan_mask: where NaN stands, in the tile's core.
    """

    layout: int = 0
    streams: tuple[bytes, ...] = ()
    value_mask: bytes = b""
    nan_mask: bytes = b""


def pack_tile(tile: TilePart) -> bytes:
    """Return a tile in bytes."""
    pieces = (*tile.streams, tile.value_mask, tile.nan_mask)
    numbers = (tile.layout, len(tile.streams), *map(len, pieces))
    return b"".join((*map(_number, numbers), *pieces))


def parse_tile(content: bytes) -> TilePart:
    """Return the tile of a part.

    Raises:
        ContainerError: when it is no tile.
    """
    reader = _Reader(content)
    layout, count = reader.number(), reader.number()
    if count > _MOST_STREAMS:
        raise ContainerError(f"it declares {count:,} streams; {DAMAGED}")
    lengths = [reader.number() for _ in range(count + 2)]
    pieces = [reader.take(length) for length in lengths]
    reader.require_end()
    return TilePart(
        layout=layout,
        streams=tuple(pieces[:-2]),
        value_mask=pieces[-2],
        nan_mask=pieces[-1],
    )


@dataclass(frozen=True, kw_only=True)
class TileRemains:
    """Hold what is left of a damaged tile, none of it sure.

    Attributes:
        layout: which of the header's layouts it has.
        streams: the codec's, one for each frame; those that the bytes do not reach are
            cut off or empty.
        lengths: how long each of them should be.
        masks: both, where the lengths add up to those of the bytes.
    """

    layout: int
    streams: tuple[bytes, ...]
    lengths: tuple[int, ...]
    masks: tuple[bytes, bytes] | None

    @property
    def first_cut(self) -> int:
        """Return the first stream that is not all there; their number if all are."""
        pairs = zip(self.streams, self.lengths, strict=True)
        return next(
            (i for i, (stream, length) in enumerate(pairs) if len(stream) < length),
            len(self.streams),
        )


def parse_remains(content: bytes, frames: int) -> TileRemains | None:
    """Return what is left of a tile whose part is damaged or cut off.

    Args:
        content: the part, or its beginning.
        frames: how many streams it must have for anything to be found in it.
    """
    reader = _Reader(content)
    try:
        layout, count = reader.number(), reader.number()
        if count != frames:
            return None
        lengths = tuple(reader.number() for _ in range(count + 2))
    except ContainerError:
        return None
    pieces = tuple(reader.take_what_is_there(length) for length in lengths)
    whole = reader.at_end and all(map(_fits, pieces, lengths))
    return TileRemains(
        layout=layout,
        streams=pieces[:-2],
        lengths=lengths[:-2],
        masks=(pieces[-2], pieces[-1]) if whole else None,
    )


def pack_kept(kept: Kept) -> tuple[bytes, int]:
    """Return what a store had beside its pixels in bytes, and their size inflated."""
    text = b"".join(_kept_pieces(kept))
    return zlib.compress(text, 9), len(text)


def parse_kept(content: bytes, inflated: int) -> Kept:
    """Return what a store had beside its pixels.

    Args:
        content: the part.
        inflated: its size once inflated, as the header has it.

    Raises:
        ContainerError: when it is damaged.
    """
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(content, inflated + 1)
    except zlib.error as error:
        raise ContainerError(f"it cannot be inflated; {DAMAGED}") from error
    if len(text) != inflated or not inflater.eof:
        raise ContainerError(f"it has not the size the header declares; {DAMAGED}")
    reader = _Reader(text)
    folder = reader.text(reader.number())
    entries = {}
    while not reader.at_end:
        lengths = reader.number(), reader.number()
        name = reader.text(lengths[0])
        entries[name] = reader.take(lengths[1])
    return Kept(folder=folder, entries=entries)


def _kept_pieces(kept: Kept) -> Iterator[bytes]:
    folder = kept.folder.encode()
    yield from (_number(len(folder)), folder)
    for name, content in kept.entries.items():
        encoded = name.encode("utf-8", "surrogateescape")
        yield from (_number(len(encoded)), _number(len(content)), encoded, content)


def _fits(piece: bytes, length: int) -> bool:
    return len(piece) == length


def _number(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


class _Reader:
    """Go through bytes and never past their end."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._position = 0

    @property
    def at_end(self) -> bool:
        """Tell whether all bytes have been taken."""
        return self._position == len(self._content)

    def take(self, length: int) -> bytes:
        """Return the next bytes."""
        end = self._position + length
        if end > len(self._content):
            raise ContainerError(f"it ends before its content does; {DAMAGED}")
        piece = self._content[self._position : end]
        self._position = end
        return piece

    def take_what_is_there(self, length: int) -> bytes:
        """Return the next bytes, fewer where they end before."""
        return self.take(min(length, len(self._content) - self._position))

    def text(self, length: int) -> str:
        """Return the next bytes as text."""
        return self.take(length).decode("utf-8", "surrogateescape")

    def number(self) -> int:
        """Return the next number."""
        value = 0
        for shift in range(0, 7 * _WIDEST, 7):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise ContainerError(f"it holds a number of more than 32 bits; {DAMAGED}")

    def require_end(self) -> None:
        """Refuse bytes that nothing accounts for."""
        if not self.at_end:
            raise ContainerError(f"it holds more bytes than it declares; {DAMAGED}")


def part_name(index: int, tiles: int) -> str:
    """Return what a part is called in messages."""
    return "the kept metadata" if index == tiles else f"tile {index + 1} of {tiles}"
