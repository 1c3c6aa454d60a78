"""The folder that a sample world is written to."""

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from neucobench.atomic import HIDDEN_PREFIX
from neucobench.data import sample
from neucobench.data.dataset import CubeFolder
from neucobench.data.sample import make_sample_world
from neucobench.data.world.cube import draw_place, observe
from neucobench.errors import InputError

SIZE = 16
TASKS = {
    *("biomass_mean__regression", "biomass_std__regression", "clouds_reg__regression"),
    *("crops__regression", "heatisland_mean__regression", "nodata__regression"),
    *("heatisland_std__regression", "landcover_agriculture__regression"),
    *("landcover_forest__regression", "random_cls__classification"),
    *("random_reg__regression", "ships_col__regression"),
    *("ships_presence__classification", "ships_row__regression"),
}


def digests(folder):
    """Return the SHA-256 of every file below ``folder`` by relative path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def rows(path):
    with Path(path).open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample") / "world"
    return make_sample_world(folder, cubes=20, size=SIZE, workers=2)


def test_files_lie_where_the_real_set_has_them(world):
    for modality in ("s1", "s2l1c", "s2l2a"):
        names = sorted((world.folder / "data" / modality / "part-000000").iterdir())
        assert len(names) == 20
        assert names[7].name == "synthetic-000007.zarr.zip"


def test_a_part_holds_a_thousand_cubes(tmp_path, monkeypatch):
    monkeypatch.setattr(sample, "_PART", 2)
    make_sample_world(tmp_path / "world", cubes=3, size=SIZE)
    parts = sorted((tmp_path / "world" / "data" / "s1").iterdir())
    assert [part.name for part in parts] == ["part-000000", "part-000001"]


def test_every_task_has_a_label_file_of_its_type(world):
    files = {path.stem for path in (world.folder / "labels").glob("*.csv")}
    assert files == TASKS


def test_label_files_have_one_row_for_each_counted_label(world):
    for path in (world.folder / "labels").glob("*.csv"):
        table = rows(path)
        assert list(table[0]) == ["id", "label"]
        assert len(table) == world.rows[path.stem.partition("__")[0]]
        assert len({row["id"] for row in table}) == len(table)
        assert all(np.isfinite(float(row["label"])) for row in table)


def test_classes_are_written_as_0_and_1(world):
    for path in (world.folder / "labels").glob("*__classification.csv"):
        assert {row["label"] for row in rows(path)} <= {"0", "1"}


def test_no_data_labels_equal_the_zero_pixels_of_the_files(world):
    cubes = CubeFolder(world.folder / "data")
    for row in rows(world.folder / "labels" / "nodata__regression.csv"):
        bands = cubes.read(row["id"], modalities=["s2l2a"]).arrays["s2l2a"]
        assert float(row["label"]) == pytest.approx((bands[:, 0] == 0).mean(), abs=1e-6)


def test_a_reader_finds_complete_cubes_without_the_shift(world):
    cubes = CubeFolder(world.folder / "data")
    cube = cubes.read("synthetic-000003")
    assert len(cubes) == 20
    assert cube.arrays["s2l1c"].shape == (4, 13, SIZE, SIZE)
    assert set(cube.offsets.values()) == {0}
    expected = observe(draw_place(0, 3, SIZE))
    for name, array in cube.arrays.items():
        np.testing.assert_array_equal(array, expected[name])


def test_everything_says_that_it_is_synthetic(world):
    assert json.loads((world.folder / "sample.json").read_text())["synthetic"] is True
    assert "Nothing in this folder was observed" in (
        world.folder / "SYNTHETIC.md"
    ).read_text(encoding="utf-8")
    for path in (world.folder / "data").rglob("*.zarr.zip"):
        with zipfile.ZipFile(path) as archive:
            attributes = json.loads(archive.read(".zattrs"))
        assert attributes["synthetic"] is True
        assert attributes["seed"] == 0
        assert path.name.startswith("synthetic-")


def test_the_bytes_do_not_depend_on_the_number_of_workers(world, tmp_path):
    again = make_sample_world(tmp_path / "again", cubes=20, size=SIZE, workers=1)
    assert digests(again.folder) == digests(world.folder)


def test_a_small_world_is_the_beginning_of_a_larger_one(world, tmp_path):
    small = make_sample_world(tmp_path / "small", cubes=5, size=SIZE)
    large = digests(world.folder)
    for path, digest in digests(small.folder / "data").items():
        assert large[f"data/{path}"] == digest
    for path in (small.folder / "labels").glob("*.csv"):
        lines = path.read_text().splitlines()
        assert (world.folder / "labels" / path.name).read_text().splitlines()[
            : len(lines)
        ] == lines


def test_a_world_can_grow_and_keeps_what_is_there(world, tmp_path):
    make_sample_world(tmp_path / "grown", cubes=5, size=SIZE)
    grown = make_sample_world(tmp_path / "grown", cubes=20, size=SIZE)
    assert (grown.written, grown.kept) == (45, 15)
    assert digests(grown.folder) == digests(world.folder)


def test_a_second_run_writes_only_what_is_missing(tmp_path):
    folder = tmp_path / "world"
    make_sample_world(folder, cubes=3, size=SIZE)
    before = digests(folder)
    (folder / "data/s1/part-000000/synthetic-000001.zarr.zip").unlink()
    again = make_sample_world(folder, cubes=3, size=SIZE)
    assert (again.written, again.kept) == (1, 8)
    assert digests(folder) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 1}, "seed 0 and size 16"),
        ({"size": 32}, "size 32 was asked for"),
        ({"cubes": 2}, "not shrink to 2"),
    ],
)
def test_another_world_in_the_same_folder_is_refused(tmp_path, change, said):
    settings = {"cubes": 3, "size": SIZE, "seed": 0}
    make_sample_world(tmp_path / "world", **settings)
    before = digests(tmp_path)
    with pytest.raises(InputError, match=said) as caught:
        make_sample_world(tmp_path / "world", **(settings | change))
    assert "choose another folder" in str(caught.value)
    assert digests(tmp_path) == before


def test_a_folder_with_other_data_is_left_alone(tmp_path):
    (tmp_path / "labels").mkdir()
    with pytest.raises(InputError, match="already holds labels"):
        make_sample_world(tmp_path, cubes=1, size=SIZE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labels"]


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path):
    (tmp_path / "world").write_text("")
    with pytest.raises(InputError, match="is a file"):
        make_sample_world(tmp_path / "world", cubes=1, size=SIZE)


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "other"}', "{}"])
def test_a_broken_record_is_an_error(tmp_path, text):
    (tmp_path / "sample.json").write_text(text)
    with pytest.raises(InputError, match="not the record of a sample world"):
        make_sample_world(tmp_path, cubes=1, size=SIZE)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"size": 15}, "15 pixels .* 16 to 1024"),
        ({"size": 4096}, "4096 pixels"),
        ({"cubes": 0}, "0 cubes .* 1 to 1,000,000"),
        ({"cubes": 1_000_001}, "1000001 cubes"),
        ({"seed": -1}, "seed -1"),
    ],
)
def test_numbers_out_of_range_are_errors(tmp_path, wrong, said):
    with pytest.raises(InputError, match=said):
        make_sample_world(tmp_path / "world", **wrong)
    assert not (tmp_path / "world").exists()


def test_progress_is_reported_cube_by_cube(tmp_path):
    seen = []
    make_sample_world(
        tmp_path / "world",
        cubes=3,
        size=SIZE,
        advance=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_killed_run_leaves_whole_files_and_the_next_one_goes_on(world, tmp_path):
    folder = tmp_path / "world"
    code = (
        "from pathlib import Path; from neucobench.data.sample import *; "
        f"make_sample_world(Path({str(folder)!r}), cubes=20, size={SIZE}, workers=2)"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 60
    while not list(folder.glob("data/s2l2a/*/synthetic-*")):
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    expected = digests(world.folder)
    for path, digest in digests(folder).items():
        assert HIDDEN_PREFIX in path or expected[path] == digest
    make_sample_world(folder, cubes=20, size=SIZE)
    assert digests(folder) == expected


def test_the_command_prints_one_json_document(tmp_path, capsys):
    from neucobench.cli.sample import data_sample

    data_sample(tmp_path / "world", cubes=2, size=SIZE, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["synthetic"] is True
    assert document["files"] == {"written": 6, "kept": 0}
    assert document["labels"]["nodata"] == 2
