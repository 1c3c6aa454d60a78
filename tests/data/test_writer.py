import zipfile

import numpy as np
import pytest

from neucobench.data.cube import read_cube
from neucobench.data.writer import write_cube_file
from neucobench.errors import CubeError


def test_xarray_opens_what_is_written_with_the_types_unchanged(tmp_path, make_array):
    xarray = pytest.importorskip("xarray")
    from zarr.storage import ZipStore

    array = make_array("s2l1c")
    write_cube_file(tmp_path / "a.zarr.zip", array, attrs={"note": "synthetic é"})
    with ZipStore(tmp_path / "a.zarr.zip", mode="r") as store:
        data = xarray.open_zarr(store)
        assert data.bands.dims == ("sample", "time", "band", "y", "x")
        assert data.bands.dtype == np.int16
        assert data.attrs == {"note": "synthetic é"}
        np.testing.assert_array_equal(data.bands.to_numpy()[0], array)


def test_the_same_array_gives_the_same_bytes(tmp_path, make_array):
    # 13 bands of 200 px are several Blosc blocks, where its threads could reorder them.
    array = make_array("s2l1c", size=200)
    for name in ("a", "b", "c"):
        write_cube_file(tmp_path / f"{name}.zarr.zip", array)
    written = {path.read_bytes() for path in tmp_path.iterdir()}
    assert len(written) == 1


def test_entries_are_stored_one_chunk_per_season(tmp_path, make_array):
    write_cube_file(tmp_path / "a.zarr.zip", make_array("s1"))
    with zipfile.ZipFile(tmp_path / "a.zarr.zip") as archive:
        assert archive.testzip() is None
        infos = archive.infolist()
    assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}
    chunks = [info.filename for info in infos if info.filename[-1].isdigit()]
    assert chunks == [f"bands/0.{season}.0.0.0" for season in range(4)]


@pytest.mark.parametrize("dtype", ["uint8", ">i2", "float16", "float64", "uint16"])
def test_every_plain_type_comes_back(tmp_path, dtype):
    array = np.arange(4 * 2 * 3 * 5).reshape(4, 2, 3, 5).astype(dtype)
    write_cube_file(tmp_path / "a.zarr.zip", array)
    read = read_cube({"s1": tmp_path / "a.zarr.zip"}).arrays["s1"]
    assert read.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 3, 4)),
        np.zeros((0, 2, 4, 4)),
        np.zeros((1, 2, 4, 4), dtype="complex64"),
        np.full((1, 2, 4, 4), "text"),
    ],
)
def test_what_is_no_cube_is_refused_and_nothing_is_written(tmp_path, array):
    with pytest.raises(CubeError, match=r"\(time, band, y, x\)"):
        write_cube_file(tmp_path / "a.zarr.zip", array)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_nothing_behind(tmp_path, make_array, monkeypatch):
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(OSError, match="No space left"):
        write_cube_file(tmp_path / "a.zarr.zip", make_array())
    assert not list(tmp_path.iterdir())
