import json

import numpy as np
import pytest

from neucobench.data.layout import MAX_BYTES, parse_layout, read_json, require_bands
from neucobench.errors import CubeError

BLOSC = {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0}


def version_2(**changes: object) -> bytes:
    document = {
        "zarr_format": 2,
        "shape": [4, 2, 8, 8],
        "chunks": [1, 2, 8, 8],
        "dtype": "<i2",
        "compressor": BLOSC,
        "filters": None,
        "order": "C",
        "fill_value": None,
    }
    return json.dumps({**document, **changes}).encode()


def version_3(**changes: object) -> bytes:
    document = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [4, 2, 8, 8],
        "data_type": "int16",
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": [1, 2, 8, 8]},
        },
        "chunk_key_encoding": {"name": "default"},
        "codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "blosc", "configuration": {"cname": "lz4"}},
        ],
        "fill_value": 0,
    }
    return json.dumps({**document, **changes}).encode()


def test_version_2_as_published_takes_the_short_way():
    layout = parse_layout(version_2(), 2)
    assert layout.plain_blosc
    assert layout.dtype == np.int16
    assert layout.separator is None
    assert layout.chunk_bytes == 256


def test_version_3_with_blosc_takes_the_short_way():
    layout = parse_layout(version_3(), 3)
    assert layout.plain_blosc
    assert (layout.prefix, layout.separator) == ("c", "/")


def test_version_3_may_use_the_keys_of_version_2():
    layout = parse_layout(version_3(chunk_key_encoding={"name": "v2"}), 3)
    assert (layout.prefix, layout.separator) == ("", ".")


@pytest.mark.parametrize(
    "changes",
    [
        {"order": "F"},
        {"dtype": ">i2"},
        {"filters": [{"id": "delta", "dtype": "<i2"}]},
        {"compressor": {"id": "zstd"}},
        {"compressor": None},
        {"fill_value": 1.5},
        {"fill_value": 99999},
        {"fill_value": "AAA="},
    ],
)
def test_anything_unusual_is_left_to_zarr(changes):
    layout = parse_layout(version_2(**changes), 2)
    assert not layout.plain_blosc
    require_bands(layout)


@pytest.mark.parametrize(
    ("dtype", "given", "expected"),
    [
        ("<i2", None, 0),
        ("<i2", -5, -5),
        ("<f4", "NaN", np.nan),
        ("<f4", "-Infinity", -np.inf),
        ("<f4", 2.5, 2.5),
    ],
)
def test_the_fill_value_is_understood(dtype, given, expected):
    fill = parse_layout(version_2(dtype=dtype, fill_value=given), 2).fill
    np.testing.assert_equal(fill, np.array(expected, dtype))


@pytest.mark.parametrize("name", ["pickle", "json2", "msgpack2", "vlen-utf8", "exec"])
def test_a_codec_that_could_run_code_is_refused(name):
    with pytest.raises(CubeError, match="write it with Blosc"):
        parse_layout(version_2(filters=[{"id": name}]), 2)
    with pytest.raises(CubeError, match="write it with Blosc"):
        parse_layout(version_3(codecs=[{"name": f"numcodecs.{name}"}]), 3)


def test_two_compressors_in_a_row_are_refused():
    with pytest.raises(CubeError, match="'zlib' then 'blosc'"):
        parse_layout(version_2(filters=[{"id": "zlib"}]), 2)


def test_a_chunk_larger_than_the_limit_is_refused():
    with pytest.raises(CubeError, match=f"at most {MAX_BYTES:,}"):
        parse_layout(
            version_2(shape=[4, 2, 10**5, 10**5], chunks=[4, 2, 10**5, 10**5]), 2
        )


@pytest.mark.parametrize(
    "changes",
    [
        {"shape": [4, 2, 8, -8]},
        {"shape": [4, 2, 8, 0]},
        {"shape": [4, 2, 8, True]},
        {"shape": [4, 2, 8, 8.5]},
        {"shape": [4, 2, 8]},
        {"shape": "4 2 8 8"},
        {"shape": {"a": 1}},
        {"chunks": [1, 2, 8]},
        {"chunks": None},
        {"chunks": [1, 2, 8, 10**30]},
        {"dtype": "nonsense"},
        {"dtype": None},
        {"compressor": "blosc"},
        {"compressor": {"cname": "lz4"}},
        {"filters": 7},
    ],
)
def test_metadata_that_make_no_sense_are_a_sentence(changes):
    with pytest.raises(CubeError):
        parse_layout(version_2(**changes), 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"codecs": None},
        {"codecs": [{}]},
        {"chunk_grid": {"name": "irregular"}},
        {"chunk_key_encoding": None},
        {"data_type": {"name": "struct"}},
        {"codecs": [{"name": "sharding_indexed", "configuration": {}}]},
    ],
)
def test_metadata_of_version_3_that_make_no_sense_are_a_sentence(changes):
    with pytest.raises(CubeError):
        parse_layout(version_3(**changes), 3)


@pytest.mark.parametrize("key", ["shape", "chunks", "dtype", "compressor", "order"])
def test_a_missing_key_is_a_sentence(key):
    document = json.loads(version_2())
    del document[key]
    with pytest.raises(CubeError, match=key):
        parse_layout(json.dumps(document).encode(), 2)


@pytest.mark.parametrize(
    "document", [b"", b"{", b"[1]", b"\xff\xfe{}", b"[" * 100_000, b"1" * 5000, b"null"]
)
def test_what_is_no_json_object_is_a_sentence(document):
    with pytest.raises(CubeError, match="JSON"):
        read_json(document)


@pytest.mark.parametrize("dtype", ["<U5", "|b1", "<c8", "<M8[ns]", "|O", "<f16"])
def test_values_that_are_no_plain_numbers_are_refused(dtype):
    with pytest.raises(CubeError, match="accepted are integers"):
        require_bands(parse_layout(version_2(dtype=dtype), 2))


@pytest.mark.parametrize("shape", [[8], [2, 8, 8], [1, 1, 4, 2, 8, 8]])
def test_a_wrong_number_of_dimensions_is_refused(shape):
    with pytest.raises(CubeError, match=r"accepted is \(time, band, y, x\)"):
        require_bands(parse_layout(version_2(shape=shape, chunks=shape), 2))
