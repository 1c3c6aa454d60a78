"""The sky over a scene: clouds, their shadows, missing data, and the atmosphere."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucobench.data.bands import S2L1C, S2L2A
from neucobench.data.world.fields import Field, Mask, rotated_grid, smooth_fields
from neucobench.data.world.scenes import SEASONS, Scene

# A pixel counts as cloudy, and is in the label, when a cloud hides this much of it.
CLOUDY = 0.3

_CIRRUS = S2L1C.bands.index("B10")
# fmt: off
_CLOUD = np.array((7400, 7300, 7000, 6900, 6950, 6900, 6800, 6700, 6600, 6400,
                   4300, 3300), dtype=np.float32)
# Wavelength of the L2A bands, nanometers.
_WAVELENGTH = np.array((443, 492, 560, 665, 704, 740, 783, 833, 865, 945,
                        1614, 2202), dtype=np.float32)
# Ground sampling of the L2A bands in pixels of 10 m.
_SAMPLING = (6, 1, 1, 1, 2, 2, 2, 1, 2, 6, 2, 2)
# fmt: on


@dataclass(frozen=True, kw_only=True)
class Sky:
    """Hold what lies between a scene and Sentinel-2 in the four seasons.

    Attributes:
        opacity: (season, y, x) how much a cloud hides, 0 to 1.
        ice: (season,) how much of the cloud is high cirrus, 0 to 1.
        shadow: (season, y, x) how much of the sunlight is kept off, 0 to 1.
        missing: (season, y, x) where Sentinel-2 has no data.
    """

    opacity: Field
    ice: NDArray[np.float32]
    shadow: Field
    missing: Mask

    @property
    def cloudy(self) -> Mask:
        """Return where a cloud counts (season, y, x)."""
        return np.asarray(self.opacity >= CLOUDY)


def draw_sky(scene: Scene, size: int) -> Sky:
    """Return clouds, shadows and missing data over ``scene``."""
    rng = scene.rng("sky")
    seasons = len(SEASONS)
    reach = max(2, size // 8)
    canvas = size + reach
    amount = rng.beta(0.9, 0.9, seasons) * (rng.random(seasons) < 0.7)
    if scene.clear:
        amount = 0.1 * amount * (rng.random(seasons) < 0.3)
    ice = (rng.random(seasons) < 0.3).astype(np.float32)
    billows = smooth_fields(rng, seasons, canvas, slope=2.0)
    opacity = np.zeros((seasons, canvas, canvas), dtype=np.float32)
    for season in np.flatnonzero(amount > 0.01):
        edge = np.quantile(billows[season], 1.0 - amount[season])
        depth = np.clip((billows[season] - edge) / 0.7 + CLOUDY, 0.0, 1.0)
        opacity[season] = depth**1.2 * (0.55 if ice[season] else 0.96)
    # The sun stands in the south-east: shadows fall to the north-west.
    shadow = opacity[:, reach:, reach:] * (1.0 - 0.8 * ice)[:, None, None]
    return Sky(
        opacity=opacity[:, :size, :size],
        ice=ice,
        shadow=shadow,
        missing=_draw_missing(rng, size),
    )


def _draw_missing(rng: np.random.Generator, size: int) -> Mask:
    """Return the pixels outside the swath, or in lost scan lines (season, y, x)."""
    missing = np.zeros((len(SEASONS), size, size), dtype=np.bool_)
    troubled = rng.random() < 0.45
    across, _ = rotated_grid(size, float(rng.uniform(0.1, 0.3)))
    across = (across - across.min()) / np.ptp(across)
    if rng.random() < 0.5:
        across = 1.0 - across
    severity = rng.beta(0.9, 1.4)
    for season in range(len(SEASONS)):
        hit, kind, share, phase = rng.random(4)
        if not troubled or hit > 0.55:
            continue
        if kind < 0.7:
            missing[season] = across < severity * (0.5 + 0.5 * share)
        else:
            missing[season] = (across * 5 + phase) % 1.0 < 0.6 * severity
    return missing


def through_clouds(surface: Field, sky: Sky) -> Field:
    """Return surface reflectance with clouds and shadows, as L2A still shows them.

    Args:
        surface: (season, band, y, x) reflectance under a clear sky, in counts.
        sky: what lies above.
    """
    opacity = sky.opacity[:, None]
    lit = surface * (1.0 - 0.62 * sky.shadow[:, None])
    cloud = _CLOUD[:, None, None] * (0.75 + 0.35 * opacity)
    return np.asarray(lit * (1.0 - opacity) + cloud * opacity, dtype=np.float32)


def top_of_atmosphere(surface: Field, scene: Scene, sky: Sky) -> Field:
    """Return L1C (season, 13 bands, y, x) of the L2A reflectance ``surface``.

    Molecules and aerosol add a path radiance that grows towards the blue and weaken
    the light from the ground; water vapor darkens B09; B10 sees cirrus alone.
    """
    rng = scene.rng("atmosphere")
    haze = scene.haze[:, None]
    rayleigh = 0.098 * (_WAVELENGTH / 443.0) ** -4.0
    aerosol = 0.05 * haze * (_WAVELENGTH / 550.0) ** -1.3
    path = rayleigh + aerosol
    through = np.exp(-1.1 * rayleigh - 0.35 * haze * (_WAVELENGTH / 550.0) ** -1.0)
    gas = np.ones_like(through)
    gas[:, S2L2A.bands.index("B09")] = scene.vapor
    gas[:, -2:] = 0.95
    high = sky.opacity[:, None]
    # Above a cloud there is less air, and much less vapor.
    path_map = 1e4 * path[:, :, None, None] * (1.0 - 0.6 * high)
    gas_map = gas[:, :, None, None] + (1.0 - gas[:, :, None, None]) * 0.25 * high
    toa = path_map + surface * through[:, :, None, None] * gas_map
    cirrus = 14.0 + 380.0 * sky.ice[:, None, None] * sky.opacity + 4.0 * sky.opacity
    cirrus += 4.0 * rng.standard_normal(cirrus.shape, dtype=np.float32)
    return np.insert(toa, _CIRRUS, cirrus, axis=1).astype(np.float32)


def to_counts(value: Field, missing: Mask) -> NDArray[np.int16]:
    """Return reflectance as stored: sampled as the instrument does, 0 where missing.

    Bands of 20 m and 60 m are averages over their ground cells, repeated to 10 m. A
    measured pixel is at least 1, so that 0 always means no data.

    Args:
        value: (season, band, y, x), 12 bands of L2A or 13 of L1C.
        missing: (season, y, x).
    """
    sampling = list(_SAMPLING)
    if value.shape[1] == len(S2L1C.bands):
        sampling.insert(_CIRRUS, 6)
    counts = np.empty(value.shape, dtype=np.int16)
    for band, cell in enumerate(sampling):
        plane = _by_cell(value[:, band], cell) if cell > 1 else value[:, band]
        counts[:, band] = np.clip(np.rint(plane), 1, 32767)
    counts[np.broadcast_to(missing[:, None], counts.shape)] = 0
    return counts


def _by_cell(plane: Field, cell: int) -> Field:
    """Return ``plane`` (season, y, x) averaged over square cells, at full size."""
    size = plane.shape[-1]
    starts = np.arange(0, size, cell)
    lengths = np.diff(np.append(starts, size))
    for axis in (1, 2):
        plane = np.add.reduceat(plane, starts, axis=axis)
        plane = np.repeat(plane, lengths, axis=axis)
    area = np.repeat(lengths, lengths)
    return np.asarray(plane / (area[:, None] * area), dtype=np.float32)
