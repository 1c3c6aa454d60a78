"""What a picture's file says of it, and what reads and writes such files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neucobench.codecs.pixels.values import DTYPES, Convention

LONGEST_AXIS = 2**20
Length = Annotated[int, Field(ge=1, le=LONGEST_AXIS)]
AxisName = Literal["sample", "time", "band", "y", "x"]
AXES: tuple[AxisName, ...] = ("sample", "time", "band", "y", "x")
Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Georeference:
    """Say where a picture lies.

    Attributes:
        crs: an authority's code, e.g. ``"EPSG:32632"``, or WKT; None: not known.
        transform: column and row to coordinates, in the order of the package affine
            (a, b, c, d, e, f); None: not known.
    """

    crs: str | None = None
    transform: Matrix | None = None


@dataclass(frozen=True, kw_only=True)
class BandNote:
    """Hold what a file says about one band.

    Attributes:
        name: its description.
        unit: the unit of its values.
        scale: what its file multiplies stored numbers by; kept, never applied.
        offset: what its file adds then; kept, never applied.
        color: what it is shown as, in GDAL's words, e.g. ``"red"``.
        tags: further metadata.
    """

    name: str | None = None
    unit: str | None = None
    scale: float = 1.0
    offset: float = 0.0
    color: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Describe a picture without its pixels.

    Attributes:
        format: the kind of file it comes from.
        axes: the axes of the array in that file.
        shape: (time, band, y, x).
        dtype: the type of its values, by numpy's name.
        nodata: the value that stands for no data; None: none is declared.
        bands: a note for each band; empty where the file says nothing.
        georeference: where it lies.
        tags: metadata of the file as a whole.
    """

    format: Literal["geotiff", "npy", "zarr"]
    axes: tuple[AxisName, ...]
    shape: tuple[Length, Length, Length, Length]
    dtype: Annotated[str, Field(pattern=f"^({'|'.join(DTYPES)})$")]
    nodata: float | None = None
    bands: tuple[BandNote, ...] = ()
    georeference: Georeference = Georeference()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> np.dtype[Any]:
        """Return the type of the values."""
        return np.dtype(self.dtype)

    @property
    def values(self) -> int:
        """Return how many numbers the picture holds."""
        time, band, height, width = self.shape
        return time * band * height * width

    @property
    def bytes(self) -> int:
        """Return the size of the array as it is stored, without compression."""
        return self.values * self.kind.itemsize


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Hold what a file has beside the pixels, as named pieces of bytes.

    Attributes:
        folder: where the array of pixels lies among them.
        entries: name and content.
    """

    folder: str = ""
    entries: Mapping[str, bytes] = field(default_factory=dict)


class Source(Protocol):
    """An open file that gives its pixels by window."""

    @property
    def picture(self) -> Picture:
        """Return what the file holds."""

    @property
    def convention(self) -> Convention:
        """Return the offset and the scale that the file declares."""

    @property
    def kept(self) -> Kept | None:
        """Return what the file has beside its pixels, where it is kept."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_error: object) -> None: ...

    def read(self, rows: slice, columns: slice) -> NDArray[Any]:
        """Return a window as it is stored, (time, band, y, x)."""


class Sink(Protocol):
    """A file that takes its pixels from top to bottom."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_error: object) -> None: ...

    def write(self, top: int, rows: NDArray[Any]) -> None:
        """Write full rows, (time, band, y, x), the first of which is ``top``."""
