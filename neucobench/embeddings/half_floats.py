"""Vectors as floating-point numbers of two bytes, and back."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.errors import EmbeddingError


class _TwoBytes:
    """What both kinds have in common; see ``Quantizer`` for the methods."""

    storage: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]] = ()

    @staticmethod
    def width(dims: int) -> int:
        return 2 * dims

    def dims(self, width: int) -> int:
        if not width or width % 2:
            raise EmbeddingError(
                f"The codes of a vector take {width} bytes, and {self.storage} takes "
                "two for each dimension; the file is damaged. Write it again."
            )
        return width // 2

    def clipped(self, values: NDArray[np.float32]) -> int:  # noqa: ARG002 - none is
        return 0


@dataclass(frozen=True, kw_only=True)
class Float16(_TwoBytes):
    """Keep 11 significant bits of values up to 65,504: the half floats of IEEE 754."""

    storage: ClassVar[str] = "float16"

    def encode(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the nearest half floats, little-endian.

        Raises:
            EmbeddingError: when a value is too large for one.
        """
        with np.errstate(over="ignore"):
            halves = np.ascontiguousarray(values, dtype="<f2")
        if np.isinf(halves).any():
            raise EmbeddingError(
                f"The largest value is {np.abs(values).max():g}, and float16 ends at "
                "65504. Store the vectors as bfloat16 or int8, or scale them down."
            )
        return halves.view(np.uint8)

    def decode(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the values of half floats."""
        return codes.view("<f2").astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class BFloat16(_TwoBytes):
    """Keep 8 significant bits of any value: the upper half of a float32."""

    storage: ClassVar[str] = "bfloat16"

    def encode(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the nearest upper halves, ties to even, little-endian.

        Raises:
            EmbeddingError: when a value rounds to infinity.
        """
        bits = np.ascontiguousarray(values, dtype="<f4").view("<u4")
        halves = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")
        if ((halves & 0x7F80) == 0x7F80).any():
            raise EmbeddingError(
                f"The largest value is {np.abs(values).max():g}, and bfloat16 ends at "
                "3.39e+38. Scale the vectors down, or store them as float32."
            )
        return halves.view(np.uint8)

    def decode(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the values whose lower halves are zero."""
        bits = codes.view("<u2").astype("<u4") << 16
        return bits.view("<f4").astype(np.float32, copy=False)
