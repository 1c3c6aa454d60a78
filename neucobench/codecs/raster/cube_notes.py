"""What a Zarr store says beside its pixels: georeference, no data, bands.

Two ways are understood: attributes of the group (``crs``, ``transform``, ``no_data``,
``offset``, ``bands``), as this package writes them, and a variable ``spatial_ref``
(``crs_wkt``, ``GeoTransform``), as the CF conventions and rioxarray do.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neucobench.codecs.pixels.values import Convention
from neucobench.codecs.raster.base import BandNote, Georeference, Kept, Matrix


@dataclass(frozen=True, kw_only=True)
class CubeNotes:
    """Hold what a store says: no-data value, bands, georeference."""

    nodata: float | None
    bands: tuple[BandNote, ...]
    georeference: Georeference


def describe(kept: Kept) -> CubeNotes:
    """Return what a store says beside its pixels; what it does not say is left out."""
    group = _attributes(kept, _parent(kept.folder))
    array = _attributes(kept, kept.folder)
    names = group.get("bands")
    return CubeNotes(
        nodata=_number(array.get("_FillValue", group.get("no_data"))),
        bands=tuple(BandNote(name=name) for name in names)
        if isinstance(names, list) and all(isinstance(name, str) for name in names)
        else (),
        georeference=_place(kept, group),
    )


def convention_of(kept: Kept) -> Convention:
    """Return the offset that the group's attribute ``offset`` gives; 0 without."""
    offset = _number(_attributes(kept, _parent(kept.folder)).get("offset"))
    known = offset if offset is not None and math.isfinite(offset) else 0.0
    return Convention(offset=known)


def _place(kept: Kept, group: Mapping[str, Any]) -> Georeference:
    reference = _attributes(kept, f"{_parent(kept.folder)}spatial_ref/")
    crs = group.get("crs", reference.get("crs_wkt"))
    matrix = group.get("transform")
    written = reference.get("GeoTransform")
    if matrix is None and isinstance(written, str):
        # GDAL's order begins with the corner.
        c, a, b, f, d, e = [*written.split(), *[""] * 6][:6]
        matrix = [a, b, c, d, e, f]
    return Georeference(
        crs=crs if isinstance(crs, str) else None, transform=_matrix(matrix)
    )


def _matrix(numbers: Any) -> Matrix | None:
    if not isinstance(numbers, list) or len(numbers) != 6:
        return None
    a, b, c, d, e, f = (math.nan if n is None else n for n in map(_number, numbers))
    return (a, b, c, d, e, f) if all(map(math.isfinite, (a, b, c, d, e, f))) else None


def _parent(folder: str) -> str:
    group = folder.rstrip("/").rpartition("/")[0]
    return f"{group}/" if group else ""


def _attributes(kept: Kept, folder: str) -> dict[str, Any]:
    """Return the attributes of a group or an array; empty where it has none."""
    for name in (".zattrs", "zarr.json"):
        content = kept.entries.get(folder + name)
        if content is None:
            continue
        try:
            document = json.loads(content)
        except ValueError:
            return {}
        if name == "zarr.json" and isinstance(document, dict):
            document = document.get("attributes")
        return document if isinstance(document, dict) else {}
    return {}


def _number(value: Any) -> float | None:
    """Return a number, or None for anything else; text may be one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None
