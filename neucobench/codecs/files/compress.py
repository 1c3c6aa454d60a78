"""Compress a picture's file into a ``.tec`` container, tile by tile."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import neucobench
from neucobench.atomic import whole_file
from neucobench.codecs.base import Aim, Codec, LatentCodec
from neucobench.codecs.container.header import Header, Missing, require_moderate
from neucobench.codecs.container.layout import ENDING
from neucobench.codecs.container.parts import pack_kept, pack_tile
from neucobench.codecs.container.reader import ContainerReader
from neucobench.codecs.container.tiling import LEARNED_TILE, OVERLAP, TILE, cut_picture
from neucobench.codecs.container.writer import ContainerWriter
from neucobench.codecs.files.aims import aimed, missed, share_of
from neucobench.codecs.files.batches import tiles_at_once
from neucobench.codecs.files.report import CompressReport
from neucobench.codecs.files.suits import bands_of, require_suitable
from neucobench.codecs.files.tile_coding import Tally, code_tiles, prepare_tiles
from neucobench.codecs.pixels.values import Convention, holds
from neucobench.codecs.raster.base import Source
from neucobench.codecs.raster.files import ending_of, open_source, require_free
from neucobench.errors import CodecError, UsageError
from neucobench.findings import Finding
from neucobench.machine import peak_memory

_LOOKS_LIKE_SHARES = 10  # no picture in reflectance x 10,000 is darker than this

Advance = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class CompressOptions:
    """Say how a picture's file is read and cut.

    Attributes:
        tile: the most pixels of a tile along each axis; None: 512 for learned codecs,
            1024 for others.
        overlap: the least pixels that neighboring tiles share.
        nodata: the value that stands for no data; None: the one the file declares.
        offset: what had been added to the stored numbers; None: what the file declares.
        scale: what they are multiplied by then; None: 1, or what the file declares.
        aim: what a flexible codec shall reach, the bits those of the whole picture;
            None: the rate it was loaded with.
    """

    tile: int | None = None
    overlap: int = OVERLAP
    nodata: float | None = None
    offset: float | None = None
    scale: float | None = None
    aim: Aim | None = None


def compress_file(
    path: Path,
    codec: Codec,
    out: Path | None = None,
    *,
    options: CompressOptions | None = None,
    overwrite: bool = False,
    advance: Advance | None = None,
) -> CompressReport:
    """Compress a GeoTIFF, ``.npy`` or ``.zarr.zip`` file into a container.

    The file is read by window and memory is bounded by the size of a tile, except that
    a ``.zarr.zip`` file, of at most 1 GiB, is read as a whole.

    Args:
        path: the picture's file.
        codec: what codes its tiles.
        out: the container to write; None: beside the picture, with the ending .tec.
        options: how the file is read and cut.
        overwrite: whether to replace a file that exists.
        advance: called with how many tiles are done, and of how many.

    Raises:
        UsageError: when an ending is not known, or the codec cannot choose its rate
            for an aim.
        CodecError: when the file cannot be used, the codec does not take such a
            picture, or ``out`` exists.
    """
    started = time.perf_counter()
    options = options or CompressOptions()
    codec = aimed(codec, options.aim)
    out = container_path(path, out, overwrite=overwrite)
    with open_source(path) as source:
        plan = _plan(source, codec, options)
        codec = aimed(codec, share_of(options.aim, plan))
        with whole_file(out) as hidden, ContainerWriter(hidden) as writer:
            tally = _write_tiles(source, codec, plan, writer, advance)
            size = _write_kept(source, writer)
            header = replace(
                plan, missing=tally.missing, layouts=tuple(tally.layouts), kept=size
            )
            writer.finish(header)
    with ContainerReader(out) as reader:
        sizes = reader.verify()
    return CompressReport(
        source=path,
        out=out,
        header=header,
        source_bytes=path.stat().st_size,
        sizes=sizes,
        seconds=time.perf_counter() - started,
        peak_memory=peak_memory(),
        findings=(
            *_look_at_unit(header, tally.brightest),
            *missed(codec, options.aim),
        ),
    )


def container_path(
    path: Path, out: Path | None = None, *, overwrite: bool = False
) -> Path:
    """Return the container to write for a picture's file, before any work is done.

    Args:
        path: the picture's file.
        out: what the user wants; None: beside the picture, with the ending .tec.
        overwrite: whether to replace a file that exists.

    Raises:
        UsageError: when the path is a folder, or an ending is not known.
        CodecError: when the container exists.
    """
    if path.is_dir():
        raise UsageError(
            f"{path} is a folder, and a container is made of one file; give a file, "
            "write seasons as one stack (time, band, y, x) with numpy.save, or pack "
            "a .zarr folder with: cd NAME.zarr && zip -0 -r ../NAME.zarr.zip ."
        )
    ending = ending_of(path)
    if out is None:
        out = path.with_name(path.name[: -len(ending)] + ENDING)
    if not out.name.endswith(ENDING):
        raise UsageError(f"{out.name} does not end in {ENDING}; name the file so.")
    require_free(out, overwrite)
    return out


def _plan(source: Source, codec: Codec, options: CompressOptions) -> Header:
    """Return the header as far as it is known before a pixel has been read."""
    picture = source.picture
    if options.nodata is not None:
        if not holds(picture.kind, options.nodata):
            raise CodecError(
                f"its values are {picture.dtype}, which cannot be {options.nodata:g}; "
                "correct --nodata"
            )
        picture = replace(picture, nodata=options.nodata)
    learned = isinstance(codec, LatentCodec)
    tile = options.tile or (LEARNED_TILE if learned else TILE)
    require_suitable(codec, picture, tile)
    height, width = picture.shape[2:]
    tiling = cut_picture(
        height,
        width,
        tile=tile,
        overlap=options.overlap,
        smallest=codec.smallest,
        rounded=learned,
    )
    require_moderate(picture, tiling)
    if options.offset is None and options.scale is None:
        convention = source.convention
    else:
        convention = Convention(
            offset=options.offset or 0.0,
            scale=1.0 if options.scale is None else options.scale,
        )
    return Header(
        software=f"neucobench {neucobench.__version__}",
        codec=codec.identity,
        picture=picture,
        convention=convention,
        tiling=tiling,
        missing=Missing(),
        layouts=(),
        bands=bands_of(codec),
    )


def _write_tiles(
    source: Source,
    codec: Codec,
    plan: Header,
    writer: ContainerWriter,
    advance: Advance | None,
) -> Tally:
    tally = Tally()
    tiles = prepare_tiles(source, plan)
    at_once = tiles_at_once(plan.tiling, plan.picture.shape[0])
    done = 0
    while batch := list(islice(tiles, at_once)):
        for tile, part in zip(batch, code_tiles(codec, batch, tally), strict=True):
            tally.count(tile)
            writer.add(pack_tile(part))
        done += len(batch)
        if advance:
            advance(done, len(plan.tiling))
    return tally


def _write_kept(source: Source, writer: ContainerWriter) -> int:
    """Write what a store has beside its pixels; return its size, 0 without."""
    if source.kept is None:
        return 0
    part, size = pack_kept(source.kept)
    writer.add(part)
    return size


def _look_at_unit(header: Header, brightest: float) -> Iterator[Finding]:
    if 0 < brightest <= _LOOKS_LIKE_SHARES:
        yield Finding(
            code="small-values",
            level="warning",
            message=f"The largest value is {brightest:g}, and codecs take reflectance "
            f"x 10,000, so {header.codec.name} has kept next to nothing of the "
            "picture. Where the file holds reflectance between 0 and 1, give "
            "--scale 10000 --overwrite.",
        )
