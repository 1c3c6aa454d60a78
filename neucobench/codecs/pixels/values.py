"""Numbers as files store them, and reflectance x 10,000 as codecs take it.

``reflectance = (stored - offset) * scale``. Sentinel-2 products since processing
baseline 04.00, and SSL4EO-S12 v1.1, have the offset 1000; files of reflectance between
0 and 1 have the scale 10,000.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neucobench.codecs.pixels.gaps import Gaps
from neucobench.errors import CodecError

DTYPES = (
    *("uint8", "int8", "uint16", "int16", "uint32", "int32"),
    *("float32", "float64"),
)
_EXACT = 2  # bytes: integers that float32 holds without rounding

Finite = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True, kw_only=True)
class Convention:
    """Say how stored numbers become reflectance x 10,000.

    Attributes:
        offset: what had been added, in stored numbers.
        scale: what a stored number, less the offset, is multiplied by.
    """

    offset: Finite = 0.0
    scale: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0


@dataclass(frozen=True, kw_only=True)
class Restored:
    """Hold a stack as a file stores it.

    Attributes:
        values: (time, band, y, x) in the file's type.
        clipped: how many numbers lay beyond what the type holds and were cut off.
        moved: how many were moved by one step since they would have read as no data.
    """

    values: NDArray[Any]
    clipped: int
    moved: int


def require_numbers(dtype: np.dtype[Any]) -> None:
    """Refuse a type of values that is neither integer nor floating point.

    Raises:
        CodecError: when it is complex, boolean, text, float16 or a 64-bit integer.
    """
    if dtype.name not in DTYPES:
        raise CodecError(
            f"it holds values of type {dtype.name}; codecs take {', '.join(DTYPES)}, "
            "so convert it"
        )


def holds(dtype: np.dtype[Any], value: float) -> bool:
    """Tell whether a type can hold a number."""
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return bool(np.isinf(value) or np.isnan(value)) or bool(
                np.isfinite(dtype.type(value))
            )
    limits = np.iinfo(dtype)
    return float(value).is_integer() and limits.min <= value <= limits.max


def to_reflectance(stored: NDArray[Any], convention: Convention) -> NDArray[np.float32]:
    """Return reflectance x 10,000; numbers that are not finite stay so.

    Args:
        stored: numbers of any shape.
        convention: the offset and the scale.
    """
    kind: type[np.floating[Any]] = np.float64
    if stored.dtype.kind in "iu" and stored.dtype.itemsize <= _EXACT:
        kind = np.float32
    values = stored.astype(kind)
    if convention.offset:
        values -= convention.offset
    if convention.scale != 1:
        values *= convention.scale
    with np.errstate(over="ignore"):
        return values.astype(np.float32, copy=False)


def to_stored(
    stack: NDArray[np.float32],
    gaps: Gaps,
    *,
    convention: Convention,
    dtype: np.dtype[Any],
    nodata: float | None,
) -> Restored:
    """Return a stack in the file's type, its gaps as they were.

    Integers are rounded and cut off at the ends of their type. A number that would
    then equal the no-data value moves to the one beside it.

    Args:
        stack: (time, band, y, x) reflectance x 10,000.
        gaps: where no data were.
        convention: the offset and the scale.
        dtype: the file's type.
        nodata: the no-data value, or None.
    """
    values = np.empty(stack.shape, dtype)
    clipped = moved = 0
    for plane in np.ndindex(*stack.shape[:2]):
        missing = gaps.value[plane] | gaps.nan[plane]
        numbers = stack[plane].astype(np.float64)
        numbers /= convention.scale
        numbers += convention.offset
        clipped += _round(numbers, missing, dtype)
        values[plane] = numbers
        if nodata is not None and holds(dtype, nodata):
            hits = (values[plane] == dtype.type(nodata)) & ~missing
            moved += int(hits.sum())
            values[plane][hits] = _beside(dtype, nodata)
            values[plane][gaps.value[plane]] = dtype.type(nodata)
        if dtype.kind == "f":
            values[plane][gaps.nan[plane]] = np.nan
    return Restored(values=values, clipped=clipped, moved=moved)


def _round(
    numbers: NDArray[np.float64], missing: NDArray[np.bool_], dtype: np.dtype[Any]
) -> int:
    """Make numbers fit a type, in place; return how many had to be cut off."""
    if dtype.kind != "f":
        np.rint(numbers, out=numbers)
        low, high = float(np.iinfo(dtype).min), float(np.iinfo(dtype).max)
    else:
        low, high = float(np.finfo(dtype).min), float(np.finfo(dtype).max)
    beyond = ((numbers < low) | (numbers > high)) & ~missing
    np.clip(numbers, low, high, out=numbers)
    return int(beyond.sum())


def _beside(dtype: np.dtype[Any], value: float) -> Any:
    """Return a number next to a value in a type."""
    exact = dtype.type(value)
    if dtype.kind == "f":
        return np.nextafter(exact, dtype.type(0 if exact else 1))
    return exact - 1 if value == np.iinfo(dtype).max else exact + 1
