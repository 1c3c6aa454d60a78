"""A cube as images of all its bands, standardized when they are asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neucobench.data.bands import MODALITIES, Statistics
from neucobench.encoders.base import CubeBatch
from neucobench.errors import CubeError

WHOLE = slice(None)


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Hold one modality: (time, band, y, x), and (band, 1, 1) its statistics."""

    array: NDArray[Any]
    mean: NDArray[np.float32]
    std: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class CubeImages:
    """Give the seasons of one cube as images whose channels are all bands in a row.

    Attributes:
        seasons: number of images.
        size: rows and columns of an image.
    """

    seasons: int
    size: tuple[int, int]
    _parts: tuple[_Part, ...]

    def window(
        self,
        season: int,
        rows: slice = WHOLE,
        columns: slice = WHOLE,
        *,
        device: torch.device | str = "cpu",
    ) -> Tensor:
        """Return (channel, y, x) float32, standardized, a part of one season's image.

        What is stored travels to the device as it is, and is standardized there.
        """
        channels = []
        for part in self._parts:
            # Contiguous, since torch refuses a view that runs backwards.
            pixels = np.ascontiguousarray(part.array[season, :, rows, columns])
            stored = torch.tensor(pixels, device=device)
            mean, std = (
                torch.tensor(values, device=device) for values in (part.mean, part.std)
            )
            channels.append(stored.to(torch.float32).sub_(mean).div_(std))
        return torch.cat(channels)


def cube_images(
    batch: CubeBatch,
    row: int,
    *,
    modalities: Sequence[str],
    statistics: Mapping[str, Statistics],
    shift: int,
) -> CubeImages:
    """Return one cube of a batch as images; the batch's arrays are not copied.

    Args:
        batch: the cubes.
        row: which of them.
        modalities: whose bands make up the channels, in this order.
        statistics: mean and standard deviation of each modality's bands.
        shift: what the stored Sentinel-2 values lack to be in the convention of the
            statistics.

    Raises:
        CubeError: when a modality has not its bands or has pixels that are no finite
            numbers, or the modalities differ in seasons or size.
    """
    parts = []
    for name in modalities:
        array = batch.arrays[name][row]
        _check_pixels(array, name)
        missing = shift - batch.offsets.get(name, 0) if MODALITIES[name].optical else 0
        mean, std = (
            np.array(values)[:, None, None]
            for values in (statistics[name].mean, statistics[name].std)
        )
        parts.append(
            _Part(
                array=array,
                mean=(mean - missing).astype(np.float32),
                std=std.astype(np.float32),
            )
        )
    seasons, height, width = _common_shape(batch, modalities)
    return CubeImages(seasons=seasons, size=(height, width), _parts=tuple(parts))


def _check_pixels(array: NDArray[Any], name: str) -> None:
    bands = len(MODALITIES[name].bands)
    if array.shape[1] != bands:
        raise CubeError(
            f"{name} has {array.shape[1]} bands; it should have {bands}. Leave this "
            "cube out, or correct its file."
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        count = array.size - np.count_nonzero(np.isfinite(array))
        raise CubeError(
            f"{name} has {count} pixels that are NaN or infinite, and every feature is "
            "a mean over all pixels. Leave this cube out, or fill them."
        )


def _common_shape(batch: CubeBatch, modalities: Sequence[str]) -> tuple[int, int, int]:
    """Return seasons, rows and columns."""
    shapes = {
        name: (batch.arrays[name].shape[1], *batch.arrays[name].shape[3:])
        for name in modalities
    }
    if len(set(shapes.values())) > 1:
        found = ", ".join(f"{name} has {shape}" for name, shape in shapes.items())
        raise CubeError(
            "The modalities of a cube must have the same seasons, rows and columns, "
            f"but {found}. Leave this cube out, or correct its files."
        )
    seasons, height, width = shapes[modalities[0]]
    return seasons, height, width
