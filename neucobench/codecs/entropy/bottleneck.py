"""Code what a factorized prior describes: one row of probabilities per channel."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neucobench.codecs.entropy.latents import LatentCoder, Part, Read, to_symbols
from neucobench.codecs.entropy.tables import bottleneck_tables


class BottleneckCoder(LatentCoder):
    """Code all latents at once, with the weights of CompressAI's bottleneck."""

    def __init__(self, bottleneck: Any, dtype: torch.dtype) -> None:
        self.tables = bottleneck_tables(bottleneck, dtype)
        medians = bottleneck.quantiles.detach()[:, 0, 1].to(dtype)
        self._medians: Tensor = medians[:, None, None].clone()

    def parts(self, y: Tensor) -> list[Part]:
        """Return the one part, (batch, channel, y, x).

        Raises:
            CodecError: when a latent is too large to be coded.
        """
        symbols = to_symbols(torch.round(y - self._medians.to(y.dtype)))
        batch, _, height, width = symbols.shape
        return [Part(symbols=symbols, rows=self._rows((batch, height, width)))]

    def latents(self, read: Read, shape: tuple[int, int, int]) -> Tensor:
        """Return quantized latents (batch, channel, y, x)."""
        return self.values(read(self._rows(shape)))

    def values(self, symbols: NDArray[np.int32]) -> Tensor:
        """Return the latents that symbols stand for."""
        return torch.from_numpy(symbols).to(self._medians) + self._medians

    def _rows(self, shape: tuple[int, int, int]) -> NDArray[np.int32]:
        batch, height, width = shape
        channels = np.arange(len(self.tables), dtype=np.int32)[:, None, None]
        return np.broadcast_to(channels, (batch, len(channels), height, width))
