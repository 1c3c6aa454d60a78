"""TerraMind and Prithvi through TerraTorch, e.g. ``terratorch:terramind_v1_base``.

TerraTorch and CompressAI need different versions of numpy: this family lives in an
environment of its own.
"""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from typing import ClassVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from neucobench.encoders.band_inputs import input_modalities
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.device import torch_device
from neucobench.encoders.options import check_choices, check_training
from neucobench.encoders.pretrained.images import (
    SEASON_CHOICES,
    embed_cubes,
    joined_dims,
    read_images,
)
from neucobench.encoders.pretrained.terratorch_backbones import (
    BACKBONES,
    TERRAMIND_NAMES,
    Backbone,
    load_backbone,
)
from neucobench.errors import (
    CubeError,
    MissingExtraError,
    UnknownNameError,
    UsageError,
)


@dataclass(frozen=True, kw_only=True)
class TerraTorchEncoder:
    """Embed each season's images with a backbone, and average the vectors.

    ::

        bands + shift ─▶ standardize ─▶ center ─▶ backbone ─▶ mean of the last
                         (pretraining)  crop                  block's tokens

    Attributes:
        model: the backbone, e.g. ``terramind_v1_base`` or ``prithvi_eo_v2_300``.
        pretrained: False for a control with random weights, whose name ends in
            ``-random``.
        weights: a file of trained weights; None: those that TerraTorch downloads.
        seed: seed of the random weights.
        inputs: modalities with commas between them. TerraMind reads ``s2l2a``,
            ``s2l1c`` and ``s1`` together; Prithvi reads six bands of ``s2l2a``.
        merge: how TerraMind merges modalities: ``mean`` or ``max`` token by token, or
            ``concat``, their features beside each other.
        season: ``embedding_mean``, ``image_mean`` or ``concat``.
        size: side of the center crop in pixels; 0: the largest multiple of the patch,
            256 of 264. The backbones were trained at 224.
        shift: what is added to stored Sentinel-2 values; None: what the backbone was
            trained with, 1000 for TerraMind and 0 for Prithvi.
        device: where the backbone computes: ``cpu``, ``cuda`` or ``auto``.
    """

    thread_safe: ClassVar[bool] = True

    model: str
    pretrained: bool = True
    weights: str | None = None
    seed: int = 0
    inputs: str = "s2l2a"
    merge: str = "mean"
    season: str = "embedding_mean"
    size: int = 0
    shift: int | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Refuse options that are not known or contradict each other."""
        if self.model not in BACKBONES:
            raise UnknownNameError("backbone of TerraTorch", self.model, BACKBONES)
        check_choices(
            "terratorch",
            merge=(self.merge, ("mean", "max", "concat")),
            season=(self.season, SEASON_CHOICES),
        )
        for name in self.modalities:
            if name not in self._backbone.statistics:
                known = self._backbone.statistics
                raise UnknownNameError(f"input of {self.model}", name, known)
        check_training(
            "terratorch",
            pretrained=self.pretrained,
            weights=self.weights,
            seed=self.seed,
        )
        patch = self._backbone.patch
        if self.size < 0 or self.size % patch:
            raise UsageError(
                f"The encoder {self.model} got size={self.size}; give a multiple of "
                f"{patch}, e.g. --option size=224, or 0 for the largest that fits."
            )

    @property
    def name(self) -> str:
        """Return ``"terratorch:MODEL"``, or ``"terratorch:MODEL-random"``."""
        return f"terratorch:{self.model}{'' if self.pretrained else '-random'}"

    @property
    def version(self) -> str:
        """Return ours and TerraTorch's, which defines the backbone.

        Raises:
            MissingExtraError: when TerraTorch is not installed.
        """
        try:
            return f"1+terratorch.{installed_version('terratorch')}"
        except PackageNotFoundError as error:
            raise MissingExtraError("terratorch", extra="terratorch") from error

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return the modalities that are read, in the order of the option."""
        return input_modalities(self.inputs, encoder=self.model)

    @property
    def dims(self) -> int:
        """Return the backbone's width, times what is concatenated."""
        parts = len(self.modalities) if self.merge == "concat" else 1
        return joined_dims(self._backbone.width * parts, self.season)

    @property
    def _backbone(self) -> Backbone:
        return BACKBONES[self.model]

    def prepare(self) -> None:
        """Build the backbone and load its weights.

        Raises:
            InputError: when the file is not that of this backbone.
            DownloadError: when the published weights cannot be had.
        """
        self._model()

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, dims).

        Raises:
            CubeError: when a cube has not the bands it should have, is smaller than the
                crop, or has not four seasons to concatenate.
        """
        model = self._model()
        counts = [len(self._backbone.bands_of(name)) for name in self.modalities]

        def images(row: int) -> Tensor:
            return torch.cat(
                [self._part(batch, row, name) for name in self.modalities], 1
            )

        def embed(standardized: Tensor) -> Tensor:
            if self.model.startswith("prithvi"):
                # The class token comes first.
                return cast(Tensor, model(standardized)[-1][:, 1:].mean(dim=1))
            parts = torch.split(standardized, counts, dim=1)
            names = [TERRAMIND_NAMES[name] for name in self.modalities]
            tokens = model(dict(zip(names, parts, strict=True)))[-1]
            return cast(Tensor, tokens.mean(dim=1))

        device = torch_device(self.device)
        return embed_cubes(batch, images, embed, season=self.season, device=device)

    def _part(self, batch: CubeBatch, row: int, name: str) -> Tensor:
        """Return (season, band, size, size), the standardized crop of a modality."""
        statistics = self._backbone.statistics[name]
        shift = statistics.offset if self.shift is None else self.shift
        bands = self._backbone.bands_of(name)
        values = read_images(batch, row, name, shift=shift, bands=bands)
        mean = torch.tensor(statistics.mean)[:, None, None]
        std = torch.tensor(statistics.std)[:, None, None]
        return (center_crop(values, self.size, self._backbone.patch) - mean) / std

    def _model(self) -> nn.Module:
        seed = None if self.pretrained else self.seed
        device = torch_device(self.device)
        return load_backbone(
            self.model, self.modalities, self.merge, self.weights, seed, device
        )


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
