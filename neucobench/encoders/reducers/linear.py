"""Fitted reducers that are a matrix: every row is centered and multiplied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import Block, ReducerState
from neucobench.encoders.reducers.checks import dims_of, require_tensors
from neucobench.encoders.reducers.tiles import Tile, by_tiles


@dataclass(frozen=True, kw_only=True, eq=False)
class LinearMap:
    """Compute ``(x - center) W`` in float64.

    Attributes:
        name: the reducer's name in ``REDUCERS``.
        options: its settings.
        blocks_in: the blocks of the features.
        blocks: the blocks of the result.
        center: (dims_in,) what is subtracted.
        matrix: (dims_in, dims) W, float32.
        facts: further arrays that are kept, e.g. the explained variance.
    """

    name: str
    options: Mapping[str, Any]
    blocks_in: Sequence[Block]
    blocks: Sequence[Block]
    center: NDArray[np.float64]
    matrix: NDArray[np.float32]
    facts: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    @classmethod
    def from_state(cls, state: ReducerState) -> "LinearMap":
        """Return the map that a state describes.

        Raises:
            InputError: when its tensors do not fit together.
        """
        shape = dims_of(state.blocks_in), dims_of(state.blocks_out)
        require_tensors(state, {"center": shape[:1], "matrix": shape})
        facts = dict(state.tensors)
        return cls(
            name=state.name,
            options=state.options,
            blocks_in=state.blocks_in,
            blocks=state.blocks_out,
            center=facts.pop("center"),
            matrix=facts.pop("matrix"),
            facts=facts,
        )

    @property
    def dims_in(self) -> int:
        """Return the length of the features."""
        return len(self.center)

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        return self.matrix.astype(np.float64)

    def transform(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (samples, dims) float32 from (samples, dims_in)."""

        def project(tile: Tile) -> Tile:
            tile -= self.center
            return np.asarray(tile @ self._weights)

        dims = self.matrix.shape[1]
        return by_tiles(features, project, dims_in=self.dims_in, dims=dims)

    def state(self) -> ReducerState:
        """Return what is needed to make it again."""
        return ReducerState(
            name=self.name,
            options=self.options,
            blocks_in=tuple(self.blocks_in),
            blocks_out=tuple(self.blocks),
            tensors={"center": self.center, "matrix": self.matrix, **self.facts},
        )
