"""NumPy archives as embedding files: the arrays ``ids`` and ``embeddings``.

Sizes are checked before an array is read, and nothing is ever unpickled.
"""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.embeddings.cells import CellJudge, as_float32
from neucobench.embeddings.half_floats import Float16
from neucobench.embeddings.ids import numeric_ids
from neucobench.embeddings.quantizers import (
    Quantizer,
    naming_file,
    read_quantizer,
    storage_metadata,
)
from neucobench.embeddings.raw import MAX_CELLS, RawTable, refuse_size
from neucobench.embeddings.storage import encode_table, storage_parameters
from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import EmbeddingError
from neucobench.findings import Finding

MAX_ID_BYTES = 2**30
MAX_VECTOR_BYTES = 4 * MAX_CELLS
MAX_METADATA_BYTES = 2**24
_EPOCH = (1980, 1, 1, 0, 0, 0)


def read_npz(path: Path, *, strict: bool) -> RawTable:
    """Return the content of an npz embedding file.

    Args:
        path: the file.
        strict: whether a cell without a number is an error.

    Raises:
        EmbeddingError: when the file is damaged, too large, or no embedding file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            ids, findings = _read_ids(archive, path)
            metadata = _read_metadata(archive, path)
            with naming_file(path):
                stated = read_quantizer(metadata)
            values, quantizer = _read_vectors(archive, path, stated, rows=len(ids))
    except EmbeddingError:
        raise
    except Exception as problem:  # zipfile, zlib and NumPy raise many classes
        raise EmbeddingError(
            f"{path} is not an npz file that can be read ({str(problem)[:200]}). It "
            "may be cut off; copy it or write it again."
        ) from problem
    judge = CellJudge(path, None, strict=strict)
    judge.settle(values, ids=ids, first_row=0)
    return RawTable(
        ids=ids,
        values=values,
        metadata=metadata,
        quantizer=quantizer,
        findings=(*findings, *judge.findings()),
    )


def write_npz(table: EmbeddingTable, path: Path) -> None:
    """Write a table to ``path``, uncompressed; the same table gives the same bytes."""
    quantizer = storage_parameters(table)
    metadata = storage_metadata(table.metadata, quantizer, table.dims)
    arrays: dict[str, NDArray[Any]] = {
        "ids": np.array(table.ids),
        "embeddings": np.ascontiguousarray(table.values),
    }
    if quantizer is not None:
        arrays["embeddings"] = _as_stored(encode_table(table, quantizer), quantizer)
    if metadata:
        text = json.dumps(dict(sorted(metadata.items())), ensure_ascii=False)
        arrays["metadata"] = np.array(text)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=_EPOCH)
            with archive.open(entry, "w", force_zip64=True) as member:
                np.save(member, array, allow_pickle=False)


def _read_ids(
    archive: zipfile.ZipFile, path: Path
) -> tuple[list[str], tuple[Finding, ...]]:
    array = _read_array(archive, "ids", path, limit=MAX_ID_BYTES)
    if array.ndim != 1 or array.dtype.kind not in "USiu":
        raise EmbeddingError(
            f"{path}: 'ids' has the shape {array.shape} and the type {array.dtype}; it "
            "must be one row of text. Save numpy.array(ids, dtype=str)."
        )
    if array.dtype.kind == "S":
        return [item.decode("utf-8") for item in array.tolist()], ()
    if array.dtype.kind == "U":
        return array.tolist(), ()
    numbers = [str(item) for item in array.tolist()]
    return numbers, (numeric_ids(str(array.dtype)),)


def _as_stored(codes: NDArray[np.uint8], quantizer: Quantizer) -> NDArray[Any]:
    """Return codes as half floats, or as bytes that nobody takes for numbers."""
    if quantizer.storage == Float16.storage:
        return codes.view("<f2")
    return codes.view(f"V{codes.shape[1]}").ravel()


def _read_vectors(
    archive: zipfile.ZipFile, path: Path, stated: Quantizer | None, *, rows: int
) -> tuple[NDArray[np.float32], Quantizer | None]:
    """Return the vectors, and how they are stored.

    Args:
        archive: the open file.
        path: the file, for messages.
        stated: how the metadata says that they are stored.
        rows: number of ids.
    """
    array = _read_array(archive, "embeddings", path, limit=MAX_VECTOR_BYTES)
    coded = array.ndim == 1 and array.dtype.kind == "V" and array.dtype.names is None
    numbers = array.ndim == 2 and array.size and array.dtype.kind in "fiu"
    if not (coded and stated is not None) and not numbers:
        raise EmbeddingError(
            f"{path}: 'embeddings' has the shape {array.shape} and the type "
            f"{array.dtype}; it must be (samples, dims) numbers. Save it as float32."
        )
    if len(array) != rows:
        raise EmbeddingError(
            f"{path}: there are {rows:,} ids and {len(array):,} vectors; each id needs "
            "one vector. Write the file again."
        )
    with naming_file(path):
        quantizer = _stored_with(array.dtype, stated)
        if quantizer is None or numbers:
            dims = array.shape[1]
        else:
            dims = quantizer.dims(array.dtype.itemsize)
    refuse_size(rows, dims, path)
    if quantizer is None or numbers:
        return as_float32(array), quantizer
    codes = np.ascontiguousarray(array).view(np.uint8).reshape(rows, -1)
    return quantizer.decode(codes), quantizer


def _stored_with(kind: np.dtype[Any], stated: Quantizer | None) -> Quantizer | None:
    """Return how an array is stored; half floats speak for themselves."""
    halves = kind.kind == "f" and kind.itemsize == 2
    if stated is None:
        return Float16() if halves else None
    if not (halves if stated.storage == Float16.storage else kind.kind == "V"):
        raise EmbeddingError(
            f"the metadata says that the vectors are stored as {stated.storage}, and "
            f"'embeddings' holds {kind}; the file was changed. Write it again."
        )
    return stated


def _read_metadata(archive: zipfile.ZipFile, path: Path) -> Mapping[str, str]:
    if "metadata.npy" not in archive.namelist():
        return {}
    array = _read_array(archive, "metadata", path, limit=MAX_METADATA_BYTES)
    try:
        content = json.loads(str(array[()]))
    except (ValueError, IndexError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise EmbeddingError(
            f"{path}: 'metadata' is not a JSON object in text; leave it out, or write "
            "the file with neucobench."
        )
    return {str(key): str(value) for key, value in content.items()}


def _read_array(
    archive: zipfile.ZipFile, name: str, path: Path, *, limit: int
) -> NDArray[Any]:
    """Return one array, after a look at its size.

    NumPy fills the array from the member, so a header that states more than the
    archive holds ends in an error, not in memory.

    Args:
        archive: the open file.
        name: the array's name.
        path: the file, for messages.
        limit: the most bytes it may take.

    Raises:
        EmbeddingError: when it is missing, too large, or holds Python objects.
    """
    if f"{name}.npy" not in archive.namelist():
        held = ", ".join(item.removesuffix(".npy") for item in archive.namelist()[:5])
        raise EmbeddingError(
            f"{path} holds {held or 'nothing'}; the arrays 'ids' and 'embeddings' are "
            "needed. Save them with numpy.savez(FILE, ids=ids, embeddings=vectors)."
        )
    size = archive.getinfo(f"{name}.npy").file_size
    if size > limit:
        raise EmbeddingError(
            f"{path}: {name!r} unpacks to {size:,} bytes; at most {limit:,} are read. "
            "The file was made to fill the memory, or needs to be split."
        )
    with archive.open(f"{name}.npy") as member:
        try:
            return np.asarray(np.load(member, allow_pickle=False))
        except ValueError as problem:
            if "pickle" not in str(problem):
                raise
            raise EmbeddingError(
                f"{path}: {name!r} holds Python objects, which are never loaded, since "
                "that could run code. Save it as plain text or float32."
            ) from problem
