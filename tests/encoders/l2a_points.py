"""An encoder of one's own: the 12 bands of L2A at 8 x 8 points in four seasons.

Run: neucobench encode cubes/ --encoder tests/encoders/l2a_points.py:L2APoints
"""

import numpy as np
from numpy.typing import NDArray

from neucobench.data.bands import SSL4EO_S12_V11
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.baselines.mean import sample_grid


class L2APoints:
    """Sample, standardize, flatten: 4 x 12 x 8 x 8 = 3,072 numbers."""

    name = "l2a-points"
    modalities = ("s2l2a",)
    dims = 4 * 12 * 8 * 8
    offset = 1000  # the statistics are of values that carry the shift
    batch_size = 2

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, 3072)."""
        statistics = SSL4EO_S12_V11["s2l2a"]
        mean = np.array(statistics.mean)[:, None, None]
        std = np.array(statistics.std)[:, None, None]
        points = (sample_grid(batch.arrays["s2l2a"], 8) - mean) / std
        return points.reshape(len(batch), -1).astype(np.float32)
