"""Read entries of a zip file with as few system calls as possible.

Nothing is believed: a read stays inside the file, and an entry is never inflated past
the size it declares.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from neucobench.data.buffers import Buffers
from neucobench.data.zip_directory import (
    DAMAGED,
    DEFLATED,
    STORED,
    Entry,
    read_directory,
)
from neucobench.errors import CubeError

_LOCAL = struct.Struct("<4s5H3I2H")
# A local header may carry an extra field that the directory does not mention.
_EXTRA = 64
_ENCRYPTED = 0x1


class ZipArchive:
    """Hold a zip file open; one thread at a time may read from it.

    Args:
        path: the zip file.

    Raises:
        CubeError: when it is missing, a folder, empty, or not a zip file.
    """

    def __init__(self, path: Path) -> None:
        if path.is_fifo():
            # It would be waited for until somebody writes to it.
            raise CubeError("this is a pipe and a file is needed; save it to one first")
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
            self._listed = read_directory(self._file, self._size)
            self._entries = dict(self._listed)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __contains__(self, name: str) -> bool:
        return _encode(name) in self._entries

    def __iter__(self) -> Iterator[str]:
        """Go through the names of the entries."""
        return map(_decode, self._entries)

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

    def check_names(self) -> None:
        """Check that each entry is where the directory says, under the same name.

        Raises:
            CubeError: when one is not: its bytes would pass for missing.
        """
        buffers = Buffers()
        for name, fields in self._listed:
            start = Entry(*fields).header
            stop = min(start + _LOCAL.size + len(name), self._size)
            block = self._read(start, stop, buffers)
            if block[_LOCAL.size :] != name:
                raise CubeError(_displaced(_decode(name)))

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
            raise CubeError(_displaced(name))
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


def _encode(name: str) -> bytes:
    # Names that are no UTF-8 come back as the same bytes, whatever they were meant as.
    return name.encode("utf-8", "surrogateescape")


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _inflate(content: bytes, name: str, size: int) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        # One byte more than declared is enough to see that the declaration is wrong.
        return inflater.decompress(content, size + 1)
    except zlib.error as error:
        raise CubeError(f"the entry {name!r} cannot be inflated; {DAMAGED}") from error


def _displaced(name: str) -> str:
    return f"the entry {name!r} is not where it should be; {DAMAGED}"
