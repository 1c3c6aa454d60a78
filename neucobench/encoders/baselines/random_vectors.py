"""The random baseline: what a probe scores on vectors that know nothing."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.base import CubeBatch
from neucobench.errors import UsageError
from neucobench.seeding import generator


@dataclass(frozen=True, kw_only=True)
class RandomEncoder:
    """Draw a standard normal vector for each id; the cubes are not read.

    The published random baseline has no seed and gives its rows out in the order in
    which files are found, so that it cannot be drawn again. Here the numbers depend on
    the seed and the id alone: a subset of the cubes gets the same vectors.

    Attributes:
        dims: length of a vector, 1 or more.
        seed: seed of the draws, 0 or more.
    """

    name: ClassVar[str] = "random"
    modalities: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[str] = "1"
    batch_size: ClassVar[int] = 64

    dims: int = 1024
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that cannot be drawn with."""
        if self.dims < 1 or self.seed < 0:
            raise UsageError(
                f"The encoder 'random' got dims={self.dims} and seed={self.seed}; give "
                "dims of 1 or more and a seed of 0 or more."
            )

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, dims), each row from the seed and the id."""
        draws = [
            generator(self.seed, "random-encoder", cube_id).standard_normal(
                self.dims, dtype=np.float32
            )
            for cube_id in batch.ids
        ]
        return np.stack(draws)
