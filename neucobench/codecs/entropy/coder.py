"""Symbols to a stream of bytes and back, each by its own row of probabilities.

The bytes are those of CompressAI's coder. Unlike it, this one takes any number of
symbols, reads no further than the stream goes, and checks that it ends as it began:
other tables are noticed, and most damage; for all of it see ``checked``.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.entropy import compiled
from neucobench.errors import CodecError

# The state that CompressAI's coder starts from; any in [2^31, 2^63) would do.
LOWEST_STATE = compiled.LOWEST


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Hold cumulative counts, in rows of different lengths.

    Attributes:
        entries: (entries,) int32, all rows one after the other; a row goes up from 0 to
            65536, and its last interval is that of the escape.
        starts: (rows,) int64, where a row begins.
        lengths: (rows,) int32, how many entries it has: intervals and one more.
        offsets: (rows,) int32, the symbol of its first interval.
    """

    entries: NDArray[np.int32]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int32]
    offsets: NDArray[np.int32]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.starts)

    @classmethod
    def from_rows(
        cls,
        entries: NDArray[np.int32],
        lengths: NDArray[np.int32],
        offsets: NDArray[np.int32],
    ) -> Self:
        """Return tables of rows that lie one after the other."""
        ends = np.cumsum(lengths, dtype=np.int64)
        return cls(
            entries=np.ascontiguousarray(entries, dtype=np.int32),
            starts=ends - lengths,
            lengths=np.ascontiguousarray(lengths, dtype=np.int32),
            offsets=np.ascontiguousarray(offsets, dtype=np.int32),
        )

    def followed_by(self, other: "Tables") -> "Tables":
        """Return the rows of these tables and then those of others."""
        return Tables.from_rows(
            np.concatenate([self.entries, other.entries]),
            np.concatenate([self.lengths, other.lengths]),
            np.concatenate([self.offsets, other.offsets]),
        )


def encode_symbols(
    symbols: NDArray[np.int32],
    rows: NDArray[np.int32],
    tables: Tables,
    *,
    state: int = LOWEST_STATE,
) -> bytes:
    """Return the stream of some symbols, at least 8 bytes and a multiple of 4.

    Args:
        symbols: of any shape, int32.
        rows: of the same shape, int32: the row of the tables that each is coded by.
        tables: the probabilities.
        state: what the decoder will end at.
    """
    rows = _flat(rows)
    assert rows.size == symbols.size
    _check_rows(rows, tables)
    words = compiled.encode(
        _flat(symbols),
        rows,
        tables.entries,
        tables.starts,
        tables.lengths,
        tables.offsets,
        np.uint64(state),
    )
    return words.astype("<u4").tobytes()


class Decoder:
    """Read the symbols of one stream, some at a time."""

    def __init__(self, stream: bytes) -> None:
        if len(stream) < 8 or len(stream) % 4:
            raise CodecError(
                f"A stream of {len(stream)} bytes was given; a coded stream has at "
                "least 8 and a multiple of 4. The file is damaged: get it again."
            )
        words = np.frombuffer(stream, dtype="<u4").astype(np.uint32)
        self._words = words[2:]
        self._state = np.uint64(int(words[1]) << 32 | int(words[0]))
        self._used = 0

    def read(self, rows: NDArray[np.int32], tables: Tables) -> NDArray[np.int32]:
        """Return the next symbols, in the shape of their rows.

        Raises:
            CodecError: when the stream ends too early, or holds what no encoder writes.
        """
        symbols = np.empty(rows.size, dtype=np.int32)
        flat = _flat(rows)
        _check_rows(flat, tables)
        self._state, self._used, outcome = compiled.decode(
            self._words,
            np.uint64(self._state),
            self._used,
            flat,
            tables.entries,
            tables.starts,
            tables.lengths,
            tables.offsets,
            symbols,
        )
        if outcome != compiled.FINE:
            raise _not_decodable()
        return symbols.reshape(rows.shape)

    def finish(self, *, state: int = LOWEST_STATE) -> None:
        """Check that the stream ends here, at the state it was begun with.

        Raises:
            CodecError: when it does not; all that was read is then in doubt.
        """
        if self._used != len(self._words) or int(self._state) != state:
            raise _not_decodable()


def decode_symbols(
    stream: bytes, rows: NDArray[np.int32], tables: Tables
) -> NDArray[np.int32]:
    """Return all symbols of a stream, in the shape of their rows.

    Raises:
        CodecError: when the stream is damaged, or was made with other tables.
    """
    decoder = Decoder(stream)
    symbols = decoder.read(rows, tables)
    decoder.finish()
    return symbols


def _flat(numbers: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.ascontiguousarray(numbers, dtype=np.int32).reshape(-1)


def _check_rows(rows: NDArray[np.int32], tables: Tables) -> None:
    # Compiled code reads whatever memory it is told to.
    assert not rows.size or (rows.min() >= 0 and rows.max() < len(tables))


def _not_decodable() -> CodecError:
    return CodecError(
        "A stream cannot be decoded: it is damaged, or it was made with other weights "
        "or for another picture size. Give the weights it was made with (--weights "
        "FILE), or get the file again."
    )
