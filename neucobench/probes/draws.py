"""The random stream of the linear probe, drawn without torch.

The reference draws every initial weight and every order of rows from torch's default
CPU generator, one stream for the whole evaluation. numpy's MT19937 with legacy seeding
gives the same 32-bit words, so each fold's place in the stream is found by passing over
the numbers of the folds before it; after that folds can be trained in any order.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORDS = 624
BASE_SEED_WORDS = 2  # a data loader draws one 64-bit seed before the order of its rows


@dataclass(frozen=True, kw_only=True, eq=False)
class FoldDraws:
    """Hold what one fold draws.

    Attributes:
        start: (dims + 1,) initial weights, then the bias.
        state: (625,) the generator before the first epoch: its words and, last, how
            many of them are used up.
    """

    start: NDArray[np.float32]
    state: NDArray[np.uint32]


class TorchStream:
    """Draw what ``torch.manual_seed(seed)`` makes torch's CPU generator draw.

    Args:
        seed: 0 or larger; torch keeps the low 32 bits for this generator.
    """

    def __init__(self, seed: int) -> None:
        seeded: Any = np.random.RandomState(seed & 0xFFFFFFFF).get_state(legacy=False)
        bits: Any = np.random.MT19937()
        bits.state = {key: seeded[key] for key in ("bit_generator", "state")}
        self._bits = bits

    @classmethod
    def at(cls, state: NDArray[np.uint32]) -> "TorchStream":
        """Return a stream that goes on from ``state``."""
        stream = cls(0)
        stream._bits.state = {
            "bit_generator": "MT19937",
            "state": {"key": state[:WORDS], "pos": int(state[WORDS])},
        }
        return stream

    def state(self) -> NDArray[np.uint32]:
        """Return the (625,) state, to go on from later."""
        inner = self._bits.state["state"]
        return np.append(inner["key"], np.uint32(inner["pos"])).astype(np.uint32)

    def skip(self, count: int) -> None:
        """Pass over ``count`` 32-bit words."""
        self._bits.random_raw(count, output=False)

    def words(self, count: int) -> NDArray[np.uint32]:
        """Return the next ``count`` 32-bit words."""
        return np.asarray(self._bits.random_raw(count), dtype=np.uint32)

    def uniform(self, count: int, bound: float) -> NDArray[np.float32]:
        """Draw ``count`` numbers as ``tensor.uniform_(-bound, bound)`` does.

        torch multiplies and adds in one rounding; float64 in between gives the same.
        """
        low, high = np.float32(-bound), np.float32(bound)
        unit = (self.words(count) & np.uint32(0xFFFFFF)) * 2.0**-24
        return (unit * np.float64(high - low) + np.float64(low)).astype(np.float32)

    def linear(self, dims: int) -> NDArray[np.float32]:
        """Draw the (dims + 1,) weights and bias of a fresh ``Linear(dims, 1)``."""
        gain = math.sqrt(2.0 / (1 + math.sqrt(5) ** 2))
        weights = self.uniform(dims, math.sqrt(3.0) * (gain / math.sqrt(dims)))
        return np.append(weights, self.uniform(1, 1 / math.sqrt(dims)))


def epoch_words(train: int, validation: int) -> int:
    """Return how many words one epoch of one fold draws."""
    return 2 * BASE_SEED_WORDS + (train - 1) + (validation - 1)


def draw_folds(
    seed: int,
    sizes: Sequence[Sequence[tuple[int, int]]],
    *,
    dims: int,
    epochs: int,
    refit: bool = False,
) -> Iterator[list[FoldDraws]]:
    """Yield what the folds of each task draw, task by task.

    Args:
        seed: the seed of the whole evaluation.
        sizes: per task and fold, the numbers of training and validation rows.
        dims: the number of features.
        epochs: the epochs every fold is trained for.
        refit: draw after each task what one more training on all rows draws, in
            file order; the reference does that when it stores probes.
    """
    stream = TorchStream(seed)
    for folds in sizes:
        drawn = []
        for train, validation in folds:
            start = stream.linear(dims)
            drawn.append(FoldDraws(start=start, state=stream.state()))
            stream.skip(epochs * epoch_words(train, validation))
        if refit:
            stream.skip(dims + 1 + epochs * BASE_SEED_WORDS)
        yield drawn


def draw_orders(
    states: Sequence[NDArray[np.uint32]], *, train: int, validation: int, epochs: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the orders in which several folds visit their rows.

    Args:
        states: the generators of the folds before their first epoch.
        train: training rows, equal for all.
        validation: validation rows, equal for all.
        epochs: the number of epochs.

    Returns:
        The (folds, epochs, train) orders of the training rows and the
        (folds, epochs, validation) orders of the validation rows.
    """
    count = len(states) * epochs
    words = tuple(
        np.empty((rows - 1, count), np.uint32) for rows in (train, validation)
    )
    for fold, state in enumerate(states):
        stream = TorchStream.at(state)
        for column in range(fold * epochs, (fold + 1) * epochs):
            for part in words:
                stream.skip(BASE_SEED_WORDS)
                part[:, column] = stream.words(len(part))
    first, second = (_shuffle(part) for part in words)
    shape = (len(states), epochs, -1)
    return first.reshape(shape), second.reshape(shape)


def _shuffle(words: NDArray[np.uint32]) -> NDArray[np.int32]:
    """Return the (orders, rows) permutations that (rows - 1, orders) words stand for.

    All orders are shuffled side by side, one step of Fisher-Yates at a time.
    """
    rows, count = len(words) + 1, words.shape[1]
    left = np.arange(rows, 1, -1, dtype=np.uint32)[:, None]
    steps = (words % left).astype(np.intp)
    order = np.repeat(np.arange(rows, dtype=np.int32)[:, None], count, axis=1)
    columns = np.arange(count)
    for i, step in enumerate(steps):
        chosen = step + i
        moved = order[chosen, columns]
        order[chosen, columns] = order[i]
        order[i] = moved
    return np.ascontiguousarray(order.T)
