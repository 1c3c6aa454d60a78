"""A GeoTIFF comes back with its georeference, no-data value, type and notes."""

import numpy as np
import pytest

from neucobench.codecs.pixels.values import Convention
from neucobench.codecs.raster.base import Georeference, Picture
from neucobench.codecs.raster.files import open_sink, open_source
from neucobench.errors import CodecError

rasterio = pytest.importorskip("rasterio")

WHOLE = slice(None)


@pytest.fixture
def write(tmp_path):
    """Return a function that writes ``picture.tif`` with what it is given."""

    def run(values, *, after=None, **profile):
        path = tmp_path / "picture.tif"
        count, height, width = values.shape
        shape = {"count": count, "height": height, "width": width}
        place = {"crs": "EPSG:32632", "transform": rasterio.Affine(10, 0, 5, 0, -10, 9)}
        options = {
            "driver": "GTiff",
            "dtype": values.dtype,
            **shape,
            **place,
            **profile,
        }
        with rasterio.open(path, "w", **options) as file:
            if after:
                after(file)
            file.write(values)
        return path

    return run


def copy(path, out, tmp_path):
    """Write what a file holds to another, in strips; return its description."""
    with open_source(path) as source:
        picture = source.picture
        height, width = picture.shape[2:]
        with open_sink(out, picture, source.kept) as sink:
            for top in range(0, height, 7):
                rows = slice(top, min(top + 7, height))
                sink.write(top, source.read(rows, slice(0, width)))
    return picture


@pytest.fixture
def values():
    """Return (band, y, x) of int16."""
    return np.random.default_rng(1).integers(-99, 9999, (4, 33, 41)).astype(np.int16)


def test_everything_it_says_comes_back(write, values, tmp_path):
    def annotate(file):
        for number in range(1, 5):
            file.set_band_description(number, f"B{number:02d}")
        file.scales = [0.0001] * 4
        file.offsets = [-0.1] * 4
        file.units = ["1"] * 4
        file.update_tags(PRODUCT="S2A", NOTE="two words")
        file.update_tags(2, wavelength="490")

    path = write(values, nodata=-99, after=annotate)
    out = tmp_path / "copy.tif"
    picture = copy(path, out, tmp_path)
    assert picture.shape == (1, 4, 33, 41)
    with rasterio.open(path) as before, rasterio.open(out) as after:
        np.testing.assert_array_equal(after.read(), values)
        for name in ("crs", "transform", "nodata", "dtypes", "descriptions", "scales"):
            assert getattr(after, name) == getattr(before, name), name
        for name in ("offsets", "units", "colorinterp", "bounds"):
            assert getattr(after, name) == getattr(before, name), name
        assert after.tags() == before.tags()
        assert after.tags(2) == before.tags(2)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "int32", "float32", "float64"])
def test_every_type_comes_back(write, values, tmp_path, kind):
    path = write(np.abs(values).astype(kind), photometric="minisblack")
    assert copy(path, tmp_path / "copy.tif", tmp_path).dtype == kind
    with rasterio.open(tmp_path / "copy.tif") as file:
        assert set(file.dtypes) == {kind}
        np.testing.assert_array_equal(file.read(), np.abs(values).astype(kind))


def test_a_large_picture_written_in_strips_comes_back(write, tmp_path):
    values = np.random.default_rng(2).integers(0, 255, (2, 600, 300)).astype(np.uint8)
    copy(write(values), tmp_path / "copy.tif", tmp_path)
    assert (tmp_path / "copy.tif").stat().st_size < 1.4 * values.size
    with rasterio.open(tmp_path / "copy.tif") as file:
        np.testing.assert_array_equal(file.read(), values)
        assert file.profile["tiled"] is True


def test_without_a_georeference_none_is_made(write, values, tmp_path):
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        path = write(values, crs=None, transform=None)
    picture = copy(path, tmp_path / "copy.tif", tmp_path)
    assert picture.georeference == Georeference()
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        file = rasterio.open(tmp_path / "copy.tif")
    with file:
        assert file.crs is None
        assert file.transform.is_identity


def test_a_crs_of_an_authority_is_kept_by_its_code_and_others_as_wkt(write, values):
    with open_source(write(values)) as source:
        assert source.picture.georeference.crs == "EPSG:32632"
    own = rasterio.CRS.from_proj4("+proj=laea +lat_0=12 +lon_0=7 +datum=WGS84")
    with open_source(write(values, crs=own)) as source:
        assert rasterio.CRS.from_wkt(source.picture.georeference.crs) == own


def test_colors_come_back(write, values, tmp_path):
    path = write(values[:3].astype(np.uint8), photometric="rgb")
    copy(path, tmp_path / "copy.tif", tmp_path)
    with rasterio.open(tmp_path / "copy.tif") as file:
        assert [color.name for color in file.colorinterp] == ["red", "green", "blue"]
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["copy.tif", "picture.tif"]


def test_nan_as_no_data_value_comes_back(write, values, tmp_path):
    path = write(values.astype(np.float32), nodata=float("nan"))
    copy(path, tmp_path / "copy.tif", tmp_path)
    with rasterio.open(tmp_path / "copy.tif") as file:
        assert np.isnan(file.nodata)


@pytest.mark.parametrize(
    ("scale", "offset", "found"),
    [
        (1, 0, Convention()),
        (0.0001, -0.1, Convention(offset=1000)),
        (1, -1000, Convention(offset=1000)),
        (2.75e-05, -0.2, Convention(offset=7272.72727, scale=0.275)),
    ],
)
def test_a_declared_scale_and_offset_lead_to_reflectance(
    write, values, scale, offset, found
):
    def declare(file):
        file.scales, file.offsets = [scale] * 4, [offset] * 4

    with open_source(write(values, after=declare)) as source:
        assert source.convention == found


@pytest.mark.parametrize("scales", [[0.01] * 4, [1, 1, 1, 0.0001], [0] * 4])
def test_a_scale_that_leads_nowhere_asks_for_the_options(write, values, scales):
    def declare(file):
        file.scales = scales

    with (
        pytest.raises(CodecError, match="say with --offset and --scale"),
        open_source(write(values, after=declare)) as source,
    ):
        _ = source.convention


def test_a_mask_band_is_refused(write, values):
    path = write(values.astype(np.uint8), photometric="rgb", alpha="yes")
    with (
        pytest.raises(CodecError, match="accepted is a no-data value"),
        open_source(path),
    ):
        pass


def test_complex_values_are_refused(write, values):
    with (
        pytest.raises(
            CodecError, match=r"picture.tif: it holds values of type complex"
        ),
        open_source(write(values.astype(np.complex64))),
    ):
        pass


def test_a_file_that_is_no_geotiff_is_called_so(tmp_path):
    path = tmp_path / "text.tif"
    path.write_text("no picture")
    with pytest.raises(CodecError, match="this is no GeoTIFF"), open_source(path):
        pass


def test_a_file_that_was_cut_off_is_called_so(write, values):
    path = write(values)
    path.write_bytes(path.read_bytes()[:-2000])
    with (
        pytest.raises(CodecError, match="download or write it again"),
        open_source(path) as source,
    ):
        source.read(slice(0, 33), slice(0, 41))


def test_a_no_data_value_that_the_type_cannot_hold_is_left_out(tmp_path):
    picture = Picture(
        format="zarr",
        axes=("band", "y", "x"),
        shape=(1, 1, 2, 2),
        dtype="uint8",
        nodata=-1,
        georeference=Georeference(crs="EPSG:32632"),
    )
    with open_sink(tmp_path / "a.tif", picture, None) as sink:
        sink.write(0, np.ones((1, 1, 2, 2), np.uint8))
    with open_source(tmp_path / "a.tif") as source:
        assert source.picture.nodata is None


def test_a_crs_that_proj_does_not_know_is_named(tmp_path):
    picture = Picture(
        format="zarr",
        axes=("band", "y", "x"),
        shape=(1, 1, 2, 2),
        dtype="uint8",
        georeference=Georeference(crs="nowhere"),
    )
    with pytest.raises(CodecError, match="The CRS 'nowhere' cannot be written"):
        open_sink(tmp_path / "a.tif", picture, None)


def test_several_seasons_do_not_fit(tmp_path, write, values):
    from dataclasses import replace

    with open_source(write(values)) as source:
        picture = replace(source.picture, shape=(4, 4, 33, 41))
    with pytest.raises(CodecError, match=r"4 seasons, and a GeoTIFF holds one"):
        open_sink(tmp_path / "copy.tif", picture, None)
