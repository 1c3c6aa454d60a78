"""Evaluation under synthetic clouds, and the stacks it finds."""

import csv

import numpy as np
import pytest

from neucobench.codecs.inpainting.evaluate_painted import (
    PaintedPlan,
    evaluate_painted,
)
from neucobench.codecs.inpainting.places import find_stacks, read_place
from neucobench.codecs.inpainting.samples import Sample, summarize, write_samples
from neucobench.errors import CodecError, UsageError


class Nothing:
    """Fill with zeros, and keep what was given."""

    smallest = 16

    def __init__(self):
        self.given = []

    def fill(self, stacks, clouds, **_options):
        self.given.append((stacks, clouds))
        return np.zeros_like(stacks)


@pytest.fixture
def folder(tmp_path, stack):
    """Write two stacks to a folder, and return it."""
    for name in ("a", "b"):
        np.save(tmp_path / f"{name}.npy", stack.round().astype(np.int16))
    return tmp_path


def evaluate(folder, filler=None, **plan):
    return evaluate_painted(
        find_stacks(folder), filler or Nothing(), PaintedPlan(**plan)
    )


def test_every_season_but_the_first_is_a_sample_for_each_cover(folder):
    samples = evaluate(folder, covers=(0.1, 0.5))
    assert [(item.name, item.season, item.bin) for item in samples] == [
        (name, season, cover)
        for name in "ab"
        for season in (2, 3, 4)
        for cover in ("10%", "50%")
    ]


def test_the_wanted_share_is_painted(folder):
    assert evaluate(folder, covers=(0.3,))[0].cover == pytest.approx(0.3, abs=1e-3)


def test_the_filler_does_not_see_the_truth(folder):
    filler = Nothing()
    evaluate(folder, filler, covers=(0.3,))
    stacks, clouds = filler.given[0]
    hidden = stacks[np.broadcast_to(clouds[:, :, None], stacks.shape)]
    assert (hidden == 8000).all()


def test_other_seasons_are_clear_or_cloudy(folder):
    for others, cloudy in (("clear", 1), ("cloudy", 4)):
        filler = Nothing()
        evaluate(folder, filler, covers=(0.3,), others=others)
        assert filler.given[0][1].any(axis=(0, 2, 3)).sum() == cloudy


def test_a_seed_gives_the_same_samples_in_any_folder(folder):
    whole = evaluate(folder, covers=(0.2,))
    (folder / "a.npy").unlink()
    assert evaluate(folder, covers=(0.2,)) == whole[3:]


def test_repeats_have_masks_of_their_own(folder):
    samples = evaluate(folder, covers=(0.2,), repeats=2)
    assert samples[0].measures != samples[1].measures


def test_bright_pixels_are_neither_used_nor_measured(folder, stack):
    stack[2, :, 30:40, 30:40] = 9999
    np.save(folder / "a.npy", stack.round().astype(np.int16))
    plan = {"covers": (1.0,), "first": 2}
    before = evaluate(folder, **plan)[0]
    after = evaluate(folder, brightest=8000, **plan)[0]
    assert before.measures["model"]["pixels"] == 80 * 112
    assert after.measures["model"]["pixels"] == 80 * 112 - 26 * 26


@pytest.mark.parametrize("covers", [(0,), (1.5,), ()])
def test_a_cover_is_a_share(covers):
    with pytest.raises(UsageError, match="a cover is a share"):
        PaintedPlan(covers=covers)


def test_numbered_tiles_and_subfolders_are_stacks(tmp_path, stack):
    rasterio = pytest.importorskip("rasterio")
    profile = {"driver": "GTiff", "count": 12, "height": 80, "width": 112}
    where = rasterio.Affine(10, 0, 0, 0, -10, 0)
    (tmp_path / "c").mkdir()
    names = [*(f"p_{k}.tif" for k in (10, 9)), "c/x.tif", "c/y.tif", "other.tif"]
    for number, name in enumerate(names):
        with rasterio.open(
            tmp_path / name, "w", dtype="int16", transform=where, **profile
        ) as file:
            file.write((stack[0] + number).astype(np.int16))
    found = find_stacks(tmp_path)
    assert {name: [path.name for path in files] for name, files in found.items()} == {
        "c": ["x.tif", "y.tif"],
        "p": ["p_9.tif", "p_10.tif"],
    }
    values = read_place(found["p"]).stored
    np.testing.assert_array_equal(values[0] - values[1], 1)


def test_a_pattern_chooses_stacks(folder):
    assert list(find_stacks(folder, "b*")) == ["b"]
    with pytest.raises(CodecError, match="no stack named 'z'"):
        find_stacks(folder, "z")


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(CodecError, match="There is no folder"):
        find_stacks(tmp_path / "none")


def sample(name, group, **figures):
    measures = {method: {"psnr": value} for method, value in figures.items()}
    return Sample(name=name, season=2, bin=group, cover=0.1, measures=measures)


def test_means_are_over_samples_by_group_and_overall():
    rows = summarize(
        [
            sample("a", "10%", model=30),
            sample("b", "10%", model=32),
            sample("c", "50%", model=20),
        ]
    )
    assert [(row.bin, row.samples, row.measures["psnr"]) for row in rows] == [
        ("all", 3, pytest.approx(82 / 3)),
        ("10%", 2, 31),
        ("50%", 1, 20),
    ]


def test_a_sample_without_a_figure_does_not_count():
    rows = summarize([sample("a", "x", model=30), sample("b", "x", model=np.nan)])
    assert rows[0].measures["psnr"] == 30


def test_figures_that_are_not_finite_become_null():
    row = summarize([sample("a", "x", model=np.inf)])[0]
    assert row.as_dict()["psnr"] is None


def test_samples_are_written_one_line_per_method(tmp_path):
    path = tmp_path / "figures.csv"
    write_samples(path, [sample("a", "x", model=30.5, other=20)])
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [(row["sample"], row["method"], row["psnr"]) for row in rows] == [
        ("a", "model", "30.5"),
        ("a", "other", "20"),
    ]
