"""Synthetic clouds: smooth noise, cut off so that it covers a wanted share.

They have the shape of clouds and nothing else: no brightness, no thin edge, no shadow.
Figures made with them say how well a hole is filled, not how well clouds are found.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

# Widths of the noise, as shares of the shorter side, and what each counts.
_OCTAVES = ((1 / 6, 1.0), (1 / 14, 0.45), (1 / 32, 0.2))


def paint_clouds(
    size: tuple[int, int], *, cover: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Return a synthetic cloud mask, (y, x).

    Args:
        size: rows and columns.
        cover: the share of the pixels that is cloudy, between 0 and 1; met to a pixel.
        rng: where the noise comes from.
    """
    shorter = min(size)
    noise = np.zeros(size)
    for share, weight in _OCTAVES:
        # Noise that wraps around would tie the left edge to the right one.
        layer = gaussian_filter(
            rng.standard_normal(size), max(1.0, share * shorter), mode="reflect"
        )
        noise += weight * layer / layer.std()
    count = round(cover * noise.size)
    clouds = np.zeros(noise.size, bool)
    clouds[np.argsort(noise, axis=None, kind="stable")[noise.size - count :]] = True
    return clouds.reshape(size)
