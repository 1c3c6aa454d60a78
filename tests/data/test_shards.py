import numpy as np
import pytest

from neucobench.data.bands import MODALITIES
from neucobench.data.buffers import Buffers
from neucobench.data.shards import ShardFolder
from neucobench.errors import CubeError

FOLDERS = {"s1": "S1GRD", "s2l1c": "S2L1C", "s2l2a": "S2L2A"}
SAMPLES = 5


@pytest.fixture(scope="module")
def arrays(make_array):
    """Return (sample, time, band, y, x) by modality; Sentinel-2 carries the +1000."""
    stacks = {
        name: np.stack([make_array(name, size=6, seed=seed) for seed in range(SAMPLES)])
        for name in MODALITIES
    }
    return {
        name: stack.astype(np.float16) if name == "s1" else stack + np.int16(1000)
        for name, stack in stacks.items()
    }


@pytest.fixture
def make_shards(tmp_path, arrays, write_zarr, unpack, pack):
    """Return a function that writes shards of five samples in some layout."""

    def make(layout="{split}/{modality}", *, names=True, chunk=1, splits=("val",)):
        for split in splits:
            for name, array in arrays.items():
                place = layout.format(split=split, modality=FOLDERS[name])
                path = tmp_path / place / f"{split}_000001.zarr.zip"
                chunks = (chunk, 1, *array.shape[2:])
                entries = unpack(write_zarr(path, array, chunks=chunks))
                if names:
                    ids = np.array([f"{split}{n:07d}" for n in range(SAMPLES)])
                    beside = write_zarr(tmp_path / "names.zip", ids, name="sample")
                    entries.update(unpack(beside))
                pack(path, entries)
        return ShardFolder(tmp_path)

    return make


@pytest.mark.parametrize("layout", ["{split}/{modality}", "{modality}"])
@pytest.mark.parametrize("chunk", [1, 2, 5])
def test_every_sample_is_a_cube_with_the_shift_recorded(
    make_shards, arrays, layout, chunk
):
    cubes = list(make_shards(layout, chunk=chunk))
    assert [cube.id for cube in cubes] == [f"val{n:07d}" for n in range(SAMPLES)]
    for number, cube in enumerate(cubes):
        assert cube.offsets == {"s1": 0, "s2l1c": 1000, "s2l2a": 1000}
        for name, array in arrays.items():
            assert cube.arrays[name].dtype == array.dtype
            np.testing.assert_array_equal(cube.arrays[name], array[number])


def test_the_split_may_lie_below_the_modality(make_shards):
    folder = make_shards("{modality}/{split}", splits=("train", "val"))
    assert folder.shards == ("train_000001", "val_000001")
    assert len(list(folder)) == 2 * SAMPLES


def test_both_splits_are_read_unless_one_is_given(make_shards, tmp_path):
    folder = make_shards(splits=("train", "val"))
    assert folder.shards == ("train_000001", "val_000001")
    assert ShardFolder(tmp_path / "val").shards == ("val_000001",)


def test_without_names_the_id_is_the_shard_and_the_position(make_shards):
    cubes = list(make_shards(names=False))
    assert [cube.id for cube in cubes][:2] == ["val_000001_0", "val_000001_1"]


@pytest.mark.parametrize("chunk", [1, 3])
def test_modality_season_and_offset_are_chosen(make_shards, arrays, chunk):
    cubes = make_shards(chunk=chunk).cubes(
        modalities=["s2l2a"], seasons=[3, 0], offset=0, verify=True
    )
    for number, cube in enumerate(cubes):
        assert cube.offsets == {"s2l2a": 0}
        expected = arrays["s2l2a"][number, [3, 0]] - 1000
        np.testing.assert_array_equal(cube.arrays["s2l2a"], expected)


def test_with_buffers_every_cube_is_right_when_it_comes(make_shards, arrays):
    for number, cube in enumerate(make_shards(chunk=2).cubes(buffers=Buffers())):
        np.testing.assert_array_equal(cube.arrays["s1"], arrays["s1"][number])


def test_shards_are_chosen_by_name(make_shards):
    folder = make_shards(splits=("train", "val"))
    assert len(list(folder.cubes(shards=["val_000001"]))) == SAMPLES
    with pytest.raises(CubeError, match="'test_1' has no s1 file"):
        list(folder.cubes(shards=["test_1"]))


def test_a_shard_that_lacks_a_modality_is_a_sentence(make_shards, tmp_path):
    folder = make_shards()
    (tmp_path / "val" / "S1GRD" / "val_000001.zarr.zip").unlink()
    with pytest.raises(CubeError, match="'val_000001' has no s1 file"):
        list(folder)
    assert len(list(folder.cubes(modalities=["s2l2a"]))) == SAMPLES


def test_modalities_with_different_samples_are_a_sentence(make_shards, tmp_path):
    folder = make_shards()
    place = tmp_path / "val" / "S1GRD" / "val_000001.zarr.zip"
    other = make_shards(splits=("other",)).root / "other" / "S1GRD"
    place.write_bytes((other / "other_000001.zarr.zip").read_bytes())
    with pytest.raises(CubeError, match="holds other samples in one modality"):
        list(folder.cubes(shards=["val_000001"]))


def test_one_shard_in_both_splits_is_a_sentence(make_shards, tmp_path):
    folder = make_shards()
    (tmp_path / "train").symlink_to(tmp_path / "val")
    with pytest.raises(CubeError, match="is there twice"):
        _ = folder.shards


def test_no_modality_at_all_is_a_sentence(make_shards):
    with pytest.raises(CubeError, match="choose at least one"):
        list(make_shards().cubes(modalities=[]))


def test_a_folder_without_shards_is_a_sentence(tmp_path):
    with pytest.raises(CubeError, match="holds no shards"):
        _ = ShardFolder(tmp_path).shards
