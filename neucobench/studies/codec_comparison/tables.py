"""The tables of a comparison as CSV files; an empty cell is a measure without value."""

import csv
from collections.abc import Iterable, Mapping
from io import StringIO
from math import isnan
from pathlib import Path
from typing import Any

from neucobench.atomic import write_text
from neucobench.codecs.metrics import Quality
from neucobench.names import spreadsheet_safe
from neucobench.studies.codec_comparison.comparison import Comparison

Row = Mapping[str, Any]


def write_tables(comparison: Comparison, out: Path) -> list[Path]:
    """Write all tables to a folder and return their paths."""
    tables = {
        "points": point_rows(comparison),
        "bands": band_rows(comparison),
        "curves": curve_rows(comparison),
        "bd_rate": bd_rows(comparison),
        "equal_psnr": level_rows(comparison),
    }
    paths = []
    for name, rows in tables.items():
        path = out / f"{name}.csv"
        write_text(path, _csv(rows))
        paths.append(path)
    return paths


def point_rows(comparison: Comparison) -> list[Row]:
    """Return one row for each codec, rate and tile."""
    return [
        {
            "tile": point.tile,
            "codec": point.codec,
            "rate": point.rate,
            "bits": point.bits,
            "bpppc": point.bpppc,
            **_measures(point.quality.overall),
            "encode_seconds": round(point.encode_seconds, 6),
            "decode_seconds": round(point.decode_seconds, 6),
            "peak": comparison.peak,
        }
        for point in comparison.points
    ]


def band_rows(comparison: Comparison) -> list[Row]:
    """Return one row for each codec, rate, tile and band, counted from 1."""
    return [
        {
            "tile": point.tile,
            "codec": point.codec,
            "rate": point.rate,
            "bpppc": point.bpppc,
            "band": number,
            **_measures(band, spectral=False),
            "peak": comparison.peak,
        }
        for point in comparison.points
        for number, band in enumerate(point.quality.bands, start=1)
    ]


def curve_rows(comparison: Comparison) -> list[Row]:
    """Return one row for each codec and rate: means over the tiles."""
    return [
        {
            "codec": point.codec,
            "rate": point.rate,
            "tiles": len(comparison.tiles),
            "bpppc": point.bpppc,
            **_measures(point.quality),
            "encode_seconds": round(point.encode_seconds, 6),
            "decode_seconds": round(point.decode_seconds, 6),
            "peak": comparison.peak,
        }
        for point in comparison.means
    ]


def bd_rows(comparison: Comparison) -> list[Row]:
    """Return one row for each codec, anchor and scope."""
    return [
        {
            "codec": row.codec,
            "anchor": row.anchor,
            "scope": row.scope,
            "bd_rate_percent": row.found.rate if row.found else None,
            "bd_psnr_db": row.found.quality if row.found else None,
            "psnr_low": row.found.low if row.found else None,
            "psnr_high": row.found.high if row.found else None,
            "points": row.points,
            "note": row.note,
            "peak": comparison.peak,
        }
        for row in comparison.bjontegaard
    ]


def level_rows(comparison: Comparison) -> list[Row]:
    """Return one row for each PSNR, codec and anchor: bits, and times fewer bits."""
    bits = {(item.psnr, item.codec): item.bpppc for item in comparison.levels}
    rows: list[Row] = []
    for item in comparison.levels:
        for anchor in comparison.anchors:
            theirs = bits[item.psnr, anchor]
            fewer = theirs / item.bpppc if theirs and item.bpppc else None
            rows.append(
                {
                    "psnr": item.psnr,
                    "codec": item.codec,
                    "bpppc": item.bpppc,
                    "anchor": anchor,
                    "anchor_bpppc": theirs,
                    "times_fewer_bits": fewer,
                    "peak": comparison.peak,
                }
            )
    return rows


def _measures(quality: Quality, *, spectral: bool = True) -> dict[str, float]:
    values = quality.as_dict()
    names = ["mse", "psnr", "ssim", "ms_ssim", *["sam"] * spectral, "mae"]
    return {name: values[name] for name in names}


def _csv(rows: Iterable[Row]) -> str:
    text = StringIO()
    rows = list(rows)
    # Without rows there is one codec, and nothing to compare it with.
    writer = csv.DictWriter(text, rows[0] if rows else (), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: _cell(value) for key, value in row.items()})
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return spreadsheet_safe(value)
    return None if isinstance(value, float) and isnan(value) else value
