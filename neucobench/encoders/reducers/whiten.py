"""Whitening: columns become uncorrelated, with variance 1 in every direction."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.base import Block, ReducerState, mixed
from neucobench.encoders.reducers.bases import streamed_basis
from neucobench.encoders.reducers.checks import require_features, require_option
from neucobench.encoders.reducers.linear import LinearMap

MODES = ("zca", "pca")


@dataclass(frozen=True, kw_only=True)
class Whiten:
    """Center rows and give every direction the variance 1 (of samples - 1).

    The rows are read in chunks; the number of columns stays.

    Attributes:
        mode: ``"zca"`` turns the result back, so that each column stays as near as it
            can to what it was; ``"pca"`` leaves it along the principal components.
        eps: directions with less than this share of the largest variance are divided by
            the deviation that the share stands for, and so end below variance 1: what
            is only rounding is not blown up.
    """

    name: ClassVar[str] = "whiten"
    fits: ClassVar[bool] = True

    mode: str = "zca"
    eps: float = 1e-6

    def __post_init__(self) -> None:
        """Refuse options that cannot be."""
        accepted = ", ".join(MODES)
        require_option(self.mode in MODES, self.name, "mode", self.mode, accepted)
        accepted = "above 0, up to 1"
        require_option(0 < self.eps <= 1, self.name, "eps", self.eps, accepted)

    @classmethod
    def restore(cls, state: ReducerState) -> LinearMap:
        """Return the fitted whitening that a state describes."""
        return LinearMap.from_state(state)

    def fit(self, features: NDArray[np.float32], blocks: Sequence[Block]) -> LinearMap:
        """Return the whitening of (samples, dims) features."""
        require_features(features, blocks)
        dims = features.shape[1]
        basis = streamed_basis(features, dims)
        variances = basis.singular**2 / max(basis.count - 1, 1)
        floored = np.maximum(variances, self.eps * variances[0])
        # Rows that are all the same have no variance in any direction.
        factor = 1 / np.sqrt(floored) if variances[0] > 0 else np.zeros(dims)
        matrix = basis.vectors * factor
        turned = self.mode == "zca"
        return LinearMap(
            name=self.name,
            options=asdict(self),
            blocks_in=tuple(blocks),
            blocks=tuple(blocks) if turned else mixed(blocks, dims),
            center=basis.mean,
            matrix=np.ascontiguousarray(
                matrix @ basis.vectors.T if turned else matrix, np.float32
            ),
        )
