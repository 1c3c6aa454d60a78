"""The files below a folder: which hold pictures of 12 bands, and with which offset.

==================  =====================================================  ========
kind                what                                                   offset
==================  =====================================================  ========
``tile``            a GeoTIFF of 12 bands                                  declared
``array``           ``.npy``, (band, y, x) or (picture, band, y, x)        0
``cube``            ``.zarr.zip`` of one sample: SSL4EO-S12-downstream     0
``shard``           ``.zarr.zip`` of several samples: SSL4EO-S12 v1.1      1000
``series``          several of the first two, frames of one place          theirs
==================  =====================================================  ========

The offset is what had been added to the reflectance. A GeoTIFF may declare it, and a
scale; without a word it is 0. It is never guessed from the pixels: a file that differs
from its kind is named in the recipe.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.pixels.values import Convention
from neucobench.codecs.raster.geotiff import GeotiffSource
from neucobench.codecs.raster.npy import NpySource
from neucobench.data.bands import S2_OFFSET
from neucobench.data.bands_file import BandsFile
from neucobench.data.cube import ENDING

ENDINGS = (".tif", ".tiff", ".npy", ENDING)

Kind = Literal["tile", "array", "cube", "shard", "series"]


@dataclass(frozen=True, kw_only=True)
class Block:
    """Name pictures that are read together.

    Attributes:
        path: the file.
        name: its path below the folder, with ``/``.
        kind: see the module's table.
        shape: (picture, band, y, x).
        bytes: of the pixels in memory.
        samples: which samples of a shard.
        convention: how stored numbers become reflectance.
        nodata: the value that a GeoTIFF declares for no data.
        weight: how often its pictures are drawn, against 1.
        seasons: how many pictures in a row are of one place.
        stacked: whether what is drawn are these stacks, and not single pictures.
        parts: of a series, the files, in the order of time.
    """

    path: Path
    name: str
    kind: Kind
    shape: tuple[int, int, int, int]
    bytes: int
    samples: range
    convention: Convention
    nodata: float | None = None
    weight: float = 1.0
    seasons: int = 1
    stacked: bool = False
    parts: tuple["Block", ...] = ()

    @property
    def items(self) -> int:
        """Return how many pictures, or stacks, are drawn from."""
        return self.shape[0] // self.seasons if self.stacked else self.shape[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the paths of its files below the folder."""
        return tuple(part.name for part in self.parts) or (self.name,)


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Hold what a folder has to learn from.

    Attributes:
        training: blocks to learn from.
        validation: blocks to look at.
        left_out: reason to names of the files that are neither.
    """

    training: tuple[Block, ...]
    validation: tuple[Block, ...]
    left_out: dict[str, tuple[str, ...]]

    @property
    def digest(self) -> str:
        """Return a SHA-256 of the names, sizes, offsets and roles of all blocks."""
        lines = [
            f"{role}\t{' '.join(block.names)}\t{block.samples}\t{block.shape}\t"
            f"{block.convention}"
            for role, blocks in (("t", self.training), ("v", self.validation))
            for block in blocks
        ]
        return sha256("\n".join(lines).encode()).hexdigest()


def read_items(block: Block) -> NDArray[Any]:
    """Return the pictures (item, band, y, x), or stacks (item, time, band, y, x).

    Raises:
        CubeError: when a cube or a shard is damaged.
        CodecError: when another file cannot be read.
    """
    pixels = read_block(block)
    if not block.stacked:
        return pixels
    return pixels.reshape(-1, block.seasons, *block.shape[1:])


def read_block(block: Block) -> NDArray[Any]:
    """Return the pixels of a block as stored, (picture, band, y, x).

    A value that a GeoTIFF declares for no data becomes 0.

    Raises:
        CubeError: when a cube or a shard is damaged.
        CodecError: when another file cannot be read.
    """
    if block.parts:
        return np.concatenate([read_block(part) for part in block.parts])
    if block.kind in ("cube", "shard"):
        with BandsFile(block.path) as file:
            pixels = file.read(samples=block.samples)
    else:
        height, width = block.shape[2:]
        with _open(block.path) as source:
            pixels = source.read(slice(0, height), slice(0, width))
    if block.nodata:
        pixels[pixels == block.nodata] = 0
    return pixels.reshape(block.shape)


def list_blocks(path: Path, name: str, offset: int | None) -> Iterator[Block]:
    """Yield the blocks of one file.

    Args:
        path: the file.
        name: its path below the folder.
        offset: what the recipe says of it, or None.

    Raises:
        CubeError: when a ``.zarr.zip`` cannot be used.
        CodecError: when another file cannot be used.
        MissingExtraError: when rasterio is needed and not installed.
    """
    if name.endswith(ENDING):
        yield from _zarr_blocks(path, name, offset)
        return
    with _open(path) as source:
        picture, declared = source.picture, source.convention
    yield Block(
        path=path,
        name=name,
        kind="array" if picture.format == "npy" else "tile",
        shape=picture.shape,
        bytes=picture.bytes,
        samples=range(1),
        convention=declared if offset is None else Convention(offset=offset),
        nodata=picture.nodata,
        seasons=picture.shape[0],
    )


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Return whether a path with ``/`` matches one of the Unix patterns."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _zarr_blocks(path: Path, name: str, offset: int | None) -> Iterator[Block]:
    with BandsFile(path) as file:
        layout, count, step = file.layout, file.samples, file.sample_chunk
    kind: Kind = "cube" if count == 1 else "shard"
    usual = S2_OFFSET if kind == "shard" else 0
    seasons, *rest = layout.shape[-4:]
    for start in range(0, count, step):
        samples = range(start, min(start + step, count))
        shape = (len(samples) * seasons, rest[0], rest[1], rest[2])
        yield Block(
            path=path,
            name=name,
            kind=kind,
            shape=shape,
            bytes=prod(shape) * layout.dtype.itemsize,
            samples=samples,
            convention=Convention(offset=usual if offset is None else offset),
            seasons=seasons,
        )


def _open(path: Path) -> GeotiffSource | NpySource:
    return NpySource(path) if path.suffix == ".npy" else GeotiffSource(path)
