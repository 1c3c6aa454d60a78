"""The summary of a comparison, ``summary.json``: standard JSON, null for no value.

::

    { "schema": "neucobench/codec-comparison/1", "created": "2026-11-20T04:00:00Z",
      "peak": 10000.0, "credit": "...",
      "tiles": [ { "name", "shape": [time, band, y, x], "sha256", "without_data",
                   "beyond_peak" } ],
      "codecs": { "<codec>": {
          "title", "family", "packing", "depth", "rate": the knob's name,
          "version", "weights": { "<rate>": "sha256" or null },
          "curve": [ { "rate", "bpppc", "psnr", "ssim", "ms_ssim", "sam", "mae", "mse",
                       "encode_seconds", "decode_seconds", "lossless" } ],
          "bpppc_at_psnr": { "33": .. or null } } },
      "anchors": ["..."],
      "bd_rate": [ a row of bd_rate.csv, on the means over tiles ],
      "left_out": { "<codec>": "why" },
      "points": .., "points_from_before": ..,
      "machine": { "cores", "workers", "torch_threads" },
      "software": { "neucobench": "...", "python": "...", ... }, "seconds": .. }
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

from neucobench.atomic import write_text
from neucobench.codecs.card import codec_card
from neucobench.evaluation.software import software_versions
from neucobench.machine import available_cores
from neucobench.studies.codec_comparison.comparison import Comparison
from neucobench.studies.codec_comparison.curves import MEAN, MeanPoint
from neucobench.studies.codec_comparison.tables import bd_rows

SCHEMA = "neucobench/codec-comparison/1"
_PACKAGES = ("torch", "compressai", "imagecodecs", "av", "imageio-ffmpeg", "rasterio")


def write_summary(comparison: Comparison, out: Path) -> Path:
    """Write ``summary.json`` to a folder and return its path."""
    path = out / "summary.json"
    document = as_document(comparison)
    write_text(path, json.dumps(document, indent=2, allow_nan=False) + "\n")
    return path


def as_document(comparison: Comparison) -> dict[str, Any]:
    """Return the summary as plain JSON types."""
    document = {
        "schema": SCHEMA,
        "created": datetime.now(UTC)
        .isoformat(timespec="seconds")
        .replace("+00:00", "Z"),
        "peak": comparison.peak,
        "credit": comparison.credit,
        "tiles": [asdict(tile) for tile in comparison.tiles],
        "codecs": {name: _codec(name, comparison) for name in comparison.codecs},
        "anchors": list(comparison.anchors),
        "bd_rate": [row for row in bd_rows(comparison) if row["scope"] == MEAN],
        "left_out": dict(comparison.left_out),
        "points": len(comparison.points),
        "points_from_before": comparison.known,
        "machine": _machine(comparison.workers),
        "software": software_versions(*_PACKAGES),
        "seconds": round(comparison.seconds, 3),
    }
    plain: dict[str, Any] = _plain(document)
    return plain


def _codec(name: str, comparison: Comparison) -> dict[str, Any]:
    card = codec_card(name)
    settings = [item for item in comparison.plan.settings if item.codec == name]
    return {
        "title": card.title,
        "family": card.family,
        "packing": card.packing,
        "depth": card.depth,
        "rate": card.rate,
        "version": settings[0].identity.version,
        "weights": {f"{item.rate:g}": item.identity.weights for item in settings},
        "curve": [_point(item) for item in comparison.means if item.codec == name],
        "bpppc_at_psnr": {
            f"{item.psnr:g}": item.bpppc
            for item in comparison.levels
            if item.codec == name
        },
    }


def _point(point: MeanPoint) -> dict[str, Any]:
    return {
        "rate": point.rate,
        "bpppc": point.bpppc,
        **point.quality.as_dict(),
        "encode_seconds": round(point.encode_seconds, 6),
        "decode_seconds": round(point.decode_seconds, 6),
        "lossless": point.quality.mse == 0,
    }


def _machine(workers: int) -> dict[str, int]:
    import torch

    return {
        "cores": available_cores(),
        "workers": workers,
        "torch_threads": torch.get_num_threads(),
    }


def _plain(value: Any) -> Any:
    """Return JSON types, with null for what is not finite."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return value
