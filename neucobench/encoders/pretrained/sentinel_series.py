"""What encoders of time series read of a cube: twelve bands of two satellites.

The bands are VV, VH, B2, B3, B4, B5, B6, B7, B8, B8A, B11, B12, in this order.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from neucobench.data.bands import MODALITIES
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.options import check_choices, check_training
from neucobench.errors import CubeError, UsageError

RADAR = 2  # bands of Sentinel-1, which come first
_OPTICAL = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
_BANDS = RADAR + len(_OPTICAL)
_RED, _NEAR_INFRARED = (RADAR + _OPTICAL.index(name) for name in ("B04", "B08"))
_LEVELS = ("s2l1c", "s2l2a")
_MONTHS = 12


@dataclass(frozen=True, kw_only=True)
class SeriesEncoder(ABC):
    """Hold what the pretrained encoders of Sentinel series have in common.

    Attributes:
        level: the Sentinel-2 product, ``"s2l1c"`` or ``"s2l2a"``.
        s1: whether Sentinel-1 is used.
        months: month of each season, 0 (January) to 11, with commas.
        shift: what is added to the Sentinel-2 values as they are stored: 0 for the
            downstream set, -1000 for cubes that carry the +1000 shift.
        pretrained: whether the weights are the trained ones, or drawn.
        weights: a file with weights; None: the published ones.
        seed: of the weights that are drawn.
        device: where it computes.
    """

    version: ClassVar[str] = "1"
    # One cube at a time: its parts already fill the processor.
    batch_size: ClassVar[int] = 1
    thread_safe: ClassVar[bool] = True
    shard_size: ClassVar[int] = 16

    level: str = "s2l1c"
    s1: bool = True
    months: str = "3,6,9,0"
    shift: int = 0
    pretrained: bool = True
    weights: str | None = None
    seed: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Refuse options that are not known or contradict each other."""
        check_choices(self.name, level=(self.level, _LEVELS))
        check_training(
            self.name,
            pretrained=self.pretrained,
            weights=self.weights,
            seed=self.seed,
        )
        self.month_numbers()

    @property
    @abstractmethod
    def name(self) -> str:
        """Return the encoder's name, which ends in ``-random`` without training."""

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return the Sentinel-2 product, after ``"s1"`` where it is used."""
        return ("s1", self.level) if self.s1 else (self.level,)

    def month_numbers(self) -> tuple[int, ...]:
        """Return the month of each season, 0 (January) to 11.

        Raises:
            UsageError: when ``months`` says something else.
        """
        parts = [part.strip() for part in self.months.split(",")]
        if not all(part.isdecimal() and int(part) < _MONTHS for part in parts):
            raise UsageError(
                f"The encoder {self.name} got months={self.months}; it takes one "
                "number for each season, from 0 (January) to 11 (December), with "
                "commas. Give for example --option months=3,6,9,0."
            )
        return tuple(int(part) for part in parts)

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, dims); one cube after the other, for equal bits.

        Raises:
            CubeError: when a cube has not the bands or the seasons it should have, or
                is too small.
        """
        with torch.inference_mode():
            vectors = [
                self.encode_series(self.read(batch, row)) for row in range(len(batch))
            ]
        return np.stack(vectors)

    @abstractmethod
    def encode_series(self, series: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (dims,) of one cube.

        Args:
            series: (time, 12, y, x) as ``read`` returns it.
        """

    def read(self, batch: CubeBatch, row: int) -> NDArray[np.float32]:
        """Return (time, 12, y, x) of one cube: decibel, and reflectance x 10,000.

        Without Sentinel-1 the first two bands are 0.

        Raises:
            CubeError: when a modality has not the bands or the seasons it should have,
                the two differ in size, or the radar has values that are not finite.
        """
        optical = batch.arrays[self.level][row]
        _check_bands(optical, self.level)
        steps, _, height, width = optical.shape
        if steps != len(self.month_numbers()):
            raise CubeError(
                f"{self.level} has {steps} seasons, and months={self.months} names "
                f"{len(self.month_numbers())}; {self.name} needs the month of each. "
                "Give one number for each season with --option months=..."
            )
        series = np.zeros((steps, _BANDS, height, width), dtype=np.float32)
        if self.s1:
            radar = batch.arrays["s1"][row]
            _check_radar(radar, (steps, RADAR, height, width))
            series[:, :RADAR] = radar
        names = MODALITIES[self.level].bands
        series[:, RADAR:] = optical[:, [names.index(band) for band in _OPTICAL]]
        # The reader may have added something already.
        series[:, RADAR:] += self.shift - batch.offsets.get(self.level, 0)
        return series


def vegetation_index(series: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (time, y, x), (B8 - B4) / (B8 + B4), 0 where the sum is not positive.

    Args:
        series: (time, 12, y, x), reflectance in any unit.
    """
    red, near_infrared = series[:, _RED], series[:, _NEAR_INFRARED]
    total = near_infrared + red
    index = np.zeros_like(total)
    return np.divide(near_infrared - red, total, out=index, where=total > 0)


def _check_bands(array: NDArray[Any], modality: str) -> None:
    bands = len(MODALITIES[modality].bands)
    if array.shape[1] != bands:
        raise CubeError(
            f"{modality} has {array.shape[1]} bands; it should have {bands}. Leave "
            "this cube out, or correct its file."
        )


def _check_radar(radar: NDArray[Any], shape: tuple[int, ...]) -> None:
    _check_bands(radar, "s1")
    if radar.shape != shape:
        raise CubeError(
            f"s1 has {len(radar)} seasons of {radar.shape[2]} x {radar.shape[3]} "
            f"pixels and Sentinel-2 {shape[0]} of {shape[2]} x {shape[3]}; both must "
            "have the same. Leave this cube out, or give --option s1=false."
        )
    if not np.isfinite(radar).all():
        raise CubeError(
            f"s1 has {np.count_nonzero(~np.isfinite(radar))} values that are NaN or "
            "infinite, and each would spread over the whole vector. Leave this cube "
            "out, or give --option s1=false."
        )
