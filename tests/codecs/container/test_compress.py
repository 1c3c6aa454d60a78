"""A file is compressed tile by tile, and what does not suit the codec is refused."""

import numpy as np
import pytest

from neucobench.codecs.container.reader import ContainerReader
from neucobench.codecs.files.compress import (
    CompressOptions,
    compress_file,
    container_path,
)
from neucobench.codecs.files.decompress import decompress_file
from neucobench.data.bands import S2L2A
from neucobench.data.writer import write_cube_file
from neucobench.errors import CodecError, ContainerError, UsageError

SMALL_TILES = CompressOptions(tile=48, overlap=12)


@pytest.fixture
def picture(tmp_path, scene):
    """Write the scene as ``scene.npy``."""
    path = tmp_path / "scene.npy"
    np.save(path, scene)
    return path


def test_tiles_blend_to_the_picture_within_the_codecs_error(
    there_and_back, picture, scene, codec, tmp_path
):
    report, _ = there_and_back(
        picture, codec, tmp_path / "back.npy", options=SMALL_TILES
    )
    back = np.load(tmp_path / "back.npy")
    assert back.dtype == scene.dtype
    assert np.abs(back - scene).max() <= 5
    assert len(report.header.tiling) == 6


def test_the_whole_and_its_tiles_agree_where_the_codec_is_exact(
    there_and_back, picture, scene, exact_codec, tmp_path
):
    for options in (SMALL_TILES, CompressOptions(tile=40, overlap=0), None):
        there_and_back(picture, exact_codec, tmp_path / "back.npy", options=options)
        np.testing.assert_array_equal(np.load(tmp_path / "back.npy"), scene)


def test_equal_tiles_go_to_the_codec_together(picture, codec, tmp_path):
    compress_file(picture, codec, tmp_path / "a.tec", options=SMALL_TILES)
    assert codec.batches == [6]


def test_progress_is_told_in_tiles(picture, codec, tmp_path):
    seen = []
    compress_file(
        picture,
        codec,
        tmp_path / "a.tec",
        options=SMALL_TILES,
        advance=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (6, 6)


def test_the_same_file_gives_the_same_container(picture, codec, tmp_path):
    for name in ("a.tec", "b.tec"):
        compress_file(picture, codec, tmp_path / name, options=SMALL_TILES)
    assert (tmp_path / "a.tec").read_bytes() == (tmp_path / "b.tec").read_bytes()


def test_the_container_lies_beside_the_picture_by_default(picture, codec):
    assert compress_file(picture, codec).out == picture.with_name("scene.tec")
    assert container_path(picture.with_name("a.b.zarr.zip")).name == "a.b.tec"


def test_a_file_that_exists_is_replaced_only_on_demand(picture, codec, tmp_path):
    out = tmp_path / "a.tec"
    out.write_bytes(b"mine")
    with pytest.raises(CodecError, match="give --overwrite"):
        compress_file(picture, codec, out)
    assert out.read_bytes() == b"mine"
    compress_file(picture, codec, out, overwrite=True)
    with ContainerReader(out) as reader:
        back = tmp_path / "back.npy"
        back.write_bytes(b"mine")
        with pytest.raises(CodecError, match="give --overwrite"):
            decompress_file(reader, codec, back)


def test_nothing_is_left_behind_when_the_codec_fails(picture, codec, tmp_path):
    codec.encode = lambda _: (_ for _ in ()).throw(CodecError("no"))
    with pytest.raises(CodecError):
        compress_file(picture, codec, tmp_path / "a.tec")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scene.npy"]


def test_the_number_of_bands_must_be_the_codecs(picture, codec):
    codec.bands = 12
    with pytest.raises(CodecError, match=r"3 bands, and steps takes 12: B01, .* L2A"):
        compress_file(picture, codec)


@pytest.fixture
def named_bands(tmp_path):
    """Return a function that writes 12 bands with names as a cube."""

    def write(names):
        values = np.ones((1, 12, 20, 20), np.int16)
        write_cube_file(tmp_path / "cube.zarr.zip", values, attrs={"bands": names})
        return tmp_path / "cube.zarr.zip"

    return write


def test_bands_that_are_named_in_another_order_are_refused(named_bands, codec):
    codec.bands = 12
    mixed = ["B02", "B01", *S2L2A.bands[2:]]
    with pytest.raises(CodecError, match=r"its bands are B02, B01, .* in this order"):
        compress_file(named_bands(mixed), codec)


@pytest.mark.parametrize(
    "names",
    [
        list(S2L2A.bands),
        ["b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b8a", "b9", "b11", "b12"],
        ["band"] * 12,
    ],
)
def test_other_ways_to_name_the_bands_are_fine(named_bands, codec, names):
    codec.bands = 12
    report = compress_file(named_bands(names), codec)
    assert report.header.bands == S2L2A.bands


def test_a_picture_smaller_than_the_codec_takes_is_refused(tmp_path, codec):
    path = tmp_path / "small.npy"
    np.save(path, np.ones((3, 15, 40), np.int16))
    with pytest.raises(CodecError, match=r"15 x 40 pixels, and steps takes at least"):
        compress_file(path, codec)


def test_tiles_smaller_than_the_codec_takes_are_refused(picture, codec):
    with pytest.raises(CodecError, match="give a larger --tile"):
        compress_file(picture, codec, options=CompressOptions(tile=8, overlap=0))


def test_a_no_data_value_that_the_type_cannot_hold_is_refused(picture, codec):
    with pytest.raises(CodecError, match="correct --nodata"):
        compress_file(picture, codec, options=CompressOptions(nodata=0.5))


def test_other_endings_are_refused(tmp_path, picture, codec):
    with pytest.raises(UsageError, match=r"none of the endings \.tif"):
        compress_file(tmp_path / "scene.jp2", codec)
    with pytest.raises(UsageError, match=r"does not end in \.tec"):
        compress_file(picture, codec, tmp_path / "scene.npy")


def test_values_that_look_like_shares_are_pointed_out(tmp_path, codec):
    path = tmp_path / "shares.npy"
    np.save(path, np.random.default_rng(0).random((3, 20, 20)).astype(np.float32))
    report = compress_file(path, codec)
    assert [item.code for item in report.findings] == ["small-values"]
    report = compress_file(
        path, codec, options=CompressOptions(scale=10_000), overwrite=True
    )
    assert report.findings == ()
    assert report.header.convention.scale == 10_000


def test_a_codec_with_latents_gets_full_steps_and_the_edge_repeated(
    there_and_back, picture, scene, exact_codec, tmp_path
):
    class LatentSteps(type(exact_codec)):
        channels = 1

        def latents(self, stacks):
            raise NotImplementedError

        def encode(self, stacks):
            assert stacks.shape[-2:] == (80, 96)
            np.testing.assert_array_equal(stacks[..., 79, :], stacks[..., 69, :])
            return super().encode(stacks)

    there_and_back(picture, LatentSteps(rate=1.0), tmp_path / "back.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "back.npy"), scene)


def test_the_offset_is_taken_off_before_coding_and_added_again(
    there_and_back, picture, scene, exact_codec, tmp_path
):
    seen = []
    encode = exact_codec.encode
    exact_codec.encode = lambda stacks: seen.append(stacks) or encode(stacks)
    there_and_back(
        picture,
        exact_codec,
        tmp_path / "back.npy",
        options=CompressOptions(offset=1000),
    )
    np.testing.assert_array_equal(seen[0][0, 0], scene.astype(np.float32) - 1000)
    np.testing.assert_array_equal(np.load(tmp_path / "back.npy"), scene)


def test_other_weights_are_refused_and_the_needed_ones_named(
    container, codec, other_weights, tmp_path
):
    with (
        ContainerReader(container) as reader,
        pytest.raises(ContainerError, match=f"needs the weights .* {'ab' * 32}"),
    ):
        decompress_file(reader, other_weights(codec), tmp_path / "back.npy")
    assert not (tmp_path / "back.npy").exists()


def test_a_damaged_tile_stops_the_work_before_anything_is_decoded(
    container, codec, tmp_path
):
    content = bytearray(container.read_bytes())
    content[-1] ^= 1
    container.write_bytes(content)
    codec.batches.clear()
    with (
        ContainerReader(container) as reader,
        pytest.raises(ContainerError, match="the kept metadata"),
    ):
        decompress_file(reader, codec, tmp_path / "back.npy")
    assert codec.batches == []
    assert not (tmp_path / "back.npy").exists()


def test_a_codec_that_returns_another_shape_is_caught(container, codec, tmp_path):
    decode = codec.decode
    codec.decode = lambda coded: decode(coded)[..., :-1]
    with (
        ContainerReader(container) as reader,
        pytest.raises(ContainerError, match="tiles decode to the shape"),
    ):
        decompress_file(reader, codec, tmp_path / "back.npy")
