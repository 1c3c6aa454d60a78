"""Which bands a codec reads, and a first convolution that reads some of them."""

from collections.abc import Sequence
from enum import Enum

import torch
from torch import nn

from neucobench.data.bands import MODALITIES, TERRATORCH_NAMES
from neucobench.errors import CodecError, UsageError

# A band is named as in the product, ``"B02"``, or as in TerraTorch, ``"BLUE"``.
Band = str | Enum


def band_places(bands: Sequence[Band], count: int) -> list[int]:
    """Return where bands stand among those that a codec reads.

    Args:
        bands: e.g. ``["B02", "B03"]``, ``["BLUE", "GREEN"]`` or members of
            ``terratorch.datasets.HLSBands``, in the order of the pictures.
        count: how many bands the codec reads, 12 (L2A) or 13 (L1C).

    Raises:
        CodecError: when the codec reads bands that have no names here.
        UsageError: when there is no such band, one is named twice, or none is named.
    """
    known = _known(count)
    named = [str(band.value) if isinstance(band, Enum) else str(band) for band in bands]
    own = {TERRATORCH_NAMES[band]: band for band in known}
    found = [own.get(name, name) for name in named]
    if not found or len(set(found)) < len(found) or not set(found) <= set(known):
        raise UsageError(
            f"The bands {', '.join(named) or 'of an empty list'} were given; a "
            f"backbone takes one or more of {', '.join(known)}, each once, or "
            f"TerraTorch's names of them ({', '.join(own)}). Correct bands=[...]."
        )
    return [known.index(band) for band in found]


def read_bands(convolution: nn.Conv2d, places: Sequence[int]) -> nn.Conv2d:
    """Return a convolution that takes the other bands for their mean.

    The mean of a standardized band is 0: what is left out adds nothing.

    Args:
        convolution: the first one of a network.
        places: the bands that remain, in the order of the pictures.
    """
    out, _, *kernel = convolution.weight.shape
    stride, padding = convolution.stride[0], int(convolution.padding[0])
    fewer = nn.Conv2d(len(places), out, kernel[0], stride=stride, padding=padding)
    with torch.no_grad():
        fewer.weight.copy_(convolution.weight[:, list(places)])
        if fewer.bias is not None and convolution.bias is not None:
            fewer.bias.copy_(convolution.bias)
    return fewer


def _known(count: int) -> tuple[str, ...]:
    for modality in MODALITIES.values():
        if modality.optical and len(modality.bands) == count:
            return modality.bands
    raise CodecError(
        f"The weights are for {count} bands, which have no names here: names are known "
        "for the 12 of Sentinel-2 L2A and the 13 of L1C. Leave bands=[...] away, and "
        "give all bands."
    )
