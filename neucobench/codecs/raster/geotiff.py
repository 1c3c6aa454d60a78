"""Pictures in GeoTIFF files, one season each, through rasterio."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.pixels.values import Convention, holds, require_numbers
from neucobench.codecs.raster.base import BandNote, Georeference, Picture
from neucobench.codecs.raster.geotiff_notes import (
    band_notes,
    convention_of,
    file_tags,
    georeference_of,
    nodata_of,
    write_notes,
)
from neucobench.errors import CodecError, MissingExtraError

_CACHE = {"GDAL_CACHEMAX": 128}  # MiB; the default is a share of the machine's memory
_BLOCK = 256


class GeotiffSource:
    """Read a picture from a GeoTIFF file, window by window.

    Args:
        path: the file.

    Raises:
        CodecError: when it is no GeoTIFF, or holds no numbers a codec takes.
        MissingExtraError: when rasterio is not installed.
    """

    kept = None

    def __init__(self, path: Path) -> None:
        self._file = _opened(path)
        try:
            self.picture = _describe(self._file)
        except BaseException:
            self._file.close()
            raise

    @property
    def convention(self) -> Convention:
        """Return the offset and the scale that the file declares."""
        return convention_of(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def read(self, rows: slice, columns: slice) -> NDArray[Any]:
        """Return a window as it is stored, (time, band, y, x)."""
        window = _rasterio().windows.Window.from_slices(rows, columns)
        return _pixels(self._file, window)[np.newaxis]


def read_bands(path: Path) -> NDArray[Any]:
    """Return all bands of a GeoTIFF as they are stored, (band, y, x).

    A band of any meaning: GDAL takes the last of four bands of bytes for alpha where
    nobody said what it is.

    Args:
        path: the file.

    Raises:
        CodecError: when it is no GeoTIFF, or its pixels cannot be read.
        MissingExtraError: when rasterio is not installed.
    """
    with _opened(path) as file:
        return _pixels(file)


class GeotiffSink:
    """Write a picture to a GeoTIFF file, in tiles packed by deflate.

    Args:
        path: the file.
        picture: what it is like; one season.

    Raises:
        CodecError: when the picture has several seasons.
        MissingExtraError: when rasterio is not installed.
    """

    def __init__(self, path: Path, picture: Picture) -> None:
        rasterio = _rasterio()
        time, bands, height, width = picture.shape
        if time != 1:
            raise CodecError(
                f"The stack has {time} seasons, and a GeoTIFF holds one; write it to a "
                ".zarr.zip or .npy file."
            )
        tiled = min(height, width) > _BLOCK
        with _quiet(), rasterio.Env(**_CACHE):
            self._file = rasterio.open(
                path,
                "w",
                driver="GTiff",
                count=bands,
                height=height,
                width=width,
                dtype=picture.dtype,
                nodata=_holdable(picture),
                interleave="band",
                compress="deflate",
                predictor=3 if picture.kind.kind == "f" else 2,
                photometric="minisblack",
                bigtiff="if_safer",
                **(
                    {"tiled": True, "blockxsize": _BLOCK, "blockysize": _BLOCK}
                    if tiled
                    else {}
                ),
            )
            try:
                write_notes(self._file, picture)
            except BaseException:
                self._file.close()
                raise
        self._height = height
        self._waiting = np.empty((bands, 0, width), picture.kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        with _quiet(), _rasterio().Env(**_CACHE):
            self._file.close()

    def write(self, top: int, rows: NDArray[Any]) -> None:
        """Write full rows, (time, band, y, x), the first of which is ``top``."""
        first = top - self._waiting.shape[1]
        waiting = np.concatenate([self._waiting, rows[0]], axis=1)
        count = waiting.shape[1]
        if first + count < self._height:
            # A block that is packed twice would leave its first bytes in the file.
            count -= count % _BLOCK
        if count:
            rasterio = _rasterio()
            window = rasterio.windows.Window(0, first, waiting.shape[2], count)
            with rasterio.Env(**_CACHE):
                self._file.write(waiting[:, :count], window=window)
        self._waiting = waiting[:, count:].copy()


def _holdable(picture: Picture) -> float | None:
    """Return the no-data value; None where the type cannot hold it, as GDAL demands."""
    nodata = picture.nodata
    return nodata if nodata is None or holds(picture.kind, nodata) else None


def _describe(file: Any) -> Picture:
    kinds = set(file.dtypes)
    if len(kinds) > 1:
        raise CodecError(
            f"its bands have several types ({', '.join(sorted(kinds))}); write them "
            "with one"
        )
    kind = np.dtype(kinds.pop())
    require_numbers(kind)
    notes = band_notes(file)
    return Picture(
        format="geotiff",
        axes=("band", "y", "x"),
        shape=(1, file.count, file.height, file.width),
        dtype=kind.name,
        nodata=nodata_of(file),
        bands=notes if any(note != BandNote() for note in notes) else (),
        georeference=georeference_of(file) or Georeference(),
        tags=file_tags(file),
    )


def _opened(path: Path) -> Any:
    rasterio = _rasterio()
    try:
        with _quiet():
            return rasterio.open(path, driver="GTiff")
    except rasterio.errors.RasterioIOError as error:
        raise CodecError(
            f"this is no GeoTIFF, or one that was cut off ({error}); download or write "
            "it again"
        ) from error


def _pixels(file: Any, window: Any = None) -> NDArray[Any]:
    rasterio = _rasterio()
    try:
        with rasterio.Env(**_CACHE):
            values: NDArray[Any] = file.read(window=window)
    except rasterio.errors.RasterioIOError as error:
        raise CodecError(
            f"its pixels cannot be read ({error}); download or write it again"
        ) from error
    return values


def _rasterio() -> Any:
    try:
        import rasterio
        import rasterio.errors
        import rasterio.windows
    except ImportError as error:
        raise MissingExtraError("rasterio", extra="codecs") from error
    return rasterio


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the warning that a file without a georeference has none."""
    from rasterio.errors import NotGeoreferencedWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield
