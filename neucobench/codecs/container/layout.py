"""The bytes of a ``.tec`` file, outermost first.

::

    prefix   32 bytes   magic, version, sizes, CRC-32 of the header, of the prefix
    header              zlib stream of JSON
    index               length and CRC-32 of each part, CRC-32 of the index
    parts               one for each tile, then what a store had beside its pixels

Every byte is covered by one checksum, and the lengths add up to that of the file.
"""

import struct
import zlib
from dataclasses import dataclass

from neucobench.errors import ContainerError

MAGIC = b"\x89TEC\r\n\x1a\n"
VERSION = 1
ENDING = ".tec"
MOST_HEADER = 2**24
MOST_INFLATED = 2**26
MOST_PARTS = 2**20
LONGEST_PART = 2**32 - 1

PREFIX = struct.Struct("<8sHHIIIII")
ENTRY = struct.Struct("<II")
CHECKSUM = struct.Struct("<I")
_BEFORE_CHECKSUM = PREFIX.size - CHECKSUM.size

DAMAGED = "the file is damaged, so copy or download it again"
SALVAGEABLE = f"{DAMAGED}; 'neucobench codec decompress --salvage' restores the rest"


@dataclass(frozen=True, kw_only=True)
class Prefix:
    """Hold the first 32 bytes of a file.

    Attributes:
        header: bytes of the header as it lies in the file.
        inflated: bytes of the JSON in it.
        parts: how many parts there are.
        header_crc: the CRC-32 of the header as it lies in the file.
    """

    header: int
    inflated: int
    parts: int
    header_crc: int

    @property
    def index_bytes(self) -> int:
        """Return the size of the index, its checksum included."""
        return ENTRY.size * self.parts + CHECKSUM.size

    def pack(self) -> bytes:
        """Return the 32 bytes."""
        sizes = (self.header, self.inflated, self.parts, self.header_crc)
        packed = PREFIX.pack(MAGIC, VERSION, 0, *sizes, 0)[:_BEFORE_CHECKSUM]
        return packed + CHECKSUM.pack(zlib.crc32(packed))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Say how long a part is, and what its CRC-32 is."""

    length: int
    crc: int


def parse_prefix(content: bytes) -> Prefix:
    """Return what the first 32 bytes of a file say.

    Raises:
        ContainerError: when they are those of no container, of another version, cut
            off or damaged.
    """
    if content[: len(MAGIC)] != MAGIC:
        raise ContainerError(
            "this is no .tec container, or its first bytes are damaged; give a file "
            "that 'neucobench codec compress' has written"
        )
    if len(content) < PREFIX.size:
        raise ContainerError(
            f"the file ends after {len(content)} bytes, inside the prefix; {DAMAGED}"
        )
    _, version, zero, *sizes, crc = PREFIX.unpack(content)
    if zlib.crc32(content[:_BEFORE_CHECKSUM]) != crc:
        raise ContainerError(f"the prefix fails its CRC-32 check; {DAMAGED}")
    if version != VERSION or zero:
        raise ContainerError(
            f"the file has version {version} of the format, and this is a reader of "
            f"version {VERSION}; update neucobench"
        )
    header, inflated, parts, header_crc = sizes
    limits = ((header, MOST_HEADER), (inflated, MOST_INFLATED), (parts, MOST_PARTS))
    if any(size > most for size, most in limits):
        raise ContainerError(
            f"it declares a header of {header:,} bytes, inflated {inflated:,}, and "
            f"{parts:,} parts; at most {MOST_HEADER:,}, {MOST_INFLATED:,} and "
            f"{MOST_PARTS:,} are read, so use larger tiles"
        )
    return Prefix(header=header, inflated=inflated, parts=parts, header_crc=header_crc)


def pack_index(entries: list[Entry]) -> bytes:
    """Return the index in bytes."""
    packed = b"".join(ENTRY.pack(entry.length, entry.crc) for entry in entries)
    return packed + CHECKSUM.pack(zlib.crc32(packed))


def parse_index(content: bytes) -> tuple[Entry, ...]:
    """Return the entries of an index.

    Raises:
        ContainerError: when it is damaged.
    """
    packed = content[: -CHECKSUM.size]
    if CHECKSUM.unpack(content[-CHECKSUM.size :])[0] != zlib.crc32(packed):
        raise ContainerError(f"the index fails its CRC-32 check; {DAMAGED}")
    return tuple(
        Entry(length=length, crc=crc) for length, crc in ENTRY.iter_unpack(packed)
    )
