"""What a GeoTIFF says beside its pixels: georeference, no data, bands, tags."""

from collections.abc import Sequence
from typing import Any

from neucobench.codecs.pixels.values import Convention
from neucobench.codecs.raster.base import BandNote, Georeference, Picture
from neucobench.errors import CodecError

_MOST_TAGS = 2**16  # characters of names and values
# Written by GDAL itself, from the pixels or the layout of the file.
_NOT_KEPT = ("STATISTICS_", "LAYOUT", "OVR_", "COMPRESSION")
_REFLECTANCE = 1e-3  # a scale at or below it leads to reflectance between 0 and 1
_DIGITS = 9


def georeference_of(file: Any) -> Georeference | None:
    """Return where an open rasterio file lies; None where it does not say."""
    crs = None
    if file.crs:
        authority = file.crs.to_authority()
        same = authority and type(file.crs).from_authority(*authority) == file.crs
        crs = ":".join(authority) if same else file.crs.to_wkt()
    placed = not file.transform.is_identity
    transform = tuple(map(float, file.transform[:6])) if placed else None
    if crs is None and transform is None:
        return None
    return Georeference(crs=crs, transform=transform)  # type: ignore[arg-type]


def nodata_of(file: Any) -> float | None:
    """Return the value that stands for no data.

    Raises:
        CodecError: when the bands have different ones, or a mask of their own.
    """
    values = set(map(str, file.nodatavals))
    if len(values) > 1:
        raise CodecError(
            f"its bands have different no-data values ({', '.join(sorted(values))}); "
            "write it with one"
        )
    from rasterio.enums import MaskFlags

    if any(MaskFlags.per_dataset in flags for flags in file.mask_flag_enums):
        raise CodecError(
            "it marks missing pixels by a mask or an alpha band; accepted is a no-data "
            "value, so write it with one, for instance with gdalwarp -dstnodata"
        )
    nodata = file.nodatavals[0]
    return None if nodata is None else float(nodata)


def convention_of(file: Any) -> Convention:
    """Return how stored numbers become reflectance x 10,000, as the file declares.

    A scale of 0.0001 with the offset -0.1, for instance, is Sentinel-2's +1000.

    Raises:
        CodecError: when the bands differ, or the scale leads to no reflectance.
    """
    declared = set(zip(file.scales, file.offsets, strict=True))
    scale, offset = declared.pop()
    if declared or not (scale == 1 or 0 < scale <= _REFLECTANCE):
        raise CodecError(
            "its bands declare a scale or an offset that differ, or that do not lead "
            "to reflectance; say with --offset and --scale how stored numbers become "
            "reflectance times 10,000"
        )
    factor = 1.0 if scale == 1 else 10_000.0
    return Convention(offset=_rounded(-offset / scale), scale=_rounded(scale * factor))


def band_notes(file: Any) -> tuple[BandNote, ...]:
    """Return what the file says about each band."""
    usual = _usual_colors(file.count)
    return tuple(
        BandNote(
            name=file.descriptions[i],
            unit=file.units[i] or None,
            scale=float(file.scales[i]),
            offset=float(file.offsets[i]),
            color=None if color.name == usual[i] else color.name,
            tags=_kept_tags(file.tags(i + 1)),
        )
        for i, color in enumerate(file.colorinterp)
    )


def file_tags(file: Any) -> dict[str, str]:
    """Return the metadata of the file as a whole.

    Raises:
        CodecError: when they are longer than any header should be.
    """
    return _kept_tags(file.tags())


def write_notes(file: Any, picture: Picture) -> None:
    """Put what a picture says beside its pixels into a rasterio file being written.

    Raises:
        CodecError: when its CRS is none that PROJ knows.
    """
    from rasterio.enums import ColorInterp
    from rasterio.errors import CRSError
    from rasterio.transform import Affine

    place = picture.georeference
    if place.crs is not None:
        try:
            file.crs = place.crs
        except CRSError as error:
            raise CodecError(
                f"The CRS {place.crs!r} cannot be written to a GeoTIFF ({error}); "
                "write a .zarr.zip file."
            ) from error
    if place.transform is not None:
        file.transform = Affine(*place.transform)
    if picture.format == "geotiff":
        file.update_tags(**picture.tags)
    if not picture.bands:
        return
    notes = picture.bands
    colors = [note.color for note in notes]
    if any(colors):
        usual = _usual_colors(len(notes))
        names = [color or name for color, name in zip(colors, usual, strict=True)]
        file.colorinterp = [ColorInterp[name] for name in names]
    file.scales = [note.scale for note in notes]
    file.offsets = [note.offset for note in notes]
    if any(note.unit for note in notes):
        file.units = [note.unit or "" for note in notes]
    for number, note in enumerate(notes, 1):
        if note.name is not None:
            file.set_band_description(number, note.name)
        if note.tags:
            file.update_tags(number, **note.tags)


def _usual_colors(count: int) -> Sequence[str]:
    """Return what GDAL makes of bands of which a file says nothing."""
    return ("gray", *("undefined",) * (count - 1))


def _kept_tags(tags: dict[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in sorted(tags.items())
        if not name.startswith(_NOT_KEPT)
    }
    size = sum(len(name) + len(value) for name, value in kept.items())
    if size > _MOST_TAGS:
        raise CodecError(
            f"its tags take {size:,} characters, and at most {_MOST_TAGS:,} are kept; "
            "remove what is not needed"
        )
    return kept


def _rounded(value: float) -> float:
    """Return a number without the dust of the division that made it; 0 without sign."""
    return float(f"{value:.{_DIGITS}g}") + 0.0
