"""Pictures in ``.zarr.zip`` files: cubes, with whatever else their store holds."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.pixels.values import Convention, require_numbers
from neucobench.codecs.raster.base import AXES, Kept, Picture
from neucobench.codecs.raster.cube_notes import convention_of, describe
from neucobench.data.bands_file import BandsFile
from neucobench.data.layout import MAX_BYTES, parse_layout, require_bands
from neucobench.data.writer import write_cube_file
from neucobench.data.zipped import ZipArchive
from neucobench.errors import CodecError, ContainerError, CubeError

MOST_KEPT = 2**24  # bytes
_METADATA = (".zarray", "zarr.json", ".zattrs")
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


class CubeSource:
    """Read a picture from a ``.zarr.zip`` file, as a whole.

    Args:
        path: the file: an array ``bands`` of (time, band, y, x), or one sample of it.

    Raises:
        CodecError: when it holds many samples, or no numbers a codec takes.
        CubeError: when the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        with BandsFile(path) as file:
            if file.samples != 1:
                raise CodecError(
                    f"it holds {file.samples} samples, and one is coded at a time; "
                    "write each to a file of its own"
                )
            require_numbers(file.layout.dtype)
            self._values = file.read(verify=True)[0]
            self.kept = _kept(path, file.folder)
            axes = AXES[-len(file.layout.shape) :]
        notes = describe(self.kept)
        self.picture = Picture(
            format="zarr",
            axes=axes,
            shape=self._values.shape,
            dtype=self._values.dtype.name,
            nodata=notes.nodata,
            bands=notes.bands if len(notes.bands) == self._values.shape[1] else (),
            georeference=notes.georeference,
        )

    @property
    def convention(self) -> Convention:
        """Return the offset that the file declares."""
        return convention_of(self.kept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        del self._values

    def read(self, rows: slice, columns: slice) -> NDArray[Any]:
        """Return a window as it is stored, (time, band, y, x)."""
        return np.array(self._values[..., rows, columns])


class CubeSink:
    """Write a picture to a ``.zarr.zip`` file, with what its own store had beside it.

    The array is packed as it was; without a store that was kept, as the downstream
    set is.

    Args:
        path: the file.
        picture: what it is like.
        kept: what its own store had beside the pixels, or None.

    Raises:
        CodecError: when the picture is larger than such a file should be.
        ContainerError: when what was kept does not fit the picture.
    """

    def __init__(self, path: Path, picture: Picture, kept: Kept | None) -> None:
        if picture.bytes > MAX_BYTES:
            raise CodecError(
                f"The stack takes {picture.bytes:,} bytes, and a .zarr.zip file is "
                f"written with at most {MAX_BYTES:,}; write it to a .npy file."
            )
        if kept:
            _require_fit(kept, picture)
        self._path, self._picture, self._kept = path, picture, kept
        self._values = np.empty(picture.shape, picture.kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is not None:
            return
        if self._kept:
            _write_kept(self._path, self._values, self._kept)
        else:
            attributes = _attributes(self._picture)
            write_cube_file(self._path, self._values, attrs=attributes)

    def write(self, top: int, rows: NDArray[Any]) -> None:
        """Write full rows, (time, band, y, x), the first of which is ``top``."""
        self._values[:, :, top : top + rows.shape[2]] = rows


def _kept(path: Path, folder: str) -> Kept:
    """Return all entries of a store but the chunks of the array in ``folder``."""
    entries: dict[str, bytes] = {}
    size = 0
    with ZipArchive(path) as archive:
        for name in archive:
            beside = not name.startswith(folder)
            if name.endswith("/") or not (beside or name[len(folder) :] in _METADATA):
                continue
            entries[name] = archive.read(name, limit=MOST_KEPT)
            size += len(entries[name])
            if size > MOST_KEPT:
                raise CodecError(
                    f"beside its bands it holds more than the {MOST_KEPT:,} bytes that "
                    "are kept; write it without the other arrays"
                )
    return Kept(folder=folder, entries=entries)


def _require_fit(kept: Kept, picture: Picture) -> None:
    """Refuse entries that would lead out of a folder, or an array of another shape."""
    unsafe = [name for name in kept.entries if ".." in name or name.startswith("/")]
    version = 2 if f"{kept.folder}.zarray" in kept.entries else 3
    name = f"{kept.folder}{'.zarray' if version == 2 else 'zarr.json'}"
    try:
        layout = parse_layout(kept.entries[name], version)
        require_bands(layout)
        fits = not unsafe and (
            layout.dtype == picture.kind and _four(layout.shape) == picture.shape
        )
    except (CubeError, KeyError):
        fits = False
    if not fits:
        raise ContainerError(
            "What is kept of the store does not fit its header; the file was written "
            "wrongly, so compress the source again."
        )


def _four(shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return a shape without the axis ``sample``; None where that has many."""
    return shape if len(shape) == 4 else shape[1:] if shape[0] == 1 else None


def _write_kept(path: Path, values: NDArray[Any], kept: Kept) -> None:
    import zarr
    from zarr.core.buffer import default_buffer_prototype
    from zarr.storage import MemoryStore

    new = default_buffer_prototype().buffer.from_bytes
    store: Any = {name: new(content) for name, content in kept.entries.items()}
    array = zarr.open_array(
        MemoryStore(store),
        mode="r+",
        path=kept.folder.strip("/"),
        zarr_format=2 if f"{kept.folder}.zarray" in kept.entries else 3,
    )
    array[...] = values.reshape(array.shape)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in store.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), content.to_bytes())


def _attributes(picture: Picture) -> Mapping[str, Any]:
    """Return the attributes of a store for a picture that comes from elsewhere."""
    place = picture.georeference
    names = [note.name for note in picture.bands]
    nodata = picture.nodata
    known = {
        "bands": names if names and all(names) else None,
        "crs": place.crs,
        "transform": None if place.transform is None else list(place.transform),
        "no_data": None if nodata is None or np.isnan(nodata) else nodata,
    }
    return {name: value for name, value in known.items() if value is not None}
