"""Vectors as 256 levels or two, chosen for each dimension, and back."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from neucobench.errors import EmbeddingError

_TOP = 255


@dataclass(frozen=True, kw_only=True, eq=False)
class Int8:
    """Keep one of 256 levels, evenly spaced for each dimension.

    A code decodes to ``low + step * code``, computed in float64 and rounded once.

    Attributes:
        low: (dims,) float32, the value of code 0.
        step: (dims,) float32, from one level to the next; 0 for a dimension of one
            value.

    Raises:
        EmbeddingError: when a level is beyond float32, or the levels are too close
            together for float32 to tell them apart.
    """

    storage: ClassVar[str] = "int8"
    parameters: ClassVar[tuple[str, ...]] = ("low", "step")

    low: NDArray[np.float32]
    step: NDArray[np.float32]

    def __post_init__(self) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            top = self._top()
            largest = np.maximum(np.abs(self.low), np.abs(top))
            # Rounding moves a level by a quarter of a step at most, so that it is
            # still the nearest to itself.
            apart = (self.step == 0) | (self.step >= 2 * np.spacing(largest))
        if not np.isfinite(top).all() or not apart.all():
            raise EmbeddingError(
                "The levels of int8 storage lie beyond float32, or too close together; "
                "float32 must tell 256 of them apart. Fit the parameters again, or "
                "store the vectors as float32."
            )

    @classmethod
    def fit(cls, values: NDArray[np.float32]) -> Self:
        """Return levels from the smallest to the largest value of each column."""
        low, high = values.min(axis=0), values.max(axis=0)
        extent = high.astype(np.float64) - low
        step = (extent / _TOP).astype(np.float32)
        short = low + step.astype(np.float64) * _TOP < high
        step[short] = np.nextafter(step[short], np.float32(np.inf))
        with np.errstate(over="ignore"):
            least = 4 * np.spacing(np.maximum(np.abs(low), np.abs(high)))
        return cls(low=low, step=np.where(extent > 0, np.maximum(step, least), step))

    @staticmethod
    def width(dims: int) -> int:
        """Return one byte for each dimension."""
        return dims

    def dims(self, width: int) -> int:
        """Return the number of dimensions that the levels are for.

        Raises:
            EmbeddingError: when their codes take another width.
        """
        _require_width(self.storage, width, len(self.low), len(self.low))
        return width

    def encode(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the numbers of the nearest levels; beyond the last, its number."""
        above = values.astype(np.float64) - self.low
        # A dimension of one value has one code, whatever is put into it.
        step = np.where(self.step > 0, self.step, np.inf).astype(np.float64)
        return np.asarray(np.clip(np.rint(above / step), 0, _TOP), dtype=np.uint8)

    def decode(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the levels."""
        return self._levels(codes)

    def clipped(self, values: NDArray[np.float32]) -> int:
        """Return how many values lie below the first level or above the last."""
        return int(((values < self.low) | (values > self._top())).sum())

    def _top(self) -> NDArray[np.float32]:
        return self._levels(np.full_like(self.low, _TOP))

    def _levels(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        levels = self.low + self.step.astype(np.float64) * codes
        return np.asarray(levels, dtype=np.float32)


@dataclass(frozen=True, kw_only=True, eq=False)
class Binary:
    """Keep one bit: whether a value reaches the threshold of its dimension.

    Attributes:
        threshold: (dims,) float32, the least value whose bit is 1.
        lower: (dims,) float32, what a bit of 0 decodes to: less than the threshold,
            or all three are equal.
        upper: (dims,) float32, what a bit of 1 decodes to.

    Raises:
        EmbeddingError: when the three are in another order.
    """

    storage: ClassVar[str] = "binary"
    parameters: ClassVar[tuple[str, ...]] = ("threshold", "lower", "upper")

    threshold: NDArray[np.float32]
    lower: NDArray[np.float32]
    upper: NDArray[np.float32]

    def __post_init__(self) -> None:
        parted = (self.lower < self.threshold) & (self.threshold <= self.upper)
        single = (self.lower == self.threshold) & (self.threshold == self.upper)
        if not (parted | single).all():
            raise EmbeddingError(
                "The two values of binary storage are on one side of their threshold; "
                "it must part them. Fit the parameters again."
            )

    @classmethod
    def fit(cls, values: NDArray[np.float32]) -> Self:
        """Return the mean of each column, and the means of what is below and above it.

        The decoded columns then have the means of the columns themselves.
        """
        threshold = values.mean(axis=0, dtype=np.float64).astype(np.float32)
        above = values >= threshold
        return cls(
            threshold=threshold,
            lower=_mean_where(values, ~above, threshold),
            upper=_mean_where(values, above, threshold),
        )

    @staticmethod
    def width(dims: int) -> int:
        """Return one byte for eight dimensions, the last ones not full."""
        return -(-dims // 8)

    def dims(self, width: int) -> int:
        """Return the number of dimensions that the thresholds are for.

        Raises:
            EmbeddingError: when their codes take another width.
        """
        dims = len(self.threshold)
        _require_width(self.storage, width, self.width(dims), dims)
        return dims

    def encode(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return packed bits, the first dimension in the highest bit."""
        return np.packbits(values >= self.threshold, axis=1)

    def decode(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the two values, as the bits choose."""
        bits = np.unpackbits(codes, axis=1, count=len(self.threshold))
        return np.where(bits.view(np.bool_), self.upper, self.lower)

    def clipped(self, values: NDArray[np.float32]) -> int:  # noqa: ARG002
        """Return 0: a bit says on which side a value lies, however far."""
        return 0


def _require_width(storage: str, width: int, expected: int, dims: int) -> None:
    if width != expected:
        raise EmbeddingError(
            f"The codes of a vector take {width} bytes, and {storage} takes {expected} "
            f"for the {dims} dimensions of its parameters; the file is damaged. Write "
            "it again."
        )


def _mean_where(
    values: NDArray[np.float32],
    chosen: NDArray[np.bool_],
    otherwise: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the means of the chosen cells of each column, or what is without one."""
    count = chosen.sum(axis=0)
    total = np.where(chosen, values, 0).sum(axis=0, dtype=np.float64)
    mean = (total / np.maximum(count, 1)).astype(np.float32)
    return np.where(count > 0, mean, otherwise)
