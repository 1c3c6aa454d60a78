"""All measures of one decoded stack at once, per band and overall."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.metrics.pixels import PEAK, Mask, mae, mse, psnr_of
from neucobench.codecs.metrics.spectral import spectral_angle
from neucobench.codecs.metrics.structural import ms_ssim, ssim
from neucobench.errors import CodecError


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Hold what one comparison gave; NaN where a measure has nothing to go by.

    Attributes:
        mse: mean squared error, in squared digital numbers.
        psnr: peak signal-to-noise ratio in dB; infinite for equal pictures.
        ssim: structural similarity, the mean over bands and seasons.
        ms_ssim: multi-scale structural similarity, the mean over bands and seasons.
        sam: mean spectral angle in degrees; NaN for a single band.
        mae: mean absolute error, in digital numbers.
    """

    mse: float
    psnr: float
    ssim: float
    ms_ssim: float
    sam: float
    mae: float

    def as_dict(self) -> dict[str, float]:
        """Return the measures by name."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class QualityByBand:
    """Hold the quality of a stack as a whole, and of each of its bands."""

    overall: Quality
    bands: tuple[Quality, ...]


def measure_quality(
    original: NDArray[np.float32],
    decoded: NDArray[np.float32],
    *,
    peak: float = PEAK,
    valid: Mask | None = None,
) -> QualityByBand:
    """Return how far a decoded stack is from the original.

    MSE, and with it PSNR, and MAE pool all values; SSIM and MS-SSIM are the mean over
    the pictures of all bands and seasons, of those that have a value.

    Args:
        original: (time, band, y, x) raw reflectance.
        decoded: (time, band, y, x) raw reflectance.
        peak: the peak of PSNR and the range of SSIM.
        valid: broadcasts to (time, band, y, x); which pixels count.

    Raises:
        CodecError: when the shapes differ, or a valid pixel was decoded to NaN or
            infinity.
    """
    _check(original, decoded, valid)
    if valid is not None:
        valid = np.broadcast_to(valid, original.shape)
    structures = ssim(original, decoded, peak=peak, valid=valid)
    scaled = ms_ssim(original, decoded, peak=peak, valid=valid)

    def quality(band: int | slice) -> Quality:
        mask = None if valid is None else valid[:, band]
        pair = original[:, band], decoded[:, band]
        whole = isinstance(band, slice)
        error = mse(*pair, valid=mask)
        return Quality(
            mse=error,
            psnr=psnr_of(error, peak=peak),
            ssim=_mean(structures[:, band]),
            ms_ssim=_mean(scaled[:, band]),
            sam=spectral_angle(*pair, valid=mask) if whole else float("nan"),
            mae=mae(*pair, valid=mask),
        )

    bands = range(original.shape[1])
    return QualityByBand(overall=quality(slice(None)), bands=tuple(map(quality, bands)))


def _check(
    original: NDArray[np.float32], decoded: NDArray[np.float32], valid: Mask | None
) -> None:
    if original.shape != decoded.shape:
        raise CodecError(
            f"A stack of shape {original.shape} cannot be compared with one of shape "
            f"{decoded.shape}: the codec must give back the shape that it was given. "
            "Decode with the settings that it was coded with."
        )
    gone = ~np.isfinite(decoded)
    if valid is not None:
        gone &= np.broadcast_to(valid, gone.shape)
    if gone.any():
        raise CodecError(
            f"The decoded stack has {int(gone.sum())} values that are NaN or infinite; "
            "a codec must return finite reflectance. Check its weights and its rate."
        )


def _mean(values: NDArray[np.float64]) -> float:
    """Return the mean of the values that exist."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
