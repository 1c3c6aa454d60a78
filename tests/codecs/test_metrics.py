import numpy as np
import pytest
import torch

from neucobench.codecs.metrics import (
    PEAK,
    mae,
    measure_quality,
    ms_ssim,
    ms_ssim_scales,
    mse,
    psnr,
    spectral_angle,
    ssim,
)
from neucobench.errors import CodecError
from neucobench.torchvision_shim import import_with_torchvision


def pair(*shape, seed=0, noise=120.0):
    """Return a smooth picture with some texture, and a noisy copy; integers."""
    generator = np.random.default_rng(seed)
    slopes = np.linspace(300, 4000, shape[-1]) + 200 * np.arange(shape[-2])[:, None] / 9
    texture = generator.normal(0, 250, shape)
    original = np.round(slopes + texture).astype(np.float32)
    decoded = np.round(original + generator.normal(0, noise, shape))
    return original, decoded.astype(np.float32)


def reference_ms_ssim(original, decoded):
    """Return pytorch_msssim's MS-SSIM of (pictures, y, x), with a float64 window."""
    from scipy.signal.windows import gaussian

    reference = pytest.importorskip("pytorch_msssim")
    window = torch.from_numpy(gaussian(11, 1.5) / gaussian(11, 1.5).sum())
    tensors = [torch.from_numpy(item)[:, None].double() for item in (original, decoded)]
    return reference.ms_ssim(
        *tensors, data_range=PEAK, size_average=False, win=window[None, None, None]
    ).numpy()


def torchmetrics_of(name, original, decoded, **kwargs):
    """Return what torchmetrics says of (pictures, y, x), one value per picture."""
    functional = import_with_torchvision("torchmetrics", extra="models").functional
    tensors = [torch.from_numpy(item)[:, None].double() for item in (decoded, original)]
    return getattr(functional.image, name)(
        *tensors, sigma=1.5, data_range=PEAK, reduction="none", **kwargs
    )


def test_mse_mae_and_psnr_of_numbers_known_by_heart():
    original, decoded = np.zeros((2, 3)), np.full((2, 3), 10.0)
    assert mse(original, decoded) == 100
    assert mae(original, -decoded) == 10
    assert psnr(original, decoded, peak=10_000) == pytest.approx(60)


def test_unsigned_integers_do_not_wrap_around():
    original, decoded = np.array([1], np.uint16), np.array([3], np.uint16)
    assert mae(original, decoded) == 2


def test_errors_of_integers_are_exact():
    original = np.arange(2**20, dtype=np.float32)
    assert mse(original, original + 1) == 1


def test_equal_pictures_have_an_infinite_psnr():
    original, _ = pair(8, 8)
    assert psnr(original, original) == float("inf")


def test_a_peak_of_16_bit_is_worth_16_db_more():
    original, decoded = pair(8, 8)
    more = psnr(original, decoded, peak=65_535) - psnr(original, decoded)
    assert more == pytest.approx(16.33, abs=0.01)


def test_only_valid_pixels_count():
    original, decoded = pair(3, 20, 20)
    damaged = decoded.copy()
    damaged[:, :4] = 1e6
    valid = np.ones((20, 20), bool)
    valid[:4] = False
    for measure in (mse, mae, psnr):
        expected = measure(original[:, 4:], decoded[:, 4:])
        assert measure(original, damaged, valid=valid) == pytest.approx(expected)


def test_without_a_valid_pixel_there_is_no_number():
    original, decoded = pair(2, 20, 20)
    nothing = np.zeros((20, 20), bool)
    for measure in (mse, psnr, mae, spectral_angle):
        assert np.isnan(measure(original, decoded, valid=nothing))
    assert np.isnan(ssim(original, decoded, valid=nothing)).all()
    assert np.isnan(ms_ssim(original, decoded, valid=nothing)).all()


def test_spectra_that_differ_in_brightness_only_have_no_angle():
    original, _ = pair(4, 9, 9)
    assert spectral_angle(original, 0.5 * original) == pytest.approx(0, abs=1e-10)


def test_the_spectral_angle_of_known_directions():
    original = np.array([1.0, 0.0]).reshape(2, 1, 1)
    decoded = np.array([1.0, 1.0]).reshape(2, 1, 1)
    assert spectral_angle(original, decoded) == pytest.approx(45)


def test_small_spectral_angles_keep_their_digits():
    original = np.array([1.0, 0.0]).reshape(2, 1, 1)
    decoded = np.array([1.0, 1e-9]).reshape(2, 1, 1)
    assert spectral_angle(original, decoded) == pytest.approx(np.degrees(1e-9))


def test_a_spectrum_of_zeros_has_no_direction_and_does_not_count():
    original = np.array([[0.0, 0.0], [0.0, 1.0]])[:, None]
    decoded = np.array([[5.0, 0.0], [5.0, 1.0]])[:, None]
    assert spectral_angle(original, decoded) == 0


def test_a_spectrum_decoded_to_zeros_is_ninety_degrees_off():
    original = np.array([1.0, 2.0]).reshape(2, 1, 1)
    assert spectral_angle(original, np.zeros((2, 1, 1))) == pytest.approx(90)


def test_a_pixel_with_one_invalid_band_has_no_spectrum():
    original = np.array([[1.0, 1.0], [0.0, 0.0]])[:, None]
    decoded = np.array([[1.0, 1.0], [0.0, 1.0]])[:, None]
    valid = np.array([[True, True], [True, False]])[:, None]
    assert spectral_angle(original, decoded, valid=valid) == 0


def test_ssim_agrees_with_the_map_of_torchmetrics_away_from_its_reflected_border():
    original, decoded = pair(3, 40, 57)
    name = "structural_similarity_index_measure"
    _, maps = torchmetrics_of(name, original, decoded, return_full_image=True)
    expected = maps[:, 0, 5:-5, 5:-5].mean(dim=(1, 2)).numpy()
    assert ssim(original, decoded) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("size", [(176, 176), (192, 256), (256, 256)])
def test_ms_ssim_agrees_with_pytorch_msssim(size):
    original, decoded = pair(2, *size, noise=400)
    expected = reference_ms_ssim(original, decoded)
    assert ms_ssim(original, decoded) == pytest.approx(expected, abs=1e-12)


def test_ms_ssim_is_near_that_of_torchmetrics_which_reflects_the_coarsest_scale():
    original, decoded = pair(2, 264, 264, noise=400)
    name = "multiscale_structural_similarity_index_measure"
    expected = torchmetrics_of(name, original, decoded).numpy()
    assert ms_ssim(original, decoded) == pytest.approx(expected, abs=1e-4)


def test_a_small_picture_has_smaller_windows_and_then_fewer_scales():
    found = {side: ms_ssim_scales(side, 300) for side in (224, 176, 160, 64, 40, 16)}
    sizes = {side: (item.count, item.window.size) for side, item in found.items()}
    assert sizes == {
        224: (5, 11), 176: (5, 11), 160: (5, 9), 64: (5, 3), 40: (4, 5), 16: (3, 3)
    }  # fmt: skip
    assert ms_ssim_scales(5, 300) is None


def test_every_size_that_a_codec_takes_has_an_ms_ssim():
    original, decoded = pair(80, 80)
    for side in range(16, 81):
        value = ms_ssim(original[:side, :side], decoded[:side, :side])
        assert 0.5 < value < 1


def test_equal_pictures_are_alike_on_every_scale():
    original, _ = pair(2, 64, 64)
    assert ssim(original, original) == pytest.approx(1)
    assert ms_ssim(original, original) == pytest.approx(1)


def test_opposite_pictures_have_an_ms_ssim_of_zero_and_not_nan():
    original, _ = pair(64, 64)
    assert ms_ssim(original - 2000, 2000 - original) == 0


def test_windows_on_invalid_pixels_do_not_count():
    original, decoded = pair(1, 48, 40)
    damaged = decoded.copy()
    damaged[0, :8] = np.nan
    valid = np.ones((48, 40), bool)
    valid[:8] = False
    expected = ssim(original[:, 8:], decoded[:, 8:])
    assert ssim(original, damaged, valid=valid) == pytest.approx(expected)


def test_invalid_pixels_do_not_reach_ms_ssim():
    original, decoded = pair(64, 64)
    valid = np.ones((64, 64), bool)
    valid[:16] = False
    damaged = [np.where(valid, decoded, value) for value in (np.nan, 0, 1e9)]
    values = [ms_ssim(original, item, valid=valid) for item in damaged]
    assert values[0] == values[1] == values[2]
    assert 0 < values[0] < 1


def test_a_picture_smaller_than_the_window_has_no_ssim():
    original, decoded = pair(2, 10, 30)
    assert np.isnan(ssim(original, decoded)).all()


def test_the_whole_pools_errors_and_averages_structure_over_bands():
    original, decoded = pair(2, 3, 32, 32)
    decoded[:, 1] = original[:, 1]
    found = measure_quality(original, decoded)
    errors = [band.mse for band in found.bands]
    assert found.overall.mse == pytest.approx(np.mean(errors))
    assert found.overall.ssim == pytest.approx(np.mean([b.ssim for b in found.bands]))
    assert found.overall.psnr == pytest.approx(psnr(original, decoded))
    assert found.bands[1].psnr == float("inf")


def test_a_single_band_has_no_spectral_angle():
    original, decoded = pair(1, 3, 32, 32)
    found = measure_quality(original, decoded)
    assert found.overall.sam > 0
    assert np.isnan(found.bands[0].sam)


def test_the_range_of_ssim_is_the_peak():
    original, decoded = pair(1, 2, 32, 32)
    small, large = (
        measure_quality(original, decoded, peak=peak).overall.ssim
        for peak in (1_000, 65_535)
    )
    assert small < large


def test_a_codec_that_returns_nan_is_refused():
    original, decoded = pair(1, 2, 32, 32)
    decoded[0, 0, 0, 0] = np.nan
    with pytest.raises(CodecError, match="1 values that are NaN or infinite"):
        measure_quality(original, decoded)


def test_nan_where_nothing_is_valid_is_no_fault_of_the_codec():
    original, decoded = pair(1, 2, 32, 32)
    decoded[0, :, 0, 0] = np.nan
    valid = np.isfinite(decoded)
    assert np.isfinite(measure_quality(original, decoded, valid=valid).overall.psnr)


def test_stacks_of_two_shapes_are_not_compared():
    original, decoded = pair(1, 2, 32, 32)
    with pytest.raises(CodecError, match="give back the shape"):
        measure_quality(original, decoded[..., :31])
