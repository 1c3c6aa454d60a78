"""Random projection: dot products with fixed random vectors; nothing is learned."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import Block, ReducerState, mixed
from neucobench.encoders.reducers.checks import require_features, require_option
from neucobench.encoders.reducers.linear import LinearMap
from neucobench.seeding import generator


@dataclass(frozen=True, kw_only=True)
class RandomProjection:
    """Multiply rows by a matrix of independent N(0, 1/dims) numbers.

    Distances between rows are kept on average (Johnson and Lindenstrauss, 1984). The
    matrix depends on the seed and the two lengths alone.

    Attributes:
        dims: length of a result; it may exceed that of the features.
        seed: seed of the draws, 0 or more.
    """

    name: ClassVar[str] = "random-projection"
    fits: ClassVar[bool] = False

    dims: int = 1024
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse options that cannot be."""
        require_option(self.dims >= 1, self.name, "dims", self.dims, "1 or more")
        require_option(self.seed >= 0, self.name, "seed", self.seed, "0 or more")

    @classmethod
    def restore(cls, state: ReducerState) -> LinearMap:
        """Return the projection that a state describes."""
        return LinearMap.from_state(state)

    def fit(self, features: NDArray[np.float32], blocks: Sequence[Block]) -> LinearMap:
        """Return the projection for features of this length; no row decides it."""
        require_features(features, blocks)
        dims_in = features.shape[1]
        draws = generator(self.seed, self.name, dims_in, self.dims)
        matrix = draws.standard_normal((dims_in, self.dims), dtype=np.float32)
        return LinearMap(
            name=self.name,
            options=asdict(self),
            blocks_in=tuple(blocks),
            blocks=mixed(blocks, self.dims),
            center=np.zeros(dims_in),
            matrix=matrix / np.float32(np.sqrt(self.dims)),
        )
