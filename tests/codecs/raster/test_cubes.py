"""A ``.zarr.zip`` file comes back with all that its store had beside the pixels."""

import zipfile

import numpy as np
import pytest

from neucobench.codecs.raster.base import BandNote, Georeference, Kept, Picture
from neucobench.codecs.raster.files import open_sink, open_source
from neucobench.data.cube import read_cube
from neucobench.data.writer import write_cube_file
from neucobench.errors import CodecError, ContainerError, CubeError

SHAPE = (4, 12, 20, 24)


@pytest.fixture
def values():
    """Return (time, band, y, x) of int16."""
    return np.random.default_rng(1).integers(1, 9999, SHAPE).astype(np.int16)


def copy(path, out, kept=True):
    """Write what a file holds to another; return its description."""
    with open_source(path) as source:
        picture = source.picture
        found = source.read(slice(0, 20), slice(0, 24))
        with open_sink(out, picture, source.kept if kept else None) as sink:
            sink.write(0, found[:, :, :13])
            sink.write(13, found[:, :, 13:])
    return picture


def entries(path):
    """Return what lies in a zip beside the chunks of the bands."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if "bands/" not in name]
        return {name: archive.read(name) for name in names}


def test_a_cube_comes_back_with_its_attributes(tmp_path, values):
    attributes = {"id": "0001", "offset": 1000, "no_data": 0, "bands": ["B"] * 12}
    write_cube_file(tmp_path / "a.zarr.zip", values, attrs=attributes)
    picture = copy(tmp_path / "a.zarr.zip", tmp_path / "b.zarr.zip")
    assert picture.axes == ("sample", "time", "band", "y", "x")
    assert picture.nodata == 0
    assert picture.bands == (BandNote(name="B"),) * 12
    back = read_cube({"s2l2a": tmp_path / "b.zarr.zip"}, verify=True)
    np.testing.assert_array_equal(back.arrays["s2l2a"], values)
    assert entries(tmp_path / "b.zarr.zip") == entries(tmp_path / "a.zarr.zip")


def test_the_offset_of_the_store_is_read(tmp_path, values):
    write_cube_file(tmp_path / "a.zarr.zip", values, attrs={"offset": 1000})
    with open_source(tmp_path / "a.zarr.zip") as source:
        assert source.convention.offset == 1000


@pytest.fixture
def dataset(values):
    """Return an xarray data set with coordinates and a CF georeference."""
    xarray = pytest.importorskip("xarray")
    coordinates = {
        "time": np.array(
            ["2020-03-01", "2020-06-01", "2020-09-01", "2020-12-01"], "M8[ns]"
        ),
        "y": 5000.0 - 10 * np.arange(20),
        "x": 300.0 + 10 * np.arange(24),
    }
    found = xarray.Dataset(
        {"bands": (("time", "band", "y", "x"), values)}, coords=coordinates
    )
    attributes = {
        "crs_wkt": 'LOCAL_CS["somewhere"]',
        "GeoTransform": "295.0 10.0 0.0 5005.0 0.0 -10.0",
    }
    found["spatial_ref"] = ((), 0, attributes)
    return found


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
def test_coordinates_and_georeference_of_xarray_come_back(
    tmp_path, values, dataset, version
):
    xarray = pytest.importorskip("xarray")
    import zarr

    path, out = tmp_path / "a.zarr.zip", tmp_path / "b.zarr.zip"
    with zarr.storage.ZipStore(path, mode="w") as store:
        dataset.to_zarr(store, zarr_format=version)
    picture = copy(path, out)
    assert picture.axes == ("time", "band", "y", "x")
    assert picture.georeference == Georeference(
        crs='LOCAL_CS["somewhere"]', transform=(10, 0, 295, 0, -10, 5005)
    )
    with zarr.storage.ZipStore(out, mode="r") as store:
        back = xarray.open_zarr(store, zarr_format=version).load()
    xarray.testing.assert_identical(back, dataset)


def test_a_picture_from_elsewhere_becomes_a_cube(tmp_path, values):
    picture = Picture(
        format="geotiff",
        axes=("band", "y", "x"),
        shape=SHAPE,
        dtype="int16",
        nodata=-1,
        georeference=Georeference(crs="EPSG:4326", transform=(1, 0, 2, 0, 3, 4)),
    )
    with open_sink(tmp_path / "a.zarr.zip", picture, None) as sink:
        sink.write(0, values)
    with open_source(tmp_path / "a.zarr.zip") as source:
        assert source.picture.georeference == picture.georeference
        assert source.picture.nodata == -1


def test_many_samples_are_refused(tmp_path):
    import zarr

    path = tmp_path / "shard.zarr.zip"
    with zarr.storage.ZipStore(path, mode="w") as store:
        group = zarr.open_group(store, mode="w", zarr_format=2)
        group.create_array("bands", shape=(2, 1, 3, 8, 8), dtype="i2")[...] = 1
    with (
        pytest.raises(CodecError, match="it holds 2 samples, and one is coded"),
        open_source(path),
    ):
        pass


def test_a_damaged_store_is_called_so(tmp_path, values):
    path = tmp_path / "a.zarr.zip"
    write_cube_file(path, values)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(CubeError, match="CRC-32"), open_source(path):
        pass


@pytest.mark.parametrize("name", ["../outside", "/root", "a/../../b"])
def test_entries_that_lead_out_of_a_folder_are_not_written(tmp_path, values, name):
    write_cube_file(tmp_path / "a.zarr.zip", values)
    with open_source(tmp_path / "a.zarr.zip") as source:
        picture = source.picture
        kept = Kept(folder="bands/", entries={**source.kept.entries, name: b""})
    with pytest.raises(ContainerError, match="does not fit its header"):
        open_sink(tmp_path / "b.zarr.zip", picture, kept)


def test_a_store_of_another_shape_is_not_written(tmp_path, values):
    write_cube_file(tmp_path / "a.zarr.zip", values[:2])
    with open_source(tmp_path / "a.zarr.zip") as source:
        kept = source.kept
    write_cube_file(tmp_path / "b.zarr.zip", values)
    with open_source(tmp_path / "b.zarr.zip") as source:
        picture = source.picture
    with pytest.raises(ContainerError, match="does not fit its header"):
        open_sink(tmp_path / "c.zarr.zip", picture, kept)
