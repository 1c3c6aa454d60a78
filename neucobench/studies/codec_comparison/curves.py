"""From points to curves: means over tiles, and the codecs against an anchor."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neucobench.codecs.metrics import Quality
from neucobench.codecs.rate_distortion import (
    Bjontegaard,
    Curve,
    bjontegaard,
    make_curve,
    rate_at,
)
from neucobench.errors import CodecError
from neucobench.studies.codec_comparison.points import Point

# The PSNR in dB at which the bits of all codecs are compared.
LEVELS = (33, 34, 35, 36, 37, 38, 39, 40)
MEAN = "mean over tiles"


@dataclass(frozen=True, kw_only=True)
class MeanPoint:
    """Hold the means of one codec at one rate over all tiles.

    Attributes:
        codec: its name.
        rate: the setting of its rate knob.
        bpppc: bits per pixel, band and season.
        quality: the mean of each measure, decibel included.
        bands: the mean of each measure of each band.
        encode_seconds: of a tile, the median, which one disturbance does not move.
        decode_seconds: likewise.
    """

    codec: str
    rate: float
    bpppc: float
    quality: Quality
    bands: tuple[Quality, ...]
    encode_seconds: float
    decode_seconds: float


@dataclass(frozen=True, kw_only=True)
class AgainstAnchor:
    """Compare a codec with an anchor, on the means or on one tile.

    Attributes:
        codec: its name.
        anchor: the anchor's name.
        scope: the tile's name, or ``MEAN``.
        found: the two averages; None where there are none.
        points: how many points of the codec are on its curve.
        note: why there are no averages, or which points were left out.
    """

    codec: str
    anchor: str
    scope: str
    found: Bjontegaard | None
    points: int
    note: str


@dataclass(frozen=True, kw_only=True)
class AtLevel:
    """Give the bits of a codec at one PSNR, read off its mean curve.

    Attributes:
        psnr: dB.
        codec: its name.
        bpppc: bits per pixel, band and season; None: its curve does not reach it.
    """

    psnr: float
    codec: str
    bpppc: float | None


def mean_points(points: Sequence[Point]) -> tuple[MeanPoint, ...]:
    """Return the means over tiles of every codec and rate, in the order of points."""
    groups: dict[tuple[str, float], list[Point]] = {}
    for point in points:
        groups.setdefault((point.codec, point.rate), []).append(point)
    return tuple(_mean_point(group) for group in groups.values())


def against(
    points: Sequence[Point], means: Sequence[MeanPoint], anchor: str
) -> tuple[AgainstAnchor, ...]:
    """Return every other codec against an anchor: on the means, then on each tile."""
    scopes: dict[str, Sequence[Point | MeanPoint]] = {MEAN: means}
    for tile in dict.fromkeys(point.tile for point in points):
        scopes[tile] = [point for point in points if point.tile == tile]
    codecs = dict.fromkeys(item.codec for item in means)
    return tuple(
        _against(codec, anchor, scope, chosen)
        for codec in codecs
        if codec != anchor
        for scope, chosen in scopes.items()
    )


def at_levels(means: Sequence[MeanPoint]) -> tuple[AtLevel, ...]:
    """Return the bits of every codec at every level, level by level."""
    curves = {
        codec: _curve_or_none(codec, means)
        for codec in dict.fromkeys(item.codec for item in means)
    }
    return tuple(
        AtLevel(
            psnr=level,
            codec=codec,
            bpppc=None if curve is None else rate_at(curve, level),
        )
        for level in LEVELS
        for codec, curve in curves.items()
    )


def psnr_curve(codec: str, points: Sequence[Point | MeanPoint]) -> Curve:
    """Return the curve of PSNR over bits of one codec.

    Raises:
        CodecError: when there are too few points for a curve.
    """
    chosen = [point for point in points if point.codec == codec]
    return make_curve(
        codec,
        [point.bpppc for point in chosen],
        [_overall(point).psnr for point in chosen],
    )


def _mean_point(points: Sequence[Point]) -> MeanPoint:
    first = points[0]
    bands = zip(*(point.quality.bands for point in points), strict=True)
    return MeanPoint(
        codec=first.codec,
        rate=first.rate,
        bpppc=float(np.mean([point.bpppc for point in points])),
        quality=_mean_quality([point.quality.overall for point in points]),
        bands=tuple(map(_mean_quality, bands)),
        encode_seconds=float(np.median([point.encode_seconds for point in points])),
        decode_seconds=float(np.median([point.decode_seconds for point in points])),
    )


def _mean_quality(qualities: Sequence[Quality]) -> Quality:
    """Return the mean of each measure over those that have it."""
    values = [item.as_dict() for item in qualities]
    return Quality(**{name: _mean([v[name] for v in values]) for name in values[0]})


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _overall(point: Point | MeanPoint) -> Quality:
    return point.quality.overall if isinstance(point, Point) else point.quality


def _curve_or_none(codec: str, points: Sequence[MeanPoint]) -> Curve | None:
    try:
        return psnr_curve(codec, points)
    except CodecError:
        return None


def _what_is_missing(points: int) -> str:
    if not points:
        return ""
    verbs = ("s are", "were") if points > 1 else (" is", "was")
    return f"{points} point{verbs[0]} not on a rising curve and {verbs[1]} left out"


def _against(
    codec: str, anchor: str, scope: str, points: Sequence[Point | MeanPoint]
) -> AgainstAnchor:
    curve: Curve | None = None
    try:
        curve = psnr_curve(codec, points)
        found = bjontegaard(curve, psnr_curve(anchor, points))
        note = _what_is_missing(curve.left_out)
    except CodecError as error:
        found, note = None, str(error)
    return AgainstAnchor(
        codec=codec,
        anchor=anchor,
        scope=scope,
        found=found,
        points=0 if curve is None else len(curve.rates),
        note=note,
    )
