"""Truncation: the first columns, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import Block, ReducerState
from neucobench.encoders.reducers.checks import (
    dims_of,
    require_dims,
    require_features,
    require_finite,
    require_option,
)


@dataclass(frozen=True, kw_only=True)
class Truncate:
    """Keep the first columns, as models with nested dimensions are made for.

    Attributes:
        dims: columns to keep; fewer columns are all kept.
    """

    name: ClassVar[str] = "truncate"
    fits: ClassVar[bool] = False

    dims: int = 1024

    def __post_init__(self) -> None:
        """Refuse options that cannot be."""
        require_option(self.dims >= 1, self.name, "dims", self.dims, "1 or more")

    @classmethod
    def restore(cls, state: ReducerState) -> "FirstColumns":
        """Return what a state describes."""
        return FirstColumns(
            options=state.options, blocks_in=state.blocks_in, blocks=state.blocks_out
        )

    def fit(
        self, features: NDArray[np.float32], blocks: Sequence[Block]
    ) -> "FirstColumns":
        """Return the same for any features of this length."""
        require_features(features, blocks)
        kept = [block for block in blocks if block.start < self.dims]
        last = kept.pop()
        stop = min(last.stop, self.dims)
        kept.append(Block(name=last.name, start=last.start, stop=stop))
        return FirstColumns(
            options=asdict(self), blocks_in=tuple(blocks), blocks=tuple(kept)
        )


@dataclass(frozen=True, kw_only=True)
class FirstColumns:
    """Keep the columns of some blocks.

    Attributes:
        options: the reducer's settings.
        blocks_in: the blocks of the features.
        blocks: those that are kept, the last one perhaps in part.
    """

    options: Mapping[str, Any]
    blocks_in: Sequence[Block]
    blocks: Sequence[Block]

    @property
    def dims_in(self) -> int:
        """Return the length of the features."""
        return dims_of(self.blocks_in)

    def transform(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (samples, dims) float32 from (samples, dims_in)."""
        require_dims(features, self.dims_in)
        vectors = np.array(features[:, : dims_of(self.blocks)], np.float32, order="C")
        require_finite(vectors)
        return vectors

    def state(self) -> ReducerState:
        """Return what is needed to make it again."""
        return ReducerState(
            name=Truncate.name,
            options=self.options,
            blocks_in=tuple(self.blocks_in),
            blocks_out=tuple(self.blocks),
        )
