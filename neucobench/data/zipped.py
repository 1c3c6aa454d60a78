"""Read entries of a zip file with as few system calls as possible.

The central directory is parsed here when it is as Zarr stores write it (at the end of
the file, without a comment, below 4 GiB); the standard library parses the others.
Nothing is believed: a read stays inside the file, and an entry is never inflated past
the size it declares.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from neucobench.data.buffers import Buffers
from neucobench.errors import CubeError

STORED, DEFLATED = 0, 8
DAMAGED = "the file is damaged; download or write it again"

_END = struct.Struct("<4s4H2IH")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
# The fields of an `Entry` among those of the central directory.
_ENTRY = itemgetter(16, 8, 9, 7, 4, 3)
_LOCAL = struct.Struct("<4s5H3I2H")
# Enough for the directory of a cube with a dozen chunks, in one read.
_TAIL = 4096
# A local header may carry an extra field that the directory does not mention.
_EXTRA = 64
_END_SIGNATURE = b"PK\x05\x06"
_ENCRYPTED = 0x1
_UTF8 = 0x800
_ZIP64 = 0xFFFFFFFF


class Entry(NamedTuple):
    """Locate one entry of a zip file."""

    header: int  # position of the local header
    packed: int  # bytes in the file
    size: int  # bytes once inflated
    crc: int
    method: int
    flags: int


class ZipArchive:
    """Hold a zip file open; one thread at a time may read from it.

    Args:
        path: the zip file.

    Raises:
        CubeError: when it is missing, a folder, empty, or not a zip file.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb", buffering=0)
        except FileNotFoundError as error:
            raise CubeError("there is no such file; correct the path") from error
        except IsADirectoryError as error:
            raise CubeError(
                "this is a folder and a file is needed; pack a .zarr folder with: "
                "cd NAME.zarr && zip -0 -r ../NAME.zarr.zip ."
            ) from error
        except OSError as error:
            raise CubeError(f"the file cannot be opened: {error.strerror}") from error
        try:
            self._size = self._file.seek(0, 2)
            self._entries = self._directory()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __contains__(self, name: str) -> bool:
        return _encode(name) in self._entries

    def __iter__(self) -> Iterator[str]:
        """Go through the names of the entries."""
        return (name.decode("utf-8", "surrogateescape") for name in self._entries)

    def entry(self, name: str) -> Entry:
        """Return where an entry lies.

        Raises:
            KeyError: when there is no such entry.
        """
        return Entry(*self._entries[_encode(name)])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, name: str, *, limit: int) -> bytes:
        """Return one entry, inflated, its CRC-32 checked.

        Raises:
            KeyError: when there is no such entry.
            CubeError: when it would exceed ``limit`` bytes or is damaged.
        """
        entry = self.entry(name)
        if max(entry.size, entry.packed) > limit:
            raise CubeError(
                f"the entry {name!r} declares {max(entry.size, entry.packed):,} bytes, "
                f"and at most {limit:,} are read; this does not look like a data cube"
            )
        content = bytes(self._content(name, entry, Buffers()))
        if entry.method == DEFLATED:
            content = _inflate(content, name, entry.size)
        if len(content) != entry.size or zlib.crc32(content) != entry.crc:
            raise CubeError(f"the entry {name!r} fails its CRC-32 check; {DAMAGED}")
        return content

    def stored(self, name: str, buffers: Buffers, *, verify: bool) -> memoryview:
        """Return a stored entry as it lies in the file, valid until the next call.

        Args:
            name: an entry with method ``STORED``.
            buffers: where the bytes are put.
            verify: whether to check the CRC-32.

        Raises:
            CubeError: when the entry is damaged.
        """
        entry = self.entry(name)
        content = self._content(name, entry, buffers)
        if verify and zlib.crc32(content) != entry.crc:
            raise CubeError(f"the entry {name!r} fails its CRC-32 check; {DAMAGED}")
        return content

    def _content(self, name: str, entry: Entry, buffers: Buffers) -> memoryview:
        if entry.flags & _ENCRYPTED or entry.method not in (STORED, DEFLATED):
            raise CubeError(
                f"the entry {name!r} is encrypted or packed by a method other than "
                "stored and deflate; write it again with zip -0"
            )
        known = _encode(name)
        start = _LOCAL.size + len(known)
        end = entry.header + start + entry.packed
        block = self._read(entry.header, min(end + _EXTRA, self._size), buffers)
        fields = _LOCAL.unpack_from(block) if len(block) >= _LOCAL.size else (b"",)
        if fields[0] != b"PK\x03\x04" or block[_LOCAL.size : start] != known:
            raise CubeError(f"the entry {name!r} is not where it should be; {DAMAGED}")
        start += fields[10]
        if fields[10] > _EXTRA:
            stop = entry.header + start + entry.packed
            block = self._read(entry.header, min(stop, self._size), buffers)
        content = block[start : start + entry.packed]
        if len(content) != entry.packed:
            raise CubeError(f"the entry {name!r} ends past the file; {DAMAGED}")
        return content

    def _read(self, start: int, stop: int, buffers: Buffers) -> memoryview:
        block = buffers.take("packed", max(stop - start, 0))
        self._file.seek(start)
        count = self._file.readinto(block) or 0
        return block[:count]

    def _directory(self) -> dict[bytes, tuple[int, ...]]:
        if not self._size:
            raise CubeError("the file is empty; download or write it again")
        start = max(self._size - _TAIL, 0)
        tail = bytes(self._read(start, self._size, Buffers()))
        end = len(tail) - _END.size
        fields = _END.unpack_from(tail, end) if end >= 0 else (b"",)
        if fields[0] == _END_SIGNATURE and fields[6] + fields[5] == start + end:
            first = fields[6]
            if first < start:
                tail = bytes(self._read(first, start + end, Buffers()))
                start, end = first, len(tail)
            entries = _parse(tail[first - start : end], fields[4])
            if entries is not None:
                return entries
        return self._directory_by_library()

    def _directory_by_library(self) -> dict[bytes, tuple[int, ...]]:
        try:
            with zipfile.ZipFile(self._file) as archive:
                return {
                    info.orig_filename.encode(
                        "utf-8" if info.flag_bits & _UTF8 else "cp437"
                    ): (
                        *(info.header_offset, info.compress_size, info.file_size),
                        *(info.CRC, info.compress_type, info.flag_bits),
                    )
                    for info in archive.infolist()
                }
        except (
            *(zipfile.BadZipFile, NotImplementedError, struct.error),
            *(ValueError, OverflowError, EOFError, OSError),
        ) as error:
            raise CubeError(
                f"this is not a zip file, or one that was cut off ({error}); download "
                "or write it again"
            ) from error


def _encode(name: str) -> bytes:
    # Names that are no UTF-8 come back as the same bytes, whatever they were meant as.
    return name.encode("utf-8", "surrogateescape")


def _parse(block: bytes, count: int) -> dict[bytes, tuple[int, ...]] | None:
    """Return the central directory, or None where it takes the library to read it."""
    found = {}
    position = 0
    for _ in range(count):
        start = position + _CENTRAL.size
        if start > len(block):
            return None
        fields = _CENTRAL.unpack_from(block, position)
        entry = _ENTRY(fields)
        if fields[0] != b"PK\x01\x02" or _ZIP64 in entry[:3]:
            return None
        stop = start + fields[10]
        found[block[start:stop]] = entry
        position = stop + fields[11] + fields[12]
    return found if position == len(block) else None


def _inflate(content: bytes, name: str, size: int) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        # One byte more than declared is enough to see that the declaration is wrong.
        return inflater.decompress(content, size + 1)
    except zlib.error as error:
        raise CubeError(f"the entry {name!r} cannot be inflated; {DAMAGED}") from error
