"""One `.zarr.zip` file opened, its array found, and read by whichever way suits it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from math import prod
from operator import index
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from neucobench.data.buffers import Buffers
from neucobench.data.decode import Selection, decode_blosc
from neucobench.data.layout import (
    MAX_BYTES,
    ArrayLayout,
    parse_layout,
    read_json,
    require_bands,
)
from neucobench.data.names import stored_names
from neucobench.data.zip_directory import DAMAGED
from neucobench.data.zipped import ZipArchive
from neucobench.errors import CubeError

ARRAY = "bands"
DIMENSIONS = ("sample", "time", "band", "y", "x")
MAX_METADATA_BYTES = 2**24
_METADATA = {".zarray": 2, "zarr.json": 3}


class BandsFile:
    """Hold the file of one modality open: one cube, or a shard of many samples.

    Args:
        path: the ``.zarr.zip`` file.

    Raises:
        CubeError: when the file, or the array in it, cannot be used; the message
            begins with the path.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _named(path):
            self._archive = ZipArchive(path)
            try:
                self._folder, self.layout = _find_array(self._archive)
            except BaseException:
                self._archive.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._archive.close()

    @property
    def folder(self) -> str:
        """Return where the array lies in the zip, e.g. ``"bands/"``."""
        return self._folder

    @property
    def samples(self) -> int:
        """Return the number of samples: 1 where the array has no such axis."""
        return self.layout.shape[0] if len(self.layout.shape) == 5 else 1

    @property
    def sample_chunk(self) -> int:
        """Return how many samples share a chunk."""
        if len(self.layout.shape) == 4:
            return 1
        return min(self.layout.chunks[0], self.layout.shape[0])

    def read(
        self,
        *,
        samples: range | None = None,
        seasons: Sequence[int] | None = None,
        buffers: Buffers | None = None,
        loan: str = ARRAY,
        verify: bool = False,
    ) -> NDArray[Any]:
        """Return the array, or a part of it, as (sample, time, band, y, x).

        Args:
            samples: consecutive samples; all by default.
            seasons: positions along ``time``, in the order wanted; all by default.
            buffers: memory to use; the array is then valid until the next read.
            loan: the name under which ``buffers`` lend the array.
            verify: whether to check the CRC-32 of every chunk, and the names of all
                entries: a chunk that is not there is all fill value, so that one with
                a damaged name would go unnoticed.

        Raises:
            CubeError: when a season does not exist, the array would be too large, or
                the file is damaged.
        """
        with _named(self.path):
            selection = Selection(
                samples=range(self.samples) if samples is None else samples,
                seasons=self._seasons(seasons),
            )
            if verify:
                self._archive.check_names()
            return self._read(selection, buffers, loan, verify=verify)

    def names(self) -> tuple[str, ...] | None:
        """Return the names of the samples, or None where the file has none.

        Raises:
            CubeError: when their array is damaged.
        """
        with _named(self.path):
            group = self._folder.removesuffix("/").rpartition("/")[0]
            return stored_names(
                self._archive, f"{group}/" if group else "", self.samples
            )

    def _seasons(self, wanted: Sequence[int] | None) -> range | tuple[int, ...]:
        count = self.layout.shape[-4]
        if wanted is None:
            return range(count)
        seasons = tuple(index(season) for season in wanted)
        if not seasons or any(not 0 <= season < count for season in seasons):
            raise CubeError(
                f"the seasons {list(seasons)} were asked for, and the file has 0 to "
                f"{count - 1}; choose among these"
            )
        first = seasons[0]
        run = range(first, first + len(seasons))
        return run if seasons == tuple(run) else seasons

    def _read(
        self, selection: Selection, buffers: Buffers | None, loan: str, *, verify: bool
    ) -> NDArray[Any]:
        layout = self.layout
        lengths = (len(selection.samples), len(selection.seasons), *layout.shape[-3:])
        size = prod(lengths) * layout.dtype.itemsize
        if size > MAX_BYTES:
            raise CubeError(
                f"an array of shape {lengths} would take {size:,} bytes, and at most "
                f"{MAX_BYTES:,} are read at once; read fewer seasons or samples"
            )
        if not layout.plain_blosc:
            from neucobench.data.fallback import read_through_zarr

            return read_through_zarr(self._archive, self._folder, layout, selection)
        if buffers is None:
            out, buffers = np.empty(lengths, layout.dtype), Buffers()
        else:
            out = buffers.array(loan, lengths, layout.dtype)
        decode_blosc(
            *(self._archive, self._folder, layout, selection, out),
            buffers=buffers,
            verify=verify,
        )
        return out


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Begin the message of a CubeError with the file, and end it with a full stop."""
    try:
        yield
    except CubeError as error:
        raise CubeError(f"{path}: {error}.") from error.__cause__
    except OSError as error:
        raise CubeError(f"{path}: it cannot be read: {error.strerror}.") from error


def _find_array(archive: ZipArchive) -> tuple[str, ArrayLayout]:
    """Return the folder of the array inside the zip (``"bands/"``) and its layout.

    The array is called ``bands``, at any depth; without one of that name, the only
    array of four or five dimensions is taken.
    """
    if f"{ARRAY}/.zarray" in archive or f"{ARRAY}/zarr.json" in archive:
        folder = f"{ARRAY}/"
    else:
        folder = _search(archive)
    ending = ".zarray" if f"{folder}.zarray" in archive else "zarr.json"
    document = archive.read(folder + ending, limit=MAX_METADATA_BYTES)
    layout = parse_layout(document, _METADATA[ending])
    require_bands(layout)
    if layout.version == 3:
        _require_plain(document)
    elif f"{folder}.zattrs" in archive:
        _require_plain(archive.read(f"{folder}.zattrs", limit=MAX_METADATA_BYTES))
    return folder, layout


@lru_cache(maxsize=256)
def _require_plain(document: bytes) -> None:
    """Refuse an array whose attributes say that its numbers mean something else."""
    metadata = read_json(document)
    attributes = metadata.get("attributes", metadata)
    if not isinstance(attributes, dict):
        raise CubeError(f"the attributes of the array are no JSON object; {DAMAGED}")
    scaled = sorted({"scale_factor", "add_offset"} & set(attributes))
    if scaled:
        raise CubeError(
            f"the array is stored with {' and '.join(scaled)}; accepted are the "
            "numbers themselves, so write it without a scale"
        )
    names = attributes.get("_ARRAY_DIMENSIONS", metadata.get("dimension_names"))
    if not isinstance(names, list):
        return
    order = [name for name in DIMENSIONS if name in names]
    if len(order) == len(names) and order != names:
        raise CubeError(
            f"the array has the dimensions {names}; accepted is the order {order}, so "
            "transpose it"
        )


def _search(archive: ZipArchive) -> str:
    arrays: dict[str, int] = {}
    for name in archive:
        folder, slash, ending = name.rpartition("/")
        if ending in _METADATA:
            content = read_json(archive.read(name, limit=MAX_METADATA_BYTES))
            shape = content.get("shape")
            if isinstance(shape, list):
                arrays[folder + slash] = len(shape)
    named = [folder for folder in arrays if f"/{folder}".endswith(f"/{ARRAY}/")]
    chosen = named or [folder for folder, dims in arrays.items() if dims in (4, 5)]
    if len(chosen) != 1:
        listed = ", ".join(repr(folder.rstrip("/")) for folder in arrays) or "none"
        raise CubeError(
            f"the file holds no single array {ARRAY!r} (arrays in it: {listed}); name "
            f"the array of (time, band, y, x) {ARRAY!r}"
        )
    return chosen[0]
