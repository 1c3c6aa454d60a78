"""An encoder of one's own, as the demo uses it: the mean of every band and season."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.data.bands import MODALITIES, SSL4EO_S12_V11
from neucobench.encoders.base import CubeBatch


@dataclass(frozen=True, kw_only=True)
class BandMeans:
    """Average each standardized band over each season's picture.

    It satisfies the encoder protocol without inheriting from anything: a name, the
    modalities it needs, the length of its vectors, and ``encode``.
    """

    name: ClassVar[str] = "band-means"
    version: ClassVar[str] = "1"
    modalities: ClassVar[tuple[str, ...]] = ("s1", "s2l1c", "s2l2a")
    dims: ClassVar[int] = 4 * sum(len(m.bands) for m in MODALITIES.values())

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, 108): season, then the bands of s1, s2l1c and s2l2a."""
        blocks = []
        for name in self.modalities:
            statistics = SSL4EO_S12_V11[name]
            shift = statistics.offset - batch.offsets.get(name, 0)
            means = batch.arrays[name].mean(axis=(3, 4), dtype=np.float64) + shift
            blocks.append((means - statistics.mean) / statistics.std)
        vectors = np.concatenate(blocks, axis=2).reshape(len(batch), -1)
        return np.asarray(vectors, dtype=np.float32)
