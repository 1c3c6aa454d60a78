"""The transforms of TEC-ELIC: pixels to latents, latents to side information.

Each of the four stages halves, or doubles, height and width. He et al. 2022, with the
attention of Cheng et al. 2020.
"""

from torch import nn

from neucobench.codecs.compressai_parts import AttentionBlock, ResidualBottleneckBlock


def analysis(bands: int, n: int, m: int) -> nn.Sequential:
    """Return g_a: (batch, bands, y, x) to (batch, m, y / 16, x / 16)."""
    return nn.Sequential(
        down(bands, n), *_bottlenecks(n),
        down(n, n), *_bottlenecks(n), AttentionBlock(n),
        down(n, n), *_bottlenecks(n),
        down(n, m), AttentionBlock(m),
    )  # fmt: skip


def synthesis(bands: int, n: int, m: int) -> nn.Sequential:
    """Return g_s: (batch, m, y / 16, x / 16) to (batch, bands, y, x)."""
    return nn.Sequential(
        AttentionBlock(m), up(m, n), *_bottlenecks(n),
        up(n, n), AttentionBlock(n), *_bottlenecks(n),
        up(n, n), *_bottlenecks(n),
        up(n, bands),
    )  # fmt: skip


def hyper_analysis(n: int, m: int) -> nn.Sequential:
    """Return h_a: (batch, m, y / 16, x / 16) to (batch, n, y / 64, x / 64)."""
    return nn.Sequential(
        nn.Conv2d(m, n, kernel_size=3, padding=1),
        nn.ReLU(inplace=True),
        down(n, n),
        nn.ReLU(inplace=True),
        down(n, n),
    )


def hyper_synthesis(n: int, m: int) -> nn.Sequential:
    """Return h_s: (batch, n, y / 64, x / 64) to (batch, 2 * m, y / 16, x / 16)."""
    middle = n * 3 // 2
    return nn.Sequential(
        up(n, n),
        nn.ReLU(inplace=True),
        up(n, middle),
        nn.ReLU(inplace=True),
        nn.Conv2d(middle, 2 * m, kernel_size=3, padding=1),
    )


def down(channels: int, out: int) -> nn.Conv2d:
    """Return a convolution that halves height and width, rounded up."""
    return nn.Conv2d(channels, out, kernel_size=5, stride=2, padding=2)


def up(channels: int, out: int) -> nn.ConvTranspose2d:
    """Return a convolution that doubles height and width."""
    return nn.ConvTranspose2d(
        channels, out, kernel_size=5, stride=2, padding=2, output_padding=1
    )


def _bottlenecks(n: int) -> list[nn.Module]:
    return [ResidualBottleneckBlock(n, n) for _ in range(3)]
