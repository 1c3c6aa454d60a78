"""Small numbers and parts of known length, one after the other in a stream.

A checksum ends a stream: some decoders of the libraries write beyond their memory when
they are given damaged data, so that these must not reach them.
"""

import zlib
from collections.abc import Sequence

from neucobench.errors import CodecError

_MORE = 0x80
_SEVEN = 0x7F
_MOST_BYTES = 9
_CHECKSUM = 4  # bytes


def pack_number(number: int) -> bytes:
    """Return a number of at least 0 in groups of seven bits, the lowest first."""
    packed = bytearray()
    while number > _SEVEN:
        packed.append(number & _SEVEN | _MORE)
        number >>= 7
    packed.append(number)
    return bytes(packed)


def pack_parts(parts: Sequence[bytes]) -> bytes:
    """Return parts in one piece, each but the last after its length."""
    sized = [pack_number(len(part)) + part for part in parts[:-1]]
    return b"".join([*sized, parts[-1]])


def with_checksum(stream: bytes, seed: bytes) -> bytes:
    """Return a stream and the CRC-32 of a seed and its bytes, four bytes more."""
    checksum = zlib.crc32(stream, zlib.crc32(seed))
    return stream + checksum.to_bytes(_CHECKSUM, "little")


def without_checksum(stream: bytes, seed: bytes) -> bytes:
    """Return a stream without its checksum.

    Raises:
        CodecError: when that is another one.
    """
    if with_checksum(stream[:-_CHECKSUM], seed) != stream:
        raise CodecError("its checksum is another one")
    return stream[:-_CHECKSUM]


class ByteReader:
    """Read a stream from its start."""

    def __init__(self, stream: bytes) -> None:
        self._stream = stream
        self._place = 0

    def take(self, length: int) -> bytes:
        """Return the next bytes.

        Raises:
            CodecError: when there are fewer.
        """
        end = self._place + length
        if end > len(self._stream):
            raise CodecError(
                f"the stream has {len(self._stream)} bytes and {end} are needed"
            )
        taken = self._stream[self._place : end]
        self._place = end
        return taken

    def number(self) -> int:
        """Return the number that stands next.

        Raises:
            CodecError: when there is none.
        """
        number = 0
        for place in range(_MOST_BYTES):
            group = self.take(1)[0]
            number |= (group & _SEVEN) << 7 * place
            if group <= _SEVEN:
                return number
        raise CodecError(f"a number in it has more than {_MOST_BYTES} bytes")

    def parts(self, count: int) -> list[bytes]:
        """Return all parts that are left.

        Raises:
            CodecError: when there are fewer.
        """
        sized = [self.take(self.number()) for _ in range(count - 1)]
        return [*sized, self.rest()]

    def rest(self) -> bytes:
        """Return all bytes that are left."""
        return self.take(len(self._stream) - self._place)
