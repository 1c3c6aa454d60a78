"""What Presto is given: scaled series of pixels, and what belongs to them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# Groups of the 17 bands: VV VH B2 B3 B4 B5 B6 B7 B8 B8A B11 B12, temperature,
# precipitation, elevation, slope, NDVI.
GROUPS: dict[str, slice] = {
    "S1": slice(0, 2),
    "S2_RGB": slice(2, 5),
    "S2_Red_Edge": slice(5, 8),
    "S2_NIR_10m": slice(8, 9),
    "S2_NIR_20m": slice(9, 10),
    "S2_SWIR": slice(10, 12),
    "ERA5": slice(12, 14),
    "SRTM": slice(14, 16),
    "NDVI": slice(16, 17),
}
BANDS = 17
MEASURED = 16  # all but NDVI, which is computed
NO_LAND_COVER = 9
_RED, _NEAR_INFRARED = 4, 8
# Scaled value = (value + add) / divisor: decibel, reflectance x 10,000, kelvin, meters
# of rain, meters, degrees.
_ADD = np.array([25.0] * 2 + [0.0] * 10 + [-272.15, 0.0, 0.0, 0.0])
_DIVISOR = np.array([25.0] * 2 + [10_000.0] * 10 + [35.0, 0.03, 2000.0, 50.0])


@dataclass(frozen=True, kw_only=True)
class PixelSeries:
    """Hold series of pixels on one device.

    Attributes:
        values: (samples, time, 17) scaled; at most 24 steps.
        months: (samples, time) 0 (January) to 11.
        latlon: (samples, 2) degrees. There is always a token for the place; where it is
            not known, or not allowed to count, give (0, 0) to all.
        absent: (samples, time, 17) True where a band was not measured; a group of bands
            counts only where all of them were. None: all were.
        land_cover: (samples, time) Dynamic World class, 0 to 8, or 9 where it is not
            known. None: nowhere.
    """

    values: Tensor
    months: Tensor
    latlon: Tensor
    absent: Tensor | None = None
    land_cover: Tensor | None = None


def scale(measured: NDArray[Any]) -> NDArray[np.float32]:
    """Return (..., 17), the bands scaled, and NDVI, 0 where it is not defined.

    Args:
        measured: (..., 16) VV to slope, in decibel, reflectance x 10,000, kelvin,
            meters and degrees.
    """
    scaled = (measured + _ADD) / _DIVISOR
    red, near_infrared = scaled[..., _RED], scaled[..., _NEAR_INFRARED]
    total = near_infrared + red
    index = np.zeros_like(total)
    np.divide(near_infrared - red, total, out=index, where=total > 0)
    return np.concatenate([scaled, index[..., None]], axis=-1, dtype=np.float32)


def absent_bands(shape: tuple[int, int], *groups: str) -> Tensor:
    """Return (samples, time, 17), True for the bands of the groups that are named.

    Args:
        shape: samples and time steps.
        *groups: names of the groups that nowhere were measured.
    """
    absent = torch.zeros(BANDS, dtype=torch.bool)
    for name in groups:
        absent[GROUPS[name]] = True
    return absent.expand(*shape, BANDS)
