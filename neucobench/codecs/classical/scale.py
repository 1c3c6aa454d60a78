"""Reflectance to the whole numbers of a coder, by one rule for all classical codecs.

The range is the stack's own, so that nothing is clipped, and is sent in the stream. The
step is 1, so that whole numbers survive as they are; where the range does not fit into
the coder's depth it is the least that makes it fit.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.classical.bytestream import ByteReader, pack_number


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Map reflectance to whole numbers: ``round((reflectance - low) / step)``.

    Attributes:
        low: becomes 0; a whole number of reflectance x 10,000.
        span: from ``low`` to the highest value, likewise.
        depth: bits of a number at most.
    """

    low: int
    span: int
    depth: int

    @classmethod
    def spanning(cls, values: NDArray[np.float64], depth: int) -> Self:
        """Return the scale for the range of some values, all finite."""
        low = int(np.floor(values.min()))
        return cls(low=low, span=int(np.ceil(values.max())) - low, depth=depth)

    @classmethod
    def read(cls, reader: ByteReader, depth: int) -> Self:
        """Return the scale that stands next in a stream.

        Raises:
            CodecError: when the stream ends before.
        """
        folded = reader.number()
        low = -(folded >> 1) - 1 if folded & 1 else folded >> 1
        return cls(low=low, span=reader.number(), depth=depth)

    def pack(self) -> bytes:
        """Return the scale as it stands in a stream: two numbers, mostly 4 bytes."""
        folded = -2 * self.low - 1 if self.low < 0 else 2 * self.low
        return pack_number(folded) + pack_number(self.span)

    @property
    def step(self) -> float:
        """Return what a step of 1 stands for, at least 1."""
        return max(1.0, self.span / ((1 << self.depth) - 1))

    @property
    def largest(self) -> int:
        """Return the largest whole number that occurs."""
        return round(self.span / self.step)

    def to_numbers(self, values: NDArray[np.float64]) -> NDArray[np.uint16]:
        """Return values within the range as whole numbers, the nearest ones."""
        numbers: NDArray[np.float64] = np.rint((values - self.low) / self.step)
        return numbers.astype(np.uint16)

    def to_values(self, numbers: NDArray[np.uint16]) -> NDArray[np.float64]:
        """Return what whole numbers stand for; a coder may go beyond the range."""
        values: NDArray[np.float64] = numbers * self.step + self.low
        return values
