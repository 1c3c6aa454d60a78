"""Summer surface temperature: the heat of cities, and what cools them."""

import numpy as np
from scipy.ndimage import gaussian_filter

from neucobench.data.world.fields import Field
from neucobench.data.world.land import BARE, BUILT, Land
from neucobench.data.world.scenes import SEASONS, Scene
from neucobench.data.world.spectra import NAMES

_SUMMER = SEASONS.index("summer")
_GREEN = [NAMES.index("leaf"), NAMES.index("needle")]
# A thermal pixel of 100 m, as the deviation of a Gaussian in pixels of 10 m.
_FOOTPRINT = 3.0


def surface_temperature(scene: Scene, land: Land, cover: Field) -> Field:
    """Return the summer temperature of the ground in degrees Celsius (y, x).

    Args:
        scene: the place and its climate.
        land: its maps.
        cover: the shares of the materials (season, material, y, x).
    """
    green = cover[_SUMMER, _GREEN].sum(0)
    value = 31.0 + scene.warmth + 4.0 * scene.dryness - 6.5e-3 * land.elevation
    value = value + 6.0 * (land.classes == BUILT) + 4.0 * (land.classes == BARE)
    value = value - 5.0 * green - 9.0 * land.water
    roofs = np.where(land.classes == BUILT, 1.0 * land.tone, 0.0)
    return np.asarray(gaussian_filter(value + roofs, _FOOTPRINT), dtype=np.float32)
