"""Fitted reducers that shift and scale each column by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import Block, ReducerState
from neucobench.encoders.reducers.checks import dims_of, require_tensors
from neucobench.encoders.reducers.tiles import Tile, by_tiles


@dataclass(frozen=True, kw_only=True, eq=False)
class ColumnMap:
    """Compute ``(x - center) * factor`` in float64.

    Attributes:
        name: the reducer's name in ``REDUCERS``.
        options: its settings.
        blocks: the blocks, the same before and after.
        center: (dims,) what is subtracted.
        factor: (dims,) what the rest is multiplied by.
    """

    name: str
    options: Mapping[str, Any]
    blocks: Sequence[Block]
    center: NDArray[np.float64]
    factor: NDArray[np.float64]

    @classmethod
    def from_state(cls, state: ReducerState) -> "ColumnMap":
        """Return the map that a state describes.

        Raises:
            InputError: when its tensors do not fit together.
        """
        shape = (dims_of(state.blocks_in),)
        require_tensors(state, {"center": shape, "factor": shape})
        return cls(
            name=state.name,
            options=state.options,
            blocks=state.blocks_in,
            center=state.tensors["center"],
            factor=state.tensors["factor"],
        )

    @property
    def dims_in(self) -> int:
        """Return the length of the features."""
        return len(self.center)

    def transform(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (samples, dims) float32 from (samples, dims)."""

        def shift_and_scale(tile: Tile) -> Tile:
            tile -= self.center
            tile *= self.factor
            return tile

        dims = self.dims_in
        return by_tiles(features, shift_and_scale, dims_in=dims, dims=dims)

    def state(self) -> ReducerState:
        """Return what is needed to make it again."""
        return ReducerState(
            name=self.name,
            options=self.options,
            blocks_in=tuple(self.blocks),
            blocks_out=tuple(self.blocks),
            tensors={"center": self.center, "factor": self.factor},
        )
