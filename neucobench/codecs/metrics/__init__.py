"""How far a decoded picture is from the original: errors, structure, spectra.

All sums are in float64. Nothing is clipped: values beyond the peak count as they are.
"""

from neucobench.codecs.metrics.pixels import PEAK, mae, mse, psnr
from neucobench.codecs.metrics.quality import Quality, QualityByBand, measure_quality
from neucobench.codecs.metrics.spectral import spectral_angle
from neucobench.codecs.metrics.structural import (
    WINDOW,
    Scales,
    Window,
    ms_ssim,
    ms_ssim_scales,
    ssim,
)

__all__ = [
    "PEAK",
    "WINDOW",
    "Quality",
    "QualityByBand",
    "Scales",
    "Window",
    "mae",
    "measure_quality",
    "ms_ssim",
    "ms_ssim_scales",
    "mse",
    "psnr",
    "spectral_angle",
    "ssim",
]
