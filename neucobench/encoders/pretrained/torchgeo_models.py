"""Models trained on satellite images, by the name of their weights in torchgeo.

``torchgeo:ResNet50_Weights.SENTINEL2_ALL_MOCO`` and the like; the weights say what the
model reads of a cube.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from neucobench.device import torch_device
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.options import check_choices, check_training
from neucobench.encoders.pretrained.images import (
    SEASON_CHOICES,
    embed_cubes,
    joined_dims,
    read_images,
)
from neucobench.encoders.pretrained.torchgeo_build import (
    feature_width,
    find_entry,
    load_model,
    torchgeo_version,
)
from neucobench.encoders.pretrained.torchgeo_calls import call_for, resized
from neucobench.encoders.pretrained.torchgeo_channels import ModelInput
from neucobench.encoders.pretrained.torchgeo_inputs import model_input


@dataclass(frozen=True, kw_only=True)
class TorchGeoEncoder:
    """Embed each season's image with a model of torchgeo, and average the vectors.

    ::

        bands + shift ─▶ units of the ─▶ transform of ─▶ model ─▶ pooled features
                         training set    the weights

    Models for any sensor (CROMA, DOFA, Copernicus-FM, Panopticon) have no transform:
    they get values standardized with the statistics of SSL4EO-S12, at their own size.

    Attributes:
        model: the name of the weights, e.g. ``ViTSmall16_Weights.SENTINEL2_ALL_DINO``.
        pretrained: False for a control with random weights, ``torchgeo:MODEL-random``.
        weights: a file of trained weights; None: those that torchgeo downloads.
        seed: seed of the random weights.
        pool: how Vision Transformers pool: ``avg``, the mean of the patch tokens, or
            ``token``, the class token. The other models pool in their own way.
        season: ``embedding_mean``, ``image_mean`` or ``concat``.
        shift: what is added to stored Sentinel-2 values; the models were trained
            without the +1000 of SSL4EO-S12 v1.1.
        device: where the model computes: ``cpu``, ``cuda`` or ``auto``.
    """

    thread_safe: ClassVar[bool] = True
    shard_size: ClassVar[int] = 16

    model: str
    pretrained: bool = True
    weights: str | None = None
    seed: int = 0
    pool: str = "avg"
    season: str = "embedding_mean"
    shift: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Refuse options that are not known or contradict each other."""
        check_choices(
            "torchgeo",
            pool=(self.pool, ("avg", "token")),
            season=(self.season, SEASON_CHOICES),
        )
        check_training(
            "torchgeo", pretrained=self.pretrained, weights=self.weights, seed=self.seed
        )

    @property
    def name(self) -> str:
        """Return ``"torchgeo:MODEL"``, or ``"torchgeo:MODEL-random"``."""
        return f"torchgeo:{self.model}{'' if self.pretrained else '-random'}"

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return what the model reads.

        Raises:
            UnknownNameError: when torchgeo has no such weights.
            UsageError: when they cannot be used on the cubes.
        """
        return self._input.modalities

    @property
    def version(self) -> str:
        """Return ours and torchgeo's, which defines the model and its transform."""
        return f"1+torchgeo.{torchgeo_version()}"

    @property
    def dims(self) -> int:
        """Return the length of the model's vector, times four if concatenated."""
        return joined_dims(feature_width(self.model, self.pool), self.season)

    @property
    def _input(self) -> ModelInput:
        return model_input(find_entry(self.model))

    def prepare(self) -> None:
        """Build the model and load its weights.

        Raises:
            InputError: when the file is not that of this model.
            DownloadError: when the published weights cannot be had.
        """
        self._model()

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, dims).

        Raises:
            CubeError: when a cube has not the bands it should have, or not four seasons
                to concatenate.
        """
        model, read = self._model(), self._input
        entry = find_entry(self.model)
        features = call_for(entry)

        def images(row: int) -> Tensor:
            parts = [
                read.scale(
                    read_images(batch, row, name, shift=self.shift, bands=bands),
                    name,
                    bands,
                )
                for name, bands in read.bands
            ]
            return torch.cat(parts, dim=1)

        def embed(scaled: Tensor) -> Tensor:
            scaled = resized(scaled, read.size or read.resize)
            # Models for any sensor have no transform but a crop.
            return features(model, scaled if read.size else entry.transforms(scaled))

        device = torch_device(self.device)
        return embed_cubes(batch, images, embed, season=self.season, device=device)

    def _model(self) -> nn.Module:
        seed = None if self.pretrained else self.seed
        device = torch_device(self.device)
        return load_model(self.model, self.pool, self.weights, seed, device)
