"""Any backbone that TerraTorch's registry knows: what it reads, how it is built.

The backbones of torchgeo's weights get what ``torchgeo:`` gives them. The others get
bands of one modality, standardized with the statistics of SSL4EO-S12, at their size.
"""

import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from torch import Tensor

from neucobench.data.bands import MODALITIES, TERRATORCH_NAMES
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.pretrained.images import read_images
from neucobench.encoders.pretrained.terratorch_backbones import PRITHVI_BANDS
from neucobench.encoders.pretrained.terratorch_registry import (
    find_backbone,
    is_own,
)
from neucobench.encoders.pretrained.torchgeo_calls import resized
from neucobench.encoders.pretrained.torchgeo_channels import RGB, ModelInput
from neucobench.encoders.pretrained.torchgeo_inputs import model_input
from neucobench.errors import UnknownNameError
from neucobench.torchvision_shim import import_with_torchvision

# What these were trained on; other backbones of timm on photographs.
TRAINED_ON = {
    "clay_v1_base": ("B02", "B03", "B04", "B08", "B11", "B12"),
    "prithvi_swin_B": PRITHVI_BANDS,
    "prithvi_swin_L": PRITHVI_BANDS,
}
SIZES = {"clay_v1_base": 256}
USUAL_SIZE = 224


@dataclass(frozen=True, kw_only=True)
class RegistryInput:
    """Say what a backbone of the registry reads, and how it is built.

    Attributes:
        read: the bands and their units.
        entry: torchgeo's weights, whose transform comes after; None: there are none.
        size: side to which images are brought; 0: the transform's.
        arguments: what the builder gets, besides ``pretrained``.
    """

    read: ModelInput
    entry: Any
    size: int
    arguments: dict[str, Any]

    def images(self, batch: CubeBatch, row: int, shift: int) -> Tensor:
        """Return (season, channel, y, x) in the units of ``read``.

        Args:
            batch: the cubes.
            row: which of them.
            shift: what is added to stored Sentinel-2 values.

        Raises:
            CubeError: when the cube has not the bands that it should have.
        """
        ((name, bands),) = self.read.bands
        values = read_images(batch, row, name, shift=shift, bands=bands)
        return self.read.scale(values, name, bands)

    def prepare(self, images: Tensor) -> Tensor:
        """Return images at the backbone's size, as it was trained.

        Args:
            images: (images, channel, y, x) in the units of ``read``.
        """
        images = resized(images, self.read.size or self.read.resize)
        if self.entry is not None and not self.read.size:
            images = self.entry.transforms(images)
        return resized(images, self.size)


@lru_cache(maxsize=64)
def registry_input(
    name: str, inputs: str | None, bands: str | None, size: int
) -> RegistryInput:
    """Return what a backbone reads.

    Args:
        name: in TerraTorch's registry.
        inputs: the modality; None: that of the training, or Sentinel-2 L2A.
        bands: names with commas between them; None: those of the training, where
            TerraTorch tells, or all of the modality.
        size: side of the image; 0: the backbone's own, or 224.

    Raises:
        UnknownNameError: when the registry has no such backbone, or the modality no
            such band.
    """
    builder = find_backbone(name)
    parameters = inspect.signature(builder).parameters
    weights = parameters.get("weights")
    entry = weights.default if weights else None
    meta = getattr(entry, "meta", None)
    if meta is not None and inputs is None and bands is None:
        read = model_input(entry)
        arguments = {"model_bands": _trained_names(builder, entry, read)}
        return RegistryInput(read=read, entry=entry, size=size, arguments=arguments)
    modality = inputs or "s2l2a"
    chosen = _chosen_bands(name, modality, bands)
    given = size or SIZES.get(name.removeprefix("timm_"), 0)
    side, arguments = (given, {}) if is_own(name) else _timm_size(name, given)
    side = side or USUAL_SIZE
    if bands is not None or name.removeprefix("timm_") not in TRAINED_ON:
        arguments |= _channels(name, parameters, chosen)
    read = ModelInput(bands=((modality, chosen),), size=side)
    return RegistryInput(read=read, entry=None, size=0, arguments=arguments)


def _chosen_bands(name: str, modality: str, bands: str | None) -> tuple[str, ...]:
    """Return the bands of the option, or those of the training, or all."""
    known = MODALITIES[modality].bands
    if bands is not None:
        chosen = tuple(band.strip() for band in bands.split(","))
        for band in chosen:
            if band not in known:
                raise UnknownNameError(f"band of {modality}", band, known)
        return chosen
    photographs = RGB if not is_own(name) else known
    trained = TRAINED_ON.get(name.removeprefix("timm_"), photographs)
    return trained if set(trained) <= set(known) else known


def _channels(
    name: str, parameters: Mapping[str, Any], chosen: Sequence[str]
) -> dict[str, Any]:
    """Return the arguments that tell a builder the bands, or their number."""
    names = [TERRATORCH_NAMES[band] for band in chosen]
    named = [key for key in ("model_bands", "bands") if key in parameters]
    if named or "clay" in name:
        return {named[0] if named else "bands": names}
    numbers = [key for key in ("in_chans", "in_channels") if key in parameters]
    if numbers:
        return {numbers[0]: len(names)}
    if "tokenizer" in name or not parameters:
        return {}
    return {"in_chans": len(names)} if "kwargs" in parameters else {}


def _timm_size(name: str, size: int) -> tuple[int, dict[str, Any]]:
    """Return the side of a model of timm, and what tells it one that is not its own."""
    timm = import_with_torchvision("timm", extra="terratorch")
    config = timm.get_pretrained_cfg(name.removeprefix("timm_"))
    if config is None:
        return size, {}
    told = {"img_size": size} if size and config.fixed_input_size else {}
    return size or int(config.input_size[1]), told


def _trained_names(builder: Any, entry: Any, read: ModelInput) -> list[str]:
    """Return the names by which TerraTorch finds the bands in torchgeo's weights."""
    count = len(read.channels) + read.added
    lookup = getattr(sys.modules[builder.__module__], "get_pretrained_bands", None)
    try:
        return list(lookup(entry.meta["bands"])) if lookup else _fallback(read)
    except KeyError:
        # Weights without bands, or Landsat bands that TerraTorch has no name for.
        return [*_fallback(read), *["THERMAL_INFRARED_1"] * count][:count]


def _fallback(read: ModelInput) -> list[str]:
    return [TERRATORCH_NAMES[band] for band in read.channels]
