"""Surface reflectance: what Sentinel-2 would measure under a clear sky."""

import numpy as np

from neucobench.data.bands import S2L2A
from neucobench.data.world.fields import Field, smooth_fields
from neucobench.data.world.land import ARABLE, BUILT, FOREST, GRASS, WATER, Land
from neucobench.data.world.scenes import SEASONS, Scene
from neucobench.data.world.spectra import (
    NAMES,
    material_spectra,
    seasonal_cover,
    snow_cover,
)

WINTER = SEASONS.index("winter")
PIXEL_M = 10.0

# Height of the sun above the horizon in each season, degrees, at the time of overpass.
_SUN_HEIGHT = np.radians([50.0, 60.0, 34.0, 22.0])
_SUN_AZIMUTH = np.radians([145.0, 140.0, 160.0, 163.0])

_LEAF, _STRAW, _SOIL, _ROOF, _ASPHALT, _SNOW = (
    NAMES.index(name) for name in ("leaf", "straw", "soil", "roof", "asphalt", "snow")
)


def ground_cover(scene: Scene, land: Land) -> Field:
    """Return the share of each material in every pixel (season, material, y, x)."""
    cover = seasonal_cover()[:, :, land.classes]
    grows = np.isin(land.classes, (*ARABLE, GRASS))
    vigor = np.where(grows, land.vigor, 1.0)[None] * scene.vigor[:, None, None]
    withered = np.where(land.classes == GRASS, 0.9, 0.25 * grows) * scene.dryness
    green = vigor * (1.0 - withered * np.array([0.2, 0.8, 0.5, 0.1])[:, None, None])
    lost = cover[:, _LEAF] * (1.0 - green)
    cover[:, _LEAF] -= lost
    cover[:, _STRAW] += np.clip(lost, 0.0, None)
    cover[:, _ROOF] *= 1.0 - land.streets
    cover[:, _ASPHALT] += 0.6 * land.streets
    # Tall stands shade themselves: the signal saturates near 200 Mg/ha.
    closed = 0.6 * (1.0 - np.exp(-land.biomass / 130.0))
    cover *= np.where(np.isin(land.classes, FOREST), 1.0 - closed, 1.0)
    snow = scene.snow * snow_cover()[land.classes]
    cover[WINTER] *= 1.0 - snow
    cover[WINTER, _SNOW] += snow
    return cover.astype(np.float32)


def illumination(land: Land) -> Field:
    """Return the brightness of each slope relative to level ground (season, y, x)."""
    down, right = np.gradient(land.elevation, PIXEL_M)
    normal = np.sqrt(1.0 + down**2 + right**2)
    height = _SUN_HEIGHT[:, None, None]
    # Rows run south and columns east; the azimuth is counted from north.
    east, north = np.sin(_SUN_AZIMUTH), np.cos(_SUN_AZIMUTH)
    facing = down * north[:, None, None] - right * east[:, None, None]
    cosine = (np.sin(height) + np.cos(height) * facing) / normal
    light = np.clip(cosine / np.sin(height), 0.35, 1.45)
    return np.where(land.water, 1.0, light).astype(np.float32)


def clear_reflectance(scene: Scene, land: Land, cover: Field) -> Field:
    """Return surface reflectance without clouds (season, band, y, x), in counts.

    Args:
        scene: the place and its weather.
        land: its maps.
        cover: the shares of the materials, from :func:`ground_cover`.
    """
    rng = scene.rng("surface")
    size = len(land.classes)
    value = np.einsum("smyx,mb->sbyx", cover, material_spectra())
    forest = np.isin(land.classes, FOREST)
    grain = rng.standard_normal((1, size, size), dtype=np.float32)
    depth = np.select([forest, land.classes == BUILT], [0.12, 0.1], 0.02)
    tone = np.select([land.classes == BUILT, land.water], [0.28, 0.0], 0.06) * land.tone
    light = illumination(land) * (1.0 + depth * grain) * np.exp(tone)
    wet = np.where(forest | (land.classes == WATER), 0.0, 0.06)
    light = light * (1.0 - wet * scene.moisture[:, None, None] + 0.03 * land.rows)
    value *= light[:, None].astype(np.float32)
    _color_water(rng, scene, land, value)
    noise = rng.standard_normal(value.shape, dtype=np.float32)
    value += noise * (12.0 + 0.008 * value)
    return np.asarray(value, dtype=np.float32)


def _color_water(
    rng: np.random.Generator, scene: Scene, land: Land, value: Field
) -> None:
    """Add sediment plumes and sun glint to the water, in place."""
    plumes = smooth_fields(rng, 1, len(land.classes), slope=2.2)[0]
    sediment = rng.gamma(1.5, 0.35) * np.exp(0.4 * plumes) * land.water
    visible = np.zeros(len(S2L2A.bands), dtype=np.float32)
    visible[:8] = (160, 200, 330, 300, 220, 110, 100, 80)
    value += (sediment * visible[:, None, None])[None]
    glint = (scene.wind * np.array([60.0, 120.0, 40.0, 10.0]))[:, None, None, None]
    value += glint * land.water
