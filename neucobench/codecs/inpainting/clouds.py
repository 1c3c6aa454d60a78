"""Cloud masks from files: whatever marks a pixel that is not to be trusted."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.inpainting.mask import Mask
from neucobench.codecs.inpainting.stack_files import GEOTIFF, read_stack
from neucobench.codecs.raster.files import named
from neucobench.codecs.raster.geotiff import read_bands
from neucobench.errors import CodecError


def read_clouds(
    path: Path, shape: tuple[int, int, int], *, classes: Sequence[int] = ()
) -> Mask:
    """Return a cloud mask from a file, (time, y, x), True for cloudy pixels.

    The seasons of a file stand along its first axis; those of a GeoTIFF are its bands,
    those of a folder its files. A mask without seasons, or with one, is for the last
    season of the stack: the one that is filled from those before.

    Args:
        path: a ``.npy``, ``.tif`` or ``.zarr.zip`` file, or a folder of GeoTIFFs.
        shape: (time, y, x) of the stack.
        classes: the numbers that mean clouds, e.g. 3, 8, 9 and 10 of the scene
            classification of Sentinel-2; empty: all that are not 0.

    Raises:
        UsageError: when the ending is not known.
        CodecError: when the mask does not fit the stack, or marks nothing.
    """
    values = _values(path)
    with named(path):
        planes = _planes(values, shape)
        marks = np.isin(planes, classes) if classes else planes != 0
        marks |= _no_number(planes)
        clouds = np.zeros(shape, bool)
        clouds[-len(marks) :] = marks
        if not clouds.any():
            found = ", ".join(f"{value:g}" for value in np.unique(planes)[:8])
            raise CodecError(
                f"it marks no pixel as cloudy (its values are {found}); give a mask "
                "with clouds, or other --cloud-classes"
            )
    return clouds


def _values(path: Path) -> NDArray[Any]:
    """Return a mask file's numbers, (..., y, x)."""
    if path.name.lower().endswith(".npy") and path.is_file():
        with named(path):
            try:
                values: NDArray[Any] = np.load(path, allow_pickle=False)
            except (ValueError, EOFError) as error:
                raise CodecError(
                    f"this is no whole .npy file of numbers ({error}); write it again "
                    "with numpy.save"
                ) from error
        return values
    if path.name.lower().endswith(GEOTIFF) and path.is_file():
        with named(path):
            return read_bands(path)
    return read_stack(path).stored


def _planes(values: NDArray[Any], shape: tuple[int, int, int]) -> NDArray[Any]:
    """Return (seasons, y, x) of a mask; one season or all of the stack's."""
    height, width = shape[1:]
    if values.dtype.kind not in "biuf":
        raise CodecError(
            f"it holds values of type {values.dtype}; a mask has numbers or True and "
            "False, so convert it"
        )
    fits = values.ndim >= len(shape) - 1 and values.shape[-2:] == (height, width)
    planes = values.reshape(-1, height, width) if fits else values[:0]
    if len(planes) not in (1, shape[0]):
        raise CodecError(
            f"it has the shape {values.shape}, and the stack has (time, y, x) = "
            f"{shape}; a mask has one plane of the same size for each season, or one "
            "for the last, so cut or select it"
        )
    return planes


def _no_number(planes: NDArray[Any]) -> Mask:
    if planes.dtype.kind != "f":
        return np.zeros(planes.shape, bool)
    unknown: Mask = np.isnan(planes)
    return unknown
