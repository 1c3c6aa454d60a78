"""Memory that a reader uses again and again.

New memory for every cube (16 MB) costs as much time in page faults as decoding it.
"""

from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Buffers:
    """Lend memory by name; what was lent under a name is overwritten by the next loan.

    An array that was read with buffers is therefore **valid only until the next read**
    with the same buffers: copy what must live longer. Use one object per worker; it is
    not meant for several threads at a time.
    """

    def __init__(self) -> None:
        self._blocks: dict[str, NDArray[np.uint8]] = {}

    def take(self, name: str, size: int) -> memoryview:
        """Lend ``size`` bytes, their content undefined."""
        return self._block(name, size)[:size].data

    def array(
        self, name: str, shape: tuple[int, ...], dtype: DTypeLike
    ) -> NDArray[Any]:
        """Lend a C-contiguous array of a shape and type, its content undefined."""
        kind = np.dtype(dtype)
        block = self._block(name, prod(shape) * kind.itemsize)
        return np.ndarray(shape, kind, buffer=block)

    def _block(self, name: str, size: int) -> NDArray[np.uint8]:
        block = self._blocks.get(name)
        if block is None or block.size < size:
            # Compressed chunks differ in size by a little: a quarter more spares most
            # of the reallocations.
            block = np.empty(size if block is None else size * 5 // 4, np.uint8)
            self._blocks[name] = block
        return block
