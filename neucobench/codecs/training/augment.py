"""How crops are varied: turned, flipped, brighter or darker, smaller, mixed."""

import numpy as np
import torch
from numpy.typing import NDArray

from neucobench.codecs.training.settings import Augment

Pixels = NDArray[np.float32]


def choose_size(
    size: int, most: int, settings: Augment, random: np.random.Generator
) -> int:
    """Return the height and width to cut out, in pixels; `shrink` makes it ``size``.

    Args:
        size: what the crop will have in the end.
        most: what the picture has.
        settings: how crops are varied.
        random: draws.
    """
    if random.random() >= settings.zoom:
        return size
    return min(most, int(size * random.uniform(1, settings.most_zoom)))


def shrink(crop: Pixels, size: int) -> Pixels:
    """Return (..., band, y, x) at a smaller height and width, without aliases."""
    *before, height, width = crop.shape
    if height == size:
        return crop
    tensor = torch.from_numpy(np.ascontiguousarray(crop)).reshape(1, -1, height, width)
    smaller = torch.nn.functional.interpolate(
        tensor, size=(size, size), mode="bilinear", antialias=True
    )
    pixels: Pixels = smaller.reshape(*before, size, size).numpy()
    return pixels


def vary(crop: Pixels, settings: Augment, random: np.random.Generator) -> Pixels:
    """Return a crop turned, flipped, and with one gain and offset for all bands.

    Args:
        crop: (..., band, y, x); all frames of a stack alike.
        settings: how crops are varied.
        random: draws.
    """
    turns = int(random.integers(4)) if settings.turns else 0
    crop = np.rot90(crop, turns, axes=(-2, -1))
    if settings.flips and random.random() < 0.5:
        crop = crop[..., ::-1]
    if random.random() < settings.radiometry:
        gain = np.float32(np.exp(random.normal(0, settings.gain)))
        crop = crop * gain + np.float32(random.normal(0, settings.offset))
    return crop


def vary_bands(crop: Pixels, settings: Augment, random: np.random.Generator) -> Pixels:
    """Return a crop with a gain and an offset for each band, as other ground has."""
    if random.random() >= settings.bands:
        return crop
    shape = (crop.shape[-3], 1, 1)
    gains = np.exp(random.normal(0, settings.band_gain, shape)).astype(np.float32)
    offsets = random.normal(0, settings.band_offset, shape).astype(np.float32)
    varied: Pixels = crop * gains + offsets
    return varied


def mix(one: Pixels, other: Pixels, random: np.random.Generator) -> Pixels:
    """Return the mean of two crops at random weights: ground that lies nowhere."""
    weight = np.float32(random.random())
    return weight * one + (1 - weight) * other


def choose_frames(
    count: int, wanted: int, settings: Augment, random: np.random.Generator
) -> NDArray[np.int_]:
    """Return which frames of a stack are used: a run of them, or any in any order.

    Args:
        count: how many the stack has; those of a short one come again.
        wanted: how many to choose.
        settings: how crops are varied.
        random: draws.
    """
    if random.random() < settings.shuffle:
        order = random.permutation(count)
    else:
        order = np.arange(count)[random.integers(max(1, count - wanted + 1)) :]
    return np.resize(order[:wanted], wanted)


def vary_frames(crop: Pixels, settings: Augment, random: np.random.Generator) -> Pixels:
    """Return (time, band, y, x) with a gain and an offset for each frame, as haze has.

    What a frame is can then not be copied from the one before.
    """
    if random.random() >= settings.frames:
        return crop
    shape = (len(crop), 1, 1, 1)
    gains = np.exp(random.normal(0, settings.frame_gain, shape)).astype(np.float32)
    offsets = random.normal(0, settings.frame_offset, shape).astype(np.float32)
    varied: Pixels = crop * gains + offsets
    return varied
