"""Reflectance of Sentinel-2 to what the learned codecs see, and back.

Raw units are 1/10,000, without the 1,000 that processing baseline 04.00 adds.
"""

import numpy as np
from numpy.typing import NDArray

from neucobench.errors import CodecError

_PLANE = 2

# As TerraCodec publishes them; band B08 is 0.001 off the statistics of SSL4EO-S12, and
# the published weights were trained with this one.
# fmt: off
S2L2A_MEAN = np.array(
    (793.243, 924.863, 1184.553, 1340.936, 1671.402, 2240.082, 2468.412, 2563.243,
     2627.704, 2711.071, 2416.714, 1849.625),
    dtype=np.float32,
)
S2L2A_STD = np.array(
    (1160.144, 1201.092, 1219.943, 1397.225, 1400.035, 1373.136, 1429.17, 1485.025,
     1447.836, 1652.703, 1471.002, 1365.307),
    dtype=np.float32,
)
# SSL4EO-S12 v1.1, less the 1,000 that is added there.
S2L1C_MEAN = np.array(
    (1607.345, 1393.068, 1320.225, 1373.963, 1562.536, 2110.071, 2392.832, 2321.154,
     2583.77, 838.712, 21.753, 2205.112, 1545.798),
    dtype=np.float32,
)
S2L1C_STD = np.array(
    (786.523, 849.702, 875.318, 1143.578, 1126.248, 1161.98, 1273.505, 1246.79,
     1342.755, 576.795, 45.626, 1340.347, 1145.036),
    dtype=np.float32,
)
# fmt: on

_STATISTICS = {
    len(mean): (mean[:, None, None], std[:, None, None])
    for mean, std in ((S2L2A_MEAN, S2L2A_STD), (S2L1C_MEAN, S2L1C_STD))
}


def standardize(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (..., band, y, x) reflectance of 12 bands (L2A) or 13 (L1C), standardized.

    Raises:
        CodecError: when there are other bands.
    """
    mean, std = _statistics(pixels)
    centered: NDArray[np.float32] = pixels - mean
    return centered / std


def restore(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return standardized (..., band, y, x) pixels in raw units.

    Raises:
        CodecError: when there are neither 12 bands (L2A) nor 13 (L1C).
    """
    mean, std = _statistics(pixels)
    scaled: NDArray[np.float32] = pixels * std
    return scaled + mean


def _statistics(
    pixels: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean and the deviation of each band, (band, 1, 1)."""
    bands = pixels.shape[-3] if pixels.ndim > _PLANE else 0
    if bands not in _STATISTICS:
        raise CodecError(
            f"Pixels of the shape {pixels.shape} were given; the learned codecs take "
            "(..., band, y, x) with the 12 bands of Sentinel-2 L2A or the 13 of L1C. "
            "Give these."
        )
    return _STATISTICS[bands]
