"""How the models of torchgeo are called: each family takes other arguments."""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from neucobench.encoders.pretrained.torchgeo_channels import WAVELENGTHS, WIDTHS
from neucobench.encoders.pretrained.torchgeo_inputs import model_input


def resized(images: Tensor, side: int) -> Tensor:
    """Return (images, band, side, side), bilinear; unchanged where ``side`` is 0."""
    if not side:
        return images
    return interpolate(images, (side, side), mode="bilinear", antialias=True)


def call_for(entry: Any) -> Callable[[nn.Module, Tensor], Tensor]:
    """Return the function that maps a model and images to (images, width).

    Args:
        entry: an entry of torchgeo's weights.
    """
    channels = model_input(entry).channels
    waves = [WAVELENGTHS[band] for band in channels]

    def copernicus(model: Any, images: Tensor) -> Tensor:
        unknown = images.new_full((len(images), 4), torch.nan)
        widths = [WIDTHS[band] for band in channels]
        features = model.forward_features(images, unknown, waves, widths)
        return cast(Tensor, features)

    def croma(model: Any, images: Tensor) -> Tensor:
        return cast(Tensor, model(images[:, :2], images[:, 2:])["joint_GAP"])

    def dofa(model: Any, images: Tensor) -> Tensor:
        micrometers = [wave / 1000 for wave in waves]
        return cast(Tensor, model.forward_features(images, micrometers))

    def panopticon(model: Any, images: Tensor) -> Tensor:
        ids = torch.tensor(waves, device=images.device).repeat(len(images), 1)
        return cast(Tensor, model({"imgs": images, "chn_ids": ids}))

    def unet(model: Any, images: Tensor) -> Tensor:
        # The last of the encoder's feature maps, averaged over the image.
        return cast(Tensor, model(images)[-1].mean(dim=(2, 3)))

    def others(model: Any, images: Tensor) -> Tensor:
        return cast(Tensor, model(images))

    calls = {
        "CopernicusFM_Base_Weights": copernicus,
        "CROMABase_Weights": croma,
        "CROMALarge_Weights": croma,
        "DOFABase16_Weights": dofa,
        "DOFALarge16_Weights": dofa,
        "Panopticon_Weights": panopticon,
        "Unet_Weights": unet,
    }
    return calls.get(type(entry).__name__, others)
