"""Reflectance of Sentinel-2 to what the learned codecs see, and back.

Raw units are 1/10,000, without the 1,000 that processing baseline 04.00 adds.
"""

import numpy as np
from numpy.typing import NDArray

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
# fmt: on


def standardize(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (..., band, y, x) reflectance of the 12 bands of L2A, standardized."""
    centered: NDArray[np.float32] = pixels - S2L2A_MEAN[:, None, None]
    return centered / S2L2A_STD[:, None, None]


def restore(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return standardized (..., band, y, x) pixels in raw units."""
    scaled: NDArray[np.float32] = pixels * S2L2A_STD[:, None, None]
    return scaled + S2L2A_MEAN[:, None, None]
