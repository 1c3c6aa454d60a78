"""Principal components: the directions in which rows differ most."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import Block, ReducerState, mixed
from neucobench.encoders.reducers.bases import (
    Basis,
    exact_basis,
    sklearn_basis,
    streamed_basis,
)
from neucobench.encoders.reducers.checks import require_decomposition, require_features
from neucobench.encoders.reducers.linear import LinearMap

SOLVERS = ("auto", "exact", "streaming", "randomized", "sklearn")
_LARGEST_EXACT = 2**25  # numbers; as float64 they take 256 MiB


@dataclass(frozen=True, kw_only=True)
class Pca:
    """Project rows on their principal components.

    ``exact`` decomposes all rows in float64; ``streaming`` decomposes the matrix of
    their second moments, gathered chunk by chunk, so that memory does not depend on
    the number of rows; ``randomized`` and ``sklearn`` are scikit-learn's ``PCA`` with
    the randomized solver and with its own choice. ``auto`` is ``exact`` up to 2**25
    numbers and ``streaming`` beyond.

    There are never more components than rows or columns; a smaller set gives shorter
    vectors. Signs are those of scikit-learn: the largest absolute loading is positive.

    Attributes:
        dims: components wanted.
        solver: one of ``SOLVERS``.
        whiten: divide each component by its standard deviation (of samples - 1), as
            scikit-learn does; components without variance become 0.
        seed: ``random_state`` of scikit-learn's solvers.
    """

    name: ClassVar[str] = "pca"
    fits: ClassVar[bool] = True

    dims: int = 1024
    solver: str = "auto"
    whiten: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse options that cannot be."""
        require_decomposition(self.name, self.dims, self.solver, SOLVERS, self.seed)

    @classmethod
    def restore(cls, state: ReducerState) -> LinearMap:
        """Return the fitted components that a state describes."""
        return LinearMap.from_state(state)

    def fit(self, features: NDArray[np.float32], blocks: Sequence[Block]) -> LinearMap:
        """Return the components of (samples, dims_in) features."""
        require_features(features, blocks)
        basis = self._basis(features, min(self.dims, *features.shape))
        vectors = basis.vectors
        if self.whiten:
            vectors = vectors * _inverse_deviations(basis)
        return LinearMap(
            name=self.name,
            options=asdict(self),
            blocks_in=tuple(blocks),
            blocks=mixed(blocks, vectors.shape[1]),
            center=basis.mean,
            matrix=vectors.astype(np.float32, order="C"),
            facts={"explained_variance_ratio": basis.ratio},
        )

    def _basis(self, features: NDArray[np.float32], dims: int) -> Basis:
        solver = self.solver
        if solver == "auto":
            solver = "exact" if features.size <= _LARGEST_EXACT else "streaming"
        if solver == "streaming":
            return streamed_basis(features, dims)
        # scikit-learn divides by the rows less one.
        if solver == "exact" or len(features) == 1:
            return exact_basis(features, dims, center=True)
        choice = "auto" if solver == "sklearn" else solver
        return sklearn_basis(features, dims, solver=choice, seed=self.seed)


def _inverse_deviations(basis: Basis) -> NDArray[np.float64]:
    """Return (dims,) 1 / standard deviation, 0 for directions that are only rounding.

    Rounding leaves about 1e-16 of the largest square in directions without variance.
    """
    size = max(basis.count, len(basis.mean))
    limit = basis.singular[0] * np.sqrt(size * np.finfo(np.float64).eps)
    inverse = np.zeros_like(basis.singular)
    kept = basis.singular > limit
    inverse[kept] = np.sqrt(basis.count - 1) / basis.singular[kept]
    return inverse
