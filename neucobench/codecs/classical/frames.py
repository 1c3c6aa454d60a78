"""Frames of a size that a film can have."""

from collections.abc import Sequence

import numpy as np

from neucobench.codecs.classical.coder import Planes


def padded(planes: Planes, size: Sequence[int]) -> Planes:
    """Return (..., y, x) with the last row and column repeated up to a size."""
    height, width = planes.shape[-2:]
    missing = [(0, size[0] - height), (0, size[1] - width)]
    return np.pad(planes, [(0, 0)] * (planes.ndim - 2) + missing, mode="edge")


def cropped(planes: Planes, size: Sequence[int]) -> Planes:
    """Return the first rows and columns of (..., y, x)."""
    height, width = size
    return planes[..., :height, :width]
