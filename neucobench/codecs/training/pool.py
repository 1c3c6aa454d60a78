"""Pixels in memory: as many blocks at a time as the recipe allows.

Every block is in one part of a pass, every pass deals the blocks anew, and each part
serves for a number of steps. What is in memory depends on the seed and on the step
alone, so that a run that goes on sees what an uninterrupted one would have seen.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.pixels.values import Convention
from neucobench.codecs.training.sources import Block, read_items
from neucobench.seeding import generator


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """Hold one picture, or one stack.

    Attributes:
        pixels: (band, y, x) as stored; of a stack (time, band, y, x).
        convention: how that becomes reflectance.
        weight: how often it is drawn, against 1.
    """

    pixels: NDArray[Any]
    convention: Convention
    weight: float


class Pool:
    """Hold the pictures that serve for the current steps.

    Args:
        blocks: all blocks.
        seed: of the order.
        limit: bytes of pixels in memory at a time, about; twice as many while the
            next part is read.
        steps: how many steps a part serves for.
    """

    def __init__(
        self, blocks: Sequence[Block], *, seed: int, limit: int, steps: int
    ) -> None:
        self._blocks = blocks
        self._seed = seed
        self._steps = steps
        total = sum(block.bytes for block in blocks)
        self.parts = min(len(blocks), ceil(total / limit))
        self._reader = ThreadPoolExecutor(max_workers=1)
        self._reading: dict[int, Future[list[Picture]]] = {}

    def close(self) -> None:
        """Stop reading ahead."""
        self._reader.shutdown(wait=True, cancel_futures=True)

    def pictures(self, step: int) -> list[Picture]:
        """Return the pictures of a step; the next part is read meanwhile.

        Raises:
            CodecError: when a file cannot be read.
            CubeError: when a cube or a shard cannot be read.
        """
        turn = (step - 1) // self._steps if self.parts > 1 else 0
        wanted = (turn, turn + 1) if self.parts > 1 else (0,)
        for old in [item for item in self._reading if item not in wanted]:
            del self._reading[old]
        for item in wanted:
            if item not in self._reading:
                self._reading[item] = self._reader.submit(self._read, item)
        return self._reading[turn].result()

    def _read(self, turn: int) -> list[Picture]:
        order = np.arange(len(self._blocks))
        if self.parts > 1:
            generator(self._seed, "pool", turn // self.parts).shuffle(order)
        chosen = sorted(np.array_split(order, self.parts)[turn % self.parts])
        found: list[Picture] = []
        for index in chosen:
            block = self._blocks[index]
            found.extend(
                Picture(pixels=item, convention=block.convention, weight=block.weight)
                for item in read_items(block)
            )
        return found
