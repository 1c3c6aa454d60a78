"""Truncated SVD: principal directions of rows as they are, neither centered nor scaled.

The step with which the winners of the 2025 challenge shortened three of their four
blocks.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import Block, ReducerState, mixed
from neucobench.encoders.reducers.bases import exact_basis
from neucobench.encoders.reducers.checks import require_decomposition, require_features
from neucobench.encoders.reducers.linear import LinearMap

SOLVERS = ("randomized", "exact")


@dataclass(frozen=True, kw_only=True)
class TruncatedSvd:
    """Project rows on their first right singular vectors: ``X V``, which is ``U S``.

    There are never more dimensions than rows or columns.

    Attributes:
        dims: dimensions wanted.
        solver: ``"randomized"`` is scikit-learn's ``TruncatedSVD`` with its defaults,
            5 iterations and 10 oversamples; ``"exact"`` decomposes all rows in float64,
            with the same convention for signs.
        seed: ``random_state`` of the randomized solver.
    """

    name: ClassVar[str] = "truncated-svd"
    fits: ClassVar[bool] = True

    dims: int = 1024
    solver: str = "randomized"
    seed: int = 42

    def __post_init__(self) -> None:
        """Refuse options that cannot be."""
        require_decomposition(self.name, self.dims, self.solver, SOLVERS, self.seed)

    @classmethod
    def restore(cls, state: ReducerState) -> LinearMap:
        """Return the fitted directions that a state describes."""
        return LinearMap.from_state(state)

    def fit(self, features: NDArray[np.float32], blocks: Sequence[Block]) -> LinearMap:
        """Return the right singular vectors of (samples, dims_in) features."""
        require_features(features, blocks)
        matrix = self._directions(features, min(self.dims, *features.shape))
        return LinearMap(
            name=self.name,
            options=asdict(self),
            blocks_in=tuple(blocks),
            blocks=mixed(blocks, matrix.shape[1]),
            center=np.zeros(features.shape[1]),
            matrix=matrix.astype(np.float32, order="C"),
        )

    def _directions(self, features: NDArray[np.float32], dims: int) -> NDArray[Any]:
        # scikit-learn refuses a single column.
        if self.solver == "exact" or features.shape[1] == 1:
            return exact_basis(features, dims, center=False).vectors
        from sklearn.decomposition import TruncatedSVD

        # Rows without any variance divide by zero in a ratio that is not used.
        with np.errstate(divide="ignore", invalid="ignore"):
            fitted = TruncatedSVD(n_components=dims, random_state=self.seed).fit(
                np.ascontiguousarray(features)
            )
        return np.asarray(fitted.components_.T)
