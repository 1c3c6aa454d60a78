"""Rate-distortion curves: bits at equal quality, and Bjøntegaard's two averages.

A curve is monotone: a point that costs as much as another, or more, and is no better
is left out, and so is a lossless one, whose PSNR is infinite. ``left_out`` counts them.
Between its points a curve is the piecewise cubic (PCHIP) of the logarithm of the rate
over quality; beyond its ends there is no curve.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

import numpy as np
from numpy.typing import NDArray

from neucobench.errors import CodecError

LEAST_POINTS = 2


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Hold the points of one codec, from the lowest rate to the highest.

    Attributes:
        name: what the curve is of.
        rates: (points,) bits per pixel per band, rising.
        qualities: (points,) e.g. PSNR in dB, rising.
        left_out: how many points were not on a monotone curve.
    """

    name: str
    rates: NDArray[np.float64]
    qualities: NDArray[np.float64]
    left_out: int


@dataclass(frozen=True, kw_only=True)
class Bjontegaard:
    """Compare one curve with an anchor.

    Attributes:
        rate: the change of the rate at equal quality, in percent; negative saves bits.
        quality: the change of the quality at equal rate, in the units of quality; None
            where the curves have no rate in common.
        low: the lowest quality that both curves reach.
        high: the highest.
    """

    rate: float
    quality: float | None
    low: float
    high: float


def bits_per_pixel_band(bits: int, shape: Sequence[int]) -> float:
    """Return bits per pixel, band and season.

    Args:
        bits: of the whole stack.
        shape: (time, band, y, x).
    """
    return bits / int(np.prod(shape))


def make_curve(name: str, rates: Sequence[float], qualities: Sequence[float]) -> Curve:
    """Return the monotone curve through the points that are worth their bits.

    Args:
        name: what the curve is of, for messages.
        rates: bits per pixel per band of each point, in any order.
        qualities: the quality of each point.

    Raises:
        CodecError: when fewer than two points are left.
    """
    points = sorted(zip(rates, qualities, strict=True), key=lambda p: (p[0], -p[1]))
    kept: list[tuple[float, float]] = []
    for rate, quality in points:
        better = not kept or quality > kept[-1][1]
        if rate > 0 and np.isfinite(quality) and better:
            kept.append((rate, quality))
    if len(kept) < LEAST_POINTS:
        raise CodecError(
            f"{name} has {len(kept)} point{'s' * (len(kept) != 1)} on a curve of "
            f"{len(points)}, and a curve needs at least {LEAST_POINTS} whose quality "
            "rises with the rate; give it more rates."
        )
    pairs = np.array(kept)
    return Curve(
        name=name,
        rates=pairs[:, 0],
        qualities=pairs[:, 1],
        left_out=len(points) - len(kept),
    )


def rate_at(curve: Curve, quality: float) -> float | None:
    """Return the rate at which a curve has a quality; None beyond its ends."""
    if not curve.qualities[0] <= quality <= curve.qualities[-1]:
        return None
    return float(10 ** _Cubic(curve.qualities, np.log10(curve.rates)).at(quality))


def quality_at(curve: Curve, rate: float) -> float | None:
    """Return the quality of a curve at a rate; None beyond its ends."""
    if not curve.rates[0] <= rate <= curve.rates[-1]:
        return None
    return _Cubic(np.log10(curve.rates), curve.qualities).at(log10(rate))


def bjontegaard(curve: Curve, anchor: Curve) -> Bjontegaard:
    """Return how a curve differs from an anchor, averaged over what they share.

    The average of the log rate is over the qualities, that of the quality over the log
    rates, that both curves reach; each is an exact integral of the piecewise cubics.

    Bjøntegaard 2001 (VCEG-M33), with the piecewise cubic of the later JCT-VC reports
    in place of one polynomial of third degree.

    Raises:
        CodecError: when the curves reach no quality in common.
    """
    low = float(max(curve.qualities[0], anchor.qualities[0]))
    high = float(min(curve.qualities[-1], anchor.qualities[-1]))
    if low >= high:
        raise CodecError(
            f"{curve.name} reaches {_span(curve)} and {anchor.name} {_span(anchor)}: "
            "the curves have no quality in common to compare them at. Give one of "
            "them other rates, or choose another anchor."
        )
    means = [
        _Cubic(each.qualities, np.log10(each.rates)).mean(low, high)
        for each in (curve, anchor)
    ]
    return Bjontegaard(
        rate=100 * (10 ** (means[0] - means[1]) - 1),
        quality=_quality_change(curve, anchor),
        low=low,
        high=high,
    )


def _quality_change(curve: Curve, anchor: Curve) -> float | None:
    low = max(log10(curve.rates[0]), log10(anchor.rates[0]))
    high = min(log10(curve.rates[-1]), log10(anchor.rates[-1]))
    if low >= high:
        return None
    means = [
        _Cubic(np.log10(each.rates), each.qualities).mean(low, high)
        for each in (curve, anchor)
    ]
    return means[0] - means[1]


def _span(curve: Curve) -> str:
    return f"{curve.qualities[0]:.2f} to {curve.qualities[-1]:.2f}"


class _Cubic:
    """Interpolate rising points without overshoot (Fritsch and Carlson 1980)."""

    def __init__(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        from scipy.interpolate import PchipInterpolator

        self._function = PchipInterpolator(x, y)

    def at(self, x: float) -> float:
        """Return the value at a place between the ends."""
        return float(self._function(x))

    def mean(self, low: float, high: float) -> float:
        """Return the mean value between two places."""
        return float(self._function.integrate(low, high)) / (high - low)
