"""Divisive normalization, with less memory where nothing is learned."""

import torch
from torch import Tensor
from torch.nn import functional

from neucobench.codecs.compressai_parts import GDN


class DivisiveNormalization(GDN):  # type: ignore[misc]
    """Divide each channel by what all channels have at the same place, or multiply.

    CompressAI's layer, to the last bit. Fresh memory is slow, and this one asks for
    half as much where no gradient is wanted.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, channel, y, x)."""
        if torch.is_grad_enabled():
            normalized: Tensor = super().forward(x)
            return normalized
        weight = self.gamma_reparam(self.gamma)[..., None, None]
        norm = functional.conv2d(x * x, weight, self.beta_reparam(self.beta))
        return (norm.sqrt_() if self.inverse else norm.rsqrt_()).mul_(x)
