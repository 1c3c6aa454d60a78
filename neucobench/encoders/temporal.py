"""What a codec of stacks knows of a place, and what it expects of it, as a vector.

A temporal codec predicts each season from the two before it. To do so, it sums up what
they say, and then says what it expects, and how sure it is; the file holds the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from neucobench.codecs.card import codec_card
from neucobench.codecs.standardize import standardize
from neucobench.codecs.temporal.features import stack_features
from neucobench.data.bands import SEASONS
from neucobench.device import torch_device
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.codec_input import codec_input, codec_level
from neucobench.encoders.options import check_choices
from neucobench.encoders.pooled_latents import POOLS
from neucobench.encoders.temporal_features import (
    FEATURES,
    FRAMES,
    feature_width,
    pool_features,
)
from neucobench.encoders.temporal_network import (
    KeptTemporal,
    kept_temporal,
    published_sizes,
)
from neucobench.errors import CubeError, UsageError


@dataclass(frozen=True, kw_only=True)
class TemporalEncoder:
    """Pool what the network of a temporal codec makes of the seasons of a cube.

    ::

        pixels + shift ──▶ latents ──┬──▶ z_joint: what the last two seasons say
                             │       ├──▶ z_cur: what was expected of each latent
                             │       └──▶ rate: the bits that each latent is worth
                             ▼
        vector ◀── features side by side ◀── mean over seasons ◀── mean, std, max

    The vector holds, from the slowest to the fastest index: feature, in the order of
    ``features``; season, if they stand side by side; statistic, in the order of
    ``pool``; channel.

    Attributes:
        features: what to pool, with commas between: ``z_joint`` (over windows and their
            surroundings, after each season), ``z_cur`` (over windows and tokens),
            ``latents`` and ``rate`` (of each channel, over the picture).
        codec: the name of a temporal codec.
        rate: its rate, e.g. lambda, or for a flexible codec how many tokens of a window
            are sent; None: the one that its card prefers.
        weights: a file with the codec's weights; None: those of its card.
        heads: of the attention, which cannot be seen in weights; None: what the file
            says of itself.
        pool: statistics, with commas between them: ``mean``, ``std`` (divided by the
            number of places) and ``max``.
        season: ``"mean"``, over any number of seasons; ``"last"``, which has seen those
            before; or ``"concat"``, which puts four seasons beside each other.
        fill: whether pixels without data, which are stored as 0, are filled from their
            neighbors, as they are in a container; otherwise they count as 0.
        shift: what is added to the Sentinel-2 values as they are stored: 0 for the
            downstream set, -1000 for cubes that carry the +1000 shift.
        device: where it computes.
    """

    name: ClassVar[str] = "temporal"
    version: ClassVar[str] = "1"
    # The windows of one cube are batch enough, and keep the bits the same.
    batch_size: ClassVar[int] = 1
    thread_safe: ClassVar[bool] = True

    features: str = "z_joint,z_cur,latents,rate"
    codec: str = "tec-tt-s"
    rate: float | None = None
    weights: str | None = None
    heads: int | None = None
    pool: str = "mean,std"
    season: str = "mean"
    fill: bool = True
    shift: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Refuse options that are not known."""
        check_choices(self.name, season=(self.season, FRAMES))
        for option, known in (("features", FEATURES), ("pool", POOLS)):
            given = self._listed(option)
            for part in given:
                check_choices(self.name, **{option: (part, tuple(known))})
            if len(set(given)) != len(given):
                raise UsageError(
                    f"The encoder {self.name!r} got {option}={','.join(given)}; each "
                    f"of {', '.join(known)} may stand once. Give e.g. --option "
                    f"{option}={','.join(dict.fromkeys(given))}"
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
        """Return numbers of the features x statistics, times four with concat.

        Raises:
            UsageError: when the codec is no temporal one.
            NeucoError: when its sizes are not known, and it cannot be loaded.
        """
        sizes = published_sizes(self.codec, self.weights)
        if sizes is None:
            sizes = self.loaded().network.sizes
        widths = [feature_width(name, sizes) for name in self._listed("features")]
        frames = SEASONS if self.season == "concat" else 1
        return sum(widths) * len(self._listed("pool")) * frames

    @property
    def recorded(self) -> Mapping[str, str]:
        """Return what stands in the embedding file: the network as it is."""
        loaded = self.loaded()
        return {
            "rate": f"{loaded.identity.rate:g}",
            "weights": f"sha256:{loaded.identity.weights}",
            "heads": str(loaded.network.sizes.heads),
            "codec_version": loaded.identity.version,
        }

    def prepare(self) -> None:
        """Load the codec.

        Raises:
            NeucoError: when it cannot be loaded.
        """
        self.loaded()

    def loaded(self) -> KeptTemporal:
        """Return the codec, which is loaded once.

        Raises:
            UsageError: when it is no temporal one.
            NeucoError: when it cannot be loaded.
        """
        device = str(torch_device(self.device))
        return kept_temporal(self.codec, self.rate, self.weights, self.heads, device)

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, dims), one cube after the other.

        Raises:
            CubeError: when a cube is too small, has pixels that are no numbers, or has
                not the seasons or the bands that it should have.
        """
        return np.stack([self._vector(batch, row) for row in range(len(batch))])

    def _listed(self, option: str) -> tuple[str, ...]:
        text: str = getattr(self, option)
        return tuple(part.strip() for part in text.split(","))

    def _vector(self, batch: CubeBatch, row: int) -> NDArray[np.float32]:
        loaded = self.loaded()
        level = codec_level(loaded.codec.bands)
        seasons = batch.arrays[level].shape[1]
        if self.season == "concat" and seasons != SEASONS:
            raise CubeError(
                f"The cube has {seasons} seasons and season=concat needs {SEASONS}. "
                "Leave it out, or choose --option season=mean."
            )
        seen = codec_input(
            batch, row, loaded.codec, level=level, shift=self.shift, fill=self.fill
        )
        pixels = standardize(seen.stack).astype(np.float32, copy=False)
        device = next(loaded.network.parameters()).device
        found = stack_features(
            loaded.network, torch.from_numpy(pixels).to(device), loaded.quality
        )
        vector = pool_features(
            found, self._listed("features"), self._listed("pool"), self.season
        )
        return vector.astype(np.float32)
