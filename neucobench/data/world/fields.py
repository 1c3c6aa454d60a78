"""Random fields and parcels: the geometry that every part of the world is made of."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.spatial import KDTree

Field = NDArray[np.float32]
Mask = NDArray[np.bool_]

# A periodic field is drawn this much larger than the chip and cropped, so that
# opposite edges of the chip do not match.
_MARGIN = 1.5


def smooth_fields(
    rng: np.random.Generator, count: int, size: int, *, slope: float
) -> Field:
    """Draw Gaussian random fields with a power-law spectrum.

    Args:
        rng: the source of the numbers.
        count: how many independent fields.
        size: height and width in pixels.
        slope: the amplitude falls with frequency to the power ``-slope``; 1 is rough,
            3 is as smooth as rolling hills.

    Returns:
        (count, y, x), each with mean 0 and standard deviation 1.
    """
    canvas = fft.next_fast_len(int(size * _MARGIN) + 1, real=True)
    rows = np.fft.fftfreq(canvas)[:, None]
    columns = np.fft.rfftfreq(canvas)[None, :]
    radius = np.hypot(rows, columns)
    radius[0, 0] = np.inf
    amplitude = (radius**-slope).astype(np.float32)
    parts = rng.standard_normal((2, count, *amplitude.shape), dtype=np.float32)
    field = fft.irfft2((parts[0] + 1j * parts[1]) * amplitude, s=(canvas, canvas))
    field = field[:, :size, :size]
    field = field - field.mean((1, 2), keepdims=True)
    field /= field.std((1, 2), keepdims=True)
    return np.asarray(field, dtype=np.float32)


def rotated_grid(size: int, angle: float) -> tuple[Field, Field]:
    """Return the two coordinates, in pixels, of a grid turned by ``angle`` radians."""
    rows, columns = np.mgrid[:size, :size].astype(np.float32) - np.float32(size / 2)
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return columns * cosine + rows * sine, rows * cosine - columns * sine


def parcels(
    rng: np.random.Generator, size: int, *, angle: float, width: float, aspect: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Divide a chip into blocky parcels, as fields and city blocks are.

    The parcels are the cells of a jittered grid under the Chebyshev distance, turned
    by ``angle`` and ``aspect`` times as long as wide.

    Args:
        rng: the source of the jitter.
        size: height and width of the chip in pixels.
        angle: direction of the long side, radians.
        width: typical width of a parcel in pixels.
        aspect: length of a parcel divided by its width.

    Returns:
        the parcel of every pixel (y, x), numbered from 0 without gaps, and one pixel
        (row, column) in the middle of each parcel (parcel, 2).
    """
    u, v = rotated_grid(size, angle)
    points = np.stack([u / (width * aspect), v / width], axis=-1).reshape(-1, 2)
    reach = int(np.ceil(np.abs(points).max())) + 1
    grid = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1).T
    seeds = grid + rng.uniform(-0.42, 0.42, grid.shape)
    _, nearest = KDTree(seeds).query(points, p=np.inf)
    _, labels = np.unique(nearest, return_inverse=True)
    flat = labels.reshape(-1)
    counts = np.bincount(flat)
    rows, columns = np.divmod(np.arange(size * size), size)
    centers = np.stack(
        [np.bincount(flat, rows) / counts, np.bincount(flat, columns) / counts], axis=1
    )
    return flat.reshape(size, size), np.rint(centers).astype(np.intp)


def at_most(field: Field, share: float) -> Mask:
    """Return the ``share`` of the chip where ``field`` is smallest, as a mask."""
    return np.asarray(field < np.quantile(field, share))
