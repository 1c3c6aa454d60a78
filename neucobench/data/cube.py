"""One data cube: the modalities of one place over its seasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.data.bands import modality
from neucobench.data.bands_file import BandsFile
from neucobench.data.buffers import Buffers
from neucobench.errors import CubeError

ENDING = ".zarr.zip"


@dataclass(frozen=True, kw_only=True)
class Cube:
    """Hold the arrays of one place.

    Attributes:
        id: the cube's name: the file's, without ``.zarr.zip``.
        arrays: (time, band, y, x) by modality name (``"s1"``, ``"s2l1c"``,
            ``"s2l2a"``): decibel for Sentinel-1, digital numbers for Sentinel-2.
        offsets: by modality name, what had been added to the digital numbers: 0 as the
            downstream set stores them, 1000 as SSL4EO-S12 v1.1 does; 0 for Sentinel-1.

    Raises:
        CubeError: when an array has not four dimensions or the bands of its modality,
            or when the modalities differ in seasons or size.
    """

    id: str
    arrays: Mapping[str, NDArray[Any]]
    offsets: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = {}
        for name, array in self.arrays.items():
            bands = modality(name).bands
            if array.ndim != 4 or array.shape[1] != len(bands):
                raise CubeError(
                    f"Cube {self.id!r}, {name}: the array has the shape "
                    f"{array.shape}; {modality(name).title} has {len(bands)} bands "
                    f"({', '.join(bands)}) in (time, band, y, x). Check that the file "
                    "lies in the folder of its modality."
                )
            sizes[name] = (array.shape[0], *array.shape[2:])
        if len(set(sizes.values())) > 1:
            listed = ", ".join(f"{name} {size}" for name, size in sizes.items())
            raise CubeError(
                f"Cube {self.id!r}: its modalities differ in (time, y, x): {listed}. "
                "They must be equal; read one modality at a time, or write the files "
                "again."
            )


def cube_id(path: Path) -> str:
    """Return the id that a file's name gives: the name without ``.zarr.zip``."""
    return path.name.removesuffix(ENDING)


def read_cube(
    files: Mapping[str, Path],
    *,
    seasons: Sequence[int] | None = None,
    offset: int = 0,
    buffers: Buffers | None = None,
    verify: bool = False,
) -> Cube:
    """Read one cube from one ``.zarr.zip`` file per modality.

    Only the chunks of the wanted seasons are decoded, in the calling thread (Blosc
    starts threads of its own on the main thread only); the interpreter lock is released
    meanwhile, so that cubes can be read by several threads at a time.

    **The +1000 shift.** Since processing baseline 04.00, ESA stores Sentinel-2
    reflectance x 10,000 **+ 1000**. SSL4EO-S12 v1.1, and models trained on it, have
    these numbers; the downstream cubes are stored without, zero for no data. ``offset``
    is added to both Sentinel-2 products, zeros included, and never to Sentinel-1;
    ``Cube.offsets`` records it. Where a sum does not fit the stored type (int16 ends at
    32767), the array becomes int32: no number wraps around or is cut off.

    Args:
        files: modality name (or alias) to file.
        seasons: positions along ``time``, in the order wanted; all by default.
        offset: what to add to Sentinel-2: 0 leaves the numbers as stored, 1000 gives
            those of SSL4EO-S12 v1.1.
        buffers: memory to reuse; the cube is then valid **only until the next read**
            with the same buffers.
        verify: whether to check the CRC-32 of every chunk. Blosc has no checksum: a
            flipped bit in a picture shows only here. It costs about a third of the
            reading time and is off by default; ``neucobench data check`` turns it on.

    Raises:
        CubeError: when a file is missing or damaged, its array is not a cube's, or the
            files belong to different cubes.
        UnknownNameError: when a modality is not known.
    """
    if not files:
        raise CubeError("No file was given to read a cube from; name at least one.")
    paths = {modality(name).name: Path(path) for name, path in files.items()}
    ids = {cube_id(path) for path in paths.values()}
    if len(ids) > 1:
        raise CubeError(
            f"The files belong to different cubes: {', '.join(sorted(ids))}. Give "
            "files of one name, one per modality."
        )
    arrays = {}
    for name, path in paths.items():
        with BandsFile(path) as file:
            if file.samples != 1:
                raise CubeError(
                    f"{path}: it holds {file.samples} samples, and a cube's file has "
                    "one. Read a shard with neucobench.data.shards.ShardFolder."
                )
            stored = file.read(
                seasons=seasons, buffers=buffers, loan=name, verify=verify
            )[0]
        arrays[name] = shift(stored, optical_only(name, offset))
    offsets = {name: optical_only(name, offset) for name in arrays}
    return Cube(id=ids.pop(), arrays=arrays, offsets=offsets)


def optical_only(name: str, offset: int) -> int:
    """Return ``offset`` for a modality of Sentinel-2, 0 for Sentinel-1."""
    return offset if modality(name).optical else 0


def shift(values: NDArray[Any], amount: int) -> NDArray[Any]:
    """Return ``values + amount``, in place where the type can hold the sums.

    Otherwise the result is a copy of a wider type: int32 for 16-bit integers, int64
    beyond; float32 for float16, which has no room for the digits.

    Args:
        values: integers or floating-point numbers of any shape.
        amount: what to add; may be negative.
    """
    if not amount:
        return values
    if values.dtype.kind == "f":
        wide = values.astype(np.float32) if values.dtype.itemsize == 2 else values
    else:
        limits = np.iinfo(values.dtype)
        low, high = int(values.min()) + amount, int(values.max()) + amount
        wide = values
        if low < limits.min or high > limits.max:
            wide = values.astype(np.int32 if values.dtype.itemsize <= 2 else np.int64)
    if amount < 0:
        # An unsigned type holds the amount, but not its negative.
        wide -= wide.dtype.type(-amount)
    else:
        wide += wide.dtype.type(amount)
    return wide
