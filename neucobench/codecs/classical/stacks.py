"""Stacks as the classical codecs take them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.base import Coded
from neucobench.errors import CodecError

Shape = tuple[int, int, int, int]

SMALLEST = 16  # pixels
_DIMENSIONS = 5
_LARGEST = 2**31  # of the numbers in a stack
_RAW = 16  # the largest value of a stack of fractions that cannot be raw reflectance


def check_stacks(stacks: NDArray[np.float32], codec: str, bands: int | None) -> None:
    """Check the shape and the values of stacks.

    Raises:
        CodecError: when the codec cannot take them.
    """
    if stacks.ndim != _DIMENSIONS or bands not in (None, stacks.shape[2]):
        raise CodecError(
            f"A stack of the shape {stacks.shape} was given to {codec}; it takes "
            f"(samples, time, {f'{bands} bands' if bands else 'band'}, y, x). Give "
            "other stacks, or choose another codec."
        )
    if min(stacks.shape[-2:]) < SMALLEST or 0 in stacks.shape:
        raise CodecError(
            f"A stack of the shape {stacks.shape} was given to {codec}; it takes at "
            f"least {SMALLEST} x {SMALLEST} pixels, one band and one season. Code a "
            "larger tile."
        )
    if not np.isfinite(stacks).all():
        raise CodecError(
            f"The stacks given to {codec} hold NaN or infinite values; every pixel "
            "must be a number. Fill the gaps before, and note where they were."
        )
    largest = float(np.abs(stacks).max())
    if largest >= _LARGEST:
        raise CodecError(
            f"The stacks given to {codec} reach {largest:g}; it takes reflectance x "
            "10,000, below 2^31 in any case. Check the scale and the no-data value."
        )
    if largest < _RAW and not (stacks == np.rint(stacks)).all():
        raise CodecError(
            f"The stacks given to {codec} hold fractions up to {largest:g}; it codes "
            "whole numbers of reflectance x 10,000. Multiply reflectance by 10,000, "
            "or undo a standardization."
        )


def common_shape(coded: Sequence[Coded]) -> Shape:
    """Return the shape (time, band, y, x) of stacks that are decoded together.

    Raises:
        CodecError: when a layout holds none, or they differ.
    """
    shapes = {_shape(item.layout) for item in coded}
    if len(shapes) != 1:
        raise CodecError(
            f"Stacks of the shapes {sorted(shapes)} were given at once; stacks that "
            "are decoded together have the same. Decode them one by one."
        )
    return shapes.pop()


def _shape(layout: Mapping[str, Any]) -> Shape:
    shape = layout.get("shape")
    if (
        not isinstance(shape, Sequence)
        or len(shape) != _DIMENSIONS - 1
        or any(type(size) is not int or size < 1 for size in shape)
    ):
        raise CodecError(
            f"The layout {dict(layout)} was given with a stream; it holds the shape "
            "(time, band, y, x). Give what the encoder returned."
        )
    time, bands, height, width = shape
    return time, bands, height, width
