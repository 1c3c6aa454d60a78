import csv
import stat

import pytest

from neucobench.data.sample import make_sample_world
from neucobench.errors import InputError, LabelError
from neucobench.server.challenges.split import split_labels
from neucobench.tasks.labels import read_label_folder


@pytest.fixture
def labels(small, tmp_path):
    return small.write_labels(tmp_path / "labels")


def split(labels, tmp_path, name="out", **options):
    dev, test = tmp_path / name / "dev", tmp_path / name / "test"
    sizes = split_labels(labels, dev=dev, test=test, **options)
    return read_label_folder(dev), read_label_folder(test), sizes


def test_a_cube_goes_to_one_side_with_all_its_labels(labels, tmp_path):
    dev, test, _ = split(labels, tmp_path)
    assert dev.keys() == test.keys() == {"crops", "nodata"}
    assert set(dev["crops"].ids) == set(dev["nodata"].ids)
    assert not set(dev["crops"].ids) & set(test["nodata"].ids)


def test_no_label_is_lost_and_none_is_changed(labels, tmp_path):
    dev, test, sizes = split(labels, tmp_path)
    for task, table in read_label_folder(labels).items():
        before = dict(zip(table.ids, table.values, strict=True))
        after = dict(zip(dev[task].ids, dev[task].values, strict=True))
        after |= dict(zip(test[task].ids, test[task].values, strict=True))
        assert after == before
    assert [(item.dev, item.test) for item in sizes] == [(20, 20), (20, 20)]


def test_the_same_seed_gives_the_same_files_and_another_one_others(labels, tmp_path):
    first, _, _ = split(labels, tmp_path, "a", seed=1)
    again, _, _ = split(labels, tmp_path, "b", seed=1)
    other, _, _ = split(labels, tmp_path, "c", seed=2)
    assert first["crops"].sha256 == again["crops"].sha256
    assert set(first["crops"].ids) != set(other["crops"].ids)


@pytest.mark.parametrize(("share", "expected"), [(0.25, 10), (0.1, 4), (0.9, 36)])
def test_the_share_goes_to_the_dev_phase(labels, tmp_path, share, expected):
    _, _, sizes = split(labels, tmp_path, share=share)
    assert {item.dev for item in sizes} == {expected}


def test_every_task_of_the_sample_world_is_divided_evenly(tmp_path):
    make_sample_world(tmp_path / "world", cubes=40, size=16)
    _, _, sizes = split(tmp_path / "world" / "labels", tmp_path)
    assert len(sizes) == 14
    assert max(abs(item.dev - item.test) for item in sizes) <= 2


def test_the_classes_of_a_classification_are_divided_evenly(tmp_path):
    folder = tmp_path / "labels"
    folder.mkdir()
    with (folder / "mine__classification.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "label"])
        writer.writerows((f"c{row}", int(row < 10)) for row in range(100))
    dev, test, _ = split(folder, tmp_path)
    assert dev["mine"].values.sum() == test["mine"].values.sum() == 5


def test_only_the_host_may_read_the_folders(labels, tmp_path):
    split(labels, tmp_path)
    paths = list((tmp_path / "out").rglob("*"))
    modes = {path.is_dir(): stat.S_IMODE(path.stat().st_mode) for path in paths}
    assert modes == {True: 0o700, False: 0o600}


def test_a_task_that_would_have_no_label_on_one_side_is_named(labels, tmp_path):
    (labels / "lonely__regression.csv").write_text("id,label\ncube000,1\n")
    with pytest.raises(LabelError, match=r"lonely__regression\.csv has 1 labels"):
        split(labels, tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("share", [0, 1, -0.5, float("nan")])
def test_a_share_lies_between_0_and_1(labels, tmp_path, share):
    with pytest.raises(InputError, match="between 0 and 1"):
        split(labels, tmp_path, share=share)


def test_a_folder_that_exists_is_left_alone(labels, tmp_path):
    (tmp_path / "out" / "test").mkdir(parents=True)
    with pytest.raises(InputError, match="exists already"):
        split(labels, tmp_path)
    assert not (tmp_path / "out" / "dev").exists()
