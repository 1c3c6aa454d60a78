"""What ``decompress`` is given, checked before it is used."""

from collections.abc import Mapping, Sequence
from typing import Any

from neucobench.codecs.base import Coded
from neucobench.errors import CodecError


def check_strings(strings: Sequence[Sequence[bytes]], *, parts: int) -> int:
    """Return how many pictures some strings hold.

    Raises:
        CodecError: when they are not so many lists, each with as many strings.
    """
    counts = {len(group) for group in strings if isinstance(group, list | tuple)}
    whole = all(isinstance(item, bytes) for group in strings for item in group)
    if len(strings) != parts or len(counts) != 1 or counts == {0} or not whole:
        raise CodecError(
            f"{len(strings)} lists of strings were given with {sorted(counts)} strings "
            f"each; this codec takes {parts}, all with one string (bytes) for each "
            "picture. Give what compress returned, of the same codec."
        )
    return counts.pop()


def pair(shape: Any) -> tuple[int, int]:
    """Return a height and a width, given as a pair.

    Raises:
        CodecError: when it is no pair of positive whole numbers.
    """
    try:
        height, width = (int(number) for number in shape)
    except (OverflowError, TypeError, ValueError):
        height = width = 0
    if height < 1 or width < 1:
        raise wrong_shape(shape)
    return height, width


def one_size(layouts: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Return the height and the width in the layouts of stacks.

    Raises:
        CodecError: when they differ, or one has none.
    """
    sizes = {pair(layout.get("size")) for layout in layouts}
    if len(sizes) != 1:
        raise CodecError(
            f"Stacks of the sizes {sorted(sizes)} were given at once; stacks that are "
            "decoded together have the same. Decode them one by one."
        )
    return sizes.pop()


def one_length(coded: Sequence[Coded]) -> int:
    """Return how many seasons stacks have that are coded with one stream for each.

    Raises:
        CodecError: when they differ, or there are none.
    """
    seasons = {len(item.streams) for item in coded}
    if len(seasons) != 1 or seasons == {0}:
        raise CodecError(
            f"Stacks of {sorted(seasons)} seasons were given at once; stacks that are "
            "decoded together have the same. Decode them one by one."
        )
    return seasons.pop()


def wrong_shape(shape: Any) -> CodecError:
    """Return the error for a shape that no ``compress`` returned."""
    return CodecError(
        f"The shape of what was coded was given as {shape!r}; it is what the encoder "
        "returned, of the same codec. Give that."
    )
