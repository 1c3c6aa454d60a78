"""Write one cube as a `.zarr.zip` file in the layout of SSL4EO-S12-downstream.

Zarr version 2: a group with the array ``bands`` of (sample, time, band, y, x), one
sample, Blosc (lz4, level 5, byte shuffle), one chunk per season, zip entries stored
without a second compression. The same array gives the same bytes.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.atomic import whole_file
from neucobench.data.bands_file import ARRAY, DIMENSIONS
from neucobench.errors import CubeError

_CODEC = {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0}
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_cube_file(
    path: Path, array: NDArray[Any], *, attrs: Mapping[str, Any] | None = None
) -> None:
    """Write one modality of one cube, atomically and with reproducible bytes.

    Args:
        path: the file to write, by convention ``<id>.zarr.zip``.
        array: (time, band, y, x), integers or floating-point numbers.
        attrs: attributes of the group, JSON values only.

    Raises:
        CubeError: when ``array`` has not four dimensions, is empty, or holds neither
            integers nor floating-point numbers.
    """
    if (
        array.ndim != len(DIMENSIONS) - 1
        or not array.size
        or array.dtype.kind not in "iuf"
    ):
        raise CubeError(
            f"An array of shape {array.shape} and type {array.dtype} cannot be written "
            "as a cube; give numbers of shape (time, band, y, x), none of them 0."
        )
    values = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    with whole_file(path) as hidden, zipfile.ZipFile(hidden, "w") as archive:
        for name, content in _metadata(values, attrs or {}):
            archive.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), content)
        for season, chunk in enumerate(_compress(values)):
            name = f"{ARRAY}/0.{season}.0.0.0"
            archive.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), chunk)


def _metadata(
    values: NDArray[Any], attrs: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    # xarray takes a numeric fill value for "no data here" and would turn integers
    # into floating-point numbers; null leaves them as they are.
    fill = "NaN" if values.dtype.kind == "f" else None
    documents: dict[str, Any] = {
        ".zattrs": dict(attrs),
        ".zgroup": {"zarr_format": 2},
        f"{ARRAY}/.zarray": {
            "chunks": [1, 1, *values.shape[1:]],
            "compressor": _CODEC,
            "dtype": values.dtype.newbyteorder("<").str,
            "fill_value": fill,
            "filters": None,
            "order": "C",
            "shape": [1, *values.shape],
            "zarr_format": 2,
        },
        f"{ARRAY}/.zattrs": {"_ARRAY_DIMENSIONS": list(DIMENSIONS)},
    }
    consolidated = {"metadata": documents, "zarr_consolidated_format": 1}
    for name, document in {**documents, ".zmetadata": consolidated}.items():
        yield name, json.dumps(document, indent=4, sort_keys=True, ensure_ascii=False)


def _compress(values: NDArray[Any]) -> list[bytes]:
    from numcodecs.blosc import Blosc

    codec = Blosc(cname="lz4", clevel=5, shuffle=Blosc.SHUFFLE)
    # On the main thread Blosc starts threads of its own and stores blocks in the order
    # in which they finish; in any other thread the bytes are always the same.
    with ThreadPoolExecutor(1) as pool:
        return list(pool.map(codec.encode, values))
