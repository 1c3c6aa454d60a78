"""Pixels without data are counted, cost little, and come back exactly."""

import numpy as np
import pytest

from neucobench.codecs.container.header import Missing
from neucobench.codecs.files.compress import CompressOptions, compress_file
from neucobench.errors import CodecError

TILES = CompressOptions(tile=40, overlap=8, nodata=-9999)


@pytest.fixture
def holed(tmp_path):
    """Write floats with NaN and -9999 among them as ``holed.npy``."""
    rng = np.random.default_rng(8)
    values = rng.normal(2000, 300, (2, 3, 70, 90)).astype(np.float32)
    values[:, :, :33, :50] = -9999
    values[rng.random(values.shape) < 0.02] = np.nan
    path = tmp_path / "holed.npy"
    np.save(path, values)
    return path


def test_both_marks_come_back_exactly(there_and_back, holed, codec, tmp_path):
    report, restored = there_and_back(
        holed, codec, tmp_path / "back.npy", options=TILES
    )
    before, after = np.load(holed), np.load(tmp_path / "back.npy")
    value, nan = before == -9999, np.isnan(before)
    np.testing.assert_array_equal(after == -9999, value)
    np.testing.assert_array_equal(np.isnan(after), nan)
    data = ~value & ~nan
    assert np.abs(after[data] - before[data]).max() < 5.01
    counted = Missing(value=int(value.sum()), nan=int(nan.sum()))
    assert report.header.missing == counted
    assert restored.missing == counted


def test_a_tile_without_data_costs_next_to_nothing(tmp_path, codec):
    path = tmp_path / "empty.npy"
    np.save(path, np.full((3, 256, 256), 7, np.uint16))
    options = CompressOptions(tile=64, overlap=0, nodata=7)
    report = compress_file(path, codec, options=options)
    assert report.sizes.streams == 0
    assert len(report.header.tiling) == 16
    assert report.sizes.masks == 16
    assert report.sizes.file < 1000
    assert codec.batches == []


def test_a_picture_without_data_comes_back(there_and_back, codec, tmp_path):
    path = tmp_path / "empty.npy"
    np.save(path, np.full((3, 40, 40), np.nan, np.float64))
    there_and_back(path, codec, tmp_path / "back.npy")
    assert np.isnan(np.load(tmp_path / "back.npy")).all()


def test_data_next_to_a_tile_without_any_keep_their_values(
    there_and_back, exact_codec, tmp_path
):
    values = np.full((1, 60, 120), -1, np.int16)
    values[:, :, 50:] = np.arange(70) + 500
    path = tmp_path / "half.npy"
    np.save(path, values)
    options = CompressOptions(tile=48, overlap=16, nodata=-1)
    there_and_back(path, exact_codec, tmp_path / "back.npy", options=options)
    np.testing.assert_array_equal(np.load(tmp_path / "back.npy"), values)


def test_without_a_no_data_value_there_is_no_mask(tmp_path, codec, scene):
    path = tmp_path / "scene.npy"
    np.save(path, scene)
    report = compress_file(path, codec)
    assert report.sizes.masks == 0
    assert report.header.missing == Missing()


def test_an_infinite_value_is_refused_and_placed(tmp_path, codec):
    values = np.ones((3, 90, 90), np.float32)
    values[2, 70, 5] = np.inf
    path = tmp_path / "infinite.npy"
    np.save(path, values)
    with pytest.raises(CodecError, match="band 3, row 70, column 5"):
        compress_file(path, codec, options=CompressOptions(tile=40, overlap=8))


def test_a_value_beyond_float32_is_refused(tmp_path, codec):
    path = tmp_path / "large.npy"
    np.save(path, np.full((1, 20, 20), 1e300))
    with pytest.raises(CodecError, match="beyond float32"):
        compress_file(path, codec)


def test_numbers_beyond_the_type_are_counted(there_and_back, codec, tmp_path):
    codec.rate = 100.0
    path = tmp_path / "dark.npy"
    values = np.full((1, 20, 20), 254, np.uint8)
    values[0, 0, :3] = 2
    np.save(path, values)
    _, restored = there_and_back(path, codec, tmp_path / "back.npy")
    back = np.load(tmp_path / "back.npy")
    # 254 is rounded to 300, and 2 to 0.
    assert back.max() == 255
    assert restored.clipped == 397
