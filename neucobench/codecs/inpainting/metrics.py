"""How far filled pixels are from the truth: only cloudy pixels count."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.metrics import PEAK, mae, mse, spectral_angle, ssim
from neucobench.codecs.metrics.pixels import psnr_of
from neucobench.errors import CodecError


@dataclass(frozen=True, kw_only=True)
class FilledQuality:
    """Hold how good a filling is; NaN where a measure has nothing to go by.

    Attributes:
        pixels: how many pixels counted, over all seasons.
        psnr: peak signal-to-noise ratio in dB; infinite where nothing differs.
        rmse: root mean squared error, in digital numbers.
        mae: mean absolute error, in digital numbers.
        sam: mean spectral angle in degrees; NaN for a single band.
        ssim: structural similarity over the windows of 11 x 11 pixels that lie wholly
            under clouds; NaN where no cloud holds one.
    """

    pixels: int
    psnr: float
    rmse: float
    mae: float
    sam: float
    ssim: float

    def as_dict(self) -> dict[str, float]:
        """Return the measures by name."""
        return asdict(self)


def measure_filled(
    truth: NDArray[np.float32],
    filled: NDArray[np.float32],
    counted: NDArray[np.bool_],
    *,
    peak: float = PEAK,
) -> FilledQuality:
    """Return how far filled pixels are from the truth.

    Args:
        truth: (time, band, y, x) reflectance x 10,000.
        filled: likewise.
        counted: (time, y, x), which pixels were cloudy and have a truth.
        peak: the peak of PSNR and the range of SSIM.

    Raises:
        CodecError: when the shapes differ, or a counted pixel was filled with NaN.
    """
    _check(truth, filled, counted)
    seasons = np.flatnonzero(counted.any(axis=(1, 2)))
    truth, filled, valid = truth[seasons], filled[seasons], counted[seasons][:, None]
    error = mse(truth, filled, valid=valid)
    structures = ssim(truth, filled, peak=peak, valid=valid)
    known = structures[~np.isnan(structures)]
    many = truth.shape[1] > 1
    return FilledQuality(
        pixels=int(valid.sum()),
        psnr=psnr_of(error, peak=peak),
        rmse=float(np.sqrt(error)),
        mae=mae(truth, filled, valid=valid),
        sam=spectral_angle(truth, filled, valid=valid) if many else float("nan"),
        ssim=float(known.mean()) if known.size else float("nan"),
    )


def _check(
    truth: NDArray[np.float32],
    filled: NDArray[np.float32],
    counted: NDArray[np.bool_],
) -> None:
    expected = (truth.shape[0], *truth.shape[2:])
    if truth.shape != filled.shape or counted.shape != expected:
        raise CodecError(
            f"A truth of shape {truth.shape} was given for a stack of shape "
            f"{filled.shape} with clouds of shape {counted.shape}; the two stacks must "
            "have the same shape. Give the stack without clouds, cut like the other."
        )
    gone = int((~np.isfinite(filled) & counted[:, None]).sum())
    if gone:
        raise CodecError(
            f"The filled stack has {gone} values that are NaN or infinite where it is "
            "compared with the truth; every counted pixel must be a number. Leave out "
            "the pixels that no method can fill."
        )
