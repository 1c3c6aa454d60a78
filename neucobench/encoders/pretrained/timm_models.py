"""Any image model of timm as an encoder: ``timm:resnet50``, ``timm:convnext_tiny``, ...

The models were trained on photographs. What they see of a cube is an image of three
bands, red, green and blue unless others are chosen, for each season.
"""

from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate

from neucobench.data.bands import MODALITIES
from neucobench.device import torch_device
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.options import check_choices, check_training
from neucobench.encoders.pretrained.images import (
    SEASON_CHOICES,
    embed_cubes,
    joined_dims,
    read_images,
)
from neucobench.encoders.pretrained.timm_build import (
    feature_width,
    image_format,
    load_model,
    timm_package,
)
from neucobench.errors import UnknownNameError, UsageError


@dataclass(frozen=True, kw_only=True)
class TimmEncoder:
    """Embed each season's image with a model of timm, and average the vectors.

    ::

        bands + shift ─▶ / peak ─▶ clip ─▶ model's size ─▶ mean and ─▶ model ─▶ pooled
                                  to 0..1  (bilinear)      deviation            features

    Attributes:
        model: the model's name in timm, e.g. ``resnet50`` or ``resnet50.a1_in1k``,
            whose part after the dot says which of several trainings.
        pretrained: False for a control with random weights, ``timm:MODEL-random``.
        weights: a file of trained weights; None: those that timm downloads.
        seed: seed of the random weights.
        level: ``s2l2a`` or ``s2l1c``.
        bands: names of bands with commas between them. The model's mean and deviation
            are used with three bands; with another number timm repeats or sums the
            trained weights of the first layer to match, and values stay in 0..1.
        peak: the digital number that becomes 1; larger ones are clipped.
        season: ``embedding_mean``, ``image_mean`` or ``concat``.
        size: side of the image in pixels; 0: the model's own.
        shift: what is added to the stored values.
        device: where the model computes: ``cpu``, ``cuda`` or ``auto``.
    """

    thread_safe: ClassVar[bool] = True
    shard_size: ClassVar[int] = 16

    model: str
    pretrained: bool = True
    weights: str | None = None
    seed: int = 0
    level: str = "s2l2a"
    bands: str = "B04,B03,B02"
    peak: float = 3000.0
    season: str = "embedding_mean"
    size: int = 0
    shift: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Refuse options that are not known or contradict each other."""
        check_choices(
            "timm",
            season=(self.season, SEASON_CHOICES),
            level=(self.level, ("s2l1c", "s2l2a")),
        )
        for band in self._bands:
            if band not in MODALITIES[self.level].bands:
                known = MODALITIES[self.level].bands
                raise UnknownNameError(f"band of {self.level}", band, known)
        check_training(
            "timm", pretrained=self.pretrained, weights=self.weights, seed=self.seed
        )
        if not self.peak > 0 or self.size < 0:
            raise UsageError(
                f"The encoder timm got peak={self.peak} and size={self.size}; give a "
                "peak above 0, and a size above 0 or 0 for the model's own."
            )

    @property
    def name(self) -> str:
        """Return ``"timm:MODEL"``, or ``"timm:MODEL-random"``."""
        return f"timm:{self.model}{'' if self.pretrained else '-random'}"

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return the one level that is read."""
        return (self.level,)

    @property
    def version(self) -> str:
        """Return ours and timm's, which defines the model and its default weights."""
        return f"1+timm.{timm_package().__version__}"

    @property
    def dims(self) -> int:
        """Return the number of the model's pooled features, times four if concatenated.

        Raises:
            UnknownNameError: when timm has no such model.
            UsageError: when the model does not fit the options.
        """
        width = feature_width(self.model, len(self._bands), self.size)
        return joined_dims(width, self.season)

    @property
    def _bands(self) -> list[str]:
        return [band.strip() for band in self.bands.split(",")]

    def prepare(self) -> None:
        """Build the model and load its weights.

        Raises:
            UnknownNameError: when timm has no such model.
            InputError: when the file is not that of this model.
            DownloadError: when the published weights cannot be had.
        """
        self._model()

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, dims).

        Raises:
            CubeError: when a cube has other bands than its level should have, or not
                four seasons to concatenate.
        """
        device = torch_device(self.device)
        model = self._model()
        side, mean, std = image_format(model, self.size, device)

        def images(row: int) -> Tensor:
            stored = read_images(
                batch, row, self.level, shift=self.shift, bands=self._bands
            )
            return (stored / self.peak).clip(0, 1)

        def embed(scaled: Tensor) -> Tensor:
            resized = interpolate(scaled, side, mode="bilinear", antialias=True)
            if len(self._bands) == len(mean):
                resized = (resized - mean) / std
            return cast(Tensor, model(resized))

        return embed_cubes(batch, images, embed, season=self.season, device=device)

    def _model(self) -> nn.Module:
        seed = None if self.pretrained else self.seed
        device = torch_device(self.device)
        return load_model(
            self.model, len(self._bands), self.size, self.weights, seed, device
        )
