"""Stacks in files: one file of several seasons, or a folder of GeoTIFFs in name order.

Numbers are kept as the files store them, with what the files say of themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.pixels.gaps import Gaps, find_gaps
from neucobench.codecs.pixels.values import Convention, holds, to_reflectance
from neucobench.codecs.raster.base import Georeference, Kept, Picture
from neucobench.codecs.raster.files import named, open_source
from neucobench.errors import CodecError

GEOTIFF = (".tif", ".tiff")


@dataclass(frozen=True, kw_only=True)
class Part:
    """Describe one file of a stack: its name, what it is like, what is beside it."""

    name: str
    picture: Picture
    kept: Kept | None


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredStack:
    """Hold a stack as its files store it.

    Attributes:
        path: the file, or the folder.
        parts: one for each file, in the order of the seasons.
        stored: (time, band, y, x) in the type of the files.
        gaps: where no data are.
        convention: what the numbers mean.
    """

    path: Path
    parts: tuple[Part, ...]
    stored: NDArray[Any]
    gaps: Gaps
    convention: Convention

    @property
    def is_folder(self) -> bool:
        """Tell whether each season has a file of its own."""
        return self.path.is_dir()

    @property
    def picture(self) -> Picture:
        """Return what the first file is like."""
        return self.parts[0].picture

    def reflectance(self) -> NDArray[np.float32]:
        """Return (time, band, y, x) reflectance x 10,000, NaN where no data are."""
        values = to_reflectance(self.stored, self.convention)
        values[self.gaps.any_kind] = np.nan
        return values


def read_stack(
    path: Path,
    *,
    nodata: float | None = None,
    offset: float | None = None,
    scale: float | None = None,
) -> StoredStack:
    """Return the stack in a file, or in the GeoTIFFs of a folder in name order.

    Args:
        path: a ``.npy``, ``.zarr.zip`` or ``.tif`` file, or a folder.
        nodata: the value that stands for no data; None: the one in the files.
        offset: what was added to the numbers; None: what the files say.
        scale: what leads from them to reflectance x 10,000; None: likewise.

    Raises:
        UsageError: when the ending is not known.
        CodecError: when a file cannot be used, or those of a folder do not fit.
        CubeError: when a ``.zarr.zip`` file is damaged.
    """
    return read_files(path, _files(path), nodata=nodata, offset=offset, scale=scale)


def read_files(
    path: Path,
    files: Sequence[Path],
    *,
    nodata: float | None = None,
    offset: float | None = None,
    scale: float | None = None,
) -> StoredStack:
    """Return the stack in some files, one after the other.

    Args:
        path: what the stack is called in messages, and where it counts as from.
        files: in the order of the seasons.
        nodata: see ``read_stack``.
        offset: likewise.
        scale: likewise.

    Raises:
        CodecError: when a file cannot be used, or those of a folder do not fit.
    """
    parts, seasons, conventions = [], [], []
    for file in files:
        with open_source(file) as source:
            picture = source.picture
            if nodata is not None:
                picture = _declared(picture, nodata)
            everything = slice(0, picture.shape[2]), slice(0, picture.shape[3])
            seasons.append(source.read(*everything))
            parts.append(Part(name=file.name, picture=picture, kept=source.kept))
            conventions.append(source.convention)
    with named(path):
        _require_alike(parts, conventions)
    given = offset is not None or scale is not None
    convention = Convention(offset=offset or 0.0, scale=1.0 if scale is None else scale)
    stored = np.concatenate(seasons)
    return StoredStack(
        path=path,
        parts=tuple(parts),
        stored=stored,
        gaps=find_gaps(stored, parts[0].picture.nodata),
        convention=convention if given else conventions[0],
    )


def geotiffs_in(folder: Path) -> list[Path]:
    """Return the GeoTIFFs of a folder in name order."""
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in GEOTIFF)


def _files(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        return [path]
    found = geotiffs_in(path)
    if not found:
        raise CodecError(
            f"The folder {path} holds no GeoTIFF; a stack is a folder of .tif files, "
            "one season each and in name order, or one .npy or .zarr.zip file. Correct "
            "the path."
        )
    return found


def _declared(picture: Picture, nodata: float) -> Picture:
    if not holds(picture.kind, nodata):
        raise CodecError(
            f"its values are {picture.dtype}, which cannot be {nodata:g}; correct "
            "--nodata"
        )
    return replace(picture, nodata=nodata)


def _require_alike(parts: Sequence[Part], conventions: Sequence[Convention]) -> None:
    """Refuse seasons that do not lie on one another."""
    first = parts[0]
    for part, convention in zip(parts, conventions, strict=True):
        one, other = first.picture, part.picture
        for what, pair in {
            "shape": (one.shape[1:], other.shape[1:]),
            "type": (one.dtype, other.dtype),
            "no-data value": (str(one.nodata), str(other.nodata)),
            "offset and scale": (conventions[0], convention),
        }.items():
            if pair[0] != pair[1]:
                raise CodecError(
                    f"{first.name} has the {what} {pair[0]}, and {part.name} has "
                    f"{pair[1]}; the seasons of a stack have the same, so cut or "
                    "convert them"
                )
        places = one.georeference, other.georeference
        if Georeference() not in places and places[0] != places[1]:
            raise CodecError(
                f"{first.name} and {part.name} lie in different places, or on "
                "different grids; the seasons of a stack lie on one another, so warp "
                "them to one grid"
            )
