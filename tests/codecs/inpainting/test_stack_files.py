"""Stacks in files and folders, there and back."""

import numpy as np
import pytest

from neucobench.codecs.inpainting.stack_files import read_stack
from neucobench.codecs.inpainting.stack_writing import replace_pixels, write_stack
from neucobench.data.writer import write_cube_file
from neucobench.errors import CodecError, UsageError

rasterio = pytest.importorskip("rasterio")

TRANSFORM = rasterio.Affine(10, 0, 5e5, 0, -10, 4.2e6)


@pytest.fixture
def seasons():
    """Return (3, 4, 20, 24) integers; some pixels are 0."""
    values = np.random.default_rng(3).integers(1, 9000, (3, 4, 20, 24))
    values[1, :, :3, :3] = 0
    return values.astype(np.int16)


def write_tiles(folder, name, values, **options):
    profile = {
        "driver": "GTiff",
        "count": len(values),
        "height": values.shape[1],
        "width": values.shape[2],
        "dtype": values.dtype,
        "crs": "EPSG:32633",
        "transform": TRANSFORM,
        "nodata": 0,
    }
    folder.mkdir(exist_ok=True)
    with rasterio.open(folder / name, "w", **(profile | options)) as file:
        file.write(values)
        file.update_tags(season=name)


@pytest.fixture
def folder(tmp_path, seasons):
    """Write three GeoTIFFs to a folder, and return it."""
    for number, values in enumerate(seasons):
        write_tiles(tmp_path / "tiles", f"place_{number}.tif", values)
    return tmp_path / "tiles"


def test_a_folder_is_a_stack_in_name_order(folder, seasons):
    found = read_stack(folder)
    np.testing.assert_array_equal(found.stored, seasons)
    assert [part.name for part in found.parts] == [f"place_{i}.tif" for i in range(3)]


def test_missing_pixels_are_nan_in_reflectance(folder, seasons):
    values = read_stack(folder).reflectance()
    assert np.isnan(values[1, :, :3, :3]).all()
    assert np.isnan(values).sum() == 36


def test_the_offset_is_taken_off(tmp_path, seasons):
    np.save(tmp_path / "a.npy", seasons)
    found = read_stack(tmp_path / "a.npy", offset=1000)
    np.testing.assert_array_equal(found.reflectance(), seasons - 1000.0)


def test_a_no_data_value_can_be_given(tmp_path, seasons):
    np.save(tmp_path / "a.npy", seasons)
    assert np.isnan(read_stack(tmp_path / "a.npy", nodata=0).reflectance()).any()


def test_a_folder_comes_back_with_its_georeference_and_tags(folder, tmp_path, seasons):
    found = read_stack(folder)
    write_stack(tmp_path / "new", found, found.stored)
    for number, values in enumerate(seasons):
        with rasterio.open(tmp_path / "new" / f"place_{number}.tif") as file:
            np.testing.assert_array_equal(file.read(), values)
            assert (file.crs.to_epsg(), file.transform) == (32633, TRANSFORM)
            assert (file.nodata, file.dtypes[0]) == (0, "int16")
            assert file.tags()["season"] == f"place_{number}.tif"


def test_a_cube_comes_back_as_a_cube(tmp_path, seasons):
    write_cube_file(tmp_path / "a.zarr.zip", seasons, attrs={"crs": "EPSG:32633"})
    found = read_stack(tmp_path / "a.zarr.zip")
    write_stack(tmp_path / "b.zarr.zip", found, found.stored + 1)
    again = read_stack(tmp_path / "b.zarr.zip")
    np.testing.assert_array_equal(again.stored, seasons + 1)
    assert again.picture.georeference.crs == "EPSG:32633"


def test_replaced_pixels_are_rounded_into_the_type_and_others_untouched(folder):
    found = read_stack(folder)
    where = np.zeros((3, 20, 24), bool)
    where[1, 1, 1:3] = True
    filled = found.reflectance()
    filled[1, :, 1, 1] = 41.6
    filled[1, :, 1, 2] = 1e6
    new = replace_pixels(found, filled, where)
    assert new.values.dtype == np.int16
    assert new.values[1, :, 1, 1].tolist() == [42] * 4
    assert new.values[1, :, 1, 2].tolist() == [32767] * 4
    untouched = np.broadcast_to(~where[:, None], found.stored.shape)
    np.testing.assert_array_equal(new.values[untouched], found.stored[untouched])
    assert (new.clipped, new.moved) == (4, 0)


def test_a_new_number_does_not_read_as_no_data(folder):
    found = read_stack(folder)
    where = np.zeros((3, 20, 24), bool)
    where[2, 5, 5] = True
    new = replace_pixels(found, np.zeros((3, 4, 20, 24), np.float32), where)
    assert new.values[2, :, 5, 5].tolist() == [1] * 4
    assert new.moved == 4


def test_what_cannot_be_filled_is_no_data(folder):
    found = read_stack(folder)
    where = np.zeros((3, 20, 24), bool)
    where[2, 5, 5] = True
    nothing = np.full((3, 4, 20, 24), np.nan, np.float32)
    assert not replace_pixels(found, nothing, where).values[2, :, 5, 5].any()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"nodata": 7}, "no-data value"),
        ({"transform": rasterio.Affine(10, 0, 0, 0, -10, 0)}, "on one another"),
        ({"crs": "EPSG:32634"}, "on one another"),
    ],
)
def test_seasons_that_do_not_fit_are_refused(folder, seasons, change, said):
    write_tiles(folder, "place_3.tif", seasons[0], **change)
    with pytest.raises(CodecError, match=said):
        read_stack(folder)


def test_seasons_of_other_sizes_are_refused(folder, seasons):
    write_tiles(folder, "place_3.tif", seasons[0][:, :-1])
    with pytest.raises(CodecError, match="shape"):
        read_stack(folder)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(CodecError, match="holds no GeoTIFF"):
        read_stack(tmp_path)


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(UsageError, match="endings"):
        read_stack(tmp_path / "a.jpg")
