"""How far filled pixels are from the truth."""

import numpy as np
import pytest

from neucobench.codecs.inpainting.metrics import measure_filled
from neucobench.errors import CodecError


def test_only_counted_pixels_count(stack, clouds):
    filled = np.where(clouds[:, None], stack + 100, stack + 5000).astype(np.float32)
    found = measure_filled(stack, filled, clouds)
    assert found.pixels == clouds.sum()
    assert found.mae == pytest.approx(100, rel=1e-4)
    assert found.rmse == pytest.approx(100, rel=1e-4)
    assert found.psnr == pytest.approx(40, abs=1e-3)


def test_the_angle_is_that_of_spectra(stack, clouds):
    found = measure_filled(stack, 2 * stack, clouds)
    assert found.sam == pytest.approx(0, abs=1e-4)


def test_one_band_has_no_angle(stack, clouds):
    found = measure_filled(stack[:, :1], stack[:, :1] + 1, clouds)
    assert np.isnan(found.sam)


def test_ssim_is_that_of_windows_under_the_cloud(stack, clouds):
    outside = np.where(clouds[:, None], stack, 0).astype(np.float32)
    assert measure_filled(stack, outside, clouds).ssim == pytest.approx(1)
    inside = np.where(clouds[:, None], 0, stack).astype(np.float32)
    assert measure_filled(stack, inside, clouds).ssim < 0.2


def test_a_cloud_without_a_window_has_no_ssim(stack):
    small = np.zeros((4, 80, 112), bool)
    small[1, 5:15, 5:15] = True
    found = measure_filled(stack, stack + 1, small)
    assert np.isnan(found.ssim)
    assert found.mae == pytest.approx(1, rel=1e-3)


def test_equal_stacks_are_infinitely_alike(stack, clouds):
    found = measure_filled(stack, stack, clouds)
    assert found.psnr == float("inf")
    assert found.mae == 0


def test_a_counted_nan_is_refused(stack, clouds):
    filled = stack.copy()
    filled[1, 0, 20, 30] = np.nan
    with pytest.raises(CodecError, match="1 values that are NaN"):
        measure_filled(stack, filled, clouds)


def test_other_shapes_are_refused(stack, clouds):
    with pytest.raises(CodecError, match="same shape"):
        measure_filled(stack, stack[:, :, :-1], clouds)
