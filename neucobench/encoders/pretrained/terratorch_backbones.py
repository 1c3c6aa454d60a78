"""What the backbones of TerraTorch read and return, and how they are built.

TerraMind: Jakubik et al. 2025, https://arxiv.org/abs/2504.11171. Prithvi-EO:
https://arxiv.org/abs/2310.18660 and https://arxiv.org/abs/2412.02732. The statistics
are those of the pretraining, which a backbone does not apply itself.
"""

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from neucobench.data.bands import MODALITIES, S2_OFFSET, Statistics
from neucobench.data.tensor_file import fill_model, read_tensors
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.pretrained.images import read_images
from neucobench.encoders.pretrained.kept_models import KeptModels
from neucobench.encoders.pretrained.torch_draws import torch_draws
from neucobench.encoders.pretrained.weights import (
    find_weights,
)
from neucobench.errors import CubeError, DownloadError, InputError
from neucobench.torchvision_shim import import_with_torchvision

# TerraMind's names of our modalities.
TERRAMIND_NAMES = {"s1": "S1GRD", "s2l1c": "S2L1C", "s2l2a": "S2L2A"}
# fmt: off
TERRAMIND = {
    "s1": Statistics(mean=(-12.599, -20.293), std=(5.195, 5.89), offset=0),
    "s2l1c": Statistics(
        mean=(2357.089, 2137.385, 2018.788, 2082.986, 2295.651, 2854.537, 3122.849,
              3040.56, 3306.481, 1473.847, 506.07, 2472.825, 1838.929),
        std=(1624.683, 1675.806, 1557.708, 1833.702, 1823.738, 1733.977, 1732.131,
             1679.732, 1727.26, 1024.687, 442.165, 1331.411, 1160.419),
        offset=S2_OFFSET,
    ),
    "s2l2a": Statistics(
        mean=(1390.458, 1503.317, 1718.197, 1853.91, 2199.1, 2779.975, 2987.011,
              3083.234, 3132.22, 3162.988, 2424.884, 1857.648),
        std=(2106.761, 2141.107, 2038.973, 2134.138, 2085.321, 1889.926, 1820.257,
             1871.918, 1753.829, 1797.379, 1434.261, 1334.311),
        offset=S2_OFFSET,
    ),
}
# TerraMind 0.1 has statistics of L2A alone, and without the shift.
TERRAMIND_V01 = {
    "s2l2a": Statistics(
        mean=(794.311, 925.161, 1183.128, 1338.041, 1667.254, 2233.633, 2460.96,
              2555.569, 2619.542, 2703.298, 2406.497, 1841.645),
        std=(1164.883, 1205.586, 1223.713, 1399.638, 1403.298, 1378.513, 1434.924,
             1491.141, 1454.089, 1660.395, 1473.248, 1365.08),
        offset=0,
    )
}
# fmt: on
PRITHVI_BANDS = ("B02", "B03", "B04", "B8A", "B11", "B12")
PRITHVI_V1 = {
    "s2l2a": Statistics(
        mean=(775.0, 1081.0, 1229.0, 2497.0, 2204.0, 1611.0),
        std=(1282.0, 1270.0, 1399.0, 1368.0, 1292.0, 1155.0),
        offset=0,
    )
}
PRITHVI_V2 = {
    "s2l2a": Statistics(
        mean=(1087.0, 1342.0, 1433.0, 2734.0, 1958.0, 1363.0),
        std=(2248.0, 2179.0, 2178.0, 1850.0, 1242.0, 1049.0),
        offset=0,
    )
}


@dataclass(frozen=True, kw_only=True)
class Backbone:
    """Say what a backbone reads and returns.

    Attributes:
        width: length of a token.
        patch: side of a patch in pixels.
        statistics: modality to mean and deviation of the bands that are read, and what
            had been added to them.
        bands: the bands that are read; None: all of the modality.
    """

    width: int
    patch: int
    statistics: dict[str, Statistics]
    bands: tuple[str, ...] | None

    def bands_of(self, modality: str) -> tuple[str, ...]:
        """Return the bands that are read of a modality, in the order of the model."""
        return self.bands or MODALITIES[modality].bands

    def crop(
        self, batch: CubeBatch, row: int, modality: str, *, size: int, shift: int | None
    ) -> Tensor:
        """Return (season, band, size, size), the standardized middle of a cube.

        Args:
            batch: the cubes.
            row: which of them.
            modality: one of ``statistics``.
            size: side of the crop; 0: the largest multiple of the patch.
            shift: what is added to Sentinel-2; None: what the statistics carry.

        Raises:
            CubeError: when the cube has not its bands, or is smaller than the crop.
        """
        statistics, bands = self.statistics[modality], self.bands_of(modality)
        added = statistics.offset if shift is None else shift
        values = read_images(batch, row, modality, shift=added, bands=bands)
        mean = torch.tensor(statistics.mean)[:, None, None]
        std = torch.tensor(statistics.std)[:, None, None]
        return (center_crop(values, size, self.patch) - mean) / std


def _terramind(width: int, statistics: dict[str, Statistics] = TERRAMIND) -> Backbone:
    return Backbone(width=width, patch=16, statistics=statistics, bands=None)


def _prithvi(
    width: int, patch: int = 16, statistics: dict[str, Statistics] = PRITHVI_V2
) -> Backbone:
    return Backbone(
        width=width, patch=patch, statistics=statistics, bands=PRITHVI_BANDS
    )


BACKBONES = {
    "prithvi_eo_tiny": _prithvi(256),
    "prithvi_eo_v1_100": _prithvi(768, statistics=PRITHVI_V1),
    "prithvi_eo_v2_tiny_tl": _prithvi(192),
    "prithvi_eo_v2_100_tl": _prithvi(768),
    "prithvi_eo_v2_300": _prithvi(1024),
    "prithvi_eo_v2_300_tl": _prithvi(1024),
    "prithvi_eo_v2_600": _prithvi(1280, patch=14),
    "prithvi_eo_v2_600_tl": _prithvi(1280, patch=14),
    "terramind_v01_base": _terramind(768, TERRAMIND_V01),
    "terramind_v1_tiny": _terramind(192),
    "terramind_v1_small": _terramind(384),
    "terramind_v1_base": _terramind(768),
    "terramind_v1_large": _terramind(1024),
}


@KeptModels
def load_backbone(
    name: str,
    modalities: tuple[str, ...],
    merge: str,
    weights: str | None,
    seed: int | None,
    device: torch.device,
) -> nn.Module:
    """Return the backbone; the global random state is kept.

    Args:
        name: one of ``BACKBONES``.
        modalities: what it reads.
        merge: how TerraMind merges the tokens of several modalities.
        weights: a file; None: what TerraTorch downloads.
        seed: seed of random weights; None: trained ones.
        device: where the backbone goes.

    Raises:
        InputError: when the file is not that of this backbone.
        DownloadError: when the published one cannot be fetched.
        MissingExtraError: when TerraTorch is not installed.
    """
    registry = import_with_torchvision("terratorch.registry", extra="terratorch")
    options: dict[str, Any] = {"pretrained": seed is None and weights is None}
    if name.startswith("terramind"):
        options["modalities"] = [TERRAMIND_NAMES[modality] for modality in modalities]
        options["merge_method"] = merge
    with torch_draws(seed or 0):
        try:
            model = registry.BACKBONE_REGISTRY.build(name, **options)
        except OSError as error:
            raise DownloadError(
                f"The weights of {name} cannot be fetched from the hub "
                f"({type(error).__name__}). Give a file with --weights FILE, or take "
                "random ones with --option pretrained=false."
            ) from error
        except RuntimeError as error:
            raise InputError(
                f"The published weights of {name} do not fit TerraTorch's model: "
                f"{error} Update terratorch, or give a file with --weights FILE."
            ) from error
    if weights is not None:
        _fill(model, weights)
    return cast(nn.Module, model.eval().requires_grad_(False).to(device))


def _fill(model: nn.Module, weights: str) -> None:
    """Take from a file what the encoder needs; decoders and tokenizers stay out."""
    path = find_weights("terratorch", weights)
    tensors = read_tensors(path)
    found: dict[str, Tensor] = {}
    for key, own in model.state_dict().items():
        if key == "pos_embed":  # Prithvi's: fixed, and made for the number of frames
            found[key] = own
            continue
        # The file of a masked auto-encoder calls the backbone its encoder.
        given = tensors.get(key, tensors.get(f"encoder.{key}"))
        if given is not None:
            found[key] = given
    fill_model(model, found, source=path)


def center_crop(images: Tensor, size: int, patch: int) -> Tensor:
    """Return the middle of images; where a pixel is left over, it is cut at the end.

    Args:
        images: (..., y, x)
        size: side of the crop; 0: the largest multiple of ``patch`` on each axis.
        patch: side of a patch.

    Raises:
        CubeError: when the images are smaller than the crop.
    """
    lengths = images.shape[-2:]
    height, width = (size or length // patch * patch for length in lengths)
    if not (0 < height <= lengths[0] and 0 < width <= lengths[1]):
        raise CubeError(
            f"The images have {lengths[0]} x {lengths[1]} pixels and the crop needs at "
            f"least {size or patch} x {size or patch}; leave this cube out, or choose "
            "--option size=0."
        )
    top, left = (lengths[0] - height) // 2, (lengths[1] - width) // 2
    return images[..., top : top + height, left : left + width]
