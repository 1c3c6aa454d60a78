"""Cloud masks from files."""

import numpy as np
import pytest

from neucobench.codecs.inpainting.clouds import read_clouds
from neucobench.data.writer import write_cube_file
from neucobench.errors import CodecError, UsageError

SHAPE = (3, 20, 24)


@pytest.fixture
def marks():
    return (np.random.default_rng(1).random(SHAPE) < 0.2).astype(np.uint8)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.float32])
def test_all_that_is_not_0_is_cloudy(tmp_path, marks, dtype):
    np.save(tmp_path / "m.npy", marks.astype(dtype))
    np.testing.assert_array_equal(read_clouds(tmp_path / "m.npy", SHAPE), marks > 0)


@pytest.mark.parametrize("shape", [(3, 1, 20, 24), (1, 3, 20, 24)])
def test_axes_of_one_do_not_matter(tmp_path, marks, shape):
    np.save(tmp_path / "m.npy", marks.reshape(shape))
    np.testing.assert_array_equal(read_clouds(tmp_path / "m.npy", SHAPE), marks > 0)


@pytest.mark.parametrize("shape", [(20, 24), (1, 20, 24)])
def test_one_plane_is_for_the_last_season(tmp_path, marks, shape):
    np.save(tmp_path / "m.npy", marks[0].reshape(shape))
    found = read_clouds(tmp_path / "m.npy", SHAPE)
    assert not found[:2].any()
    np.testing.assert_array_equal(found[2], marks[0] > 0)


def test_classes_choose_what_is_cloudy(tmp_path):
    classes = np.random.default_rng(2).integers(0, 12, SHAPE).astype(np.uint8)
    np.save(tmp_path / "scl.npy", classes)
    found = read_clouds(tmp_path / "scl.npy", SHAPE, classes=(3, 8, 9, 10))
    np.testing.assert_array_equal(found, np.isin(classes, (3, 8, 9, 10)))


def test_nan_is_cloudy(tmp_path, marks):
    values = np.where(marks, np.nan, 0)
    np.save(tmp_path / "m.npy", values)
    np.testing.assert_array_equal(read_clouds(tmp_path / "m.npy", SHAPE), marks > 0)


@pytest.mark.parametrize("seasons", [3, 4])
def test_a_geotiff_has_a_band_for_each_season(tmp_path, seasons):
    """GDAL calls the last of four bands of bytes alpha."""
    rasterio = pytest.importorskip("rasterio")
    shape = (seasons, 20, 24)
    marks = (np.random.default_rng(1).random(shape) < 0.2).astype(np.uint8)
    profile = {"driver": "GTiff", "count": seasons, "height": 20, "width": 24}
    where = rasterio.Affine(10, 0, 0, 0, -10, 0)
    with rasterio.open(
        tmp_path / "m.tif", "w", dtype="uint8", transform=where, **profile
    ) as file:
        file.write(marks)
    np.testing.assert_array_equal(read_clouds(tmp_path / "m.tif", shape), marks > 0)


def test_a_cube_has_one_band(tmp_path, marks):
    write_cube_file(tmp_path / "m.zarr.zip", marks[:, None])
    np.testing.assert_array_equal(
        read_clouds(tmp_path / "m.zarr.zip", SHAPE), marks > 0
    )


@pytest.mark.parametrize("shape", [(2, 20, 24), (3, 20, 23), (24,)])
def test_a_mask_of_another_shape_is_refused(tmp_path, shape):
    np.save(tmp_path / "m.npy", np.ones(shape, np.uint8))
    with pytest.raises(CodecError, match="one plane of the same size"):
        read_clouds(tmp_path / "m.npy", SHAPE)


def test_a_mask_without_clouds_is_refused(tmp_path):
    np.save(tmp_path / "m.npy", np.full(SHAPE, 4, np.uint8))
    with pytest.raises(CodecError, match="its values are 4"):
        read_clouds(tmp_path / "m.npy", SHAPE, classes=(8,))


def test_text_is_refused(tmp_path):
    np.save(tmp_path / "m.npy", np.full(SHAPE, "cloud"))
    with pytest.raises(CodecError, match="numbers or True"):
        read_clouds(tmp_path / "m.npy", SHAPE)


def test_what_is_no_array_is_refused(tmp_path):
    (tmp_path / "m.npy").write_bytes(b"none")
    with pytest.raises(CodecError, match="no whole"):
        read_clouds(tmp_path / "m.npy", SHAPE)


def test_an_unknown_ending_is_refused(tmp_path):
    with pytest.raises(UsageError, match="endings"):
        read_clouds(tmp_path / "m.png", SHAPE)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CodecError, match="no such file"):
        read_clouds(tmp_path / "m.npy", SHAPE)
