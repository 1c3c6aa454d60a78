"""Real Sentinel-2 pictures come back as they are (Copernicus; SSL4EO-S12)."""

import numpy as np
import pytest

from neucobench.data.cube import read_cube
from neucobench.data.writer import write_cube_file

PLACES = ("0080717", "0121563", "0173706")


@pytest.fixture(scope="module", params=PLACES)
def place(request, shared):
    """Return (4, 12, 264, 264) int16, one SSL4EO-S12 place without the shift."""
    rasterio = pytest.importorskip("rasterio")
    folder = shared / "data" / "ssl4eo-s12-s2l2a"
    seasons = []
    for season in range(4):
        path = folder / f"ssl4eos12_val_{request.param}_{season}.tif"
        if not path.is_file():
            pytest.skip(f"{path.name} is not among the shared tiles")
        with rasterio.open(path) as tile:
            seasons.append(tile.read())
    return np.stack(seasons)


def test_a_packed_place_is_read_bit_for_bit(place, tmp_path):
    write_cube_file(tmp_path / "a.zarr.zip", place)
    assert (tmp_path / "a.zarr.zip").stat().st_size < 0.8 * place.nbytes
    cube = read_cube({"s2l2a": tmp_path / "a.zarr.zip"}, verify=True)
    np.testing.assert_array_equal(cube.arrays["s2l2a"], place)


def test_a_place_in_other_chunks_and_version_3_is_read_too(place, tmp_path, write_zarr):
    path = write_zarr(
        tmp_path / "a.zarr.zip",
        place[np.newaxis],
        zarr_format=3,
        chunks=(1, 1, 2, 6, 132),
        shards=(1, 1, 12, 264, 264),
    )
    cube = read_cube({"s2l2a": path}, seasons=[3, 1], offset=1000)
    np.testing.assert_array_equal(cube.arrays["s2l2a"], place[[3, 1]] + 1000)
