"""Parts come back as they were; bytes that are none are refused."""

import zlib

import pytest

from neucobench.codecs.container.parts import (
    TilePart,
    pack_kept,
    pack_tile,
    parse_kept,
    parse_tile,
)
from neucobench.codecs.raster.base import Kept
from neucobench.errors import ContainerError

TILE = TilePart(
    layout=300, streams=(b"one", b"", b"x" * 70_000), value_mask=b"\x01", nan_mask=b""
)


def test_a_tile_comes_back():
    assert parse_tile(pack_tile(TILE)) == TILE


def test_a_tile_without_data_takes_five_bytes():
    assert len(pack_tile(TilePart(value_mask=b"\x01"))) == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "ends before"),
        (b"\x00\x01\x05\x00\x00abc", "ends before"),
        (b"\x00\x00\x00\x00more", "more bytes than it declares"),
        (b"\x00\xff\xff\xff\x7f", "streams"),
        (b"\xff\xff\xff\xff\xff\xff", "more than 32 bits"),
    ],
)
def test_bytes_that_are_no_tile_are_refused(content, message):
    with pytest.raises(ContainerError, match=message):
        parse_tile(content)


def test_what_a_store_had_beside_its_pixels_comes_back():
    kept = Kept(folder="a/bands/", entries={"a/.zattrs": b"{}", "ü": bytes(300)})
    assert parse_kept(*pack_kept(kept)) == kept


def test_kept_entries_are_never_inflated_past_the_size_the_header_declares():
    with pytest.raises(ContainerError, match="not the size"):
        parse_kept(zlib.compress(bytes(2**24)), 100)
    with pytest.raises(ContainerError, match="cannot be inflated"):
        parse_kept(b"no stream", 100)
