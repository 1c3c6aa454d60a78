"""Restore a picture's file from a ``.tec`` container, in strips of rows."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucobench.atomic import whole_file
from neucobench.codecs.base import Codec
from neucobench.codecs.container.header import Header
from neucobench.codecs.container.reader import ContainerReader
from neucobench.codecs.files.batches import tiles_at_once
from neucobench.codecs.files.report import DecompressReport
from neucobench.codecs.files.suits import require_same
from neucobench.codecs.files.tile_coding import decode_tiles
from neucobench.codecs.pixels.gaps import Gaps
from neucobench.codecs.pixels.values import Restored, to_stored
from neucobench.codecs.raster.base import Georeference, Sink
from neucobench.codecs.raster.files import ending_of, named, open_sink, require_free
from neucobench.findings import Finding
from neucobench.machine import peak_memory

_ROWS = 256  # that are made whole numbers and written at a time

Advance = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class _Strip:
    """Hold rows that no further tile touches.

    Attributes:
        top: the first of them.
        stack: (time, band, y, x) reflectance x 10,000 over the full width.
        gaps: where no data are.
    """

    top: int
    stack: NDArray[np.float32]
    gaps: Gaps


def decompress_file(
    reader: ContainerReader,
    codec: Codec,
    out: Path,
    *,
    overwrite: bool = False,
    advance: Advance | None = None,
) -> DecompressReport:
    """Restore the picture of a container as a file of the format that ``out`` names.

    All checksums are checked before the first tile is decoded.

    Args:
        reader: the container.
        codec: the codec that wrote it, with the same weights.
        out: the file to write: ``.tif``, ``.npy`` or ``.zarr.zip``.
        overwrite: whether to replace a file that exists.
        advance: called with how many tiles are done, and of how many.

    Raises:
        UsageError: when the ending of ``out`` is not known.
        ContainerError: when the container is damaged, or needs another codec.
        CodecError: when such a file cannot hold the picture, or ``out`` exists.
    """
    started = time.perf_counter()
    header = reader.header
    ending = ending_of(out)
    require_free(out, overwrite)
    with named(reader.path):
        require_same(codec.identity, header.codec)
    reader.verify()
    clipped = moved = 0
    with (
        whole_file(out) as hidden,
        open_sink(hidden, header.picture, reader.kept()) as sink,
    ):
        for restored in _restore(reader, codec, sink, advance):
            clipped += restored.clipped
            moved += restored.moved
    return DecompressReport(
        source=reader.path,
        out=out,
        header=header,
        missing=header.missing,
        clipped=clipped,
        moved=moved,
        seconds=time.perf_counter() - started,
        peak_memory=peak_memory(),
        findings=tuple(_left_behind(header, ending)),
    )


def _restore(
    reader: ContainerReader, codec: Codec, sink: Sink, advance: Advance | None
) -> Iterator[Restored]:
    """Write all strips, some rows at a time; yield what was written."""
    picture = reader.header.picture
    for strip in _strips(reader, codec, advance):
        for start in range(0, strip.stack.shape[2], _ROWS):
            rows = (slice(None), slice(None), slice(start, start + _ROWS))
            restored = to_stored(
                strip.stack[rows],
                Gaps(value=strip.gaps.value[rows], nan=strip.gaps.nan[rows]),
                convention=reader.header.convention,
                dtype=picture.kind,
                nodata=picture.nodata,
            )
            sink.write(strip.top + start, restored.values)
            yield restored


def _strips(
    reader: ContainerReader, codec: Codec, advance: Advance | None
) -> Iterator[_Strip]:
    """Blend tiles, and yield rows as soon as the last tile that touches them is in."""
    tiling, shape = reader.header.tiling, reader.header.picture.shape
    sums = np.zeros((*shape[:2], tiling.y.tile, tiling.x.size), np.float32)
    at_once = tiles_at_once(tiling, shape[0])
    cores: list[Gaps] = []
    for index, (pixels, gaps) in enumerate(decode_tiles(reader, codec, at_once)):
        row, column = divmod(index, len(tiling.x))
        cores.append(gaps)
        if pixels is not None:
            weights = np.outer(tiling.y.weights(row), tiling.x.weights(column))
            height, width = weights.shape
            inside = pixels[..., :height, :width] * weights
            sums[:, :, :height, tiling.x.span(column)] += inside
        if column + 1 == len(tiling.x):
            core = tiling.y.core(row)
            done = core.stop - core.start
            yield _Strip(top=core.start, stack=sums[:, :, :done], gaps=_beside(cores))
            cores = []
            rest = tiling.y.tile - done
            sums[:, :, :rest] = sums[:, :, done:].copy()
            sums[:, :, rest:] = 0
        if advance:
            advance(index + 1, len(tiling))


def _beside(cores: list[Gaps]) -> Gaps:
    return Gaps(
        value=_joined([gaps.value for gaps in cores]),
        nan=_joined([gaps.nan for gaps in cores]),
    )


def _joined(masks: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Return masks side by side; without memory of its own where nothing is set."""
    if any(mask.any() for mask in masks):
        return np.concatenate(masks, axis=3)
    width = sum(mask.shape[3] for mask in masks)
    return np.broadcast_to(np.False_, (*masks[0].shape[:3], width))


def _left_behind(header: Header, ending: str) -> Iterator[Finding]:
    """Say what a file of another format than the source's could not take over."""
    picture = header.picture
    if ending == ".npy" and picture.georeference != Georeference():
        yield Finding(
            code="georeference-dropped",
            level="warning",
            message="A .npy file has no room for the georeference; it was left out. "
            "Write a .tif or .zarr.zip file to keep it.",
        )
    if ending != ".zarr.zip" and header.kept:
        yield Finding(
            code="metadata-dropped",
            level="info",
            message="The coordinates and attributes of the store were left out; write "
            "a .zarr.zip file to keep them.",
        )
