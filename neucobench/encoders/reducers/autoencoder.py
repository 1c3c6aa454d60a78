"""An auto-encoder over frozen features, after a winner of the 2025 challenge.

The team "KTH and Friends" concatenated the features of five models, trained a small
auto-encoder on the cubes to be submitted, and handed in its narrow layer.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.reducers.autoencoder_fitted import FittedAutoencoder
from neucobench.encoders.reducers.base import Block, ReducerState, mixed
from neucobench.encoders.reducers.checks import (
    dims_of,
    require_features,
    require_option,
)
from neucobench.encoders.reducers.listed import read_numbers, read_weights
from neucobench.errors import InputError

TYPES = ("float32", "float16")


@dataclass(frozen=True, kw_only=True)
class Autoencoder:
    """Train a narrow layer from which every block can be restored linearly.

    ::

        x ─▶ layer norm ─▶ dropout ─▶ hidden ─▶ GELU ─▶ dropout ─▶ dims = the vector
                                                                    │
        loss = sum over blocks of weight * mean squared error ◀── x's blocks

    Trained with AdamW; the rate falls to a tenth at each milestone. Rows are drawn from
    the features batch by batch. The features are restored as they are: what a block
    counts for depends on its own variance besides its weight, which the two corrections
    below undo.

    Attributes:
        dims: length of a vector.
        hidden: width of the layer before it.
        input_norm: normalize each row first (with learned scales).
        dropout: share of numbers dropped before either layer while training.
        epochs: passes through all rows.
        lr: the first learning rate.
        decay: weight decay.
        batch: rows in a step; the rows that are left over in an epoch are dropped, and
            fewer rows than this make one step.
        milestones: when the rate falls, as shares of all steps, e.g. ``"0.6,0.9"``.
        weights: block names and weights, e.g. ``"prithvi=2.0,croma=0.5"``; blocks that
            are not named have 1.
        standardize_targets: restore each block less its columns' means, divided by the
            root of its columns' mean variance.
        dimension_weights: multiply each weight by the block's share of the columns, so
            that all columns count the same.
        dtype: round vectors to ``"float16"``, as the winners stored them.
        seed: seed of all draws.
        device: where it is trained: ``"cpu"``, ``"cuda"`` or ``"auto"``; each kind of
            device has draws of its own.
    """

    name: ClassVar[str] = "autoencoder"
    fits: ClassVar[bool] = True

    dims: int = 1024
    hidden: int = 2048
    input_norm: bool = True
    dropout: float = 0.1
    epochs: int = 160
    lr: float = 1e-4
    decay: float = 0.05
    batch: int = 32
    milestones: str = field(default="0.6,0.9", metadata={"list": True})
    weights: str = field(default="", metadata={"list": True})
    standardize_targets: bool = False
    dimension_weights: bool = False
    dtype: str = "float32"
    seed: int = 1337
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Refuse options that cannot be."""
        for option in ("dims", "hidden", "epochs", "batch"):
            value = getattr(self, option)
            require_option(value >= 1, self.name, option, value, "1 or more")
        for option in ("decay", "seed"):
            value = getattr(self, option)
            possible = 0 <= value < 2**63
            require_option(possible, self.name, option, value, "0 or more")
        possible = 0 <= self.dropout < 1
        require_option(possible, self.name, "dropout", self.dropout, "0 to below 1")
        accepted = "above 0, up to 1"
        require_option(0 < self.lr <= 1, self.name, "lr", self.lr, accepted)
        accepted = ", ".join(TYPES)
        require_option(self.dtype in TYPES, self.name, "dtype", self.dtype, accepted)
        read_numbers(self.milestones, self.name, "milestones")
        read_weights(self.weights, self.name, "weights")

    @classmethod
    def restore(cls, state: ReducerState) -> "FittedAutoencoder":
        """Return the trained encoder that a state describes."""
        return FittedAutoencoder.from_state(state)

    def fit(
        self, features: NDArray[np.float32], blocks: Sequence[Block]
    ) -> "FittedAutoencoder":
        """Return the encoder trained on (samples, dims_in) features."""
        from neucobench.encoders.reducers.autoencoder_training import train

        require_features(features, blocks)
        weights = self._block_weights(blocks)
        return FittedAutoencoder(
            options=asdict(self),
            blocks_in=tuple(blocks),
            blocks=mixed(blocks, self.dims),
            tensors=train(features, blocks, weights, self),
        )

    def _block_weights(self, blocks: Sequence[Block]) -> dict[str, float]:
        given = read_weights(self.weights, self.name, "weights")
        names = [block.name for block in blocks]
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise InputError(
                f"The auto-encoder's weights name the block {unknown[0]!r}, and the "
                f"features have the blocks {', '.join(names)}. Correct weights."
            )
        dims = dims_of(blocks)
        return {
            block.name: given.get(block.name, 1.0)
            * (block.dims / dims if self.dimension_weights else 1.0)
            for block in blocks
        }
