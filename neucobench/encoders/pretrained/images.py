"""Single images out of cubes, for models that know no time: seasons in, one vector out.

What a model sees of a cube is one image for each season. Its vectors become one by the
option ``season``: ``image_mean`` averages the images first, ``embedding_mean`` averages
the vectors, ``concat`` puts the vectors of four seasons beside each other.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neucobench.data.bands import MODALITIES, SEASONS
from neucobench.encoders.base import CubeBatch
from neucobench.errors import CubeError

SEASON_CHOICES = ("image_mean", "embedding_mean", "concat")


def joined_dims(width: int, season: str) -> int:
    """Return the length of a cube's vector when that of an image has ``width``."""
    return width * SEASONS if season == "concat" else width


def read_images(
    batch: CubeBatch,
    row: int,
    name: str,
    *,
    shift: int,
    bands: Sequence[str] | None = None,
) -> Tensor:
    """Return (season, band, y, x) float32: a cube's stored values plus ``shift``.

    Args:
        batch: the cubes.
        row: which of them.
        name: the modality.
        shift: what is added to stored Sentinel-2 values; Sentinel-1 stays as it is.
        bands: the bands to take, in this order; None: all, in stored order.

    Raises:
        CubeError: when the cube has not the bands that the modality should have.
    """
    array = batch.arrays[name][row]
    modality = MODALITIES[name]
    if array.ndim != 4 or array.shape[1] != len(modality.bands):
        raise CubeError(
            f"{name} has shape {array.shape}, as (season, band, y, x); it should have "
            f"{len(modality.bands)} bands. Leave this cube out, or store all bands."
        )
    if bands is not None:
        array = array[:, [modality.bands.index(band) for band in bands]]
    images = torch.from_numpy(array.astype(np.float32))
    missing = shift - batch.offsets.get(name, 0) if modality.optical else 0
    return images + missing if missing else images


def embed_cubes(
    batch: CubeBatch,
    images: Callable[[int], Tensor],
    embed: Callable[[Tensor], Tensor],
    *,
    season: str,
    device: torch.device,
) -> NDArray[np.float32]:
    """Return (samples, dims): the vectors of a cube's images, made one by ``season``.

    On the CPU one cube at a time goes through the model, since the rounding depends on
    how many images do; on another device all of them do.

    Args:
        batch: the cubes.
        images: returns (season, band, y, x), the images of the cube in a row, ready
            for the model.
        embed: maps (images, band, y, x) on the device to (images, width).
        season: one of ``SEASON_CHOICES``.
        device: where the model is.

    Raises:
        CubeError: when vectors are to be concatenated and there are not four.
    """
    rows = range(len(batch))
    groups = [rows] if device.type != "cpu" else [range(row, row + 1) for row in rows]
    with torch.inference_mode():
        parts = [_embed_rows(group, images, embed, season, device) for group in groups]
        return np.concatenate([part.float().cpu().numpy() for part in parts])


def _embed_rows(
    rows: range,
    images: Callable[[int], Tensor],
    embed: Callable[[Tensor], Tensor],
    season: str,
    device: torch.device,
) -> Tensor:
    cubes = [images(row) for row in rows]
    if season == "image_mean":
        cubes = [cube.mean(dim=0, keepdim=True) for cube in cubes]
    elif season == "concat" and len(cubes[0]) != SEASONS:
        raise CubeError(
            f"The cube has {len(cubes[0])} seasons and season=concat needs {SEASONS}; "
            "leave it out, or choose --option season=embedding_mean."
        )
    vectors = embed(torch.cat(cubes).to(device))
    if season == "concat":
        return vectors.reshape(len(rows), -1)
    return vectors.reshape(len(rows), -1, vectors.shape[-1]).mean(dim=1)
