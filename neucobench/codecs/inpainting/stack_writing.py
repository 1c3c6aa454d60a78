"""Write a stack again: new numbers in some places, everything else as it was."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.atomic import whole_file, whole_folder
from neucobench.codecs.inpainting.stack_files import Part, StoredStack
from neucobench.codecs.pixels.gaps import Gaps
from neucobench.codecs.pixels.values import to_stored
from neucobench.codecs.raster.files import open_sink


@dataclass(frozen=True, kw_only=True, eq=False)
class Replaced:
    """Hold a stack with some of its pixels replaced, as it is written.

    Attributes:
        values: (time, band, y, x) in the type of the files.
        clipped: how many numbers lay beyond what the type holds and were cut off.
        moved: how many were moved by one step since they would have read as no data.
    """

    values: NDArray[Any]
    clipped: int
    moved: int


def replace_pixels(
    stack: StoredStack, filled: NDArray[np.float32], where: NDArray[np.bool_]
) -> Replaced:
    """Return a stack with new pixels in some places, all others untouched.

    Args:
        stack: the stack as it was read.
        filled: (time, band, y, x) reflectance x 10,000; NaN stays without data.
        where: (time, y, x), which pixels are replaced.
    """
    unfilled = np.isnan(filled)
    marked = stack.picture.nodata is not None
    wanted = np.broadcast_to(where[:, None], filled.shape)
    restored = to_stored(
        np.where(unfilled | ~wanted, 0, filled).astype(np.float32),
        # What is not replaced counts as missing, so that it is not counted as cut off.
        Gaps(value=unfilled & wanted & marked, nan=unfilled | ~wanted),
        convention=stack.convention,
        dtype=stack.stored.dtype,
        nodata=stack.picture.nodata,
    )
    return Replaced(
        values=np.where(wanted, restored.values, stack.stored),
        clipped=restored.clipped,
        moved=restored.moved,
    )


def write_stack(out: Path, stack: StoredStack, values: NDArray[Any]) -> None:
    """Write a stack with what its files said: one file, or a folder of GeoTIFFs.

    Args:
        out: the file, or for a stack from a folder the folder to make.
        stack: what the values were made from.
        values: (time, band, y, x) in the type of its files.

    Raises:
        UsageError: when the ending is not known.
        CodecError: when such a file cannot hold the stack.
    """
    if not stack.is_folder:
        _write(out, stack.parts[0], values)
        return
    with whole_folder(out) as hidden:
        for part, season in zip(stack.parts, values, strict=True):
            _write(hidden / part.name, part, season[None])


def _write(path: Path, part: Part, values: NDArray[Any]) -> None:
    kept = part.kept if path.name.endswith(".zarr.zip") else None
    with whole_file(path) as hidden, open_sink(hidden, part.picture, kept) as sink:
        sink.write(0, values)
