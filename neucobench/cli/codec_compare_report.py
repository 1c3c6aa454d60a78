"""What ``codec compare`` tells on the terminal."""

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rich.table import Table

from neucobench.cli import console
from neucobench.names import printable

if TYPE_CHECKING:
    from neucobench.studies.codec_comparison.comparison import Comparison

_LEVELS = (33, 35, 37, 40)  # dB
_NONE = "–"


def show(comparison: "Comparison", out: Path, *, table: bool) -> None:
    """Print who was left out, the table of codecs, and where everything is.

    Args:
        comparison: what to tell.
        out: the folder of its files.
        table: print the table, on standard output.
    """
    for codec, reason in comparison.left_out.items():
        console.say(f"{codec} is left out. {reason}")
    if table:
        console.output.print(_table(comparison))
    console.say(_what_was_measured(comparison))
    console.say(f"Tables, summary.json and figures/ are in {out}.")


def _table(comparison: "Comparison") -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("codec", no_wrap=True)
    # Tables break lines at spaces only.
    names = [printable(name).replace("-", "-\n") for name in comparison.anchors]
    headings = [
        *(f"{level} dB" for level in _LEVELS),
        *(f"vs\n{name}" for name in names),
        *("encode", "decode"),
    ]
    for heading in headings:
        width = max(map(len, heading.split("\n")))
        table.add_column(heading, justify="right", min_width=width)
    bits = {(item.codec, item.psnr): item.bpppc for item in comparison.levels}
    for codec in comparison.codecs:
        table.add_row(
            printable(codec),
            *(_number(bits[codec, level], ".3f") for level in _LEVELS),
            *(_bd_rate(comparison, codec, anchor) for anchor in comparison.anchors),
            *_seconds(comparison, codec),
        )
    return table


def _bd_rate(comparison: "Comparison", codec: str, anchor: str) -> str:
    if codec == anchor:
        return "anchor"
    # The first row of a codec and an anchor is the one on the means over tiles.
    row = next(
        item
        for item in comparison.bjontegaard
        if (item.codec, item.anchor) == (codec, anchor)
    )
    return f"{row.found.rate:+.1f}%" if row.found else _NONE


def _seconds(comparison: "Comparison", codec: str) -> list[str]:
    """Return the median seconds of a tile, over all rates."""
    points = [item for item in comparison.points if item.codec == codec]
    return [
        _number(median(getattr(item, field) for item in points), ".2g")
        for field in ("encode_seconds", "decode_seconds")
    ]


def _number(value: float | None, form: str) -> str:
    return _NONE if value is None else format(value, form)


def _what_was_measured(comparison: "Comparison") -> str:
    points, known = len(comparison.points), comparison.known
    before = f", {known:,} of them by an earlier run" if known else ""
    beyond = sum(tile.beyond_peak for tile in comparison.tiles)
    above = f"; {beyond:,} values lie above it and count as they are" * bool(beyond)
    gaps = sum(tile.without_data for tile in comparison.tiles)
    missing = f" {gaps:,} values without data count nowhere." * bool(gaps)
    return (
        f"{_count(len(comparison.tiles), 'tile')}, {_count(points, 'point')}{before}; "
        f"peak {comparison.peak:,.0f}{above}.{missing} The columns: bits per "
        "pixel, band and season at equal PSNR, and BD-rate, off the means over tiles "
        f"({_NONE}: beyond the ends of a curve); seconds to encode and to decode a "
        "tile, the median over all rates."
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
