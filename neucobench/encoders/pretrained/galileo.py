"""Galileo: a transformer pretrained on series of Sentinel-1 and Sentinel-2 images."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neucobench.data.tensor_file import fill_model, read_tensors
from neucobench.device import torch_device
from neucobench.encoders.options import check_choices
from neucobench.encoders.pretrained.galileo_input import normalize
from neucobench.encoders.pretrained.galileo_model import SIZES, UNUSED, Galileo
from neucobench.encoders.pretrained.galileo_tiles import (
    POOLS,
    lay_tiles,
    pool_dims,
    pool_tiles,
)
from neucobench.encoders.pretrained.galileo_tokens import GROUPS, MOST_STEPS, PATCH
from neucobench.encoders.pretrained.kept_models import KeptModels
from neucobench.encoders.pretrained.random_weights import draw_weights
from neucobench.encoders.pretrained.sentinel_series import SeriesEncoder
from neucobench.encoders.pretrained.weights import (
    find_weights,
)
from neucobench.errors import CubeError, UsageError

# A forward pass of this many tokens stays in the processor's cache.
_TOKENS = {"cpu": 2048, "cuda": 65_536}


@dataclass(frozen=True, kw_only=True)
class GalileoEncoder(SeriesEncoder):
    """Cut a cube into tiles, encode each as one sequence, and pool.

    ::

        S1, S2 + NDVI ─▶ tiles of 48 px ─▶ 6 x 6 patches x seasons x 7 groups of bands
                                                      │ Galileo
        cube ◀─ mean over tiles ◀─ mean over tokens ◀─┘

    The vector depends on how the cube is cut and on the months; both are options, and
    stand in the file that a run writes.

    Attributes:
        size: ``"nano"`` (128 dimensions), ``"tiny"`` (192) or ``"base"`` (768).
        patch: side of a patch in pixels, 1 to 8.
        tile: side of a tile in pixels, a multiple of ``patch``.
        joint: whether all seasons of a tile are one sequence, or each is its own.
        pool: how tiles and seasons become one vector; see ``pool_tiles``.
    """

    size: str = "nano"
    patch: int = PATCH
    tile: int = 48
    joint: bool = True
    pool: str = "mean"

    def __post_init__(self) -> None:
        """Refuse options that are not known or contradict each other."""
        super().__post_init__()
        check_choices(
            self.name, size=(self.size, tuple(SIZES)), pool=(self.pool, POOLS)
        )
        if self.size != "nano" and self.pretrained and self.weights is None:
            raise UsageError(
                f"The weights of {self.name} are not downloaded, those of galileo-nano "
                f"are. Fetch models/{self.size}/encoder.pt of nasaharvest/galileo from "
                "the Hugging Face hub and give it with --weights FILE."
            )
        if not 1 <= self.patch <= PATCH or self.tile < 1 or self.tile % self.patch:
            raise UsageError(
                f"The encoder {self.name} got patch={self.patch} and tile={self.tile}; "
                f"a patch has 1 to {PATCH} pixels and a tile a multiple of that. Give "
                "for example --option patch=4 --option tile=24."
            )

    @property
    def name(self) -> str:
        """Return ``"galileo-nano"``, or ``"galileo-nano-random"`` without training."""
        return f"galileo-{self.size}{'' if self.pretrained else '-random'}"

    @property
    def dims(self) -> int:
        """Return the model's width times the parts that ``pool`` keeps."""
        seasons = len(self.month_numbers())
        return pool_dims(self.pool, SIZES[self.size].width, seasons)

    def prepare(self) -> None:
        """Load the weights.

        Raises:
            InputError: when the file is not that of this model.
            DownloadError: when the published file cannot be had.
        """
        self.model()

    def model(self) -> Galileo:
        """Return the model with its weights, which are loaded once."""
        seed = None if self.pretrained else self.seed
        return _load(self.size, self.weights, seed, torch_device(self.device))

    def encode_series(self, series: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (dims,) of one cube.

        Args:
            series: (time, 12, y, x) decibel, and reflectance x 10,000.

        Raises:
            CubeError: when there are too many seasons for one sequence, or fewer pixels
                than a patch.
        """
        model, seasons = self.model(), len(series)
        device = model.norm.weight.device
        grid = lay_tiles(*series.shape[-2:], tile=self.tile, patch=self.patch)
        tiles = grid.cut(torch.from_numpy(normalize(series)).to(device))
        months = torch.tensor(self.month_numbers(), device=device)
        months = months.expand(len(tiles), -1)
        if not self.joint:
            tiles, months = tiles.flatten(0, 1)[:, None], months.flatten()[:, None]
        elif seasons > MOST_STEPS:
            raise CubeError(
                f"{self.level} has {seasons} seasons; {self.name} takes up to "
                f"{MOST_STEPS} in one sequence. Give --option joint=false."
            )
        groups = tuple(GROUPS) if self.s1 else tuple(GROUPS)[1:]
        embedded = embed_tiles(model, tiles, months, self.patch, groups)
        embedded = embedded.view(-1, seasons, embedded.shape[-1])
        return pool_tiles(embedded, grid, self.pool).cpu().numpy()


def embed_tiles(
    model: Galileo,
    tiles: Tensor,
    months: Tensor,
    patch: int,
    groups: tuple[str, ...],
) -> Tensor:
    """Return (tiles, time, width), the mean over the places and groups of a tile.

    Args:
        model: on the device of the tiles.
        tiles: (tiles, time, 13, y, x) normalized.
        months: (tiles, time) 0 to 11.
        patch: side of a patch in pixels.
        groups: names of the groups of bands that are there.
    """
    time, _, height, width = tiles.shape[1:]
    tokens = time * (height // patch) * (width // patch) * len(groups)
    at_once = max(1, math.ceil(_TOKENS[tiles.device.type] / tokens))
    parts = [slice(start, start + at_once) for start in range(0, len(tiles), at_once)]
    means = [
        model(tiles[part], months[part], patch=patch, groups=groups).mean((1, 2, 4))
        for part in parts
    ]
    return torch.cat(means)


@KeptModels
def _load(
    size: str, weights: str | None, seed: int | None, device: torch.device
) -> Galileo:
    """Return the model with trained weights, or with those drawn from a seed."""
    with torch.device("meta"):
        model = Galileo(SIZES[size])
    if seed is None:
        path = find_weights(f"galileo-{size}", weights)
        tensors = {
            key.replace(".backbone", ""): value
            for key, value in read_tensors(path).items()
        }
        fill_model(model, tensors, source=path, ignored=UNUSED)
    else:
        tensors = draw_weights(model, seed, tables=model.tables())
        fill_model(model, tensors, source=f"seed {seed}")
    return model.to(device)
