"""The low frequencies of every band and season: the control of classical codecs.

A transform codec keeps the first coefficients of a discrete cosine transform and
quantizes them. Without training, and with the quantizer left to how a file is stored,
this is what such a codec's latents are worth to a probe.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.data.bands import S2_OFFSET, SEASONS
from neucobench.encoders.band_inputs import (
    ALL_INPUTS,
    count_bands,
    input_modalities,
    require_seasons,
    scale_as_read,
)
from neucobench.encoders.base import CubeBatch
from neucobench.errors import CubeError, UsageError


@dataclass(frozen=True, kw_only=True)
class DctEncoder:
    """Keep a corner of the orthonormal DCT-II of each standardized band and season.

    ::

        band (y, x) ──▶ standardize ──▶ rows of C ──▶ columns of C ──▶ / sqrt(y · x)
                        (SSL4EO-S12)    (block, y)    (x, block)       (block, block)

        C[0, i] = sqrt(1 / n),   C[u, i] = sqrt(2 / n) · cos(π (2 i + 1) u / (2 n))

    The vector holds, from the slowest to the fastest index: season; band, in the order
    of ``inputs``; frequency along y; frequency along x. Coefficients are divided by the
    square root of the number of values that are transformed together, so that the first
    one is their mean and images of any size give comparable numbers. A NaN makes all
    coefficients of its band and season NaN.

    Attributes:
        block: frequencies that are kept along each side, from 0 up.
        inputs: the modalities to read, with commas between them.
        temporal: transform along the seasons too; all of their frequencies are kept, in
            the place of the seasons.
        season_count: the seasons that a cube must have.
        shift: what the Sentinel-2 values still lack: 1000 for cubes in the convention
            of the downstream set, 0 for cubes that carry the shift already.
    """

    name: ClassVar[str] = "dct"
    version: ClassVar[str] = "1"
    batch_size: ClassVar[int] = 1
    thread_safe: ClassVar[bool] = True

    block: int = 3
    inputs: str = ALL_INPUTS
    temporal: bool = False
    season_count: int = SEASONS
    shift: int = S2_OFFSET

    def __post_init__(self) -> None:
        """Refuse options that leave nothing to compute."""
        input_modalities(self.inputs, encoder=self.name)
        if self.block < 1 or self.season_count < 1:
            raise UsageError(
                f"The encoder {self.name!r} got block={self.block} and season_count="
                f"{self.season_count}; both are 1 or more. Give e.g. --option block=3"
            )

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return the modalities to read."""
        return input_modalities(self.inputs, encoder=self.name)

    @property
    def dims(self) -> int:
        """Return seasons x bands x block x block."""
        return self.season_count * count_bands(self.modalities) * self.block**2

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, dims): season, band, frequency in y, then in x.

        Raises:
            CubeError: when the cubes have not ``season_count`` seasons, a modality has
                not the bands it should have, or an image is smaller than the block.
        """
        blocks = [self._transform(batch, name) for name in self.modalities]
        vectors = np.concatenate(blocks, axis=2)
        if self.temporal:
            basis = cosine_basis(self.season_count, self.season_count)
            # Cube by cube, so that a batch's size cannot change the order of sums.
            vectors = np.stack([np.tensordot(basis, cube, axes=1) for cube in vectors])
        return np.asarray(vectors.reshape(len(batch), -1), dtype=np.float32)

    def _transform(self, batch: CubeBatch, name: str) -> NDArray[np.float64]:
        """Return (samples, season, band, block, block) of one modality."""
        require_seasons(batch, name, self.season_count, encoder=self.name)
        array = batch.arrays[name]
        height, width = array.shape[-2:]
        self._require_size(name, height, width)
        rows = cosine_basis(height, self.block)
        columns = cosine_basis(width, self.block).T
        found = np.empty((*array.shape[:3], self.block, self.block))
        with np.errstate(invalid="ignore"):
            for place in np.ndindex(array.shape[:3]):
                found[place] = rows @ array[place].astype(np.float64) @ columns
        mean, deviation = scale_as_read(batch, name, self.shift)
        # The mean of a band is a constant, and only the first coefficient sees those.
        found[..., 0, 0] -= mean
        return np.asarray(found / deviation[:, None, None])

    def _require_size(self, name: str, height: int, width: int) -> None:
        if min(height, width) < self.block:
            raise CubeError(
                f"{name} has {height} x {width} pixels, and the encoder {self.name!r} "
                f"keeps {self.block} frequencies along each side; an image has as many "
                f"as it has pixels. Give --option block={min(height, width)} or less."
            )


@lru_cache(maxsize=16)
def cosine_basis(length: int, count: int) -> NDArray[np.float64]:
    """Return the first rows of the orthonormal DCT-II matrix, over ``sqrt(length)``.

    Args:
        length: number of points of the axis.
        count: number of rows, at most ``length``.

    Returns:
        (count, length), read-only.

    Source: N. Ahmed, T. Natarajan, K. R. Rao, "Discrete Cosine Transform", 1974.
    """
    points = (2 * np.arange(length) + 1) / (2 * length)
    basis = np.cos(np.pi * np.arange(count)[:, None] * points)
    basis[1:] *= np.sqrt(2)
    basis /= length
    basis.flags.writeable = False
    return basis
