"""Codecs that stay loaded, and cubes as they take them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.base import Codec
from neucobench.codecs.pixels.gaps import Gaps, fill_gaps, find_gaps
from neucobench.codecs.pixels.values import Convention, to_reflectance
from neucobench.data.bands import S2L1C, S2L2A
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.pretrained.kept_models import KeptModels
from neucobench.errors import CubeError

LEVEL = S2L2A.name
# What stands for no data in Sentinel-2 cubes, before a reader adds anything.
NO_DATA = 0


@KeptModels
def kept_codec(
    name: str, rate: float | None, weights: str | None, device: str
) -> Codec:
    """Return a codec, which is loaded once.

    Args:
        name: of its card.
        rate: its rate; None: the one that the card prefers.
        weights: a file; None: the weights of the card.
        device: where it computes.

    Raises:
        NeucoError: when it cannot be loaded.
    """
    from neucobench.codecs.load import load_codec

    return load_codec(name, rate=rate, weights=weights, device=device)


@dataclass(frozen=True, kw_only=True)
class CodecInput:
    """Hold the pixels of one cube as a codec takes them.

    Attributes:
        stack: (1, time, band, y, x) reflectance x 10,000, finite.
        gaps: which pixels held no data and were filled from their neighbors, as in a
            container; none where they were to be left as they are.
        convention: how the pixels as they were read become reflectance.
        nodata: what stood for no data among them; None: nothing.
    """

    stack: NDArray[np.float32]
    gaps: Gaps
    convention: Convention
    nodata: float | None


def codec_level(bands: int | None) -> str:
    """Return the Sentinel-2 level of a codec: L1C where it takes 13 bands, else L2A."""
    return S2L1C.name if bands == len(S2L1C.bands) else LEVEL


def codec_input(
    batch: CubeBatch,
    row: int,
    codec: Codec,
    *,
    level: str = LEVEL,
    shift: int = 0,
    fill: bool = True,
) -> CodecInput:
    """Return the pixels of one cube as a codec takes them.

    Args:
        batch: the cubes.
        row: which of them.
        codec: what will code it.
        level: which pixels of the cube.
        shift: what is added to the values as they are stored.
        fill: whether pixels without data are filled from their neighbors.

    Raises:
        CubeError: when the codec cannot take them.
    """
    stored = batch.arrays[level][row]
    _require_shape(stored.shape, codec, level)
    if stored.dtype.kind == "f" and not np.isfinite(stored).all():
        raise CubeError(
            f"{level} has {np.count_nonzero(~np.isfinite(stored))} pixels that are NaN "
            "or infinite, and a codec needs a number for each. Leave this cube out, or "
            "fill them."
        )
    added = batch.offsets.get(level, 0)
    nodata = float(NO_DATA + added) if fill else None
    gaps = find_gaps(stored, nodata)
    if gaps.value.all():
        raise CubeError(
            f"{level} has no pixel with data, all are {nodata:g}: there is nothing to "
            "code. Leave this cube out."
        )
    convention = Convention(offset=added - shift)
    stack = to_reflectance(stored, convention)
    fill_gaps(stack, gaps.value)
    return CodecInput(
        stack=stack[None], gaps=gaps, convention=convention, nodata=nodata
    )


def _require_shape(shape: tuple[int, ...], codec: Codec, level: str) -> None:
    name = codec.identity.name
    bands, height, width = shape[1:]
    if codec.bands not in (None, bands):
        raise CubeError(
            f"{level} has {bands} bands, and the codec {name} takes {codec.bands}. "
            "Leave this cube out, or correct its file."
        )
    if min(height, width) < codec.smallest:
        raise CubeError(
            f"{level} has {height} x {width} pixels, and the codec {name} takes "
            f"pictures of {codec.smallest} x {codec.smallest} or more. Leave this cube "
            "out, or choose another codec."
        )
