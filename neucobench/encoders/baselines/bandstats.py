"""Statistics of every band and season: what a vector knows without any structure.

Mean, deviation and percentiles of the pixels of a band say how bright a place is and
how much it varies, and nothing about where. An embedding that does not beat them has
learned no more than the histogram.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.data.bands import S2_OFFSET, SEASONS
from neucobench.encoders.band_inputs import (
    ALL_INPUTS,
    count_bands,
    input_modalities,
    require_seasons,
    scale_as_read,
)
from neucobench.encoders.base import CubeBatch
from neucobench.errors import UnknownNameError, UsageError

_DEFAULT = "mean,std,p5,p25,p50,p75,p95"
_PERCENTS = {"min": 0.0, "max": 100.0}


@dataclass(frozen=True, kw_only=True)
class BandStatsEncoder:
    """Describe the pixels of each band and season by a few statistics.

    The vector holds, from the slowest to the fastest index: season; band, in the order
    of ``inputs``; statistic, in the order of ``statistics``. Values are standardized
    with the statistics of SSL4EO-S12 v1.1. Pixels without data count as what they are
    stored as; a NaN makes all statistics of its band and season NaN.

    Attributes:
        statistics: which, with commas between them: ``mean``, ``std`` (of the pixels,
            divided by their number), ``min``, ``max``, and percentiles such as ``p5``
            or ``p99.9``, interpolated linearly between pixels.
        inputs: the modalities to read, with commas between them.
        season_count: the seasons that a cube must have.
        shift: what the Sentinel-2 values still lack: 1000 for cubes in the convention
            of the downstream set, 0 for cubes that carry the shift already.
    """

    name: ClassVar[str] = "bandstats"
    version: ClassVar[str] = "1"
    batch_size: ClassVar[int] = 1
    thread_safe: ClassVar[bool] = True

    statistics: str = _DEFAULT
    inputs: str = ALL_INPUTS
    season_count: int = SEASONS
    shift: int = S2_OFFSET

    def __post_init__(self) -> None:
        """Refuse options that name nothing that can be computed."""
        _read_statistics(self.statistics)
        input_modalities(self.inputs, encoder=self.name)
        if self.season_count < 1:
            raise UsageError(
                f"The encoder {self.name!r} got season_count={self.season_count}; a "
                "cube has 1 or more. Give e.g. --option season_count=4"
            )

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return the modalities to read."""
        return input_modalities(self.inputs, encoder=self.name)

    @property
    def dims(self) -> int:
        """Return seasons x bands x statistics."""
        statistics = _read_statistics(self.statistics)
        return self.season_count * count_bands(self.modalities) * len(statistics)

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, dims): season, band, statistic, the last one fastest.

        Raises:
            CubeError: when the cubes have not ``season_count`` seasons, or a modality
                has not the bands it should have.
        """
        wanted = _read_statistics(self.statistics)
        blocks = [self._describe(batch, name, wanted) for name in self.modalities]
        vectors = np.concatenate(blocks, axis=2).reshape(len(batch), -1)
        return np.asarray(vectors, dtype=np.float32)

    def _describe(
        self, batch: CubeBatch, name: str, wanted: Sequence[str | float]
    ) -> NDArray[np.float64]:
        """Return (samples, season, band, statistic) of one modality."""
        require_seasons(batch, name, self.season_count, encoder=self.name)
        array = batch.arrays[name]
        found = np.empty((*array.shape[:3], len(wanted)))
        for place in np.ndindex(array.shape[:3]):
            found[place] = plane_statistics(array[place], wanted)
        mean, deviation = scale_as_read(batch, name, self.shift)
        # A deviation has no zero to be moved, and is scaled alone.
        is_level = np.array([statistic != "std" for statistic in wanted])
        return np.asarray((found - mean[:, None] * is_level) / deviation[:, None])


def plane_statistics(
    plane: NDArray[Any], wanted: Sequence[str | float]
) -> NDArray[np.float64]:
    """Return statistics of the pixels of one image.

    Args:
        plane: (y, x) any numeric type; integers of up to 16 bits are counted, which is
            exact, and others are sorted.
        wanted: ``"mean"``, ``"std"``, or a percentage for a percentile.

    Returns:
        (statistic,) in the order of ``wanted``; all NaN when a pixel is NaN.
    """
    percents = [item for item in wanted if not isinstance(item, str)]
    position = np.array(percents) / 100 * (plane.size - 1)
    before = np.floor(position).astype(np.intp)
    ranks = np.concatenate([before, np.minimum(before + 1, plane.size - 1)])
    count = plane.dtype.kind in "iu" and plane.dtype.itemsize <= 2
    mean, std, levels = (_count if count else _sort)(plane, ranks)
    lower, upper = np.split(levels, 2)
    weight = position - before
    with np.errstate(invalid="ignore"):
        # Between two infinite pixels there is no slope, and on a pixel none is needed.
        between = np.where(weight > 0, lower + weight * (upper - lower), lower)
    moments = {"mean": mean, "std": std}
    percentiles = iter(between)
    return np.array(
        [
            moments[item] if isinstance(item, str) else next(percentiles)
            for item in wanted
        ]
    )


def _count(
    plane: NDArray[Any], ranks: NDArray[np.intp]
) -> tuple[float, float, NDArray[np.float64]]:
    """Return mean, deviation and the pixels at ranks, from how often a value occurs."""
    low = plane.min()
    # The difference may wrap around a signed type and is right as an unsigned one.
    above = (plane - low).view(f"u{plane.dtype.itemsize}").ravel()
    counts = np.bincount(above)
    steps = np.arange(len(counts))
    total = int(counts @ steps)
    squares = int(counts @ steps**2)
    # Whole numbers of Python: no digit is lost before the root.
    spread = plane.size * squares - total * total
    levels = np.searchsorted(np.cumsum(counts), ranks, side="right")
    base = int(low)
    return (
        base + total / plane.size,
        math.sqrt(spread) / plane.size,
        np.asarray(levels + float(base)),
    )


def _sort(
    plane: NDArray[Any], ranks: NDArray[np.intp]
) -> tuple[float, float, NDArray[np.float64]]:
    """Return mean, deviation and the pixels at ranks, from the pixels in order."""
    pixels = np.sort(plane, axis=None).astype(np.float64)
    if np.isnan(pixels[-1]):
        return math.nan, math.nan, np.full(len(ranks), math.nan)
    with np.errstate(invalid="ignore"):
        return float(pixels.mean()), float(pixels.std()), pixels[ranks]


def _read_statistics(text: str) -> tuple[str | float, ...]:
    """Return what the option names: ``"mean"``, ``"std"``, or a percentage."""
    wanted = tuple(_read_statistic(part.strip(), text) for part in text.split(","))
    if len(set(wanted)) != len(wanted):
        raise UsageError(
            f"The encoder 'bandstats' got statistics={text}, where one stands twice; "
            f"each may stand once. Give e.g. --option statistics={_DEFAULT}"
        )
    return wanted


def _read_statistic(name: str, text: str) -> str | float:
    if name in ("mean", "std"):
        return name
    if name in _PERCENTS:
        return _PERCENTS[name]
    try:
        percent = float(name.removeprefix("p")) if name.startswith("p") else math.nan
    except ValueError:
        percent = math.nan
    if math.isnan(percent):
        known = {*_DEFAULT.split(","), *_PERCENTS}
        raise UnknownNameError("statistic of the encoder 'bandstats'", name, known)
    if not 0 <= percent <= 100:
        raise UsageError(
            f"The encoder 'bandstats' got {name} in statistics={text}; a percentile is "
            f"p0 to p100. Give e.g. --option statistics={_DEFAULT}"
        )
    return percent
