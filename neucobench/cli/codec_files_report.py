"""What ``compress``, ``decompress`` and ``info`` tell: as text, and as JSON."""

from collections.abc import Iterator, Mapping
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
        f"{_cut(header)}{_sent(header)}, {_missing(header)}, {_shift(header)}. Took "
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
        "lost": [
            {"tile": loss.tile, "frames": list(loss.frames), "values": loss.values}
            for loss in report.losses
        ],
        "clipped": report.clipped,
        "moved": report.moved,
        "seconds": report.seconds,
        "peak_memory": report.peak_memory,
        "findings": [finding.as_dict() for finding in report.findings],
    }


def container_document(header: "Header", sizes: "Sizes") -> dict[str, Any]:
    """Return a container's header and sizes, as ``--json`` prints them."""
    places = vars(sizes).copy()
    del places["frames"]
    return {
        "bytes": places,
        "bits_per_pixel_band": _bits(header, sizes.file),
        "bits_per_pixel_band_streams": _bits(header, sizes.streams),
        "ratio": _ratio(header, sizes),
        "frames": [
            {
                "bytes": size,
                "bits_per_pixel_band": _frame_bits(header, size),
                "quality": _qualities(header, frame),
            }
            for frame, size in enumerate(sizes.frames)
        ],
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
    if len(sizes.frames) > 1:
        for frame, size in enumerate(sizes.frames):
            yield f"frame {frame + 1}", _frame(header, frame, size)
    elif quality := _qualities(header, 0):
        yield "quality", _range(quality)
    yield "bits per pixel and band", f"{_bits(header, sizes.file):.4f}"
    yield "ratio", f"1:{_ratio(header, sizes):.1f} of {picture.bytes:,} bytes"
    yield "checksums", f"header, index and {_count(header.parts, 'part')} intact"


def _bits(header: "Header", size: int) -> float:
    return 8 * size / header.picture.values


def _frame(header: "Header", frame: int, size: int) -> str:
    quality = _qualities(header, frame)
    sent = f"quality {_range(quality)}, " if quality else ""
    bits = _frame_bits(header, size)
    return f"{sent}streams {size:,} bytes, {bits:.4f} bits per pixel and band"


def _frame_bits(header: "Header", size: int) -> float:
    return 8 * size * header.picture.shape[0] / header.picture.values


def _sent(header: "Header") -> str:
    found = [k for layout in header.layouts for k in _stated(layout)]
    return f", quality {_range(sorted(found))}" if found else ""


def _qualities(header: "Header", frame: int) -> list[int]:
    """Return the qualities of one frame in all tiles; none of a codec without."""
    lists = [_stated(layout) for layout in header.layouts]
    return sorted({found[frame] for found in lists if frame < len(found)})


def _stated(layout: Mapping[str, Any]) -> list[int]:
    """Return the quality of each frame in a layout, which is what the file says."""
    found = layout.get("quality")
    whole = isinstance(found, list) and all(type(k) is int for k in found)
    return list(found) if found and whole else []


def _range(quality: list[int]) -> str:
    low, high = quality[0], quality[-1]
    return f"{low}" if low == high else f"{low} to {high}"


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
