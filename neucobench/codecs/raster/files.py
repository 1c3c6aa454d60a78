"""Open a picture's file by its ending, and write one by its ending."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neucobench.codecs.raster.base import Kept, Picture, Sink, Source
from neucobench.errors import CodecError, UsageError

ENDINGS = (".tif", ".tiff", ".npy", ".zarr.zip")


def ending_of(path: Path) -> str:
    """Return which of the known endings a path has.

    Raises:
        UsageError: when it has another.
    """
    for ending in ENDINGS:
        if path.name.lower().endswith(ending):
            return ending
    raise UsageError(
        f"{path.name} has none of the endings {', '.join(ENDINGS)}; convert the "
        "picture, or name the file by what it is."
    )


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a picture's file for reading; errors in the block name the file.

    Raises:
        UsageError: when the ending is not known.
        CodecError: when the file cannot be used.
        CubeError: when a ``.zarr.zip`` file is damaged.
        MissingExtraError: for a GeoTIFF, when rasterio is not installed.
    """
    ending = ending_of(path)
    with named(path):
        _require_file(path)
        with _source(path, ending) as source:
            yield source


def open_sink(path: Path, picture: Picture, kept: Kept | None) -> Sink:
    """Return a file that takes a picture's pixels; it is whole once it is closed.

    Args:
        path: the file to write.
        picture: what is written.
        kept: what a ``.zarr.zip`` file had beside the pixels.

    Raises:
        UsageError: when the ending is not known.
        CodecError: when such a file cannot hold the picture.
        MissingExtraError: for a GeoTIFF, when rasterio is not installed.
    """
    ending = ending_of(path)
    if ending == ".npy":
        from neucobench.codecs.raster.npy import NpySink

        return NpySink(path, picture)
    if ending == ".zarr.zip":
        from neucobench.codecs.raster.cubes import CubeSink

        return CubeSink(path, picture, kept)
    from neucobench.codecs.raster.geotiff import GeotiffSink

    return GeotiffSink(path, picture)


def require_free(path: Path, overwrite: bool) -> None:
    """Refuse to replace a file unless that is wanted.

    Raises:
        CodecError: when it exists.
    """
    if path.exists() and not overwrite:
        raise CodecError(f"{path} exists; give --overwrite, or another --out.")


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Begin the message of a CodecError with the file, and end it with a full stop."""
    try:
        yield
    except CodecError as error:
        message = f"{path}: {error}".removesuffix(".")
        raise type(error)(f"{message}.") from error.__cause__


def _source(path: Path, ending: str) -> Source:
    if ending == ".npy":
        from neucobench.codecs.raster.npy import NpySource

        return NpySource(path)
    if ending == ".zarr.zip":
        from neucobench.codecs.raster.cubes import CubeSource

        return CubeSource(path)
    from neucobench.codecs.raster.geotiff import GeotiffSource

    return GeotiffSource(path)


def _require_file(path: Path) -> None:
    if path.is_dir():
        raise CodecError(
            "this is a folder; give one file, and pack a .zarr folder with: "
            "cd NAME.zarr && zip -0 -r ../NAME.zarr.zip ."
        )
    if not path.exists():
        raise CodecError("there is no such file; correct the path")
    if not path.is_file():
        raise CodecError("this is not a regular file; save the content to one first")
