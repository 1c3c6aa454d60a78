"""Read the central directory of a zip file: where its entries lie.

It is parsed here when it is as Zarr stores write it (at the end of the file, without a
comment, below 4 GiB); the standard library parses the others.
"""

import io
import struct
import zipfile
from typing import NamedTuple

from neucobench.errors import CubeError

STORED, DEFLATED = 0, 8
DAMAGED = "the file is damaged; download or write it again"

_END = struct.Struct("<4s4H2IH")
# Versions, times, disk and attributes are passed over: the rest is an `Entry`.
_CENTRAL = struct.Struct("<4s4x2H4x3I3H8xI")
# Enough for the directory of a cube with a dozen chunks, in one read.
_TAIL = 4096
_CENTRAL_SIGNATURE = b"PK\x01\x02"
_END_SIGNATURE = b"PK\x05\x06"
_UTF8 = 0x800
_ZIP64 = 0xFFFFFFFF


class Entry(NamedTuple):
    """Locate one entry of a zip file; the fields of the central directory, in order."""

    signature: bytes
    flags: int
    method: int
    crc: int
    packed: int  # bytes in the file
    size: int  # bytes once inflated
    name: int  # lengths in the directory, from here on
    extra: int
    comment: int
    header: int  # position of the local header


Fields = tuple[bytes, int, int, int, int, int, int, int, int, int]
# Names and the fields of their entries, in order; a name may occur more than once.
Directory = list[tuple[bytes, Fields]]


def read_directory(file: io.FileIO, size: int) -> Directory:
    """Return the names of a zip file's entries with the fields of an `Entry` each.

    Where a name occurs twice the last one counts: Zarr appends an entry again rather
    than to rewrite the file.

    Args:
        file: the open file.
        size: its length in bytes.

    Raises:
        CubeError: when it is empty, no zip file, cut off, or damaged.
    """
    if not size:
        raise CubeError("the file is empty; download or write it again")
    start = max(size - _TAIL, 0)
    tail = _read(file, start, size)
    end = len(tail) - _END.size
    fields = _END.unpack_from(tail, end) if end >= 0 else (b"",)
    if fields[0] == _END_SIGNATURE and fields[6] + fields[5] == start + end:
        first = fields[6]
        if first < start:
            tail = _read(file, first, start + end)
            start, end = first, len(tail)
        entries = _parse(tail[first - start : end], fields[4])
        if entries is not None:
            return entries
    return _by_library(file)


def _read(file: io.FileIO, start: int, stop: int) -> bytes:
    file.seek(start)
    return file.read(stop - start) or b""


def _parse(block: bytes, count: int) -> Directory | None:
    """Return the central directory, or None where it takes the library to read it.

    Raises:
        CubeError: when its entries do not fill it exactly.
    """
    found: Directory = []
    position = 0
    for _ in range(count):
        start = position + _CENTRAL.size
        if start > len(block):
            raise CubeError(f"the directory of the zip makes no sense; {DAMAGED}")
        fields: Fields = _CENTRAL.unpack_from(block, position)
        if fields[0] != _CENTRAL_SIGNATURE:
            raise CubeError(f"the directory of the zip makes no sense; {DAMAGED}")
        if _ZIP64 in fields:
            return None
        stop = start + fields[6]
        found.append((block[start:stop], fields))
        position = stop + fields[7] + fields[8]
    if position != len(block):
        raise CubeError(f"the directory of the zip makes no sense; {DAMAGED}")
    return found


def _by_library(file: io.FileIO) -> Directory:
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            # A damaged length makes one entry swallow the next, unnoticed.
            if any(_CENTRAL_SIGNATURE in item.extra + item.comment for item in infos):
                raise zipfile.BadZipFile("an entry contains another")
            return [(_name(item), _fields(item)) for item in infos]
    except (
        *(zipfile.BadZipFile, NotImplementedError, struct.error),
        *(ValueError, OverflowError, EOFError, OSError),
    ) as error:
        raise CubeError(
            f"this is not a zip file, or one that was cut off ({error}); download or "
            "write it again"
        ) from error


def _name(item: zipfile.ZipInfo) -> bytes:
    return item.orig_filename.encode("utf-8" if item.flag_bits & _UTF8 else "cp437")


def _fields(item: zipfile.ZipInfo) -> Fields:
    return (
        _CENTRAL_SIGNATURE,
        item.flag_bits,
        item.compress_type,
        item.CRC,
        item.compress_size,
        item.file_size,
        len(_name(item)),
        len(item.extra),
        len(item.comment),
        item.header_offset,
    )
