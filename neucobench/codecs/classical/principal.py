"""The principal axes of the bands, and the fixed ones that ship."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.classical.givens import Matrix
from neucobench.content import read_toml, shipped_root
from neucobench.errors import CardError, CodecError

BLOCK = 16  # pixels
_CLOSE = 1e-9


def detail_covariance(stack: NDArray[np.float64]) -> Matrix:
    """Return the (band, band) covariance of what is finer than 16 pixels.

    The mean of each block of 16 x 16 pixels is taken off: coders predict from
    neighbors, and what is left is what costs bits.

    Args:
        stack: (time, band, y, x), of at least 16 x 16 pixels.
    """
    time, bands, height, width = stack.shape
    rows, columns = height // BLOCK, width // BLOCK
    blocks = stack[..., : rows * BLOCK, : columns * BLOCK].reshape(
        time, bands, rows, BLOCK, columns, BLOCK
    )
    detail = blocks - blocks.mean(axis=(3, 5), keepdims=True)
    flat = detail.swapaxes(0, 1).reshape(bands, -1)
    covariance: Matrix = flat @ flat.T / flat.shape[1]
    return covariance


def principal_axes(covariance: Matrix) -> Matrix:
    """Return the axes as rows, strongest first, the largest entry of each positive."""
    axes = np.linalg.eigh(covariance)[1][:, ::-1].T
    largest = np.abs(axes).argmax(axis=1, keepdims=True)
    signed: Matrix = axes * np.sign(np.take_along_axis(axes, largest, axis=1))
    return signed


def fixed_axes(path: Path | None) -> Matrix:
    """Return the axes in a file, as (component, band).

    Args:
        path: a TOML file with ``matrix``, a list of rows; None: the one that ships.

    Raises:
        CodecError: when the file holds no orthonormal matrix.
    """
    path = path or shipped_root() / "codecs" / "weights" / "klt-s2l2a.toml"
    try:
        matrix = np.array(read_toml(path)["matrix"], dtype=np.float64)
    except (CardError, KeyError, ValueError, TypeError) as error:
        raise CodecError(
            f"{path} holds no matrix of a Karhunen-Loève transform ({error!r}); give "
            'with --weights a TOML file with "matrix", a list of rows of numbers.'
        ) from error
    square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]
    if not square or np.abs(matrix @ matrix.T - np.eye(len(matrix))).max() > _CLOSE:
        raise CodecError(
            f"The matrix in {path}, of the shape {matrix.shape}, is not orthonormal; "
            "the rows must be as many as the columns, of length 1, and perpendicular. "
            "Give another file with --weights FILE."
        )
    return matrix


def axes_digest(matrix: Matrix) -> str:
    """Return the SHA-256 of a matrix in hex: of its float64 numbers, row by row."""
    return hashlib.sha256(matrix.astype("<f8").tobytes()).hexdigest()
