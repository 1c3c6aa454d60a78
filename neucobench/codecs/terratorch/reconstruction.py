"""A codec as a full model: pictures in, what a decoder would make of them out.

Importing this module needs TerraTorch.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from neucobench.codecs.network import PictureNetwork
from neucobench.codecs.pictures import check_pictures, crop, reflect
from neucobench.codecs.temporal.estimate import training_pass
from neucobench.codecs.temporal.network import TemporalNetwork
from neucobench.codecs.terratorch.frames import fold_frames, unfold_frames
from neucobench.torchvision_shim import import_with_torchvision

_outputs = import_with_torchvision("terratorch.models.model", extra="terratorch")


@dataclass
class CodecOutput(
    _outputs.ModelOutput,  # type: ignore[misc, name-defined]
    _outputs.ReconstructionOutput,  # type: ignore[misc, name-defined]
):
    """Hold what each of TerraTorch's tasks looks for.

    Attributes:
        output: the reconstruction, in the shape of the input, standardized; for tasks
            of segmentation and regression.
        pred: the same; for ``ReconstructionTask``.
        loss: ``"loss"``, which is ``weight * mse + bpp + auxiliary``, and its parts.
        mask: None: all pixels count.
        auxiliary_heads: None: there are none.
    """


class CodecModel(nn.Module):
    """Reconstruct pictures, or series of them, and say what they take.

    Args:
        network: of single pictures, or of stacks.
        weight: lambda, what the squared error counts beside the rate.
        quality: of a flexible network: how many of the 16 tokens of a window are sent.
    """

    def __init__(
        self,
        network: PictureNetwork | TemporalNetwork,
        *,
        weight: float,
        quality: int | None = None,
    ) -> None:
        super().__init__()
        self.network = network
        self.weight = weight
        self.quality = quality

    def forward(self, x: Tensor, **_more: Any) -> CodecOutput:
        """Return the reconstruction and the loss; noisy while training.

        Args:
            x: (batch, band, y, x), or (batch, band, time, y, x) as TerraTorch gives
                series; standardized.

        Raises:
            CodecError: when the codec cannot take such pictures.
            UsageError: when there are too few dimensions, or too many.
        """
        frames, time = fold_frames(x)
        if isinstance(self.network, PictureNetwork):
            x_hat, bits, auxiliary = _pictures(self.network, frames)
        else:
            series = frames.reshape(-1, time, *frames.shape[1:])
            x_hat, bits = self._series(self.network, series)
            auxiliary = bits.new_zeros(())
        mse = (x_hat - frames).square().mean()
        bpp = bits / frames[:, 0].numel()
        loss = self.weight * mse + bpp + auxiliary
        pixels = unfold_frames(x_hat, x)
        return CodecOutput(
            output=pixels,
            pred=pixels,
            loss={"loss": loss, "mse": mse, "bpp": bpp, "auxiliary": auxiliary},
            mask=None,
        )

    def freeze_encoder(self) -> None:
        """Keep the weights of the analysis as they are."""
        network = self.network
        if isinstance(network, PictureNetwork):
            network.g_a.requires_grad_(False)
        else:
            network.transform.analysis_transform.requires_grad_(False)

    def freeze_decoder(self) -> None:
        """Keep the weights of the synthesis as they are."""
        network = self.network
        if isinstance(network, PictureNetwork):
            network.g_s.requires_grad_(False)
        else:
            network.transform.synthesis_transform.requires_grad_(False)
            network.get_submodule("_dequantizer").requires_grad_(False)

    def _series(
        self, network: TemporalNetwork, stacks: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return frames (batch * time, band, y, x), and the bits of all of them."""
        if self.training:
            found = training_pass(network, network.stack_of(stacks))
            return found.x_hat.flatten(0, 1), found.bits.sum()
        # What is not sent is forecast, as a decoder does, and not masked.
        x_hat, spent = network(stacks, self.quality, compat=not network.flexible)
        bits = torch.tensor(float(sum(spent)), device=x_hat.device)
        return x_hat.flatten(0, 1), bits


def _pictures(network: PictureNetwork, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the reconstruction, the bits of all pictures, and the auxiliary loss."""
    check_pictures(frames, network.bands)
    estimate = network.estimate(reflect(frames, network.multiple))
    bits = torch.stack([-part.log2().sum() for part in estimate.likelihoods]).sum()
    return crop(estimate.x_hat, frames.shape[-2:]), bits, network.aux_loss()
