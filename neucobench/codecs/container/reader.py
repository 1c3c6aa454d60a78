"""Read a ``.tec`` file, and believe none of it unchecked."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Self

from neucobench.codecs.container.header import Header, parse_header
from neucobench.codecs.container.layout import (
    DAMAGED,
    PREFIX,
    Entry,
    Prefix,
    parse_index,
    parse_prefix,
)
from neucobench.codecs.container.parts import (
    TilePart,
    parse_kept,
    parse_tile,
    part_name,
)
from neucobench.codecs.raster.base import Kept
from neucobench.errors import ContainerError


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Say where the bytes of a file are.

    Attributes:
        file: all of them.
        streams: the codec's, the rate in the narrow sense.
        masks: where no data are.
        kept: what a store had beside its pixels.
        header: the prefix, the header, the index, and the lengths in the parts.
    """

    file: int
    streams: int
    masks: int
    kept: int
    header: int


class ContainerReader:
    """Hold a ``.tec`` file open; prefix, header, index and length have been checked.

    Args:
        path: the file.

    Raises:
        ContainerError: when it is no container, of another version, cut off, longer
            than it should be, or damaged; the message begins with the path and says
            where.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _named(path):
            _require_file(path)
            self._file = path.open("rb")
            try:
                prefix, self.header = self._read_header()
                self._entries = parse_index(
                    self._piece("the index", prefix.index_bytes)
                )
                self._require_agreement()
                first = PREFIX.size + prefix.header + prefix.index_bytes
                ends = accumulate(entry.length for entry in self._entries)
                self._starts = [first, *(first + end for end in ends)]
                self._require_length()
            except BaseException:
                self._file.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def tile(self, index: int) -> TilePart:
        """Return one coded tile.

        Raises:
            ContainerError: when it is damaged; the message names it.
        """
        with self._part_named(index):
            tile = parse_tile(self._part(index))
            if tile.streams and tile.layout >= len(self.header.layouts):
                raise ContainerError(f"it refers to no layout of the header; {DAMAGED}")
        return tile

    def kept(self) -> Kept | None:
        """Return what a store had beside its pixels; None where nothing was kept.

        Raises:
            ContainerError: when it is damaged.
        """
        if not self.header.kept:
            return None
        index = len(self.header.tiling)
        with self._part_named(index):
            return parse_kept(self._part(index), self.header.kept)

    def verify(self) -> Sizes:
        """Check every part, and return where the bytes are.

        Raises:
            ContainerError: when a part is damaged; the message names it.
        """
        streams = masks = 0
        for index in range(len(self.header.tiling)):
            tile = self.tile(index)
            streams += sum(map(len, tile.streams))
            masks += len(tile.value_mask) + len(tile.nan_mask)
        kept = self._entries[-1].length if self.kept() else 0
        total = self._starts[-1]
        return Sizes(
            file=total,
            streams=streams,
            masks=masks,
            kept=kept,
            header=total - streams - masks - kept,
        )

    def _read_header(self) -> tuple[Prefix, Header]:
        prefix = parse_prefix(self._file.read(PREFIX.size))
        packed = self._piece("the header", prefix.header)
        if zlib.crc32(packed) != prefix.header_crc:
            raise ContainerError(f"the header fails its CRC-32 check; {DAMAGED}")
        return prefix, parse_header(packed, prefix.inflated)

    def _piece(self, name: str, length: int) -> bytes:
        content = self._file.read(length)
        if len(content) != length:
            raise ContainerError(
                f"the file ends after {self._file.tell():,} bytes, inside {name}; "
                f"{DAMAGED}"
            )
        return content

    def _require_agreement(self) -> None:
        if len(self._entries) != self.header.parts:
            raise ContainerError(
                f"the index has {len(self._entries):,} parts and the header "
                f"{self.header.parts:,}; {DAMAGED}"
            )

    def _require_length(self) -> None:
        size, wanted = self._file.seek(0, 2), self._starts[-1]
        if size < wanted:
            inside = next(i for i, end in enumerate(self._starts[1:]) if end > size)
            name = part_name(inside, len(self.header.tiling))
            raise ContainerError(
                f"the file ends after {size:,} of {wanted:,} bytes, inside {name}; "
                f"{DAMAGED}"
            )
        if size > wanted:
            raise ContainerError(
                f"the file has {size - wanted:,} bytes behind its last part; {DAMAGED}"
            )

    def _part(self, index: int) -> bytes:
        entry: Entry = self._entries[index]
        self._file.seek(self._starts[index])
        content = self._file.read(entry.length)
        if len(content) != entry.length or zlib.crc32(content) != entry.crc:
            raise ContainerError(f"it fails its CRC-32 check; {DAMAGED}")
        return content

    @contextmanager
    def _part_named(self, index: int) -> Iterator[None]:
        name = part_name(index, len(self.header.tiling))
        with _named(self.path, f"{name}: "):
            yield


@contextmanager
def _named(path: Path, part: str = "") -> Iterator[None]:
    """Begin the message of a ContainerError with the file, and end it as a sentence."""
    try:
        yield
    except ContainerError as error:
        raise ContainerError(f"{path}: {part}{error}.") from error.__cause__


def _require_file(path: Path) -> None:
    if path.is_dir():
        raise ContainerError("this is a folder; give one .tec file")
    if not path.exists():
        raise ContainerError("there is no such file; correct the path")
    if not path.is_file():
        # A pipe would be waited for, a device read without end.
        raise ContainerError("this is not a regular file; save the content to one")
