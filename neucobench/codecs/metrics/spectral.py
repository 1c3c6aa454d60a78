"""Angles between spectra."""

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.metrics.pixels import Mask, Pixels


def spectral_angle(
    original: Pixels, decoded: Pixels, *, valid: Mask | None = None
) -> float:
    """Return the mean angle between original and decoded spectra, in degrees.

    A pixel whose original is zero in every band has no direction and does not count;
    one that is decoded to all zeros, although it was not, is 90 degrees off. A pixel
    counts where all its bands are valid. NaN where no pixel counts.

    Kruse et al. 1993, the spectral angle mapper; Kahan's formula in place of the
    arc cosine, which loses all digits of small angles.

    Args:
        original: (..., band, y, x).
        decoded: (..., band, y, x).
        valid: broadcasts to the same shape.
    """
    original, norms = _directions(original)
    decoded, _ = _directions(decoded)
    apart = np.linalg.norm(original - decoded, axis=-3)
    together = np.linalg.norm(original + decoded, axis=-3)
    angles = np.degrees(2 * np.arctan2(apart, together))
    counted = norms > 0
    if valid is not None:
        counted &= np.broadcast_to(valid, original.shape).all(axis=-3)
    return float(angles[counted].mean()) if counted.any() else float("nan")


def _directions(spectra: Pixels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return spectra of length one, and the lengths they had; zeros stay zeros."""
    values = spectra.astype(np.float64)
    norms = np.linalg.norm(values, axis=-3)
    return values / np.where(norms > 0, norms, 1)[..., None, :, :], norms
