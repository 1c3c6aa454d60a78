"""How much of what a probe sees each block of an ensemble holds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import Block
from neucobench.encoders.reducers.checks import require_blocks
from neucobench.encoders.reducers.moments import column_moments


@dataclass(frozen=True, kw_only=True)
class BlockShare:
    """Hold what one block contributes.

    Attributes:
        name: the block's name.
        dims: its columns.
        share: its part of the squared deviations of all entries from their one common
            mean, which is what the ``neuco-*`` protocols standardize by.
        column_share: its part of the squared deviations of each column from its own
            mean: what is left once the probe's bias has taken up what is constant.
    """

    name: str
    dims: int
    share: float
    column_share: float


def block_balance(
    values: NDArray[np.float32], blocks: Sequence[Block]
) -> tuple[BlockShare, ...]:
    """Return what each block contributes; the shares add up to 1.

    Where all entries, or all rows, are the same, the shares concerned are 0.

    Args:
        values: (samples, dims) finite; read in chunks.
        blocks: the blocks of the columns.

    Raises:
        InputError: when the blocks do not cover the columns.
    """
    require_blocks(blocks, values.shape[1])
    moments = column_moments(values)
    within = moments.squares
    offsets = moments.mean - moments.mean.mean()
    around = within + moments.count * offsets**2
    return tuple(
        BlockShare(
            name=block.name,
            dims=block.dims,
            share=_share(around, block),
            column_share=_share(within, block),
        )
        for block in blocks
    )


def _share(squares: NDArray[np.float64], block: Block) -> float:
    total = float(squares.sum())
    return float(squares[block.start : block.stop].sum()) / (total or 1.0)
