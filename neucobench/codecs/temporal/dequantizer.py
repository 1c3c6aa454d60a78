"""The dequantizer: what the decoder expected helps to undo the rounding.

::

    z_cur ──▶ 1 x 1 conv ──▶ LeakyReLU ──▶ residual block ──▶ + ──▶ synthesis
    latents, rounded ─────────────────────────────────────────┘
"""

from torch import Tensor, nn
from torch.nn import functional


class ResidualBlock(nn.Module):
    """Add what two convolutions see."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, channel, y, x)."""
        y = functional.leaky_relu(self.conv1(x))
        return functional.leaky_relu(self.conv2(y)) + x


class Dequantizer(nn.Module):
    """Correct rounded latents by what was expected of them."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.process_conv = nn.Sequential(
            nn.Conv2d(width, channels, kernel_size=1),
            nn.LeakyReLU(),
            ResidualBlock(channels),
        )

    def forward(self, latents: Tensor, z_cur: Tensor) -> Tensor:
        """Return (batch, channel, y, x).

        Args:
            latents: (batch, channel, y, x), rounded.
            z_cur: (batch, width, y, x).
        """
        corrected: Tensor = latents + self.process_conv(z_cur)
        return corrected
