"""Standardize columns: mean 0 and standard deviation 1 over the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import Block, ReducerState
from neucobench.encoders.reducers.checks import require_features
from neucobench.encoders.reducers.columns import ColumnMap
from neucobench.encoders.reducers.moments import column_moments


@dataclass(frozen=True, kw_only=True)
class Standardize:
    """Subtract each column's mean and divide by its standard deviation (ddof 0).

    Constant columns are centered and not divided. The rows are read in chunks.
    """

    name: ClassVar[str] = "standardize"
    fits: ClassVar[bool] = True

    @classmethod
    def restore(cls, state: ReducerState) -> ColumnMap:
        """Return the fitted means and deviations that a state describes."""
        return ColumnMap.from_state(state)

    def fit(self, features: NDArray[np.float32], blocks: Sequence[Block]) -> ColumnMap:
        """Return the means and deviations of (samples, dims) features."""
        require_features(features, blocks)
        moments = column_moments(features)
        deviation = np.sqrt(moments.squares / moments.count)
        return ColumnMap(
            name=self.name,
            options={},
            blocks=tuple(blocks),
            center=moments.mean,
            factor=1 / np.where(deviation > 0, deviation, 1.0),
        )
