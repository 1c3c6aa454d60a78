"""Understand the metadata of a Zarr array, version 2 or 3, and refuse what is unsafe.

The same few hundred bytes of metadata occur in every file of a set, so that what was
understood is kept by their content.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.data.zip_directory import DAMAGED
from neucobench.errors import CubeError

# Sixty times a cube of 264 pixels: no cube needs more, a forged one gets no more.
MAX_BYTES = 2**30
COMPRESSORS = frozenset({"blosc", "bz2", "gzip", "lz4", "lzma", "zlib", "zstd"})
# No codec outside these lists is ever run: numcodecs has some that run code from the
# file ("pickle"), and the size of what others return cannot be bounded in advance.
_HARMLESS = frozenset(
    {"adler32", "astype", "bitround", "bytes", "crc32", "crc32c", "delta", "fletcher32"}
    | {"fixedscaleoffset", "jenkins_lookup3", "quantize", "shuffle", "transpose"}
)
_SHARDING = "sharding_indexed"
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")


@dataclass(frozen=True, kw_only=True)
class Shards:
    """Say how the inner chunks of a sharded array lie in a shard."""

    chunks: tuple[int, ...]
    codecs: tuple[str, ...]
    index_at_end: bool
    index_checksum: bool


@dataclass(frozen=True, kw_only=True)
class ArrayLayout:
    """Describe how one array lies in a store.

    Attributes:
        version: the Zarr format, 2 or 3.
        shape: (time, band, y, x), or (sample, time, band, y, x).
        chunks: the shape of a chunk, or of a shard.
        dtype: the type of the decoded values.
        prefix: what a chunk's key begins with, ``""`` or ``"c"``.
        separator: ``"."`` or ``"/"``; None where version 2 leaves it open.
        codecs: names in the order in which encoding applies them.
        fill: the value of a chunk that is not stored; None where only Zarr knows.
        plain_blosc: whether a chunk is one Blosc buffer of values in native order.
        shards: the inner layout where the array is sharded.
    """

    version: int
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: np.dtype[Any]
    prefix: str
    separator: str | None
    codecs: tuple[str, ...]
    fill: NDArray[Any] | None
    plain_blosc: bool
    shards: Shards | None = None

    @property
    def chunk_bytes(self) -> int:
        """Return the size of a decoded chunk."""
        return prod(self.chunks) * self.dtype.itemsize


@lru_cache(maxsize=256)
def parse_layout(document: bytes, version: int) -> ArrayLayout:
    """Return the layout that a ``.zarray`` or ``zarr.json`` document describes.

    Raises:
        CubeError: when it is not JSON, not what Zarr defines, or asks for what is
            refused: a chunk too large, a codec not in the list.
    """
    content = read_json(document)
    try:
        layout = _same_rank((_version_2 if version == 2 else _version_3)(content))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CubeError(
            f"the metadata of the array are not as Zarr defines them "
            f"({type(error).__name__}: {error}); {DAMAGED}"
        ) from error
    _refuse_codecs(layout)
    if layout.chunk_bytes > MAX_BYTES:
        raise CubeError(
            f"one chunk of the array would decode to {layout.chunk_bytes:,} bytes, and "
            f"at most {MAX_BYTES:,} are read; write it in smaller chunks"
        )
    return layout


def require_bands(layout: ArrayLayout) -> None:
    """Refuse an array that cannot hold the bands of a cube, or of many.

    Raises:
        CubeError: when it has not four or five dimensions, or holds no plain numbers.
    """
    if layout.dtype.kind not in "iuf" or layout.dtype.itemsize > 8:
        raise CubeError(
            f"the array holds values of type {layout.dtype}; accepted are integers and "
            "floating-point numbers of up to 64 bits, so convert it"
        )
    if len(layout.shape) not in (4, 5):
        raise CubeError(
            f"the array has the shape {layout.shape}; accepted is (time, band, y, x), "
            "or (sample, time, band, y, x), so write it with these dimensions"
        )


def _version_2(content: Mapping[str, Any]) -> ArrayLayout:
    dtype = np.dtype(str(content["dtype"]))
    compressor = content["compressor"]
    filters = content.get("filters") or []
    codecs = [item["id"] for item in (*filters, *([compressor] if compressor else []))]
    fill = _fill(content["fill_value"], dtype)
    return ArrayLayout(
        version=2,
        shape=_lengths(content["shape"]),
        chunks=_lengths(content["chunks"]),
        dtype=dtype.newbyteorder("="),
        prefix="",
        separator=content.get("dimension_separator"),
        codecs=tuple(codecs),
        fill=fill,
        plain_blosc=codecs == ["blosc"]
        and fill is not None
        and content["order"] == "C"
        and dtype.isnative,
    )


def _version_3(content: Mapping[str, Any]) -> ArrayLayout:
    dtype = np.dtype(str(content["data_type"]))
    keys = content["chunk_key_encoding"]
    options = keys.get("configuration", {})
    default = keys["name"] == "default"
    steps = [_step(item) for item in content["codecs"]]
    codecs = tuple(name for name, _ in steps)
    fill = _fill(content["fill_value"], dtype)
    return ArrayLayout(
        version=3,
        shape=_lengths(content["shape"]),
        chunks=_lengths(content["chunk_grid"]["configuration"]["chunk_shape"]),
        dtype=dtype,
        prefix="c" if default else "",
        separator=options.get("separator", "/" if default else "."),
        codecs=codecs,
        fill=fill,
        plain_blosc=codecs == ("bytes", "blosc")
        and fill is not None
        and steps[0][1].get("endian", sys.byteorder) == sys.byteorder,
        shards=_shards(steps[0][1]) if codecs[:1] == (_SHARDING,) else None,
    )


def _shards(options: Mapping[str, Any]) -> Shards:
    index = [_step(item)[0] for item in options["index_codecs"]]
    if index not in (["bytes"], ["bytes", "crc32c"]):
        raise ValueError(f"the index of the shards is encoded by {index}")
    return Shards(
        chunks=_lengths(options["chunk_shape"]),
        codecs=tuple(_step(item)[0] for item in options["codecs"]),
        index_at_end=options.get("index_location", "end") == "end",
        index_checksum=index[-1] == "crc32c",
    )


def _step(item: Any) -> tuple[str, Mapping[str, Any]]:
    """Return the name and the options of one codec of version 3."""
    if isinstance(item, str):
        return item, {}
    name = str(item["name"]).removeprefix("numcodecs.")
    return name, item.get("configuration", {})


def _refuse_codecs(layout: ArrayLayout) -> None:
    chains = [(layout.codecs, _HARMLESS | COMPRESSORS | {_SHARDING})]
    if layout.shards:
        chains.append((layout.shards.codecs, _HARMLESS | COMPRESSORS))
    for codecs, known in chains:
        unknown = [name for name in codecs if name not in known]
        if unknown or sum(name in COMPRESSORS for name in codecs) > 1:
            raise CubeError(
                f"the array is packed by {' then '.join(map(repr, codecs))}; accepted "
                f"is one of {', '.join(sorted(COMPRESSORS))}, so write it with Blosc"
            )


def read_json(document: bytes) -> Mapping[str, Any]:
    """Return a JSON object.

    Raises:
        CubeError: when it is not UTF-8, not JSON, or another JSON value.
    """
    try:
        content = json.loads(document.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CubeError(
            f"the metadata of the array are not JSON in UTF-8 ({error}); {DAMAGED}"
        ) from error
    if not isinstance(content, dict):
        raise CubeError(f"the metadata of the array are not a JSON object; {DAMAGED}")
    return content


def _same_rank(layout: ArrayLayout) -> ArrayLayout:
    grids = [layout.chunks, *([layout.shards.chunks] if layout.shards else [])]
    if any(len(grid) != len(layout.shape) for grid in grids):
        raise ValueError(f"chunks {grids} for the shape {layout.shape}")
    return layout


def _lengths(values: Sequence[Any]) -> tuple[int, ...]:
    if not all(type(value) is int and 0 < value < 2**31 for value in values):
        raise ValueError(f"lengths must be positive integers, and are {values}")
    return tuple(values)


def _fill(value: Any, dtype: np.dtype[Any]) -> NDArray[Any] | None:
    """Return the fill value: 0 for null, as in Zarr's own reader; None if unknown."""
    native = dtype.newbyteorder("=")
    if dtype.kind not in "iuf":
        return None
    if value is None:
        return np.zeros((), native)
    if dtype.kind == "f":
        number = type(value) in (int, float) or value in _NOT_FINITE
        return np.array(value, native) if number else None
    limits = np.iinfo(native)
    fits = type(value) is int and limits.min <= value <= limits.max
    return np.array(value, native) if fits else None
