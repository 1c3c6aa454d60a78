"""The heads: from what is expected of a token to a mean and a scale per channel."""

from torch import nn

from neucobench.codecs.temporal.attention import Linear


def head(width: int, channels: int) -> nn.Sequential:
    """Return a network from (..., width) to (..., channels)."""
    return nn.Sequential(
        Linear(width, width),
        nn.LeakyReLU(),
        Linear(width, width),
        nn.LeakyReLU(),
        Linear(width, channels),
    )
