"""The random orders of rows, compiled by numba: MT19937 and torch's shuffle.

The words of MT19937 are kept in arrays of 625: the generator's state and the number of
words used up. While a loop runs, the last one is room for a copy of the first.
"""

import numpy as np
from numpy.typing import NDArray

from neucobench.probes.compiled_as import exactly

WORDS = 624
SHIFT = 397


@exactly
def _mix(words: NDArray[np.uint32], start: int, stop: int, ahead: int) -> None:
    """Advance words ``start`` to ``stop`` by the recurrence of MT19937."""
    for i in range(start, stop):
        mixed = (words[i] & np.uint32(0x80000000)) | (
            words[i + 1] & np.uint32(0x7FFFFFFF)
        )
        odd = np.uint32(0) - (mixed & np.uint32(1))
        words[i] = (
            words[i + ahead] ^ (mixed >> np.uint32(1)) ^ (odd & np.uint32(0x9908B0DF))
        )


@exactly
def _refill(words: NDArray[np.uint32]) -> None:
    """Advance all words; ``words`` has one more, to hold the first at the end."""
    _mix(words, 0, WORDS - SHIFT, SHIFT)
    words[WORDS] = words[0]
    _mix(words, WORDS - SHIFT, WORDS, SHIFT - WORDS)


@exactly
def skip(words: NDArray[np.uint32], used: int, count: int) -> int:
    """Pass over ``count`` numbers; return how many words are used up."""
    used += count
    while used > WORDS:
        _refill(words)
        used -= WORDS
    return used


@exactly
def shuffle(words: NDArray[np.uint32], used: int, items: NDArray[np.uint32]) -> int:
    """Shuffle as ``torch.randperm`` does; return how many words are used up."""
    count = np.uint32(items.size)
    for i in range(np.uint32(items.size - 1)):
        if used == WORDS:
            _refill(words)
            used = 0
        word = words[used]
        used += 1
        word ^= word >> np.uint32(11)
        word ^= (word << np.uint32(7)) & np.uint32(0x9D2C5680)
        word ^= (word << np.uint32(15)) & np.uint32(0xEFC60000)
        word ^= word >> np.uint32(18)
        j = i + word % (count - np.uint32(i))
        items[i], items[j] = items[j], items[i]
    return used


@exactly
def draw_epoch(
    words: NDArray[np.uint32],
    used: int,
    train: NDArray[np.uint32],
    validation: NDArray[np.uint32],
) -> int:
    """Fill in the orders of one epoch; return how many words are used up."""
    for i in range(train.size):
        train[i] = i
    used = shuffle(words, skip(words, used, 2), train)
    for i in range(validation.size):
        validation[i] = i
    return shuffle(words, skip(words, used, 2), validation)


@exactly
def draw_epochs(
    state: NDArray[np.uint32],
    train: NDArray[np.uint32],
    validation: NDArray[np.uint32],
) -> None:
    """Fill in the orders of all epochs of one fold.

    Args:
        state: (625,) generator before the first epoch; used up.
        train: (epochs, train) to be filled.
        validation: (epochs, validation) to be filled.
    """
    used = int(state[WORDS])
    for epoch in range(train.shape[0]):
        used = draw_epoch(state, used, train[epoch], validation[epoch])
