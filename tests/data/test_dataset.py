import shutil

import numpy as np
import pytest

from neucobench.data.buffers import Buffers
from neucobench.data.dataset import CubeFolder
from neucobench.data.writer import write_cube_file
from neucobench.errors import CubeError, UnknownNameError


def test_the_published_layout_is_found_and_ids_are_sorted(published):
    folder = CubeFolder(published)
    assert folder.ids == ("a", "b", "c")
    assert folder.modalities == ("s1", "s2l1c", "s2l2a")
    assert len(folder) == 3
    assert folder.findings == ()
    assert folder.files("b")["s1"] == published / "data/s1/part-000001/b.zarr.zip"


def test_a_cube_is_read_by_its_id(published, make_array):
    folder = CubeFolder(str(published))
    buffers = Buffers()
    cube = folder.read(
        "b", modalities=["S2L2A"], seasons=[1], offset=1000, buffers=buffers
    )
    assert (cube.id, tuple(cube.arrays)) == ("b", ("s2l2a",))
    expected = make_array("s2l2a", seed=2)[[1]] + 1000
    np.testing.assert_array_equal(cube.arrays["s2l2a"], expected)


def test_all_modalities_are_read_by_default(published):
    assert tuple(CubeFolder(published).read("a").arrays) == ("s1", "s2l1c", "s2l2a")


@pytest.mark.parametrize("name", ["s1", "s1grd", "S1GRD", "S1"])
@pytest.mark.parametrize("part", ["", "part-000000"])
@pytest.mark.parametrize("level", ["", "data"])
def test_other_layouts_and_names_are_found_too(tmp_path, make_array, name, part, level):
    write_cube_file(tmp_path / level / name / part / "a.zarr.zip", make_array("s1"))
    folder = CubeFolder(tmp_path)
    assert (folder.ids, folder.modalities) == (("a",), ("s1",))


def test_the_folder_of_one_modality_is_a_folder_of_cubes(published, monkeypatch):
    assert CubeFolder(published / "data" / "s2l2a").modalities == ("s2l2a",)
    monkeypatch.chdir(published / "data" / "s1")
    assert CubeFolder(".").ids == ("a", "b", "c")


def test_other_and_hidden_files_are_passed_over(published):
    part = published / "data" / "s1" / "part-000000"
    for name in (".neucobench-1-d.zarr.zip", "._a.zarr.zip", "notes.txt", "d.zarr"):
        (part / name).touch()
    (published / "labels").mkdir()
    assert CubeFolder(published).ids == ("a", "b", "c")


def test_cubes_that_lack_a_modality_are_a_finding(published):
    (published / "data" / "s1" / "part-000000" / "a.zarr.zip").unlink()
    folder = CubeFolder(published)
    assert folder.ids == ("a", "b", "c")
    assert folder.missing == {"s1": ("a",), "s2l1c": (), "s2l2a": ()}
    (finding,) = folder.findings
    assert (finding.code, finding.level, finding.count) == (
        "missing-modality",
        "warning",
        1,
    )
    assert finding.message == "1 of 3 cubes have no s1 file: a."
    with pytest.raises(CubeError, match="'a' has no s1 file"):
        folder.read("a")
    assert folder.read("a", modalities=["s2l2a"]).id == "a"


def test_two_folders_for_one_modality_are_an_error_that_names_both(published):
    shutil.copytree(published / "data" / "s1", published / "S1GRD")
    with pytest.raises(CubeError, match=r"two folders for s1, .*S1GRD and .*data/s1"):
        _ = CubeFolder(published).ids


def test_one_id_twice_is_an_error_that_names_both(published):
    part = published / "data" / "s1"
    shutil.copy(part / "part-000000" / "a.zarr.zip", part / "part-000001")
    with pytest.raises(CubeError, match=r"'a' is there twice, as .*000000.*000001"):
        _ = CubeFolder(published).ids


def test_an_unknown_id_is_a_sentence(published):
    with pytest.raises(CubeError, match="no cube 'z'; it holds 3 others, such as a, b"):
        CubeFolder(published).files("z")


def test_an_unknown_modality_names_the_known_ones(published):
    with pytest.raises(UnknownNameError, match="s2l1c"):
        CubeFolder(published).read("a", modalities=["s2l1"])


def test_a_missing_folder_is_a_sentence(tmp_path):
    with pytest.raises(CubeError, match="absent does not exist"):
        _ = CubeFolder(tmp_path / "absent").ids


def test_a_file_in_place_of_the_folder_is_a_sentence(tmp_path):
    (tmp_path / "a.zarr.zip").touch()
    with pytest.raises(CubeError, match="is a file; give the folder"):
        _ = CubeFolder(tmp_path / "a.zarr.zip").ids


@pytest.mark.parametrize("made", ["", "s1", "data/s2l2a/part-000000"])
def test_a_folder_without_cubes_is_a_sentence_with_the_layout(tmp_path, made):
    (tmp_path / made).mkdir(parents=True, exist_ok=True)
    with pytest.raises(CubeError, match="holds no cubes; accepted are folders s1"):
        _ = CubeFolder(tmp_path).ids


def test_a_folder_one_level_too_high_is_told_where_the_cubes_are(published):
    (published / "data").rename(published / "data_eval")
    with pytest.raises(CubeError, match=r"Perhaps you mean .*data_eval"):
        _ = CubeFolder(published).ids
