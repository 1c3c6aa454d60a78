"""The loops of the coder, compiled by numba.

A coder's state is one 64-bit number of at least 2^31; what does not fit moves to and
from the stream in words of 32 bits. Probabilities are counts out of 2^16. The last
count of a row is that of the escape: what lies outside the row follows it in groups of
four bits. Duda 2013 (rANS), in the form of F. Giesen's rans64 that CompressAI uses.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

LOWEST = 1 << 31
# Symbols have 32 bits, so that what an escape carries has at most 34.
MOST_NIBBLES = 9

FINE, TOO_SHORT, DAMAGED = 0, 1, 2

_WORD = np.uint64(32)
_LOW_WORD = np.uint64(0xFFFFFFFF)
_PRECISION = np.uint64(16)
_LOW_BITS = np.uint64(0xFFFF)
_FOUR = np.uint64(4)
_LOW_FOUR = np.uint64(15)
_LOWEST = np.uint64(LOWEST)
_FULL = np.uint64(1 << 47)  # above this times the count, a state has no room
_FULL_NIBBLE = np.uint64(1 << 59)

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled_loop(function: Function) -> Function:
    """Compile a function; calls release the interpreter lock."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    try:
        typed: Function = njit(cache=True, **options)(function)
    except RuntimeError:
        # There is no folder for the cache: compile anew in each process.
        typed = njit(**options)(function)
    return typed


@compiled_loop
def _put(
    state: np.uint64, start: int, count: int, words: NDArray[np.uint32], end: int
) -> tuple[np.uint64, int]:
    """Code the interval of ``count`` from ``start``; words fill up from the end."""
    wide = np.uint64(count)
    if state >= _FULL * wide:
        end -= 1
        words[end] = np.uint32(state & _LOW_WORD)
        state >>= _WORD
    return (state // wide << _PRECISION) + state % wide + np.uint64(start), end


@compiled_loop
def _put_nibble(
    state: np.uint64, nibble: int, words: NDArray[np.uint32], end: int
) -> tuple[np.uint64, int]:
    if state >= _FULL_NIBBLE:
        end -= 1
        words[end] = np.uint32(state & _LOW_WORD)
        state >>= _WORD
    return (state << _FOUR) | np.uint64(nibble), end


@compiled_loop
def _put_escaped(
    state: np.uint64, raw: int, words: NDArray[np.uint32], end: int
) -> tuple[np.uint64, int]:
    """Code a number in nibbles, and before them how many: last to first."""
    nibbles = 0
    while raw >> (4 * nibbles):
        nibbles += 1
    for i in range(nibbles - 1, -1, -1):
        state, end = _put_nibble(state, (raw >> (4 * i)) & 15, words, end)
    return _put_nibble(state, nibbles, words, end)


@compiled_loop
def encode(
    symbols: NDArray[np.int32],
    rows: NDArray[np.int32],
    entries: NDArray[np.int32],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    offsets: NDArray[np.int32],
    state: np.uint64,
) -> NDArray[np.uint32]:
    """Return the words of a stream; arguments as in ``coder.encode_symbols``."""
    # At most 16 bits for a symbol, and 16 + 4 * 10 for one that escapes.
    words = np.empty(2 * symbols.size + 3, np.uint32)
    end = words.size
    for i in range(symbols.size - 1, -1, -1):
        row = rows[i]
        first = starts[row]
        escape = lengths[row] - 2
        value = np.int64(symbols[i]) - offsets[row]
        if value < 0 or value >= escape:
            raw = -2 * value - 1 if value < 0 else 2 * (value - escape)
            state, end = _put_escaped(state, raw, words, end)
            value = np.int64(escape)
        start = entries[first + value]
        state, end = _put(state, start, entries[first + value + 1] - start, words, end)
    words[end - 1] = np.uint32(state >> _WORD)
    words[end - 2] = np.uint32(state & _LOW_WORD)
    return words[end - 2 :]


@compiled_loop
def _find(
    entries: NDArray[np.int32], first: np.int64, length: np.int32, place: np.int64
) -> np.int64:
    """Return which interval of a row ``place`` lies in."""
    low, high = np.int64(0), np.int64(length - 1)
    while high - low > 1:
        middle = (low + high) >> 1
        if entries[first + middle] <= place:
            low = middle
        else:
            high = middle
    return low


@compiled_loop
def _refill(
    state: np.uint64, words: NDArray[np.uint32], used: int
) -> tuple[np.uint64, int]:
    """Take a word where the state runs low; at the end of the words use -1."""
    if state >= _LOWEST:
        return state, used
    if used < 0 or used >= words.size:
        return state, -1
    return (state << _WORD) | np.uint64(words[used]), used + 1


@compiled_loop
def _get_escaped(
    state: np.uint64, words: NDArray[np.uint32], used: int
) -> tuple[np.uint64, int, np.int64]:
    """Return the state, the words used, and the number; -1 for one too long."""
    nibbles = np.int64(state & _LOW_FOUR)
    state, used = _refill(state >> _FOUR, words, used)
    if nibbles > MOST_NIBBLES:
        return state, used, np.int64(-1)
    raw = np.int64(0)
    for i in range(nibbles):
        raw |= np.int64(state & _LOW_FOUR) << (4 * i)
        state, used = _refill(state >> _FOUR, words, used)
    return state, used, raw


@compiled_loop
def decode(
    words: NDArray[np.uint32],
    state: np.uint64,
    used: int,
    rows: NDArray[np.int32],
    entries: NDArray[np.int32],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    offsets: NDArray[np.int32],
    symbols: NDArray[np.int32],
) -> tuple[np.uint64, int, int]:
    """Fill in the symbols; return the state, the words used, and whether it is fine."""
    for i in range(rows.size):
        row = rows[i]
        first = starts[row]
        escape = lengths[row] - 2
        place = np.int64(state & _LOW_BITS)
        value = _find(entries, first, lengths[row], place)
        start = entries[first + value]
        count = np.uint64(entries[first + value + 1] - start)
        state = count * (state >> _PRECISION) + np.uint64(place - start)
        state, used = _refill(state, words, used)
        if value == escape:
            state, used, raw = _get_escaped(state, words, used)
            if raw < 0:
                return state, used, DAMAGED
            value = -(raw >> 1) - 1 if raw & 1 else (raw >> 1) + escape
        if used < 0:
            return state, used, TOO_SHORT
        value += offsets[row]
        if value < -LOWEST or value >= LOWEST:
            return state, used, DAMAGED
        symbols[i] = value
    return state, used, FINE
