import threading

import numpy as np
import pytest

from neucobench.data.bands import MODALITIES
from neucobench.data.buffers import Buffers
from neucobench.data.cube import Cube, cube_id, read_cube, shift
from neucobench.data.writer import write_cube_file
from neucobench.errors import CubeError, UnknownNameError


def test_a_cube_has_its_arrays_as_stored(cube_files):
    files, arrays = cube_files
    cube = read_cube(files)
    assert cube.id == "place"
    assert tuple(cube.arrays) == ("s1", "s2l1c", "s2l2a")
    assert dict(cube.offsets) == {"s1": 0, "s2l1c": 0, "s2l2a": 0}
    for name, array in arrays.items():
        assert cube.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(cube.arrays[name], array)


def test_a_modality_may_be_called_by_an_alias(cube_files):
    files, arrays = cube_files
    cube = read_cube({"S1GRD": files["s1"]})
    np.testing.assert_array_equal(cube.arrays["s1"], arrays["s1"])


def test_seasons_are_chosen_for_all_modalities(cube_files):
    files, arrays = cube_files
    cube = read_cube(files, seasons=[3, 1])
    for name, array in arrays.items():
        np.testing.assert_array_equal(cube.arrays[name], array[[3, 1]])


def test_the_offset_is_added_to_sentinel_2_only_and_recorded(cube_files):
    files, arrays = cube_files
    cube = read_cube(files, offset=1000)
    assert dict(cube.offsets) == {"s1": 0, "s2l1c": 1000, "s2l2a": 1000}
    np.testing.assert_array_equal(cube.arrays["s1"], arrays["s1"])
    np.testing.assert_array_equal(cube.arrays["s2l2a"], arrays["s2l2a"] + 1000)
    assert cube.arrays["s2l2a"].dtype == np.int16


def test_an_offset_never_wraps_around(tmp_path, make_array):
    array = make_array("s2l2a")
    array[0, 0, 0, 0] = 32_767
    write_cube_file(tmp_path / "a.zarr.zip", array)
    read = read_cube({"s2l2a": tmp_path / "a.zarr.zip"}, offset=1000).arrays["s2l2a"]
    assert read.dtype == np.int32
    assert read[0, 0, 0, 0] == 33_767
    np.testing.assert_array_equal(read, array.astype(np.int64) + 1000)


@pytest.mark.parametrize(
    ("value", "dtype", "amount", "expected"),
    [
        (31_767, "int16", 1000, "int16"),
        (31_768, "int16", 1000, "int32"),
        (0, "uint16", -1000, "int32"),
        (3000, "uint16", -1000, "uint16"),
        (2**31 - 1, "int32", 1, "int64"),
        (250, "uint8", 1000, "int32"),
        (1.5, "float32", 1000, "float32"),
        (1.5, "float16", 1000, "float32"),
        (7, "int16", 0, "int16"),
    ],
)
def test_shift_is_exact_in_the_narrowest_type_that_holds_it(
    value, dtype, amount, expected
):
    values = np.array([value], dtype)
    shifted = shift(values, amount)
    assert shifted.dtype == expected
    assert shifted[0] == value + amount


def test_buffers_are_reused_and_the_next_read_overwrites(cube_files, tmp_path):
    files, arrays = cube_files
    other = tmp_path / "other" / "place.zarr.zip"
    write_cube_file(other, arrays["s1"] + 1)
    buffers = Buffers()
    first = read_cube({"s1": files["s1"]}, buffers=buffers).arrays["s1"]
    second = read_cube({"s1": other}, buffers=buffers).arrays["s1"]
    assert np.shares_memory(first, second)
    np.testing.assert_array_equal(first, arrays["s1"] + 1)


def test_without_buffers_every_cube_has_memory_of_its_own(cube_files):
    files, arrays = cube_files
    first, second = read_cube(files), read_cube(files, offset=5)
    assert not np.shares_memory(first.arrays["s2l2a"], second.arrays["s2l2a"])
    np.testing.assert_array_equal(first.arrays["s2l2a"], arrays["s2l2a"])


def test_threads_with_their_own_buffers_read_the_same(cube_files):
    files, arrays = cube_files
    wrong = []

    def work() -> None:
        buffers = Buffers()
        for _ in range(20):
            cube = read_cube(files, buffers=buffers)
            wrong.extend(n for n in arrays if (cube.arrays[n] != arrays[n]).any())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_verify_finds_a_flipped_bit_in_a_picture(cube_files):
    files, _ = cube_files
    content = bytearray(files["s1"].read_bytes())
    content[content.index(b"bands/0.2.0.0.0") + 15 + 400] ^= 1
    files["s1"].write_bytes(content)
    with pytest.raises(CubeError, match=r"'bands/0\.2\.0\.0\.0' fails its CRC-32"):
        read_cube({"s1": files["s1"]}, verify=True)


def test_the_wrong_number_of_bands_is_a_sentence_that_names_the_right_one(cube_files):
    files, _ = cube_files
    with pytest.raises(CubeError, match=r"s2l2a: .*\(4, 13, 12, 12\).* has 12 bands"):
        read_cube({"s2l2a": files["s2l1c"]})


def test_modalities_of_different_size_are_a_sentence(cube_files, make_array):
    files, _ = cube_files
    write_cube_file(files["s1"], make_array("s1", size=10))
    with pytest.raises(CubeError, match=r"differ in \(time, y, x\): s1 \(4, 10, 10\)"):
        read_cube(files)


def test_files_of_different_cubes_are_a_sentence(cube_files):
    files, _ = cube_files
    other = files["s1"].rename(files["s1"].with_name("elsewhere.zarr.zip"))
    with pytest.raises(CubeError, match="different cubes: elsewhere, place"):
        read_cube({**files, "s1": other})


def test_a_file_of_many_samples_is_a_sentence_that_names_the_reader(
    tmp_path, make_array, write_zarr
):
    array = np.stack([make_array("s1"), make_array("s1")])
    path = write_zarr(tmp_path / "shard.zarr.zip", array)
    with pytest.raises(CubeError, match=r"2 samples.*ShardFolder"):
        read_cube({"s1": path})


def test_no_file_at_all_is_a_sentence():
    with pytest.raises(CubeError, match="No file was given"):
        read_cube({})


def test_an_unknown_modality_names_the_known_ones(cube_files):
    files, _ = cube_files
    with pytest.raises(UnknownNameError, match="s2l2a"):
        read_cube({"s2l3a": files["s2l2a"]})


def test_a_cube_of_ones_own_is_checked_too():
    with pytest.raises(CubeError, match="has 2 bands"):
        Cube(id="mine", arrays={"s1": np.zeros((4, 3, 8, 8))})


def test_the_id_is_the_name_without_the_ending(tmp_path):
    assert cube_id(tmp_path / "0f.12.zarr.zip") == "0f.12"


def test_every_modality_has_a_band_count():
    assert [len(item.bands) for item in MODALITIES.values()] == [2, 13, 12]
