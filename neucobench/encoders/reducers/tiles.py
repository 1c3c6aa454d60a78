"""Rows transformed in tiles of one fixed size, so that no bit depends on the chunks.

A matrix product of one row and of a thousand rows takes other paths through BLAS and
sums in another order. Here the rows always go through in tiles of the same shape, in
float64, the last tile filled up with zeros: a row's result is the same alone, in a
chunk, and at any place in it.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.checks import require_dims, require_finite

TILE = 128  # rows; measured fastest among powers of two for 4,096 to 1,024 columns

Tile = NDArray[np.float64]


def by_tiles(
    features: NDArray[np.float32],
    compute: Callable[[Tile], Tile],
    *,
    dims_in: int,
    dims: int,
) -> NDArray[np.float32]:
    """Return (samples, dims) float32, ``compute`` applied tile by tile.

    Args:
        features: (samples, dims_in), left as they are.
        compute: makes (TILE, dims) from (TILE, dims_in), each row from its own; it may
            overwrite what it is given.
        dims_in: the length that features must have.
        dims: the length of a result.

    Raises:
        InputError: when the features have another length, or a result is NaN or
            infinite.
    """
    require_dims(features, dims_in)
    vectors = np.empty((len(features), dims), np.float32)
    tile = np.empty((TILE, dims_in))
    for start in range(0, len(features), TILE):
        rows = features[start : start + TILE]
        tile[: len(rows)] = rows
        tile[len(rows) :] = 0
        with np.errstate(over="ignore", invalid="ignore"):
            # What is too large for float32 becomes infinite and is refused below.
            vectors[start : start + TILE] = compute(tile)[: len(rows)]
    require_finite(vectors)
    return vectors
