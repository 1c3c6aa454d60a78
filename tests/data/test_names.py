import numpy as np
import pytest

from neucobench.data.bands_file import BandsFile
from neucobench.errors import CubeError


@pytest.fixture
def shard(tmp_path, make_array, write_zarr, unpack, pack):
    """Return a function that makes a file of two samples with one array beside it."""

    def make(name, values, **options):
        bands = np.stack([make_array("s1"), make_array("s1", seed=1)])
        entries = unpack(write_zarr(tmp_path / "bands.zarr.zip", bands))
        values = np.asarray(values)
        beside = write_zarr(tmp_path / "names.zarr.zip", values, name=name, **options)
        return pack(tmp_path / "shard.zarr.zip", {**unpack(beside), **entries})

    return make


@pytest.mark.parametrize("name", ["sample", "sample_id", "file_name", "id"])
def test_names_beside_the_bands_are_found(shard, name):
    with BandsFile(shard(name, ["0080717", "0060573é"])) as file:
        assert file.names() == ("0080717", "0060573é")


@pytest.mark.parametrize(
    "values",
    [
        [0, 1],
        ["same", "same"],
        ["one"],
        ["a", "b", "c"],
        [["a", "b"], ["c", "d"]],
        [b"a", b"b"],
    ],
)
def test_what_does_not_name_every_sample_is_no_name(shard, values):
    with BandsFile(shard("sample", values)) as file:
        assert file.names() is None


def test_an_array_of_another_name_is_no_name(shard):
    with BandsFile(shard("place", ["a", "b"])) as file:
        assert file.names() is None


def test_damaged_names_are_a_sentence(shard, unpack, pack):
    path = shard("sample", ["a", "b"])
    entries = unpack(path)
    entries["sample/0"] = b"rubbish that is no Blosc"
    with BandsFile(pack(path, entries)) as file, pytest.raises(CubeError):
        file.names()
