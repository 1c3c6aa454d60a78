"""The backbones of TerraTorch, e.g. ``terratorch:terramind_v1_base``.

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

from neucobench.data.bands import MODALITIES
from neucobench.device import torch_device
from neucobench.encoders.band_inputs import input_modalities
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.options import check_choices, check_training
from neucobench.encoders.pretrained.images import (
    SEASON_CHOICES,
    embed_cubes,
    joined_dims,
)
from neucobench.encoders.pretrained.terratorch_backbones import (
    BACKBONES,
    TERRAMIND_NAMES,
    Backbone,
    load_backbone,
)
from neucobench.encoders.pretrained.terratorch_generic import (
    load_registered,
    pooled,
    registry_width,
)
from neucobench.encoders.pretrained.terratorch_inputs import registry_input
from neucobench.errors import MissingExtraError, UnknownNameError, UsageError


@dataclass(frozen=True, kw_only=True)
class TerraTorchEncoder:
    """Embed each season's images with a backbone, and average the vectors.

    ::

        bands + shift ─▶ standardize ─▶ center ─▶ backbone ─▶ mean of the last
                         (pretraining)  crop                  block's tokens

    The crop and the statistics are those of TerraMind and Prithvi. The other backbones
    of the registry see the whole image at their own size: those with torchgeo's weights
    as ``torchgeo:`` prepares it, the rest standardized with the statistics of
    SSL4EO-S12; their features are averaged over tokens, but class tokens, or space.

    Attributes:
        model: the backbone, e.g. ``terramind_v1_base`` or ``prithvi_eo_v2_300``.
        pretrained: False for a control with random weights, whose name ends in
            ``-random``.
        weights: a file of trained weights; None: those that TerraTorch downloads.
        seed: seed of the random weights.
        inputs: modalities with commas between them. TerraMind reads ``s2l2a``,
            ``s2l1c`` and ``s1`` together; Prithvi six bands of ``s2l2a``; the others
            one. None: that of the training, where it is known, or ``s2l2a``.
        bands: names of bands with commas between them, for backbones other than
            TerraMind and Prithvi; None: those of the training, or all.
        merge: how TerraMind merges modalities: ``mean`` or ``max`` token by token, or
            ``concat``, their features beside each other.
        season: ``embedding_mean``, ``image_mean`` or ``concat``.
        size: side of the center crop in pixels; 0: the largest multiple of the patch,
            256 of 264; of other backbones, that to which the image is brought, and 0
            is their own. The backbones were trained at 224.
        shift: what is added to stored Sentinel-2 values; None: what the backbone was
            trained with, 1000 for TerraMind 1 and 0 for the others.
        device: where the backbone computes: ``cpu``, ``cuda`` or ``auto``.
    """

    thread_safe: ClassVar[bool] = True
    shard_size: ClassVar[int] = 16

    model: str
    pretrained: bool = True
    weights: str | None = None
    seed: int = 0
    inputs: str | None = None
    bands: str | None = None
    merge: str = "mean"
    season: str = "embedding_mean"
    size: int = 0
    shift: int | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Refuse options that are not known or contradict each other."""
        check_choices(
            "terratorch",
            merge=(self.merge, ("mean", "max", "concat")),
            season=(self.season, SEASON_CHOICES),
        )
        check_training(
            "terratorch",
            pretrained=self.pretrained,
            weights=self.weights,
            seed=self.seed,
        )
        if self._backbone is None:
            self._check_registered()
        else:
            self._check(self._backbone)

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
        """Return the modalities that are read, in the order of the option.

        Raises:
            UnknownNameError: when TerraTorch has no such backbone.
        """
        if self._backbone is None:
            return registry_input(self.model, *self._options).read.modalities
        return input_modalities(self.inputs or "s2l2a", encoder=self.model)

    @property
    def dims(self) -> int:
        """Return the backbone's width, times what is concatenated.

        Raises:
            UnknownNameError: when TerraTorch has no such backbone.
            UsageError: when it takes no such images.
        """
        if self._backbone is None:
            width = registry_width(self.model, *self._options)
        else:
            parts = len(self.modalities) if self.merge == "concat" else 1
            width = self._backbone.width * parts
        return joined_dims(width, self.season)

    @property
    def _backbone(self) -> Backbone | None:
        """Return what is known of TerraMind and Prithvi; None for the others."""
        return BACKBONES.get(self.model)

    @property
    def _options(self) -> tuple[str | None, str | None, int]:
        return self.inputs, self.bands, self.size

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
        model, backbone = self._model(), self._backbone
        if backbone is None:
            plan = registry_input(self.model, *self._options)

        def images(row: int) -> Tensor:
            if backbone is None:
                return plan.images(batch, row, self.shift or 0)
            parts = [
                backbone.crop(batch, row, name, size=self.size, shift=self.shift)
                for name in self.modalities
            ]
            return torch.cat(parts, 1)

        def embed(prepared: Tensor) -> Tensor:
            if backbone is None:
                return pooled(model(plan.prepare(prepared)))
            return self._embed(backbone, model, prepared)

        device = torch_device(self.device)
        return embed_cubes(batch, images, embed, season=self.season, device=device)

    def _embed(
        self, backbone: Backbone, model: nn.Module, standardized: Tensor
    ) -> Tensor:
        """Return (images, width), the mean of the last block's tokens of patches."""
        if self.model.startswith("prithvi"):
            # The class token comes first.
            return cast(Tensor, model(standardized)[-1][:, 1:].mean(dim=1))
        counts = [len(backbone.bands_of(name)) for name in self.modalities]
        parts = torch.split(standardized, counts, dim=1)
        names = [TERRAMIND_NAMES[name] for name in self.modalities]
        tokens = model(dict(zip(names, parts, strict=True)))[-1]
        return cast(Tensor, tokens.mean(dim=1))

    def _model(self) -> nn.Module:
        seed = None if self.pretrained else self.seed
        device = torch_device(self.device)
        if self._backbone is None:
            return load_registered(
                self.model, self._options, self.weights, seed, device
            )
        return load_backbone(
            self.model, self.modalities, self.merge, self.weights, seed, device
        )

    def _check(self, backbone: Backbone) -> None:
        """Refuse what TerraMind or Prithvi does not read."""
        for name in self.modalities:
            if name not in backbone.statistics:
                known = backbone.statistics
                raise UnknownNameError(f"input of {self.model}", name, known)
        if self.bands is not None:
            raise UsageError(
                f"The encoder {self.model} got bands={self.bands}, and it reads those "
                "of its training; drop --option bands=..."
            )
        if self.size < 0 or self.size % backbone.patch:
            raise UsageError(
                f"The encoder {self.model} got size={self.size}; give a multiple of "
                f"{backbone.patch}, e.g. --option size=224, or 0 for the largest that "
                "fits."
            )

    def _check_registered(self) -> None:
        """Refuse what no backbone takes but TerraMind and Prithvi."""
        if self.inputs is not None:
            check_choices("terratorch", inputs=(self.inputs, tuple(MODALITIES)))
        if self.size < 0 or self.merge != "mean":
            raise UsageError(
                f"The encoder {self.model} got size={self.size} and merge={self.merge};"
                " give a size above 0 or 0 for its own, and leave merge to TerraMind."
            )
