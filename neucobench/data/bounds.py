"""Bound what a compressed chunk decodes to, before a codec allocates memory for it.

A few hundred bytes of zstd or gzip can ask for gigabytes. Blosc, zstd and lz4 declare
the decoded size; the others are decoded piece by piece here, only to be counted.
"""

import bz2
import gzip
import io
import lzma
import struct
import zlib
from collections.abc import Callable, Iterator
from math import prod

from neucobench.data.layout import COMPRESSORS, MAX_BYTES, ArrayLayout, Shards
from neucobench.data.zip_directory import DAMAGED
from neucobench.errors import CubeError

_PIECE = 2**20
_ABSENT = 2**64 - 1
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_BLOSC_HEADER = struct.Struct("<4B3I")
# Filters may widen the values: eight bytes each, and a few for a checksum.
_VALUE_BYTES, _SLACK = 8, 64


def blosc_sizes(chunk: bytes | memoryview) -> tuple[int, int] | None:
    """Return the decoded size and the packed size that a Blosc header declares.

    The result is None where the chunk is too short for a header.
    """
    if len(chunk) < _BLOSC_HEADER.size:
        return None
    fields = _BLOSC_HEADER.unpack_from(chunk)
    return fields[4], fields[6]


def check_chunk(layout: ArrayLayout, chunk: bytes) -> None:
    """Refuse a stored chunk, or shard, that decodes to more than its shape needs.

    Raises:
        CubeError: when it does, or when its size cannot be told.
    """
    width = max(layout.dtype.itemsize, _VALUE_BYTES)
    shards = layout.shards
    if shards is None:
        _check(layout.codecs, chunk, prod(layout.chunks) * width)
        return
    for part in _inner_chunks(layout.chunks, shards, chunk):
        _check(shards.codecs, part, prod(shards.chunks) * width)


def _check(codecs: tuple[str, ...], chunk: bytes, size_wanted: int) -> None:
    position = next((i for i, name in enumerate(codecs) if name in COMPRESSORS), None)
    if position is None:
        return
    outer = codecs[position + 1 :]
    if any(name != "crc32c" for name in outer):
        raise CubeError(
            f"the array is packed by {' then '.join(map(repr, codecs))}, whose decoded "
            "size cannot be told; write it with Blosc"
        )
    packed = chunk[: len(chunk) - 4 * len(outer)]
    limit = min(size_wanted, MAX_BYTES) + _SLACK
    try:
        size = _DECODED_SIZE[codecs[position]](packed, limit)
    except (ValueError, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise CubeError(f"a chunk cannot be decoded ({error}); {DAMAGED}") from error
    if size > limit:
        raise CubeError(
            f"a chunk decodes to more than the {limit:,} bytes that its shape can "
            f"need; {DAMAGED}"
        )


def _inner_chunks(
    outer: tuple[int, ...], shards: Shards, shard: bytes
) -> Iterator[bytes]:
    count = prod(
        -(-length // inner) for length, inner in zip(outer, shards.chunks, strict=True)
    )
    index_bytes = 16 * count + 4 * shards.index_checksum
    if len(shard) < index_bytes:
        raise CubeError(f"a shard ends before its index does; {DAMAGED}")
    start = len(shard) - index_bytes if shards.index_at_end else 0
    numbers = struct.unpack_from(f"<{2 * count}Q", shard, start)
    for offset, size in zip(numbers[::2], numbers[1::2], strict=True):
        if offset != _ABSENT:
            if offset + size > len(shard):
                raise CubeError(f"a shard ends before one of its chunks; {DAMAGED}")
            yield shard[offset : offset + size]


def _blosc(chunk: bytes, _limit: int) -> int:
    sizes = blosc_sizes(chunk)
    if sizes is None or sizes[1] != len(chunk):
        raise ValueError("Blosc declares another number of bytes than are there")
    return sizes[0]


def _lz4(chunk: bytes, _limit: int) -> int:
    if len(chunk) < 4:
        raise ValueError("too short for lz4")
    return int(struct.unpack_from("<I", chunk)[0])


def _zstd(chunk: bytes, limit: int) -> int:
    if chunk[:4] != _ZSTD_MAGIC or len(chunk) < 6:
        raise ValueError("not a zstd frame")
    descriptor = chunk[4]
    single = bool(descriptor & 0x20)
    width = (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    if not width:
        return _zstd_by_counting(chunk, limit)
    # RFC 8878, 3.1.1.1: descriptor, window unless single, dictionary, content size.
    start = 5 + (not single) + (0, 1, 2, 4)[descriptor & 3]
    size = int.from_bytes(chunk[start : start + width], "little")
    return size + 256 if width == 2 else size


def _zstd_by_counting(chunk: bytes, limit: int) -> int:
    import pyarrow as pa

    with pa.input_stream(pa.py_buffer(chunk), compression="zstd") as stream:
        return _count(stream.read, limit)


def _zlib(chunk: bytes, limit: int) -> int:
    # One byte past the limit is enough to see that there is more.
    return len(zlib.decompressobj().decompress(chunk, limit + 1))


def _gzip(chunk: bytes, limit: int) -> int:
    with gzip.GzipFile(fileobj=io.BytesIO(chunk)) as stream:
        return _count(stream.read, limit)


def _bz2(chunk: bytes, limit: int) -> int:
    with bz2.BZ2File(io.BytesIO(chunk)) as stream:
        return _count(stream.read, limit)


def _lzma(chunk: bytes, limit: int) -> int:
    with lzma.LZMAFile(io.BytesIO(chunk)) as stream:
        return _count(stream.read, limit)


def _count(read: Callable[[int], bytes], limit: int) -> int:
    total = 0
    while total <= limit and (piece := read(_PIECE)):
        total += len(piece)
    return total


_DECODED_SIZE: dict[str, Callable[[bytes, int], int]] = {
    "blosc": _blosc,
    "bz2": _bz2,
    "gzip": _gzip,
    "lz4": _lz4,
    "lzma": _lzma,
    "zlib": _zlib,
    "zstd": _zstd,
}
