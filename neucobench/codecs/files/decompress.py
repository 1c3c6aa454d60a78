"""Restore a picture's file from a ``.tec`` container, in strips of rows."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from neucobench.atomic import whole_file
from neucobench.codecs.base import Codec
from neucobench.codecs.container.header import Header
from neucobench.codecs.container.reader import ContainerReader
from neucobench.codecs.files.batches import tiles_at_once
from neucobench.codecs.files.losses import (
    METADATA_LOST,
    Loss,
    Mark,
    loss_findings,
    mark_for,
    require_anything,
)
from neucobench.codecs.files.report import DecompressReport
from neucobench.codecs.files.salvage import located, salvage_tiles
from neucobench.codecs.files.strips import blend_tiles
from neucobench.codecs.files.suits import require_same
from neucobench.codecs.files.tile_decoding import DecodedTile, decode_tiles
from neucobench.codecs.pixels.gaps import Gaps
from neucobench.codecs.pixels.values import to_stored
from neucobench.codecs.raster.base import Georeference, Kept, Sink
from neucobench.codecs.raster.files import ending_of, named, open_sink, require_free
from neucobench.errors import ContainerError
from neucobench.findings import Finding
from neucobench.machine import peak_memory

_ROWS = 256  # that are made whole numbers and written at a time

Advance = Callable[[int, int], None]


def decompress_file(
    reader: ContainerReader,
    codec: Codec,
    out: Path,
    *,
    overwrite: bool = False,
    salvage: bool = False,
    advance: Advance | None = None,
) -> DecompressReport:
    """Restore the picture of a container as a file of the format that ``out`` names.

    All checksums are checked before the first tile is decoded.

    Args:
        reader: the container; to salvage one, opened for that.
        codec: the codec that wrote it, with the same weights.
        out: the file to write: ``.tif``, ``.npy`` or ``.zarr.zip``.
        overwrite: whether to replace a file that exists.
        salvage: whether to restore what is whole of a damaged container, and to leave
            the rest as no data.
        advance: called with how many tiles are done, and of how many.

    Raises:
        UsageError: when the ending of ``out`` is not known.
        ContainerError: when the container is damaged, or needs another codec; with
            ``salvage``, when nothing of the picture is left.
        CodecError: when such a file cannot hold the picture, or ``out`` exists.
    """
    started = time.perf_counter()
    header = reader.header
    ending = ending_of(out)
    require_free(out, overwrite)
    with named(reader.path):
        require_same(codec.identity, header.codec)
    damage = _damage(reader)
    if damage and not salvage:
        raise located(reader, codec, damage) from damage
    salvage = damage is not None
    work = _Work(reader=reader, codec=codec, salvage=salvage, advance=advance)
    kept, kept_is_lost = _kept(reader, salvage=salvage)
    with (
        whole_file(out) as hidden,
        open_sink(hidden, work.mark.picture, kept) as sink,
    ):
        clipped, moved = work.restore(sink)
        require_anything(reader, work.losses)
    return DecompressReport(
        source=reader.path,
        out=out,
        header=header,
        missing=header.missing,
        clipped=clipped,
        moved=moved,
        seconds=time.perf_counter() - started,
        peak_memory=peak_memory(),
        losses=tuple(work.losses),
        findings=(
            *_left_behind(header, ending),
            *loss_findings(reader, work.losses, work.mark),
            *([METADATA_LOST] if kept_is_lost else []),
        ),
    )


def _damage(reader: ContainerReader) -> ContainerError | None:
    """Return what is wrong with the first part that is damaged, if there is one."""
    try:
        reader.verify()
    except ContainerError as error:
        return error
    return None


def _kept(reader: ContainerReader, *, salvage: bool) -> tuple[Kept | None, bool]:
    """Return what a store had beside its pixels, and whether it is lost."""
    try:
        return reader.kept(), False
    except ContainerError:
        if not salvage:
            raise
        return None, True


@dataclass(kw_only=True)
class _Work:
    """Write a picture from top to bottom."""

    reader: ContainerReader
    codec: Codec
    salvage: bool
    advance: Advance | None
    losses: list[Loss] = field(default_factory=list)

    @property
    def mark(self) -> Mark:
        """Return what is written, and how what is lost is marked in it."""
        picture = self.reader.header.picture
        return mark_for(picture) if self.salvage else Mark(picture=picture, nan=False)

    def restore(self, sink: Sink) -> tuple[int, int]:
        """Write everything; return how many numbers were clipped, and moved."""
        header, clipped, moved = self.reader.header, 0, 0
        for strip in blend_tiles(header, self._tiles()):
            for start in range(0, strip.stack.shape[2], _ROWS):
                rows = (slice(None), slice(None), slice(start, start + _ROWS))
                restored = to_stored(
                    strip.stack[rows],
                    Gaps(value=strip.gaps.value[rows], nan=strip.gaps.nan[rows]),
                    convention=header.convention,
                    dtype=header.picture.kind,
                    nodata=self._nodata,
                )
                sink.write(strip.top + start, restored.values)
                clipped += restored.clipped
                moved += restored.moved
        return clipped, moved

    @property
    def _nodata(self) -> float | None:
        """Return the value that no pixel with data may have."""
        return self.mark.picture.nodata

    def _tiles(self) -> Iterator[DecodedTile]:
        header = self.reader.header
        at_once = tiles_at_once(header.tiling, header.picture.shape[0])
        if self.salvage:
            tiles = salvage_tiles(self.reader, self.codec, self.mark, self.losses)
        else:
            tiles = decode_tiles(self.reader, self.codec, at_once)
        for done, tile in enumerate(tiles, start=1):
            yield tile
            if self.advance:
                self.advance(done, len(header.tiling))


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
