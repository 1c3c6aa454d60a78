"""Scale blocks, so that none counts for more than another through its units alone."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import Block, ReducerState
from neucobench.encoders.reducers.checks import (
    dims_of,
    require_features,
    require_option,
)
from neucobench.encoders.reducers.columns import ColumnMap
from neucobench.encoders.reducers.moments import Moments, column_moments

TARGETS = ("unit-variance", "unit-frobenius")


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Divide each block, or the whole, by one number; nothing is subtracted.

    Attributes:
        to: ``"unit-variance"``: the variances of the columns, each about its own mean,
            are 1 on average; ``"unit-frobenius"``: the squares of all entries sum to 1.
        per_block: whether each block has a number of its own.
    """

    name: ClassVar[str] = "scale"
    fits: ClassVar[bool] = True

    to: str = "unit-variance"
    per_block: bool = True

    def __post_init__(self) -> None:
        """Refuse options that cannot be."""
        accepted = ", ".join(TARGETS)
        require_option(self.to in TARGETS, self.name, "to", self.to, accepted)

    @classmethod
    def restore(cls, state: ReducerState) -> ColumnMap:
        """Return the fitted scales that a state describes."""
        return ColumnMap.from_state(state)

    def fit(self, features: NDArray[np.float32], blocks: Sequence[Block]) -> ColumnMap:
        """Return the scales of (samples, dims) features; a block of size 0 is kept."""
        require_features(features, blocks)
        moments = column_moments(features)
        dims = features.shape[1]
        parts = [(block.start, block.stop) for block in blocks]
        factor = np.empty(dims)
        for start, stop in parts if self.per_block else [(0, dims_of(blocks))]:
            size = self._size(moments, slice(start, stop))
            factor[start:stop] = 1 / size if size > 0 else 1.0
        return ColumnMap(
            name=self.name,
            options=asdict(self),
            blocks=tuple(blocks),
            center=np.zeros(dims),
            factor=factor,
        )

    def _size(self, moments: Moments, part: slice) -> float:
        squares, count = moments.squares[part], moments.count
        if self.to == "unit-variance":
            return float(np.sqrt(squares.mean() / count))
        return float(np.sqrt(np.sum(squares + count * moments.mean[part] ** 2)))
