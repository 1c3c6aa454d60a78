"""TEC-FP: convolutions with divisive normalization and a factorized prior."""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from neucobench.codecs.compressai_parts import EntropyBottleneck
from neucobench.codecs.entropy.bottleneck import BottleneckCoder
from neucobench.codecs.entropy.latents import LatentCoder
from neucobench.codecs.network import Estimate, PictureNetwork
from neucobench.codecs.normalization import DivisiveNormalization as Gdn
from neucobench.codecs.payload import pair

__all__ = ["Estimate", "FactorizedPrior"]


class FactorizedPrior(PictureNetwork):
    """Code pictures with one fully factorized prior per latent channel.

    ::

        x ──▶ g_a ──▶ y ──▶ round ──▶ y_hat ──▶ g_s ──▶ x_hat
                              │
                       entropy bottleneck: one table of probabilities per channel

    x is (batch, band, y, x), standardized; y is (batch, channel, y / 16, x / 16).
    Ballé et al. 2018, as published by TerraCodec under the name TEC-FP.
    """

    parts: ClassVar[int] = 1

    def __init__(self, bands: int, n: int, m: int) -> None:
        super().__init__()
        self.g_a = nn.Sequential(
            _down(bands, n), Gdn(n), _down(n, n), Gdn(n), _down(n, n), Gdn(n),
            _down(n, m),
        )  # fmt: skip
        self.g_s = nn.Sequential(
            _up(m, n), Gdn(n, inverse=True), _up(n, n), Gdn(n, inverse=True),
            _up(n, n), Gdn(n, inverse=True), _up(n, bands),
        )  # fmt: skip
        self.entropy_bottleneck = EntropyBottleneck(m)

    @property
    def channels(self) -> int:
        """Return how many channels the latents have."""
        return int(self.entropy_bottleneck.channels)

    def estimate(self, x: Tensor) -> Estimate:
        """Return the reconstruction and the likelihoods; noisy while training."""
        y_hat, likelihoods = self.entropy_bottleneck(self.g_a(x))
        return Estimate(x_hat=self.g_s(y_hat), likelihoods=(likelihoods,))

    def aux_loss(self) -> Tensor:
        """Return the loss that places the quantiles of the bottleneck."""
        loss: Tensor = self.entropy_bottleneck.loss()
        return loss

    def latents(self, x: Tensor) -> Tensor:
        """Return the quantized latents, (batch, channel, y / 16, x / 16)."""
        medians: Tensor = self.entropy_bottleneck.quantiles[:, 0, 1, None, None]
        return torch.round(self.analyze(x) - medians) + medians

    def make_coder(self, dtype: torch.dtype) -> LatentCoder:
        """Return what codes the latents, with the weights as they are now."""
        return BottleneckCoder(self.entropy_bottleneck, dtype)

    def published_shape(self, height: int, width: int) -> Any:
        """Return upstream's description of latents: their height and their width."""
        return height, width

    def latent_size(self, shape: Any) -> tuple[int, int]:
        """Return the height and the width in upstream's description of latents.

        Raises:
            CodecError: when it is no pair of positive whole numbers.
        """
        return pair(shape)


def _down(channels: int, out: int) -> nn.Conv2d:
    return nn.Conv2d(channels, out, kernel_size=5, stride=2, padding=2)


def _up(channels: int, out: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(
        channels, out, kernel_size=5, stride=2, padding=2, output_padding=1
    )
