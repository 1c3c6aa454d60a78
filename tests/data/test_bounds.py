import bz2
import gzip
import lzma
import struct
import zlib

import numcodecs
import numpy as np
import pytest

from neucobench.data.bounds import check_chunk
from neucobench.data.layout import ArrayLayout, Shards
from neucobench.errors import CubeError

SMALL, BOMB = bytes(1000), bytes(2**24)


def layout(*codecs: str, shards: Shards | None = None) -> ArrayLayout:
    return ArrayLayout(
        version=3,
        shape=(1, 1, 20, 25),
        chunks=(1, 1, 20, 25),
        dtype=np.dtype(np.int16),
        prefix="c",
        separator="/",
        codecs=codecs,
        fill=None,
        plain_blosc=False,
        shards=shards,
    )


def zstd_of_unknown_size(content: bytes) -> bytes:
    pa = pytest.importorskip("pyarrow")
    target = pa.BufferOutputStream()
    with pa.CompressedOutputStream(target, "zstd") as stream:
        stream.write(content)
    return target.getvalue().to_pybytes()


PACKERS = {
    "blosc": lambda content: bytes(numcodecs.Blosc().encode(content)),
    "bz2": bz2.compress,
    "gzip": gzip.compress,
    "lz4": lambda content: bytes(numcodecs.LZ4().encode(content)),
    "lzma": lzma.compress,
    "zlib": zlib.compress,
    "zstd": lambda content: bytes(numcodecs.Zstd().encode(content)),
}


@pytest.mark.parametrize("codec", PACKERS)
def test_a_chunk_of_the_right_size_passes(codec):
    check_chunk(layout("bytes", codec), PACKERS[codec](SMALL))


@pytest.mark.parametrize("codec", PACKERS)
def test_a_chunk_that_decodes_to_far_more_is_refused(codec):
    packed = PACKERS[codec](BOMB)
    assert len(packed) < 2**20
    with pytest.raises(CubeError, match="decodes to more than"):
        check_chunk(layout("bytes", codec), packed)


@pytest.mark.parametrize("codec", ["bz2", "gzip", "lzma"])
def test_a_bomb_in_the_second_part_of_a_stream_is_refused(codec):
    packed = PACKERS[codec](SMALL) + PACKERS[codec](BOMB)
    with pytest.raises(CubeError, match="decodes to more than"):
        check_chunk(layout("bytes", codec), packed)


@pytest.mark.parametrize("size", [100, 1000, 300_000])
def test_the_declared_size_of_a_zstd_frame_is_read_in_every_width(size):
    content = np.random.default_rng(0).integers(0, 4, size, dtype=np.uint8).tobytes()
    packed = PACKERS["zstd"](content)
    if size <= 1000:
        check_chunk(layout("bytes", "zstd"), packed)
    else:
        with pytest.raises(CubeError, match="decodes to more than"):
            check_chunk(layout("bytes", "zstd"), packed)


def test_a_zstd_frame_that_does_not_declare_its_size_is_counted():
    small, bomb = zstd_of_unknown_size(SMALL), zstd_of_unknown_size(BOMB)
    assert not small[4] >> 6
    assert not small[4] & 0x20
    check_chunk(layout("bytes", "zstd"), small)
    with pytest.raises(CubeError, match="decodes to more than"):
        check_chunk(layout("bytes", "zstd"), bomb)


@pytest.mark.parametrize("codec", PACKERS)
def test_a_chunk_that_is_not_packed_is_a_sentence(codec):
    with pytest.raises(CubeError):
        check_chunk(layout("bytes", codec), b"not packed at all, whatever it says")


@pytest.mark.parametrize("codec", ["blosc", "lz4", "zstd"])
def test_a_chunk_too_short_to_declare_its_size_is_a_sentence(codec):
    with pytest.raises(CubeError):
        check_chunk(layout("bytes", codec), b"\0\0")


def test_a_checksum_around_the_compressor_is_taken_off():
    packed = PACKERS["gzip"](SMALL)
    check_chunk(layout("bytes", "gzip", "crc32c"), packed + b"1234")
    with pytest.raises(CubeError, match="cannot be told"):
        check_chunk(layout("bytes", "gzip", "fletcher32"), packed)


def test_an_array_without_a_compressor_needs_no_bound():
    check_chunk(layout("bytes"), SMALL)


def test_every_chunk_inside_a_shard_is_checked():
    shards = Shards(
        chunks=(1, 1, 10, 25),
        codecs=("bytes", "zstd"),
        index_at_end=True,
        index_checksum=True,
    )
    small, bomb = PACKERS["zstd"](SMALL[:500]), PACKERS["zstd"](BOMB)
    absent = 2**64 - 1

    def shard(second: bytes) -> bytes:
        index = struct.pack("<4Q", 0, len(small), len(small), len(second))
        return small + second + index + b"\0" * 4

    sharded = layout("sharding_indexed", shards=shards)
    check_chunk(sharded, shard(small))
    with pytest.raises(CubeError, match="decodes to more than"):
        check_chunk(sharded, shard(bomb))
    with pytest.raises(CubeError, match="ends before its index"):
        check_chunk(sharded, b"short")
    with pytest.raises(CubeError, match="ends before one of its chunks"):
        check_chunk(sharded, struct.pack("<4QI", 0, 10**9, absent, absent, 0))
    check_chunk(sharded, struct.pack("<4QI", absent, absent, absent, absent, 0))
