"""Whatever happens to a file, reading it ends in the cube or in a CubeError."""

import tracemalloc

import numcodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucobench.data.bands_file import BandsFile
from neucobench.data.buffers import Buffers
from neucobench.data.writer import write_cube_file
from neucobench.errors import CubeError

FORMATS = {
    "as written here": None,
    "version 2, zstd": {"chunks": (2, 2, 12, 7), "compressors": numcodecs.Zstd()},
    "version 2, gzip": {"chunks": (2, 2, 12, 7), "compressors": numcodecs.GZip()},
    "version 3": {"zarr_format": 3, "chunks": (1, 2, 12, 12)},
    "version 3, shards": {
        "zarr_format": 3,
        "chunks": (1, 2, 6, 6),
        "shards": (2, 2, 12, 12),
    },
}


@pytest.fixture(scope="module", params=FORMATS)
def whole(request, tmp_path_factory, make_array, write_zarr):
    """Return a place for a file, the bytes of a whole one, and what is in it."""
    path = tmp_path_factory.mktemp("damage") / "a.zarr.zip"
    array = make_array("s1")
    if FORMATS[request.param] is None:
        write_cube_file(path, array)
    else:
        write_zarr(path, array, **FORMATS[request.param])
    return path, path.read_bytes(), array


def read(path, *, verify=False):
    with BandsFile(path) as file:
        return file.read(verify=verify, buffers=Buffers())[0]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_file_cut_anywhere_is_a_sentence(whole, data):
    path, content, _ = whole
    length = data.draw(st.integers(0, len(content) - 1))
    path.write_bytes(content[:length])
    with pytest.raises(CubeError):
        read(path)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_flipped_bytes_are_found_or_harmless_with_verify(whole, data):
    path, content, array = whole
    changed = bytearray(content)
    place = st.integers(0, len(content) - 1)
    for position in data.draw(st.lists(place, min_size=1, max_size=4)):
        changed[position] ^= data.draw(st.integers(1, 255))
    path.write_bytes(changed)
    try:
        found = read(path, verify=True)
    except CubeError:
        return
    np.testing.assert_array_equal(found, array)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_flipped_bytes_never_give_anything_but_an_array_or_a_sentence(whole, data):
    path, content, _ = whole
    changed = bytearray(content)
    start = data.draw(st.integers(0, len(content) - 1))
    new = data.draw(st.binary(min_size=1, max_size=40))
    changed[start : start + len(new)] = new
    path.write_bytes(changed)
    try:
        found = read(path)
    except CubeError:
        return
    assert found.ndim == 4


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=300))
def test_any_bytes_at_all_are_a_sentence(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "a.zarr.zip"
    path.write_bytes(content)
    with pytest.raises(CubeError):
        read(path)


def test_memory_stays_bounded_whatever_a_chunk_declares(whole):
    path, content, _ = whole
    tracemalloc.start()
    try:
        for position in range(0, len(content), max(1, len(content) // 50)):
            changed = bytearray(content)
            changed[position : position + 8] = b"\x7f" * 8
            path.write_bytes(changed)
            try:
                read(path)
            except CubeError:
                continue
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50 * 2**20
