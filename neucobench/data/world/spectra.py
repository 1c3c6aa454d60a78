"""Reflectance of pure materials, and how much of each a land-cover class shows.

Reflectance is in digital numbers (x 10,000), in the twelve bands of Sentinel-2 L2A:
B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B11 B12. The magnitudes are round figures in
the range that Sentinel-2 observes over such ground; nothing is copied from a library.
"""

import numpy as np
from numpy.typing import NDArray

from neucobench.data.world.land import (
    BARE,
    BROADLEAF,
    BUILT,
    CEREAL,
    CLASSES,
    CONIFER,
    GRASS,
    MAIZE,
    SOYBEAN,
    WATER,
)
from neucobench.data.world.scenes import SEASONS

# fmt: off
MATERIALS: dict[str, tuple[int, ...]] = {
    "leaf":    (200, 240, 620, 270, 1080, 3350, 4350, 4550, 4700, 4750, 2050, 880),
    "needle":  (150, 170, 310, 190, 530, 1500, 1850, 1950, 2050, 2080, 950, 430),
    "straw":   (520, 640, 980, 1320, 1680, 1960, 2160, 2380, 2520, 2600, 3250, 2350),
    "soil":    (560, 700, 1000, 1380, 1650, 1800, 1950, 2120, 2260, 2350, 2950, 2500),
    "wood":    (320, 370, 500, 620, 830, 1080, 1230, 1380, 1480, 1520, 1750, 1180),
    "roof":    (1250, 1450, 1700, 1850, 1950, 2050, 2120, 2200, 2300, 2330, 2500, 2300),
    "asphalt": (600, 680, 780, 840, 900, 990, 1050, 1100, 1160, 1200, 1350, 1250),
    "water":   (520, 540, 480, 290, 240, 170, 160, 130, 110, 100, 60, 40),
    "snow":    (8000, 8200, 8000, 7850, 7650, 7400, 7100, 6800, 6450, 6200, 900, 800),
}

# Shares of the ground seen in spring, summer, autumn and winter; what is missing to 1
# is shade.
_SEEN: dict[int, dict[str, tuple[float, float, float, float]]] = {
    WATER:     {"water": (1.0, 1.0, 1.0, 1.0)},
    BROADLEAF: {"leaf": (0.55, 0.82, 0.40, 0.03), "wood": (0.25, 0.08, 0.22, 0.55),
                "straw": (0.08, 0.02, 0.20, 0.22)},
    CONIFER:   {"needle": (0.85, 0.86, 0.85, 0.84), "leaf": (0.06, 0.08, 0.05, 0.02),
                "wood": (0.04, 0.03, 0.04, 0.06)},
    MAIZE:     {"leaf": (0.06, 0.88, 0.10, 0.00), "soil": (0.82, 0.06, 0.25, 0.62),
                "straw": (0.12, 0.02, 0.63, 0.36)},
    SOYBEAN:   {"leaf": (0.04, 1.02, 0.04, 0.00), "soil": (0.86, 0.02, 0.48, 0.74),
                "straw": (0.10, 0.00, 0.46, 0.24)},
    CEREAL:    {"leaf": (0.86, 0.05, 0.22, 0.38), "soil": (0.08, 0.25, 0.60, 0.54),
                "straw": (0.04, 0.70, 0.16, 0.08)},
    GRASS:     {"leaf": (0.55, 0.52, 0.42, 0.18), "soil": (0.08, 0.08, 0.10, 0.14),
                "straw": (0.30, 0.34, 0.42, 0.62)},
    BUILT:     {"roof": (0.62, 0.62, 0.62, 0.62), "asphalt": (0.26, 0.24, 0.26, 0.28),
                "leaf": (0.06, 0.10, 0.05, 0.01), "soil": (0.04, 0.03, 0.04, 0.06)},
    BARE:      {"soil": (0.94, 0.90, 0.93, 0.95), "straw": (0.04, 0.07, 0.06, 0.04)},
}

# How much of the snow on open ground is seen on each class.
_SNOW_SEEN = {BROADLEAF: 0.55, CONIFER: 0.25, BUILT: 0.45, WATER: 0.0}
# fmt: on

NAMES = tuple(MATERIALS)


def material_spectra() -> NDArray[np.float32]:
    """Return the reflectance of every material (material, band)."""
    return np.array(list(MATERIALS.values()), dtype=np.float32)


def seasonal_cover() -> NDArray[np.float32]:
    """Return the share of each material per class (season, material, class)."""
    cover = np.zeros((len(SEASONS), len(NAMES), len(CLASSES)), dtype=np.float32)
    for number, seen in _SEEN.items():
        for name, shares in seen.items():
            cover[:, NAMES.index(name), number] = shares
    return cover


def snow_cover() -> NDArray[np.float32]:
    """Return how much of a snow cover is seen from above, per class (class,)."""
    shares = [_SNOW_SEEN.get(number, 1.0) for number in range(len(CLASSES))]
    return np.array(shares, dtype=np.float32)
