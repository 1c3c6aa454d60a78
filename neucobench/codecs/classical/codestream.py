"""Codestreams of JPEG 2000: what their header says, and what can be left out."""

import struct

from neucobench.errors import CodecError

_START = b"\xff\x4f\xff\x51"  # start of codestream, size segment
_COMMENT = b"\xff\x64"
_TILE = b"\xff\x90"
_SIZES = struct.Struct(
    ">6x8IH"
)  # from the segment's marker to the number of components
_COMPONENT = 3  # bytes: precision, horizontal and vertical distance


def without_comment(data: bytes) -> bytes:
    """Return a codestream without the library's name and version."""
    place = 2
    while (marker := data[place : place + 2]) != _TILE:
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4])
        if marker == _COMMENT:
            return data[:place] + data[end:]
        place = end
    return data


def require_shape(data: bytes, shape: tuple[int, int, int]) -> None:
    """Refuse a codestream of another shape, before memory is asked for it.

    Args:
        data: the codestream.
        shape: (component, y, x) that is expected.

    Raises:
        CodecError: when it has another, several tiles or subsampled components.
    """
    count, height, width = shape
    end = len(_START) - 2 + _SIZES.size + _COMPONENT * count
    if data[:4] != _START or len(data) < end:
        raise CodecError("it is no codestream of JPEG 2000")
    found = _SIZES.unpack_from(data, 2)
    components = data[end - _COMPONENT * count : end]
    plain = set(components[1::3]) == set(components[2::3]) == {1}
    expected = (width, height, 0, 0, width, height, 0, 0, count)
    if found != expected or not plain:
        raise CodecError("its picture has another shape")
