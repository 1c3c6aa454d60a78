"""Pooled latents: what a codec would store of a place, as a vector.

A learned codec turns each season into a small stack of whole numbers, from which it
can restore the picture. They are there for nothing wherever data are kept in coded
form: reading them takes no synthesis. Here the numbers of each channel are summed up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.base import LatentCodec
from neucobench.codecs.card import codec_card
from neucobench.data.bands import SEASONS
from neucobench.device import torch_device
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.codec_input import codec_input, codec_level, kept_codec
from neucobench.encoders.options import check_choices
from neucobench.encoders.pooled_latents import POOLS, cell_edges, pool_latents
from neucobench.errors import CubeError, UsageError


@dataclass(frozen=True, kw_only=True)
class LatentsEncoder:
    """Pool the quantized latents of a codec over the picture of each season.

    ::

        pixels + shift ──▶ analysis, rounding ──▶ latents (season, channel, y, x)
                        (the codec's own)                │ mean, std, max of each cell
        vector ◀── mean over seasons, or side by side ◀──┘

    The vector holds, from the slowest to the fastest index: season, if they stand side
    by side; row and column of the cell; statistic, in the order of ``pool``; channel.

    Attributes:
        codec: the name of a codec that has latents.
        rate: its rate, e.g. lambda; None: the one that its card prefers.
        weights: a file with the codec's weights; None: those of its card.
        pool: statistics of the latents of a cell, with commas between them: ``mean``,
            ``std`` (divided by their number) and ``max``.
        grid: cells along each side of a picture; where they do not fit the latents,
            neighbors share a row or a column of them.
        season: ``"mean"``, over any number of seasons, or ``"concat"``, which puts four
            seasons beside each other.
        fill: whether pixels without data, which are stored as 0, are filled from their
            neighbors, as they are in a container; otherwise they count as 0.
        shift: what is added to the Sentinel-2 values as they are stored: 0 for the
            downstream set, -1000 for cubes that carry the +1000 shift.
        device: where it computes.
    """

    name: ClassVar[str] = "latents"
    version: ClassVar[str] = "1"
    # The seasons of one cube are batch enough, and keep the bits the same.
    batch_size: ClassVar[int] = 1
    thread_safe: ClassVar[bool] = True

    codec: str = "tec-fp-s"
    rate: float | None = None
    weights: str | None = None
    pool: str = "mean,std,max"
    grid: int = 1
    season: str = "mean"
    fill: bool = True
    shift: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Refuse options that are not known."""
        check_choices(self.name, season=(self.season, ("mean", "concat")))
        for statistic in self._statistics:
            check_choices(self.name, pool=(statistic, tuple(POOLS)))
        if len(set(self._statistics)) != len(self._statistics) or self.grid < 1:
            raise UsageError(
                f"The encoder {self.name!r} got pool={self.pool} and grid={self.grid}; "
                "each statistic may stand once, and a picture has 1 cell or more along "
                "a side. Give e.g. --option pool=mean,std --option grid=2"
            )

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return the Sentinel-2 level whose bands the codec takes.

        Raises:
            UnknownNameError: when there is no such codec.
        """
        return (codec_level(codec_card(self.codec).bands),)

    @property
    def dims(self) -> int:
        """Return statistics x channels x cells, times four if seasons stand apart.

        Raises:
            UsageError: when the codec has no latents.
            NeucoError: when it cannot be loaded.
        """
        one = len(self._statistics) * self.latent_codec().channels * self.grid**2
        return one * (SEASONS if self.season == "concat" else 1)

    @property
    def recorded(self) -> Mapping[str, str]:
        """Return what stands in the embedding file: rate and weights as they are."""
        identity = self.latent_codec().identity
        weights = f"sha256:{identity.weights}" if identity.weights else "None"
        return {
            "rate": f"{identity.rate:g}",
            "weights": weights,
            "codec_version": identity.version,
        }

    def prepare(self) -> None:
        """Load the codec.

        Raises:
            NeucoError: when it cannot be loaded.
        """
        self.latent_codec()

    def latent_codec(self) -> LatentCodec:
        """Return the codec, which is loaded once.

        Raises:
            UsageError: when it has no latents.
            NeucoError: when it cannot be loaded.
        """
        device = str(torch_device(self.device))
        codec = kept_codec(self.codec, self.rate, self.weights, device)
        if not isinstance(codec, LatentCodec):
            raise UsageError(
                f"The codec {self.codec} has no latents: it codes pixels with "
                "transforms that nobody trained. Give --option codec=tec-fp-s (or "
                "tec-fp, tec-elic), or --encoder dct for the low frequencies."
            )
        return codec

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, dims), one cube after the other.

        Raises:
            CubeError: when a cube is too small, has pixels that are no numbers, or has
                not the seasons or the bands that it should have.
        """
        return np.stack([self._vector(batch, row) for row in range(len(batch))])

    @property
    def _statistics(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.pool.split(","))

    def _vector(self, batch: CubeBatch, row: int) -> NDArray[np.float32]:
        codec = self.latent_codec()
        level = codec_level(codec.bands)
        seasons = batch.arrays[level].shape[1]
        if self.season == "concat" and seasons != SEASONS:
            raise CubeError(
                f"The cube has {seasons} seasons and season=concat needs {SEASONS}. "
                "Leave it out, or choose --option season=mean."
            )
        seen = codec_input(
            batch, row, codec, level=level, shift=self.shift, fill=self.fill
        )
        latents = codec.latents(seen.stack)[0]
        if min(latents.shape[-2:]) < self.grid:
            raise CubeError(
                f"{level} has latents of {latents.shape[-2]} x {latents.shape[-1]} in "
                f"the codec {self.codec}, which cannot be cut into {self.grid} x "
                f"{self.grid} cells. Give --option grid={min(latents.shape[-2:])} or "
                "less."
            )
        edges = [cell_edges(length, self.grid) for length in latents.shape[-2:]]
        pooled = pool_latents(latents, self._statistics, *edges)
        if self.season == "mean":
            pooled = pooled.mean(axis=0)
        return pooled.reshape(-1).astype(np.float32)
