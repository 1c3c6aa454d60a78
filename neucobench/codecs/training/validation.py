"""Validation: whole pictures, or stacks, that nothing was learned from."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neucobench.codecs.standardize import restore, standardize
from neucobench.codecs.training.crops import lacks_data, reflectance
from neucobench.codecs.training.objective import pass_through
from neucobench.codecs.training.sources import Block, read_items

PEAK = 10_000


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Hold what a validation found, means over the pictures.

    Attributes:
        loss: lambda times ``mse`` plus ``bpp``.
        bpp: estimated bits per pixel, all bands of a frame together.
        bpppc: estimated bits per pixel per band.
        mse: squared error of standardized bands.
        psnr: decibel, peak 10,000, of raw reflectance; mean over pictures.
    """

    loss: float
    bpp: float
    bpppc: float
    mse: float
    psnr: float


def validation_pictures(
    blocks: Sequence[Block], count: int, multiple: int, frames: int | None = None
) -> tuple[NDArray[np.float32], ...]:
    """Return standardized (..., band, y, x) pictures, spread evenly over the blocks.

    The middle of each is taken, of a height and width that ``multiple`` divides.
    Pictures with pixels that lack data are passed over.

    Args:
        blocks: where they are.
        count: at most so many.
        multiple: e.g. 16 pixels.
        frames: at most so many of a stack, from its first on.
    """
    places = [(block, item) for block in blocks for item in range(block.items)]
    chosen = np.unique(np.linspace(0, len(places) - 1, count).astype(int))
    found, read = [], None
    for index in chosen if places else ():
        block, item = places[index]
        if read is None or read[0] is not block:
            read = block, read_items(block)
        picture = _middle(read[1][item], multiple)
        if block.stacked:
            picture = picture[:frames]
        if picture.size and not lacks_data(picture):
            found.append(standardize(reflectance(picture, block.convention)))
    return tuple(found)


def validate(
    net: Any, pictures: Sequence[NDArray[np.float32]], rate: float, device: torch.device
) -> Figures | None:
    """Return the figures of a network, rounding as a codec does; None without pictures.

    Args:
        net: the network; in training mode again afterwards.
        pictures: standardized (..., band, y, x).
        rate: the loss's lambda.
        device: where the network is.
    """
    if not pictures:
        return None
    net.eval()
    with torch.inference_mode():
        rows = [_one(net, torch.from_numpy(item)[None].to(device)) for item in pictures]
    net.train()
    bpp, mse, psnr = (float(value) for value in np.mean(rows, axis=0))
    bands = pictures[0].shape[-3]
    return Figures(
        loss=rate * mse + bpp, bpp=bpp, bpppc=bpp / bands, mse=mse, psnr=psnr
    )


def _one(net: Any, x: Tensor) -> tuple[float, float, float]:
    x_hat, bits, _forecast = pass_through(net, x)
    error = (x_hat - x).double()
    raw = restore(error.cpu().numpy()) - restore(np.zeros_like(error.cpu().numpy()))
    psnr = 10 * log10(PEAK**2 / max(float(np.square(raw).mean()), 1e-12))
    pixels = x[..., 0, :, :].numel()
    return float(bits) / pixels, float(error.square().mean()), psnr


def _middle(picture: NDArray[Any], multiple: int) -> NDArray[Any]:
    height, width = (size // multiple * multiple for size in picture.shape[-2:])
    top = (picture.shape[-2] - height) // 2
    left = (picture.shape[-1] - width) // 2
    return picture[..., top : top + height, left : left + width]
