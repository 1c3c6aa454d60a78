"""Statistics of the latents in the cells of a grid."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

_Pool = Callable[[NDArray[np.float64]], NDArray[np.float64]]

POOLS: Mapping[str, _Pool] = MappingProxyType(
    {
        "mean": lambda cell: np.asarray(cell.mean(axis=(-2, -1))),
        "std": lambda cell: np.asarray(cell.std(axis=(-2, -1))),
        "max": lambda cell: np.asarray(cell.max(axis=(-2, -1))),
    }
)


def cell_edges(length: int, cells: int) -> list[slice]:
    """Return the parts of an axis, one for each cell.

    Together they cover it; where it cannot be divided, neighbors share an element.

    Args:
        length: number of elements, at least ``cells``.
        cells: number of cells.
    """
    return [
        slice(cell * length // cells, -(-(cell + 1) * length // cells))
        for cell in range(cells)
    ]


def pool_latents(
    latents: NDArray[np.float32],
    statistics: Sequence[str],
    rows: Sequence[slice],
    columns: Sequence[slice],
) -> NDArray[np.float64]:
    """Return statistics of each cell, (time, row, column, statistic, channel).

    Args:
        latents: (time, channel, y, x)
        statistics: names from ``POOLS``.
        rows: the rows of the cells, from ``cell_edges``.
        columns: their columns.
    """
    exact = latents.astype(np.float64)
    grid = [
        [
            np.stack([POOLS[name](exact[:, :, y, x]) for name in statistics])
            for x in columns
        ]
        for y in rows
    ]
    # (row, column, statistic, time, channel)
    return np.moveaxis(np.array(grid), 3, 0)
