"""Sums of float32 numbers as torch adds them on a CPU.

torch adds vectors of eight numbers in four independent chains, moves each chain's
total to a higher level after a while, and adds chains, lanes and left-over numbers at
the end. R2 shows the rounding that comes with it; this is the same order of additions,
for many sums at once. (On processors whose vectors are not of eight numbers torch's
own sums differ in the last digit.)
"""

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

CHAINS = 4
LANES = 8
LEVELS = 4


def torch_sum(values: F32) -> F32:
    """Return the sum of each row, rounded as ``torch.sum`` rounds it.

    Args:
        values: (sums, numbers) what to add.
    """
    sums, numbers = values.shape
    lanes = LANES if numbers >= LANES else 1
    vectors = numbers // lanes
    rounds = vectors // CHAINS
    whole = rounds * CHAINS * lanes
    chains = _add_rounds(values[:, :whole].reshape(sums, rounds, CHAINS * lanes))
    by_chain = chains.reshape(sums, CHAINS, lanes)
    rest = values[:, whole : vectors * lanes].reshape(sums, -1, lanes)
    partial = _add_in_turn(by_chain[:, 0], rest)
    partial = _add_in_turn(partial, by_chain[:, 1:])
    tail = np.concatenate([values[:, vectors * lanes :], partial], axis=1)
    return _add_in_turn(np.zeros(sums, np.float32), tail)


def _add_rounds(rounds: F32) -> F32:
    """Return the (sums, width) totals over the rounds of (sums, rounds, width)."""
    sums, count, width = rounds.shape
    power = max(4, (count - 1).bit_length() // LEVELS)
    step = 1 << power
    levels = [np.zeros((sums, width), np.float32) for _ in range(LEVELS)]
    done = 0
    while done + step <= count:
        levels[0] = _add_in_turn(levels[0], rounds[:, done : done + step])
        done += step
        for upper in range(1, LEVELS):
            levels[upper] = levels[upper] + levels[upper - 1]
            levels[upper - 1] = np.zeros((sums, width), np.float32)
            if done & ((step - 1) << (upper * power)):
                break
    total = _add_in_turn(levels[0], rounds[:, done:])
    for level in levels[1:]:
        total = total + level
    return total


def _add_in_turn(start: F32, terms: F32) -> F32:
    """Return ``start`` plus the terms along axis 1, one after the other."""
    for term in range(terms.shape[1]):
        start = start + terms[:, term]
    return start
