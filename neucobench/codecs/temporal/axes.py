"""The first axis of a tensor: cut into several, or gone through in pieces."""

from collections.abc import Iterator

from torch import Tensor


def split_first(x: Tensor, *lengths: int) -> Tensor:
    """Return a tensor whose first axis is replaced by several.

    Args:
        x: (first, ...).
        lengths: of the axes in its place; the last may be -1.
    """
    *outer, last = lengths
    for length in outer if last < 0 else ():
        last = (len(x) if last < 0 else last) // length
    return x.reshape(*outer, last, *x.shape[1:])


def pieces(x: Tensor, length: int) -> Iterator[Tensor]:
    """Yield parts of a tensor, at most so long along the first axis."""
    for start in range(0, len(x), length):
        yield x[start : start + length]
