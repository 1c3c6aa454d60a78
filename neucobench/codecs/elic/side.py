"""The side information of TEC-ELIC: how large the latents are, in a few symbols."""

from torch import Tensor, nn

from neucobench.codecs.compressai_parts import EntropyBottleneck, quantize_ste
from neucobench.codecs.elic.transforms import hyper_analysis, hyper_synthesis


class SideInformation(nn.Module):
    """Predict means and scales from symbols that are coded before the latents.

    ::

        y ──▶ h_a ──▶ z ──▶ round ──▶ z_hat ──▶ h_s ──▶ hyper
                              │
                      entropy bottleneck

    y is (batch, channel, y, x), z is (batch, n, y / 4, x / 4), and hyper is (batch,
    2 * channel, y, x).
    """

    def __init__(self, n: int, m: int) -> None:
        super().__init__()
        self.h_a = hyper_analysis(n, m)
        self.h_s = hyper_synthesis(n, m)
        self.entropy_bottleneck = EntropyBottleneck(n)

    def forward(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return hyper, and z as it is before rounding."""
        z = self.h_a(y)
        medians = self.entropy_bottleneck.quantiles[:, 0, 1, None, None]
        return self.h_s(quantize_ste(z - medians) + medians), z

    def likelihoods(self, z: Tensor) -> Tensor:
        """Return the likelihoods of z, which are noisy while training."""
        found: Tensor = self.entropy_bottleneck(z)[1]
        return found
