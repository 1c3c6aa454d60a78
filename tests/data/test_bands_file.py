import itertools
import json
import math
import zipfile

import numcodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucobench.data.bands_file import BandsFile
from neucobench.data.buffers import Buffers
from neucobench.data.layout import MAX_BYTES
from neucobench.errors import CubeError

FORMATS = {
    "version 2, whole": {},
    "version 2, a chunk per season": {"chunks": (1, 12, 12, 12)},
    "version 2, odd chunks": {"chunks": (3, 5, 7, 5)},
    "version 2, nested keys": {
        "chunks": (1, 6, 12, 12),
        "chunk_key_encoding": {"name": "v2", "separator": "/"},
    },
    "version 2, zstd": {"compressors": numcodecs.Zstd(), "chunks": (2, 5, 12, 7)},
    "version 2, gzip": {"compressors": numcodecs.GZip(), "chunks": (2, 5, 12, 7)},
    "version 2, zlib": {"compressors": numcodecs.Zlib()},
    "version 2, bz2": {"compressors": numcodecs.BZ2()},
    "version 2, lzma": {"compressors": numcodecs.LZMA()},
    "version 2, lz4": {"compressors": numcodecs.LZ4()},
    "version 2, not compressed": {"compressors": None},
    "version 2, Fortran order": {"order": "F", "chunks": (2, 5, 7, 12)},
    "version 2, a filter": {"filters": [numcodecs.Delta("<i2")]},
    "version 3, as zarr writes it": {"zarr_format": 3, "chunks": (2, 5, 7, 12)},
    "version 3, Blosc": {
        "zarr_format": 3,
        "chunks": (1, 12, 12, 12),
        "compressors": {"name": "blosc", "configuration": {"cname": "zstd"}},
    },
    "version 3, keys of version 2": {
        "zarr_format": 3,
        "chunks": (1, 12, 12, 12),
        "chunk_key_encoding": {"name": "v2", "separator": "."},
    },
    "version 3, shards": {
        "zarr_format": 3,
        "chunks": (1, 4, 6, 6),
        "shards": (2, 12, 12, 12),
    },
    "version 3, gzip with a checksum": {
        "zarr_format": 3,
        "compressors": [
            {"name": "gzip", "configuration": {"level": 5}},
            {"name": "crc32c", "configuration": {}},
        ],
    },
}


@pytest.fixture(scope="module", params=FORMATS)
def any_format(request, tmp_path_factory, make_array, write_zarr):
    """Return a file in each format, and the array that is in it."""
    path = tmp_path_factory.mktemp("format") / "a.zarr.zip"
    array = make_array("s2l2a")
    return write_zarr(path, array, **FORMATS[request.param]), array


def test_every_format_is_read_whole(any_format):
    path, array = any_format
    with BandsFile(path) as file:
        read = file.read(verify=True)
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array[np.newaxis])


@pytest.mark.parametrize("seasons", [[2], [3, 0], [1, 2], [0, 2, 2], (3, 2, 1, 0)])
def test_seasons_of_every_format_come_in_the_order_asked(any_format, seasons):
    path, array = any_format
    with BandsFile(path) as file:
        read = file.read(seasons=seasons, buffers=Buffers())
    np.testing.assert_array_equal(read, array[list(seasons)][np.newaxis])


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_shape_chunking_and_choice_equals_numpy(data, tmp_path_factory, write_zarr):
    dims = data.draw(st.sampled_from([4, 5]))
    shape = data.draw(st.tuples(*[st.integers(1, 7)] * dims))
    chunks = tuple(data.draw(st.integers(1, n + 2)) for n in shape)
    dtype = data.draw(st.sampled_from(["<i2", ">i2", "<f4", "|u1", "<f8"]))
    array = np.arange(math.prod(shape)).reshape(shape).astype(dtype)
    chunks = tuple(min(c, n) for c, n in zip(chunks, shape, strict=True))
    path = tmp_path_factory.mktemp("any") / "a.zarr.zip"
    compressor = data.draw(st.sampled_from([numcodecs.Blosc("zstd"), None]))
    write_zarr(path, array, chunks=chunks, compressors=compressor)
    season = st.integers(0, shape[-4] - 1)
    seasons = data.draw(st.lists(season, min_size=1, max_size=5))
    whole = array if dims == 5 else array[np.newaxis]
    start = data.draw(st.integers(0, len(whole) - 1))
    stop = data.draw(st.integers(start + 1, len(whole)))
    with BandsFile(path) as file:
        read = file.read(samples=range(start, stop), seasons=seasons)
    np.testing.assert_array_equal(read, whole[start:stop][:, seasons])
    assert read.dtype.isnative


def test_one_season_reads_only_its_chunk(
    tmp_path, make_array, write_zarr, unpack, pack
):
    array = make_array("s1")
    path = write_zarr(tmp_path / "a.zarr.zip", array, chunks=(1, 2, 12, 12))
    entries = unpack(path)
    for season in (0, 1, 3):
        entries[f"bands/{season}.0.0.0"] = b"rubbish"
    pack(path, entries)
    with BandsFile(path) as file:
        np.testing.assert_array_equal(file.read(seasons=[2])[0], array[[2]])
        with pytest.raises(CubeError, match=r"bands/0\.0\.0\.0"):
            file.read()


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("compressors", ["blosc", None])
@pytest.mark.parametrize("fill", [0, -7])
def test_a_chunk_that_is_not_stored_is_fill_value(
    tmp_path, write_zarr, unpack, pack, version, compressors, fill
):
    array = np.arange(4 * 2 * 6 * 6, dtype=np.int16).reshape(4, 2, 6, 6)
    path = write_zarr(
        tmp_path / "a.zarr.zip",
        array,
        chunks=(1, 2, 6, 6),
        zarr_format=version,
        fill_value=fill,
        **({} if compressors else {"compressors": None}),
    )
    entries = unpack(path)
    del entries["bands/2.0.0.0" if version == 2 else "bands/c/2/0/0/0"]
    pack(path, entries)
    array[2] = fill
    buffers = Buffers()
    buffers.array("bands", (4, 2, 6, 6), np.int16)[...] = 99
    with BandsFile(path) as file:
        np.testing.assert_array_equal(file.read(buffers=buffers)[0], array)


def test_nested_keys_are_found_where_the_metadata_do_not_say_so(
    tmp_path, make_array, write_zarr, unpack, pack
):
    array = make_array("s1")
    path = write_zarr(tmp_path / "a.zarr.zip", array, chunks=(1, 2, 12, 12))
    entries = {
        name.replace(".0.0.0", "/0/0/0"): content
        for name, content in unpack(path).items()
    }
    metadata = json.loads(entries["bands/.zarray"])
    metadata.pop("dimension_separator")
    entries["bands/.zarray"] = json.dumps(metadata).encode()
    with BandsFile(pack(path, entries)) as file:
        np.testing.assert_array_equal(file.read()[0], array)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("folder", ["place.zarr/", "a/b/place.zarr/"])
def test_the_array_may_lie_deeper_in_the_zip(
    tmp_path, make_array, write_zarr, unpack, pack, version, folder
):
    array = make_array("s1")
    path = write_zarr(tmp_path / "a.zarr.zip", array, zarr_format=version)
    entries = {folder + name: content for name, content in unpack(path).items()}
    with BandsFile(pack(path, entries)) as file:
        np.testing.assert_array_equal(file.read(verify=True)[0], array)


@pytest.mark.parametrize("name", ["reflectance", "/"])
def test_the_only_array_is_taken_whatever_its_name(
    tmp_path, make_array, write_zarr, name
):
    array = make_array("s1")
    path = write_zarr(tmp_path / "a.zarr.zip", array, name=name)
    with BandsFile(path) as file:
        np.testing.assert_array_equal(file.read()[0], array)


def test_a_zip_made_by_hand_with_folders_and_deflate_is_read(
    tmp_path, make_array, write_zarr, unpack, pack
):
    array = make_array("s1")
    path = write_zarr(tmp_path / "a.zarr.zip", array, chunks=(1, 2, 12, 12))
    entries = {"bands/": b"", **unpack(path)}
    with BandsFile(pack(path, entries, zipfile.ZIP_DEFLATED)) as file:
        np.testing.assert_array_equal(file.read(verify=True)[0], array)


def test_several_arrays_and_none_called_bands_is_a_sentence(
    tmp_path, make_array, write_zarr, unpack, pack
):
    entries = {}
    for name in ("summer", "winter"):
        path = write_zarr(tmp_path / f"{name}.zarr.zip", make_array("s1"), name=name)
        entries.update(unpack(path))
    path = pack(tmp_path / "both.zarr.zip", entries)
    with pytest.raises(CubeError, match=r"both\.zarr\.zip: .*'summer', 'winter'"):
        BandsFile(path)


def test_a_zip_without_any_array_is_a_sentence(tmp_path, pack):
    path = pack(tmp_path / "a.zarr.zip", {"readme.txt": b"hello"})
    with pytest.raises(CubeError, match="no single array 'bands'"):
        BandsFile(path)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize(
    ("attributes", "names", "message"),
    [
        ({"scale_factor": 0.01}, ("time", "band", "y", "x"), "without a scale"),
        ({"add_offset": -1000}, None, "without a scale"),
        ({}, ("time", "band", "x", "y"), "transpose it"),
        ({}, ("band", "time", "y", "x"), "transpose it"),
    ],
)
def test_numbers_that_mean_something_else_are_refused(
    tmp_path, make_array, write_zarr, version, attributes, names, message
):
    named = {"dimension_names": names} if version == 3 else {}
    if version == 2 and names:
        attributes = {**attributes, "_ARRAY_DIMENSIONS": names}
    path = write_zarr(
        tmp_path / "a.zarr.zip",
        make_array("s1"),
        zarr_format=version,
        attributes=attributes,
        **named,
    )
    with pytest.raises(CubeError, match=message):
        BandsFile(path)


@pytest.mark.parametrize(
    "names", [("season", "channel", "lat", "lon"), ("a",), None, 7, {}]
)
def test_dimensions_may_have_other_names(tmp_path, make_array, write_zarr, names):
    attributes = {"_ARRAY_DIMENSIONS": names, "units": "dB"}
    path = write_zarr(tmp_path / "a.zarr.zip", make_array("s1"), attributes=attributes)
    with BandsFile(path) as file:
        assert file.samples == 1


@pytest.mark.parametrize("document", [b"{", b"\xff\xff", b"[]", b""])
def test_metadata_that_are_not_json_are_a_sentence(tmp_path, pack, document):
    path = pack(tmp_path / "a.zarr.zip", {"bands/.zarray": document})
    with pytest.raises(CubeError, match="JSON"):
        BandsFile(path)


@pytest.mark.parametrize("seasons", [[4], [-1], [], [0, 7]])
def test_a_season_that_is_not_there_is_a_sentence(
    tmp_path, make_array, write_zarr, seasons
):
    path = write_zarr(tmp_path / "a.zarr.zip", make_array("s1"))
    with BandsFile(path) as file, pytest.raises(CubeError, match="the file has 0 to 3"):
        file.read(seasons=seasons)


def metadata(**changes: object) -> dict[str, bytes]:
    document = {
        "zarr_format": 2,
        "shape": [4, 2, 8, 8],
        "chunks": [1, 2, 8, 8],
        "dtype": "<i2",
        "compressor": {"id": "blosc"},
        "filters": None,
        "order": "C",
        "fill_value": 0,
        **changes,
    }
    return {"bands/.zarray": json.dumps(document).encode()}


@pytest.mark.parametrize("compressor", [{"id": "blosc"}, {"id": "zstd"}])
def test_a_shape_that_would_fill_the_memory_is_refused(tmp_path, pack, compressor):
    entries = metadata(shape=[4, 13, 40_000, 40_000], compressor=compressor)
    path = pack(tmp_path / "a.zarr.zip", entries)
    with BandsFile(path) as file, pytest.raises(CubeError, match=f"{MAX_BYTES:,}"):
        file.read()


def test_an_absurd_number_of_chunks_is_refused(tmp_path, pack):
    entries = metadata(shape=[4, 13, 2000, 2000], chunks=[1, 1, 1, 1])
    path = pack(tmp_path / "a.zarr.zip", entries)
    with BandsFile(path) as file, pytest.raises(CubeError, match="at most 10,000"):
        file.read()


def test_a_blosc_header_that_disagrees_with_the_metadata_is_refused(tmp_path, pack):
    bomb = bytes(numcodecs.Blosc("zstd").encode(bytes(2**26)))
    assert len(bomb) < 2**16
    entries = {**metadata(), "bands/0.0.0.0": bomb}
    path = pack(tmp_path / "a.zarr.zip", entries)
    with (
        BandsFile(path) as file,
        pytest.raises(CubeError, match="declares other sizes"),
    ):
        file.read()


def test_a_blosc_header_that_points_past_the_chunk_is_refused(tmp_path, pack):
    chunk = bytes(numcodecs.Blosc("lz4").encode(np.arange(128, dtype="<i2").tobytes()))
    entries = {**metadata(), "bands/0.0.0.0": chunk[:-20]}
    path = pack(tmp_path / "a.zarr.zip", entries)
    with (
        BandsFile(path) as file,
        pytest.raises(CubeError, match="declares other sizes"),
    ):
        file.read()


def test_a_bomb_in_another_codec_is_refused(tmp_path, pack):
    bomb = bytes(numcodecs.Zstd().encode(bytes(2**26)))
    entries = {**metadata(compressor={"id": "zstd"}), "bands/0.0.0.0": bomb}
    path = pack(tmp_path / "a.zarr.zip", entries)
    with (
        BandsFile(path) as file,
        pytest.raises(CubeError, match="decodes to more than"),
    ):
        file.read()


def test_a_codec_that_runs_code_is_never_run(tmp_path, pack):
    entries = {
        **metadata(filters=[{"id": "pickle", "protocol": 5}]),
        "bands/0.0.0.0": b"whatever",
    }
    with pytest.raises(CubeError, match="'pickle'"):
        BandsFile(pack(tmp_path / "a.zarr.zip", entries))


@pytest.mark.parametrize("name", [b"bands/9.0.0.0", b"cands/1.0.0.0", b"bands/3.0.0.0"])
def test_verify_finds_a_chunk_whose_name_is_damaged(
    tmp_path, make_array, write_zarr, name
):
    path = write_zarr(tmp_path / "a.zarr.zip", make_array("s1"), chunks=(1, 2, 12, 12))
    before, directory, after = path.read_bytes().rpartition(b"bands/1.0.0.0")
    path.write_bytes(before + name + after)
    assert directory
    with BandsFile(path) as file:
        assert not file.read()[0, 1].any()
        with pytest.raises(CubeError, match="is not where it should be"):
            file.read(verify=True)


def test_a_read_error_of_the_disk_is_a_sentence(
    tmp_path, make_array, write_zarr, monkeypatch
):
    path = write_zarr(tmp_path / "a.zarr.zip", make_array("s1"))

    def broken(*_arguments: object, **_options: object) -> None:
        raise OSError(5, "Input/output error")

    with BandsFile(path) as file:
        monkeypatch.setattr("neucobench.data.zipped.ZipArchive.stored", broken)
        with pytest.raises(CubeError, match="cannot be read: Input/output error"):
            file.read()


def test_every_error_begins_with_the_file_and_ends_with_a_full_stop(tmp_path, pack):
    path = pack(tmp_path / "a.zarr.zip", {"readme.txt": b"hello"})
    for place, opened in itertools.product((path, tmp_path / "b"), (BandsFile,)):
        with pytest.raises(CubeError) as caught:
            opened(place)
        assert str(caught.value).startswith(f"{place}: ")
        assert str(caught.value).endswith(".")
