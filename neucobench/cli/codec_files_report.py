"""What ``compress``, ``decompress`` and ``info`` tell: as text, and as JSON."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from neucobench.cli import console
from neucobench.names import printable

if TYPE_CHECKING:
    from neucobench.codecs.container.header import Header
    from neucobench.codecs.container.reader import Sizes
    from neucobench.codecs.files.report import CompressReport, DecompressReport


def compressed(report: "CompressReport") -> str:
    """Return what compressing a file did, as a few sentences for the terminal."""
    header, sizes = report.header, report.sizes
    file, streams = _bits(header, sizes.file), _bits(header, sizes.streams)
    return (
        f"{report.out}: {sizes.file:,} bytes, {file:.4f} bits per pixel and band "
        f"(streams alone {streams:.4f}), 1:{_ratio(header, sizes):.1f} of "
        f"{header.picture.bytes:,} bytes of {header.picture.dtype}. "
        f"{_cut(header)}, {_missing(header)}, {_shift(header)}. Took "
        f"{report.seconds:.1f} s, peak memory {report.peak_memory / 1e6:,.0f} MB."
    )


def compressed_document(report: "CompressReport") -> dict[str, Any]:
    """Return what compressing a file did, as ``--json`` prints it."""
    return {
        "in": str(report.source),
        "out": str(report.out),
        "source_bytes": report.source_bytes,
        **container_document(report.header, report.sizes),
        "seconds": report.seconds,
        "peak_memory": report.peak_memory,
        "findings": [finding.as_dict() for finding in report.findings],
    }


def restored(report: "DecompressReport") -> str:
    """Return what restoring a file did, as a few sentences for the terminal."""
    picture = report.header.picture
    shape = " x ".join(map(str, picture.shape))
    return (
        f"{report.out}: {shape} (time, band, y, x) of {picture.dtype}; "
        f"{_missing(report.header)}, {report.clipped:,} clipped to the range of the "
        f"type, {report.moved:,} moved off the no-data value. Took "
        f"{report.seconds:.1f} s, peak memory {report.peak_memory / 1e6:,.0f} MB."
    )


def restored_document(report: "DecompressReport") -> dict[str, Any]:
    """Return what restoring a file did, as ``--json`` prints it."""
    return {
        "in": str(report.source),
        "out": str(report.out),
        "shape": list(report.header.picture.shape),
        "dtype": report.header.picture.dtype,
        "missing": {"value": report.missing.value, "nan": report.missing.nan},
        "clipped": report.clipped,
        "moved": report.moved,
        "seconds": report.seconds,
        "peak_memory": report.peak_memory,
        "findings": [finding.as_dict() for finding in report.findings],
    }


def container_document(header: "Header", sizes: "Sizes") -> dict[str, Any]:
    """Return a container's header and sizes, as ``--json`` prints them."""
    return {
        "bytes": vars(sizes),
        "bits_per_pixel_band": _bits(header, sizes.file),
        "bits_per_pixel_band_streams": _bits(header, sizes.streams),
        "ratio": _ratio(header, sizes),
        "header": header.as_dict(),
    }


def show_container(path: Path, header: "Header", sizes: "Sizes") -> None:
    """Print a container's header and sizes on standard output."""
    rows = [("file", str(path)), *_rows(header, sizes)]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        line = Text(name.ljust(width + 2), style="bold")
        line.append(printable(value), style="default")
        # A digest must stay in one piece, however narrow the terminal.
        console.output.print(line, soft_wrap=True)


def _rows(header: "Header", sizes: "Sizes") -> Iterator[tuple[str, str]]:
    codec, picture, place = header.codec, header.picture, header.picture.georeference
    yield "codec", f"{codec.name}, version {codec.version}, rate {codec.rate:g}"
    if codec.weights:
        yield "weights", f"SHA-256 {codec.weights}"
    if codec.options:
        yield "options", ", ".join(f"{k}={v}" for k, v in codec.options.items())
    yield "shape", f"{' x '.join(map(str, picture.shape))} (time, band, y, x)"
    yield "values", f"{picture.dtype}, {_shift(header)}, from {picture.format}"
    if header.bands:
        yield "bands", ", ".join(header.bands)
    names = [note.name or "?" for note in picture.bands]
    if names and tuple(names) != header.bands:
        yield "descriptions", ", ".join(names)
    yield "no data", _missing(header)
    yield "tiles", _cut(header)
    yield "georeference", place.crs or "none"
    if place.transform:
        yield "transform", ", ".join(f"{number:.12g}" for number in place.transform)
    yield "written by", header.software
    where = f"streams {sizes.streams:,}, masks {sizes.masks:,}, kept {sizes.kept:,}"
    yield "size", f"{sizes.file:,} bytes: {where}, header {sizes.header:,}"
    yield "bits per pixel and band", f"{_bits(header, sizes.file):.4f}"
    yield "ratio", f"1:{_ratio(header, sizes):.1f} of {picture.bytes:,} bytes"
    yield "checksums", f"header, index and {_count(header.parts, 'part')} intact"


def _bits(header: "Header", size: int) -> float:
    return 8 * size / header.picture.values


def _ratio(header: "Header", sizes: "Sizes") -> float:
    return header.picture.bytes / sizes.file


def _cut(header: "Header") -> str:
    cuts = header.tiling
    if len(cuts) == 1:
        return "One tile"
    size = f"{cuts.y.tile} x {cuts.x.tile} pixels"
    return f"{_count(len(cuts), 'tile')} of {size}"


def _missing(header: "Header") -> str:
    missing, nodata = header.missing, header.picture.nodata
    total = missing.value + missing.nan
    if not total:
        return "no missing values"
    share = total / header.picture.values
    kinds = f"{missing.value:,} of {nodata:g}" if missing.value else ""
    both = [kinds, f"{missing.nan:,} NaN" if missing.nan else ""]
    listed = " and ".join(kind for kind in both if kind)
    return f"{_count(total, 'missing value')} ({listed}, {share:.2%})"


def _shift(header: "Header") -> str:
    convention = header.convention
    scale = "" if convention.scale == 1 else f", scale {convention.scale:g}"
    return f"offset {convention.offset:g}{scale}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
