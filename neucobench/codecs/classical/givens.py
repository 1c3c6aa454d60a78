"""Orthonormal matrices in few bytes: one angle for each pair of rows.

Any orthonormal matrix is a product of rotations in the planes of two axes, up to the
signs of its rows. Golub and Van Loan, Matrix Computations, section 5.1.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_STEPS = 256  # of an angle between -90 and 90 degrees, one byte
_MIDDLE = 128

Matrix = NDArray[np.float64]


def pack_rotation(matrix: Matrix) -> bytes:
    """Return an orthonormal (n, n) matrix as n (n - 1) / 2 bytes.

    The signs of its rows are lost.
    """
    turned = matrix.T.copy()
    angles = bytearray()
    for first, second in _planes(len(matrix)):
        x, y = turned[first, first], turned[second, first]
        angle = np.pi / 2 if x == 0 else np.arctan(y / x)
        angles.append(round(angle / np.pi * _STEPS + _MIDDLE) % _STEPS)
        _turn(turned, first, second, angle)
    return bytes(angles)


def unpack_rotation(packed: bytes, size: int) -> Matrix:
    """Return the (size, size) matrix of such bytes, orthonormal whatever they are."""
    matrix = np.eye(size)
    planes = list(_planes(size))
    for (first, second), code in zip(reversed(planes), reversed(packed), strict=True):
        _turn(matrix, first, second, -(code - _MIDDLE) * np.pi / _STEPS)
    return matrix.T.copy()


def packed_length(size: int) -> int:
    """Return how many bytes an orthonormal matrix of so many rows takes."""
    return size * (size - 1) // 2


def _planes(size: int) -> Iterator[tuple[int, int]]:
    for first in range(size):
        for second in range(first + 1, size):
            yield first, second


def _turn(matrix: Matrix, first: int, second: int, angle: float) -> None:
    """Rotate two rows in place; a positive angle moves the second to the first."""
    cosine, sine = np.cos(angle), np.sin(angle)
    x, y = matrix[first].copy(), matrix[second]
    matrix[first] = cosine * x + sine * y
    matrix[second] = cosine * y - sine * x
