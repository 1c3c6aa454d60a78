"""Bands to components before the coder, and back: the Karhunen-Loève transform.

The bands of a place look alike. Their principal components do not, and most of them are
nearly empty. The matrices are orthonormal, so that an error of a component is the same
error in the bands, and one step of quantization suits all components.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.classical.bytestream import ByteReader
from neucobench.codecs.classical.givens import (
    Matrix,
    pack_rotation,
    packed_length,
    unpack_rotation,
)
from neucobench.codecs.classical.principal import detail_covariance, principal_axes

Stack = NDArray[np.float64]


class Rotation(Protocol):
    """Turn the bands of a stack into as many components, and back."""

    @property
    def bands(self) -> int | None:
        """Return how many bands a stack must have; None: any number."""

    def forward(self, stack: Stack) -> tuple[bytes, Stack]:
        """Return what the decoder must be told, and (time, component, y, x)."""

    def inverse(self, reader: ByteReader, bands: int, /) -> Matrix | None:
        """Return the (band, component) matrix that leads back; None: there is none.

        Raises:
            CodecError: when the stream ends before the matrix does.
        """


@dataclass(frozen=True, kw_only=True)
class Unrotated:
    """Leave the bands as they are."""

    bands: None = None

    def forward(self, stack: Stack) -> tuple[bytes, Stack]:
        """Return nothing to tell, and the stack."""
        return b"", stack

    def inverse(self, _reader: ByteReader, _bands: int) -> None:
        """Return None."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FixedRotation:
    """Use one matrix for all stacks; the decoder has it too.

    Attributes:
        matrix: (component, band), orthonormal.
    """

    matrix: Matrix

    @property
    def bands(self) -> int:
        """Return how many bands the matrix is for."""
        return len(self.matrix)

    def forward(self, stack: Stack) -> tuple[bytes, Stack]:
        """Return nothing to tell, and (time, component, y, x)."""
        return b"", rotate(self.matrix, stack)

    def inverse(self, _reader: ByteReader, _bands: int) -> Matrix:
        """Return the (band, component) matrix that leads back."""
        return self.matrix.T


@dataclass(frozen=True, kw_only=True)
class OwnRotation:
    """Use the principal components of each stack, and send their matrix with it."""

    bands: None = None

    def forward(self, stack: Stack) -> tuple[bytes, Stack]:
        """Return the matrix in bytes, and (time, component, y, x)."""
        packed = pack_rotation(principal_axes(detail_covariance(stack)))
        matrix = unpack_rotation(packed, stack.shape[1])  # as the decoder sees it
        return packed, rotate(matrix, stack)

    def inverse(self, reader: ByteReader, bands: int) -> Matrix:
        """Return the (band, component) matrix that leads back.

        Raises:
            CodecError: when the stream ends before the matrix does.
        """
        return unpack_rotation(reader.take(packed_length(bands)), bands).T


def rotate(matrix: Matrix, stack: Stack) -> Stack:
    """Return (time, component, y, x) of a stack (time, band, y, x)."""
    time, _, *size = stack.shape
    flat = stack.reshape(time, stack.shape[1], -1)
    return (matrix @ flat).reshape(time, len(matrix), *size)
