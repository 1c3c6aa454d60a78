"""A stack's file with clouds in, one without out."""

import numpy as np
import pytest

from neucobench.codecs.inpainting.findings import cloud_findings
from neucobench.codecs.inpainting.inpaint_file import inpaint_file
from neucobench.codecs.inpainting.inpainter import Inpainter
from neucobench.codecs.inpainting.scene import SceneOptions
from neucobench.codecs.inpainting.stack_files import read_stack
from neucobench.errors import CodecError


class Truth:
    """Fill with the truth, plus a number."""

    smallest = 16

    def __init__(self, truth, wrong=0):
        self.truth, self.wrong = truth, wrong

    def fill(self, stacks, _clouds, **_options):
        return np.broadcast_to(self.truth + self.wrong, stacks.shape).copy()


@pytest.fixture
def stored(tmp_path, stack, clouds):
    """Return a stack of integers with bright clouds, read from a file."""
    cloudy = np.where(clouds[:, None], 9000, stack)
    np.save(tmp_path / "cloudy.npy", cloudy.round().astype(np.int16))
    return read_stack(tmp_path / "cloudy.npy")


@pytest.fixture
def truth(stack):
    return stack.round().astype(np.float32)


def test_clear_pixels_are_those_of_the_file(network, stored, clouds, tmp_path):
    out = tmp_path / "filled.npy"
    inpaint_file(stored, clouds, Inpainter(network=network), out)
    filled = np.load(out)
    clear = np.broadcast_to(~clouds[:, None], filled.shape)
    assert filled.dtype == np.int16
    np.testing.assert_array_equal(filled[clear], stored.stored[clear])
    assert (filled[~clear] != 9000).mean() > 0.99


def test_the_truth_is_a_perfect_filling(stored, clouds, truth, tmp_path):
    report = inpaint_file(
        stored, clouds, Truth(truth), tmp_path / "filled.npy", truth=truth
    )
    assert report.quality["model"].psnr == float("inf")
    np.testing.assert_array_equal(np.load(tmp_path / "filled.npy"), truth)


def test_baselines_are_measured_beside_the_model(stored, clouds, truth, tmp_path):
    filler = Truth(truth, wrong=50)
    report = inpaint_file(stored, clouds, filler, tmp_path / "a.npy", truth=truth)
    assert list(report.quality) == [
        *("model", "last clear", "mean of clear", "linear in time")
    ]
    assert report.quality["model"].mae == pytest.approx(50, rel=1e-4)
    assert report.quality["last clear"].mae > 50
    assert {found.pixels for found in report.quality.values()} == {clouds.sum()}


def test_pixels_that_nothing_shows_are_not_compared(stored, clouds, truth, tmp_path):
    clouds[:, :4, :4] = True
    truth[1, :, 20, 30] = np.nan
    filler = Truth(np.nan_to_num(truth))
    report = inpaint_file(stored, clouds, filler, tmp_path / "a.npy", truth=truth)
    assert report.left_out == 4 * 16 + 1
    assert report.quality["model"].pixels == clouds.sum() - report.left_out


def test_missing_pixels_stay_missing(tmp_path, stack, clouds):
    stack[0, :, :2] = 0
    np.save(tmp_path / "a.npy", stack.round().astype(np.int16))
    stored = read_stack(tmp_path / "a.npy", nodata=0)
    filler = Truth(np.full_like(stack, 77))
    report = inpaint_file(stored, clouds, filler, tmp_path / "b.npy")
    assert not np.load(tmp_path / "b.npy")[0, :, :2].any()
    assert np.isnan(report.filled[0, :, :2]).all()


def test_clouds_without_data_are_filled(tmp_path, stack, clouds):
    holes = np.where(clouds[:, None], 0, stack).round().astype(np.int16)
    np.save(tmp_path / "a.npy", holes)
    stored = read_stack(tmp_path / "a.npy", nodata=0)
    filler = Truth(np.full_like(stack, 77))
    inpaint_file(stored, clouds, filler, tmp_path / "b.npy")
    filled = np.load(tmp_path / "b.npy")
    assert (filled[np.broadcast_to(clouds[:, None], filled.shape)] == 77).all()


def test_all_pixels_are_written_where_that_is_wanted(stored, clouds, tmp_path, truth):
    filler = Truth(np.full_like(truth, 77))
    options = SceneOptions(keep_clear=False)
    inpaint_file(stored, clouds, filler, tmp_path / "a.npy", options=options)
    assert (np.load(tmp_path / "a.npy") == 77).all()


def test_a_truth_of_another_shape_is_refused(stored, clouds, truth, tmp_path):
    with pytest.raises(CodecError, match="Cut --truth"):
        inpaint_file(
            stored, clouds, Truth(truth), tmp_path / "a.npy", truth=truth[..., :-1]
        )
    assert not (tmp_path / "a.npy").exists()


def codes(clouds, unusable=None, direction="past"):
    unusable = clouds if unusable is None else unusable
    return [item.code for item in cloud_findings(clouds, unusable, direction)]


def test_clouds_with_a_clear_past_need_no_word(clouds):
    assert codes(clouds) == []


def test_a_cloudy_first_season_has_no_past(clouds):
    clouds[0, :3] = True
    found = list(cloud_findings(clouds, clouds, "past"))
    assert [(item.code, item.count) for item in found] == [("no-past", 3 * 112)]
    assert "season 1" in found[0].message


def test_with_both_directions_the_first_season_has_later_ones(clouds):
    clouds[0, :3] = True
    assert codes(clouds, direction="both") == []


def test_what_is_never_clear_is_said(clouds):
    clouds[:, 70:] = True
    assert codes(clouds) == ["never-clear"]


def test_missing_pixels_are_not_clear(clouds):
    unusable = clouds.copy()
    unusable[0] = True
    assert codes(clouds, unusable) == ["no-past"]


def test_one_season_is_not_enough(clouds):
    assert codes(clouds[1:2]) == ["never-clear", "one-season"]
