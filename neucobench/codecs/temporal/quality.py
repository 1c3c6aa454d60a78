"""How many tokens of each window are sent."""

from collections.abc import Sequence
from numbers import Integral
from reprlib import repr as shortened
from typing import Any

from neucobench.codecs.temporal.sizes import TOKENS
from neucobench.errors import CodecError, UsageError


def qualities(
    quality: int | Sequence[int] | None, frames: int, *, flexible: bool
) -> tuple[int, ...]:
    """Return how many tokens of a window are sent in each frame.

    Args:
        quality: 0 to 16 for all frames, or of each; the last serves for those that are
            left. None: all tokens.
        frames: how many frames there are.
        flexible: whether the network can do without some.

    Raises:
        UsageError: when it is none of these, or the network sends all tokens always.
    """
    if quality is None:
        return (TOKENS,) * frames
    given: list[Any] = list(quality) if isinstance(quality, Sequence) else [quality]
    # Numbers of NumPy are no int.
    whole = all(isinstance(k, Integral) and not isinstance(k, bool) for k in given)
    if not given or len(given) > frames or not whole or not _in_range(given):
        raise UsageError(
            f"quality={quality!r} was given for {frames} frames; it is a whole number "
            f"from 0 to {TOKENS}, or a list of at most {frames} of them. Give one of "
            "these."
        )
    if not flexible and set(given) != {TOKENS}:
        raise UsageError(
            f"quality={quality!r} was given to a network that sends all tokens of "
            "every window; only FlexTEC can leave some out. Leave quality away, or "
            "choose the codec flextec."
        )
    return tuple(map(int, (*given, *[given[-1]] * (frames - len(given)))))


def stored_qualities(found: Any, frames: int) -> tuple[int, ...]:
    """Return the quality of each frame in the layout of a stack.

    Args:
        found: what the layout holds, anything in a damaged one.
        frames: how many streams there are.

    Raises:
        CodecError: when it is not one quality for each frame.
    """
    if (
        not isinstance(found, list | tuple)
        or len(found) != frames
        or any(type(k) is not int for k in found)
        or not _in_range([*found])
    ):
        raise CodecError(
            f"The quality of what was coded was given as {shortened(found)} for "
            f"{frames} frames; it is a whole number from 0 to {TOKENS} for each. Give "
            "what the encoder returned."
        )
    return tuple(found)


def _in_range(given: list[int]) -> bool:
    return all(0 <= k <= TOKENS for k in given)
