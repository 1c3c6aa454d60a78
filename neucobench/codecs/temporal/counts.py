"""Probabilities to counts out of 2^16, and what coding by counts costs, compiled."""

import math

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.entropy.compiled import compiled_loop

TOTAL = 65536


@compiled_loop
def published_counts(
    probabilities: NDArray[np.float32], lengths: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the cumulative counts of rows, as CompressAI makes them.

    Args:
        probabilities: (entries,), all rows one after the other; a row ends with the
            probability of the escape.
        lengths: (rows,) how many probabilities each has; a row of counts has one more.
    """
    entries = np.empty(probabilities.size + lengths.size, np.int32)
    first = 0
    for row in range(lengths.size):
        length = lengths[row]
        given = probabilities[first - row : first - row + length]
        _published_row(given, entries[first : first + length + 1])
        first += length + 1
    return entries


@compiled_loop
def _published_row(given: NDArray[np.float32], row: NDArray[np.int32]) -> None:
    total = np.int64(0)
    for p in given:
        # Half away from zero, which NumPy's rounding is not.
        total += np.int64(math.floor(np.float64(p) * TOTAL + 0.5))
    row[0] = 0
    for i in range(given.size):
        count = np.int64(math.floor(np.float64(given[i]) * TOTAL + 0.5))
        row[i + 1] = row[i] + TOTAL * count // total
    row[-1] = TOTAL
    for i in range(given.size):
        if row[i] == row[i + 1]:
            _borrow(row, i)


@compiled_loop
def _borrow(row: NDArray[np.int32], poor: int) -> None:
    """Give an empty interval one count of the smallest that can spare one."""
    donor, smallest = -1, TOTAL + 1
    for j in range(row.size - 1):
        count = row[j + 1] - row[j]
        if 1 < count < smallest:
            donor, smallest = j, count
    if donor < poor:
        row[donor + 1 : poor + 1] -= 1
    else:
        row[poor + 1 : donor + 1] += 1


@compiled_loop
def portable_counts(
    probabilities: NDArray[np.float64], lengths: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the cumulative counts of rows, the nearest ones and none below 1.

    Arguments as in ``published_counts``. What rounding has given too much is taken, one
    count from each in turn, from the counts above half the largest; too little is given
    to the same. They feel it least.
    """
    entries = np.empty(probabilities.size + lengths.size, np.int32)
    first = 0
    for row in range(lengths.size):
        length = lengths[row]
        given = probabilities[first - row : first - row + length]
        _portable_row(given, entries[first : first + length + 1])
        first += length + 1
    return entries


@compiled_loop
def _portable_row(given: NDArray[np.float64], row: NDArray[np.int32]) -> None:
    counts = np.maximum(np.rint(given * TOTAL), 1).astype(np.int32)
    missing = TOTAL - counts.sum()
    while missing:
        most = counts.max() // 2
        for i in range(counts.size):
            if missing and counts[i] > most:
                step = 1 if missing > 0 else -1
                counts[i] += step
                missing -= step
    row[0] = 0
    row[1:] = counts.cumsum()


@compiled_loop
def spent_bits(
    symbols: NDArray[np.int32],
    rows: NDArray[np.int32],
    entries: NDArray[np.int32],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    offsets: NDArray[np.int32],
) -> NDArray[np.float64]:
    """Return what the coder spends on each symbol; arguments as those of the coder."""
    bits = np.empty(symbols.size, np.float64)
    for i in range(symbols.size):
        row = rows[i]
        escape = lengths[row] - 2
        value = np.int64(symbols[i]) - offsets[row]
        extra = 0
        if value < 0 or value >= escape:
            raw = -2 * value - 1 if value < 0 else 2 * (value - escape)
            value = np.int64(escape)
            extra = 4
            while raw:
                raw >>= 4
                extra += 4
        first = starts[row] + value
        bits[i] = 16 - math.log2(entries[first + 1] - entries[first]) + extra
    return bits
