"""ViT-S/16 trained with DINO on SSL4EO-S12 L1C: one image of 13 bands, 384 numbers.

Wang et al., SSL4EO-S12, https://arxiv.org/abs/2211.07044; the images are prepared as
in NeuCo-Bench's script, which pads the vector to 1,024: here the evaluation pads.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from neucobench.data.bands import MODALITIES, S2_OFFSET
from neucobench.data.tensor_file import fill_model, read_tensors
from neucobench.device import torch_device
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.options import check_choices, check_training
from neucobench.encoders.pretrained.images import (
    SEASON_CHOICES,
    embed_cubes,
    joined_dims,
    read_images,
)
from neucobench.encoders.pretrained.kept_models import KeptModels
from neucobench.encoders.pretrained.vit import (
    VisionTransformer,
    draw_weights,
    pool_tokens,
)
from neucobench.encoders.pretrained.weights import (
    find_weights,
)
from neucobench.errors import InputError

NAME = "vit-dino"
LEVEL = "s2l1c"
WIDTH = 384
SIZE = 224
REFLECTANCE = 10_000


@dataclass(frozen=True, kw_only=True)
class VitDinoEncoder:
    """Embed the mean image of a cube's seasons, all 13 bands of L1C.

    ::

        L1C + shift ─▶ / 10,000 ─▶ clip ─▶ mean of ─▶ 224 x 224 ─▶ ViT ─▶ mean of 196
                                  to 0..1  seasons    (pooled)            patch tokens

    Attributes:
        weights: a file of trained weights; None: the published one.
        pretrained: False for a control with random weights, called ``vit-dino-random``.
        seed: seed of the random weights.
        identity_norm: accept weights without the last layer norm, and use one that
            neither scales nor shifts.
        pool: the mean (``avg``) or the maximum (``max``) of the patch tokens, or the
            class token (``cls``).
        season: ``image_mean`` as published, ``embedding_mean`` or ``concat``.
        shift: what is added to the stored values: 1000 as published for the downstream
            cubes; 0 as the model was trained.
        device: where the model computes: ``cpu``, ``cuda`` or ``auto``.
    """

    modalities: ClassVar[tuple[str, ...]] = (LEVEL,)
    version: ClassVar[str] = "1"
    thread_safe: ClassVar[bool] = True
    shard_size: ClassVar[int] = 16

    weights: str | None = None
    pretrained: bool = True
    seed: int = 0
    identity_norm: bool = False
    pool: str = "avg"
    season: str = "image_mean"
    shift: int = S2_OFFSET
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Refuse options that are not known or contradict each other."""
        check_choices(
            NAME,
            pool=(self.pool, ("avg", "cls", "max")),
            season=(self.season, SEASON_CHOICES),
        )
        check_training(
            NAME, pretrained=self.pretrained, weights=self.weights, seed=self.seed
        )

    @property
    def name(self) -> str:
        """Return ``"vit-dino"``, or ``"vit-dino-random"``."""
        return NAME if self.pretrained else f"{NAME}-random"

    @property
    def dims(self) -> int:
        """Return 384, or four times that when seasons are concatenated."""
        return joined_dims(WIDTH, self.season)

    def prepare(self) -> None:
        """Load the weights.

        Raises:
            InputError: when the file is not that of this model.
            DownloadError: when the published file cannot be had.
        """
        self._model()

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, 384), or (samples, 1536) when seasons are concatenated.

        Raises:
            CubeError: when a cube has not 13 bands, or not four seasons to concatenate.
        """
        model = self._model()

        def images(row: int) -> Tensor:
            stored = read_images(batch, row, LEVEL, shift=self.shift)
            return (stored / REFLECTANCE).clip(0, 1)

        def embed(reflectance: Tensor) -> Tensor:
            tokens = model(adaptive_avg_pool2d(reflectance, SIZE))
            return pool_tokens(tokens, self.pool)

        device = torch_device(self.device)
        return embed_cubes(batch, images, embed, season=self.season, device=device)

    def _model(self) -> VisionTransformer:
        seed = None if self.pretrained else self.seed
        return _load(self.weights, seed, self.identity_norm, torch_device(self.device))


@KeptModels
def _load(
    weights: str | None, seed: int | None, identity_norm: bool, device: torch.device
) -> VisionTransformer:
    """Return the model with trained weights, or with those drawn from a seed."""
    with torch.device("meta"):
        model = VisionTransformer(bands=len(MODALITIES[LEVEL].bands), size=SIZE)
    if seed is not None:
        fill_model(model, draw_weights(model, seed), source=f"seed {seed}")
        return model.to(device)
    path = find_weights(NAME, weights)
    tensors = read_tensors(path)
    if not {"norm.weight", "norm.bias"} & set(tensors):
        if not identity_norm:
            raise InputError(
                f"{path} lacks the last layer norm (norm.weight, norm.bias). Give a "
                "file that has it, or accept one that neither scales nor shifts with "
                "--option identity_norm=true."
            )
        norm = {"norm.weight": torch.ones(WIDTH), "norm.bias": torch.zeros(WIDTH)}
        tensors = tensors | norm
    fill_model(model, tensors, source=path, ignored=("head.",))
    return model.to(device)
