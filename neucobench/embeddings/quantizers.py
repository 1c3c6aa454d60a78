"""The ways to store vectors in fewer bytes, and what a file says about its own.

Encoding is a function of the value and the parameters alone, and a decoded value is
encoded as a code that decodes to it again. So a file that is read and written again
keeps its bytes.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from neucobench.embeddings.columns import MAX_COLUMNS
from neucobench.embeddings.half_floats import BFloat16, Float16
from neucobench.embeddings.levels import Binary, Int8
from neucobench.errors import EmbeddingError, UnknownNameError

PLAIN = "float32"
_HALVES: Mapping[str, type[Float16 | BFloat16]]
_HALVES = {kind.storage: kind for kind in (Float16, BFloat16)}
_FITTED: Mapping[str, type[Int8 | Binary]]
_FITTED = {kind.storage: kind for kind in (Int8, Binary)}
STORAGES = (PLAIN, *_HALVES, *_FITTED)
FITTED_STORAGES = tuple(_FITTED)

_STORAGE, _WIDTH = "storage", "bytes_per_vector"
_PARAMETERS, _SIZE = "storage_parameters", "storage_parameter_bytes"
_KEYS = (_STORAGE, _WIDTH, _PARAMETERS, _SIZE)


class Quantizer(Protocol):
    """Turn float32 vectors into codes of a fixed number of bytes, and back."""

    @property
    def storage(self) -> str:
        """Return the name of the way to store them."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names of its parameters, attributes of (dims,) float32 each."""

    def width(self, dims: int) -> int:
        """Return the bytes of one vector."""

    def dims(self, width: int) -> int:
        """Return the dimensions of a vector that takes ``width`` bytes.

        Raises:
            EmbeddingError: when no vector takes that many.
        """

    def encode(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return (rows, width) codes of (rows, dims) values.

        Raises:
            EmbeddingError: when a value is too large.
        """

    def decode(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return (rows, dims) values of (rows, width) codes, C-contiguous ones."""

    def clipped(self, values: NDArray[np.float32]) -> int:
        """Return how many values lie beyond what the codes reach."""


def stored_width(storage: str, dims: int) -> int:
    """Return the bytes of a vector in one of ``STORAGES``, without the parameters."""
    if storage == PLAIN:
        return 4 * dims
    return {**_HALVES, **_FITTED}[storage].width(dims)


def fit_quantizer(storage: str, values: NDArray[np.float32]) -> Quantizer:
    """Return the quantizer of a name, its parameters fitted to vectors.

    Args:
        storage: one of ``STORAGES`` but float32.
        values: (rows, dims), finite.

    Raises:
        EmbeddingError: when the parameters would not fit into a file, or the values
            are too large.
    """
    if storage in _HALVES:
        return _HALVES[storage]()
    if values.shape[1] > MAX_COLUMNS:
        raise EmbeddingError(
            f"The vectors have {values.shape[1]:,} dimensions; {storage} storage keeps "
            f"parameters of at most {MAX_COLUMNS:,}. Store them as float16."
        )
    return _FITTED[storage].fit(values)


def storage_metadata(
    metadata: Mapping[str, str], quantizer: Quantizer | None, dims: int
) -> dict[str, str]:
    """Return metadata with the entries of a quantizer in the place of any others.

    Args:
        metadata: what is said about the table.
        quantizer: how the vectors are stored; None: as float32, without entries.
        dims: length of a vector.
    """
    entries = {key: text for key, text in metadata.items() if key not in _KEYS}
    if quantizer is None:
        return entries
    entries |= {_STORAGE: quantizer.storage, _WIDTH: str(quantizer.width(dims))}
    if quantizer.parameters:
        arrays = {
            name: np.ascontiguousarray(getattr(quantizer, name), dtype="<f4").tobytes()
            for name in quantizer.parameters
        }
        texts = {name: b64encode(data).decode() for name, data in arrays.items()}
        entries[_PARAMETERS] = json.dumps(texts)
        entries[_SIZE] = str(sum(map(len, arrays.values())))
    return entries


def read_quantizer(metadata: Mapping[str, str]) -> Quantizer | None:
    """Return how metadata says that vectors are stored; None: as float32.

    Raises:
        EmbeddingError: when the storage is not known, or its parameters are damaged.
    """
    storage = metadata.get(_STORAGE, PLAIN)
    if storage == PLAIN or _WIDTH not in metadata:
        # Other programs may keep something of their own under so common a name.
        return None
    if storage in _HALVES:
        return _HALVES[storage]()
    if storage not in _FITTED:
        problem = UnknownNameError("storage of vectors", storage[:40], STORAGES)
        raise EmbeddingError(f"{problem} Write the file again with one of these.")
    kind = _FITTED[storage]
    arrays = _read_parameters(metadata.get(_PARAMETERS, ""), kind.parameters, storage)
    return kind(**arrays)


def require_stated_width(metadata: Mapping[str, str], width: int) -> None:
    """Refuse metadata that states another number of bytes than vectors take.

    Raises:
        EmbeddingError: with both numbers.
    """
    stated = metadata.get(_WIDTH, str(width))
    if stated != str(width):
        raise EmbeddingError(
            f"The metadata states {stated[:40]} bytes for each vector, and they take "
            f"{width}; the file is damaged. Write it again."
        )


@contextmanager
def naming_file(path: Path) -> Iterator[None]:
    """Put the file in front of what is said about its storage.

    Raises:
        EmbeddingError: instead of one without the path.
    """
    try:
        yield
    except EmbeddingError as problem:
        raise EmbeddingError(f"{path}: {problem}") from problem


def _read_parameters(
    text: str, names: tuple[str, ...], storage: str
) -> dict[str, NDArray[np.float32]]:
    try:
        texts = json.loads(text)
        arrays = {
            name: np.frombuffer(b64decode(texts[name], validate=True), "<f4")
            for name in names
        }
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise EmbeddingError(
            f"The parameters of {storage} storage cannot be read; they are JSON with "
            f"{' and '.join(names)}, float32 numbers in base64. The file is damaged; "
            "write it again."
        ) from problem
    lengths = {len(array) for array in arrays.values()}
    finite = all(np.isfinite(array).all() for array in arrays.values())
    if len(lengths) != 1 or lengths == {0} or not finite:
        raise EmbeddingError(
            f"The parameters of {storage} storage are of the lengths "
            f"{sorted(lengths)}{'' if finite else ', some of them not finite'}; all "
            "need one finite number for each dimension. The file is damaged; write it "
            "again."
        )
    return {name: array.astype(np.float32) for name, array in arrays.items()}
