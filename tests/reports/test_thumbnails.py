from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from matplotlib.image import imread

from neucobench.data.writer import write_cube_file
from neucobench.errors import CubeError
from neucobench.reports.thumbnails import (
    EDGE,
    cube_pictures,
    false_color,
    reflectance,
    true_color,
    white_level,
)


def pixels(thumbnail):
    return imread(BytesIO(b64decode(thumbnail.base64)), format="png")


@pytest.fixture
def cubes(tmp_path):
    rng = np.random.default_rng(0)
    s2 = rng.integers(0, 2000, (4, 12, 16, 16)).astype(np.int16)
    s1 = rng.normal(-15, 5, (4, 2, 16, 16)).astype(np.float32)
    for number in range(9):
        for modality, array in (("s2l2a", s2), ("s1", s1)):
            write_cube_file(tmp_path / modality / f"c{number}.zarr.zip", array)
    return tmp_path


def test_a_few_cubes_are_shown_from_the_first_to_the_last(cubes):
    assert [cube.id for cube in cube_pictures(cubes)] == ["c0", "c2", "c5", "c8"]


def test_fewer_cubes_than_wanted_are_all_shown(cubes):
    assert len(cube_pictures(cubes, count=50)) == 9


def test_a_cube_has_a_picture_per_season_and_one_of_radar(cubes):
    titles = [item.title for item in cube_pictures(cubes, count=1)[0].thumbnails]
    assert titles == [
        *(f"Sentinel-2, season {season}" for season in (1, 2, 3, 4)),
        "Sentinel-1, season 1",
    ]


def test_a_picture_is_a_png_of_the_size_it_says(cubes):
    thumbnail = cube_pictures(cubes, count=1)[0].thumbnails[0]
    assert pixels(thumbnail).shape[:2] == (thumbnail.height, thumbnail.width)


def test_a_broken_cube_says_so_and_the_others_are_shown(cubes):
    (cubes / "s2l2a" / "c0.zarr.zip").write_bytes(b"not a zip")
    first, *others = cube_pictures(cubes)
    assert "c0" in first.problem
    assert not first.thumbnails
    assert all(cube.thumbnails for cube in others)


def test_a_cube_of_one_modality_is_shown(cubes):
    (cubes / "s1" / "c0.zarr.zip").unlink()
    assert len(cube_pictures(cubes)[0].thumbnails) == 4


def test_a_cube_without_a_modality_to_show_says_so(tmp_path):
    array = np.ones((1, 13, 4, 4), np.int16)
    write_cube_file(tmp_path / "s2l1c" / "a.zarr.zip", array)
    assert "neither" in cube_pictures(tmp_path)[0].problem


def test_a_folder_without_cubes_is_an_error(tmp_path):
    with pytest.raises(CubeError):
        cube_pictures(tmp_path)


def test_red_is_the_fourth_band():
    scene = np.zeros((12, 4, 4), np.int16)
    scene[3] = 3000
    found = true_color(reflectance(scene, offset=0), white=0.3)
    assert found[0, 0].tolist() == [255, 0, 0]


def test_the_shift_is_taken_off():
    scene = np.full((12, 4, 4), 1000, np.int16)
    assert reflectance(scene, offset=1000).max() == 0


def test_one_cloudy_season_does_not_darken_the_others():
    dark, cloudy = np.full((3, 4, 4), 0.1), np.full((3, 4, 4), 0.9)
    assert white_level([dark, dark, dark, cloudy]) == 0.3


def test_snow_in_most_seasons_is_not_washed_out():
    dark, snow = np.full((3, 4, 4), 0.1), np.full((3, 4, 4), 0.9)
    assert white_level([dark, snow, snow, snow]) == pytest.approx(0.9)


@pytest.mark.parametrize("nothing", [np.nan, 0.0])
def test_radar_without_data_is_black(nothing):
    assert false_color(np.full((2, 4, 4), nothing, np.float32)).max() == 0


def test_a_large_scene_is_averaged_down():
    scene = np.zeros((12, 264, 264), np.int16)
    assert reflectance(scene, offset=0).shape == (3, EDGE, EDGE)
