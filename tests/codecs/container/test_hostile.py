"""What the layouts of a container ask for is refused before memory is taken for it."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from neucobench.codecs.container.parts import pack_tile
from neucobench.codecs.container.reader import ContainerReader
from neucobench.codecs.container.writer import ContainerWriter
from neucobench.codecs.files.compress import compress_file
from neucobench.codecs.files.decompress import decompress_file
from neucobench.codecs.files.tile_decoding import layout_fits
from neucobench.errors import CodecError, ContainerError


@pytest.fixture
def forge(tmp_path, scene):
    """Return a function that restores a container with another layout or streams."""

    def run(codec, *, salvage, layout=None, streams=None, times=1, cut=0):
        np.save(tmp_path / "stack.npy", np.stack([scene, scene]))
        compress_file(tmp_path / "stack.npy", codec, tmp_path / "stack.tec")
        with ContainerReader(tmp_path / "stack.tec") as reader:
            header, tile = reader.header, reader.tile(0)
        layouts = header.layouts if layout is None else (layout,) * times
        tile = tile if streams is None else replace(tile, streams=streams)
        forged = tmp_path / "forged.tec"
        with ContainerWriter(forged) as writer:
            writer.add(pack_tile(tile))
            writer.finish(replace(header, layouts=layouts))
        forged.write_bytes(forged.read_bytes()[: -cut or None])
        codec.batches.clear()
        with ContainerReader(forged, salvage=salvage) as reader:
            decompress_file(reader, codec, tmp_path / "out.npy", salvage=salvage)

    return run


@pytest.mark.parametrize("salvage", [False, True])
@pytest.mark.parametrize(
    "layout",
    [
        {"size": [10**6, 10**6]},
        {"size": [70]},
        {"size": []},
        {"shape": [2, 3, 10**6, 90]},
        {"shape": [10**6, 3, 70, 90]},
        {"size": [10**6] * 10_000},
    ],
)
def test_a_size_that_is_not_declared_reaches_no_codec(
    forge, season_codec, layout, salvage
):
    with pytest.raises(ContainerError) as error:
        forge(season_codec, salvage=salvage, layout=layout)
    assert "compress the source again" in str(error.value) or salvage
    assert len(str(error.value)) < 500
    assert not season_codec.batches


@pytest.mark.parametrize("salvage", [False, True])
def test_streams_for_frames_that_are_not_declared_reach_no_codec(
    forge, season_codec, salvage
):
    with pytest.raises(ContainerError):
        forge(season_codec, salvage=salvage, streams=(b"",) * 5000)
    assert not season_codec.batches


def test_layouts_without_a_size_are_the_codec_s_own(container):
    with ContainerReader(container) as reader:
        assert layout_fits({"quality": 3}, reader.header)
        assert layout_fits({"size": "none"}, reader.header)


def test_of_many_layouts_a_damaged_tile_tries_some(forge, season_codec, monkeypatch):
    tried = []

    def refuse(coded):
        tried.append(coded)
        raise CodecError("No frame decodes.")

    monkeypatch.setattr(season_codec, "salvage", refuse)
    with pytest.raises(ContainerError, match="none of its tiles"):
        forge(
            season_codec,
            salvage=True,
            layout={"shape": [2, 3, 70, 90]},
            times=500,
            cut=9,
        )
    assert 1 < len(tried) < 50


def test_frames_that_are_declared_and_not_there_take_no_memory(tmp_path, season_codec):
    np.save(tmp_path / "flat.npy", np.ones((1, 1, 16, 16), np.uint8))
    compress_file(tmp_path / "flat.npy", season_codec, tmp_path / "flat.tec")
    with ContainerReader(tmp_path / "flat.tec") as reader:
        header, tile = reader.header, reader.tile(0)
    picture = replace(header.picture, shape=(2**20, 1, 16, 16))
    with ContainerWriter(tmp_path / "forged.tec") as writer:
        writer.add(pack_tile(tile))
        writer.finish(replace(header, picture=picture))
    tracemalloc.start()
    with ContainerReader(tmp_path / "forged.tec") as reader:
        assert reader.verify().frames == ()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20
