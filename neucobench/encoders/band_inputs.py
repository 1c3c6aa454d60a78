"""What the encoders of single bands read, and the scale that their values are on."""

import numpy as np
from numpy.typing import NDArray

from neucobench.data.bands import MODALITIES, SSL4EO_S12_V11, modality
from neucobench.encoders.base import CubeBatch
from neucobench.errors import CubeError, UsageError

ALL_INPUTS = ",".join(MODALITIES)


def input_modalities(inputs: str, *, encoder: str) -> tuple[str, ...]:
    """Return the names of the modalities that an option lists, in its order.

    Args:
        inputs: names or aliases with commas between them, e.g. ``"s1,s2l2a"``.
        encoder: the encoder's name, for messages.

    Raises:
        UnknownNameError: when a modality is not known.
        UsageError: when one is given twice.
    """
    names = tuple(modality(part.strip()).name for part in inputs.split(","))
    if len(set(names)) != len(names):
        raise UsageError(
            f"The encoder {encoder!r} got inputs={inputs}, where a modality stands "
            f"twice; each may stand once. Give e.g. --option inputs={ALL_INPUTS}"
        )
    return names


def count_bands(names: tuple[str, ...]) -> int:
    """Return the number of bands of some modalities together."""
    return sum(len(MODALITIES[name].bands) for name in names)


def require_seasons(batch: CubeBatch, name: str, seasons: int, *, encoder: str) -> None:
    """Refuse cubes with other seasons or bands than the vector has room for.

    Raises:
        CubeError: with both numbers.
    """
    found = batch.arrays[name].shape[1:3]
    bands = len(MODALITIES[name].bands)
    if found != (seasons, bands):
        raise CubeError(
            f"{name} has {found[0]} seasons and {found[1]} bands; the encoder "
            f"{encoder!r} needs {seasons} seasons and {bands} bands. Leave this cube "
            f"out, or give --option season_count={found[0]} for a set of such cubes."
        )


def scale_as_read(
    batch: CubeBatch, name: str, shift: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean and the deviation of each band, in the numbers that were read.

    The statistics of SSL4EO-S12 v1.1 are those of values that carry the shift of 1000.
    What the values of a batch lack is taken off the mean, which standardizes them as if
    it had been added to every pixel.

    Args:
        batch: the cubes; its offsets say what the reader has added already.
        name: the modality.
        shift: what the stored Sentinel-2 values lack.

    Returns:
        (band,) and (band,), in the modality's unit.
    """
    optical = MODALITIES[name].optical
    missing = shift - batch.offsets.get(name, 0) if optical else 0
    statistics = SSL4EO_S12_V11[name]
    mean = np.array(statistics.mean, dtype=np.float64)
    return mean - missing, np.array(statistics.std, dtype=np.float64)
