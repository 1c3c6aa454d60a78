"""Errors of single pixels: MSE, PSNR, MAE.

Arrays have any shape, the same for both pictures; ``valid`` broadcasts to it and says
which values count. Where none does, the result is NaN.
"""

import numpy as np
from numpy.typing import NDArray

# Reflectance 1.0 in digital numbers of Sentinel-2.
PEAK = 10_000.0

Pixels = NDArray[np.generic]
Mask = NDArray[np.bool_]


def mse(original: Pixels, decoded: Pixels, *, valid: Mask | None = None) -> float:
    """Return the mean squared error, in squared units of the pictures."""
    return _mean(np.square(_differences(original, decoded)), valid)


def mae(original: Pixels, decoded: Pixels, *, valid: Mask | None = None) -> float:
    """Return the mean absolute error, in units of the pictures."""
    return _mean(np.abs(_differences(original, decoded)), valid)


def psnr(
    original: Pixels,
    decoded: Pixels,
    *,
    peak: float = PEAK,
    valid: Mask | None = None,
) -> float:
    """Return the peak signal-to-noise ratio in dB, ``10 log10(peak² / MSE)``.

    It is infinite where the pictures are equal. With a peak of 65,535, as some tools
    use for 16 bit, the same error is worth 16.33 dB more.

    Args:
        original: the true picture.
        decoded: what is left of it.
        peak: what counts as full brightness; pixels may lie beyond it.
        valid: which values count.
    """
    return psnr_of(mse(original, decoded, valid=valid), peak=peak)


def psnr_of(error: float, *, peak: float) -> float:
    """Return the PSNR in dB of a mean squared error."""
    if error == 0:
        return float("inf")
    return float(10 * np.log10(peak * peak / error))


def _differences(original: Pixels, decoded: Pixels) -> NDArray[np.float64]:
    return np.subtract(original, decoded, dtype=np.float64)


def _mean(values: NDArray[np.float64], valid: Mask | None) -> float:
    if valid is not None:
        values = values[np.broadcast_to(valid, values.shape)]
    return float(values.mean()) if values.size else float("nan")
