"""One tile at one rate: the setting of each codec whose bits come nearest a target."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, inf, log

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.base import Codec
from neucobench.codecs.card import codec_card
from neucobench.errors import NeucoError
from neucobench.studies.codec_comparison.comparison import Comparison
from neucobench.studies.codec_comparison.plan import Setting
from neucobench.studies.codec_comparison.points import (
    Point,
    PointStore,
    measure_point,
)
from neucobench.studies.codec_comparison.tiles import Tile

# A codec whose knob is free is tuned until its bits are as near as that.
_NEAR = 0.03
_TRIALS = 5


@dataclass(frozen=True, kw_only=True)
class Shot:
    """Hold what one codec made of the tile.

    Attributes:
        point: the rate, the bits and the quality of the whole tile.
        pixels: (time, band, y, x) the decoded tile.
    """

    point: Point
    pixels: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    """Pair a setting with what it gave."""

    setting: Setting
    point: Point

    def distance(self, target: float) -> float:
        """Return how far its bits are from a target, as a logarithm."""
        bpppc = self.point.bpppc
        return abs(log(bpppc / target)) if bpppc else inf


def equal_rate_shots(
    comparison: Comparison,
    tile: Tile,
    store: PointStore,
    *,
    target: float | None = None,
) -> tuple[float, tuple[Shot, ...]]:
    """Return the target, and every codec at the rate that is nearest to it.

    A learned codec has the rates it has. A classical one is tuned between two of the
    rates that were measured; where it cannot be tuned, or the target lies beyond its
    rates, the nearest counts.

    Args:
        comparison: with points on the tile.
        tile: the tile.
        store: keeps the points that are tried.
        target: bits per pixel, band and season; None: of a learned codec's middle rate,
            or where there is none, in the middle of what all codecs reach.
    """
    measured = [_measured(comparison, codec, tile) for codec in comparison.codecs]
    aim = target or _usual_target(measured)
    return aim, tuple(_shot(_tune(group, tile, store, aim), tile) for group in measured)


def _measured(comparison: Comparison, codec: str, tile: Tile) -> list[_Candidate]:
    """Return the points of a codec on a tile, cheapest first."""
    settings = {
        setting.rate: setting
        for setting in comparison.plan.settings
        if setting.codec == codec
    }
    found = [
        _Candidate(setting=settings[point.rate], point=point)
        for point in comparison.points
        if point.codec == codec and point.tile == tile.name
    ]
    return sorted(found, key=lambda item: item.point.bpppc)


def _usual_target(measured: Sequence[Sequence[_Candidate]]) -> float:
    for group in measured:
        if _is_learned(group[0]):
            return group[len(group) // 2].point.bpppc
    low = max(group[0].point.bpppc for group in measured)
    high = min(group[-1].point.bpppc for group in measured)
    return exp((log(low) + log(high)) / 2)


def _tune(
    measured: Sequence[_Candidate], tile: Tile, store: PointStore, target: float
) -> _Candidate:
    """Return the candidate nearest to the target, with the knob turned if it helps."""
    best = min(measured, key=lambda item: item.distance(target))
    below = [item for item in measured if item.point.bpppc <= target]
    above = [item for item in measured if item.point.bpppc > target]
    if _is_learned(best) or not below or not above:
        return best
    low, high = below[-1], above[0]
    for _ in range(_TRIALS):
        if best.distance(target) <= _NEAR:
            break
        trial = _try_between(low, high, tile, store, target)
        if trial is None or not low.point.bpppc < trial.point.bpppc < high.point.bpppc:
            break
        low, high = (trial, high) if trial.point.bpppc <= target else (low, trial)
        best = min(best, trial, key=lambda item: item.distance(target))
    return best


def _try_between(
    low: _Candidate, high: _Candidate, tile: Tile, store: PointStore, target: float
) -> _Candidate | None:
    """Return a candidate between two others; None where the codec has no such rate."""
    rates = low.setting.rate, high.setting.rate
    share = log(target / low.point.bpppc) / log(high.point.bpppc / low.point.bpppc)
    rate = float(f"{rates[0] + share * (rates[1] - rates[0]):.4g}")
    codec = _load_near(low.setting, rate)
    if codec is None:
        return None
    setting = replace(low.setting, rate=codec.identity.rate, identity=codec.identity)
    point = store.get(tile, setting.identity)
    if point is None:
        point = measure_point(tile, codec, peak=store.peak)
        store.put(tile, setting.identity, point)
    return _Candidate(setting=setting, point=point)


def _load_near(setting: Setting, rate: float) -> Codec | None:
    """Return the codec at a rate; some knobs take whole numbers only."""
    for choice in (rate, float(round(rate))):
        try:
            return replace(setting, rate=choice).load()
        except NeucoError:
            continue
    return None


def _shot(candidate: _Candidate, tile: Tile) -> Shot:
    codec = candidate.setting.load()
    pixels = codec.decode(codec.encode(tile.pixels[np.newaxis]))[0]
    return Shot(point=candidate.point, pixels=pixels)


def _is_learned(candidate: _Candidate) -> bool:
    return codec_card(candidate.setting.codec).family == "learned"
