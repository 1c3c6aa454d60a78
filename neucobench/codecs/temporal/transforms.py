"""The transforms of TEC-TT: pixels to latents and back.

::

    x ──▶ conv ↓2 ── 3 units ── conv ↓2 ── 3 units ── attention ──▶
          conv ↓2 ── 3 units ── conv ↓2 ── attention ──▶ y

    y_hat ──▶ attention ── conv ↑2 ── 3 units ── conv ↑2 ── attention ── 3 units ──▶
              conv ↑2 ── 3 units ── conv ↑2 ──▶ x_hat

Each of the four stages halves, or doubles, height and width. He et al. 2022 (ELIC).
"""

from torch import Tensor, nn

from neucobench.codecs.temporal.sizes import TemporalSizes


class ResidualUnit(nn.Module):
    """Add what three convolutions see, then cut off what is negative."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.conv = nn.Sequential(
            nn.Conv2d(channels, half, kernel_size=1),
            nn.ReLU(),
            nn.Conv2d(half, half, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(half, channels, kernel_size=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, channel, y, x)."""
        added: Tensor = self.conv(x)
        return added.add_(x).relu_() if not added.requires_grad else (added + x).relu()


class SpatialAttention(nn.Module):
    """Add what three units see, weighted place by place. Cheng et al. 2020."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_a = nn.Sequential(*_units(channels))
        self.conv_b = nn.Sequential(
            *_units(channels), nn.Conv2d(channels, channels, kernel_size=1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, channel, y, x)."""
        weighted: Tensor = self.conv_a(x) * self.conv_b(x).sigmoid()
        return weighted + x


class Analysis(nn.Module):
    """Turn (batch, band, y, x) into latents, (batch, channel, y / 16, x / 16)."""

    def __init__(self, sizes: TemporalSizes) -> None:
        super().__init__()
        first, second, third, last = sizes.channels
        self.transforms = nn.Sequential(
            _down(sizes.bands, first), *_units(first),
            _down(first, second), *_units(second), SpatialAttention(second),
            _down(second, third), *_units(third),
            _down(third, last), SpatialAttention(last),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Return latents that are not rounded."""
        y: Tensor = self.transforms(x)
        return y


class Synthesis(nn.Module):
    """Turn latents (batch, channel, y, x) into (batch, band, 16 y, 16 x)."""

    def __init__(self, sizes: TemporalSizes) -> None:
        super().__init__()
        first, second, third, last = sizes.channels
        self.transforms = nn.Sequential(
            SpatialAttention(last), _up(last, third), *_units(third),
            _up(third, second), SpatialAttention(second), *_units(second),
            _up(second, first), *_units(first),
            _up(first, sizes.bands),
        )  # fmt: skip

    def forward(self, y: Tensor) -> Tensor:
        """Return pictures, standardized."""
        x: Tensor = self.transforms(y)
        return x


class Transform(nn.Module):
    """Hold both transforms."""

    def __init__(self, sizes: TemporalSizes) -> None:
        super().__init__()
        self.analysis_transform = Analysis(sizes)
        self.synthesis_transform = Synthesis(sizes)


def _units(channels: int) -> list[nn.Module]:
    return [ResidualUnit(channels) for _ in range(3)]


def _down(channels: int, out: int) -> nn.Conv2d:
    return nn.Conv2d(channels, out, kernel_size=5, stride=2, padding=2)


def _up(channels: int, out: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(
        channels, out, kernel_size=5, stride=2, padding=2, output_padding=1
    )
