"""Means, variances and scatter matrices of rows that do not fit into memory.

Each chunk is centered on its own mean, and chunks are joined by the formulas of Chan,
Golub and LeVeque (1983): nothing large is ever subtracted from something large, so that
columns far from zero lose no digits.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import row_chunks


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Hold the moments of columns.

    Attributes:
        count: number of rows.
        mean: (dims,)
        squares: (dims,) sums of squared deviations from the mean.
    """

    count: int
    mean: NDArray[np.float64]
    squares: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scatter:
    """Hold the second moments of rows.

    Attributes:
        count: number of rows.
        mean: (dims,)
        matrix: (dims, dims) the upper triangle of the sum of products of deviations
            from the mean, in Fortran order; what is below the diagonal means nothing.
    """

    count: int
    mean: NDArray[np.float64]
    matrix: NDArray[np.float64]


def column_moments(features: NDArray[np.float32]) -> Moments:
    """Return the moments of every column of (samples, dims), read in chunks."""
    mean, squares = np.zeros(features.shape[1]), np.zeros(features.shape[1])
    for rows in _deviations(features, mean):
        squares += np.einsum("ij,ij->j", rows, rows)
    return Moments(count=len(features), mean=mean, squares=squares)


def scatter_matrix(features: NDArray[np.float32]) -> Scatter:
    """Return the scatter of the rows of (samples, dims), read in chunks.

    The memory that this takes depends on dims and not on samples.
    """
    from scipy.linalg.blas import dsyrk

    dims = features.shape[1]
    mean, matrix = np.zeros(dims), np.zeros((dims, dims), order="F")
    for rows in _deviations(features, mean):
        matrix = dsyrk(1.0, rows.T, beta=1.0, c=matrix, overwrite_c=True)
    return Scatter(count=len(features), mean=mean, matrix=matrix)


def _deviations(
    features: NDArray[np.float32], mean: NDArray[np.float64]
) -> Iterator[NDArray[np.float64]]:
    """Yield rows, chunk by chunk, whose products sum to those of the deviations.

    They are a chunk's deviations from its own mean, and one row more for what the step
    from the earlier rows' mean to the chunk's adds. All lie in one buffer.

    Args:
        features: (samples, dims)
        mean: (dims,) zeros; the mean of the rows so far is written there.
    """
    count, buffer = 0, np.empty((0, len(mean)))
    for chunk in row_chunks(features):
        size, total = len(chunk), count + len(chunk)
        if not count:
            buffer = np.empty((size + 1, len(mean)))
        rows = buffer[: size + 1]
        rows[:-1] = chunk
        center = rows[:-1].mean(axis=0)
        rows[:-1] -= center
        step = center - mean
        rows[-1] = step * np.sqrt(count * size / total)
        mean += step * (size / total)
        count = total
        yield rows
