"""Sentinel-1: backscatter of the ground in VV and VH, with speckle."""

import numpy as np
from numpy.typing import NDArray

from neucobench.data.world.fields import Field
from neucobench.data.world.land import (
    BARE,
    BROADLEAF,
    BUILT,
    CEREAL,
    CLASSES,
    CONIFER,
    FOREST,
    GRASS,
    MAIZE,
    SOYBEAN,
    WATER,
    Land,
)
from neucobench.data.world.scenes import SEASONS, Scene
from neucobench.data.world.surface import PIXEL_M, WINTER
from neucobench.data.world.vessels import Vessel

# Equivalent number of looks of a ground-range detected image.
LOOKS = 4.4
# The instrument's own noise, dB: nothing is darker for long.
_NOISE_FLOOR = -30.0

# fmt: off
# Backscatter in dB, VV then VH, in spring, summer, autumn and winter. Water is set by
# the wind, forest gains with its biomass.
_BACKSCATTER: dict[int, tuple[tuple[float, ...], tuple[float, ...]]] = {
    WATER:     ((-22.0, -22.0, -22.0, -22.0), (-29.0, -29.0, -29.0, -29.0)),
    BROADLEAF: ((-11.6, -11.4, -11.8, -12.2), (-18.2, -17.6, -18.3, -19.2)),
    CONIFER:   ((-11.3, -11.2, -11.3, -11.6), (-17.8, -17.5, -17.7, -18.0)),
    MAIZE:     ((-12.2, -9.6, -11.2, -12.8), (-20.4, -14.6, -17.8, -21.4)),
    SOYBEAN:   ((-12.6, -11.4, -12.4, -13.0), (-20.8, -17.6, -20.2, -21.6)),
    CEREAL:    ((-13.8, -11.8, -12.4, -12.6), (-20.2, -19.4, -20.6, -20.4)),
    GRASS:     ((-12.6, -12.2, -12.4, -12.9), (-20.0, -19.4, -19.8, -20.6)),
    BUILT:     ((-5.5, -5.5, -5.5, -5.5), (-13.0, -13.0, -13.0, -13.0)),
    BARE:      ((-13.4, -13.8, -13.2, -13.0), (-22.4, -22.8, -22.2, -22.0)),
}
# fmt: on


def backscatter(scene: Scene, land: Land, vessel: Vessel | None) -> Field:
    """Return Sentinel-1 VV and VH in dB (season, 2, y, x), float32.

    There is no missing data in it: its orbits are not those of Sentinel-2.
    """
    rng = scene.rng("radar")
    value = _mean_backscatter()[:, :, land.classes]
    value += _ground_terms(scene, land)
    # The radar looks east: slopes that face west come out brighter.
    _, right = np.gradient(land.elevation, PIXEL_M)
    value += np.clip(12.0 * right * ~land.water, -4.0, 5.0).astype(np.float32)
    power = 10.0 ** (value / 10.0)
    if vessel is not None:
        hull = np.array([vessel.echo, vessel.echo - 9.0]) / 10.0
        power += (10.0**hull)[:, None, None] * vessel.cover
    power *= rng.gamma(LOOKS, 1.0 / LOOKS, power.shape)
    power += 10.0 ** (_NOISE_FLOOR / 10.0)
    return np.asarray(10.0 * np.log10(power), dtype=np.float32)


def _mean_backscatter() -> NDArray[np.float32]:
    """Return the table as an array (season, polarization, class)."""
    rows = [_BACKSCATTER[number] for number in range(len(CLASSES))]
    return np.array(rows, dtype=np.float32).transpose(2, 1, 0)


def _ground_terms(scene: Scene, land: Land) -> Field:
    """Return what biomass, moisture, wind, snow and roofs add, dB (season, 2, y, x)."""
    forest = np.isin(land.classes, FOREST)
    shape = (len(SEASONS), 2, *land.classes.shape)
    added = np.zeros(shape, dtype=np.float32)
    canopy = np.where(forest, 1.0 - np.exp(-land.biomass / 90.0), 0.0)
    added += (canopy * np.array([2.5, 5.0])[:, None, None])[None]
    open_ground = ~forest & ~land.water & (land.classes != BUILT)
    season = (slice(None), None, None, None)
    added += 0.9 * scene.moisture[season] * open_ground
    added += scene.wind[season] * np.array([8.0, 4.0])[:, None, None] * land.water
    added[WINTER] -= 1.5 * scene.snow * open_ground
    roofs = np.where(land.classes == BUILT, 2.5 * land.tone - 3.0 * land.streets, 0.0)
    tillage = np.where(open_ground, 0.5 * land.tone, 0.0)
    return np.asarray(added + roofs + tillage, dtype=np.float32)
