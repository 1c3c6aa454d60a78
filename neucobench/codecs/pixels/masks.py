"""Code masks of missing pixels, losslessly and in few bytes.

A coded mask is empty where nothing is missing, the byte 1 where everything is, and
otherwise the byte 2 and a zlib stream of bits: one for each band of each season, set
where the band lacks other pixels than the one before it (none before the first), padded
to bytes; then, for those that do, one for each pixel in which they differ.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

from neucobench.errors import ContainerError

ALL, BITS = b"\x01", b"\x02"


def encode_mask(mask: NDArray[np.bool_]) -> bytes:
    """Return a mask in coded form.

    Args:
        mask: (time, band, y, x), True where a pixel is missing.
    """
    if not mask.any():
        return b""
    if mask.all():
        return ALL
    changes = mask.copy()
    changes[:, 1:] ^= mask[:, :-1]
    differ = changes.any(axis=(2, 3))
    flags, bits = np.packbits(differ), np.packbits(changes[differ])
    return BITS + zlib.compress(flags.tobytes() + bits.tobytes(), 9)


def decode_mask(coded: bytes, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return the mask of a coded form, (time, band, y, x).

    Raises:
        ContainerError: when the bytes are no mask of that shape.
    """
    if not coded:
        return np.broadcast_to(np.False_, shape)
    if coded == ALL:
        return np.broadcast_to(np.True_, shape)
    mask = _decode_bits(coded[1:], shape) if coded[:1] == BITS else None
    if mask is None:
        raise ContainerError(
            f"a mask of {len(coded)} bytes is none of {shape} pixels; the file was "
            "written wrongly, so compress the source again"
        )
    return mask


def _decode_bits(coded: bytes, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Return the mask, or None where the stream does not hold one of that shape."""
    planes, pixels = shape[0] * shape[1], shape[2] * shape[3]
    first = -(-planes // 8)
    content = _inflate(coded, first - (-planes * pixels // 8))
    if content is None or len(content) < first:
        return None
    packed = np.frombuffer(content, np.uint8)
    differ = np.unpackbits(packed[:first], count=planes).astype(bool)
    count = int(differ.sum()) * pixels
    if len(packed) - first != -(-count // 8):
        return None
    changes = np.zeros((planes, pixels), bool)
    bits = np.unpackbits(packed[first:], count=count)
    changes[differ] = bits.reshape(-1, pixels).astype(bool)
    mask: NDArray[np.bool_] = np.logical_xor.accumulate(changes.reshape(shape), axis=1)
    return mask


def _inflate(content: bytes, most: int) -> bytes | None:
    """Return what a zlib stream holds; None where it is none, or holds too much."""
    inflater = zlib.decompressobj()
    try:
        found = inflater.decompress(content, most + 1)
    except zlib.error:
        return None
    whole = inflater.eof and not inflater.unused_data
    return found if whole else None
