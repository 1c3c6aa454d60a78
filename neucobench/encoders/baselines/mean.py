"""The mean baseline: a thumbnail of 4 seasons x 4 channels x 8 x 8, free of training.

The numbers are those of NeuCo-Bench's published baseline, which also served the 2025
challenge. What it computes differs from how it was described: its second channel is
B09 and not B10, and its third holds the cirrus band B10 besides B11 and B12. The same
indices are kept here; ``corrected`` gives the variant that was meant, as an encoder of
its own name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.data.bands import MODALITIES, S2_OFFSET, SEASONS, SSL4EO_S12_V11
from neucobench.encoders.base import CubeBatch
from neucobench.errors import CubeError

GRID = 8

# One entry for each channel: the bands of each modality that are averaged.
PUBLISHED_CHANNELS: tuple[dict[str, range], ...] = (
    {"s2l1c": range(9), "s2l2a": range(9)},  # B01 to B8A
    {"s2l1c": range(9, 10)},  # B09, water vapor
    {"s2l1c": range(10, 13), "s2l2a": range(10, 12)},  # B10 (cirrus), B11, B12
    {"s1": range(2)},  # VV, VH
)
CORRECTED_CHANNELS: tuple[dict[str, range], ...] = (
    {"s2l1c": range(10), "s2l2a": range(10)},  # B01 to B09
    {"s2l1c": range(10, 11)},  # B10, cirrus
    {"s2l1c": range(11, 13), "s2l2a": range(10, 12)},  # B11, B12
    {"s1": range(2)},  # VV, VH
)


@dataclass(frozen=True, kw_only=True)
class MeanEncoder:
    """Average standardized bands on a grid of 8 x 8 points, for each of four seasons.

    ::

        L1C + shift ─┐
        L2A + shift ─┼─▶ 8 x 8 points ─▶ standardize ─▶ mean of bands ─▶ (4, 4, 8, 8)
        S1 ──────────┘   (bilinear)      (SSL4EO-S12)   (4 channels)      = 1024

    The published code adds 1000 to every Sentinel-2 pixel first, since the statistics
    are those of SSL4EO-S12 v1.1, which is stored with that shift. Here the shift is
    added to the sampled points, which gives the same numbers.

    Attributes:
        corrected: average the bands that the description names, not those of the
            published code.
        shift: what the Sentinel-2 values still lack: 1000 for cubes in the convention
            of the downstream set, 0 for cubes that carry the shift already.
    """

    modalities: ClassVar[tuple[str, ...]] = ("s2l1c", "s2l2a", "s1")
    dims: ClassVar[int] = SEASONS * len(PUBLISHED_CHANNELS) * GRID * GRID
    version: ClassVar[str] = "1"
    # One cube at a time: sampling takes a hundredth of the reading, and copying cubes
    # into a common array would take longer than that.
    batch_size: ClassVar[int] = 1

    corrected: bool = False
    shift: int = S2_OFFSET

    @property
    def name(self) -> str:
        """Return ``"mean"``, or ``"mean-corrected"``."""
        return "mean-corrected" if self.corrected else "mean"

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, 1024): season, channel, row, column, the last one fastest.

        Raises:
            CubeError: when the cubes have not four seasons, or a modality has not the
                bands it should have.
        """
        points = {name: self._points(batch, name) for name in self.modalities}
        channels = CORRECTED_CHANNELS if self.corrected else PUBLISHED_CHANNELS
        vectors = np.stack([_average(points, channel) for channel in channels], axis=2)
        return vectors.reshape(len(batch), -1).astype(np.float32, copy=False)

    def _points(self, batch: CubeBatch, name: str) -> NDArray[np.float64]:
        array = batch.arrays[name]
        _check_shape(array, name)
        optical = MODALITIES[name].optical
        missing = self.shift - batch.offsets.get(name, 0) if optical else 0
        statistics = SSL4EO_S12_V11[name]
        mean = np.array(statistics.mean)[:, None, None] - missing
        std = np.array(statistics.std)[:, None, None]
        return np.asarray((sample_grid(array, GRID) - mean) / std)


def _average(
    points: Mapping[str, NDArray[np.float64]], channel: Mapping[str, range]
) -> NDArray[np.float64]:
    """Return (samples, season, y, x), the mean of the channel's bands."""
    total = sum(
        np.add.reduce(points[name][:, :, bands.start : bands.stop], axis=2)
        for name, bands in channel.items()
    )
    return np.asarray(total / sum(map(len, channel.values())))


def sample_grid(array: NDArray[Any], size: int) -> NDArray[np.float64]:
    """Sample an image bilinearly at ``size`` x ``size`` points, both edges included.

    Point i of an axis of length n lies at ``i * (n - 1) / (size - 1)``, as in SciPy's
    ``zoom`` of order 1: no average over an area. Only the pixels that the points touch
    are read, at most four each; positions are float64, since float32 ones shift the
    result by up to 6e-5 on rough tiles.

    Args:
        array: (..., y, x) any numeric type.
        size: number of points along each axis, 2 or more.

    Returns:
        (..., size, size)
    """
    rows, row_weight = _neighbors(array.shape[-2], size)
    columns, column_weight = _neighbors(array.shape[-1], size)
    pixels = array[..., rows[:, None], columns].astype(np.float64)
    upper, lower = pixels[..., :size, :], pixels[..., size:, :]
    lines = upper * (1 - row_weight)[:, None] + lower * row_weight[:, None]
    left, right = lines[..., :size], lines[..., size:]
    return np.asarray(left * (1 - column_weight) + right * column_weight)


@lru_cache(maxsize=16)
def _neighbors(length: int, size: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return (2 * size,) the indices before and after each point, and (size,) weights.

    The weight is that of the index after the point.
    """
    position = np.arange(size) * (length - 1) / (size - 1)
    # A point on a pixel takes both neighbors from that pixel, so that a NaN beside it
    # with weight 0 cannot spoil it.
    before = np.floor(position).astype(np.intp)
    after = np.ceil(position).astype(np.intp)
    return np.concatenate([before, after]), position - before


def _check_shape(array: NDArray[Any], name: str) -> None:
    bands = len(MODALITIES[name].bands)
    if array.shape[1:3] != (SEASONS, bands):
        raise CubeError(
            f"{name} has {array.shape[1]} seasons and {array.shape[2]} bands; the mean "
            f"baseline needs {SEASONS} seasons and {bands} bands. Leave this cube out, "
            "or choose an encoder that takes it."
        )
