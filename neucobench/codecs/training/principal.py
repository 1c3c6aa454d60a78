"""Start a factorized network as a linear transform: hierarchical principal components.

::

    2 x 2 pixels x bands  ──▶  n components
    2 x 2 of these  x n   ──▶  n components      (twice)
    2 x 2 of these  x n   ──▶  m latents

Each convolution begins as the principal components of what comes in, in blocks of two
by two pixels, with the taps around them zero; the synthesis begins as the transpose;
the normalizations begin near the identity. The mean of each band is a component of its
own down to the last layer, which decorrelates them: a spectrum that no training picture
has can be told from those that some have. This codes pictures from the first step on,
where random weights take thousands of steps to pass anything through the bottleneck.
"""

from dataclasses import dataclass
from math import log, sqrt
from typing import Any

import torch
from torch import Tensor, nn

from neucobench.codecs.compressai_parts import GDN, EntropyBottleneck

TAPS = slice(2, 4)  # of a 5 x 5 kernel of stride 2: those on its block of 2 x 2
_GAMMA = 1e-4
HALF = 0.5  # a block of 2 x 2 adds up to twice its mean; kept down layer by layer
_SMALL = 1e-3  # std of the other taps, so that they differ


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Say which components of a layer are means of bands.

    Attributes:
        channels: how many channels at the front hold the means.
        decorrelate: whether they are rotated to their own principal components.
    """

    channels: int
    decorrelate: bool


def begin_as_components(net: Any, x: Tensor, rate: float) -> None:
    """Set the weights of a network to the principal components of a sample.

    The latents are scaled such that rounding them costs what the last bit gains: for
    squared errors averaged over 256 x bands values per latent position, a step of
    ``sqrt(6 · bands / (ln 2 · rate))``.

    Args:
        net: a `FactorizedPrior`; changed in place.
        x: (crop, band, y, x), standardized.
        rate: the loss's lambda.
    """
    scale = sqrt(log(2) * rate / (6 * x.shape[1]))
    analysis = [part for part in net.g_a if isinstance(part, nn.Conv2d)]
    synthesis = [part for part in net.g_s if isinstance(part, nn.ConvTranspose2d)]
    # A network with fewer channels than bands has no room for their means.
    fits = min(part.out_channels for part in analysis) >= net.bands
    with torch.no_grad():
        for down, up in zip(analysis, reversed(synthesis), strict=True):
            last = down is analysis[-1]
            kept = Kept(channels=net.bands * fits, decorrelate=last and fits)
            gain = scale / HALF ** (len(analysis) - 1) if last else HALF
            x = _fit(down, up, x, gain, kept)
        for part in (*net.g_a, *net.g_s):
            if isinstance(part, GDN):
                diagonal = _GAMMA * torch.eye(len(part.beta))
                part.gamma.copy_(part.gamma_reparam.init(diagonal))
        _fit_bottleneck(net.entropy_bottleneck, x)


def _fit(
    down: nn.Conv2d, up: nn.ConvTranspose2d, x: Tensor, scale: float, kept: Kept
) -> Tensor:
    """Set a convolution and its counterpart; return what the convolution gives."""
    crops, channels, height, width = x.shape
    blocks = x.unfold(2, 2, 2).unfold(3, 2, 2)  # crop, channel, y, x, 2, 2
    flat = blocks.permute(0, 2, 3, 1, 4, 5).reshape(-1, channels * 4).double()
    mean = flat.mean(dim=0)
    centered = flat - mean
    count = min(down.out_channels, channels * 4)
    chosen = components(centered, count, kept)  # component, channel x 2 x 2
    kernels = chosen.reshape(count, channels, 2, 2).float()
    for convolution, gain in ((down, scale), (up, 1 / scale)):
        weight, bias = convolution.weight, convolution.bias
        assert bias is not None
        bias.zero_()
        weight.normal_(0, _SMALL * gain)
        weight[:count, :, TAPS, TAPS] = kernels * gain
    assert down.bias is not None
    assert up.bias is not None
    down.bias[:count] = -scale * (chosen @ mean).float()
    # The mean is that of a block; the bias is one for each channel.
    up.bias.copy_(mean.reshape(channels, 4).mean(dim=1).float())
    y = (centered @ chosen.T).float() * scale
    y = nn.functional.pad(y, (0, down.out_channels - count))
    return y.reshape(crops, height // 2, width // 2, -1).permute(0, 3, 1, 2)


def components(centered: Tensor, count: int, kept: Kept) -> Tensor:
    """Return (component, channel x 2 x 2): first the means, then what varies most.

    Args:
        centered: (block, channel x 2 x 2).
        count: how many components.
        kept: the channels at the front that hold means of bands.
    """
    means = torch.zeros(kept.channels, centered.shape[1], dtype=centered.dtype)
    for channel in range(kept.channels):
        means[channel, 4 * channel : 4 * channel + 4] = HALF
    if kept.decorrelate:
        means = _principal(centered @ means.T, kept.channels) @ means
    rest = centered - centered @ means.T @ means
    return torch.cat([means, _principal(rest, count - kept.channels)])


def _principal(centered: Tensor, count: int) -> Tensor:
    vectors: Tensor = torch.linalg.eigh(centered.T @ centered)[1]
    return vectors.flip(1)[:, :count].T


def _fit_bottleneck(bottleneck: Any, y: Tensor) -> None:
    """Make the densities as wide as the latents of (crop, channel, y, x) are."""
    assert isinstance(bottleneck, EntropyBottleneck)
    spread = y.std(dim=(0, 2, 3)).clamp(min=0.3)
    layers = len(bottleneck.matrices)
    for matrix in bottleneck.matrices:
        per_layer = (0.5 * spread) ** (1 / layers) * matrix.shape[1]
        gains = torch.log(torch.expm1(1 / per_layer))
        matrix.copy_(gains[:, None, None].expand_as(matrix))
    bottleneck._update_quantiles()
