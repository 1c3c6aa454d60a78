"""What Galileo is given: bands scaled as in its pretraining."""

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.pretrained.sentinel_series import vegetation_index

# Mean and standard deviation of the pretraining data, VV to B12.
# fmt: off
MEAN = (
    -11.728724389184965, -18.85558188024017, 1395.3408730676722, 1338.4026921784578,
    1343.09883810357, 1543.8607982512297, 2186.2022069512263, 2525.0932853316694,
    2410.3377187373408, 2750.2854646886753, 2234.911100061487, 1474.5311266077113,
)
STD = (
    4.887145774840316, 5.730270320384293, 917.7041440370853, 913.2988423581528,
    1092.678723527555, 1047.2206083460424, 1048.0101611156767, 1143.6903026819996,
    1098.979177731649, 1204.472755085893, 1145.9774063078878, 980.2429840007796,
)
# fmt: on


def normalize(series: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (time, 13, y, x): 12 bands as in pretraining, and NDVI, which is left.

    Args:
        series: (time, 12, y, x) decibel, and reflectance x 10,000.
    """
    mean, std = (np.array(values)[:, None, None] for values in (MEAN, STD))
    scaled = (series - (mean - 2 * std)) / (4 * std)
    index = vegetation_index(series)[:, None]
    return np.concatenate([scaled, index], axis=1, dtype=np.float32)
