"""Rows of unit length."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import Block, ReducerState
from neucobench.encoders.reducers.checks import dims_of, require_features
from neucobench.encoders.reducers.tiles import Tile, by_tiles


@dataclass(frozen=True, kw_only=True)
class L2:
    """Divide each row by its Euclidean length; rows of zeros stay zeros."""

    name: ClassVar[str] = "l2"
    fits: ClassVar[bool] = False

    @classmethod
    def restore(cls, state: ReducerState) -> "UnitRows":
        """Return what a state describes."""
        return UnitRows(blocks=state.blocks_in)

    def fit(self, features: NDArray[np.float32], blocks: Sequence[Block]) -> "UnitRows":
        """Return the same for any features of this length."""
        require_features(features, blocks)
        return UnitRows(blocks=tuple(blocks))


@dataclass(frozen=True, kw_only=True)
class UnitRows:
    """Give rows unit length.

    Attributes:
        blocks: the blocks, the same before and after.
    """

    blocks: Sequence[Block]

    @property
    def dims_in(self) -> int:
        """Return the length of the features."""
        return dims_of(self.blocks)

    def transform(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (samples, dims) float32 from (samples, dims)."""

        def divide(tile: Tile) -> Tile:
            length = np.sqrt(np.einsum("ij,ij->i", tile, tile))
            tile /= np.where(length > 0, length, 1.0)[:, None]
            return tile

        dims = self.dims_in
        return by_tiles(features, divide, dims_in=dims, dims=dims)

    def state(self) -> ReducerState:
        """Return what is needed to make it again."""
        blocks = tuple(self.blocks)
        return ReducerState(
            name=L2.name, options={}, blocks_in=blocks, blocks_out=blocks
        )
