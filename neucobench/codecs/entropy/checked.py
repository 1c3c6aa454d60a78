"""Streams that know what they hold: all symbols of a picture, and their checksum.

A coder may start from any state of its range, and the decoder ends where the coder
started. Here that is the CRC-32 of the symbols, less one bit: a check that costs
nothing. It finds damage, other weights, and arithmetic that differs between machines.
"""

import zlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.entropy.coder import (
    LOWEST_STATE,
    Decoder,
    Tables,
    encode_symbols,
)


def encode_checked(
    parts: Iterable[tuple[NDArray[np.int32], NDArray[np.int32]]],
    tables: Tables,
    *,
    also: NDArray[np.int32] | None = None,
) -> bytes:
    """Return one stream of several parts.

    Args:
        parts: each symbols and their rows.
        tables: the probabilities.
        also: numbers that are not coded and that the decoder must arrive at.
    """
    flat = [(symbols.reshape(-1), rows.reshape(-1)) for symbols, rows in parts]
    symbols = np.concatenate([part for part, _ in flat])
    rows = np.concatenate([part for _, part in flat])
    checksum = _checksum(symbols, 0)
    if also is not None:
        checksum = _checksum(also, checksum)
    return encode_symbols(symbols, rows, tables, state=_state(checksum))


class CheckedDecoder:
    """Read such a stream, part by part, and then check it."""

    def __init__(self, stream: bytes, tables: Tables) -> None:
        self._decoder = Decoder(stream)
        self._tables = tables
        self._checksum = 0

    def read(self, rows: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the next symbols, in the shape of their rows.

        Raises:
            CodecError: when the stream is damaged.
        """
        symbols = self._decoder.read(rows, self._tables)
        self._checksum = _checksum(symbols, self._checksum)
        return symbols

    def include(self, numbers: NDArray[np.int32]) -> None:
        """Take note of numbers that were not coded and that the encoder had too."""
        self._checksum = _checksum(numbers, self._checksum)

    def finish(self) -> None:
        """Check that all was read, and as it was written.

        Raises:
            CodecError: when the stream is damaged, or was made with other weights.
        """
        self._decoder.finish(state=_state(self._checksum))


def _checksum(symbols: NDArray[np.int32], before: int) -> int:
    return zlib.crc32(symbols.astype("<i4").tobytes(), before)


def _state(checksum: int) -> int:
    return LOWEST_STATE | (checksum >> 1)
