"""TEC-ELIC: attention, side information, and contexts across channels and space."""

from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn

from neucobench.codecs.compressai_parts import quantize_ste
from neucobench.codecs.elic.coder import STRIDE, ElicCoder
from neucobench.codecs.elic.context import ChannelGroups, split_halves
from neucobench.codecs.elic.side import SideInformation
from neucobench.codecs.elic.transforms import analysis, synthesis
from neucobench.codecs.entropy.latents import LatentCoder
from neucobench.codecs.network import Estimate, PictureNetwork
from neucobench.codecs.payload import wrong_shape


class Elic(PictureNetwork):
    """Code pictures by what is known already: side information, channels, neighbors.

    ::

        x ──▶ g_a ──▶ y ──┬────────────────────▶ round ──▶ y_hat ──▶ g_s ──▶ x_hat
                          │                        ▲          │
                          └──▶ side information ───┤ mean,    ▼
                                                   │ scale   what is decoded
                               channel groups ◀────┼────────  already
                                                   │
                               Gaussian conditional: one of 64 tables per symbol

    x is (batch, band, y, x), standardized; y is (batch, channel, y / 16, x / 16).
    He et al. 2022, as published by TerraCodec under the name TEC-ELIC.
    """

    multiple: ClassVar[int] = 64
    parts: ClassVar[int] = 11

    def __init__(self, bands: int, n: int, m: int) -> None:
        super().__init__()
        self.g_a = analysis(bands, n, m)
        self.g_s = synthesis(bands, n, m)
        self.latent_codec = nn.ModuleDict(
            {"hyper": SideInformation(n, m), "y": ChannelGroups(m)}
        )

    @property
    def channels(self) -> int:
        """Return how many channels the latents have."""
        return sum(self._groups.groups)

    def estimate(self, x: Tensor) -> Estimate:
        """Return the reconstruction and the likelihoods; noisy while training."""
        y = self.g_a(x)
        hyper, z = self._side(y)
        found = []
        wanted = split_halves(y, self._groups.groups)

        def visit(k: int, means: Tensor, scales: Tensor) -> Tensor:
            part = next(wanted)
            board = cast("Any", self._groups.latent_codec[f"y{k}"])
            gaussian = board.y["gaussian_conditional"]
            found.append(gaussian(part, scales, means=means)[1])
            rounded: Tensor = quantize_ste(part - means)
            return rounded + means

        y_hat = self._groups.walk(hyper, visit)
        return Estimate(
            x_hat=self.g_s(y_hat),
            likelihoods=(torch.cat(found, dim=1), self._side.likelihoods(z)),
        )

    def aux_loss(self) -> Tensor:
        """Return the loss that places the quantiles of the bottleneck."""
        loss: Tensor = self._side.entropy_bottleneck.loss()
        return loss

    def latents(self, x: Tensor) -> Tensor:
        """Return the quantized latents, (batch, channel, y / 16, x / 16)."""
        y = self.analyze(x)
        wanted = split_halves(y, self._groups.groups)

        def visit(_group: int, means: Tensor, _scales: Tensor) -> Tensor:
            return torch.round(next(wanted) - means) + means

        return self._groups.walk(self._side(y)[0], visit)

    def make_coder(self, dtype: torch.dtype) -> LatentCoder:
        """Return what codes the latents, with the weights as they are now."""
        return ElicCoder(self._side, self._groups, dtype)

    def published_shape(self, height: int, width: int) -> Any:
        """Return upstream's description of latents of a height and a width."""
        groups = [(size, height, width) for size in self._groups.groups]
        return {"y": groups, "hyper": (height // STRIDE, width // STRIDE)}

    def latent_size(self, shape: Any) -> tuple[int, int]:
        """Return the height and the width in upstream's description of latents.

        Raises:
            CodecError: when it is none of this network's.
        """
        try:
            height, width = (int(number) for number in shape["y"][0][1:])
            wanted = self.published_shape(height, width)
            found = {
                "y": [tuple(group) for group in shape["y"]],
                "hyper": tuple(shape["hyper"]),
            }
        except (IndexError, KeyError, TypeError, ValueError):
            found, wanted = None, {}
        if (
            found != wanted
            or min(height, width) < 1
            or height % STRIDE
            or width % STRIDE
        ):
            raise wrong_shape(shape)
        return height, width

    @property
    def _side(self) -> SideInformation:
        return cast("SideInformation", self.latent_codec["hyper"])

    @property
    def _groups(self) -> ChannelGroups:
        return cast("ChannelGroups", self.latent_codec["y"])
