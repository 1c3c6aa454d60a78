"""Read a ``.tec`` file, and believe none of it unchecked."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from pathlib import Path
from typing import Self

from neucobench.codecs.container.header import Header, parse_header
from neucobench.codecs.container.layout import (
    DAMAGED,
    PREFIX,
    SALVAGEABLE,
    Entry,
    Prefix,
    parse_index,
    parse_prefix,
)
from neucobench.codecs.container.parts import (
    TilePart,
    TileRemains,
    parse_kept,
    parse_remains,
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
        frames: the streams of each frame, over all tiles; none where a codec has not
            one stream for each.
    """

    file: int
    streams: int
    masks: int
    kept: int
    header: int
    frames: tuple[int, ...] = ()


class ContainerReader:
    """Hold a ``.tec`` file open; prefix, header, index and length have been checked.

    Args:
        path: the file.
        salvage: whether to open a file that is cut off or too long, so that what is
            whole can be taken out of it.

    Raises:
        ContainerError: when it is no container, of another version, cut off, longer
            than it should be, or damaged; the message begins with the path and says
            where.
    """

    def __init__(self, path: Path, *, salvage: bool = False) -> None:
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
                self._excess = self._file.seek(0, 2) - self._starts[-1]
                if self._excess and not salvage:
                    raise self._wrong_length()
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

    def remains(self, index: int) -> TileRemains | None:
        """Return what is left of a damaged tile; None where nothing can be made out."""
        return parse_remains(self._content(index), self.header.picture.shape[0])

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
        """Check the length and every part, and return where the bytes are.

        Raises:
            ContainerError: when a part is damaged; the message names it.
        """
        if self._excess:
            with _named(self.path):
                raise self._wrong_length()
        streams = masks = 0
        # As long as streams are there: the header may declare any number of frames.
        frames: list[int] = []
        for index in range(len(self.header.tiling)):
            tile = self.tile(index)
            lengths = [len(stream) for stream in tile.streams]
            streams += sum(lengths)
            masks += len(tile.value_mask) + len(tile.nan_mask)
            if len(lengths) == self.header.picture.shape[0]:
                pairs = zip_longest(frames, lengths, fillvalue=0)
                frames = [before + length for before, length in pairs]
        kept = self._entries[-1].length if self.kept() else 0
        total = self._starts[-1]
        return Sizes(
            file=total,
            streams=streams,
            masks=masks,
            kept=kept,
            header=total - streams - masks - kept,
            frames=tuple(frames) if sum(frames) == streams else (),
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

    def _wrong_length(self) -> ContainerError:
        """Return the error for a file of another length than it should have."""
        wanted = self._starts[-1]
        size = wanted + self._excess
        parts = range(len(self._entries))
        damaged = (i for i in parts if not self._matches(i, self._content(i)))
        first = next(damaged, None)
        if first is None:
            return ContainerError(
                f"the file has {self._excess:,} bytes behind its last part; {DAMAGED}"
            )
        name = part_name(first, len(self.header.tiling))
        found = f"has {size:,} of {wanted:,} bytes, and is damaged from {name} on"
        if size < min(wanted, self._starts[first + 1]):
            place = f"inside {name}{self._cut_frame(first)}"
            found = f"ends after {size:,} of {wanted:,} bytes, {place}"
        return ContainerError(f"the file {found}; {SALVAGEABLE}")

    def _cut_frame(self, index: int) -> str:
        """Return the frame in which the file ends, where that can be made out."""
        frames = self.header.picture.shape[0]
        found = self.remains(index) if index < len(self.header.tiling) else None
        if frames == 1 or found is None or found.first_cut == frames:
            return ""
        return f", frame {found.first_cut + 1} of {frames}"

    def _part(self, index: int) -> bytes:
        content = self._content(index)
        if not self._matches(index, content):
            raise ContainerError(f"it fails its CRC-32 check; {SALVAGEABLE}")
        return content

    def _matches(self, index: int, content: bytes) -> bool:
        entry: Entry = self._entries[index]
        return len(content) == entry.length and zlib.crc32(content) == entry.crc

    def _content(self, index: int) -> bytes:
        """Return a part, or what is left of it.

        Where bytes are missing or too many somewhere before it, it has moved as far.
        """
        contents = []
        for moved in (0, self._excess) if self._excess else (0,):
            self._file.seek(max(0, self._starts[index] + moved))
            contents.append(self._file.read(self._entries[index].length))
        whole = (content for content in contents if self._matches(index, content))
        return next(whole, contents[0])

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
