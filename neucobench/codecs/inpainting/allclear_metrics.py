"""The measures of AllClear, as its authors' code computes them.

Reflectance from 0 to 1, peak 1; each measure is a mean over the clear pixels of the
target, all bands; means over samples follow.

``sam`` is named after the spectral angle. The published code normalizes the array
(samples, band, y, x) along its third axis, so that its angles are between columns of a
band, not between spectra; ``sam`` here is that figure, for comparison with published
ones, and ``sam_spectral`` the angle between spectra.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from neucobench.codecs.metrics import WINDOW, spectral_angle
from neucobench.codecs.metrics.pixels import mae, mse, psnr_of

_K1, _K2 = 0.01, 0.03
_LEAST = 1e-12  # norms below it count as it

Pixels = NDArray[np.float64]
Mask = NDArray[np.bool_]


def allclear_measures(
    target: NDArray[np.float32], output: NDArray[np.float32], clear: Mask
) -> dict[str, float]:
    """Return MAE, RMSE, PSNR, SAM, SSIM and the angle between spectra, in degrees.

    All are NaN where no pixel of the target is clear.

    Args:
        target: (band, y, x) reflectance from 0 to 1.
        output: likewise.
        clear: (y, x), the pixels that count.
    """
    names = ("mae", "rmse", "psnr", "sam", "ssim", "sam_spectral")
    if not clear.any():
        return dict.fromkeys(names, float("nan"))
    true, made = target.astype(np.float64), output.astype(np.float64)
    error = mse(true, made, valid=clear)
    return {
        "mae": mae(true, made, valid=clear),
        "rmse": float(np.sqrt(error)),
        "psnr": psnr_of(error, peak=1.0),
        "sam": _angle_of_columns(true, made, clear),
        "ssim": _ssim(true, made, clear),
        "sam_spectral": spectral_angle(true, made, valid=clear),
    }


def _angle_of_columns(true: Pixels, made: Pixels, clear: Mask) -> float:
    """Return the mean angle between columns, each counted once for each clear pixel."""
    cosine = (_unit(true) * _unit(made)).sum(axis=1)
    angles = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    each = np.broadcast_to(angles[:, None], true.shape)
    return float(each[np.broadcast_to(clear, true.shape)].mean())


def _unit(pixels: Pixels) -> Pixels:
    lengths = np.linalg.norm(pixels, axis=1, keepdims=True)
    unit: Pixels = pixels / np.maximum(lengths, _LEAST)
    return unit


def _ssim(true: Pixels, made: Pixels, clear: Mask) -> float:
    """Return the mean SSIM of clear pixels; others are 0 in both, as the border is."""
    mean_1, mean_2 = _smooth(made * clear), _smooth(true * clear)
    variance_1 = _smooth(made**2 * clear) - mean_1**2
    variance_2 = _smooth(true**2 * clear) - mean_2**2
    covariance = _smooth(made * true * clear) - mean_1 * mean_2
    c1, c2 = _K1**2, _K2**2
    above = (2 * mean_1 * mean_2 + c1) * (2 * covariance + c2)
    below = (mean_1**2 + mean_2**2 + c1) * (variance_1 + variance_2 + c2)
    return float((above / below)[np.broadcast_to(clear, true.shape)].mean())


def _smooth(picture: Pixels) -> Pixels:
    weights = WINDOW.weights()
    for axis in (-2, -1):
        picture = correlate1d(picture, weights, axis=axis, mode="constant")
    return picture
