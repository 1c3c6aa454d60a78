"""Read an array through Zarr itself: any codec, filters, sharding, memory order.

Zarr sees the zip through a mapping that inflates, checks CRC-32s and bounds what a
chunk may decode to, so that the library never allocates more than a cube needs.
"""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from neucobench.data.bounds import check_chunk
from neucobench.data.decode import Selection
from neucobench.data.layout import MAX_BYTES, ArrayLayout
from neucobench.data.zipped import ZipArchive
from neucobench.errors import CubeError

if TYPE_CHECKING:
    import zarr
    from zarr.core.buffer import Buffer


def read_through_zarr(
    archive: ZipArchive, folder: str, layout: ArrayLayout, selection: Selection
) -> NDArray[Any]:
    """Return an array of (sample, time, band, y, x) as Zarr decodes it.

    Args:
        archive: the open file.
        folder: where the array lies in it, e.g. ``"bands/"``.
        layout: its layout, which has been found safe.
        selection: what is wanted.

    Raises:
        CubeError: when Zarr cannot read it.
    """
    seasons = np.asarray(selection.seasons)
    samples = slice(selection.samples.start, selection.samples.stop)
    with _zarr_array(archive, folder, layout) as array:
        if len(layout.shape) == 5:
            values = np.asarray(array.oindex[samples, seasons])
        else:
            values = np.asarray(array.oindex[seasons])[np.newaxis]
    return np.ascontiguousarray(values, dtype=layout.dtype)


def read_whole(archive: ZipArchive, folder: str, layout: ArrayLayout) -> NDArray[Any]:
    """Return a small array as a whole, of any number of dimensions and any type.

    Raises:
        CubeError: when Zarr cannot read it.
    """
    with _zarr_array(archive, folder, layout) as array:
        return np.asarray(array[...])


@contextmanager
def _zarr_array(
    archive: ZipArchive, folder: str, layout: ArrayLayout
) -> Iterator["zarr.Array[Any]"]:
    import zarr
    from zarr.storage import MemoryStore

    entries: Any = _Entries(archive, folder, layout)
    try:
        yield zarr.open_array(
            store=MemoryStore(entries, read_only=True),
            mode="r",
            zarr_format=2 if layout.version == 2 else 3,
        )
    except CubeError:
        raise
    # Zarr and its codecs raise whatever they like on a damaged file.
    except Exception as error:
        raise CubeError(
            f"Zarr cannot read the array ({type(error).__name__}: {error}); download "
            "or write the file again"
        ) from error


class _Entries(MutableMapping[str, "Buffer"]):
    """Show the entries below one folder of a zip as the content of a Zarr store."""

    def __init__(self, archive: ZipArchive, folder: str, layout: ArrayLayout) -> None:
        self._archive = archive
        self._folder = folder
        self._layout = layout
        self._read: dict[str, Buffer] = {}

    def __getitem__(self, key: str) -> "Buffer":
        from zarr.core.buffer import default_buffer_prototype

        # A sharded array is read range by range: the shard is checked only once.
        if key not in self._read:
            content = self._archive.read(self._folder + key, limit=MAX_BYTES)
            if not key.rpartition("/")[2].startswith((".z", "zarr.json")):
                check_chunk(self._layout, content)
            prototype = default_buffer_prototype()
            self._read[key] = prototype.buffer.from_bytes(content)
        return self._read[key]

    def __iter__(self) -> Iterator[str]:
        start = len(self._folder)
        for name in self._archive:
            if name.startswith(self._folder):
                yield name[start:]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __setitem__(self, key: str, value: "Buffer") -> NoReturn:
        raise TypeError("The file is open for reading only.")

    def __delitem__(self, key: str) -> NoReturn:
        raise TypeError("The file is open for reading only.")
